"""``python -m scripts.tagger``: writes the texts, trains, chooses thresholds, exports and measures.

Nothing is downloaded. ``--keep`` puts the model into the package; ``--model`` takes one that was trained before.
"""

import argparse
import pickle
from pathlib import Path

import numpy as np

from aboveboard.recorder.redact.text.tagger.model import KINDS
from aboveboard.recorder.redact.text.tagger.stored import decode
from aboveboard.recorder.redact.text.tagger.tokens import build_tables

from . import export, measure
from .corpus import Writer
from .encode import encode
from .train import BUCKETS, choose_vocabulary, train

DEVELOPMENT_TEXTS, DEVELOPMENT_SEED = 12_000, 77


def main() -> None:
    """See the module."""
    asked = _arguments()
    asked.work.mkdir(parents=True, exist_ok=True)
    raw = asked.model.read_bytes() if asked.model else _trained(asked)
    development = list(Writer(asked.work, DEVELOPMENT_SEED, development=True).texts(DEVELOPMENT_TEXTS))
    judged = export.chances(decode(raw, asked.version), development)
    ordinary = np.array([genre == "ordinary" or genre.endswith("plain") or "message" in genre for genre in judged[3]])
    content = export.with_thresholds(raw, export.choose(*judged[:3], ordinary))
    (asked.work / "tagger.npz").write_bytes(content)
    print(f"{len(content)} bytes")
    print(measure.table(decode(content, asked.version), judged))
    if asked.keep:
        export.write(content, asked.version)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.tagger", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/tagger"))
    parser.add_argument("--texts", type=int, default=240_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--version", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", type=Path, help="do not train: choose thresholds for this one")
    parser.add_argument("--keep", action="store_true", help="put the model into the package")
    return parser.parse_args()


def _trained(asked: argparse.Namespace) -> bytes:
    tables = build_tables()
    corpus = asked.work / f"corpus-{asked.texts}-{asked.seed}.pickle"
    if not corpus.exists():
        data = encode(Writer(asked.work, asked.seed).texts(asked.texts), tables, BUCKETS)
        corpus.write_bytes(pickle.dumps(data))
    data = pickle.loads(corpus.read_bytes())
    print(f"{len(data.genre)} texts, {len(data.word)} tokens, {len(data.words)} distinct words", flush=True)
    vocabulary, rows = choose_vocabulary(data)
    net = train(data, rows, len(vocabulary), asked.work, asked.epochs, asked.seed)
    return export.pack(net, tables, vocabulary, asked.version, np.full(len(KINDS), 0.5))


if __name__ == "__main__":
    main()
