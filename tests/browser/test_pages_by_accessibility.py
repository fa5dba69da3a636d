"""Is a page seen and worked on by accessibility as any application is, and as a recorder tells of it?"""

from collections.abc import Callable

import pytest

from aboveboard.base.errors import NotFound
from aboveboard.lab.assess.desktop_environment import PagesByAccessibility, sight_of
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.words import read

KINDS = [["frame", "document web", "entry"], ["frame", "document web", "push button"]]
"""What a recorder tells of the controls of a page: their window, the page, and themselves."""


class Form:
    """Writes what stands in quotes into the first empty field, then presses the button."""

    def __init__(self) -> None:
        self.seen: list[Scene] = []

    def begin(self) -> Callable[[Scene], Act]:
        def act(scene: Scene) -> Act:
            self.seen.append(scene)
            empty = [place for place, one in enumerate(scene.elements) if one.kind == "type" and not one.value]
            if empty:
                return Act("type", empty[0], read(scene.instruction).quoted[0].text)
            return Act("click", next(place for place, one in enumerate(scene.elements) if one.role == "button"))

        return act


def test_a_form_is_filled_in_by_what_a_recorder_would_tell() -> None:
    actor = Form()
    with PagesByAccessibility() as pages:
        episode = pages.attempt(actor, "enter-text", 0, sight=sight_of(KINDS))
        assert episode.done
        assert [act.kind for _, act in episode.story] == ["type", "click"]
        first, second = actor.seen
        assert {one.role for one in first.elements} >= {"input-text", "button"}
        assert not [one for one in first.elements if one.role == "static"]
        typed = episode.story[0][1].text
        assert typed in [one.value for one in second.elements]
        assert not pages.attempt(actor, "enter-text", 1, acts_limit=1).done
        with pytest.raises(NotFound):
            pages.attempt(actor, "no-such-task", 0)
