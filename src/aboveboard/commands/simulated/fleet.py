"""One run: connect everybody, renew for a while, disturb some, pause everyone, watch, go on, and offer the frames.

1. Everybody opens a stream and holds a lease; for ``steady_s`` seconds nothing but renewals happens.
2. ``share`` of them, picked by chance, are cut off, suspended, or have their clock set back.
3. A steward pauses everyone. Whoever is online stops when the word arrives, all others when their lease has run out.
4. The pause ends; whoever is online records again.
5. Frames from before and after are offered to intake.
"""

import asyncio
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import msgspec

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.simulated.device import Device, Fate
from aboveboard.commands.simulated.frames import FRAME_NS, Frame, Offered, frame_of, note_accepted, offer
from aboveboard.commands.simulated.programme import Programme
from aboveboard.commands.simulated.report import Report, counts, spread
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.fleet import PauseReport
from aboveboard.formats.pause import Pause, Resume
from aboveboard.rules.lease import LEASE_DURATION_NS
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.storage.records import Records
from aboveboard.wire.client import Client
from aboveboard.wire.outcome import Outcome

CONNECT_LIMIT_S, STOP_LIMIT_S, RESUME_LIMIT_S = 300.0, 40.0, 60.0
TELL_LIMIT_S = 10.0
"""How long the vault may take to say that all have stopped, once they have."""
DISTURBED_WITHIN_S = 4.0
FATES: tuple[Fate, ...] = tuple(each for each in get_args(Fate) if each != "online")
SPARE_FILES = 200
SCAN_S = 0.5
"""How often it is looked whose lease has run out; who is told says so at once."""


@dataclass(frozen=True)
class Plan:
    """``share`` of a hundred devices are disturbed; ``offered`` devices' frames are offered, ``sent`` devices' sent."""

    steady_s: float
    share: int
    connects_per_s: int
    offered: int
    sent: int
    seed: int


@dataclass
class Watched:
    """What is measured on the way. ``stops``: how long after the pause each device stopped, in seconds."""

    connect_s: float = 0.0
    renewals: int = 0
    renewal_s: list[float] = field(default_factory=list)
    vault_cpu_s: float = 0.0
    own_cpu_s: float = 0.0
    pause_id: str = ""
    pause_taken_s: float = 0.0
    stops: list[float] = field(default_factory=list)
    silences: list[float] = field(default_factory=list)
    all_stopped_s: float = 0.0
    told: PauseReport | None = None
    resumes: list[float] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)


def allow_files(devices: int) -> None:
    """Raise this process's limit of open files; raises :class:`Unavailable` where that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = devices + SPARE_FILES
    if soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, OSError) as error:
        raise Unavailable(
            f"this process may open {hard} files, and {devices} devices need {wanted}",
            cause="the system's limit",
            fix=f"ulimit -n {wanted} as an administrator, or simulate fewer",
        ) from error


def cpu_s_of(pids: Sequence[int]) -> float:
    """The processor time so far of these processes, in seconds."""
    used = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


async def run(
    programme: Programme,
    urls: Sequence[str],
    pids: Sequence[int],
    records: Records,
    plan: Plan,
    say: Callable[[str], None],
) -> Report:
    """The five steps; ``urls`` are the vault's processes, ``pids`` theirs, ``records`` their database."""
    chance, seen = random.Random(plan.seed), Watched()  # noqa: S311 - who is disturbed when
    devices = [
        Device(each, lease_key=programme.lease_key, url=urls[number % len(urls)])
        for number, each in enumerate(programme.people)
    ]
    steward = Client(urls[0], programme.steward, timeout_s=30)
    try:
        say(f"connecting {len(devices)} devices")
        await _connect(devices, plan, seen)
        say(f"renewing for {plan.steady_s:.0f} s")
        await _steady(devices, pids, plan, seen)
        say("disturbing some, then pausing everyone")
        await _pause(devices, steward, programme.steward, plan, seen, chance)
        say("offering the frames")
        found, sent = await asyncio.to_thread(_offer, seen, records, programme, plan, devices)
    finally:
        for device in devices:
            device.close()
        steward.close()
    return _report(devices, len(urls), plan, seen, found, sent)


