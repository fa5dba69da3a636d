"""A person at a display who is recorded by the real recorder, in a process of its own, and opens it with their key."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from aboveboard.formats.disclosure import AppRule, Budget, Disclosure
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Session, Timed
from aboveboard.stage.display import Display
from samples.disclosed import app
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of

TESTS = Path(__file__).resolve().parents[1]
APPS = ("Chromium", "Mousepad", "XTerm")
END_S = 20.0


@dataclass
class Worker(Participant):
    """Whose disclosure names these applications, in full."""

    apps: tuple[str, ...] = APPS
    frames_per_second: int = 10

    def disclosure(self) -> Disclosure:
        rules: list[AppRule] = [app(name) for name in self.apps]
        budget = Budget(cpu_percent=100, megabytes_per_day=10_000)
        return msgspec.structs.replace(
            super().disclosure(), apps=rules, budget=budget, frames_per_second=self.frames_per_second
        )


@dataclass
class Recorded:
    """``segments``, once the block is over: each opened with the person's own key, in order."""

    segments: list[list[Item]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def items(self) -> list[Item]:
        """All of it."""
        return [item for segment in self.segments for item in segment]


@contextmanager
def recorded(display: Display, folder: Path, worker: Worker | None = None) -> Iterator[Recorded]:
    """Record ``display`` while inside; ``folder`` is for the recorder."""
    who = worker or Worker()
    home = folder / "recorder"
    vault = Vault(who, who.settle(home).consent.consent_id)
    result = Recorded()
    with serving(vault):
        argv = [sys.executable, str(Path(__file__).with_name("recording_process.py")), str(home), vault.url]
        path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, **display.env, "PYTHONPATH": path}
        process = subprocess.Popen(
            [*argv, display.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=home
        )
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            while not (line := process.stdout.readline()).startswith("recording"):
                assert line, "the recorder ended before it recorded"
            yield result
            process.stdin.close()
            result.said = process.stdout.read().splitlines()
            assert process.wait(END_S) == 0, result.said
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        opened = [items_of(vault.sealed[manifest.segment_id], who.identity) for manifest in vault.in_order()]
    assert opened, "nothing was recorded"
    assert all(isinstance(first, Timed) and isinstance(first.event, Session) for first, *_ in opened)
    assert not vault.refusals, vault.refusals
    result.segments = opened
