"""Breaking any rule of permission turns a test red: each step is taken out, and an attempt that it refused is found.

The steps are read from the code itself (``samples/rule_removed.py``). What refuses is the table of hostile cases, and,
for the rules that only the recorder asks, the attempts below.
"""

import ast
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, lease
from aboveboard.recorder.known_epoch import FILE_NAME, KnownEpoch
from aboveboard.recorder.lease import Checked, LeaseBook, LeaseKeeper
from aboveboard.rules import consent as consent_rules
from aboveboard.rules import lease as lease_rules
from aboveboard.rules.decision import Reason, no
from aboveboard.vault import admission
from aboveboard.vault.api import consents, intake, leases, pauses
from samples.hostile_cases import CASES, Attempt, Case, believed, keeper
from samples.rule_removed import Step, steps_of
from samples.socket_world import SocketWorld, in_memory
from samples.vault_world import BOOT_ID, lease_of

# What only the recorder asks: attempts against an honest device. Each that is refused raises; the reason is its words.

DEVICE: list[Case] = []
BOOK: list[Case] = []
"""Those of them that need nothing but a book of leases."""
S = SECOND_NS


def device(name: str, reason: str) -> Callable[[Callable[[SocketWorld], Attempt]], None]:
    return lambda prepare: DEVICE.append(Case(name, str(reason), prepare, alone=False))


def answered(reason: str, **changes: Any) -> None:
    """The vault's own key signs an answer with other words than were asked for."""

    @device(f"a lease with another {', '.join(changes)}", reason)
    def _(world: SocketWorld) -> Attempt:
        _, asking = keeper(world, world.ready())
        honest = asking.post

        def lying(request: Any) -> bytes:
            genuine = lease_of(envelope.decode(honest(request)))
            document = msgspec.structs.replace(genuine, **changes)
            return envelope.encode(world.vault.key.sign(lease.PAYLOAD_TYPE, lease.encode(document)))

        asking.post = lying
        return believed(asking)


answered(Reason.LEASE_NOT_ASKED_FOR, nonce="0" * 32)
answered(Reason.LEASE_OTHER_BOOT, boot_id=BOOT_ID[:-1] + "0")
answered(Reason.LEASE_OTHER_DEVICE, device_id=new_id(Kind.DEVICE))
answered(Reason.LEASE_OTHER_CONSENT, consent_id=new_id(Kind.CONSENT))
answered(Reason.CONSENT_OTHER_PERSON, person_id=new_id(Kind.PERSON))
answered(Reason.CONSENT_OTHER_DISCLOSURE, disclosure_sha256="0" * 64)


@device("no lease at all", Reason.LEASE_NONE)
def _(_: SocketWorld) -> Attempt:
    return lease_rules.lease_live(None, boot_id=BOOT_ID, boot_ns=0).require


@device("a segment under no lease at all", Reason.LEASE_NONE)
def _(world: SocketWorld) -> Attempt:
    one = world.recorded(world.ready())
    return lease_rules.leases_cover(one.manifest, [], now_ns=world.clock.wall_ns()).require


@device("a damaged note of what the device knows", Reason.LEASE_RECORD_BEHIND)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    home = world.home.parent / who.device_id
    home.mkdir()
    (home / FILE_NAME).write_bytes(b"{")
    return believed(keeper(world, who, KnownEpoch(home, who.person_id))[1])


GENUINE = lease.Lease(
    lease_id=new_id(Kind.LEASE),
    device_id=new_id(Kind.DEVICE),
    person_id=new_id(Kind.PERSON),
    consent_id=new_id(Kind.CONSENT),
    disclosure_sha256="0" * 64,
    epoch=4,
    boot_id=BOOT_ID,
    boot_ns=0,
    duration_ns=15 * S,
    server_ns=0,
    nonce="0" * 32,
    bytes_left=1,
)


def lent(start: int, *, travelled: int = 0, ahead: int = 1000, **words: Any) -> Checked:
    """A lease asked for at the second ``start``, whose answer came ``travelled`` seconds later."""
    document = msgspec.structs.replace(GENUINE, boot_ns=start * S, server_ns=(start + ahead) * S, **words)
    return Checked(document, "{}", (start + travelled) * S)


