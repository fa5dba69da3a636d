"""How are private keys wrapped in a hardware security module (PKCS#11)?

With AES-256-GCM under keys that were made in the token and never leave it, one for each person and epoch: to destroy
one is to destroy it there. Its label is ``aboveboard/<person>/<epoch>``; person and epoch are bound as additional data.

The PIN comes from a file in the keyholder's folder or from ``ABOVEBOARD_PKCS11_PIN``. A wrong one is never tried twice:
tokens lock after a few. A session that the token has lost is opened again, once for each call.
"""

import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import PinIncorrect, PinLocked, PKCS11Error

from aboveboard.base.errors import BadInput, SetupMissing, Unavailable
from aboveboard.base.ids import Kind, check_id
from aboveboard.keyholder.backends import does_not_unwrap
from aboveboard.sealing.keys import read_private_file

T = TypeVar("T")
PREFIX = "aboveboard"
PIN_VARIABLE = "ABOVEBOARD_PKCS11_PIN"
NONCE_BYTES, TAG_BITS = 12, 128
USES = MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT
TEMPLATE = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
}


class Pkcs11Backend:
    """Wraps in the token called ``token`` of the module (a shared library) at ``module``.

    Raises :class:`SetupMissing` if there is no such module or token, or the PIN is wrong.
    """

    def __init__(self, module: str, token: str, pin: str) -> None:
        self._module, self._token, self._pin = module, token, pin
        self._lock = threading.RLock()
        self._session: Any = None
        try:
            self._library = pkcs11.lib(module)
        except (PKCS11Error, RuntimeError, OSError) as error:
            raise _cannot_open(f"the module {module} does not load: {error}") from error
        self._open()

    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """A random nonce (12 bytes) and the ciphertext with its tag."""
        label, nonce = _label(person_id, key_epoch), secrets.token_bytes(NONCE_BYTES)

        def work() -> bytes:
            found = self._keys(label)
            key = found[0] if found else self._make(label)
            return nonce + bytes(key.encrypt(private, **_gcm(nonce, label)))

        return self._do(work)

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        """See :class:`Backend`."""
        label = _label(person_id, key_epoch)
        nonce, ciphertext = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        if len(ciphertext) <= TAG_BITS // 8:
            raise does_not_unwrap(person_id, key_epoch)

        def work() -> bytes:
            found = self._keys(label)
            if not found:
                raise does_not_unwrap(person_id, key_epoch)
            try:
                return bytes(found[0].decrypt(ciphertext, **_gcm(nonce, label)))
            except PKCS11Error as error:
                # Tokens have many words for a tag that does not fit. One that still works with this key has said no.
                found[0].encrypt(b"probe", **_gcm(secrets.token_bytes(NONCE_BYTES), "probe"))
                raise does_not_unwrap(person_id, key_epoch) from error

        return self._do(work)

    def destroy(self, *, person_id: str, key_epoch: int) -> None:
        """Destroy the wrapping key in the token."""
        label = _label(person_id, key_epoch)

        def work() -> None:
            for key in self._keys(label):
                key.destroy()
            if self._keys(label):
                raise Unavailable("the token did not destroy a key", cause="it refused", fix="look into its log")

        self._do(work)

    def held(self) -> Iterator[tuple[str, int]]:
        """See :class:`Backend`."""

        def work() -> list[str]:
            return [str(key.label) for key in self._session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})]

        for label in self._do(work):
            prefix, _, rest = label.partition("/")
            person_id, _, epoch = rest.partition("/")
            if prefix == PREFIX and epoch.isdecimal():
                yield person_id, int(epoch)

    def close(self) -> None:
        """Log out."""
        with self._lock:
            self._forget()

    def _do(self, work: Callable[[], T]) -> T:
        """``work`` in this token's session; if the token has lost it, once more in a new one."""
        with self._lock:
            try:
                if self._session is None:
                    self._open()
                return work()
            except PKCS11Error:
                self._forget()
            try:
                self._open()
                return work()
            except PKCS11Error as error:
                self._forget()
                raise _away(error) from error

    def _open(self) -> None:
        if not self._pin:
            raise _cannot_open("its PIN was not right, and is not tried again")
        for attempt in range(2):
            try:
                self._session = self._library.get_token(token_label=self._token).open(rw=True, user_pin=self._pin)
            except (PinIncorrect, PinLocked) as error:
                self._pin = ""  # a token locks itself after a few wrong ones
                raise _cannot_open(f"its PIN is not right ({type(error).__name__})") from error
            except PKCS11Error as error:
                if attempt:
                    raise _away(error) from error
                self._library.reinitialize()  # a token that was put in again is seen only then
            else:
                return

    def _forget(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(PKCS11Error):  # it may be gone already
                session.close()

    def _keys(self, label: str) -> list[Any]:
        return list(self._session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}))

    def _make(self, label: str) -> Any:
        key = self._session.generate_key(
            KeyType.AES, 256, label=label, store=True, capabilities=USES, template=TEMPLATE
        )
        if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
            key.destroy()
            raise SetupMissing(
                "the token makes keys that can be taken out of it",
                cause="its policy overrides what it was asked for",
                fix="correct the token's policy, or use another store",
            )
        return key


def read_pin(home: Path, pin_file: str | None) -> str:
    """The PIN from the environment, else from this file in ``home``; raises :class:`SetupMissing`."""
    pin = os.environ.get(PIN_VARIABLE, "")
    if not pin and pin_file is not None:
        try:
            pin = read_private_file(home / pin_file).decode("utf-8").strip()
        except (UnicodeDecodeError, BadInput) as error:
            raise _cannot_open(f"{home / pin_file} holds no PIN") from error
    if not pin:
        raise _cannot_open(f"there is no PIN: neither {PIN_VARIABLE} nor a pin_file in config.json")
    return pin


def _label(person_id: str, key_epoch: int) -> str:
    return f"{PREFIX}/{check_id(Kind.PERSON, person_id)}/{int(key_epoch)}"


def _gcm(nonce: bytes, label: str) -> dict[str, Any]:
    return {"mechanism": Mechanism.AES_GCM, "mechanism_param": GCMParams(nonce, label.encode("ascii"), TAG_BITS)}


def _cannot_open(why: str) -> SetupMissing:
    return SetupMissing(
        f"the hardware security module cannot be opened: {why}",
        cause="config.json names another one, or it is not set up",
        fix="see docs/runbooks/keyholder.md; nothing was released",
    )


def _away(error: Exception) -> Unavailable:
    return Unavailable(
        f"the hardware security module does not answer: {type(error).__name__}",
        cause="it was taken out, restarted, or is out of order",
        fix="put it in order, then try again; nothing was released",
    )
