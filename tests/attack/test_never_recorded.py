"""A steward names a password manager, a lock screen or an asker for passwords: nothing of it may be recorded."""

import pytest
from tests.samples.disclosed import app, disclosure

from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.scope import Active, Stacked, rule_of, visible
from aboveboard.rules.decision import Reason
from aboveboard.rules.disclosure import complete, find_app
from aboveboard.rules.never import ASKERS, LOCKERS, NEVER, NOTIFIERS, OWN_CLASS, PASSWORD_MANAGERS, never_recorded

SCREEN = Rect(0, 0, 100, 100)


@pytest.mark.parametrize("wm_class", sorted(NEVER))
def test_it_has_no_rule_and_no_pixel_whatever_the_disclosure_says(wm_class: str) -> None:
    for spelt in (wm_class, wm_class.upper(), wm_class.title(), f" {wm_class} "):
        greedy = disclosure(app(spelt), app("Chromium"))
        facts = WindowFacts(window_id=1, wm_class=spelt, title="Vault", pid=7, rect=SCREEN)
        assert find_app(greedy, spelt) is None
        assert rule_of(facts, greedy) is None
        assert visible((Stacked(SCREEN, (SCREEN,), SCREEN, facts),), SCREEN, greedy) == ()
        gate = Gate(greedy)
        gate.active(10, Active(facts))
        assert "Vault" not in repr(gate.release(10**12))


@pytest.mark.parametrize("wm_class", sorted(NEVER))
def test_a_disclosure_that_names_it_is_refused(wm_class: str) -> None:
    assert complete(disclosure(app("Chromium"), app(wm_class.title()))).reason is Reason.DISCLOSURE_APP_NEVER


def test_an_ordinary_application_is_not_one_of_them() -> None:
    for name in ("Chromium", "Gedit", "XTerm", "libreoffice-calc", "Pass-along"):
        assert not never_recorded(name)
        assert find_app(disclosure(app(name)), name) is not None


def test_a_window_without_a_name_is() -> None:
    assert never_recorded("")
    assert never_recorded("  ")


def test_the_lists_are_written_as_they_are_compared() -> None:
    for one in PASSWORD_MANAGERS | ASKERS | LOCKERS | NOTIFIERS:
        assert one == one.casefold().strip()
    assert OWN_CLASS.casefold() in NEVER
