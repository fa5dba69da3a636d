"""The page of a data set, as a process: ``python -m samples.dataset_page_process HOME TOKEN``.

Two people fill in a form; one marked a task, with an instruction and an outcome. Derived and opened under a
grant of a vault and a keyholder that are played. A model was trained on it and tried; another trains, by a step for
each time that a file "step" comes to HOME. A file "ended" in HOME ends the grant.
``address.json`` in HOME says where it answers, and ``lab`` holds the data set.
"""

import math
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.assessment import Assessment, Rate, TaskRow, encode
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Control, Timed
from aboveboard.formats.trajectory import Mark
from aboveboard.lab import flow, lineage
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import Cutting
from aboveboard.lab.page.app import create_app
from aboveboard.lab.page.shown import Shown
from aboveboard.lab.page.trainings import ASSESSMENT_FILE, trainings
from aboveboard.lab.train.course import Course, followed
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.rules.decision import Reason
from aboveboard.wire.server import serve
from samples.lab_world import KINDS, LabWorld
from samples.office_screen import BUTTON, FIELD_SIZE, FIELDS
from samples.office_session import END_MS, START_NS, play, record

PEOPLE = 2
BOXES = [*((name, *corner, *FIELD_SIZE) for name, corner in FIELDS.items()), ("Send", *BUTTON)]
DATA_SHA256 = "5d" * 32
STEPS, STEPS_AT_FIRST = 160, 57
INSTRUCTION = "Ask for a journey to Utrecht, as the team that pays for it"


def met(items: Iterable[Item]) -> Iterator[Item]:
    """``items``, with the field or button that each press met; where none was, one that lies apart from it."""
    for item in items:
        yield item
        if isinstance(item, Timed) and isinstance(item.event, Button) and item.event.pressed:
            x, y = item.event.x, item.event.y
            inside = [box for box in BOXES if box[1] <= x < box[1] + box[3] and box[2] <= y < box[2] + box[4]]
            name, left, top, width, height = (inside or BOXES[-1:])[0]
            yield Timed(
                item.time_ns,
                Control(
                    cause="click",
                    role="push button" if name == "Send" else "entry",
                    x=left,
                    y=top,
                    width=width,
                    height=height,
                    states=["enabled"],
                    path=["frame: Travel request", "form"],
                    name=name,
                ),
            )


class Ending(LabWorld):
    """Looks into ``home`` for what has happened meanwhile."""

    home: Path

    def post(self, path: str, body: bytes) -> bytes:
        if (self.home / "ended").exists():
            self.ended = Reason.GRANT_REVOKED
        return super().post(path, body)


def trained(home: Path, world: LabWorld, pedigree: Lineage) -> None:
    """A model that is done, and what it was worth."""
    with (
        TemporaryDirectory() as at,
        followed(home / "lab", pedigree, DATA_SHA256, "vision_language", name="a", clock=world.clock) as course,
    ):
        for step in range(1, 41):
            course.step(step, 40, loss_at(step))
        made = Path(at)
        course.write(made)
        _, model = flow.register_model(world, world.staff_key, home / "lab", made, [pedigree.artefact_id])
    good, chance = rate(18), rate(1)
    assessment = Assessment(
        rows=[TaskRow(task="click-test", policy=good, random=chance, beats_random=True)],
        artefact_id=pedigree.artefact_id,
        success="the whole reward",
        random_policy="uniform",
        clicks_limit=1,
        first_seed="1",
        last_seed="20",
        interval="Wilson, 95 %",
        begins="anew",
        seconds=1.0,
    )
    with TemporaryDirectory() as at:
        (Path(at) / ASSESSMENT_FILE).write_bytes(encode(assessment))
        flow.register_assessment(world, world.staff_key, home / "lab", Path(at), [model.artefact_id])


def rate(successes: int) -> Rate:
    """So many of 20."""
    low, high = wilson(successes, 20)
    return Rate(successes=successes, episodes=20, low=low, high=high, mean_clicks=1.0)


def loss_at(step: int) -> float:
    """As losses fall: fast, then slowly, never smoothly."""
    return 4.2 * math.exp(-step / 14) + 0.6 + 0.25 * math.sin(step * 1.7) / (1 + step / 12)


def train_on(home: Path, course: Course) -> None:
    """Another step for each time that somebody wants one."""
    for step in range(1, STEPS + 1):
        if step > STEPS_AT_FIRST:
            while not (home / "step").exists():
                time.sleep(0.02)
            (home / "step").unlink()
        course.step(step, STEPS, loss_at(step))
        if step % 10 == 0:
            course.held_out(step, loss_at(step) + 0.4)
        course.tell()


def main() -> None:
    """Serve until told to stop."""
    home, token = Path(sys.argv[1]), sys.argv[2]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    world = Ending(kinds=[*KINDS, "control"])
    world.home = home
    world.clock.wall = START_NS + 3600 * SECOND_NS
    marks: list[Mark] = []
    tape = play()
    for place in range(PEOPLE):
        person, session_id = world.enrol(), new_id(Kind.SESSION)
        for sequence, (_, _, items) in enumerate(record(tape, session_id)):
            world.upload(person, session_id, sequence, list(met(items)))
        if place == 1:
            marks.append(
                Mark(
                    session_id=session_id,
                    time_ns=START_NS,
                    kind="begin",
                    instruction=INSTRUCTION,
                    instructed_by="person",
                )
            )
            marks.append(
                Mark(
                    session_id=session_id,
                    time_ns=START_NS + round(END_MS) * MILLISECOND_NS,
                    kind="end",
                    outcome="success",
                )
            )
    grant_id = world.grant()
    made = flow.derive(
        world,
        grant_id,
        world.identity,
        world.staff_key,
        home / "lab",
        world.trust,
        clock=world.clock,
        cutting=Cutting(marks),
    )
    pedigree = lineage.read_lineage(home / "lab", made.artefact_id)
    with WhileGranted(world, grant_id, world.staff_key, world.trust, clock=world.clock) as granted, ExitStack() as held:
        data = Dataset.open(made.path, world.identity, granted=granted)
        shown = Shown(
            data,
            lambda: lineage.require_usable(world, pedigree, clock=world.clock),
            partial(trainings, home / "lab", pedigree.artefact_id),
        )
        trained(home, world, pedigree)
        course = held.enter_context(
            followed(home / "lab", pedigree, DATA_SHA256, "click_policy", name="b", clock=world.clock)
        )
        threading.Thread(target=train_on, args=(home, course), daemon=True).start()
        serve(create_app(shown, token), home=home, port=0, name="page of data")


if __name__ == "__main__":
    main()
