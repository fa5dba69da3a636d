"""What is left of titles, addresses and the words of controls at the fidelity ``redacted``?"""

import re
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.samples.disclosed import disclosure

from aboveboard.formats.disclosure import AppRule, CustomerPattern, Disclosure
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Control, Site, Window
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.context import Context, judge
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.scope import Active
from aboveboard.recorder.redact.text.detectors import Loaded, Missing, Options
from aboveboard.recorder.redact.text.finding import KINDS, Finding
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.timeline import Focus
from aboveboard.recorder.redact.words import HIDDEN, Words, wanted, words_for

MAIL = "nora.quill@example.net"


@dataclass
class Mails:
    """Finds mail addresses, and any number that stands after "Account"."""

    name: str = "mails"

    def find(self, text: str) -> list[Finding]:
        mails = [Finding(*one.span(), "mail", 1.0, self.name) for one in re.finditer(r"\w[\w.]*@[\w.]+\w", text)]
        numbers = re.finditer(r"(?<=Account: )\d+", text)
        return mails + [Finding(*one.span(), "account", 1.0, self.name) for one in numbers]


class Broken:
    name = "broken"

    def find(self, text: str) -> list[Finding]:
        raise RuntimeError("no model")


def _words() -> Words:
    return Words(Redactor([Mails()]))


def _rule(**levels: str) -> AppRule:
    return AppRule(name="Editor", wm_class="Editor", why="because it is a test", **levels)  # type: ignore[arg-type]


def _facts(title: str = "") -> WindowFacts:
    return WindowFacts(window_id=1, wm_class="Editor", title=title, pid=7, rect=Rect(0, 0, 100, 100))


def _control(**fields: object) -> Control:
    return Control(cause="click", role="entry", x=0, y=0, width=9, height=9, states=[], path=[], **fields)  # type: ignore[arg-type]


def test_the_same_person_has_the_same_placeholder_in_a_title_and_in_a_control() -> None:
    words = _words()
    assert words.text(f"Letter to {MAIL}") == "Letter to ‹mail 1›"
    control = words.control(_control(name=f"Send to {MAIL}", options=["Cancel", f"cc {MAIL}"]))
    assert control.name == "Send to ‹mail 1›"
    assert control.options == ["Cancel", "cc ‹mail 1›"]


def test_what_a_field_holds_is_looked_at_with_its_name() -> None:
    assert _words().control(_control(name="Account", value="12345")).value == "‹account 1›"
    assert _words().control(_control(name="Room", value="12345")).value == "12345"


def test_the_steps_of_a_path_keep_their_roles() -> None:
    control = _control(name="Open")
    path = ["frame: mail from " + MAIL, "menu bar", "menu: File"]
    told = _words().control(Control(**{**_fields(control), "path": path}))
    assert told.path == ["frame: mail from ‹mail 1›", "menu bar", "menu: File"]


def _fields(control: Control) -> dict[str, object]:
    return {name: getattr(control, name) for name in control.__struct_fields__}


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://example.net/a/b?page=2", "https://example.net/a/b?page=2"),
        ("https://user:secret@example.net:8443/a#top", "https://example.net:8443/a"),
        (f"https://example.net/people/{MAIL}", "https://example.net/people/‹mail 1›"),
        ("https://example.net/people/nora.quill%40example.net", "https://example.net/people/‹mail 1›"),
        ("https://example.net/?Account=12345&x=1", "https://example.net/?Account=‹account 1›&x=1"),
        ("https://example.net/r/9f86d081884c7d659a2feaa0c55ad015", f"https://example.net/r/{HIDDEN}"),
        ("https://example.net/?q=" + "&a=1" * 60, ""),
        ("file:///home/nora/letter.txt", ""),
        ("about:blank", ""),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_an_address_without_what_should_not_be_seen(url: str, left: str) -> None:
    assert _words().url(url) == left


@given(st.text(max_size=300))
def test_any_address_is_read_without_an_error(url: str) -> None:
    for whole in (url, f"https://example.net/{url}", f"http://example.net/?{url}"):
        assert MAIL not in _words().url(whole)


def test_what_could_not_be_checked_does_not_come_out() -> None:
    words = Words(Redactor([Mails(), Broken()]))
    assert "letter" not in words.window(_window("a letter")).title
    assert "letter" not in words.url("https://example.net/letter")


