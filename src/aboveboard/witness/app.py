"""How does the witness answer?

``POST /add-checkpoint`` and ``GET /<origin hash>/checkpoint`` as C2SP tlog-witness says: the second shows anyone what
it cosigned last, so that a log which shows two histories is found out (``/v1/checkpoint?origin=…`` is the same).
Requests need no sign-in: the log's signature is what counts.
"""

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from litestar import Litestar, Response, get, post
from litestar.params import FromPath, Parameter, RawBody

from aboveboard.base.clock import SECOND_NS, Clock, SystemClock
from aboveboard.base.errors import AboveboardError, NotFound
from aboveboard.ledger import note, submission
from aboveboard.sealing.keys import load_or_create_signing_key
from aboveboard.wire import machine
from aboveboard.wire import problem as problems
from aboveboard.wire.server import exception_handlers
from aboveboard.wire.server import serve as serve_app
from aboveboard.witness.judge import NotSigned, SizeDiffers, judge
from aboveboard.witness.logs import known_logs
from aboveboard.witness.memory import Memory

DEFAULT_NAME = "witness.aboveboard.local"


class Witness:
    """One witness: its key, its memory, and the lock that makes judging and remembering one step."""

    def __init__(self, home: Path, *, name: str = DEFAULT_NAME, clock: Clock | None = None) -> None:
        """Open or begin the witness in ``home``; raises as :class:`Memory` and :func:`known_logs` do."""
        self._home = home
        self._clock = clock or SystemClock()
        known_logs(home)
        # The memory is begun before the key: a key without a memory means that the memory was lost.
        self._memory = Memory(home, name, may_create=not (home / "witness.key").exists())
        try:
            self._key = load_or_create_signing_key(home / "witness.key")
            self.verifier = note.VerifierKey(name, note.COSIGNATURE_V1, self._key.public_bytes)
            self._memory.check_own(self.verifier)
        except BaseException:
            self._memory.close()
            raise
        self._lock = threading.Lock()

    def add_checkpoint(self, body: bytes) -> str:
        """This witness's signature line for the checkpoint in ``body``; raises as :func:`judge` does.

        When this returns, the checkpoint is remembered durably.
        """
        submitted = submission.parse(body)
        with self._lock:
            # 1. to 7. The decision.
            logs = known_logs(self._home)
            found = judge(submitted, logs, self._memory.latest())
            signature = note.cosign(found.text(), self.verifier.name, self._key, self._clock.wall_ns() // SECOND_NS)
            # 8. It is on the disk before anyone can see the signature.
            self._memory.remember(found.origin, _kept(submitted.checkpoint, logs[found.origin], signature))
        # 9. Only now it leaves.
        return signature.line()

    def cosigned(self, origin: str) -> str:
        """The signed note that was cosigned last for ``origin``; raises :class:`NotFound`."""
        text = self._memory.cosigned(origin)
        if text is None:
            raise NotFound(
                "this witness has cosigned nothing for that log", cause="the origin is misspelt", fix="check the origin"
            )
        return text

    def cosigned_by_hash(self, origin_hash: str) -> str:
        """:meth:`cosigned`, for the origin whose SHA-256 is ``origin_hash`` in lowercase hex."""
        known = self._memory.latest()
        return self.cosigned(next((each for each in known if _hex(each) == origin_hash), ""))

    def close(self) -> None:
        """Let another process take over."""
        self._memory.close()


def create_app(home: Path, *, name: str = DEFAULT_NAME, clock: Clock | None = None) -> Litestar:
    """The witness in ``home`` as a web application; shutting it down releases the memory."""
    witness = Witness(home, name=name, clock=clock)

    @post("/add-checkpoint", status_code=200, media_type="text/plain", sync_to_thread=True)
    def add_checkpoint(body: RawBody) -> Response[Any]:
        """Cosign a checkpoint of a known log that has only grown."""
        try:
            return Response(witness.add_checkpoint(body).encode(), media_type="text/plain")
        except SizeDiffers as error:
            return Response(f"{error.size}\n".encode(), status_code=409, headers={"content-type": submission.SIZE_TYPE})
        except NotSigned as error:
            return _refusal(error, 403)

    @get("/v1/checkpoint", media_type="text/plain", sync_to_thread=False)
    def latest_checkpoint(origin: Annotated[str, Parameter(max_length=200)]) -> Response[bytes]:
        """The checkpoint cosigned last for ``origin``."""
        return Response(witness.cosigned(origin).encode(), media_type="text/plain")

    @get("/{origin_hash:str}/checkpoint", media_type="text/plain", sync_to_thread=False)
    def by_origin_hash(origin_hash: FromPath[str]) -> Response[bytes]:
        """The same, by the SHA-256 of the origin in hex."""
        return Response(witness.cosigned_by_hash(origin_hash).encode(), media_type="text/plain")

    @get("/v1/public", sync_to_thread=False)
    def public() -> dict[str, str]:
        """The key that this witness cosigns with, and a mark of the machine that it runs on (``wire.machine``)."""
        key = witness.verifier.text()
        return {"verifier_key": key, "boot": machine.boot_mark(key)}

    @get("/v1/health", sync_to_thread=False)
    def health() -> dict[str, str]:
        """That this process answers."""
        return {"status": "ok"}

    return Litestar(
        [add_checkpoint, latest_checkpoint, by_origin_hash, public, health],
        exception_handlers=exception_handlers,
        request_max_body_size=submission.LIMIT_BYTES,
        on_shutdown=[witness.close],
    )


def serve(home: Path, port: int, *, name: str = DEFAULT_NAME) -> None:
    """Run the witness in ``home`` on loopback until SIGTERM. Raises what stops it from starting."""
    serve_app(create_app(home, name=name), home=home, port=port, name="witness")


def _kept(checkpoint: str, keys: Sequence[note.VerifierKey], signature: note.NoteSignature) -> str:
    # Lines by strangers are dropped: they were not checked, and must not fill the memory.
    parsed = note.parse(checkpoint)
    known = {(key.name, key.key_id) for key in keys}
    lines = [line for line in parsed.signatures if (line.name, line.key_id) in known]
    return note.Note(parsed.text, (*lines, signature)).encode()


def _hex(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _refusal(error: AboveboardError, status: int) -> Response[problems.Problem]:
    body = problems.from_error(error)
    body.status = status
    return Response(body, status_code=status, media_type=problems.MEDIA_TYPE)
