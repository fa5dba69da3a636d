"""A vision-language model that says the next action.

Any model that ``transformers`` loads for images and text, from a folder on this machine and nowhere else, with or
without a LoRA adapter (Hu et al., 2021) in a second one. It sees the screen, the instruction and what was done before,
and answers with one action as ``action_text`` writes it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.lab.model import action_text
from aboveboard.lab.model.action_text import Action

# Read when transformers is imported: a name that is no folder here must never become a download.
os.environ["HF_HUB_OFFLINE"] = "1"

HISTORY = 5
"""So many actions before are told to the model."""
ANSWER_TOKENS = 200
TASK = "You operate a computer. Answer with the next action alone."

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Situation:
    """``screen`` is ``(h, w, 3)`` uint8 RGB just before the action; ``before`` are the actions until then."""

    screen: Pixels
    instruction: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What the model said, and the action in it; ``None`` where it is none, with the reason."""

    text: str
    action: Action | None
    why: str = ""


@dataclass(frozen=True)
class Loaded:
    """The model, which may carry an adapter, and what makes its input."""

    model: Any
    processor: Any

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        device: torch.device = self.model.device
        return device


def best_device() -> torch.device:
    """A GPU if there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load(folder: Path, *, adapter: Path | None = None, device: torch.device | None = None) -> Loaded:
    """The model in ``folder``; raises :class:`SetupMissing` where there is none that can be loaded.

    In bfloat16 on a GPU, and in the numbers that it was saved with on a CPU. Code in the folder is never run.
    """
    try:
        from peft import PeftModel
        from transformers import AutoModelForImageTextToText, AutoProcessor
    except ImportError as error:
        raise SetupMissing(
            "vision-language models cannot be loaded", cause=f"{error.name} is missing", fix="make setup"
        ) from error
    place = device or best_device()
    try:
        make: Any = AutoProcessor  # says nothing of its types
        processor = make.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model: Any = AutoModelForImageTextToText.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.bfloat16 if place.type == "cuda" else "auto",
        )
        if adapter is not None:
            model = PeftModel.from_pretrained(model, adapter, local_files_only=True)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise SetupMissing(
            f"no vision-language model can be loaded from {folder if adapter is None else adapter}",
            cause=str(error).splitlines()[0][:300],
            fix="give the folder of a model with its configuration, processor and safetensors",
        ) from error
    return Loaded(model.to(place), processor)


def question(situation: Situation) -> list[dict[str, Any]]:
    """The messages that put ``situation`` to a model, as chat templates take them."""
    before = "\n".join(situation.before[-HISTORY:]) or "nothing"
    words = f"{TASK}\nTask: {situation.instruction}\nDone so far:\n{before}"
    picture = {"type": "image", "image": Image.fromarray(situation.screen)}
    return [{"role": "user", "content": [picture, {"type": "text", "text": words}]}]


def answer(action: str) -> dict[str, Any]:
    """The message in which the model says ``action``."""
    return {"role": "assistant", "content": [{"type": "text", "text": action}]}


def encode(loaded: Loaded, messages: Sequence[dict[str, Any]], *, asks: bool) -> dict[str, torch.Tensor]:
    """Tensors of one conversation, with a first dimension of 1. ``asks``: the model is to speak next."""
    found = loaded.processor.apply_chat_template(
        list(messages), tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=asks
    )
    return {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}


def encode_each(loaded: Loaded, talks: Sequence[Sequence[dict[str, Any]]]) -> dict[str, torch.Tensor]:
    """Tensors of several whole conversations, padded at the end; ``attention_mask`` says what is padding."""
    found = loaded.processor.apply_chat_template(
        [list(talk) for talk in talks],
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": "right"},
    )
    return {name: value for name, value in found.items() if isinstance(value, torch.Tensor)}


def act(loaded: Loaded, situation: Situation, *, tokens: int = ANSWER_TOKENS) -> Said:
    """What the model would do; always the same for the same model and situation."""
    given = {name: value.to(loaded.device) for name, value in encode(loaded, question(situation), asks=True).items()}
    length = given["input_ids"].shape[1]
    with torch.inference_mode():
        out = loaded.model.generate(**given, max_new_tokens=tokens, do_sample=False)
    text = str(loaded.processor.batch_decode(out[:, length:], skip_special_tokens=True)[0]).strip()
    try:
        return Said(text, action_text.parse(text))
    except BadInput as error:
        return Said(text, None, error.what)
