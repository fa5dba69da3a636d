"""Ways in which what a person covered might leave, or lie about, after all. Each protection was taken away once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.commands.covering import Desk
from aboveboard.formats import age_header
from aboveboard.formats.recording import Window
from aboveboard.recorder import covering, own_covers, wishes
from aboveboard.recorder import upload as uploading
from aboveboard.recorder.cover_hand import CoverHand
from aboveboard.recorder.flow import record
from aboveboard.recorder.hand import Hand
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.redact.after.session import SessionCover
from aboveboard.recorder.redact.own_covers import PLACEHOLDER, OwnCovers
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.tap import Tap
from aboveboard.recorder.upload import Uploader
from aboveboard.viewer.source import IDENTITY_FILE, Participant, ViewerSource
from samples.covered_after import Desk as Work
from samples.covered_after import of_kind, typed, window
from samples.participant_world import Log
from samples.recorder_bench import BOOT, Bench
from samples.recorder_world import Participant as Person
from samples.recorder_world import Vault, serving
from samples.segments import items_of
from samples.synthetic_source import SyntheticSource
from samples.taking_vault import TakingVault
from samples.x_windows import until

WORD = OwnCovers(words=("heron",))


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Somebody wrote of a heron; it is held."""
    done = Work.at(tmp_path)
    done.do(window("Notes on Heron"))
    done.type("a heron flew")
    done.wait(6)
    done.type("a second heron")
    done.bench.writer.finish()
    return done


def source_of(bench: Bench, home: Path) -> ViewerSource:
    (home / "participant").mkdir(mode=0o700, exist_ok=True)
    if not (home / "participant" / IDENTITY_FILE).exists():
        bench.who.identity.save(home / "participant" / IDENTITY_FILE)
    person = bench.who
    who = Participant(person.person_id, person.person.public, [person.device.public], [person.steward.public])
    spool, trust = home / "recorder" / "spool", Log().trust()
    return ViewerSource(None, None, home / "participant", participant=who, trust=trust, spool=spool)


def desk_of(bench: Bench, home: Path) -> Desk:
    return Desk(
        home / "recorder",
        source_of(bench, home),
        keys=lambda: bench.verified,
        device_key=lambda: bench.who.device,
    )


def in_clear(folder: Path, word: bytes) -> list[str]:
    """Files that hold the word, in any case, but for the list of what is to be covered."""
    return [
        path.name
        for path in folder.rglob("*")
        if path.is_file() and path.name != own_covers.FILE_NAME and word in path.read_bytes().lower()
    ]


def test_nothing_leaves_while_something_is_being_covered_not_even_on_demand(work: Work, tmp_path: Path) -> None:
    home, vault = tmp_path / "recorder", TakingVault()
    spool = Spool(home / "spool")
    spool.recover()
    hold = Hold(0, clock=SystemClock(), boot_id=BOOT)
    uploader = Uploader(vault, spool, hold=hold)  # type: ignore[arg-type]
    covering.begin(home)
    uploader.send_now()
    uploader.upload_all(threading.Event())
    assert vault.asked == []
    covering.give_up(home)
    uploader.upload_all(threading.Event())
    assert len(vault.got) >= 2


