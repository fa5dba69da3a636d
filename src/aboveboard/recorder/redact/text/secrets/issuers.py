# ruff: noqa: E501 - a pattern is read best on one line
"""Which words are keys and tokens of a known issuer, whatever stands around them?

Each issuer's form is public: a prefix or another mark, an alphabet and a length. A token that is cut off (at the edge of
the screen, or because it is still being typed) counts from a length that chance does not reach. Where the form holds a
checksum, a right one makes it certain; a wrong one does not clear it, for one misread letter breaks it.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Issuer:
    """``pattern`` begins at the start of a word and is understood by RE2. ``certain`` says more of a match, 0 to 1."""

    name: str
    pattern: str
    certain: Callable[[str], float] = lambda _: 0.95


def crc32_base62(token: str) -> float:
    """GitHub's and npm's form: the last six letters are the CRC-32 of those between the prefix and them, in base 62."""
    body, check = token.split("_", 1)[1][:-6], token[-6:]
    number, word = binascii.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        word = BASE62[digit] + word
    return 1.0 if word == check else 0.9


def json_token(token: str) -> float:
    """A JSON Web Token: its first part is a JSON object. Part of one, if it is cut off."""
    head = token.split(".", maxsplit=1)[0]
    try:
        known = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error):
        return 0.8 if len(token) >= 40 else 0.0
    return 1.0 if isinstance(known, dict) and "." in token else 0.0  # a whole head and nothing else holds no secret


def base58_check(key: str) -> float:
    """Bitcoin's form: the last four bytes are a hash of the others."""
    number = 0
    for letter in key:
        number = number * 58 + BASE58.index(letter)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    good = hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]
    return 1.0 if good else 0.0


def crc16_base32(key: str) -> float:
    """The form of NATS and Stellar seeds: base 32 whose last two bytes are a CRC-16 of the others."""
    try:
        data = base64.b32decode(key + "=" * (-len(key) % 8))
    except binascii.Error:
        return 0.0
    return 1.0 if binascii.crc_hqx(data[:-2], 0) == int.from_bytes(data[-2:], "little") else 0.7


def mixed(token: str) -> float:
    """Letters and digits both, as chance would have it."""
    return 0.8 if any(one.isdigit() for one in token) and any(one.isalpha() for one in token[4:]) else 0.0


def varied(token: str) -> float:
    """Not one letter over and over, as in an example."""
    return 0.9 if len(set(token[2:])) > 4 else 0.0


