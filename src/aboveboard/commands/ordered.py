"""How does a steward have something of a person erased because somebody who may has ordered it, such as a court?

Never behind the person's back, and never without evidence: the notice to the person is sent first, and the vault takes
no order that names none. The evidence is named by its hash; it stays where it is kept.
"""

import hashlib
from pathlib import Path

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, check_id, new_id
from aboveboard.commands.erased import erased_words
from aboveboard.commands.erasing import moment
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.notice import publish
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.erasure import ORDER_TYPE, ErasureOrder, ErasureReceipt, Evidence, Preview, Span
from aboveboard.sealing.signatures import open_signed

EVIDENCE_LIMIT_BYTES = 64 * 1024 * 1024


def preview(home: Home, steward: str, order: ErasureOrder) -> Preview:
    """What the order would do. Nothing is changed, and nobody is told."""
    vault = home.client("vault", home.staff_key(steward))
    return erasure_format.decode_preview(vault.post("/v1/erasures/preview", erasure_format.encode(order)))


def carry_out(home: Home, steward: str, order: ErasureOrder) -> ErasureReceipt:
    """Tell the person, then sign the order and hand it over; the receipt, its signature checked."""
    evidence = order.evidence
    if evidence is None:
        raise BadInput("an order needs evidence", cause="none was named", fix="name it: --evidence FILE --title … ")
    notice_id = publish(
        home,
        steward,
        kind="erasure",
        title="Something of yours is erased by order",
        text=(
            f"By order: {evidence.title}. It is kept at: {evidence.kept_at}. What it names of your recordings is "
            "destroyed, for good. You find it with its receipt on your page, under 'What you agreed to', and with "
            "'aboveboard erase --list'."
        ),
        audience={"people": [order.person_id]},
        about=order.erasure_id,
    )
    told = msgspec.structs.replace(order, evidence=msgspec.structs.replace(evidence, notice_id=notice_id))
    key = home.staff_key(steward)
    vault = home.client("vault", key)
    answer = vault.post("/v1/erasures", envelope_format.encode(key.sign(ORDER_TYPE, erasure_format.encode(told))))
    lease_key = msgspec.json.decode(vault.get("/v1/public"), type=dict[str, str])["lease_key"]
    signed = open_signed(envelope_format.decode(answer), erasure_format.RECEIPT_TYPE, lease_key)
    return erasure_format.decode_receipt(signed)


def _evidence(home: Home, steward: str, file: Path, title: str, kept_at: str) -> Evidence:
    if file.stat().st_size > EVIDENCE_LIMIT_BYTES:
        raise BadInput(f"{file} is larger than 64 MB", cause="it is not the document", fix="name the document itself")
    try:
        return msgspec.convert(
            {
                "staff_id": home.staff_card(steward).staff_id,
                "title": title,
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
                "kept_at": kept_at,
                "notice_id": new_id(Kind.NOTICE),
            },
            Evidence,
        )
    except msgspec.ValidationError as error:
        raise BadInput(
            f"this evidence cannot be named: {error}", cause="its title or place is too short", fix="say which it is"
        ) from error


@click.command(name="order")
@click.argument("person_id")
@click.option("--since", help="Only what was recorded from then on: 2026-11-22T14:30.")
@click.option("--until", help="Only what was recorded before then.")
@click.option("--segment", "segments", multiple=True, help="Only this segment; may be repeated.")
@click.option("--evidence", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--title", required=True, help="What the evidence is: the person reads it.")
@click.option("--kept-at", required=True, help="Where it can be seen by those who may.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def order_command(
    session: Session,
    person_id: str,
    since: str | None,
    until: str | None,
    segments: tuple[str, ...],
    evidence: Path,
    title: str,
    kept_at: str,
    yes: bool,
    steward: str | None,
) -> None:
    """Erase what is recorded of PERSON_ID because it was ordered, all or a part. The person is told first."""
    home = session.home
    name = home.the_one("steward", steward)
    now_ns = SystemClock().wall_ns()
    if segments and (since or until):
        raise click.UsageError("choose one: --since/--until, or --segment")
    from_ns, until_ns = moment(since), moment(until)
    span = Span(from_ns=from_ns or 0, until_ns=until_ns or now_ns) if since or until else None
    order = ErasureOrder(
        erasure_id=new_id(Kind.ERASURE),
        person_id=check_id(Kind.PERSON, person_id),
        at_ns=now_ns,
        span=span,
        segments=[check_id(Kind.SEGMENT, each) for each in segments] or None,
        why="order",
        evidence=_evidence(home, name, evidence, title, kept_at),
    )
    if not yes:
        seen = preview(home, name, order)
        click.echo(
            f"This would destroy {seen.segments} segments, and {seen.artefacts} things made from them.", err=True
        )
        click.confirm("This cannot be undone. The person is told now. Erase it?", abort=True)
    receipt = carry_out(home, name, order)
    session.show(erased_words([receipt]), msgspec.to_builtins(receipt))
