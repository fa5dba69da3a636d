"""Trains what judges candidates for secrets, and writes its weights.

    python -m scripts.secret_judge --data SAMPLE [--keep]

``SAMPLE`` is a folder of ``benchmarks.redaction.creddata_sample``, made with ``--obfuscate`` or without (give both).
Only its half ``tune`` is read, and of it nothing is kept but weights; generated lines are added to it. The trees are
grown by LightGBM, which nothing else here needs: ``pip install lightgbm==4.7.0`` first. The same input gives the same
weights on the same machine.
"""

import argparse
import collections
import io
import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightgbm  # type: ignore[import-not-found, unused-ignore]
import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-not-found, unused-ignore]

from aboveboard.recorder.redact.text.secrets import assigned
from aboveboard.recorder.redact.text.secrets.detector import asked_about
from aboveboard.recorder.redact.text.secrets.judge import ROWS, VERSION, rows

from .generate import lines

INTO = Path("src/aboveboard/recorder/redact/text/secrets/weights.npz")
LONGEST_LINE = 3_000
IDENTIFIERS = {"UUID", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID"}
"""What CredData labels that names a thing and opens none: nothing is learnt from it."""
WEIGHTS = {"unlabelled": 0.5, "X": 0.3, "obfuscated": 0.5, "generated": 0.8}
TREES = 350
SEEN = 8
"""A feature that fewer examples have is not asked for."""
GROWTH = {
    "objective": "binary",
    "learning_rate": 0.08,
    "num_leaves": 24,
    "max_depth": 12,
    "min_data_in_leaf": 20,
    "feature_fraction": 0.15,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "max_bin": 2,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "verbose": -1,
}


@dataclass
class Example:
    rows: list[int]
    secret: float
    weight: float
    repository: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, action="append", required=True)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--generated", type=int, default=16_000)
    parser.add_argument("--keep", action="store_true", help="write the weights into the package")
    parser.add_argument("--leave-out", type=int, help="train without this quarter of the repositories")
    parser.add_argument("--out", type=Path, default=Path("build/secret_judge.npz"))
    asked = parser.parse_args()
    examples = list(_generated(asked.generated))
    for folder in asked.data:
        examples += _sample(folder, asked.leave_out)
    print(len(examples), "candidates,", sum(one.secret > 0.5 for one in examples), "of them secrets", flush=True)
    content = _packed(_grown(examples), asked.threshold)
    into = INTO if asked.keep else asked.out
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_bytes(content)
    print(into, len(content), "bytes")


def _generated(count: int) -> "list[Example]":
    found: list[Example] = []
    for line, secret in lines(7, count):
        at = line.rfind(secret) if secret else -1
        for one in asked_about(line):
            over = secret is not None and one.start < at + len(secret) and one.end > at
            if secret is None or over:
                found.append(Example(rows(line, one), float(over), WEIGHTS["generated"]))
    return found


def quarter(repository: str) -> int:
    """Which quarter of the repositories one belongs to; for trials within the tuning half."""
    return sum(repository.encode()) % 4


def _sample(folder: Path, leave_out: int | None) -> "list[Example]":
    """The candidates of the tuning half; repositories with many count less each."""
    by_file: dict[str, list[dict[str, object]]] = collections.defaultdict(list)
    for label in json.loads((folder / "labels.json").read_text()):
        if label["half"] == "tune" and quarter(label["repository"]) != leave_out:
            by_file[label["file"]].append(label)
    found: list[Example] = []
    obfuscated = (folder / "obfuscate_creds.py").exists()
    for file, labels in by_file.items():
        found += _of_file((folder / file).read_text("utf-8").split("\n"), labels, obfuscated, random.Random(file))
    counts = collections.Counter((one.repository, one.secret) for one in found)
    for one in found:
        one.weight *= min(1.0, (60 / counts[one.repository, one.secret]) ** 0.7)
    return found


