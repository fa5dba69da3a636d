"""By which properties does a policy tell the right element from the others?

The same list for every task, none made for one: how far an element's words, its label, its names and its surroundings
agree with what the instruction still asks for; its order among its like; what was done before; what is new. Numbers,
and words by hash: a network learns what they mean.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.lab.model.agreement import LEVELS, Rarity, Said, match, page_features, surroundings_of
from aboveboard.lab.model.elements import CONTROL_ROLES, Scene
from aboveboard.lab.model.memory import Key, Memory
from aboveboard.lab.model.words import read, words_of

TOKENS = 2048
"""Words are known by ``hash % TOKENS``; 0 is no word."""
OWN_TOKENS = 14
SAID_TOKENS = 6
ASKED_TOKENS = 32
Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """What a network is shown of one scene: a row for each candidate.

    ``places`` are the candidates' places in the scene, ``dense`` ``(n, d)`` numbers, ``own`` ``(n, 14)`` and
    ``said`` ``(n, 6)`` hashed words, ``asked`` ``(32,)`` the instruction's and ``last`` ``(14,)`` those
    of what was acted on last.
    """

    places: list[int]
    dense: Floats
    own: Numbers
    said: Numbers
    asked: Numbers
    last: Numbers


def token(word: str) -> int:
    """A word's number, 1 to TOKENS - 1: the same on every machine."""
    return zlib.crc32(word.encode()) % (TOKENS - 1) + 1


def padded(words: Iterable[str], size: int) -> list[int]:
    """The numbers of the first ``size`` words, then zeros."""
    numbers = [token(word) for _, word in zip(range(size), words, strict=False)]
    return numbers + [0] * (size - len(numbers))


def candidates(scene: Scene) -> list[int]:
    """What could be acted on: controls, whatever has words of its own, and whatever has nothing inside."""
    parents = {one.parent for one in scene.elements}
    found = [
        place
        for place, one in enumerate(scene.elements)
        if one.role in CONTROL_ROLES or one.text or place not in parents
    ]
    return found or list(range(len(scene.elements)))


def rows(scene: Scene, memory: Memory, rarity_of: Rarity) -> Rows:
    """The rows of ``scene`` for a policy that remembers ``memory``."""
    request = read(scene.instruction)
    rarity = [rarity_of(word) for word in request.words]
    said = Said(scene)
    keys = scene.keys()
    places = candidates(scene)
    last_at = next((place for place, key in enumerate(keys) if key == memory.last_key), None)
    matches = {}
    for place in places:
        matches[place] = [
            *match(request, rarity, memory.used, said.inner[place]),
            *match(request, rarity, memory.used, said.label[place] if not said.inner[place] else []),
            *match(request, rarity, memory.used, said.names[place])[2:5],
            *match(request, rarity, memory.used, words_of(scene.elements[place].value))[:2],
        ]
    surroundings = {place: surroundings_of(scene, said, request, rarity, place) for place in places}
    peers: dict[tuple[object, ...], list[int]] = {}
    roles: dict[str, list[int]] = {}
    for place in places:
        one = scene.elements[place]
        peers.setdefault((one.role, one.names), []).append(place)
        roles.setdefault(one.role, []).append(place)
    page = page_features(scene, said, request, rarity, matches, memory, keys)
    best = np.max(np.array([matches[place] for place in places]), axis=0)
    dense = []
    for place in places:
        one = scene.elements[place]
        like, same_role = peers[(one.role, one.names)], roles[one.role]
        at, role_at = like.index(place), same_role.index(place)
        around_best = [max(surroundings[other][level] for other in like) for level in range(LEVELS)]
        around_least = [min(surroundings[other][level] for other in like) for level in range(LEVELS)]
        count = memory.acted[keys[place]]
        dense.append(
            [
                *matches[place],
                *(float(value >= top > 0) for value, top in zip(matches[place], best, strict=True)),
                matches[place][1] * matches[place][4] * (1.0 - page[-1]),
                *surroundings[place],
                *(
                    float(value == top and top > least)
                    for value, top, least in zip(surroundings[place], around_best, around_least, strict=True)
                ),
                float(request.count == at + 1),
                float(request.count == role_at + 1),
                min(at, 8) / 8,
                min(len(like), 12) / 12,
                float(at == len(like) - 1),
                float(at == 0),
                float(count > 0),
                float(count > 1),
                float(keys[place] == memory.last_key),
                float(memory.steps > 0 and keys[place] not in memory.before),
                float(memory.last_parent is not None and one.parent >= 0 and keys[one.parent] == memory.last_parent),
                float(last_at is not None and last_at in like and like.index(last_at) + 1 == at),
                float(any(memory.acted[keys[other]] for other in like)),
                _first_untouched(like, at, keys, memory),
                float(place > (last_at if last_at is not None else -1)),
                float(one.value == "on"),
                float(one.value == "off"),
                float(one.kind == "type"),
                float(one.kind == "type" and not one.value),
                float(one.kind == "choose"),
                float(one.role in CONTROL_ROLES),
                float(bool(one.text)),
                float(bool(said.inner[place])),
                min(len(one.text), 60) / 60,
                one.left / 160,
                one.top / 210,
                min(one.width, 320) / 160,
                min(one.height, 420) / 210,
                place / max(1, len(scene.elements)),
                *page,
            ]
        )
    return Rows(
        places,
        np.array(dense, np.float32),
        np.array([padded(_own(scene, said, place), OWN_TOKENS) for place in places], np.int64),
        np.array([padded(said.inner[place] or said.label[place], SAID_TOKENS) for place in places], np.int64),
        np.array(padded(request.words, ASKED_TOKENS), np.int64),
        np.array(padded(_last(memory), OWN_TOKENS), np.int64),
    )


def _own(scene: Scene, said: Said, place: int) -> list[str]:
    """By which words an element is known: its role, its names, then what it says."""
    one = scene.elements[place]
    return [
        f"role {one.role}",
        *(f"name {name}" for name in one.names[:8]),
        *(f"says {w}" for w in said.inner[place][:4]),
    ]


def _last(memory: Memory) -> list[str]:
    if memory.last is None:
        return ["nothing yet"]
    one = memory.last
    words = words_of(one.text)[:4]
    return [
        memory.last_kind,
        f"role {one.role}",
        *(f"name {name}" for name in one.names[:7]),
        *(f"says {w}" for w in words),
    ]


def _first_untouched(like: list[int], at: int, keys: list[Key], memory: Memory) -> float:
    """Whether it is the first of its like that was not acted on."""
    return float(next((index for index, other in enumerate(like) if not memory.acted[keys[other]]), -1) == at)
