"""Where does each place and each role keep its files?

One folder each under the home, readable only by its owner. In production they lie on different machines; the embedded
default puts them side by side.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.errors import NotFound, SetupMissing, Unavailable
from aboveboard.formats.trust import Trust
from aboveboard.formats.trust import decode as decode_trust
from aboveboard.sealing.keys import Identity, load_or_create_signing_key, load_signing_key
from aboveboard.sealing.signatures import SigningKey
from aboveboard.wire.client import Client

PLACES = ("witness", "keyholder", "vault")
"""In the order in which they are started."""


class Address(msgspec.Struct, frozen=True):
    """What a running place writes into ``address.json``."""

    url: str
    pid: int


class StaffCard(msgspec.Struct, frozen=True):
    """What ``staff/<name>/card.json`` says."""

    staff_id: str
    name: str
    role: str


@dataclass(frozen=True)
class Home:
    """The folders under one root. ``places`` is the home of the places it speaks to, where that is another."""

    root: Path
    places: Path | None = None

    @staticmethod
    def default() -> Path:
        """``$ABOVEBOARD_HOME``, else the XDG data folder."""
        chosen = os.environ.get("ABOVEBOARD_HOME")
        if chosen:
            return Path(chosen)
        data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return Path(data) / "aboveboard"

    def folder(self, name: str) -> Path:
        """The folder ``name``, made with mode 0700 if it is not there."""
        path = self.root / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def address(self, place: str) -> Address:
        """Where ``place`` answers; raises :class:`Unavailable` if it is not running."""
        path = (self.places or self.root) / place / "address.json"
        try:
            address = msgspec.json.decode(path.read_bytes(), type=Address)
            os.kill(address.pid, 0)
        except (OSError, msgspec.DecodeError) as error:
            raise Unavailable(
                f"the {place} is not running",
                cause="it was not started, or has stopped",
                fix="start it in another terminal: 'aboveboard up'",
            ) from error
        return address

    def client(self, place: str, key: SigningKey) -> Client:
        """A client of ``place`` that signs with ``key``."""
        return Client(self.address(place).url, key)

    def staff_folder(self, name: str) -> Path:
        """The folder of the member of staff called ``name``."""
        return self.folder("staff") / name

    def staff_card(self, name: str) -> StaffCard:
        """Who ``name`` is; raises :class:`NotFound`."""
        path = self.staff_folder(name) / "card.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=StaffCard)
        except FileNotFoundError as error:
            raise NotFound(
                f"there is no member of staff called {name!r} here",
                cause="the name is misspelt, or they were not added",
                fix=f"add them: 'aboveboard staff add {name} --role …'; see them all: 'aboveboard staff list'",
            ) from error

    def staff_key(self, name: str) -> SigningKey:
        """The signing key of ``name``."""
        self.staff_card(name)
        return load_signing_key(self.staff_folder(name) / "staff.key")

    def staff_identity(self, name: str) -> Identity:
        """The age identity of ``name``, made on first use."""
        self.staff_card(name)
        return load_or_create_identity(self.staff_folder(name) / "identity.txt")

    def staff_of_role(self, role: str) -> list[StaffCard]:
        """Everyone here who has ``role``."""
        folder = self.folder("staff")
        cards = [self.staff_card(path.parent.name) for path in sorted(folder.glob("*/card.json"))]
        return [card for card in cards if card.role == role]

    def the_one(self, role: str, chosen: str | None) -> str:
        """``chosen``, or the only member of staff with ``role``; raises :class:`NotFound` when that is not one."""
        if chosen is not None:
            return chosen
        cards = self.staff_of_role(role)
        if len(cards) != 1:
            names = ", ".join(card.name for card in cards) or "nobody"
            raise NotFound(
                f"it is not clear which {role} acts: {names}",
                cause=f"{len(cards)} members of staff have that role here",
                fix="say who: '--as NAME'",
            )
        return cards[0].name

    def person_key(self) -> SigningKey:
        """The participant's own signing key, made on first use."""
        return load_or_create_signing_key(self.folder("participant") / "person.key")

    def person_identity(self) -> Identity:
        """The participant's own age identity, made on first use. Never in the recorder's folder."""
        return load_or_create_identity(self.folder("participant") / "identity.txt")

    def device_key(self) -> SigningKey:
        """The device's signing key, made on first use."""
        return load_or_create_signing_key(self.folder("recorder") / "device.key")

    def trust(self) -> Trust:
        """Which log and which witnesses are believed; raises :class:`SetupMissing`."""
        try:
            return decode_trust(((self.places or self.root) / "trust.json").read_bytes())
        except FileNotFoundError as error:
            raise SetupMissing(
                "nothing here says which ledger and witnesses to trust",
                cause="the programme was not set up in this home",
                fix="run 'aboveboard up', or copy trust.json from whoever runs the keyholder and the witness",
            ) from error


def load_or_create_identity(path: Path) -> Identity:
    """The age identity in ``path``, made there on first use."""
    if path.exists():
        return Identity.load(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    identity = Identity.generate()
    identity.save(path)
    return identity
