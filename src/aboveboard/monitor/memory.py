"""What has this monitor seen, and which alarms has it raised?

``memory.json`` holds the newest checkpoint of each log that fits all others, what each point showed last, and how far
the entries were read. ``alarms/<number>-<kind>/`` holds an alarm's evidence; none is ever deleted, and none is written
twice. Both are on the disk before anybody is told. A monitor that has alarms and no memory does not start: it would
believe any history.
"""

import base64
import hashlib
import os
import time
from pathlib import Path

import msgspec

from aboveboard.base.errors import BadInput, SetupMissing, Unavailable
from aboveboard.ledger.tree import HASH_BYTES
from aboveboard.monitor.judge import WORDS, Finding, Kind

LIMIT_BYTES = 64 * 1024 * 1024


class LogMemory(msgspec.Struct, forbid_unknown_fields=True):
    """``newest`` and ``shown`` are signed notes; ``peaks`` the hashes (base64) of the whole subtrees read so far."""

    newest: str = ""
    newest_point: str = ""
    shown: dict[str, str] = msgspec.field(default_factory=dict)
    read: int = 0
    peaks: list[str] = msgspec.field(default_factory=list)


class Alarm(msgspec.Struct, forbid_unknown_fields=True):
    """``alarm.json`` beside the notes. ``convicts``: the evidence is enough without believing this monitor."""

    kind: Kind
    what: str
    origin: str
    point: str
    seen_at_s: int
    convicts: bool
    detail: str
    shown_root: str
    hashes: list[str]


class Memory:
    """The files in ``home``. For one process."""

    def __init__(self, home: Path) -> None:
        """Read the memory, or begin one where there never was any; raises :class:`SetupMissing`."""
        self._home = home
        self._path = home / "memory.json"
        self.logs: dict[str, LogMemory] = {}
        (home / "alarms").mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists():
            try:
                self.logs = msgspec.json.decode(self._path.read_bytes()[:LIMIT_BYTES], type=dict[str, LogMemory])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise _lost(f"{self._path} cannot be read") from error
        elif self.alarms():
            raise _lost(f"there are alarms, and {self._path} is gone")

    def of(self, origin: str) -> LogMemory:
        """What is known of one log."""
        return self.logs.setdefault(origin, LogMemory())

    def keep(self) -> None:
        """Write the memory. When this returns, it survives a power cut."""
        draft = self._home / ".memory.json.new"
        _write(draft, msgspec.json.encode(self.logs))
        draft.replace(self._path)
        _sync(self._home)

    def alarms(self) -> list[Path]:
        """Every alarm's folder, oldest first."""
        return sorted(path for path in (self._home / "alarms").iterdir() if (path / "alarm.json").exists())

    def raise_alarm(self, origin: str, finding: Finding, *, convicts: bool) -> Path | None:
        """Keep the evidence and return its folder; ``None`` if just this was kept before."""
        parts = "\x00".join((finding.kind, origin, _body(finding.before), _body(finding.after)))
        mark = hashlib.sha256(parts.encode()).hexdigest()[:16]
        folder = self._home / "alarms"
        known = sorted(path.name for path in folder.iterdir())
        if any(name.endswith(mark) and (folder / name / "alarm.json").exists() for name in known):
            return None
        made = folder / f"{len(known) + 1:04d}-{finding.kind}-{mark}"
        made.mkdir(mode=0o700)
        alarm = Alarm(
            kind=finding.kind,
            what=WORDS[finding.kind],
            origin=origin,
            point=finding.point,
            seen_at_s=int(time.time()),
            convicts=convicts,
            detail=finding.detail,
            shown_root=base64.b64encode(finding.shown_root).decode(),
            hashes=[base64.b64encode(each).decode() for each in finding.hashes],
        )
        _write(made / "before.note", finding.before.encode())
        _write(made / "after.note", finding.after.encode())
        _write(made / "alarm.json", msgspec.json.format(msgspec.json.encode(alarm), indent=1))
        _sync(made)
        _sync(folder)
        return made


def read_alarm(folder: Path) -> tuple[Alarm, Finding]:
    """An alarm as it was kept; raises :class:`BadInput`."""
    try:
        alarm = msgspec.json.decode((folder / "alarm.json").read_bytes()[:LIMIT_BYTES], type=Alarm)
        before, after = ((folder / f"{name}.note").read_text(encoding="utf-8") for name in ("before", "after"))
        shown_root, *hashes = (base64.b64decode(each, validate=True) for each in (alarm.shown_root, *alarm.hashes))
    except (OSError, ValueError, msgspec.DecodeError) as error:
        raise BadInput(
            f"{folder} is not an alarm of a monitor",
            cause="a file of it is missing or was changed",
            fix="copy all of it",
        ) from error
    if any(len(each) != HASH_BYTES for each in hashes):
        raise BadInput(f"{folder} holds a proof that is none", cause="it was changed", fix="copy it again")
    return alarm, Finding(
        alarm.kind, before, after, alarm.point, alarm.detail, shown_root=shown_root, hashes=tuple(hashes)
    )


def _body(text: str) -> str:
    """The signed part: the same checkpoint with other cosignatures is no new finding."""
    return text.partition("\n\n")[0]


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable(
            f"this monitor cannot write {path}: {error.strerror}",
            cause="the disk is full or failing",
            fix="make room at once; the next look tries again",
        ) from error


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lost(what: str) -> SetupMissing:
    return SetupMissing(
        f"this monitor has lost its memory: {what}",
        cause="it was deleted, damaged or not restored; without it, the monitor would believe any history",
        fix="restore it; or keep this folder as it is, as evidence, and begin a new one elsewhere",
    )