def _window(title: str) -> Window:
    return Window(app="Editor", title=title, pid=1, x=0, y=0, width=1, height=1)


def test_what_is_longer_after_redaction_is_cut_to_what_may_be_written() -> None:
    title = " ".join([MAIL] * 45)
    assert len(_words().window(_window(title * 2)).title) <= 1000


@pytest.mark.parametrize("words", [None, _words()])
def test_a_window_comes_out_redacted_or_without_its_title(words: Words | None) -> None:
    gate = Gate(disclosure(_rule(window="redacted")), words=words)
    gate.active(10, Active(_facts(f"Letter to {MAIL}")))
    items: list[Item] = [one for one in gate.release(10**12) if hasattr(one, "event")]  # type: ignore[assignment]
    (window,) = [one.event for one in items if isinstance(one.event, Window)]  # type: ignore[union-attr]
    assert window.title == ("" if words is None else "Letter to ‹mail 1›")
    assert (window.pid == 0) == (words is None)


@pytest.mark.parametrize("words", [None, _words()])
def test_a_control_and_a_site_come_out_redacted_or_bare(words: Words | None) -> None:
    rule = _rule(control="redacted", site="redacted")
    concerned: list[tuple[WindowFacts | None, AppRule | None]] = [(_facts(), rule)]
    control = judge(Context(7, 1, _control(name=MAIL)), Focus.OPEN, concerned, words)
    site = judge(
        Context(7, 1, Site(host="example.net", url=f"https://example.net/{MAIL}")), Focus.OPEN, concerned, words
    )
    assert isinstance(control, Control)
    assert control.name == ("" if words is None else "‹mail 1›")
    assert isinstance(site, Site)
    assert site.url == ("" if words is None else "https://example.net/‹mail 1›")


def test_of_two_windows_the_lower_fidelity_counts() -> None:
    concerned: list[tuple[WindowFacts | None, AppRule | None]] = [
        (_facts(), _rule(control="redacted")),
        (_facts(), _rule(control="role")),
    ]
    control = judge(Context(7, 1, _control(name="Open")), Focus.OPEN, concerned, _words())
    assert isinstance(control, Control)
    assert control.name == ""


def test_without_a_detector_there_are_no_words_and_it_is_said_which() -> None:
    asked = disclosure(_rule(window="redacted"))

    def lacking(_: Options) -> Loaded:
        return Loaded((Mails(),), (Missing("tagger", "its model is not there", frozenset({"name"})),), frozenset(KINDS))

    words, why = words_for(asked, lacking)
    assert words is None
    assert why == ("tagger: its model is not there",)


def test_a_kind_that_nobody_looks_for_is_said_too() -> None:
    words, why = words_for(disclosure(_rule(site="redacted")), lambda _: Loaded((Mails(),), (), frozenset({"mail"})))
    assert words is None
    assert "phone" in why[0]


def test_nothing_is_loaded_where_nothing_is_to_be_redacted() -> None:
    exact = disclosure(_rule(window="exact", screen="exact"))
    assert not wanted(exact)

    def never(_: Options) -> Loaded:
        raise AssertionError("loaded")

    assert words_for(exact, never) == (None, ())


def test_the_real_detectors_cover_every_kind() -> None:
    words, why = words_for(disclosure(_rule(window="redacted")))
    assert why == ()
    assert words is not None
    assert (
        words.text("Letter to nora.quill@example.net, IBAN DE89370400440532013000")
        == "Letter to ‹mail 1›, IBAN ‹account 1›"
    )


def _with_customers(*patterns: str) -> Disclosure:
    customers = [CustomerPattern(name="Account", pattern=one) for one in patterns]
    return msgspec.structs.replace(disclosure(_rule(window="redacted")), customers=customers)


def test_what_the_disclosure_says_about_customers_is_looked_for() -> None:
    words, why = words_for(_with_customers(r"KD-\d{6}"))
    assert why == ()
    assert words is not None
    assert words.text("Invoice KD-004711") == "Invoice ‹customer 1›"


def test_a_pattern_that_cannot_be_used_leaves_no_words_and_says_so() -> None:
    words, why = words_for(_with_customers(r"KD-\d{6}", "("))
    assert words is None
    assert "customer pattern 2 does not compile" in why[0]
