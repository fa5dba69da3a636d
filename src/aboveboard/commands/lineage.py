"""How do people look at where things came from, and for things that came from nowhere?

``lineage`` draws what was made from a segment or an artefact, for the participant and for the researcher alike;
``lab lineage`` tells other programs; ``lab orphans`` looks for files without any.
"""

import json
from collections.abc import Iterable, Sequence
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
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.segment import SegmentManifest
from aboveboard.rules.lineage import touches
from aboveboard.sealing.signatures import SigningKey

LISTING_LIMIT_BYTES: Final = 256 * 1024 * 1024
KINDS: Final = {"dataset": "data set", "model": "model", "assessment": "assessment", "export": "export"}


class Listed(msgspec.Struct, frozen=True):
    """One artefact as the vault lists it."""

    lineage: Envelope
    state: Literal["live", "due", "destroyed"]
    due_by_ns: int | None = None

    def pedigree(self) -> Lineage:
        return lineage_format.decode(self.lineage.body())


class _Listed(msgspec.Struct, frozen=True):
    manifest: Envelope


def artefacts(home: Home, key: SigningKey) -> list[tuple[Lineage, str]]:
    """What was made, with its state: by this researcher, or from this person's recordings."""
    answer = home.client("vault", key).get("/v1/artefacts")
    rows = decode_json(answer, list[Listed], name="list of artefacts", limit_bytes=LISTING_LIMIT_BYTES)
    return [(row.pedigree(), row.state) for row in rows]


def find_segment(home: Home, key: SigningKey, segment_id: str, grants: Iterable[str]) -> SegmentManifest:
    """The manifest of a segment: one's own, or what a grant of one's own covers; raises :class:`NotFound`."""
    client = home.client("vault", key)
    paths = [f"/v1/grants/{grant}/segments" for grant in sorted(set(grants))] or ["/v1/segments"]
    for path in paths:
        rows = decode_json(client.get(path), list[_Listed], name="list of segments", limit_bytes=LISTING_LIMIT_BYTES)
        for row in rows:
            manifest = segment.decode(row.manifest.body())
            if manifest.segment_id == segment_id:
                return manifest
    raise NotFound(
        f"there is no segment {segment_id} that you may see",
        cause="the id was mistyped, it was erased, or your grant has ended",
        fix="copy the whole id",
    )


def related(all_of_them: Sequence[tuple[Lineage, str]], chosen: set[str]) -> list[tuple[Lineage, str]]:
    """The chosen artefacts, everything they were made from, and everything made from them."""
    parents = {one.artefact_id: set(one.parents) for one, _ in all_of_them}
    kept = set(chosen)
    while more := {up for name in kept for up in parents.get(name, set())} - kept:
        kept |= more
    below = set(chosen)
    while more := {name for name, above in parents.items() if above & below} - below:
        below |= more
    return [(one, state) for one, state in all_of_them if one.artefact_id in kept | below]


def draw(title: str, found: Sequence[tuple[Lineage, str]], chosen: set[str]) -> Tree:
    """What was made from what, each below what it was made from."""
    tree = Tree(Text(title))
    here = {one.artefact_id for one, _ in found}

    def add(branch: Tree, one: Lineage, state: str) -> None:
        leaf = branch.add(_words(one, state, chosen=one.artefact_id in chosen))
        for below, its_state in found:
            if one.artefact_id in below.parents:
                add(leaf, below, its_state)

    for one, state in found:
        if not here.intersection(one.parents):
            add(tree, one, state)
    return tree


def _words(one: Lineage, state: str, *, chosen: bool) -> Text:
    colour = {"live": "green", "due": "yellow", "destroyed": "red"}.get(state, "")
    text = Text(f"{KINDS[one.kind]} ", style="bold" if chosen else "")
    text.append(f"{one.artefact_id} ", style="bold" if chosen else "")
    text.append({"due": "to be destroyed"}.get(state, state), style=colour)
    whose = f"{_count(one.segment_count, 'segment', 'segments')} of {_count(len(one.people), 'person', 'people')}"
    until = open_lineage.iso(one.retention_until_ns)[:10]
    lines = [f"{whose}, {_count(len(one.consents), 'consent', 'consents')}; kept until {until}"]
    lines += [f"to {PURPOSES[purpose]}" for purpose in one.purposes]
    text.append("\n" + "\n".join([*lines, f"under {one.grant_id}"]), style="dim")
    return text


