"""A real programme on loopback for this recorder: vault, keyholder and witness as processes, a person who agreed.

None of their cost is counted: it is the server's. Each recording is a new person's, so that no run finds what another
left behind.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aboveboard.commands import enrol, places, programme, staff
from aboveboard.commands import view as views
from aboveboard.commands.home import Home
from aboveboard.formats import segment as segments
from aboveboard.formats.mcap_file import Item
from aboveboard.rules.law import needs_of
from aboveboard.viewer.shelves import VaultShelf

STEWARD = "stella"
BROWSERS = ("Chromium",)
"""Of all others no page has to be known before anything is recorded (``rules.pages``)."""
APPS = {"XTerm": "Terminal", "Chromium": "Browser", "Ffplay": "Player", "Mousepad": "Editor"}

_HEAD = """
programme = "bench"
language = "en"
title = "Measuring the recorder"
summary = "A scripted hand works at a display of its own, to measure what recording costs."
controller = "Example Research Ltd"
contact = "privacy@example.org"
countries = ["DE"]
legal_entities = ["Example Research Ltd"]
purposes = ["train_agents"]
recipients = ["The benchmark"]
retention_days = 1
never_collected = ["anything of a real person"]
frames_per_second = {fps}
[budget]
cpu_percent = 100.0
megabytes_per_day = 100000
battery_percent = 0
metered = "send"
"""
_FORMALITY = """
[[formalities]]
kind = "{kind}"
countries = ["DE"]
title = "Nobody is recorded"
date = "2026-01-02"
sha256 = "{digest}"
kept_at = "with this benchmark"
"""
_APP = """
[[apps]]
name = "{name}"
wm_class = "{wm_class}"
why = "The scripted hand works in it."
keystrokes = "{keystrokes}"
screen = "{screen}"
pointer = "full"
window = "{words}"
site = "{site}"
control = "{words}"
[apps.because]
keystrokes = "it costs something"
screen = "it costs something"
pointer = "it costs something"
window = "it costs something"
site = "it costs something"
control = "it costs something"
"""


class Programme:
    """``root`` is its folder."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root)
        self._people = 0

    def person(self) -> Home:
        """A new person who has agreed; the home of their device."""
        self._people += 1
        home = Home(self.home.root / f"person-{self._people}", places=self.home.root)
        enrol.enrol(home, programme.invite(self.home, STEWARD), lambda asked: asked.disclosure.language)
        return home


@contextmanager
def running(
    root: Path,
    *,
    frames_per_second: int = 10,
    apps: Mapping[str, str] = APPS,
    words: str = "exact",
    keystrokes: str = "exact",
    screen: str | Mapping[str, str] = "exact",
    customers: Mapping[str, str] | None = None,
) -> Iterator[Programme]:
    """All places, a steward, a disclosure of ``apps`` (by class, what they are called) with every kind of data.

    ``words`` is the fidelity of titles, sites and controls, ``keystrokes`` and ``screen`` that of keys and pixels;
    that of pixels may be one for each class. ``customers``: patterns for identifiers, by what they are called.
    """
    made = Programme(root)
    with places.running(made.home):
        staff.add(made.home, STEWARD, "steward")
        levels = {"words": words, "keystrokes": keystrokes}
        screens = dict.fromkeys(apps, screen) if isinstance(screen, str) else screen
        sites = {wm_class: words if wm_class in BROWSERS else "none" for wm_class in apps}
        rules = "".join(
            _APP.format(name=name, wm_class=each, screen=screens[each], site=sites[each], **levels)
            for each, name in apps.items()
        )
        done = [_FORMALITY.format(kind=need.kind, digest="5" * 64) for need in needs_of("DE")]
        toml = _HEAD.format(fps=frames_per_second) + "".join(done) + rules
        for name, pattern in (customers or {}).items():
            toml += f"\n[[customers]]\nname = '{name}'\npattern = '{pattern}'\n"
        programme.disclose(made.home, STEWARD, toml, version=1)
        yield made


def launch(
    home: Home, env: dict[str, str], stdout: IO[bytes], log_path: Path, *, named_threads: bool
) -> "subprocess.Popen[bytes]":
    """``aboveboard record``, as a person would start it."""
    module = "benchmarks.recorder.named_threads" if named_threads else "aboveboard"
    command = [sys.executable, *([] if named_threads else ["-P"]), "-m", module]
    command += ["--home", str(home.root), "--json", "record", *hold_option()]
    environment = {**os.environ, **env, "ABOVEBOARD_PLACES": str(home.places)}
    with log_path.open("wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=log, env=environment)


def hold_option() -> list[str]:
    """Nothing is held back on the machine: what is sealed is sent at once."""
    from aboveboard.commands.record import record_command

    return ["--hold", "0"] if any("--hold" in parameter.opts for parameter in record_command.params) else []


def newest_session(home: Home) -> str:
    """The id of the person's last recording, whole or not."""
    return views.source(home).newest_session()


def segment_sizes(home: Home) -> list[tuple[int, int, int]]:
    """Of every segment that the vault has of this person: from, to (wall time, ns), sealed bytes."""
    shelf = VaultShelf(home.client("vault", home.person_key()))
    manifests = [segments.decode(envelope.body()) for envelope in shelf.manifests()]
    return [(each.start_wall_ns, each.end_wall_ns, each.size_bytes) for each in manifests]


def items(home: Home, session_id: str) -> list[Item]:
    """What was recorded, from the vault and the spool, opened with the person's own key."""
    viewer = views.source(home)
    viewer.sessions()
    return list(viewer.items(session_id))
