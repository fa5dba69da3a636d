"""How does a steward tell people something before anybody else is told, and how do people read it?"""

from pathlib import Path
from typing import get_args

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, NotFound
from aboveboard.base.ids import Kind, check_id, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.notice import KINDS, NOTICE_TYPE, Notice, NoticeKind
from aboveboard.rules.disclosure_change import changes

TEXT_LIMIT = 4000


class Sent(msgspec.Struct, frozen=True):
    """How far a notice has come."""

    notice_id: str
    kind: NoticeKind
    notice: Envelope | None
    released_at_ns: int | None
    people: int
    reached: int | None
    seen: int | None
    dead: int


class DeadLetter(msgspec.Struct, frozen=True):
    """A mail that was given up."""

    notice_id: str
    person_id: str
    attempts: int
    detail: str


def publish(home: Home, steward: str, **words: object) -> str:
    """Sign a notice and send it; its id. ``words`` are the fields of :class:`Notice`; raises :class:`BadInput`."""
    facts = {"notice_id": new_id(Kind.NOTICE), "at_ns": SystemClock().wall_ns(), **words}
    try:
        notice = msgspec.convert(facts, Notice)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"this notice cannot be sent: {error}",
            cause="a title is one line of at most 120 characters, a text has 10 to 4000",
            fix="change it, then send it again",
        ) from error
    key = home.staff_key(steward)
    signed = key.sign(NOTICE_TYPE, notice_format.encode(notice))
    home.client("vault", key).post("/v1/notices", envelope_format.encode(signed))
    return notice.notice_id


def tell_of_change(home: Home, steward: str, before: Disclosure, after: Disclosure, *, sha256: str) -> str | None:
    """Tell everyone what the new disclosure changes for them; ``None`` where nobody is enrolled or nothing changes."""
    found = changes(before, after)
    wider = any(change.direction == "wider" for change in found)
    if not found:
        return None
    then = (
        "Nothing is recorded of you until you have read it and agreed: 'aboveboard consent renew'."
        if wider
        else "In nothing it is wider than before, so it applies at once."
    )
    lines = "\n".join(f"- {change.sentence}" for change in found)
    room = TEXT_LIMIT - len(then) - 100
    if len(lines) > room:
        lines = f"{lines[:room].rpartition(chr(10))[0]}\n- … and more: read the whole disclosure."
    try:
        return publish(
            home,
            steward,
            kind="disclosure",
            title=f"The disclosure has changed: version {after.version}",
            text=f"From version {before.version} to {after.version}:\n{lines}\n\n{then}",
            audience={},
            about=sha256,
        )
    except NotFound:
        return None


@click.group(name="notice")
def notice_command() -> None:
    """Read what you are told; as a steward, tell people, and see whom it has reached."""


@notice_command.command(name="send")
@click.argument("title")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(get_args(NoticeKind)), required=True)
@click.option("--person", "people", multiple=True, help="Only to this person; may be repeated.")
@click.option("--country", help="Only to those of this country.")
@click.option("--cohort", help="Only to those of this cohort.")
@click.option("--about", default="", help="The id of what it is about.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def send_command(
    session: Session,
    title: str,
    file: Path,
    kind: str,
    people: tuple[str, ...],
    country: str | None,
    cohort: str | None,
    about: str,
    steward: str | None,
) -> None:
    """Send the text in FILE under TITLE to everyone, or to some; signed, before anybody else is told."""
    audience = {"people": list(people) or None, "country": country, "cohort": cohort}
    text = file.read_text(encoding="utf-8").strip()
    name = session.home.the_one("steward", steward)
    notice_id = publish(session.home, name, kind=kind, title=title, text=text, audience=audience, about=about)
    session.show(f"sent: {notice_id}", {"notice_id": notice_id})


