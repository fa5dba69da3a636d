"""The staff's page over a small programme, as a process: ``python -m samples.staff_process HOME TOKEN NAME``.

A real vault with a stand-in keyholder. Twelve people of the cohort "north" have recorded something, one of "south" has
not. Of four requests one waits for everybody, one for security only, one is open and one was denied. NAME is who sits
at the page: ``ravi`` asks, ``sam`` and ``rita`` approve, ``stella`` is the steward. ``address.json`` says where it is.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import grant
from aboveboard.formats.disclosure import AppRule, Because
from aboveboard.formats.grant import AccessRequest, Approval, Fidelity
from aboveboard.sealing.keys import Identity
from aboveboard.steward.access import Member
from aboveboard.steward.app import create_app
from aboveboard.steward.deciding import Acting
from aboveboard.steward.desk import Desk
from aboveboard.wire.page_guard import GuardedApp
from aboveboard.wire.server import serve
from samples.fleet_process import VaultClient
from samples.vault_world import BROWSER, VaultWorld

HOUR_NS = 3600 * SECOND_NS
WHY = "Agents choose the wrong entry in long drop-down menus; we want to see how people find theirs."
APPS = [
    BROWSER,
    AppRule(
        name="Spreadsheet",
        wm_class="Gnumeric",
        why="the tasks are done in it",
        screen="redacted",
        keystrokes="shape",
        pointer="full",
        because=Because(screen="what is seen", keystrokes="which shortcuts", pointer="where it is clicked"),
    ),
]


class Programme:
    """The vault, its people and requests, on the real clock once it is set up."""

    def __init__(self, home: Path) -> None:
        self.world = VaultWorld(home)
        self.world.close()
        self.world.clock.wall = SystemClock().wall_ns() - 4 * HOUR_NS
        self.world.open()
        self.world.disclose(apps=APPS)
        self.people = [self.world.ready(country="DE", cohort="north") for _ in range(12)]
        self.world.ready(country="DE", cohort="south")
        for each in self.people:
            for _ in range(3):
                self.world.take_in(each, self.world.recorded(each))

    def go_on(self) -> None:
        """From now on the clock runs."""
        self.world.close()
        self.world.clock = SystemClock()  # type: ignore[assignment]
        self.world.open()

    def ask(self, **changes: Any) -> AccessRequest:
        """A request of ravi's."""
        words: dict[str, Any] = {
            "request_id": new_id(Kind.REQUEST),
            "requester": self.world.staff_id("ravi"),
            "recipient": Identity.generate().recipient,
            "people": [each.person_id for each in self.people],
            "kinds": ["screen", "keystrokes", "pointer"],
            "purpose": "train_agents",
            "output": "a model that chooses from menus",
            "reason": WHY,
            "duration_ns": 7 * 24 * HOUR_NS,
            "created_at_ns": self.world.clock.wall_ns(),
            "fidelity": Fidelity(keystrokes="shape"),
        } | changes
        request = AccessRequest(**words)
        signed = self.world.key("ravi").sign(grant.REQUEST_TYPE, grant.encode(request))
        self.world.post(self.world.key("ravi"), "/v1/requests", signed)
        return request

    def say(self, name: str, request: AccessRequest, verdict: Any, comment: str = "") -> None:
        """An approver's answer."""
        approval = Approval(
            request_id=request.request_id,
            request_sha256=hashlib.sha256(grant.encode(request)).hexdigest(),
            approver=self.world.staff_id(name),
            role=self.world.staff[name][0].role,  # type: ignore[arg-type]
            verdict=verdict,
            comment=comment,
            at_ns=self.world.clock.wall_ns(),
        )
        key = self.world.key(name)
        path = f"/v1/requests/{request.request_id}/approvals"
        self.world.post(key, path, key.sign(grant.APPROVAL_TYPE, grant.encode(approval)))

    def fill(self) -> None:
        """Four requests, as they stand."""
        denied = self.ask(output="a report on how fast each of them is", reason="We would like to know who is quick.")
        self.say("rita", denied, "deny", "This compares people; nobody agreed to that.")
        opened = self.ask(
            kinds=["screen"], output="screens of dialogs", reason="The reader misreads dialogs with few words."
        )
        self.say("sam", opened, "approve")
        self.say("rita", opened, "approve", "For dialogs only.")
        half = self.ask(output="a data set of menu choices")
        self.say("rita", half, "approve", "The level of the keyboard is right.")
        self.ask(people=[self.people[0].person_id], kinds=["pointer"], output="a drawing of pointer paths")

    def desk(self, name: str) -> Acting:
        """What the page of ``name`` is made of."""
        client: Any = VaultClient(self.world, name)
        staff, key = self.world.staff[name]
        member = Member(staff.staff_id, name, staff.role, key, lambda: Identity.generate().recipient)
        return Acting(lambda: client, member, clock=self.world.clock)

    def page(self, name: str, token: str) -> GuardedApp:
        """The page of ``name``; the steward's shows the fleet, too."""
        client: Any = VaultClient(self.world, name)
        fleet = Desk(lambda: client, self.world.key(name), name) if name == "stella" else None
        return create_app(fleet, token, access=self.desk(name))


def main() -> None:
    """Serve until told to stop."""
    home, token, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    programme = Programme(home / "vault")
    programme.go_on()
    programme.fill()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    serve(programme.page(name, token), home=home, port=0, name="staff's page")


if __name__ == "__main__":
    main()
