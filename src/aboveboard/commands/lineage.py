"""How do people look at where things came from, and for things that came from nowhere?

``lineage`` draws what was made from a segment or an artefact, for the participant and for the researcher alike;
``lab lineage`` tells other programs; ``lab orphans`` looks for files without any.
"""

import importlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, Literal

import click
import msgspec
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from aboveboard.base.errors import BadInput, NotFound
from aboveboard.base.ids import Kind, check_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import long_work
from aboveboard.formats import croissant, open_lineage, segment
from aboveboard.formats import lineage as lineage_format
from aboveboard.formats.disclosure import PURPOSES
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import decode_json
from aboveboard.formats.lineage import Lineage, OwnArtefact
from aboveboard.formats.segment import SegmentManifest
from aboveboard.lab.open import listed
from aboveboard.rules.lineage import touches
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.client import Client

LISTING_LIMIT_BYTES: Final = 256 * 1024 * 1024
KINDS: Final = {"dataset": "data set", "model": "model", "assessment": "assessment", "export": "export"}


class Listed(msgspec.Struct, frozen=True):
    """One artefact of a researcher's as the vault lists it."""

    lineage: Envelope
    state: Literal["live", "due", "destroyed"]
    due_by_ns: int | None = None

    def pedigree(self) -> Lineage:
        return lineage_format.decode(self.lineage.body())


@dataclass(frozen=True)
class Made:
    """What the tree shows of an artefact; ``whose`` says whose recordings went into it, for the one who asks."""

    told: Lineage | OwnArtefact
    state: str
    whose: str

    @classmethod
    def by_me(cls, row: Listed) -> "Made":
        one = row.pedigree()
        people, consents = _count(len(one.people), "person", "people"), _count(len(one.consents), "consent", "consents")
        return cls(one, row.state, f"{_count(one.segment_count, 'segment', 'segments')} of {people}, {consents}")

    @classmethod
    def of_mine(cls, one: OwnArtefact) -> "Made":
        others = f", and of {_count(one.people - 1, 'other person', 'other people')}" if one.people > 1 else ""
        return cls(one, one.state, f"{_count(one.segment_count, 'segment', 'segments')} of yours{others}")

    @property
    def artefact_id(self) -> str:
        return self.told.artefact_id


class _Listed(msgspec.Struct, frozen=True):
    manifest: Envelope


def by_researcher(home: Home, key: SigningKey) -> list[Listed]:
    """What this researcher made."""
    answer = home.client("vault", key).get("/v1/artefacts")
    return decode_json(answer, list[Listed], name="list of artefacts", limit_bytes=LISTING_LIMIT_BYTES)


def from_mine(home: Home, key: SigningKey) -> list[OwnArtefact]:
    """What was made from this person's recordings."""
    answer = home.client("vault", key).get("/v1/artefacts/mine")
    return decode_json(answer, list[OwnArtefact], name="list of artefacts", limit_bytes=LISTING_LIMIT_BYTES)


def find_segment(home: Home, key: SigningKey, segment_id: str, grants: Iterable[str]) -> SegmentManifest:
    """The manifest of a segment: one's own, or what a grant of one's own covers; raises :class:`NotFound`."""
    client = home.client("vault", key)
    named = sorted(set(grants))
    for manifest in chain.from_iterable(listed(client, grant) for grant in named) if named else _own(client):
        if manifest.segment_id == segment_id:
            return manifest
    raise NotFound(
        f"there is no segment {segment_id} that you may see",
        cause="the id was mistyped, it was erased, or your grant has ended",
        fix="copy the whole id",
    )


def _own(client: Client) -> Iterator[SegmentManifest]:
    rows = decode_json(
        client.get("/v1/segments"), list[_Listed], name="list of segments", limit_bytes=LISTING_LIMIT_BYTES
    )
    return (segment.decode(row.manifest.body()) for row in rows)


def related(all_of_them: Sequence[Made], chosen: set[str]) -> list[Made]:
    """The chosen artefacts, everything they were made from, and everything made from them."""
    parents = {one.artefact_id: set(one.told.parents) for one in all_of_them}
    kept = set(chosen)
    while more := {up for name in kept for up in parents.get(name, set())} - kept:
        kept |= more
    below = set(chosen)
    while more := {name for name, above in parents.items() if above & below} - below:
        below |= more
    return [one for one in all_of_them if one.artefact_id in kept | below]


def draw(title: str, found: Sequence[Made], chosen: set[str]) -> Tree:
    """What was made from what, each below what it was made from."""
    tree = Tree(Text(title))
    here = {one.artefact_id for one in found}

    def add(branch: Tree, one: Made) -> None:
        leaf = branch.add(_words(one, chosen=one.artefact_id in chosen))
        for below in found:
            if one.artefact_id in below.told.parents:
                add(leaf, below)

    for one in found:
        if not here.intersection(one.told.parents):
            add(tree, one)
    return tree


def _words(one: Made, *, chosen: bool) -> Text:
    colour = {"live": "green", "due": "yellow", "destroyed": "red"}.get(one.state, "")
    text = Text(f"{KINDS[one.told.kind]} {one.artefact_id} ", style="bold" if chosen else "")
    text.append({"due": "to be destroyed"}.get(one.state, one.state), style=colour)
    lines = [f"{one.whose}; kept until {open_lineage.iso(one.told.retention_until_ns)[:10]}"]
    lines += [f"to {PURPOSES[purpose]}" for purpose in one.told.purposes]
    text.append("\n" + "\n".join([*lines, f"under {one.told.grant_id}"]), style="dim")
    return text


