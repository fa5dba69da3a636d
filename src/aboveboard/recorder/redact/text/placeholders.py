"""Under which name does the same thing appear again?

Within a session the same name, number or address is always covered by the same placeholder (``‹name 3›``), so that the
work stays intelligible; in the next session the numbers begin anew. Two writings of the same thing are one: case,
accents and what stands between digits do not count. Of secrets nothing is remembered, not even that two were equal.
"""

import hashlib
import secrets
import unicodedata

from aboveboard.recorder.redact.text.finding import SECRET, Kind

WORDS: dict[Kind, str] = {"national_number": "national number", "birth_date": "birth date"}
"""How a kind is written in a placeholder where it is not its own name."""

REMEMBERED_LIMIT = 20_000
"""So many different things have a number in one session; any further one has none."""


class Placeholders:
    """The numbers of one session. Holds salted hashes, never a text. Used by one thread."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._numbers: dict[tuple[Kind, bytes], int] = {}
        self._last: dict[Kind, int] = {}

    def of(self, kind: Kind, text: str) -> str:
        """What stands for ``text`` in this session: "‹name 3›", or "‹password›" for a secret."""
        word = WORDS.get(kind, kind)
        if kind in SECRET:
            return f"‹{word}›"
        known = (kind, hashlib.blake2b(_same(text).encode("utf-8", "replace"), key=self._salt, digest_size=16).digest())
        number = self._numbers.get(known)
        if number is None:
            if len(self._numbers) >= REMEMBERED_LIMIT:
                return f"‹{word}›"
            number = self._last[kind] = self._last.get(kind, 0) + 1
            self._numbers[known] = number
        return f"‹{word} {number}›"


def _same(text: str) -> str:
    """Equal for two writings of the same thing."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(one for one in folded if one.isalnum())
    return kept or folded.strip()
