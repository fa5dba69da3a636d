"""A viewer over the sample world, as a process of its own: ``python -m samples.viewer_process HOME TOKEN``.

Two sessions; the newer has a damaged segment. Two grants; of one, an entry was altered. Three artefacts; one that no
opening explains. ``address.json`` in HOME says where it answers.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.covering import Covers, Desk
from aboveboard.formats.recording import Task
from aboveboard.recorder import enrolment
from aboveboard.viewer.app import create_app
from aboveboard.wire.server import serve
from samples.office_session import START_NS
from samples.participant_world import DAY_NS, World, full_world
from samples.speaking_world import speaking_world


class Buttons(Covers):
    """Pause and resume in the sample world; nothing of it is held on this machine, so there is nothing to cover."""

    def __init__(self, world: World, desk: Desk, home: Path) -> None:
        super().__init__(desk)
        self.world, self.home = world, home

    def pause(self) -> None:
        self.world.pause("person")

    def resume(self) -> None:
        self.world.pauses.clear()

    def leave(self, *, erase: bool) -> dict[str, Any]:
        (self.home / "left.txt").write_text(f"erase={erase}", encoding="ascii")
        return {"dropped": 2, "vault_told": erase, "erased": erase}


def mark(home: Path, task: Task) -> Task:
    """As a recorder would that has one name to cover; what it took is in ``marks.jsonl`` of HOME."""
    kept = msgspec.structs.replace(task, instruction=task.instruction.replace("Mira", "‹name 1›"))
    with (home / "marks.jsonl").open("ab") as file:
        file.write(msgspec.json.encode(kept) + b"\n")
    return kept


def troubled_world() -> World:
    """The full world with one of each kind of trouble."""
    world = full_world()
    damaged = list(world.sealed)[-4]
    world.sealed[damaged] = world.sealed[damaged][:-40] + bytes(40)
    world.released[-1]["readable"] = world.released[-1]["readable"].replace("Tariq", "Tarik")
    world.make_artefact(new_id(Kind.GRANT), "export")
    world.now_ns = START_NS + DAY_NS + 30 * SECOND_NS
    return world


def main() -> None:
    """Serve until told to stop."""
    home, token = Path(sys.argv[1]), sys.argv[2]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    world = troubled_world()
    source, folder = world.source(home), home / "recorder"
    folder.mkdir(mode=0o700)
    desk = Desk(folder, source, keys=lambda: enrolment.verify(enrolment.load(folder)), device_key=lambda: world.device)
    serve(
        create_app(
            source,
            token,
            Buttons(world, desk, home),
            voice=speaking_world(home / "speaking"),
            mark=partial(mark, home),
        ),
        home=home,
        port=0,
        name="viewer",
    )


if __name__ == "__main__":
    main()
