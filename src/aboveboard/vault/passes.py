"""Which key signs passes, and does this pass hold?

The key is made on first need, in ``passes.key``; the keyholder vouches for its modulus, and its statement is kept
beside it. Making it takes some seconds: until it is there, whoever asks is told to come again.
"""

import threading
from pathlib import Path

from aboveboard.base.errors import BadInput, NotFound, Tampered, Unavailable
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import passes
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.passes import Pass, PassKeyRequest
from aboveboard.rules.decision import Reason, no
from aboveboard.sealing import blind, blind_keys
from aboveboard.sealing.blind import BlindKey
from aboveboard.vault.place import Vault

KEY_NAME, STATEMENT_NAME = "passes.key", "passes-key.json"
MAKING_S = 8.0
"""How long a request waits for the key to be made."""
_making = threading.Lock()


def key_of(vault: Vault) -> BlindKey:
    """The key in the vault's folder; raises :class:`Unavailable` while it is being made."""
    try:
        return blind_keys.load(vault.home / KEY_NAME)
    except NotFound:
        maker = threading.Thread(target=_make, args=(vault.home,), name="make-pass-key", daemon=True)
        maker.start()
        maker.join(MAKING_S)
    try:
        return blind_keys.load(vault.home / KEY_NAME)
    except NotFound as error:
        raise Unavailable(
            "the vault makes its key for passes just now", cause="it is asked for the first time", fix="try again soon"
        ) from error


def statement_of(vault: Vault) -> Envelope:
    """The keyholder's statement about the modulus; raises what asking the keyholder does."""
    path = vault.home / STATEMENT_NAME
    try:
        return envelope_format.decode(path.read_bytes())
    except FileNotFoundError:
        asked = PassKeyRequest(modulus=f"{key_of(vault).modulus:0512x}")
        answer = vault.keyholder().post("/v1/pass-keys", passes.encode(asked))
        signed = envelope_format.decode(answer)
        waiting = path.with_suffix(".new")
        waiting.write_bytes(answer)
        waiting.replace(path)
        return signed


def check(vault: Vault, given: Pass) -> None:
    """Refuse a pass that this vault did not sign for this scope and this key."""
    try:
        modulus = blind_keys.load(vault.home / KEY_NAME).modulus
        blind.verify(modulus, given.key.encode("ascii"), given.scope.encode("ascii"), bytes.fromhex(given.signature))
    except (Tampered, BadInput, NotFound) as error:
        no(Reason.CONCERN_PASS, error.what).require()


def _make(home: Path) -> None:
    with _making:
        blind_keys.load_or_create(home / KEY_NAME)
