"""Opens a segment with the lines that ``docs/spec/sealing.md`` shows, in a process that has nothing of ours."""

import re
import subprocess
import sys
from pathlib import Path

SPECIFICATION = Path(__file__).resolve().parents[2] / "docs" / "spec" / "sealing.md"


def opened(folder: Path, segment: Path, identity: Path, released: Path | None = None) -> dict[str, bytes]:
    """The parts of ``segment`` by name, written into the empty ``folder``: with keys that were released, or all."""
    text = SPECIFICATION.read_text(encoding="utf-8")
    with_released, with_identity, parts = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    lines = (with_identity if released is None else with_released) + parts
    arguments = [str(path.resolve()) for path in (identity, segment, released) if path is not None]
    subprocess.run([sys.executable, "-I", "-c", lines, *arguments], cwd=folder, check=True)
    return {path.stem: path.read_bytes() for path in folder.glob("*.mcap")}
