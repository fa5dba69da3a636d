"""How many of the secrets that people left in public source files are found, and how much else is taken for one?

::

    python -m benchmarks.redaction.creddata_sample --creddata CREDDATA.git --clones FOLDER --out SAMPLE
    benchmarks/redaction/setup_secret_peers
    python -m benchmarks.redaction.secrets --data SAMPLE [--half test] [--peers]

**The score, by lines.** A line that a label calls true (``T``) is *found* if a finding overlaps the value that the
label marks (for a label of several lines: any of them). Of the lines without such a label, one with a label ``F``
is a *false find* if a finding overlaps what the label marks, or lies anywhere on the line where it marks the line.
Lines without a label do not count, as in CredData's own benchmark. F1 is made of these. Its interval of 95 % comes from
drawing as many repositories again and again out of those of the sample (:data:`DRAWS` times): lines of one repository
are alike, and its lines were labelled alike.

**X.** CredData calls ``X`` what looks like a secret and seems to be one for a test or an example ("password:
test"). To cover those is right for a redactor, so they are left out of the figure that comes first; the second
figure counts them as false, as CredData's own benchmark does.

**What is no secret.** Labels that are only of the categories :data:`IDENTIFIERS` (an id, the name of a bucket) name
a thing and open none. They are left out; ``--identifiers`` counts them.

**By characters.** Of the characters that the values of true lines consist of: the share that is covered. Of the
characters covered in labelled lines: the share that lies within true values.

Each file is given in pieces of at most ``LIMIT_CHARACTERS``, cut at lines; with ``--lines``, line by line, as a
window's title or a line of typing would be. The peers run over the same files by their own command lines with their
defaults. CredSweeper's model was trained on CredData, on what are our two halves; ours has seen neither half called
``test``.
"""

import argparse
import collections
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from aboveboard.recorder.redact.text.redactor import LIMIT_CHARACTERS

DRAWS, SEED = 2_000, 20261122
IDENTIFIERS = {"UUID", "AWS S3 Bucket", "Firebase Domain", "Tencent WeChat API App ID"}
Spans = dict[tuple[str, int], list[tuple[int, int]]]
"""By file and line (from 0): start and end of what was found there."""


def main() -> int:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--half", choices=("tune", "test"), default="test")
    parser.add_argument("--lines", action="store_true", help="give single lines")
    parser.add_argument("--peers", action="store_true", help="also run the peers that are installed below .bench/")
    parser.add_argument("--identifiers", action="store_true", help="count labels of identifiers too")
    parser.add_argument("--errors", type=Path, help="write what was missed and what was falsely found to this file")
    asked = parser.parse_args()
    labels = [one for one in json.loads((asked.data / "labels.json").read_text()) if one["half"] == asked.half]
    files = sorted({one["file"] for one in labels})
    texts = {file: (asked.data / file).read_text("utf-8") for file in files}
    rows = Rows(labels, texts, asked.identifiers)
    print(f"{asked.half}: {len(files)} files, {sum(map(len, texts.values())):,} characters; {rows.told()}")
    began = time.process_time()
    found = ours(texts, asked.lines)
    print(
        f"aboveboard: {sum(map(len, texts.values())) / (time.process_time() - began):,.0f} characters/s of source code"
    )
    print(rows.scored("aboveboard", found))
    if asked.errors:
        asked.errors.write_text("\n".join(rows.errors(found)))
    if asked.peers:
        for name, run in PEERS.items():
            python = Path(f".bench/{name}/bin/python")
            print(
                rows.scored(name, run(python, asked.data, set(files))) if python.exists() else f"{name}: not installed"
            )
    return 0


