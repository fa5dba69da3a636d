"""How does the tray open the person's own page, which the recorder may not read a word of?

Before the recorder gives up every path but its own, a shell is started that waits for one of three words and then runs
``aboveboard view``. All that the recorder can do with it is to have that page opened, at one of three places; it
cannot see what is there, nor which address it has. The page ends when the recording does, or when it is opened anew.
"""

import os
import subprocess
import sys
from contextlib import suppress

from aboveboard.commands.home import Home

PLACES = ("concerns", "told", "mark")
_WAIT = """
last=
while read -r place; do
  case $place in concerns|told|mark) ;; *) continue ;; esac
  [ -n "$last" ] && kill "$last" 2>/dev/null
  "$@" view --at "$place" </dev/null >/dev/null 2>&1 &
  last=$!
done
[ -n "$last" ] && kill "$last" 2>/dev/null
"""


class Door:
    """Opens the page of whoever uses ``home``. Make it before :func:`~aboveboard.wire.confine.confine`."""

    def __init__(self, home: Home) -> None:
        command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(home.root)]
        environment = {**os.environ, **({"ABOVEBOARD_PLACES": str(home.places)} if home.places is not None else {})}
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _WAIT, "door", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )

    def open(self, place: str) -> None:
        """Have the page opened at ``place``; raises ``OSError`` if nobody waits behind the door any more."""
        pipe = self._process.stdin
        if pipe is None or place not in PLACES:
            raise ValueError(f"the page has no place called {place!r}")
        pipe.write(f"{place}\n".encode("ascii"))
        pipe.flush()

    def close(self) -> None:
        """Nobody wants it any more: the shell ends, and the page that it opened."""
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.wait()
