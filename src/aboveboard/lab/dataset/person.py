"""How is one person's part of a data set made, in this process or in another?

A person is the unit: their shards are theirs alone, and nothing in them depends on anybody else. The worker asks after
the grant itself, opens the person's segments one by one, and lets only sealed files come to rest. What it hands back is
counts and the names of files: nothing that was recorded, so that it may go over a network.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby

from aboveboard.base.clock import Clock
from aboveboard.formats.grant import AccessRequest
from aboveboard.formats.segment import SegmentManifest
from aboveboard.formats.trust import Trust
from aboveboard.lab.dataset.write import Cutting, DatasetWriter, Written
from aboveboard.lab.files import Files, Noted
from aboveboard.lab.open import open_listed
from aboveboard.lab.vault_port import Vault
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.lab.workers import Unit
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey


@dataclass(frozen=True)
class Holder:
    """Who opens: the vault as they reach it, their keys, and whom they trust."""

    vault: Vault
    identity: Identity
    key: SigningKey
    trust: Trust


@dataclass(frozen=True)
class Covered:
    """What a grant covers of one person: ``manifests`` as ``lab.open.list_granted`` gave them."""

    request: AccessRequest
    manifests: Sequence[SegmentManifest]

    @property
    def person_id(self) -> str:
        return self.manifests[0].person_id


@dataclass(frozen=True)
class Target:
    """The data set in the making: its id, where its sealed files go, and how sessions are cut."""

    artefact_id: str
    files: Files
    cutting: Cutting


def by_person(request: AccessRequest, manifests: Sequence[SegmentManifest]) -> list[Unit[Covered]]:
    """A unit for each person, in the order of ``manifests``, which are sorted by person."""
    parts = [Covered(request, list(own)) for _, own in groupby(manifests, key=lambda one: one.person_id)]
    return [Unit(f"person {one.person_id}", one, sum(each.size_bytes for each in one.manifests)) for one in parts]


def write_person(
    holder: Holder,
    grant_id: str,
    target: Target,
    granted: WhileGranted,
    clock: Clock | None,
    opened: Callable[[], None],
    covered: Covered,
) -> Written:
    """Open what is covered of a person and write their shards; ``opened`` is called after each segment.

    What an attempt before this one left of them is removed first. Raises what ``lab.open.open_listed`` raises.
    """
    target.files.remove([name for name in target.files.sizes() if name.startswith(f"person-{covered.person_id}.")])
    noted = Noted(target.files)
    writer = DatasetWriter(target.artefact_id, holder.identity.recipient, noted.put, target.cutting)
    for one in open_listed(
        holder.vault,
        grant_id,
        covered.request,
        covered.manifests,
        holder.identity,
        holder.trust,
        granted=granted,
        clock=clock,
    ):
        writer.add(one)
        opened()
    return replace(writer.part(), files=noted.files)


@dataclass(frozen=True)
class InThisProcess:
    """:func:`write_person` where the data set is made, under the grant as it is watched there."""

    holder: Holder
    grant_id: str
    target: Target
    granted: WhileGranted
    clock: Clock
    opened: Callable[[], None]

    @contextmanager
    def __call__(self) -> Iterator[Callable[[Covered], Written]]:
        yield partial(write_person, self.holder, self.grant_id, self.target, self.granted, self.clock, self.opened)


@dataclass(frozen=True)
class PersonWork:
    """:func:`write_person` for another process: ``hold`` reads there, from its owner's files, what opens.

    No key is in it, so none goes through whatever carries work to workers. The grant is asked after in each of them.
    """

    hold: Callable[[], Holder]
    grant_id: str
    target: Target

    @contextmanager
    def __call__(self) -> Iterator[Callable[[Covered], Written]]:
        holder = self.hold()
        with WhileGranted(holder.vault, self.grant_id, holder.key, holder.trust) as granted:
            yield partial(write_person, holder, self.grant_id, self.target, granted, None, lambda: None)
