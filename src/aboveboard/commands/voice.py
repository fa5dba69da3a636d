"""With which keys, and over which connections, does a person raise concerns and read notices?"""

from dataclasses import dataclass

from aboveboard.base.clock import SystemClock
from aboveboard.commands.home import Home
from aboveboard.commands.person import own_enrolment
from aboveboard.recorder import enrolment as enrolments
from aboveboard.sealing.signatures import SigningKey
from aboveboard.viewer.concerns import Concerns
from aboveboard.viewer.notices import Notices
from aboveboard.viewer.passes import Passes
from aboveboard.wire.client import Client


@dataclass(frozen=True)
class OwnVoice:
    """The participant's, for the page and the commands. Raises :class:`NotFound` where nobody is enrolled, and
    :class:`Unavailable` while the vault is not running."""

    home: Home

    def concerns(self) -> Concerns:
        """Their part in the programme's concerns."""
        own = own_enrolment(self.home)
        return Concerns(
            self.home.client("vault", self.home.person_key()),
            self._unnamed,
            Passes(self.home.folder("participant")),
            person=self.home.person_key(),
            person_id=own.person_id,
            keyholder_key=enrolments.verify(own).disclosure.keyholder_key,
            steward_keys=own.steward_keys,
            now_ns=SystemClock().wall_ns,
        )

    def notices(self) -> Notices:
        """What they are told."""
        own = own_enrolment(self.home)
        return Notices(
            self.home.client("vault", self.home.person_key()),
            person=self.home.person_key(),
            person_id=own.person_id,
            steward_keys=own.steward_keys,
            keyholder_key=enrolments.verify(own).disclosure.keyholder_key,
            now_ns=SystemClock().wall_ns,
        )

    def _unnamed(self, key: SigningKey) -> Client:
        """Over a connection of its own: on one that the person's key used, the vault would know who asks."""
        return Client(self.home.address("vault").url, key)
