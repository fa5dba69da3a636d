"""Is the screen locked? Nothing is recorded while it is.

Several speak about it, each of what it knows (the *speakers*): logind, the desktop's screen saver, the display itself.

1. One speaker that says "locked" is enough.
2. Nobody has been asked yet, or a speaker does not answer: locked.
3. A speaker that goes away while it says "locked" leaves its word behind. It holds until that speaker is back and says
   otherwise, or until another sees the screen being unlocked.
4. A bus that was there and is gone: locked, until it is back.
5. Another session in front of this one (another user, a text console) is as good as locked.
6. A request to lock counts as locked for :data:`REQUEST_S`: by then a locker is there and speaks for itself.
"""

import asyncio
import os
from collections.abc import Callable, Sequence

from dbus_fast import Message

from aboveboard.recorder.machine.service import Call, DoesNotTell, prop
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

REQUEST_S = 10.0
LOGIND = "org.freedesktop.login1"
SAVERS: dict[str, tuple[str, ...]] = {
    "org.freedesktop.ScreenSaver": ("/org/freedesktop/ScreenSaver", "/ScreenSaver"),
    "org.gnome.ScreenSaver": ("/org/gnome/ScreenSaver",),
    "org.cinnamon.ScreenSaver": ("/org/cinnamon/ScreenSaver",),
    "org.mate.ScreenSaver": ("/org/mate/ScreenSaver", "/"),
    "org.xfce.ScreenSaver": ("/org/xfce/ScreenSaver", "/"),
}
"""The screen savers of the session bus, which all speak the same protocol, and where each keeps its object."""

_MANAGER, _MANAGER_PATH, _SESSION = f"{LOGIND}.Manager", "/org/freedesktop/login1", f"{LOGIND}.Session"
_REQUESTED = "a request to lock"


class Locks:
    """What each speaker said last. Told by one thread; :meth:`decide` is for any."""

    def __init__(self) -> None:
        self._locked: dict[str, str] = {}
        self._silent: set[str] = set()
        self._left: set[str] = set()
        self._decision = no(Reason.MACHINE_LOCKED, "it is not known yet whether the screen is locked")
        self._asked = False

    def decide(self) -> Decision:
        """No while the screen is locked, or may be."""
        return self._decision

    def asked(self) -> None:
        """Everybody who is there has been asked: from now on silence about the lock is consent."""
        self._asked = True
        self._settle()

    def says(self, speaker: str, locked: bool, why: str = "it says that the screen is locked") -> None:
        """``speaker`` is there, and says this."""
        self._silent.discard(speaker)
        self._left.discard(speaker)
        if locked:
            self._locked[speaker] = why
        elif self._locked.pop(speaker, None) is not None:
            for left in self._left:
                del self._locked[left]
            self._left.clear()
        self._settle()

    def silent(self, speaker: str) -> None:
        """``speaker`` is there and does not answer."""
        self._silent.add(speaker)
        self._settle()

    def leaves(self, speaker: str) -> None:
        """``speaker`` went away."""
        self._silent.discard(speaker)
        if speaker in self._locked:
            self._left.add(speaker)
        self._settle()

    def forget(self, speaker: str) -> None:
        """What ``speaker`` said counts no more, and says nothing about anybody else."""
        self._locked.pop(speaker, None)
        self._silent.discard(speaker)
        self._left.discard(speaker)
        self._settle()

    def _settle(self) -> None:
        if not self._asked:
            return
        whys = [f"{speaker}: {why}" for speaker, why in self._locked.items()]
        whys += [f"{speaker} does not answer" for speaker in sorted(self._silent)]
        self._decision = no(Reason.MACHINE_LOCKED, whys[0]) if whys else ALLOWED


class ScreenSaver:
    """A desktop's screen saver, as a ``Service`` of the session bus. Active is locked, or about to be."""

    def __init__(self, name: str, locks: Locks) -> None:
        self.name = name
        self.rules: Sequence[str] = (f"interface='{name}',member='ActiveChanged'",)
        self._locks = locks

    async def ask(self, call: Call) -> None:
        for path in SAVERS[self.name]:
            try:
                reply = await call(path, self.name, "GetActive")
            except DoesNotTell:
                continue
            self._locks.says(self.name, bool(reply.body[0]))
            return
        # Some own the name only to let films keep the screen on.
        self._locks.forget(self.name)

    def heard(self, message: Message) -> None:
        if message.member == "ActiveChanged" and message.body[0] is True:
            self._locks.says(self.name, True)

    def silent(self) -> None:
        self._locks.silent(self.name)

    def gone(self) -> None:
        self._locks.leaves(self.name)


class Session:
    """This display's session in logind, as a ``Service`` of the system bus.

    It is this user's session on the virtual terminal ``terminal()`` of the display's server; a display that has none
    (0: a virtual one, or one on another machine) belongs to no session that could be locked.
    """

    name = LOGIND
    rules: Sequence[str] = (
        f"interface='{_SESSION}'",
        f"interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0='{_SESSION}'",
        f"interface='{_MANAGER}',member='SessionNew'",
        f"interface='{_MANAGER}',member='SessionRemoved'",
    )

    def __init__(self, locks: Locks, terminal: Callable[[], int]) -> None:
        self._locks = locks
        self._terminal = terminal
        self._path = ""

    async def ask(self, call: Call) -> None:
        path = await self._find(call)
        if not path:
            self._locks.leaves(LOGIND)
            self._path = ""
            return
        self._path = path
        if await prop(call, path, _SESSION, "LockedHint") is True:
            self._locks.says(LOGIND, True)
        elif await prop(call, path, _SESSION, "Active") is not True:
            self._locks.says(LOGIND, True, "another session is in front of this one")
        else:
            self._locks.says(LOGIND, False)

    def heard(self, message: Message) -> None:
        if message.path != self._path:
            return
        if message.member == "Lock":
            self._locks.says(_REQUESTED, True, "somebody asked to lock the screen")
            asyncio.get_running_loop().call_later(REQUEST_S, self._locks.forget, _REQUESTED)
        elif message.member == "Unlock":
            self._locks.forget(_REQUESTED)

    def silent(self) -> None:
        self._locks.silent(LOGIND)

    def gone(self) -> None:
        self._path = ""
        self._locks.leaves(LOGIND)

    async def _find(self, call: Call) -> str:
        """Where the session is; "" if there is none."""
        terminal = self._terminal()
        if not terminal:
            return ""
        sessions = (await call(_MANAGER_PATH, _MANAGER, "ListSessions")).body[0]
        for _, user, _, _, path in sessions:
            if user == os.getuid() and await prop(call, path, _SESSION, "VTNr") == terminal:
                return str(path)
        return ""
