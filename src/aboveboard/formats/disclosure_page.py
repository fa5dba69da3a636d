"""How does a disclosure stand on a page that needs nothing else: no server, no script, nothing from elsewhere?

The page sets what ``formats.disclosure_text`` tells, in the same words and order; below it stands the exact text that a
signature is over, with its hash.
"""

from html import escape

from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.disclosure_text import Section, languages, plain_text, shown_digest, told
from aboveboard.formats.disclosure_words import words_in
from aboveboard.formats.disclosure_words.en import WORDS as ENGLISH

STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --soft: #56616f; --paper: #f5f6f4; --card: #fff; --line: #dfe3e2;
  --mark: #0b6e62; --never: #a33a2c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecea; --soft: #a5afb5; --paper: #14191d; --card: #1c2328;
  --line: #313a40; --mark: #5fd0bf; --never: #f2978a; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.2rem 1.1rem 9rem; background: var(--paper); color: var(--ink);
  font: 1.06rem/1.58 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
main { max-width: 46rem; margin: 0 auto; display: grid; gap: 1.1rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0; text-wrap: balance; }
h2 { font-size: 1.12rem; margin: 0 0 .55rem; }
p { margin: 0; }
header { display: grid; gap: .7rem; }
.asked { color: var(--mark); font-weight: 600; }
.tongues { display: flex; gap: .9rem; flex-wrap: wrap; font-size: .95rem; margin: 0; padding: 0; list-style: none; }
a { color: var(--mark); }
section, details, .closing { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.05rem 1.25rem; }
ul { margin: 0; padding-left: 1.2rem; display: grid; gap: .42rem; overflow-wrap: anywhere; }
ul ul { margin-top: .4rem; }
.never h2 { color: var(--never); }
.closing { display: grid; gap: .7rem; }
summary { cursor: pointer; font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: .84rem/1.5 ui-monospace, "Liberation Mono", monospace; }
.hash { color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.changes li::marker { color: var(--soft); }
.answer { position: fixed; inset: auto 0 0 0; background: var(--card); border-top: 1px solid var(--line);
  padding: .9rem 1.1rem; }
.answer form { max-width: 46rem; margin: 0 auto; display: grid; grid-template-columns: 1fr 1fr; gap: .9rem; }
.answer button { font: inherit; font-weight: 600; padding: .8rem 1rem; border-radius: 10px; cursor: pointer;
  border: 2px solid var(--mark); background: var(--card); color: var(--ink); }
.answer button:hover { background: var(--paper); }
.answer button:focus-visible, a:focus-visible, summary:focus-visible { outline: 3px solid var(--mark);
  outline-offset: 2px; }
@media print { .answer { display: none; } body { padding-bottom: 0; } }
"""


def page(disclosure: Disclosure, language: str | None = None, *, top: str = "", bottom: str = "") -> str:
    """The whole page, as HTML. ``top`` and ``bottom`` are HTML that whoever serves it puts around the disclosure.

    Raises :class:`BadInput` if the disclosure does not come in ``language``.
    """
    what = told(disclosure, language)
    words = (words_in(what.language) or ENGLISH).page
    text = plain_text(disclosure, language)
    sections = "".join(_section(section, never=place == 1) for place, section in enumerate(what.sections))
    closing = "".join(f"<p>{escape(each)}</p>" for each in what.closing)
    body = f"""<main>
<header>{top}<h1>{escape(what.title)}</h1><p class="summary">{escape(what.summary)}</p></header>
<div class="told">{sections}<div class="closing">{closing}</div></div>
<details><summary>{escape(words["exact"])}</summary><p>{escape(words["exact_why"])}</p>
<pre>{escape(text)}</pre><p class="hash">SHA-256: {shown_digest(text)}</p></details>
</main>{bottom}"""
    return whole(what.title, body, language=what.language)


def whole(title: str, body: str, *, language: str) -> str:
    """An HTML document around ``body``."""
    return f"""<!doctype html>
<html lang="{escape(language)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>
<style>{STYLE}.told {{ display: grid; gap: 1.1rem; }}</style></head>
<body>{body}</body></html>
"""


def tongues(disclosure: Disclosure, chosen: str) -> str:
    """Links to the page in its other languages, as HTML; nothing if there is only one."""
    if len(languages(disclosure)) < 2:
        return ""
    links = []
    for each in languages(disclosure):
        name = escape((words_in(each) or ENGLISH).name)
        here = f'<b lang="{escape(each)}">{name}</b>'
        links.append(f"<li>{here if each == chosen else f'<a lang={each!r} href={_query(each)}>{name}</a>'}</li>")
    return f'<ul class="tongues">{"".join(links)}</ul>'


def _query(language: str) -> str:
    return f'"?language={escape(language)}"'


def _section(section: Section, *, never: bool) -> str:
    points = []
    for point in section.points:
        under = "".join(f"<li>{escape(each)}</li>" for each in point.under)
        points.append(f"<li>{escape(point.text)}{f'<ul>{under}</ul>' if under else ''}</li>")
    kind = ' class="never"' if never else ""
    return f"<section{kind}><h2>{escape(section.title)}</h2><ul>{''.join(points)}</ul></section>"
