"""Writes the test vectors in this folder, the same bytes each time: ``python tests/vectors/generate.py``.

A vector is what another implementation needs to check itself against ours, and what shows us that a format changed.
``test_vectors.py`` makes them anew and compares. To add one, add a function to ``VECTORS``; document types under
``aboveboard.formats`` are found by themselves and filled from their declared shapes.
"""

import base64
import hashlib
import importlib
import json
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from aboveboard import formats
from aboveboard.base.ids import Kind
from aboveboard.formats import entry, envelope, parts, recording, screen_patch
from aboveboard.formats.fields import Document, encode_json
from aboveboard.formats.part_files import part_of
from aboveboard.lab.derive import steps
from aboveboard.ledger import checkpoint, note, tiles, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.submission import Submission
from aboveboard.sealing import file_key, seal_parts, wrap
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey

FOLDER = Path(__file__).parent
ALICE = SigningKey.from_private_bytes(bytes(range(32)))
LOG = SigningKey.from_private_bytes(bytes(range(1, 33)))
WITNESS = SigningKey.from_private_bytes(bytes(range(2, 34)))
KEYHOLDER = Identity(bytes(range(3, 35)))
RESEARCHER = Identity(bytes(range(4, 36)))
ORIGIN = "keyholder.example/ledger"
EXAMPLE_TYPE = "application/vnd.aboveboard.example.v1+json"
WALL_NS = 1_800_000_000_000_000_000

TEXTS = [
    *(f"{kind}_{'0' * 25}{place % 10}" for place, kind in enumerate(Kind)),
    hashlib.sha256(b"example").hexdigest(),
    hashlib.sha256(b"example").hexdigest()[:32],
    hashlib.sha256(b"example").hexdigest()[:16],
    ALICE.public,
    KEYHOLDER.recipient,
    "3b241101-e2bb-4255-8caf-4136c566a962",
    checkpoint.log_key(ORIGIN, LOG.public_bytes),
    EXAMPLE_TYPE,
    "DE",
    "2026-01-02",
    "en",
    "an-example",
    "raise/2026-11",
    hashlib.sha256(b"example").hexdigest() * 8,
]
"""Texts for fields with a pattern: the first that fits is taken."""


def example(kind: type[msgspec.Struct]) -> Any:
    """An instance of a document type whose every field is filled from the field's declared shape."""
    if kind is envelope.Envelope:
        return ALICE.sign(EXAMPLE_TYPE, b'{"an":"example"}')
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    return kind(**{field.name: _value(field.name, field.type) for field in shape.fields})


def _value(name: str, shape: inspect.Type) -> Any:
    match shape:
        case inspect.StructType():
            return example(shape.cls)
        case inspect.UnionType():
            return _value(name, next(kind for kind in shape.types if not isinstance(kind, inspect.NoneType)))
        case inspect.LiteralType():
            return min(shape.values)
        case inspect.ListType():
            return [_value(name, shape.item_type)]
        case inspect.VarTupleType():
            return (_value(name, shape.item_type),)
        case inspect.TupleType():
            return tuple(_value(name, each) for each in shape.item_types)
        case inspect.DictType():
            return {_value(name, shape.key_type): _value(name, shape.value_type)}
        case inspect.BoolType():
            return True
        case inspect.IntType():
            low, high = shape.ge or (shape.gt or 0) + 1, shape.le or 2**63 - 1
            return max(low, min(WALL_NS if name.endswith("_ns") else 7, high))
        case inspect.FloatType():
            return 0.5
        case inspect.StrType():
            return _text(name, shape)
    raise TypeError(f"teach generate.py to fill {name}: {shape}")


def _text(name: str, shape: inspect.StrType) -> str:
    if shape.pattern:
        longest = shape.max_length or 1000
        return next(text for text in TEXTS if re.search(shape.pattern, text) and len(text) <= longest)
    text = f"an example of {name.replace('_', ' ')}"
    return text[: shape.max_length] if shape.max_length else text


