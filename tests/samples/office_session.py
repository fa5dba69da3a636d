"""A made-up hour in short: a form filled in, a password left out, an application left out, a pause. Real formats.

``record()`` gives the items of each segment, the screen coded as the recorder does it, and ``frame_at()`` what the
screen must look like at any time. A segment's screen goes on from the one before; every fourth begins whole besides.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageChops

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import (
    Button,
    Control,
    Display,
    Event,
    Key,
    Keyboard,
    Marker,
    Monitor,
    Pointer,
    Scroll,
    Session,
    Site,
    Timed,
    Window,
)
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.canvas import Canvas
from samples.office_screen import BUTTON, FIELDS, HEIGHT, TEAMS, WIDTH, WINDOW, Screen, draw

SEGMENT_MS = 4000
WHOLE_EVERY = 4
START_NS = 1_795_341_600_000_000_000
PAUSE = (38_000.0, 44_000.0)
PASSWORD = (17_100.0, 23_900.0)
OTHER_APP = (28_400.0, 33_200.0)
END_MS = 56_000.0

BROWSER = Window(
    app="Web browser",
    title="Travel request",
    pid=4211,
    x=WINDOW[0],
    y=WINDOW[1],
    width=WINDOW[2],
    height=WINDOW[3],
)
STANDING: list[Event] = [
    Display(monitors=[Monitor(name="HDMI-1", x=0, y=0, width=WIDTH, height=HEIGHT, primary=True)]),
    Keyboard(layout="us"),
    BROWSER,
    Site(host="intranet.example.org", url="https://intranet.example.org/travel"),
]
NAMED = {" ": "space", "@": "at", ".": "period", "\t": "Tab", "\n": "Return"}


@dataclass
class Sample:
    """The tape as it is written. Times are milliseconds since the start."""

    events: list[tuple[float, Event]] = field(default_factory=list)
    frames: list[tuple[float, Image.Image]] = field(default_factory=list)
    now: float = 0.0
    x: int = 900
    y: int = 640
    screen: Screen = field(default_factory=Screen)

    def add(self, event: Event) -> None:
        self.events.append((self.now, event))

    def show(self, **changes: object) -> None:
        self.screen = self.screen.but(**changes)
        self.frames.append((self.now, draw(self.screen)))

    def move(self, x: int, y: int, duration_ms: float) -> None:
        """Along a slight curve, faster in the middle."""
        from_x, from_y, start = self.x, self.y, self.now
        steps = max(2, int(duration_ms / 16))
        for step in range(1, steps + 1):
            part = step / steps
            eased = part * part * (3 - 2 * part)
            bend = math.sin(part * math.pi) * 26
            self.now = start + duration_ms * part
            self.x = round(from_x + (x - from_x) * eased + bend * 0.6)
            self.y = round(from_y + (y - from_y) * eased - bend)
            self.add(Pointer(x=self.x, y=self.y))

    def click(self) -> None:
        self.add(Button(button=1, pressed=True, x=self.x, y=self.y))
        self.now += 84
        self.add(Button(button=1, pressed=False, x=self.x, y=self.y))
        self.now += 36

    def key(self, text: str, *, name: str = "", modifiers: tuple[str, ...] = (), keysym: int = 0) -> None:
        name = name or NAMED.get(text, text)
        shown = list(modifiers) + (["Shift"] if text.isupper() else [])
        stroke = {"keycode": 30 + len(name), "keysym": keysym or ord(text or "x"), "name": name, "modifiers": shown}
        self.add(Key(text=text, pressed=True, **stroke))
        self.now += 62
        self.add(Key(text="", pressed=False, **stroke))
        self.now += 58

    def type(self, text: str, into: str) -> None:
        for place, letter in enumerate(text):
            self.key(letter)
            self.now += 20 + 37 * ((place * 7) % 3)
            self.show(**{into: text[: place + 1]})

    def wait(self, until_ms: float) -> None:
        if until_ms < self.now:
            raise AssertionError(f"the script is late: {self.now} > {until_ms}")
        self.now = until_ms


def play() -> Sample:
    """The whole session on one tape."""
    tape = Sample()
    tape.show()
    tape.add(Marker(kind="started", reason="session", start_ns=_ns(0), end_ns=_ns(0)))
    tape.wait(600)
    _fill_in(tape)
    tape.wait(PASSWORD[0])
    tape.add(BROWSER)
    tape.now = PASSWORD[1] + 60
    tape.add(_marker("suppressed", "password_field", PASSWORD, 0))
    tape.show(focus="")
    tape.move(BUTTON[0] + 80, BUTTON[1] + 20, 700)
    tape.click()
    tape.show(sent=True)
    tape.wait(OTHER_APP[1] + 40)
    tape.add(_marker("suppressed", "app_not_disclosed", OTHER_APP, 0))
    tape.add(BROWSER)
    tape.move(620, 520, 600)
    tape.key("", name="Page_Down", keysym=0xFF56)
    tape.show(scroll=6)
    tape.wait(PAUSE[1] + 20)
    tape.add(_marker("paused", "paused_by_person", PAUSE, 0))
    tape.move(640, 430, 500)
    for step in range(6):
        tape.add(Scroll(dx=0, dy=1, x=tape.x, y=tape.y))
        tape.now += 90
        tape.show(scroll=7 + step)
    tape.wait(48_500)
    tape.key("s", modifiers=("Control",))
    tape.wait(50_200)
    tape.move(300, 300, 800)
    tape.click()
    tape.wait(END_MS - 40)
    tape.add(Marker(kind="stopped", reason="session", start_ns=_ns(tape.now), end_ns=_ns(tape.now)))
    return tape


def _fill_in(tape: Sample) -> None:
    tape.move(FIELDS["name"][0] + 120, FIELDS["name"][1] + 20, 900)
    tape.click()
    tape.show(focus="name")
    tape.wait(2_100)
    tape.type("Mira Solano", "name")
    tape.key("\t", keysym=0xFF09)
    tape.show(focus="email")
    tape.wait(6_000)
    tape.type("mira@example.org", "email")
    tape.wait(10_400)
    tape.move(FIELDS["team"][0] + 380, FIELDS["team"][1] + 18, 700)
    tape.click()
    tape.show(focus="team", menu_open=True)
    for choice in range(3):
        tape.move(FIELDS["team"][0] + 140, FIELDS["team"][1] + 62 + 40 * choice, 480)
        tape.show(hovered=choice)
    tape.wait(14_200)
    x, y = FIELDS["team"]
    tape.add(
        Control(
            cause="choice",
            role="combo box",
            x=x,
            y=y,
            width=440,
            height=38,
            states=["enabled", "focused"],
            path=["frame: Travel request", "form"],
            name="Team",
            options=list(TEAMS),
            chosen=TEAMS[2],
        )
    )
    tape.click()
    tape.show(menu_open=False, team=TEAMS[2])
    tape.wait(16_000)
    tape.move(FIELDS["password"][0] + 140, FIELDS["password"][1] + 18, 900)
    tape.click()
    tape.show(focus="password")


def frame_at(tape: Sample, time_ms: float) -> Image.Image:
    """What the screen looked like at ``time_ms``."""
    return [image for at, image in tape.frames if at <= time_ms][-1]


def record(tape: Sample, session_id: str) -> list[tuple[float, float, list[Item]]]:
    """The segments: start and end in milliseconds, and their items in order of time. None lies in the pause."""
    found: list[tuple[float, float, list[Item]]] = []
    canvas = Canvas()
    start = 0.0
    while start < END_MS:
        end = min(start + SEGMENT_MS, END_MS)
        if start < PAUSE[0] < end:
            end = PAUSE[0]
        if PAUSE[0] <= start < PAUSE[1]:
            start = PAUSE[1]
            canvas.forget()
            continue
        found.append((start, end, _segment(tape, session_id, len(found), start, end, canvas)))
        start = end
    return found


def _segment(tape: Sample, session_id: str, sequence: int, start: float, end: float, canvas: Canvas) -> list[Item]:
    head = Session(
        session_id=session_id,
        sequence=sequence,
        screen_width=WIDTH,
        screen_height=HEIGHT,
        platform="linux x11",
        recorder="aboveboard sample",
        clock_error_ns=400_000,
        screen_continues=canvas.known,
    )
    shown = frame_at(tape, start)
    items: list[Item] = [Timed(_ns(start), event) for event in (head, *STANDING)]
    canvas.begin()
    if not canvas.known:
        items += canvas.draw(_frame(start, shown, (0, 0, WIDTH, HEIGHT), whole=True))
    elif sequence % WHOLE_EVERY == 0 and (whole := canvas.whole(_ns(start))) is not None:
        items.append(whole)
    later: list[Item] = [Timed(_ns(at), event) for at, event in tape.events if start <= at < end]
    for at, image in tape.frames:
        box = ImageChops.difference(shown, image).getbbox()
        if start < at < end and box is not None:
            later += canvas.draw(_frame(at, image, box, whole=False))
            shown = image
    return items + sorted(later, key=lambda item: item.time_ns)


def _frame(at: float, image: Image.Image, box: tuple[int, int, int, int], *, whole: bool) -> Frame:
    rgb = np.asarray(image.crop(box))
    bgrx = np.full((*rgb.shape[:2], 4), 255, np.uint8)
    bgrx[..., :3] = rgb[..., ::-1]
    return Frame(_ns(at), (Pixels(Rect(box[0], box[1], box[2] - box[0], box[3] - box[1]), bgrx),), whole)


def _marker(kind: str, reason: str, stretch: tuple[float, float], count: int) -> Marker:
    return Marker(kind=kind, reason=reason, start_ns=_ns(stretch[0]), end_ns=_ns(stretch[1]), count=count)  # type: ignore[arg-type]


def _ns(time_ms: float) -> int:
    return START_NS + round(time_ms * MILLISECOND_NS)
