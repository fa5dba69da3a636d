"""Which model is this, is it what was made, and may it be used?"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.errors import NotFound, Tampered
from aboveboard.commands import lab
from aboveboard.commands.home import Home
from aboveboard.formats.lineage import Lineage

ADAPTER_CONFIG = "adapter_config.json"
"""As ``peft`` calls it."""


def model_digest(pedigree: Lineage) -> str:
    """One digest, in hex, of all of a model's files."""
    listed = sorted(f"{one.sha256}  {one.path}\n" for one in pedigree.files)
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def usable_model(home: Home, researcher: str, model_id: str) -> tuple[Path, Lineage]:
    """The folder and the lineage of a model whose files are those that were made.

    Raises :class:`NotFound` for what is no model, :class:`Tampered` for changed files, and :class:`Refused` where
    something that went into it was erased, or its time is over.
    """
    folder, pedigree = lab.usable(home, researcher, model_id)
    if pedigree.kind != "model":
        raise NotFound(f"{model_id} is no model but a {pedigree.kind}", fix="name a model")
    for one in pedigree.files:
        path = folder / one.path
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != one.sha256:
            raise Tampered(
                f"{one.path} of {model_id} is not the file that was made",
                cause="it was changed, or is missing",
                fix="train the model again",
            )
    return folder, pedigree


def base_of(model: Path) -> Path:
    """Where the model that was adapted lay: beside the adapter, for the configuration names it from where that was."""
    told = msgspec.json.decode((model / ADAPTER_CONFIG).read_bytes(), type=dict[str, Any])
    return Path(str(told.get("base_model_name_or_path")))
