"""What happens in the lab, from a grant to a model? Read this first.

open (``lab.open``) → derive steps (``lab.derive``) → write a sealed data set (``lab.dataset``) → train
(``lab.train``) → assess (``lab.assess``). Whatever comes to rest passes through :func:`derive` or :func:`register`
here, and so carries its lineage, registered with the vault before the files get their name.
"""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import BadInput, NotFound, Tampered
from aboveboard.formats import assisted as assisted_format
from aboveboard.formats import disclosure, envelope
from aboveboard.formats.dataset import Totals
from aboveboard.formats.disclosure import Purpose
from aboveboard.formats.lineage import Kind, Lineage
from aboveboard.formats.recording import SCREEN_TOPIC, topic_of
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.segment import SegmentManifest
from aboveboard.formats.trust import Trust
from aboveboard.lab import lineage, marks
from aboveboard.lab.bucket import Store
from aboveboard.lab.dataset.person import Holder, InThisProcess, PersonWork, Target, by_person
from aboveboard.lab.dataset.write import Cutting, DatasetWriter, Written
from aboveboard.lab.derive.assisted import Account, sessions_of
from aboveboard.lab.open import list_granted, open_grant
from aboveboard.lab.vault_port import Vault
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.lab.workers import Here, Workers
from aboveboard.rules.lineage import Terms, narrowest, of_people, sources_of, terms_of, union
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey

ASSISTED_FILE = "assisted.json"
DAY_NS = 86_400 * 1_000_000_000

Progress = Callable[[int, int], None]
"""Called with how many segments are done, and of how many."""


@dataclass(frozen=True)
class DerivedDataset:
    """A data set that now rests, sealed, in the folder ``path``. ``size_bytes`` is the size of its sealed files."""

    artefact_id: str
    path: Path
    totals: Totals
    lineage: Lineage
    size_bytes: int
    failures: dict[str, list[str]] = field(default_factory=dict)
    """Why a person's part was begun again, where it was."""


@dataclass(frozen=True)
class Look:
    """What a grant covers: how many segments, of how many people, how long, and messages by topic."""

    segments: int
    people: int
    recorded_ns: int
    messages: dict[str, int]


def look(
    vault: Vault,
    grant_id: str,
    identity: Identity,
    staff_key: SigningKey,
    trust: Trust,
    progress: Progress = lambda done, total: None,
    *,
    clock: Clock | None = None,
) -> Look:
    """Open what the grant covers, count it, keep nothing. It is an opening like any other, and so in the ledger."""
    people: set[str] = set()
    messages: Counter[str] = Counter()
    segments = recorded_ns = 0
    with WhileGranted(vault, grant_id, staff_key, trust, clock=clock) as granted:
        for opened in open_grant(
            vault, grant_id, identity, trust, requester_key=staff_key.public, granted=granted, clock=clock
        ):
            segments += 1
            people.add(opened.manifest.person_id)
            recorded_ns += max(0, opened.manifest.end_wall_ns - opened.manifest.start_wall_ns)
            items = opened.items
            messages.update(SCREEN_TOPIC if isinstance(one, ScreenPatch) else topic_of(one.event) for one in items)
            progress(opened.place + 1, opened.total)
    return Look(segments, len(people), recorded_ns, dict(sorted(messages.items())))


