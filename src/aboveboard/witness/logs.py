"""Which logs does this witness watch?

Those whose verifier keys its operator put into ``logs.json``: ``{"logs": ["<origin>+<id>+<key>", …]}``. A key's name is
the origin it speaks for; several keys for one origin let a log change its key. The file is read anew for each request.
"""

import os
from pathlib import Path

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.ledger import note


class Logs(msgspec.Struct, forbid_unknown_fields=True):
    """``logs.json``."""

    logs: list[str]


def known_logs(home: Path) -> dict[str, list[note.VerifierKey]]:
    """The keys by origin; none if there is no file yet. Raises :class:`BadInput` if any of it cannot be read."""
    path = home / "logs.json"
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Logs)
    except FileNotFoundError:
        return {}
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path} cannot be read: {error}", cause="it was edited by hand", fix='write {"logs": ["<verifier key>"]}'
        ) from error
    known: dict[str, list[note.VerifierKey]] = {}
    for text in found.logs:
        key = note.VerifierKey.parse(text)
        if key.kind != note.ED25519:
            raise BadInput(f"{path} holds a key that is not a log's", cause="keys were mixed up", fix="name log keys")
        known.setdefault(key.name, []).append(key)
    return known


def watch_log(home: Path, log_vkey: str) -> None:
    """Add a log's verifier key to the file, unless it is there already. For the witness's operator."""
    note.VerifierKey.parse(log_vkey)
    keys = [key.text() for found in known_logs(home).values() for key in found]
    if log_vkey in keys:
        return
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = home / ".logs.json.new"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(Logs([*keys, log_vkey])))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(home / "logs.json")
    known_logs(home)
