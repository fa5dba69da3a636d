"""Does sending cost the person by the byte?

NetworkManager says so of the connection in use: it knows what the person said, and guesses for a phone's hotspot.
Where it is not there, or does not know, the answer is no: every server and most desktops without it have a wired
connection, and holding back for ever would lose what was recorded. The budget in bytes holds in any case.
"""

from collections.abc import Sequence

from dbus_fast import Message

from aboveboard.recorder.machine.service import Call, DoesNotTell, prop

NETWORK_MANAGER = "org.freedesktop.NetworkManager"
_PATH = "/org/freedesktop/NetworkManager"
YES, GUESS_YES = 1, 3
"""Of the values of ``Metered``; the others are unknown (0), no (2) and guess: no (4)."""


class Network:
    """NetworkManager as a ``Service`` of the system bus. ``metered`` is for any thread."""

    name = NETWORK_MANAGER
    rules: Sequence[str] = (f"path='{_PATH}',member='PropertiesChanged',arg0='{NETWORK_MANAGER}'",)

    def __init__(self) -> None:
        self.metered = False

    async def ask(self, call: Call) -> None:
        try:
            self.metered = await prop(call, _PATH, NETWORK_MANAGER, "Metered") in {YES, GUESS_YES}
        except DoesNotTell:
            self.metered = False

    def heard(self, message: Message) -> None:
        """Everything can be asked."""

    def silent(self) -> None:
        """What it said last stands."""

    def gone(self) -> None:
        self.metered = False
