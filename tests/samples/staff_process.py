"""The staff's page over a small programme, as a process: ``python -m samples.staff_process HOME TOKEN NAME``.

A real vault, with a keyholder that is played. Twelve people of the cohort "north" have recorded something, one of
"south" has not. An emergency is open. Of four other requests one waits for everybody, one for security only, one is
open and one was denied. NAME is who sits at the page: ``ravi`` asks, ``sam`` and ``rita`` approve, ``stella`` is the
steward. ``address.json`` says where it answers.
"""

import hashlib
import sys
from pathlib import Path
from typing import Any

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import alarm, envelope, grant
from aboveboard.formats.alarm import Alarm, Alarms
from aboveboard.formats.disclosure import AppRule, Because
from aboveboard.formats.grant import AccessRequest, Approval, Fidelity, Review
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


class PlayedKeyholder:
    """Sounds its alarms, and keeps the reviews that it is sent."""

    base_url = "http://keyholder.test"

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.reviews: list[Review] = []

    def get(self, path: str) -> bytes:
        return alarm.encode(Alarms(alarms=self.alarms))

    def post(self, path: str, body: bytes) -> bytes:
        self.reviews.append(grant.decode_review(envelope.decode(body).body()))
        return b"{}"


class Programme:
    """The vault, its people and requests, on the real clock once it is set up."""

    def __init__(self, home: Path) -> None:
        self.world, self.keyholder = VaultWorld(home), PlayedKeyholder()
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

    def hurry(self) -> str:
        """An emergency that rita permitted; its grant's id."""
        now_ns = self.world.clock.wall_ns()
        urgent = self.ask(
            people=[self.people[3].person_id],
            kinds=["screen"],
            fidelity=Fidelity(),
            duration_ns=HOUR_NS,
            since_ns=now_ns - HOUR_NS,
            created_at_ns=now_ns,
            emergency=True,
            output="a look at one dialog",
            reason="A customer's number may stand in the last recording; we must see whether it does.",
        )
        self.say("rita", urgent, "approve", "Now, and only that.")
        grant_id = grant.grant_id_of(urgent.request_id)
        words = "ravi may open the last two hours of one person, by rita's word alone, for an hour: " + urgent.reason
        self.keyholder.alarms.insert(0, Alarm(number=1, at_ns=now_ns, kind="emergency", grant_id=grant_id, words=words))
        return grant_id

    def desk(self, name: str) -> Acting:
        """What the page of ``name`` is made of."""
        client: Any = VaultClient(self.world, name)
        staff, key = self.world.staff[name]
        member = Member(staff.staff_id, name, staff.role, key, lambda: Identity.generate().recipient)
        keyholder: Any = self.keyholder
        return Acting(lambda: client, member, keyholder=lambda: keyholder, clock=self.world.clock)

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
    programme.hurry()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    serve(programme.page(name, token), home=home, port=0, name="staff's page")


if __name__ == "__main__":
    main()
