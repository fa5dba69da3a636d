"""Is this the model that belongs to this code, whole and unchanged?

The file is read once: its hash, its version and the size of every array are compared, and a difference is an error with
a sentence in it, never a weaker tagger.
"""

import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import AboveboardError
from aboveboard.recorder.redact.text.tagger.model import DILATIONS, KINDS, TAGS, Layer, Model
from aboveboard.recorder.redact.text.tagger.tokens import CAPITAL, CLASSES, SHAPES, TABLE_SIZE, Tables

FORMAT = 1
"""What the arrays mean: raised with every change of the tokens, the features or the layers."""
LIMIT_BYTES = 32 << 20
LIMIT_ROWS = 1 << 20
_AGAIN = "install the package again"


class ModelError(AboveboardError):
    """The tagger's model is missing, damaged, or not of this version."""

    code = "tagger_model"


def load(path: Path, sha256: str, version: int) -> Model:
    """The model in the file at ``path``. Raises :class:`ModelError` if it is not exactly the one that was meant."""
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise ModelError(f"the tagger's model {path.name} cannot be read", cause=str(error), fix=_AGAIN) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelError(
            f"the tagger's model {path.name} is not the one that this version was tested with",
            cause=f"its SHA-256 is {found[:16]}…, not {sha256[:16]}…: it is damaged, or of another version",
            fix=_AGAIN,
        )
    return decode(content, version)


def decode(content: bytes, version: int) -> Model:
    """The model in ``content``. Raises :class:`ModelError` if it is of another version or makes no sense."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(one.file_size for one in archive.infolist()) > LIMIT_BYTES:
                raise ValueError("it unpacks to more than any model of the tagger")
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            head = [int(one) for one in file["head"]]
            if head == [FORMAT, version]:
                return _checked({name: file[name] for name in file.files})
    except Exception as error:  # zip files can be wrong in many ways; each of them means: no model
        raise ModelError("the tagger's model is damaged", cause=str(error), fix=_AGAIN) from error
    raise ModelError(
        "the tagger's model is of another version",
        cause=f"its format and version are {head}, not {[FORMAT, version]}",
        fix="install the model that belongs to this version, or " + _AGAIN,
    )


def _checked(arrays: dict[str, NDArray[np.generic]]) -> Model:
    """The model of ``arrays`` once every type and size fits the others. Raises ValueError or KeyError."""

    def take(name: str, kind: type, *size: int | None) -> NDArray[np.generic]:
        one = arrays[name]
        fits = one.ndim == len(size) and all(need in {None, have} for need, have in zip(size, one.shape, strict=True))
        if one.dtype != np.dtype(kind) or not fits or any(have > LIMIT_ROWS for have in one.shape):
            raise ValueError(f"{name} is {one.dtype} {one.shape}")
        if one.dtype.kind == "f" and not np.isfinite(one).all():
            raise ValueError(f"{name} holds what is no number")
        return np.ascontiguousarray(one)

    vocabulary = take("vocabulary", np.uint32, None)
    part = take("part", np.int8, None, None)
    buckets, depth = part.shape
    inlet = take("inlet", np.float16, depth + 1, None)
    width = inlet.shape[1]
    if (
        len(vocabulary) < 1
        or buckets < 1
        or buckets & (buckets - 1)
        or (np.diff(vocabulary.astype(np.int64)) <= 0).any()
    ):
        raise ValueError("the vocabulary is not in order, or the parts are not a power of two")
    classes, folded = take("classes", np.uint8, TABLE_SIZE), take("folded", np.uint16, TABLE_SIZE)
    if (classes.astype(np.uint8) % CAPITAL >= CLASSES).any():
        raise ValueError("a character is of no known class")
    return Model(
        version=int(arrays["head"].astype(np.int64)[1]),
        tables=Tables(classes.astype(np.uint8), folded.astype(np.uint16)),
        vocabulary=vocabulary.astype(np.uint32),
        word=take("word", np.int8, len(vocabulary) + 1, depth).astype(np.int8),
        part=part.astype(np.int8),
        shape=take("shape", np.int8, SHAPES, depth).astype(np.int8),
        scales=take("scales", np.float32, 3).astype(np.float32),
        inlet=_layer(inlet),
        layers=tuple(
            _layer(take(f"layer{place}", np.float16, 3 * width + 1, width)) for place in range(len(DILATIONS))
        ),
        outlet=_layer(take("outlet", np.float16, width + 1, TAGS)),
        thresholds=take("thresholds", np.float32, len(KINDS)).astype(np.float32),
    )


def _layer(array: NDArray[np.generic]) -> Layer:
    """The last row is the bias."""
    full = array.astype(np.float32)
    return Layer(np.ascontiguousarray(full[:-1]), full[-1].copy())
