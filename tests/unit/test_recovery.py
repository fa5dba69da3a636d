"""Do enough shares of the right people bring the secret back, and does everything else say what is wrong?"""

import itertools
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput, Conflict, NotFound, SetupMissing, Tampered
from aboveboard.commands.keyholder import paper, words_of
from aboveboard.commands.main import main
from aboveboard.keyholder import recovery, shared_secret
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.keyholder.recovery import Holder
from samples.keyholder_programme import Programme, ask
from samples.witness_process import WitnessProcess, running_witness

SECRET = bytes(range(32))
HOLDERS = [
    Holder("Rita", "representative"),
    Holder("Rolf", "representative"),
    Holder("Sam", "security"),
    Holder("Sven", "security"),
    Holder("Stella", "steward"),
]
SHARES = recovery.make(SECRET, threshold=3, holders=HOLDERS)
OTHERS = recovery.make(SECRET, threshold=3, holders=HOLDERS)
VECTORS = json.loads((Path(__file__).parents[1] / "compat" / "slip39.json").read_bytes())["vectors"]


def test_any_three_of_five_give_it_and_no_two_do() -> None:
    assert all(len(words.split()) == 33 for words in SHARES)
    for chosen in itertools.combinations(SHARES, 3):
        assert recovery.combine(chosen) == SECRET
    for few in itertools.combinations(SHARES, 2):
        with pytest.raises(BadInput, match="2 shares are too few: 1 more"):
            recovery.combine(few)
    with pytest.raises(BadInput, match="too few"):
        recovery.combine([])
    # More than needed, in whatever order and writing, is as good.
    assert recovery.combine([each.upper().replace(" ", "\n ") for each in reversed(SHARES)]) == SECRET


def changed(words: str, **places: str) -> str:
    """``words`` with others at some places, by their numbers from 1."""
    found = words.split()
    for place, word in places.items():
        found[int(place.strip("w")) - 1] = word
    return " ".join(found)


def other_word(words: str, place: int) -> str:
    """Another word of the list than the one that stands there."""
    return "academic" if words.split()[place - 1] != "academic" else "acid"


DAMAGED = [
    pytest.param(changed(SHARES[1], w20=other_word(SHARES[1], 20)), "share 2 .* do not fit together", id="misread"),
    pytest.param(changed(SHARES[1], w7="aboveboard"), "share 2 .* none that shares are made of", id="no such word"),
    pytest.param(SHARES[1].rpartition(" ")[0], "share 2 .* not as many words", id="one missing"),
    pytest.param("academic " * 5000, "share 2 .* not as many words", id="far too many"),
    pytest.param("", "share 2 cannot be read", id="nothing"),
    pytest.param(OTHERS[1], "share 2 is of another set", id="another set"),
    pytest.param(SHARES[0], "same share was given twice", id="twice"),
]


