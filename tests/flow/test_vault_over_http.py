"""The vault, the keyholder and a witness as separate processes: from an invitation to opened recordings to erasure."""

import hashlib
import http.client
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import entry, erasure, grant, lineage, notice, release
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.envelope import Envelope, decode_base64
from aboveboard.formats.erasure import ORDER_TYPE, RECEIPT_TYPE, ErasureOrder
from aboveboard.formats.grant import Revocation, grant_id_of
from aboveboard.formats.lineage import ArtefactFile, Lineage
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.ledger import verify
from aboveboard.rules.decision import Reason
from aboveboard.rules.lineage import sources_of
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import open_signed
from aboveboard.wire.client import Client
from aboveboard.wire.problem import to_error
from aboveboard.wire.request_signing import NotAuthenticated, sign_headers
from samples.segments import plain_with
from samples.served_grants import answered, granted, requested, trust_of
from samples.served_world import ServedWorld, running_places, started, stop
from samples.vault_world import Participant, Segment

PLAIN = b"a made-up recording of nobody"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedWorld]:
    with running_places(tmp_path_factory.mktemp("places")) as running:
        yield running


def recorded(world: ServedWorld, who: Participant) -> Segment:
    """A second of recording, taken in."""
    one = world.recorded(who, seconds=1, plain=PLAIN)
    assert world.take_in(who, one) == "stored"
    return one


def opened(world: ServedWorld, grant_id: str, one: Segment, identity: Identity) -> bytes:
    """What the researcher reads, once the release's proof holds."""
    base = f"/v1/grants/{grant_id}"
    listed = world.get(world.key("ravi"), f"{base}/segments")
    assert one.manifest.segment_id in json.dumps([json.loads(decode_base64(r["manifest"]["payload"])) for r in listed])
    answer = release.decode_answer(
        world.ask(world.key("ravi"), "POST", f"{base}/keys", {"segment_ids": [one.manifest.segment_id]})
    )
    [key] = answer.keys
    checkpoint = verify.verify_checkpoint(
        answer.checkpoint, world.public.origin, world.public.log_key, world.public.witness_keys, 1
    )
    leaf = entry.leaf(bytes.fromhex(key.salt), key.readable.encode())
    verify.verify_inclusion(leaf, key.entry_index, [decode_base64(each) for each in key.proof], checkpoint)
    sealed = world.ask(world.key("ravi"), "GET", f"{base}/segments/{one.manifest.segment_id}/sealed")
    assert sealed == one.sealed
    return plain_with(sealed, key.sealed, identity)


def erased(world: ServedWorld, who: Participant, erasure_id: str) -> erasure.ErasureReceipt:
    order = ErasureOrder(erasure_id=erasure_id, person_id=who.person_id, at_ns=world.clock.wall_ns())
    signed = who.person_key.sign(ORDER_TYPE, erasure.encode(order))
    answer = envelope_format.decode(world.ask(who.person_key, "POST", "/v1/erasures", signed))
    lease_key = world.get(who.person_key, "/v1/public")["lease_key"]
    return erasure.decode_receipt(open_signed(answer, RECEIPT_TYPE, lease_key))


