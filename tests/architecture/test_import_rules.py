"""Does each import rule refuse a violation, and does the code keep them all?

For every contract in ``.importlinter`` one forbidden import is written into a copy of the code; the linter must then
name that contract. A contract without such a violation here fails the test, so a new rule comes with its proof.
"""

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

VIOLATIONS = {
    "places": ("recorder/flow.py", "import aboveboard.vault"),
    "down": ("formats/lease.py", "import aboveboard.rules.lease"),
    "unseal": ("lab/train/behaviour_cloning.py", "import aboveboard.sealing.unseal"),
    "reseal": ("lab/open.py", "import aboveboard.sealing.reseal"),
    "vault-cannot-open": ("vault/app.py", "import aboveboard.sealing.unseal"),
    "steward-cannot-open": ("steward/desk.py", "import aboveboard.sealing.unseal"),
    "recorder-cannot-open": ("recorder/flow.py", "import aboveboard.sealing.reseal"),
    "open": ("lab/assess/evaluate.py", "import aboveboard.lab.open"),
    "objects": ("vault/api/leases.py", "import aboveboard.vault.storage.objects"),
    "pure": ("rules/lease.py", "import time"),
    "light-recorder": ("recorder/flow.py", "import sqlalchemy"),
    "base": ("base/ids.py", "import numpy"),
}


def contracts() -> dict[str, str]:
    """The id and the name of each contract."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    marker = "importlinter:contract:"
    return {section.removeprefix(marker): config[section]["name"] for section in config if section.startswith(marker)}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter over the copy of the code in ``folder``."""
    program = (
        "import sys; sys.path.insert(0, 'src');"
        "from importlinter.cli import lint_imports;"
        "sys.exit(lint_imports(config_filename='.importlinter', no_cache=True))"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False, timeout=100
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_every_contract_has_a_violation_here() -> None:
    assert contracts().keys() == VIOLATIONS.keys()


def test_the_code_keeps_every_rule(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout
    assert f"{len(contracts())} kept, 0 broken" in result.stdout


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_each_rule_refuses_a_violation(copy: Path, contract: str) -> None:
    file, line = VIOLATIONS[contract]
    path = copy / "src" / "aboveboard" / file
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    result = lint(copy)
    assert result.returncode == 1, result.stdout
    broken = [line for line in result.stdout.splitlines() if line.strip().endswith("BROKEN")]
    assert any(contracts()[contract] in line for line in broken), result.stdout
