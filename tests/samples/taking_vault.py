"""Stands where a client stands: a vault that takes in whatever a recorder sends, several at once, and remembers."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import msgspec

from aboveboard.base.errors import AboveboardError, NotFound
from aboveboard.formats import segment
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.segment import SegmentManifest
from aboveboard.wire.outcome import State, tried
from aboveboard.wire.pieces import Pieces


def answered(*steps: Callable[[], State]) -> bytes:
    """The answer about these segments, each judged by itself."""
    return msgspec.json.encode([tried(step) for step in steps])


def manifests_in(body: bytes) -> list[SegmentManifest]:
    """What a request declares; nothing is verified."""
    return [segment.decode(each.body()) for each in msgspec.json.decode(body, type=list[Envelope])]


def sealed_in(path: str, pieces: Pieces, known: dict[str, SegmentManifest]) -> dict[str, bytes]:
    """What a request sends, by segment; raises NotFound of what was not declared."""
    found: dict[str, bytes] = {}
    body, at = b"".join(pieces), 0
    for name in parse_qs(urlsplit(path).query)["segment_id"]:
        if name not in known:
            raise NotFound("there is no such segment")
        found[name], at = body[at : at + known[name].size_bytes], at + known[name].size_bytes
    return found


class TakingVault:
    """``declaring`` and ``storing`` may refuse, or do something, for each segment and its bytes."""

    def __init__(
        self,
        declaring: Callable[[SegmentManifest], State] = lambda _: "declared",
        storing: Callable[[SegmentManifest, bytes], State] = lambda *_: "stored",
    ) -> None:
        self._declaring, self._storing = declaring, storing
        self.known: dict[str, SegmentManifest] = {}
        self.got: list[bytes] = []
        self.asked: list[tuple[str, list[int]]] = []
        """Each request: its method, and the numbers of its segments in their session."""

    def post(self, path: str, body: bytes) -> bytes:
        assert path == "/v1/segments"
        manifests = manifests_in(body)
        self.asked.append(("POST", [each.sequence for each in manifests]))
        self.known |= {each.segment_id: each for each in manifests}
        return answered(*(lambda each=each: self._declaring(each) for each in manifests))

    def put(self, path: str, body: Pieces) -> bytes:
        assert path.startswith("/v1/segments/sealed?")
        sealed = sealed_in(path, body, self.known)
        self.asked.append(("PUT", [self.known[name].sequence for name in sealed]))
        return answered(*(lambda name=name, data=data: self._store(name, data) for name, data in sealed.items()))

    def _store(self, name: str, data: bytes) -> State:
        state = self._storing(self.known[name], data)
        if state == "stored":
            self.got.append(data)
        return state


def refusing(error: AboveboardError) -> Callable[..., State]:
    """Refuses every one."""

    def refuse(*_: object) -> State:
        raise error

    return refuse