class Rows:
    """The labelled lines, and the score of findings on them."""

    def __init__(self, labels: list[dict[str, object]], texts: dict[str, str], identifiers: bool) -> None:
        self._lines = {file: text.split("\n") for file, text in texts.items()}
        self._true: dict[tuple[str, int, int, int], dict[str, object]] = {}
        self._false: dict[tuple[str, int], list[dict[str, object]]] = collections.defaultdict(list)
        true_lines = {
            (one["file"], line)
            for one in labels
            if one["truth"] == "T"
            for line in range(int(str(one["first"])), int(str(one["last"])) + 1)
        }
        for one in labels:
            if not one["taken"] or (not identifiers and set(str(one["category"]).split(":")) <= IDENTIFIERS):
                continue
            place = (str(one["file"]), int(str(one["first"])))
            if one["truth"] == "T":
                self._true[(*place, int(str(one["start"])), int(str(one["end"])))] = one
            elif place not in true_lines:
                self._false[place].append(one)

    def told(self) -> str:
        kinds = collections.Counter(self._truth(rows) for rows in self._false.values())
        lines = len({key[:2] for key in self._true})
        return f"lines: {lines} true, {kinds['F']} false, {kinds['X']} for tests or examples (X)"

    @staticmethod
    def _truth(rows: list[dict[str, object]]) -> str:
        return "X" if any(row["truth"] == "X" for row in rows) else "F"

    def _true_lines(self, found: Spans) -> dict[tuple[str, int], bool]:
        lines: dict[tuple[str, int], bool] = {}
        for (file, first, _, _), row in self._true.items():
            lines[file, first] = lines.get((file, first), False) or self._hit(row, found)
        return lines

    @staticmethod
    def _hit(row: dict[str, object], found: Spans) -> bool:
        file, first, last = str(row["file"]), int(str(row["first"])), int(str(row["last"]))
        if first != last:
            return any(found.get((file, line)) for line in range(first, last + 1))
        start, end = int(str(row["start"])), int(str(row["end"]))
        return any(start < 0 or (s < end and e > start) for s, e in found.get((file, first), ()))

    def scored(self, name: str, found: Spans) -> str:
        """One line of figures."""
        true = self._true_lines(found)
        hits = sum(true.values())
        false = collections.Counter(
            self._truth(rows) for rows in self._false.values() if any(self._hit(row, found) for row in rows)
        )
        precision, recall, f1 = _measures(hits, false["F"], len(true) - hits)
        low, high = self._interval(found)
        strict = _measures(hits, false["F"] + false["X"], len(true) - hits)
        covered, within = self._characters(found)
        return (
            f"{name}: found {hits} of {len(true)}, false {false['F']}: P {precision:.3f} R {recall:.3f} F1 {f1:.3f} "
            f"(95 %: {low:.3f} to {high:.3f}); "
            f"X as false ({false['X']}): P {strict[0]:.3f} F1 {strict[2]:.3f}; "
            f"characters: {covered:.3f} of the values, {within:.3f} of what is covered"
        )

    def _interval(self, found: Spans) -> tuple[float, float]:
        """Between which two values F1 lies in 95 of 100 draws of repositories."""
        counts: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0])
        repository = {key[:2]: str(row["repository"]) for key, row in self._true.items()}
        for line, hit in self._true_lines(found).items():
            counts[repository[line]][0 if hit else 2] += 1
        for rows in self._false.values():
            if self._truth(rows) == "F" and any(self._hit(row, found) for row in rows):
                counts[str(rows[0]["repository"])][1] += 1
        each = np.array(list(counts.values()))
        draws = np.random.default_rng(SEED).integers(len(each), size=(DRAWS, len(each)))
        drawn = sorted(_measures(*(int(one) for one in each[draw].sum(axis=0)))[2] for draw in draws)
        return drawn[int(DRAWS * 0.025)], drawn[int(DRAWS * 0.975)]

    def _characters(self, found: Spans) -> tuple[float, float]:
        values: dict[tuple[str, int], set[int]] = collections.defaultdict(set)
        for (file, first, start, end), row in self._true.items():
            if row["first"] == row["last"]:
                values[file, first] |= set(range(start, end))
        hit = sum(len(places & _places(found.get(key, ()))) for key, places in values.items())
        every = {*values, *(place for place, rows in self._false.items() if self._truth(rows) == "F")}
        covered = sum(len(_places(found.get(key, ()))) for key in every)
        return hit / max(1, sum(map(len, values.values()))), hit / max(1, covered)

    def errors(self, found: Spans) -> Iterator[str]:
        for (file, line), hit in self._true_lines(found).items():
            if not hit:
                rows = [row for key, row in self._true.items() if key[:2] == (file, line)]
                yield f"missed\t{rows[0]['repository']}\t{rows[0]['category']}\t{self._lines[file][line].strip()[:300]}"
        for (file, line), rows in self._false.items():
            if any(self._hit(row, found) for row in rows):
                truth, shown = self._truth(rows), self._lines[file][line].strip()[:300]
                yield f"false {truth}\t{rows[0]['repository']}\t{rows[0]['category']}\t{shown}"