def derive(
    vault: Vault,
    grant_id: str,
    identity: Identity,
    staff_key: SigningKey,
    lab_home: Path,
    trust: Trust,
    progress: Progress = lambda done, total: None,
    *,
    clock: Clock | None = None,
    cutting: Cutting | None = None,
    assisted: Mapping[str, str] | None = None,
    workers: Workers | None = None,
    hold: Callable[[], Holder] | None = None,
    store: Store | None = None,
) -> DerivedDataset:
    """Open what the grant covers, cut it into steps, and write a data set sealed to ``identity``.

    ``cutting`` says how sessions become episodes, and what was marked in them. ``assisted`` names artefacts of this
    ``lab_home`` that tell where a policy acted, each with its session ("": the only one that was recorded meanwhile).
    What a policy proposed comes from a model: the data set has everyone in its lineage from whom that was learnt.

    With ``workers`` each person is another's work, who reads with ``hold`` what opens; else all is done here. The plain
    bytes are the same whoever did it. With ``store`` its files rest there, and in the lab's folder only where.

    On any error nothing is kept: no files, and no lineage. Raises what ``lab.open.open_grant`` raises, and
    :class:`NotFound` if the grant covers no segment yet.
    """
    now = clock or SystemClock()
    with WhileGranted(vault, grant_id, staff_key, trust, clock=now) as granted, lineage.draft(lab_home, store) as made:
        sources = Sources(vault, [_of_grant(lab_home, one, grant_id) for one in assisted or {}])
        request, manifests = list_granted(vault, grant_id, identity, requester_key=staff_key.public)
        if not manifests:
            raise NotFound(
                "this grant covers no recording yet",
                cause="the people it names have not recorded anything, or it was not uploaded",
                fix="try again once their segments have arrived",
            )
        for manifest in manifests:
            sources.add(manifest, request.purpose)
        if assisted:
            accounts = [_account(lab_home, one, assisted[one.artefact_id], manifests) for one in sources.parents]
            cutting = replace(cutting or Cutting(), assisted=accounts)
        target = Target(made.artefact_id, made.files, cutting or Cutting())
        tell = Tally(len(manifests), progress)
        units = by_person(request, manifests)
        if workers is None or hold is None:
            holder = Holder(vault, identity, staff_key, trust)
            done = Here().run(InThisProcess(holder, grant_id, target, granted, now, tell.add), units)
        else:
            done = workers.run(PersonWork(hold, grant_id, target), units, granted.check, tell.part)
        writer = DatasetWriter(made.artefact_id, identity.recipient, made.noted.put)
        for part in done.results:
            writer.join(part)
            made.noted.files.update(part.files)
        created_at_ns = now.wall_ns()
        card = writer.finish(created_at_ns)
        how = f"derive, instructions by {target.cutting.instructed_by[:100]}" if target.cutting.instructor else "derive"
        pedigree = sources.lineage(made, grant_id, created_at_ns, how)
        path = lineage.register(vault, staff_key, made, pedigree)
    size_bytes = sum(one.size_bytes for one in pedigree.files)
    return DerivedDataset(made.artefact_id, path, card.totals, pedigree, size_bytes, done.failures)


def register(
    vault: Vault,
    staff_key: SigningKey,
    lab_home: Path,
    kind: Literal["model", "assessment"],
    parents: list[str],
    files: Path,
    *,
    clock: Clock | None = None,
) -> tuple[Path, Lineage]:
    """Keep what was made from other artefacts: copy the folder ``files``, register, and return where it rests.

    ``parents`` are artefact ids in this ``lab_home``. A model or an assessment holds what was learnt, not what was
    recorded, and so is not sealed; it still names everyone it was learnt from, and goes when they do.
    """
    with lineage.draft(lab_home) as made:
        shutil.copytree(files, made.folder, dirs_exist_ok=True)
        marks.stamp_all(made.folder, made.artefact_id)
        sources = [lineage.read_lineage(lab_home, parent) for parent in parents]
        now_ns = (clock or SystemClock()).wall_ns()
        pedigree = lineage.inherit(made, kind, sources, created_at_ns=now_ns)
        return lineage.register(vault, staff_key, made, pedigree), pedigree


def register_model(
    vault: Vault, staff_key: SigningKey, lab_home: Path, files: Path, datasets: list[str]
) -> tuple[Path, Lineage]:
    """Keep a trained model: the folder ``files``, made from these data sets."""
    return register(vault, staff_key, lab_home, "model", datasets, files)


def register_part(
    vault: Vault,
    staff_key: SigningKey,
    lab_home: Path,
    files: Path,
    dataset_: Lineage,
    people: Sequence[str],
    *,
    clock: Clock | None = None,
) -> tuple[Path, Lineage]:
    """Keep a part of a model, the folder ``files``, that was learnt from these people of a data set alone.

    It names their recordings and no parent: what is erased of anybody else does not reach it.
    """
    with lineage.draft(lab_home) as made:
        shutil.copytree(files, made.folder, dirs_exist_ok=True)
        marks.stamp_all(made.folder, made.artefact_id)
        pedigree = Lineage(
            artefact_id=made.artefact_id,
            kind="model",
            created_at_ns=(clock or SystemClock()).wall_ns(),
            grant_id=dataset_.grant_id,
            purposes=dataset_.purposes,
            retention_until_ns=dataset_.retention_until_ns,
            sources=of_people(dataset_.sources, people),
            parents=[],
            files=lineage.list_files(made.folder),
            made_by=lineage.made_by(f"part of a model of {dataset_.artefact_id}"),
        )
        return lineage.register(vault, staff_key, made, pedigree), pedigree


def register_assessment(
    vault: Vault, staff_key: SigningKey, lab_home: Path, files: Path, models: list[str]
) -> tuple[Path, Lineage]:
    """Keep an assessment: the folder ``files``, made with these models."""
    return register(vault, staff_key, lab_home, "assessment", models, files)


