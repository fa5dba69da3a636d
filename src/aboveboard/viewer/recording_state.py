"""Is my work being recorded just now?

A pause that the vault lists wins; otherwise a segment that ended moments ago means yes. Recording needs a lease that
lasts seconds, so where the vault is silent the true answer is soon "no", and until then "not known".
"""

from typing import Any

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.formats import pause as pauses
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.pause import Pause
from aboveboard.viewer.shelves import Asks
from aboveboard.viewer.words import STATES

RECENT_NS = 30 * SECOND_NS
"""A segment is seconds long; one that ended longer ago than this was the last."""


class _Listed(msgspec.Struct):
    pause: Envelope
    ended_at_ns: int | None = None


def recording_state(vault: Asks | None, *, newest_ns: int, now_ns: int) -> dict[str, Any]:
    """``{word, title, sentence, next_step, reason}``; ``newest_ns`` is when the newest segment ended (wall time)."""
    word, reason = "unknown", ""
    if vault is not None:
        try:
            word, reason = _decide(_active(vault, now_ns), newest_ns=newest_ns, now_ns=now_ns)
        except (AboveboardError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            word = "unknown"
    words = STATES[word]
    return {
        "word": word,
        "title": words.title,
        "sentence": words.sentence,
        "next_step": words.next_step,
        "reason": reason,
    }


def _active(vault: Asks, now_ns: int) -> list[Pause]:
    """The pauses in force. The vault's word is enough here: it is what decides about leases."""
    listed = msgspec.json.decode(vault.get("/v1/pauses"), type=list[_Listed])
    found = [(pauses.decode_pause(item.pause.body()), item) for item in listed]
    return [
        pause
        for pause, item in found
        if (pause.until_ns is None or now_ns < pause.until_ns)
        and (item.ended_at_ns is None or now_ns < item.ended_at_ns)
    ]


def _decide(active: list[Pause], *, newest_ns: int, now_ns: int) -> tuple[str, str]:
    for by in ("steward", "person"):
        for pause in active:
            if pause.by == by:
                return f"paused_by_{by}", pause.reason
    return ("recording" if now_ns - newest_ns < RECENT_NS else "not_recording"), ""
