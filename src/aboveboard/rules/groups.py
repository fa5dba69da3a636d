"""May it be worked out what these groups of people brought?

Contributions are valued by groups, never by person. What a group brought is the difference between what all recordings
give and what all but its own give; differences of differences can be taken by whoever reads them. So what counts is not
only how large a group is, but which people can be told apart by belonging to it:

1. Each group has at least ten people.
2. Everybody is sorted by the groups that they belong to, those asked for now and those that were worked out of the same
   data before. All who belong to the same ones, or to none, must be at least ten. Then whatever is added and subtracted
   tells of ten people or of nobody: two groups that differ by one person are refused, and so is a group of all but one.

A group may hold people of whom there is no data; they do not count.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no
from aboveboard.rules.fleet import LEAST_PEOPLE


@deny_on_error
def may_value(
    everybody: Collection[str],
    groups: Mapping[str, Collection[str]],
    before: Iterable[Collection[str]] = (),
) -> Decision:
    """May the part of each of ``groups`` in the data of ``everybody`` be worked out? ``before`` are earlier groups."""
    inside = set(everybody)
    if not groups:
        return no(Reason.GROUP_TOO_FEW, "no group was named")
    named = {name: set(people) & inside for name, people in groups.items()}
    for name, people in sorted(named.items()):
        if len(people) < LEAST_PEOPLE:
            return no(Reason.GROUP_TOO_FEW, f"the group {name!r} has fewer than {LEAST_PEOPLE} people")
    sets = [*named.values(), *(set(people) & inside for people in before)]
    apart = Counter(tuple(person in people for people in sets) for person in inside)
    if min(apart.values()) < LEAST_PEOPLE:
        return no(Reason.GROUP_APART, f"fewer than {LEAST_PEOPLE} people could be told apart")
    return ALLOWED
