"""Which witnesses must have cosigned a checkpoint before it counts?

The file format of C2SP tlog-policy: lines that name logs, witnesses, groups of them with a threshold, and the quorum.
Pure: who has cosigned comes in, yes or no comes out. Names have no meaning outside of the file, but for one that the
keyholder reads: the members of a group called ``outside`` must run on another machine than its own.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from aboveboard.base.errors import BadInput
from aboveboard.ledger import note
from aboveboard.ledger.note import VerifierKey

LIMIT_BYTES = 64 * 1024
NAME_LIMIT = 64
"""Logs, witnesses and groups, each."""
OUTSIDE = "outside"
NONE = "none"

_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class PolicyWitness:
    """One witness; ``url`` is its submission prefix, or empty."""

    key: VerifierKey
    url: str


@dataclass
class Policy:
    """``groups`` has, for each group, how many of which members it needs. ``quorum`` names one of all these."""

    logs: dict[str, VerifierKey] = field(default_factory=dict)
    witnesses: dict[str, PolicyWitness] = field(default_factory=dict)
    groups: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    quorum: str = ""

    def satisfied(self, cosigned: Collection[str]) -> bool:
        """Whether the witnesses called ``cosigned`` are enough. A quorum of ``none`` always is."""
        return self.quorum == NONE or self._has(self.quorum, cosigned)

    def members(self, group: str) -> set[str]:
        """The witnesses in a group, and in the groups in it; none, if there is no such group."""
        if group in self.witnesses:
            return {group}
        _, names = self.groups.get(group, (0, []))
        return {each for name in names for each in self.members(name)}

    def _has(self, name: str, cosigned: Collection[str]) -> bool:
        if name in self.witnesses:
            return name in cosigned
        needed, names = self.groups[name]
        return sum(self._has(each, cosigned) for each in names) >= needed


def parse(data: bytes) -> Policy:
    """Read a policy of at most ``LIMIT_BYTES``; raises :class:`BadInput` with the line that is wrong."""
    if len(data) > LIMIT_BYTES or _CONTROL.search(data):
        raise _bad(0, f"it is longer than {LIMIT_BYTES} bytes, or has control characters in it")
    policy = Policy()
    used: set[str] = set()
    # Names are bytes to the format; whatever they are, this keeps them apart.
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if words == [""] or words[0].startswith("#"):
            continue
        kind, rest = words[0], words[1:]
        if kind == "log" and len(rest) in (1, 2):
            _add_log(policy, number, rest[0])
        elif kind == "witness" and len(rest) in (2, 3):
            _add_witness(policy, number, rest[0], rest[1], rest[2] if len(rest) == 3 else "")
        elif kind == "group" and len(rest) >= 3:
            _add_group(policy, number, rest, used)
        elif kind == "quorum" and len(rest) == 1 and not policy.quorum:
            if rest[0] != NONE and rest[0] not in policy.witnesses and rest[0] not in policy.groups:
                raise _bad(number, f"nothing called {rest[0]!r} was defined before")
            policy.quorum = rest[0]
        else:
            raise _bad(number, "it is no line of a policy, or a second quorum")
    if not policy.quorum:
        raise _bad(0, "it has no quorum")
    return policy


def _add_log(policy: Policy, number: int, text: str) -> None:
    key = _key(number, text, note.ED25519)
    if any(key.public == other.public for other in policy.logs.values()) or len(policy.logs) == NAME_LIMIT:
        raise _bad(number, "this log is named twice, or there are too many")
    policy.logs[text] = key


def _add_witness(policy: Policy, number: int, name: str, text: str, url: str) -> None:
    _check_new(policy, number, name)
    key = _key(number, text, note.COSIGNATURE_V1)
    if any(key.public == other.key.public for other in policy.witnesses.values()):
        raise _bad(number, "this witness's key is another one's too")
    policy.witnesses[name] = PolicyWitness(key, url)


def _add_group(policy: Policy, number: int, rest: list[str], used: set[str]) -> None:
    name, threshold, members = rest[0], rest[1], rest[2:]
    _check_new(policy, number, name)
    for member in members:
        if member not in policy.witnesses and member not in policy.groups:
            raise _bad(number, f"nothing called {member!r} was defined before")
        if member in used:
            raise _bad(number, f"{member!r} is in a group already")
        used.add(member)
    words = {"all": len(members), "any": 1}
    if threshold not in words and not re.fullmatch(r"[1-9][0-9]{0,3}", threshold):
        raise _bad(number, "how many are needed is neither 'all', 'any' nor a number")
    needed = words[threshold] if threshold in words else int(threshold)
    if needed > len(members):
        raise _bad(number, f"{needed} are needed of {len(members)}")
    policy.groups[name] = (needed, members)


def _check_new(policy: Policy, number: int, name: str) -> None:
    if name == NONE or name in policy.witnesses or name in policy.groups:
        raise _bad(number, f"the name {name!r} is taken")
    if len(policy.witnesses) + len(policy.groups) >= 2 * NAME_LIMIT:
        raise _bad(number, "there are too many names")


def _key(number: int, text: str, kind: int) -> VerifierKey:
    try:
        key = VerifierKey.parse(text)
    except BadInput as error:
        raise _bad(number, error.what) from error
    if key.kind != kind:
        raise _bad(number, "a log's key and a witness's were mixed up, or it is of a kind that is not known here")
    return key


def _bad(number: int, why: str) -> BadInput:
    place = f"line {number} of this policy" if number else "this policy"
    return BadInput(
        f"{place} (C2SP tlog-policy) cannot be read: {why}",
        cause="it was mistyped, or cut short",
        fix="see docs/runbooks/witness.md",
    )
