"""A signed request stands for exactly one method, one address, one body, one moment: any other byte is refused."""

import string
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from http_message_signatures import HTTPMessageSigner, algorithms
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.request_signing import COVERED, LABEL, TAG, NotAuthenticated, RequestReason, sign_headers
from aboveboard.wire.signed_request import AHEAD_TOLERANCE_NS, MAX_AGE_NS, ReplayCache, verify

NOW_NS = 1_800_000_000 * SECOND_NS
KEY = SigningKey.from_private_bytes(bytes(range(32)))
URL = "http://127.0.0.1:8041/v1/leases?x=1"
BODY = b'{"device_id": "dev_1"}'
HEADERS = sign_headers("POST", URL, BODY, KEY, now_ns=NOW_NS)


def cache() -> ReplayCache:
    return ReplayCache(started_ns=NOW_NS - 3600 * SECOND_NS)


def check(
    method: str = "POST",
    url: str = URL,
    headers: dict[str, str] = HEADERS,
    body: bytes = BODY,
    now_ns: int = NOW_NS,
    replays: ReplayCache | None = None,
) -> str:
    return verify(method, url, headers, body, now_ns=now_ns, replays=replays or cache())


def reason_of(call: Callable[[], object]) -> str:
    with pytest.raises(NotAuthenticated) as caught:
        call()
    return caught.value.reason


def test_the_request_itself_is_believed() -> None:
    assert check() == KEY.public
    assert check(headers={name.lower(): value for name, value in HEADERS.items()}) == KEY.public


def test_the_headers_are_those_that_the_library_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "5a" * size)
    message = SimpleNamespace(method="POST", url=URL, headers={})
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519)
    prepared = signer.prepare(
        message,
        key_id=KEY.public,
        created=datetime.fromtimestamp(NOW_NS // SECOND_NS, tz=UTC),
        nonce="5a" * 16,
        label=LABEL,
        tag=TAG,
        covered_component_ids=COVERED,
        body=BODY,
    )
    signer.apply(message, prepared, KEY.sign_raw(prepared.signature_base))
    assert sign_headers("post", URL, BODY, KEY, now_ns=NOW_NS) == message.headers


@pytest.mark.parametrize("letter", ["\n", "\r", " ", "\x00", "é"])
def test_an_address_that_is_not_encoded_is_not_signed(letter: str) -> None:
    with pytest.raises(BadInput):
        sign_headers("GET", f"http://127.0.0.1:8041/{letter}", b"", KEY, now_ns=NOW_NS)


@given(st.sampled_from(sorted(HEADERS)), st.data())
@settings(max_examples=400, deadline=None)
def test_any_other_character_in_any_header_is_refused(name: str, data: st.DataObject) -> None:
    value = HEADERS[name]
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    assume(other != value[at])
    changed = value[:at] + other + value[at + 1 :]
    assert reason_of(lambda: check(headers=HEADERS | {name: changed}))


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_every_character_of_every_header_matters(name: str) -> None:
    """Each position once, with a letter that base64 could confuse: no spare bit is left."""
    value = HEADERS[name]
    for at, letter in enumerate(value):
        for other in {"A", "B", "/", "="} - {letter}:
            assert reason_of(
                lambda at=at, other=other: check(headers=HEADERS | {name: value[:at] + other + value[at + 1 :]})
            )


@given(st.integers(0, len(URL) - 1), st.sampled_from(string.ascii_letters + string.digits + "/?&=.%"))
@settings(max_examples=200, deadline=None)
def test_any_other_address_is_refused(at: int, other: str) -> None:
    assume(other != URL[at])
    changed = URL[:at] + other + URL[at + 1 :]
    assert reason_of(lambda: check(url=changed)) == RequestReason.SIGNATURE


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_other_body_is_refused(body: bytes) -> None:
    assume(body != BODY)
    assert reason_of(lambda: check(body=body)) == RequestReason.BODY


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_any_flipped_bit_of_the_body_is_refused(at: int, flip: int) -> None:
    changed = bytearray(BODY)
    changed[at] ^= flip
    assert reason_of(lambda: check(body=bytes(changed))) == RequestReason.BODY


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "post", "POSTT", ""])
def test_another_method_is_refused(method: str) -> None:
    assert reason_of(lambda: check(method=method)) == RequestReason.SIGNATURE


@given(st.integers(-(2**40), 2**40))
@settings(max_examples=200, deadline=None)
def test_it_is_believed_for_a_minute_and_no_longer(shift_ns: int) -> None:
    if -AHEAD_TOLERANCE_NS <= shift_ns <= MAX_AGE_NS:
        assert check(now_ns=NOW_NS + shift_ns) == KEY.public
    else:
        assert reason_of(lambda: check(now_ns=NOW_NS + shift_ns)) == RequestReason.EXPIRED


def test_it_is_believed_once() -> None:
    replays = cache()
    check(replays=replays)
    assert reason_of(lambda: check(replays=replays)) == RequestReason.REPLAYED
    assert reason_of(lambda: check(replays=replays, now_ns=NOW_NS + MAX_AGE_NS)) == RequestReason.REPLAYED


def test_a_restart_opens_no_window_for_replays() -> None:
    restarted = ReplayCache(started_ns=NOW_NS + 2 * SECOND_NS)
    assert reason_of(lambda: check(replays=restarted, now_ns=NOW_NS + 3 * SECOND_NS)) == RequestReason.EXPIRED


def test_nonces_are_forgotten_only_when_they_cannot_come_back() -> None:
    replays = cache()
    for number in range(5):
        moment = NOW_NS + number * SECOND_NS
        check(headers=sign_headers("POST", URL, BODY, KEY, now_ns=moment), now_ns=moment, replays=replays)
    assert replays.remembered() == 5
    later = NOW_NS + 2 * MAX_AGE_NS
    check(headers=sign_headers("POST", URL, BODY, KEY, now_ns=later), now_ns=later, replays=replays)
    assert replays.remembered() == 1


def test_a_full_memory_refuses_rather_than_forgets() -> None:
    small = ReplayCache(started_ns=0, limit=2)
    for _ in range(2):
        check(headers=sign_headers("POST", URL, BODY, KEY, now_ns=NOW_NS), replays=small)
    with pytest.raises(Unavailable):
        check(headers=sign_headers("POST", URL, BODY, KEY, now_ns=NOW_NS), replays=small)


@given(st.dictionaries(st.sampled_from(["Signature", "Signature-Input", "Content-Digest"]), st.text(max_size=300)))
@settings(max_examples=200, deadline=None)
def test_made_up_headers_are_refused_and_never_break_it(headers: dict[str, str]) -> None:
    assert reason_of(lambda: check(headers=headers))


def test_each_part_that_is_asked_for_is_asked_for() -> None:
    """A signature that holds but leaves something out is refused: the profile, not the sender, says what is covered."""
    value = HEADERS["Signature-Input"]
    for narrower in (
        value.replace('"@method" ', ""),
        value.replace(' "@target-uri"', ""),
        value.replace(' "content-digest"', ""),
        value.replace(";nonce=", ";nonse="),
        value.replace("ed25519:", "ed25518:"),
        value.replace("aboveboard-request/1", "another-tag/1"),
    ):
        assert narrower != value
        assert reason_of(lambda narrower=narrower: check(headers=HEADERS | {"Signature-Input": narrower}))
