"""Everybody sees how the programme is run: how many are exempt, and what came of each drill."""

from pathlib import Path

import pytest

from aboveboard.base.errors import Unavailable
from samples.participant_world import World


def test_exemptions_and_drills_are_shown_as_the_vault_publishes_them(tmp_path: Path) -> None:
    told = World().source(tmp_path / "participant").programme()
    assert told["exempt"] == {"asking": 2, "collection": 0}
    done, missed = told["drills"]
    assert (done["state"], done["slice"], done["seconds"]) == ("done", "everyone", 30)
    assert (done["devices"], done["proven"], done["half_s"], done["all_s"]) == (12, 12, 0.4, 9)
    assert (missed["state"], missed["devices"], missed["half_s"]) == ("missed", None, None)


def test_without_the_vault_it_says_so(tmp_path: Path) -> None:
    world = World()
    world.silent.add("vault")
    with pytest.raises(Unavailable):
        world.source(tmp_path / "participant").programme()
