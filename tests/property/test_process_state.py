"""Whatever stands in ``/proc/<pid>/stat``, reading it gives what it says or a clear error."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.terminals import Process, parse_stat

NUMBERS = st.integers(-1, 2**22)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(parse_stat(content), Process)


@given(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=15), NUMBERS, NUMBERS, NUMBERS)
def test_a_name_cannot_pass_for_what_stands_behind_it(name: str, parent: int, group: int, foreground: int) -> None:
    device = 136 << 8 | 3
    line = f"42 ({name}) S {parent} {group} 5 {device} {foreground} 0 0 0\n".encode()
    assert parse_stat(line) == Process(name, parent, group, 3, foreground)


@given(st.integers(0, 2**20 - 1), st.integers(0, 2**12 - 1))
def test_the_number_of_a_terminal_is_that_of_its_device(minor: int, major: int) -> None:
    device = minor & 0xFF | major << 8 | (minor & ~0xFF) << 12
    line = f"42 (bash) S 1 2 3 {device} 4 0 0\n".encode()
    assert parse_stat(line).terminal == (minor if major == 136 else None)
