"""Where does a place answer, to a member of staff whose work goes on while it is started anew?"""

from aboveboard.commands.home import Home
from aboveboard.wire.client import Client


class Reach:
    """The vault, or another ``place``, wherever it answers now; one client for each address."""

    def __init__(self, home: Home, name: str, place: str = "vault") -> None:
        self._home = home
        self._key = home.staff_key(name)
        self._place = place
        self._client: Client | None = None

    def client(self) -> Client:
        """Signs with the member's key; raises :class:`Unavailable` if the place is not running."""
        url = self._home.address(self._place).url
        if self._client is None or self._client.base_url != url:
            self._client = Client(url, self._key)
        return self._client
