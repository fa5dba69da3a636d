# ruff: noqa: E501 - a pattern is read best on one line
"""Which words given to a command, to a database or to a device are a password?

Where the flag does not tell (``-p``, ``-k``), the program does. Each rule gives the span of the secret in its first
group. Values that only stand for a secret are left to the caller.
"""

import re
from collections.abc import Iterator

_PROGRAMS = (
    r"curl|wget|http|mysql|mysqldump|mysqladmin|mariadb|mariadb-dump|sshpass|docker|podman|redis-cli|ldap\w{3,6}|net1?|htpasswd"
    r"|smbclient|rpcclient|sqlcmd|mongo\w{0,7}|7z[ar]?|zip|unzip|openssl|xfreerdp3?|wfreerdp|mstsc|rdesktop|psexec(?:64)?|putty"
    r"|plink|pscp|psftp|snmp\w{3,8}"
)
HINTS = (
    rf"\b(?:{_PROGRAMS})(?:\.exe)? [^\n]*(?:-|/|\\)"
    r"|-(?:pass|passin|passout) [\"']?pass:|(?:store|key)pass +\S|\b(?:echo|printf) [^\n|]+\|[^\n]*(?:sudo|chpasswd|stdin|-fd)"
    r"|\b(?:sqlplus|sqlldr|expdp|impdp) |\bjdbc:oracle:|\bnmcli |\bwpa_passphrase |^ *(?:requirepass|masterauth) "
    r"|; *(?:pwd|password) ?=|/:_(?:auth|password)|\bidentified +(?:with \S+ +)?by |\b(?:role|user|login) [^\n]*\bpassword *=? *[ne]?\\?[\"']|= *password *\("
    r"|\bconvertto-securestring |(?:password|secret) \d{1,2} \S|\bsnmp-server +community |psk *[:=]"
    r"|\b(?:wlan|wi-?fi|netzwerk|network)[ \-]{0,2}(?:key|schlüssel|sicherheitsschlüssel|passphrase) *[:=]"
    r"|\b(?:recovery|backup|licen[sc]e|product|activation|lizenz|wiederherstellungs|produkt|aktivierungs)[ \-]{0,2}(?:code|key|schlüssel)"
)
"""For a quick look over a text, case and lines as they come."""

