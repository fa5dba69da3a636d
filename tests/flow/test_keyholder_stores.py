"""A keyholder as a process, confined to its folder, whose wrapping keys are in a hardware module or on a server.

People enrol, a key is released, everybody gets a newer one at the operator's word, and an old epoch's segment still
opens. What each store needs at run time is within reach although everything else was given up.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import SystemClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.keyholder import rotate
from aboveboard.formats import custody, key_statement
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import release as release_format
from aboveboard.formats.custody import KeyRequest
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.keyholder.backends.pkcs11 import PIN_VARIABLE
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.client import Client
from samples import key_stores
from samples.keyholder_programme import Participant, Programme, ask
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


@pytest.fixture(params=["pkcs11", "openbao"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """What config.json says, with what it names in the keyholder's own folder."""
    home = tmp_path / "keyholder"
    home.mkdir(mode=0o700)
    if request.param == "pkcs11":
        key_stores.softhsm(home / "softhsm", "confined")
        (home / "hsm.pin").touch(mode=0o600)
        (home / "hsm.pin").write_text(key_stores.PIN)
        yield {"kind": "pkcs11", "module": key_stores.MODULE, "token": "confined", "pin_file": "hsm.pin"}
        return
    with key_stores.openbao(tmp_path / "openbao") as server:
        server.token(home / "openbao.token")
        yield {"kind": "openbao", "url": server.url}


def statement_of(client: Client, person_id: str, key: SigningKey) -> KeyStatement:
    answer = client.post("/v1/keys", custody.encode(KeyRequest(person_id=person_id, person_key=key.public)))
    return key_statement.decode(envelope_format.decode(answer).body())


def test_confined_it_works_with_its_store_and_gives_everybody_newer_keys(
    tmp_path: Path, store: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PIN_VARIABLE, raising=False)
    with running_witness(tmp_path / "witness") as witness:
        # With files first, for the programme's other papers; nobody is enrolled with it yet.
        programme = Programme(tmp_path, [witness], SystemClock())
        disclosed = programme.disclose()
        programme.close()
        (tmp_path / "keyholder" / "config.json").write_text(json.dumps({"store": store, "epoch_days": 0}))
        command = [sys.executable, "-c", SERVE, str(programme.home.path)]
        process = subprocess.Popen(command, env={**os.environ, "ABOVEBOARD_HOME": str(tmp_path)})
        try:
            vault = Client(wait_for_address(programme.home.path, process), programme.vault)
            key, person_id = SigningKey.generate(), new_id(Kind.PERSON)
            first = statement_of(vault, person_id, key)
            ada = Participant(person_id, key, Identity.generate(), first.recipient)
            vault.post("/v1/consents", custody.encode(programme.filing(ada, disclosed)))
            segment = programme.segment(ada, b"of the first epoch")
            assert rotate(Home(tmp_path), None) == 1
            second = statement_of(vault, person_id, key)
            assert (first.key_epoch, second.key_epoch) == (0, 1)
            asked = release_format.encode(ask(programme.granted([ada]), [segment]))
            answer = release_format.decode_answer(vault.post("/v1/releases", asked))
            found = plain_with(segment.sealed, answer.keys[0].sealed, programme.researcher_identity)
            assert found == b"of the first epoch"
            vault.close()
        finally:
            process.terminate()
            assert process.wait(timeout=30) == 0
