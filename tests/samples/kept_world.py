"""A real vault and a real keyholder in this process, on one clock that moves only when told.

What the vault asks the keyholder goes through its real guard and endpoints, signed. ``away`` makes the keyholder not
answer. A grant can be given, and what is released under it opened.
"""

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar.testing import TestClient

from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, erasure, grant, release
from aboveboard.formats.erasure import ORDER_TYPE, RECEIPT_TYPE, ErasureOrder, ErasureReceipt, Span
from aboveboard.formats.grant import AccessRequest, Approval
from aboveboard.keyholder.app import create_app
from aboveboard.keyholder.desk import Desk, log_name
from aboveboard.keyholder.home import KeyholderHome, write_service, write_witnesses
from aboveboard.keyholder.start import open_desk
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.wire import problem
from aboveboard.wire.request_signing import sign_headers
from aboveboard.witness.logs import watch_log
from samples.segments import plain_with
from samples.vault_world import URL, Participant, Segment, VaultWorld
from samples.witness_process import WitnessProcess

DAY_NS = 86_400_000_000_000


@dataclass
class DeskKeyholder:
    """The client that the vault has of the keyholder."""

    world: "KeptWorld"
    away: bool = False
    asked: list[str] = field(default_factory=list)

    http: Any = None

    @property
    def key(self) -> SigningKey:
        return self.world.desk.statement_key

    def start(self) -> None:
        """Answer from the desk that is open now."""
        app = create_app(self.world.desk)
        app.state.origins = {URL}
        self.http = TestClient(app, base_url=URL, raise_server_exceptions=False)

    def post(self, path: str, body: bytes) -> bytes:
        return self._ask("POST", path, body)

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, b"")

    def _ask(self, method: str, path: str, body: bytes) -> bytes:
        if self.away:
            raise Unavailable("the keyholder does not answer", cause="a test says so", fix="none")
        self.asked.append(path)
        headers = sign_headers(method, URL + path, body, self.world.vault.key, now_ns=self.world.clock.wall_ns())
        answer = self.http.request(method, path, content=body, headers=headers)
        if answer.is_success:
            return answer.content
        raise problem.to_error(answer.status_code, answer.content)


class KeptWorld(VaultWorld):
    """The programme. ``copy`` and ``restore`` do what a backup of the vault does."""

    def __init__(self, root: Path, witness: WitnessProcess) -> None:
        self.root = root
        self.keyholder_home = KeyholderHome(root / "keyholder")
        watch_log(witness.home, log_name(self.keyholder_home).log_key)
        write_witnesses(self.keyholder_home, [witness.address()])
        self.desk: Desk | None = None  # type: ignore[assignment]
        self.held: DeskKeyholder = DeskKeyholder(self)
        super().__init__(root / "vault", keyholder=self.held)  # type: ignore[arg-type]
        self.identities: dict[str, Identity] = {}

    def open(self) -> None:
        super().open()
        if self.desk is None:
            write_service(self.keyholder_home, self.vault.key.public)
            roster = (self.home / "roster.json").read_bytes()
            (self.keyholder_home.path / "roster.json").write_bytes(roster)
            self.desk = open_desk(self.keyholder_home, self.clock)
            self.held.start()

    def close(self) -> None:
        super().close()
        if self.desk is not None:
            self.desk.close()
            self.desk = None  # type: ignore[assignment]

    def restart(self) -> None:
        self.close()
        self.open()

    def copy(self, *places: str) -> Path:
        """A backup of these places ("vault", "keyholder"), taken while they stand still."""
        self.close()
        kept = self.root / f"backup-{new_id(Kind.ERASURE)}"
        for place in places:
            shutil.copytree(self.root / place, kept / place)
        self.open()
        return kept

    def restore(self, kept: Path, *names: str) -> None:
        """Put these files and folders back from the backup, and start again. Nothing else of them is kept."""
        self.close()
        for name in names:
            for path in (self.root / name).parent.glob(f"{Path(name).name}*"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
            for path in (kept / name).parent.glob(f"{Path(name).name}*"):
                put = self.root / Path(name).parent / path.name
                shutil.copytree(path, put) if path.is_dir() else shutil.copy2(path, put)
        self.open()

    def order(self, who: Participant, **words: Any) -> ErasureOrder:
        """An order, not signed yet."""
        facts = {"erasure_id": new_id(Kind.ERASURE), "person_id": who.person_id, "at_ns": self.clock.wall_ns()}
        return ErasureOrder(**(facts | words))

    def span(self, first: Segment, last: Segment) -> Span:
        """From the middle of one to the middle of the other: both are in it."""
        middle = [(one.manifest.start_wall_ns + one.manifest.end_wall_ns) // 2 for one in (first, last)]
        return Span(from_ns=middle[0], until_ns=max(middle[1], middle[0] + 1))

    def erase(self, who: Participant, order: ErasureOrder, *, signer: SigningKey | None = None) -> ErasureReceipt:
        """Sign it and have it carried out; the receipt."""
        signed = (signer or who.person_key).sign(ORDER_TYPE, erasure.encode(order))
        return self.receipt_of(self.ask(signer or who.person_key, "POST", "/v1/erasures", signed))

    def receipt_of(self, answer: bytes) -> ErasureReceipt:
        payload = open_signed(envelope.decode(answer), RECEIPT_TYPE, self.vault.key.public)
        return erasure.decode_receipt(payload)

    def granted(self, *people: Participant) -> str:
        """A live grant of the researcher for these; its id."""
        identity = self.identities.setdefault("ravi", Identity.generate())
        request = AccessRequest(
            request_id=new_id(Kind.REQUEST),
            requester=self.staff_id("ravi"),
            recipient=identity.recipient,
            people=[who.person_id for who in people],
            kinds=["screen"],
            purpose="train_agents",
            output="a small policy",
            reason="to learn whether clicking can be learnt",
            duration_ns=7 * DAY_NS,
            created_at_ns=self.clock.wall_ns(),
        )
        signed = self.key("ravi").sign(grant.REQUEST_TYPE, grant.encode(request))
        self.post(self.key("ravi"), "/v1/requests", signed)
        for name, role in (("sam", "security"), ("rita", "representative")):
            words: dict[str, Any] = {
                "request_id": request.request_id,
                "request_sha256": hashlib.sha256(signed.body()).hexdigest(),
                "approver": self.staff_id(name),
                "verdict": "approve",
                "comment": "",
                "at_ns": self.clock.wall_ns(),
            }
            if "role" in Approval.__struct_fields__:
                words["role"] = role
            approval = self.key(name).sign(grant.APPROVAL_TYPE, grant.encode(Approval(**words)))
            self.post(self.key(name), f"/v1/requests/{request.request_id}/approvals", approval)
        return grant.grant_id_of(request.request_id)

    def opens(self, grant_id: str, one: Segment) -> bytes:
        """What the researcher gets of a segment; raises as the vault and the keyholder do."""
        key, segment_id = self.key("ravi"), one.manifest.segment_id
        path = f"/v1/grants/{grant_id}"
        answer = release.decode_answer(self.ask(key, "POST", f"{path}/keys", {"segment_ids": [segment_id]}))
        sealed = self.ask(key, "GET", f"{path}/segments/{segment_id}/sealed")
        return plain_with(sealed, answer.keys[0].sealed, self.identities["ravi"])

    def closed(self, grant_id: str, one: Segment) -> bool:
        """Does the researcher get nothing of it?"""
        try:
            self.opens(grant_id, one)
        except AboveboardError:
            return True
        return False