def _of_grant(lab_home: Path, artefact_id: str, grant_id: str) -> Lineage:
    """The lineage of a parent; raises :class:`BadInput` where it is of another grant."""
    parent = lineage.read_lineage(lab_home, artefact_id)
    if parent.grant_id != grant_id:
        raise BadInput(
            f"{artefact_id} cannot be combined with what {grant_id} covers",
            cause="its model was trained under another grant",
            fix="ask for one grant that covers those whom the model learnt from, and those who put it right",
        )
    return parent


def _account(lab_home: Path, parent: Lineage, session_id: str, manifests: Sequence[SegmentManifest]) -> Account:
    """Who was in control, as an artefact tells, and in which session.

    Raises :class:`Tampered` if it is not what was registered, :class:`BadInput` where several sessions could be it.
    """
    path = lineage.artefact_folder(lab_home, parent.artefact_id) / ASSISTED_FILE
    data = path.read_bytes() if path.is_file() else b""
    named = {one.path: one.sha256 for one in parent.files}
    if named.get(ASSISTED_FILE) != hashlib.sha256(data).hexdigest():
        raise Tampered(
            f"{parent.artefact_id} is not what was registered",
            cause="it was changed, or is another kind of artefact",
            fix="name one that 'aboveboard assist' made",
        )
    account = assisted_format.decode(data)
    found = [session_id] if session_id else sessions_of(account, manifests)
    if len(found) != 1:
        raise BadInput(
            f"{len(found)} sessions were recorded while {parent.artefact_id} happened{': ' * bool(found)}"
            + ", ".join(found[:5]),
            cause="several people work at once" if found else "its display was not recorded, or not uploaded yet",
            fix=f"name the one: --assisted {parent.artefact_id}=SESSION" if found else "try again later",
        )
    return found[0], account


class Tally:
    """Says how many of ``total`` segments are done."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._progress, self._done = total, progress, 0

    def add(self, segments: int = 1) -> None:
        """So many more are done; never more than there are, since some are done again."""
        self._done = min(self._total, self._done + segments)
        self._progress(self._done, self._total)

    def part(self, number: int, part: Written) -> None:
        """A person's part is done."""
        self.add(part.counts["segments"])


class Sources:
    """What goes into a data set, and how long each source may be kept."""

    def __init__(self, vault: Vault, parents: Sequence[Lineage] = ()) -> None:
        self._vault = vault
        self._published: dict[str, disclosure.Disclosure] = {}
        self._terms = [terms_of(parent) for parent in parents]
        self.parents = parents
        self.manifests: list[SegmentManifest] = []

    def add(self, manifest: SegmentManifest, purpose: Purpose) -> None:
        """One segment, opened for ``purpose``."""
        agreed = self._disclosure(manifest.disclosure_sha256)
        until_ns = manifest.start_wall_ns + agreed.retention_days * DAY_NS
        self._terms.append(Terms(frozenset(agreed.purposes) & {purpose}, until_ns))
        self.manifests.append(manifest)

    def lineage(
        self, made: lineage.Draft, grant_id: str, created_at_ns: int, how: str = "derive", kind: Kind = "dataset"
    ) -> Lineage:
        """The lineage of what was made of exactly these; its files are there."""
        terms = narrowest(self._terms)
        places = [((one.person_id, one.consent_id, one.session_id), one.sequence) for one in self.manifests]
        return Lineage(
            artefact_id=made.artefact_id,
            kind=kind,
            created_at_ns=created_at_ns,
            grant_id=grant_id,
            purposes=sorted(terms.purposes),
            retention_until_ns=terms.until_ns,
            sources=union(sources_of(places), *(parent.sources for parent in self.parents)),
            parents=[parent.artefact_id for parent in self.parents],
            files=made.list_files(),
            made_by=lineage.made_by(how),
        )

    def _disclosure(self, sha256: str) -> disclosure.Disclosure:
        """What was agreed to. Its name is its hash, so no signature is needed to believe it."""
        if sha256 not in self._published:
            published = envelope.decode(self._vault.get(f"/v1/disclosures/{sha256}")).body()
            if disclosure.digest(published) != sha256:
                raise Tampered(
                    "the vault answered with another disclosure than the recordings were made under",
                    cause="it lies, or its records are damaged",
                    fix="stop, keep the answer as evidence, and tell the steward",
                )
            self._published[sha256] = disclosure.decode(published)
        return self._published[sha256]
