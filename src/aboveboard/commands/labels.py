"""How does a researcher have a film labelled with what was done in it?

``lab learn-labels`` trains a model on what a grant covers; ``lab label`` has it look at a film and writes what it
guessed as a sealed data set, each step marked as a model's and not recorded, with the model in its lineage.
"""

from pathlib import Path
from typing import Final

import click
import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, check_id
from aboveboard.commands.lab import as_researcher, begin
from aboveboard.commands.main import Session
from aboveboard.commands.model_files import usable_model
from aboveboard.commands.terminal import long_work


@click.command(name="learn-labels")
@click.argument("grant_id")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--steps", type=click.IntRange(1, 100_000), default=1_500, show_default=True, help="Of training.")
@as_researcher
@click.pass_obj
def learn_labels_command(session: Session, grant_id: str, seed: int, steps: int, researcher: str | None) -> None:
    """Learn from what GRANT_ID covers to tell by the screen alone what was done."""
    from aboveboard.lab.labeller import learn
    from aboveboard.lab.train.inverse_dynamics import InverseConfig

    check_id(Kind.GRANT, grant_id)
    name = begin(session, researcher)
    home, key = session.home, session.home.staff_key(name)
    with long_work("learning", quiet=session.as_json) as advance:
        made = learn(
            home.client("vault", key),
            grant_id,
            home.staff_identity(name),
            key,
            home.folder("lab"),
            home.trust(),
            lambda done, total: advance(done, total, f"{done} of {total} segments"),
            config=InverseConfig(steps=steps, seed=seed),
        )
    card = made.card
    words = (
        f"{made.artefact_id}: learnt from {card.actions} actions in {card.stretches} sessions of "
        f"{len(made.lineage.people)} people\nleft out: {_counts(made.left_out)}"
    )
    facts = {"artefact_id": made.artefact_id, "actions": card.actions, "left_out": made.left_out}
    session.show(words, {**facts, "sessions": card.stretches})


@click.command(name="label")
@click.argument("model_id")
@click.argument("film", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--licence", required=True, help="By what right the film may be used: kept with the data.")
@click.option(
    "--sure",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="How sure the model must be, of the kind and of the place; what it is less sure of is counted.",
)
@as_researcher
@click.pass_obj
def label_command(
    session: Session, model_id: str, film: Path, licence: str, sure: float, researcher: str | None
) -> None:
    """Have MODEL_ID, made by 'lab learn-labels', say what was done in FILM: MP4, WebM, Matroska, or a recording.

    It looks at the screen alone. What it writes is a data set of guesses: nobody recorded them.
    """
    from aboveboard.lab.labeller import MODEL_FILE
    from aboveboard.lab.labels import label_film
    from aboveboard.lab.model.inverse_dynamics import load_inverse_dynamics

    name = begin(session, researcher)
    home, key = session.home, session.home.staff_key(name)
    folder, pedigree = usable_model(home, name, model_id)
    if not (folder / MODEL_FILE).is_file():
        raise BadInput(
            f"{model_id} cannot label a film",
            cause="it is another kind of model",
            fix="make one with 'aboveboard lab learn-labels'",
        )
    with long_work("labelling", quiet=session.as_json) as advance:
        made = label_film(
            home.client("vault", key),
            key,
            home.folder("lab"),
            load_inverse_dynamics(folder / MODEL_FILE),
            pedigree,
            film,
            recipient=home.staff_identity(name).recipient,
            licence=licence,
            sure=sure,
            progress=lambda frames: advance(frames, 0, f"{frames} frames"),
        )
    told = made.document
    actions = {action.replace("_", " "): count for action, count in made.actions.items()}
    words = (
        f"{made.artefact_id}: {told.steps} steps guessed from {told.frames} frames ({_counts(actions)})\n"
        f"left out: {_counts(told.left_out)}; could not be told: {_counts(told.lessened)}\n{made.path}"
    )
    facts = {"path": str(made.path), "actions": made.actions, **msgspec.to_builtins(told)}
    session.show(words, facts)


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counted.items()) or "none"


COMMANDS: Final = {"learn-labels": learn_labels_command, "label": label_command}
"""The commands of 'aboveboard lab' that read films."""
