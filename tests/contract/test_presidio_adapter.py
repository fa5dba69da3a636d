"""Does the adapter for Presidio work with the real one, and without any network?

It runs in the virtual environment that ``benchmarks/redaction/setup_peers`` makes, if that is there.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".bench/presidio/bin/python"
ASK = """
import json, socket, sys

def refuse(*arguments, **options):
    raise OSError("the network was asked")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
from aboveboard.recorder.redact.text import detectors
loaded = detectors.load(detectors.Options(supplied=("presidio",)), makers=[])
found = [[one.start, one.end, one.kind] for detector in loaded.detectors for one in detector.find(sys.argv[1])]
print(json.dumps({"missing": [one.why for one in loaded.missing], "found": found}))
"""


@pytest.mark.skipif(not PYTHON.exists(), reason="Presidio is not installed: benchmarks/redaction/setup_peers")
def test_presidio_itself_answers_through_the_adapter() -> None:
    text = "x " * 700 + "write to nora.quill@example.org, see www.example.org"
    done = subprocess.run(
        [PYTHON, "-c", ASK, text],
        capture_output=True,
        timeout=110,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["missing"] == []
    mail, site = text.index("nora"), text.index("www")
    assert [mail, mail + len("nora.quill@example.org"), "mail"] in said["found"]
    assert [site, len(text), "web"] in said["found"]
    assert "network was asked" not in done.stderr.decode()
