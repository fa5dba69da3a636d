"""Do the documents tell the truth about the code: does every file, test and command that they name exist?"""

import re
from pathlib import Path

import pytest

from aboveboard.commands.main import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if path.name != "CHANGELOG.md")
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target.partition("#")[0] for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text_of(page))]
    missing = [target for target in targets if target and not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_and_test_that_is_named_exists(page: Path) -> None:
    missing = []
    for name in re.findall(r"`((?:tests|benchmarks|scripts|docs|web|src)/[\w./*-]+(?:::\w+)?)`", text_of(page)):
        file, _, test = name.partition("::")
        found = list(ROOT.glob(file))
        if not found or (test and f"def {test}(" not in found[0].read_text(encoding="utf-8")):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_module_that_is_named_exists(page: Path) -> None:
    places = "base|formats|rules|sealing|ledger|recorder|vault|keyholder|witness|lab|viewer|steward|wire|replay|stage"
    places += "|commands"
    named = re.findall(rf"`((?:{places})/[\w/]+\.py)`", text_of(page))
    assert [name for name in named if not (ROOT / "src" / "aboveboard" / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"(?:^|[`'])aboveboard ([a-z]+)", text_of(page), flags=re.MULTILINE))
    assert named <= COMMANDS.keys()


def test_every_row_of_the_threat_model_names_its_test() -> None:
    rows = text_of(ROOT / "docs" / "threat-model.md").partition("## Rows")[2].partition("## Not")[0]
    lines = [line for line in rows.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    assert len(lines) > 15
    assert [line for line in lines if not re.search(r"`tests/[\w/]+\.py(::\w+)?` \|$", line)] == []


def test_every_format_has_a_page_that_names_it() -> None:
    pages = "\n".join(text_of(page) for page in (ROOT / "docs" / "spec").rglob("*.md"))
    formats = [path.stem for path in (ROOT / "src" / "aboveboard" / "formats").glob("*.py") if path.stem != "__init__"]
    assert [name for name in formats if f"formats/{name}.py" not in pages] == []
