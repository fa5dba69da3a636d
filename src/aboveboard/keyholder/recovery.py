"""How does the secret that opens the keys come back when its machine is lost, and nobody can bring it back alone?

It is shared by SLIP-39: ``threshold`` of the shares give it, fewer give nothing at all. Each share is 33 words with a
checksum, for paper. They are held by people of different roles, so many of each that no role is enough by itself.

What is shared depends on the store: ``wrap.key`` where keys rest in files, the PIN of a hardware module. An OpenBao
server shares its own unseal keys.
"""

import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics

from aboveboard.base.errors import BadInput

SECRET_BYTES = 32
HOLDERS_LIMIT = 16
"""What SLIP-39 allows."""
WORDS_LIMIT = 100
ROUNDS = 1
"""How long a passphrase would be stretched: SLIP-39's least, for there is none and the secret is random."""


@dataclass(frozen=True)
class Holder:
    """Somebody who keeps a share: their name, and their role (a member of staff's, or any other word)."""

    name: str
    role: str


def check_holders(threshold: int, holders: Sequence[Holder]) -> None:
    """Raises :class:`BadInput` unless it takes ``threshold`` of at least two roles, and one may be lost."""
    if not 2 <= threshold < len(holders) <= HOLDERS_LIMIT:
        raise BadInput(
            f"{threshold} of {len(holders)} shares is no good plan",
            cause="one alone must not be enough, and one must be allowed to get lost",
            fix=f"2 or more of at least one share more, at most {HOLDERS_LIMIT}: such as 3 of 5",
        )
    if len({holder.name for holder in holders}) != len(holders):
        raise BadInput("somebody would hold two shares", cause="a name is there twice", fix="name different people")
    role, most = Counter(holder.role for holder in holders).most_common(1)[0]
    if most >= threshold:
        raise BadInput(
            f"those who are {role} could do it alone: they would hold {most} shares, and {threshold} are enough",
            cause="too many holders have the same role",
            fix="name people of other roles, or ask for more shares",
        )


def make(secret: bytes, *, threshold: int, holders: Sequence[Holder]) -> list[str]:
    """The words of each holder's share, in their order. Raises as :func:`check_holders` does."""
    check_holders(threshold, holders)
    if len(secret) != SECRET_BYTES:
        raise ValueError(f"the secret has {SECRET_BYTES} bytes")
    [shares] = generate_mnemonics(1, [(threshold, len(holders))], secret, iteration_exponent=ROUNDS)
    if combine(shares[:threshold]) != secret or combine(shares[-threshold:]) != secret:
        raise AssertionError("shares that were just made do not give the secret")
    return list(shares)


def parse(words: str, *, number: int = 1) -> Share:
    """One share; ``number`` is its place among those given. Raises :class:`BadInput`: something is misread in it."""
    tidy = " ".join(words.lower().split())
    try:
        if tidy.count(" ") >= WORDS_LIMIT:
            raise MnemonicError("Invalid mnemonic length.")
        return Share.from_mnemonic(tidy)
    except MnemonicError as error:
        said = str(error)
        known = {
            "length": ("it has not as many words as a share has", "a word is missing or twice"),
            "word": ("one of its words is none that shares are made of", "a word is misread"),
            "checksum": ("its words do not fit together", "a word is misread, or two changed places"),
        }
        what, cause = next(
            (words for name, words in known.items() if f"mnemonic {name}" in said),
            ("it is not a share", "it is damaged"),
        )
        raise BadInput(
            f"share {number} cannot be read: {what}",
            cause=cause,
            fix="read it again, word by word; ask another holder if it stays so",
        ) from error


def combine(shares: Sequence[str], *, passphrase: bytes = b"") -> bytes:
    """The secret. ``passphrase`` is for sets that others made; ours have none.

    More than are needed do no harm: the first count. Raises :class:`BadInput`, each time with its own words, for one
    that cannot be read, shares of different sets, one given twice, and too few; and if they give nothing all the same.
    """
    read = [parse(words, number=number) for number, words in enumerate(shares, 1)]
    if not read:
        raise _too_few(0, 0)
    first, groups = read[0], dict[int, list[Share]]()
    for number, share in enumerate(read, 1):
        siblings = groups.setdefault(share.group_index, [])
        siblings.append(share)
        same_group = share.group_parameters() == siblings[0].group_parameters()
        if not same_group or share.common_parameters() != first.common_parameters():
            raise BadInput(
                f"share {number} is of another set than share 1",
                cause="shares were made twice, or it belongs to another keyholder",
                fix="use shares of one set: the date is on each",
            )
    places = [(share.group_index, share.index) for share in read]
    if len(set(places)) != len(places):
        raise BadInput("the same share was given twice", cause="it was copied", fix="ask another holder")
    missing = {group: each[0].member_threshold - len(each) for group, each in groups.items()}
    whole = [group for group in groups if missing[group] <= 0][: first.group_threshold]
    if len(whole) < first.group_threshold:
        raise _too_few(len(read), min((each for each in missing.values() if each > 0), default=1))
    used = [share.mnemonic() for group in whole for share in groups[group][: groups[group][0].member_threshold]]
    try:
        return bytes(combine_mnemonics(used, passphrase))
    except MnemonicError as error:
        raise BadInput(
            f"these shares give nothing: {error}",
            cause="one of them was made up, by somebody who knew how",
            fix="try with others; whose share it is shows by leaving one out at a time",
        ) from error


def rehearse(shares: Sequence[str], secret: bytes) -> bool:
    """Whether each of these shares, with as many of the others as it takes, gives ``secret``. Raises as above."""
    needed = max(1, parse(shares[0]).member_threshold if shares else 1)
    parts = [shares[start : start + needed] for start in range(max(1, len(shares) - needed + 1))]
    found = [combine(part) for part in parts]
    return all(hmac.compare_digest(each, secret) for each in found)


def _too_few(have: int, missing: int) -> BadInput:
    return BadInput(
        f"{have} shares are too few" + (f": {missing} more are needed" if missing else ""),
        cause="fewer than were asked for when they were made",
        fix="ask more holders; what there is so far gives nothing away",
    )


def packed(text: str) -> bytes:
    """A PIN as a secret of 32 bytes; raises :class:`BadInput` if it is too long."""
    raw = text.encode("utf-8")
    if not 1 <= len(raw) < SECRET_BYTES:
        raise BadInput(
            f"a PIN of {len(raw)} bytes cannot be shared",
            cause=f"it has to have 1 to {SECRET_BYTES - 1}",
            fix="set another one at the module",
        )
    return bytes([len(raw)]) + raw + bytes(SECRET_BYTES - 1 - len(raw))


def unpacked(secret: bytes) -> str:
    """What :func:`packed` packed; raises :class:`BadInput`."""
    length = secret[0] if len(secret) == SECRET_BYTES else 0
    try:
        text = secret[1 : 1 + length].decode("utf-8")
        if packed(text) == secret:
            return text
    except (UnicodeDecodeError, BadInput):
        pass
    raise BadInput(
        "what these shares give is not a PIN", cause="they are of a keyholder with another store", fix="check the set"
    )
