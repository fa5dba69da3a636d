"""What can a steward do to the fleet? Each is a document signed with the steward's own key."""

from typing import Literal

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, check_id, new_id
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.fleet import DRILL_TYPE, EXEMPTION_TYPE, Drill, Exemption, ExemptionKind, Ground
from aboveboard.formats.pause import PAUSE_TYPE, RESUME_TYPE, Pause, Resume
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.client import Client

DRILL_REASON = "This is a drill: recording goes on by itself in a moment."


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a pause concerns. ``value``: the country, cohort, application, person's id, or so many of a hundred."""

    kind: Literal["everyone", "country", "cohort", "app", "person", "share"]
    value: str = ""

    def pause(self, *, reason: str, at_ns: int, until_ns: int | None) -> Pause:
        """A steward's pause of them; raises :class:`BadInput`."""
        value = self.value.strip()
        if (self.kind == "everyone") == bool(value):
            raise BadInput(
                "it is not clear whom this concerns",
                cause="a name is missing, or one was given for everyone",
                fix="choose everyone, or say which country, cohort, application, person or share",
            )
        if not reason.strip():
            raise BadInput("a reason is missing", cause="people are shown it", fix="say why, in a sentence")
        if self.kind == "person":
            check_id(Kind.PERSON, value)
        if self.kind == "share" and not (value.isascii() and value.isdigit() and len(value) <= 2):
            raise BadInput("a share is a number from 1 to 99", cause="it was mistyped", fix="for example 20")
        pause = Pause(
            pause_id=new_id(Kind.PAUSE),
            by="steward",
            person_id=value if self.kind == "person" else None,
            at_ns=at_ns,
            until_ns=until_ns,
            reason=reason.strip(),
            cohort=value if self.kind == "cohort" else None,
            country=value if self.kind == "country" else None,
            wm_class=value if self.kind == "app" else None,
            share=int(value) if self.kind == "share" else None,
        )
        return pause_format.decode_pause(pause_format.encode(pause))  # every field has the shape it should


def scope_of(pause: Pause) -> Scope:
    """Whom a pause concerns."""
    if pause.person_id is not None:
        return Scope("person", pause.person_id)
    if pause.cohort is not None:
        return Scope("cohort", pause.cohort)
    if pause.country is not None:
        return Scope("country", pause.country)
    if pause.wm_class is not None:
        return Scope("app", pause.wm_class)
    return Scope("everyone") if pause.share is None else Scope("share", str(pause.share))


def pause(vault: Client, key: SigningKey, scope: Scope, *, reason: str, minutes: float | None, now_ns: int) -> str:
    """Pause them until resumed, or for so many minutes; the pause's id."""
    until_ns = None if minutes is None else now_ns + int(minutes * 60 * SECOND_NS)
    made = scope.pause(reason=reason, at_ns=now_ns, until_ns=until_ns)
    vault.post("/v1/pauses", envelope_format.encode(key.sign(PAUSE_TYPE, pause_format.encode(made))))
    return made.pause_id


def resume(vault: Client, key: SigningKey, pause_id: str, *, now_ns: int) -> None:
    """End a steward's pause."""
    made = Resume(pause_id=check_id(Kind.PAUSE, pause_id), at_ns=now_ns)
    vault.post("/v1/resumes", envelope_format.encode(key.sign(RESUME_TYPE, pause_format.encode(made))))


def drill(vault: Client, key: SigningKey, scope: Scope, *, at_ns: int, seconds: float, why: str) -> str:
    """Have the vault begin a pause at ``at_ns`` for so many seconds, and publish its report; the drill's id."""
    duration_ns = int(seconds * SECOND_NS)
    made = scope.pause(reason=DRILL_REASON, at_ns=at_ns, until_ns=at_ns + duration_ns)
    document = Drill(
        drill_id=new_id(Kind.DRILL),
        at_ns=at_ns,
        duration_ns=duration_ns,
        pause=key.sign(PAUSE_TYPE, pause_format.encode(made)),
        why=why,
    )
    checked = fleet_format.decode_drill(fleet_format.encode(document))
    vault.post("/v1/drills", envelope_format.encode(key.sign(DRILL_TYPE, fleet_format.encode(checked))))
    return checked.drill_id


def exempt(
    vault: Client,
    key: SigningKey,
    *,
    kind: ExemptionKind,
    ground: Ground,
    reason: str,
    cohort: str,
    person_id: str | None,
    days: float,
    now_ns: int,
) -> str:
    """Exempt somebody; from collection by a pause of theirs without an end. The exemption's id."""
    pause_id = None
    if kind == "collection":
        scope = Scope("person", person_id or "")
        words = "Nothing is collected of you: you are exempt."
        pause_id = pause(vault, key, scope, reason=words, minutes=None, now_ns=now_ns)
    document = Exemption(
        exemption_id=new_id(Kind.EXEMPTION),
        kind=kind,
        ground=ground,
        reason=reason,
        cohort=cohort,
        person_id=person_id,
        pause_id=pause_id,
        at_ns=now_ns,
        until_ns=now_ns + int(days * 86_400) * SECOND_NS,
    )
    checked = fleet_format.decode_exemption(fleet_format.encode(document))
    vault.post("/v1/exemptions", envelope_format.encode(key.sign(EXEMPTION_TYPE, fleet_format.encode(checked))))
    return checked.exemption_id
