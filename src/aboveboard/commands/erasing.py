"""How does a person have something erased: everything, a span of time, an application, one recording or one moment?

1. What they mean is resolved on this machine, with their own key (``viewer.reach``): nobody else is told which
   application it was.
2. They are shown what would go, and asked.
3. The order is signed with their own key and handed to the vault; the receipt comes back signed, and is kept here with
   the proof that the end of the keys is in the ledger.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
import msgspec

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.errors import BadInput, Conflict
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import parting
from aboveboard.commands.duration import Minutes
from aboveboard.commands.erased import BY, erased_words, listed, proof_words, segments_in
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.person import own_enrolment
from aboveboard.commands.terminal import long_work
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.erasure import SEGMENT_LIMIT, ErasureOrder, ErasureReceipt, Preview
from aboveboard.formats.fields import decode_json
from aboveboard.recorder.flow import delete_held, purge_held
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.reach import Reach, Wish, decode_wish
from aboveboard.viewer.source import ViewerSource

RECORDER_ENDS_S = 30.0


@dataclass(frozen=True)
class Planned:
    """The orders that a wish comes to, not signed yet, and what they would do. ``unread``: see :class:`Reach`."""

    orders: Sequence[ErasureOrder]
    preview: Preview
    unread: int


def plan(home: Home, reach: Reach) -> Planned:
    """Ask the vault what would go. Nothing is changed."""
    person_id, now_ns = own_enrolment(home).person_id, SystemClock().wall_ns()
    ids: Sequence[str] | None = reach.segments
    parts = [None] if ids is None else [list(ids[at : at + SEGMENT_LIMIT]) for at in range(0, len(ids), SEGMENT_LIMIT)]
    orders = [
        ErasureOrder(erasure_id=new_id(Kind.ERASURE), person_id=person_id, at_ns=now_ns, span=reach.span, segments=part)
        for part in parts
    ]
    vault = home.client("vault", home.person_key())
    seen = [
        erasure_format.decode_preview(vault.post("/v1/erasures/preview", erasure_format.encode(order)))
        for order in orders
    ]
    artefacts, models = max(each.artefacts for each in seen), max(each.models for each in seen)
    summed = {
        name: sum(getattr(each, name) for each in seen)
        for name in ("segments", "recorded_ns", "size_bytes", "rewrapped")
    }
    return Planned(orders, Preview(**summed, artefacts=artefacts, models=models), reach.unread)


def carry_out(home: Home, planned: Planned) -> list[ErasureReceipt]:
    """Sign and hand over the orders, and delete what they reach of what is still held here; the receipts, checked."""
    receipts = []
    for order in planned.orders:
        signed = home.person_key().sign(erasure_format.ORDER_TYPE, erasure_format.encode(order))
        receipts.append(parting.send_order(home, signed))
    for order in planned.orders:
        _forget_held(home, order)
    return receipts


def _forget_held(home: Home, order: ErasureOrder) -> None:
    """A recorder that runs deletes what an order for a part reaches as soon as the vault refuses it."""
    if not order.whole:
        try:
            delete_held(home.folder("recorder"), order)
        except Conflict:
            return
        return
    deadline = time.monotonic() + RECORDER_ENDS_S
    while True:
        try:
            purge_held(home.folder("recorder"))
            return
        except Conflict:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def preview_words(planned: Planned) -> str:
    """What would go, in a sentence or three."""
    seen = planned.preview
    minutes = seen.recorded_ns / SECOND_NS / 60
    words = [f"This would destroy {seen.segments} segments ({minutes:.1f} minutes, {seen.size_bytes / 1e6:.1f} MB)."]
    if planned.unread:
        words.append(f"{planned.unread} of them cannot be opened on this machine, and so are counted in.")
    if seen.artefacts:
        words.append(f"{seen.artefacts} things made from them have to go too, {seen.models} of them models.")
    if seen.rewrapped:
        words.append(f"{seen.rewrapped} other segments stay, and get a new key.")
    return " ".join(words)


class _Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    plan: str


class OwnEraser:
    """What the page's buttons do: the same as the command. One plan at a time."""

    def __init__(self, home: Home, shown: ViewerSource) -> None:
        self._home, self._shown = home, shown
        self._planned: Planned | None = None

    def look(self, wanted: bytes) -> dict[str, Any]:
        """What would go; raises :class:`BadInput` if that is nothing."""
        wish = decode_wish(wanted)
        self._planned = plan(self._home, self._shown.reach(wish))
        seen: dict[str, Any] = msgspec.to_builtins(self._planned.preview)
        return seen | {"plan": self._planned.orders[0].erasure_id, "unread": self._planned.unread}

    def erase(self, wanted: bytes) -> dict[str, Any]:
        """Carry out the plan that was shown last; raises :class:`Conflict` for another."""
        chosen = decode_json(wanted, _Chosen, name="choice", limit_bytes=200).plan
        planned = self._planned
        if planned is None or planned.orders[0].erasure_id != chosen:
            raise Conflict(
                "this is not what was shown last",
                cause="something else was looked at since, perhaps in another tab",
                fix="look again, then decide",
            )
        receipts = carry_out(self._home, planned)
        self._planned = None
        items = [item for receipt in receipts for item in receipt.items]
        return {
            "segments": segments_in(receipts),
            "due": sum(item.state == "due" for item in items),
            "due_by": iso(max((item.due_by_ns or 0 for item in items), default=0)),
            "receipts": [receipt.erasure_id for receipt in receipts],
        }

    def erasures(self) -> list[dict[str, Any]]:
        """See :func:`listed`."""
        return listed(self._home)


