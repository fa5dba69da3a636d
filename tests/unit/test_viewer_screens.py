"""The page asks for any segment, in any order, and each answer shows the whole screen from its first patch on."""

import io
import json
import random
import struct

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.viewer.archive import Archive
from aboveboard.viewer.listed import Listed
from aboveboard.viewer.screens import Screens
from aboveboard.viewer.shelves import VaultShelf
from samples.office_screen import HEIGHT, WIDTH
from samples.office_session import END_MS, frame_at, play
from samples.participant_world import Vault, World

TAPE = play()
WORLD = World(tape=TAPE)
WORLD.add_session()


def archive(world: World = WORLD) -> Archive:
    return Archive(
        [VaultShelf(Vault(world))],
        identity=world.identity,
        person_id=world.person_id,
        device_keys=[world.device.public],
    )


def session(opener: Archive) -> list[Listed]:
    ((_, segments),) = opener.listing().sessions.items()
    return segments


def drawn(pack: bytes) -> NDArray[np.uint8] | None:
    """What a page shows at the end of this segment alone; ``None`` if it begins with nothing."""
    magic, version, length = struct.unpack_from("<8sII", pack)
    assert (magic, version) == (b"ABSCREEN", 2)
    index, images = json.loads(pack[16 : 16 + length]), pack[16 + length :]
    if not index:
        return None
    assert index[0]["whole"], "a page begins to draw with the first patch"
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for each in index:
        x, y, width, height = (each[name] for name in ("x", "y", "w", "h"))
        if each["format"] == "copy":
            source = canvas[each["from_y"] : each["from_y"] + height, each["from_x"] : each["from_x"] + width].copy()
        else:
            data = images[each["offset"] : each["offset"] + each["size"]]
            source = np.asarray(Image.open(io.BytesIO(data), formats=[each["format"].upper()]).convert("RGB"))
        canvas[y : y + height, x : x + width] = source
    return canvas


def wanted(listed: Listed, origin_ns: int) -> NDArray[np.uint8]:
    end_ms = (listed.manifest.end_wall_ns - origin_ns) / 1e6
    return np.asarray(frame_at(TAPE, min(end_ms, END_MS) - 0.001))


@pytest.mark.parametrize("order", ["forward", "backward", "mixed"])
def test_each_segment_is_shown_whole_in_any_order(order: str) -> None:
    opener = archive()
    segments = session(opener)
    origin_ns = segments[0].manifest.start_wall_ns
    asked = list(segments) if order == "forward" else list(reversed(segments))
    if order == "mixed":
        random.Random(4).shuffle(asked)
    formats: set[str] = set()
    for listed in asked:
        pack = opener.screen(segments, listed, origin_ns)
        shown = drawn(pack)
        assert shown is not None
        assert np.array_equal(shown, wanted(listed, origin_ns)), listed.manifest.sequence
        (length,) = struct.unpack_from("<I", pack, 12)
        formats |= {each["format"] for each in json.loads(pack[16 : 16 + length])}
    assert formats == {"png", "copy"}, "planes are not for pages"


def test_playing_on_opens_each_segment_once() -> None:
    opener, opened = archive(), []

    def items(listed: Listed) -> list[Item]:
        opened.append(listed.manifest.sequence)
        return opener.items(listed)

    screens, segments = Screens(items), session(opener)
    for listed in segments:
        screens.patches(segments, listed)
    assert opened == [listed.manifest.sequence for listed in segments]
    opened.clear()
    screens.patches(segments, segments[7])
    assert opened == [7, 6, 5, 4], "back to the last that begins whole"


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_behind_a_missing_segment_nothing_is_shown_until_the_next_whole_picture(how: str) -> None:
    world = World(tape=TAPE)
    world.add_session()
    name = list(world.sealed)[1]
    if how == "missing":
        del world.sealed[name], world.manifests[name]
    else:
        world.sealed[name] = b"age-encryption.org/v1\n"
    opener = archive(world)
    segments = session(opener)
    origin_ns = segments[0].manifest.start_wall_ns
    shown = {
        listed.manifest.sequence: drawn(opener.screen(segments, listed, origin_ns))
        for listed in segments
        if listed.manifest.sequence != 1
    }
    assert [sequence for sequence, picture in shown.items() if picture is None] == [2, 3]
    for listed in segments:
        picture = shown.get(listed.manifest.sequence)
        assert picture is None or np.array_equal(picture, wanted(listed, origin_ns))


def test_a_damaged_patch_is_an_error_for_its_segment_only() -> None:
    opener = archive()
    segments = session(opener)

    def items(listed: Listed) -> list[Item]:
        found = opener.items(listed)
        if listed.manifest.sequence == 1:
            found.append(ScreenPatch(found[-1].time_ns, 5000, 0, 1, 1, False, "copy", b""))
        return found

    screens = Screens(items)
    with pytest.raises(BadInput):
        screens.patches(segments, segments[1])
    assert screens.patches(segments, segments[2]) == []
    assert screens.patches(segments, segments[4])[0].whole
