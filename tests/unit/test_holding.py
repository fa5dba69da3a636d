"""The page knows how long the recorder that runs holds, and that nothing leaves by itself if none does."""

import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.formats.fields import encode_json
from aboveboard.recorder import holding
from aboveboard.recorder.holding import Holding


def test_what_is_said_is_known_until_it_is_unsaid(tmp_path: Path) -> None:
    assert holding.hold_s(tmp_path) is None
    holding.say(tmp_path, 600)
    assert holding.hold_s(tmp_path) == 600
    holding.unsay(tmp_path)
    holding.unsay(tmp_path)
    assert holding.hold_s(tmp_path) is None


def test_what_a_recorder_that_died_said_does_not_count(tmp_path: Path) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    (tmp_path / holding.FILE_NAME).write_bytes(encode_json(Holding(pid=int(gone.stdout), hold_s=1)))
    assert holding.hold_s(tmp_path) is None
    (tmp_path / holding.FILE_NAME).write_bytes(encode_json(Holding(pid=os.getpid(), hold_s=1)))
    assert holding.hold_s(tmp_path) == 1


@given(st.binary(max_size=80))
def test_anything_else_in_its_place_is_none(tmp_path_factory, data: bytes) -> None:  # type: ignore[no-untyped-def]
    home = tmp_path_factory.mktemp("home")
    (home / holding.FILE_NAME).write_bytes(data)
    assert holding.hold_s(home) is None