def document_types() -> dict[str, list[type[Document]]]:
    """Every document type, by the format module that declares it."""
    found: dict[str, list[type[Document]]] = {}
    for module in pkgutil.iter_modules(formats.__path__):
        content = vars(importlib.import_module(f"aboveboard.formats.{module.name}"))
        kinds = [
            kind
            for kind in content.values()
            if isinstance(kind, type) and issubclass(kind, Document) and kind.__module__.endswith(f".{module.name}")
        ]
        if kinds and module.name != "fields":
            found[module.name] = kinds
    return found


def _documents(kinds: list[type[Document]]) -> Callable[[], dict[str, Any]]:
    def made() -> dict[str, Any]:
        found = {}
        for kind in kinds:
            encoded = encode_json(example(kind))
            found[kind.__name__] = {
                "document": json.loads(encoded),
                "size_bytes": len(encoded),
                "sha256": hashlib.sha256(encoded).hexdigest(),
            }
        return found

    return made


def dsse() -> dict[str, Any]:
    payload = b'{"an":"example"}'
    return {
        "private_key_hex": ALICE.private_bytes().hex(),
        "public_key": ALICE.public,
        "payload_type": EXAMPLE_TYPE,
        "payload_hex": payload.hex(),
        "pre_authentication_encoding_hex": envelope.pre_authentication_encoding(EXAMPLE_TYPE, payload).hex(),
        "envelope": envelope.encode(ALICE.sign(EXAMPLE_TYPE, payload)).decode(),
    }


def leaf() -> dict[str, Any]:
    salt, readable = bytes(range(32)), entry.encode(example(entry.Released))
    return {
        "salt_hex": salt.hex(),
        "readable": readable.decode(),
        "leaf": entry.leaf(salt, readable).decode(),
        "leaf_hash_hex": tree.leaf_hash(entry.leaf(salt, readable)).hex(),
    }


def log() -> dict[str, Any]:
    store, size, old_size, index = tree.MemoryStore(), 300, 77, 41
    leaves = [b"aboveboard.entry/1\n%064x\n" % number for number in range(size)]
    tree.append(store, 0, [tree.leaf_hash(value) for value in leaves])
    point = Checkpoint(ORIGIN, size, tree.root(store, size))
    signed = checkpoint.sign(point, LOG)
    cosignature = note.cosign(point.text(), "witness.example", WITNESS, 1_800_000_000).line()
    proof = tree.consistency_proof(store, old_size, size)
    return {
        "leaves": "for n in 0..299: 'aboveboard.entry/1\\n' + n in hexadecimal, 64 digits + '\\n'",
        "size": size,
        "root_hex": point.root.hex(),
        "inclusion": {"index": index, "proof_hex": [h.hex() for h in tree.inclusion_proof(store, index, size)]},
        "consistency": {
            "old_size": old_size,
            "old_root_hex": tree.root(store, old_size).hex(),
            "proof_hex": [value.hex() for value in proof],
        },
        "tiles": [
            {"path": tiles.path(t), "sha256": hashlib.sha256(tiles.tile(store, t.level, t.index, t.width)).hexdigest()}
            for t in tiles.tiles_of(size)
        ],
        "log_key": checkpoint.log_key(ORIGIN, LOG.public_bytes),
        "witness_key": checkpoint.witness_key("witness.example", WITNESS.public_bytes),
        "checkpoint": checkpoint.add_signatures(signed, cosignature),
        "submission": Submission(old_size, tuple(proof), signed).encode().decode(),
    }


def header() -> dict[str, Any]:
    key, newer = bytes(range(16)), Identity(bytes(range(7, 39)))
    first = wrap.wrap_with(key, [(KEYHOLDER.recipient, bytes(range(5, 37)))])
    return {
        "file_key_hex": key.hex(),
        "identity": KEYHOLDER.text(),
        "recipient": KEYHOLDER.recipient,
        "header": first.decode(),
        "newer_identity": newer.text(),
        "moved_header": file_key.move_with(first, KEYHOLDER, newer, bytes(range(16))).decode(),
        "researcher_identity": RESEARCHER.text(),
        "researcher_recipient": RESEARCHER.recipient,
        "resealed_header": wrap.wrap_with(key, [(RESEARCHER.recipient, bytes(range(6, 38)))]).decode(),
    }


