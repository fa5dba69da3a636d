"""Given what is asked for and the elements on the screen: what to do next?

Two small networks of the same kind. One scores the elements; where the best is a field, the other scores the pieces of
the instruction that could be typed into it, among them nothing. A drop-down takes that entry of its own that scores
best as a piece.
"""

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from aboveboard.base.errors import BadInput
from aboveboard.lab.model.agreement import Rarity
from aboveboard.lab.model.element_features import Rows, rows
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.model.scorer import Scorer, batch_of, log_shares
from aboveboard.lab.model.span_features import span_rows
from aboveboard.lab.model.words import Span, words_of

MEMBERS_LIMIT, DENSE_LIMIT = 16, 1024
FILE_LIMIT_BYTES = 64 * 1024 * 1024
FORMAT = "aboveboard.element_policy.v1"


@dataclass(frozen=True)
class ElementCard:
    """What a policy was made from: kept in its file. ``demonstrations`` and ``acts`` are how many it learnt from.

    ``kinds``: where it learnt from recordings, of what kinds the controls were that were met
    (:mod:`aboveboard.lab.model.as_recorded`); it is shown no others. None: it is shown everything.
    """

    rarity: Rarity
    dense: tuple[int, int]
    members: int
    artefact_id: str = ""
    demonstrations: int = 0
    acts: int = 0
    tasks: list[str] = field(default_factory=list)
    kinds: list[list[str]] = field(default_factory=list)


class Choosing:
    """Acts by how likely each element, and each piece of the instruction, is the one: what :meth:`targets_of` and
    :meth:`pieces_of` say."""

    card: ElementCard

    def targets_of(self, scene: Scene, memory: Memory) -> tuple[list[int], Tensor]:
        """The places of what could be acted on, and the log-share of each, ``(n,)``."""
        raise NotImplementedError

    def pieces_of(self, scene: Scene, target: int, memory: Memory) -> tuple[list[Span | None], Tensor]:
        """The pieces that could be typed into ``target`` (``None``: nothing), and the log-share of each, ``(n,)``."""
        raise NotImplementedError

    def begin(self) -> Callable[[Scene], Act]:
        """One attempt: a function from each scene to the act, which remembers what it did."""
        memory = Memory()

        def act(scene: Scene) -> Act:
            chosen = self.act(scene, memory)
            memory.note(scene, chosen)
            return chosen

        return act

    def act(self, scene: Scene, memory: Memory) -> Act:
        """The act for ``scene`` after what ``memory`` holds; raises :class:`BadInput` for a scene without elements."""
        if not scene.elements:
            raise BadInput("there is nothing on this screen to act on", cause="the page is empty", fix="wait for it")
        places, likely = self.targets_of(scene, memory)
        target = places[int(likely.argmax())]
        element = scene.elements[target]
        if element.kind == "click":
            return Act("click", target)
        pieces, found = self.pieces_of(scene, target, memory)
        shares = found.tolist()
        if element.kind == "choose":
            entry = _entry(
                element.options, [(share, piece.text) for share, piece in zip(shares, pieces, strict=True) if piece]
            )
            return Act("choose", target, entry) if entry else Act("click", target)
        piece = pieces[max(range(len(pieces)), key=lambda index: shares[index])]
        return Act("type", target, piece.text) if piece else Act("click", target)


class ElementPolicy(Choosing):
    """Trained scorers (their log-shares are averaged) and their card."""

    def __init__(self, targets: Sequence[Scorer], spans: Sequence[Scorer], card: ElementCard) -> None:
        self.targets = nn.ModuleList(targets).eval()
        self.spans = nn.ModuleList(spans).eval()
        self.card = card

    def targets_of(self, scene: Scene, memory: Memory) -> tuple[list[int], Tensor]:
        found = rows(scene, memory, self.card.rarity)
        return found.places, self._shares(self.targets, found)

    def pieces_of(self, scene: Scene, target: int, memory: Memory) -> tuple[list[Span | None], Tensor]:
        found, pieces = span_rows(scene, target, memory, self.card.rarity)
        return pieces, self._shares(self.spans, found)

    def _shares(self, members: nn.ModuleList, found: Rows) -> Tensor:
        batch = batch_of([found])
        with torch.inference_mode():
            return torch.stack([log_shares(one(batch), batch.decision, 1) for one in members]).mean(dim=0)

    def save(self, path: Path) -> None:
        """Write a safetensors file; the card is in its metadata."""
        tensors = {f"targets.{name}": value for name, value in self.targets.state_dict().items()}
        tensors |= {f"spans.{name}": value for name, value in self.spans.state_dict().items()}
        card = json.dumps(asdict(self.card), ensure_ascii=False, sort_keys=True)
        path.write_bytes(save(tensors, metadata={"format": FORMAT, "card": card}))


def load_element_policy(path: Path) -> ElementPolicy:
    """Read what :meth:`ElementPolicy.save` wrote; raises :class:`BadInput`."""
    if path.stat().st_size > FILE_LIMIT_BYTES:
        raise _bad(path, f"it is larger than {FILE_LIMIT_BYTES} bytes")
    data = path.read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", data)
        metadata = json.loads(data[8 : 8 + length])["__metadata__"]
        if metadata["format"] != FORMAT:
            raise _bad(path, f"its format is {metadata['format'][:40]!r}")
        told = json.loads(metadata["card"])
        card = ElementCard(**{**told, "rarity": Rarity(**told["rarity"]), "dense": tuple(told["dense"])})
        tensors = load(data)
        if not (1 <= card.members <= MEMBERS_LIMIT and all(1 <= one <= DENSE_LIMIT for one in card.dense)):
            raise _bad(path, f"it says that it has {card.members} members over {card.dense} numbers")
        made: dict[str, list[Scorer]] = {}
        for kind, dense in zip(("targets", "spans"), card.dense, strict=True):
            scorers = [Scorer(dense) for _ in range(card.members)]
            held = {name.removeprefix(f"{kind}."): value for name, value in tensors.items() if name.startswith(kind)}
            nn.ModuleList(scorers).load_state_dict(held)
            made[kind] = scorers
    except (struct.error, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise _bad(path, str(error)[:200]) from error
    return ElementPolicy(made["targets"], made["spans"], card)


def _entry(options: Sequence[str], pieces: Sequence[tuple[float, str]]) -> str:
    """The entry of a drop-down that is the likeliest piece; else that which shares most words with the instruction."""
    by_text = {" ".join(words_of(option)): option for option in options}
    fitting = [(share, by_text[words]) for share, text in pieces if (words := " ".join(words_of(text))) in by_text]
    if fitting:
        return max(fitting)[1]
    asked = {word for _, text in pieces for word in words_of(text)}
    return max(options, key=lambda option: len(asked & set(words_of(option))), default="")


def _bad(path: Path, why: str) -> BadInput:
    return BadInput(
        f"{path.name} is not a policy that can be read: {why}",
        cause="it is damaged, from another version, or another kind of file",
        fix="train it again",
    )
