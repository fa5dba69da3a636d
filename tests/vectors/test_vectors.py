"""Do the committed vectors still say what the code does, and does the code still read them?"""

import base64
import hashlib
import json
import runpy
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header, entry, envelope, screen_patch
from aboveboard.formats.fields import Document, decode_json, encode_json
from aboveboard.ledger import checkpoint, proof, submission, tree, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.sealing import file_key
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.sealing.unseal import unseal_parts, unseal_segment

FOLDER = Path(__file__).parent
GENERATOR = runpy.run_path(str(FOLDER / "generate.py"))
NAMES = sorted(GENERATOR["VECTORS"])
KINDS: list[type[Document]] = [kind for kinds in GENERATOR["document_types"]().values() for kind in kinds]


def vector(name: str) -> dict[str, Any]:
    """The committed vector, not the one that the code makes now."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def committed(kind: type[Document]) -> bytes:
    """The committed example of a document type, as it was encoded."""
    module = kind.__module__.rpartition(".")[2]
    document = vector(f"documents/{module}")[kind.__name__]["document"]
    return msgspec.json.encode(document)


@pytest.mark.parametrize("name", NAMES)
def test_a_vector_is_what_the_code_makes(name: str) -> None:
    path = FOLDER / f"{name}.json"
    assert path.exists(), f"run: python tests/vectors/generate.py  (there is no {name}.json yet)"
    assert path.read_text(encoding="utf-8") == GENERATOR["text_of"](name), (
        f"the format behind {name}.json changed. If that is meant, raise its version, and run generate.py"
    )


def test_there_is_no_vector_without_a_format() -> None:
    found = {str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.json")}
    assert found == {*NAMES, "recording"}, "the recording has a generator and a test of its own"
    assert len(KINDS) > 30


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_document_reads_back_from_its_vector(kind: type[Document]) -> None:
    encoded = committed(kind)
    assert encode_json(decode_json(encoded, kind, name="document", limit_bytes=10**6)) == encoded


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_document_that_is_not_whole_or_has_more_is_refused(kind: type[Document]) -> None:
    encoded, found = committed(kind), json.loads(committed(kind))
    wrong = [encoded[:end] for end in range(len(encoded))]
    wrong += [json.dumps({**found, "rides_along": 1}).encode(), b"[" + encoded + b"]", encoded + b"x", b"null"]
    required = {field.encode_name for field in msgspec.structs.fields(kind) if field.required}
    wrong += [json.dumps({name: value for name, value in found.items() if name != gone}).encode() for gone in required]
    for data in wrong:
        with pytest.raises(BadInput):
            decode_json(data, kind, name="document", limit_bytes=10**6)
    with pytest.raises(BadInput, match="limit"):
        decode_json(encoded, kind, name="document", limit_bytes=len(encoded) - 1)


def test_the_signed_document_opens() -> None:
    found = vector("dsse")
    opened = envelope.decode(found["envelope"].encode())
    assert open_signed(opened, found["payload_type"], found["public_key"]).hex() == found["payload_hex"]
    key = SigningKey.from_private_bytes(bytes.fromhex(found["private_key_hex"]))
    assert key.sign(found["payload_type"], opened.body()) == opened


def test_the_leaf_is_a_commitment_to_the_readable_entry() -> None:
    found = vector("ledger_leaf")
    made = entry.leaf(bytes.fromhex(found["salt_hex"]), found["readable"].encode())
    assert made.decode() == found["leaf"]
    assert tree.leaf_hash(made).hex() == found["leaf_hash_hex"]


def test_the_log_verifies() -> None:
    found = vector("ledger")
    point = verify.verify_checkpoint(
        found["checkpoint"], "keyholder.example/ledger", found["log_key"], [found["witness_key"]], 1
    )
    assert point == Checkpoint("keyholder.example/ledger", found["size"], bytes.fromhex(found["root_hex"]))
    index = found["inclusion"]["index"]
    hashes = [bytes.fromhex(text) for text in found["inclusion"]["proof_hex"]]
    verify.verify_inclusion(b"aboveboard.entry/1\n%064x\n" % index, index, hashes, point)
    older = found["consistency"]
    path = [bytes.fromhex(text) for text in older["proof_hex"]]
    proof.check_consistency(older["old_size"], bytes.fromhex(older["old_root_hex"]), point.size, point.root, path)
    asked = submission.parse(found["submission"].encode())
    assert (asked.old_size, list(asked.proof)) == (older["old_size"], path)
    assert checkpoint.parse(asked.checkpoint)[0] == point


def test_each_header_opens_for_its_key() -> None:
    found = vector("age_header")
    keys = ("identity", "header"), ("newer_identity", "moved_header"), ("researcher_identity", "resealed_header")
    for identity, header in keys:
        opened = file_key.unwrap(found[header].encode(), Identity.from_text(found[identity]))
        assert opened.hex() == found["file_key_hex"]
        assert age_header.encode(age_header.parse(found[header].encode())) == found[header].encode()


PARTS_VECTOR = vector("segment_parts")


@pytest.mark.parametrize("case", PARTS_VECTOR["cases"], ids=lambda case: case["name"])
def test_a_segment_opens_or_is_refused_as_its_case_says(case: dict[str, Any]) -> None:
    sealed = base64.b64decode(PARTS_VECTOR["sealed_base64"])
    for offset, length, text in case["edits"]:
        sealed = sealed[:offset] + bytes.fromhex(text) + sealed[offset + length :]
    identity = Identity.from_text(PARTS_VECTOR["identity"])
    if case["expect"] != "success":
        with pytest.raises({"bad_input": BadInput, "tampered": Tampered}[case["expect"]]):
            unseal_segment(sealed, identity)
        return
    opened = unseal_segment(sealed, identity)
    assert {name: len(part) for name, part in opened.items()} == PARTS_VECTOR["plain_bytes"]
    assert {name: hashlib.sha256(part).hexdigest() for name, part in opened.items()} == PARTS_VECTOR["plain_sha256"]
    keys = {name: bytes.fromhex(text) for name, text in PARTS_VECTOR["part_keys_hex"].items()}
    assert unseal_parts(sealed, keys) == opened


def test_the_patch_reads_back() -> None:
    found = vector("screen_patch")
    patch = screen_patch.decode(bytes.fromhex(found["encoded_hex"]))
    assert (patch.time_ns, patch.x, patch.y, patch.format) == (found["fields"]["time_ns"], 10, 20, "png")
