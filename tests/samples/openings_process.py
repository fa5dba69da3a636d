"""A viewer of somebody whose recordings were opened often: ``python -m samples.openings_process HOME TOKEN``.

How many grants there are stands in ``grants.txt`` in HOME; more are made as soon as the page asks for them, each with
an entry of its own in a real log. ``address.json`` says where it answers.
"""

import sys
from pathlib import Path

from aboveboard.base.clock import SECOND_NS
from aboveboard.viewer.app import create_app
from aboveboard.wire.server import serve
from samples.office_session import START_NS, play
from samples.participant_world import DAY_NS, Vault, World

WHO = ("Rosa Lindqvist", "Tariq Osei", "Mei Nakagawa", "Olu Adeyemi")
WHY = (
    ("train_agents", "To learn how forms with drop-down menus are filled in.", "a model that fills in forms"),
    ("evaluate_agents", "To see where the current model fails in spreadsheets.", "an assessment of a model"),
    ("study_interaction", "To see which shortcuts nobody uses, over all groups.", "a report on shortcuts"),
)
ENDED, URGENT = 1, 2
"""The second is ended early; the third is an emergency, which is reviewed."""


class Growing(Vault):
    """Makes the grants that ``path`` asks for, then answers: the viewer asks the vault before the keyholder."""

    def __init__(self, world: World, path: Path) -> None:
        super().__init__(world)
        self.path, self.made = path, 0

    def get(self, path: str) -> bytes:
        if path == "/v1/openings":
            self.grow()
        return super().get(path)

    def grow(self) -> None:
        wanted, segments = int(self.path.read_text()), list(self.world.sealed)
        for place in range(self.made, wanted):
            purpose, reason, output = WHY[place % len(WHY)]
            who = WHO[place % len(WHO)]
            urgent = self.world.permit_in_emergency(who=who) if place == URGENT else ""
            grant = self.world.open_under_grant(
                segments[: 1 + place % 2], who=who, reason=reason, purpose=purpose, output=output, grant_id=urgent
            )
            if place == ENDED:
                self.world.end(grant, who="Samira Haddad (security)", reason="The study was given up.")
            if place == URGENT:
                words = "Somebody else was using the account, and this showed it."
                self.world.review(grant, who="Jonas Weber (representative)", verdict="justified", words=words)
            if place % 5 == 0:
                self.world.make_artefact(grant, "dataset")
            self.made = place + 1


def main() -> None:
    """Serve until told to stop."""
    home, token = Path(sys.argv[1]), sys.argv[2]
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    world = World(tape=play())
    world.agree()
    world.add_session(count=2)
    world.now_ns = START_NS + DAY_NS + 30 * SECOND_NS
    source = world.source(home)
    source._vault = Growing(world, home / "grants.txt")
    serve(create_app(source, token), home=home, port=0, name="viewer")


if __name__ == "__main__":
    main()
