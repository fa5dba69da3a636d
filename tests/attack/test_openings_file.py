"""The exported openings are believed by the log's and the witnesses' keys alone; no byte of one can be bent."""

import contextlib
import io
import json
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import AboveboardError, BadInput, Tampered
from aboveboard.commands.main import main
from aboveboard.formats import openings_proof as proofs
from aboveboard.formats import trust as trusts
from aboveboard.formats.openings_proof import OpeningsProof
from aboveboard.ledger import tlog_proof
from aboveboard.ledger.verify import verify_proof
from aboveboard.viewer import openings_file
from aboveboard.viewer.source import ViewerSource
from samples.office_session import play
from samples.participant_world import Log, World


@cache
def world() -> World:
    made = World(tape=play())
    made.agree()
    made.add_session(count=2)
    for who in ("Rosa", "<b>Ravi</b>", "Rosa"):
        grant = made.open_under_grant(
            list(made.sealed), who=who, reason="To train it <i>well</i>.", purpose="train_agents", output="a model"
        )
        made.make_artefact(grant, "dataset")
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> ViewerSource:
    return world().source(tmp_path_factory.mktemp("person") / "participant")


@pytest.fixture(scope="module")
def exported(source: ViewerSource) -> bytes:
    return source.openings_file()


@pytest.fixture
def proof(exported: bytes) -> OpeningsProof:
    return openings_file.read(exported)


def changed(proof: OpeningsProof, **changes: Any) -> OpeningsProof:
    return msgspec.structs.replace(proof, **changes)


def test_it_holds_without_any_server(proof: OpeningsProof) -> None:
    verified = openings_file.verify(proof, world().log.trust())
    assert [each.number for each in verified.releases()] == [1, 2, 3, 4, 5, 6]
    assert proof.passed_on == 6
    assert len(proof.made) == 3
    assert proof.contact == "privacy@example.org"


def test_the_same_openings_make_the_same_file(source: ViewerSource, exported: bytes) -> None:
    assert source.openings_file() == exported


def test_it_is_believed_by_the_callers_keys_and_not_by_its_own(proof: OpeningsProof) -> None:
    """Whoever makes up a log and a witness can make up a file that agrees with itself."""
    other = Log()
    other.add(b"something")
    with pytest.raises(Tampered):
        openings_file.verify(proof, other.trust())
    forged = changed(proof, trust=other.trust(), checkpoint=other.checkpoint())
    for trust in (world().log.trust(), other.trust()):
        with pytest.raises(Tampered):
            openings_file.verify(forged, trust)


def test_a_witness_that_did_not_sign_is_missed(proof: OpeningsProof) -> None:
    with pytest.raises(Tampered, match="witnesses"):
        openings_file.verify(changed(proof, checkpoint=world().log.checkpoint(witnessed=False)), world().log.trust())


@pytest.mark.parametrize("left_out", [0, 3, 5])
def test_one_that_is_left_out_is_missed(proof: OpeningsProof, left_out: int) -> None:
    kept = [each for place, each in enumerate(proof.entries) if place != left_out]
    with pytest.raises(Tampered, match=r"missing|passed on"):
        openings_file.verify(changed(proof, entries=kept), world().log.trust())


def test_it_is_not_somebody_elses(proof: OpeningsProof) -> None:
    with pytest.raises(Tampered, match="not about"):
        openings_file.verify(changed(proof, person_id=World(tape=play()).person_id), world().log.trust())


@pytest.mark.parametrize(("field", "old", "new"), [("readable", "Rosa", "Rose"), ("salt", None, "0" * 64)])
def test_no_word_of_an_entry_can_be_changed(proof: OpeningsProof, field: str, old: str | None, new: str) -> None:
    entry = proof.entries[0]
    value = new if old is None else getattr(entry, field).replace(old, new)
    bent = [msgspec.structs.replace(entry, **{field: value}), *proof.entries[1:]]
    with pytest.raises(Tampered):
        openings_file.verify(changed(proof, entries=bent), world().log.trust())