_BARE = r"([^\s\"']{1,200})"
_VALUE = rf"[\"']?{_BARE}"
_QUOTED = r"[ne]?\\?[\"']([^\s\"'\\`+][^\"'\\`\n]{0,199})"
_RULES = tuple(
    re.compile(rule)
    for rule in (
        rf"\bcurl\b[^\n|]{{0,400}}?\s(?:-u|--user|--proxy-user)[\s=]{{0,2}}[\"']?[^\s:\"']{{1,100}}:{_BARE}",
        r"\b(?:mysql|mysqldump|mysqladmin|mariadb|mariadb-dump)\b[^\n|]{0,400}?\s-p([^\s\"'][^\s]{0,200}|\"[^\"]{1,200}\"|'[^']{1,200}')",
        rf"\bsshpass\s{{1,3}}-p\s{{0,2}}{_VALUE}",
        rf"\b(?:docker|podman)\s[^\n]{{0,60}}\blogin\b[^\n]{{0,300}}?\s(?:-p|--password)[\s=]{{1,2}}{_VALUE}",
        rf"\bredis-cli\b[^\n]{{0,200}}?\s-a\s{{1,2}}{_VALUE}",
        rf"\bldap(?:search|modify|add|whoami|passwd|delete)\b[^\n]{{0,400}}?\s-[ws]\s{{0,2}}{_VALUE}",
        rf"\bhtpasswd\s{{1,3}}-[a-zA-Z]{{0,6}}b[a-zA-Z]{{0,6}}\s{{1,3}}\S{{1,200}}\s{{1,3}}\S{{1,100}}\s{{1,3}}{_VALUE}",
        r"(?i)\b(?:sqlcmd|mongo\w{0,7}|rdesktop|psexec(?:64)?)(?:\.exe)?\b[^\n]{0,300}?\s-p\s{0,2}[\"']?([^\s\"'\-][^\s\"']{2,200})",
        rf"\b(?:un)?zip\b[^\n]{{0,300}}?\s-P\s{{0,2}}{_VALUE}",
        rf"\b7z[ar]?\b[^\n]{{0,300}}?\s-p{_VALUE}",
        rf"(?i)\b(?:putty|plink|pscp|psftp)(?:\.exe)?\b[^\n]{{0,300}}?\s-pw\s{{1,2}}{_VALUE}",
        rf"(?i)\b(?:[xw]freerdp3?|mstsc)\b[^\n]{{0,300}}?\s/p(?:ass|assword)?:{_VALUE}",
        r"\b(?:smbclient|rpcclient)\b[^\n]{0,300}?\s(?:-U|--user)[\s=]{0,2}[\"']?[^\s%\"']{1,100}%([^\s\"']{1,200})",
        r"(?im)(?:^|[>$#;&|])\s{0,4}net1?(?:\.exe)?\s{1,3}user\s{1,3}[^\s/]{1,100}\s{1,3}([^\s/*]\S{0,200})(?=\s{1,3}/|\s{0,3}$)",
        r"(?i)\bnet1?(?:\.exe)?\s{1,3}use\s[^\n]{0,20}\\\\\S{1,200}\s{1,3}([^\s/*]\S{0,200})(?=\s{1,3}/user:)",
        r"(?i)\bnet1?(?:\.exe)?\s{1,3}use\s[^\n]{0,300}?/user:\S{1,100}\s{1,3}([^\s/*]\S{0,200})",
        rf"\s-pass(?:in|out)?\s{{1,2}}[\"']?pass:{_VALUE}",
        rf"\bopenssl\s{{1,2}}enc\b[^\n|]{{0,300}}?\s-k\s{{1,2}}{_VALUE}",
        rf"\s-(?:dest|src)?(?:store|key)pass\s{{1,2}}{_VALUE}",
        r"\becho\s{1,3}(?:-[neE]{1,3}\s{1,3})?[\"']?[^\s\"':|]{1,100}:([^\"'|\s]{1,200})[\"']?\s{0,3}\|[^\n|]{0,40}\bchpasswd\b",
        r"\b(?:echo|printf)\s{1,3}(?:-[neE]{1,3}\s{1,3})?[\"']?([^\"'|\s]{1,200})[\"']?\s{0,3}\|\s{0,3}(?:sudo\s[^\n|]{0,40}?-\w{0,5}S\b|[^\n|]{0,200}?(?:\s--password-stdin|\bpasswd\s[^\n|]{0,80}--stdin)\b|[^\n|]{0,100}?--passphrase-fd\b)",
        r"(?i)\b(?:sqlplus|sqlldr|expdp|impdp)\s{1,3}(?:-\w{1,3}\s{1,3}){0,3}[\"']?[^\s/\"'@\-]{1,60}/([^\s@\"']{1,100})",
        r"(?i)\bjdbc:oracle:\w{1,10}:[^\s/@\"']{1,60}/([^\s@\"'/]{1,100})@",
        rf"\bnmcli\b[^\n]{{0,300}}?\s(?:password|[\w\-]{{2,20}}\.psk)\s{{1,2}}{_VALUE}",
        rf"\bwpa_passphrase\s{{1,3}}(?:\"[^\"\n]{{1,64}}\"|[^\s\"=]{{1,64}})\s{{1,3}}{_VALUE}",
        rf"(?m)^\s{{0,8}}(?:requirepass|masterauth)\s{{1,4}}{_VALUE}",
        r"(?i)\b(?:server|host|data\ssource|database|initial\scatalog)\s?=[^;\n]{1,200}(?=;)[^\n]{0,300}?;\s{0,3}(?:pwd|password)\s?=\s?([^;\"'\s]{1,200})",
        rf"^\s{{0,8}}//[^\s:]{{1,200}}/:_(?:auth|password|authToken)\s?=\s?{_VALUE}",
        rf"(?i)\b(?:create|alter|grant|user)\b[^\n]{{0,300}}?\bidentified\s{{1,3}}(?:with\s{{1,3}}\S{{1,60}}\s{{1,3}})?by\s{{1,3}}(?:password\s{{1,3}})?{_QUOTED}",
        rf"(?i)\b(?:create|alter)\s{{1,3}}(?:role|user|login)\b[^\n\"']{{0,200}}?\bpassword\s{{0,3}}=?\s{{0,3}}{_QUOTED}",
        rf"(?i)\bset\s{{1,3}}[^\n]{{0,100}}?=\s{{0,3}}password\s{{0,3}}\(\s{{0,3}}{_QUOTED}",
        r"(?i)\bconvertto-securestring\s{1,3}(?:-(?:string|asplaintext|force)\s{1,3}){0,3}[\"']([^\"'\n$]{1,200})",
        r"(?i)\b(?:username\s{1,2}\S{1,64}\s{1,2}(?:privilege\s{1,2}\d{1,2}\s{1,2})?|enable\s{1,2})(?:password|secret)\s{1,2}\d{1,2}\s{1,2}(\S{4,200})",
        r"(?i)\bsnmp-server\s{1,2}community\s{1,2}(?!public\b|private\b)(\S{1,64})",
        r"(?i)\bsnmp\w{3,8}\b[^\n]{0,200}?\s-c\s{1,2}(?!public\b|private\b)[\"']?([^\s\"']{1,64})",
        r"(?i)\b(?:wpa[\-_.]?)?psk\s{0,2}[:=]\s{0,2}[\"']?([^\s\"',;]{8,64})",
        r"(?i)\b(?:wlan|wi-?fi|netzwerk|network)[\s\-]{0,2}(?:key|schlüssel|sicherheitsschlüssel|passphrase)\s{0,2}[:=]\s{0,2}(?=\S{0,60}\d)(\S{8,64})",
        r"(?i)\b(?:recovery|backup|licen[sc]e|product|activation|lizenz|wiederherstellungs|produkt|aktivierungs)[\s\-]{0,2}(?:code|key|schlüssel)s?\s{0,3}(?:is|ist|lautet|:|=)\s{0,3}([a-z0-9]{4,8}(?:-[a-z0-9]{4,8}){2,9})\b",
    )
)


def secrets_in(line: str) -> Iterator[tuple[int, int]]:
    """Start and end of each."""
    for rule in _RULES:
        for found in rule.finditer(line):
            yield found.span(1)
