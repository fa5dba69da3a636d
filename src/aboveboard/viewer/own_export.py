"""How does a person take home everything that was recorded of them, so that they need nothing of ours to read it?

Recordings as ordinary MCAP files, one for each segment, each session as a film and its events as JSON lines, and what
was signed and said about them. Every segment passes the five steps of ``viewer.archive``; one that does not is named in
the manifest with what went wrong. At most one segment is in memory.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from aboveboard import __version__
from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Tampered, Unavailable
from aboveboard.formats.mcap_file import Item, read_recording, write_recording
from aboveboard.formats.own_export import ExportManifest, LeftOut
from aboveboard.formats.recording import PLAIN_LIMIT_BYTES, Timed, topic_of
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.export_folder import ExportFolder
from aboveboard.viewer.export_words import README
from aboveboard.viewer.listed import Listed, Listing

Progress = Callable[[int, int, str], None]
"""Called with how much is done, of how much, and what is being done."""


class Owned(Protocol):
    """What is exported: ``viewer.source.ViewerSource``."""

    def listing(self) -> Listing: ...

    def opened(self, listed: Listed) -> list[Item]: ...


@dataclass(frozen=True)
class Wanted:
    """``papers`` are further files by their path. ``film`` writes a session's film, and raises :class:`BadInput` where
    there is no screen in it; ``None``: no films."""

    person_id: str
    now_ns: int
    papers: Mapping[str, bytes]
    film: Callable[[Iterator[Item], Path], object] | None


def export(owned: Owned, folder: ExportFolder, wanted: Wanted, progress: Progress) -> ExportManifest:
    """Write all of it, going on where an earlier run stopped; what was written is read again at the end.

    Raises :class:`Unavailable` if a place does not answer or the disk is full: running it again goes on.
    """
    folder.resume(lambda done, total: progress(done, total, f"reading {done} of {total} files again"))
    listing = owned.listing()
    for name, fault in listing.silent.items():
        raise Unavailable(f"not everything could be listed ({name}): {fault.what}", cause=fault.cause, fix=fault.fix)
    sessions = sorted(listing.sessions.items(), key=lambda one: _start_ns(one[1]))
    total, done = sum(len(segments) for _, segments in sessions), 0
    left_out: list[LeftOut] = []
    for session_id, segments in sessions:
        place = f"recordings/{iso(_start_ns(segments))[:19].replace(':', '-')}Z_{session_id}"
        fresh, written = False, []
        for listed in segments:
            path = f"{place}/{listed.manifest.sequence:06}.mcap"
            try:
                if not folder.has(path):
                    folder.put(path, [write_recording(owned.opened(listed))])
                    fresh = True
                written.append(path)
            except Unavailable:
                raise
            except AboveboardError as error:
                left_out.append(_left_out(listed, error))
            done += 1
            progress(done, total, f"{done} of {total} segments")
        if written:
            _retell(folder, place, segments, written, wanted, fresh=fresh)
    for name, content in wanted.papers.items():
        folder.put(name, [content])
    words = README.format(person_id=wanted.person_id, made_at=iso(wanted.now_ns), version=__version__)
    folder.put("README.txt", [words.encode("utf-8")])

    def describe(files: int, size_bytes: int, sums_sha256: str) -> ExportManifest:
        return ExportManifest(
            profile="aboveboard.export/1",
            person_id=wanted.person_id,
            made_at_ns=wanted.now_ns,
            made_by=f"aboveboard {__version__}",
            sessions=len(sessions),
            segments=total - len(left_out),
            films=wanted.film is not None,
            files=files,
            size_bytes=size_bytes,
            sums_sha256=sums_sha256,
            left_out=left_out,
            unreadable=len(listing.unreadable),
        )

    return folder.finish(describe, lambda read, of: progress(read, of, f"checking {read} of {of} files"))


def _retell(
    folder: ExportFolder, place: str, segments: Sequence[Listed], written: Sequence[str], wanted: Wanted, *, fresh: bool
) -> None:
    """What can be made from the files of a session: made anew if one of them was."""
    if fresh or not folder.has(f"{place}/segments.jsonl"):
        folder.put(f"{place}/segments.jsonl", (msgspec.json.encode(one.manifest) + b"\n" for one in segments))
    if fresh or not folder.has(f"{place}/events.jsonl"):
        folder.put(f"{place}/events.jsonl", _lines(_read_back(folder, written)))
    if wanted.film is not None and (fresh or not folder.has(f"{place}/film.mkv")):
        film, items = wanted.film, _read_back(folder, written)
        try:
            folder.put_by(f"{place}/film.mkv", lambda path: film(items, path))
        except BadInput:
            return  # A session without a screen has no film; its events are all there.


def _lines(items: Iterator[Item]) -> Iterator[bytes]:
    for item in items:
        if isinstance(item, Timed):
            row = {"time": iso(item.time_ns), "time_ns": item.time_ns, "topic": topic_of(item.event)}
            yield msgspec.json.encode(row | {"event": item.event}) + b"\n"


def _read_back(folder: ExportFolder, written: Sequence[str]) -> Iterator[Item]:
    """From the files that were just written, so that they are read once as they lie there."""
    for path in written:
        with folder.path(path).open("rb") as file:
            data = file.read(PLAIN_LIMIT_BYTES + 1)
        try:
            yield from read_recording(data)
        except BadInput as error:
            raise Tampered(
                f"{path} is not as it was written: {error.what}",
                cause="the disk is damaged, or something else writes into this folder",
                fix="run the same command again",
            ) from error


def _start_ns(segments: Sequence[Listed]) -> int:
    return min(each.manifest.start_wall_ns for each in segments)


def _left_out(listed: Listed, error: AboveboardError) -> LeftOut:
    name = listed.manifest.segment_id
    return LeftOut(segment_id=name, what=error.what[:4000], cause=error.cause[:4000], fix=error.fix[:4000])


class Asks(Protocol):
    """A server, asked as the person."""

    def get(self, path: str) -> bytes: ...


ASKED = {
    "what-was-made-from-it.json": "/v1/artefacts/mine",
    "pauses.json": "/v1/pauses",
    "notices.json": "/v1/notices",
    "concerns.json": "/v1/concerns",
    "erasures.json": "/v1/erasures",
    "programme.json": "/v1/programme",
}


def papers_of(vault: Asks) -> dict[str, bytes]:
    """What the vault says about the person, each signed document with what it reads beside it."""
    found = {}
    for name, path in ASKED.items():
        try:
            found[f"about-you/{name}"] = readable(vault.get(path))
        except NotFound:
            continue
    return found


def readable(answer: bytes) -> bytes:
    """JSON for people: indented, and beside each signed payload what it says. Raises :class:`BadInput`."""
    try:
        return json.dumps(_opened(json.loads(answer)), indent=2, ensure_ascii=False).encode("utf-8") + b"\n"
    except (ValueError, RecursionError) as error:
        raise BadInput(
            "an answer of the vault cannot be read", cause="it is of another version", fix="update Aboveboard"
        ) from error


def _opened(value: object) -> object:
    if isinstance(value, list):
        return [_opened(each) for each in value]
    if isinstance(value, dict):
        if {"payload", "payloadType", "signatures"} <= value.keys():
            return value | {"reads": _payload(value["payload"])}
        return {name: _opened(each) for name, each in value.items()}
    return value


def _payload(text: object) -> object:
    from aboveboard.formats.envelope import decode_base64

    try:
        return json.loads(decode_base64(str(text)))
    except (ValueError, BadInput):
        return None
