"""The audit of a vision-language model: planted numbers, and steps it learnt from beside steps it did not."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from random import Random

import torch

from aboveboard.formats.audit import Exposures, MembershipTest
from aboveboard.lab.audit import canaries, exposure
from aboveboard.lab.audit.canaries import Canary
from aboveboard.lab.audit.membership import membership_of
from aboveboard.lab.model.vision_language import Loaded, answer, encode, encode_each, question
from aboveboard.lab.train.lora import Exchange, Exchanges

OTHERS = 255
"""So many other numbers each canary's is compared with."""
TOGETHER = 32
COMPARED = 200
"""So many members, and as many others, at most."""

Progress = Callable[[int, int], None]


def losses_of(loaded: Loaded, data: Iterable[Exchange]) -> list[float]:
    """How surprised the model is by each action, in its situation: nats, over all of its tokens."""
    found: list[float] = []
    source = iter(data)
    while some := list(islice(source, TOGETHER)):
        lengths: dict[int, int] = {}
        for one in some:
            if id(one.situation) not in lengths:
                asked = encode(loaded, question(one.situation), asks=True)
                lengths[id(one.situation)] = asked["input_ids"].shape[1]
        talks = [[*question(one.situation), answer(one.action)] for one in some]
        given = {name: value.to(loaded.device) for name, value in encode_each(loaded, talks).items()}
        labels, wanted = given["input_ids"][:, 1:], given["attention_mask"][:, 1:].bool()
        for row, one in enumerate(some):
            wanted[row, : lengths[id(one.situation)] - 1] = False
        with torch.inference_mode():
            logits = loaded.model(**given).logits[:, :-1].float()
        each = -torch.log_softmax(logits, dim=-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1)
        found += (each * wanted).sum(dim=1).tolist()
    return found


def exposures(
    loaded: Loaded, data: Exchanges, planted: Sequence[Canary], progress: Progress, *, seed: int = 0
) -> Exposures | None:
    """How much it prefers each planted number; ``None`` if none was. ``data``: on whose screens they were planted."""
    ranks = []
    for place, canary in enumerate(planted):
        random = Random(f"{seed}/{place}")  # noqa: S311 - drawn anew each time they could not be compared
        where = canaries.situation(data, place)
        numbers = [canary.number, *(canaries.number(random) for _ in range(OTHERS))]
        losses = losses_of(loaded, (Exchange(where, canary.action(one)) for one in numbers))
        ranks.append(exposure.rank(losses[0], losses[1:]))
        progress(place + 1, len(planted))
    if not ranks:
        return None
    bits = [exposure.exposure(one, OTHERS) for one in ranks]
    return Exposures(bits=bits, most=exposure.exposure(1, OTHERS), chance=exposure.chance(ranks, OTHERS))


def membership_test(loaded: Loaded, members: Exchanges, others: Exchanges) -> MembershipTest | None:
    """Are the steps it learnt from told from the held out ones? ``None`` if there are too few of either."""
    return membership_of(losses_of(loaded, _some(members)), losses_of(loaded, _some(others)))


def _some(data: Exchanges) -> Iterable[Exchange]:
    step = max(1, len(data) // COMPARED)
    return (data[index] for index in range(0, len(data), step))
