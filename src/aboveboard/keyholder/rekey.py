"""How are a person's segments moved from an old key of theirs to the newest, so that the old one can be destroyed?

The numbered steps are the same in ``docs/spec/epochs.md``. Nobody is given anything: the person's own stanza stays, and
the keyholder's is exchanged for one to a newer key of the same person. So no grant is asked for, and no witness waited
for; but each segment is named in the ledger.

1. The caller is the vault, and the person is known and not erased.
2. Every header is one, of an epoch that exists and is older than the newest.
3. Each is opened with that epoch's key, its MAC verified, and its stanza exchanged.
4. One entry names all of them; what each header was when it was sealed is kept, so that a later release says so.
5. The entry is durable; only then the headers leave. It is published with the end of the old key, which follows.
"""

import hashlib

from aboveboard.base.errors import BadInput, NotFound, Tampered, Unavailable
from aboveboard.formats.entry import Rekeyed
from aboveboard.formats.envelope import decode_base64, encode_base64
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.formats.rekey import RekeyAnswer, RekeyedHeader, RekeyRequest
from aboveboard.keyholder import epochs, policy
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.release import check_caller
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.reseal import move_header


def rekey(desk: Desk, caller: str, asked: RekeyRequest) -> RekeyAnswer:
    """Answer one request of ``caller``, or raise; then nothing was moved. Safe for threads."""
    check_caller(desk, caller)  # 1
    person_id = asked.person_id
    newest = _newest(desk, person_id)
    old = [decode_base64(each.header) for each in asked.items]
    identities = _identities(desk, asked, newest)  # 2; not in the transaction: the store may take its time
    newer = _identity(desk, person_id, newest.key_epoch)
    new = [
        _moved(each.segment_id, header, identities[each.key_epoch], newer)  # 3
        for each, header in zip(asked.items, old, strict=True)
    ]
    with desk.database.writing():
        if _newest(desk, person_id) != newest or not set(identities) <= set(desk.people.epochs(person_id)):
            raise Unavailable("this person's keys changed meanwhile", cause="somebody was faster", fix="ask again")
        hashes = [hashlib.sha256(header).hexdigest() for header in old]
        after = [hashlib.sha256(header).hexdigest() for header in new]
        desk.people.note_moved(person_id, list(zip(hashes, after, strict=True)))  # 4
        [logged] = desk.entries.append(
            [
                Rekeyed(
                    at_ns=desk.clock.wall_ns(),
                    person_id=person_id,
                    key_epoch=newest.key_epoch,
                    segment_ids=[each.segment_id for each in asked.items],
                    header_sha256=hashes,
                )
            ]
        )
        desk.database.commit()  # 5
    return RekeyAnswer(
        key_epoch=newest.key_epoch,
        ledger_index=logged.index,
        headers=[
            RekeyedHeader(segment_id=each.segment_id, header=encode_base64(header))
            for each, header in zip(asked.items, new, strict=True)
        ],
    )


def _newest(desk: Desk, person_id: str) -> KeyStatement:
    """Step 1, of the person."""
    person, newest = desk.people.find(person_id), epochs.newest(desk, person_id)
    if person is None or person.erased_at_ns is not None or newest is None:
        raise policy.refusal(Reason.CONSENT_ERASED if person is not None else Reason.CONSENT_NONE)
    return newest


def _identities(desk: Desk, asked: RekeyRequest, newest: KeyStatement) -> dict[int, Identity]:
    """Step 2: the private keys that are needed."""
    found = {}
    for epoch in sorted({each.key_epoch for each in asked.items}):
        if epoch >= newest.key_epoch:
            raise BadInput(
                f"key {epoch} of {asked.person_id} is not older than the newest",
                cause="there is nothing to move",
                fix="ask for a newer key first",
            )
        found[epoch] = _identity(desk, asked.person_id, epoch)
    return found


def _identity(desk: Desk, person_id: str, epoch: int) -> Identity:
    wrapped = desk.people.wrapped(person_id, epoch)
    if wrapped is None:
        raise NotFound(
            f"there is no key {epoch} of {person_id}",
            cause="it was destroyed, or never made",
            fix="what is sealed to it is closed to everybody but the person",
        )
    return Identity(desk.backend.unwrap(wrapped, person_id=person_id, key_epoch=epoch))


def _moved(segment_id: str, header: bytes, identity: Identity, newer: Identity) -> bytes:
    try:
        return move_header(header, identity, newer)
    except (BadInput, Tampered) as error:
        raise type(error)(
            f"the key of {segment_id} cannot be moved: {error.what}", cause=error.cause, fix=error.fix
        ) from error