def test_from_recording_to_opening_to_erasure(world: ServedWorld) -> None:
    who, other = world.ready(), world.ready()
    one = recorded(world, who)
    others = recorded(world, other)
    identity = Identity.generate()
    grant_id = granted(world, [who.person_id], identity)
    assert opened(world, grant_id, one, identity) == PLAIN

    with pytest.raises(Refused) as caught:
        world.post(world.key("ravi"), f"/v1/grants/{grant_id}/keys", {"segment_ids": [others.manifest.segment_id]})
    assert caught.value.reason == Reason.GRANT_WRONG_PERSON
    for name in ("stella", "sam"):
        with pytest.raises(Refused) as caught:
            world.get(world.key(name), f"/v1/grants/{grant_id}/segments")
        assert caught.value.reason == Reason.ROLE_MISSING

    after = f"/v1/grants/{grant_id}/segments?after="
    assert world.get(world.key("ravi"), after + one.manifest.segment_id) == []
    for made_up in (others.manifest.segment_id, new_id(Kind.SEGMENT)):
        with pytest.raises(NotFound):
            world.get(world.key("ravi"), after + made_up)

    artefact = registered(world, grant_id, [(who, one)])
    receipt = erased(world, who, erasure_id := new_id(Kind.ERASURE))
    states = {(item.what, item.name): item.state for item in receipt.items}
    assert states == {
        ("keys", who.person_id): "destroyed",
        ("segment", one.manifest.segment_id): "destroyed",
        ("artefact", artefact): "due",
    }
    assert receipt.ledger_index > 0
    assert not list((world.home / "objects").rglob(f"{one.manifest.segment_id}*"))
    assert list((world.home / "objects").rglob(f"{others.manifest.segment_id}*")), "another person's are untouched"

    assert world.get(world.key("ravi"), f"/v1/grants/{grant_id}/segments") == []
    with pytest.raises(NotFound):
        world.post(world.key("ravi"), f"/v1/grants/{grant_id}/keys", {"segment_ids": [one.manifest.segment_id]})
    with pytest.raises(Refused) as caught:
        world.lease(who)
    assert caught.value.reason == Reason.CONSENT_ERASED
    assert world.get(who.person_key, "/v1/segments") == []
    assert [row["state"] for row in world.get(who.person_key, "/v1/artefacts/mine")] == ["due"]
    again = envelope_format.encode(
        who.person_key.sign(
            ORDER_TYPE,
            erasure.encode(ErasureOrder(erasure_id=erasure_id, person_id=who.person_id, at_ns=1)),
        )
    )
    with pytest.raises(AboveboardError, match="another order"):
        world.ask(who.person_key, "POST", "/v1/erasures", again)
    gone = f"/v1/artefacts/{artefact}/destroyed"
    [row] = world.get(world.key("ravi"), "/v1/artefacts")
    payload = decode_base64(row["lineage"]["payload"])
    for signer, sha256 in (("ravi", "0" * 64), ("sam", hashlib.sha256(payload).hexdigest())):
        with pytest.raises(AboveboardError):
            world.post(world.key("ravi"), gone, destroyed(world, artefact, sha256, signer))
    world.post(world.key("ravi"), gone, destroyed(world, artefact, hashlib.sha256(payload).hexdigest(), "ravi"))
    # The person sees that its keeper has said so, beside the receipt, which still says by when.
    [listed] = world.get(who.person_key, "/v1/erasures")
    [reached] = listed["artefacts"]
    assert reached["state"] == "destroyed"
    assert erasure.decode_destroyed(decode_base64(reached["word"]["payload"])).artefact_id == artefact
    assert [row["state"] for row in world.get(world.key("ravi"), "/v1/artefacts")] == ["destroyed"]


def destroyed(world: ServedWorld, artefact_id: str, sha256: str, signer: str) -> Envelope:
    word = erasure.Destroyed(artefact_id=artefact_id, lineage_sha256=sha256, at_ns=world.clock.wall_ns())
    return world.key(signer).sign(erasure.DESTROYED_TYPE, erasure.encode(word))


def registered(world: ServedWorld, grant_id: str, used: list[tuple[Participant, Segment]]) -> str:
    document = made_from(world, grant_id, used)
    signed = world.key("ravi").sign(lineage.PAYLOAD_TYPE, lineage.encode(document))
    world.post(world.key("ravi"), "/v1/artefacts", signed)
    return document.artefact_id


def made_from(world: ServedWorld, grant_id: str, used: list[tuple[Participant, Segment]], **changes: Any) -> Lineage:
    manifests = [one.manifest for _, one in used]
    document = Lineage(
        artefact_id=new_id(Kind.ARTEFACT),
        kind="dataset",
        created_at_ns=world.clock.wall_ns(),
        grant_id=grant_id,
        purposes=["train_agents"],
        retention_until_ns=min(one.start_wall_ns for one in manifests) + 30 * 86_400 * SECOND_NS,
        sources=sources_of([((one.person_id, one.consent_id, one.session_id), one.sequence) for one in manifests]),
        parents=[],
        files=[ArtefactFile(path="a.parquet", size_bytes=1, sha256="0" * 64)],
        made_by="a test",
    )
    return msgspec.structs.replace(document, **changes)


