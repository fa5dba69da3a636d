"""How is long work shown?

On a terminal as a bar with what is happening and how far it is; elsewhere as one line when it begins and one when it
ends. Always on standard error, so that standard output stays what a script asked for.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Advance = Callable[[int, int, str], None]
"""Called with how much is done, of how much, and a few words (may be empty)."""
_BARS = "▁▂▃▄▅▆▇█"


def spark(values: Sequence[float], width: int = 24) -> str:
    """A curve in one line of at most ``width`` characters, the least value the lowest; "" for fewer than two."""
    if len(values) < 2:
        return ""
    parts = min(width, len(values))
    cuts = [round(number * len(values) / parts) for number in range(parts + 1)]
    means = [sum(values[begin:end]) / (end - begin) for begin, end in pairwise(cuts)]
    low, high = min(means), max(means)
    return "".join(_BARS[round((one - low) / (high - low) * (len(_BARS) - 1)) if high > low else 0] for one in means)


@contextmanager
def long_work(title: str, *, quiet: bool = False) -> Iterator[Advance]:
    """Show ``title`` and how far it is until the block ends; ``quiet`` shows nothing at all."""
    if quiet:
        yield lambda done, total, words: None
    elif sys.stderr.isatty():
        yield from _bar(title)
    else:
        yield from _lines(title)


def _bar(title: str) -> Iterator[Advance]:
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=None, words="")

        def advance(done: int, total: int, words: str) -> None:
            progress.update(task, completed=done, total=total, words=words or f"{done} of {total}")

        yield advance
        total = progress.tasks[0].total
        progress.update(task, completed=total if total else 1, total=total or 1)


def _lines(title: str) -> Iterator[Advance]:
    begin, last = time.monotonic(), ""

    def advance(done: int, total: int, words: str) -> None:
        nonlocal last
        last = words or f"{done} of {total}"

    click.echo(f"· {title} …", err=True)
    yield advance
    click.echo(f"  done in {time.monotonic() - begin:.1f} s{f' ({last})' if last else ''}", err=True)
