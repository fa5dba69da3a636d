"""What runs here, may this device record, and if not, why?"""

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import AboveboardError, NotFound, Unavailable
from aboveboard.commands.home import PLACES, Home
from aboveboard.commands.main import Session
from aboveboard.commands.person import own_enrolment
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fleet import ExemptionCounts, Published
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.local_pause import local_pause

HEALTH_WORDS = {
    "events_lost": "input did not reach the recorder",
    "screen_stalled": "the screen was not followed",
    "items_lost": "something captured was not written",
    "segments_lost": "a sealed segment went missing",
    "part_stalled": "a part of the recorder stood still",
}
"""A watchdog's words as a steward reads them."""


class Seen(msgspec.Struct, frozen=True):
    """The part of the vault's answer that a steward looks at every day."""

    people: int
    devices: int
    health: dict[str, int]


class Listed(msgspec.Struct, frozen=True):
    """The part of the vault's list of pauses that is shown."""

    pause: Envelope
    ended_at_ns: int | None


def status(home: Home) -> dict[str, object]:
    """Facts for a person or a script."""
    facts: dict[str, object] = {"home": str(home.root)}
    for place in PLACES:
        try:
            facts[place] = home.address(place).url
        except Unavailable:
            facts[place] = None
    facts["programme"] = _programme(home)
    facts["exempt"] = _exempt(home)
    try:
        enrolment = own_enrolment(home)
    except NotFound:
        facts["enrolled"] = None
        return facts
    disclosure = enrolments.verify(enrolment).disclosure
    facts["enrolled"] = enrolment.person_id
    facts["device"] = enrolment.device_id
    facts["disclosure"] = f"{disclosure.programme} version {disclosure.version}"
    facts["left"] = not (home.folder("recorder") / enrolments.FILE_NAME).exists()
    pause = local_pause(home.folder("recorder"))
    facts["paused_here"] = pause.pause_id if pause else None
    facts["pauses"] = _pauses(home)
    return facts


def _programme(home: Home) -> dict[str, object] | None:
    """What a steward who acts here sees of everyone; ``None`` without one, or if the vault cannot be asked."""
    try:
        stewards = home.staff_of_role("steward")
        answer = home.client("vault", home.staff_key(stewards[0].name)).get("/v1/status") if stewards else None
        return None if answer is None else msgspec.to_builtins(msgspec.json.decode(answer, type=Seen))
    except (AboveboardError, msgspec.DecodeError):
        return None


def published(home: Home) -> Published:
    """What everybody in the programme sees, asked as the steward, or else the person, who is here."""
    stewards = home.staff_of_role("steward")
    key = home.staff_key(stewards[0].name) if stewards else home.person_key()
    return fleet_format.decode_published(home.client("vault", key).get("/v1/programme"))


def _exempt(home: Home) -> dict[str, int] | None:
    """How many are exempt; ``None`` if the vault cannot be asked, or nobody here is in the programme."""
    try:
        counts = published(home).exemptions
    except AboveboardError:
        return None
    return {"asking": counts.asking, "collection": counts.collection}


def _pauses(home: Home) -> object:
    """The pauses that concern this person, as the vault lists them; ``None`` if it cannot be asked."""
    try:
        return msgspec.json.decode(home.client("vault", home.person_key()).get("/v1/pauses"))
    except AboveboardError:
        return None


@click.command(name="status")
@click.pass_obj
def status_command(session: Session) -> None:
    """Say what runs here, who is enrolled, and what is paused."""
    facts = status(session.home)
    lines = [f"{place:<12} {facts[place] or 'not running'}" for place in PLACES]
    lines.append(f"{'enrolled':<12} {facts['enrolled'] or 'nobody: see aboveboard enrol'}")
    if facts["enrolled"]:
        lines.append(f"{'agreed to':<12} {facts['disclosure']}")
        paused = "yes: aboveboard resume" if facts["paused_here"] else "no"
        lines.append(f"{'recording':<12} ended: you have left" if facts["left"] else f"{'paused':<12} {paused}")
        lines += steward_pauses(facts["pauses"], now_ns=SystemClock().wall_ns())
    if facts["programme"]:
        lines += steward_lines(msgspec.convert(facts["programme"], Seen))
    if facts["exempt"]:
        lines.append(f"{'exempt':<12} {exempt_words(msgspec.convert(facts['exempt'], ExemptionCounts))}")
    session.show("\n".join(lines), facts)


def steward_pauses(listed: object, *, now_ns: int) -> list[str]:
    """What stewards have paused of this person's now, and why, in the steward's words."""
    lines = []
    for each in msgspec.convert(listed or [], list[Listed]):
        pause = pause_format.decode_pause(each.pause.body())
        if pause.by == "steward" and (each.ended_at_ns is None or now_ns < each.ended_at_ns):
            what = f"{pause.wm_class} by a steward" if pause.wm_class else "by a steward"
            lines.append(f"{'paused':<12} {what}: {pause.reason}")
    return lines


def exempt_words(counts: ExemptionCounts) -> str:
    """How many are exempt, for everybody."""
    return f"{counts.asking} from being asked, {counts.collection} from collection; nobody by rank"


def steward_lines(seen: Seen) -> list[str]:
    """How many take part, and how many devices say that something is wrong with their recorder: never whose."""
    lines = [f"{'programme':<12} {seen.people} people, {seen.devices} devices"]
    lines += [
        f"{'':<12} {count} of them: {HEALTH_WORDS.get(word, word)}" for word, count in sorted(seen.health.items())
    ]
    return lines
