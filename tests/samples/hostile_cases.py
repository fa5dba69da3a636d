"""Who could try what against consent and lease, one function for each: it prepares, and returns the attempt itself.

The table is run by ``tests/attack/test_permission_hostile.py``; ``test_permission_rules.py`` takes rules away under it.
``reason`` is the reason that people are shown, or the error's code where there is none.
"""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent, envelope, lease, pause
from aboveboard.formats.disclosure import Because, TranslatedApp, Translation
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ORDER_TYPE, ErasureOrder, Span
from aboveboard.formats.erasure import encode as encode_erasure
from aboveboard.formats.lease import Lease
from aboveboard.formats.pause import Resume
from aboveboard.recorder.known_epoch import KnownEpoch
from aboveboard.recorder.lease import LeaseBook, LeaseKeeper
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault import epochs
from aboveboard.vault.disclosed import disclosed
from aboveboard.vault.storage.rows import PauseRow
from aboveboard.wire.request_signing import RequestReason, sign_headers
from samples.segments import sealed_segment
from samples.socket_world import SocketWorld
from samples.vault_world import BOOT_ID, BROWSER, Participant, Segment, lease_of

HOUR_NS = 3600 * SECOND_NS
Attempt = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """``alone``: it needs a vault of its own, for what it does concerns everybody."""

    name: str
    reason: str
    prepare: Callable[[SocketWorld], Attempt]
    alone: bool


CASES: list[Case] = []


def case(name: str, reason: str, *, alone: bool = False) -> Callable[[Callable[[SocketWorld], Attempt]], None]:
    """Put it into the table."""
    return lambda prepare: CASES.append(Case(name, str(reason), prepare, alone))


# What the cases are made of


def after(world: SocketWorld, seconds: float) -> ManualClock:
    """The clock as it is now; then time passes."""
    start = dataclasses.replace(world.clock)
    world.clock.advance(int(seconds * SECOND_NS))
    return start


def bytes_for(who: Participant, plain: bytes = b"made up") -> bytes:
    return sealed_segment(plain, [who.identity.recipient, who.keyholder_recipient])


def under(
    world: SocketWorld, who: Participant, leases: Sequence[Envelope], start: ManualClock, **words: Any
) -> Attempt:
    """Declaring what was captured from ``start`` until now."""
    one = world.described(who, bytes_for(who), leases, start, **words)
    return lambda: world.declare(who, one)


def changed(world: SocketWorld, who: Participant, one: Segment, **words: Any) -> Attempt:
    """Declaring the same with other words, signed anew by the device."""
    manifest = msgspec.structs.replace(one.manifest, **words)
    return lambda: world.declare_signed(who.device_key, world.signed(who, manifest))


def resigned(world: SocketWorld, who: Participant, key: SigningKey, **words: Any) -> tuple[Envelope, ManualClock]:
    """A genuine lease with other words, signed by ``key``, and three seconds after it."""
    document = msgspec.structs.replace(lease_of(world.lease(who)), **words)
    return key.sign(lease.PAYLOAD_TYPE, lease.encode(document)), after(world, 3)


def give(world: SocketWorld, who: Participant, *, signer: SigningKey | None = None, **words: Any) -> Attempt:
    """Handing in another receipt."""
    receipt = world.receipt(who, **({"consent_id": new_id(Kind.CONSENT)} | words))
    signed = (signer or who.person_key).sign(consent.RECEIPT_TYPE, consent.encode(receipt))
    return lambda: world.post(who.person_key, "/v1/consents", signed)


def erase(world: SocketWorld, who: Participant, *, span: Span | None = None) -> None:
    """Everything of theirs, or what lies in ``span``."""
    order = ErasureOrder(
        erasure_id=new_id(Kind.ERASURE), person_id=who.person_id, at_ns=world.clock.wall_ns(), span=span
    )
    world.post(who.person_key, "/v1/erasures", who.person_key.sign(ORDER_TYPE, encode_erasure(order)))


