"""What does the steward's page show, and what do its buttons do?

It asks the vault anew each second, signed with the steward's key, and hands on what it is told: what a steward may be
told is decided there (``rules.fleet``). It keeps nothing.
"""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from aboveboard.base.clock import SECOND_NS, Clock, SystemClock
from aboveboard.base.errors import AboveboardError
from aboveboard.formats import concern as concern_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import decode_json
from aboveboard.formats.fleet import ShownPause
from aboveboard.sealing.signatures import SigningKey
from aboveboard.steward import acts
from aboveboard.steward.acts import Scope
from aboveboard.wire.client import Client

BODY_LIMIT_BYTES = 4 * 1024


class WantedPause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page's pause button sends. ``minutes`` of ``None``: until resumed."""

    scope: Scope
    reason: Annotated[str, Meta(max_length=200)]
    minutes: Annotated[float, Meta(gt=0, le=366 * 24 * 60)] | None = None


class WantedResume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pause to end."""

    pause_id: Annotated[str, Meta(max_length=30)]


class WantedDrill(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A drill in so many seconds from now, for so many seconds."""

    scope: Scope
    in_seconds: Annotated[float, Meta(ge=0, le=90 * 86_400)]
    seconds: Annotated[float, Meta(ge=5, le=900)]
    why: Annotated[str, Meta(max_length=2000)]


class _Concern(msgspec.Struct, frozen=True):
    """The part of a listed concern that the page shows."""

    concern: Envelope
    raised_at_ns: int
    answer_by_ns: int
    answer: Envelope | None
    joins: int
    overdue: bool


class Desk:
    """The steward ``name``, whose key signs every request to the vault that ``vault()`` reaches."""

    def __init__(self, vault: Callable[[], Client], key: SigningKey, name: str, *, clock: Clock | None = None) -> None:
        self._vault = vault
        self._key = key
        self._name = name
        self._clock = clock or SystemClock()

    def state(self) -> dict[str, Any]:
        """Everything that the page shows. Times are milliseconds since 1970, spans milliseconds."""
        vault = self._vault()
        published = fleet_format.decode_published(vault.get("/v1/programme"))
        pauses = fleet_format.decode_pauses(vault.get("/v1/fleet/pauses"))
        fleet = fleet_format.decode_fleet(vault.get("/v1/fleet"))  # last: its moment is later than all that is shown
        facts: dict[str, Any] = {
            "steward": self._name,
            "fleet": msgspec.to_builtins(fleet),
            "pauses": [_pause(each, fleet.at_ns) for each in pauses],
            "drills": [msgspec.to_builtins(each) for each in published.drills],
            "apps": _apps(vault),
            "concerns": _concerns(vault),
        }
        whole: dict[str, Any] = in_milliseconds(facts)
        return whole

    def pause(self, wanted: bytes) -> dict[str, str]:
        """Pause; the pause's id."""
        asked = decode_json(wanted, WantedPause, name="pause", limit_bytes=BODY_LIMIT_BYTES)
        now_ns = self._clock.wall_ns()
        made = acts.pause(
            self._vault(), self._key, asked.scope, reason=asked.reason, minutes=asked.minutes, now_ns=now_ns
        )
        return {"pause_id": made}

    def resume(self, wanted: bytes) -> dict[str, str]:
        """End a steward's pause."""
        asked = decode_json(wanted, WantedResume, name="resume", limit_bytes=BODY_LIMIT_BYTES)
        acts.resume(self._vault(), self._key, asked.pause_id, now_ns=self._clock.wall_ns())
        return {"pause_id": asked.pause_id}

    def drill(self, wanted: bytes) -> dict[str, str]:
        """Schedule a drill; its id."""
        asked = decode_json(wanted, WantedDrill, name="drill", limit_bytes=BODY_LIMIT_BYTES)
        at_ns = self._clock.wall_ns() + int(asked.in_seconds * SECOND_NS)
        made = acts.drill(self._vault(), self._key, asked.scope, at_ns=at_ns, seconds=asked.seconds, why=asked.why)
        return {"drill_id": made}


def _pause(shown: ShownPause, now_ns: int) -> dict[str, Any]:
    pause = pause_format.decode_pause(shown.pause.body())
    ended_at_ns = shown.report.ended_at_ns
    return {
        "scope": msgspec.to_builtins(acts.scope_of(pause)),
        "reason": pause.reason,
        "until_ns": pause.until_ns,
        "in_force": ended_at_ns is None or now_ns < ended_at_ns,
        "report": msgspec.to_builtins(shown.report),
        "stragglers": msgspec.to_builtins(shown.stragglers),
    }


def _apps(vault: Client) -> list[dict[str, str]]:
    """The applications that the current disclosure names; none before there is one."""
    try:
        envelope = envelope_format.decode(vault.get("/v1/disclosures/current"))
    except AboveboardError:
        return []
    apps = disclosure_format.decode(envelope.body()).apps
    return [{"name": app.name, "wm_class": app.wm_class} for app in apps]


def _concerns(vault: Client) -> list[dict[str, Any]]:
    """Those that nobody has answered yet, the earliest date first."""
    listed = decode_json(
        vault.get("/v1/concerns"), list[_Concern], name="list of concerns", limit_bytes=fleet_format.ANSWER_LIMIT_BYTES
    )
    return [
        {
            "text": concern_format.decode_concern(each.concern.body()).text,
            "raised_at_ns": each.raised_at_ns,
            "answer_by_ns": each.answer_by_ns,
            "joins": each.joins,
            "overdue": each.overdue,
        }
        for each in listed
        if each.answer is None
    ]


def in_milliseconds(facts: Any) -> Any:
    """Every ``…_ns`` as a float ``…_ms``: JavaScript numbers do not hold nanoseconds since 1970."""
    if isinstance(facts, dict):
        return {
            f"{name[:-3]}_ms" if name.endswith("_ns") else name: (
                value / 1e6 if name.endswith("_ns") and value is not None else in_milliseconds(value)
            )
            for name, value in facts.items()
        }
    return [in_milliseconds(each) for each in facts] if isinstance(facts, list) else facts