async def _connect(devices: list[Device], plan: Plan, seen: Watched) -> None:
    began_s = time.monotonic()
    for number, device in enumerate(devices):
        await device.connect()
        ahead_s = (number + 1) / plan.connects_per_s - (time.monotonic() - began_s)
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
    await _until(lambda: all(device.granted for device in devices), CONNECT_LIMIT_S, "everybody has a lease")
    seen.connect_s = time.monotonic() - began_s


async def _steady(devices: list[Device], pids: Sequence[int], plan: Plan, seen: Watched) -> None:
    for device in devices:
        device.answer_s.clear()
    before, vault_s, own_s = sum(device.granted for device in devices), cpu_s_of(pids), time.process_time()
    await asyncio.sleep(plan.steady_s)
    seen.renewals = sum(device.granted for device in devices) - before
    seen.vault_cpu_s, seen.own_cpu_s = cpu_s_of(pids) - vault_s, time.process_time() - own_s
    seen.renewal_s = [each for device in devices for each in device.answer_s]


async def _pause(
    devices: list[Device], steward: Client, key: SigningKey, plan: Plan, seen: Watched, chance: random.Random
) -> None:
    disturbed = chance.sample(devices, len(devices) * plan.share // 100)
    loop = asyncio.get_running_loop()
    for number, device in enumerate(disturbed):
        loop.call_later(chance.random() * DISTURBED_WITHIN_S, device.befall, FATES[number % len(FATES)])
    await asyncio.sleep(DISTURBED_WITHIN_S + 0.2)
    sampled = chance.sample(devices, min(plan.offered, len(devices)))
    seen.frames += [_frame_before(device) for device in sampled]

    recording = [device for device in devices if device.permitted()]
    silent = [device for device in recording if device.fate in {"cut off", "suspended"}]
    online = [device for device in recording if device.fate not in {"cut off", "suspended"}]
    stopped: dict[Device, float] = {}
    began_s = 0.0

    def note(device: Device) -> None:
        stopped.setdefault(device, time.monotonic() - began_s)

    for device in online:
        device.on_stop = note
    pause = Pause(
        pause_id=new_id(Kind.PAUSE), by="steward", person_id=None, at_ns=SystemClock().wall_ns(), reason="a simulation"
    )
    signed = envelope_format.encode(key.sign(pause_format.PAUSE_TYPE, pause_format.encode(pause)))
    began_s, seen.pause_id = time.monotonic(), pause.pause_id
    await asyncio.to_thread(steward.post, "/v1/pauses", signed)
    seen.pause_taken_s = time.monotonic() - began_s
    left = [*silent, *online]
    while left and time.monotonic() - began_s < STOP_LIMIT_S:
        await asyncio.sleep(SCAN_S)
        over = [device for device in left if not device.permitted()]
        for device in over:
            note(device)  # its lease ran out before it heard
        left = [device for device in left if device not in set(over)]
    seen.all_stopped_s = time.monotonic() - began_s
    seen.stops = [stopped.get(device, STOP_LIMIT_S) for device in online]
    seen.silences = [_silence_s(device) for device in silent]
    seen.frames += [frame for device in sampled for frame in _frames_after(device)]

    seen.told = await asyncio.to_thread(_told, steward, pause.pause_id)
    resume = Resume(pause_id=pause.pause_id, at_ns=SystemClock().wall_ns())
    signed = envelope_format.encode(key.sign(pause_format.RESUME_TYPE, pause_format.encode(resume)))
    began_s = time.monotonic()
    waiting = [device for device in online if device.fate == "online"]
    await asyncio.to_thread(steward.post, "/v1/resumes", signed)
    while waiting and time.monotonic() - began_s < RESUME_LIMIT_S:
        going_on = [device for device in waiting if device.permitted()]
        seen.resumes += [time.monotonic() - began_s] * len(going_on)
        waiting = [device for device in waiting if device not in set(going_on)]
        await asyncio.sleep(0.05)


def _told(steward: Client, pause_id: str) -> PauseReport:
    """What the vault itself says to the steward, once it says that all have stopped, or has had time enough to."""
    end_s = time.monotonic() + TELL_LIMIT_S
    while True:
        shown = fleet_format.decode_pauses(steward.get("/v1/fleet/pauses"))
        report = next(each.report for each in shown if each.report.pause_id == pause_id)
        if report.stopped or time.monotonic() > end_s:
            return report
        time.sleep(0.2)


def _silence_s(device: Device) -> float:
    """From the newest lease of a device that heard nothing until it stopped; much, if it never did."""
    newest = device.held[-1].lease
    end_ns = newest.boot_ns + LEASE_DURATION_NS
    last = device.book.at(end_ns - 1), device.book.at(end_ns)
    stopped = last[0].allowed and not last[1].allowed and not device.permitted()
    return LEASE_DURATION_NS / SECOND_NS if stopped else STOP_LIMIT_S


def _frame_before(device: Device) -> Frame:
    """From a second before the pause: a lease dates what it covers late by the time that its request travelled."""
    return frame_of(device, "before", device.held, device.clock.boot_ns() - SECOND_NS)


def _frames_after(device: Device) -> list[Frame]:
    """The last that the device could make by its leases, and the last before it was stopped."""
    newest = device.held[-1:]
    end_ns = newest[0].lease.boot_ns + LEASE_DURATION_NS - 1
    frames = [frame_of(device, "after", newest, end_ns)]
    if device.stopped_boot_ns is not None and device.stopped_boot_ns - FRAME_NS > newest[0].lease.boot_ns:
        frames.append(frame_of(device, "last", newest, device.stopped_boot_ns))
    return frames


def _offer(
    seen: Watched, records: Records, programme: Programme, plan: Plan, devices: list[Device]
) -> tuple[Offered, Offered]:
    """To intake's checks here; and of some devices to the running vault."""
    now_ns = SystemClock().wall_ns()
    with records.read() as tx:
        pause = tx.pause(seen.pause_id)
    pause_at_ns = pause.at_ns if pause is not None else 0
    words = {"vault_key": programme.lease_key, "pause_at_ns": pause_at_ns, "now_ns": now_ns}
    found = offer(seen.frames, records, **words)  # type: ignore[arg-type]
    sent, sending = Offered(), set(list(dict.fromkeys(frame.device for frame in seen.frames))[: plan.sent])
    for frame in [frame for frame in seen.frames if frame.device in sending]:
        sent.offered[frame.when] += 1
        with Client(frame.device.url, frame.device.enrolled.key, timeout_s=60) as client:
            try:
                answer = client.post("/v1/segments", msgspec.json.encode([frame.manifest]))
                [outcome] = msgspec.json.decode(answer, type=list[Outcome])
                if (refused := outcome.error()) is not None:
                    raise refused
            except AboveboardError as error:
                sent.reasons[error.code] += 1
                continue
        note_accepted(sent, frame, pause_at_ns)
    return found, sent


def _report(devices: list[Device], replicas: int, plan: Plan, seen: Watched, found: Offered, sent: Offered) -> Report:
    offered, accepted = counts(found)
    sent_offered, sent_accepted = counts(sent)
    each = max(seen.renewals, 1)
    late = [late_ns for late_ns in (found.late_ns, sent.late_ns) if late_ns is not None]
    return Report(
        devices=len(devices),
        replicas=replicas,
        disturbed={
            fate: count for fate, count in Counter(device.fate for device in devices).items() if fate != "online"
        },
        connect_s=seen.connect_s,
        steady_s=plan.steady_s,
        renewals_per_s=seen.renewals / plan.steady_s,
        renewal=spread(seen.renewal_s),
        vault_cpu_us=1e6 * seen.vault_cpu_s / each,
        simulator_cpu_us=1e6 * seen.own_cpu_s / each,
        pause_taken_s=seen.pause_taken_s,
        pause=spread(seen.stops),
        by_silence=spread(seen.silences),
        all_stopped_s=seen.all_stopped_s,
        told=seen.told,
        resumed=spread(seen.resumes),
        offered=offered,
        accepted=accepted,
        refused=dict(found.reasons),
        accepted_after_pause=found.accepted_after,
        last_accepted_after_s=max(late) / SECOND_NS if late else None,
        sent=sent_offered,
        sent_accepted=sent_accepted,
        sent_accepted_after_pause=sent.accepted_after,
    )


async def _until(condition: Callable[[], bool], limit_s: float, what: str) -> None:
    end_s = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > end_s:
            raise Unavailable(
                f"it never came about that {what}", cause="this machine is too busy", fix="simulate fewer"
            )
        await asyncio.sleep(0.05)
