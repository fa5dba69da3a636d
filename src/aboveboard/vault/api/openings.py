"""How many keys of the asking person's segments has this vault passed on?

The keyholder tells the person of each. That it tells of all shows only where somebody else counts too: a keyholder that
keeps one from its person needs the vault to keep it, too.
"""

from litestar import Controller, get

from aboveboard.formats.fields import Document
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, who_asks


class PassedOn(Document, frozen=True):
    """``keys``: so many, ever."""

    keys: int


class Openings(Controller):
    """For the person whom they concern."""

    path = "/v1"
    tags = ("access",)

    @get("/openings", sync_to_thread=True, responses=PROBLEMS)
    def openings(self, request: Asked, vault: TheVault) -> PassedOn:
        """How many keys of one's own segments were passed on to researchers."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person_key()
            return PassedOn(keys=tx.keys_passed_on(person.person_id))
