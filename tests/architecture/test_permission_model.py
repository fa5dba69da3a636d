"""The model of permission has no counterexample, and has one as soon as any rule in it is taken away."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(600)
def test_the_model_holds_and_every_rule_in_it_is_needed() -> None:
    """``make setup`` installs Spin, so that this is never left out."""
    done = subprocess.run([ROOT / "scripts" / "check_model", "--quick"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "an honest recorder, any network, any order: none in" in done.stdout
