"""Which addresses lead to a person or a machine: mail, web hosts and links, IP and MAC addresses?

A host without "www." or "https://" counts if it ends in a top-level domain that is no usual ending of a file's name:
"report.py" is a file, "example.de" a host.
"""

import ipaddress
import re
from collections.abc import Iterator

from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.patterns import vocabulary
from aboveboard.recorder.redact.text.patterns.seen import Seen, finding

_LOCAL = re.compile(r"(?<![\w.+-])[\w.!#$%&'*+=?^`{|}~-]{1,100}$")
_DOMAIN = re.compile(r"(?:[\w](?:[\w-]{0,61}[\w])?\.){1,8}[^\W\d_][\w-]{1,62}|\[[0-9a-fA-F:.]{3,45}\]")
_SPELT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64} ?[\[({] ?(?:at|ät|@) ?[\])}] ?[\w-]{1,63}(?:(?: ?[\[({] ?(?:dot|punkt"
    r"|point|punto) ?[\])}] ?|\.)[\w-]{1,63}){1,4}",
    re.IGNORECASE,
)
_LINK = re.compile(r"[^\s<>\"'‹›«»“”|\\^`{}]{1,4096}")
_SCHEME = re.compile(
    r"(?<![a-z])(?:https?|ftps?|sftp|ssh|git|file|wss?|ldaps?|smb|mailto|tel|jdbc:[a-z]{2,12}"
    r"|postgres(?:ql)?|mysql|mongodb|redis|amqps?|s3)$",
    re.IGNORECASE,
)
_ENDING = re.compile(r"\.([A-Za-z]{2,18})(?![\w@])")
_PATH = re.compile(r"(?::[0-9]{2,5})?(?:[/?#][^\s<>\"'‹›«»“”|\\^`{}]{0,2048})?")
_IPV4 = re.compile(
    r"(?<![\w.])(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}"
    r"|[1-9]?[0-9])){3}(?![\w]|\.[0-9])"
)
_COLONS = re.compile(
    r"(?<![\w:.-])(?:[0-9A-Fa-f]{0,4}(?:[:-][0-9A-Fa-f]{0,4}){2,8}(?:(?:\.[0-9]{1,3}){3})?"
    r"|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})(?![\w:-])"
)
_SIGN = re.compile(r"[:-](?=[0-9A-Fa-f:])|\.(?=[0-9A-Fa-f]{4}\.)")
_MAC = re.compile(r"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")
_CISCO = re.compile(r"[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}")
_VERSION = re.compile(r"(?:\bv|version|release|build|ver\.|§|section|clause|chapter|rule) ?$", re.IGNORECASE)

TOP = vocabulary.word_set("top_domain")
FILES = vocabulary.word_set("file_ending")


def find(seen: Seen) -> Iterator[Finding]:
    """Mail addresses, links, hosts, IP and MAC addresses."""
    text = seen.text
    yield from _mails(text)
    at = text.find("://")
    while at >= 0:
        if (scheme := _SCHEME.search(text, max(0, at - 18), at)) and (one := _LINK.match(text, at + 3)):
            yield finding(scheme.start(), _trimmed(text, at + 3, one.end()), "web", 0.95)
        at = text.find("://", at + 3)
    yield from _hosts(text)
    yield from _machines(seen)


def _mails(text: str) -> Iterator[Finding]:
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(0, at - 100), at)
        if local and (domain := _DOMAIN.match(text, at + 1)):
            yield finding(local.start(), domain.end(), "mail", 0.98)
        at = text.find("@", at + 1)
    if any(bracket in text for bracket in "[({"):
        for one in re.finditer(r"[\[({] ?(?:at|ät|@) ?[\])}]", text, re.IGNORECASE):
            if spelt := _SPELT.search(text, max(0, one.start() - 66), one.end() + 140):
                yield finding(*spelt.span(), "mail", 0.85)


def _trimmed(text: str, start: int, end: int) -> int:
    """The end of a link without the punctuation of the sentence around it."""
    while end > start + 1 and (text[end - 1] in ".,;:!?*_" or (text[end - 1] in ")]" and "(" not in text[start:end])):
        end -= 1
    return end


def _hosts(text: str) -> Iterator[Finding]:
    past = 0
    for ending in _ENDING.finditer(text):
        top = ending.group(1).lower()
        if top not in TOP or ending.start() < past:
            continue
        start = _host_start(text, ending.start())
        if start == ending.start() or (start and text[start - 1] == "@"):
            continue
        name = text[start : ending.start()].lower()
        path = _PATH.match(text, ending.end())
        end = _trimmed(text, ending.end(), path.end()) if path and path.end() > ending.end() else ending.end()
        telling = name.startswith("www.") or "." in name or end > ending.end()
        if (top in FILES and not telling) or (not name.isascii() and not telling) or name in ("e", "i"):
            continue
        # "end.It was": a sentence without a space after its full stop.
        if ending.group(1)[0].isupper() and not text[start : ending.end()].isupper() and not telling:
            continue
        past = end
        yield finding(start, end, "web", 0.85)


def _host_start(text: str, end: int) -> int:
    """Where the host begins whose last dot is at ``end``."""
    start, least = end, max(0, end - 253)
    while start > least and (text[start - 1].isalnum() or text[start - 1] in "-._"):
        start -= 1
    while start < end and not text[start].isalnum():
        start += 1
    return start


def _machines(seen: Seen) -> Iterator[Finding]:
    text = seen.text
    for run in seen.runs:
        one = _IPV4.match(text, run.groups[0][0]) if len(run.groups) >= 4 else None
        if one and not _VERSION.search(text, max(0, one.start() - 10), one.start()):
            yield finding(*one.span(), "network", 0.9)
    past = 0
    for sign in _SIGN.finditer(text):
        if sign.start() < past:
            continue
        start = sign.start()
        while start > past and sign.start() - start < 4 and text[start - 1] in "0123456789abcdefABCDEF":
            start -= 1
        if one := _COLONS.match(text, start):
            past = one.end()
            if _is_machine(one.group()):
                yield finding(*one.span(), "network", 0.95)


def _is_machine(written: str) -> bool:
    """Whether it is a MAC address or an IPv6 address."""
    if _MAC.fullmatch(written) or _CISCO.fullmatch(written):
        return True
    if len(written) < 6 or not (written.count(":") == 7 or "::" in written):
        return False
    try:
        ipaddress.IPv6Address(written)
    except ValueError:
        return False
    return True
