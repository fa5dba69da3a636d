"""Is an action written and read back the same, and is nothing else taken for one?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.lab.model.action_text import KEY_LIMIT, LIMIT, Action, parse, write

SHARES = st.integers(0, 1000).map(lambda number: number / 1000)
WHEEL = st.integers(-100_000, 100_000).map(lambda number: number / 1000)
ACTIONS = st.one_of(
    st.builds(Action, st.sampled_from(["click", "double_click"]), SHARES, SHARES, button=st.integers(1, 9)),
    st.builds(Action, st.just("drag"), SHARES, SHARES, SHARES, SHARES, button=st.integers(1, 9)),
    st.builds(Action, st.just("scroll"), SHARES, SHARES, dx=WHEEL, dy=WHEEL),
    st.builds(Action, st.just("type"), words=st.text(min_size=1, max_size=200)),
    st.builds(Action, st.just("key"), words=st.text("abcXYZ+_", min_size=1, max_size=KEY_LIMIT)),
)


@given(ACTIONS)
def test_what_is_written_is_read_back(action: Action) -> None:
    assert parse(write(action)) == action


@given(st.text(max_size=300))
def test_anything_else_is_an_action_or_a_clear_error(text: str) -> None:
    try:
        action = parse(text)
    except BadInput:
        return
    assert parse(write(action)).kind == action.kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "click",
        "click()",
        "click(0.5, 0.5)",
        "click(x=0.5, y=1.5)",
        "click(x=-0.1, y=0.5)",
        "click(x=0.5, y=0.5, button=0)",
        "click(x=True, y=0.5)",
        "click(x=0.5, y=0.5, x=0.4)",
        "click(x=nan, y=0.5)",
        "click(**{'x': 0.5, 'y': 0.5})",
        "click(x=0.5, y=0.5); key('a')",
        "press(x=0.5, y=0.5)",
        "type()",
        "type('')",
        "type('a', 'b')",
        "type(f'{1}')",
        "type(b'a')",
        "type(words='a')",
        "key('" + "a" * (KEY_LIMIT + 1) + "')",
        "__import__('os').system('true')",
        "type(__import__('os').name)",
        "scroll(x=0.5, y=0.5, dy=101)",
        "type(" + "(" * 3000 + "1" + ")" * 3000 + ")",
        "x" * (LIMIT + 1),
    ],
)
def test_what_is_no_action_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text)


def test_positions_are_shares_of_any_screen() -> None:
    action = parse("click(x=0.5, y=1)")
    assert action.pixel(640, 480) == (320, 479)
    assert action.pixel(1920, 1080) == (960, 1079)
