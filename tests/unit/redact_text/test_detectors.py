"""Is a detector that cannot look told, with what then nobody finds?"""

from typing import Any

import pytest

from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.recorder.redact.text import detectors
from aboveboard.recorder.redact.text.detectors import Maker, Options, load
from aboveboard.recorder.redact.text.finding import KINDS, Detector, Finding
from aboveboard.recorder.redact.text.redactor import Redactor


class Names:
    """Finds nothing, but is there."""

    name = "names"

    def find(self, text: str) -> list[Finding]:
        return []


def _raising(error: Exception) -> Any:
    def make(options: Options) -> Detector:
        raise error

    return make


THERE = Maker("names", frozenset({"name", "organisation"}), lambda options: Names())


def test_every_kind_that_forms_can_tell_is_covered_and_only_those() -> None:
    loaded = load(Options(), makers=[detectors.PATTERNS])
    assert not loaded.missing
    assert loaded.covered == frozenset(KINDS) - {"name", "organisation", "key", "password"}
    assert loaded.uncovered(frozenset({"name", "mail"})) == {"name"}
    assert Redactor(loaded.detectors).redact("to nora@example.org").text == "to ‹mail 1›"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ImportError("no module named re2"), "ImportError: no module named re2"),
        (SetupMissing("the model is not there", fix="install it"), "the model is not there"),
        (ValueError("the model is of version 2"), "version 2"),
    ],
)
def test_one_that_cannot_be_made_is_missing_and_says_why(error: Exception, why: str) -> None:
    loaded = load(Options(), makers=[THERE, Maker("secrets", frozenset({"key", "password"}), _raising(error))])
    assert [one.name for one in loaded.detectors] == ["names"]
    assert [one.name for one in loaded.missing] == ["secrets"]
    assert why in loaded.missing[0].why
    assert loaded.uncovered(frozenset({"name", "key"})) == {"key"}


def test_what_one_of_two_would_find_is_not_covered_when_it_is_missing() -> None:
    larger = Maker("larger", frozenset({"name"}), _raising(SetupMissing("no model")))
    loaded = load(Options(supplied=("larger",)), makers=[THERE], supplied={"larger": larger})
    assert loaded.covered >= {"name"}
    assert loaded.uncovered(frozenset({"name", "organisation"})) == {"name"}


def test_one_that_nobody_knows_is_missing_for_everything() -> None:
    loaded = load(Options(supplied=("typo",)), makers=[THERE])
    assert "typo" in loaded.missing[0].why
    assert loaded.uncovered(frozenset({"name"})) == {"name"}


def test_a_detector_whose_kinds_nobody_wants_is_not_loaded() -> None:
    loaded = load(Options(kinds=frozenset({"mail"})), makers=[Maker("names", frozenset({"name"}), _raising(OSError()))])
    assert (loaded.detectors, loaded.missing) == ((), ())


def test_a_pattern_of_the_steward_that_is_not_acceptable_stops_everything() -> None:
    with pytest.raises(BadInput, match="does not compile"):
        load(Options(customers=("(",)), makers=[detectors.PATTERNS])


def test_customer_patterns_of_the_options_are_looked_for() -> None:
    loaded = load(Options(customers=(r"KD-\d{6}",)), makers=[detectors.PATTERNS])
    assert Redactor(loaded.detectors).redact("about KD-123456").text == "about ‹customer 1›"


def test_supplied_models_that_are_not_installed_are_missing() -> None:
    loaded = load(Options(supplied=("gliner", "presidio"), settings={"gliner": {"folder": "/nowhere"}}), makers=[THERE])
    assert {one.name for one in loaded.missing} == {"gliner", "presidio"}
    assert "no GLiNER model in /nowhere" in loaded.missing[0].why
