"""How do several click policies, each of other people, act as one?

The heat of those that know the title is averaged. Each part was learnt from one shard of the people alone, so that an
erasure touches one part: the others need not be trained again (SISA: Bourtoule et al., "Machine Unlearning", IEEE S&P
2021).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aboveboard.base.errors import BadInput, NotFound
from aboveboard.lab.model.click_policy import Card, Click, ClickPolicy, Heat, hottest, load_policy
from aboveboard.lab.model.sight import Image, shrink
from aboveboard.lab.train.run_file import PARTS, POLICY_FILE


class ClickEnsemble:
    """Acts as a :class:`ClickPolicy` does; its card is that of all parts together."""

    def __init__(self, parts: Sequence[ClickPolicy]) -> None:
        factors = {one.card.factor for one in parts}
        if len(factors) != 1:
            raise BadInput(
                f"the parts of this model see screens at {len(factors)} sizes",
                cause="a part is missing, or they are of different runs",
                fix="train it again",
            )
        self.parts = list(parts)
        titles = sorted({title for one in parts for title in one.card.titles})
        self.card = Card(titles, factors.pop(), "", sum(one.card.examples for one in parts))

    def act(self, frame: Image, title: str) -> Click:
        """Where to click on ``frame``; raises :class:`BadInput` for a ``title`` that no part has learnt."""
        return hottest(self.heat(shrink(frame, self.card.factor), title), frame, self.card.factor)

    def heat(self, image: Image, title: str) -> Heat:
        """The mean of what the parts say that know the title."""
        self.require(title)
        heats = [one.heat(image, title) for one in self.parts if title in one.card.titles]
        mean: Heat = np.mean(heats, axis=0, dtype=np.float32)
        return mean

    def require(self, title: str) -> None:
        """Raises :class:`BadInput` for a ``title`` that no part has learnt."""
        self.card.require(title)


ClickModel = ClickPolicy | ClickEnsemble


def load_clicks(folder: Path) -> ClickModel:
    """The click policy in a model's folder, whole or in parts; raises :class:`NotFound`, :class:`BadInput`."""
    if (folder / POLICY_FILE).is_file():
        return load_policy(folder / POLICY_FILE)
    parts = sorted(folder.glob(PARTS))
    if not parts:
        raise NotFound(
            f"there is no click policy in {folder.name}", cause="it is another kind of model", fix="name another model"
        )
    return ClickEnsemble([load_policy(path) for path in parts])