def test_nothing_opened_is_a_file_too(proof: OpeningsProof) -> None:
    empty = changed(proof, checkpoint="", entries=[], passed_on=0)
    assert openings_file.verify(openings_file.read(openings_file.write(empty)), world().log.trust()).releases() == []
    with pytest.raises(Tampered, match="passed on 6"):
        openings_file.verify(changed(empty, passed_on=6), world().log.trust())


def test_the_page_in_it_loads_nothing_and_runs_nothing(exported: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        assert archive.namelist()[:3] == ["openings.html", "openings.json", "how-to-check.txt"]
        page = archive.read("openings.html").decode()
    assert "&lt;b&gt;Ravi&lt;/b&gt;" in page
    assert "<b>Ravi" not in page
    assert "<i>well" not in page
    assert "default-src 'none'" in page
    assert "<script" not in page


def test_each_entry_has_a_proof_that_stands_by_itself(exported: bytes, proof: OpeningsProof) -> None:
    trust = world().log.trust()
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name.startswith("proofs/")}
    assert files.keys() == {f"proofs/{each.index}.tlog-proof" for each in proof.entries}
    for each in proof.entries:
        single = tlog_proof.parse(files[f"proofs/{each.index}.tlog-proof"])
        verify_proof(single, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)
        assert single.readable() == each.readable.encode()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_done_to_the_bytes_it_is_refused_or_says_the_same(data: st.DataObject) -> None:
    """Cut, flipped, or something else altogether: only our own errors come out, and never another opening."""
    whole = _plain()
    place = data.draw(st.integers(0, len(whole) - 1))
    bent = data.draw(
        st.sampled_from([whole[:place], whole[:place] + bytes([whole[place] ^ 1 << (place % 8)]) + whole[place + 1 :]])
        | st.binary(max_size=200)
    )
    try:
        verified = openings_file.verify(openings_file.read(bent), world().log.trust())
    except AboveboardError:
        return
    assert [entry.readable for entry in verified.proof.entries] == [
        entry.readable for entry in proofs.decode(whole).entries
    ]


@cache
def _plain() -> bytes:
    with zipfile.ZipFile(io.BytesIO(_exported())) as archive:
        return archive.read("openings.json")


@cache
def _exported() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return world().source(Path(folder) / "participant").openings_file()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 255), st.booleans())
def test_a_zip_that_is_damaged_is_refused_in_words(place: int, flip: int, cut: bool) -> None:
    whole = _exported()
    place %= len(whole)
    bent = whole[:place] if cut else whole[:place] + bytes([whole[place] ^ flip]) + whole[place + 1 :]
    with contextlib.suppress(BadInput):
        assert openings_file.read(bent).profile == "aboveboard.openings/1"


def test_a_zip_that_unpacks_to_too_much_is_refused() -> None:
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("openings.json", b" " * (proofs.LIMIT_BYTES + 10))
        with pytest.raises(BadInput, match="limit"):
            openings_file.read(file.getvalue())


def run(tmp_path: Path, *words: str) -> Any:
    return CliRunner().invoke(main, ["--home", str(tmp_path / "home"), "--json", "openings", "verify", *words])


def test_the_command_needs_to_be_told_whom_to_believe(exported: bytes, tmp_path: Path) -> None:
    file, trust = tmp_path / "openings.zip", tmp_path / "trust.json"
    file.write_bytes(exported)
    trust.write_bytes(trusts.encode(world().log.trust()))
    refused = run(tmp_path, str(file))
    assert refused.exit_code == 8
    assert "--trust" in json.loads(refused.stderr)["fix"]
    held = run(tmp_path, str(file), "--trust", str(trust))
    assert held.exit_code == 0, held.stderr
    assert json.loads(held.stdout)["openings"] == 6
    trust.write_bytes(trusts.encode(Log().trust()))
    assert run(tmp_path, str(file), "--trust", str(trust)).exit_code == 6
    assert run(tmp_path, str(file), "--keys-in-file").exit_code == 0
