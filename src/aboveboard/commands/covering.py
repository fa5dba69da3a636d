"""What a person wants covered in what is held on this machine: looked for, covered, sealed anew, exchanged.

This process has the person's own key, as their page has, so it opens; the recorder that runs here, or this process
under its lock, exchanges (``recorder.covering``). Nothing plain is written to the disk, and nothing is told to anybody.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, SetupMissing, Unavailable
from aboveboard.commands.home import Home
from aboveboard.commands.person import own_enrolment
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder import covering, enrolment, own_covers
from aboveboard.recorder.enrolment import Verified
from aboveboard.recorder.memory import only_recorder
from aboveboard.recorder.redact.after.session import SessionCover
from aboveboard.recorder.redact.own_covers import OwnCovers
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.seal import seal_segment
from aboveboard.recorder.spool import FOLDER_NAME, Spool
from aboveboard.recorder.wishes import Answered, ask_and_wait
from aboveboard.sealing.signatures import SigningKey
from aboveboard.viewer.listed import Listed
from aboveboard.viewer.source import ViewerSource

LOCK_NAME = "covering.lock"
TAKE_UP_LIMIT_S, EXCHANGE_LIMIT_S = 30.0, 120.0


@dataclass
class Plan:
    """What would become of what is held. ``rewritten``, ``removed`` and ``untouched`` count segments.

    ``left``: how many segments of the same recordings have left this machine, which nothing here can change.
    """

    rewritten: list[SegmentManifest] = field(default_factory=list)
    removed: list[SegmentManifest] = field(default_factory=list)
    untouched: int = 0
    left: int = 0
    reads_screen: bool = True

    def row(self) -> dict[str, Any]:
        """For the page and ``--json``: how many, how long."""
        return {
            "rewritten": len(self.rewritten),
            "removed": len(self.removed),
            "untouched": self.untouched,
            "left": self.left,
            "rewritten_seconds": _seconds(self.rewritten),
            "removed_seconds": _seconds(self.removed),
            "reads_screen": self.reads_screen,
        }


class Desk:
    """Covers for one person, whose recordings ``source`` opens. What was read once is not read again."""

    def __init__(
        self,
        folder: Path,
        source: ViewerSource,
        *,
        keys: Callable[[], Verified],
        device_key: Callable[[], SigningKey],
    ) -> None:
        """``folder`` is the recorder's. ``keys``: whom it is sealed to, checked; ``device_key`` signs."""
        self._folder, self._source = folder, source
        self._keys, self._device_key = keys, device_key
        self._readers: dict[str, Reader] = {}

    @classmethod
    def of(cls, home: Home, source: ViewerSource) -> "Desk":
        """For the person of ``home``."""

        def keys() -> Verified:
            own = own_enrolment(home)
            with suppress(NotFound):  # the newer keys that were fetched since are there
                here = enrolment.load(home.folder("recorder"))
                own = msgspec.structs.replace(
                    own, key_statement=here.key_statement, earlier_statements=here.earlier_statements
                )
            return enrolment.verify(own)

        return cls(home.folder("recorder"), source, keys=keys, device_key=home.device_key)

    def covers(self) -> OwnCovers:
        """What is covered from now on; raises :class:`BadInput` if that cannot be read."""
        return own_covers.load(self._folder)

    def unfinished(self) -> bool:
        """Was something begun to be covered and not brought to its end? Then nothing leaves."""
        return covering.under_way(self._folder) is not None

    def look(self, wanted: OwnCovers) -> Plan:
        """What covering this would do to what is held. Nothing is changed."""
        return self._plan(self.covers().with_all(wanted), lambda *_: True)

    def cover(self, wanted: OwnCovers) -> Plan:
        """Cover ``wanted`` from now on and in all that is held; nothing leaves meanwhile.

        Raises :class:`AboveboardError` if it cannot be brought to its end: then nothing leaves until it is.
        """
        with self._alone():
            covers = self.covers().with_all(wanted)
            own_covers.save(self._folder, covers)
            try:
                with only_recorder(self._folder):
                    return self._here(covers)
            except Conflict:
                return self._with_recorder(covers)

    def stop(self, unwanted: OwnCovers) -> OwnCovers:
        """Cover this no longer from now on; what was covered stays covered. What is still covered."""
        with self._alone():
            left = self.covers().without(unwanted)
            own_covers.save(self._folder, left)
            try:
                with only_recorder(self._folder):
                    pass
            except Conflict:
                self._ask("cover", TAKE_UP_LIMIT_S)
            return left

    def _here(self, covers: OwnCovers) -> Plan:
        spool = Spool(self._folder / FOLDER_NAME)
        spool.recover()
        covering.exchange(self._folder, spool, self._device_key())  # what a crash left
        covering.begin(self._folder)
        plan = self._sealed_anew(covers)
        covering.exchange(self._folder, spool, self._device_key())
        return plan

    def _with_recorder(self, covers: OwnCovers) -> Plan:
        if (known := covering.under_way(self._folder)) is not None and known.state != "open":
            self._ask("exchange", EXCHANGE_LIMIT_S)
        covering.begin(self._folder)
        self._ask("cover", TAKE_UP_LIMIT_S)
        plan = self._sealed_anew(covers)
        self._ask("exchange", EXCHANGE_LIMIT_S)
        return plan

    def _ask(self, kind: Literal["cover", "exchange"], limit_s: float) -> Answered:
        answered = ask_and_wait(self._folder, kind, limit_s=limit_s)
        if answered.failed:
            raise Unavailable(
                "the recorder could not cover it", cause=answered.failed, fix="nothing leaves until it can: try again"
            )
        return answered

    def _sealed_anew(self, covers: OwnCovers) -> Plan:
        keys = self._keys()

        def seal(manifest: SegmentManifest, items: list[Item]) -> bool:
            statement = (
                keys.statement_of(manifest.key_epoch) if manifest.consent_id == keys.consent.consent_id else None
            )
            return statement is not None and covering.put(
                self._folder,
                manifest.segment_id,
                seal_segment(
                    write_parts(items),
                    person_recipient=keys.consent.person_recipient,
                    keyholder_recipient=statement.recipient,
                ),
            )

        plan = self._plan(covers, seal)
        covering.ready(
            self._folder,
            [each.segment_id for each in plan.rewritten],
            [each.segment_id for each in plan.removed],
        )
        return plan

    def _plan(self, covers: OwnCovers, seal: Callable[[SegmentManifest, list[Item]], bool]) -> Plan:
        """Go through all that is held; ``seal`` takes what is covered, and says whether it could."""
        spool, plan = Spool(self._folder / FOLDER_NAME), Plan()
        for session_id, held in self._source.held().items():
            plan.left += held.left
            reader = self._readers.setdefault(session_id, Reader())
            cover = SessionCover(covers, lambda reader=reader: reader)  # type: ignore[misc]
            for items in held.before():
                cover.before(items)
            whole: list[Listed] = []
            for each in held.held:
                try:
                    cover.look(held.open_items(each))
                    whole.append(each)
                except AboveboardError:  # nobody can say what is in it
                    plan.removed.append(each.manifest)
            cover.settle()
            for each in whole:
                manifest, items = each.manifest, held.open_items(each)
                try:
                    left = cover.written_anew(items, manifest.end_wall_ns)
                except AboveboardError:
                    cover.lose_screen()
                    plan.removed.append(manifest)
                    continue
                if left is items:
                    plan.untouched += 1
                elif spool.told_of(manifest.segment_id) or not seal(manifest, left):
                    plan.removed.append(manifest)
                else:
                    plan.rewritten.append(manifest)
        plan.reads_screen = not covers.words or _reads()
        return plan

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One covering at a time; raises :class:`Conflict`."""
        descriptor = os.open(self._folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError as error:
            raise Conflict(
                "something is being covered just now", cause="your page or another command does it", fix="wait for it"
            ) from error
        finally:
            os.close(descriptor)


def parse(data: bytes) -> OwnCovers:
    """What the page asks for; raises :class:`BadInput` if it is nothing, or not covers."""
    wanted = own_covers.decode(data)
    if not wanted:
        raise BadInput("nothing was named", cause="the word or place is empty", fix="write what is to be covered")
    return wanted


class Covers:
    """What the page's buttons for it do (``viewer.app.Actions``)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def covers(self) -> dict[str, Any]:
        """What is covered from now on, and whether something was begun and not brought to its end."""
        return {"covers": msgspec.to_builtins(self._desk.covers()), "unfinished": self._desk.unfinished()}

    def look_for(self, wanted: bytes) -> dict[str, Any]:
        """What it would do."""
        return self._desk.look(parse(wanted)).row()

    def cover(self, wanted: bytes) -> dict[str, Any]:
        """Do it; nothing named finishes what was begun."""
        return self._desk.cover(own_covers.decode(wanted)).row()

    def stop_covering(self, unwanted: bytes) -> dict[str, Any]:
        """No longer from now on."""
        self._desk.stop(parse(unwanted))
        return self.covers()


def _reads() -> bool:
    """Can text on the screen be read on this machine? If not, all of it is covered where a word is to be."""
    try:
        Ocr().close()
    except SetupMissing:
        return False
    return True


def _seconds(manifests: list[SegmentManifest]) -> float:
    return round(sum(each.end_wall_ns - each.start_wall_ns for each in manifests) / 1e9, 1)
