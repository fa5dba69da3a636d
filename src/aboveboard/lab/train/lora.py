"""How does a vision-language model learn from what people did, on little hardware?

LoRA (Hu et al., 2021) through ``peft``: the model's own weights stay as they are, and small matrices beside them learn.
The loss is the cross-entropy of the answer's tokens alone: what is asked is not to be learnt.

A run can be stopped at any time and goes on from its newest checkpoint as if it had not been: the order of examples
and all chance follow from the seed and the number of the step. A checkpoint has its name only once it is complete.
"""

import json
import math
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from aboveboard.base.errors import BadInput
from aboveboard.lab.model.vision_language import Loaded, Situation, answer, encode, load, question

Progress = Callable[[int, int, float], None]
"""Told (steps done, all steps, loss: nats per token)."""
STATE, OPTIMIZER, ADAPTER = "state.json", "optimizer.safetensors", "adapter"
KEPT = 2
"""So many checkpoints are kept."""
IGNORED = -100
"""The label of a token that is not to be learnt."""


@dataclass(frozen=True)
class Exchange:
    """What a person did in a situation: ``action`` as ``action_text`` writes it."""

    situation: Situation
    action: str


class Exchanges(Protocol):
    """Read one at a time, so that the screens of a large data set need not be in memory."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Exchange: ...


@dataclass(frozen=True)
class Config:
    """``steps`` of ``batch`` demonstrations each, one after the other; ``base`` is the folder of the model to adapt.

    ``rank``, ``scale`` (alpha) and ``dropout`` are LoRA's, ``parts`` the layers that are adapted ("all-linear", or the
    ends of their names). ``rate`` rises over the first ``warm`` share of the steps and falls to nothing (cosine). A
    checkpoint is written every ``save_every`` steps and at the end. For the audit (``lab.audit``) so many ``canaries``
    are planted, each ``canary_repeats`` times, and the share ``held_out`` of the episodes is not learnt from.
    """

    base: str
    steps: int = 1000
    batch: int = 8
    rate: float = 2e-4
    warm: float = 0.05
    rank: int = 16
    scale: int = 32
    dropout: float = 0.05
    parts: tuple[str, ...] = ("all-linear",)
    save_every: int = 100
    canaries: int = 8
    canary_repeats: int = 1
    held_out: float = 0.1
    seed: int = 0
    artefact_id: str = ""


@dataclass(frozen=True)
class Trained:
    """``adapter`` is the folder with the LoRA weights as safetensors; ``losses`` one for each step (nats per token)."""

    adapter: Path
    losses: tuple[float, ...]
    resumed_at: int
    seconds: float


def train(
    data: Exchanges,
    config: Config,
    folder: Path,
    progress: Progress | None = None,
    *,
    device: torch.device | None = None,
    tried: Callable[[int, Loaded], None] | None = None,
) -> Trained:
    """Learn from ``data``, with checkpoints in ``folder``; goes on from the newest one there.

    ``tried`` is given the model as it is at each checkpoint, and may ask it; that changes nothing.
    Raises :class:`BadInput` where there is nothing to learn from, or the checkpoints are of another run, and
    :class:`SetupMissing` where the model cannot be loaded.
    """
    if not len(data):
        raise BadInput("there is nothing to learn from", cause="the data set has no steps", fix="give another data set")
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    newest = _newest(folder)
    losses = _read_losses(newest, config, len(data)) if newest is not None else []
    first = len(losses)
    torch.manual_seed(config.seed)
    loaded = load(Path(config.base), adapter=None, device=device)
    loaded = Loaded(_adapted(loaded.model, config, newest), loaded.processor)
    optimizer = torch.optim.AdamW(
        [one for one in loaded.model.parameters() if one.requires_grad], lr=config.rate, weight_decay=0.0
    )
    if newest is not None:
        _restore(optimizer, newest / OPTIMIZER)
    loaded.model.train()
    for step in range(first, config.steps):
        losses.append(_step(loaded, optimizer, data, config, step))
        if progress is not None:
            progress(step + 1, config.steps, losses[-1])
        if (step + 1) % config.save_every == 0 or step + 1 == config.steps:
            newest = _save(folder, loaded.model, optimizer, config, losses, len(data))
            if tried is not None:
                loaded.model.eval()
                tried(step + 1, loaded)
                loaded.model.train()
    if newest is None:
        raise BadInput("a run needs at least one step", cause=f"steps is {config.steps}", fix="set it to 1 or more")
    return Trained(newest / ADAPTER, tuple(losses), first, time.monotonic() - begin)


def loss_of(loaded: Loaded, data: Exchanges, at_most: int) -> float:
    """The mean loss (nats per token) of up to so many of ``data``, spread over it; it holds at least one."""
    each = math.ceil(len(data) / at_most)
    with torch.inference_mode():
        losses = [float(loaded.model(**_example(loaded, data[at])).loss) for at in range(0, len(data), each)]
    return sum(losses) / len(losses)


def rate_at(config: Config, step: int) -> float:
    """The learning rate of the step with this number, the first being 0."""
    warm = max(1, round(config.steps * config.warm))
    if step < warm:
        return config.rate * (step + 1) / warm
    return config.rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, config.steps - warm)))


def chosen(config: Config, step: int, number: int) -> list[int]:
    """Which of ``number`` demonstrations a step learns from: each once before any comes again."""
    places = range(step * config.batch, (step + 1) * config.batch)
    orders = {at // number: np.random.default_rng([config.seed, at // number]).permutation(number) for at in places}
    return [int(orders[at // number][at % number]) for at in places]


def _step(loaded: Loaded, optimizer: torch.optim.Optimizer, data: Exchanges, config: Config, step: int) -> float:
    torch.manual_seed(config.seed * 1_000_003 + step)
    for group in optimizer.param_groups:
        group["lr"] = rate_at(config, step)
    optimizer.zero_grad(set_to_none=True)
    total = 0.0
    for index in chosen(config, step, len(data)):
        given = _example(loaded, data[index])
        loss = loaded.model(**given).loss / config.batch
        torch.autograd.backward(loss)
        total += float(loss.detach())
    if not math.isfinite(total):
        raise BadInput(
            f"the loss of step {step + 1} is no number",
            cause="the learning rate is too high for this model",
            fix="begin anew with a lower 'rate'",
        )
    torch.nn.utils.clip_grad_norm_([one for one in loaded.model.parameters() if one.requires_grad], 1.0)
    optimizer.step()
    return total


def _example(loaded: Loaded, one: Exchange) -> dict[str, torch.Tensor]:
    """What the model is given, with the labels of the answer's tokens; those of the question are ``IGNORED``."""
    asked = question(one.situation)
    given = encode(loaded, [*asked, answer(one.action)], asks=False)
    prompt = encode(loaded, asked, asks=True)["input_ids"].shape[1]
    labels = given["input_ids"].clone()
    labels[:, :prompt] = IGNORED
    return {name: value.to(loaded.device) for name, value in (given | {"labels": labels}).items()}


