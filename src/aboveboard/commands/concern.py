"""How does a person raise a concern or join one, and how does a steward see to it?"""

from datetime import UTC, datetime

import click
import msgspec

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.errors import BadInput, NotFound
from aboveboard.base.ids import Kind, check_id, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import concern as concern_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.concern import ANSWER_TYPE, OWNING_TYPE, Answer, Owning
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.notice import NOTICE_TYPE, Audience, Notice

DAY_NS = 86_400 * SECOND_NS


class Listed(msgspec.Struct, frozen=True):
    """What a steward needs of the vault's list."""

    concern: Envelope
    answer_by_ns: int
    owning: Envelope | None
    answer: Envelope | None
    joins: int
    overdue: bool


def listed(home: Home, steward: str) -> list[Listed]:
    """Every concern, as the vault tells a steward."""
    answer = home.client("vault", home.staff_key(steward)).get("/v1/concerns")
    return msgspec.json.decode(answer, type=list[Listed])


def own(home: Home, steward: str, concern_id: str, *, days: float | None) -> int:
    """Take a concern over; the time by which it is answered (wall time). ``days`` of ``None``: by the date it has."""
    known = _find(home, steward, concern_id)
    now_ns = SystemClock().wall_ns()
    answer_by_ns = known.answer_by_ns if days is None else now_ns + int(days * DAY_NS)
    document = Owning(
        concern_id=concern_id, owner=home.staff_card(steward).staff_id, answer_by_ns=answer_by_ns, at_ns=now_ns
    )
    key = home.staff_key(steward)
    signed = key.sign(OWNING_TYPE, concern_format.encode(document))
    home.client("vault", key).post(f"/v1/concerns/{concern_id}/owner", envelope_format.encode(signed))
    return answer_by_ns


def answer(home: Home, steward: str, concern_id: str, text: str) -> str:
    """Answer a concern and send everyone a notice of it; the notice's id."""
    concern = concern_format.decode_concern(_find(home, steward, concern_id).concern.body())
    card, now_ns = home.staff_card(steward), SystemClock().wall_ns()
    try:
        document = msgspec.convert(
            {"concern_id": concern_id, "by": card.staff_id, "by_name": card.name, "text": text, "at_ns": now_ns}, Answer
        )
    except msgspec.ValidationError as error:
        raise BadInput(
            f"this answer cannot be sent: {error}",
            cause="an answer has 10 to 2000 characters, and no control characters",
            fix="change the text, then answer again",
        ) from error
    key = home.staff_key(steward)
    client = home.client("vault", key)
    signed = key.sign(ANSWER_TYPE, concern_format.encode(document))
    client.post(f"/v1/concerns/{concern_id}/answer", envelope_format.encode(signed))
    notice = Notice(
        notice_id=new_id(Kind.NOTICE),
        kind="answer",
        title="A concern was answered",
        text=f"The concern:\n{concern.text}\n\n{card.name} answers:\n{text}"[:4000],
        audience=Audience(),
        about=concern_id,
        at_ns=now_ns,
    )
    told = key.sign(NOTICE_TYPE, notice_format.encode(notice))
    client.post("/v1/notices", envelope_format.encode(told))
    return notice.notice_id


def _find(home: Home, steward: str, concern_id: str) -> Listed:
    check_id(Kind.CONCERN, concern_id)
    for item in listed(home, steward):
        if concern_format.decode_concern(item.concern.body()).concern_id == concern_id:
            return item
    raise NotFound("there is no such concern", cause="its id was mistyped", fix="'aboveboard concern list' shows all")


@click.group(name="concern")
def concern_command() -> None:
    """Raise a concern, openly or anonymously; join one; as a steward, take it over and answer."""


