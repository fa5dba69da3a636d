"""How does a film become a data set of what somebody seems to have done in it?

The film is read twice: what changed, and then the pictures that steps keep. A model (``lab.labeller``) says what it
takes the changes for. What it is not sure of, and what a step cannot say, is counted and left out. The data set names
the model as its parent, so everybody from whom that was learnt is in its lineage; who is in the film is not known, and
counts as one person. Only films from outside: what a person did not agree to have recorded is not guessed from what
they did.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import dataset, labelled
from aboveboard.formats.labelled import Labelled
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.trajectory import ActionKind
from aboveboard.lab import lineage
from aboveboard.lab.dataset.film_labels import FilmLabels, Progress, watch
from aboveboard.lab.dataset.shards import PersonShards
from aboveboard.lab.dataset.write import put_into
from aboveboard.lab.model.inverse_dynamics import InverseDynamics
from aboveboard.lab.vault_port import Vault
from aboveboard.sealing.signatures import SigningKey


@dataclass(frozen=True)
class LabelledFilm:
    """A data set that now rests, sealed, in the folder ``path``."""

    artefact_id: str
    path: Path
    document: Labelled
    actions: dict[ActionKind, int]


def label_film(
    vault: Vault,
    staff_key: SigningKey,
    lab_home: Path,
    model: InverseDynamics,
    pedigree: Lineage,
    film: Path,
    *,
    recipient: str,
    licence: str,
    sure: float = 0.5,
    progress: Progress = lambda frames: None,
    clock: Clock | None = None,
) -> LabelledFilm:
    """Say what was done in ``film``; write it sealed to ``recipient``. ``pedigree`` is the model's lineage.

    Raises :class:`BadInput` for what is no film. On any error nothing is kept.
    """
    seen = watch(film, progress)
    with lineage.draft(lab_home) as made:
        now_ns = (clock or SystemClock()).wall_ns()
        put = put_into(made.folder)
        shards = PersonShards(made.artefact_id, new_id(Kind.PERSON), recipient, put)
        labels = FilmLabels(film, seen, shards, sure)
        labels.write(model.label(seen.changes))
        put("dataset.json", dataset.encode(labels.card(made.artefact_id, now_ns)))
        document = Labelled(
            artefact_id=made.artefact_id,
            model_id=pedigree.artefact_id,
            name=film.name,
            sha256=_sha256(film),
            licence=licence,
            labelled_at_ns=now_ns,
            sure=sure,
            frames=seen.frames,
            changes=len(seen.changes),
            film_ns=seen.film_ns,
            steps=len(labels.steps),
            left_out=dict(sorted(labels.left_out.items())),
            lessened=dict(sorted((+labels.lessened).items())),
        )
        put(labelled.FILE, labelled.encode(document))
        own = lineage.inherit(made, "dataset", [pedigree], created_at_ns=now_ns)
        path = lineage.register(vault, staff_key, made, msgspec.structs.replace(own, made_by=lineage.made_by("label")))
    return LabelledFilm(made.artefact_id, path, document, labels.actions)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