def _of_file(
    lines_of: list[str], labels: list[dict[str, object]], obfuscated: bool, r: random.Random
) -> "list[Example]":
    on: dict[int, list[dict[str, object]]] = collections.defaultdict(list)
    for label in labels:
        for number in range(int(str(label["first"])), int(str(label["last"])) + 1):
            on[number].append(label)
    repository = str(labels[0]["repository"])
    found: list[Example] = []
    for number, line in enumerate(lines_of):
        mine = on.get(number, [])
        if not mine and (obfuscated or r.random() > 0.12):
            continue
        truths = {label["truth"] for label in mine}
        for one in asked_about(line[:LONGEST_LINE]):
            over = [label for label in mine if _overlap(label, one)]
            secret = any(label["truth"] == "T" for label in over)
            if secret and all(set(str(x["category"]).split(":")) <= IDENTIFIERS for x in over if x["truth"] == "T"):
                continue
            if not secret and ("T" in truths or obfuscated):
                continue  # another part of the same line, or the same as in the sample that is not obfuscated
            doubtful = not secret and any(label["truth"] == "X" for label in over)
            weight = WEIGHTS["X"] if doubtful else 1.0 if mine else WEIGHTS["unlabelled"]
            weight *= WEIGHTS["obfuscated"] if obfuscated else 1.0
            found.append(Example(rows(line[:LONGEST_LINE], one), float(secret or doubtful), weight, repository))
    return found


def _overlap(label: dict[str, object], one: "assigned.Candidate") -> bool:
    start, end = int(str(label["start"])), int(str(label["end"]))
    return label["first"] != label["last"] or start < 0 or (one.start < end and one.end > start)


@dataclass
class Forest:
    """All trees in one list of nodes. A node that ends a tree leads to itself."""

    asked: list[int] = field(default_factory=list)
    leads: list[tuple[int, int]] = field(default_factory=list)
    worth: list[float] = field(default_factory=list)
    depth: int = 0

    def plant(self, node: dict[str, Any], features: np.ndarray, depth: int = 0) -> int:
        """Adds a tree as LightGBM tells of it; where it begins."""
        place = len(self.asked)
        self.depth = max(self.depth, depth)
        self.asked.append(0)
        self.leads.append((place, place))
        self.worth.append(float(node.get("leaf_value", 0)))
        if "split_feature" in node:
            if node["decision_type"] != "<=" or not 0 < node["threshold"] < 1:
                raise ValueError("a fork that does not ask whether a feature is there")
            self.asked[place] = int(features[node["split_feature"]])
            without = self.plant(node["left_child"], features, depth + 1)
            self.leads[place] = without, self.plant(node["right_child"], features, depth + 1)
        return place


def _grown(examples: "list[Example]") -> tuple[Forest, list[int]]:
    """The trees, and where each begins."""
    places = np.concatenate([np.array(one.rows) for one in examples])
    owners = np.repeat(np.arange(len(examples)), [len(one.rows) for one in examples])
    features = np.flatnonzero(np.bincount(places, minlength=ROWS) >= SEEN)
    there = csr_matrix((np.ones(len(places), np.float32), (owners, places)), shape=(len(examples), ROWS))[:, features]
    data = lightgbm.Dataset(there, [one.secret for one in examples], weight=[one.weight for one in examples])
    forest = Forest()
    trees = lightgbm.train(GROWTH, data, TREES).dump_model()["tree_info"]
    return forest, [forest.plant(tree["tree_structure"], features) for tree in trees]


def _packed(grown: tuple[Forest, list[int]], threshold: float) -> bytes:
    forest, roots = grown
    content = io.BytesIO()
    np.savez_compressed(
        content,
        version=np.array(VERSION),
        asked=np.array(forest.asked, np.uint16),
        next=np.array(forest.leads, np.uint32),
        worth=np.array(forest.worth, np.float32),
        roots=np.array(roots, np.uint32),
        depth=np.array(forest.depth),
        threshold=np.array(threshold, np.float32),
    )
    return content.getvalue()


if __name__ == "__main__":
    main()
