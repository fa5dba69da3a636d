"""What are the letters of a value like: words, chance, a count?"""

import base64
import binascii
import itertools
import math
import re
from collections import Counter


def in_order(value: str) -> int:
    """How many letters follow one another as in the alphabet or in counting, at most; up to 9."""
    longest = run = 1
    for left, right in itertools.pairwise(value[:80]):
        run = run + 1 if ord(right) - ord(left) == 1 else 1
        longest = max(longest, run)
    return min(longest, 9)


def plain(text: str) -> str:
    return "".join(x for x in text.lower() if x.isalnum())


def kind_of(letter: str) -> str:
    return "9" if letter.isdigit() else "a" if letter.islower() else "A" if letter.isupper() else letter


def pattern(value: str) -> str:
    return "".join(
        "a" if x.islower() else "A" if x.isupper() else "9" if x.isdigit() else x if ord(x) < 128 else "é"
        for x in value
    )


def entropy(value: str) -> float:
    """Bits a character, 0 to about 6."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values()) if size else 0.0


_PAIRS = (
    "th he in er an re on at en nd ti es or te of ed is it al ar st to nt ng se ha as ou io le ve co me de hi "
    "ri ro ic ne ea ra ce li ch ll be ma si om ur ca el ta la ns di fo ho pe ec pr no ct us ac ot il tr ly nc "
    "et ut ss so rs un lo wa ge ie wh ee wi em ad ol rt po we na ul ni ts mo ow pa im mi ai sh ir su id os iv "
    "ia am fi ci vi pl ig tu ev ld ry mp fe bl ab gh ty op wo sa ay ex ke fr oo av ag if ap gr od bo sp rd do "
    "uc bu ei ov by rm ep tt oc fa ef cu rn sc gi da yo cr cl du ga qu ue ff ba ey ls va um pp ua up lu go ht "
    "ru ug ds lt pi rc rr eg au ck ew mu br bi pt ak pu ui rg ib tl ny ki rk ys ob mm fu ph og ms ye ud mb ip "
    "ub oi rl gu dr hr cc tw ft wn nu af hu nn eo vo rv nf xp gn sm fl iz ok nl my gl aw ju oa "
)
_COMMON = frozenset(_PAIRS.split())
"""The pairs of letters that words of many languages are made of."""


def chance(value: str) -> float:
    """How like chance the letters are: 0 as in words, 1 as if drawn."""
    low = value.lower()
    pairs = [low[place : place + 2] for place in range(min(len(low), 60) - 1)]
    pairs = [pair for pair in pairs if pair.isalpha() and pair.isascii()] or [""]
    if pairs == [""]:
        return 1.0 if len(low) > 3 else 0.5
    known = sum(pair in _COMMON for pair in pairs)
    return round(1 - known / len(pairs), 1)


_ENCODED = re.compile(r"(?:[A-Za-z0-9+/]{4}){1,999}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def encoded(value: str) -> bool:
    """Whether this is text in base 64: what a word in the clear becomes that is not to be read at a glance."""
    if len(value) < 8 or value.islower() or not _ENCODED.fullmatch(value):
        return False
    try:
        plain = base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return all(32 <= one < 127 or one in b"\r\n\t" for one in plain)
