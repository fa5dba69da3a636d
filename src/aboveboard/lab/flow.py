"""What happens in the lab, from a grant to a model? Read this first.

open (``lab.open``) → derive steps (``lab.derive``) → write a sealed data set (``lab.dataset``) → train
(``lab.train``) → assess (``lab.assess``). Whatever comes to rest passes through :func:`derive` or :func:`register`
here, and so carries its lineage, registered with the vault before the files get their name.
"""

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import NotFound, Tampered
from aboveboard.formats import disclosure, envelope
from aboveboard.formats.dataset import Totals
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.recording import SCREEN_TOPIC, topic_of
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.segment import SegmentManifest
from aboveboard.formats.trust import Trust
from aboveboard.lab import lineage, marks
from aboveboard.lab.dataset.write import Cutting, DatasetWriter, put_into
from aboveboard.lab.open import Opened, open_grant
from aboveboard.lab.vault_port import Vault
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.rules.lineage import Terms, narrowest, sources_of
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey

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
) -> DerivedDataset:
    """Open what the grant covers, cut it into steps, and write a data set sealed to ``identity``.

    ``cutting`` says how sessions become episodes, and what was marked in them.

    On any error nothing is kept: no files, and no lineage. Raises what ``lab.open.open_grant`` raises, and
    :class:`NotFound` if the grant covers no segment yet.
    """
    now = clock or SystemClock()
    with WhileGranted(vault, grant_id, staff_key, trust, clock=now) as granted, lineage.draft(lab_home) as made:
        sources = _Sources(vault)
        writer = DatasetWriter(made.artefact_id, identity.recipient, put_into(made.folder), cutting)
        for opened in open_grant(
            vault, grant_id, identity, trust, requester_key=staff_key.public, granted=granted, clock=now
        ):
            sources.add(opened)
            writer.add(opened)
            progress(opened.place + 1, opened.total)
        if not sources.manifests:
            raise NotFound(
                "this grant covers no recording yet",
                cause="the people it names have not recorded anything, or it was not uploaded",
                fix="try again once their segments have arrived",
            )
        created_at_ns = now.wall_ns()
        card = writer.finish(created_at_ns)
        pedigree = sources.lineage(made, grant_id, created_at_ns)
        path = lineage.register(vault, staff_key, made, pedigree)
    size_bytes = sum(one.size_bytes for one in pedigree.files)
    return DerivedDataset(made.artefact_id, path, card.totals, pedigree, size_bytes)


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


def register_assessment(
    vault: Vault, staff_key: SigningKey, lab_home: Path, files: Path, models: list[str]
) -> tuple[Path, Lineage]:
    """Keep an assessment: the folder ``files``, made with these models."""
    return register(vault, staff_key, lab_home, "assessment", models, files)


class _Sources:
    """What went into a data set, and how long each source may be kept."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._published: dict[str, disclosure.Disclosure] = {}
        self._terms: list[Terms] = []
        self.manifests: list[SegmentManifest] = []

    def add(self, opened: Opened) -> None:
        manifest = opened.manifest
        agreed = self._disclosure(manifest.disclosure_sha256)
        until_ns = manifest.start_wall_ns + agreed.retention_days * DAY_NS
        self._terms.append(Terms(frozenset(agreed.purposes) & {opened.request.purpose}, until_ns))
        self.manifests.append(manifest)

    def lineage(self, made: lineage.Draft, grant_id: str, created_at_ns: int) -> Lineage:
        terms = narrowest(self._terms)
        places = [((one.person_id, one.consent_id, one.session_id), one.sequence) for one in self.manifests]
        return Lineage(
            artefact_id=made.artefact_id,
            kind="dataset",
            created_at_ns=created_at_ns,
            grant_id=grant_id,
            purposes=sorted(terms.purposes),
            retention_until_ns=terms.until_ns,
            sources=sources_of(places),
            parents=[],
            files=lineage.list_files(made.folder),
            made_by=lineage.made_by("derive"),
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
