"""What does a device that was told of a pause or a withdrawal believe of a vault that has forgotten it?"""

from pathlib import Path

import msgspec
import pytest

from aboveboard.base.errors import Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.lease import Lease
from aboveboard.recorder.known_epoch import FILE_NAME, KnownEpoch
from aboveboard.rules.decision import Reason

PERSON = new_id(Kind.PERSON)
LEASE = Lease(
    lease_id=new_id(Kind.LEASE),
    device_id=new_id(Kind.DEVICE),
    person_id=PERSON,
    consent_id=new_id(Kind.CONSENT),
    disclosure_sha256="0" * 64,
    epoch=4,
    boot_id="00000000-0000-0000-0000-000000000001",
    boot_ns=0,
    duration_ns=1,
    server_ns=0,
    nonce="0" * 32,
    bytes_left=1,
)


def of_epoch(epoch: int, **changes: str) -> Lease:
    return msgspec.structs.replace(LEASE, epoch=epoch, **changes)


def reasons(home: Path, *leases: Lease) -> list[Reason]:
    """What a recorder that starts now answers."""
    known = KnownEpoch(home, PERSON)
    return [known.permits(each).reason for each in leases]


def test_an_epoch_never_falls(tmp_path: Path) -> None:
    KnownEpoch(tmp_path, PERSON).leased(of_epoch(4))
    assert reasons(tmp_path, of_epoch(3), of_epoch(4), of_epoch(6)) == [
        Reason.LEASE_RECORD_BEHIND,
        Reason.OK,
        Reason.OK,
    ]


def test_a_pause_is_over_only_in_another_epoch(tmp_path: Path) -> None:
    known = KnownEpoch(tmp_path, PERSON)
    known.leased(of_epoch(4))
    known.refused(Reason.PAUSED_BY_STEWARD, LEASE.consent_id)
    assert reasons(tmp_path, of_epoch(4), of_epoch(6)) == [Reason.LEASE_RECORD_BEHIND, Reason.OK]
    known.leased(of_epoch(6))
    assert reasons(tmp_path, of_epoch(6)) == [Reason.OK]


def test_a_withdrawn_consent_stays_withdrawn_and_another_one_counts(tmp_path: Path) -> None:
    known = KnownEpoch(tmp_path, PERSON)
    known.refused(Reason.CONSENT_WITHDRAWN, LEASE.consent_id)
    other = of_epoch(4, consent_id=new_id(Kind.CONSENT))
    assert reasons(tmp_path, of_epoch(9), other) == [Reason.CONSENT_WITHDRAWN, Reason.OK]


def test_what_is_known_of_another_person_does_not_count(tmp_path: Path) -> None:
    KnownEpoch(tmp_path, new_id(Kind.PERSON)).refused(Reason.PAUSED_BY_PERSON, LEASE.consent_id)
    assert reasons(tmp_path, of_epoch(0)) == [Reason.OK]


def test_a_file_that_cannot_be_read_permits_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"{")
    assert reasons(tmp_path, of_epoch(9)) == [Reason.LEASE_RECORD_BEHIND]


def test_what_cannot_be_written_down_is_not_known(tmp_path: Path) -> None:
    known = KnownEpoch(tmp_path / "not there", PERSON)
    with pytest.raises(Unavailable):
        known.leased(of_epoch(4))
    assert known.permits(of_epoch(3)).allowed
