"""Which lines of public source files hold a real secret, as CredData's reviewers saw it?

Builds a folder for ``benchmarks.redaction.secrets`` out of CredData's labels (github.com/Samsung/CredData, a git
directory) and of clones of the repositories that it labels. Nothing of either is committed::

    python -m benchmarks.redaction.creddata_sample --creddata CREDDATA.git --clones FOLDER --out SAMPLE

1. The repositories of CredData are put in an order that a seed fixes. One counts if ``FOLDER/owner+name`` is there and
   holds the very commit that was labelled; ``report.json`` says of the others why not.
2. Its files are found as CredData does it: a file's name in the labels is the hash of its path.
3. A label counts if its lines are in the file and its value is where it says: within the line, with something in it.
4. Of one repository, a seed picks at most ``--most`` labels of each kind, so that none outweighs the others
   (``taken``). The other labels of the same files are kept too: a line with one of those is not an unlabelled line.
5. A hash of the repository's name says to which half it belongs: ``tune`` or ``test``.

The values are those of the repositories. CredData's own download replaces what is labelled true by random characters,
which gives the label away; ``--obfuscate PYTHON`` (one that has ``pybase62``) runs that step too, by CredData's own
script, so that figures published on CredData can be compared.
"""

import argparse
import binascii
import collections
import csv
import hashlib
import io
import json
import random
import subprocess
import sys
from pathlib import Path

SEED = 20261122
SCRIPTS = ("obfuscate_creds.py", "meta_row.py", "constants.py")


def main() -> int:
    """Builds the folder and prints what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creddata", type=Path, required=True)
    parser.add_argument("--clones", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--first", type=int, default=120, help="so many of the repositories, in the seeded order")
    parser.add_argument("--skip", type=int, default=0, help="but not the first so many of those")
    parser.add_argument("--most", type=int, default=100, help="labels of one kind from one repository")
    parser.add_argument("--obfuscate", help="a Python with pybase62: replace the values as CredData's download does")
    asked = parser.parse_args()
    labels: list[dict[str, object]] = []
    report: dict[str, object] = {}
    for name, commit, owned in _repositories(asked.creddata)[asked.skip : asked.first]:
        rows = list(csv.DictReader(io.StringIO(_git(asked.creddata, "show", f"HEAD:meta/{name}.csv").decode())))
        clone = _clone(asked.clones, owned)
        if clone is None:
            report[owned] = "no clone"
            continue
        files, missing = _files(clone, commit, rows)
        if not files:
            report[owned] = "the labelled commit is not in the clone, or has none of the files"
            continue
        good, bad = _checked(rows, files)
        chosen = _chosen(good, asked.most, name)
        _write(asked.out, files, {row["FilePath"] for row in chosen})
        taken = {row["Id"] for row in chosen}
        labels += [_label(row, owned, row["Id"] in taken) for row in good if (asked.out / row["FilePath"]).exists()]
        report[owned] = {"labels": len(rows), "files missing": missing, "not as labelled": bad, "taken": len(chosen)}
    (asked.out / "labels.json").write_text(json.dumps(labels, indent=0))
    (asked.out / "report.json").write_text(json.dumps(report, indent=1))
    if asked.obfuscate:
        _obfuscate(asked.creddata, asked.out, asked.obfuscate)
    for half in ("tune", "test"):
        mine = [label for label in labels if label["half"] == half and label["taken"]]
        repositories = len({str(label["repository"]) for label in mine})
        print(half, repositories, "repositories", dict(collections.Counter(str(label["truth"]) for label in mine)))
    return 0


def half_of(repository: str) -> str:
    """``tune`` or ``test``, the same for ever."""
    return "tune" if hashlib.sha256(f"half:{repository}".encode()).digest()[0] % 2 else "test"


def _git(folder: Path, *command: str) -> bytes:
    """What git says; empty if it refuses."""
    return subprocess.run(["git", f"--git-dir={folder}", *command], capture_output=True, check=False).stdout


def _repositories(creddata: Path) -> list[tuple[str, str, str]]:
    """Name in CredData, labelled commit and ``owner/name`` of each repository, in the seeded order."""
    snapshot: dict[str, str] = json.loads(_git(creddata, "show", "HEAD:snapshot.json"))
    known = sorted(
        (f"{binascii.crc32(bytes.fromhex(key)):08x}", key[:40], address.split("github.com/")[-1])
        for key, address in snapshot.items()
    )
    random.Random(SEED).shuffle(known)
    return known


def _clone(clones: Path, owned: str) -> Path | None:
    """The git directory of a clone, whatever shape the clone has."""
    folder = clones / owned.replace("/", "+")
    return next(
        (one for one in (folder / "repo/.git", folder / "repo", folder / ".git") if (one / "HEAD").exists()), None
    )


def _files(clone: Path, commit: str, rows: list[dict[str, str]]) -> tuple[dict[str, str], int]:
    """The labelled files' texts by their path in CredData, and how many are not to be had."""
    wanted = {row["FileID"]: row["FilePath"] for row in rows}
    found: dict[str, str] = {}
    for path in _git(clone, "ls-tree", "-r", "-z", "--name-only", commit).split(b"\0"):
        into = wanted.get(hashlib.sha256(path).hexdigest()[:8])
        if into is None:
            continue
        try:
            text = _git(clone, "show", f"{commit}:{path.decode()}").decode()
        except UnicodeDecodeError:
            continue
        found[into] = text.replace("\r\n", "\n").replace("\r", "\n")
    return found, len(wanted) - len(found)


