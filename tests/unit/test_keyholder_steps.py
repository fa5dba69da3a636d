"""Do the numbered steps in the code, in the specification and in the order of the calls say the same?"""

import ast
import inspect
import re
from pathlib import Path

import pytest

from aboveboard.keyholder import release
from aboveboard.rules import grants

SPEC = Path(__file__).parents[2] / "docs" / "spec"


def numbered(text: str) -> list[str]:
    """The numbered lines of a text, markup and line breaks evened out."""
    joined = re.sub(r"\n(?!\n|\d+\. )\s*", " ", text)
    return [re.sub(r"`+", "", line).strip() for line in re.findall(r"^\s*(\d+\. .*)$", joined, re.MULTILINE)]


@pytest.mark.parametrize(("module", "page"), [(release, "release.md"), (grants, "grant.md")], ids=["release", "grant"])
def test_the_specification_has_the_steps_of_the_code(module: object, page: str) -> None:
    in_code = numbered(inspect.getdoc(module) or "")
    assert [line.partition(".")[0] for line in in_code] == [str(number + 1) for number in range(len(in_code))]
    assert len(in_code) >= 10
    assert numbered((SPEC / page).read_text()) == in_code


def test_the_steps_are_called_in_their_order() -> None:
    source = inspect.getsource(release.release)
    body = ast.parse(source).body[0]
    marks = [int(found) for found in re.findall(r"#\s(\d+)$", source, re.MULTILINE)]
    assert marks == list(range(1, 11))
    called = [node.func.id for node in ast.walk(body) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    for step in ("append_entries", "make_durable", "witnessed_checkpoint", "decide_again", "reseal", "answer"):
        assert called.count(step) == 1
