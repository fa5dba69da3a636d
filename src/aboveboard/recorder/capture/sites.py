"""Which site does a browser's window show?

The address of the first document in the window that is showing, as the browser itself tells assistive software. Of it
remains: for the web, the scheme, the host, the path and the query, without a user's name, password or fragment; for
anything else, which may hold a file's name or a whole document, only its scheme. What may
come out of a window at all is decided elsewhere (``capture.pages``).
"""

from urllib.parse import urlsplit, urlunsplit

from aboveboard.formats.recording import Site
from aboveboard.recorder.capture.atspi import STATE_SHOWING, Bus
from aboveboard.recorder.capture.atspi_bus import Field
from aboveboard.recorder.capture.atspi_names import role

HOST_LIMIT, URL_LIMIT = 255, 4000
NO_SITE = Site(host="")

_ADDRESSES = ("DocURL", "URI")
"""Firefox calls the attribute by the first name, Chromium by the second."""
_DOCUMENT = role("document web")
_WEB = frozenset({"http", "https"})


def site_of(address: str) -> Site:
    """What of an address may be told at most."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return NO_SITE
    if parts.scheme not in _WEB or not host or len(host) > HOST_LIMIT:
        return Site(host="", url=f"{parts.scheme}:" if 0 < len(parts.scheme) < 32 else "")
    shown = f"[{host}]" if ":" in host else host
    place = shown if port is None else f"{shown}:{port}"
    return Site(host=host, url=urlunsplit((parts.scheme, place, parts.path, parts.query, ""))[:URL_LIMIT])


class Sites:
    """Asks one bus which document a window shows."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._attributes: dict[str, str] = {}

    async def of(self, window: Field) -> Site:
        """The site that ``window`` shows; :data:`NO_SITE` if none."""
        # Looked for each time: a page that was left may say for long that it is still shown.
        document = await self._bus.first_below(window, state=STATE_SHOWING, role=_DOCUMENT)
        if document is None:
            return NO_SITE
        known = self._attributes.get(document.owner)
        for attribute in [known] if known is not None else _ADDRESSES:
            address = await self._bus.attribute(document, attribute)
            if address:
                self._attributes[document.owner] = attribute
                return site_of(address)
        return NO_SITE
