"""What somebody did, told by what the screen shows alone: how much of it is found, and how well, beside a baseline.

    python -m benchmarks.learning.inverse

After ``benchmarks.learning.inverse_sessions``. Trained on sessions of small tasks (four tasks held out) and of three
applications; tried on other sessions: of the same tasks, of the held-out tasks, of the same hand at the applications,
and of the work of ``benchmarks.session``, which another script does. The truth is the recording's own events. Clicks at
START, which is always at one place, are taught and not counted. Baseline: every run of changes is a click at the middle
of the largest.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import torch
from benchmarks.learning.inverse_sessions import FOLDER
from benchmarks.learning.recorded import Done as Attempt

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import NotFound
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import read_recording
from aboveboard.formats.recording import Timed
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.derive.steps import cut
from aboveboard.lab.labeller import both_looks
from aboveboard.lab.model.change_features import KINDS, SCROLLS
from aboveboard.lab.model.inverse_dynamics import Guess, InverseDynamics
from aboveboard.lab.model.screen_changes import Change
from aboveboard.lab.train.inverse_dynamics import Done, InverseConfig, Lesson, done_in, shown, train_inverse_dynamics

HELD_OUT = ("click-dialog-2", "click-option", "click-tab", "click-widget")
SOON_NS = 500 * MILLISECOND_NS
"""What is said of an action is of one that began at most so long before or after."""
DRAWS = 1_000
SURE = 0.5
"""From so much on a place counts as one of which the model is sure."""
COLUMNS = (
    "kind",
    "done",
    "recall",
    "recall where the screen changed",
    "precision",
    "when, ms",
    "where, px",
    "where, sure",
)
MODEL = "inverse.safetensors"


class Session(msgspec.Struct, frozen=True):
    """What is kept of a session; ``attempts`` is empty where no tasks were done. ``drawn``: the changes as a film shows
    them, with the pointer.
    """

    changes: list[Change]
    drawn: list[Change]
    done: list[Done]
    attempts: list[Attempt]
    left_out: dict[str, int]


@dataclass
class Tally:
    """What was said of what was done: pairs of the same kind, all that was done, all that was said.

    ``shown``: what was done and changed anything on the screen; ``found``: those of them that are in pairs.
    """

    pairs: list[tuple[Guess, Done]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)


def session(path: Path) -> Session:
    """One recording, looked at once and kept."""
    kept = path.with_suffix(".changes.json")
    left_out: Counter[str] = Counter()
    if not kept.exists():
        items = list(read_recording(path.read_bytes()))
        names = {"person_id": Kind.PERSON, "session_id": Kind.SESSION, "segment_id": Kind.SEGMENT}
        events = [one for one in items if isinstance(one, Timed)]
        steps = cut(events, **{name: new_id(kind) for name, kind in names.items()}).steps
        told = path.with_suffix(".json")
        attempts = msgspec.json.decode(told.read_bytes(), type=list[Attempt]) if told.exists() else []
        made = Session(*both_looks(items), done_in(steps, left_out), attempts, left_out)
        kept.write_bytes(msgspec.json.encode(made))
    return msgspec.json.decode(kept.read_bytes(), type=Session)


def parts(one: Session, *, held_out: bool, drawn: bool = False) -> list[Lesson]:
    """The stretches of the held-out tasks, or of all others; a session without tasks is one stretch."""
    looked = one.drawn if drawn else one.changes
    if not one.attempts:
        return [] if held_out else [Lesson(looked, one.done, again=drawn)]
    found, begin = [], 0
    for number, attempt in enumerate(one.attempts):
        if number + 1 < len(one.attempts) and one.attempts[number + 1].task == attempt.task:
            continue
        end = attempt.end_ns
        if (attempt.task in HELD_OUT) == held_out:
            seen = [each for each in looked if begin <= each.time_ns < end]
            found.append(Lesson(seen, [each for each in one.done if begin <= each.time_ns < end], again=drawn))
        begin = end
    return found


def counted(one: Session, done: Done) -> bool:
    """Is it no click at START?"""
    return not one.attempts or any(each.begin_ns <= done.time_ns <= each.end_ns for each in one.attempts)


def largest(seen: Sequence[Change]) -> list[Guess]:
    """The baseline."""
    found, last_ns = [], 0
    for at, change in enumerate(seen):
        if change.time_ns - last_ns > SOON_NS:
            place = change.boxes[0].point(0.5, 0.5)
            found.append(Guess("click", change.time_ns, change.time_ns, *place, 1.0, 1.0, at, at))
        last_ns = change.time_ns
    return found


def tally(into: Tally, one: Session, lesson: Lesson, said: Sequence[Guess]) -> None:
    """Pair what was said with what was done, the nearest in time first, each once."""
    near = sorted(
        (abs(told.time_ns - done.time_ns), a, b)
        for a, told in enumerate(said)
        for b, done in enumerate(lesson.done)
        if abs(told.time_ns - done.time_ns) <= SOON_NS
    )
    of_said: dict[int, int] = {}
    of_done: dict[int, int] = {}
    for _, a, b in near:
        if a not in of_said and b not in of_done:
            of_said[a], of_done[b] = b, a
    for a, told in enumerate(said):
        if a not in of_said or counted(one, lesson.done[of_said[a]]):
            into.said[told.kind] += 1
    for b, (done, shows) in enumerate(zip(lesson.done, shown(lesson), strict=True)):
        if not counted(one, done):
            continue
        right = b in of_done and said[of_done[b]].kind == done.kind
        into.done[done.kind] += 1
        into.shown[done.kind] += shows
        into.found[done.kind] += shows and right
        if right:
            into.pairs.append((said[of_done[b]], done))


def rows(title: str, model: Tally, baseline: Tally) -> list[str]:
    """One row for each kind that was done or said, and one for all."""
    lines = [f"\n{title}", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    for kind in (*KINDS, *(("any",) if len(model.done) > 1 else ())):
        if kind == "any" or model.done[kind] or model.said[kind]:
            lines.append(row(kind, model))
    lines.append(row("any", baseline, "baseline, any"))
    return lines


def row(kind: str, of: Tally, name: str = "") -> str:
    every = kind == "any"
    pairs = [pair for pair in of.pairs if every or pair[1].kind == kind]
    done, said = (sum(each.values()) if every else each[kind] for each in (of.done, of.said))
    shows, found = (sum(each.values()) if every else each[kind] for each in (of.shown, of.found))
    when = [abs(told.time_ns - one.time_ns) / MILLISECOND_NS for told, one in pairs]
    away = [(told, float(np.hypot(told.x - one.x, told.y - one.y)), one) for told, one in pairs if one.x is not None]  # type: ignore[operator]
    exact = [each for each in away if each[2].kind not in SCROLLS]
    sure = [px for told, px, _ in exact if told.placed >= SURE]
    if exact or not away:
        where = [_errors([px for _, px, _ in exact]), f"{len(sure)} of {len(exact)}: {_errors(sure)}"]
    else:
        within = sum(told.area is not None and told.area.covers(one.x, one.y) for told, _, one in away)  # type: ignore[arg-type]
        where = [f"in what scrolled: {_share(within, len(away))}", ""]
    cells = [_share(len(pairs), done), _share(found, shows), _share(len(pairs), said), _errors(when), *where]
    return f"| {name or kind} | {done} | {' | '.join(cells)} |"


def _share(good: int, every: int) -> str:
    if not every:
        return "none"
    low, high = wilson(good, every)
    return f"{good / every:.2f} ({low:.2f} to {high:.2f})"


def _errors(drawn: Sequence[float]) -> str:
    """Median and 90th percentile, each with a bootstrap 95 % interval."""
    if not drawn:
        return ""
    draw = np.random.default_rng(0)
    again = draw.choice(np.array(drawn), (DRAWS, len(drawn)))
    told = []
    for percent in (50, 90):
        low, high = np.percentile(np.percentile(again, percent, axis=1), [2.5, 97.5])
        told.append(f"{np.percentile(drawn, percent):.0f} ({low:.0f} to {high:.0f})")
    return "; ".join(told)


def report(folder: Path, config: InverseConfig, *, once: bool = False) -> Iterable[str]:
    """Train, try, and say. ``once``: learn from sessions as they were recorded alone, and not as films show them."""
    of = {path.stem: session(path) for path in sorted(folder.glob("*.mcap"))}
    left_out: Counter[str] = Counter()
    for one in of.values():
        left_out.update(one.left_out)
    tasks, desks = ([name for name in of if name.startswith(start)] for start in ("tasks-", "desk-"))
    if len(tasks) < 2 or len(desks) < 2 or "office" not in of:
        raise NotFound(f"there are too few sessions in {folder}", fix="run benchmarks.learning.inverse_sessions first")
    tried_tasks, tried_desks = tasks[-(len(tasks) // 3 or 1) :], desks[-(len(desks) // 3 or 1) :]
    taught = [name for name in (*tasks, *desks) if name not in (*tried_tasks, *tried_desks)]
    lessons = [
        lesson
        for drawn in ((False,) if once else (False, True))
        for name in taught
        for lesson in parts(of[name], held_out=False, drawn=drawn)
    ]
    begin = time.process_time()
    model = train_inverse_dynamics(lessons, config, left_out)
    model.save(folder / MODEL)
    spent_s = time.process_time() - begin
    actions, seen = sum(len(one.done) for one in lessons if not one.again), sum(len(one.changes) for one in lessons)
    yield f"trained on {len(taught)} ({', '.join(taught)}): {actions} actions, {seen} changes"
    yield f"training: {spent_s:.0f} core-seconds"
    yield f"left out: {dict(left_out)}"
    for title, names, held_out in (
        (f"Other sessions of the same tasks ({', '.join(tried_tasks)})", tried_tasks, False),
        (f"Tasks that were held out: {', '.join(HELD_OUT)}", tried_tasks, True),
        (f"Other sessions at the same applications ({', '.join(tried_desks)})", tried_desks, False),
        ("The same applications, the work of another script", ["office"], False),
    ):
        yield from rows(title, *_tried(model, [of[name] for name in names], held_out=held_out))


def _tried(model: InverseDynamics, on: Sequence[Session], *, held_out: bool) -> tuple[Tally, Tally]:
    own, baseline = Tally(), Tally()
    for one in on:
        for lesson in parts(one, held_out=held_out):
            tally(own, one, lesson, model.label(lesson.changes))
            tally(baseline, one, lesson, largest(lesson.changes))
    return own, baseline


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--once", action="store_true", help="learn from sessions as recorded alone, not as films too")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for line in report(arguments.folder, InverseConfig(seed=arguments.seed), once=arguments.once):
        print(line, flush=True)


if __name__ == "__main__":
    main()
