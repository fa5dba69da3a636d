# ruff: noqa: E501 - a pattern is read best on one line
"""Which value belongs to a telling word though something stands between them?

In lists of names and values (``name: PASSWORD``, below it ``value: …``), in a form that a script fills in, where the
value is handed through a call that only changes its type, or where a call takes a name and a password. For ``judge``
each is written as it would be without what stands between: ``name = "value"``, or as an address for a name and a
password.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aboveboard.recorder.redact.text.secrets.assigned import Candidate

_QUOTE = r"\\{0,3}[\"']"
_VALUE = rf"(?:[bruf@$L]{{0,2}}{_QUOTE}(?P<quoted>[^\"'\\\n]{{1,200}})|(?P<bare>[^\s\"',;(){{}}\[\]<>]{{1,200}}))"
_QUOTED = rf"[bruf@$L]{{0,2}}{_QUOTE}(?P<quoted>[^\"'\\\n]{{1,200}})"
_FORMS = tuple(
    re.compile(rf"(?:{_QUOTE}|\]){{0,2}}{form}")
    for form in (
        rf"(?:\s{{0,3}},\s{{0,12}}|\s{{0,3}}\n\s{{0,40}})(?:{_QUOTE})?(?i:value|val)(?:{_QUOTE})?\s{{0,3}}[:=]\s{{0,3}}{_VALUE}",
        rf"\){{0,2}}\s{{0,2}}(?:or\s|\|\||\?\?|\?:)\s{{0,2}}{_QUOTED}",
        rf";s:\d{{1,4}}:{_QUOTED}",
        rf"(?:,\s{{0,3}}with:\s{{0,3}}|\s{{0,2}}\)\s{{0,2}}\.\s{{0,2}}(?i:send_?keys|fill|type|set\w{{0,8}}|input|enter_?text|press_?sequentially)\(\s{{0,2}}){_QUOTED}",
        rf"\s{{0,2}}(?::?=|:|=>)\s{{0,2}}(?:\[\](?:byte|uint8)|bytes|bytearray|(?:[\w.]{{1,30}}\.)?(?:(?:from)?_?(?i:base64|b64)_?(?i:url|std)?_?\w{{0,12}}|GetBytes|DecodeString))\(\s{{0,2}}{_QUOTED}",
        r"\s{0,2}(?::?=|:)\s{0,2}[\"']?0x(?P<quoted>(?!))?(?P<bare>[0-9a-fA-F]{24,200})\b",
        r"\s(?:for|of|to|für|von|zu[mr]?|de[ls]?|du|pour|para|per|voor|för|til)(?:\s[^\W\d]{1,20}){1,4}\s(?:is|ist|lautet|est|es|è|é|are)\s{1,2}(?P<quoted>(?!))?(?=\S{0,60}\d)(?=\S{0,60}[A-Za-z])(?P<bare>[^\s\"',;]{6,60})(?<![.!?])",
    )
)
"""What may follow the telling name."""

HINTS = r"(?:auth|login|log_in|credentials?|sign_?in|passwordtoken)\w{0,30} ?[=:]? ?[(\[] ?[bruf@]?[\"']|b64_?encode\w{0,10}\( ?[bruf]?[\"'][^\"':\n]{1,80}:|\bbtoa\( ?[\"']"
"""For a quick look over a text for :func:`logins`, case as it comes."""
_LOGINS = (
    re.compile(
        r"(?i)(?:auth(?!enticate)|login|log_in|credentials?|sign_?in|passwordtoken)\w{0,30}\s?[=:]?\s?[(\[]\s?"
        r"[bruf@]?[\"'](?P<user>[^\"'\s]{1,80})[\"']\s{0,2},\s{0,2}[bruf@]?[\"'](?P<quoted>[^\"'\n]{1,200})[\"']\s{0,2}[,)\]]"
    ),
    re.compile(
        r"(?i)(?:b64_?encode\w{0,10}|\bbtoa)\(\s{0,2}[bruf]?[\"'](?P<user>[^\"':\s]{1,80}):(?P<quoted>[^\"'\s]{1,200})[\"']"
    ),
)


@dataclass(frozen=True, slots=True)
class Apart:
    """``text[start:end]`` may be the secret that ``name`` names; ``line`` and ``one`` say so without what is between."""

    start: int
    end: int
    name: str
    line: str
    one: Candidate


def after(text: str, name_start: int, name_end: int) -> Iterator[Apart]:
    """What the telling name ``text[name_start:name_end]`` may name: one or none."""
    for form in _FORMS:
        found = form.match(text, name_end)
        if found is not None:
            group = "quoted" if found["quoted"] is not None else "bare"
            name = text[name_start:name_end]
            quote = '"' if group == "quoted" else ""
            value = found[group]
            start = len(name) + 3 + len(quote)
            line = f"{name} = {quote}{value}{quote}"
            one = Candidate(0, len(name), start, start + len(value), "=", "", quote, True)
            yield Apart(*found.span(group), name, line, one)
            return


def logins(line: str) -> Iterator[Apart]:
    """Passwords that a call takes after a name."""
    for rule in _LOGINS:
        for found in rule.finditer(line):
            before = f"https://{found['user']}:"
            one = Candidate(0, len(before) - 1, len(before), len(before) + len(found["quoted"]), "://", "", "", True)
            yield Apart(*found.span("quoted"), "password", f"{before}{found['quoted']}@localhost/", one)
