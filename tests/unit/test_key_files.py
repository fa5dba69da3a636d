"""Are key files private, whole, and never overwritten; and are age keys read strictly?"""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, Conflict, NotFound, SetupMissing
from aboveboard.sealing import bech32
from aboveboard.sealing.keys import (
    Identity,
    load_or_create_signing_key,
    load_signing_key,
    read_private_file,
    recipient_bytes,
    save_signing_key,
    write_private_file,
)
from aboveboard.sealing.signatures import SigningKey


def test_a_key_file_is_private_and_reads_back(tmp_path: Path) -> None:
    key, path = SigningKey.generate(), tmp_path / "home" / "device.key"
    save_signing_key(path, key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert load_signing_key(path).private_bytes() == key.private_bytes()
    assert os.listdir(path.parent) == ["device.key"]


def test_openssl_reads_the_key_file(tmp_path: Path) -> None:
    key, path = SigningKey.generate(), tmp_path / "k"
    save_signing_key(path, key)
    shown = subprocess.run(
        ["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], capture_output=True, check=True
    )
    assert shown.stdout[-32:] == key.public_bytes


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    first, path = SigningKey.generate(), tmp_path / "k"
    save_signing_key(path, first)
    with pytest.raises(Conflict):
        save_signing_key(path, SigningKey.generate())
    with pytest.raises(Conflict):
        Identity.generate().save(path)
    assert load_signing_key(path).public == first.public
    assert os.listdir(tmp_path) == ["k"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "k"
    save_signing_key(path, SigningKey.generate())
    path.chmod(mode)
    with pytest.raises(SetupMissing, match="others"):
        load_or_create_signing_key(path)


def test_a_damaged_key_file_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "k"
    save_signing_key(path, SigningKey.generate())
    whole = path.read_bytes()
    for content in (b"", whole[:-30], whole.replace(b"PRIVATE", b"PUBLIC"), b"\xff" * 100, b"x" * 20_000):
        path.write_bytes(content)
        with pytest.raises(BadInput):
            load_or_create_signing_key(path)
        assert path.read_bytes() == content


def test_another_kind_of_private_key_is_refused(tmp_path: Path) -> None:
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "X25519"], capture_output=True, check=True).stdout
    write_private_file(tmp_path / "k", made)
    with pytest.raises(BadInput, match="Ed25519"):
        load_signing_key(tmp_path / "k")


def test_two_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    found: list[str] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        found.append(load_or_create_signing_key(tmp_path / "k").public)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_missing_key_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_signing_key(tmp_path / "none")
    with pytest.raises(NotFound):
        Identity.load(tmp_path / "none")


def test_an_identity_file_is_an_age_identity_file(tmp_path: Path) -> None:
    identity, path = Identity.generate(), tmp_path / "identity.txt"
    identity.save(path)
    assert read_private_file(path).endswith(f"\n{identity.text()}\n".encode())
    assert Identity.load(path).scalar() == identity.scalar()
    shown = subprocess.run(["age-keygen", "-y", path], capture_output=True, check=True, text=True)
    assert shown.stdout.strip() == identity.recipient


def test_an_identity_made_by_age_is_read(tmp_path: Path) -> None:
    path = tmp_path / "identity.txt"
    made = subprocess.run(["age-keygen", "-o", path], capture_output=True, check=True, text=True)
    path.chmod(0o600)
    assert Identity.load(path).recipient in made.stderr


@pytest.mark.parametrize("text", ["", "# nothing\n", "AGE-SECRET-KEY-1\n", "hello\n"])
def test_a_file_without_an_identity_is_refused(tmp_path: Path, text: str) -> None:
    write_private_file(tmp_path / "i", text.encode())
    with pytest.raises(BadInput):
        Identity.load(tmp_path / "i")


def test_a_file_with_two_identities_is_refused(tmp_path: Path) -> None:
    write_private_file(tmp_path / "i", f"{Identity.generate().text()}\n{Identity.generate().text()}\n".encode())
    with pytest.raises(BadInput, match="2 identities"):
        Identity.load(tmp_path / "i")


def test_an_identity_never_shows_its_secret() -> None:
    identity = Identity.generate()
    assert repr(identity) == f"Identity({identity.recipient})"
    wrong = identity.text()[:-1] + ("Q" if identity.text()[-1] != "Q" else "P")
    with pytest.raises(BadInput) as caught:
        Identity.from_text(wrong)
    assert wrong[16:40] not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "A12UEL5L",
        "a12uel5l",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    ],
)
def test_bip_173_valid_strings_without_data(text: str) -> None:
    assert bech32.decode(text.rpartition("1")[0], text) == b""


def test_bip_173_valid_string_with_data() -> None:
    text = "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w"
    data = bech32.decode("split", text)
    assert data.hex() == "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"
    assert bech32.encode("split", data) == text


@pytest.mark.parametrize(
    "text",
    [
        "pzry9x0s0muk",  # no separator
        "1pzry9x0s0muk",  # empty prefix
        "x1b4n0q5v",  # a character outside the set
        "li1dgmt3",  # checksum too short
        "A1G7SGD8",  # checksum of the upper-case prefix
        "10a06t8",  # empty prefix
        "A12uEL5L",  # mixed case
        "de1lg7wt\xff",  # not ASCII
        "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",  # too long
    ],
)
def test_bip_173_invalid_strings(text: str) -> None:
    with pytest.raises(BadInput):
        bech32.decode(text.rpartition("1")[0], text)


def test_a_recipient_has_one_spelling() -> None:
    recipient = Identity.generate().recipient
    assert bech32.encode("age", recipient_bytes(recipient)) == recipient
    for wrong in (recipient.upper(), recipient[:-1], recipient + "q", " " + recipient, "ssh-ed25519 AAAA", ""):
        with pytest.raises(BadInput):
            recipient_bytes(wrong)
    with pytest.raises(BadInput):
        recipient_bytes(bech32.encode("age", bytes(31)))


def test_padding_that_is_not_zero_is_refused() -> None:
    text = bech32.encode("age", bytes(32))
    words = [bech32.CHARSET.index(character) for character in text[4:-6]]
    words[-1] |= 1
    checksum = bech32._polymod([*bech32._expand("age"), *words, *([0] * 6)]) ^ 1
    words += [(checksum >> (5 * (5 - place))) & 31 for place in range(6)]
    with pytest.raises(BadInput, match="padding"):
        bech32.decode("age", "age1" + "".join(bech32.CHARSET[word] for word in words))
