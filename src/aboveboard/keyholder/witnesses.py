"""Has somebody else seen this history, and only this one?

The keyholder asks each witness to co-sign its newest checkpoint (C2SP tlog-witness, ``add-checkpoint``) and believes
nothing but a signature that verifies under the key in its own ``witnesses.json``.
"""

import threading

import msgspec

from aboveboard.base.errors import AboveboardError, BadInput, Unavailable
from aboveboard.keyholder.entries import Entries
from aboveboard.keyholder.home import WitnessAddress
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note as notes
from aboveboard.ledger import tree, verify
from aboveboard.ledger.policy import OUTSIDE, Policy
from aboveboard.ledger.submission import SIZE_TYPE, Submission, parse_size
from aboveboard.wire import machine
from aboveboard.wire.plain import Answer, PlainServer

TIMEOUT_S = 3.0
ANSWER_LIMIT_BYTES = 16 * 1024
PLAIN_TEXT = "text/plain; charset=utf-8"
ATTEMPTS = 3
"""The second is made from the size that the witness names; a third covers a witness that moved in between."""


class Where(msgspec.Struct):
    """What a witness tells of itself beside its key; another implementation's may tell nothing."""

    boot: str = ""


class Witness:
    """One witness. Safe for threads."""

    def __init__(self, address: WitnessAddress, *, outside: bool = False) -> None:
        """``outside``: it counts only if it runs on another machine than this one."""
        self.name = address.name
        self._outside = outside
        self._base_url = address.url.rstrip("/")
        self.verifier_key = address.verifier_key
        self._key = notes.VerifierKey.parse(address.verifier_key)
        self.server = PlainServer(address.url, timeout_s=TIMEOUT_S, limit_bytes=ANSWER_LIMIT_BYTES)
        self._known_size = 0
        self._lock = threading.Lock()

    def cosign(self, note: str, size: int, entries: Entries, log_vkey: str) -> str:
        """This witness's signature line for ``note``, a checkpoint of ``size`` that the log signed.

        Raises :class:`Unavailable` if the witness is unreachable, refuses, or answers with anything else.
        """
        with self._lock:
            if self._outside:
                self._check_outside()
            for _ in range(ATTEMPTS):
                old = min(self._known_size, size)
                status, media_type, body = self._ask(old, tree.consistency_proof(entries, old, size), note)
                if status == 200:
                    cosigned = self._believe(note, body, entries.origin, log_vkey)
                    self._known_size = size
                    return cosigned
                if status == 422:
                    raise self._unavailable("it refused the checkpoint: it has seen another history")
                if status != 409:
                    raise self._unavailable(f"it answered with status {status}")
                self._known_size = self._size_in(media_type, body, size)
        raise self._unavailable("it kept naming other sizes")

    def latest(self, origin_sha256: str) -> str | None:
        """The note that this witness co-signed last for the log with this hash of its origin; ``None`` for none.

        Nothing of it is verified. Raises :class:`Unavailable`.
        """
        answer = self._answer("GET", f"/{origin_sha256}/checkpoint")
        return answer.body.decode("utf-8", "replace") if answer.status == 200 else None

    def _ask(self, old: int, proof: list[bytes], note: str) -> tuple[int, str, bytes]:
        """Status, media type and body of the answer."""
        answer = self._answer("POST", "/add-checkpoint", Submission(old, tuple(proof), note).encode(), PLAIN_TEXT)
        return answer.status, answer.media_type, answer.body

    def _answer(self, method: str, path: str, body: bytes = b"", media_type: str = "") -> Answer:
        try:
            return self.server.ask(method, path, body, media_type)
        except Unavailable as error:
            raise self._unavailable(f"{error.what}: it is not running, or the network is down") from error

    def _believe(self, note: str, lines: bytes, origin: str, log_vkey: str) -> str:
        try:
            # Only the line in this witness's own name: one in another's would spoil the note for everybody.
            found = notes.parse_signatures(lines.decode())
            own = [each.line() for each in found if (each.name, each.key_id) == (self._key.name, self._key.key_id)]
            cosigned = checkpoints.add_signatures(note, "".join(own))
            verify.verify_checkpoint(cosigned, origin, log_vkey, [self.verifier_key], 1)
        except (AboveboardError, UnicodeDecodeError) as error:
            raise self._unavailable(f"what it signed does not verify: {str(error).splitlines()[0]}") from error
        return "".join(own)

    def _check_outside(self) -> None:
        """It is neither at an address of this machine, nor says that it runs on it. Once is enough."""
        if machine.is_here(self._base_url):
            raise self._unavailable("the policy wants it outside, and its address is this machine's own")
        answer = self._answer("GET", "/v1/public")
        try:
            boot = msgspec.json.decode(answer.body, type=Where).boot if answer.status == 200 else ""
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._unavailable(f"it does not say where it runs: {type(error).__name__}") from error
        if boot and boot == machine.boot_mark(self.verifier_key):
            raise self._unavailable("the policy wants it outside, and it runs on this very machine")
        self._outside = False

    def _size_in(self, media_type: str, body: bytes, size: int) -> int:
        if media_type != SIZE_TYPE:
            raise self._unavailable("it refused the checkpoint without saying why")
        try:
            seen = parse_size(body)
        except BadInput as error:
            raise self._unavailable("it refused the checkpoint without saying what it has seen") from error
        if seen > size:
            raise self._unavailable(f"it has already co-signed {seen} entries, and here there are {size}")
        return seen

    def _unavailable(self, why: str) -> Unavailable:
        return Unavailable(
            f"the witness {self.name} has not co-signed the ledger, so no key was released",
            cause=why,
            fix="start the witness, or ask who runs it; if it has seen more entries than there are, the keyholder's"
            " database was set back: restore the newest backup",
        )


def open_witnesses(policy: Policy) -> list[Witness]:
    """A :class:`Witness` for each one in the policy."""
    outside = policy.members(OUTSIDE)
    addresses = [WitnessAddress(name, each.url, each.key.text()) for name, each in policy.witnesses.items()]
    return [Witness(each, outside=each.name in outside) for each in addresses]
