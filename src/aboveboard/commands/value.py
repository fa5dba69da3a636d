"""What was a data set worth? The page behind ``aboveboard assess DATASET``, with its lineage."""

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from aboveboard.commands import lab
from aboveboard.commands.home import Home
from aboveboard.commands.lowered_frames import lowered, through
from aboveboard.commands.terminal import Advance
from aboveboard.formats.disclosure import Screen
from aboveboard.formats.value import LIMIT_BYTES, Value, decode_groups, encode
from aboveboard.lab import flow, lineage

if TYPE_CHECKING:
    from aboveboard.lab.train.behaviour_cloning import Config

VALUE_FILE, PAGE_FILE, GROUPS_FILE = "value.json", "value.html", "groups.json"


def value(
    home: Home,
    researcher: str,
    artefact_id: str,
    *,
    tasks: list[str],
    episodes: int,
    draws: int,
    advance: Advance,
    levels: Sequence[Screen] = (),
    groups: Mapping[str, Collection[str]] | None = None,
    shares: Sequence[float] = (),
    config: "Config | None" = None,
) -> tuple[str, Value]:
    """Draw the curves of a data set; the artefact id of the page and what it says.

    ``levels`` of the screen are tried besides what was recorded; ``shares`` of it are drawn, the usual ones if none is
    named. Raises :class:`Refused` for ``groups`` whose part
    could tell of fewer than ten people, also together with those that were asked for before.
    """
    from aboveboard.lab.assess.environment import Environment
    from aboveboard.lab.assess.evaluate import attempt
    from aboveboard.lab.assess.value import SHARES, heap_of, value
    from aboveboard.lab.assess.value_page import page
    from aboveboard.lab.assess.worth import Way
    from aboveboard.lab.model.click_policy import Click, ClickPolicy
    from aboveboard.lab.model.sight import Image
    from aboveboard.lab.train.behaviour_cloning import Config
    from aboveboard.stage.browser import Browser
    from aboveboard.stage.display import Display
    from aboveboard.stage.tasks import TaskServer, window_title

    key, lab_home = home.staff_key(researcher), home.folder("lab")
    views = {level: lowered(level) for level in levels}

    class Seeing:
        """A policy that learnt from structure knows no text, and is shown none."""

        def __init__(self, policy: ClickPolicy) -> None:
            self._policy = policy

        def act(self, frame: Image, title: str) -> Click:
            return self._policy.act(views["structure"](frame), title)

    with lab.opened(home, researcher, artefact_id) as data:
        titles = {window_title(task) for task in tasks}
        # Who is not in it is not named beside it: no erasure of theirs would reach the page.
        present = {name: sorted(set(people) & set(data.people)) for name, people in (groups or {}).items()}
        steps, stretches = list(data.steps()), list(data.episodes())
        heaps = {Way(): heap_of(steps, stretches, data.frame, titles, groups, _asked_before(lab_home, artefact_id))}
        for level, view in views.items():
            heaps[Way(screen=level)] = heap_of(steps, stretches, through(view, data.frame), titles)
        with Display() as display, Browser(display) as browser, TaskServer() as server:
            environment = Environment(display, browser, server)

            def tried(policy: ClickPolicy, way: Way, task: str, numbers: range) -> int:
                actor = Seeing(policy) if way.screen == "structure" else policy
                return sum(attempt(actor, environment, task, number).reward > 0 for number in numbers)

            made = value(
                heaps,
                tasks,
                tried,
                episodes=episodes,
                draws=draws,
                shares=shares or SHARES,
                config=replace(config or Config(), artefact_id=artefact_id),
                progress=advance,
            )
    with tempfile.TemporaryDirectory(prefix="aboveboard-value-") as folder:
        (Path(folder) / VALUE_FILE).write_bytes(encode(made))
        (Path(folder) / PAGE_FILE).write_text(page(made), encoding="utf-8")
        if groups:
            (Path(folder) / GROUPS_FILE).write_bytes(msgspec.json.encode(present))
        _, pedigree = flow.register_assessment(home.client("vault", key), key, lab_home, Path(folder), [artefact_id])
    return pedigree.artefact_id, made


def read_groups(path: Path) -> dict[str, list[str]]:
    """A file of groups: names, and the ids of who is in each; raises :class:`BadInput`."""
    with path.open("rb") as file:
        return decode_groups(file.read(LIMIT_BYTES + 1))


def _asked_before(lab_home: Path, artefact_id: str) -> list[list[str]]:
    """Whose part of this data set was worked out before."""
    found: list[list[str]] = []
    for path in sorted((lab_home / "artefacts").glob(f"art_*/{GROUPS_FILE}")):
        if artefact_id in lineage.read_lineage(lab_home, path.parent.name).parents:
            found += read_groups(path).values()
    return found
