"""One person has one role: what whoever adds people to the roster is told."""

from pathlib import Path

import pytest

from aboveboard.base.errors import Conflict
from aboveboard.commands import staff
from aboveboard.commands.home import Home
from aboveboard.formats import roster


def test_a_second_account_is_refused_before_it_is_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for place in ("keyholder", "vault"):
        home.folder(place).mkdir(mode=0o700, parents=True, exist_ok=True)
    staff.add(home, "Kim", "security", person="kim.a@example.org")
    staff.add(home, "Sam", "researcher")
    written = (home.folder("keyholder") / "roster.json").read_bytes()
    for name, person in (("kim", ""), ("SAM", "4711"), ("Else", "KIM.A@example.org")):
        with pytest.raises(Conflict, match="could be"):
            staff.add(home, name, "representative", person=person)
    assert (home.folder("keyholder") / "roster.json").read_bytes() == written
    staff.add(home, "kIM", "representative", person="kim.b@example.org")
    found = roster.decode((home.folder("vault") / "roster.json").read_bytes())
    assert [member.role for member in found.staff] == ["security", "researcher", "representative"]
