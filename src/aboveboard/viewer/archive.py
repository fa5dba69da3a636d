"""Which recordings of mine are there, are they as my device sealed them, and what is in them?

Before anything of a segment is shown, in this order (``docs/spec/viewer.md``, "Opening a segment"):

1. the manifest carries a signature by one of this person's devices;
2. it parses, and names this person;
3. the sealed bytes have the length and the SHA-256 that it says;
4. they unseal with this person's identity;
5. what comes out is a recording, and says the same session and place in it.

A segment that fails a step is listed with what went wrong; the others still replay. Plain bytes stay in this process's
memory, in a cache of bounded size.
"""

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence

from aboveboard.base.errors import AboveboardError, Tampered
from aboveboard.formats import segment as segments
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.part_files import read_parts
from aboveboard.formats.recording import Session, Timed
from aboveboard.sealing.signatures import signed_by
from aboveboard.sealing.unseal import Identity, unseal_segment
from aboveboard.viewer.events import pack_screen, to_rows
from aboveboard.viewer.listed import Fault, Listed, Listing
from aboveboard.viewer.screens import Screens
from aboveboard.viewer.shelves import Shelf

CACHE_LIMIT_BYTES = 128 * 1024 * 1024


class Archive:
    """One person's own segments on some shelves, the first of which is asked first. Safe for threads."""

    def __init__(
        self,
        shelves: Sequence[Shelf],
        *,
        identity: Identity,
        person_id: str,
        device_keys: Collection[str],
        cache_limit_bytes: int = CACHE_LIMIT_BYTES,
    ) -> None:
        self._shelves = shelves
        self._identity = identity
        self._person_id = person_id
        self._device_keys = tuple(device_keys)
        self._cache_limit_bytes = cache_limit_bytes
        self._screens = Screens(self.items)
        self._cache: OrderedDict[tuple[str, str, int], bytes] = OrderedDict()
        self._cache_bytes = 0
        self._lock = threading.Lock()

    def listing(self) -> Listing:
        """What the shelves hold now, each manifest checked (steps 1 and 2). A shelf that fails is reported."""
        found: dict[str, Listed] = {}
        unreadable: list[Fault] = []
        silent: dict[str, Fault] = {}
        for shelf in self._shelves:
            try:
                envelopes = shelf.manifests()
            except AboveboardError as error:
                silent[shelf.name] = Fault.of(error)
                continue
            for envelope in envelopes:
                try:
                    listed = self._check(envelope, shelf)
                except AboveboardError as error:
                    unreadable.append(Fault.of(error))
                    continue
                known = found.get(listed.manifest.segment_id)
                if known is None or (known.fault is not None and listed.fault is None):
                    found[listed.manifest.segment_id] = listed
        sessions: dict[str, list[Listed]] = {}
        for listed in sorted(found.values(), key=lambda each: (each.manifest.sequence, each.manifest.start_wall_ns)):
            sessions.setdefault(listed.manifest.session_id, []).append(listed)
        return Listing(sessions, unreadable, silent)

    def events(self, listed: Listed, origin_ns: int) -> bytes:
        """Its events as JSON (``viewer.events``), times counted from ``origin_ns``.

        Raises :class:`AboveboardError` if a step fails.
        """

        def rows() -> bytes:
            return json.dumps(to_rows(self.items(listed), origin_ns), separators=(",", ":")).encode("utf-8")

        return self._remembered(("events", listed.manifest.sha256, origin_ns), rows)

    def screen(self, segments: Sequence[Listed], listed: Listed, origin_ns: int) -> bytes:
        """Its screen as a pack (``viewer.events``); ``segments`` are those of its session in order. Raises likewise."""

        def pack() -> bytes:
            return pack_screen(self._screens.patches(segments, listed), origin_ns)

        return self._remembered(("screen", listed.manifest.sha256, origin_ns), pack)

    def cached_bytes(self) -> int:
        """How many plain bytes are held in memory to answer again."""
        return self._cache_bytes

    def _check(self, envelope: Envelope, shelf: Shelf) -> Listed:
        """Steps 1 and 2. A manifest that parses is listed even if its signature fails: nothing just vanishes."""
        manifest = segments.decode(envelope.body())
        try:
            _, payload = signed_by(envelope, segments.PAYLOAD_TYPE, self._device_keys)
            manifest = segments.decode(payload)
            if manifest.person_id != self._person_id:
                raise Tampered(
                    "this segment names another person",
                    cause="the vault sent somebody else's",
                    fix="report this to the contact in the disclosure",
                )
        except AboveboardError as error:
            return Listed(manifest, shelf, Fault.of(error))
        return Listed(manifest, shelf, None)

    def items(self, listed: Listed) -> list[Item]:
        """What is in the segment, in order of time: steps 3 to 5. Raises :class:`AboveboardError` if one fails."""
        manifest = listed.manifest
        if listed.fault is not None:
            raise Tampered(listed.fault.what, cause=listed.fault.cause, fix=listed.fault.fix)
        sealed = listed.shelf.sealed(manifest.segment_id)
        if len(sealed) != manifest.size_bytes or hashlib.sha256(sealed).hexdigest() != manifest.sha256:
            raise Tampered(
                "this segment is not what your device sealed",
                cause=f"it was damaged or exchanged where it lies ({listed.shelf.name})",
                fix="report it to the contact in the disclosure; the rest of the session is not affected",
            )
        items = list(read_parts(unseal_segment(sealed, self._identity)))
        head = next((item.event for item in items if isinstance(item, Timed) and isinstance(item.event, Session)), None)
        if head is None or (head.session_id, head.sequence) != (manifest.session_id, manifest.sequence):
            raise Tampered(
                "the recording in this segment is not the one that its manifest names",
                cause="two segments were mixed up when they were sealed",
                fix="report it to the contact in the disclosure",
            )
        return items

    def _remembered(self, place: tuple[str, str, int], make: Callable[[], bytes]) -> bytes:
        with self._lock:
            if place in self._cache:
                self._cache.move_to_end(place)
                return self._cache[place]
            made = self._cache[place] = make()
            self._cache_bytes += len(made)
            while self._cache_bytes > self._cache_limit_bytes and len(self._cache) > 1:
                _, oldest = self._cache.popitem(last=False)
                self._cache_bytes -= len(oldest)
            return made