def book(name: str, reason: str, *, second: int) -> Callable[[Callable[[LeaseBook], object]], None]:
    """What a book of leases answers for ``second`` after this has happened; and never is anything of it covered."""

    def put(happens: Callable[[LeaseBook], object]) -> None:
        def prepare(_: SocketWorld) -> Attempt:
            made = LeaseBook(BOOT_ID)
            happens(made)

            def attempt() -> None:
                made.at(second * S).require()
                assert not made.covering(second * S, second * S)

            return attempt

        BOOK.append(Case(name, str(reason), prepare, alone=False))

    return put


@book("nothing was lent yet", Reason.LEASE_NONE, second=100)
def _(_: LeaseBook) -> None: ...


@book("a lease of another start of the machine", Reason.LEASE_OTHER_BOOT, second=101)
def _(one: LeaseBook) -> None:
    one.add(lent(100, boot_id=BOOT_ID[:-1] + "0"))


@book("a lease that has run out", Reason.LEASE_EXPIRED, second=116)
def _(one: LeaseBook) -> None:
    one.add(lent(100))


@book("before the first lease came, under it", Reason.LEASE_NONE, second=102)
def _(one: LeaseBook) -> None:
    one.add(lent(100, travelled=4))


@book("before the first lease after a pause came, under it", Reason.LEASE_NONE, second=107)
def _(one: LeaseBook) -> None:
    one.add(lent(100))
    one.end(no(Reason.PAUSED_BY_STEWARD), boot_ns=104 * S, drop=True)
    one.add(lent(106, epoch=6, travelled=3))


@book("after a pause was told, under the lease from before", Reason.PAUSED_BY_PERSON, second=105)
def _(one: LeaseBook) -> None:
    one.add(lent(100))
    one.end(no(Reason.PAUSED_BY_PERSON), boot_ns=104 * S, drop=True)


@book("before a pause that was told, for all of it is void", Reason.PAUSED_BY_PERSON, second=103)
def _(one: LeaseBook) -> None:
    one.add(lent(100))
    one.end(no(Reason.PAUSED_BY_PERSON), boot_ns=104 * S, drop=True)


@book("after the bytes were spent, under the lease from before", Reason.LEASE_BUDGET_SPENT, second=105)
def _(one: LeaseBook) -> None:
    one.add(lent(100))
    one.end(no(Reason.LEASE_BUDGET_SPENT), boot_ns=104 * S, drop=False)


@book("between an end and the next lease, under the one from before", Reason.LEASE_EXPIRED, second=105)
def _(one: LeaseBook) -> None:
    one.add(lent(100))
    one.end(no(Reason.LEASE_BUDGET_SPENT), boot_ns=104 * S, drop=False)
    one.add(lent(108))


@book("under the lease of the epoch before", Reason.LEASE_EXPIRED, second=103)
def _(one: LeaseBook) -> None:
    one.add(lent(100))
    one.add(lent(105, epoch=6))


@book("while the boot clock stood still", Reason.LEASE_EXPIRED, second=103)
def _(one: LeaseBook) -> None:
    one.add(lent(100))
    one.add(lent(105, ahead=1000 + 3600))


def dropped(name: str, happens: Callable[[LeaseBook], object]) -> None:
    """What was open is void."""

    def prepare(_: SocketWorld) -> Attempt:
        made = LeaseBook(BOOT_ID)
        made.add(lent(100))
        happens(made)
        return no(Reason.SEGMENT_DURING_PAUSE if made.drops == 1 else Reason.RULE_ERROR).require

    BOOK.append(Case(name, str(Reason.SEGMENT_DURING_PAUSE), prepare, alone=False))


dropped("the segment that is open when another epoch comes", lambda one: one.add(lent(105, epoch=6)))
dropped(
    "the segment that is open when a pause is told",
    lambda one: one.end(no(Reason.PAUSED_BY_PERSON), boot_ns=104 * S, drop=True),
)


