"""How does a researcher fine-tune a vision-language model on a data set?

``aboveboard tune run.toml``: one file says everything of the run. A run that was stopped goes on when the same command
is given again. Its checkpoints lie beside the artefacts under the data set's id, and are destroyed with it.
"""

import hashlib
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.commands import lab
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.model_files import model_digest
from aboveboard.commands.terminal import Advance, long_work, spark
from aboveboard.formats.fields import decode_json
from aboveboard.formats.trajectory import Episode
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.train.course import followed

if TYPE_CHECKING:
    from aboveboard.lab.audit.canaries import Canary
    from aboveboard.lab.model.vision_language import Loaded
    from aboveboard.lab.train.lora import Config, Trained
    from aboveboard.lab.train.situations import RecordedSituations

CONFIG_LIMIT_BYTES = 64 * 1024
LOOKED_AT = 24
"""So many of the steps that are held out tell how it goes, at most."""
RUN_FILE, CANARIES_FILE = "run.toml", "canaries.json"


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


def tune(
    home: Home, researcher: str, artefact_id: str, config_file: Path, advance: Advance, *, base: Path | None = None
) -> tuple[str, "Trained"]:
    """Fine-tune on a data set; the model's artefact id and how it went. ``base``: instead of what the file names."""
    from aboveboard.lab.audit.canaries import WithCanaries
    from aboveboard.lab.train.lora import loss_of, train

    key, lab_home = home.staff_key(researcher), home.folder("lab")
    config = replace(read_config(config_file), artefact_id=artefact_id)
    config = config if base is None else replace(config, base=str(base))
    digest = hashlib.sha256(config_file.read_bytes()).hexdigest()[:16]
    source = lineage.read_lineage(lab_home, artefact_id)
    with (
        lab.opened(home, researcher, artefact_id) as data,
        followed(lab_home, source, model_digest(source), "vision_language", name=digest) as course,
    ):
        run = course.folder
        members, others = parts_of(data, config)
        if not len(members):
            reasons = ", ".join(f"{count} {reason}" for reason, count in members.left_out.most_common())
            raise BadInput(
                "there is nothing to learn from",
                cause=f"the steps were left out: {reasons}" if reasons else "the data set has no steps",
                fix="give a data set with screens and actions",
            )
        planted = _planted(run, config.canaries)

        def told(done: int, total: int, loss: float) -> None:
            course.step(done, total, loss)
            advance(done, total, f"{done} of {total} steps, loss {loss:.2f} {spark(course.losses)}")

        def tried(step: int, loaded: "Loaded") -> None:
            if len(others):
                course.held_out(step, loss_of(loaded, others, LOOKED_AT))

        trained = train(WithCanaries(members, planted, config.canary_repeats), config, run, told, tried=tried)
        with tempfile.TemporaryDirectory(prefix="aboveboard-model-") as made:
            shutil.copytree(trained.adapter, made, dirs_exist_ok=True)
            shutil.copy(config_file, Path(made) / RUN_FILE)
            shutil.copy(run / CANARIES_FILE, Path(made) / CANARIES_FILE)
            course.write(Path(made))
            _, pedigree = flow.register_model(home.client("vault", key), key, lab_home, Path(made), [artefact_id])
    return pedigree.artefact_id, trained


def parts_of(data: Dataset, config: "Config") -> tuple["RecordedSituations", "RecordedSituations"]:
    """What a run with this configuration learns from, and what is held out."""
    from aboveboard.lab.train.situations import RecordedSituations, held_out

    def out(episode: Episode | None) -> bool:
        return held_out(episode, share=config.held_out, seed=config.seed)

    def part(taken: Callable[[Episode | None], bool]) -> RecordedSituations:
        return RecordedSituations(data.steps(), data.episodes(), data.frame, taken=taken)

    return part(lambda episode: not out(episode)), part(out)


def _planted(run: Path, count: int) -> list["Canary"]:
    """The canaries of this run, drawn when it began."""
    from aboveboard.lab.audit.canaries import draw

    file = run / CANARIES_FILE
    if not file.exists():
        run.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(draw(count)))
        part.rename(file)
    return read_canaries(file)


def read_canaries(file: Path) -> list["Canary"]:
    """What was planted; raises :class:`BadInput`."""
    from aboveboard.lab.audit.canaries import Canary

    return decode_json(file.read_bytes(), list[Canary], name="list of canaries", limit_bytes=CONFIG_LIMIT_BYTES)


@click.command(name="tune")
@click.argument("config_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("dataset_id", required=False)
@lab.as_researcher
@click.pass_obj
def tune_command(session: Session, config_file: Path, dataset_id: str | None, researcher: str | None) -> None:
    """Fine-tune a vision-language model by LoRA on DATASET_ID [default: the newest here], as CONFIG_FILE says.

    CONFIG_FILE is TOML: base (the folder of the model), and if they are to differ from what is usual: steps, batch,
    rate, warm, rank, scale, dropout, parts, save_every, canaries, canary_repeats, held_out, seed. A run that was
    stopped goes on where its last checkpoint was.
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
