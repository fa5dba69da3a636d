"""A small simulated fleet against a vault in a process of its own: everybody stops, and nothing later is taken in."""

import json
import subprocess
import sys
from pathlib import Path


def test_a_small_fleet_stops_and_goes_on(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ["--devices", "60", "--seconds", "5", "--disturbed", "10", "--offered", "40", "--sent", "5"]
    command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(tmp_path / "home"), "fleet", "simulate"]
    done = subprocess.run(
        [*command, *options, "--report", str(report)], capture_output=True, text=True, timeout=110, check=False
    )
    found = json.loads(report.read_bytes())
    assert found["pause"]["count"] + found["by_silence"]["count"] == 60, done.stdout + done.stderr
    assert found["by_silence"]["count"] >= 2
    assert found["by_silence"]["max"] <= 15.0
    assert found["pause"]["max"] < 15.0
    told = found["told"]["counts"]
    assert found["told"]["stopped"], "the vault itself says so to the steward"
    assert (told["devices"], told["confirmed"] + told["lapsed"], told["possible"]) == (60, 60, 0)
    assert told["lapsed"] >= 2
    assert told["to_last_frame"]["max_ns"] == 0
    assert found["resumed"]["count"] >= 50
    assert found["accepted"]["before"] == 40, found["refused"]
    assert found["offered"]["after"] == 40
    assert found["accepted_after_pause"] == found["sent_accepted_after_pause"] == 0
    assert found["sent_accepted"] == {"before": 5}
    assert set(found["refused"]) <= {"segment:during_pause"}
