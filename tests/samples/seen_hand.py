"""A scripted hand that looks at the whole screen just before each press: what a person saw who acted then."""

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import xcffib
import xcffib.xproto
import zstandard
from benchmarks.session.hand import Hand
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from aboveboard.rules.pages import BROWSERS
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Sent
from samples.second_look import Look, kept, look, shown_apps


@dataclass(frozen=True)
class Seen:
    """The screen just before something was ``sent`` (``None``: at a moment of no action), and which app is where.

    ``packed_front`` is packed as a look is: (height, width), the place in ``apps`` and 1, or 0.
    """

    sent: Sent | None
    screen: Look
    apps: tuple[str, ...]
    packed_front: bytes

    @classmethod
    def of(cls, sent: Sent | None, screen: Look, apps: tuple[str, ...], front: NDArray[np.uint8]) -> "Seen":
        """As what takes little memory."""
        return cls(sent, screen, apps, zstandard.ZstdCompressor(level=1).compress(front.tobytes()))

    @property
    def scope(self) -> NDArray[np.bool_]:
        """Where windows of the applications are in front: (height, width)."""
        return self._front > 0

    @property
    def asked(self) -> NDArray[np.bool_]:
        """Where those are in front that are asked what page they show: (height, width)."""
        places = [place for place, app in enumerate(self.apps, 1) if app.casefold() in BROWSERS]
        return np.isin(self._front, places)

    @property
    def _front(self) -> NDArray[np.uint8]:
        rect = self.screen.rect
        plain = zstandard.ZstdDecompressor().decompress(self.packed_front)
        return np.frombuffer(plain, np.uint8).reshape(rect.height, rect.width)


class Eye:
    """Looks at the whole screen. ``apps`` are the classes of what is in scope. Used by one thread."""

    def __init__(self, display: Display, apps: Iterable[str]) -> None:
        self._connection: Any = xcffib.connect(display=display.name)
        self._size = display.width, display.height
        self._apps = tuple(apps)

    def see(self, act: Callable[[], Sent | None] = lambda: None) -> Seen:
        """The screen now, and where it is in scope; then ``act`` at once."""
        front, rect = self._front(), Rect(0, 0, *self._size)
        sent: list[Sent | None] = []
        before_ns, after_ns, words = look(self._connection, rect, lambda: sent.append(act()))
        return Seen.of(sent[0], kept(before_ns, after_ns, rect, words), self._apps, front)

    def _front(self) -> NDArray[np.uint8]:
        while True:
            with suppress(xcffib.xproto.BadWindow, xcffib.xproto.BadDrawable):  # one that went away meanwhile
                return shown_apps(self._connection, self._apps, self._size)

    def close(self) -> None:
        """Hang up."""
        self._connection.disconnect()


class SeenHand(Hand):
    """A hand on ``display``; ``seen`` has every press of a button or key, in order."""

    def __init__(self, display: Display, apps: Iterable[str]) -> None:
        super().__init__(display.name)
        self._eye = Eye(display, apps)
        self.seen: list[Seen] = []

    def close(self) -> None:
        """Wait until all was taken, then hang up."""
        super().close()
        self._eye.close()

    def press(self, button: int) -> Sent:
        return self._seen(lambda: super(SeenHand, self).press(button))

    def press_key(self, keysym: int) -> Sent:
        return self._seen(lambda: super(SeenHand, self).press_key(keysym))

    def _seen(self, act: Callable[[], Sent]) -> Sent:
        self.seen.append(self._eye.see(act))
        sent = self.seen[-1].sent
        assert sent is not None
        return sent


class Glances:
    """Looks at the whole screen every ``every_s`` seconds, whatever happens, from entering the block to leaving it."""

    def __init__(self, display: Display, apps: Iterable[str], *, every_s: float) -> None:
        self._eye, self._every_s = Eye(display, apps), every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.seen: list[Seen] = []

    def __enter__(self) -> "Glances":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)
        self._eye.close()

    def _run(self) -> None:
        while not self._over.wait(self._every_s):
            self.seen.append(self._eye.see())
