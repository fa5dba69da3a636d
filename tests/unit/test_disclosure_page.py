"""The page says what the text says, word for word and in order; it needs nothing else, and holds no stranger's HTML."""

from html.parser import HTMLParser

import msgspec
import pytest

from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.disclosure_page import page, tongues
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from samples.published import published

MADE = published()


class Reader(HTMLParser):
    """What is read of a page: the disclosure, the exact text; and everything that would be loaded or run."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.words: list[str] = []
        self.exact = ""
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.fetched += [name for name, _ in attrs if name in {"src", "srcset", "action", "onclick", "onload"}]
        self.fetched += [tag] if tag in {"script", "link", "iframe", "img", "object", "base"} else []
        if tag == "meta":
            self.inside.pop()

    def handle_endtag(self, tag: str) -> None:
        while self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "pre" in self.inside:
            self.exact += data
        elif "main" in self.inside and "details" not in self.inside:
            self.words += data.split()


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_says_the_text_in_the_same_words_and_order(language: str) -> None:
    shown, text = read(page(MADE, language)), plain_text(MADE, language)
    said = [word for word in text.split() if word not in {"-", "·"}]
    title = len(MADE.title.split()) if language == "en" else len(MADE.translations[0].title.split())
    assert [word.upper() for word in shown.words[:title]] == said[:title]
    assert shown.words[title:] == said[title:]
    assert shown.exact.strip() == text.strip()
    assert shown_digest(text) in page(MADE, language)
    assert shown.fetched == []


def test_what_a_steward_writes_is_text_and_nothing_else() -> None:
    nasty = '<script>alert(1)</script><img src=x onerror="x"> & {braces} "quotes"'
    made: Disclosure = msgspec.structs.replace(MADE, title=nasty, summary=nasty, never_collected=[nasty])
    shown = read(page(made))
    assert shown.fetched == []
    assert "<script>" in "".join(shown.exact)
    assert "{braces}" in shown.words


def test_the_page_leads_to_its_other_languages() -> None:
    assert 'href="?language=de"' in tongues(MADE, "en")
    assert 'href="?language=en"' in tongues(MADE, "de")
    assert tongues(msgspec.structs.replace(MADE, translations=[]), "en") == ""
