"""What happens when a person orders everything recorded of them to be erased? See ``vault.erasure`` for the steps."""

from litestar import Controller, post
from litestar.params import JSONBody

from aboveboard.base.errors import Conflict
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import erasure as erasure_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ORDER_TYPE
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.erasure import carry_out
from aboveboard.vault.storage.rows import ErasureRow


class Erasures(Controller):
    """Ordering erasure."""

    path = "/v1/erasures"
    tags = ("erasures",)

    @post("/", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def order(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Envelope:
        """Erase everything of the person who signed the order; the receipt. The same order again gives it again."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            person = who_asks(request, vault, tx).require_person()
            order = erasure_format.decode_order(open_signed(data, ORDER_TYPE, person.person_key))
            if order.person_id != person.person_id:
                no(Reason.CONSENT_OTHER_PERSON, "the order names another person").require()
            known = tx.erasure(order.erasure_id)
            if known is None:
                tx.add_erasure(ErasureRow(order.erasure_id, person.person_id, as_text(data), "ordered", now_ns))
                tx.erase_consents(person.person_id, at_ns=now_ns)
            elif envelope_format.decode(known.order.encode("utf-8")).payload != data.payload:
                raise Conflict("another order has this id", cause="it was used before", fix="use a new id")
        return carry_out(vault, order.erasure_id)
