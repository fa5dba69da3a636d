"""Does a steward learn before publishing that a pattern for customers' identifiers cannot be used?"""

from types import SimpleNamespace
from typing import Any

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.commands import programme

TOML = """
programme = "orders"
language = "en"
title = "Orders"
summary = "How orders are entered."
controller = "Example Ltd"
contact = "privacy@example.org"
countries = ["DE"]
legal_entities = ["Example GmbH"]
purposes = ["train_agents"]
recipients = ["Example Ltd"]
retention_days = 30
never_collected = ["passwords"]

[[apps]]
name = "Editor"
wm_class = "Editor"
why = "because it is a test"
window = "redacted"
because.window = "because it is a test"

[[customers]]
name = "Account"
pattern = '''{}'''
"""
KEY = b"ed25519:" + b"A" * 43


class Place:
    """Answers what the keyholder and the vault say to anyone."""

    def __init__(self, *_: object) -> None:
        pass

    def get(self, _: str) -> bytes:
        return b'{"statement_key":"%b","lease_key":"%b"}' % (KEY, KEY)


HOME: Any = SimpleNamespace(address=lambda _: SimpleNamespace(url="http://127.0.0.1:1"))


def test_a_pattern_that_can_be_used_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme, "Client", Place)
    prepared = programme.prepare(HOME, TOML.format(r"KD-\d{6}"), version=1)
    assert [one.pattern for one in prepared.customers] == [r"KD-\d{6}"]


@pytest.mark.parametrize(
    ("pattern", "says"),
    [("KD-(", "does not compile"), ("(?=KD)", "does not compile"), (r"\w+", "takes a single character")],
)
def test_one_that_no_recorder_would_take_is_not(monkeypatch: pytest.MonkeyPatch, pattern: str, says: str) -> None:
    monkeypatch.setattr(programme, "Client", Place)
    with pytest.raises(BadInput, match=rf"customer pattern 1 \(Account\) {says}"):
        programme.prepare(HOME, TOML.format(pattern), version=1)


def test_one_that_takes_too_much_memory_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programme, "Client", Place)
    with pytest.raises(BadInput, match="does not compile"):
        programme.prepare(HOME, TOML.replace("{}", "(((a{100}){100}){100})"), version=1)
