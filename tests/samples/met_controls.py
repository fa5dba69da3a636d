"""Recordings by hand of somebody who acts on controls in a made-up application, and says what each task was."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Control, Task, Timed, Window
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.derive.episodes import cut_episodes, marked
from aboveboard.lab.derive.steps import cut
from samples.lab_recording import at, click, press, release, session, typing

WORDS = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove", "Heath")
MAIN, DIALOG = "frame: notes 17.txt - Editor", 'dialog: Rename "old.txt"'


def control(role: str, name: str, place: tuple[int, int], **more: object) -> Control:
    """At ``place``, 40 × 10 pixels, in the main window unless told otherwise."""
    told = {"cause": "click", "path": [MAIN], "states": ["enabled", "sensitive", "showing"]} | more
    return Control(role=role, name=name, x=place[0], y=place[1], width=40, height=10, **told)  # type: ignore[arg-type]


def pressed(moment: float, one: Control | None, place: tuple[int, int] | None = None) -> list[Timed]:
    """A click on a control, which is told, at its middle unless elsewhere; or at ``place``, and nothing is told."""
    x, y = place or ((one.x + 20, one.y + 5) if one is not None else (0, 0))
    told = [at(moment, one)] if one is not None and one.cause == "click" else []
    return [*click(x, y, moment), *told]


def shortcut(moment: float, name: str, *held: str) -> list[Timed]:
    return [at(moment, press(name, modifiers=held, text="")), at(moment + 20, release(name, modifiers=held))]


@dataclass(frozen=True)
class Attempt:
    """What was done, with the time of each event; as a recording, or as steps with their one episode."""

    asked: str
    events: Sequence[Timed]
    title: str = "notes 17.txt - Editor"

    def items(self, session_id: str) -> list[Item]:
        window = Window(app="Editor", title=self.title, pid=7, x=0, y=0, width=400, height=300)
        end = max(one.time_ns for one in self.events) + 10**9
        opening = [session(session_id, 0), at(0, window), at(1, Task(what="begin", instruction=self.asked))]
        return [*opening, *self.events, Timed(end, Task(what="end", outcome="success"))]

    def derived(self, person_id: str, session_id: str) -> tuple[list[Step], list[Episode]]:
        items = self.items(session_id)
        events = sorted((one for one in items if isinstance(one, Timed)), key=lambda one: one.time_ns)
        steps = cut(events, person_id=person_id, session_id=session_id, segment_id="seg_" + "0" * 26).steps
        marks = [marked(session_id, one.time_ns, one.event) for one in events if isinstance(one.event, Task)]
        return steps, [one for one in cut_episodes(steps, marks) if one.instruction]


def press_one(draw: Random) -> Attempt:
    """Press the button that is asked for, then Control+s."""
    number = draw.randrange(len(WORDS))
    button = control("push button", WORDS[number], (10, 20 + 20 * number))
    return Attempt(f'Press "{button.name}" and save.', [*pressed(1000, button), *shortcut(2000, "s", "Control")])


def type_one(text: str) -> Attempt:
    """Type over what a field of a dialog holds, and press a button that goes with the dialog."""
    states = ["enabled", "sensitive", "showing", "focused", "single line", "editable"]
    field = control("text", "", (60, 40), cause="focus", path=[DIALOG], states=states)
    return Attempt(
        f'Name it "{text}".',
        [
            at(900, field),
            *shortcut(1000, "End"),
            *shortcut(1100, "Home", "Shift"),
            *typing(text, 1200),
            *pressed(4000, control("push button", "Rename", (60, 80), path=[DIALOG])),
        ],
        'Rename "old.txt"',
    )
