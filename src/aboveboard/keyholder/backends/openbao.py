"""How are private keys wrapped by an OpenBao (or Vault) server's transit engine?

Under one transit key for each person and epoch, ``aboveboard.<person>.<epoch>``, that can neither be exported nor
backed up in the clear; what encrypts is derived from it for exactly this person and epoch. Destroying one is deleting
it on the server, which is asked again whether it is gone.

The token comes from a file in the keyholder's folder, is renewed at a third of its life, and read anew when the server
does not take it any more (an agent may have written another). A server that is sealed, away, or says no is no key.
"""

import base64
import binascii
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, Unauthorized, VaultError

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.base.ids import Kind, check_id
from aboveboard.keyholder.backends import does_not_unwrap
from aboveboard.sealing.keys import read_private_file

T = TypeVar("T")
PREFIX = "aboveboard"
TIMEOUT_S = 5
RENEW_AT = 1 / 3
"""Of a token's life."""
RETRY_S = 5.0
LOCAL = {"127.0.0.1", "::1", "localhost"}
log = logging.getLogger("aboveboard.keyholder")


class OpenBaoBackend:
    """Wraps with the transit engine mounted at ``mount`` of the server at ``url``.

    ``token_file`` holds nothing but the token. ``ca_file``: whom to believe, where that is not the system's list.
    Raises :class:`SetupMissing` for an address without TLS beyond this machine, and :class:`Unavailable`.
    """

    def __init__(
        self, url: str, token_file: Path, *, mount: str = "transit", namespace: str | None = None, ca_file: str = ""
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOCAL:
            raise _unfit(f"{url} is without TLS: keys and token would cross the network in the clear")
        session = requests.Session()
        session.trust_env = False
        self._token_file, self._mount = token_file, mount
        self._client: Any = hvac.Client(
            url=url,
            token=self._read_token(),
            namespace=namespace,
            verify=ca_file or True,
            timeout=TIMEOUT_S,
            session=session,
            allow_redirects=False,
        )
        self._closed = threading.Event()
        self._life_s = self.renew()
        threading.Thread(target=self._keep_token, name="openbao-token", daemon=True).start()

    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """OpenBao's own text for it, ``vault:v1:…``."""
        name = _name(person_id, key_epoch)
        words = {"plaintext": _base64(private), "context": _base64(name.encode("ascii"))}

        def work() -> bytes:
            self._make(name)
            answer = self._transit.encrypt_data(name, mount_point=self._mount, **words)
            return str(answer["data"]["ciphertext"]).encode("ascii")

        return self._do(work)

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """See :class:`Backend`."""
        name = _name(person_id, key_epoch)

        def work() -> bytes:
            try:
                answer = self._transit.decrypt_data(
                    name,
                    ciphertext=wrapped.decode("ascii"),
                    context=_base64(name.encode("ascii")),
                    mount_point=self._mount,
                )
                return base64.b64decode(answer["data"]["plaintext"], validate=True)
            except (InvalidRequest, InvalidPath, UnicodeDecodeError, binascii.Error) as error:
                raise does_not_unwrap(person_id, key_epoch) from error

        return self._do(work)

    def destroy(self, *, person_id: str, key_epoch: int) -> None:
        """Delete the transit key, and see that it is gone."""
        name = _name(person_id, key_epoch)

        def work() -> None:
            if self._config(name) is None:
                return
            self._transit.update_key_configuration(name, deletion_allowed=True, mount_point=self._mount)
            self._transit.delete_key(name, mount_point=self._mount)
            if self._config(name) is not None:
                raise Unavailable("the OpenBao server did not delete a key", cause="it refused", fix="see its log")

        self._do(work)

    def held(self) -> Iterator[tuple[str, int]]:
        """See :class:`Backend`."""

        def work() -> list[str]:
            try:
                return list(self._transit.list_keys(mount_point=self._mount)["data"]["keys"])
            except InvalidPath:
                return []

        for name in self._do(work):
            prefix, _, rest = name.partition(".")
            person_id, _, epoch = rest.partition(".")
            if prefix == PREFIX and epoch.isdecimal():
                yield person_id, int(epoch)

    def close(self) -> None:
        """Renew the token no more."""
        self._closed.set()

    def renew(self) -> float:
        """Renew the token; for how many seconds it counts from now on, 0 for ever. Raises :class:`Unavailable`."""

        def work() -> float:
            facts = self._client.auth.token.lookup_self()["data"]
            if not facts.get("renewable"):
                return float(facts.get("ttl") or 0)
            return float(self._client.auth.token.renew_self()["auth"]["lease_duration"])

        return self._do(work)

    def _keep_token(self) -> None:
        wait_s = self._life_s * RENEW_AT
        while self._life_s and not self._closed.wait(wait_s):
            try:
                wait_s = self.renew() * RENEW_AT
            except Unavailable as error:
                log.warning("the token of the OpenBao server was not renewed: %s", error.cause)
                wait_s = RETRY_S

    @property
    def _transit(self) -> Any:
        return self._client.secrets.transit

    def _make(self, name: str) -> None:
        """The key, if there is none yet; raises :class:`SetupMissing` if it is not of the kind that it has to be."""
        known = self._config(name)
        if known is None:
            self._transit.create_key(name, derived=True, key_type="aes256-gcm96", mount_point=self._mount)
            known = self._config(name) or {}
        if not known.get("derived") or known.get("exportable") or known.get("allow_plaintext_backup"):
            raise _unfit(f"its key {name} can be taken out, or is not derived for each person and epoch")

    def _config(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._transit.read_key(name, mount_point=self._mount)["data"]
        except InvalidPath:
            return None
        return found

    def _do(self, work: Callable[[], T]) -> T:
        """``work``, once more with the token that is in the file now if the server does not take this one."""
        try:
            try:
                return work()
            except (Forbidden, Unauthorized):
                token = self._read_token()
                if token == self._client.token:
                    raise
                self._client.token = token
                return work()
        except (VaultError, requests.RequestException, KeyError, TypeError, ValueError) as error:
            raise Unavailable(
                f"the OpenBao server does not answer as it should: {type(error).__name__}",
                cause="it is sealed, away, or does not take the keyholder's token (its life is over, or its policy)",
                fix="unseal or start it, or write a new token; nothing was released",
            ) from error

    def _read_token(self) -> str:
        return read_private_file(self._token_file).decode("utf-8", "replace").strip()


def _name(person_id: str, key_epoch: int) -> str:
    return f"{PREFIX}.{check_id(Kind.PERSON, person_id)}.{int(key_epoch)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unfit(why: str) -> SetupMissing:
    return SetupMissing(
        f"the OpenBao server cannot keep the keys: {why}",
        cause="config.json or the server is not set up for it",
        fix="see docs/runbooks/keyholder.md; nothing was released",
    )
