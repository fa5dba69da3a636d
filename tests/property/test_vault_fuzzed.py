"""Whatever a signed request holds, the vault answers as its description says, and never with a fault of its own.

schemathesis makes the requests from the OpenAPI description that the running vault serves; each is signed by a steward,
a researcher, a person or a device in turn.
"""

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import disclosure, envelope, segment
from aboveboard.formats.consent import RECEIPT_TYPE, WITHDRAWAL_TYPE, Withdrawal
from aboveboard.formats.grant import REQUEST_TYPE, AccessRequest
from aboveboard.formats.pause import PAUSE_TYPE, RESUME_TYPE, Pause
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.request_signing import sign_headers
from samples.vault_world import URL, VaultWorld

pytestmark = pytest.mark.filterwarnings("ignore")
EXAMPLES = 15
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path_factory.mktemp("fuzzed") / "vault")
    yield made
    made.close()


@pytest.fixture(scope="module")
def keys(world: VaultWorld) -> Iterator[SigningKey]:
    """Whose key signs the next request."""
    who = world.ready()
    one = world.recorded(who)
    world.take_in(who, one)
    return itertools.cycle([world.key("stella"), world.key("ravi"), who.person_key, who.device_key])


class Signed(httpx.Auth):
    """Signs what is really sent."""

    def __init__(self, world: VaultWorld, key: SigningKey) -> None:
        self.world, self.key = world, key

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:
        body = request.read()
        request.headers.update(
            sign_headers(request.method, str(request.url), body, self.key, now_ns=self.world.clock.wall_ns())
        )
        yield request


def test_every_answer_is_as_described(world: VaultWorld, keys: Iterator[SigningKey]) -> None:
    described = schemathesis.openapi.from_dict(world.http.get("/schema/openapi.json").json())
    operations = [found.ok() for found in described.get_all_operations() if found.ok().path.startswith("/v1/")]
    assert len(operations) >= 27, "every endpoint is fuzzed"
    statuses: Counter[int] = Counter()
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def fuzz(case: Any) -> None:
            answer = sent(world, next(keys), case)
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        fuzz()
    assert statuses[200] >= 5, statuses
    assert min(statuses[400], statuses[403], statuses[404]) > 20, statuses


def sent(world: VaultWorld, key: SigningKey, case: Any) -> httpx.Response:
    words = case.as_transport_kwargs(base_url=URL)
    return world.http.request(
        words["method"],
        words["url"],
        params=words.get("params"),
        headers=dict(words.get("headers") or {}),
        json=words.get("json"),
        content=words.get("data"),
        auth=Signed(world, key),
    )


ODD = [None, "", "x" * 5000, -1, 2**63, 1.5, True, [], ["x"], {}, {"x": 1}, "\u0000", "per_" + "0" * 26, "0" * 64]


def test_well_signed_nonsense_is_refused_in_words(world: VaultWorld) -> None:
    """Every field of every signed document replaced by odd values, and then signed by who should sign it."""
    who = world.ready()
    stella, ravi = world.key("stella"), world.key("ravi")
    one = world.recorded(who)
    pausing = Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=who.person_id, at_ns=1, until_ns=1)
    asking = AccessRequest(
        request_id=new_id(Kind.REQUEST),
        requester=world.staff_id("ravi"),
        recipient=who.identity.recipient,
        people=[who.person_id],
        kinds=["screen"],
        purpose="train_agents",
        output="a policy",
        reason="to train a small policy",
        duration_ns=1,
        created_at_ns=1,
    )
    leaving = Withdrawal(consent_id=who.consent_id, person_id=who.person_id, at_ns=1)
    agreeing = world.receipt(who, consent_id=new_id(Kind.CONSENT))
    with world.vault.records.read() as tx:
        published = tx.current_disclosure()
    assert published is not None
    promise = json.loads(envelope.decode(published.envelope.encode()).body())
    tried: list[tuple[SigningKey, str, str, dict[str, Any]]] = [
        (who.device_key, "/v1/segments", segment.PAYLOAD_TYPE, msgspec.to_builtins(one.manifest)),
        (who.person_key, "/v1/pauses", PAUSE_TYPE, msgspec.to_builtins(pausing)),
        (who.person_key, "/v1/resumes", RESUME_TYPE, {"pause_id": pausing.pause_id, "at_ns": 1}),
        (who.person_key, "/v1/consents", RECEIPT_TYPE, msgspec.to_builtins(agreeing)),
        (ravi, "/v1/requests", REQUEST_TYPE, msgspec.to_builtins(asking)),
        (stella, "/v1/disclosures", disclosure.PAYLOAD_TYPE, promise | {"version": 2}),
        (who.person_key, "/v1/withdrawals", WITHDRAWAL_TYPE, msgspec.to_builtins(leaving)),
    ]
    for key, path, payload_type, document in tried:
        for name in document:
            for odd in ODD:
                signed = key.sign(payload_type, json.dumps(document | {name: odd}).encode())
                error = error_of(world, key, path, signed)
                assert error is None or type(error) in {BadInput, Refused, NotFound, Conflict}, (path, name, odd, error)
                assert error is None or (error.what and error.fix), (path, name, odd)


def error_of(world: VaultWorld, key: SigningKey, path: str, body: object) -> AboveboardError | None:
    """What the vault raises, if it does."""
    try:
        world.ask(key, "POST", path, body)
    except AboveboardError as error:
        return error
    return None
