"""What may a steward be told of the fleet, and which proof is there that a pause arrived?

Counts are of at least ten people together (:func:`groups`). They are counted once, in one partition, so that no two
counts can be subtracted to tell of fewer. A pause of fewer than ten people has no counts either: only the moment from
which on nothing is possible, which follows from the length of a lease and tells nothing of anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.fleet import (
    STRAGGLERS_LIMIT,
    Group,
    PauseReport,
    Spread,
    States,
    StopCounts,
    Straggler,
    StragglerWhy,
)
from aboveboard.rules.decision import Reason
from aboveboard.rules.lease import LEASE_DURATION_NS

LEAST_PEOPLE = 10
LATELY_NS = 60 * SECOND_NS
"""A device that has not asked for so long is unreachable; one that is refused asks four times a minute or more."""
REPORT_NS = 2 * LEASE_DURATION_NS
"""So long after a pause began its report is closed: every lease has run out, and every replica has told."""
STRAGGLER_NS = 2 * SECOND_NS
"""A device that needs longer than this is named."""

Place = tuple[str, str]
"""A country and a cohort."""


def state_of(answer: str, *, lease_live: bool, lately: bool) -> str:
    """The field of ``States`` for a device whose last request for a lease was answered so ("ok", or the reason)."""
    if answer == Reason.OK:
        return "permitted" if lease_live else "unreachable"
    if not lately:
        return "unreachable"
    known = {Reason.PAUSED_BY_PERSON: "paused_by_person", Reason.PAUSED_BY_STEWARD: "paused_by_steward"}
    return known.get(Reason(answer), "refused") if answer in set(Reason) else "refused"


def added(*each: States) -> States:
    """The sum."""
    return States(**{name: sum(getattr(one, name) for one in each) for name in States.__struct_fields__})


def groups(people: Mapping[Place, int], states: Mapping[Place, States]) -> list[Group]:
    """Everyone, in parts of at least ten people; none at all if there are fewer.

    1. A country and cohort with ten people or more is a group.
    2. The smaller cohorts of one country are joined ("DE", others).
    3. What is left of all countries is joined (others).
    4. If that is fewer than ten, the smallest group is joined to it: otherwise it would follow by subtraction.
    """
    parts: dict[tuple[str | None, str | None], list[Place]] = {}
    for place in sorted(people):
        if people[place] > 0:
            key: tuple[str | None, str | None] = (
                (place[0], place[1]) if people[place] >= LEAST_PEOPLE else (place[0], None)
            )
            parts.setdefault(key, []).append(place)

    def size(key: tuple[str | None, str | None]) -> int:
        return sum(people[place] for place in parts[key])

    def join(key: tuple[str | None, str | None]) -> None:
        parts.setdefault((None, None), []).extend(parts.pop(key))

    for key in [each for each in parts if size(each) < LEAST_PEOPLE]:
        join(key)
    while (None, None) in parts and size((None, None)) < LEAST_PEOPLE:
        shown = [each for each in parts if each != (None, None)]
        if not shown:
            return []
        join(min(shown, key=size))
    return [
        Group(
            country=country,
            cohort=cohort,
            people=size((country, cohort)),
            states=added(*(states.get(place, States()) for place in places)),
        )
        for (country, cohort), places in parts.items()
    ]


@dataclass(frozen=True)
class Stop:
    """One device under one pause, by the vault's clock; 0: it did not happen.

    ``lease_until_ns``: the end of its last lease. ``lease_at_ns``: when that was given, if the pause had begun.
    ``refused_at_ns``: when it was refused first since. ``frame_ns``: the end of its last frame that was taken in, if
    that is after the pause began, ``intake_at_ns`` when it was last taken in since. ``offered_ns``: the end of its last
    frame that was refused because of the pause.
    """

    device_id: str
    lease_until_ns: int = 0
    lease_at_ns: int = 0
    refused_at_ns: int = 0
    frame_ns: int = 0
    intake_at_ns: int = 0
    offered_ns: int = 0


@dataclass(frozen=True)
class News:
    """What happened to one device since the last look."""

    asked_at_ns: int = 0
    answer: str = ""
    version: str = ""
    answers: tuple[tuple[int, int], ...] = ()
    """When it asked for a lease, and until when it was given one (0: it was refused), in order."""
    frames: tuple[tuple[int, int], ...] = ()
    """End of a segment that was taken in, and when that was."""
    offered: tuple[int, ...] = ()
    """End of a segment that was refused because of a pause."""


def moved(stop: Stop, news: News, *, at_ns: int, ended_at_ns: int | None, of_app: bool = False) -> Stop:
    """``stop`` after ``news``, under the pause from ``at_ns`` to ``ended_at_ns``; what lies outside changes nothing.

    With ``of_app`` only one application is paused: whoever is given a lease since has been told so by it.
    """

    def within(time_ns: int) -> bool:
        return at_ns <= time_ns and (ended_at_ns is None or time_ns < ended_at_ns)

    for asked_ns, until_ns in news.answers:
        if within(asked_ns) and (not until_ns or of_app):
            stop = replace(stop, refused_at_ns=stop.refused_at_ns or asked_ns)
        elif within(asked_ns):
            stop = replace(stop, lease_until_ns=until_ns, lease_at_ns=asked_ns, refused_at_ns=0)
        elif asked_ns < at_ns and until_ns > stop.lease_until_ns:
            stop = replace(stop, lease_until_ns=until_ns)
    for end_ns, taken_ns in news.frames:
        if within(end_ns):
            stop = replace(stop, frame_ns=max(stop.frame_ns, end_ns))
        if within(taken_ns):
            stop = replace(stop, intake_at_ns=max(stop.intake_at_ns, taken_ns))
    offered = [end_ns for end_ns in news.offered if within(end_ns)]
    return replace(stop, offered_ns=max([stop.offered_ns, *offered]))


def report(
    pause_id: str, stops: Sequence[Stop], *, people: int, at_ns: int, ended_at_ns: int | None, now_ns: int
) -> tuple[PauseReport, list[Straggler]]:
    """How a pause of ``people`` people has arrived by ``now_ns``, and who straggles.

    ``stops`` are the devices whose lease was live when it began, or that were given one since.
    """
    over_ns = now_ns if ended_at_ns is None else min(now_ns, ended_at_ns)
    enough = people >= LEAST_PEOPLE
    late = [stop.lease_until_ns for stop in stops if stop.lease_at_ns] if enough else []
    certain_at_ns = max([at_ns + LEASE_DURATION_NS, *late])
    counts = _counts(stops, at_ns=at_ns, over_ns=over_ns, ended=over_ns != now_ns) if enough else None
    stopped = certain_at_ns <= over_ns if counts is None else counts.possible == counts.unproven == 0
    told = PauseReport(
        pause_id=pause_id,
        at_ns=at_ns,
        ended_at_ns=ended_at_ns if over_ns == ended_at_ns else None,
        certain_at_ns=certain_at_ns,
        stopped=stopped,
        final=now_ns >= at_ns + REPORT_NS,
        counts=counts,
    )
    named = [_straggler(stop, at_ns=at_ns, over_ns=over_ns) for stop in stops] if enough else []
    slow = sorted((each for each in named if each), key=lambda each: (-each.until_ns, each.device_id))
    return told, slow[:STRAGGLERS_LIMIT]


def _counts(stops: Sequence[Stop], *, at_ns: int, over_ns: int, ended: bool) -> StopCounts:
    confirmed = [stop.refused_at_ns for stop in stops if stop.refused_at_ns]
    lapsed = [stop.lease_until_ns for stop in stops if not stop.refused_at_ns and stop.lease_until_ns <= over_ns]
    rest = len(stops) - len(confirmed) - len(lapsed)
    return StopCounts(
        devices=len(stops),
        confirmed=len(confirmed),
        lapsed=len(lapsed),
        possible=0 if ended else rest,
        unproven=rest if ended else 0,
        to_stop=_spread([*confirmed, *lapsed], at_ns),
        to_last_frame=_spread([max(stop.frame_ns, at_ns) for stop in stops], at_ns),
        to_last_intake=_spread([stop.intake_at_ns for stop in stops if stop.intake_at_ns], at_ns),
        to_last_offer=_spread([stop.offered_ns for stop in stops if stop.offered_ns], at_ns),
    )


def _straggler(stop: Stop, *, at_ns: int, over_ns: int) -> Straggler | None:
    slow_ns = at_ns + STRAGGLER_NS
    found: list[tuple[StragglerWhy, int]] = []
    if stop.frame_ns > slow_ns:
        found.append(("frame_after_pause", stop.frame_ns))
    if stop.lease_at_ns and (stop.refused_at_ns or stop.lease_until_ns) > slow_ns:
        found.append(("lease_after_pause", stop.refused_at_ns or stop.lease_until_ns))
    if stop.offered_ns > slow_ns:
        found.append(("frame_offered", stop.offered_ns))
    if not stop.refused_at_ns and stop.lease_until_ns > over_ns >= slow_ns:
        found.append(("lease_live", stop.lease_until_ns))
    return Straggler(device_id=stop.device_id, why=found[0][0], until_ns=found[0][1]) if found else None


def _spread(moments: Sequence[int], at_ns: int) -> Spread | None:
    if not moments:
        return None
    spans = sorted(max(0, moment - at_ns) for moment in moments)

    def rank(percent: int) -> int:
        return spans[max(0, -(-len(spans) * percent // 100) - 1)]

    return Spread(devices=len(spans), p50_ns=rank(50), p99_ns=rank(99), max_ns=spans[-1])
