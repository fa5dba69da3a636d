"""What does one look at a log and its witnesses find?

1. Ask every point and every witness for the newest checkpoint, all at once.
2. Each must be signed by the log, and by enough witnesses (a witness's own: by that witness).
3. No point may show fewer entries than it has shown before.
4. Each must be the beginning of the newest that is known, or the other way round; the hashes come from the points.
5. The entries themselves are read, some at each look, and must add up to the root that was signed.

What does not hold is kept with its evidence, before anybody is told. Who cannot be reached is only named. Who signs for
what nobody shows is not believed for longer than ``PATIENCE_S``; entries may be away for ``READING_PATIENCE_S``.
"""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.ledger import tiles, tree
from aboveboard.monitor.judge import Finding, Seen, compare, convicts, see
from aboveboard.monitor.memory import LogMemory, Memory
from aboveboard.monitor.watched import WatchedLog
from aboveboard.wire.client import Client

TIMEOUT_S = 2.0
PATIENCE_S = 4.0
READING_PATIENCE_S = 60.0
BUNDLES_A_LOOK = 64
ANSWER_LIMIT_BYTES = 16 * 1024 * 1024


@dataclass
class Look:
    """What one look came to: ``alarms`` are new ones, ``away`` are points that did not answer."""

    alarms: list[Path] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    size: int = 0
    read: int = 0


class Follower:
    """Follows one log. Keeps what it has seen in ``memory``."""

    def __init__(self, log: WatchedLog, memory: Memory, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._memory = memory
        self._now_s = now_s
        self._doubted: dict[str, float] = {}
        self._clients: dict[str, Client] = {}
        place = f"/{hashlib.sha256(log.origin.encode()).hexdigest()}/checkpoint"
        self._asked = [(url, "/checkpoint", log.witness_keys, log.quorum) for url in log.points]
        self._asked += [(each.url, place, [each.verifier_key], 1) for each in log.witnesses]

    def look(self) -> Look:
        """One look. Raises :class:`Unavailable` only if the evidence cannot be written."""
        state, result = self._memory.of(self._log.origin), Look()
        for answer in self._ask_all(result):
            try:
                seen = see(*answer[:2], self._log.log_key, answer[2], answer[3])
            except (BadInput, Tampered) as error:
                self._alarm(result, Finding("not_signed", "", answer[1], answer[0], error.what))
                continue
            self._judge(state, seen, result)
        self._read_on(state, result)
        newest = self._newest(state)
        result.size, result.read = (newest.checkpoint.size if newest else 0), state.read
        self._memory.keep()
        return result

    def _ask_all(self, result: Look) -> Iterator[tuple[str, str, list[str], int]]:
        with ThreadPoolExecutor(len(self._asked)) as pool:
            answers = [(each, pool.submit(self._get, each[0], each[1])) for each in self._asked]
        for (url, _, keys, quorum), answer in answers:
            try:
                yield url, answer.result().decode("utf-8", "replace"), keys, quorum
            except AboveboardError:
                result.away.append(url)

    def _judge(self, state: LogMemory, seen: Seen, result: Look) -> None:
        last = state.shown.get(seen.point)
        before = None if last is None else see(seen.point, last, self._log.log_key, [], 0)
        if before is not None and seen.checkpoint.size < before.checkpoint.size:
            detail = f"{before.checkpoint.size} entries before, {seen.checkpoint.size} now"
            self._alarm(result, Finding("rolled_back", seen.text, before.text, seen.point, detail))
        newest = self._newest(state)
        if newest is None:
            state.newest, state.newest_point = seen.text, seen.point
        elif (linked := self._linked(newest, seen, result)) is None:
            return
        elif linked and seen.checkpoint.size > newest.checkpoint.size:
            state.newest, state.newest_point = seen.text, seen.point
        if before is None or seen.checkpoint.size >= before.checkpoint.size:
            state.shown[seen.point] = seen.text

    def _linked(self, newest: Seen, seen: Seen, result: Look) -> bool | None:
        """Whether the two are of one log; ``None``: it is not known yet, for nobody shows the hashes."""
        larger = max(newest, seen, key=lambda each: each.checkpoint.size)
        doubt = f"{seen.point} {newest.checkpoint.size} {seen.checkpoint.size}"
        for point in dict.fromkeys((larger.point, *self._log.points)):
            nodes = tiles.TileNodes(self._tiles_of(point), larger.checkpoint.size)
            try:
                finding = compare(newest, seen, nodes)
            except AboveboardError:
                continue
            self._doubted.pop(doubt, None)
            if finding is not None:
                self._alarm(result, finding)
            return finding is None
        if self._doubted_for_s(doubt) >= PATIENCE_S:
            texts = sorted((newest, seen), key=lambda each: each.checkpoint.size)
            detail = "nobody shows the hashes that would link these two"
            self._alarm(result, Finding("not_shown", texts[0].text, texts[1].text, seen.point, detail))
        return None

    def _read_on(self, state: LogMemory, result: Look) -> None:
        """Step 5. Reads leaves from where it was to the newest checkpoint, or as far as one look goes."""
        newest = self._newest(state)
        if newest is None or state.read >= newest.checkpoint.size:
            return
        peaks = [base64.b64decode(each) for each in state.peaks]
        read, end = state.read, newest.checkpoint.size
        try:
            for _ in range(BUNDLES_A_LOOK):
                if read == end:
                    break
                index, offset = divmod(read, tiles.FULL_WIDTH)
                bundle = tiles.Tile(0, index, tiles.width_in(end, 0, index))
                data = self._get(self._log.points[0], f"/tile/{tiles.bundle_path(bundle)}")
                for leaf in tiles.parse_bundle(data, bundle.width)[offset:]:
                    peaks = tree.with_leaf(peaks, read, tree.leaf_hash(leaf))
                    read += 1
            self._doubted.pop("entries", None)
        except AboveboardError as error:
            if isinstance(error, Tampered) or self._doubted_for_s("entries") >= READING_PATIENCE_S:
                self._alarm(result, Finding("not_shown", "", newest.text, self._log.points[0], error.what))
                return
        if read == end and tree.root_of_peaks(peaks) != newest.checkpoint.root:
            detail = f"the {end} entries that are shown do not add up to the root that was signed"
            self._alarm(result, Finding("not_shown", "", newest.text, self._log.points[0], detail))
            return
        state.read, state.peaks = read, [base64.b64encode(each).decode() for each in peaks]

    def _doubted_for_s(self, what: str) -> float:
        return self._now_s() - self._doubted.setdefault(what, self._now_s())

    def _newest(self, state: LogMemory) -> Seen | None:
        if not state.newest:
            return None
        return see(state.newest_point, state.newest, self._log.log_key, [], 0)

    def _alarm(self, result: Look, finding: Finding) -> None:
        guilty = False
        if finding.before and finding.after:
            try:
                guilty = convicts(finding, self._log.log_key)
            except (BadInput, Tampered):
                guilty = False
        made = self._memory.raise_alarm(self._log.origin, finding, convicts=guilty)
        if made is not None:
            result.alarms.append(made)

    def _tiles_of(self, point: str) -> Callable[[tiles.Tile], bytes]:
        return lambda tile: self._get(point, f"/tile/{tiles.path(tile)}")

    def _get(self, url: str, path: str) -> bytes:
        if url not in self._clients:
            self._clients[url] = Client(url, None, timeout_s=TIMEOUT_S, limit_bytes=ANSWER_LIMIT_BYTES)
        return self._clients[url].get(path)
