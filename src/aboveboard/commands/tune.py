"""How does a researcher fine-tune a vision-language model on a data set?

``aboveboard tune run.toml``: one file says everything of the run. A run that was stopped goes on when the same command
is given again. Its checkpoints lie beside the artefacts under the data set's id, and are destroyed with it.
"""

import hashlib
import shutil
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.commands import lab
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import Advance, long_work
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.read import Dataset

if TYPE_CHECKING:
    from aboveboard.lab.train.lora import Config, Trained

CONFIG_LIMIT_BYTES = 64 * 1024
RUN_FILE = "run.toml"


def read_config(path: Path) -> "Config":
    """The run that ``path`` describes, with ``base`` relative to it; raises :class:`BadInput`."""
    from aboveboard.lab.train.lora import Config

    data = path.read_bytes()
    if len(data) > CONFIG_LIMIT_BYTES:
        raise BadInput(f"{path} is too long for a run's configuration", fix=f"at most {CONFIG_LIMIT_BYTES} bytes")
    try:
        given = tomllib.loads(data.decode())
        config = msgspec.convert(given, Config)
        unknown = given.keys() - set(Config.__dataclass_fields__) | given.keys() & {"artefact_id"}
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(
            f"{path} is no configuration of a run: {error}", cause="a typing error", fix="see 'aboveboard tune --help'"
        ) from error
    if unknown:
        raise BadInput(
            f"{path} has settings that do not exist: {', '.join(sorted(unknown))}",
            cause="a typing error, or another version of Aboveboard",
            fix=f"there are: {', '.join(sorted(set(Config.__dataclass_fields__) - {'artefact_id'}))}",
        )
    return replace(config, base=str((path.parent / config.base).resolve()))


def tune(home: Home, researcher: str, artefact_id: str, config_file: Path, advance: Advance) -> tuple[str, "Trained"]:
    """Fine-tune on a data set; the model's artefact id and how it went."""
    from aboveboard.lab.train.lora import train
    from aboveboard.lab.train.situations import RecordedSituations

    key, lab_home = home.staff_key(researcher), home.folder("lab")
    config = replace(read_config(config_file), artefact_id=artefact_id)
    folder = lineage.artefact_folder(lab_home, artefact_id)
    data = Dataset.open(folder, home.staff_identity(researcher), signer=key.public)
    situations = RecordedSituations(data.steps(), data.episodes(), data.frame)
    digest = hashlib.sha256(config_file.read_bytes()).hexdigest()[:16]
    run = folder.with_name(f".run-{artefact_id}-{digest}")
    trained = train(
        situations,
        config,
        run,
        lambda done, total, loss: advance(done, total, f"{done} of {total} steps, loss {loss:.2f}"),
    )
    with tempfile.TemporaryDirectory(prefix="aboveboard-model-") as made:
        shutil.copytree(trained.adapter, made, dirs_exist_ok=True)
        shutil.copy(config_file, Path(made) / RUN_FILE)
        _, pedigree = flow.register_model(home.client("vault", key), key, lab_home, Path(made), [artefact_id])
    shutil.rmtree(run)
    return pedigree.artefact_id, trained


@click.command(name="tune")
@click.argument("config_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("dataset_id", required=False)
@lab.as_researcher
@click.pass_obj
def tune_command(session: Session, config_file: Path, dataset_id: str | None, researcher: str | None) -> None:
    """Fine-tune a vision-language model by LoRA on DATASET_ID [default: the newest here], as CONFIG_FILE says.

    CONFIG_FILE is TOML: base (the folder of the model), and if they are to differ from what is usual: steps, batch,
    rate, warm, rank, scale, dropout, parts, save_every, seed. A run that was stopped goes on where its last checkpoint
    was.
    """
    name = lab.begin(session, researcher)
    with long_work("fine-tuning", quiet=session.as_json) as advance:
        model_id, trained = tune(
            session.home, name, dataset_id or lab.newest(session.home, "dataset"), config_file, advance
        )
    words = f"{model_id}: {len(trained.losses)} steps, loss {trained.losses[0]:.2f} to {trained.losses[-1]:.2f}"
    if trained.resumed_at:
        words += f"; went on after step {trained.resumed_at}"
    facts = {"artefact_id": model_id, "seconds": trained.seconds, "losses": list(trained.losses)}
    session.show(words, facts | {"resumed_at": trained.resumed_at})
