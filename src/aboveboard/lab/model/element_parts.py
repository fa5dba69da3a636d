"""How do several policies over elements, each of other people, act as one?

What they say of each element and each piece is averaged. Each part was learnt from one shard of the people alone, so
that an erasure touches one part (SISA: Bourtoule et al., "Machine Unlearning", IEEE S&P 2021).
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from aboveboard.base.errors import NotFound
from aboveboard.lab.model.agreement import Rarity
from aboveboard.lab.model.element_policy import Choosing, ElementCard, ElementPolicy, load_element_policy
from aboveboard.lab.model.elements import Scene
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.model.words import Span
from aboveboard.lab.train.run_file import PARTS, POLICY_FILE


class ElementParts(Choosing):
    """Acts as an :class:`ElementPolicy` does; its card is that of all parts together."""

    def __init__(self, parts: Sequence[ElementPolicy]) -> None:
        cards = [one.card for one in parts]
        self.parts = list(parts)
        self.card = ElementCard(
            Rarity({}, 0),
            cards[0].dense,
            sum(one.members for one in cards),
            demonstrations=sum(one.demonstrations for one in cards),
            acts=sum(one.acts for one in cards),
            tasks=sorted({task for one in cards for task in one.tasks}),
            kinds=[list(one) for one in sorted({tuple(kind) for card in cards for kind in card.kinds})],
        )

    def targets_of(self, scene: Scene, memory: Memory) -> tuple[list[int], Tensor]:
        said = [one.targets_of(scene, memory) for one in self.parts]
        return said[0][0], torch.stack([shares for _, shares in said]).mean(dim=0)

    def pieces_of(self, scene: Scene, target: int, memory: Memory) -> tuple[list[Span | None], Tensor]:
        said = [one.pieces_of(scene, target, memory) for one in self.parts]
        return said[0][0], torch.stack([shares for _, shares in said]).mean(dim=0)


def load_elements(folder: Path) -> Choosing:
    """The policy over elements in a model's folder, whole or in parts; raises :class:`NotFound`, :class:`BadInput`."""
    if (folder / POLICY_FILE).is_file():
        return load_element_policy(folder / POLICY_FILE)
    parts = sorted(folder.glob(PARTS))
    if not parts:
        raise NotFound(
            f"there is no policy over elements in {folder.name}",
            cause="it is another kind of model",
            fix="name another model",
        )
    return ElementParts([load_element_policy(path) for path in parts])
