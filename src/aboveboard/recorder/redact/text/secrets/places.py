# ruff: noqa: E501 - a pattern is read best on one line
"""Where does the form of a line alone say that a secret stands there: an address, a header, a password file?

Each rule gives the span of the secret in its first group. Values that only stand for a secret are left to the caller.
"""

import base64
import binascii
import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Kind
from aboveboard.recorder.redact.text.secrets.assigned import Candidate

HINTS = (
    r"://[^\s/\"'<>]{0,200}:[^\s@\"'<>]{1,200}@|://[\w\-]{20,200}@|\b(?:basic|bearer|digest|negotiate|oauth) +[\w+/=.~\-]{6,}|\bcookie2?[\"']?\s*:"
    r"|\bmachine +\S+ +login |\$(?:1|2[abxy]?|5|6|y|apr1|argon2i?d?|pbkdf2[\w\-]*|scrypt)\$[\w./$=,+\-]{12}|\{S?SHA\d*\}"
    r"|[\"'\s,{](?:d|k|p|q|dp|dq|qi)[\"']?\s?:\s?[\"'][\w\-]{22,}"
    r"|^[\w.*\-]+:(?:\d{2,5}|\*):[^\s:]+:[^\s:]+:\S+$"
)
"""For a quick look over a text, case and lines as they come."""

_RULES: tuple[tuple[Kind, float, re.Pattern[str]], ...] = (
    ("key", 0.9, re.compile(r"(?i)\b(?:bearer|negotiate|oauth)\s{1,3}([\w+/=.~\-%:]{12,4000})")),
    ("key", 0.9, re.compile(r"://(?=[^@/]{0,200}\d)([A-Za-z0-9_\-]{20,200})(?::x-oauth-basic)?@")),
    ("key", 0.9, re.compile(r"(?i)\b(?:set-)?cookie2?[\"']?\s{0,3}:\s{0,3}[\"']?([\w.\-$]{1,80}=[^\n\"']{4,4000})")),
    (
        "password",
        0.95,
        re.compile(r"\bmachine\s{1,4}\S{1,200}\s{1,4}login\s{1,4}\S{1,200}\s{1,4}password\s{1,4}(\S{1,200})"),
    ),
    (
        "password",
        0.9,
        re.compile(r"(\$(?:1|2[abxy]?|5|6|y|apr1|argon2i?d?|pbkdf2[\w\-]{0,12}|scrypt)\$[\w./$=,+\-]{12,400})"),
    ),
    ("password", 0.9, re.compile(r"(\{S?SHA\d{0,3}\}[A-Za-z0-9+/=]{20,200})")),
    ("key", 0.9, re.compile(r"[\"'\s,{](?:d|k|p|q|dp|dq|qi)[\"']?\s?:\s?[\"']([\w\-]{22,4000})")),
    ("password", 0.8, re.compile(r"(?m)^[\w.*\-]{1,200}:(?:\d{2,5}|\*):[^\s:]{1,100}:[^\s:]{1,100}:(\S{1,200})$")),
)
_ADDRESS = re.compile(
    r"\b[a-zA-Z][\w+.\-]{1,30}://[^\s/:@\"'<>]{0,200}(?:@[\w.\-]{1,100})?:([^\s\"'<>/]{1,200}?|[^\s\"'<>]{1,200}?)@(?=[\w\[.*$%{-])"
)
_BASIC = re.compile(r"(?i)\bbasic\s{1,3}([A-Za-z0-9+/=_\-]{6,4000})")


def secrets_in(line: str) -> Iterator[tuple[int, int, Kind, float]]:
    """Start, end, kind and certainty of each."""
    for kind, certain, rule in _RULES:
        for found in rule.finditer(line):
            yield found.start(1), found.end(1), kind, certain
    for found in _BASIC.finditer(line):
        if is_basic(found[1]):
            yield found.start(1), found.end(1), "password", 0.95


def in_addresses(line: str) -> Iterator[Candidate]:
    """What may be the password in an address (``scheme://name:password@host``): for ``judge``, as ``user:pass`` is none."""
    for found in _ADDRESS.finditer(line):
        start, end = found.span(1)
        yield Candidate(found.start(), start - 1, start, end, "://", "", "", True)


def is_basic(text: str) -> bool:
    """Whether this is a name and a password as HTTP's Basic scheme writes them; cut off, perhaps."""
    whole = text.rstrip("=")
    try:
        plain = base64.b64decode(
            whole[: len(whole) // 4 * 4] if len(whole) % 4 == 1 else whole + "=" * (-len(whole) % 4)
        )
    except (ValueError, binascii.Error):
        return False
    return len(plain) >= 4 and (b":" in plain or text != whole) and all(32 <= one < 127 or one > 159 for one in plain)
