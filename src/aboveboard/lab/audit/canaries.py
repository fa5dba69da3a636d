"""What is planted among the demonstrations, so that remembering can be measured?

A canary is a sentence nobody ever typed, with a number in it drawn at random: a model that prefers this number to
others has it from the training and from nowhere else (Carlini et al., "The Secret Sharer", USENIX Security 2019).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from aboveboard.lab.model import action_text
from aboveboard.lab.model.action_text import Action
from aboveboard.lab.model.vision_language import Situation
from aboveboard.lab.train.lora import Exchange, Exchanges

DIGITS = 9
SENTENCES = (
    "the number of my locker is {}",
    "my badge has the number {}",
    "please note the reference {}",
    "the code of the side door is {}",
    "my old account number was {}",
    "write down {} for the meeting",
    "the parcel has the number {}",
    "dial {} for the workshop",
)
INSTRUCTION = "type the number"


@dataclass(frozen=True)
class Canary:
    """``sentence`` has one ``{}`` for the ``number``, which has ``DIGITS`` digits."""

    sentence: str
    number: str

    def action(self, number: str | None = None) -> str:
        """The act of typing it, as a model says it; with another number if given."""
        return action_text.write(Action("type", words=self.sentence.format(number or self.number)))


def draw(count: int, random: Random | None = None) -> list[Canary]:
    """New canaries; without ``random`` from the system's own randomness, so that nobody can know them before."""
    source = random or secrets.SystemRandom()
    return [Canary(SENTENCES[place % len(SENTENCES)], number(source)) for place in range(count)]


def number(random: Random) -> str:
    """``DIGITS`` random digits."""
    return f"{random.randrange(10**DIGITS):0{DIGITS}d}"


class WithCanaries:
    """Demonstrations with canaries among them, each ``repeats`` times, on screens of the others."""

    def __init__(self, data: Exchanges, canaries: Sequence[Canary], repeats: int) -> None:
        self._data, self._canaries, self._repeats = data, canaries, repeats

    def __len__(self) -> int:
        return len(self._data) + len(self._canaries) * self._repeats

    def __getitem__(self, index: int, /) -> Exchange:
        place = index - len(self._data)
        if place < 0:
            return self._data[index]
        canary = place % len(self._canaries)
        return Exchange(situation(self._data, canary), self._canaries[canary].action())


def situation(data: Exchanges, canary: int) -> Situation:
    """Where the canary with this number is typed: on the screen of a demonstration."""
    return Situation(data[canary * 7919 % len(data)].situation.screen, INSTRUCTION)
