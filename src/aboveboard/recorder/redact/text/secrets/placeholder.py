"""Does a value only stand for a secret: ``<your password>``, ``${VAR}``, ``xxxx``, ``getPassword()``?"""

import re
import unicodedata

_FORMS = re.compile(
    r"""
    [x*.\-_•●∙…#?0X\s]+                           # xxxx, ****, ••••, ----
    |<[^<>]{0,80}>|\[[\w\s\-.]{1,60}\]            # <your password>
    |\$[{(]?[\w.:\-?/\s]{1,80}[)}]?|\$\$          # $VAR, ${VAR}, $(VAR)
    |\{\{?[^{}"'=+]{0,80}\}?\}|%[\w(){}.]{1,40}%?   # {{var}}, %VAR%, %(var)s
    |\#\{.{0,80}\}?|@[\w.]{1,40}@|__[A-Z][A-Z_]{2,60}__
    |\\?[nrt0]|%[sdvqrxw@]
    |(?i:your|my|the|some|insert|enter|replace|put|add|type|change|ihr|dein|votre|tu|su)[\s_\-].{0,60}
    |.{0,60}(?i:[\s_\-]|\b)(?i:here|goes[\s_\-]here|placeholder)
    |(?i:null|none|nil|true|false|undefined|void|string|str|int|bool|boolean|object|bytes|any|required|optional|n/?a|tbd|todo
       |redacted|hidden|masked|filtered|secret_?name|unset|empty|default|off|on|yes|no)
    |‹[^›]{0,40}›
    """,
    re.VERBOSE | re.DOTALL,
)
_CALL = re.compile(r"[A-Za-z_$@][\w.$:>\-\[\]'\"]{0,80}\(.{0,200}")


def stands_for_another(value: str, quoted: bool = True) -> bool:
    """Whether ``value`` is a placeholder, or, without quotes, a call."""
    value = value.strip()
    if not value or (_FORMS.fullmatch(value, 0, 120) and len(value) <= 120):
        return True
    return not quoted and _CALL.fullmatch(value, 0, 300) is not None and len(value) <= 300


_WORDS = re.compile(
    r"[^\W\d_]+(?:['’\-][^\W\d_]+)*[,:;]?(?:[\s/]+[^\W\d_]+(?:['’\-][^\W\d_]+)*[,:;]?){1,40}\s?[.!?…:。]{0,3}"
)


def is_sentence(value: str) -> bool:
    """Whether this reads as words on a page ("Enter your password", "Neues Passwort") and not as a password."""
    value = value.strip()
    if not value.isascii():
        value = "".join(one for one in value if not unicodedata.category(one).startswith("M"))
    if value[-1:] == ":" and value[:-1].isalpha():
        return True
    if len(value) > 300 or _WORDS.fullmatch(value) is None:
        return any(one.isalpha() and ord(one) > 0x2E7F for one in value[:20]) or (
            len(value.split()) > 3 and value[-1:] in ".!?:"
        )
    return len(value.split()) > 2 or not value.isascii() or value[:1].isupper()
