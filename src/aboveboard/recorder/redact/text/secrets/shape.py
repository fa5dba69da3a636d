"""What can be said of a candidate without knowing the answer? The words that ``judge`` weighs.

A feature is a short string. All are of the one line: the name, what stands between, the value, and what follows.
"""

import itertools
import math
import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.secrets import letters
from aboveboard.recorder.redact.text.secrets.assigned import WORDS, Candidate
from aboveboard.recorder.redact.text.secrets.placeholder import stands_for_another

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
_RUNS = re.compile(r"(.)\1+")
_WORD = re.compile(WORDS, re.IGNORECASE)
_VALUE_FORMS = (
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("hex", re.compile(r"(?:0x)?[0-9a-fA-F]{8,}")),
    ("number", re.compile(r"[-+]?\d+(?:[.,]\d+)*")),
    ("constant", re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")),
    ("dashed", re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")),
    ("snake", re.compile(r"_*[a-z][a-z0-9]*(?:_[a-z0-9]+)+")),
    ("camel", re.compile(r"[a-z]+(?:[A-Z][a-z0-9]+)+")),
    ("Camel", re.compile(r"(?:[A-Z][a-z0-9]+){2,}")),
    ("dotted", re.compile(r"[A-Za-z_$@][\w$]*(?:(?:\.|->|::)[A-Za-z_$][\w$]*)+")),
    ("lower", re.compile(r"[a-z]+")),
    ("Title", re.compile(r"[A-Z][a-z]+")),
    ("UPPER", re.compile(r"[A-Z]+")),
    ("letters", re.compile(r"[A-Za-z]+")),
    ("variable", re.compile(r"[$@:&*][\w.\-\[\]>]+")),
    ("path", re.compile(r"(?:[~.]{0,2}/)?[\w.\-]+(?:/[\w.\-]*)+")),
    ("address", re.compile(r"\w{2,10}://\S*")),
    ("mail", re.compile(r"[\w.+\-]+@[\w\-]+\.[\w.\-]+")),
    ("base64", re.compile(r"[A-Za-z0-9+/_\-]{16,}={0,2}")),
    ("alphanumeric", re.compile(r"[A-Za-z0-9]+")),
    ("word", re.compile(r"[\w\-.]+")),
    ("sentence", re.compile(r"\S+(?:\s+\S+){2,}")),
    ("two words", re.compile(r"\S+\s+\S+")),
    ("code", re.compile(r".*[(){}\[\]].*", re.DOTALL)),
)


def features(line: str, one: Candidate) -> Iterator[str]:
    """The features of a candidate of ``line``; at most a few hundred."""
    value = line[one.start : one.end]
    name = line[one.name_start : one.name_end]
    yield from _of_name(line, name, one)
    yield from _of_value(value[:200], len(value))
    yield from _of_place(line, one)
    yield from _of_both(name, value[:200], line, one)
    form = _form(value[:200])
    quote = one.quote[-1:] if one.quote else "bare"
    head = _head(name)
    case = _case(name)
    for left, right in (
        (form, quote),
        (form, one.between),
        (form, head),
        (one.between, quote),
        (head, one.between + quote),
        (case, one.between + quote),
        (case, form + one.between),
        (form + quote + one.between, head),
        (form + quote, line[one.end : one.end + 2].strip()),
        (head, f"{letters.chance(value):.0f}"),
        (form + quote, f"{letters.chance(value):.0f}"),
        (form, str(min(len(value), 40) // 4)),
    ):
        yield f"x{left}~{right}"


def _of_name(line: str, name: str, one: Candidate) -> Iterator[str]:
    parts = [part.lower() for part in _PARTS.findall(name)][-6:]
    for part in parts:
        yield f"n{part}"
    for left, right in itertools.pairwise(parts):
        yield f"nn{left}_{right}"
    if parts:
        yield f"nl{parts[-1]}"
        yield f"nf{parts[0]}"
    yield f"nc{_case(name)}"
    yield f"np{line[max(0, one.name_start - 1) : one.name_start]}"
    yield f"nq{line[max(0, one.name_start - 2) : one.name_start]}"
    yield f"ns{name[:1] if not name[:1].isalnum() else 'a'}"
    yield f"nn{min(len(parts), 5)}"


def _of_value(value: str, length: int) -> Iterator[str]:
    form = _form(value)
    yield f"vf{form}"
    yield f"vl{min(length, 24)}"
    yield f"vL{int(math.log2(length + 1) * 2)}"
    yield f"ve{int(letters.entropy(value) * 2)}"
    yield f"vc{letters.chance(value):.1f}"
    kinds = "".join(
        mark
        for mark, has in (
            ("a", any(x.islower() for x in value)),
            ("A", any(x.isupper() for x in value)),
            ("9", any(x.isdigit() for x in value)),
            ("_", "_" in value),
            ("-", "-" in value),
            (".", "." in value),
            (" ", " " in value),
            ("/", "/" in value),
            ("(", "(" in value),
            ("{", "{" in value),
            ("<", "<" in value),
            ("%", "%" in value),
            ("$", "$" in value),
            ("!", any(x in "!#^&*@~?+=|;," for x in value)),
            ("é", not value.isascii()),
        )
        if has
    )
    yield f"vk{kinds}"
    for kind in kinds:
        yield f"vK{kind}"
    yield "vs" + _RUNS.sub(r"\1+", letters.pattern(value[:24]))
    low = value.lower()
    if length <= 24:
        yield f"vw{low}"
    for part in _PARTS.findall(value)[:12]:
        yield f"vp{part.lower()[:20]}"
    padded = f"^{low[:40]}$"
    for size in (3, 4):
        for place in range(len(padded) - size + 1):
            yield f"v{size}{padded[place : place + size]}"
    yield f"vt{_WORD.search(value) is not None}"
    yield f"vh{stands_for_another(value)}{stands_for_another(value, False)}"
    yield f"vd{min(9, 10 * sum(x.isdigit() for x in value) // max(1, len(value)))}"
    yield f"vu{min(9, 10 * len(set(low)) // max(1, len(low)))}"


_DULL = re.compile(
    r"(?i)test|example|sample|dummy|fake|mock|foo|bar|demo|change|your|some|invalid|wrong|bad|hello|abc|123|secret|token|pass|pwd|user|admin"
)
_DRAWN = frozenset((16, 20, 24, 28, 32, 36, 40, 43, 44, 48, 56, 64, 86, 88, 128))
"""Lengths that keys and hashes have."""
_WORDS_IN = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}")


def _of_both(name: str, value: str, line: str, one: Candidate) -> Iterator[str]:
    """How the value is like the name, and like what else is on the line."""
    plain, called = letters.plain(value), letters.plain(name)
    alike = plain == called, bool(plain) and plain in called, bool(called) and called in plain
    yield f"b={alike}"
    parts = {part.lower() for part in _PARTS.findall(name)}
    yield f"bp{min(3, len(parts.intersection(part.lower() for part in _PARTS.findall(value))))}{alike[0]}"
    yield f"br{min(2, line[:600].count(value) - 1) if len(value) > 2 else 9}"
    for found in sorted({word.lower() for word in _DULL.findall(value)})[:4]:
        yield f"bd{found}"
    for found in sorted({word.lower() for word in _DULL.findall(name)})[:4]:
        yield f"bn{found}"
    words = sum(map(len, _WORDS_IN.findall(value)))
    yield f"bw{5 * words // max(1, len(value))}{min(len(value), 32) // 8}"
    turns = sum(letters.kind_of(left) != letters.kind_of(right) for left, right in itertools.pairwise(value[:40]))
    yield f"bt{min(9, 10 * turns // max(1, len(value[:40])))}{min(len(value), 32) // 8}"
    yield f"bs{letters.in_order(value)}"
    yield f"bl{len(value) if len(value) in _DRAWN else 0}{_form(value)}"


def _of_place(line: str, one: Candidate) -> Iterator[str]:
    after = line[one.end + (len(one.quote) if one.whole else 0) :].strip()
    before = line[: one.name_start].strip()
    yield f"pb{one.between}"
    yield f"pq{one.quote}"
    yield f"pw{one.wrap[:16]}"
    yield f"po{one.whole}"
    yield f"pa{after[:1]}"
    yield f"pA{after[:3]}"
    yield f"pz{line.rstrip()[-1:]}"
    yield f"pf{before[:2]}"
    yield f"pF{before[-2:]}"
    yield f"pe{not after}{not before}"
    yield f"pi{line[:1].isspace()}"
    gap = line[one.name_end : one.start]
    yield f"pg{gap[:8]}"
    yield f"ps{'  ' in gap}{gap[:1] == ' '}{gap.endswith(' ')}"
    for word in _PARTS.findall(before)[-4:]:
        yield f"pl{word.lower()}"
    for word in _PARTS.findall(after[:80])[:3]:
        yield f"pr{word.lower()}"
    for mark in (
        "//",
        "#",
        "--",
        "/*",
        "*",
        "$ ",
        "<",
        "{",
        "=>",
        "func",
        "def ",
        "return",
        "if ",
        "import",
        "expect",
        "assert",
        "const",
        "var ",
        "let ",
        "export",
        "curl",
    ):
        if mark in line[:200]:
            yield f"pm{mark}"


def _head(name: str) -> str:
    """The telling part of a name."""
    found = list(_WORD.finditer(name))
    return found[-1][0].lower() if found else ""


def _case(name: str) -> str:
    plain = name.strip("-$@%.")
    if plain.isupper():
        return "UPPER"
    if plain.islower():
        return "lower" + ("_" if "_" in plain else "-" if "-" in plain else "." if "." in plain else "")
    return "Camel" if plain[:1].isupper() else "camel"


def _form(value: str) -> str:
    if not value.strip():
        return "space"
    return next((form for form, pattern in _VALUE_FORMS if pattern.fullmatch(value)), "other")