def _adapted(model: Any, config: Config, checkpoint: Path | None) -> Any:
    from peft import LoraConfig, PeftModel, get_peft_model

    if checkpoint is not None:
        return PeftModel.from_pretrained(model, checkpoint / ADAPTER, is_trainable=True, local_files_only=True)
    parts: str | list[str] = "all-linear" if config.parts == ("all-linear",) else list(config.parts)
    return get_peft_model(
        model,
        LoraConfig(r=config.rank, lora_alpha=config.scale, lora_dropout=config.dropout, target_modules=parts),
    )


def _newest(folder: Path) -> Path | None:
    return max((path for path in folder.glob("step-*") if path.suffix != ".part"), default=None)


def _read_losses(checkpoint: Path, config: Config, number: int) -> list[float]:
    state: dict[str, Any] = json.loads((checkpoint / STATE).read_bytes())
    if state["config"] != json.loads(json.dumps(asdict(config))) or state["demonstrations"] != number:
        raise BadInput(
            f"the checkpoints in {checkpoint.parent} are of another run",
            cause="the configuration or the data set is another",
            fix="choose another folder, or use the configuration that is in its state.json",
        )
    return list(state["losses"])


def _save(
    folder: Path, model: Any, optimizer: torch.optim.Optimizer, config: Config, losses: Sequence[float], number: int
) -> Path:
    step = len(losses)
    path = folder / f"step-{step:08d}"
    part = path.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    model.save_pretrained(part / ADAPTER, safe_serialization=True)
    tensors = {
        f"{place}.{name}": value.contiguous() if value.dim() else value.reshape(1)
        for place, kept in optimizer.state_dict()["state"].items()
        for name, value in kept.items()
    }
    save_file(tensors, part / OPTIMIZER)
    state = {"step": step, "losses": list(losses), "config": asdict(config), "demonstrations": number}
    (part / STATE).write_text(json.dumps(state), encoding="utf-8")
    _sync(part)
    part.rename(path)
    _sync(folder)
    for old in sorted(folder.glob("step-*"))[:-KEPT]:
        shutil.rmtree(old)
    return path


def _restore(optimizer: torch.optim.Optimizer, file: Path) -> None:
    kept: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in load_file(file).items():
        place, name = key.split(".", 1)
        kept.setdefault(int(place), {})[name] = value.reshape(()) if name == "step" else value
    optimizer.load_state_dict(optimizer.state_dict() | {"state": kept})


def _sync(folder: Path) -> None:
    """Have all that is in ``folder`` reach the disk."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
