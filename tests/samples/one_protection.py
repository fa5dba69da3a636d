"""One protection at a time: what a page or a window shows is known and open, so the field's own must hold alone."""

import pytest

from aboveboard.recorder.capture import pages as asking
from aboveboard.recorder.redact import pages as judging
from aboveboard.recorder.redact import shown_judge


def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window has to be asked what it shows. (A page with a field for a password is otherwise hidden as a whole.)"""
    for module in (asking, shown_judge, judging):
        monkeypatch.setattr(module, "shows_sites", lambda rule, wm_class: False)
