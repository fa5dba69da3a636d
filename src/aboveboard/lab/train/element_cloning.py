"""How does a policy over elements learn from what people did?

Behaviour cloning by choice: in each scene, the element that the person acted on should score above all others there;
in each field, the piece of the instruction that they typed above all other pieces. A few networks with different
beginnings are trained and averaged. Seeded.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import torch

from aboveboard.base.errors import BadInput
from aboveboard.formats.disclosure import Keystrokes
from aboveboard.lab.model.agreement import Rarity
from aboveboard.lab.model.element_features import Rows, rows
from aboveboard.lab.model.element_policy import ElementCard, ElementPolicy
from aboveboard.lab.model.elements import Act, Scene, element
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.model.scorer import Scorer, batch_of, log_shares
from aboveboard.lab.model.span_features import span_rows
from aboveboard.lab.model.words import Span
from aboveboard.rules.shape import shape_of

Progress = Callable[[int, int, float], None]
"""Told (steps done, all steps, loss: nats per decision)."""


@dataclass(frozen=True)
class Demonstration:
    """One successful attempt by a person: each scene just before an act, and the act. It took ``seconds``.

    ``keystrokes`` is how closely its typing is told: at ``shape`` an act's text has "a" for letters, at ``count`` it is
    the number of keys that went down.
    """

    task: str
    seconds: float
    steps: tuple[tuple[Scene, Act], ...]
    keystrokes: Keystrokes = field(default="exact", kw_only=True)
    taught: tuple[int, ...] | None = field(default=None, kw_only=True)
    """The places of the steps that are learnt from (``None``: all). The others are only remembered as done: a policy
    did them, before a person put it right (:mod:`aboveboard.lab.train.corrections`)."""
    weight: int = field(default=1, kw_only=True)
    """How often each step counts."""


@dataclass(frozen=True)
class Decision:
    """Rows, and which of them are right (places in the rows)."""

    rows: Rows
    right: tuple[int, ...]


@dataclass(frozen=True)
class Decisions:
    """All decisions in some demonstrations. ``left_out`` counts what could not be expressed, by reason."""

    targets: list[Decision]
    spans: list[Decision]
    rarity: Rarity
    left_out: Counter[str] = field(default_factory=Counter)


class ElementConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each of ``members`` networks learns in steps of ``batch`` decisions; ``rate`` and ``decay`` are AdamW's.

    There are ``steps`` of them, or, where that is 0, as many as go ``passes`` times over what there is, but no fewer
    than ``least_steps`` and no more than ``most_steps``.
    """

    steps: int = 0
    passes: int = 15
    least_steps: int = 300
    most_steps: int = 1200
    batch: int = 48
    rate: float = 3e-3
    decay: float = 0.02
    members: int = 3
    seed: int = 0
    threads: int = 1
    artefact_id: str = ""

    def steps_for(self, decisions: int) -> int:
        """How many steps for so many decisions."""
        return self.steps or min(self.most_steps, max(self.least_steps, self.passes * decisions // self.batch))


def decisions(demonstrations: Sequence[Demonstration], rarity: Rarity | None = None) -> Decisions:
    """Cut demonstrations into decisions; each is made with the memory of what the person did before.

    How rare a word is follows from the demonstrations unless ``rarity`` says it.
    """
    if rarity is None:
        rarity = Rarity.of(one.steps[0][0].instruction for one in demonstrations if one.steps)
    made = Decisions([], [], rarity)
    for demonstration in demonstrations:
        memory = Memory()
        for place, (scene, act) in enumerate(demonstration.steps):
            if demonstration.taught is not None and place not in demonstration.taught:
                made.left_out["done by a policy"] += 1
                memory.note(scene, act)
                continue
            told = act
            found = rows(scene, memory, rarity)
            if act.target in found.places:
                made.targets.extend([Decision(found, (found.places.index(act.target),))] * demonstration.weight)
            else:
                made.left_out["acted on a container"] += 1
            if scene.elements[act.target].kind == "type":
                pieces_rows, pieces = span_rows(scene, act.target, memory, rarity)
                right = _typed(act, pieces, demonstration.keystrokes)
                told = _resolved(act, [pieces[index] for index in right], demonstration.keystrokes)
                if right:
                    made.spans.extend([Decision(pieces_rows, right)] * demonstration.weight)
                else:
                    made.left_out["typed what the instruction does not say"] += 1
            memory.note(scene, told)
    return made


def _typed(act: Act, pieces: Sequence[Span | None], keystrokes: Keystrokes) -> tuple[int, ...]:
    """Which pieces are what was typed: the same but for case, or else the quoted piece of which it is the beginning.

    Where less is told of keys, all pieces that what is told fits: together they are right.
    """
    if act.kind == "click":
        return (0,)
    if keystrokes == "shape":
        return tuple(index for index, piece in enumerate(pieces) if piece and shape_of(piece.text) == act.text)
    if keystrokes == "count":
        return tuple(index for index, piece in enumerate(pieces) if piece and str(presses_of(piece.text)) == act.text)
    text = act.text.strip().lower()
    same = [index for index, piece in enumerate(pieces) if piece and piece.text.strip().lower() == text]
    if same or not text:
        return tuple(same)
    return tuple(
        index
        for index, piece in enumerate(pieces)
        if piece
        and piece.quoted >= 0
        and len(text) >= 2
        and (piece.text.lower().startswith(text) or text.startswith(piece.text.lower()))
    )


def _resolved(act: Act, right: Sequence[Span | None], keystrokes: Keystrokes) -> Act:
    """The act with the words that it typed, where what is told of its keys fits one piece alone; else without any."""
    if act.kind != "type" or keystrokes not in ("shape", "count"):
        return act
    words = {piece.text.lower() for piece in right if piece}
    return Act("type", act.target, words.pop() if len(words) == 1 else "")


def presses_of(text: str) -> int:
    """How many keys go down for ``text``: one for each character, and Shift once for each run of capitals."""
    capital = [one != one.lower() for one in text]
    return len(text) + sum(now and not before for before, now in zip([False, *capital], capital, strict=False))


def train_elements(
    demonstrations: Sequence[Demonstration], config: ElementConfig | None = None, progress: Progress | None = None
) -> ElementPolicy:
    """Learn from ``demonstrations``; raises :class:`BadInput` where there is nothing to learn from."""
    config = config or ElementConfig()
    made = decisions(demonstrations)
    return train_decisions(
        made, config, progress, tasks=sorted({one.task for one in demonstrations}), demonstrations=len(demonstrations)
    )


def train_decisions(
    made: Decisions, config: ElementConfig, progress: Progress | None = None, *, tasks: list[str], demonstrations: int
) -> ElementPolicy:
    """Learn from decisions that were cut before."""
    if not made.targets:
        raise BadInput(
            "there is no act to learn from",
            cause=f"the steps were left out: {dict(made.left_out)}" if made.left_out else "there are no steps",
            fix="use demonstrations that act on elements",
        )
    torch.set_num_threads(config.threads)
    spans = made.spans or [Decision(*no_span())]
    jobs = [(examples, number) for examples in (made.targets, spans) for number in range(config.members)]
    total = sum(config.steps_for(len(examples)) for examples, _ in jobs)
    trained: list[Scorer] = []
    before = 0
    for examples, number in jobs:

        def told(done: int, loss: float, before: int = before) -> None:
            if progress is not None:
                progress(before + done, total, loss)

        trained.append(_train(examples, config, config.seed * 1000 + number, told))
        before += config.steps_for(len(examples))
    card = ElementCard(
        made.rarity,
        (made.targets[0].rows.dense.shape[1], spans[0].rows.dense.shape[1]),
        config.members,
        config.artefact_id,
        demonstrations,
        len(made.targets),
        tasks,
    )
    return ElementPolicy(trained[: config.members], trained[config.members :], card)


def no_span() -> tuple[Rows, tuple[int, ...]]:
    """Where nobody typed: one decision for typing nothing."""
    scene = Scene("", (element(role="input-text", text="", value="", classes="", extents=(0, 0, 1, 1), parent=-1),))
    return span_rows(scene, 0, Memory(), Rarity({}, 1))[0], (0,)


def _train(
    examples: Sequence[Decision], config: ElementConfig, seed: int, told: Callable[[int, float], None]
) -> Scorer:
    torch.manual_seed(seed)
    draw = np.random.default_rng(seed)
    scorer = Scorer(examples[0].rows.dense.shape[1]).train()
    every = np.concatenate([one.rows.dense for one in examples])
    scorer.mean.copy_(torch.from_numpy(every.mean(axis=0)))
    scorer.spread.copy_(torch.from_numpy(np.maximum(every.std(axis=0), 0.05)))
    steps = config.steps_for(len(examples))
    optimizer = torch.optim.AdamW(scorer.parameters(), lr=config.rate, weight_decay=config.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.rate, total_steps=steps, pct_start=0.1)
    order: list[int] = []
    for step in range(steps):
        while len(order) < config.batch:
            order += draw.permutation(len(examples)).tolist()
        chosen, order = order[: config.batch], order[config.batch :]
        picked = [examples[index] for index in chosen]
        batch = batch_of([one.rows for one in picked])
        shares = log_shares(scorer(batch), batch.decision, len(picked))
        loss = loss_of(shares, picked)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(scorer.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        told(step + 1, float(loss.detach()))
    return scorer.eval()


def loss_of(shares: torch.Tensor, picked: Sequence[Decision]) -> torch.Tensor:
    """Minus the log of the share that the right rows have together, on average."""
    total, start = [], 0
    for one in picked:
        right = torch.tensor([start + index for index in one.right])
        total.append(torch.logsumexp(shares[right], dim=0))
        start += len(one.rows.places)
    return -torch.stack(total).mean()
