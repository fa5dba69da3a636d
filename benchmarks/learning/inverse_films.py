"""The same sessions as films from outside, and what was typed in them: what is lost, beside the recording itself.

    python -m benchmarks.learning.inverse_films

After ``benchmarks.learning.inverse``, with its model. Each session is made a film (VP9 with loss, as ``aboveboard
export`` writes it), once without the pointer and once with it, and labelled as a film from outside. The truth is the
recording's own events. Of what was typed: how many texts are read to the letter, and which share of letters is wrong.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from benchmarks.learning.inverse import DRAWS, MODEL, SOON_NS, Session, Tally, row, session, tally
from benchmarks.learning.inverse_sessions import FOLDER

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import Item, read_recording
from aboveboard.formats.recording import Button, Pointer, Scroll, Timed
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.dataset.film_labels import looks
from aboveboard.lab.dataset.imports.films import film_frames, noise_of
from aboveboard.lab.derive.steps import cut
from aboveboard.lab.model.inverse_dynamics import InverseDynamics, load_inverse_dynamics
from aboveboard.lab.model.reading import Reader, distance
from aboveboard.lab.model.screen_changes import Change, changes
from aboveboard.lab.model.typed_text import read_typed
from aboveboard.lab.train.inverse_dynamics import Lesson
from aboveboard.replay.canvas import frames
from aboveboard.replay.video import export_video

SESSIONS = ("desk-6", "desk-7", "desk-8", "office")
PLACED = (Pointer, Button, Scroll)


@dataclass(frozen=True)
class Typed:
    """What was typed, and what was read of it."""

    text: str
    read: str

    @property
    def wrong(self) -> int:
        """How many letters have to be changed, added or left out."""
        return distance(self.text, self.read, len(self.text) + len(self.read))


def as_film(path: Path, *, pointer: bool) -> list[Change]:
    """What changed in the film of a recording, at the recording's times; looked at once and kept."""
    kept = path.with_suffix(".film-with-pointer.json" if pointer else ".film-without-pointer.json")
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=list[Change])
    items: list[Item] = list(read_recording(path.read_bytes()))
    if not pointer:
        items = [one for one in items if not (isinstance(one, Timed) and isinstance(one.event, PLACED))]
    film = path.with_name(f".{path.stem}.mkv")
    try:
        begin_ns = export_video(items, film).start_ns
        seen = changes(film_frames(film), noise=noise_of(film))
        told = [replace(one, time_ns=one.time_ns + begin_ns) for one in seen]
    finally:
        film.unlink(missing_ok=True)
    kept.write_bytes(msgspec.json.encode(told))
    return told


def typed(path: Path, of: Session, model: InverseDynamics, reader: Reader) -> Iterator[Typed]:
    """Each text that the model saw typed and that was."""
    items = list(read_recording(path.read_bytes()))
    names = {"person_id": Kind.PERSON, "session_id": Kind.SESSION, "segment_id": Kind.SEGMENT}
    events = [one for one in items if isinstance(one, Timed)]
    steps = [one for one in cut(events, **{n: new_id(k) for n, k in names.items()}).steps if one.action == "type"]
    said = [one for one in model.label(of.changes) if one.kind == "type"]
    for look in looks(frames(items), said):
        guess = look.guess
        near = min(steps, key=lambda one: abs(one.time_ns - guess.time_ns), default=None)
        if look.after is not None and near is not None and abs(near.time_ns - guess.time_ns) <= SOON_NS:
            steps.remove(near)
            yield Typed(near.text, read_typed(reader, look.after, of.changes[guess.first : guess.last + 1], look.later))


def letters(found: Sequence[Typed]) -> str:
    """The share of wrong letters, with a bootstrap 95 % interval over texts."""
    wrong, length = np.array([one.wrong for one in found]), np.array([len(one.text) for one in found])
    drawn = np.random.default_rng(0).integers(0, len(found), (DRAWS, len(found)))
    low, high = np.percentile(wrong[drawn].sum(axis=1) / length[drawn].sum(axis=1), [2.5, 97.5])
    return f"{wrong.sum() / length.sum():.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_inverse_dynamics(arguments.folder / MODEL)
    paths = [arguments.folder / f"{name}.mcap" for name in SESSIONS]
    of = {path: session(path) for path in paths}
    reader = Reader(lines=True)
    found = [one for path in paths for one in typed(path, of[path], model, reader)]
    exact = sum(one.text == one.read for one in found)
    low, high = wilson(exact, len(found))
    print(f"texts typed and seen: {len(found)}; read to the letter: {exact / len(found):.2f} ({low:.2f} to {high:.2f})")
    print(f"letters wrong: {letters(found)}", flush=True)
    tallies = {"the recording": Tally(), "a film without the pointer": Tally(), "a film with the pointer": Tally()}
    for path in paths:
        shown = (of[path].changes, as_film(path, pointer=False), as_film(path, pointer=True))
        for into, seen in zip(tallies.values(), shown, strict=True):
            tally(into, of[path], Lesson(seen, of[path].done), model.label(seen))
    for name, into in tallies.items():
        print(row("any", into, name), flush=True)


if __name__ == "__main__":
    main()
