"""How does a person decide on a page of their own browser?

A page that is served on loopback while the command waits, under an address that only this command knows. It holds no
script. "Agree" and "No, thank you" are two buttons of one form, of the same size, side by side; neither is chosen
beforehand, and closing the page is no answer. It says what became of the answer, then it is gone.

Served only if

1. the ``Host`` header names this address and port (a foreign name that points here is refused),
2. the path begins with the token of the printed address,
3. and, for an answer, the browser does not say that another site asks (``Origin``, ``Sec-Fetch-Site``).
"""

import hmac
import queue
import secrets
import threading
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from aboveboard.base.errors import AboveboardError, BadInput
from aboveboard.formats.disclosure_page import page, tongues, whole
from aboveboard.formats.disclosure_text import languages
from aboveboard.formats.disclosure_words import words_in
from aboveboard.formats.disclosure_words.en import WORDS as ENGLISH

if TYPE_CHECKING:
    from aboveboard.commands.enrol import Decide, Question
    from aboveboard.recorder.enrolment import Enrolment

BODY_LIMIT_BYTES = 1024
OUTCOME_LIMIT_S = 120.0
"""How long a page waits for what became of its answer."""
GOODBYE_S = 5.0
"""How long the outcome may take to reach the browser before the command ends."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with none at all a browser would not say which page an answer is from
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class ConsentPage:
    """The page, served while inside the block. ``told`` is given its address when there is a question."""

    def __init__(self, *, told: Callable[[str], None]) -> None:
        self._told = told
        self._token = secrets.token_urlsafe(32)
        self._question: Question | None = None
        self._answers: queue.Queue[str | None] = queue.Queue(maxsize=1)
        self._language: str | None = None
        self._outcome = ""
        self._decided, self._ready, self._shown = threading.Event(), threading.Event(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def origin(self) -> str:
        """The scheme, address and port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The address that opens it."""
        return f"{self.origin}/{self._token}/"

    def __enter__(self) -> "ConsentPage":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._decided.is_set():
            self._shown.wait(GOODBYE_S)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def carry(self, go: "Callable[[Decide], Enrolment | None]") -> "Enrolment | None":
        """Do ``go`` with this page's :meth:`decide`, and show on the page what became of it."""
        try:
            enrolment = go(self.decide)
        except AboveboardError as error:
            self._say(f"{error.what}. {error.fix}")
            raise
        self._say("" if enrolment is None else None)
        return enrolment

    def decide(self, question: "Question") -> str | None:
        """Show the question and wait for the answer; the language in which the person agreed, or ``None``."""
        self._question = question
        self._told(self.url)
        self._language = self._answers.get()
        return self._language

    def _say(self, trouble: str | None) -> None:
        """``None``: they agreed and it is done; empty: they refused; else what went wrong."""
        if self._question is None or not self._decided.is_set():
            return
        language = self._language or self._question.disclosure.language
        words = (words_in(language) or ENGLISH).page
        said = words["agreed"] if trouble is None else trouble or words["refused"]
        body = f'<main><div class="closing"><h1>{escape(said)}</h1><p>{escape(words["close"])}</p></div></main>'
        self._outcome = whole(said, body, language=language)
        self._ready.set()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            timeout = 30

            def do_GET(self) -> None:
                outer._get(self)

            def do_POST(self) -> None:
                outer._post(self)

            def log_message(self, *_: object) -> None:
                """Nothing is logged: the address holds the token."""

        return Handler

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        if not self._may(request, "") or self._question is None:
            self._answer(request, 404, "not here")
            return
        wanted = parse_qs(urlsplit(request.path).query).get("language", [""])[0]
        disclosure = self._question.disclosure
        language = wanted if wanted in languages(disclosure) else disclosure.language
        self._answer(request, 200, question_page(self._question, language))

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        own = request.headers.get("Origin") == self.origin
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if not self._may(request, "answer") or not own or site != "same-origin" or self._question is None:
            self._answer(request, 404, "not here")
            return
        try:
            answer = self._read(request)
        except BadInput as error:
            self._answer(request, 400, error.what)
            return
        if not self._decided.is_set():
            self._decided.set()
            self._answers.put(answer)
        if self._ready.wait(OUTCOME_LIMIT_S):
            self._answer(request, 200, self._outcome)
        self._shown.set()

    def _may(self, request: BaseHTTPRequestHandler, rest: str) -> bool:
        """Steps 1 and 2."""
        host = f"http://{request.headers.get('Host', '')}"
        path = urlsplit(request.path).path
        return host == self.origin and hmac.compare_digest(
            path.encode("utf-8", "surrogatepass"), f"/{self._token}/{rest}".encode()
        )

    def _read(self, request: BaseHTTPRequestHandler) -> str | None:
        """The language agreed in, or ``None`` for no; raises :class:`BadInput` for anything else."""
        length = request.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > BODY_LIMIT_BYTES:
            raise BadInput("this is no answer", cause="the page did not send it", fix="use the page's two buttons")
        fields = parse_qs(request.rfile.read(int(length)).decode("ascii", "replace"))
        answer, language = fields.get("answer", []), fields.get("language", [""])[0]
        if answer == ["refuse"]:
            return None
        if answer == ["agree"] and self._question is not None and language in languages(self._question.disclosure):
            return language
        raise BadInput("this is no answer", cause="the page did not send it", fix="use the page's two buttons")

    def _answer(self, request: BaseHTTPRequestHandler, status: int, html: str) -> None:
        body = html.encode("utf-8")
        request.send_response(status)
        request.send_header("Content-Type", "text/html; charset=utf-8")
        request.send_header("Content-Length", str(len(body)))
        for name, value in HEADERS.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)


def question_page(question: "Question", language: str) -> str:
    """The disclosure in ``language``, and the two buttons."""
    words = (words_in(language) or ENGLISH).page
    top = f'{tongues(question.disclosure, language)}<p class="asked">{escape(words["asked"])}</p>'
    if question.changes:
        said = "".join(
            f"<li>{escape(words[each.direction])}: {escape(each.sentence)}</li>" for each in question.changes
        )
        top += f'<section class="changes"><h2>{escape(words["changes"])}</h2><ul lang="en">{said}</ul></section>'
    buttons = "".join(
        f'<button type="submit" name="answer" value="{value}">{escape(words[value])}</button>'
        for value in ("agree", "refuse")
    )
    bottom = (
        f'<div class="answer"><form method="post" action="answer" autocomplete="off">'
        f'<input type="hidden" name="language" value="{escape(language)}">{buttons}</form></div>'
    )
    return page(question.disclosure, language, top=top, bottom=bottom)
