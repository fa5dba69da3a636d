"""A viewer whose person may erase: ``python -m samples.erasing_process HOME TOKEN``.

Two recordings of the sample session. What a wish reaches is resolved by the real code; then it is gone from the
sample's vault. ``HOME/erased.json`` says what went, ``address.json`` where the page answers.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.errors import Conflict
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import segment
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.segment import SegmentManifest
from aboveboard.rules.erasure import reaches
from aboveboard.viewer.app import create_app
from aboveboard.viewer.reach import decode_wish
from aboveboard.wire.server import serve
from samples.participant_world import World, full_world

BEFORE = [
    {
        "erasure_id": new_id(Kind.ERASURE),
        "at": "2026-11-01T09:30:00.000Z",
        "by": "a steward, with evidence",
        "why": "order",
        "evidence": "Order of the court, 12 O 34/26",
        "done": True,
        "segments": 3,
        "still_due": 1,
    },
    {
        "erasure_id": new_id(Kind.ERASURE),
        "at": "2026-10-30T02:00:00.000Z",
        "by": "its time was over",
        "why": "retention",
        "evidence": None,
        "done": True,
        "segments": 640,
        "still_due": 0,
    },
]


class Eraser:
    """The vault of the sample, as far as erasing goes."""

    def __init__(self, world: World, home: Path) -> None:
        self.world, self.source = world, world.source(home)
        self._record = home / "erased.json"
        self._planned: tuple[str, list[SegmentManifest]] = ("", [])
        self._done: list[dict[str, Any]] = []

    def look(self, wanted: bytes) -> dict[str, Any]:
        reach = self.source.reach(decode_wish(wanted))
        order = ErasureOrder(
            erasure_id=new_id(Kind.ERASURE),
            person_id=self.world.person_id,
            at_ns=self.world.now_ns,
            span=reach.span,
            segments=None if reach.segments is None else list(reach.segments),
        )
        all_of_it = [segment.decode(each.body()) for each in self.world.manifests.values()]
        found = [
            each
            for each in all_of_it
            if reaches(
                order, segment_id=each.segment_id, start_wall_ns=each.start_wall_ns, end_wall_ns=each.end_wall_ns
            )
        ]
        self._planned = order.erasure_id, found
        return {
            "plan": order.erasure_id,
            "segments": len(found),
            "recorded_ns": sum(each.end_wall_ns - each.start_wall_ns for each in found),
            "size_bytes": sum(each.size_bytes for each in found),
            "artefacts": 2,
            "models": 1,
            "rewrapped": len(all_of_it) - len(found),
            "unread": reach.unread,
        }

    def erase(self, wanted: bytes) -> dict[str, Any]:
        plan, found = self._planned
        if msgspec.json.decode(wanted) != {"plan": plan}:
            raise Conflict("this is not what was shown last", cause="a test says so", fix="look again")
        for each in found:
            del self.world.manifests[each.segment_id], self.world.sealed[each.segment_id]
        self._record.write_text(json.dumps([each.segment_id for each in found]))
        made = {"by": "you", "why": "person", "evidence": None, "done": True, "segments": len(found), "still_due": 2}
        self._done.insert(0, {"erasure_id": plan, "at": "2026-11-22T10:00:00.000Z"} | made)
        return {
            "segments": len(found),
            "due": 2,
            "due_by": "2026-12-22T10:00:00.000Z",
            "receipts": [plan],
        }

    def erasures(self) -> list[dict[str, Any]]:
        return [*self._done, *BEFORE]


def main() -> None:
    """Serve until told to stop."""
    home, token = Path(sys.argv[1]), sys.argv[2]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    world = full_world()
    eraser = Eraser(world, home)
    serve(create_app(eraser.source, token, eraser=eraser), home=home, port=0, name="viewer")


if __name__ == "__main__":
    main()
