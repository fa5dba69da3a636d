"""Who opened my recordings, in a terminal; and how do I show it to somebody who believes neither me nor the servers?"""

from pathlib import Path

import click

from aboveboard.base.errors import BadInput, SetupMissing
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import openings_proof as proofs
from aboveboard.formats import trust as trust_format
from aboveboard.formats.grant import kinds_in_words
from aboveboard.formats.trust import Trust
from aboveboard.viewer import openings_file
from aboveboard.viewer.agreement import iso
from aboveboard.viewer.openings_file import Verified

TOLD = 20


@click.group(name="openings")
def openings_command() -> None:
    """See who opened your recordings; save it with its proof; verify such a file without any server."""


@openings_command.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_command(session: Session, file: Path) -> None:
    """Save who opened your recordings as FILE (a zip): a page to read, and what proves it to anybody."""
    from aboveboard.commands.view import source

    content = source(session.home).openings_file()
    file.write_bytes(content)
    count = len(openings_file.read(content).entries)
    session.show(f"{file}: {count} entries, {len(content)} bytes", {"file": str(file), "entries": count})


@openings_command.command(name="verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    "trust_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Which log and witnesses you believe [default: this machine's trust.json].",
)
@click.option(
    "--keys-in-file", is_flag=True, help="Believe the keys that FILE names; compare them with the witnesses' yourself."
)
@click.pass_obj
def verify_command(session: Session, file: Path, trust_path: Path | None, keys_in_file: bool) -> None:
    """Check FILE without any server: signatures, witnesses, each entry's proof, and that none is missing."""
    proof = openings_file.read(_content(file))
    trust = proof.trust if keys_in_file else _trust(session.home, trust_path)
    verified = openings_file.verify(proof, trust)
    session.show("\n".join(_lines(verified, trust, keys_in_file=keys_in_file)), _facts(verified))


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(proofs.LIMIT_BYTES + 1)
    if len(data) > proofs.LIMIT_BYTES:
        raise BadInput(
            f"{path.name} is larger than {proofs.LIMIT_BYTES} bytes",
            cause="it is not a file of openings",
            fix="check which file it is",
        )
    return data


def _trust(home: Home, path: Path | None) -> Trust:
    if path is not None:
        return trust_format.decode(path.read_bytes()[: trust_format.LIMIT_BYTES + 1])
    try:
        return home.trust()
    except SetupMissing as error:
        raise SetupMissing(
            "nothing here says which log and which witnesses to believe",
            cause="this machine takes part in no programme",
            fix="get trust.json from the witnesses and name it with --trust; or see, with --keys-in-file, whether "
            "the file at least agrees with itself",
        ) from error


def _lines(verified: Verified, trust: Trust, *, keys_in_file: bool) -> list[str]:
    releases, proof = verified.releases(), verified.proof
    grants = len({each.grant_id for each in releases})
    lines = [f"it holds: {len(releases)} openings under {grants} grants, of {proof.person_id}, {iso(proof.made_at_ns)}"]
    if verified.checkpoint is not None:
        size = verified.checkpoint.size
        lines.append(
            f"  in the log {trust.origin} of {size} entries, signed by it and {trust.quorum} or more witnesses"
        )
    if verified.complete.ended_at_ns is not None:
        lines.append(
            f"  the person's keys, and what was opened before, were erased on {iso(verified.complete.ended_at_ns)}"
        )
    counted = "was not asked" if proof.passed_on is None else f"said {proof.passed_on}"
    lines.append(f"  none is missing by their numbers; the vault, asked how many keys it passed on, {counted}")
    for each in releases[-TOLD:]:
        kinds = kinds_in_words(each.kinds)
        lines.append(f"  {each.number:>5}  {iso(each.at_ns)}  {each.requester_name} ({kinds}): {each.reason}")
    if len(releases) > TOLD:
        lines.append(f"  … and {len(releases) - TOLD} before these; openings.html in the file has them all")
    if keys_in_file:
        lines += ["these keys were believed because the file names them; compare them with what their owners publish:"]
        lines += [f"  {key}" for key in (trust.log_key, *trust.witness_keys)]
    return lines


def _facts(verified: Verified) -> dict[str, object]:
    releases = verified.releases()
    return {
        "person_id": verified.proof.person_id,
        "made_at": iso(verified.proof.made_at_ns),
        "openings": len(releases),
        "grants": sorted({each.grant_id for each in releases}),
        "size": 0 if verified.checkpoint is None else verified.checkpoint.size,
        "passed_on": verified.proof.passed_on,
        "complete": True,
    }
