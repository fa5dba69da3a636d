"""A session in a recorder's spool, and what is left of it once something is covered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.mcap_file import Item, read_recording, write_recording
from aboveboard.formats.recording import Event, Key, Session, Timed, Window
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.redact.after.session import SessionCover
from aboveboard.recorder.redact.own_covers import OwnCovers
from aboveboard.replay.canvas import Canvas, frames
from samples.recorder_bench import Bench
from samples.typed_keys import key

SCREEN = Rect(0, 0, 320, 200)
Segments = list[tuple[SegmentManifest, list[Item]]]


@dataclass
class Desk:
    """A bench on which somebody works."""

    bench: Bench

    @classmethod
    def at(cls, folder: Path) -> "Desk":
        desk = cls(Bench(folder / "recorder"))
        desk.bench.grant()
        return desk

    def do(self, event: Event) -> int:
        time_ns = self.bench.event(event)
        self.bench.step()
        return time_ns

    def type(self, text: str) -> None:
        """Some ten letters a second."""
        for one in text:
            name = "BackSpace" if one == "⌫" else one
            self.do(key(name))
            self.do(key(name, pressed=False))
            self.wait(0.1)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.bench.grant()
            self.bench.pass_time(0.1)

    def show(self, picture: NDArray[np.uint32], place: Rect | None = None) -> None:
        """The whole screen, or what is in ``place`` of it."""
        height, width = picture.shape
        rect = place or Rect(0, 0, width, height)
        part = picture[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
        bgrx = np.ascontiguousarray(part).view(np.uint8).reshape(rect.height, rect.width, 4).copy()
        self.bench.frame(Frame(self.bench.clock.wall_ns(), (Pixels(rect, bgrx),), place is None))
        self.bench.step()

    def end(self) -> Segments:
        self.bench.writer.finish()
        return self.bench.segments()


def window(title: str, app: str = "Browser", rect: Rect = SCREEN, pid: int = 7) -> Window:
    return Window(app=app, title=title, pid=pid, x=rect.x, y=rect.y, width=rect.width, height=rect.height)


def covered(segments: Segments, covers: OwnCovers, *, sent: int = 0) -> list[list[Item]]:
    """All but the first ``sent``, written anew and read back."""
    cover = SessionCover(covers)
    for _, items in segments[:sent]:
        cover.before(items)
    for _, items in segments[sent:]:
        cover.look(items)
    cover.settle()
    return [
        list(read_recording(write_recording(cover.written_anew(items, manifest.end_wall_ns))))
        for manifest, items in segments[sent:]
    ]


def covered_one_by_one(segments: Segments, covers: OwnCovers) -> list[list[Item]]:
    """As the recorder does it: each as it is sealed, knowing none that follow."""
    cover, out = SessionCover(covers), []
    for manifest, items in segments:
        cover.look(items)
        cover.settle()
        out.append(cover.written_anew(items, manifest.end_wall_ns))
        cover.next()
    return out


def events(segments: Iterable[Sequence[Item]]) -> list[Timed]:
    return [item for items in segments for item in items if isinstance(item, Timed)]


def of_kind(segments: Iterable[Sequence[Item]], kind: type) -> list[Event]:
    return [timed.event for timed in events(segments) if isinstance(timed.event, kind)]


def typed(segments: Iterable[Sequence[Item]]) -> str:
    """What was typed, with placeholders."""
    parts = []
    for timed in events(segments):
        if isinstance(timed.event, Key) and timed.event.pressed:
            parts.append(timed.event.text or f"[{timed.event.name}]")
        elif hasattr(timed.event, "placeholder"):
            parts.append(timed.event.placeholder)
    return "".join(parts)


def pictures(segments: Iterable[Sequence[Item]]) -> dict[int, NDArray[np.uint8]]:
    """Each frame as a reader sees it, by its time."""
    return {time_ns: pixels.copy() for time_ns, pixels in frames(item for items in segments for item in items)}


def picture_at(shown: dict[int, NDArray[np.uint8]], time_ns: int) -> NDArray[np.uint8]:
    """The last by then."""
    return shown[max(one for one in shown if one <= time_ns)]


def follows(segments: Iterable[Sequence[Item]]) -> Canvas:
    """A reader at the end of them."""
    canvas = Canvas()
    for items in segments:
        for item in items:
            if isinstance(item, Timed) and isinstance(item.event, Session):
                canvas.begin(item.event)
            elif not isinstance(item, Timed):
                canvas.apply(item)
    return canvas