def segment_parts() -> dict[str, Any]:
    """A sealed segment, the keys of its parts, and edits of it that must not be read: ``[offset, length, hex]``."""
    root = bytes(range(16))
    plain = parts_of(recording_items())
    nonces = {name: bytes([number] * 16) for number, name in enumerate(parts.PARTS)}
    key = wrap.wrap_with(root, [(KEYHOLDER.recipient, bytes(range(5, 37)))])
    rest = seal_parts.seal_under(root, plain, nonces)
    return {
        "root_hex": root.hex(),
        "identity": KEYHOLDER.text(),
        "part_keys_hex": {name: key.hex() for name, key in seal_parts.keys_of_parts(root, parts.PARTS).items()},
        "plain_sha256": {name: hashlib.sha256(content).hexdigest() for name, content in plain.items()},
        "plain_bytes": {name: len(content) for name, content in plain.items()},
        "sealed_base64": base64.b64encode(key + rest).decode(),
        "cases": edited_parts(len(key), parts.split(rest)),
    }


def recording_items() -> list[Any]:
    """An item of each kind."""
    session = recording.Session(
        session_id=TEXTS[[*Kind].index(Kind.SESSION)],
        sequence=0,
        screen_width=1,
        screen_height=1,
        platform="an example",
        recorder="an example",
        clock_error_ns=0,
    )
    events = [
        session,
        recording.Window(app="Editor", title="a title", pid=1, x=0, y=0, width=1, height=1),
        recording.Site(host="example.org", url="https://example.org/"),
        recording.Pointer(x=1, y=2),
        recording.KeyCount(presses=3),
        recording.Control(cause="click", role="push button", x=0, y=0, width=1, height=1, states=[], path=[]),
    ]
    return [
        screen_patch.ScreenPatch(WALL_NS, 0, 0, 1, 1, True, "png", b"an image"),
        *(recording.Timed(WALL_NS + place // 3, event) for place, event in enumerate(events)),
    ]


def parts_of(items: list[Any]) -> dict[parts.PartName, bytes]:
    """Each part holds its items' JSON, one a line: what an MCAP file holds depends on the version of zstd."""
    found = dict.fromkeys(parts.PARTS, b"")
    for item in items:
        if isinstance(item, recording.Timed):
            found[part_of(item)] += encode_json(item.event) + b"\n"
        else:
            found[part_of(item)] += screen_patch.encode(item)
    return found


def edited_parts(header_bytes: int, found: dict[parts.PartName, bytes]) -> list[dict[str, Any]]:
    """Each edit of the segment, and what a reader who has all keys says."""
    table, first = header_bytes + len(parts.MAGIC), header_bytes + len(parts.MAGIC) + 5 * len(parts.PARTS)
    starts = {name: first + sum(len(found[each]) for each in parts.PARTS[:at]) for at, name in enumerate(parts.PARTS)}
    keys, pointer, last = found["keystrokes"], found["pointer"], found["control"]
    end = starts["control"] + len(last)
    return [
        {"name": "as it was sealed", "expect": "success", "edits": []},
        {"name": "an older layout", "expect": "bad_input", "edits": [[header_bytes, 8, bytes(8).hex()]]},
        {"name": "a newer layout", "expect": "bad_input", "edits": [[header_bytes + 7, 1, "02"]]},
        {"name": "labels swapped", "expect": "bad_input", "edits": [[table + 10, 1, "03"], [table + 15, 1, "02"]]},
        {"name": "cut short", "expect": "bad_input", "edits": [[end - 1, 1, ""]]},
        {"name": "bytes after the end", "expect": "bad_input", "edits": [[end, 0, "00"]]},
        {"name": "a part left out", "expect": "bad_input", "edits": [[starts["control"], len(last), ""]]},
        {"name": "a bit of a part", "expect": "tampered", "edits": [[starts["screen"] + 40, 1, "ff"]]},
        {
            "name": "parts exchanged",
            "expect": "tampered",
            "edits": [[starts["keystrokes"], len(keys) + len(pointer), (pointer + keys).hex()]],
        },
    ]


def patch() -> dict[str, Any]:
    example_patch = screen_patch.ScreenPatch(WALL_NS, 10, 20, 2, 1, False, "png", b"\x89PNG\r\n\x1a\n")
    return {
        "schema_sha256": hashlib.sha256(screen_patch.SCHEMA_DATA).hexdigest(),
        "fields": {**vars(example_patch), "data": base64.b64encode(example_patch.data).decode()},
        "encoded_hex": screen_patch.encode(example_patch).hex(),
    }


def trajectory() -> dict[str, Any]:
    """A double click, a corrected word, a shortcut, a drag across a pause that parts it, a choice, another window."""
    where = {"x": 30, "y": 40}
    strokes = [("h", "h"), ("u", "u"), ("BackSpace", ""), ("i", "i")]
    events: list[tuple[int, Any]] = [
        (0, recording.Window(app="Editor", title="notes", pid=7, x=0, y=0, width=640, height=480)),
        (10, recording.Pointer(**where)),
        *((20 + 150 * press, recording.Button(button=1, pressed=True, **where)) for press in range(2)),
        *((60 + 150 * press, recording.Button(button=1, pressed=False, **where)) for press in range(2)),
        *((1000 + 100 * place, _stroke(name, text)) for place, (name, text) in enumerate(strokes)),
        (2000, _stroke("Control_L", "")),
        (2050, msgspec.structs.replace(_stroke("s", "", "Control"), shortcut="Ctrl+S")),
        (2100, _stroke("Control_L", "", "Control", pressed=False)),
        (3000, recording.Scroll(dx=0, dy=1, **where)),
        (3200, recording.Scroll(dx=0, dy=2, **where)),
        (4000, recording.Button(button=1, pressed=True, **where)),
        (4100, recording.Marker(kind="paused", reason="paused_by_person", start_ns=1, end_ns=2)),
        (4200, recording.Button(button=1, pressed=False, x=300, y=40)),
        (4300, recording.Window(app="Editor", title="notes", pid=7, x=0, y=0, width=640, height=480)),
        (5000, recording.Button(button=1, pressed=True, **where)),
        (5000, _chosen()),
        (5080, recording.Button(button=1, pressed=False, **where)),
        (6000, _stroke("Tab", "", "Alt")),
        (6200, recording.Window(app="Mail", title="inbox", pid=8, x=0, y=0, width=640, height=480)),
    ]
    timed = [recording.Timed(WALL_NS + ms * 1_000_000, event) for ms, event in sorted(events, key=lambda one: one[0])]
    names = {"person_id": TEXTS[0], "session_id": f"ses_{'0' * 26}", "segment_id": f"seg_{'0' * 26}"}
    made = steps.cut(timed, **names)
    return {
        "events": [
            {"time_ns": one.time_ns, "topic": recording.topic_of(one.event), "message": msgspec.to_builtins(one.event)}
            for one in timed
        ],
        "steps": [msgspec.to_builtins(step) for step in made.steps],
        "unused": made.unused,
    }


def _chosen() -> recording.Control:
    menus = ["frame: notes", "menu bar", "menu: File"]
    place = {"x": 20, "y": 30, "width": 90, "height": 24}
    return recording.Control(
        cause="choice", role="menu item", states=["enabled"], path=menus, name="Save", chosen="Save", **place
    )


def _stroke(name: str, text: str, *modifiers: str, pressed: bool = True) -> recording.Key:
    codes = {"keycode": len(name), "keysym": 0}
    return recording.Key(name=name, text=text, pressed=pressed, modifiers=list(modifiers), **codes)


VECTORS: dict[str, Callable[[], dict[str, Any]]] = {
    "age_header": header,
    "dsse": dsse,
    "ledger": log,
    "ledger_leaf": leaf,
    "screen_patch": patch,
    "segment_parts": segment_parts,
    "trajectory": trajectory,
    **{f"documents/{name}": _documents(kinds) for name, kinds in document_types().items()},
}


def text_of(name: str) -> str:
    """The vector ``name`` as the text of its file."""
    return json.dumps(VECTORS[name](), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for vector in VECTORS:
        path = FOLDER / f"{vector}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text_of(vector), encoding="utf-8")
