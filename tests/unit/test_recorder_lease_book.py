"""What the book of leases answers, on a clock that only moves when told."""

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.lease import Lease
from aboveboard.recorder.lease import Checked, LeaseBook
from aboveboard.rules.decision import Reason, no

BOOT = "00000000-0000-0000-0000-000000000001"
IDS = {
    "device_id": new_id(Kind.DEVICE),
    "person_id": new_id(Kind.PERSON),
    "consent_id": new_id(Kind.CONSENT),
}


def lease(
    start_s: float,
    *,
    duration_s: float = 15,
    epoch: int = 0,
    boot: str = BOOT,
    travelled_s: float = 0,
    vault_ahead_s: float = 1000,
) -> Checked:
    return Checked(
        Lease(
            lease_id=new_id(Kind.LEASE),
            disclosure_sha256="0" * 64,
            epoch=epoch,
            boot_id=boot,
            boot_ns=int(start_s * SECOND_NS),
            duration_ns=int(duration_s * SECOND_NS),
            server_ns=int((vault_ahead_s + start_s + travelled_s) * SECOND_NS),
            nonce="0" * 32,
            bytes_left=100,
            **IDS,
        ),
        f"lease from {start_s}",
        int((start_s + travelled_s) * SECOND_NS),
    )


def at(book: LeaseBook, second: float) -> Reason:
    return book.at(int(second * SECOND_NS)).reason


def test_an_empty_book_permits_nothing() -> None:
    assert at(LeaseBook(BOOT), 5) is Reason.LEASE_NONE
    assert LeaseBook(BOOT).bytes_left() == 0


def test_a_lease_permits_from_when_it_was_asked_for_until_it_ends() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    assert [at(book, second) for second in (99.9, 100, 114.9, 115)] == [
        Reason.LEASE_EXPIRED,
        Reason.OK,
        Reason.OK,
        Reason.LEASE_EXPIRED,
    ]


def test_a_lease_of_another_boot_permits_nothing() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100, boot="00000000-0000-0000-0000-000000000002"))
    assert at(book, 101) is Reason.LEASE_OTHER_BOOT


def test_the_fewest_leases_that_cover_are_chosen() -> None:
    book = LeaseBook(BOOT)
    for start_s in (100, 105, 110, 115, 120):
        book.add(lease(start_s))
    chosen = book.covering(101 * SECOND_NS, 121 * SECOND_NS)
    assert [checked.envelope for checked in chosen] == ["lease from 100", "lease from 115"]


@pytest.mark.parametrize(("start_s", "end_s"), [(99, 101), (101, 115), (114, 121)])
def test_a_gap_is_never_covered(start_s: int, end_s: int) -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    book.add(lease(120))
    assert book.covering(start_s * SECOND_NS, end_s * SECOND_NS) == []
    assert book.covered_until(start_s * SECOND_NS, end_s * SECOND_NS) < end_s * SECOND_NS


def test_another_epoch_voids_what_was_open() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    book.add(lease(105))
    assert book.drops == 0
    book.add(lease(110, epoch=2))
    assert book.drops == 1
    assert at(book, 109) is Reason.LEASE_EXPIRED
    assert at(book, 110) is Reason.OK


def test_a_pause_ends_the_permission_at_once_and_gives_its_reason() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    book.end(no(Reason.PAUSED_BY_PERSON), boot_ns=103 * SECOND_NS, drop=True)
    assert at(book, 102) is Reason.PAUSED_BY_PERSON
    assert book.drops == 1


def test_an_end_without_a_pause_keeps_what_was_before_it() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    book.end(no(Reason.DISCLOSURE_NOT_CURRENT), boot_ns=103 * SECOND_NS, drop=False)
    assert at(book, 102) is Reason.OK
    assert at(book, 103) is Reason.DISCLOSURE_NOT_CURRENT
    assert book.drops == 0
    assert book.covering(101 * SECOND_NS, 102 * SECOND_NS)
    assert not book.covering(101 * SECOND_NS, 103 * SECOND_NS)
    assert book.covered_until(101 * SECOND_NS, 110 * SECOND_NS) == 103 * SECOND_NS - 1


def test_a_lease_after_an_end_does_not_revive_the_ones_before() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    book.end(no(Reason.DISCLOSURE_NOT_CURRENT), boot_ns=103 * SECOND_NS, drop=False)
    book.add(lease(108))
    assert at(book, 105) is Reason.LEASE_EXPIRED
    assert at(book, 108) is Reason.OK


def test_the_first_lease_permits_only_from_when_it_came() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100, travelled_s=4))
    assert [at(book, second) for second in (103.9, 104, 114.9)] == [Reason.LEASE_NONE, Reason.OK, Reason.OK]
    assert not book.covering(103 * SECOND_NS, 105 * SECOND_NS)
    book.add(lease(110, travelled_s=4))
    assert at(book, 111) is Reason.OK, "there was no pause in between: it is of the same epoch"


def test_the_first_lease_after_a_pause_permits_only_from_when_it_came() -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    book.end(no(Reason.PAUSED_BY_STEWARD), boot_ns=105 * SECOND_NS, drop=True)
    book.add(lease(108, epoch=2, travelled_s=3))
    assert [at(book, second) for second in (108, 110.9, 111)] == [Reason.LEASE_NONE, Reason.LEASE_NONE, Reason.OK]


@pytest.mark.parametrize(("gained_s", "void"), [(3600, True), (-3600, True), (12, False)])
def test_what_was_recorded_while_the_boot_clock_stood_still_is_void(gained_s: int, void: bool) -> None:
    book = LeaseBook(BOOT)
    book.add(lease(100))
    book.add(lease(105, vault_ahead_s=1000 + gained_s))
    assert book.drops == int(void)
    assert bool(book.covering(102 * SECOND_NS, 104 * SECOND_NS)) is not void
    assert at(book, 105) is Reason.OK