def _changes(node: ast.AST) -> bool:
    """What the book of leases does rather than says: whatever it decides, and whatever it changes."""
    return isinstance(node, ast.If | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and "clear" in ast.unparse(node)
    )


STEPS = [
    step
    for function in (
        consent_rules.consent_live,
        consent_rules.for_what_was_shown,
        lease_rules.may_issue,
        lease_rules.answers,
        lease_rules.lease_live,
        lease_rules.leases_cover,
        lease_rules.outside_pauses,
        lease_rules.while_newest,
        admission.sending_device,
        admission.check_enrolled,
        admission.check_consent,
        admission.check_covered,
        admission.check_pauses,
        admission.check_newest,
        admission.check_new,
        admission.check_bytes,
        intake.declared,
        intake.awaited,
        intake.whole,
        leases.decide,
        consents._check,
        pauses.Pauses.resume.fn,
        KnownEpoch.permits,
        LeaseKeeper.check,
    )
    for step in steps_of(function)
] + [step for function in (LeaseBook.add, LeaseBook.end, LeaseBook.at) for step in steps_of(function, also=_changes)]

STANDS_BEHIND = {
    "outside_pauses: if not pause.wm_class:": "no lease names an application without a name",
    "outside_pauses: if not all((pause.wm_class.casefold() in lease.paused_apps for lease in leases)):": (
        "the step before: a lease that does not name it is from before it began, and its epoch says so"
    ),
    "check_newest: if row is None:": "step 4 has found a consent to it, and so it",
    "LeaseBook.at: if since_ns <= boot_ns < until_ns:": "it only spares work",
    "LeaseBook.at: if decision.allowed:": "it only spares work",
}
"""Without these alone, the answers are the same."""


@pytest.fixture(scope="module")
def shared() -> Iterator[SocketWorld]:
    with in_memory() as made:
        yield made


def red(case: Case, world: SocketWorld) -> bool:
    """Is the attempt not refused, or not with its reason?"""
    try:
        case.prepare(world)()
    except AboveboardError as error:
        return (getattr(error, "reason", None) or error.code) != case.reason
    except Exception:
        return True
    return True


def likely_first(step: Step) -> list[Case]:
    """The cases, those first that name what the step says; one that needs a vault of its own only if it does."""
    reasons = {str(Reason[each]) for each in step.reasons}
    near = {
        "consent": {Reason.CONSENT_WITHDRAWN, Reason.CONSENT_FROM_THE_FUTURE},
        "answers(": {Reason.LEASE_NOT_ASKED_FOR},
        "pause": {Reason.SEGMENT_DURING_PAUSE, Reason.PAUSED_BY_PERSON},
        "enrolled": {Reason.SEGMENT_OTHER_PERSON},
        "cover": {Reason.SEGMENT_OUTSIDE_LEASE},
        "bytes": {Reason.SEGMENT_BYTES},
        "new": {Reason.SEGMENT_SUPERSEDED},
        "shown": {Reason.CONSENT_OTHER_TEXT},
        "known": {Reason.LEASE_RECORD_BEHIND},
        "may_begin": {Reason.DISCLOSURE_COUNTRY_NOT_NAMED},
    }
    for word, named in near.items():
        if word in step.text:
            reasons |= {str(each) for each in named}
    of_the_book = step.name.startswith("LeaseBook.")
    return sorted(
        BOOK if of_the_book else [*CASES, *DEVICE, *BOOK], key=lambda case: (case.reason not in reasons, case.alone)
    )


@pytest.mark.parametrize("case", [*DEVICE, *BOOK], ids=[case.name for case in (*DEVICE, *BOOK)])
def test_the_device_refuses(shared: SocketWorld, case: Case) -> None:
    assert not red(case, shared)


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_without_a_step_something_gets_through(
    shared: SocketWorld, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    if step.name in STANDS_BEHIND:
        pytest.skip(STANDS_BEHIND[step.name])
    for case in likely_first(step):
        with in_memory() if case.alone else nullcontext(shared) as world, monkeypatch.context() as patch:
            step.remove(patch)
            if red(case, world):
                return
    pytest.fail(f"{step.name} was taken out, and nothing went red")