def steward_pauses(world: SocketWorld, **words: Any) -> str:
    return world.pause(world.key("stella"), **({"by": "steward", "person_id": None, "reason": "an exercise"} | words))


@dataclass
class _Client:
    """The device's client: after a restart the vault listens at another port."""

    world: SocketWorld
    who: Participant

    def post(self, path: str, body: bytes) -> bytes:
        return self.world.client(self.who.device_key).post(path, body)


def keeper(world: SocketWorld, who: Participant, known: KnownEpoch | None = None) -> tuple[LeaseBook, LeaseKeeper]:
    """The honest recorder's side of this device."""
    book = LeaseBook(BOOT_ID)
    return book, LeaseKeeper(
        _Client(world, who),  # type: ignore[arg-type]
        book,
        consent=world.receipt(who),
        lease_key=world.vault.key.public,
        clock=world.clock,
        boot_id=BOOT_ID,
        known=known,
    )


def believed(asking: LeaseKeeper) -> Attempt:
    """Asking once; raises why there was no lease."""

    def attempt() -> Lease | None:
        granted = asking.ask()
        if asking.error is not None:
            raise asking.error
        return granted

    return attempt


def restored(world: SocketWorld, backup: bytes) -> None:
    """The vault's records as they were in the backup."""
    world.close()
    for path in world.home.glob("records.sqlite*"):
        path.unlink()
    (world.home / "records.sqlite").write_bytes(backup)
    world.clock.advance(SECOND_NS)
    world.open()


def backup_of(world: SocketWorld) -> bytes:
    world.close()
    data = (world.home / "records.sqlite").read_bytes()
    world.clock.advance(SECOND_NS)
    world.open()
    return data


# Asking for a lease


