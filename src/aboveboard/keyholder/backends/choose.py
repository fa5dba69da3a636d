"""Which store of wrapped keys does this keyholder use, as its ``config.json`` says?

The libraries of a store are loaded only if it is the one.
"""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import Document
from aboveboard.keyholder.backends import Backend
from aboveboard.keyholder.backends.file import FileBackend


class FileStore(Document, frozen=True, tag="file", tag_field="kind"):
    """``wrap.key`` and ``shares/`` in the keyholder's folder: the default."""


class Pkcs11Store(Document, frozen=True, tag="pkcs11", tag_field="kind"):
    """A hardware security module: the path of its ``module``, and the label of its ``token``.

    ``pin_file`` lies in the keyholder's folder, the only one that it reads once it runs; without one the PIN is in the
    environment (``ABOVEBOARD_PKCS11_PIN``).
    """

    module: Annotated[str, Meta(min_length=1, max_length=4000)]
    token: Annotated[str, Meta(min_length=1, max_length=200)]
    pin_file: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None


class OpenBaoStore(Document, frozen=True, tag="openbao", tag_field="kind"):
    """A server with a transit engine. ``token_file`` (and ``ca_file``) lie in the keyholder's folder."""

    url: Annotated[str, Meta(pattern="^https?://", max_length=500)]
    token_file: Annotated[str, Meta(min_length=1, max_length=4000)] = "openbao.token"  # noqa: S105 - a name
    mount: Annotated[str, Meta(min_length=1, max_length=200)] = "transit"
    namespace: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    ca_file: Annotated[str, Meta(min_length=1, max_length=4000)] | None = None


Store = FileStore | Pkcs11Store | OpenBaoStore


def open_backend(store: Store, home: Path, *, create: bool) -> Backend:
    """Open it; raises :class:`SetupMissing` or :class:`Unavailable`. ``create``: no key was wrapped here before."""
    match store:
        case Pkcs11Store():
            from aboveboard.keyholder.backends.pkcs11 import Pkcs11Backend, read_pin

            return Pkcs11Backend(store.module, store.token, read_pin(home, store.pin_file))
        case OpenBaoStore():
            from aboveboard.keyholder.backends.openbao import OpenBaoBackend

            ca_file = "" if store.ca_file is None else str(home / store.ca_file)
            return OpenBaoBackend(
                store.url, home / store.token_file, mount=store.mount, namespace=store.namespace, ca_file=ca_file
            )
        case _:
            return FileBackend(home, create=create)
