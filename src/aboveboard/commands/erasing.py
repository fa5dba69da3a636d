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
from aboveboard.base.errors import AboveboardError, BadInput, Conflict, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import parting
from aboveboard.commands.duration import Minutes
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.person import own_enrolment
from aboveboard.commands.terminal import long_work
from aboveboard.formats import custody, entry
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.envelope import Envelope, decode_base64
from aboveboard.formats.erasure import SEGMENT_LIMIT, ErasedItem, ErasureOrder, ErasureReceipt, Preview
from aboveboard.ledger import verify
from aboveboard.recorder.flow import delete_held, purge_held
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.reach import Reach, Wish

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


def proofs(home: Home, receipt: ErasureReceipt) -> bool:
    """Is the end of every key of the receipt proven to be in the ledger? The proof is kept beside the receipt.

    False: the ledger's newest checkpoint is older than it. Raises :class:`Tampered` if a proof does not hold.
    """
    answer = home.client("keyholder", home.person_key()).get("/v1/endings")
    told = custody.decode_openings(answer)
    if not told.checkpoint:
        return False
    trust = home.trust()
    checkpoint = verify.verify_checkpoint(
        told.checkpoint, trust.origin, trust.log_key, trust.witness_keys, trust.quorum
    )
    proven = set()
    for each in told.entries:
        readable = each.readable.encode("utf-8")
        leaf = entry.leaf(bytes.fromhex(each.salt), readable)
        verify.verify_inclusion(leaf, each.index, [decode_base64(one) for one in each.proof], checkpoint)
        found = entry.decode(readable)
        if isinstance(found, entry.KeysDestroyed | entry.EpochDestroyed) and found.person_id == receipt.person_id:
            epoch = f"#{found.key_epoch}" if isinstance(found, entry.EpochDestroyed) else ""
            proven.add(f"{found.person_id}{epoch}")
    (home.folder("participant") / f"{receipt.erasure_id}.proof.json").write_bytes(answer)
    return {item.name for item in receipt.items if item.what == "keys"} <= proven


def erased_words(receipts: Sequence[ErasureReceipt]) -> str:
    """What was done, in numbers."""
    items = [item for receipt in receipts for item in receipt.items]
    due = [item for item in items if item.state == "due"]
    gone = sum(_count(item) for item in items if item.what in {"segment", "segments"})
    keys = sum(item.what == "keys" for item in items)
    words = [f"{gone} segments and {keys} keys are destroyed."]
    if due:
        last = max(item.due_by_ns or 0 for item in due)
        words.append(f"{len(due)} things made from them are due to be destroyed by {iso(last)[:10]}.")
    named = ", ".join(receipt.erasure_id for receipt in receipts)
    index = max((receipt.ledger_index for receipt in receipts), default=0)
    words.append(f"Ledger entry {index}. Receipt: {named}" if keys else f"Receipt: {named}")
    return " ".join(words)


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


def _count(item: ErasedItem) -> int:
    return int(item.name.split()[0]) if item.what == "segments" else 1


class _Listed(msgspec.Struct, frozen=True):
    order: Envelope
    ordered_at_ns: int
    receipt: Envelope | None
    artefacts: list[dict[str, Any]]


BY = {"person": "you", "retention": "its time was over", "order": "a steward, with evidence"}


def listed(home: Home) -> list[dict[str, Any]]:
    """Every order about oneself, newest first, whoever gave it."""
    answer = home.client("vault", home.person_key()).get("/v1/erasures")
    rows = []
    for each in msgspec.json.decode(answer, type=list[_Listed]):
        order = erasure_format.decode_order(each.order.body())
        receipt = None if each.receipt is None else erasure_format.decode_receipt(each.receipt.body())
        rows.append(
            {
                "erasure_id": order.erasure_id,
                "at": iso(each.ordered_at_ns),
                "why": order.why,
                "evidence": None if order.evidence is None else order.evidence.title,
                "done": receipt is not None,
                "segments": 0
                if receipt is None
                else sum(_count(item) for item in receipt.items if item.what in {"segment", "segments"}),
                "still_due": sum(one["state"] == "due" for one in each.artefacts),
            }
        )
    return rows


def _moment(text: str | None) -> int | None:
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
        end_ns = _moment(until)
        return Wish(what="span", from_ns=_moment(since) or 0, until_ns=now_ns if end_ns is None else end_ns)
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
    words = [erased_words(receipts), *(_proof_words(home, receipt) for receipt in receipts)]
    session.show(" ".join(filter(None, words)), msgspec.to_builtins(receipts[0] if len(receipts) == 1 else receipts))


def _proof_words(home: Home, receipt: ErasureReceipt) -> str:
    if not any(item.what == "keys" for item in receipt.items):
        return ""
    try:
        proven = proofs(home, receipt)
    except Tampered:
        raise
    except AboveboardError as error:
        return f"That it is in the ledger could not be checked yet: {error.what}."
    return "It is proven to be in the ledger." if proven else "It is not in the ledger's newest checkpoint yet."
