"""A key for passes that is there at once (the primes of the draft's test vectors), and a participant's passes."""

import json
import math
import os
from pathlib import Path

import msgspec

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import concern as concern_format
from aboveboard.formats import envelope, passes
from aboveboard.formats.concern import CONCERN_TYPE, JOINING_TYPE, Concern, Joining
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.passes import KEY_TYPE, Pass, PassesAsked, PassKey, PassKeyRequest
from aboveboard.rules.concerns import HOUR_NS
from aboveboard.sealing import blind, blind_keys
from aboveboard.sealing.blind import BlindKey
from aboveboard.sealing.signatures import SigningKey

VECTORS = json.loads((Path(__file__).with_name("partially_blind_rsa.json")).read_text())["vectors"]
KEY = BlindKey(int(VECTORS[0]["p"], 16), int(VECTORS[0]["q"], 16))
assert math.gcd(KEY.p, KEY.q) == 1


def lay_down_key(vault_home: Path) -> None:
    """Put the key into a vault's folder, so that none has to be made."""
    blind_keys.save(vault_home / "passes.key", KEY)
    os.chmod(vault_home / "passes.key", 0o600)


def vouched(keyholder: SigningKey, body: bytes, *, now_ns: int) -> bytes:
    """What a keyholder answers to a vault that asks it to vouch for its modulus."""
    modulus = msgspec.json.decode(body, type=PassKeyRequest).modulus
    return envelope.encode(keyholder.sign(KEY_TYPE, passes.encode(PassKey(modulus=modulus, created_at_ns=now_ns))))


def fetch(world, who, scope: str) -> tuple[SigningKey, Pass]:  # type: ignore[no-untyped-def]
    """One pass of ``who``, fetched from the vault of ``world`` as a participant's page does."""
    key = SigningKey.generate()
    message, info = key.public.encode(), scope.encode()
    hidden = blind.blind(KEY.modulus, message, info)
    given = world.post(who.person_key, "/v1/passes", PassesAsked(scope=scope, asked=[hidden.asked.hex()]))
    signature = blind.unblind(KEY.modulus, message, info, bytes.fromhex(given["signed"][0]), hidden)
    return key, Pass(key=key.public, scope=scope, signature=signature.hex())


def raise_openly(world, who, text: str = "who reads all of this?") -> str:  # type: ignore[no-untyped-def]
    """An open concern of ``who``; its id."""
    concern = Concern(concern_id=new_id(Kind.CONCERN), person_id=who.person_id, text=text, at_ns=world.clock.wall_ns())
    signed = who.person_key.sign(CONCERN_TYPE, concern_format.encode(concern))
    world.post(who.person_key, "/v1/concerns", {"concern": signed})
    return concern.concern_id


def raise_anonymously(world, key: SigningKey, given: Pass, text: str = "who reads all of this?") -> str:  # type: ignore[no-untyped-def]
    """An anonymous concern with this pass; its id."""
    now_ns = world.clock.wall_ns()
    concern = Concern(concern_id=new_id(Kind.CONCERN), person_id=None, text=text, at_ns=now_ns - now_ns % HOUR_NS)
    signed = key.sign(CONCERN_TYPE, concern_format.encode(concern))
    world.post(key, "/v1/concerns", {"concern": signed, "raised_with": given})
    return concern.concern_id


def joining(
    concern_id: str, key: SigningKey, person: SigningKey | None = None, person_id: str | None = None
) -> Envelope:
    """A joining, signed with the pass's key, and by the person too where there is one."""
    document = concern_format.encode(Joining(concern_id=concern_id, person_id=person_id))
    signed = key.sign(JOINING_TYPE, document)
    if person is None:
        return signed
    both = [*signed.signatures, *person.sign(JOINING_TYPE, document).signatures]
    return msgspec.structs.replace(signed, signatures=both)
