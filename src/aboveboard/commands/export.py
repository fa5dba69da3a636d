"""How does a person take everything home that was recorded of them?

Opened with their own key on their own machine, in formats that need nothing of ours: ``viewer.own_export``.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.commands import consent_copies
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.person import own_enrolment
from aboveboard.commands.terminal import long_work
from aboveboard.commands.view import source
from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.disclosure_text import plain_text
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.own_export import ExportManifest
from aboveboard.viewer.export_folder import ExportFolder, verify
from aboveboard.viewer.own_export import Wanted, export, papers_of, readable
from aboveboard.viewer.source import ViewerSource

FILM = ".mkv"


@click.command(name="export")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--session", "session_id", help="With a film: which recording [default: the newest].")
@click.option("--no-films", is_flag=True, help="Leave out the films, which take longest to make.")
@click.option("--verify", "only_verify", is_flag=True, help="Only check that the export in TARGET is whole.")
@click.pass_obj
def export_command(session: Session, target: Path, session_id: str | None, no_films: bool, only_verify: bool) -> None:
    """Save everything recorded of you, opened, in the folder TARGET; or one recording as the film TARGET (.mkv).

    What was cut off goes on where it stopped if you run it again.
    """
    if only_verify:
        with long_work("checking", quiet=session.as_json) as advance:
            found = verify(target, lambda done, total: advance(done, total, f"{done} of {total} files"))
        _show(session, target, found)
    elif target.suffix == FILM:
        _film(session, target, session_id)
    elif session_id is not None:
        raise BadInput(
            "one recording is saved as a film",
            cause="a folder was named, which takes all of them",
            fix=f"name a file that ends with {FILM}",
        )
    else:
        _everything(session, target, films=not no_films)


def _film(session: Session, file: Path, session_id: str | None) -> None:
    from aboveboard.replay.video import export_video

    shown = source(session.home)
    chosen = session_id or shown.newest_session()
    with long_work("exporting", quiet=session.as_json):
        film = export_video(shown.items(chosen), file)
    words = f"{file}: {film.width} x {film.height}, {film.duration_s:.1f} s"
    session.show(words, {"file": str(file), "session_id": chosen, "seconds": film.duration_s})


def _everything(session: Session, target: Path, *, films: bool) -> None:
    home = session.home
    shown = source(home)
    folder = ExportFolder(target)
    wanted = Wanted(
        person_id=own_enrolment(home).person_id,
        now_ns=SystemClock().wall_ns(),
        papers=dict(_papers(home, shown)),
        film=_film_writer() if films else None,
    )
    with long_work("exporting", quiet=session.as_json) as advance:
        made = export(shown, folder, wanted, advance)
    _show(session, target, made)


def _film_writer() -> Callable[[Iterator[Item], Path], object]:
    try:
        from aboveboard.replay.video import export_video
    except ModuleNotFoundError as error:
        raise SetupMissing(
            f"films need a part that is not installed: {error.name}",
            cause="the extra 'lab' was left out",
            fix="leave the films out with --no-films, or: pip install 'aboveboard[lab]'",
        ) from error
    return export_video


def _show(session: Session, target: Path, made: ExportManifest) -> None:
    missing = f"; {len(made.left_out)} could not be opened: manifest.json says why" if made.left_out else ""
    words = (
        f"{target}: {made.segments} segments of {made.sessions} recordings in {made.files} files, "
        f"{made.size_bytes / 1e6:.1f} MB, whole and checked{missing}\n"
        "it is not sealed: whoever can read this folder sees what you did"
    )
    facts = {"folder": str(target), "sessions": made.sessions, "segments": made.segments, "files": made.files}
    session.show(words, facts | {"size_bytes": made.size_bytes, "left_out": len(made.left_out)})


def _papers(home: Home, shown: ViewerSource) -> Iterator[tuple[str, bytes]]:
    """What was signed, who opened it, and what the vault has on record."""
    yield from _consents(home)
    with zipfile.ZipFile(io.BytesIO(shown.openings_file())) as archive:
        for name in archive.namelist():
            yield f"who-opened/{name}", archive.read(name)
    yield from papers_of(home.client("vault", home.person_key())).items()
    for path in sorted(home.folder("participant").glob("era_*.json")):
        yield f"about-you/receipt-{path.name}", readable(path.read_bytes())


def _consents(home: Home) -> Iterator[tuple[str, bytes]]:
    kept = home.folder("participant") / consent_copies.FOLDER
    for path in sorted(kept.glob("con_*.json*")):
        yield f"consents/{path.name}", readable(path.read_bytes()) if path.suffix == ".json" else path.read_bytes()
    vault = home.client("vault", home.person_key())
    for path in sorted(kept.glob("con_*.json")):
        if path.name.count(".") > 1:
            continue  # a withdrawal
        receipt = consent_format.decode_receipt(envelope_format.decode(path.read_bytes()).body())
        signed = vault.get(f"/v1/disclosures/{receipt.disclosure_sha256}")
        published = envelope_format.decode(signed).body()
        if disclosure_format.digest(published) == receipt.disclosure_sha256:
            words = plain_text(disclosure_format.decode(published), receipt.language)
            yield f"consents/{receipt.consent_id}.txt", words.encode("utf-8")
            yield f"consents/disclosure-{receipt.disclosure_sha256[:16]}.json", readable(signed)
