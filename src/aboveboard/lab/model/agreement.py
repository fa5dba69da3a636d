"""How far does what is on the screen agree with what is asked for?

Of one element: its words, in whole, in part, in quotes, still asked for or used up. Of what stands around it, level by
level. Of the page as a whole: what is there, what is new, and the most telling word that is nowhere to be seen.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from aboveboard.lab.model.elements import Scene
from aboveboard.lab.model.memory import Key, Memory, inside, label
from aboveboard.lab.model.words import Request, phrase_at, read, words_of

LEVELS = 6


@dataclass(frozen=True)
class Rarity:
    """How telling a word of an instruction is, 0 to 1: rare in the demonstrations is telling, unseen most of all."""

    counts: dict[str, int]
    total: int

    @staticmethod
    def of(instructions: Iterable[str]) -> "Rarity":
        """Count in how many instructions each word stands."""
        counts: Counter[str] = Counter()
        total = 0
        for text in instructions:
            counts.update(set(read(text).words))
            total += 1
        return Rarity({word: count for word, count in counts.items() if count > 1}, total)

    def __call__(self, word: str) -> float:
        most = math.log((self.total + 1) / 1.0)
        return math.log((self.total + 1) / max(1, self.counts.get(word, 0))) / max(most, 1e-9)


class Said:
    """Everything that is said in a scene, once."""

    def __init__(self, scene: Scene) -> None:
        self.own = [words_of(one.text) for one in scene.elements]
        self.inner = [words_of(one.text or inside(scene, place)) for place, one in enumerate(scene.elements)]
        self.label = [words_of(label(scene, place)) for place in range(len(scene.elements))]
        self.names = [[*one.role.split("-"), *one.names] for one in scene.elements]
        # Of each subtree, as a bag: what stands around an element is its ancestor's bag less its own.
        self.around: list[Counter[str]] = [Counter(words) for words in self.own]
        for place in range(len(scene.elements) - 1, 0, -1):
            self.around[scene.elements[place].parent].update(self.around[place])


def match(request: Request, rarity: list[float], used: set[int], words: list[str]) -> list[float]:
    """How words agree with the instruction: wholly, in part, how tellingly, in quotes, and whether still asked for."""
    if not words:
        return [0.0] * 9
    places = phrase_at(request, words) if len(words) <= 12 else []
    open_places = [place for place in places if place not in used]
    hit = [word for word in set(words) if word in request.places]
    telling = sum(rarity[request.places[word][0]] for word in hit)
    quoted = [one for one in request.quoted if list(request.words[one.first : one.last + 1]) == words]
    begins = [one for one in request.quoted if "".join(words).startswith("".join(words_of(one.text)))]
    ends = [one for one in request.quoted if "".join(words).endswith("".join(words_of(one.text)))]
    return [
        1.0 if places else 0.0,
        1.0 if open_places else 0.0,
        len(hit) / len(set(words)),
        telling,
        max((rarity[request.places[word][0]] for word in hit), default=0.0),
        1.0 if quoted else 0.0,
        1.0 if begins and not quoted else 0.0,
        1.0 if ends and not quoted else 0.0,
        1.0 - open_places[0] / max(1, len(request.words)) if open_places else 0.0,
    ]


def surroundings_of(scene: Scene, said: Said, request: Request, rarity: list[float], place: int) -> list[float]:
    """At each of six levels up: how much of what is asked for stands around the element, in telling words."""
    found: list[float] = []
    up = place
    for _ in range(LEVELS):
        up = scene.elements[up].parent if up >= 0 else -1
        if up < 0:
            found.append(found[-1] if found else 0.0)
            continue
        around = said.around[up]
        found.append(
            sum(rarity[at[0]] for word, at in request.places.items() if around[word] > said.around[place].get(word, 0))
        )
    return found


def page_features(
    scene: Scene,
    said: Said,
    request: Request,
    rarity: list[float],
    matches: dict[int, list[float]],
    memory: Memory,
    keys: list[Key],
) -> list[float]:
    """What holds for the page as a whole."""
    there = set(said.around[0])
    for place, one in enumerate(scene.elements):
        there.update(said.names[place], words_of(one.value))
    total = sum(rarity)
    found = sum(value for word, value in zip(request.words, rarity, strict=True) if word in there)
    told = [set(request.words[one.first : one.last + 1]) for one in request.quoted]
    untouched = [matches[place] for place in matches if not memory.acted[keys[place]]]
    new = [place for place in matches if memory.steps and keys[place] not in memory.before]
    return [
        found / total if total else 0.0,
        sum(words <= there for words in told) / len(told) if told else 0.0,
        len(told) / 4,
        max((one[1] * one[4] for one in untouched), default=0.0),
        max((one[10] * one[13] for one in untouched), default=0.0),
        max((one[5] for one in untouched), default=0.0),
        float(bool(new)),
        min(len(new), 20) / 20,
        min(memory.steps, 12) / 12,
        float(memory.steps == 0),
        float(memory.last_kind == "type"),
        len(memory.used) / max(1, len(request.words)),
        min(len(matches), 60) / 60,
        float(request.count > 0),
        max((value for word, value in zip(request.words, rarity, strict=True) if word not in there), default=0.0),
    ]
