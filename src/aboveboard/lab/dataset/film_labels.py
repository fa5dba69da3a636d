"""Which steps become of what a model guessed from a film?

The film is read twice: for what changed, and then for the pictures that steps keep and what was typed. What the model
is not sure of, and what a step cannot say, is counted and left out. Who is in the film is not known: it counts as one
person.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.dataset import FORMAT_VERSION, DatasetCard, Totals
from aboveboard.formats.trajectory import ActionKind, Episode, Step
from aboveboard.lab.dataset.imports.films import film_frames, noise_of
from aboveboard.lab.dataset.shards import PersonShards
from aboveboard.lab.derive.episodes import cut_episodes
from aboveboard.lab.model.change_features import SCROLLS
from aboveboard.lab.model.inverse_dynamics import Guess
from aboveboard.lab.model.reading import Reader
from aboveboard.lab.model.screen_changes import Change, changes
from aboveboard.lab.model.sight import Image
from aboveboard.lab.model.typed_text import read_typed
from aboveboard.lab.train.examples import LEFT_BUTTON
from aboveboard.replay.bands import pack_picture

UNTOLD = {"key": "a key: which one is not told", "drag": "a drag: where it ended is not told"}
"""What no step can be made of."""
SOON_NS = 300 * MILLISECOND_NS
KIND_WORDS = {
    "click": "a click",
    "double_click": "a double click",
    "drag": "a drag",
    "scroll_up": "a scroll",
    "scroll_down": "a scroll",
    "type": "typing",
    "key": "a key",
}

Progress = Callable[[int], None]
"""Told how many frames were read."""


@dataclass(frozen=True)
class Seen:
    """What changed in a film of so many frames; ``film_ns`` lie between the first and the last."""

    changes: Sequence[Change]
    frames: int
    film_ns: int


def watch(film: Path, progress: Progress) -> Seen:
    """Look at the whole film; raises :class:`BadInput` for what is none."""
    count, first_ns, last_ns = 0, 0, 0

    def counted() -> Iterator[tuple[int, Image]]:
        nonlocal count, first_ns, last_ns
        for time_ns, frame in film_frames(film):
            first_ns, last_ns = first_ns if count else time_ns, time_ns
            count += 1
            progress(count)
            yield time_ns, frame

    return Seen(list(changes(counted(), noise=noise_of(film))), count, last_ns - first_ns)


class FilmLabels:
    """The steps of one film, on their way into the ``shards`` of somebody unknown."""

    def __init__(self, film: Path, seen: Seen, shards: PersonShards, sure: float) -> None:
        self._film, self._seen, self._shards, self._sure = film, seen, shards, sure
        self._session_id, self._segment_id = new_id(Kind.SESSION), new_id(Kind.SEGMENT)
        self._frames = 0
        self._episodes: Sequence[Episode] = ()
        self.steps: list[Step] = []
        self.left_out: Counter[str] = Counter()
        self.lessened: Counter[str] = Counter()

    @property
    def actions(self) -> dict[ActionKind, int]:
        return dict(sorted(Counter(step.action for step in self.steps).items()))

    def write(self, guesses: Sequence[Guess]) -> None:
        """Read the film again, for the pictures that steps keep and for what was typed."""
        reader = Reader(lines=True) if any(one.kind == "type" for one in guesses) else None
        for look in looks(film_frames(self._film), [one for one in guesses if self._fits(one)]):
            guess, before, text = look.guess, look.before, ""
            if guess.kind == "type" and reader is not None and look.after is not None:
                text = read_typed(reader, look.after, self._seen.changes[guess.first : guess.last + 1], look.later)
            if guess.kind == "type" and not text:
                self.left_out["typed text that cannot be read"] += 1
                continue
            name = None
            if before is not None:
                picture = pack_picture(before)
                self._frames += self._shards.add_frame(picture)
                name = picture.name
            self.steps.append(self._step(guess, name, text))
        self._episodes = cut_episodes(self.steps)
        for step in self.steps:
            self._shards.add("steps", msgspec.to_builtins(step))
        for episode in self._episodes:
            self._shards.add("episodes", msgspec.to_builtins(episode))

    def card(self, artefact_id: str, now_ns: int) -> DatasetCard:
        """Seal what is left, and count it."""
        totals = Totals(
            people=1,
            sessions=1,
            segments=1,
            missing_segments=0,
            recorded_ns=self._seen.film_ns,
            events=0,
            step_events=0,
            unused={},
            steps=len(self.steps),
            actions=self.actions,
            frames=self._frames,
            unseen_steps=sum(step.frame_sha256 is None for step in self.steps),
            episodes=len(self._episodes),
        )
        return DatasetCard(
            format="aboveboard.dataset",
            version=FORMAT_VERSION,
            artefact_id=artefact_id,
            created_at_ns=now_ns,
            totals=totals,
            shards=self._shards.finish(),
        )

    def _fits(self, guess: Guess) -> bool:
        """Can it become a step? If not, it is counted."""
        if guess.likely < self._sure:
            why = f"not sure of {KIND_WORDS[guess.kind]}"
        elif guess.kind in UNTOLD:
            why = UNTOLD[guess.kind]
        elif guess.kind in ("click", "double_click") and guess.placed < self._sure:
            why = f"not sure where {KIND_WORDS[guess.kind]} was"
        else:
            return True
        self.left_out[why] += 1
        return False

    def _step(self, guess: Guess, frame: str | None, text: str) -> Step:
        scrolls = guess.kind in SCROLLS
        if scrolls:
            self.lessened["how far it scrolled"] += 1
            self.lessened["where in it the pointer was"] += guess.placed < self._sure
        x, y = (None if place is None else round(place) for place in (guess.x, guess.y))
        begin_ns = max(0, guess.time_ns)
        return Step(
            person_id=self._shards.person_id,
            session_id=self._session_id,
            index=len(self.steps),
            time_ns=begin_ns,
            end_ns=max(begin_ns, guess.end_ns),
            action="scroll" if scrolls else guess.kind,  # type: ignore[arg-type]
            app="",
            title="",
            window_x=0,
            window_y=0,
            window_width=0,
            window_height=0,
            frame_sha256=frame,
            segments=[self._segment_id],
            events=0,
            x=x,
            y=y,
            end_x=None if scrolls else x,
            end_y=None if scrolls else y,
            button=LEFT_BUTTON if guess.kind in ("click", "double_click") else None,
            scroll_dy={"scroll_up": -1.0, "scroll_down": 1.0}.get(guess.kind, 0.0),
            text=text,
            by="model",
        )


@dataclass
class Look:
    """A guess with the frames in force just before it and at its end; ``later`` the next one, if it came soon."""

    guess: Guess
    before: Image | None
    after: Image | None = None
    later: Image | None = None


def looks(frames: Iterator[tuple[int, Image]], guesses: Sequence[Guess]) -> Iterator[Look]:
    """A look at each guess, in order of their beginnings."""
    coming = deque(sorted(guesses, key=lambda one: one.time_ns))
    waiting: deque[Look] = deque()
    last: Image | None = None
    for time_ns, frame in frames:
        while coming and coming[0].time_ns <= time_ns:
            waiting.append(Look(coming.popleft(), last))
        for one in waiting:
            if one.after is None and one.guess.end_ns < time_ns:
                one.after, one.later = last, frame if time_ns - one.guess.end_ns <= SOON_NS else None
        while waiting and waiting[0].after is not None:
            yield waiting.popleft()
        last = frame
    for one in waiting:
        yield one if one.after is not None else Look(one.guess, one.before, last)
    for guess in coming:
        yield Look(guess, last, last)
