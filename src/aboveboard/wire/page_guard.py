"""Who may talk to a page that a place serves on its own machine: the participant's, the steward's?

Only the page that the place itself served, opened with the address that it printed. In this order:

1. The ``Host`` header names loopback (and this port, once it is known): a foreign name that points here is refused.
2. For ``/api``, the browser does not say that another site is asking (``Sec-Fetch-Site``, ``Origin``).
3. ``/api/sign-in`` takes the token from the printed address, and hands out two halves: a cookie that scripts cannot
   read, and a page key that other ports cannot read. (Cookies of 127.0.0.1 reach every port; a tab's storage does not.)
4. All else under ``/api`` needs both halves.

Every answer, refusals included, forbids storing, framing, and loading anything from elsewhere.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final

from litestar import Litestar
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType

from aboveboard.base.errors import Refused

if TYPE_CHECKING:
    from litestar.types import LifeSpanReceive, LifeSpanScope, LifeSpanSend, Message, Receive, Scope, Send

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
PAGE_KEY_HEADER: Final = "x-aboveboard-page"
SIGN_IN_PATH: Final = "/api/sign-in"

ANSWER_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class Guarded:
    """What the words of a refusal need: ``name`` of the place, ``what`` it shows, the ``command`` that starts it."""

    name: str
    what: str
    command: str


def new_token() -> str:
    """A fresh token for the printed address: 256 random bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Halves:
    """What signing in hands out. Both follow from the token, so that two tabs hold the same."""

    cookie_name: str
    cookie: str
    page_key: str

    @classmethod
    def of(cls, token: str, name: str = "viewer") -> "Halves":
        def derive(purpose: str) -> str:
            return hmac.new(token.encode(), f"aboveboard {name} {purpose}".encode(), hashlib.sha256).hexdigest()

        return cls(f"aboveboard_{derive('name')[:12]}", derive("cookie"), derive("page key"))

    def set_cookie(self) -> str:
        """The header that sets the cookie: for this site only, unreadable for scripts, gone with the browser."""
        return f"{self.cookie_name}={self.cookie}; Path=/api; HttpOnly; SameSite=Strict"

    def held_by(self, headers: Headers) -> bool:
        """Does this request carry both?"""
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie_name)
        except CookieError:
            return False
        cookie = morsel.value if morsel is not None else ""
        page_key = headers.get(PAGE_KEY_HEADER, "")
        return _same(cookie, self.cookie) & _same(page_key, self.page_key)


def check_host(page: Guarded, host: str, origins: set[str] | None) -> None:
    """Step 1. ``origins`` are those that the server answers to, if it knows them. Raises :class:`Refused`."""
    name, _, port = host.rpartition(":")
    if not (name and port.isdigit()):
        name = host
    if name not in LOOPBACK_NAMES or (origins and name != "[::1]" and f"http://{host}" not in origins):
        raise Refused(
            f"{page.name}:foreign_host",
            "this page answers only to the address that was printed",
            cause=f"another name or port points here, perhaps that of a web site that is after {page.what}",
            fix="close other sites and open the printed address again",
        )


def check_site(page: Guarded, headers: Headers) -> None:
    """Step 2. Raises :class:`Refused`."""
    site = headers.get("sec-fetch-site", "same-origin")
    origin = headers.get("origin", f"http://{headers.get('host', '')}")
    if site != "same-origin" or origin != f"http://{headers.get('host', '')}":
        raise Refused(
            f"{page.name}:foreign_site",
            f"another site asked for {page.what}, and was refused",
            cause="a page that is open in your browser tried to read it",
            fix="close that page; nothing was given to it",
        )


def check_halves(page: Guarded, headers: Headers, halves: Halves) -> None:
    """Step 4. Raises :class:`Refused`."""
    if not halves.held_by(headers):
        raise Refused(
            f"{page.name}:signed_out",
            "this tab is not signed in",
            cause="it was not opened with the printed address, or the page was started anew",
            fix=f"open the address that was printed, all of it; '{page.command}' prints a new one",
        )


def check_token(page: Guarded, given: str, token: str) -> None:
    """Step 3. Raises :class:`Refused`."""
    if not _same(given, token):
        raise Refused(
            f"{page.name}:wrong_token",
            "this address is not the one that was printed",
            cause="it is from an earlier start, or was cut short",
            fix=f"open the address that was printed last; '{page.command}' prints a new one",
        )


class GuardedApp(Litestar):
    """An application whose every request passes the guard and whose every answer carries its headers."""

    async def __call__(
        self,
        scope: "Scope | LifeSpanScope",
        receive: "Receive | LifeSpanReceive",
        send: "Send | LifeSpanSend",
    ) -> None:
        if scope["type"] != ScopeType.HTTP:
            await super().__call__(scope, receive, send)
            return

        async def send_guarded(message: "Message") -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in ANSWER_HEADERS.items():
                    headers[name] = value
            await send(message)  # type: ignore[arg-type]

        await super().__call__(scope, receive, send_guarded)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8"))
