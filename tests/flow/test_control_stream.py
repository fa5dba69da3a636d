"""A pause reaches a recorder within moments, over a stream to a vault that is a process of its own."""

import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from aboveboard.base.errors import Refused
from aboveboard.formats import control
from aboveboard.formats import lease as leases
from aboveboard.formats.control import Denied, Granted
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.wire.request_signing import sign_headers
from samples.streamed_world import Device, StreamedWorld, streamed_world
from samples.vault_world import Participant

MOMENTS_S = 10.0
"""Far less than a busy machine needs by polling plus the lease, and far more than a push does."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StreamedWorld]:
    with streamed_world(tmp_path_factory.mktemp("streamed")) as running:
        running.disclose(countries=["DE", "FR"])
        running.people = {  # type: ignore[attr-defined]
            name: running.ready(country=country, cohort=cohort)
            for name, country, cohort in (
                ("ada", "DE", "support"),
                ("ben", "FR", "field"),
                ("cem", "DE", "field"),
                ("dia", "DE", "leaver"),
            )
        }
        running.serve()
        yield running


@pytest.fixture
def recording(world: StreamedWorld) -> Iterator[Callable[[str], Device]]:
    """Starts a device of somebody; it records and has its stream."""
    devices: list[Device] = []

    def start(name: str) -> Device:
        devices.append(Device(world, person(world, name), world.url))
        return devices[-1].until_recording()

    yield start
    for device in devices:
        device.close()


def person(world: StreamedWorld, name: str) -> Participant:
    return world.people[name]  # type: ignore[attr-defined, no-any-return]


def opened(world: StreamedWorld, key: SigningKey, *, url: str = "", **changes: str) -> ClientConnection:
    """A raw stream, opened by a request that this key signed."""
    target = f"{url or world.url}/v1/control"
    headers = sign_headers("GET", target, b"", key, now_ns=time.time_ns()) | changes
    stream = world.url.replace("http", "ws", 1) + "/v1/control"
    return connect(stream, additional_headers=headers, compression=None, open_timeout=30, proxy=None)


def test_a_pause_of_somebody_stops_them_at_once_and_nobody_else(
    world: StreamedWorld, recording: Callable[[str], Device]
) -> None:
    ada, ben = recording("ada"), recording("ben")
    asked, drops = ben.keeper.asked, ada.book.drops
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, cohort="support", reason="a finding")
    assert ada.until(lambda: not ada.now().allowed) < MOMENTS_S
    assert (ada.now().reason, ada.now().detail) == (Reason.PAUSED_BY_STEWARD, "a finding")
    assert ada.book.drops == drops + 1, "what was open is void"
    ada.until(lambda: ada.keeper.reason == Reason.PAUSED_BY_STEWARD)
    assert ben.now().allowed
    assert ben.keeper.asked <= asked + 2, "nobody else was made to ask"
    world.resume(world.key("stella"), pause_id)
    assert ada.until(lambda: ada.now().allowed) < MOMENTS_S


def test_a_country_an_application_and_everyone(world: StreamedWorld, recording: Callable[[str], Device]) -> None:
    ben, cem = recording("ben"), recording("cem")
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, country="FR", reason="a finding")
    ben.until(lambda: not ben.now().allowed)
    assert cem.now().allowed
    world.resume(world.key("stella"), pause_id)
    ben.until(lambda: ben.now().allowed)
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, wm_class="chromium", reason="a finding")
    for device in (ben, cem):
        records_without(device, {"chromium"})
    world.resume(world.key("stella"), pause_id)
    for device in (ben, cem):
        records_without(device, set())
    pause_id = world.pause(world.key("stella"), by="steward", person_id=None, reason="a finding")
    ben.until(lambda: not ben.now().allowed)
    cem.until(lambda: not cem.now().allowed)
    world.resume(world.key("stella"), pause_id)


def records_without(device: Device, apps: set[str]) -> None:
    device.until(lambda: device.book.paused_apps == apps and device.now().allowed)


def test_a_pause_that_ends_by_itself_is_told_too(world: StreamedWorld, recording: Callable[[str], Device]) -> None:
    cem = recording("cem")
    until_ns = time.time_ns() + 3 * 10**9
    world.pause(
        person(world, "cem").person_key, by="person", person_id=person(world, "cem").person_id, until_ns=until_ns
    )
    cem.until(lambda: cem.keeper.reason == Reason.PAUSED_BY_PERSON)
    assert cem.until(lambda: cem.now().allowed) < MOMENTS_S
    assert time.time_ns() >= until_ns


def test_leaving_ends_it_at_once_and_for_good(world: StreamedWorld, recording: Callable[[str], Device]) -> None:
    dia = recording("dia")
    world.withdraw(person(world, "dia"))
    assert dia.until(lambda: not dia.now().allowed) < MOMENTS_S
    dia.until(lambda: dia.keeper.reason == Reason.CONSENT_WITHDRAWN)


def test_leases_are_asked_for_one_by_one_where_there_is_no_stream(
    world: StreamedWorld, recording: Callable[[str], Device]
) -> None:
    ada = recording("ada")
    stream = ada.control._stream
    assert stream is not None
    ada.control.close()
    ada.until(lambda: not ada.keeper.streamed())
    asked = ada.keeper.asked
    ada.keeper.nudged.set()
    ada.until(lambda: ada.keeper.asked > asked and ada.keeper.error is None and ada.now().allowed)


def test_an_answer_on_the_stream_is_the_one_over_http(world: StreamedWorld) -> None:
    who = person(world, "ben")
    with opened(world, who.device_key) as stream:
        asked = world.lease_request(who)
        stream.send(leases.encode(asked))
        told = control.decode(stream.recv(30, decode=False))
        assert isinstance(told, Granted)
        lease = leases.decode(open_signed(told.lease, leases.PAYLOAD_TYPE, world.vault.key.public))
        assert (lease.nonce, lease.person_id, lease.boot_ns) == (asked.nonce, who.person_id, asked.boot_ns)
        other = world.lease_request(who, device_id=person(world, "ada").device_id)
        stream.send(leases.encode(other))
        refused = control.decode(stream.recv(30, decode=False))
        assert isinstance(refused, Denied)
        assert (refused.nonce, refused.reason, refused.status) == (other.nonce, Reason.LEASE_OTHER_DEVICE, 403)
    with pytest.raises(Refused) as caught:
        world.lease(who, device_id=person(world, "ada").device_id)
    assert (caught.value.what, caught.value.fix) == (refused.what, refused.fix)


def test_a_stream_is_opened_by_a_device_of_ours_or_not_at_all(world: StreamedWorld) -> None:
    ada = person(world, "ada")
    for key in (SigningKey.generate(), ada.person_key, world.key("stella")):
        with pytest.raises(InvalidStatus):
            opened(world, key)
    with pytest.raises(InvalidStatus):
        opened(world, ada.device_key, url="http://127.0.0.1:1")
    with pytest.raises(InvalidStatus):
        opened(world, ada.device_key, Signature=f"aboveboard=:{'A' * 86}==:")
    with pytest.raises(InvalidStatus):
        connect(world.url.replace("http", "ws", 1) + "/v1/control", proxy=None)


@pytest.mark.parametrize("message", [b"", b"{}", b"[" * 5000, b"x" * 70_000, b'{"kind":"lease"}'])
def test_what_is_no_request_for_a_lease_ends_the_stream(world: StreamedWorld, message: bytes) -> None:
    with opened(world, person(world, "ben").device_key) as stream:
        stream.send(message)
        with pytest.raises(ConnectionClosed):
            stream.recv(30)


def test_too_many_requests_end_the_stream(world: StreamedWorld) -> None:
    who = person(world, "ben")

    def flood(stream: ClientConnection) -> None:
        for _ in range(500):
            stream.send(leases.encode(world.lease_request(who)))
            assert isinstance(control.decode(stream.recv(30, decode=False)), Granted)

    with opened(world, who.device_key) as stream, pytest.raises(ConnectionClosed):
        flood(stream)


def test_a_device_has_one_stream_the_newest(world: StreamedWorld) -> None:
    who = person(world, "ben")
    with opened(world, who.device_key) as first, opened(world, who.device_key) as second:
        with pytest.raises(ConnectionClosed):
            first.recv(30)
        second.send(leases.encode(world.lease_request(who)))
        assert isinstance(control.decode(second.recv(30, decode=False)), Granted)
