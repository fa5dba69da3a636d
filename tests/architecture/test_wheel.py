"""Does the built wheel hold all it needs, and does its core work without any extra?"""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

EXTRAS = [
    "alembic",
    "av",
    "dbus_fast",
    "granian",
    "litestar",
    "miniwob",
    "numpy",
    "obstore",
    "PIL",
    "peft",
    "psycopg",
    "pyarrow",
    "safetensors",
    "sqlalchemy",
    "torch",
    "transformers",
    "websockets",
    "xcffib",
]

BLOCK = f"""
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree as it is and unpacked beside nothing else."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def run(installed: Path, program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(installed)!r}); {program}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=installed)


def test_the_page_the_disclosure_and_the_migrations_are_in_it(installed: Path) -> None:
    package = installed / "aboveboard"
    assert (package / "viewer" / "static" / "index.html").exists()
    assert (package / "commands" / "run_disclosure.toml").exists()
    assert list((package / "vault" / "storage" / "migrations" / "versions").glob("0001_*.py"))
    assert (package / "py.typed").exists()
    assert not list(installed.rglob("test_*.py"))


@pytest.mark.parametrize("words", ["--help", "staff --help", "request --help", "ledger verify --help", "enrol --help"])
def test_the_core_works_without_any_extra(installed: Path, words: str) -> None:
    program = f"exec({BLOCK!r}); import aboveboard; print(aboveboard.__file__)\n"
    program += f"from aboveboard.commands.main import main; main({words.split()!r})"
    done = run(installed, program)
    assert done.returncode == 0, done.stderr
    assert str(installed) in done.stdout
    assert "Usage:" in done.stdout


@pytest.mark.parametrize(("words", "extra"), [("serve vault", "vault"), ("view", "recorder"), ("derive g", "lab")])
def test_a_missing_extra_is_named(installed: Path, tmp_path: Path, words: str, extra: str) -> None:
    arguments = ["--home", str(tmp_path), *words.split()]
    program = f"exec({BLOCK!r})\nfrom aboveboard.commands.main import main; main({arguments!r})"
    done = run(installed, program)
    assert done.returncode == 8, done.stderr
    assert f"aboveboard[{extra}]" in done.stderr