@pytest.mark.parametrize(("second", "why"), DAMAGED)
def test_each_thing_that_is_wrong_is_said_by_name(second: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        recovery.combine([SHARES[0], second, SHARES[2]])


def test_any_one_word_that_is_misread_or_changes_its_place_shows() -> None:
    for place in range(1, 34):
        with pytest.raises(BadInput):
            recovery.combine([changed(SHARES[0], **{f"w{place}": other_word(SHARES[0], place)}), *SHARES[1:3]])
    words = SHARES[0].split()
    for place in range(32):
        swapped = [*words[:place], words[place + 1], words[place], *words[place + 2 :]]
        if swapped != words:
            with pytest.raises(BadInput):
                recovery.combine([" ".join(swapped), *SHARES[1:3]])


@given(st.lists(st.text(max_size=300) | st.sampled_from([*SHARES, *OTHERS]), max_size=6))
def test_whatever_is_typed_it_is_the_secret_or_an_error_with_words(typed: list[str]) -> None:
    try:
        found = recovery.combine(typed)
    except BadInput as error:
        said = error
    else:
        assert found == SECRET
        return
    assert said.what
    assert said.fix


@pytest.mark.parametrize(
    ("threshold", "holders", "why"),
    [
        (1, HOLDERS, "no good plan"),
        (5, HOLDERS, "no good plan"),
        (2, HOLDERS, "could do it alone"),
        (3, [Holder("A", "security")] * 5, "two shares"),
        (3, [Holder(str(number), "security") for number in range(5)], "could do it alone"),
        (2, [Holder(str(number), str(number)) for number in range(17)], "no good plan"),
    ],
)
def test_no_role_can_do_it_alone_and_one_share_may_be_lost(threshold: int, holders: list[Holder], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        recovery.make(SECRET, threshold=threshold, holders=holders)


@given(st.text(min_size=1, max_size=40))
def test_a_pin_comes_back_as_it_was(pin: str) -> None:
    try:
        packed = recovery.packed(pin)
    except (BadInput, UnicodeEncodeError):
        return
    assert recovery.unpacked(packed) == pin


@pytest.mark.parametrize("secret", [b"", bytes(32), b"\x05" + b"1" * 31, b"\x20" + b"1" * 31, b"\x01\xff" + bytes(30)])
def test_what_is_no_pin_is_said_to_be_none(secret: bytes) -> None:
    with pytest.raises(BadInput, match="not a PIN"):
        recovery.unpacked(secret)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_vectors_of_slip_39(vector: dict[str, object]) -> None:
    shares, secret = list(vector["shares"]), str(vector["secret"])  # type: ignore[call-overload]
    if not secret:
        with pytest.raises(BadInput):
            recovery.combine(shares, passphrase=b"TREZOR")
    else:
        assert recovery.combine(shares, passphrase=b"TREZOR").hex() == secret


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 45
    assert sum(not each["secret"] for each in VECTORS) > 20


def test_what_is_written_down_is_what_is_read(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.write_text(paper(SHARES[0], "share 1 of 5, any 3 of them", HOLDERS[0], "2026-11-22"))
    assert "Rita (representative)" in page.read_text()
    assert words_of(page) == SHARES[0]
    page.write_text(f"\n  {SHARES[0]}\n")
    assert words_of(page) == SHARES[0]


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


def told(root: Path, *words: object, typed: str = "") -> Result:
    """What the command answers."""
    return CliRunner().invoke(main, ["--home", str(root), "keyholder", "shares", *map(str, words)], input=typed)


def named() -> list[str]:
    return [word for holder in HOLDERS for word in ("--holder", f"{holder.name}={holder.role}")]


def test_a_lost_secret_comes_back_by_three_of_five_and_the_keyholder_releases_again(
    tmp_path: Path, witness: WitnessProcess
) -> None:
    programme = Programme(tmp_path, [witness])
    ada, paper_folder = programme.enrol(), tmp_path / "paper"
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    made = told(tmp_path, "make", "--threshold", 3, *named(), "--out", paper_folder)
    assert made.exit_code == 0, made.output
    pages = sorted(paper_folder.iterdir())
    assert [page.stat().st_mode & 0o777 for page in pages] == [0o600] * 5
    assert told(tmp_path, "rehearse", *pages[1:4]).exit_code == 0
    assert told(tmp_path, "rehearse", *pages).exit_code == 0
    # The machine is lost, and with it the secret; everything else was kept.
    running = told(tmp_path, "recover", *pages[:3])
    assert "another keyholder runs" in running.output
    programme.close()
    kept = (programme.home.path / "wrap.key").read_bytes()
    (programme.home.path / "wrap.key").unlink()
    with pytest.raises(SetupMissing, match="shares recover"):
        programme.reopen_after(old={})
    assert "too few" in told(tmp_path, "recover", *pages[:2]).output
    assert not (programme.home.path / "wrap.key").exists()
    # Three people type what is on their paper; one misreads a word, and is asked again.
    words = [words_of(page) for page in pages]
    typed = "\n".join([words[4], changed(words[0], w20=other_word(words[0], 20)), words[0], words[2]]) + "\n"
    back = told(tmp_path, "recover", typed=typed)
    assert back.exit_code == 0, back.output
    assert words[4] not in back.output, "nothing of it is on the screen"
    assert (programme.home.path / "wrap.key").read_bytes() == kept
    programme.reopen_after(old={})
    assert len(steps.release(programme.desk, programme.vault.public, asked).keys) == 1
    programme.close()


def test_shares_of_another_keyholder_are_found_out(tmp_path: Path) -> None:
    home = KeyholderHome(tmp_path / "keyholder")
    home.prepare()
    with pytest.raises(NotFound):
        shared_secret.read(home)
    shared_secret.write(home, SECRET)
    assert shared_secret.write(home, SECRET) == home.path / "wrap.key"
    with pytest.raises(Conflict, match="another one"):
        shared_secret.write(home, secrets.token_bytes(32))
    strangers = recovery.make(secrets.token_bytes(32), threshold=3, holders=HOLDERS)
    for number, words in enumerate(strangers):
        (tmp_path / f"s{number}").write_text(words)
    answer = told(tmp_path, "rehearse", *(tmp_path / f"s{number}" for number in range(3)))
    assert answer.exit_code == Tampered.exit_status
    assert "another secret" in answer.output


def test_a_pin_is_shared_and_comes_back_into_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ABOVEBOARD_PKCS11_PIN", raising=False)
    home = KeyholderHome(tmp_path / "keyholder")
    home.prepare()
    store = {"kind": "pkcs11", "module": "/usr/lib/hsm.so", "token": "keys", "pin_file": "pin"}
    (home.path / "config.json").write_text(json.dumps({"store": store}))
    (home.path / "pin").touch(mode=0o600)
    (home.path / "pin").write_text("24681357\n")
    secret = shared_secret.read(home)
    (home.path / "pin").unlink()
    shared_secret.write(home, recovery.combine(recovery.make(secret, threshold=3, holders=HOLDERS)[:3]))
    assert (home.path / "pin").read_text() == "24681357\n"
    assert (home.path / "pin").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="not a PIN"):
        shared_secret.write(home, SECRET)
    (home.path / "config.json").write_text(json.dumps({"store": {"kind": "openbao", "url": "https://keys.test"}}))
    with pytest.raises(SetupMissing, match="its own"):
        shared_secret.read(home)


def test_shares_are_shown_to_somebody_or_not_at_all(tmp_path: Path) -> None:
    home = KeyholderHome(tmp_path / "keyholder")
    home.prepare()
    shared_secret.write(home, SECRET)
    answer = told(tmp_path, "make", "--threshold", 3, *named())
    assert answer.exit_code == SetupMissing.exit_status
    assert "not a terminal" in answer.output
    assert told(tmp_path, "make", "--threshold", 3, "--holder", "Rita").exit_code == 2