@notice_command.command(name="list")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def list_command(session: Session, steward: str | None) -> None:
    """As a steward: every notice, whom it has reached, and who said to have seen it (how many, not who)."""
    home = session.home
    client = home.client("vault", home.staff_key(home.the_one("steward", steward)))
    items = msgspec.json.decode(client.get("/v1/notices/sent"), type=list[Sent])
    rows = []
    for item in items:
        title = "" if item.notice is None else notice_format.decode_notice(item.notice.body()).title
        rows.append({"title": title} | {key: getattr(item, key) for key in ("notice_id", "kind", "people", "reached",
                     "seen", "dead")} | {"released": item.released_at_ns is not None})  # fmt: skip
    words = "\n".join(
        f"{row['notice_id']}  {KINDS[str(row['kind'])]}: {row['title']}\n"
        f"    {_reach(row)}; mails given up: {row['dead']}"
        for row in rows
    )
    session.show(words or "no notices", {"notices": rows})


def _reach(row: dict[str, object]) -> str:
    if row["reached"] is None:
        return f"to {row['people']}; of so few it is not told before a day has passed whom it has reached"
    return f"offered to {row['reached']} of {row['people']}, seen by {row['seen']}"


@notice_command.command(name="dead")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def dead_command(session: Session, steward: str | None) -> None:
    """As a steward: mails that were given up, and what the mail server said."""
    home = session.home
    client = home.client("vault", home.staff_key(home.the_one("steward", steward)))
    items = msgspec.json.decode(client.get("/v1/dead-letters"), type=list[DeadLetter])
    words = "\n".join(f"{item.notice_id}  {item.person_id}  after {item.attempts}: {item.detail}" for item in items)
    session.show(words or "none", {"dead_letters": [msgspec.to_builtins(item) for item in items]})


@notice_command.command(name="release")
@click.argument("notice_id")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def release_command(session: Session, notice_id: str, steward: str | None) -> None:
    """As a steward: let anybody read NOTICE_ID, once those whom it concerns were told."""
    home = session.home
    client = home.client("vault", home.staff_key(home.the_one("steward", steward)))
    client.post(f"/v1/notices/{check_id(Kind.NOTICE, notice_id)}/release", b"{}")
    session.show("anybody can read it now: /v1/released-notices", {"released": notice_id})


@notice_command.command(name="read")
@click.pass_obj
def read_command(session: Session) -> None:
    """Read what you are told, newest first."""
    from aboveboard.commands.voice import OwnVoice

    found = OwnVoice(session.home).notices().listed()
    parts = []
    for each in found["notices"]:
        when, new = each["at"][:16].replace("T", " "), "" if each["seen"] else "  (new)"
        parts.append(f"{each['notice_id']}  {when}  {each['kind_words']}{new}\n{each['title']}\n\n{each['text']}\n")
    if found["unbelieved"]:
        parts.append(f"{found['unbelieved']} more are signed by nobody whom you know, and are not shown.")
    session.show("\n".join(parts) or "no notices", found)


@notice_command.command(name="seen")
@click.argument("notice_id")
@click.pass_obj
def seen_command(session: Session, notice_id: str) -> None:
    """Say that you have seen NOTICE_ID."""
    from aboveboard.commands.voice import OwnVoice

    OwnVoice(session.home).notices().seen(check_id(Kind.NOTICE, notice_id))
    session.show("noted", {"seen": notice_id})


@notice_command.command(name="mail")
@click.argument("address", required=False)
@click.option("--none", "stop", is_flag=True, help="No mail any more; the address is deleted.")
@click.pass_obj
def mail_command(session: Session, address: str | None, stop: bool) -> None:
    """Have notices by mail too, to ADDRESS. It is kept sealed and used for nothing else."""
    from aboveboard.commands.voice import OwnVoice

    notices = OwnVoice(session.home).notices()
    if address or stop:
        notices.set_mail(None if stop else address)
    given = notices.has_mail()
    session.show("notices come by mail too" if given else "no mail", {"mail": given})
