"""Is a witness policy (C2SP tlog-policy) read as its specification says, and asked as it is written?"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import policy as policies
from aboveboard.sealing.signatures import SigningKey

KEYS = [SigningKey.from_private_bytes(bytes([number] * 32)).public_bytes for number in range(1, 9)]
LOG = checkpoints.log_key("keyholder.example/ledger", KEYS[0])
X1, X2, X3, Y1, Y2, Y3 = (checkpoints.witness_key(f"w{number}.example", KEYS[number]) for number in range(1, 7))

EXAMPLE = f"""
# The specification's own example
log {LOG}

witness X1 {X1}
witness X2 {X2} https://x2.example/
 witness X3\t{X3} \t
group X-witnesses 2 X1 X2 X3

witness Y1 {Y1}
witness Y2 {Y2}
witness Y3 {Y3}
group Y-witnesses any Y1 Y2 Y3

group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_specification_s_example_asks_for_two_and_one() -> None:
    policy = policies.parse(EXAMPLE.encode())
    assert list(policy.logs) == [LOG]
    assert policy.witnesses["X2"].url == "https://x2.example/"
    assert policy.members("X-and-Y") == {"X1", "X2", "X3", "Y1", "Y2", "Y3"}
    names = sorted(policy.witnesses)
    for count in range(len(names) + 1):
        for cosigned in itertools.combinations(names, count):
            xs, ys = sum(name[0] == "X" for name in cosigned), sum(name[0] == "Y" for name in cosigned)
            assert policy.satisfied(cosigned) is (xs >= 2 and ys >= 1)
    assert policy.satisfied({"X1", "X2", "Y1", "somebody else"})


def test_one_witness_or_none_can_be_the_quorum() -> None:
    one = policies.parse(f"witness council {X1}\nquorum council\n".encode())
    assert not one.satisfied([])
    assert one.satisfied(["council"])
    assert policies.parse(b"quorum none").satisfied([])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no quorum"),
        (f"witness a {X1}\n", "no quorum"),
        (f"witness a {X1}\nquorum a\nquorum a\n", "second quorum"),
        (f"quorum a\nwitness a {X1}\n", "defined before"),
        (f"witness a {X1}\nwitness b {X1}\nquorum a\n", "another one's"),
        (f"witness a {X1}\nwitness a {X2}\nquorum a\n", "taken"),
        (f"witness none {X1}\nquorum none\n", "taken"),
        (f"witness a {LOG}\nquorum a\n", "mixed up"),
        (f"log {X1}\nquorum none\n", "mixed up"),
        (f"log {LOG}\nlog {LOG}\nquorum none\n", "twice"),
        (f"witness a {X1[:-2]}\nquorum a\n", "verifier key"),
        (f"witness a {X1}\ngroup g 2 a\nquorum g\n", "2 are needed of 1"),
        (f"witness a {X1}\ngroup g 0 a\nquorum g\n", "how many"),
        (f"witness a {X1}\ngroup g some a\nquorum g\n", "how many"),
        (f"witness a {X1}\ngroup g any a a\nquorum g\n", "already"),
        (f"witness a {X1}\ngroup g any a\ngroup h any a\nquorum h\n", "already"),
        (f"witness a {X1}\ngroup g any b\nquorum g\n", "defined before"),
        (f"witness a {X1}\ngroup g any g\nquorum g\n", "defined before"),
        (f"witness a {X1}\ngroup a any a\nquorum a\n", "taken"),
        ("observer a\nquorum none\n", "no line"),
        ("quorum none\r\n", "control characters"),
        ("quorum none\n" + "#" * 70_000, "longer"),
    ],
)
def test_anything_else_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        policies.parse(text.encode())


@given(st.binary(max_size=300), st.lists(st.sampled_from(EXAMPLE.splitlines()), max_size=12))
def test_any_bytes_are_a_policy_or_refused(data: bytes, lines: list[str]) -> None:
    for candidate in (data, "\n".join(lines).encode()):
        try:
            policy = policies.parse(candidate)
        except BadInput:
            continue
        assert policy.satisfied(policy.witnesses)
