"""Which piece of the instruction belongs into this field, if any?

Rows for each piece that could be typed, and a first one for typing nothing (the field is only clicked).
"""

import numpy as np

from aboveboard.lab.model.agreement import Rarity
from aboveboard.lab.model.element_features import (
    ASKED_TOKENS,
    OWN_TOKENS,
    SAID_TOKENS,
    Rows,
    padded,
)
from aboveboard.lab.model.elements import Scene
from aboveboard.lab.model.memory import Memory, label
from aboveboard.lab.model.words import Span, read, words_of


def span_rows(scene: Scene, target: int, memory: Memory, rarity_of: Rarity) -> tuple[Rows, list[Span | None]]:
    """The rows for the field ``target``, and the piece that each is for (None: type nothing)."""
    request = read(scene.instruction)
    one = scene.elements[target]
    field_words = {*words_of(label(scene, target)), *one.names, *one.role.split("-")} - {"input", "text"}
    values = {element.value.lower() for element in scene.elements if element.value and element.kind == "type"}
    count = len(request.words)
    rarity = [rarity_of(word) for word in request.words]
    pieces: list[Span | None] = [None, *request.spans]
    dense, own, said = [], [], []
    for piece in pieces:
        if piece is None:
            dense.append([1.0, float(bool(one.value)), *[0.0] * 21])
            own.append(padded(["nothing", *(f"field {name}" for name in sorted(field_words))], OWN_TOKENS))
            said.append([0] * SAID_TOKENS)
            continue
        before = list(request.words[max(0, piece.first - 3) : piece.first])[::-1]
        after = list(request.words[piece.last + 1 : piece.last + 2])
        inside_quotes = [q for q in request.quoted if q.first <= piece.first and piece.last <= q.last]
        overlapping = [q for q in request.quoted if q.first <= piece.last and piece.first <= q.last]
        used = [place in memory.used for place in range(piece.first, piece.last + 1)]
        telling = rarity[piece.first : piece.last + 1]
        dense.append(
            [
                0.0,
                float(bool(one.value)),
                float(piece.quoted >= 0),
                *(float(piece.quoted == number) for number in range(3)),
                float(bool(inside_quotes) and piece.quoted < 0),
                float(bool(overlapping) and not inside_quotes),
                float(bool(request.quoted)),
                (piece.last - piece.first + 1) / 5,
                piece.first / max(1, count),
                float(piece.last == count - 1),
                sum(telling) / len(telling),
                min(telling),
                max(telling),
                float(all(used)),
                float(any(used)),
                float(bool(before) and before[0] in field_words),
                float(any(word in field_words for word in before)),
                rarity[piece.first - 1] if piece.first else 1.0,
                rarity[piece.last + 1] if piece.last + 1 < count else 1.0,
                float(piece.text.lower() in values),
                float(piece.text[:1].isupper()),
            ]
        )
        near = [f"before{at} {word}" for at, word in enumerate(before)] + [f"after {word}" for word in after]
        own.append(padded([*near, *(f"field {name}" for name in sorted(field_words))], OWN_TOKENS))
        said.append(padded(request.words[piece.first : piece.last + 1], SAID_TOKENS))
    return (
        Rows(
            list(range(len(pieces))),
            np.array(dense, np.float32),
            np.array(own, np.int64),
            np.array(said, np.int64),
            np.array(padded(request.words, ASKED_TOKENS), np.int64),
            np.array(padded(sorted(f"field {name}" for name in field_words), OWN_TOKENS), np.int64),
        ),
        pieces,
    )
