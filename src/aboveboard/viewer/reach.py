"""What does a person mean when they want "this application" or "this moment" erased?

The server cannot tell which application a segment shows; this process, which has the person's own key, can. What cannot
be opened here counts as meant: nothing is lost with it. An application is meant while one of its windows is the active
one; behind another's it may still be seen, and who wants that gone as well erases the span.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput
from aboveboard.formats.erasure import Span
from aboveboard.formats.fields import decode_json
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Timed, Window
from aboveboard.viewer.listed import Listed, Listing

WISH_LIMIT_BYTES = 4 * 1024
Progress = Callable[[int, int], None]
"""Called with how many segments were looked into, and of how many."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to go. Times on a page are milliseconds since the start of ``session_id``, else wall time.

    ``recording``: the session. ``moment``: the segments of it that are shown at ``from_ms``. ``span``: from, until.
    """

    what: Literal["everything", "span", "recording", "moment", "app"]
    session_id: str = ""
    from_ms: float = 0.0
    until_ms: float = 0.0
    from_ns: int = 0
    until_ns: int = 0
    app: str = ""


@dataclass(frozen=True)
class Reach:
    """A ``span``, or exactly ``segments``; neither: everything. ``unread``: how many could not be looked into."""

    span: Span | None = None
    segments: Sequence[str] | None = None
    unread: int = 0


def decode_wish(data: bytes) -> Wish:
    """Parse what the page asks; raises :class:`BadInput`."""
    return decode_json(data, Wish, name="wish to erase", limit_bytes=WISH_LIMIT_BYTES)


def resolve(
    wish: Wish,
    listing: Listing,
    open_items: Callable[[Listed], Sequence[Item]],
    progress: Progress = lambda done, total: None,
) -> Reach:
    """What the wish reaches of what is listed.

    Raises :class:`BadInput` if that is nothing, and :class:`NotFound` if there is no such session.
    """
    if wish.what == "everything":
        return Reach()
    if wish.what == "span":
        return Reach(span=_span(wish, listing))
    if wish.what == "app":
        found, unread = _of_app(wish.app, listing, open_items, progress)
        return _some(found, f"no moment of {wish.app[:100]!r} is recorded", unread)
    segments = listing.session(wish.session_id)
    if wish.what == "recording":
        return _some([each.manifest.segment_id for each in segments], "there is nothing in this recording")
    at_ns = _origin_ns(segments) + round(wish.from_ms * MILLISECOND_NS)
    shown = [each.manifest for each in segments if each.manifest.start_wall_ns <= at_ns <= each.manifest.end_wall_ns]
    return _some([each.segment_id for each in shown], "nothing is recorded at this moment")


def _span(wish: Wish, listing: Listing) -> Span:
    if wish.session_id:
        origin_ns = _origin_ns(listing.session(wish.session_id))
        from_ns, until_ns = (origin_ns + round(each * MILLISECOND_NS) for each in (wish.from_ms, wish.until_ms))
    else:
        from_ns, until_ns = wish.from_ns, wish.until_ns
    if not 0 <= from_ns < until_ns:
        raise BadInput(
            "this span ends before it begins",
            cause="its beginning and its end were mixed up",
            fix="choose an end that is later than the beginning",
        )
    return Span(from_ns=from_ns, until_ns=until_ns)


def _of_app(
    app: str, listing: Listing, open_items: Callable[[Listed], Sequence[Item]], progress: Progress
) -> tuple[list[str], int]:
    wanted = app.casefold().strip()
    if not wanted:
        raise BadInput("no application was named", cause="the name is empty", fix="name one: 'aboveboard erase --app'")
    total = sum(len(segments) for segments in listing.sessions.values())
    found: list[str] = []
    unread = done = 0
    for segments in listing.sessions.values():
        active: str | None = ""
        for listed in segments:
            try:
                apps = [each.casefold() for each in _active(open_items(listed))]
            except AboveboardError:
                unread += 1
                apps, active = [], None
            # Which window is active is told when it changes: until then it is the one from before, if that is known.
            if active in {None, wanted} or wanted in apps:
                found.append(listed.manifest.segment_id)
            active = apps[-1] if apps else active
            done += 1
            progress(done, total)
    return found, unread


def _active(items: Sequence[Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Timed) and isinstance(item.event, Window):
            yield item.event.app


def _some(segment_ids: list[str], nothing: str, unread: int = 0) -> Reach:
    if not segment_ids:
        raise BadInput(nothing, cause="it was not recorded, or was erased before", fix="nothing: there is none of it")
    return Reach(segments=segment_ids, unread=unread)


def _origin_ns(segments: Sequence[Listed]) -> int:
    return min(each.manifest.start_wall_ns for each in segments)
