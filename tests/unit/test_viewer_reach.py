"""What a person means by "this application", "this moment" or "from here to there", resolved with their own key."""

from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, NotFound, Tampered
from aboveboard.formats import segment
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Timed, Window
from aboveboard.formats.segment import SegmentManifest
from aboveboard.viewer.listed import Listed, Listing
from aboveboard.viewer.reach import Reach, Wish, decode_wish, resolve
from aboveboard.viewer.shelves import FolderShelf
from aboveboard.viewer.source import ViewerSource
from samples.participant_world import World, full_world


@pytest.fixture(scope="module")
def world() -> World:
    return full_world()


@pytest.fixture
def source(world: World, tmp_path: Path) -> ViewerSource:
    return world.source(tmp_path)


def manifests(world: World) -> list[SegmentManifest]:
    return [segment.decode(each.body()) for each in world.manifests.values()]


def test_everything_names_nothing(source: ViewerSource) -> None:
    reach = source.reach(Wish(what="everything"))
    assert (reach.span, reach.segments, reach.unread) == (None, None, 0)


def test_a_moment_is_the_part_that_is_shown_then(world: World, source: ViewerSource) -> None:
    session_id = source.newest_session()
    mine = sorted((one for one in manifests(world) if one.session_id == session_id), key=lambda one: one.sequence)
    second = (mine[1].start_wall_ns - mine[0].start_wall_ns) / 1e6
    reach = source.reach(Wish(what="moment", session_id=session_id, from_ms=second + 1))
    assert reach.segments == [mine[1].segment_id]
    whole = source.reach(Wish(what="recording", session_id=session_id))
    assert whole.segments == [one.segment_id for one in mine]
    with pytest.raises(BadInput, match="nothing is recorded"):
        source.reach(Wish(what="moment", session_id=session_id, from_ms=1e9))
    with pytest.raises(NotFound):
        source.reach(Wish(what="recording", session_id="ses_" + "0" * 26))


def test_a_stretch_is_told_in_wall_time(world: World, source: ViewerSource) -> None:
    session_id = source.newest_session()
    began = min(one.start_wall_ns for one in manifests(world) if one.session_id == session_id)
    reach = source.reach(Wish(what="span", session_id=session_id, from_ms=1000, until_ms=2500))
    assert reach.span is not None
    assert (reach.span.from_ns - began, reach.span.until_ns - began) == (10**9, 25 * 10**8)
    for backwards in (Wish(what="span", from_ns=5, until_ns=5), Wish(what="span", from_ns=9, until_ns=5)):
        with pytest.raises(BadInput, match="ends before it begins"):
            source.reach(backwards)


def in_front(world: World, apps: list[list[str] | None]) -> tuple[Reach, list[str]]:
    """Where "Mail" was in front, of a recording whose parts tell these windows; ``None``: a part cannot be opened."""
    listing = Listing({}, [], {})
    told: dict[str, list[str] | None] = {}
    session_id = manifests(world)[0].session_id
    mine = [one for one in manifests(world) if one.session_id == session_id][: len(apps)]
    listing.sessions[session_id] = [Listed(one, FolderShelf(Path()), None) for one in mine]
    told |= {one.segment_id: windows for one, windows in zip(mine, apps, strict=True)}

    def open_items(listed: Listed) -> list[Item]:
        windows = told[listed.manifest.segment_id]
        if windows is None:
            raise Tampered("it is damaged", cause="a test says so", fix="none")
        return [
            Timed(at, Window(app=app, title="", pid=0, x=0, y=0, width=1, height=1)) for at, app in enumerate(windows)
        ]

    return resolve(Wish(what="app", app=" mail"), listing, open_items), [one.segment_id for one in mine]


@pytest.mark.parametrize(
    ("apps", "meant"),
    [
        ([["Mail"], ["Editor"], ["Editor", "Mail"], ["Editor"]], [0, 1, 2, 3]),
        # Which window is in front is told when it changes: until then it is the one from before.
        ([["Editor"], ["Mail"], [], [], ["Editor"], []], [1, 2, 3, 4]),
        ([["Mail", "Editor"], [], ["Editor"]], [0]),
        # After what cannot be opened nobody knows which it is, until it is told again.
        ([["Editor"], None, [], ["Editor"], []], [1, 2, 3]),
    ],
)
def test_an_application_is_every_part_in_which_it_was_in_front(
    world: World, apps: list[list[str] | None], meant: list[int]
) -> None:
    reach, ids = in_front(world, apps)
    assert reach.segments == [ids[place] for place in meant]
    assert reach.unread == apps.count(None)


def test_an_application_that_was_never_in_front_is_nothing(source: ViewerSource) -> None:
    assert source.reach(Wish(what="app", app="web BROWSER")).segments
    for app in ("Never seen", "  "):
        with pytest.raises(BadInput):
            source.reach(Wish(what="app", app=app))


def test_what_cannot_be_opened_counts_as_meant(tmp_path: Path) -> None:
    world = full_world()
    victim = list(world.sealed)[3]
    world.sealed[victim] = world.sealed[victim][:-20] + bytes(20)
    reach = world.source(tmp_path).reach(Wish(what="app", app="Web browser"))
    assert reach.unread == 1
    assert victim in (reach.segments or [])


def test_a_wish_that_is_none_is_refused() -> None:
    for text in (b"{}", b'{"what":"all"}', b'{"what":"app","name":"x"}', b"[" * 5000):
        with pytest.raises(BadInput):
            decode_wish(text)
