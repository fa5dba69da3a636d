"""A recording spoilt in one way: what a check of faithfulness has to notice. The codec plays no part in it.

Every patch is first told as a picture of its own, so that one can be changed or left out and the others stay.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import numpy as np
from PIL import Image

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.canvas import Canvas
from aboveboard.replay.pixels import encode_png

JPEG_LIKE_QUALITY = 90


def plain(items: Sequence[Item]) -> list[Item]:
    """The same recording, each patch as an image of its own."""
    canvas, told = Canvas(), list[Item]()
    for item in items:
        if isinstance(item, ScreenPatch):
            canvas.apply(item)
            shown = canvas.snapshot()
            assert shown is not None
            part = np.ascontiguousarray(shown[item.y : item.y + item.height, item.x : item.x + item.width])
            told.append(replace(item, format="png", data=encode_png(part), from_x=0, from_y=0, lossy=False))
        else:
            if isinstance(item.event, Session):
                canvas.begin(item.event)
            told.append(item)
    return told


def lossy(items: Sequence[Item]) -> list[Item]:
    """Every patch with loss, at a quality that people take for good."""

    def spoil(patch: ScreenPatch) -> ScreenPatch:
        stream = BytesIO()
        Image.open(BytesIO(patch.data)).save(stream, "WEBP", quality=JPEG_LIKE_QUALITY, method=0)
        return replace(patch, format="webp", data=stream.getvalue(), lossy=True)

    return [spoil(item) if isinstance(item, ScreenPatch) else item for item in items]


def slow(items: Sequence[Item], period_ns: int = SECOND_NS) -> list[Item]:
    """What changed is shown at the end of each period only."""

    def late(item: Item) -> Item:
        if isinstance(item, ScreenPatch) and not item.whole:
            return replace(item, time_ns=math.ceil(item.time_ns / period_ns) * period_ns)
        return item

    return sorted(map(late, items), key=lambda item: item.time_ns)


def without(items: Sequence[Item], late_ns: int, act_ns: int) -> list[Item]:
    """All but one patch: the last before ``late_ns`` that is mostly still to be seen at ``act_ns``."""
    width, height = next(
        (one.event.screen_width, one.event.screen_height)
        for one in items
        if isinstance(one, Timed) and isinstance(one.event, Session)
    )
    hidden = np.zeros((height, width), np.bool_)
    for place in reversed(range(len(items))):
        patch = items[place]
        if isinstance(patch, ScreenPatch) and patch.time_ns < act_ns:
            part = hidden[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width]
            if patch.time_ns < late_ns and np.count_nonzero(part) < part.size / 2:
                return [*items[:place], *items[place + 1 :]]
            part[:] = True
    raise AssertionError("no patch is still to be seen")
