"""Pages with planted data, as a browser shows them: a form, a table, a mail, a chat, a letter, a list to choose from.

Each is one HTML document that is filled from a seed. Values stand in fields, cells, bubbles and lists, in light and in
dark, at any zoom; the tokens that were written come back with it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from random import Random

from benchmarks.redaction.screens.planted import KINDS, LABELS, Token, line, planted, words

FAMILIES = ("Liberation Sans", "Liberation Serif", "DejaVu Sans", "DejaVu Serif", "Liberation Mono")
SIZES = (11, 12, 13, 14, 16, 18)
ZOOMS = (0.8, 1.0, 1.0, 1.0, 1.25, 1.5)
LOOKS = {
    "light": ("#ffffff", "#1f2328", "#d0d7de", "#f6f8fa"),
    "dark": ("#1e1e1e", "#d4d4d4", "#3c3c3c", "#2a2d2e"),
    "night": ("#0d1117", "#e6edf3", "#30363d", "#161b22"),
    "paper": ("#f5f2e8", "#44423c", "#cdc8b8", "#ebe6d6"),
}
OPENS = "open"
"""The list that is opened."""


@dataclass
class Sheet:
    """Something to show, and the ``tokens`` that are written on it."""

    html: str = ""
    tokens: list[Token] = field(default_factory=list)
    about: str = ""
    scroll: float = 0.0


class _Writer:
    """Puts tokens into HTML and remembers them."""

    def __init__(self, random: Random) -> None:
        self.random, self.tokens = random, list[Token]()

    def put(self, tokens: list[Token]) -> str:
        self.tokens += tokens
        return " ".join(f"<span>{escape(token.written)}</span>" for token in tokens)

    def thing(self, kind: str) -> str:
        return self.put([planted(self.random, kind)])

    def value(self, kind: str) -> str:
        """For an attribute."""
        self.tokens.append(planted(self.random, kind))
        return escape(self.tokens[-1].text, quote=True)

    def words(self, text: str) -> str:
        return self.put([Token(word) for word in text.split()])

    def some(self, count: int) -> str:
        return self.put(words(self.random, count))

    def line(self, share: float = 0.5) -> str:
        return self.put(line(self.random, share=share))


def form(writer: _Writer) -> str:
    """Labels beside or above fields that are filled in."""
    above = writer.random.random() < 0.4
    rows = []
    for kind in writer.random.sample(KINDS, 8):
        label, value = writer.words(LABELS[kind]), writer.value(kind)
        rows.append(
            f"<p class={'above' if above else 'beside'}><label>{label}</label><input size=46 value='{value}'></p>"
        )
    note = " ".join(token.written for _ in range(3) for token in _kept(writer, line(writer.random)))
    return f"<h2>{writer.words('Change request')}</h2>{''.join(rows)}<textarea cols=60 rows=4>{escape(note)}</textarea>"


def table(writer: _Writer) -> str:
    """Some twenty rows under their heads."""
    kinds: list[str | None] = [*writer.random.sample(KINDS, 3), None]
    writer.random.shuffle(kinds)
    head = "".join(f"<th>{writer.words(LABELS[kind] if kind else 'Status')}" for kind in kinds)
    rows = (
        "<tr>" + "".join(f"<td>{writer.thing(kind) if kind else writer.some(2)}" for kind in kinds) for _ in range(22)
    )
    return f"<h2>{writer.words('Search result')}</h2><table><tr>{head}{''.join(rows)}</table>"


def mail(writer: _Writer) -> str:
    """A message with its head, a body and a signature."""
    sender, mail_ = writer.thing("name"), writer.thing("mail")
    head = f"<p>{writer.words('From:')} {sender} &lt;{mail_}&gt;<br>{writer.words('To:')} {writer.thing('mail')}<br>"
    head += f"{writer.words('Subject:')} {writer.some(5)}</p><hr>"
    body = "".join(f"<p>{writer.line()} {writer.line(0.3)}</p>" for _ in range(9))
    street, *rest = planted(writer.random, "address").text.split(", ")
    parts = [Token(street, "address"), *(Token(one, "address") for one in rest)]
    sign = "<br>".join([writer.thing("name"), *(writer.put([one]) for one in parts), writer.thing("phone")])
    return f"{head}{body}<p>{writer.words('Best regards')}<br>{sign}</p>"


def chat(writer: _Writer) -> str:
    """Bubbles, each with who wrote it."""
    bubbles = []
    for place in range(14):
        who = f"<b>{writer.thing('name')}</b> <small>{writer.random.randint(8, 18):02d}:{place + 10}</small>"
        bubbles.append(f"<div class='bubble {'right' if place % 3 == 0 else ''}'>{who}<br>{writer.line()}</div>")
    return "".join(bubbles)


def letter(writer: _Writer) -> str:
    """An invoice: an address block, lines, an account. Also what the PDF is made of."""
    street, *rest = planted(writer.random, "address").text.split(", ")
    block = [writer.thing("name"), *(writer.put([Token(one, "address")]) for one in (street, *rest))]
    lines = "".join(f"<tr><td>{writer.some(4)}<td>{writer.random.randint(3, 900)}.00" for _ in range(6))
    body = "".join(f"<p>{writer.line()}</p>" for _ in range(8))
    pay = (
        f"<p>{writer.words('IBAN:')} {writer.thing('account')}<br>{writer.words('Phone:')} {writer.thing('phone')}</p>"
    )
    return f"<p>{'<br>'.join(block)}</p><h2>{writer.words('Invoice')}</h2>{body}<table>{lines}</table>{pay}"


def choice(writer: _Writer) -> str:
    """A list to choose from, which is opened, over a page of text."""
    options = "".join(f"<option>{writer.value('name')}" for _ in range(9))
    mails = "".join(f"<option>{writer.value('mail')}" for _ in range(5))
    page = "".join(f"<p>{writer.line()}</p>" for _ in range(12))
    first = f"<p><label>{writer.words('Customer')}</label> <select id={OPENS}>{options}</select></p>"
    return f"{first}<p><label>{writer.words('Mail')}</label> <select size=5>{mails}</select></p>{page}"


PAGES: dict[str, Callable[[_Writer], str]] = {
    "form": form, "table": table, "mail": mail, "chat": chat, "letter": letter, "choice": choice,
}  # fmt: skip


def page(random: Random, name: str, *, plain: bool = False) -> Sheet:
    """The page ``name``; ``plain``: black on white at no zoom, for paper."""
    writer = _Writer(random)
    look = "light" if plain else random.choice(list(LOOKS))
    ground, ink, rule, soft = LOOKS[look]
    family, size, zoom = random.choice(FAMILIES), random.choice(SIZES), 1.0 if plain else random.choice(ZOOMS)
    body = PAGES[name](writer)
    style = f"""html{{zoom:{zoom}}}body{{background:{ground};color:{ink};font:{size}px '{family}';margin:12px 18px}}
    span{{white-space:nowrap}}input,select,textarea{{font:inherit;background:{soft};color:{ink};border:1px solid {rule};
    padding:3px 6px}}.beside label{{display:inline-block;width:11em}}.above label{{display:block}}p{{margin:.5em 0}}
    table{{border-collapse:collapse}}td,th{{border:1px solid {rule};padding:3px 8px;text-align:left}}
    th{{background:{soft}}}.bubble{{background:{soft};border-radius:8px;padding:6px 10px;margin:6px 0;width:70%}}
    .right{{margin-left:25%}}h2{{font-size:1.4em;margin:.4em 0}}option{{background:{soft};color:{ink}}}"""
    html = f"<!doctype html><meta charset=utf-8><title>Aboveboard screens</title><style>{style}</style>{body}"
    scroll = random.choice((0.0, 0.0, 0.37)) if name != "choice" else 0.0
    about = f"{name}/{look}/{family}/{size}/x{zoom}" + ("/scrolled" if scroll else "")
    return Sheet(html, writer.tokens, about, scroll)


def _kept(writer: _Writer, tokens: list[Token]) -> list[Token]:
    writer.tokens += tokens
    return tokens
