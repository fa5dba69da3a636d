"""When does a key leave, and what must have happened before?

The numbered steps are the same in ``docs/spec/release.md``, and happen in this order or not at all. An error at any of
them releases nothing. Entries that are in the log by then stay: the log may name a release that never happened, and
never the reverse.

1. The request parses, within its limits.
2. The caller is the vault that this keyholder was told to believe.
3. The requester signed the access request, with the key in the keyholder's own roster.
4. Each approver signed their approval, with the key in the keyholder's own roster.
5. For each item, the grant as it was granted, the person's consent and the purpose permit it (``rules.grants`` and the
   policies), now. A grant that was not seen before is kept (``filing.py``).
6. One entry for each item is appended to the ledger.
7. The entries are durable.
8. The log signs a checkpoint over them, and every witness co-signs it.
9. It is still permitted; then the keys of the granted parts, and of no others, are sealed to the key in the signed
   request.
10. The answer carries them, and for each segment the proof that its entry is in that checkpoint.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aboveboard.base.errors import BadInput, NotFound, Refused, Tampered
from aboveboard.formats import age_header
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import decode_base64, encode_base64
from aboveboard.formats.grant import AccessRequest, Approval, Grant
from aboveboard.formats.parts import ALWAYS, PartName
from aboveboard.formats.release import ReleaseAnswer, ReleasedKey, ReleaseItem, ReleaseRequest
from aboveboard.formats.roster import Roster
from aboveboard.keyholder import policy, publish
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.entries import KeptCheckpoint, LoggedEntry
from aboveboard.keyholder.filing import (
    Permit,
    as_granted,
    check_binding,
    count_keys,
    end_if_left,
    hash_of,
    keep_grant,
    verified_anew,
)
from aboveboard.keyholder.writer import Pending
from aboveboard.ledger import tree
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.reseal import release_parts

Identities = Mapping[tuple[str, int], Identity | Tampered]
"""By person and epoch; an error for a key that does not unwrap."""


@dataclass(frozen=True)
class Wanted:
    """One item of the request, its header decoded."""

    item: ReleaseItem
    header: bytes


def release(desk: Desk, caller: str, asked: ReleaseRequest) -> ReleaseAnswer:
    """Answer one request from ``caller`` (a public key whose request signature holds), or raise. Safe for threads."""
    wanted = parse(asked)  # 1
    check_caller(desk, caller)  # 2
    roster = desk.home.roster()
    try:
        request = verify_request(asked.grant, roster)  # 3
        approvals = verify_approvals(asked.grant, roster)  # 4
    except Refused:
        end_if_left(desk, asked.grant.grant_id, roster)
        raise
    permit = Permit(asked.grant, request, hash_of(asked.grant), approvals, roster)
    check_binding(desk, permit)
    permit = as_granted(desk, permit)
    decide(desk, permit, wanted)  # 5
    permit = keep_grant(desk, permit)
    pending = append_entries(desk, permit, wanted)  # 6
    logged = make_durable(pending)  # 7
    checkpoint = witnessed_checkpoint(desk, logged)  # 8
    identities = unwrap(desk, wanted)
    with desk.database.still():
        decide_again(desk, permit, wanted)  # 9
        sealed = reseal(permit, wanted, identities)
    return answer(desk, checkpoint, wanted, logged, sealed)  # 10


def parse(asked: ReleaseRequest) -> list[Wanted]:
    """Step 1. The type checked every field and limit on the way in; here the age headers. Raises :class:`BadInput`."""
    wanted = [Wanted(item, decode_base64(item.header)) for item in asked.items]
    for each in wanted:
        age_header.parse(each.header)
    return wanted


def check_caller(desk: Desk, caller: str) -> None:
    """Step 2. Raises :class:`Refused`."""
    if caller != desk.vault_key:
        raise policy.refusal(Reason.ROLE_MISSING, "only the vault may ask for keys")


def verify_request(grant: Grant, roster: Roster) -> AccessRequest:
    """Step 3. Raises :class:`Refused`."""
    return policy.open_request(grant.request, roster)


def verify_approvals(grant: Grant, roster: Roster) -> list[Approval]:
    """Step 4. Raises :class:`Refused`."""
    return [policy.open_approval(envelope, roster) for envelope in grant.approvals]


def decide(desk: Desk, permit: Permit, wanted: Sequence[Wanted]) -> None:
    """Step 5, with the time and the facts of this moment. Raises :class:`Refused`, or :class:`NotFound` for a key."""
    revoked_at_ns = desk.grants.revoked_at_ns(permit.grant_id, requester=permit.request.requester)
    facts = permit.facts(revoked_at_ns=revoked_at_ns)
    now_ns = desk.clock.wall_ns()
    newest = desk.people.newest_disclosures()
    for person_id in sorted({each.item.person_id for each in wanted}):
        person = desk.people.find(person_id)
        consents = desk.people.consents(person) if person is not None else []
        policy.may_release_of(
            facts, person, consents, person_id=person_id, now_ns=now_ns, newest=newest, policies=desk.policies
        ).require()
    for person_id, key_epoch in sorted({(each.item.person_id, each.item.key_epoch) for each in wanted}):
        if desk.people.wrapped(person_id, key_epoch) is None:
            raise NotFound(
                f"there is no key {key_epoch} of {person_id}",
                cause="the segment was sealed to another keyholder",
                fix="ask the keyholder that its disclosure pins",
            )


def append_entries(desk: Desk, permit: Permit, wanted: Sequence[Wanted]) -> Pending:
    """Step 6. Handed in to the next batch; nothing is durable yet."""
    now_ns = desk.clock.wall_ns()
    request = permit.request
    approvers = permit.approvers()
    expires_at_ns = permit.facts(revoked_at_ns=None).expires_at_ns()

    def prepare() -> list[Released]:
        numbers = number(desk, wanted)
        count_keys(desk, permit, len(wanted))
        return [
            Released(
                at_ns=now_ns,
                person_id=each.item.person_id,
                number=next(numbers[each.item.person_id]),
                segment_id=each.item.segment_id,
                header_sha256=desk.people.sealed_header(hashlib.sha256(each.header).hexdigest()),
                kinds=request.kinds,
                grant_id=permit.grant_id,
                requester=request.requester,
                requester_name=permit.name(request.requester),
                approvers=approvers,
                purpose=request.purpose,
                reason=request.reason,
                output=request.output,
                expires_at_ns=expires_at_ns,
            )
            for each in wanted
        ]

    return desk.writer.submit(prepare, len(wanted))


def number(desk: Desk, wanted: Sequence[Wanted]) -> dict[str, Iterator[int]]:
    """The next numbers of each person's releases: an entry that is kept from its person leaves a gap in theirs."""
    counts = Counter(each.item.person_id for each in wanted)
    return {
        person_id: itertools.count(desk.people.number_releases(person_id, counts[person_id])) for person_id in counts
    }


