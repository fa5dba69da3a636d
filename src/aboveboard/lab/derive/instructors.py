"""Who says what an episode was for, where nobody said so while it was recorded: which plug-in?

A plug-in is a function that is given an episode and its steps and returns the instruction, or "" for no idea. It is
named by an entry point in the group ``aboveboard.instructors`` or as ``module:function``, so that other processes find
it too. It runs where the steps were opened, under their grant, and sees what that shows; it is the lab's own code.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from aboveboard.base.errors import AboveboardError, BadInput, NotFound
from aboveboard.formats.trajectory import INSTRUCTION_LIMIT, Episode, Step
from aboveboard.lab.derive.episodes import Instructor

GROUP = "aboveboard.instructors"


@dataclass(frozen=True)
class Named:
    """The plug-in of that name; raises :class:`NotFound` when it is first called, if there is none.

    What it returns is put on one line. Raises :class:`BadInput` where it fails, or returns what is no instruction.
    """

    name: str

    def __call__(self, episode: Episode, steps: Sequence[Step]) -> str:
        plug_in = _found(self.name)
        try:
            words = plug_in(episode, steps)
        except AboveboardError:
            raise
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            # Not its words: they may be a recording's, and go into logs.
            where = f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"
            raise BadInput(f"the plug-in {self.name} failed: {where}", fix="mend it, or derive without it") from error
        if not isinstance(words, str) or len(words) > INSTRUCTION_LIMIT:
            what = f"{len(words)} characters" if isinstance(words, str) else f"a {type(words).__name__}"
            raise BadInput(
                f"the plug-in {self.name} returned {what}",
                cause=f"an instruction is a text of at most {INSTRUCTION_LIMIT} characters",
                fix='let it return less, or "" for no idea',
            )
        return " ".join(words.split())

    def require(self) -> "Named":
        """Raise :class:`NotFound` now, before anything is opened, if there is none."""
        _found(self.name)
        return self

    @property
    def version(self) -> str:
        """Its name, and what it was installed with, where that is known: as a lineage states it."""
        distribution = next((one.dist for one in entry_points(group=GROUP, name=self.name)), None)
        return f"{self.name} of {distribution.name} {distribution.version}" if distribution else self.name


@lru_cache
def _found(name: str) -> Instructor:
    named = next(iter(entry_points(group=GROUP, name=name)), None)
    try:
        if named is None and ":" not in name:
            raise ModuleNotFoundError(f"no entry point of that name in the group {GROUP}")
        plug_in = (named or EntryPoint(name, name, GROUP)).load()
    except (ImportError, AttributeError, ValueError) as error:
        known = ", ".join(sorted(one.name for one in entry_points(group=GROUP)))
        raise NotFound(
            f"there is no plug-in {name[:200]!r}: {error}",
            cause=f"it is not installed here; there is: {known}" if known else "it is not installed here",
            fix="name it as module:function, from a package that is installed or in PYTHONPATH",
        ) from error
    if not callable(plug_in):
        raise NotFound(f"{name[:200]!r} is no function", cause="another name was meant", fix="name a function")
    made: Instructor = plug_in
    return made
