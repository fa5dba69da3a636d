"""What did a finger, a pen or a wheel do, by what its device says?

Pure. A device's axes 0 and 1 are its place, stretched over the whole desktop as the X server does it, after its own
transformation. A raw event carries only the axes that changed, so the others are remembered.

* A *touch screen* has a class of its own; each finger has a number while it touches.
* A *pen* is a device with absolute axes and one of pressure; its tip is button 1. Tilts are degrees, as drivers tell
  them. That it is the eraser stands in the device's name. That a pen comes near is not told by XInput2.
* A *wheel* that scrolls smoothly has a valuator for it, of which so much (the increment) is a step.
"""

from dataclasses import dataclass, field
from typing import Literal

from aboveboard.formats.recording import Pen, Scroll, Touch
from aboveboard.recorder.capture.raw_input import (
    RAW_BUTTON_PRESS,
    RAW_BUTTON_RELEASE,
    RAW_MOTION,
    RAW_TOUCH_BEGIN,
    RAW_TOUCH_END,
    RAW_TOUCH_UPDATE,
)
from aboveboard.recorder.capture.xi2 import SLAVE_POINTER, Axis, Device, Raw

PEN_AXES = {"pressure": "Abs Pressure", "tilt_x": "Abs Tilt X", "tilt_y": "Abs Tilt Y"}
"""What a pen's axes are for, and the labels that drivers give them."""
WHEEL = {4: (0.0, -1.0), 5: (0.0, 1.0), 6: (-1.0, 0.0), 7: (1.0, 0.0)}
"""Buttons that are steps of a plain wheel: (dx, dy)."""

_PHASES: dict[int, Literal["begin", "move", "end"]] = {
    RAW_TOUCH_BEGIN: "begin",
    RAW_TOUCH_UPDATE: "move",
    RAW_TOUCH_END: "end",
}
_X, _Y, _TIP = 0, 1, 1
_STEPS_LIMIT = 10_000.0
_COORDINATE_LIMIT = 65536
_TILT_LIMIT = 90.0


@dataclass
class PointingDevice:
    """One device and what was last heard of its axes. ``axes_of`` says which axis is the pressure, and so on."""

    device: Device
    axes_of: dict[str, int]
    _values: dict[int, float] = field(default_factory=dict)
    _fingers: dict[int, dict[int, float]] = field(default_factory=dict)
    _touching: bool = False

    @classmethod
    def of(cls, device: Device, labels: dict[str, int]) -> "PointingDevice":
        """``labels``: the atoms of :data:`PEN_AXES`."""
        by_label = {axis.label: number for number, axis in device.axes.items() if axis.absolute}
        placed = all(device.axes[n].absolute for n in (_X, _Y)) if {_X, _Y} <= device.axes.keys() else False
        is_pen = placed and not device.touch and labels["pressure"] in by_label
        axes_of = {use: by_label[label] for use, label in labels.items() if label in by_label} if is_pen else {}
        return cls(device, axes_of, {number: axis.value for number, axis in device.axes.items()})

    @property
    def matters(self) -> bool:
        """Does it tell more than keys, buttons and motion?"""
        usable = self.device.enabled and self.device.use == SLAVE_POINTER
        return usable and bool(self.axes_of or self.device.scrolling or self.device.direct_touch)

    def tells(self, raw: Raw) -> bool:
        """Does this say more than that the pointer moved, or a button was pressed?"""
        if raw.kind in _PHASES:
            return self.device.direct_touch
        return bool(self.axes_of) or not self.device.scrolling.keys().isdisjoint(raw.values)

    def hear(self, raw: Raw, size: tuple[int, int], pointer: tuple[int, int]) -> list[Scroll | Touch | Pen]:
        """What happened, on a desktop of ``size``; ``pointer`` is where the pointer was."""
        if raw.kind in _PHASES:
            return self._touch(raw, size)
        before = dict(self._values)
        self._values |= raw.values
        if raw.kind == RAW_MOTION:
            return [*self._scroll(raw, before, pointer), *self._pen(raw, size)]
        if self.axes_of and raw.kind in {RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE} and raw.detail == _TIP:
            self._touching = raw.kind == RAW_BUTTON_PRESS
            return self._pen(raw, size, tip=True)
        return []

    def _scroll(self, raw: Raw, before: dict[int, float], pointer: tuple[int, int]) -> list[Scroll | Touch | Pen]:
        dx = dy = 0.0
        for number, scrolling in self.device.scrolling.items():
            if number not in raw.values:
                continue
            axis = self.device.axes.get(number)
            moved = raw.values[number] - (before.get(number, 0.0) if axis is not None and axis.absolute else 0.0)
            steps = moved / scrolling.increment
            dx, dy = (dx, dy + steps) if scrolling.vertical else (dx + steps, dy)
        dx, dy = (round(min(max(steps, -_STEPS_LIMIT), _STEPS_LIMIT), 4) for steps in (dx, dy))
        return [Scroll(dx=dx, dy=dy, x=pointer[0], y=pointer[1])] if dx or dy else []

    def _touch(self, raw: Raw, size: tuple[int, int]) -> list[Scroll | Touch | Pen]:
        values = self._fingers.get(raw.detail, {}) | raw.values
        if raw.kind == RAW_TOUCH_END:
            self._fingers.pop(raw.detail, None)
        else:
            self._fingers[raw.detail] = values
        place = self._place(values, size)
        return [Touch(finger=raw.detail, phase=_PHASES[raw.kind], x=place[0], y=place[1])] if place else []

    def _pen(self, raw: Raw, size: tuple[int, int], *, tip: bool = False) -> list[Scroll | Touch | Pen]:
        place = self._place(self._values, size) if self.axes_of else None
        if place is None or not (tip or raw.values.keys() & {_X, _Y, *self.axes_of.values()}):
            return []
        axis = self.device.axes[self.axes_of["pressure"]]
        span = axis.high - axis.low
        pressure = (self._values[self.axes_of["pressure"]] - axis.low) / span if span > 0 else 0.0
        return [
            Pen(
                x=place[0],
                y=place[1],
                touching=self._touching,
                pressure=round(min(max(pressure, 0.0), 1.0), 4),
                tilt_x=self._tilt("tilt_x"),
                tilt_y=self._tilt("tilt_y"),
                eraser="eraser" in self.device.name.lower(),
            )
        ]

    def _tilt(self, use: str) -> float:
        value = self._values.get(self.axes_of[use], 0.0) if use in self.axes_of else 0.0
        return round(min(max(value, -_TILT_LIMIT), _TILT_LIMIT), 2)

    def _place(self, values: dict[int, float], size: tuple[int, int]) -> tuple[int, int] | None:
        x, y = (_stretched(self.device.axes.get(n), values.get(n), size[n]) for n in (_X, _Y))
        return (x, y) if x is not None and y is not None else None


def _stretched(axis: Axis | None, value: float | None, pixels: int) -> int | None:
    """The pixel at ``value``; ``None`` for an axis without limits, or before anything was heard of it."""
    if axis is None or value is None or not axis.absolute or axis.high <= axis.low:
        return None
    pixel = int((value - axis.low) * pixels / (axis.high - axis.low + 1))
    return min(max(pixel, 0), max(pixels - 1, 0), _COORDINATE_LIMIT)
