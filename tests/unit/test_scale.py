"""How much larger than at 96 dpi, by what other programs left behind on the display."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.scale import LEAST, LIMIT_BYTES, MOST, integers, reported_scale, scale_of
from aboveboard.recorder.capture.x11 import at_every_scale
from aboveboard.recorder.redact.scope import subtract

FULL_HD, AT_96_DPI = (1920, 1080), (508, 286)


def settings(values: dict[str, int | str | tuple[int, ...]], *, big: bool = False, count: int | None = None) -> bytes:
    """XSETTINGS as a desktop publishes them: numbers, words and colours."""
    order = ">" if big else "<"
    data = struct.pack(f"{order}B3xII", int(big), 1, len(values) if count is None else count)
    for name, value in values.items():
        kind = 0 if isinstance(value, int) else 1 if isinstance(value, str) else 2
        data += struct.pack(f"{order}BxH", kind, len(name)) + name.encode() + bytes(-len(name) % 4)
        data += struct.pack(f"{order}I", 7)
        if isinstance(value, int):
            data += struct.pack(f"{order}i", value)
        elif isinstance(value, str):
            data += struct.pack(f"{order}I", len(value)) + value.encode() + bytes(-len(value) % 4)
        else:
            data += struct.pack(f"{order}4H", *value)
    return data


@pytest.mark.parametrize("big", [False, True])
def test_numbers_among_words_and_colours(big: bool) -> None:
    values = {"Net/ThemeName": "Adwaita", "A/Colour": (1, 2, 3, 4), "Xft/DPI": 196608, "Gdk/WindowScalingFactor": 2}
    assert integers(settings(values, big=big)) == {"Xft/DPI": 196608, "Gdk/WindowScalingFactor": 2}


CASES = [
    ("nothing is known", {}, b"", FULL_HD, (0, 0), 1.0),
    (
        "the factor comes first",
        {"Gdk/WindowScalingFactor": 2, "Xft/DPI": 96 * 1024},
        b"Xft.dpi: 144",
        FULL_HD,
        (0, 0),
        2.0,
    ),
    (
        "a factor of one leaves it to the dpi",
        {"Gdk/WindowScalingFactor": 1, "Xft/DPI": 120 * 1024},
        b"",
        FULL_HD,
        (0, 0),
        1.25,
    ),
    ("a factor that is mad", {"Gdk/WindowScalingFactor": 5000}, b"", FULL_HD, (0, 0), 1.0),
    ("settings come before resources", {"Xft/DPI": 144 * 1024}, b"Xft.dpi: 192", FULL_HD, (0, 0), 1.5),
    ("resources", {}, b"XTerm*x: 1\nXft.dpi:\t192\n", FULL_HD, (0, 0), 2.0),
    ("resources with a fraction", {}, b"Xft.dpi: 110.4", FULL_HD, (0, 0), 1.15),
    ("resources of another name", {}, b"MyXft.dpi: 192", FULL_HD, (0, 0), 1.0),
    ("resources that are mad", {}, b"Xft.dpi: 9", FULL_HD, AT_96_DPI, 1.0),
    ("negative dpi means that nothing was set", {"Xft/DPI": -1}, b"Xft.dpi: 144", FULL_HD, (0, 0), 1.5),
    ("a server that was told 192 dpi", {}, b"", (3840, 2160), AT_96_DPI, 2.0),
    ("a server that claims what all claim", {}, b"", FULL_HD, AT_96_DPI, 1.0),
    ("a size of 160 × 90 mm that stands for 16:9", {}, b"", (3840, 2160), (160, 90), 1.0),
    ("millimetres of two shapes", {}, b"", (3840, 2160), (508, 508), 1.0),
]


@pytest.mark.parametrize(
    ("values", "resources", "pixels", "millimetres", "wanted"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_who_is_believed(
    values: dict[str, int], resources: bytes, pixels: tuple[int, int], millimetres: tuple[int, int], wanted: float
) -> None:
    assert scale_of(settings(dict(values)), resources, pixels, millimetres) == wanted


whole = st.integers(0, 40_000)


@given(st.binary(max_size=300), st.binary(max_size=300), st.tuples(whole, whole), st.tuples(whole, whole))
def test_any_bytes_give_a_scale_within_bounds(
    raw: bytes, resources: bytes, pixels: tuple[int, int], millimetres: tuple[int, int]
) -> None:
    assert LEAST <= scale_of(raw, resources, pixels, millimetres) <= MOST


@given(st.dictionaries(st.text("abcXft/DPI", max_size=9), st.integers(-(2**31), 2**31 - 1), max_size=6), st.data())
def test_damaged_settings_give_true_values_or_none(values: dict[str, int], data: st.DataObject) -> None:
    """Cut anywhere, or with a false count: what is read was written."""
    raw = settings(dict(values), count=data.draw(st.integers(0, 2**32 - 1)))
    found = integers(raw[: data.draw(st.integers(0, len(raw)))])
    assert found.items() <= values.items()


def test_more_than_the_limit_is_not_read() -> None:
    raw = settings({"Xft/DPI": 196608})
    assert integers(raw + bytes(LIMIT_BYTES)) == {}


@pytest.mark.parametrize(
    ("reported", "pixels", "wanted"),
    [
        ((400, 300), (400, 300), 1.0),
        ((400, 300), (800, 600), 2.0),
        ((400, 300), (1200, 900), 3.0),
        ((452, 352), (800, 600), 2.0),  # it counts the shadow that the server does not
        ((400, 300), (500, 375), 1.0),  # no toolkit of X11 draws by parts of a unit
        ((400, 300), (800, 300), 1.0),  # not one proportion
        ((800, 600), (400, 300), 1.0),
        ((0, 300), (400, 300), 1.0),
        ((400, 300), (0, 0), 1.0),
        ((1, 1), (4000, 4000), 1.0),
    ],
)
def test_the_scale_of_what_an_application_reports(
    reported: tuple[int, int], pixels: tuple[int, int], wanted: float
) -> None:
    assert reported_scale(Rect(3, 4, *reported), Rect(10, 20, *pixels)) == wanted


def test_a_secret_is_covered_wherever_its_units_may_put_it() -> None:
    told = (Rect(100, 50, 80, 20), Rect(3, 3, 5, 5))
    assert at_every_scale(told, {1.0}) == told
    covered = at_every_scale(told, {1.0, 2.0})
    assert covered[:2] == told
    assert covered[2:] == (Rect(200, 100, 161, 41), Rect(6, 6, 11, 11))
    for scale in (1.25, 1.5, 2.5):
        real = Rect(round(100 * scale), round(50 * scale), round(80 * scale), round(20 * scale))
        assert any(not subtract(real, box) for box in at_every_scale(told, {scale}))