def moment(text: str | None) -> int | None:
    """Wall time of what somebody wrote, in their own time zone; raises :class:`BadInput`."""
    if text is None:
        return None
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * SECOND_NS)
    except ValueError as error:
        raise BadInput(
            f"{text[:60]!r} is no time", cause="it is written in another way", fix="write it so: 2026-11-22T14:30"
        ) from error


def _wish(since: str | None, until: str | None, last: float | None, app: str | None, recording: str | None) -> Wish:
    if sum(each is not None for each in (since or until, last, app, recording)) > 1:
        raise click.UsageError("choose one: --since/--until, --last, --app or --recording")
    now_ns = SystemClock().wall_ns()
    if last is not None:
        return Wish(what="span", from_ns=now_ns - int(last * 60 * SECOND_NS), until_ns=now_ns)
    if since is not None or until is not None:
        end_ns = moment(until)
        return Wish(what="span", from_ns=moment(since) or 0, until_ns=now_ns if end_ns is None else end_ns)
    if app is not None:
        return Wish(what="app", app=app)
    if recording is not None:
        return Wish(what="recording", session_id=recording)
    return Wish(what="everything")


@click.command(name="erase")
@click.option("--since", help="What was recorded from then on: 2026-11-22T14:30.")
@click.option("--until", help="What was recorded before then.")
@click.option("--last", type=Minutes(least=1 / 60), help="What was recorded in the last so long: 5, 90s, 1h30m.")
@click.option("--app", help="Every moment in which this application was the active one, by its disclosed name.")
@click.option("--recording", help="One recording, by its id.")
@click.option("--preview", "only_look", is_flag=True, help="Only say what would go.")
@click.option("--list", "only_list", is_flag=True, help="Only list what was erased of you, by whose order.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.pass_obj
def erase_command(
    session: Session,
    since: str | None,
    until: str | None,
    last: float | None,
    app: str | None,
    recording: str | None,
    only_look: bool,
    only_list: bool,
    yes: bool,
) -> None:
    """Destroy what is recorded of you: all of it, or a part. Keys, sealed recordings, and what was made from them."""
    from aboveboard.commands.view import source

    home = session.home
    if only_list:
        rows = listed(home)
        lines = "\n".join(
            f"{row['at'][:16]}  {row['segments']} segments, ordered by: {row['evidence'] or BY[row['why']]}"
            + (f"; {row['still_due']} things made from them are still due" if row["still_due"] else "")
            + ("" if row["done"] else "; goes on")
            for row in rows
        )
        session.show(lines or "nothing of yours was erased", {"erasures": rows})
        return
    wish = _wish(since, until, last, app, recording)
    with long_work("looking", quiet=session.as_json) as advance:
        everything = wish.what == "everything"

        def progress(done: int, total: int) -> None:
            advance(done, total, f"{done} of {total} segments")

        reach = Reach() if everything else source(home).reach(wish, progress)
    planned = plan(home, reach)
    if only_look:
        session.show(preview_words(planned), msgspec.to_builtins(planned.preview))
        return
    if not yes:
        click.echo(preview_words(planned), err=True)
        click.confirm("This cannot be undone. Erase it?", abort=True)
    receipts = carry_out(home, planned)
    words = [erased_words(receipts), *(proof_words(home, receipt) for receipt in receipts)]
    session.show(" ".join(filter(None, words)), msgspec.to_builtins(receipts[0] if len(receipts) == 1 else receipts))
