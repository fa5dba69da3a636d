"""Is what we seal, re-seal and unseal an ordinary age file to the ordinary tools?

Debian's ``age`` (written in Go) and ``pyrage`` (Rust) are implementations by others; set-up installs both.
"""

import subprocess
from pathlib import Path

import pyrage
import pytest

from aboveboard.formats import age_header
from aboveboard.formats.parts import PARTS
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.reseal import release_parts
from aboveboard.sealing.seal import seal
from aboveboard.sealing.seal_parts import seal_parts
from aboveboard.sealing.unseal import unseal
from samples.segments import reseal_header
from samples.stock_opening import opened

PLAINS = [b"", b"x", bytes(range(256)) * 256, b"y" * 65536, b"z" * 200_001]
IDS = ["empty", "one_byte", "one_chunk", "a_full_chunk", "several_chunks"]


def age_opens(sealed: bytes, identity: Identity, folder: Path) -> bytes:
    """What ``age -d`` says ``sealed`` holds."""
    key = folder / f"{identity.recipient}.txt"
    if not key.exists():
        identity.save(key)
    return subprocess.run(["age", "-d", "-i", key], input=sealed, capture_output=True, check=True).stdout


@pytest.mark.parametrize("plain", PLAINS, ids=IDS)
def test_age_opens_what_we_seal(plain: bytes, tmp_path: Path) -> None:
    person, keyholder = Identity.generate(), Identity.generate()
    sealed = seal(plain, [person.recipient, keyholder.recipient])
    assert age_opens(sealed, person, tmp_path) == plain
    assert age_opens(sealed, keyholder, tmp_path) == plain


@pytest.mark.parametrize("plain", PLAINS, ids=IDS)
def test_we_open_what_age_seals(plain: bytes) -> None:
    person, other = Identity.generate(), Identity.generate()
    command = ["age", "-r", other.recipient, "-r", person.recipient]
    sealed = subprocess.run(command, input=plain, capture_output=True, check=True).stdout
    assert unseal(sealed, person) == plain


@pytest.mark.parametrize("plain", PLAINS, ids=IDS)
@pytest.mark.parametrize("maker", ["age", "pyrage"])
def test_a_resealed_file_opens_with_age_and_pyrage(plain: bytes, maker: str, tmp_path: Path) -> None:
    person, keyholder, researcher = Identity.generate(), Identity.generate(), Identity.generate()
    if maker == "age":
        command = ["age", "-r", person.recipient, "-r", keyholder.recipient]
        sealed = subprocess.run(command, input=plain, capture_output=True, check=True).stdout
    else:
        sealed = seal(plain, [person.recipient, keyholder.recipient])
    header, payload = age_header.split(sealed)
    resealed = age_header.swap(sealed, reseal_header(header, keyholder, researcher.recipient))
    assert resealed.endswith(payload)
    assert age_opens(resealed, researcher, tmp_path) == plain
    assert pyrage.decrypt(resealed, [pyrage.x25519.Identity.from_str(researcher.text())]) == plain
    assert unseal(resealed, researcher) == plain
    with pytest.raises(subprocess.CalledProcessError):
        age_opens(resealed, person, tmp_path)


def test_age_refuses_a_header_whose_mac_we_broke(tmp_path: Path) -> None:
    # The control of the test above: the tool does check what it is said to check.
    person = Identity.generate()
    header, payload = age_header.split(seal(b"plain", [person.recipient]))
    parsed = age_header.parse(header)
    broken = age_header.encode(age_header.Header(parsed.stanzas, bytes(32)))
    with pytest.raises(subprocess.CalledProcessError):
        age_opens(broken + payload, person, tmp_path)


def test_released_parts_open_with_age_and_the_lines_in_the_specification(tmp_path: Path) -> None:
    """What docs/spec/sealing.md shows opens what was granted, and all of it for its person."""
    person, keyholder, researcher = Identity.generate(), Identity.generate(), Identity.generate()
    plain = {name: name.encode() * 40_000 for name in PARTS}
    sealed = seal_parts(plain, [person.recipient, keyholder.recipient])
    released = release_parts(age_header.split(sealed)[0], keyholder, researcher.recipient, ["always", "pointer"])
    person.save(tmp_path / "person.txt")
    researcher.save(tmp_path / "researcher.txt")
    (tmp_path / "released.age").write_bytes(released)
    (tmp_path / "segment").write_bytes(sealed)
    for place in ("granted", "all"):
        (tmp_path / place).mkdir()
    granted = opened(tmp_path / "granted", tmp_path / "segment", tmp_path / "researcher.txt", tmp_path / "released.age")
    assert granted == {name: plain[name] for name in ("always", "pointer")}
    assert opened(tmp_path / "all", tmp_path / "segment", tmp_path / "person.txt") == plain
