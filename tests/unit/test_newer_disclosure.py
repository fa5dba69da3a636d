"""A narrower disclosure applies on the device at once; a wider, older, forged or other one never does."""

import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.errors import Refused
from aboveboard.commands.record import Round
from aboveboard.formats import disclosure, envelope
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder import newer
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey
from samples.recorder_world import Participant

replace = msgspec.structs.replace


class Shown:
    """A vault that shows whatever a test says."""

    def __init__(self, document: Disclosure, signer: SigningKey) -> None:
        self.answer = envelope.encode(signer.sign(disclosure.PAYLOAD_TYPE, disclosure.encode(document)))

    def get(self, path: str) -> bytes:
        assert path == newer.PATH
        return self.answer


@pytest.fixture
def who() -> Participant:
    return Participant()


@pytest.fixture
def home(who: Participant, tmp_path: Path) -> Path:
    who.settle(tmp_path / "recorder")
    return tmp_path / "recorder"


def take_up(home: Path, who: Participant, signer: SigningKey | None = None, **changes: Any) -> Any:
    shown: Any = Shown(replace(who.disclosure(), **changes), signer or who.steward)
    return newer.take_up(home, shown)


def less(who: Participant) -> list[Any]:
    return [replace(who.disclosure().apps[0], keystrokes="count")]


def test_a_narrower_version_is_the_configuration_from_now_on(home: Path, who: Participant) -> None:
    before = enrolments.verify(enrolments.load(home))
    verified = take_up(home, who, version=3, apps=less(who))
    assert verified.disclosure.apps[0].keystrokes == "count"
    assert verified.disclosure_sha256 != before.disclosure_sha256
    assert verified.consent == before.consent, "nothing is signed anew"
    again = enrolments.verify(enrolments.load(home))
    assert (again.disclosure, again.disclosure_sha256) == (verified.disclosure, verified.disclosure_sha256)


REFUSED: dict[str, dict[str, Any]] = {
    "wider": {"version": 2, "retention_days": 31},
    "the same again": {"version": 1},
    "of another programme": {"version": 2, "programme": "another"},
    "with another keyholder": {"version": 2, "keyholder_key": SigningKey.generate().public},
    "by nobody's steward": {"version": 2, "signer": SigningKey.generate()},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_what_is_not_covered_changes_nothing(home: Path, who: Participant, changes: dict[str, Any]) -> None:
    before = (home / "enrolment.json").read_bytes()
    assert take_up(home, who, **changes) is None
    assert (home / "enrolment.json").read_bytes() == before


def test_what_was_narrowed_here_is_not_widened_back(home: Path, who: Participant) -> None:
    assert take_up(home, who, version=2, apps=less(who)) is not None
    assert take_up(home, who, version=3) is None, "not even to what was agreed to once"
    assert enrolments.verify(enrolments.load(home)).disclosure.version == 2


def test_a_wider_version_put_into_the_file_is_refused(home: Path, who: Participant) -> None:
    shown = Shown(replace(who.disclosure(), version=2, retention_days=31), who.steward)
    known = enrolments.load(home)
    enrolments.save(home, replace(known, applied=shown.answer.decode()))
    with pytest.raises(Refused) as caught:
        enrolments.verify(enrolments.load(home))
    assert caught.value.reason == Reason.CONSENT_OTHER_DISCLOSURE


def test_one_recording_ends_by_itself_or_with_all() -> None:
    ended = threading.Event()
    one, two = Round(ended), Round(ended)
    one.because("consent:other_disclosure")
    assert (one.is_set(), one.reason, two.is_set()) == (True, "consent:other_disclosure", False)
    ended.set()
    assert (two.is_set(), two.reason) == (True, "")
