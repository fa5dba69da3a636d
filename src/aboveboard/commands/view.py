"""How do participants see what is recorded of them?

In their own viewer: a local page on their own machine, where their own key opens their recordings and every opening's
proof is checked. ``export`` saves a session as a video for any player.
"""

from aboveboard.base.errors import Unavailable
from aboveboard.commands.home import Home
from aboveboard.commands.person import own_enrolment, pause_self, resume_self
from aboveboard.formats import envelope as envelope_format
from aboveboard.viewer.source import Participant, ViewerSource
from aboveboard.wire.client import Client


class OwnActions:
    """What the page's buttons do: the same as the commands."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def pause(self) -> None:
        """Pause until resumed."""
        pause_self(self._home, minutes=None)

    def resume(self) -> None:
        """End one's own pause."""
        if not resume_self(self._home):
            raise Unavailable(
                "the recording stays paused", cause="the vault cannot be reached", fix="try again when it can"
            )


def source(home: Home) -> ViewerSource:
    """What the page shows, from the vault, the keyholder and what is still on this machine."""
    enrolment = own_enrolment(home)
    participant = Participant(
        person_id=enrolment.person_id,
        person_key=enrolment.person_key,
        device_keys=[home.device_key().public],
        steward_keys=enrolment.steward_keys,
        receipt=envelope_format.decode(enrolment.consent.encode("utf-8")),
        disclosure=envelope_format.decode(enrolment.disclosure.encode("utf-8")),
    )
    return ViewerSource(
        _reach(home, "vault"),
        _reach(home, "keyholder"),
        home.folder("participant"),
        participant=participant,
        trust=home.trust(),
        spool=home.folder("recorder") / "spool",
    )


def _reach(home: Home, place: str) -> Client | None:
    try:
        return home.client(place, home.person_key())
    except Unavailable:
        return None
