"""The keyholder and the witness as separate processes, spoken to only over HTTP."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import msgspec
import pytest

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import custody, entry, key_statement
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import release as release_format
from aboveboard.formats.custody import ConsentFiling, KeyRequest
from aboveboard.formats.release import ReleaseAnswer, ReleaseRequest
from aboveboard.ledger import tiles, verify
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.viewer.sealed_openings import opened
from aboveboard.wire.client import Client
from aboveboard.wire.problem import TooLarge
from aboveboard.wire.request_signing import NotAuthenticated
from samples.keyholder_programme import Participant, Programme, ask
from samples.release_check import violations
from samples.segments import plain_with
from samples.witness_process import running_witness, wait_for_address

SERVE = """
import sys
from pathlib import Path
from aboveboard.keyholder.app import serve
from aboveboard.wire.confine import available, confine

home = Path(sys.argv[1])
assert confine(own=[home]) or not available()
serve(home, 0)
"""


@dataclass
class Running:
    """The programme, its keyholder running as a process at ``url``."""

    programme: Programme
    url: str
    witness_pid: int

    def client(self, key: SigningKey | None) -> Client:
        return Client(self.url, key)

    @property
    def vault(self) -> Client:
        return self.client(self.programme.vault)

    def enrol(self) -> Participant:
        key, person_id = SigningKey.generate(), new_id(Kind.PERSON)
        asked = custody.encode(KeyRequest(person_id=person_id, person_key=key.public))
        signed = envelope_format.decode(self.vault.post("/v1/keys", asked))
        public = custody.decode_public(self.client(None).get("/v1/public"))
        payload = open_signed(signed, key_statement.PAYLOAD_TYPE, public.statement_key)
        person = Participant(person_id, key, Identity.generate(), key_statement.decode(payload).recipient)
        filing = self.programme.filing(person, self.programme.disclose(keyholder_key=public.statement_key))
        assert self.vault.post("/v1/consents", custody.encode(filing)) == b"{}"
        return person

    def release(self, asked: ReleaseRequest, client: Client | None = None) -> ReleaseAnswer:
        answer = (client or self.vault).post("/v1/releases", release_format.encode(asked))
        return release_format.decode_answer(answer)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("programme")
    with running_witness(root / "witness") as witness:
        programme = Programme(root, [witness], SystemClock())
        programme.close()
        process = subprocess.Popen([sys.executable, "-c", SERVE, str(programme.home.path)])
        try:
            yield Running(programme, wait_for_address(programme.home.path, process), witness.pid)
        finally:
            process.terminate()
            assert process.wait(timeout=15) == 0


def test_from_enrolment_to_an_opened_segment_and_its_record(running: Running) -> None:
    ada = running.enrol()
    segment = running.programme.segment(ada, b"one segment")
    asked = ask(running.programme.granted([ada]), [segment])
    answer = running.release(asked)
    assert violations(running.programme, [(asked, answer)]) == []
    found = plain_with(segment.sealed, answer.keys[0].sealed, running.programme.researcher_identity)
    assert found == b"one segment"

    openings = opened(custody.decode_openings(running.client(ada.key).get("/v1/openings")), ada.identity)
    assert [each.index for each in openings.entries] == [answer.keys[0].entry_index]
    assert openings.entries[0].readable == answer.keys[0].readable

    public = custody.decode_public(running.client(None).get("/v1/public"))
    note = running.client(None).get("/ledger/checkpoint").decode()
    found = verify.verify_checkpoint(note, public.origin, public.log_key, public.witness_keys, 1)
    nodes = tiles.TileNodes(lambda tile: running.client(None).get(f"/ledger/tile/{tiles.path(tile)}"), found.size)
    assert nodes.audited_root() == found.root


def test_revoked_over_http_is_revoked(running: Running) -> None:
    ada = running.enrol()
    granted = running.programme.granted([ada])
    asked = ask(granted, [running.programme.segment(ada)])
    running.release(asked)
    revocation = running.programme.revocation(granted.grant_id, running.programme.representative)
    running.vault.post("/v1/revocations", envelope_format.encode(revocation))
    with pytest.raises(Refused) as refused:
        running.release(asked)
    assert refused.value.reason == Reason.GRANT_REVOKED
    assert refused.value.fix
    told = custody.decode_openings(running.client(ada.key).get(f"/v1/openings/grants?ids={granted.grant_id}"))
    [ended] = [entry.decode(each.readable.encode()) for each in told.entries]
    assert isinstance(ended, entry.Revoked)
    assert ended.by_name == "Rita (representative)"
    for bad in ("", "gra_x", f"{granted.grant_id},", ",".join([granted.grant_id] * 51)):
        with pytest.raises(BadInput):
            running.client(ada.key).get(f"/v1/openings/grants?ids={bad}")


def test_erased_over_http_is_erased(running: Running) -> None:
    ada = running.enrol()
    asked = ask(running.programme.granted([ada]), [running.programme.segment(ada)])
    running.release(asked)
    order = envelope_format.encode(running.programme.order(ada))
    done = custody.decode_erased(running.vault.post("/v1/erasures", order))
    assert custody.decode_erased(running.client(ada.key).post("/v1/erasures", order)) == done
    with pytest.raises(Refused) as refused:
        running.release(asked)
    assert refused.value.reason == Reason.CONSENT_ERASED
    bob = running.enrol()
    forged = running.programme.order(bob, key=running.programme.vault)
    with pytest.raises(Tampered):
        running.vault.post("/v1/erasures", envelope_format.encode(forged))


def test_who_asks_matters(running: Running) -> None:
    ada = running.enrol()
    asked = ask(running.programme.granted([ada]), [running.programme.segment(ada)])
    for key in (running.programme.researcher.key, running.programme.steward.key, ada.key):
        with pytest.raises(Refused) as refused:
            running.release(asked, running.client(key))
        assert refused.value.reason == Reason.ROLE_MISSING
    for path in ("/v1/releases", "/v1/keys", "/v1/consents", "/v1/revocations", "/v1/erasures"):
        with pytest.raises(NotAuthenticated):
            running.client(None).post(path, release_format.encode(asked))
    with pytest.raises(NotAuthenticated):
        running.client(None).get("/v1/openings")
    with pytest.raises(Refused):
        running.client(running.programme.steward.key).get("/v1/openings")
    key_request = custody.encode(KeyRequest(person_id=ada.person_id, person_key=SigningKey.generate().public))
    with pytest.raises(Conflict):
        running.vault.post("/v1/keys", key_request)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b"null", b'{"grant": 1, "items": []}', b"\xff" * 10, b"[" * 10_000],
    ids=["empty", "cut", "list", "nothing", "null", "wrong", "binary", "deep"],
)
def test_bad_input_is_answered_in_words(running: Running, body: bytes) -> None:
    for path in ("/v1/releases", "/v1/keys", "/v1/consents", "/v1/revocations", "/v1/erasures"):
        with pytest.raises(BadInput) as error:
            running.vault.post(path, body)
        assert error.value.what
        assert error.value.fix


def test_an_unknown_field_is_refused_and_so_is_too_much(running: Running) -> None:
    ada = running.enrol()
    asked = ask(running.programme.granted([ada]), [running.programme.segment(ada)])
    extra = msgspec.json.encode({**msgspec.to_builtins(asked), "urgent": True})
    with pytest.raises(BadInput, match="urgent"):
        running.vault.post("/v1/releases", extra)
    with pytest.raises(TooLarge):
        running.vault.post("/v1/keys", b" " * (1024 * 1024 + 1))
    too_many = msgspec.json.encode({**msgspec.to_builtins(asked), "items": msgspec.to_builtins(asked)["items"] * 513})
    with pytest.raises(BadInput, match="512"):
        running.vault.post("/v1/releases", too_many)


def test_what_is_open_is_only_what_is_public(running: Running) -> None:
    running.enrol()
    anyone = running.client(None)
    assert anyone.get("/v1/health") == b'{"status":"ok"}'
    for path in ("/ledger/tile/0/999", "/ledger/tile/nonsense", "/ledger/tile/../../keys.sqlite", "/v1/people"):
        with pytest.raises((NotFound, BadInput, NotAuthenticated)):
            anyone.get(path)
    answer = httpx.get(f"{running.url}/ledger/checkpoint", trust_env=False)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    described = httpx.get(f"{running.url}/schema/openapi.json", trust_env=False).json()
    assert set(described["paths"]["/v1/releases"]["post"]["responses"]) >= {"200", "400", "401", "403", "503"}


def test_the_filing_says_which_consent_is_wrong(running: Running) -> None:
    ada = running.enrol()
    public = custody.decode_public(running.client(None).get("/v1/public"))
    good = running.programme.filing(ada, running.programme.disclose(keyholder_key=public.statement_key))
    other = running.programme.disclose(["study_interaction"], keyholder_key=public.statement_key)
    swapped = ConsentFiling(receipt=good.receipt, disclosure=other)
    with pytest.raises(Refused) as refused:
        running.vault.post("/v1/consents", custody.encode(swapped))
    assert refused.value.reason == Reason.CONSENT_OTHER_DISCLOSURE


def test_without_the_witness_the_vault_is_told_to_try_again(running: Running) -> None:
    ada = running.enrol()
    asked = ask(running.programme.granted([ada]), [running.programme.segment(ada)])
    os.kill(running.witness_pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unavailable, match="has not co-signed the ledger, so no key was released"):
            running.release(asked)
    finally:
        os.kill(running.witness_pid, signal.SIGCONT)
    assert violations(running.programme, [(asked, running.release(asked))]) == []
