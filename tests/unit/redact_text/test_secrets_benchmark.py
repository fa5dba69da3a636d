"""Do the figures for secrets say what their definitions say, and does everyday text stay as it is?"""

import pytest
from benchmarks.redaction.everyday import LISTS, falsely
from benchmarks.redaction.secrets import Rows


def _label(repository: str, line: int, truth: str) -> dict[str, object]:
    place: dict[str, object] = {"file": repository, "first": line, "last": line, "start": 0, "end": 4}
    return {**place, "repository": repository, "truth": truth, "taken": True, "category": "Password"}


LABELS = [_label(name, line, "T" if line < 2 else "F") for name in "ab" for line in range(4)]
TEXTS = dict.fromkeys("ab", "good\ngood\nnone\nnone")


def test_f1_and_its_interval_come_from_lines_and_repositories() -> None:
    rows = Rows(LABELS, TEXTS, identifiers=False)
    alike = {(name, line): [(0, 4)] for name in "ab" for line in (0, 2)}
    assert "found 2 of 4, false 2: P 0.500 R 0.500 F1 0.500 (95 %: 0.500 to 0.500)" in rows.scored("x", alike)
    one_good = {("a", 0): [(0, 4)], ("a", 1): [(0, 4)]}
    assert "P 1.000 R 0.500 F1 0.667 (95 %: 0.000 to 1.000)" in rows.scored("x", one_good)


@pytest.mark.parametrize("kind", list(LISTS))
def test_everyday_text_stays_as_it_is(kind: str) -> None:
    words, finds, shown = falsely(kind, 1_500)
    assert words >= 1_500
    assert finds / words <= 5 / 10_000, shown