ISSUERS = (
    Issuer("aws", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,16}"),
    Issuer("aws, names of accounts", r"A(?:GPA|IDA|IPA|NPA|NVA|ROA|PKA|SCA)[A-Z0-9]{16,17}\b", mixed),
    Issuer("google", r"AIza[\w\-]{20,35}|ya29\.[\w\-]{16,}|1//0[\w\-]{40,}|GOCSPX-[\w\-]{16,28}"),
    Issuer("azure", r"[\w~.]{3}8Q~[\w~.\-]{31,34}|[A-Za-z0-9+/]{86}=="),
    Issuer("github", r"(?:gh[pousr]|npm)_[A-Za-z0-9]{36}\b", crc32_base62),
    Issuer("github, cut off", r"(?:gh[pousr]_|github_pat_|npm_)[A-Za-z0-9_]{16,251}", mixed),
    Issuer("gitlab", r"gl(?:pat|ptt|rt|dt|ft|soat|imt|agent|oas|cbt|ffct)-[\w\-]{12,}"),
    Issuer("slack", r"xox[abeoprs]-[\w\-]{10,}|xapp-\d-[\w\-]{20,}"),
    Issuer(
        "slack, discord hooks",
        r"(?:hooks\.slack\.com/(?:services|workflows)|discord(?:app)?\.com/api/webhooks)/[\w/\-]{20,}",
    ),
    Issuer("stripe", r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}"),
    Issuer("twilio", r"(?:A[CDL]|C[AFLNR]|FW|IP|KS|MM|NO|P[KN]|QU|RE|S[CDKM]|TR|UT|X[ER])[0-9a-f]{32}\b", varied),
    Issuer(
        "mail", r"SG\.[\w\-]{16,32}\.[\w\-]{16,64}|key-[0-9a-z]{32}\b|[0-9a-f]{32}-us\d{1,2}\b|xkeysib-[0-9a-f]{32,}"
    ),
    Issuer("pypi", r"pypi-AgE[\w\-]{16,}"),
    Issuer("registries", r"(?:rubygems_|dckr_[op]at_|oy2[a-z0-9]{10}|cio[A-Za-z0-9]{20})[A-Za-z0-9_\-]{12,}", mixed),
    Issuer(
        "models",
        r"sk-(?:ant|proj|svcacct|admin|or)-[\w\-]{16,}|(?:hf|gsk|r8)_[A-Za-z0-9]{20,}|(?:pplx|xai)-[A-Za-z0-9]{30,}",
    ),
    Issuer("openai, old", r"sk-[A-Za-z0-9]{20,}", mixed),
    Issuer("telegram", r"\d{8,10}:AA[\w\-]{30,33}"),
    Issuer("discord", r"[MNO][A-Za-z][\w\-]{21,24}\.[\w\-]{6}\.[\w\-]{27,38}", mixed),
    Issuer("json web token", r"eyJ[\w\-]{8,}(?:\.[\w\-]{2,}){0,2}(?:\.[\w\-]*)?", json_token),
    Issuer(
        "clouds",
        r"do[opr]_v1_[0-9a-f]{32,}|dapi[0-9a-f]{32}|(?:hvs|hvb|hvr)\.[\w\-]{20,}|pul-[0-9a-f]{40}|HRKU-[\w\-]{30,}",
    ),
    Issuer(
        "clouds, more",
        r"[A-Za-z0-9]{14}\.atlasv1\.[\w\-]{40,}|dt0c01\.[A-Z0-9]{20,}|dp\.[a-z]{2}\.\w{40,}|pscale_[a-z]+_[\w\-.]{30,}",
    ),
    Issuer(
        "shops", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,}|sq0(?:atp|csp|idp)-[\w\-]{20,}|EAA[A-Z][A-Za-z0-9]{60,}", mixed
    ),
    Issuer(
        "tools",
        r"PMA[KT]-[0-9a-f\-]{20,}|lin_api_\w{30,}|figd_[\w\-]{20,}|ntn_\w{30,}|NRA[KL]-[A-Z0-9]{20,}|sntry[su]_[\w+/=\-]{30,}",
    ),
    Issuer(
        "tools, more",
        r"glsa_\w{32,}|glc_[\w+/=]{30,}|AT(?:ATT|CTT)3[\w\-=]{40,}|pat\w{14}\.[0-9a-f]{40,}|sbp_[0-9a-f]{30,}|akab-[\w\-]{20,}|squ_[0-9a-f]{40}",
    ),
    Issuer("kubernetes, to join", r"[a-z0-9]{6}\.[a-z0-9]{16}\b", mixed),
    Issuer("seeds", r"S[ACNOUX][A-Z2-7]{54,56}\b", crc16_base32),
    Issuer("age", r"AGE-(?:SECRET-KEY-1|PLUGIN-[A-Z0-9]+-1)[A-Z0-9]{20,}"),
    Issuer("bitcoin", r"[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b|[xyz]prv[1-9A-HJ-NP-Za-km-z]{107}\b", base58_check),
)

ANY = r"\b(?:" + "|".join(issuer.pattern for issuer in ISSUERS) + ")"
"""One alternation for a quick look over a text."""
_EACH = tuple((re.compile(issuer.pattern, re.ASCII), issuer) for issuer in ISSUERS)


def certainty(token: str) -> float:
    """How sure it is that a match of :data:`ANY` is a token: that of the surest issuer; 0 for none."""
    best = 0.0
    for pattern, issuer in _EACH:
        found = pattern.match(token)
        if found and found.end() >= len(token) - 1:
            best = max(best, issuer.certain(token[: found.end()]))
    return best
