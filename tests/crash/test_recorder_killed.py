"""``kill -9`` at any moment: nothing plain on disk, every sealed segment opens, at most the open one is lost."""

import base64
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from aboveboard.formats.recording import Key, Timed
from aboveboard.recorder.flow import record
from aboveboard.recorder.spool import Spool
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of
from samples.synthetic_source import SyntheticSource

CANARY = "canary-7f3a-quartz"
SEGMENT_NS = 150_000_000
TESTS = Path(__file__).parent.parent


def spellings(text: str) -> list[bytes]:
    """How a text may lie on a disk: UTF-8, UTF-16, and base64 at each of the three alignments."""
    found = [text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")]
    for coded in (text.encode(), text.encode("utf-16-le")):
        for shift in range(3):
            whole = base64.b64encode(b"\0" * shift + coded)
            found.append(whole[4:-4])
    return found


def plain_on_disk(folder: Path, text: str) -> list[Path]:
    letters = [f'"text":"{letter}"'.encode() for letter in "cnry"]
    needles = [*spellings(text), *letters, b"aboveboard.Key", b"\x89MCAP"]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if any(needle in path.read_bytes() for needle in needles)]


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    for number, shape in enumerate(
        [CANARY.encode(), CANARY.encode("utf-16-le"), base64.b64encode(b"xy" + CANARY.encode())]
    ):
        (tmp_path / str(number)).write_bytes(b"before" + shape + b"after")
    assert len(plain_on_disk(tmp_path, CANARY)) == 3


def start(home: Path, url: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("recorder_to_kill.py")), str(home), url, CANARY],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        cwd=home,
    )


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_killed_at_a_random_moment(tmp_path: Path, seed: int) -> None:
    who = Participant()
    home = tmp_path / "recorder"
    verified = who.settle(home)
    vault = Vault(who, verified.consent.consent_id)
    vault.lie_stored = b"{}" if seed % 2 else None  # with and without uploads under way
    spool = Spool(home / "spool")
    with serving(vault) as client:
        process = start(home, vault.url)
        try:
            end_s = time.monotonic() + 20
            while len(vault.manifests) < 3 and not (vault.lie_stored and len(list(spool.folder.iterdir())) > 4):
                assert time.monotonic() < end_s, "the recorder made no segments"
                time.sleep(0.01)
            time.sleep(random.Random(seed).uniform(0, 0.3))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        killed_ns = time.time_ns()
        assert process.returncode == -signal.SIGKILL
        assert plain_on_disk(tmp_path, CANARY) == []

        held = list(spool.held())
        sealed = dict(vault.sealed) | {each.manifest.segment_id: each.sealed() for each in held}
        manifests = {each.manifest.segment_id: each.manifest for each in held} | vault.manifests
        ends = []
        typed = 0
        for segment_id, data in sealed.items():
            items = items_of(data, who.identity)
            typed += sum(isinstance(item, Timed) and isinstance(item.event, Key) for item in items)
            ends.append(manifests[segment_id].end_wall_ns)
        assert typed > 20
        assert killed_ns - max(ends) < 3 * SEGMENT_NS + 500_000_000, "at most what was open is lost"
        sequences = sorted(manifests[segment_id].sequence for segment_id in sealed)
        assert sequences == list(range(len(sequences))), "none is missing in between"

        vault.lie_stored = None
        stop = threading.Event()
        stop.set()
        record(home=home, client=client, source=SyntheticSource(), enrolment=verified, stop=stop)
        assert set(vault.sealed) >= set(sealed)
        assert not [path for path in spool.folder.iterdir() if path.name != "refused"]


def test_no_core_is_dumped() -> None:
    """In a process of its own, since it cannot be undone."""
    code = (
        "import ctypes, os, resource\n"
        "from aboveboard.recorder.memory import keep_out_of_dumps\n"
        "keep_out_of_dumps()\n"
        "PR_GET_DUMPABLE = 3\n"
        "if resource.getrlimit(resource.RLIMIT_CORE)[0] == 0 and ctypes.CDLL(None).prctl(PR_GET_DUMPABLE) == 0:\n"
        "    os.abort()\n"
    )
    pid = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", code])
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)