def test_one_approver_is_not_enough_and_a_denial_ends_it(world: ServedWorld) -> None:
    who = world.ready()
    request_id = requested(world, [who.person_id], Identity.generate())
    assert answered(world, "sam", request_id) is None
    grant_id = grant_id_of(request_id)
    with pytest.raises(NotFound):
        world.get(world.key("ravi"), f"/v1/grants/{grant_id}/segments")
    assert answered(world, "rita", request_id, "deny") is None
    states = {row["state"] for row in world.get(world.key("ravi"), "/v1/requests") if row["grant_id"] is None}
    assert "denied" in states
    with pytest.raises(NotFound):
        world.get(world.key("ravi"), f"/v1/grants/{grant_id}")


def test_a_revoked_grant_opens_nothing_here_and_at_the_keyholder(world: ServedWorld) -> None:
    who = world.ready()
    one = recorded(world, who)
    identity = Identity.generate()
    grant_id = granted(world, [who.person_id], identity)
    assert opened(world, grant_id, one, identity) == PLAIN
    revocation = Revocation(
        grant_id=grant_id, by=world.staff_id("rita"), reason="the study was ended", at_ns=world.clock.wall_ns()
    )
    signed = world.key("rita").sign(grant.REVOCATION_TYPE, grant.encode(revocation))
    world.post(world.key("rita"), f"/v1/grants/{grant_id}/revocation", signed)
    with pytest.raises(Refused) as caught:
        opened(world, grant_id, one, identity)
    assert caught.value.reason == Reason.GRANT_REVOKED


def sent(
    world: ServedWorld, headers: dict[str, str], method: str, url: str, body: bytes = b""
) -> AboveboardError | None:
    """Send a request with headers that were signed before; the error that comes back."""
    connection = http.client.HTTPConnection(url.removeprefix("http://").partition("/")[0], timeout=30)
    path = "/" + url.removeprefix("http://").partition("/")[2]
    connection.request(method, path, body, headers)
    with connection.getresponse() as answer:
        return None if answer.status == 200 else to_error(answer.status, answer.read())


def test_a_request_signed_before_a_revocation_opens_nothing_after_it(world: ServedWorld) -> None:
    """A link that was signed while the grant held is worth nothing once it does not: nothing is decided beforehand."""
    who = world.ready()
    one = recorded(world, who)
    identity = Identity.generate()
    grant_id = granted(world, [who.person_id], identity)
    ravi = world.key("ravi")
    asked = json.dumps({"segment_ids": [one.manifest.segment_id]}).encode()
    links = [
        ("GET", f"{world.url}/v1/grants/{grant_id}/segments", b""),
        ("GET", f"{world.url}/v1/grants/{grant_id}/segments/{one.manifest.segment_id}/sealed", b""),
        ("POST", f"{world.url}/v1/grants/{grant_id}/keys", asked),
    ]

    def signed() -> list[dict[str, str]]:
        kind = {"Content-Type": "application/json"}
        return [kind | sign_headers(how, url, body, ravi, now_ns=time.time_ns()) for how, url, body in links]

    before, unused = signed(), signed()
    assert [sent(world, headers, *link) for headers, link in zip(before, links, strict=True)] == [None] * 3
    with WhileGranted(Client(world.url, ravi), grant_id, ravi, trust_of(world)) as open_now:
        kept = open_now.keep([PLAIN])
        assert kept[0] == PLAIN
        revocation = Revocation(
            grant_id=grant_id, by=world.staff_id("rita"), reason="no longer needed", at_ns=world.clock.wall_ns()
        )
        world.post(
            world.key("rita"),
            f"/v1/grants/{grant_id}/revocation",
            world.key("rita").sign(grant.REVOCATION_TYPE, grant.encode(revocation)),
        )
        assert closed(lambda: kept[0]) == Reason.GRANT_REVOKED
    for headers, link in zip(unused, links, strict=True):
        error = sent(world, headers, *link)
        assert isinstance(error, Refused)
        assert error.reason == Reason.GRANT_REVOKED
    for headers, link in zip(before, links, strict=True):
        assert isinstance(sent(world, headers, *link), NotAuthenticated), "used once before"


def closed(use: Callable[[], object]) -> str:
    """Use it until it is refused; the reason."""
    until_s = time.monotonic() + 20
    while time.monotonic() < until_s:
        try:
            use()
        except Refused as error:
            return error.reason
        time.sleep(0.02)
    raise AssertionError("it stayed open")