@case("a captured request for a lease is sent again", RequestReason.REPLAYED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    body = lease.encode(world.lease_request(who))
    headers = sign_headers("POST", f"{world.url}/v1/leases", body, who.device_key, now_ns=world.clock.wall_ns())
    send = lambda: raw(world, "/v1/leases", body, headers)  # noqa: E731
    send()
    return send


def raw(world: SocketWorld, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """A request with headers that were signed before."""
    import httpx

    from aboveboard.wire import problem

    answer = httpx.post(world.url + path, content=body, headers=headers, trust_env=False)
    if answer.is_success:
        return answer.content
    raise problem.to_error(answer.status_code, answer.content)


@case("a request for a lease is kept back for an hour", RequestReason.EXPIRED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    body = lease.encode(world.lease_request(who))
    headers = sign_headers("POST", f"{world.url}/v1/leases", body, who.device_key, now_ns=world.clock.wall_ns())
    world.clock.advance(HOUR_NS)
    return lambda: raw(world, "/v1/leases", body, headers)


@case("a lease for somebody else's device", Reason.LEASE_OTHER_DEVICE)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return lambda: world.lease(who, device_id=other.device_id)


@case("a lease under somebody else's consent", Reason.CONSENT_OTHER_PERSON)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return lambda: world.lease(who, consent_id=other.consent_id)


@case("a lease on the second device under the consent of the first", Reason.CONSENT_OTHER_DEVICE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    device = SigningKey.generate()
    answer = msgspec.json.decode(
        world.ask(device, "POST", "/v1/enrolments", world.enrolment(who.person_key, device, who.identity))
    )
    second = dataclasses.replace(who, device_key=device, device_id=answer["device_id"])
    return lambda: world.lease(second)


@case("a lease that nobody agreed to", Reason.CONSENT_NONE)
def _(world: SocketWorld) -> Attempt:
    who = world.enrol()
    return lambda: world.lease(who, consent_id=new_id(Kind.CONSENT))


@case(
    "a lease under the agreement to a narrower disclosure than is current", Reason.CONSENT_OTHER_DISCLOSURE, alone=True
)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    world.disclose(version=2, retention_days=60)
    return lambda: world.lease(who)


@case("a lease after leaving, with the receipt played back first", Reason.CONSENT_WITHDRAWN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    receipt = world.receipt(who)
    signed = who.person_key.sign(consent.RECEIPT_TYPE, consent.encode(receipt))
    world.withdraw(who)
    with suppress(AboveboardError):  # told again it is answered again, or refused: neither may change anything
        world.post(who.person_key, "/v1/consents", signed)
    return lambda: world.lease(who)


@case("a lease after everything was erased", Reason.CONSENT_ERASED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    erase(world, who)
    return lambda: world.lease(who)


@case("a lease when the consent has run out", Reason.CONSENT_EXPIRED, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    world.clock.advance((world.days[who.disclosure_sha256] * 24 + 1) * HOUR_NS)
    return lambda: world.lease(who)


@case("a lease while the person pauses, which a steward ended", Reason.PAUSED_BY_PERSON)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    made = world.pause(who.person_key, by="person", person_id=who.person_id)
    with suppress(AboveboardError):
        world.resume(world.key("stella"), made)
    return lambda: world.lease(who)


@case("a lease while a steward pauses the cohort, which the person ended", Reason.PAUSED_BY_STEWARD)
def _(world: SocketWorld) -> Attempt:
    who = world.ready(cohort="pilot")
    made = steward_pauses(world, cohort="pilot")
    with suppress(AboveboardError):
        world.resume(who.person_key, made)
    return lambda: world.lease(who)


@case("a lease in a pause, when the vault's clock is set back to before it", Reason.PAUSED_BY_STEWARD, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    world.clock.advance(HOUR_NS)
    steward_pauses(world)
    world.clock.wall -= 60 * SECOND_NS
    return lambda: world.lease(who)


@case("a lease in a second pause, with the end of the first played back", Reason.PAUSED_BY_PERSON)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    first = world.pause(who.person_key, by="person", person_id=who.person_id)
    ended = who.person_key.sign(
        pause.RESUME_TYPE, pause.encode(Resume(pause_id=first, at_ns=world.clock.wall_ns() + HOUR_NS))
    )
    world.post(who.person_key, "/v1/resumes", ended)
    world.clock.advance(SECOND_NS)
    world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    world.post(who.person_key, "/v1/resumes", ended)
    return lambda: world.lease(who)


@case("a lease when the day's bytes are spent", Reason.LEASE_BUDGET_SPENT)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    world.take_in(who, world.recorded(who, plain=bytes(1_000_000)))
    return lambda: world.lease(who)


# Keys to seal to


@case("a segment sealed to a key that a newer one has replaced", Reason.SEGMENT_OLD_KEY)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    epochs.ask(world.vault, who.person_id, renew=True)
    world.clock.advance(HOUR_NS)
    signed = world.lease(who)
    return under(world, who, [signed], after(world, 3), key_epoch=0)


@case("a segment sealed to a key that the keyholder never told of", Reason.SEGMENT_UNKNOWN_KEY)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    return under(world, who, [signed], after(world, 3), key_epoch=1)


@case("a segment of a span that its person has had erased", Reason.SEGMENT_ERASED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    start = after(world, 3)
    span = Span(from_ns=start.wall_ns() - HOUR_NS, until_ns=world.clock.wall_ns() + SECOND_NS)
    erase(world, who, span=span)
    return under(world, who, [signed], start)


# Pausing for others


@case("a steward ends the person's own pause", Reason.PAUSE_NOT_YOURS)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    made = world.pause(who.person_key, by="person", person_id=who.person_id)
    return lambda: world.resume(world.key("stella"), made)


@case("a person ends a steward's pause", Reason.PAUSE_NOT_YOURS)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    made = steward_pauses(world, person_id=who.person_id)
    return lambda: world.resume(who.person_key, made)


@case("the end of a pause overtakes the pause", "not_found")
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    return lambda: world.resume(who.person_key, new_id(Kind.PAUSE))


@case("a person pauses somebody else", Reason.ROLE_MISSING)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return lambda: world.pause(who.person_key, by="person", person_id=other.person_id)


# Agreeing


@case("a receipt over another text than was disclosed", Reason.CONSENT_OTHER_TEXT)
def _(world: SocketWorld) -> Attempt:
    return give(world, world.ready(), shown_sha256=shown_digest("We record nothing."))


@case("a receipt over one language's text that names another language", Reason.CONSENT_OTHER_TEXT, alone=True)
def _(world: SocketWorld) -> Attempt:
    german = Translation(
        language="de",
        title="Büroarbeit",
        summary="Wir zeichnen eine Anwendung auf.",
        recipients=["Example Ltd, Forschung"],
        never_collected=["Passwörter"],
        apps=[
            TranslatedApp(
                wm_class=BROWSER.wm_class,
                name="Browser",
                why="dort wird gearbeitet",
                because=Because(screen="Agenten lernen davon"),
            )
        ],
    )
    world.disclose(translations=[german])
    who = world.ready()
    with world.vault.records.read() as tx:
        current = tx.current_disclosure()
    assert current is not None
    read = shown_digest(plain_text(disclosed(current), "de"))
    assert read != world.receipt(who).shown_sha256
    give(world, who, shown_sha256=read, language="de")()  # over the text that it names, it is taken
    return give(world, who, shown_sha256=read, language="en")


@case("a receipt for longer than the disclosure asks for", Reason.CONSENT_OTHER_DURATION)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    return give(world, who, expires_at_ns=world.clock.wall_ns() + 3650 * 24 * HOUR_NS)


@case("a receipt dated ahead", Reason.CONSENT_FROM_THE_FUTURE)
def _(world: SocketWorld) -> Attempt:
    who, later = world.ready(), world.clock.wall_ns() + HOUR_NS
    return give(world, who, given_at_ns=later, expires_at_ns=later + HOUR_NS)


@case("a receipt for the disclosure before (a downgrade)", Reason.DISCLOSURE_NOT_CURRENT, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    world.disclose(version=2)
    return give(world, who)


@case("a receipt for a disclosure that nobody published", Reason.DISCLOSURE_UNKNOWN)
def _(world: SocketWorld) -> Attempt:
    return give(world, world.ready(), disclosure_sha256="0" * 64)


@case("a receipt for somebody else's device", Reason.CONSENT_OTHER_DEVICE)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return give(world, who, device_id=other.device_id)


@case("a receipt with another person's key to seal to", Reason.CONSENT_OTHER_PERSON)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return give(world, who, person_recipient=other.identity.recipient)


@case("a receipt after everything was erased", Reason.CONSENT_ERASED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    erase(world, who)
    return give(world, who)


@case("a receipt where the disclosure no longer covers the country", Reason.DISCLOSURE_COUNTRY_NOT_NAMED, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready(country="DE")
    who.disclosure_sha256 = world.disclose(version=2, countries=["NL"])
    return give(world, who)


@case("a receipt that somebody else signed", "tampered")
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return give(world, who, signer=other.person_key)


@case("another receipt under the name of a withdrawn one", "conflict")
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    world.withdraw(who)
    return give(world, who, consent_id=who.consent_id, given_at_ns=world.clock.wall_ns() - 1)


@case("two devices with one key", "conflict")
def _(world: SocketWorld) -> Attempt:
    who, person, identity = world.ready(), SigningKey.generate(), Identity.generate()
    asked = world.enrolment(person, who.device_key, identity)
    return lambda: world.ask(who.device_key, "POST", "/v1/enrolments", asked)


# Who sends a segment, and in whose name


@case("a segment from a device that nobody enrolled", Reason.SEGMENT_UNKNOWN_DEVICE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    return lambda: world.declare_signed(SigningKey.generate(), one.envelope)


@case("another device hands in this device's segment", Reason.SEGMENT_SIGNATURE)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    one = world.recorded(who)
    return lambda: world.declare(other, one)


@case("a segment in the name of another person", Reason.SEGMENT_OTHER_PERSON)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return changed(world, who, world.recorded(who), person_id=other.person_id)


@case("a segment in the name of another device", Reason.SEGMENT_OTHER_DEVICE)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    return changed(world, who, world.recorded(who), device_id=other.device_id)


# What they agreed to, when it was captured


@case("captured before leaving, handed in after", Reason.CONSENT_WITHDRAWN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    world.withdraw(who)
    return lambda: world.declare(who, one)


@case("declared before leaving, its bytes sent after", Reason.CONSENT_WITHDRAWN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    world.declare(who, one)
    world.withdraw(who)
    return lambda: world.send(who, one)


@case("left while the bytes were being written", Reason.CONSENT_WITHDRAWN, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    world.declare(who, one)
    put_all = world.vault.objects.put_all

    def slow(objects: Any) -> Any:
        failed = put_all(objects)
        world.withdraw(who)
        return failed

    world.vault.objects.put_all = slow  # type: ignore[method-assign]
    return lambda: world.send(who, one)


@case("captured under a consent that was taken back, handed in under the next one", Reason.LEASE_OTHER_CONSENT)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed, start = world.lease(who), after(world, 3)
    world.withdraw(who)
    world.clock.advance(SECOND_NS)
    world.agree(who, who.disclosure_sha256)
    return under(world, who, [signed], start)


@case("captured under its lease after a narrower disclosure had come", Reason.SEGMENT_SUPERSEDED, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(2 * SECOND_NS)
    world.disclose(version=2, apps=[msgspec.structs.replace(BROWSER, wm_class="Firefox")])
    return under(world, who, [signed], after(world, 3))


# What the leases say


@case("a lease with a forged epoch, signed by the device", Reason.LEASE_SIGNATURE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed, start = resigned(world, who, who.device_key, epoch=10**18)
    return under(world, who, [signed], start)


@case("a lease of another programme's vault", Reason.LEASE_SIGNATURE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed, start = resigned(world, who, SigningKey.generate())
    return under(world, who, [signed], start)


@case("a lease stretched by one word, its signature kept", Reason.LEASE_SIGNATURE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    longer = msgspec.structs.replace(lease_of(signed), duration_ns=300 * SECOND_NS)
    forged = msgspec.structs.replace(signed, payload=envelope.encode_base64(lease.encode(longer)))
    return under(world, who, [forged], after(world, 20))


@case("a lease of one's other device", Reason.LEASE_OTHER_DEVICE)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    signed = world.lease(other)
    return under(world, who, [signed], after(world, 3))


@case("a lease from before the machine was started again", Reason.LEASE_OTHER_BOOT)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who, boot_id=BOOT_ID[:-1] + "0")
    return under(world, who, [signed], after(world, 3))


@case("a manifest with the leases of another segment", Reason.SEGMENT_OUTSIDE_LEASE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    first = world.recorded(who)
    world.clock.advance(20 * SECOND_NS)
    second = world.recorded(who)
    return changed(world, who, second, leases=first.manifest.leases)


@case("recorded on after the lease, the wall clock set back into it", Reason.SEGMENT_OUTSIDE_LEASE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed, asked = world.lease(who), dataclasses.replace(world.clock)
    world.clock.advance(30 * SECOND_NS)
    start = after(world, 3)
    return under(
        world, who, [signed], start, start_wall_ns=asked.wall_ns(), end_wall_ns=asked.wall_ns() + 3 * SECOND_NS
    )


@case("eight hours' sleep inside one segment", Reason.SEGMENT_TOO_LONG)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    start = after(world, 1)
    world.clock.sleep(8 * HOUR_NS)
    return under(world, who, [signed], start)


@case("a minute and a second, all of it covered", Reason.SEGMENT_TOO_LONG)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    start, leases = dataclasses.replace(world.clock), []
    for _ in range(6):
        leases.append(world.lease(who))
        world.clock.advance(int(10.2 * SECOND_NS))
    return under(world, who, leases, start)


@case("a segment that ends before it begins", Reason.SEGMENT_TOO_LONG)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    return changed(world, who, one, start_boot_ns=one.manifest.end_boot_ns, end_boot_ns=one.manifest.start_boot_ns)


@case("a lease asked for with a boot clock ten seconds ahead, used at once", Reason.SEGMENT_FROM_THE_FUTURE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    ahead = world.clock.boot_ns() + 10 * SECOND_NS
    signed = world.lease(who, boot_ns=ahead)
    start = after(world, 3)
    return under(world, who, [signed], start, start_boot_ns=ahead, end_boot_ns=ahead + 14 * SECOND_NS)


# Pauses, when it was captured


@case("captured in a pause under the lease from before it", Reason.SEGMENT_DURING_PAUSE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(SECOND_NS)
    made = world.pause(who.person_key, by="person", person_id=who.person_id)
    start = after(world, 3)
    world.resume(who.person_key, made)
    world.clock.advance(HOUR_NS)
    one = world.described(
        who, bytes_for(who), [signed], start, end_boot_ns=start.boot_ns() + 2 * SECOND_NS, end_wall_ns=start.wall_ns()
    )
    return lambda: world.declare(who, one)


@case("captured after a pause, under the lease from before it", Reason.SEGMENT_DURING_PAUSE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(SECOND_NS)
    made = world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    world.resume(who.person_key, made)
    world.clock.advance(SECOND_NS)
    return under(world, who, [signed], after(world, 3))


@case("a moment, no longer, at the very beginning of a pause", Reason.SEGMENT_DURING_PAUSE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(SECOND_NS)
    steward_pauses(world, person_id=who.person_id)
    return under(world, who, [signed], dataclasses.replace(world.clock))


@case(
    "leases of two epochs laid over each other, around a pause that the vault has lost",
    Reason.SEGMENT_DURING_PAUSE,
    alone=True,
)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    backup = backup_of(world)
    first, start = world.lease(who), after(world, 2)
    made = world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(3 * SECOND_NS)
    world.resume(who.person_key, made)
    second = world.lease(who)
    world.clock.advance(2 * SECOND_NS)
    restored(world, backup)
    return under(world, who, [first, second], start)


@case("two leases that tell different times, chosen so that a pause falls between them", Reason.SEGMENT_DURING_PAUSE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    boot_ns = world.clock.boot_ns() + HOUR_NS
    later = world.lease(who, boot_ns=boot_ns + 10 * SECOND_NS)  # signed first: its end seems long ago
    world.clock.advance(60 * SECOND_NS)
    earlier = world.lease(who, boot_ns=boot_ns)
    world.clock.advance(3 * SECOND_NS)
    world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(30 * SECOND_NS)
    one = world.described(
        who,
        bytes_for(who),
        [earlier, later],
        world.clock,
        start_boot_ns=boot_ns + 5 * SECOND_NS,
        end_boot_ns=boot_ns + 12 * SECOND_NS,
    )
    return lambda: world.declare(who, one)


@case("an application is paused, and the lease from before does not say so", Reason.SEGMENT_DURING_PAUSE, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(SECOND_NS)
    steward_pauses(world, wm_class=BROWSER.wm_class)
    return under(world, who, [signed], after(world, 3))


@case("declaring races a pause that is just being written", Reason.SEGMENT_DURING_PAUSE)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(SECOND_NS)
    at_ns, start = world.clock.wall_ns(), after(world, 3)
    one = world.described(who, bytes_for(who), [signed], start)
    row = PauseRow(new_id(Kind.PAUSE), "person", who.person_id, "{}", at_ns)

    def attempt() -> None:
        outcome: list[AboveboardError | None] = []

        def declare() -> None:
            try:
                world.declare(who, one)
                outcome.append(None)
            except AboveboardError as error:
                outcome.append(error)

        racing = threading.Thread(target=declare)
        with world.vault.records.begin() as tx:  # nobody else writes until this is done
            tx.add_pause(row)
            racing.start()
            racing.join(0.3)
            assert racing.is_alive(), "it has to wait for the pause"
        racing.join()
        if outcome[0] is not None:
            raise outcome[0]

    return attempt


# Again, and out of order


@case("another segment under the name of one that is here", Reason.SEGMENT_REPLAYED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    world.take_in(who, one)
    return changed(world, who, one, session_id=new_id(Kind.SESSION), sha256="1" * 64)


@case("a segment joins the session of another device", Reason.SEGMENT_OTHER_DEVICE)
def _(world: SocketWorld) -> Attempt:
    who, other = world.ready(), world.ready()
    first = world.recorded(who)
    world.take_in(who, first)
    joined = world.recorded(
        other, session_id=first.manifest.session_id, sequence=1, previous_sha256=first.manifest.sha256
    )
    return lambda: world.declare(other, joined)


@case("a session that begins in the middle", Reason.SEGMENT_CHAIN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    return changed(world, who, world.recorded(who), sequence=1)


@case("a segment is slipped in before one that is here", Reason.SEGMENT_CHAIN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    second = world.recorded(who, sequence=1, previous_sha256="3" * 64)
    world.take_in(who, second)
    return changed(world, who, world.recorded(who), session_id=second.manifest.session_id)


@case("the same bytes again, as another segment of another session", Reason.SEGMENT_REPLAYED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    world.take_in(who, one)
    return changed(world, who, one, segment_id=new_id(Kind.SEGMENT), session_id=new_id(Kind.SESSION))


@case("a restored virtual machine records the same stretch once more", Reason.SEGMENT_REPLAYED)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    snapshot = world.clock.boot_ns()
    one = world.recorded(who)
    world.take_in(who, one)
    world.clock.advance(HOUR_NS)
    again = world.described(
        who,
        bytes_for(who, b"an hour later"),
        [envelope.decode(text.encode()) for text in one.manifest.leases],
        world.clock,
        session_id=one.manifest.session_id,
        start_boot_ns=snapshot,
        end_boot_ns=snapshot + 3 * SECOND_NS,
    )
    return lambda: world.declare(who, again)


@case("a restored virtual machine goes on from what was refused", Reason.SEGMENT_CHAIN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    first = world.recorded(who)
    world.take_in(who, first)
    signed, start = world.lease(who), after(world, 3)
    return under(
        world, who, [signed], start, session_id=first.manifest.session_id, sequence=1, previous_sha256="7" * 64
    )


@case("other bytes than were declared", Reason.SEGMENT_BYTES)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    one = world.recorded(who)
    world.declare(who, one)
    other = bytearray(one.sealed)
    other[-1] ^= 1
    return lambda: world.send(who, dataclasses.replace(one, sealed=bytes(other)))


@case("bytes that a third key opens", Reason.SEGMENT_FOREIGN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    keys = [who.identity.recipient, who.keyholder_recipient, Identity.generate().recipient]
    signed, start = world.lease(who), after(world, 3)
    one = world.described(who, sealed_segment(b"x", keys), [signed], start)
    world.declare(who, one)
    return lambda: world.send(who, one)


@case("an age file that is not divided into parts, for which one key opens all", Reason.SEGMENT_FOREIGN)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    signed, start = world.lease(who), after(world, 3)
    undivided = seal(b"x", [who.identity.recipient, who.keyholder_recipient])
    one = world.described(who, undivided, [signed], start)
    world.declare(who, one)
    return lambda: world.send(who, one)


# A vault that has forgotten: what the honest device does about it


@case("the vault is restored from before a pause that the device knows of", Reason.LEASE_RECORD_BEHIND, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    _, asking = keeper(world, who)
    assert asking.ask() is not None
    backup = backup_of(world)
    steward_pauses(world)
    assert asking.ask() is None
    restored(world, backup)
    return believed(asking)


@case("the vault is restored from before a withdrawal that the device knows of", Reason.CONSENT_WITHDRAWN, alone=True)
def _(world: SocketWorld) -> Attempt:
    who = world.ready()
    _, asking = keeper(world, who)
    backup = backup_of(world)
    world.withdraw(who)
    assert asking.ask() is None
    restored(world, backup)
    return believed(asking)
