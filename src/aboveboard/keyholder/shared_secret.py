"""Which secret of this keyholder is shared on paper, and where does it lie?

It depends on the store: ``wrap.key`` for files, the PIN for a hardware module, nothing of ours for OpenBao.
"""

from pathlib import Path

from aboveboard.base.errors import Conflict, NotFound, SetupMissing
from aboveboard.keyholder import recovery
from aboveboard.keyholder.backends.choose import OpenBaoStore, Pkcs11Store
from aboveboard.keyholder.backends.file import SECRET_NAME
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.sealing.keys import read_private_file, write_private_file


def read(home: KeyholderHome) -> bytes:
    """The 32 bytes that are shared; raises :class:`NotFound` or :class:`SetupMissing`."""
    match home.config().store:
        case Pkcs11Store() as store:
            from aboveboard.keyholder.backends.pkcs11 import read_pin

            return recovery.packed(read_pin(home.path, store.pin_file))
        case OpenBaoStore():
            raise _its_own()
        case _:
            return read_private_file(home.path / SECRET_NAME)


def write(home: KeyholderHome, secret: bytes) -> Path:
    """Put it back where it is missing, and say where; the same one again changes nothing.

    Raises :class:`Conflict` if there is another, and :class:`BadInput` if it is none of this store.
    """
    match home.config().store:
        case Pkcs11Store() as store:
            if store.pin_file is None:
                raise SetupMissing(
                    "the PIN of this keyholder is not in a file",
                    cause="it comes from the environment",
                    fix="name a pin_file in config.json for this, and take it away afterwards",
                )
            path, content = home.path / store.pin_file, f"{recovery.unpacked(secret)}\n".encode()
        case OpenBaoStore():
            raise _its_own()
        case _:
            path, content = home.path / SECRET_NAME, secret
    try:
        known = read_private_file(path)
    except NotFound:
        write_private_file(path, content)
        return path
    if known != content:
        raise Conflict(
            f"{path} is there, and it is another one",
            cause="these shares are of another keyholder, or somebody made a new secret",
            fix="rehearse first: 'aboveboard keyholder shares rehearse'; move the file away only if it is wrong",
        )
    return path


def _its_own() -> SetupMissing:
    return SetupMissing(
        "an OpenBao server shares its own secret",
        cause="this keyholder has none: its keys are on the server",
        fix="share the server's unseal keys: see docs/runbooks/keyholder.md",
    )
