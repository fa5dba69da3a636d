"""Recording starts lightly: what the recorder's process loads, and when."""

import subprocess
import sys

LOADED_LATE = ("numpy", "aboveboard.recorder.flow")
NEVER_LOADED = ("google.protobuf", "http_message_signatures", "tomllib")
ALL = (
    "aboveboard.commands.main, aboveboard.commands.record, aboveboard.recorder.capture.x11, "
    "aboveboard.recorder.flow, aboveboard.recorder.presence, aboveboard.recorder.machine.watch"
)


def in_a_process_of_its_own(code: str) -> str:
    """What ``code`` prints."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_the_command_is_loaded_before_what_must_find_its_settings() -> None:
    # OpenBLAS reads its own when numpy is loaded, so use_little() has to come before.
    loaded = f"[name for name in {LOADED_LATE} if name in sys.modules]"
    assert in_a_process_of_its_own(f"import sys, aboveboard.commands.record; print({loaded})") == "[]"


def test_what_a_recorder_never_uses_is_not_loaded() -> None:
    loaded = f"[name for name in {NEVER_LOADED} if name in sys.modules]"
    assert in_a_process_of_its_own(f"import sys, {ALL}; print({loaded})") == "[]"


def test_a_picture_brings_no_other_formats_with_it() -> None:
    code = (
        "import sys, numpy\n"
        "from aboveboard.recorder.encode.images import webp\n"
        "webp(numpy.zeros((9, 9), numpy.uint32), lossy=False)\n"
        "print('PIL.WebPImagePlugin' in sys.modules, 'PIL.TiffImagePlugin' in sys.modules)"
    )
    assert in_a_process_of_its_own(code).split() == ["True", "False"]


def test_numpy_starts_no_threads_and_garbage_is_looked_for_again_once_all_is_loaded() -> None:
    code = (
        "import gc, os\n"
        "from aboveboard.recorder.memory import look_through_less, use_little\n"
        "use_little()\n"
        "import numpy\n"
        "print(len(os.listdir('/proc/self/task')), gc.isenabled())\n"
        "look_through_less()\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 0)"
    )
    assert in_a_process_of_its_own(code).split() == ["1", "False", "True", "True"]
