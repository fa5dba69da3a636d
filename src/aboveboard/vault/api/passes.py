"""How does a participant get passes with which they can act without being known?

1. A person asks with their own key, and takes part: a consent of theirs is neither withdrawn nor erased.
2. The scope is one that is open now: raising in this month, or joining a concern that waits for its answer.
3. No more are signed for a person than the scope allows; the very same asking again is answered again.

What is signed is blinded (``sealing.blind``): the vault learns that this person fetched passes, as everybody's page
does by itself, and never which ones.
"""

import hashlib

from litestar import Controller, get, post
from litestar.params import JSONBody

from aboveboard.formats.passes import Allowance, PassesAsked, PassesGiven, PassesOffered
from aboveboard.rules.concerns import RAISE_PASSES, join_scope, raise_scope
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing import blind
from aboveboard.vault import passes
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, who_asks
from aboveboard.vault.storage.concerns import PassAskingRow
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import PersonRow


class Passes(Controller):
    """Fetching passes, in advance."""

    path = "/v1/passes"
    tags = ("concerns",)

    @get("/", sync_to_thread=True, responses=PROBLEMS)
    def offer(self, request: Asked, vault: TheVault) -> PassesOffered:
        """Under which key passes hold, and which may still be fetched."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person_key()
            _check_takes_part(tx, person)
            allowed = _allowed(tx, person.person_id, now_ns=vault.clock.wall_ns())
        allowances = [Allowance(scope=scope, left=left) for scope, left in allowed.items() if left]
        return PassesOffered(key=passes.statement_of(vault), allowances=allowances)

    @post("/", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def give(self, request: Asked, vault: TheVault, data: JSONBody[PassesAsked]) -> PassesGiven:
        """Sign what is asked, blinded as it is."""
        key = passes.key_of(vault)
        numbers = [bytes.fromhex(number) for number in dict.fromkeys(data.asked)]
        with vault.records.begin() as tx:
            person = who_asks(request, vault, tx).require_person_key()
            _check_takes_part(tx, person)
            known = {row.asked_sha256 for row in tx.pass_askings(person.person_id) if row.scope == data.scope}
            new = [digest for digest in map(_digest, numbers) if digest not in known]
            allowed = _allowed(tx, person.person_id, now_ns=vault.clock.wall_ns()).get(data.scope, 0)
            if len(new) > allowed:
                no(Reason.CONCERN_PASSES_GONE, f"{allowed} left of this kind").require()
            for digest in new:
                tx.add_pass_asking(PassAskingRow(person.person_id, data.scope, digest))
        scope = data.scope.encode("ascii")
        return PassesGiven(signed=[blind.sign(key, number, scope).hex() for number in numbers])


def _digest(number: bytes) -> str:
    return hashlib.sha256(number).hexdigest()


def _check_takes_part(tx: Transaction, person: PersonRow) -> None:
    """Step 1. Under an older disclosure too: who has not decided on a new one may have a concern about it."""
    consents = tx.consents_of(person.person_id)
    if not any(each.withdrawn_at_ns is None and each.erased_at_ns is None for each in consents):
        no(Reason.CONSENT_NONE, "only those who take part are given passes").require()


def _allowed(tx: Transaction, person_id: str, *, now_ns: int) -> dict[str, int]:
    """Steps 2 and 3: how many passes of each open scope are left for this person."""
    open_scopes = {raise_scope(now_ns): RAISE_PASSES}
    open_scopes |= {join_scope(row.concern_id): 1 for row in tx.all_concerns() if row.answer is None}
    for row in tx.pass_askings(person_id):
        if row.scope in open_scopes:
            open_scopes[row.scope] -= 1
    return open_scopes