def test_a_cohort_is_looked_up_when_it_is_asked_for(world: ServedWorld) -> None:
    ravi = world.key("ravi")
    inside = [world.ready(cohort="north").person_id for _ in range(2)]
    assert world.get(ravi, "/v1/cohorts/north/people") == sorted(inside)
    assert world.get(ravi, "/v1/cohorts/nowhere/people") == []
    with pytest.raises(Refused):
        world.get(world.key("sam"), "/v1/cohorts/north/people")
    request_id = requested(world, sorted(inside), Identity.generate(), cohort="north")
    assert answered(world, "sam", request_id) is None
    joined = world.ready(cohort="north").person_id
    for people in (inside, [*inside, joined, world.ready().person_id]):
        with pytest.raises(BadInput, match="not those of the cohort"):
            requested(world, people, Identity.generate(), cohort="north")
    grant_id = answered(world, "rita", request_id)
    found = grant.decode_grant(world.ask(ravi, "GET", f"/v1/grants/{grant_id}"))
    assert grant.decode_request(found.request.body()).people == sorted(inside), "who joined later is not covered"


def test_nothing_older_than_was_asked_for(world: ServedWorld) -> None:
    who = world.ready()
    one = recorded(world, who)
    ravi, identity = world.key("ravi"), Identity.generate()
    later = one.manifest.start_wall_ns + 1
    for since_ns, count in ((later, 0), (one.manifest.start_wall_ns, 1)):
        request_id = requested(world, [who.person_id], identity, since_ns=since_ns)
        answered(world, "sam", request_id)
        grant_id = answered(world, "rita", request_id)
        assert len(world.get(ravi, f"/v1/grants/{grant_id}/segments")) == count
        asked = {"segment_ids": [one.manifest.segment_id]}
        if count:
            assert world.post(ravi, f"/v1/grants/{grant_id}/keys", asked)["keys"]
            continue
        with pytest.raises(Refused) as caught:
            world.post(ravi, f"/v1/grants/{grant_id}/keys", asked)
        assert caught.value.reason == Reason.GRANT_TOO_EARLY


def test_in_an_emergency_one_is_enough_and_its_person_is_told(world: ServedWorld) -> None:
    who, other = world.ready(), world.ready()
    one = recorded(world, who)
    identity, now_ns = Identity.generate(), world.clock.wall_ns()
    request_id = requested(world, [who.person_id], identity, emergency=True, since_ns=now_ns - 3600 * SECOND_NS)
    grant_id = answered(world, "sam", request_id)
    assert grant_id is not None
    [told] = world.get(who.person_key, "/v1/notices")
    assert told["seen"] is False
    signed = envelope_format.decode(json.dumps(told["notice"]).encode())
    found = notice.decode_notice(open_signed(signed, notice.NOTICE_TYPE, world.keyholder_key()))
    assert (found.kind, found.about) == ("emergency", grant_id)
    assert world.get(other.person_key, "/v1/notices") == []
    assert opened(world, grant_id, one, identity) == PLAIN


def test_nobody_answers_once_it_is_granted(world: ServedWorld) -> None:
    who = world.ready()
    request_id = requested(world, [who.person_id], Identity.generate())
    answered(world, "sam", request_id)
    grant_id = answered(world, "rita", request_id)
    before = world.ask(world.key("ravi"), "GET", f"/v1/grants/{grant_id}")
    with pytest.raises(Conflict, match="granted already"):
        answered(world, "sven", request_id)
    assert world.ask(world.key("ravi"), "GET", f"/v1/grants/{grant_id}") == before


def test_a_request_that_says_nothing_is_not_taken(world: ServedWorld) -> None:
    who = world.ready()
    with pytest.raises(Refused) as caught:
        requested(world, [who.person_id], Identity.generate(), reason="because because because")
    assert caught.value.reason == Reason.GRANT_REASON


