"""How is the fleet, and how does a pause arrive? For stewards, in a terminal or on a page of their own."""

import click
import msgspec

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS, SystemClock
from aboveboard.commands.main import Session
from aboveboard.commands.reach import Reach
from aboveboard.commands.simulated.command import simulate_command
from aboveboard.commands.status import HEALTH_WORDS, exempt_words
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.fleet import Fleet, PauseReport, ShownPause, Spread, States
from aboveboard.steward import acts

STATE_WORDS = {
    "permitted": "may record now",
    "paused_by_person": "paused by their person",
    "paused_by_steward": "paused by a steward",
    "refused": "refused: no consent or budget",
    "unreachable": "not heard of",
}
PAUSES_SHOWN = 5


@click.group(name="fleet")
def fleet_command() -> None:
    """How many record, are paused or unreachable; how each pause arrives."""


@fleet_command.command(name="view")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.pass_obj
def view_command(session: Session, steward: str | None, port: int, no_browser: bool) -> None:
    """Open the steward's page: the fleet, a pause reaching everybody, drills; requests and grants."""
    from aboveboard.commands.staff_page import serve_page

    serve_page(session, session.home.the_one("steward", steward), at=None, port=port, browser=not no_browser)


@fleet_command.command(name="status")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def status_command(session: Session, steward: str | None) -> None:
    """Say how the fleet is, and how the newest pauses by stewards have arrived."""
    vault = Reach(session.home, session.home.the_one("steward", steward)).client()
    fleet = fleet_format.decode_fleet(vault.get("/v1/fleet"))
    pauses = fleet_format.decode_pauses(vault.get("/v1/fleet/pauses"))
    lines = [*fleet_lines(fleet), *(line for each in pauses[:PAUSES_SHOWN] for line in pause_lines(each))]
    facts = {"fleet": msgspec.to_builtins(fleet), "pauses": msgspec.to_builtins([each.report for each in pauses])}
    session.show("\n".join(lines), facts)


def fleet_lines(fleet: Fleet) -> list[str]:
    """The fleet in words; never anybody by name."""
    lines = [f"{fleet.people} people, {fleet.devices} devices"]
    if fleet.states is None:
        lines.append("  fewer than ten people: nothing else is counted, for that would tell of each")
    else:
        lines += _state_lines(fleet.states)
    lines += [f"  {count:>7} run {version}" for version, count in sorted(fleet.versions.items())]
    lines += [f"  {count:>7} say: {HEALTH_WORDS.get(word, word)}" for word, count in sorted(fleet.health.items())]
    for group in fleet.groups if len(fleet.groups) > 1 else []:
        place = group.country or "others"
        cohort = "" if group.country is None else f", {group.cohort or 'no cohort'}" if group.cohort is not None else ""
        lines += [f"{place}{cohort}: {group.people} people", *_state_lines(group.states)]
    return [*lines, f"exempt: {exempt_words(fleet.exemptions)}"]


def _state_lines(states: States) -> list[str]:
    counts = msgspec.structs.asdict(states)
    return [f"  {counts[name]:>7} {words}" for name, words in STATE_WORDS.items() if counts[name]]


def pause_lines(shown: ShownPause) -> list[str]:
    """One pause in words."""
    pause = pause_format.decode_pause(shown.pause.body())
    scope = acts.scope_of(pause)
    whom = scope.kind if scope.kind == "everyone" else f"{scope.kind} {scope.value}"
    ended = "" if shown.report.ended_at_ns is None else ", ended"
    lines = [f"pause {shown.report.pause_id} of {whom}{ended}: {pause.reason}", *report_lines(shown.report)]
    return lines + [
        f"  {each.device_id}: {STRAGGLER_WORDS[each.why]} until {_span(each.until_ns - shown.report.at_ns)} after it"
        for each in shown.stragglers
    ]


STRAGGLER_WORDS = {
    "lease_live": "its lease runs",
    "lease_after_pause": "was given a lease in spite of it,",
    "frame_after_pause": "frames of it were taken in",
    "frame_offered": "offered frames, which were refused,",
}


def report_lines(report: PauseReport) -> list[str]:
    """How a pause arrived, in words."""
    if report.counts is None:
        certain_s = max(0.0, (report.certain_at_ns - SystemClock().wall_ns()) / SECOND_NS)
        words = "nothing is possible any more" if report.stopped else f"certain in {certain_s:.0f} s"
        return [f"  fewer than ten people: nothing is counted; {words}"]
    counts = report.counts
    head = "all stopped" if report.stopped else f"{counts.possible + counts.unproven} not proven to have stopped"
    return [
        f"  {head}: of {counts.devices} that could record {counts.confirmed} asked and were refused, "
        f"{counts.lapsed} have no lease any more, {counts.possible} are possible",
        f"  to that proof {_spread(counts.to_stop)}; to the last frame taken in {_spread(counts.to_last_frame)}",
    ]


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "nothing yet"
    return f"p50 {_span(spread.p50_ns)}, p99 {_span(spread.p99_ns)}, at most {_span(spread.max_ns)}"


def _span(span_ns: int) -> str:
    return f"{span_ns // MILLISECOND_NS} ms" if abs(span_ns) < SECOND_NS else f"{span_ns / SECOND_NS:.1f} s"


fleet_command.add_command(simulate_command)
