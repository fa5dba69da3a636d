"""How is a training going, for whoever looks at it meanwhile and for whoever asks later?

A run has a folder beside the artefacts, under the id of its data set, and so is destroyed with it. While it runs the
folder is locked, and ``training.json`` in it is rewritten about once a second; what stopped keeps its last. Once the
model is registered, with ``training.json`` among its files, the folder goes.
"""

import fcntl
import math
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import BadInput, Conflict
from aboveboard.formats import training
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.training import Training, TrainingKind
from aboveboard.lab import lineage
from aboveboard.lab.train.curve import Curve

TRAINING_FILE = "training.json"
TOLD_EVERY_S = 1.0
_LOCK_TRIES, _LOCK_WAIT_S = 20, 0.05
"""Whoever looks whether it runs holds the lock for a moment."""

RunState = Literal["running", "stopped", "done"]


class Course:
    """One training as it goes; ``folder`` is its own. Used by the one thread that trains."""

    def __init__(self, folder: Path, begun: Training, clock: Clock) -> None:
        self.folder = folder
        self._begun, self._clock = begun, clock
        before = _read(folder / TRAINING_FILE)
        self._loss = Curve(before.loss if before is not None else [])
        self._held_out = Curve(before.held_out if before is not None else [])
        self._resumed_at: int | None = None
        self._started_s = time.monotonic()
        self._told_s = -math.inf
        self.tell()

    def step(self, done: int, total: int, loss: float) -> None:
        """``done`` of ``total`` steps are done, the last with this loss. The first that is told may not be number 1:
        then it goes on from a run before, and so does its curve."""
        if self._resumed_at is None:
            self._resumed_at = done - 1
            self._loss, self._held_out = self._loss.before(done), self._held_out.before(done)
        self._loss.add(done, loss)
        self._begun = replace(self._begun, steps=total)
        if time.monotonic() - self._told_s >= TOLD_EVERY_S:
            self.tell()

    def held_out(self, step: int, loss: float) -> None:
        """After this step, what is not learnt from has this loss."""
        self._held_out.add(step, loss)
        self.tell()

    @property
    def losses(self) -> list[float]:
        """The curve so far, for a terminal."""
        return [one.loss for one in self._loss.points]

    def now(self) -> Training:
        """All of it until now."""
        return replace(
            self._begun,
            resumed_at=self._resumed_at or 0,
            seconds=time.monotonic() - self._started_s,
            loss=self._loss.points,
            held_out=self._held_out.points,
        )

    def tell(self) -> None:
        """Write it for whoever looks; that it cannot be written ends no training."""
        self._told_s = time.monotonic()
        with suppress(OSError):
            self.write(self.folder)

    def write(self, folder: Path) -> None:
        """``training.json`` in ``folder``, whole at any time."""
        draft = folder / f".{TRAINING_FILE}"
        draft.write_bytes(training.encode(self.now()))
        draft.rename(folder / TRAINING_FILE)


@contextmanager
def followed(
    lab_home: Path,
    source: Lineage,
    source_sha256: str,
    kind: TrainingKind,
    *,
    name: str,
    part: tuple[int, int] = (0, 1),
    clock: Clock | None = None,
) -> Iterator[Course]:
    """A training on the data set ``source``, whose files have that digest, for as long as the block lasts.

    ``name``: of the run among those on this data set; the same run goes on in the same folder. When the block ends well
    the folder goes; when it fails, what is in it stays until the run is done or the data set goes. Raises
    :class:`Conflict` if this run is running already.
    """
    now = clock or SystemClock()
    folder = lineage.artefact_folder(lab_home, source.artefact_id).with_name(f".run-{source.artefact_id}-{name}")
    folder.mkdir(mode=0o700, exist_ok=True)
    held = _hold(folder)
    try:
        begun = Training(
            format="aboveboard.training",
            version=1,
            kind=kind,
            dataset_id=source.artefact_id,
            dataset_sha256=source_sha256,
            grant_id=source.grant_id,
            made_by=lineage.made_by("train"),
            commit=commit(),
            began_at_ns=now.wall_ns(),
            steps=0,
            part=part[0],
            parts=part[1],
        )
        course = Course(folder, begun, now)
        try:
            yield course
        except BaseException:
            course.tell()
            raise
        shutil.rmtree(folder)
    finally:
        os.close(held)


@dataclass(frozen=True)
class Run:
    """A training that somebody looks at: ``artefact_id`` is the model's once it is done, else ""."""

    state: RunState
    training: Training
    artefact_id: str = ""


def runs_on(lab_home: Path, dataset_id: str) -> list[Run]:
    """The trainings on a data set that this lab home knows of: those that go on, then what stopped, then models, the
    newest first of each. What cannot be read is passed over."""
    shelf = lineage.artefact_folder(lab_home, dataset_id).parent
    found: list[Run] = []
    for path in shelf.glob(f".run-{dataset_id}-*/{TRAINING_FILE}"):
        told = _read(path)
        held = _is_held(path.parent)
        if told is not None and (held or told.loss):
            found.append(Run("running" if held else "stopped", told))
    for path in shelf.glob(f"art_*/{TRAINING_FILE}"):
        told = _read(path)
        if told is not None and told.dataset_id == dataset_id:
            found.append(Run("done", told, path.parent.name))
    order: list[RunState] = ["running", "stopped", "done"]
    return sorted(found, key=lambda one: (order.index(one.state), -one.training.began_at_ns, one.training.part))


def commit() -> str:
    """The commit of the code that runs, with a + where files differ from it; "" where it was installed."""
    root = Path(__file__).parents[4]
    if not (root / ".git").exists():
        return ""
    asked = ["git", "--no-optional-locks", "-C", str(root), "describe", "--always", "--dirty=+"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()[:100] if told.returncode == 0 else ""


def _read(path: Path) -> Training | None:
    try:
        return training.decode(path.read_bytes())
    except (OSError, BadInput):
        return None


def _hold(folder: Path) -> int:
    for _ in range(_LOCK_TRIES):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            os.close(descriptor)
            time.sleep(_LOCK_WAIT_S)
    raise Conflict(
        "this run is running already", cause="it was started in another terminal", fix="wait until it is done"
    )


def _is_held(folder: Path) -> bool:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