@pytest.mark.parametrize("method", ["post", "put"])
def test_covering_that_begins_between_two_segments_stops_the_second(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    home, vault = tmp_path / "recorder", TakingVault()
    spool = Spool(home / "spool")
    spool.recover()
    assert len(spool.waiting()) >= 2
    monkeypatch.setattr(uploading, "FIRST_AT_ONCE", 1)
    asked = getattr(vault, method)

    def begin_and_answer(path: str, body: bytes) -> bytes:
        covering.begin(home)
        return bytes(asked(path, body))

    setattr(vault, method, begin_and_answer)
    Uploader(vault, spool).upload_all(threading.Event())  # type: ignore[arg-type]
    assert len(vault.asked) == (1 if method == "post" else 2), "one was told, and sent if it was on its way"
    assert len(vault.got) == (0 if method == "post" else 1)


def test_what_was_covered_is_in_no_segment_and_the_sealed_bytes_open_to_the_same_two_keys(
    work: Work, tmp_path: Path
) -> None:
    bench = work.bench
    plan = desk_of(bench, tmp_path).cover(WORD)
    assert len(plan.rewritten) == 2
    assert plan.removed == []
    opened = []
    for held in Spool(tmp_path / "recorder" / "spool").held():
        sealed = held.sealed()
        kinds = [stanza.arguments[0] for stanza in age_header.parse(age_header.split(sealed)[0]).stanzas]
        assert kinds.count(age_header.X25519) == 2
        mine = items_of(sealed, bench.who.identity)
        assert mine == items_of(sealed, bench.who.keyholder_identity)
        opened.append(mine)
    assert typed(opened) == f"a {PLACEHOLDER} flewa second {PLACEHOLDER}"
    assert {one.title for one in of_kind(opened, Window)} == {f"Notes on {PLACEHOLDER}"}


def test_nothing_plain_is_on_the_disk_at_any_moment(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    put: Callable[..., bool] = covering.put

    def put_and_look(home: Path, segment_id: str, sealed: bytes) -> bool:
        done = put(home, segment_id, sealed)
        seen.append(in_clear(tmp_path, b"heron"))
        return done

    monkeypatch.setattr(covering, "put", put_and_look)
    desk_of(work.bench, tmp_path).cover(WORD)
    assert seen == [[], []]
    assert in_clear(tmp_path, b"heron") == []
    assert in_clear(tmp_path, b"covered") == [], "nor what stands for it"


def test_a_segment_that_cannot_be_opened_goes(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can say what is in it."""
    desk = desk_of(work.bench, tmp_path)
    first = next(iter(Spool(tmp_path / "recorder" / "spool").held()))
    path = first.folder / "sealed.age"
    path.write_bytes(path.read_bytes()[:-30] + bytes(30))
    assert [each.segment_id for each in desk.look(WORD).removed] == [first.manifest.segment_id]
    assert len(desk.cover(WORD).removed) == 1
    assert not first.folder.exists()


def test_what_fails_half_way_leaves_nothing_free_to_go(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = desk_of(work.bench, tmp_path)

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(covering, "put", fail)
        with pytest.raises(OSError, match="full"):
            desk.cover(WORD)
    assert desk.unfinished()
    spool, vault = Spool(tmp_path / "recorder" / "spool"), TakingVault()
    spool.recover()
    Uploader(vault, spool).upload_all(threading.Event())  # type: ignore[arg-type]
    assert vault.asked == []
    assert len(desk.cover(OwnCovers()).rewritten) == 2, "what was named before is remembered"
    assert not desk.unfinished()


def bench_with_covers(folder: Path) -> Work:
    done = Work.at(folder)
    own_covers.save(folder / "recorder", WORD)
    hand = CoverHand(folder / "recorder", spool=done.bench.spool, device_key=done.bench.who.device)
    done.bench.chain._covered = hand.covered
    return done


def test_from_now_on_it_is_covered_before_it_is_sealed(tmp_path: Path) -> None:
    done = bench_with_covers(tmp_path)
    done.do(window("Notes on Heron"))
    done.wait(4)
    done.type("a heron flew")
    segments = done.end()
    assert len(segments) == 2
    words = typed(items for _, items in segments)
    assert words.startswith(f"a {PLACEHOLDER}")
    assert words.endswith(" flew")
    assert "eron" not in words
    assert {one.title for one in of_kind((items for _, items in segments), Window)} == {f"Notes on {PLACEHOLDER}"}


def test_what_cannot_be_covered_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = bench_with_covers(tmp_path)

    def fail(*_: object) -> None:
        raise BadInput("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(SessionCover, "written_anew", fail)
        done.do(window("Notes on Heron"))
        done.wait(6)
        assert done.bench.segments() == []
    done.do(window("Egrets"))
    segments = done.end()
    assert "Egrets" in {one.title for one in of_kind((items for _, items in segments), Window)}
    assert "heron" not in repr([items for _, items in segments]).casefold()
    assert "encoder_failed" in {marker.reason for marker in done.bench.markers()}


def test_a_recorder_that_cannot_read_what_is_to_be_covered_does_not_record(tmp_path: Path) -> None:
    who = Person()
    verified = who.settle(tmp_path)
    (tmp_path / own_covers.FILE_NAME).write_bytes(b'{"words":')
    with serving(Vault(who, verified.consent.consent_id)) as client, pytest.raises(BadInput):
        record(home=tmp_path, client=client, source=SyntheticSource(), enrolment=verified, stop=threading.Event())
    assert list((tmp_path / "spool").glob("seg_*")) == []


def test_an_application_that_is_covered_ends_the_capture_that_shows_it(tmp_path: Path) -> None:
    """The next one is made for the narrower disclosure before anything more is captured."""
    who = Person()
    verified = who.settle(tmp_path)
    vault, stop = Vault(who, verified.consent.consent_id), threading.Event()
    made: list[list[str]] = []

    def make() -> SyntheticSource:
        made.append([rule.name for rule in own_covers.load(tmp_path).narrowed(verified.disclosure).apps])
        return SyntheticSource()

    with serving(vault) as client:
        source = Tap(make)
        thread = threading.Thread(
            target=record,
            kwargs={"home": tmp_path, "client": client, "source": source, "enrolment": verified, "stop": stop},
        )
        thread.start()
        try:
            until(lambda: source.flowing, "it captures", limit_s=30)
            own_covers.save(tmp_path, OwnCovers(apps=("Browser",)))
            assert wishes.ask_and_wait(tmp_path, "cover", limit_s=30).failed == ""
            until(lambda: len(made) == 2, "another capture", limit_s=30)
        finally:
            stop.set()
            thread.join(60)
    assert made == [["Browser"], []]


def test_a_recorder_that_hangs_leaves_all_here(work: Work, tmp_path: Path) -> None:
    """The lock is held and nobody answers: what is held is not free to go."""
    from aboveboard.commands import covering as steps
    from aboveboard.recorder.memory import only_recorder

    desk = desk_of(work.bench, tmp_path)
    with pytest.MonkeyPatch.context() as patch, only_recorder(tmp_path / "recorder"):
        patch.setattr(steps, "TAKE_UP_LIMIT_S", 0.2)
        with pytest.raises(Unavailable):
            desk.cover(WORD)
    assert desk.unfinished()


def test_the_hand_says_when_it_cannot_be_done(work: Work, tmp_path: Path) -> None:
    home = tmp_path / "recorder"
    spool = work.bench.spool
    covers = CoverHand(home, spool=spool, device_key=work.bench.who.device)
    hold = Hold(0, clock=SystemClock(), boot_id=BOOT)
    hand = Hand(
        home, spool=spool, hold=hold, uploader=Uploader(TakingVault(), spool), clock=SystemClock(), covers=covers
    )  # type: ignore[arg-type]
    covering.begin(home)
    covering.ready(home, [spool.waiting()[0].segment_id], [])  # and its bytes are not there
    wishes.ask(home, "exchange")
    hand.take_in()
    assert hand.fulfil(lambda: None) is None
    answered = wishes.answer_to(home)
    assert answered is not None
    assert "No such file" in answered.failed
    assert spool.covering
    hand.close()
