"""Which documents are made from the code, and are they up to date?

``docs/spec/reasons.md`` (every reason a decision can carry), ``docs/spec/documents.md`` (every document with its
fields), ``docs/commands.md`` (the help of every command) and ``docs/spec/openapi/*.json``. Without arguments they are
written; with ``--check`` they are compared, and the exit status is 1 where one differs.
"""

import importlib
import inspect
import json
import pkgutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import msgspec
from litestar import Litestar

import aboveboard.formats
from aboveboard.base.clock import SystemClock
from aboveboard.commands.main import COMMANDS, main
from aboveboard.formats.fields import Document
from aboveboard.rules.decision import EXPLANATIONS

DOCS = Path(__file__).resolve().parent.parent / "docs"
LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "maxLength": "length ≤", "maxItems": "items ≤"}
NOTICE = "*Made from the code by `make docs`; `make check` fails when it is out of date.*\n"


def reasons() -> str:
    lines = ["# Reasons", "", NOTICE, "Every decision carries one of these, and people see its sentence.", ""]
    lines += ["| reason | what it means | what to do next |", "|---|---|---|"]
    lines += [f"| `{reason}` | {words.sentence} | {words.next_step} |" for reason, words in EXPLANATIONS.items()]
    return "\n".join(lines) + "\n"


def documents() -> str:
    lines = ["# Documents", "", NOTICE]
    lines += ["Every document is strict: an unknown field is an error. Times are integer nanoseconds.", ""]
    for info in sorted(pkgutil.iter_modules(aboveboard.formats.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"aboveboard.formats.{info.name}")
        kinds = [kind for kind in vars(module).values() if _is_document_of(kind, module.__name__)]
        if not kinds:
            continue
        title = info.name.replace("_", " ")
        lines += [f"## {title}", "", f"`formats/{info.name}.py`", "", inspect.getdoc(module) or "", ""]
        for kind in kinds:
            lines += [f"### {kind.__name__}", "", inspect.getdoc(kind) or "", "", "| field | shape |", "|---|---|"]
            lines += [f"| `{name}` | {shape} |" for name, shape in _fields(kind)]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _is_document_of(kind: object, module: str) -> bool:
    return isinstance(kind, type) and issubclass(kind, Document) and kind.__module__ == module


def _fields(kind: type[Document]) -> Iterator[tuple[str, str]]:
    _, components = msgspec.json.schema_components([kind])
    body = components[kind.__name__]
    for name, schema in body["properties"].items():
        needed = "" if name in body.get("required", []) else " (may be left out)"
        yield name, f"{_shape(schema)}{needed}"


def _shape(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return "[" + str(schema["$ref"]).rsplit("/", 1)[-1] + "]"
    if "anyOf" in schema:
        return " or ".join(_shape(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " · ".join(f"`{value}`" for value in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array" and "prefixItems" in schema:
        return "(" + ", ".join(_shape(each) for each in schema["prefixItems"]) + ")"
    if kind == "array":
        kind = f"list of {_shape(schema.get('items', {}))}"
    limits = []
    if "pattern" in schema:
        limits.append(f"`{str(schema['pattern']).replace('|', chr(92) + '|')}`")
    limits += [f"{sign} {schema[word]}" for word, sign in LIMITS.items() if word in schema]
    return kind + (f", {', '.join(limits)}" if limits else "")


def commands() -> str:
    lines = ["# Commands", "", NOTICE]
    with click.Context(main, info_name="aboveboard") as root:
        root.max_content_width = 100
        lines += ["```", main.get_help(root), "```", ""]
        for name in COMMANDS:
            command = main.get_command(root, name)
            if command is None:
                raise SystemExit(f"the command {name} is listed and does not exist")
            lines += _help(command, f"aboveboard {name}", root)
    return "\n".join(lines).rstrip() + "\n"


def _help(command: click.Command, path: str, parent: click.Context) -> list[str]:
    with click.Context(command, info_name=path.rsplit(" ", 1)[-1], parent=parent) as ctx:
        ctx.max_content_width = 100
        lines = [f"## {path}", "", "```", command.get_help(ctx), "```", ""]
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                inner = command.get_command(ctx, name)
                if inner is not None:
                    lines += _help(inner, f"{path} {name}", ctx)
    return lines


def openapi(app: Litestar) -> str:
    return json.dumps(app.openapi_schema.to_schema(), indent=1, sort_keys=True) + "\n"


def servers() -> dict[str, Litestar]:
    """The three servers as they describe themselves. Nothing is opened: only the shapes of the endpoints count."""
    from aboveboard.keyholder.app import create_app as keyholder
    from aboveboard.vault.app import app_of as vault
    from aboveboard.witness.app import create_app as witness

    nothing: Any = SimpleNamespace(clock=SystemClock(), close=lambda: None)
    with tempfile.TemporaryDirectory() as folder:
        return {"vault": vault(nothing), "keyholder": keyholder(nothing), "witness": witness(Path(folder))}


def generate() -> dict[Path, str]:
    made = {
        DOCS / "spec" / "reasons.md": reasons(),
        DOCS / "spec" / "documents.md": documents(),
        DOCS / "commands.md": commands(),
    }
    for place, app in servers().items():
        made[DOCS / "spec" / "openapi" / f"{place}.json"] = openapi(app)
    return made


def run(check: bool) -> int:
    stale = [path for path, text in generate().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(DOCS.parent)} is out of date; run 'make docs'", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generate()[path], "utf-8")
            print(f"wrote {path.relative_to(DOCS.parent)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(run(check="--check" in sys.argv[1:]))
