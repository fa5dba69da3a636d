"""Are signed notes, cosignatures and checkpoints those of the C2SP specifications?"""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.ledger import checkpoint, note, submission, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.note import COSIGNATURE_V1, ED25519, VerifierKey
from aboveboard.sealing.signatures import SigningKey

# The example of the documentation of Go's golang.org/x/mod/sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

LOG = SigningKey.from_private_bytes(bytes(range(32)))
WITNESS = SigningKey.from_private_bytes(bytes(range(1, 33)))
POINT = Checkpoint("log.example/one", 7, bytes(range(32)))
SIGNED = checkpoint.sign(POINT, LOG)


def test_a_note_signed_by_go_verifies_and_is_signed_alike() -> None:
    key = VerifierKey.parse(GO_KEY)
    parsed = note.parse(f"{GO_TEXT}\n{GO_LINE}")
    assert note.check_signature(parsed, key) == 0
    assert note.sign(GO_TEXT, "PeterNeumann", SigningKey.from_private_bytes(GO_SECRET)).line() == GO_LINE
    assert VerifierKey("PeterNeumann", ED25519, key.public).text() == GO_KEY
    assert parsed.encode() == f"{GO_TEXT}\n{GO_LINE}"


def test_a_cosignature_is_over_the_time_and_the_text() -> None:
    # The message of tlog-cosignature, built by hand.
    line = note.cosign(POINT.text(), "w.example", WITNESS, 1_679_315_147)
    assert line.body[:8] == (1_679_315_147).to_bytes(8, "big")
    message = b"cosignature/v1\ntime 1679315147\n" + POINT.text().encode()
    assert line.body[8:] == WITNESS.sign_raw(message)
    key = VerifierKey("w.example", COSIGNATURE_V1, WITNESS.public_bytes)
    assert note.check_signature(note.Note(POINT.text(), (line,)), key) == 1_679_315_147
    later = note.cosign(POINT.text(), "w.example", WITNESS, 1_679_315_148)
    assert note.check_signature(note.Note(POINT.text(), (line, later)), key) == 1_679_315_148


def test_one_key_in_two_kinds_has_two_names() -> None:
    assert VerifierKey("a", ED25519, bytes(32)).key_id != VerifierKey("a", COSIGNATURE_V1, bytes(32)).key_id


def test_signatures_by_others_are_ignored() -> None:
    other = VerifierKey("log.example/two", ED25519, LOG.public_bytes)
    parsed = note.parse(SIGNED)
    assert note.check_signature(parsed, other) is None
    assert note.check_signature(parsed, VerifierKey("log.example/one", COSIGNATURE_V1, LOG.public_bytes)) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+00000000",
        GO_KEY[:-1],
        GO_KEY + "=",
        GO_KEY.replace("c74f20a3", "c74f20a4"),
        GO_KEY.replace("c74f20a3", "C74F20A3"),
        GO_KEY.replace("PeterNeumann", "Peter Neumann"),
        GO_KEY.replace("PeterNeumann", ""),
        GO_KEY.replace("ARpc", "Axpc"),
    ],
)
def test_malformed_verifier_keys_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("text\n", id="no_signatures"),
        pytest.param("text\n\n", id="empty_signatures"),
        pytest.param(SIGNED[:-1], id="no_last_newline"),
        pytest.param(SIGNED + "\n", id="empty_line_at_the_end"),
        pytest.param(SIGNED.replace("— ", "- "), id="hyphen"),
        pytest.param(SIGNED.replace("— ", "—  "), id="two_spaces"),
        pytest.param(SIGNED.replace("\n\n", "\n\r\n"), id="carriage_return"),
        pytest.param(SIGNED.replace("log", "l\x00g", 1), id="control_character"),
        pytest.param(SIGNED.replace("log", "l\ud800g", 1), id="lone_surrogate"),
        pytest.param(SIGNED[:-3] + "\n", id="base64_cut"),
        pytest.param("text\n\n— name AAAA\n", id="signature_empty"),
        pytest.param("text\n\n" + "— name AAAAAAAA\n" * 33, id="too_many"),
        pytest.param("x" * 140_000 + SIGNED, id="too_long"),
    ],
)
def test_malformed_notes_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        note.parse(text)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_note_or_refused(text: str) -> None:
    for candidate in (text, text + SIGNED, SIGNED + text, "a\n\n— " + text):
        try:
            assert note.parse(candidate).encode() == candidate
        except BadInput:
            continue


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n7\n",
        "o\n07\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n-7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n٧\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "o\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "o\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
        "o\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
        "o\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
        "o\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        f"o\n{2**62 + 1}\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        checkpoint.parse_text(text)


def test_a_checkpoint_reads_back() -> None:
    assert checkpoint.parse(SIGNED)[0] == POINT
    assert POINT.text() == "log.example/one\n7\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


def test_adding_a_signature_twice_adds_it_once() -> None:
    line = note.cosign(POINT.text(), "w.example", WITNESS, 1).line()
    once = checkpoint.add_signatures(SIGNED, line)
    assert once == SIGNED + line
    assert checkpoint.add_signatures(once, line) == once
    with pytest.raises(BadInput):
        checkpoint.add_signatures(SIGNED, "<html>")


def test_a_submission_reads_back() -> None:
    found = submission.Submission(3, (bytes(range(32)), bytes(32)), SIGNED)
    assert submission.parse(found.encode()) == found
    assert submission.Submission(0, (), "c\n").encode() == b"old 0\n\nc\n"
    assert submission.parse_size(b"20852014\n") == 20_852_014


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"old 00\n\nx",
        b"old -1\n\nx",
        b"old\n\nx",
        b"Old 0\n\nx",
        b"old 0\nAAAA\n\nx",
        b"old 0\n" + b"A" * 43 + b"\n\nx",
        b"old 0\n" + b"A" * 42 + b"B=\n\nx",
        b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\nx",
        b"old 9999999999999999999\n\nx",
        b"old 0\n\n\xff",
        b"x" * 80_000,
    ],
)
def test_malformed_submissions_are_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        submission.parse(body)


@pytest.mark.parametrize("body", [b"", b"7", b"07\n", b"-7\n", b"7\n\n", b"7 \n", b"9999999999999999999\n"])
def test_malformed_sizes_are_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        submission.parse_size(body)


def test_a_note_in_another_s_name_is_refused_as_a_whole() -> None:
    forged = note.sign(POINT.text(), POINT.origin, WITNESS)
    claimed = note.NoteSignature(POINT.origin, VerifierKey(POINT.origin, ED25519, LOG.public_bytes).key_id, forged.body)
    both = note.Note(POINT.text(), (*note.parse(SIGNED).signatures, claimed)).encode()
    with pytest.raises(Tampered):
        verify.verify_checkpoint(both, POINT.origin, checkpoint.log_key(POINT.origin, LOG.public_bytes))
