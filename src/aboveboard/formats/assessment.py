"""What was a policy worth, task by task, beside one that knows nothing?

An assessment rests beside its lineage as JSON. It says how it was made (episodes, clicks, seeds, what "random" was), so
that its numbers can be read without the code.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import Count, Document, Line, Text, decode_json, encode_json

LIMIT_BYTES = 1024 * 1024

Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class Rate(Document, frozen=True):
    """``successes`` of ``episodes``, and the 95 % interval (Wilson) of the rate, ``low`` to ``high``."""

    successes: Count
    episodes: Annotated[int, Meta(ge=1, le=2**53)]
    low: Share
    high: Share
    mean_clicks: Annotated[float, Meta(ge=0.0)]


class TaskRow(Document, frozen=True):
    """One task, on the same held-out seeds: the trained policy, the random one, and where there is one the nearest
    neighbour, which repeats what was done in the most similar situation."""

    task: Line
    policy: Rate
    random: Rate
    beats_random: bool
    """Whether the policy's interval lies wholly above the random one's."""
    nearest: Rate | None = None


class Assessment(Document, frozen=True):
    """All of it. ``artefact_id`` names the data set that the policy learnt from, as its card says."""

    rows: Annotated[list[TaskRow], Meta(min_length=1, max_length=1000)]
    artefact_id: Line
    success: Line
    random_policy: Line
    clicks_limit: Annotated[int, Meta(ge=1)]
    first_seed: Line
    last_seed: Line
    interval: Line
    begins: Line
    """From which state of the task both begin."""
    seconds: Annotated[float, Meta(ge=0.0)]
    notes: Text = ""
    unit: Literal["clicks", "acts"] = "clicks"
    """What ``clicks_limit`` and ``mean_clicks`` count. An act may be a click, a word typed, a choice or a key."""

    def beaten(self) -> list[str]:
        """The tasks on which the policy beats random."""
        return [row.task for row in self.rows if row.beats_random]

    def text(self) -> str:
        """The rows as a table for a terminal, and how to read it."""
        nearest = any(row.nearest is not None for row in self.rows)
        lines = [f"{'task':<26}{'trained policy':>26}{'random policy':>26}  beats random"]
        lines[0] += f"{'nearest neighbour':>26}" if nearest else ""
        for row in self.rows:
            told = "yes" if row.beats_random else "no"
            beside = f"{_rate(row.nearest):>{26 + 12 - len(told)}}" if row.nearest is not None else ""
            lines.append(f"{row.task:<26}{_rate(row.policy):>26}{_rate(row.random):>26}  {told}{beside}")
        lines.append(
            f"success: {self.success}; {self.interval}; at most {self.clicks_limit} {self.unit} an episode;"
            f" {self.begins}"
        )
        lines.append(f"random: {self.random_policy}; seeds {self.first_seed} to {self.last_seed}, in no demonstration")
        return "\n".join(lines)


def encode(assessment: Assessment) -> bytes:
    """The assessment's JSON."""
    return encode_json(assessment)


def decode(data: bytes) -> Assessment:
    """Parse an assessment; raises :class:`BadInput`."""
    return decode_json(data, Assessment, name="assessment", limit_bytes=LIMIT_BYTES)


def _rate(rate: Rate) -> str:
    share = rate.successes / rate.episodes
    return f"{share:5.0%} [{rate.low:.0%} to {rate.high:.0%}] of {rate.episodes}"
