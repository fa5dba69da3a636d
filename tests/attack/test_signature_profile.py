"""A signature that holds is still refused when it covers less, or other things, than the profile asks for."""

from datetime import UTC, datetime
from typing import Any

import pytest
from http_message_signatures import HTTPMessageSigner, algorithms

from aboveboard.base.clock import SECOND_NS
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.request_signing import COVERED, LABEL, TAG, NotAuthenticated
from aboveboard.wire.signed_request import ReplayCache, verify

NOW_NS = 1_800_000_000 * SECOND_NS
KEY = SigningKey.generate()
URL = "http://127.0.0.1:8041/v1/leases"
NONCE = "0" * 32


class Message:
    method = "POST"
    url = URL

    def __init__(self) -> None:
        self.headers: dict[str, str] = {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}


def signed(**changes: Any) -> dict[str, str]:
    """Headers with a signature that truly holds, made with ``changes`` to what the profile says."""
    message = Message()
    words: dict[str, Any] = {
        "key_id": KEY.public,
        "created": datetime.fromtimestamp(NOW_NS // SECOND_NS, tz=UTC),
        "nonce": NONCE,
        "label": LABEL,
        "tag": TAG,
        "covered_component_ids": COVERED,
        "body": b"x",
    }
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519)
    prepared = signer.prepare(message, **(words | changes))
    signer.apply(message, prepared, KEY.sign_raw(prepared.signature_base))
    return message.headers


def believed(headers: dict[str, str]) -> str:
    return verify("POST", URL, headers, b"x", now_ns=NOW_NS, replays=ReplayCache(started_ns=0))


def test_the_profile_itself_is_believed() -> None:
    assert believed(signed()) == KEY.public


@pytest.mark.parametrize(
    "changes",
    [
        {"covered_component_ids": ("@method", "content-digest")},
        {"covered_component_ids": ("@target-uri", "content-digest")},
        {"covered_component_ids": ("@method", "@target-uri", "content-digest", "date")},
        {"covered_component_ids": ("@method", "@path", "content-digest")},
        {"nonce": None},
        {"nonce": "short"},
        {"tag": None},
        {"tag": "somebody-else/1"},
        {"label": "sig1"},
        {"key_id": "some-name"},
        {"key_id": SigningKey.generate().public},
        {"key_id": "ed25519:" + "A" * 43},
    ],
)
def test_less_or_other_than_the_profile(changes: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated):
        believed(signed(**changes))


def test_a_body_that_is_not_covered() -> None:
    headers = signed(covered_component_ids=("@method", "@target-uri"), body=None)
    with pytest.raises(NotAuthenticated):
        believed(headers)


def test_two_signatures_at_once() -> None:
    first, second = signed(), signed(label="other")
    both = first | {name: f"{first[name]}, {second[name]}" for name in ("Signature", "Signature-Input")}
    with pytest.raises(NotAuthenticated):
        believed(both)


def test_a_low_order_key_under_which_anyone_can_sign() -> None:
    identity_point = "ed25519:" + "AQ" + "A" * 41
    headers = signed(key_id=identity_point)
    with pytest.raises(NotAuthenticated):
        believed(headers)