def _count(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _asker(session: Session, name: str | None) -> SigningKey:
    """The member of staff named; else the person who takes part here; else the only researcher here."""
    home = session.home
    if name is None and (home.root / "participant" / "person.key").exists():
        return home.person_key()
    return home.staff_key(home.the_one("researcher", name))


@click.command(name="lineage")
@click.argument("what", metavar="[ARTEFACT|SEGMENT]", required=False)
@click.option("--as", "name", help="A researcher's name [default: you, as one who takes part].")
@click.pass_obj
def lineage_command(session: Session, what: str | None, name: str | None) -> None:
    """Show what was made from your recordings or by you: all, or around one artefact or segment."""
    key = _asker(session, name)
    listed = artefacts(session.home, key)
    chosen, title = {one.artefact_id for one, _ in listed}, "recordings"
    if what is not None and what.startswith(f"{Kind.SEGMENT}_"):
        check_id(Kind.SEGMENT, what)
        grants = [one.grant_id for one, _ in listed] if name is not None else []
        manifest = find_segment(session.home, key, what, grants)
        place = (manifest.session_id, manifest.sequence, manifest.sequence)
        chosen, title = {one.artefact_id for one, _ in listed if touches(one.sources, *place)}, what
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
        click.echo(json.dumps({"artefacts": [_facts(one, state) for one, state in found]}))
        return
    if not found:
        click.echo("nothing was made from it" if what else "nothing was made yet")
        return
    Console(soft_wrap=True).print(draw(title, found, chosen if what else set()))


def _facts(one: Lineage, state: str) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(one)
    return {name: value for name, value in facts.items() if name != "files"} | {"state": state}


@click.group(name="lab")
def lab_command() -> None:
    """What was made in the lab: where it came from, and files that came from nowhere."""


@lab_command.command(name="lineage")
@click.argument("artefact_id")
@click.option("--format", "wanted", type=click.Choice(["openlineage", "croissant", "json"]), default="openlineage")
@click.option("--as", "name", help="The researcher's name, where there is more than one.")
@click.pass_obj
def lab_lineage_command(session: Session, artefact_id: str, wanted: str, name: str | None) -> None:
    """Write ARTEFACT_ID's lineage as JSON for other programs: an OpenLineage event or a Croissant description."""
    check_id(Kind.ARTEFACT, artefact_id)
    key = session.home.staff_key(session.home.the_one("researcher", name))
    rows = [row for row in artefacts(session.home, key) if row[0].artefact_id == artefact_id]
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
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--as", "name", required=True, help="Your name: any member of staff.")
@click.pass_context
def orphans_command(ctx: click.Context, place: Path, name: str) -> None:
    """Find every file under PLACE that has no lineage. The exit status is 1 if there is any."""
    from aboveboard.lab.orphans import WORDS, asking, orphans

    session: Session = ctx.obj
    if not place.is_dir():
        raise BadInput(f"there is no folder {place}", cause="the path is wrong", fix="name a folder")
    vault = session.home.client("vault", session.home.staff_key(name))
    with long_work("looking", quiet=session.as_json) as advance:
        found = list(orphans(place, asking(vault), looked=lambda count: advance(count, 0, f"{count} files")))
    lines = [
        f"{one.path}: {WORDS[one.why]}" + (f" ({one.artefact_id}, {one.state})" if one.artefact_id else "")
        for one in found
    ]
    facts = [{"path": one.path, "why": one.why, "artefact_id": one.artefact_id, "state": one.state} for one in found]
    session.show("\n".join(lines) or "every file has its lineage", {"orphans": facts})
    ctx.exit(1 if found else 0)
