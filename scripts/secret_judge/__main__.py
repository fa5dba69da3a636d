"""Trains what judges candidates for secrets, and writes its weights.

    python -m scripts.secret_judge --data SAMPLE [--keep]

``SAMPLE`` is a folder of ``benchmarks.redaction.creddata_sample``, made with ``--obfuscate`` or without (give both).
Only its half ``tune`` is read, and of it nothing is kept but weights; generated lines are added to it. Three small
networks of different seeds become one table: that is steadier than one. The same seeds give the same weights on the
same machine.
"""

import argparse
import collections
import io
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from aboveboard.recorder.redact.text.secrets import assigned
from aboveboard.recorder.redact.text.secrets.detector import telling_words
from aboveboard.recorder.redact.text.secrets.judge import ROWS, VERSION, rows

from .generate import lines

INTO = Path("src/aboveboard/recorder/redact/text/secrets/weights.npz")
LONGEST_LINE = 3_000
IDENTIFIERS = {"UUID", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID"}
"""What CredData labels that names a thing and opens none: nothing is learnt from it."""
WEIGHTS = {"unlabelled": 0.5, "X": 0.3, "obfuscated": 0.5, "generated": 0.8}
SIZE, EPOCHS, BATCH, LEFT_OUT = 8, 5, 64, 0.45


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
    torch.set_num_threads(1)
    examples = list(_generated(asked.generated))
    for folder in asked.data:
        examples += _sample(folder, asked.leave_out)
    print(len(examples), "candidates,", sum(one.secret > 0.5 for one in examples), "of them secrets", flush=True)
    content = _packed([_trained(examples, seed) for seed in (1, 2, 3)], asked.threshold)
    into = INTO if asked.keep else asked.out
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_bytes(content)
    print(into, len(content), "bytes")


def _candidates(line: str) -> "list[assigned.Candidate]":
    return [one for start, end in telling_words(line) for one in assigned.candidates(line, start, end)]


def _generated(count: int) -> "list[Example]":
    found: list[Example] = []
    for line, secret in lines(7, count):
        at = line.rfind(secret) if secret else -1
        for one in _candidates(line):
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
        for one in _candidates(line[:LONGEST_LINE]):
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


class Net(torch.nn.Module):
    """A sum of learnt rows, once more weighed, plus a plain sum."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.EmbeddingBag(ROWS, SIZE, mode="sum")
        self.plain = torch.nn.EmbeddingBag(ROWS, 1, mode="sum")
        torch.nn.init.normal_(self.table.weight, 0, 0.05)
        torch.nn.init.zeros_(self.plain.weight)
        self.hidden, self.last = torch.nn.Linear(SIZE, SIZE), torch.nn.Linear(SIZE, 1)
        self.drop = torch.nn.Dropout(0.3)

    def forward(self, places: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        hidden = self.drop(torch.relu(self.hidden(torch.tanh(self.table(places, starts)))))
        return (self.last(hidden) + self.plain(places, starts)).squeeze(1)


def _trained(examples: "list[Example]", seed: int) -> Net:
    torch.manual_seed(seed)
    r = random.Random(seed)
    net, order = Net(), list(examples)
    steps = EPOCHS * (len(order) // BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 6e-3, total_steps=steps + 1)
    for _ in range(EPOCHS):
        r.shuffle(order)
        for at in range(0, len(order) - BATCH + 1, BATCH):
            some = order[at : at + BATCH]
            kept = [[row for row in one.rows if r.random() > LEFT_OUT] or one.rows for one in some]
            starts = torch.tensor(np.cumsum([0, *map(len, kept[:-1])]))
            wanted = torch.tensor([one.secret for one in some]) * 0.96 + 0.02
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                net(torch.tensor([row for rows_ in kept for row in rows_]), starts), wanted, reduction="none"
            )
            optimiser.zero_grad()
            (loss * torch.tensor([one.weight for one in some])).mean().backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def _packed(nets: list[Net], threshold: float) -> bytes:
    """One table of bytes: a column for the plain sums, then the columns of each network; the answer is their mean."""
    share = 1 / len(nets)
    plain = sum(net.plain.weight.detach().numpy() for net in nets) * share
    table = np.concatenate([plain, *(net.table.weight.detach().numpy() for net in nets)], axis=1)
    scale = np.abs(table).max(axis=0) / 127
    width = SIZE * len(nets)
    hidden, bias = np.zeros((width, width), np.float32), np.zeros(width, np.float32)
    for number, net in enumerate(nets):
        mine = slice(number * SIZE, (number + 1) * SIZE)
        hidden[mine, mine], bias[mine] = net.hidden.weight.detach().numpy(), net.hidden.bias.detach().numpy()
    last = np.concatenate([net.last.weight.detach().numpy()[0] for net in nets]) * share
    content = io.BytesIO()
    np.savez_compressed(
        content,
        version=np.array(VERSION),
        table=np.round(table / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        hidden=hidden,
        hidden_bias=bias,
        last=last.astype(np.float32),
        bias=np.array(sum(float(net.last.bias.detach()) for net in nets) * share, np.float32),
        threshold=np.array(threshold, np.float32),
    )
    return content.getvalue()


if __name__ == "__main__":
    main()
