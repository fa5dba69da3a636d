"""All of redaction: text beside Presidio, secrets beside scanners, screens, pictures, cost, what is never captured.

    make bench-redaction
    make bench-redaction ARGS="--text synth_dataset_v2.json --secrets SAMPLE --screens 100"
    make bench-redaction ARGS="--only screens,never"

Two parts need data that is public and not part of this repository; without it they are passed over, and a line says
where to get it. The parts run one after the other, each in a process of its own; one that fails does not stop the rest.
"""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

NEVER = (
    "tests/attack/test_never_captured.py",
    "tests/attack/test_never_recorded.py",
    "tests/attack/test_notification_leaks.py",
    "tests/flow/test_hidden_prompts.py",
    "tests/flow/test_capture_secrets.py",
)
"""Canaries are planted, the command that people run records, and every stored byte is searched for them."""
TEXT_SET = (
    "the set of presidio-research is not given: get data/synth_dataset_v2.json of "
    "github.com/microsoft/presidio-research (MIT) and run with --text FILE"
)
SECRET_SET = (
    "no sample of CredData is given: clone github.com/Samsung/CredData, make a sample as "
    "benchmarks/redaction/creddata_sample.py says, and run with --secrets FOLDER"
)

Command = list[str] | str
"""What to run, or why it is passed over."""


def text(options: argparse.Namespace) -> Command:
    """Personal data in text, beside Presidio."""
    if options.text is None:
        return TEXT_SET
    peer = [] if Path(".bench/presidio/bin/python").exists() else ["--alone"]
    return _module("benchmarks.redaction", "--text", str(options.text), *peer)


def secrets(options: argparse.Namespace) -> Command:
    """Secrets in source files, beside two scanners."""
    if options.secrets is None:
        return SECRET_SET
    return _module("benchmarks.redaction.secrets", "--data", str(options.secrets), "--peers")


def everyday(_: argparse.Namespace) -> Command:
    """What is taken for a secret in text that holds none."""
    return _module("benchmarks.redaction.everyday", "--words", "20000")


def pages(_: argparse.Namespace) -> Command:
    """Pages that nobody should collect, and ordinary ones, by their titles."""
    return _module("benchmarks.redaction.page_rules")


def screens(options: argparse.Namespace) -> Command:
    """What an onlooker finds on stored screens of real programs."""
    return _module("benchmarks.redaction.screens", "--count", str(options.screens), "--seed", str(options.seed))


def pictures(_: argparse.Namespace) -> Command:
    """How much of drawn photographs is covered, and how much of what is none."""
    return _module("benchmarks.redaction.pictures")


def cost(_: argparse.Namespace) -> Command:
    """What the recorder costs at redacted and at exact, on the same work."""
    alone = _module("benchmarks.recorder", "--rounds", "1", "--only", "base", "--alone")
    return ["sh", "-c", f"{shlex.join(alone)} && {shlex.join(alone)} --screen redacted --words redacted"]


def never(_: argparse.Namespace) -> Command:
    """Secrets in places where nothing may be recorded."""
    offline = [str(Path("scripts/offline"))] if Path("scripts/offline").exists() else []
    return [*offline, *_module("pytest", "-v", "--no-header", *(one for one in NEVER if Path(one).exists()))]


PARTS: dict[str, Callable[[argparse.Namespace], Command]] = {
    "text": text, "secrets": secrets, "everyday": everyday, "pages": pages,
    "screens": screens, "pictures": pictures, "cost": cost, "never": never,
}  # fmt: skip


def main() -> int:
    """0 if every part that ran went well."""
    options = _arguments()
    for name in ("presidio", "credsweeper", "detect-secrets"):
        if not Path(f".bench/{name}/bin/python").exists():
            print(f"{name} is not installed, ours is measured without it: see .bench/{name}.log")
    ended: dict[str, str] = {}
    for name, part in PARTS.items():
        if name not in options.only:
            continue
        print(f"\n== {name}: {part.__doc__}", flush=True)
        command = part(options)
        if isinstance(command, str):
            print(f"passed over: {command}")
            ended[name] = "passed over"
            continue
        start_s = time.monotonic()
        status = subprocess.run(command, env=os.environ | {"PYTHONPATH": "tests"}, check=False).returncode
        ended[name] = f"{'done' if status == 0 else f'FAILED with {status}'}, {time.monotonic() - start_s:.0f} s"
    print("\n== " + "; ".join(f"{name}: {how}" for name, how in ended.items()))
    return int(any("FAILED" in how for how in ended.values()))


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-redaction", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--text", type=Path, help="data/synth_dataset_v2.json of presidio-research")
    parser.add_argument("--secrets", type=Path, help="a sample of CredData")
    parser.add_argument("--screens", type=int, default=100, help="how many screens are drawn")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument(
        "--only", type=lambda names: names.split(","), default=list(PARTS), help=f"some of {','.join(PARTS)}"
    )
    options = parser.parse_args()
    if unknown := set(options.only) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if not shutil.which("chromium"):
        parser.error("chromium is not on this machine: run make setup")
    return options


if __name__ == "__main__":
    sys.exit(main())
