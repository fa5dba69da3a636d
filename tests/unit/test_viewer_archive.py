"""The viewer opens what this person's device sealed, and says what is wrong with everything else."""

import dataclasses
import hashlib
import json
from pathlib import Path

import msgspec
import pytest

from aboveboard.base.errors import BadInput, NotFound, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import segment as segments
from aboveboard.formats.mcap_file import write_recording
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.recording import Marker
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal_parts import seal_parts
from aboveboard.sealing.signatures import SigningKey
from aboveboard.viewer.archive import Archive
from aboveboard.viewer.listed import Listing
from aboveboard.viewer.shelves import VaultShelf
from aboveboard.viewer.source import ViewerSource
from aboveboard.viewer.words import LEFT_OUT, STATES
from samples.office_session import play, record
from samples.participant_world import Vault, World
from samples.segments import sealed_segment

TAPE = play()


@pytest.fixture
def world() -> World:
    made = World(tape=TAPE)
    made.add_session(count=3)
    return made


def archive(world: World, **options: int) -> Archive:
    return Archive(
        [VaultShelf(Vault(world))],
        identity=world.identity,
        person_id=world.person_id,
        device_keys=[world.device.public],
        **options,
    )


def only_session(listing: Listing) -> str:
    (session_id,) = listing.sessions
    return session_id


def resign(world: World, segment_id: str, key: SigningKey, **changes: object) -> None:
    manifest = segments.decode(world.manifests[segment_id].body())
    changed = msgspec.structs.replace(manifest, **changes)
    world.manifests[segment_id] = key.sign(segments.PAYLOAD_TYPE, segments.encode(changed))


def open_all(world: World) -> list[str]:
    """``ok``, or the code of what went wrong, for each segment in order."""
    opener = archive(world)
    listing = opener.listing()
    found: list[str] = []
    for listed in listing.session(only_session(listing)):
        try:
            opener.events(listed, 0)
            found.append("ok")
        except (BadInput, Tampered) as error:
            found.append(error.code if error.cause and error.fix else "no words")
    return found


def test_a_whole_session_opens(world: World) -> None:
    opener = archive(world)
    listing = opener.listing()
    session = listing.session(only_session(listing))
    origin_ns = session[0].manifest.start_wall_ns
    rows = [row for listed in session for row in json.loads(opener.events(listed, origin_ns))]
    recorded = [
        item for _, _, items in record(TAPE, only_session(listing))[:3] for item in items if hasattr(item, "event")
    ]
    assert len(rows) == len(recorded)
    assert "".join(row["text"] for row in rows if row["kind"] == "key" and row["pressed"]).startswith(
        "Mira Solano\tmira@"
    )


def test_one_flipped_bit_spoils_one_segment_only(world: World) -> None:
    name = list(world.sealed)[1]
    sealed = bytearray(world.sealed[name])
    sealed[-20] ^= 1
    world.sealed[name] = bytes(sealed)
    assert open_all(world) == ["ok", "tampered", "ok"]


def test_a_manifest_signed_by_another_device_is_refused(world: World) -> None:
    resign(world, list(world.manifests)[1], SigningKey.generate())
    assert open_all(world) == ["ok", "tampered", "ok"]


def test_a_segment_of_another_person_is_refused(world: World) -> None:
    resign(world, next(iter(world.manifests)), world.device, person_id=new_id(Kind.PERSON))
    assert open_all(world) == ["tampered", "ok", "ok"]


def test_two_segments_exchanged_are_refused(world: World) -> None:
    """Even if the device signs it: what is inside must say the same place."""
    one, other, _ = list(world.manifests)
    first, second = (segments.decode(world.manifests[name].body()) for name in (one, other))
    world.sealed[one], world.sealed[other] = world.sealed[other], world.sealed[one]
    resign(world, one, world.device, sha256=second.sha256, size_bytes=second.size_bytes)
    resign(world, other, world.device, sha256=first.sha256, size_bytes=first.size_bytes)
    assert open_all(world) == ["tampered", "tampered", "ok"]


@pytest.mark.parametrize("plain", [b"", b"not a recording", write_recording([])[:-9]])
def test_what_is_not_a_recording_is_refused(world: World, plain: bytes) -> None:
    name = list(world.manifests)[2]
    put(world, name, sealed_segment(plain, [world.identity.recipient]))
    assert open_all(world)[:2] == ["ok", "ok"]
    assert open_all(world)[2] in {"bad_input", "tampered"}


def test_what_the_vault_sealed_itself_is_refused(world: World) -> None:
    """Anybody can seal to this person's public key; only the device can say what it recorded."""
    (session_id,) = archive(world).listing().sessions
    _, _, items = record(TAPE, session_id)[1]
    forged = seal_parts(write_parts(items[:-5]), [world.identity.recipient])
    world.sealed[list(world.sealed)[1]] = forged
    assert open_all(world) == ["ok", "tampered", "ok"]


def test_what_is_sealed_to_somebody_else_is_refused(world: World) -> None:
    put(world, next(iter(world.manifests)), sealed_segment(b"x" * 100, [Identity.generate().recipient]))
    assert open_all(world)[0] == "bad_input"


