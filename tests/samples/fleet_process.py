"""A steward's page over a fleet, as a process of its own: ``python -m samples.fleet_process HOME TOKEN COUNT``.

A real vault with its real reports, on the real clock. The devices are played: each "asks" every five seconds by telling
the vault's ``fleet`` what a request for a lease would have told it; most hear of a pause within a second, some are
cut off and only stop when their lease runs out. ``address.json`` in HOME says where the page answers.
"""

import random
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from litestar import Litestar

from aboveboard.base.clock import SystemClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.rules.lease import LEASE_DURATION_NS
from aboveboard.steward.app import create_app
from aboveboard.steward.desk import Desk
from aboveboard.vault import pausing, reporting
from aboveboard.vault.storage.rows import ConsentRow, DeviceRow, PauseRow, PersonRow
from aboveboard.wire.server import serve
from samples.vault_world import VaultWorld

PLACES = (("DE", "north", 46), ("DE", "south", 30), ("FR", "", 18), ("IE", "support", 6))
"""Country, cohort, and how many of a hundred."""
ASK_S, STEP_S, CUT_OFF = 5.0, 0.05, 0.04
VERSIONS = ("aboveboard 0.1.0", "aboveboard 0.1.0", "aboveboard 0.1.0", "aboveboard 0.0.9")


@dataclass
class Device:
    """One played device and its person. ``next_s``: when it asks next, on the monotonic clock."""

    device_id: str
    person_id: str
    country: str
    cohort: str
    version: str
    next_s: float
    away: bool = False
    heard: str = ""


class VaultClient:
    """The steward's client: signed requests to the vault in this process, one at a time."""

    base_url = "http://vault.test"

    def __init__(self, world: VaultWorld, steward: str = "stella") -> None:
        self._world, self._key, self._lock = world, world.key(steward), threading.Lock()

    def get(self, path: str) -> bytes:
        with self._lock:
            return self._world.ask(self._key, "GET", path)

    def post(self, path: str, body: bytes) -> bytes:
        with self._lock:
            return self._world.ask(self._key, "POST", path, body)


class PlayedFleet:
    """``count`` devices over the vault of ``world``, which runs on the real clock from now on."""

    def __init__(self, world: VaultWorld, count: int, seed: int = 5) -> None:
        self.world, self.random = world, random.Random(seed)
        world.disclose(countries=["DE"])
        world.close()
        world.clock = SystemClock()  # type: ignore[assignment]
        world.open()
        self.devices = [self._device(place) for place in self._places(count)]
        self._enrol()
        self._stopped: dict[str, list[str]] = {}
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._play, daemon=True),
            threading.Thread(target=reporting.keep_looking, args=(world.vault, self._stop), daemon=True),
        ]

    def __enter__(self) -> "PlayedFleet":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(20)

    def page(self, token: str) -> Litestar:
        """The steward's page over it."""
        client = VaultClient(self.world)
        return create_app(Desk(lambda: client, self.world.key("stella"), "stella"), token)  # type: ignore[arg-type,return-value]

    def _places(self, count: int) -> list[tuple[str, str]]:
        weights = [weight for _, _, weight in PLACES]
        return [(country, cohort) for country, cohort, _ in self.random.choices(PLACES, weights, k=count)]

    def _device(self, place: tuple[str, str]) -> Device:
        return Device(
            device_id=new_id(Kind.DEVICE),
            person_id=new_id(Kind.PERSON),
            country=place[0],
            cohort=place[1],
            version=self.random.choice(VERSIONS),
            next_s=time.monotonic() + self.random.random() * (0.5 if self.random.random() < 0.9 else 1e6),
        )

    def _enrol(self) -> None:
        now_ns = self.world.clock.wall_ns()
        with self.world.vault.records.begin() as tx:
            current = tx.current_disclosure()
            assert current is not None
            for one in self.devices:
                person = PersonRow(
                    person_id=one.person_id,
                    person_key=f"ed25519:{one.person_id}",
                    person_recipient="age1",
                    key_statement="{}",
                    enrolled_at_ns=now_ns,
                    country=one.country,
                    cohort=one.cohort,
                )
                tx.add_person(person)
                tx.add_device(DeviceRow(one.device_id, one.person_id, f"ed25519:{one.device_id}", "Linux", now_ns))
                consent = new_id(Kind.CONSENT)
                tx.add_consent(ConsentRow(consent, one.person_id, one.device_id, current.sha256, "{}", now_ns))

    def _play(self) -> None:
        while not self._stop.wait(STEP_S):
            now_s, now_ns = time.monotonic(), self.world.clock.wall_ns()
            with self.world.vault.records.read() as tx:
                rows = [row for row in tx.all_pauses() if _holds(row, now_ns)]
            paused_by = {one: row for row in rows for one in self._concerned(row)}
            for one in self.devices:
                paused = paused_by.get(one.device_id)
                if paused is not None and one.heard != paused.pause_id:
                    one.heard = paused.pause_id
                    one.away = self.random.random() < CUT_OFF
                    one.next_s = now_s + min(self.random.expovariate(5), 1.4)  # it is told at once, and asks
                if paused is None and one.away:
                    one.away = False
                if now_s >= one.next_s and not one.away:
                    one.next_s = now_s + ASK_S * self.random.uniform(0.8, 1.2)
                    self._ask(one, paused, now_ns)

    def _concerned(self, row: PauseRow) -> list[str]:
        """The devices that a pause stops."""
        if row.pause_id not in self._stopped:
            scope = pausing.scope_of(row)
            self._stopped[row.pause_id] = [
                one.device_id
                for one in self.devices
                if scope.concerns(one.person_id, cohort=one.cohort, country=one.country)
            ]
        return self._stopped[row.pause_id]

    def _ask(self, one: Device, paused: PauseRow | None, now_ns: int) -> None:
        seen = self.world.vault.fleet.seen
        if paused is None:
            seen(one.device_id, at_ns=now_ns, version=one.version, lease_until_ns=now_ns + LEASE_DURATION_NS)
        else:
            reason = "pause:by_person" if paused.made_by == "person" else "pause:by_steward"
            seen(one.device_id, at_ns=now_ns, version=one.version, answer=reason)

    def pause_themselves(self, count: int) -> None:
        """So many people pause themselves."""
        with self.world.vault.records.begin() as tx:
            for one in self.random.sample(self.devices, count):
                pause = PauseRow(new_id(Kind.PAUSE), "person", one.person_id, "{}", self.world.clock.wall_ns())
                tx.add_pause(pause)


def _holds(row: PauseRow, now_ns: int) -> bool:
    end_ns = row.end_ns()
    return end_ns is None or now_ns < end_ns


def main() -> None:
    """Serve until told to stop."""
    home, token, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    world = VaultWorld(home / "vault")
    with PlayedFleet(world, count) as fleet:
        fleet.pause_themselves(count // 40)
        serve(fleet.page(token), home=home, port=0, name="steward's page")


if __name__ == "__main__":
    main()
