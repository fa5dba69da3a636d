"""How does a person have more covered: a word, a part of the screen, a site, an application?

It is covered from now on, and in all that is still held on this machine. What left before is not touched.
"""

import re
from typing import Any

import click

from aboveboard.base.errors import BadInput
from aboveboard.commands.covering import Desk, Plan
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import long_work
from aboveboard.commands.view import source
from aboveboard.formats.fields import encode_json
from aboveboard.recorder import own_covers
from aboveboard.recorder.redact.own_covers import OwnCovers, Region

_REGION = re.compile(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})")


def wanted(
    words: tuple[str, ...], regions: tuple[str, ...], sites: tuple[str, ...], apps: tuple[str, ...]
) -> OwnCovers:
    """What the options name; raises :class:`BadInput`."""
    found = OwnCovers(words=words, regions=tuple(map(_region, regions)), sites=sites, apps=apps)
    return own_covers.decode(encode_json(found))


def _region(text: str) -> Region:
    match = _REGION.fullmatch(text.replace(" ", ""))
    if match is None:
        raise BadInput(f"{text!r} is no region", cause="a region is x,y,width,height", fix="write it as 0,0,640,48")
    x, y, width, height = map(int, match.groups())
    return Region(x=x, y=y, width=width, height=height)


def words_of(plan: Plan, *, done: bool) -> str:
    """What a person is told of it."""
    rewritten, removed = len(plan.rewritten), len(plan.removed)
    is_or_would = "was" if done else "would be"
    words = f"{'covered' if done else 'it would be covered'} in {rewritten} held {_segments(rewritten)}"
    if removed:
        row = plan.row()
        words += (
            f"; {removed} {_segments(removed)} ({row['removed_seconds']:g} s) that cannot be changed any more "
            f"{is_or_would if removed == 1 else is_or_would.replace('was', 'were')} deleted"
        )
    if plan.left:
        words += f"; {plan.left} {_segments(plan.left)} of the same recordings left before and are not touched"
    if not plan.reads_screen:
        words += "\ntext on the screen cannot be read on this machine, so all of it is covered"
    return words


def _segments(count: int) -> str:
    return "segment" if count == 1 else "segments"


def _lines(covers: OwnCovers) -> list[str]:
    regions = [f"--region {each.x},{each.y},{each.width},{each.height}" for each in covers.regions]
    named = {"word": covers.words, "site": covers.sites, "app": covers.apps}
    return [f"--{kind} {name!r}" for kind, names in named.items() for name in names] + regions


@click.command(name="cover")
@click.option("--word", "words", multiple=True, help="A word or phrase, wherever it is typed, titled or on the screen.")
@click.option("--region", "regions", multiple=True, help="A part of the screen: x,y,width,height in pixels.")
@click.option("--site", "sites", multiple=True, help="A site and all below it: example.org.")
@click.option("--app", "apps", multiple=True, help="An application, by the name that the disclosure gives it.")
@click.option("--stop", is_flag=True, help="Cover it no longer from now on. What was covered stays covered.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@click.pass_obj
def cover_command(
    session: Session,
    words: tuple[str, ...],
    regions: tuple[str, ...],
    sites: tuple[str, ...],
    apps: tuple[str, ...],
    stop: bool,
    yes: bool,
) -> None:
    """Also cover this: from now on, and in what is still held here. Without options: say what is covered."""
    desk = Desk.of(session.home, source(session.home))
    asked = wanted(words, regions, sites, apps)
    if stop:
        _show(session, desk.stop(asked))
        return
    if not asked and not desk.unfinished():
        _show(session, desk.covers())
        return
    if not yes:
        with long_work("looking at what is held", quiet=session.as_json):
            plan = desk.look(asked)
        click.echo(words_of(plan, done=False), err=True)
        click.confirm("This cannot be undone for what is held. Go on?", abort=True)
    with long_work("covering", quiet=session.as_json):
        plan = desk.cover(asked)
    session.show(words_of(plan, done=True), plan.row())


def _show(session: Session, covers: OwnCovers) -> None:
    lines = _lines(covers)
    facts: dict[str, Any] = {"covers": lines}
    session.show("\n".join(["covered from now on:", *lines]) if lines else "nothing of your own is covered", facts)
