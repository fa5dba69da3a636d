"""What is left of a title, an address or the words of a control, at the fidelity ``redacted``?

1. Everything that was found in a text is replaced by its placeholder (``text.redactor``). A text that could not be
   checked is replaced as a whole.
2. What a field holds is looked at with the field's name before it: a number after "Card number" is no other number.
3. Of a web address the host stays; user, password and fragment go; each step of the path and each value of the query
   is redacted by itself, and one that could be a token goes.
4. Without detectors for every kind there are no words: the recorder then tells as much as one level lower does.

Texts repeat, so the answers for the last ones are kept, in memory, for the session.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.formats.disclosure import AppRule, Disclosure
from aboveboard.formats.recording import Control, Site, Window
from aboveboard.recorder.redact.text.detectors import Loaded, Options, load
from aboveboard.recorder.redact.text.finding import KINDS
from aboveboard.recorder.redact.text.redactor import Redactor

REMEMBERED = 2_000
TITLE_LIMIT, NAME_LIMIT, OPTION_LIMIT, STEP_LIMIT, URL_LIMIT = 1000, 200, 100, 120, 4000
"""Of ``formats.recording``, in characters: a placeholder may be longer than what it stands for."""
QUERY_LIMIT = 50
"""Of an address with more values than this the query goes."""
_OPAQUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w.~+/=-]{16,}|[\w-]{32,}")
"""Long, and of letters with digits: it may open something."""
HIDDEN = "‹value›"
_ESCAPED = {ord(one): quote(one, safe="") for one in "%/?#&=+" + "".join(map(chr, range(32)))}
"""What would be read as another part of the address."""


class Words:
    """The words of one session. Used by one thread at a time."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    def text(self, text: str, *, about: str = "") -> str:
        """``text`` redacted, as what follows the words ``about``."""
        if not text or text.isspace():
            return text
        known = self._known.get((about, text))
        if known is None:
            known = self.redactor.redact(text, about=about).text
            if len(self._known) >= REMEMBERED:
                self._known.popitem(last=False)
            self._known[(about, text)] = known
        return known

    def window(self, window: Window) -> Window:
        """The same window, its title redacted."""
        return msgspec.structs.replace(window, title=self.text(window.title)[:TITLE_LIMIT])

    def site(self, site: Site) -> Site:
        """The same site, its address redacted."""
        return msgspec.structs.replace(site, url=self.url(site.url)[:URL_LIMIT])

    def control(self, control: Control) -> Control:
        """The same control, all its words redacted."""
        name = control.name
        return msgspec.structs.replace(
            control,
            name=self.text(name)[:NAME_LIMIT],
            value=self.text(control.value, about=name)[:NAME_LIMIT],
            chosen=self.text(control.chosen, about=name)[:OPTION_LIMIT],
            options=[self.text(option, about=name)[:OPTION_LIMIT] for option in control.options],
            path=[self._step(step)[:STEP_LIMIT] for step in control.path],
        )

    def url(self, url: str) -> str:
        """A web address without what should not be seen; "" if it is none."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
            query = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=QUERY_LIMIT)
        except ValueError:
            return ""
        if not host or parts.scheme not in {"http", "https"}:
            return ""
        path = "/".join(self._part(unquote(step)) for step in parts.path.split("/"))
        values = "&".join(f"{self._part(name)}={self._part(value, about=name)}" for name, value in query)
        return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}{f'?{values}' if values else ''}"

    def _step(self, step: str) -> str:
        role, colon, name = step.partition(": ")
        return f"{role}{colon}{self.text(name)}"

    def _part(self, part: str, *, about: str = "") -> str:
        if _OPAQUE.fullmatch(part):
            return HIDDEN
        return self.text(part, about=about).translate(_ESCAPED)


def wanted(disclosure: Disclosure) -> bool:
    """Is anything disclosed at a fidelity that needs them?"""
    return any(_redacts(app) for app in disclosure.apps)


def words_for(disclosure: Disclosure, load: Callable[[Options], Loaded] = load) -> tuple[Words | None, tuple[str, ...]]:
    """The words of a session, and why there are none although they are wanted, for a person to read."""
    if not wanted(disclosure):
        return None, ()
    try:
        loaded = load(Options(customers=tuple(one.pattern for one in disclosure.customers)))
    except BadInput as error:
        # It was published by a tool that does not check (``patterns.customers.check``): then there are no words.
        return None, (str(error),)
    without = loaded.uncovered(frozenset(KINDS))
    if without:
        why = tuple(f"{one.name}: {one.why}" for one in loaded.missing)
        return None, why or (f"nothing looks for: {', '.join(sorted(without))}",)
    return Words(Redactor(loaded.detectors)), ()


def _redacts(app: AppRule) -> bool:
    return "redacted" in {app.window, app.site, app.control, app.keystrokes, app.screen}
