"""How do the learned numbers become the file that the recorder reads, and which thresholds go with them?

Tables are rounded to 8 bits (one scale for each), layers to 16. The thresholds are chosen on the development set, with
the exported file itself: those with the best F2 over covered tokens.
"""

import hashlib
import io
from pathlib import Path

import numpy as np

from aboveboard.recorder.redact.text.tagger import detector, model, pinned, stored
from aboveboard.recorder.redact.text.tagger.tokens import Tables, tokenize

from .encode import spans_of, tags_of
from .grammar import Piece
from .train import Net

ORDINARY_WEIGHT = 6.0


def pack(net: Net, tables: Tables, vocabulary: np.ndarray, version: int, thresholds: np.ndarray) -> bytes:
    arrays: dict[str, np.ndarray] = {
        "head": np.array([stored.FORMAT, version], np.int64), "classes": tables.classes, "folded": tables.folded,
        "vocabulary": vocabulary, "thresholds": thresholds.astype(np.float32),
    }  # fmt: skip
    scales = []
    for name in ("word", "part", "shape"):
        table = getattr(net, name).weight.detach().numpy()
        # A few outliers may be cut, for finer steps everywhere else.
        scale = float(np.quantile(np.abs(table), 0.99995)) / 127
        arrays[name] = np.clip(np.round(table / scale), -127, 127).astype(np.int8)
        scales.append(scale)
    arrays["scales"] = np.array(scales, np.float32)
    layers = {"inlet": net.inlet, "outlet": net.outlet, **{f"layer{k}": one for k, one in enumerate(net.layers)}}
    for name, layer in layers.items():
        weight = layer.weight.detach().numpy().T
        arrays[name] = np.concatenate([weight, layer.bias.detach().numpy()[None]]).astype(np.float16)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def with_thresholds(content: bytes, thresholds: np.ndarray) -> bytes:
    """The same model with other thresholds."""
    with np.load(io.BytesIO(content), allow_pickle=False) as old:
        arrays = {name: old[name] for name in old.files}
    file = io.BytesIO()
    np.savez_compressed(file, **{**arrays, "thresholds": thresholds.astype(np.float32)})
    return file.getvalue()


def chances(
    tagger: model.Model, texts: list[tuple[str, list[Piece]]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """For each token of the texts: how likely it is something, its likeliest kind, its true tag; and its genre."""
    some, kind, truth, genre = [], [], [], []
    for name, pieces in texts:
        text, spans = spans_of(pieces)
        tokens = tokenize(text, tagger.tables)
        if not len(tokens.start):
            continue
        found = tagger.tags(tokens)
        some.append(1 - found[:, 0])
        kind.append((found[:, 1::2] + found[:, 2::2]).argmax(axis=1))
        truth.append(tags_of(tokens, spans))
        genre += [name] * len(tokens.start)
    return np.concatenate(some), np.concatenate(kind), np.concatenate(truth), genre


def choose(some: np.ndarray, kind: np.ndarray, truth: np.ndarray, ordinary: np.ndarray | None = None) -> np.ndarray:
    """Thresholds by kind with the best F2 over tokens, one kind after the other, twice around.

    What is covered without need in ``ordinary`` texts counts :data:`ORDINARY_WEIGHT` times: there is far more of them
    on a screen than here.
    """
    weight = np.ones(len(some)) if ordinary is None else np.where(ordinary, ORDINARY_WEIGHT, 1.0)
    thresholds = np.full(len(model.KINDS), 0.4)
    for _ in range(2):
        for k in range(len(thresholds)):
            scored = []
            for level in np.arange(0.10, 0.86, 0.05):
                trial = thresholds.copy()
                trial[k] = level
                covered = some >= trial[kind]
                true, needless = (covered & (truth > 0)).sum(), weight[covered & (truth == 0)].sum()
                scored.append((5 * true / (4 * (truth > 0).sum() + true + needless + 1e-9), level))
            thresholds[k] = max(scored)[1]
    return thresholds


def write(content: bytes, version: int) -> None:
    """The model beside the code that reads it, and its hash in ``pinned.py``."""
    detector.MODEL.write_bytes(content)
    path = Path(pinned.__file__)
    lines = path.read_text("utf-8").splitlines()
    new = {"VERSION": f"VERSION = {version}", "SHA256": f'SHA256 = "{hashlib.sha256(content).hexdigest()}"'}
    path.write_text("\n".join(new.get(line.split(" ")[0], line) for line in lines) + "\n", "utf-8")