def put(world: World, name: str, sealed: bytes) -> None:
    world.sealed[name] = sealed
    resign(world, name, world.device, sha256=hashlib.sha256(sealed).hexdigest(), size_bytes=len(sealed))


def test_an_unparsable_manifest_is_reported_beside_the_rest(world: World) -> None:
    world.manifests["seg_" + "0" * 26] = world.device.sign(segments.PAYLOAD_TYPE, b"{}")
    listing = archive(world).listing()
    assert len(listing.unreadable) == 1
    assert len(listing.session(only_session(listing))) == 3


def test_no_device_is_believed_where_none_is_known(world: World) -> None:
    nobody = Archive([VaultShelf(Vault(world))], identity=world.identity, person_id=world.person_id, device_keys=[])
    listing = nobody.listing()
    assert {listed.fault.code for listed in listing.session(only_session(listing)) if listed.fault} == {"tampered"}


def test_the_cache_stays_within_its_bound_and_answers_twice_the_same(world: World) -> None:
    opener = archive(world, cache_limit_bytes=60_000)
    listing = opener.listing()
    session = listing.session(only_session(listing))
    first = [opener.screen(session, listed, 0) for listed in session]
    assert opener.cached_bytes() <= max(60000, *map(len, first))
    assert [opener.screen(session, listed, 0) for listed in session] == first


def test_the_spool_shows_what_was_not_uploaded_yet(world: World, tmp_path: Path) -> None:
    name = list(world.manifests)[-1]
    folder = tmp_path / "spool" / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(envelopes.encode(world.manifests.pop(name)))
    (folder / "sealed.age").write_bytes(world.sealed.pop(name))
    source = world.source(tmp_path / "participant", spool=tmp_path / "spool")
    (summary,) = source.sessions()["sessions"]
    places = [segment["place"] for segment in source.session(summary["session_id"])["segments"]]
    assert places == ["vault", "vault", "spool"]
    assert source.screen(summary["session_id"], name, int(summary["origin_ns"]))


def test_a_silent_vault_leaves_what_is_on_this_machine(world: World, tmp_path: Path) -> None:
    world.silent.add("vault")
    source = world.source(tmp_path / "participant", spool=tmp_path)
    listed = source.sessions()
    assert listed["sessions"] == []
    assert listed["silent"]["vault"]["code"] == "unavailable"
    assert source.overview()["state"]["word"] == "unknown"


def test_a_missing_segment_is_counted(world: World, tmp_path: Path) -> None:
    del world.manifests[list(world.manifests)[1]]
    (summary,) = world.source(tmp_path / "participant").sessions()["sessions"]
    assert (summary["segment_count"], summary["missing_count"]) == (2, 1)


def test_times_go_to_the_page_as_text_and_milliseconds(world: World, tmp_path: Path) -> None:
    source = world.source(tmp_path / "participant")
    (summary,) = source.sessions()["sessions"]
    assert summary["start"] == "2026-11-22T10:00:00.000Z"
    assert summary["duration_ms"] == 12_000.0
    assert [(each["start"], each["end"]) for each in source.session(summary["session_id"])["segments"]] == [
        (0.0, 4000.0),
        (4000.0, 8000.0),
        (8000.0, 12000.0),
    ]


def test_exporting_stops_at_a_damaged_segment(world: World, tmp_path: Path) -> None:
    source = world.source(tmp_path / "participant")
    session_id = source.newest_session()
    assert len(list(source.items(session_id))) > 100
    world.sealed[list(world.sealed)[1]] = b"age-encryption.org/v1\n"
    with pytest.raises(Tampered):
        list(source.items(session_id))


def test_asking_for_what_is_not_there_is_an_error_with_words(world: World, tmp_path: Path) -> None:
    source: ViewerSource = world.source(tmp_path / "participant")
    with pytest.raises(NotFound):
        source.session(new_id(Kind.SESSION))
    with pytest.raises(NotFound):
        source.screen(source.newest_session(), new_id(Kind.SEGMENT), 0)


@pytest.mark.parametrize("by", ["person", "steward"])
def test_a_pause_wins_over_a_fresh_segment(world: World, tmp_path: Path, by: str) -> None:
    source = world.source(tmp_path / "participant")
    newest = max(segments.decode(envelope.body()).end_wall_ns for envelope in world.manifests.values())
    world.now_ns = newest + 10**9
    assert source.overview()["state"]["word"] == "recording"
    world.pause(by)
    assert source.overview()["state"]["word"] == f"paused_by_{by}"
    world.pauses[-1]["ended_at_ns"] = world.now_ns
    assert source.overview()["state"]["word"] == "recording"
    world.now_ns += 60 * 10**9
    assert source.overview()["state"]["word"] == "not_recording"


def test_every_reason_for_leaving_out_has_its_words() -> None:
    fields = {field.name: field for field in msgspec.structs.fields(Marker)}
    assert set(LEFT_OUT) == set(fields["reason"].type.__args__)
    for words in [*LEFT_OUT.values(), *STATES.values()]:
        assert all(getattr(words, field.name) for field in dataclasses.fields(words))
        assert words.sentence.endswith(".")
