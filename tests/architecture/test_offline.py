"""Do tests that reach out fail?"""

import os
import socket
import subprocess
import sys

import pytest


def test_a_test_that_reaches_out_fails() -> None:
    with socket.socket() as outside, pytest.raises(AssertionError, match="loopback only"):
        outside.connect(("192.0.2.1", 80))


@pytest.mark.skipif("ABOVEBOARD_OFFLINE" not in os.environ, reason="this kernel gives us no network namespace")
def test_a_child_of_a_test_cannot_reach_out() -> None:
    program = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in child.stderr