def test_requests_for_one_place_are_refused_by_another(world: ServedWorld) -> None:
    """A request that the vault received cannot be played to the keyholder, whatever host it names."""
    who = world.ready()
    with pytest.raises(NotAuthenticated) as caught:
        world.ask(None, "GET", "/v1/status")
    assert caught.value.reason == "request:unsigned"
    port = world.url.rsplit(":", 1)[1]
    here = f"127.0.0.1:{port}"
    signed = sign_headers("GET", f"http://{here}/v1/status", b"", who.device_key, now_ns=time.time_ns())
    connection = http.client.HTTPConnection(here)
    connection.request("GET", "/v1/status", headers=signed | {"Host": "vault.example.org"})
    answer = connection.getresponse()
    refused = to_error(answer.status, answer.read())
    connection.close()
    assert isinstance(refused, NotAuthenticated)
    assert refused.reason == "request:other_server"


def test_a_killed_vault_comes_back_with_everything(world: ServedWorld) -> None:
    who = world.ready()
    one = recorded(world, who)
    declared = world.recorded(who, seconds=1)
    world.declare(who, declared)
    stop(world.vault_process, signal.SIGKILL)
    with pytest.raises(Unavailable):
        world.get(who.device_key, "/v1/status")
    world.start_vault()
    rows = {row["segment_id"]: row["state"] for row in world.get(who.person_key, "/v1/segments")}
    assert rows == {one.manifest.segment_id: "stored", declared.manifest.segment_id: "declared"}
    assert world.send(who, declared) == "stored"


def test_an_erasure_waits_for_the_keyholder_and_goes_on_by_itself(world: ServedWorld) -> None:
    who = world.ready()
    one = recorded(world, who)
    stop(world.keyholder_process)
    erasure_id = new_id(Kind.ERASURE)
    with pytest.raises(Unavailable):
        erased(world, who, erasure_id)
    with pytest.raises(Refused) as caught:
        world.lease(who)
    assert caught.value.reason == Reason.CONSENT_ERASED, "the order counts from the moment it is on record"
    stop(world.vault_process)
    world.start_keyholder()
    world.start_vault()
    path = world.home / "objects" / "segments" / f"{one.manifest.segment_id}.age"
    wait_until_gone(path)


def wait_until_gone(path: Path) -> None:
    program = "import sys, time, pathlib\nwhile pathlib.Path(sys.argv[1]).exists(): time.sleep(0.02)"
    subprocess.run([sys.executable, "-c", program, str(path)], check=True, timeout=30)


def test_it_says_why_it_does_not_start(world: ServedWorld, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from aboveboard.vault.app import serve;"
        " from aboveboard.base.errors import AboveboardError\n"
        "try: serve(Path(sys.argv[1]), int(sys.argv[2]))\n"
        "except AboveboardError as error: print(error); sys.exit(error.exit_status)"
    )

    def start(home: Path, port: int) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", program, str(home), str(port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    status, words = start(tmp_path / "second", int(world.url.rsplit(":", 1)[1]))
    assert status == Unavailable.exit_status
    assert "another program uses the port" in words
    status, words = start(world.home, 0)
    assert status == 5
    assert "another vault runs in" in words
    (tmp_path / "open").mkdir(mode=0o755)
    status, words = start(tmp_path / "open", 0)
    assert status == 8
    assert "chmod 700" in words
    (tmp_path / "mistyped").mkdir(mode=0o700)
    (tmp_path / "mistyped" / "config.json").write_text('{"keyholder": "x"}')
    status, words = start(tmp_path / "mistyped", 0)
    assert status == 8
    assert "config.json" in words


def test_it_stops_cleanly_and_takes_its_address_away(tmp_path: Path) -> None:
    home = tmp_path / "vault"
    home.mkdir(mode=0o700)
    process, url = started("vault", home)
    assert json.loads(Client(url, None).get("/v1/health")) == {"status": "ok"}
    assert stop(process) == 0
    assert not (home / "address.json").exists()


def test_the_vaults_files_hold_no_key_that_opens_and_its_log_no_words(world: ServedWorld) -> None:
    who = world.ready()
    one = recorded(world, who)
    stop(world.vault_process)
    everything = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    assert any(one.sealed == data for data in everything.values()), "the sealed segment is among them"
    for path, data in everything.items():
        assert b"AGE-SECRET-KEY" not in data.upper(), path
        assert PLAIN not in data, path
        for word in (who.person_id, one.manifest.segment_id, PLAIN.decode()):
            assert path.name != "log.txt" or word.encode() not in data, word
    world.start_vault()
