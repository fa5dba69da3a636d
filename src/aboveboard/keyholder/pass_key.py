"""Under which modulus do the vault's passes hold? Vouched for once, and never for another.

A vault that could show each person a modulus of their own would know them by it when they use their pass. So people
believe only the one that this keyholder signed, and this keyholder signs only one.
"""

from aboveboard.base.errors import Conflict, NotFound
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import passes
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.passes import KEY_TYPE, PassKey, PassKeyRequest
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.release import check_caller
from aboveboard.sealing.keys import read_private_file, write_private_file

FILE_NAME = "pass-key.json"


def vouch(desk: Desk, caller: str, asked: PassKeyRequest) -> Envelope:
    """The signed statement about the vault's modulus; the same one again is answered again.

    Raises :class:`Refused` for any caller but the vault, :class:`Conflict` for another modulus than the first.
    """
    check_caller(desk, caller)
    path = desk.home.path / FILE_NAME
    try:
        signed = envelope_format.decode(read_private_file(path))
    except NotFound:
        statement = PassKey(modulus=asked.modulus, created_at_ns=desk.clock.wall_ns())
        signed = desk.statement_key.sign(KEY_TYPE, passes.encode(statement))
        try:
            write_private_file(path, envelope_format.encode(signed))
        except Conflict:  # another request was faster
            signed = envelope_format.decode(read_private_file(path))
    if passes.decode_key(signed.body()).modulus != asked.modulus:
        raise Conflict(
            "the passes of this programme hold under another key",
            cause="the vault's passes.key was lost or made anew, or another vault shares this keyholder",
            fix="restore passes.key in the vault's folder from its backup",
        )
    return signed
