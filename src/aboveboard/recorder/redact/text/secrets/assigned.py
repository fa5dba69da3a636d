"""What is a telling word said to be: ``password = …``, ``"api_key": "…"``, ``--token …``, "the password is …"?

Finds candidates only; whether one is a secret is for ``judge``. Works within one line, wherever it was cut off.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

WORDS = (
    "pass|pwd|passw|psw|passwd|contrase|senha|kennwort|mot de passe|motdepasse|mdp|wachtwoord|lösenord|lozinka|"
    "adgangskode|salasana|parola|şifre|heslo|jelsz|has[lł]o|парол|密码|密碼|口令|パスワード|비밀번호|clave|zugangsdaten|"
    "secret|token|key|auth(?:[^o]|ori[sz]ation|o\\b|\\b)|oauth|cred|nonce|salt|identified by|signature|session|cookie|"
    r"[_\-.]pw\b|_ticket|\bpw\b|\bpw[_\-.]|\bpin\b|\bsig\b|securestring|otp|jwt|verifier|\bdsn\b"
)
"""Parts of names that tell of a secret. In lower case; one alternation for every engine of regular expressions."""

LONGEST = 4_000
"""A longer value is taken up to here."""
_NAME_LEFT = re.compile(r"[\w.\-$@%]{0,60}\Z")
_NAME_RIGHT = re.compile(r"[\w\-$]{0,40}(?:\.[\w\-$]{1,20}){0,2}[?!]?")
_BETWEEN = re.compile(
    r"""
    (?P<close>(?:\\{0,3}["'`’”]|&(?:quot|\#0?3[49]|gt|amp);|[\])*]|</?[\w\-]{1,20}(?:\s[^<>]{0,60})?>)*)
    (?:
      (?:,\s?\w{1,20}(?=\s{0,2}:?=))?
      (?P<type>\s{0,2}(?::\s{0,2}|\s)(?:\[\])?[A-Za-z][\w.]{1,24}(?:[*?\]]|\[\]|<\w{1,20}>)?
        (?=\s{1,30}[:?]?=|[:?]?=(?:[^=\s,;"'\\]|["'][^\s,;)}\]])))?  # not the "=" at the end of base 64
      (?P<sep>\s{0,30}(?:=>|:=|\?=|\|\|=|\+=|={1,3}|!={1,2}|->|<-|<<|:{1,2}|：|=|,|\(|>|\[)
        |\s{1,3}(?:is|was|ist|lautet|es|est|era|is:|equals|as|to|of|for|set\sto|to\sbe|wynosi|это|è|é|är|er|on|je)(?:\s|:)
        |\s{1,3}(?=\S)
        |(?=["'`]))
    )
    \s{0,30}
    (?P<wrap>(?:(?:new\s{1,2})?[A-Za-z_][\w.:<>]{0,40}\(\s{0,3}|\[\](?:byte|uint8|string)\s{0,2}[({]|\#?[{\[]\s{0,3}
      |Bearer\s{1,2}|Basic\s{1,2}|[brufLR@$%]{1,2}(?=["'`]))?)
    (?P<quote>\\{0,3}["'`‘“]|&(?:quot|\#0?3[49]);|%[qQ]?[({\[]|)
    """,
    re.VERBOSE,
)
_BARE = re.compile(rf"[^\s\"'`<>\\]{{1,{LONGEST}}}")
_BYTES = re.compile(r"\s{0,3}(?:0x)?[0-9a-fA-F]{1,3}(?:\s{0,2},\s{0,2}(?:0x)?[0-9a-fA-F]{1,3}){3,400}")
_ENDS = {"‘": "’", "“": "”", "(": ")", "{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """``line[start:end]`` is what the name ``line[name_start:name_end]`` may be.

    ``between``: the kind of separator; ``quote``: the opening quote or nothing; ``wrap``: what stands before the quote.
    ``whole``: the closing quote was seen, or nothing was opened.
    """

    name_start: int
    name_end: int
    start: int
    end: int
    between: str
    wrap: str
    quote: str
    whole: bool


def candidates(line: str, at: int, to: int) -> Iterator[Candidate]:
    """What the word ``line[at:to]`` may be said to be: one or none."""
    name_start, name_end = name_around(line, at, to)
    found = _BETWEEN.match(line, name_end)
    if found is None:
        return
    between = _between(found, line, name_start, name_end)
    quote, place = found["quote"], found.end()
    if not quote and (found["wrap"] or "").rstrip().endswith(("{", "[", "(")):
        numbers = _BYTES.match(line, place)
        if numbers:
            yield Candidate(name_start, name_end, place, numbers.end(), between, "bytes", "", True)
            return
    if quote:
        end, whole = _closing(line, place, quote)
    else:
        bare = _BARE.match(line, place)
        end, whole = _bare_end(line, place, bare.end() if bare else place), True
    if end > place:
        yield Candidate(name_start, name_end, place, end, between, found["wrap"].strip(), quote, whole)


def name_around(text: str, at: int, to: int) -> tuple[int, int]:
    """Where the name that the word ``text[at:to]`` is part of begins and ends."""
    left = _NAME_LEFT.search(text, max(0, at - 60), at)
    right = _NAME_RIGHT.match(text, to)
    return left.start() if left else at, right.end() if right else to


def _between(found: re.Match[str], line: str, name_start: int, name_end: int) -> str:
    """The separator in a word: a sign, ``is``, or ``flag`` where only space follows a ``--name``."""
    sign = (found["sep"] or "").strip()
    if not sign:
        return "flag" if line[name_start : name_start + 1] == "-" else "space"
    return sign if not sign[0].isalpha() else "is"


def _closing(line: str, place: int, quote: str) -> tuple[int, bool]:
    """Where the quoted value ends, and whether its end is on the line."""
    mark = _ENDS.get(quote[-1], quote)
    limit = min(len(line), place + LONGEST)
    at = line.find(mark, place, limit)
    while at > place and len(mark) == 1 and line[at - 1] == "\\" and line[at - 2 : at] != "\\\\":
        at = line.find(mark, at + 1, limit)
    return (limit, False) if at < 0 else (at, True)


def _bare_end(line: str, place: int, end: int) -> int:
    """Where a value without quotes ends: not at punctuation that closes a sentence or a call."""
    value = line[place:end]
    if "&" in value and "=" in line[max(0, place - 1) : place]:
        value = value.split("&", 1)[0]
    elif "&" in value and re.search(r"&\w{1,30}=|&(?:quot|#\d\d|lt|gt|amp);", value):
        value = re.split(r"&\w{1,30}=|&(?:quot|#\d\d|lt|gt|amp);", value, maxsplit=1)[0]
    value = value.rstrip(",;")
    while (
        value and value[-1] in ")]}" and value.count(value[-1]) > value.count({")": "(", "]": "[", "}": "{"}[value[-1]])
    ):
        value = value[:-1].rstrip(",;")
    return place + len(value)
