"""A recording becomes a film with the pointer drawn in and a track of captions."""

from pathlib import Path

import av
import pytest

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.formats.recording import Button, Key, KeyCount, Marker, Pointer, Scroll, Timed
from aboveboard.replay.canvas import Item
from aboveboard.replay.captions import captions
from aboveboard.replay.video import export_video
from samples.lab_recording import START_NS, at, click, editor, patch, press, session, typing, whole

SESSION_ID = "ses_" + "0" * 26


def recording() -> list[Item]:
    items: list[Item] = [
        session(SESSION_ID, 0),
        at(0, editor()),
        whole(10, 30),
        at(500, Pointer(x=100, y=50)),
        *click(100, 50, 600),
        patch(700, 20, 20, 250),
        *typing("hello world", 1500, 100),
        at(4000, press("s", modifiers=("Control",), text="")),
        patch(5000, 40, 40, 250),
    ]
    return sorted(items, key=lambda item: item.time_ns)


def test_the_film_plays_and_carries_its_captions(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    film = export_video(recording(), path)
    assert [one.name for one in tmp_path.iterdir()] == ["film.mkv"]
    with av.open(str(path)) as container:
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(film.duration_s, abs=0.05)
        (video,) = container.streams.video
        (words,) = container.streams.subtitles
        assert video.codec_context.name == "vp9"
        assert words.metadata["language"] == "eng"
        pictures = list(container.decode(video=0))
    assert len(pictures) == film.frames >= 4
    # The last change is at 5 s; the first picture, at 10 ms, is the film's zero.
    assert pictures[-1].pts == pytest.approx(4990, abs=2)
    first, last = (pictures[place].to_ndarray(format="rgb24") for place in (0, -1))
    assert abs(int(first[60, 80, 1]) - 30) < 12
    assert int(last[45, 45, 1]) > 230
    # The pointer is drawn: white inside, black at its edge, where the screen is of one shade.
    around = last[48:70, 98:115].astype(int)
    assert around.max() > 200
    assert around.min() < 20


def test_the_captions_are_in_the_file_in_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    export_video(recording(), path)
    # Read while the file is open: a packet's stream does not outlive its container.
    kinds, words = [], []
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                kinds.append(packet.stream.type)
            if packet.size and packet.stream.type == "subtitle":
                words.append((packet.pts, bytes(packet).decode()))
    assert [text for _, text in words] == [
        "window: Editor — notes.txt",
        "left click at 100, 50",
        "type: hello ",
        "type: world",
        "key: Control+s",
    ]
    assert [when for when, _ in words] == [0, 590, 1490, 2090, 3990]
    # Interleaved, so that a player finds a caption near its picture and not at the end of the file.
    assert kinds.index("subtitle") < len(kinds) - 1 - kinds[::-1].index("video")


def test_a_recording_without_a_screen_makes_no_film(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no screen"):
        export_video([session(SESSION_ID, 0), *click(1, 1, 5)], tmp_path / "film.mkv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="could not be written"):
        export_video(recording(), tmp_path / "nowhere" / "film.mkv")


def test_one_frame_is_enough(tmp_path: Path) -> None:
    film = export_video([whole(0, 10)], tmp_path / "film.mkv")
    assert (film.frames, film.captions) == (1, 0)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Scroll(dx=0, dy=-3, x=1, y=1), "scroll up 3"),
        (Scroll(dx=2, dy=0, x=1, y=1), "scroll right 2"),
        (KeyCount(presses=4), "4 keys pressed"),
        (Marker(kind="suppressed", reason="password_field", start_ns=1, end_ns=2), "not recorded: password field"),
        (press("", name="Tab", modifiers=("Shift",)), "key: Shift+Tab"),
    ],
)
def test_what_a_caption_says(event: Scroll | KeyCount | Marker | Key, text: str) -> None:
    (caption,) = captions([at(0, event)])
    assert caption.text == text


def test_typing_is_cut_at_words_and_pauses() -> None:
    typed = [*typing("ab c", 0), *typing("d", 5000)]
    found = list(captions(typed))
    assert [one.text for one in found] == ["type: ab ", "type: c", "type: d"]
    assert found[-1].start_ns == START_NS + 5000 * MILLISECOND_NS


def test_a_turn_of_the_wheel_is_one_caption() -> None:
    """Whatever the pointer does meanwhile; another way, a pause or a click begin another."""

    def wheel(ms: int, dy: float) -> Timed:
        return at(ms, Scroll(dx=0, dy=dy, x=5, y=5))

    click = at(900, Button(button=1, pressed=True, x=5, y=5))
    events = [wheel(0, 1), at(10, Pointer(x=6, y=5)), wheel(30, 0.5), wheel(60, -1), wheel(800, -2), click]
    found = list(captions([*events, wheel(950, 1), wheel(2500, 1)]))
    told = ["scroll down 1.5", "scroll up 3", "left click at 5, 5", "scroll down 1", "scroll down 1"]
    assert [one.text for one in found] == told
    assert found[1].start_ns == START_NS + 60 * MILLISECOND_NS
    assert found[1].end_ns == START_NS + 2300 * MILLISECOND_NS
