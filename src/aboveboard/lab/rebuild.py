"""What becomes of a data set when something in it was erased?

1. The grant still holds, and the vault says what it still covers: exactly those of the data set's segments stay.
2. Whoever lost nothing has their shards taken over byte for byte; whoever lost everything has none; of whoever lost a
   part what is left is written anew (``lab.dataset.rebuild``).
3. The new version has its own id, a lineage that names only what stays, counts, and the difference, sealed. It is
   registered, and then gets its name, like anything else (``lab.lineage``).

The older one is destroyed after that, and the vault is told what it became. A process that is killed leaves the older
one, or both, and the next round finds the newer by its card. Where this cannot be done the data set is destroyed only.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import BadInput, NotFound, Refused, Tampered, Unavailable
from aboveboard.formats import dataset
from aboveboard.formats.dataset import FORMAT_VERSION, DatasetCard, Shard, Totals
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.trajectory import ActionKind
from aboveboard.formats.trust import Trust
from aboveboard.lab import lineage
from aboveboard.lab.bucket import store_of
from aboveboard.lab.dataset.diff import Difference
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.rebuild import Change, Tally, rewrite
from aboveboard.lab.dataset.shards import PersonShards
from aboveboard.lab.files import CARD_FILE
from aboveboard.lab.flow import Sources
from aboveboard.lab.open import list_granted
from aboveboard.lab.vault_port import Vault
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.rules.decision import Reason
from aboveboard.rules.lineage import may_replace
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.signatures import SigningKey

DIFFERENCE_FILE = "difference.json.age"
UNTOLD = "not_told_apart"
"""Why events made no step, where another version of the rules had counted them."""


@dataclass(frozen=True)
class Rebuilt:
    """What is left of a data set, in the folder ``path``; ``difference`` is counted over those who lost something."""

    artefact_id: str
    path: Path
    totals: Totals
    lineage: Lineage
    difference: Difference


def rebuild(
    vault: Vault,
    lab_home: Path,
    older: Lineage,
    identity: Identity,
    staff_key: SigningKey,
    trust: Trust,
    *,
    clock: Clock | None = None,
) -> Rebuilt | None:
    """Write what is left of the data set ``older``; ``None`` if nothing is, or its time is over, or it holds what a
    model proposed: from whom that was learnt is not told apart by segments.

    Raises :class:`Refused` where the grant has ended, :class:`Tampered` or :class:`BadInput` where the data set is not
    what was written, :class:`Unavailable` where the vault or the keyholder does not answer.
    """
    if older.parents:
        return None
    now = clock or SystemClock()
    folder = lineage.artefact_folder(lab_home, older.artefact_id)
    with WhileGranted(vault, older.grant_id, staff_key, trust, clock=now) as granted:
        request, manifests = list_granted(vault, older.grant_id, identity, requester_key=staff_key.public)
        had, sources = _places(older), Sources(vault)
        for one in manifests:
            if one.sequence in had.get(one.person_id, {}).get(one.session_id, ()):
                sources.add(one, request.purpose)
        if not sources.manifests:
            return None
        data = Dataset.open(folder, identity, signer=staff_key.public, granted=granted)
        with lineage.draft(lab_home, store_of(folder)) as made:
            shards, changes = _write(data, made, identity, had, _places(sources.lineage(made, older.grant_id, 0)))
            created_at_ns = now.wall_ns()
            totals = _totals(data.card.totals, sources, changes)
            card = DatasetCard(
                format="aboveboard.dataset",
                version=FORMAT_VERSION,
                artefact_id=made.artefact_id,
                created_at_ns=created_at_ns,
                totals=totals,
                shards=shards,
                rebuilt_from=older.artefact_id,
            )
            made.noted.put(CARD_FILE, dataset.encode(card))
            difference = _difference(older, sources, changes)
            made.noted.put(DIFFERENCE_FILE, seal(msgspec.json.encode(difference), [identity.recipient]))
            pedigree = sources.lineage(made, older.grant_id, created_at_ns, "rebuild")
            if pedigree.retention_until_ns <= created_at_ns:
                return None
            granted.check()
            may_replace(older, pedigree).require()
            path = lineage.register(vault, staff_key, made, pedigree)
    return Rebuilt(made.artefact_id, path, totals, pedigree, difference)


Places = Mapping[str, Mapping[str, frozenset[int]]]
"""Person, session, and the sequences of its segments."""


def _places(pedigree: Lineage) -> Places:
    found: dict[str, dict[str, frozenset[int]]] = {}
    for source in pedigree.sources:
        of_person = found.setdefault(source.person_id, {})
        for session in source.sessions:
            named = frozenset(place for first, last in session.spans for place in range(first, last + 1))
            of_person[session.session_id] = of_person.get(session.session_id, frozenset()) | named
    return found


def _write(
    data: Dataset, made: lineage.Draft, identity: Identity, had: Places, left: Places
) -> tuple[list[Shard], list[Change]]:
    """Step 2: the shards of the new version, and what changed for each person who lost something."""
    shards: list[Shard] = []
    changes: list[Change] = []
    for person_id in data.people:
        own = [one for one in data.card.shards if one.person_id == person_id]
        stays = left.get(person_id, {})
        if stays == had.get(person_id):
            for one in own:
                made.noted.take(data.kept, data.files[one.path])
            shards += own
            continue
        writer = PersonShards(made.artefact_id, person_id, identity.recipient, made.noted.put) if stays else None
        changes.append(rewrite(data, person_id, stays, writer))
        shards += writer.finish() if writer is not None else []
    return shards, changes


def _totals(older: Totals, sources: Sources, changes: Sequence[Change]) -> Totals:
    """The counts of what stays: those of the older version, less those who lost something, and what is left of them."""
    before, after = Tally(), Tally()
    for change in changes:
        for total, part in ((before, change.before), (after, change.after)):
            total.numbers += part.numbers
            total.actions += part.actions
            total.unused += part.unused
    counted = Counter({name: getattr(older, name) for name in before.numbers.keys() | after.numbers.keys()})
    numbers = counted - before.numbers + after.numbers
    unused = Counter(older.unused) - before.unused + after.unused
    left_over = numbers["events"] - numbers["step_events"]
    if unused.total() != left_over:
        unused = Counter({UNTOLD: left_over})
    actions = Counter[str](older.actions) - before.actions + after.actions
    runs: dict[str, list[int]] = {}
    for one in sources.manifests:
        runs.setdefault(one.session_id, []).append(one.sequence)
    return msgspec.structs.replace(
        older,
        people=len({one.person_id for one in sources.manifests}),
        sessions=len(runs),
        segments=len(sources.manifests),
        missing_segments=sum(max(of) - min(of) + 1 - len(of) for of in runs.values()),
        recorded_ns=sum(max(0, one.end_wall_ns - one.start_wall_ns) for one in sources.manifests),
        unused=dict(sorted(unused.items())),
        actions=msgspec.convert(dict(sorted(actions.items())), dict[ActionKind, int]),
        **{name: numbers[name] for name in counted},
    )


def _difference(older: Lineage, sources: Sources, changes: Sequence[Change]) -> Difference:
    steps: Counter[str] = Counter()
    for change in changes:
        steps.update(change.steps)
    removed = len(set(older.people) - {one.person_id for one in sources.manifests})
    counted = {name: steps[name] for name in Difference.__dataclass_fields__}
    return Difference(**counted | {"people_removed": removed})


def successors(lab_home: Path) -> dict[str, str]:
    """Which data set here took the place of which: older → newer, by their cards."""
    found = {}
    for path in sorted((lab_home / "artefacts").glob("art_*/dataset.json")):
        card = dataset.decode(path.read_bytes())
        if card.rebuilt_from is not None:
            found[card.rebuilt_from] = card.artefact_id
    return found


def remaker(
    vault: Vault,
    lab_home: Path,
    identity: Identity,
    staff_key: SigningKey,
    trust: Trust,
    *,
    clock: Clock | None = None,
    told: Callable[[str, str], None] = lambda older, words: None,
) -> Callable[[Lineage], str | None]:
    """What :func:`aboveboard.lab.lineage.honour_erasures` asks before it destroys a data set.

    ``told`` is called with the older one's id and what became of it, in words. Where the older one cannot be opened any
    more nothing is made of it; where only the time is wrong, :class:`Unavailable` is raised.
    """

    def remake(older: Lineage) -> str | None:
        if older.kind != "dataset":
            return None
        if older.parents:
            told(older.artefact_id, "not made again, for other artefacts went into it too: derive it again")
            return None
        known = successors(lab_home).get(older.artefact_id)
        if known is not None or not lineage.artefact_folder(lab_home, older.artefact_id).exists():
            return known
        try:
            made = rebuild(vault, lab_home, older, identity, staff_key, trust, clock=clock)
        except (Refused, NotFound, BadInput, Tampered) as error:
            if isinstance(error, Refused) and error.reason == Reason.GRANT_UNCERTAIN:
                raise _later(error) from error
            told(older.artefact_id, f"not made again: {error.what}")
            return None
        except OSError as error:
            raise _later(error) from error
        told(older.artefact_id, "nothing of it is left" if made is None else f"made again as {made.artefact_id}")
        return made.artefact_id if made is not None else None

    return remake


def _later(error: Exception) -> Unavailable:
    return Unavailable(
        f"a data set that somebody's recordings were erased from cannot be made again now: {error}",
        cause="the keyholder does not answer, or the disk is full",
        fix="mend it and give the command again; until then nothing is opened, and at its date the data set goes",
    )
