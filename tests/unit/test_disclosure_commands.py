"""A steward checks a disclosure, reads it as people will, and sees what changes, before anything is published."""

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.commands.main import main
from aboveboard.formats.disclosure import Draft
from aboveboard.formats.disclosure_text import plain_text
from aboveboard.formats.shape import misfits
from samples.published import SHIPPED, published


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.toml").write_text(SHIPPED, encoding="utf-8")
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(folder / "home"), *words])


def test_a_complete_disclosure_is_said_to_be(folder: Path) -> None:
    result = run(folder, "disclosure", "check", str(folder / "good.toml"))
    assert (result.exit_code, result.output) == (0, "complete: it can be published\n")


def test_everything_that_lacks_is_listed_at_once(folder: Path) -> None:
    bad = SHIPPED.replace('keystrokes = "exact"', 'keystrokes = "all"').replace("retention_days = 90", "clip = true")
    (folder / "bad.toml").write_text(bad, encoding="utf-8")
    result = run(folder, "--json", "disclosure", "check", str(folder / "bad.toml"))
    told = json.loads(result.stdout)
    assert [each.partition("\n")[0].split()[0].rstrip(":") for each in told["problems"]] == [
        "clip",
        "retention_days",
        "apps[0].keystrokes",
    ]
    assert json.loads(result.stderr)["reason"] == "disclosure:incomplete"
    assert result.exit_code != 0


def test_a_country_whose_law_asks_for_more_is_named(folder: Path) -> None:
    more = SHIPPED.replace('countries = ["DE"]\nlegal_entities', 'countries = ["DE", "US"]\nlegal_entities')
    (folder / "more.toml").write_text(more, encoding="utf-8")
    told = json.loads(run(folder, "--json", "disclosure", "check", str(folder / "more.toml")).stdout)
    assert told["complete"]
    assert [each.partition(":")[0] for each in told["waiting"]] == ["US-CT", "US-DE", "US-NY"]


def test_it_is_shown_as_people_read_it(folder: Path) -> None:
    text = run(folder, "disclosure", "show", str(folder / "good.toml"), "--language", "de").stdout_bytes
    assert hashlib.sha256(text).digest() == hashlib.sha256(plain_text(published(), "de").encode()).digest()
    run(folder, "disclosure", "show", str(folder / "good.toml"), "--page", str(folder / "page.html"))
    assert "<h1>Learning to use a web browser</h1>" in (folder / "page.html").read_text(encoding="utf-8")
    assert run(folder, "disclosure", "show", str(folder / "none.toml")).exit_code != 0


def test_what_changes_is_said_in_sentences(folder: Path) -> None:
    (folder / "wide.toml").write_text(SHIPPED.replace("retention_days = 90", "retention_days = 91"), encoding="utf-8")
    wider = run(folder, "disclosure", "diff", str(folder / "good.toml"), str(folder / "wide.toml")).output
    assert wider.startswith("wider     It is kept for 91 days; it was 90.\n")
    assert "asked anew" in wider
    narrower = run(folder, "disclosure", "diff", str(folder / "wide.toml"), str(folder / "good.toml")).output
    assert narrower.startswith("narrower  It is kept for 90 days; it was 91.\n")
    assert "applies at once" in narrower
    same = run(folder, "disclosure", "diff", str(folder / "good.toml"), str(folder / "good.toml")).output
    assert same.startswith("Nothing changes.\n")


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(Draft.__struct_fields__)), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(PLAIN)
def test_any_value_fits_or_is_named(value: object) -> None:
    assert misfits(value, Draft), "nothing as small as that is a disclosure"