def _checked(rows: list[dict[str, str]], files: dict[str, str]) -> tuple[list[dict[str, str]], int]:
    """The labels whose lines and values are there, and how many of those in files that we have are not."""
    lines = {path: text.split("\n") for path, text in files.items()}
    mine = [row for row in rows if row["FilePath"] in files]
    good = [row for row in mine if _is_there(row, lines[row["FilePath"]])]
    return good, len(mine) - len(good)


def _is_there(row: dict[str, str], lines: list[str]) -> bool:
    first, last = int(row["LineStart"]) - 1, int(row["LineEnd"]) - 1
    if not 0 <= first <= last < len(lines):
        return False
    start, end = int(row["ValueStart"] or -1), int(row["ValueEnd"] or -1)
    if start < 0 or end < 0:
        return row["GroundTruth"] != "T" and bool(lines[first].strip())
    if first != last:
        return start < len(lines[first]) and end <= len(lines[last])
    return start < end <= len(lines[first]) and bool(lines[first][start:end].strip())


def _chosen(rows: list[dict[str, str]], most: int, name: str) -> list[dict[str, str]]:
    chosen: list[dict[str, str]] = []
    for truth in "TFX":
        those = [row for row in rows if row["GroundTruth"] == truth]
        chosen += random.Random(f"{SEED}{name}{truth}").sample(those, min(most, len(those)))
    return chosen


def _label(row: dict[str, str], owned: str, taken: bool) -> dict[str, object]:
    """Lines count from 0, places are those within the first and the last line; -1 where only the line is meant."""
    return {
        "repository": owned,
        "half": half_of(owned),
        "file": row["FilePath"],
        "first": int(row["LineStart"]) - 1,
        "last": int(row["LineEnd"]) - 1,
        "start": int(row["ValueStart"] or -1),
        "end": int(row["ValueEnd"] or -1),
        "truth": row["GroundTruth"],
        "taken": taken,
        "category": row["Category"],
        "row": row,
    }


def _write(out: Path, files: dict[str, str], wanted: set[str]) -> None:
    for path in sorted(wanted):
        into = out / path
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(files[path], "utf-8", newline="")


def _obfuscate(creddata: Path, out: Path, python: str) -> None:
    """Runs CredData's own script over the files of the sample."""
    for script in SCRIPTS:
        (out / script).write_bytes(_git(creddata, "show", f"HEAD:{script}"))
    rows: dict[str, list[dict[str, str]]] = collections.defaultdict(list)
    for label in json.loads((out / "labels.json").read_text()):
        rows[label["row"]["RepoName"]].append(label["row"])
    (out / "meta").mkdir(exist_ok=True)
    for name, mine in rows.items():
        with (out / "meta" / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(mine[0]))
            writer.writeheader()
            writer.writerows(mine)
    subprocess.run([python, "obfuscate_creds.py"], cwd=out, check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
