"""A witness on the keyholder's own machine is no outside one; some may be away where the policy says so."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.keyholder import release as steps
from aboveboard.keyholder import witnesses
from aboveboard.ledger import verify
from aboveboard.wire import machine
from samples.keyholder_programme import Programme, ask
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[WitnessProcess]]:
    """Two witnesses; the address of a third leads nowhere."""
    with ExitStack() as stack:
        yield [stack.enter_context(running_witness(tmp_path_factory.mktemp("witness"))) for _ in range(2)]


@pytest.fixture
def programme(tmp_path: Path, council: list[WitnessProcess]) -> Iterator[Programme]:
    made = Programme(tmp_path, council)
    yield made
    made.close()


def follow(programme: Programme, council: list[WitnessProcess], quorum: str, *, gone: int | None = None) -> None:
    """Start it anew under a policy."""
    lines = []
    for at, each in enumerate(council):
        url = "http://127.0.0.1:1" if at == gone else each.url
        lines.append(f"witness w{at} {each.verifier_key} {url}")
    (programme.home.path / "witness-policy.txt").write_text("\n".join([*lines, quorum]) + "\n")
    programme.reopen()


def release(programme: Programme) -> str:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    return steps.release(programme.desk, programme.vault.public, asked).checkpoint


def cosigners(programme: Programme, council: list[WitnessProcess], text: str) -> list[int]:
    keys = [each.verifier_key for each in council]
    _, found = verify.verify_cosigned(text, programme.log.origin, programme.log.log_key, keys, 0)
    return [at for at, key in enumerate(keys) if key in found]


def test_one_may_be_away_where_the_policy_says_so_and_not_two(
    programme: Programme, council: list[WitnessProcess]
) -> None:
    follow(programme, council, "group one any w0 w1\nquorum one", gone=0)
    assert cosigners(programme, council, release(programme)) == [1]
    follow(programme, council, "group both all w0 w1\nquorum both", gone=0)
    with pytest.raises(Unavailable, match="w0 has not co-signed"):
        release(programme)
    follow(programme, council, "group both all w0 w1\nquorum both")
    assert cosigners(programme, council, release(programme)) == [0, 1]


@pytest.mark.parametrize(
    "policy",
    ["quorum none", "quorum w0\nquorum w1", "quorum w9", "group one any w0\nquorum one\nlog x"],
)
def test_a_policy_that_asks_for_nobody_or_cannot_be_read_does_not_start(
    programme: Programme, council: list[WitnessProcess], policy: str
) -> None:
    with pytest.raises(SetupMissing):
        follow(programme, council, policy)
    (programme.home.path / "witness-policy.txt").unlink()
    programme.reopen_after(old={})


def test_a_witness_without_an_address_does_not_start(programme: Programme, council: list[WitnessProcess]) -> None:
    path = programme.home.path / "witness-policy.txt"
    path.write_text(f"witness w0 {council[0].verifier_key}\nquorum w0\n")
    programme.desk.close()
    with pytest.raises(SetupMissing, match="without its address"):
        programme.reopen_after(old={})
    path.unlink()
    programme.reopen_after(old={})


OUTSIDE = "group outside any w0\ngroup both all outside w1\nquorum both"


def test_one_at_an_address_of_this_machine_is_not_outside(programme: Programme, council: list[WitnessProcess]) -> None:
    follow(programme, council, OUTSIDE)
    with pytest.raises(Unavailable, match="its address is this machine's own"):
        release(programme)


def test_one_that_says_it_runs_on_this_machine_is_not_outside(
    programme: Programme, council: list[WitnessProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "is_here", lambda _: False)  # reached through a proxy, say
    follow(programme, council, OUTSIDE)
    with pytest.raises(Unavailable, match="it runs on this very machine"):
        release(programme)
    # On another machine, it would have said another mark.
    monkeypatch.setattr(machine, "boot_mark", lambda name: f"of another machine {name}")
    assert cosigners(programme, council, release(programme)) == [0, 1]


def test_without_that_look_it_would_count(
    programme: Programme, council: list[WitnessProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnesses.Witness, "_check_outside", lambda _: None)
    follow(programme, council, OUTSIDE)
    assert cosigners(programme, council, release(programme)) == [0, 1]


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://127.8.8.8", True),
        ("http://[::1]:80", True),
        ("http://localhost", True),
        ("http://0.0.0.0", True),
        ("http://192.0.2.1:443/prefix", False),
        ("http://[2001:db8::1]", False),
        ("http://no-such-name.invalid", True),
        ("http://", True),
    ],
)
def test_an_address_is_here_if_it_can_be_listened_on(url: str, here: bool) -> None:
    assert machine.is_here(url) is here