@concern_command.command(name="raise")
@click.argument("text")
@click.option("--anonymously", is_flag=True, help="Nobody learns who raised it, the vault included.")
@click.pass_obj
def raise_command(session: Session, text: str, anonymously: bool) -> None:
    """Raise TEXT as a concern, for everyone who takes part to see."""
    from aboveboard.commands.voice import OwnVoice

    concerns = OwnVoice(session.home).concerns()
    if anonymously and concerns.fresh():
        click.echo("your passes were fetched less than a day ago: whoever watches the vault could guess", err=True)
    concern_id = concerns.raise_one(text, anonymously=anonymously)
    how = "anonymously" if anonymously else "openly, in your name"
    session.show(f"raised {how}: {concern_id}", {"concern_id": concern_id, "anonymously": anonymously})


@concern_command.command(name="join")
@click.argument("concern_id")
@click.option("--anonymously", is_flag=True, help="Nobody learns who joined it, the vault included.")
@click.pass_obj
def join_command(session: Session, concern_id: str, anonymously: bool) -> None:
    """Share the concern CONCERN_ID. You count once."""
    from aboveboard.commands.voice import OwnVoice

    OwnVoice(session.home).concerns().join(check_id(Kind.CONCERN, concern_id), anonymously=anonymously)
    session.show("joined", {"concern_id": concern_id, "anonymously": anonymously})


@concern_command.command(name="list")
@click.option("--as", "steward", help="As this steward [default: the participant, if somebody is enrolled here].")
@click.pass_obj
def list_command(session: Session, steward: str | None) -> None:
    """List every concern: who sees to it, by when it is answered, how many share it."""
    name = steward or (None if _enrolled(session.home) else session.home.the_one("steward", None))
    if name is None:
        from aboveboard.commands.voice import OwnVoice

        found = OwnVoice(session.home).concerns().listed()
        rows = [(each["concern_id"], each["text"], _state(each["answer"] is not None, each["overdue"], each["owned"]),
                 each["answer_by"][:10], each["joins"]) for each in found["concerns"]]  # fmt: skip
    else:
        items = [(concern_format.decode_concern(item.concern.body()), item) for item in listed(session.home, name)]
        rows = [(concern.concern_id, concern.text,
                 _state(item.answer is not None, item.overdue, item.owning is not None),
                 f"{datetime.fromtimestamp(item.answer_by_ns / SECOND_NS, UTC):%Y-%m-%d}", item.joins)
                for concern, item in items]  # fmt: skip
    words = "\n".join(f"{one}  {state}, by {by}, shared by {joins}\n    {text}" for one, text, state, by, joins in rows)
    fields = ("concern_id", "text", "state", "answer_by", "joins")
    session.show(words or "no concerns", {"concerns": [dict(zip(fields, row, strict=True)) for row in rows]})


@concern_command.command(name="own")
@click.argument("concern_id")
@click.option("--days", type=click.FloatRange(0, 14), help="Answer within so many days [default: by the date it has].")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def own_command(session: Session, concern_id: str, days: float | None, steward: str | None) -> None:
    """Take CONCERN_ID over: you answer it, by its date or an earlier one."""
    by_ns = own(session.home, session.home.the_one("steward", steward), concern_id, days=days)
    by = f"{datetime.fromtimestamp(by_ns / SECOND_NS, UTC):%Y-%m-%d %H:%M} UTC"
    session.show(f"yours, to be answered by {by}", {"concern_id": concern_id, "answer_by_ns": by_ns})


@concern_command.command(name="answer")
@click.argument("concern_id")
@click.argument("text")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def answer_command(session: Session, concern_id: str, text: str, steward: str | None) -> None:
    """Answer CONCERN_ID with TEXT, signed, and send everyone a notice of it."""
    notice_id = answer(session.home, session.home.the_one("steward", steward), concern_id, text)
    session.show(f"answered; everyone is told by {notice_id}", {"concern_id": concern_id, "notice_id": notice_id})


def _enrolled(home: Home) -> bool:
    return (home.root / "participant" / "enrolment.json").exists()


def _state(answered: bool, overdue: bool, owned: bool) -> str:
    if answered:
        return "answered"
    return "OVERDUE" if overdue else "being seen to" if owned else "nobody sees to it yet"
