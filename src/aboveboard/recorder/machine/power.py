"""Does the machine run on its battery, and how full is it?

UPower says so. Where it is not there, the kernel's own files are read, every half minute and only if there is a
battery. A machine without a battery, or one that does not tell its charge, is never limited: there is no promise to
keep about a battery that nobody can see.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dbus_fast import Message

from aboveboard.recorder.machine.service import Call, DoesNotTell, prop
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

UPOWER = "org.freedesktop.UPower"
SUPPLIES = Path("/sys/class/power_supply")
LOOK_S = 30.0
_PATH, _DEVICE = "/org/freedesktop/UPower", f"{UPOWER}.Device"
_FILE_LIMIT_BYTES = 64
_SUPPLIES_LIMIT = 32


@dataclass(frozen=True)
class Charge:
    """``percent`` of the machine's own batteries together, 0 to 100; ``None`` if there is none, or it does not tell."""

    on_battery: bool = False
    percent: float | None = None


class Power:
    """UPower as a ``Service`` of the system bus. :meth:`decide` is for any thread."""

    name = UPOWER
    rules: Sequence[str] = (
        f"path='{_PATH}',member='PropertiesChanged',arg0='{UPOWER}'",
        f"path_namespace='{_PATH}/devices',member='PropertiesChanged',arg0='{_DEVICE}'",
    )

    def __init__(self, least_percent: int, *, supplies: Path = SUPPLIES) -> None:
        self._least_percent = least_percent
        self._supplies = supplies
        self._looking: asyncio.TimerHandle | None = None
        self.charge = Charge()

    def decide(self) -> Decision:
        """No on battery below the charge that the disclosure promises."""
        charge = self.charge
        if charge.on_battery and charge.percent is not None and charge.percent < self._least_percent:
            return no(Reason.MACHINE_ON_BATTERY, f"{charge.percent:.0f} % is less than {self._least_percent} %")
        return ALLOWED

    async def ask(self, call: Call) -> None:
        try:
            on_battery = await prop(call, _PATH, UPOWER, "OnBattery") is True
            device = str((await call(_PATH, UPOWER, "GetDisplayDevice")).body[0])
            present = await prop(call, device, _DEVICE, "IsPresent") is True
            percent = float(await prop(call, device, _DEVICE, "Percentage")) if present else None
        except DoesNotTell:
            self.gone()
            return
        self._stop_looking()
        self.charge = Charge(on_battery, percent)

    def heard(self, message: Message) -> None:
        """Everything can be asked."""

    def silent(self) -> None:
        self.gone()

    def gone(self) -> None:
        """Read the kernel's files from now on, if they tell of a battery."""
        self._stop_looking()
        self.charge = read_supplies(self._supplies)
        if self.charge.percent is not None:
            self._looking = asyncio.get_running_loop().call_later(LOOK_S, self.gone)

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None


def read_supplies(folder: Path) -> Charge:
    """What the kernel says in ``folder``. A file that cannot be read says nothing.

    On battery is: some battery of the machine itself discharges, and no other supply is online. Batteries of mice and
    keyboards (``scope`` is ``Device``) do not count.
    """
    percents: list[float] = []
    discharging = online = False
    try:
        supplies = sorted(folder.iterdir())[:_SUPPLIES_LIMIT]
    except OSError:
        return Charge()
    for supply in supplies:
        if _word(supply / "scope") == "Device":
            continue
        if _word(supply / "type") == "Battery":
            discharging = discharging or _word(supply / "status") == "Discharging"
            capacity = _word(supply / "capacity")
            if capacity.isascii() and capacity.isdigit() and int(capacity) <= 100:
                percents.append(float(capacity))
        else:
            online = online or _word(supply / "online") == "1"
    return Charge(discharging and not online, sum(percents) / len(percents) if percents else None)


def _word(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_LIMIT_BYTES).decode("ascii", "replace").strip()
    except OSError:
        return ""
