"""Does somebody run on this very machine?

A witness on the keyholder's own machine is in the same hands, whatever its key says. Two signs: its address belongs to
this machine, or it says that it was booted together with us. Whoever wants to deceive can hide both; this tells apart
what nobody meant to hide.
"""

import hashlib
import socket
from pathlib import Path
from urllib.parse import urlsplit

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""The same for all processes of one running kernel, containers included."""


def boot_mark(name: str) -> str:
    """Names this machine's boot, differently for each ``name``; empty where the system does not tell."""
    try:
        boot_id = BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return hashlib.sha256(f"aboveboard.boot/1\n{boot_id}\n{name}".encode()).hexdigest()


def is_here(url: str) -> bool:
    """Whether the server at ``url`` has an address of this machine; also if its name has no address at all."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 0, type=socket.SOCK_STREAM)
    except OSError:
        return True
    return any(_is_own(family, address) for family, _, _, _, address in found)


def _is_own(family: int, address: tuple[object, ...]) -> bool:
    """Only an address of one's own can be listened on."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address[0], 0, *address[2:]))
        except OSError:
            return False
    return True