def _places(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {place for start, end in spans for place in range(start, end)}


def _measures(hits: int, false: int, missed: int) -> tuple[float, float, float]:
    precision, recall = hits / max(1, hits + false), hits / max(1, hits + missed)
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def ours(texts: dict[str, str], single_lines: bool) -> Spans:
    """What the recorder's detector finds."""
    from aboveboard.recorder.redact.text.secrets.detector import SecretDetector

    detector = SecretDetector()
    found: Spans = collections.defaultdict(list)
    for file, text in texts.items():
        first = 0
        for piece in _pieces(text, single_lines):
            starts = [0]
            for line in piece.split("\n"):
                starts.append(starts[-1] + len(line) + 1)
            for one in detector.find(piece):
                _put(found, file, first, starts, one.start, one.end)
            first += piece.count("\n") if single_lines is False else 1
    return found


def _put(found: Spans, file: str, first: int, starts: list[int], start: int, end: int) -> None:
    """A finding, line by line."""
    for number in range(len(starts) - 1):
        s, e = max(start, starts[number]), min(end, starts[number + 1] - 1)
        if s < e:
            found[file, first + number].append((s - starts[number], e - starts[number]))


def _pieces(text: str, single_lines: bool) -> Iterator[str]:
    if single_lines:
        yield from text.split("\n")
        return
    lines, size = [], 0
    for line in text.split("\n"):
        if size + len(line) + 1 > LIMIT_CHARACTERS and lines:
            yield "\n".join(lines) + "\n"
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    yield "\n".join(lines)


def credsweeper(python: Path, data: Path, files: set[str]) -> Spans:
    """CredSweeper over the sample's files, with its defaults."""
    out = data / "credsweeper.json"
    command = [python, "-m", "credsweeper", "--path", data / "data", "--save-json", out, "--pedantic", "--no-error"]
    subprocess.run([*command, "--log", "error"], check=True, capture_output=True)
    found: Spans = collections.defaultdict(list)
    for candidate in json.loads(out.read_text()):
        for one in candidate["line_data_list"]:
            file = one["path"][len(str(data)) + 1 :]
            if file in files:
                found[file, one["line_num"] - 1].append((one["value_start"], one["value_end"]))
    return found


def detect_secrets(python: Path, data: Path, files: set[str]) -> Spans:
    """detect-secrets with its defaults; it says the line only, so the whole line counts as found."""
    command = [python.parent.absolute() / "detect-secrets", "scan", "--all-files", "data"]
    said = subprocess.run(command, check=True, capture_output=True, cwd=data).stdout
    found: Spans = collections.defaultdict(list)
    for file, those in json.loads(said)["results"].items():
        for one in those:
            found[file, one["line_number"] - 1].append((0, 10_000))
    return found


PEERS: dict[str, Callable[[Path, Path, set[str]], Spans]] = {
    "credsweeper": credsweeper,
    "detect-secrets": detect_secrets,
}

if __name__ == "__main__":
    sys.exit(main())
