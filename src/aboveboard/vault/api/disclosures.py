"""What has been promised? Stewards publish it, anyone with a key reads it, nobody changes it."""

from typing import Annotated, Any

from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter

from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, Sha256
from aboveboard.rules.consent import CLOCK_TOLERANCE_NS
from aboveboard.rules.disclosure import complete
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.storage.rows import DisclosureRow
from aboveboard.vault.widening import check_may_publish

Sha256InPath = Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$", description="Lower-case hex.")]


class Published(Document, frozen=True):
    """The new disclosure's name and version."""

    sha256: Sha256
    version: int


class Disclosures(Controller):
    """Publishing and reading."""

    path = "/v1/disclosures"
    tags = ("disclosures",)

    @post("/", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def publish(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Published:
        """Publish a disclosure signed by a steward, once the keyholder has it. Its version must be the next one."""
        with vault.records.begin() as tx:
            now_ns = vault.clock.wall_ns()  # once nothing else is written: what was declared before, was before it
            steward = who_asks(request, vault, tx).require_staff("steward")
            payload = open_signed(data, disclosure_format.PAYLOAD_TYPE, steward.key)
            disclosure = disclosure_format.decode(payload)
            sha256 = disclosure_format.digest(payload)
            if tx.disclosure(sha256) is None:
                complete(disclosure).require()
                _check_fits(disclosure, tx.current_disclosure(), vault.key.public, now_ns)
                check_may_publish(tx, disclosure, now_ns=now_ns)
                vault.keyholder().post("/v1/disclosures", envelope_format.encode(data))
                tx.add_disclosure(
                    DisclosureRow(
                        sha256=sha256,
                        programme=disclosure.programme,
                        version=disclosure.version,
                        envelope=as_text(data),
                        published_by=steward.staff_id,
                        received_at_ns=now_ns,
                    )
                )
        return Published(sha256=sha256, version=disclosure.version)

    @get("/current", sync_to_thread=True, responses=PROBLEMS)
    def current(self, vault: TheVault) -> Envelope:
        """The newest disclosure, in its signed envelope."""
        with vault.records.read() as tx:
            return _signed(tx.current_disclosure())

    @get("/{sha256:str}", sync_to_thread=True, responses=PROBLEMS)
    def one(self, vault: TheVault, sha256: Sha256InPath) -> Envelope:
        """The disclosure with this hash, in its signed envelope."""
        with vault.records.read() as tx:
            return _signed(tx.disclosure(sha256))


def _signed(row: DisclosureRow | None) -> Envelope:
    if row is None:
        raise NotFound("there is no such disclosure", cause="none was published yet", fix="ask the steward")
    return envelope_format.decode(row.envelope.encode("utf-8"))


def _check_fits(disclosure: Disclosure, newest: DisclosureRow | None, lease_key: str, now_ns: int) -> None:
    """Is it the next version of this vault's programme, and would devices believe this vault's leases under it?"""
    expected: tuple[Any, int] = (disclosure.programme, 1) if newest is None else (newest.programme, newest.version + 1)
    if (disclosure.programme, disclosure.version) != expected:
        raise Conflict(
            f"the next disclosure of this vault is version {expected[1]} of {expected[0]!r}",
            cause=f"this one says version {disclosure.version} of {disclosure.programme!r}",
            fix="publish it with the right version; another programme needs a vault of its own",
        )
    if disclosure.lease_key != lease_key:
        raise BadInput(
            "this disclosure pins the lease key of another vault",
            cause="it was prepared for another vault",
            fix="prepare it again with this vault running",
        )
    if disclosure.published_at_ns > now_ns + CLOCK_TOLERANCE_NS:
        raise BadInput("this disclosure is dated later than now", cause="a clock is wrong", fix="set it, sign again")
