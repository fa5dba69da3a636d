"""A rule with one of its steps taken out, for as long as a test lasts.

A step is a statement of a function that may say no: an ``if`` that returns or raises, a call that requires, a ``try``
around one. It is taken out of the function's own source, which is compiled again: so a step that is added later is one
more to show, without anybody having to think of it.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

import pytest


@dataclass(frozen=True)
class Step:
    """``text`` is the statement's first line; ``reasons`` are those that its words name."""

    function: FunctionType
    text: str
    reasons: frozenset[str]
    code: CodeType

    @property
    def name(self) -> str:
        return f"{self.function.__qualname__}: {self.text}"

    def remove(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(self.function, "__code__", self.code)


def steps_of(function: Callable[..., Any], *, also: Callable[[ast.AST], bool] = lambda _: False) -> Iterator[Step]:
    """Each step of the function, in order; ``also`` says what else is one."""
    plain = inspect.unwrap(function)
    assert isinstance(plain, FunctionType)
    tree = ast.parse(textwrap.dedent(inspect.getsource(plain)))
    for place in _places(tree, also):
        changed = copy.deepcopy(tree)
        block, number = _at(changed, place)
        removed = block[number]
        block[number] = ast.Pass()
        yield Step(plain, ast.unparse(removed).splitlines()[0], _reasons(removed), _compiled(changed, plain))


Place = tuple[tuple[str, int], ...]


def _places(tree: ast.Module, also: Callable[[ast.AST], bool]) -> Iterator[Place]:
    """Where the steps are, as (field, number) from the module down."""

    def down(node: ast.AST, path: Place) -> Iterator[Place]:
        for field in ("body", "orelse"):
            for number, child in enumerate(getattr(node, field, [])):
                here = (*path, (field, number))
                if _says_no(child) or also(child):
                    yield here
                yield from down(child, here)

    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    yield from down(function, (("body", 0),))


def _at(tree: ast.Module, place: Place) -> tuple[list[ast.stmt], int]:
    node: Any = tree
    for field, number in place[:-1]:
        node = getattr(node, field)[number]
    field, number = place[-1]
    return getattr(node, field), number


def _says_no(node: ast.AST) -> bool:
    """An ``if`` that says no (the innermost), or a call of ``require`` or ``check_…`` that stands by itself."""
    if isinstance(node, ast.If):
        inner = [each for each in ast.walk(node) if each is not node and isinstance(each, ast.If) and _refuses(each)]
        return _refuses(node) and not inner
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        called = node.value.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        return (name == "require" and not _is_no(called)) or name.startswith("check_")
    return False


def _refuses(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Call) and getattr(each.func, "id", "") == "no" for each in ast.walk(node))


def _is_no(called: ast.expr) -> bool:
    """``no(…).require()`` is what a step does, not a step."""
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Call) and _refuses(called.value)


def _reasons(node: ast.AST) -> frozenset[str]:
    return frozenset(
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id == "Reason"
    )


def _compiled(tree: ast.Module, plain: FunctionType) -> CodeType:
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    for argument in ast.walk(function.args):
        if isinstance(argument, ast.arg):
            argument.annotation = None
    function.returns = None
    module = compile(ast.fix_missing_locations(tree), f"<{plain.__name__} without a step>", "exec")
    code = next(each for each in module.co_consts if isinstance(each, CodeType))
    return code.replace(co_name=plain.__code__.co_name, co_qualname=plain.__code__.co_qualname)
