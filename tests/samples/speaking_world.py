"""A vault with concerns and notices in every state, and one participant's voice in it."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import concern as concern_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.concern import ANSWER_TYPE, OWNING_TYPE, Answer, Owning
from aboveboard.formats.notice import NOTICE_TYPE, Audience, Notice, NoticeKind
from aboveboard.rules.concerns import HOUR_NS, join_scope, raise_scope
from aboveboard.sealing.signatures import SigningKey
from aboveboard.viewer.concerns import Concerns
from aboveboard.viewer.notices import Notices
from aboveboard.viewer.passes import Passes
from samples import pass_samples
from samples.vault_world import Participant, VaultWorld

DAY_NS = 24 * HOUR_NS
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script> is only text"


@dataclass
class Wire:
    """What ``wire.client.Client`` is to the viewer, into a vault in this process. One request at a time."""

    world: VaultWorld
    key: SigningKey
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, path: str) -> bytes:
        with self.lock:
            return self.world.ask(self.key, "GET", path)

    def post(self, path: str, body: bytes) -> bytes:
        with self.lock:
            return self.world.ask(self.key, "POST", path, body)

    def by(self, key: SigningKey) -> "Wire":
        """The same, asked with a one-time key."""
        return Wire(self.world, key, self.lock)


class SpeakingWorld:
    """A programme of four; ``who`` is the participant whose page it is. ``home`` holds the vault and their folder."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.world = VaultWorld(home / "vault")
        pass_samples.lay_down_key(home / "vault")
        self.folder = home / "participant"
        self.folder.mkdir(mode=0o700)
        self.who, *self.others = [self.world.ready() for _ in range(4)]
        self.wire = Wire(self.world, self.who.person_key)

    def concerns(self) -> Concerns:
        return Concerns(
            self.wire,
            self.wire.by,
            Passes(self.folder),
            person=self.who.person_key,
            person_id=self.who.person_id,
            keyholder_key=self.world.keyholder_key(),
            steward_keys=[self.world.key("stella").public],
            now_ns=self.world.clock.wall_ns,
        )

    def notices(self) -> Notices:
        return Notices(
            self.wire,
            person=self.who.person_key,
            person_id=self.who.person_id,
            steward_keys=[self.world.key("stella").public],
            keyholder_key=self.world.keyholder_key(),
            now_ns=self.world.clock.wall_ns,
        )

    def tell(self, kind: NoticeKind, title: str, text: str) -> None:
        """A steward's notice for everyone."""
        notice = Notice(
            notice_id=new_id(Kind.NOTICE),
            kind=kind,
            title=title,
            text=text,
            audience=Audience(),
            at_ns=self.world.clock.wall_ns(),
        )
        self._post("/v1/notices", NOTICE_TYPE, notice_format.encode(notice))

    def raise_anonymously(self, who: Participant, text: str) -> str:
        """Somebody else raises a concern."""
        scope = raise_scope(self.world.clock.wall_ns())
        return pass_samples.raise_anonymously(self.world, *pass_samples.fetch(self.world, who, scope), text)

    def join(self, who: Participant, concern_id: str) -> None:
        """Somebody else joins, anonymously."""
        key, given = pass_samples.fetch(self.world, who, join_scope(concern_id))
        signed = pass_samples.joining(concern_id, key)
        self.world.post(key, f"/v1/concerns/{concern_id}/joins", {"joining": signed, "joined_with": given})

    def own(self, concern_id: str, by_ns: int) -> None:
        """The steward takes it over."""
        owning = Owning(
            concern_id=concern_id,
            owner=self.world.staff_id("stella"),
            answer_by_ns=by_ns,
            at_ns=self.world.clock.wall_ns(),
        )
        self._post(f"/v1/concerns/{concern_id}/owner", OWNING_TYPE, concern_format.encode(owning))

    def answer(self, concern_id: str, text: str) -> None:
        """The steward answers it."""
        answer = Answer(
            concern_id=concern_id,
            by=self.world.staff_id("stella"),
            by_name="Stella Okafor",
            text=text,
            at_ns=self.world.clock.wall_ns(),
        )
        self._post(f"/v1/concerns/{concern_id}/answer", ANSWER_TYPE, concern_format.encode(answer))

    def _post(self, path: str, kind: str, document: bytes) -> None:
        key = self.world.key("stella")
        self.world.post(key, path, key.sign(kind, document))


def speaking_world(home: Path) -> SpeakingWorld:
    """One concern past its date, one that is seen to, one answered, one that tries to be HTML; three notices."""
    made = SpeakingWorld(home)
    first, second, third = made.others
    late = made.raise_anonymously(
        first,
        "The recorder also runs while I take part in the works council's meetings on the same laptop. "
        "Who makes sure that nobody opens that?",
    )
    made.join(second, late)
    made.join(third, late)
    made.own(late, made.world.clock.wall_ns() + DAY_NS)
    made.world.clock.advance(DAY_NS)
    answered = pass_samples.raise_openly(
        made.world, second, "My home connection has 100 GB a month. How much of it does this use?"
    )
    made.own(answered, made.world.clock.wall_ns() + 2 * DAY_NS)
    made.join(first, answered)
    made.answer(
        answered,
        "At most 200 MB a day, as the disclosure promises; the recorder holds back on metered networks.\n"
        "Your page shows what was sent each day.",
    )
    pass_samples.raise_openly(made.world, made.who, "Can the pause be longer than a day without my doing anything?")
    made.raise_anonymously(third, HOSTILE)
    made.tell(
        "answer",
        "A concern was answered",
        "The concern:\nMy home connection has 100 GB a month.\n\nStella Okafor answers:\nAt most 200 MB a day.",
    )
    made.world.clock.advance(HOUR_NS)
    made.tell(
        "drill",
        "Thursday at ten: a drill of the pause",
        "We pause one person in ten for five minutes, to see that it works. You need not do anything.",
    )
    made.world.clock.advance(HOUR_NS)
    made.tell(
        "incident",
        "Sealed files could be listed for 40 minutes",
        "Between 9:10 and 9:50 two members of staff could see names and sizes of sealed files, not what is in them.\n"
        "Nothing was opened: the ledger has no entry. The permission was taken back at 9:50.\n\n"
        "Severity 4 of 0 (worst) to 5. Questions: privacy@example.org",
    )
    return made