def _count(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


@click.command(name="lineage")
@click.argument("what", metavar="[ARTEFACT|SEGMENT]", required=False)
@click.option("--as", "name", help="A researcher's name [default: you, as one who takes part].")
@click.pass_obj
def lineage_command(session: Session, what: str | None, name: str | None) -> None:
    """Show what was made from your recordings or by you: all, or around one artefact or segment."""
    home = session.home
    if name is None and (home.root / "participant" / "person.key").exists():
        key = home.person_key()
        listed = [Made.of_mine(one) for one in from_mine(home, key)]
        grants: set[str] = set()
    else:
        key = home.staff_key(home.the_one("researcher", name))
        listed = [Made.by_me(row) for row in by_researcher(home, key)]
        grants = {one.told.grant_id for one in listed}
    chosen, title = {one.artefact_id for one in listed}, "recordings"
    if what is not None and what.startswith(f"{Kind.SEGMENT}_"):
        manifest = find_segment(home, key, check_id(Kind.SEGMENT, what), grants)
        place = (manifest.session_id, manifest.sequence, manifest.sequence)
        chosen, title = {one.artefact_id for one in listed if touches(one.told.sources, *place)}, what
    elif what is not None:
        check_id(Kind.ARTEFACT, what)
        if what not in chosen:
            raise NotFound(
                f"there is no artefact {what} that you may see",
                cause="the id was mistyped, or it was made from other people's recordings",
                fix="'aboveboard lineage' lists them all",
            )
        chosen = {what}
    found = related(listed, chosen)
    if session.as_json:
        click.echo(json.dumps({"artefacts": [_facts(one) for one in found]}))
        return
    if not found:
        click.echo("nothing was made from it" if what else "nothing was made yet")
        return
    Console(soft_wrap=True).print(draw(title, found, chosen if what else set()))


def _facts(one: Made) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(one.told)
    return {name: value for name, value in facts.items() if name != "files"} | {"state": one.state}


class LabGroup(click.Group):
    """Loads what works on data sets only when it is used: that needs the extra 'lab', and lineage does not."""

    ELSEWHERE: Final = dict.fromkeys(("stats", "split", "diff", "export", "unpack", "import"), "datasets") | {
        "audit": "audit",
        "export-model": "audit",
        "rebuild": "retraining",
        "view": "dataset_page",
        "learn-labels": "labels",
        "label": "labels",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.ELSEWHERE, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"aboveboard.commands.{self.ELSEWHERE[cmd_name]}")
        commands: dict[str, click.Command] = module.COMMANDS
        return commands[cmd_name]


@click.group(name="lab", cls=LabGroup)
def lab_command() -> None:
    """Data sets: look at, split, compare, take elsewhere and in; what models remember; files from nowhere."""


@lab_command.command(name="lineage")
@click.argument("artefact_id")
@click.option("--format", "wanted", type=click.Choice(["openlineage", "croissant", "json"]), default="openlineage")
@click.option("--as", "name", help="The researcher's name, where there is more than one.")
@click.pass_obj
def lab_lineage_command(session: Session, artefact_id: str, wanted: str, name: str | None) -> None:
    """Write ARTEFACT_ID's lineage as JSON for other programs: an OpenLineage event or a Croissant description."""
    check_id(Kind.ARTEFACT, artefact_id)
    key = session.home.staff_key(session.home.the_one("researcher", name))
    rows = [(row.pedigree(), row.state) for row in by_researcher(session.home, key)]
    rows = [row for row in rows if row[0].artefact_id == artefact_id]
    if not rows:
        raise NotFound(
            f"you have no artefact {artefact_id}", cause="the id was mistyped", fix="list them: 'aboveboard lineage'"
        )
    [(one, state)] = rows
    made: dict[str, Any]
    if wanted == "openlineage":
        made = open_lineage.run_event(one, state=state)
    elif wanted == "croissant":
        made = croissant.describe(one)
    else:
        made = msgspec.to_builtins(one) | {"state": state}
    click.echo(json.dumps(made, indent=None if session.as_json else 2, ensure_ascii=False))


@lab_command.command(name="orphans")
@click.argument("place")
@click.option("--as", "name", required=True, help="Your name: any member of staff.")
@click.pass_context
def orphans_command(ctx: click.Context, place: str, name: str) -> None:
    """Find every file under PLACE, a folder or s3://bucket/prefix?region=…, that has no lineage. The exit status is 1
    if there is any."""
    from aboveboard.lab.bucket import Store
    from aboveboard.lab.orphans import WORDS, asking, orphans

    session: Session = ctx.obj
    where = Store(place) if place.startswith("s3:") else Path(place)
    if isinstance(where, Path) and not where.is_dir():
        raise BadInput(f"there is no folder {place}", cause="the path is wrong", fix="name a folder")
    vault = session.home.client("vault", session.home.staff_key(name))
    with long_work("looking", quiet=session.as_json) as advance:
        found = list(orphans(where, asking(vault), looked=lambda count: advance(count, 0, f"{count} files")))
    lines = [
        f"{one.path}: {WORDS[one.why]}" + (f" ({one.artefact_id}, {one.state})" if one.artefact_id else "")
        for one in found
    ]
    facts = [{"path": one.path, "why": one.why, "artefact_id": one.artefact_id, "state": one.state} for one in found]
    session.show("\n".join(lines) or "every file has its lineage", {"orphans": facts})
    ctx.exit(1 if found else 0)
