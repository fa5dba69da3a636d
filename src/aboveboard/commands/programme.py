"""How does a steward publish a disclosure, and invite a person?"""

from pathlib import Path

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, NotFound
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.disclosure_text import plain_text
from aboveboard.rules.disclosure import complete
from aboveboard.wire.client import Client


class Published(msgspec.Struct, frozen=True):
    """The vault's answer to a new disclosure."""

    sha256: str
    version: int


class Invitation(msgspec.Struct, frozen=True):
    """The vault's answer to a steward who invites."""

    code: str


class KeyholderKeys(msgspec.Struct, frozen=True):
    """The part of the keyholder's public keys that a disclosure pins."""

    statement_key: str


class VaultKeys(msgspec.Struct, frozen=True):
    """The vault's public key, which signs leases."""

    lease_key: str


def prepare(home: Home, toml: str, *, version: int) -> Disclosure:
    """The disclosure as it would be published; raises :class:`BadInput`, or :class:`Refused` if it is not complete."""
    keyholder = Client(home.address("keyholder").url, None)
    vault = Client(home.address("vault").url, None)
    draft = disclosure_format.parse_draft(toml)
    disclosure = disclosure_format.publish(
        draft,
        version=version,
        published_at_ns=SystemClock().wall_ns(),
        keyholder_key=msgspec.json.decode(keyholder.get("/v1/public"), type=KeyholderKeys).statement_key,
        lease_key=msgspec.json.decode(vault.get("/v1/public"), type=VaultKeys).lease_key,
    )
    complete(disclosure).require()
    check_customers(disclosure)
    return disclosure


def check_customers(disclosure: Disclosure) -> None:
    """Refuse here the patterns that every recorder would refuse, which would then leave all words out."""
    from aboveboard.recorder.redact.text.patterns.customers import check

    check(disclosure.customers)


def disclose(home: Home, steward: str, toml: str, *, version: int) -> Published:
    """Sign and publish; the vault refuses a version that is not the next one."""
    disclosure = prepare(home, toml, version=version)
    key = home.staff_key(steward)
    signed = key.sign(disclosure_format.PAYLOAD_TYPE, disclosure_format.encode(disclosure))
    answer = home.client("vault", key).post("/v1/disclosures", envelope_format.encode(signed))
    return msgspec.json.decode(answer, type=Published)


def current(home: Home, steward: str) -> Disclosure | None:
    """The newest disclosure, as the vault has it; ``None`` if there is none."""
    try:
        signed = home.client("vault", home.staff_key(steward)).get("/v1/disclosures/current")
    except NotFound:
        return None
    return disclosure_format.decode(envelope_format.decode(signed).body())


def invite(home: Home, steward: str, *, country: str | None = None, cohort: str = "") -> str:
    """A one-time invitation: the vault's code, and the steward's key by which the person knows the disclosure.

    ``country`` is the person's, needed where the disclosure covers several; ``cohort`` a group's name, or empty.
    """
    key = home.staff_key(steward)
    asked = msgspec.json.encode({"country": country, "cohort": cohort})
    code = msgspec.json.decode(home.client("vault", key).post("/v1/invitations", asked), type=Invitation).code
    return f"{code}@{key.public}"


def split_invitation(invitation: str) -> tuple[str, str]:
    """The vault's code and the steward's key of an invitation; raises :class:`BadInput`."""
    code, _, key = invitation.strip().partition("@")
    if not code or not key.startswith("ed25519:"):
        raise BadInput(
            "this is not an invitation",
            cause="it was cut short when it was copied",
            fix="copy the whole line that 'aboveboard invite' printed",
        )
    return code, key


@click.command(name="disclose")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--version", type=click.IntRange(1), default=1, show_default=True, help="One more than the last.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.option("--preview", is_flag=True, help="Show what people will read, and publish nothing.")
@click.pass_obj
def disclose_command(session: Session, file: Path, version: int, steward: str | None, preview: bool) -> None:
    """Publish the disclosure in FILE (TOML). People must read and sign it before anything is recorded."""
    toml = file.read_text(encoding="utf-8")
    if preview:
        # Exactly the text, so that its SHA-256 is the one that 'enrol --agree-to' takes.
        click.echo(plain_text(prepare(session.home, toml, version=version)), nl=False)
        return
    home, name = session.home, session.home.the_one("steward", steward)
    before = current(home, name) if version > 1 else None
    published = disclose(home, name, toml, version=version)
    after = current(home, name)
    if before is not None and after is not None:
        from aboveboard.commands.notice import tell_of_change

        tell_of_change(home, name, before, after, sha256=published.sha256)
    session.show(
        f"published version {published.version}: {published.sha256}",
        {"sha256": published.sha256, "version": published.version},
    )


@click.command(name="invite")
@click.option("--country", help="Of the person: DE, US-NY, …; needed where the disclosure covers several.")
@click.option("--cohort", default="", help="A group of people that the person is in, by a short name.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def invite_command(session: Session, country: str | None, cohort: str, steward: str | None) -> None:
    """Make a one-time invitation for one person; it is good for seven days."""
    invitation = invite(session.home, session.home.the_one("steward", steward), country=country, cohort=cohort)
    session.show(invitation, {"invitation": invitation})