def make_durable(pending: Pending) -> list[LoggedEntry]:
    """Step 7. When this returns, the entries survive a crash of the process and of the machine."""
    return pending.durable()


def witnessed_checkpoint(desk: Desk, logged: Sequence[LoggedEntry]) -> KeptCheckpoint:
    """Step 8. Raises :class:`Unavailable` if a witness does not co-sign."""
    return publish.checkpoint_covering(desk, logged[-1].index + 1)


def decide_again(desk: Desk, permit: Permit, wanted: Sequence[Wanted]) -> None:
    """Step 9, first: the witness took its time; a revocation or an erasure may have come, or the end of the grant; or
    somebody who signed has left."""
    decide(desk, verified_anew(permit, desk.home.roster()), wanted)


def unwrap(desk: Desk, wanted: Sequence[Wanted]) -> Identities:
    """Step 9, before: the private keys, in memory until the answer is made. Raises :class:`Unavailable`.

    What wraps them may take its time, and nothing else waits for it. Whether they may be used is decided after.
    """
    found: dict[tuple[str, int], Identity | Tampered] = {}
    for name in {(each.item.person_id, each.item.key_epoch) for each in wanted}:
        try:
            found[name] = _identity(desk, *name)
        except Tampered as error:  # destroyed just now, perhaps: then the decision says so
            found[name] = error
    return found


def reseal(permit: Permit, wanted: Sequence[Wanted], identities: Identities) -> list[bytes]:
    """Step 9. Raises :class:`BadInput` or :class:`Tampered`."""
    parts = granted_parts(permit.request)
    sealed = []
    for each in wanted:
        identity = identities[each.item.person_id, each.item.key_epoch]
        if isinstance(identity, Tampered):
            raise identity
        sealed.append(_reseal_one(each, identity, permit.request.recipient, parts))
    return sealed


def granted_parts(request: AccessRequest) -> list[PartName]:
    """The parts of a segment that this signed request covers: the kinds that it names, and what every grant covers."""
    return [ALWAYS, *request.kinds]


def answer(
    desk: Desk,
    checkpoint: KeptCheckpoint,
    wanted: Sequence[Wanted],
    logged: Sequence[LoggedEntry],
    sealed: Sequence[bytes],
) -> ReleaseAnswer:
    """Step 10."""
    prove = prover(desk, checkpoint.size)
    return ReleaseAnswer(
        checkpoint=checkpoint.note,
        keys=[
            ReleasedKey(
                segment_id=each.item.segment_id,
                sealed=encode_base64(keys),
                entry_index=entry.index,
                salt=entry.salt.hex(),
                readable=entry.readable.decode(),
                proof=prove(entry.index),
            )
            for each, entry, keys in zip(wanted, logged, sealed, strict=True)
        ],
    )


def prover(desk: Desk, size: int) -> Callable[[int], list[str]]:
    """Makes inclusion proofs (base64) in the tree of ``size`` entries."""
    nodes = tree.ReadOnce(desk.entries)

    def prove(index: int) -> list[str]:
        return [encode_base64(each) for each in tree.inclusion_proof(nodes, index, size)]

    return prove


def _identity(desk: Desk, person_id: str, key_epoch: int) -> Identity:
    wrapped = desk.people.wrapped(person_id, key_epoch) or b""
    return Identity(desk.backend.unwrap(wrapped, person_id=person_id, key_epoch=key_epoch))


def _reseal_one(each: Wanted, identity: Identity, recipient: str, parts: Sequence[PartName]) -> bytes:
    try:
        return release_parts(each.header, identity, recipient, parts)
    except (BadInput, Tampered) as error:
        raise type(error)(
            f"the key of {each.item.segment_id} cannot be released: {error.what}", cause=error.cause, fix=error.fix
        ) from error
