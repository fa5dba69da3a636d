"""What is known of one open control stream, and how is something told on it?"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aboveboard.vault.storage.rows import DeviceRow, PersonRow

BURST, PER_S = 20, 5.0
"""How many requests a device may make at once, and each second after that; a recorder makes one in five seconds."""
SILENT_S = 120.0
"""A device that asks nothing for so long is gone, or none of ours."""
TELL_S = 10.0
"""Who has not taken a word by then is given up."""


@dataclass(eq=False)
class Held:
    """The stream of one device. ``send`` sends one message; ``shut`` closes it."""

    device: DeviceRow
    person: PersonRow
    send: Callable[[bytes], Awaitable[None]]
    shut: Callable[[], None]
    asked_s: float
    allowance: float = BURST
    health: str = ""
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def spend(self, now_s: float) -> bool:
        """Note a request; False if there were too many."""
        self.allowance = min(BURST, self.allowance + (now_s - self.asked_s) * PER_S) - 1
        self.asked_s = now_s
        return self.allowance >= 0

    async def answer(self, message: bytes) -> None:
        """Send it, after what is being sent; for the one who reads what the device says."""
        async with self._turn:
            await self.send(message)

    async def tell(self, message: bytes) -> None:
        """Send it, or give the stream up. Never raises; whoever does not read holds it up (``TELL_S``)."""
        try:
            async with self._turn:
                await self.send(message)
        except Exception:  # noqa: BLE001 - the stream is broken, in whatever way
            self.shut()
