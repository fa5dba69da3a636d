"""What does the person recorded decide while they take part: to pause, and to go on?

Each is signed with the person's own key, which never leaves their machine. A pause takes effect here first, and needs
no network to do so. How to leave: ``commands.leaving``.
"""

import click

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.errors import NotFound, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.duration import Minutes
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import pause as pause_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.pause import Pause, Resume
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Enrolment
from aboveboard.recorder.local_pause import HERE_ONLY, local_pause, pause_here, resume_here


def own_enrolment(home: Home) -> Enrolment:
    """The person's own copy of their enrolment, which outlives leaving; raises :class:`NotFound`."""
    return enrolments.load(home.folder("participant"))


def pause_self(home: Home, *, minutes: float | None) -> bool:
    """Pause here and now, then tell the vault. False: it could not be told; here the pause holds all the same."""
    enrolment = own_enrolment(home)
    now_ns = SystemClock().wall_ns()
    until_ns = None if minutes is None else now_ns + int(minutes * 60 * SECOND_NS)
    pause = Pause(
        pause_id=new_id(Kind.PAUSE), by="person", person_id=enrolment.person_id, at_ns=now_ns, until_ns=until_ns
    )
    pause_here(home.folder("recorder"), pause)
    return _tell(home, "/v1/pauses", home.person_key().sign(pause_format.PAUSE_TYPE, pause_format.encode(pause)))


def resume_self(home: Home) -> bool:
    """End one's own pause; False if the vault could not be told yet. Raises :class:`NotFound` if there is none."""
    pause = local_pause(home.folder("recorder"))
    if pause is None:
        raise NotFound("the recording is not paused here", cause="it was resumed", fix="see 'aboveboard status'")
    if pause.reason == HERE_ONLY:  # the vault was never told of it
        return resume_here(home.folder("recorder"))
    resume = Resume(pause_id=pause.pause_id, at_ns=SystemClock().wall_ns())
    told = _tell(home, "/v1/resumes", home.person_key().sign(pause_format.RESUME_TYPE, pause_format.encode(resume)))
    if told:
        resume_here(home.folder("recorder"))
    return told


def _tell(home: Home, path: str, envelope: Envelope) -> bool:
    try:
        home.client("vault", home.person_key()).post(path, envelope_format.encode(envelope))
    except Unavailable:
        return False
    return True


def pause_as_steward(
    home: Home,
    steward: str,
    *,
    person_id: str | None = None,
    cohort: str | None = None,
    country: str | None = None,
    wm_class: str | None = None,
    reason: str,
    minutes: float | None = None,
) -> str:
    """Pause one person, a cohort, a country, an application of everybody's, or else everyone; the pause's id."""
    now_ns = SystemClock().wall_ns()
    pause = Pause(
        pause_id=new_id(Kind.PAUSE),
        by="steward",
        person_id=person_id,
        at_ns=now_ns,
        until_ns=None if minutes is None else now_ns + int(minutes * 60 * SECOND_NS),
        reason=reason,
        cohort=cohort,
        country=country,
        wm_class=wm_class,
    )
    key = home.staff_key(steward)
    signed = key.sign(pause_format.PAUSE_TYPE, pause_format.encode(pause))
    home.client("vault", key).post("/v1/pauses", envelope_format.encode(signed))
    return pause.pause_id


def resume_as_steward(home: Home, steward: str, pause_id: str) -> None:
    """End a steward's pause."""
    key = home.staff_key(steward)
    resume = Resume(pause_id=pause_id, at_ns=SystemClock().wall_ns())
    signed = key.sign(pause_format.RESUME_TYPE, pause_format.encode(resume))
    home.client("vault", key).post("/v1/resumes", envelope_format.encode(signed))


@click.command(name="pause")
@click.option("--minutes", type=Minutes(least=1 / 60), help="For so long: 5, 90s, 1h30m [default: until you resume].")
@click.option("--everyone", is_flag=True, help="As a steward: pause all.")
@click.option("--person", "person_id", help="As a steward: pause this person.")
@click.option("--cohort", help="As a steward: pause this group of people.")
@click.option("--country", help="As a steward: pause everybody in it: DE, US-NY.")
@click.option("--app", "wm_class", help="As a steward: pause this application of everybody's, by its wm_class.")
@click.option("--reason", default="", help="As a steward: shown to those paused.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def pause_command(
    session: Session,
    minutes: float | None,
    everyone: bool,
    person_id: str | None,
    cohort: str | None,
    country: str | None,
    wm_class: str | None,
    reason: str,
    steward: str | None,
) -> None:
    """Pause your recording at once; what is not sealed yet is dropped. Stewards can pause others."""
    scope = {"person_id": person_id, "cohort": cohort, "country": country, "wm_class": wm_class}
    named = sum(each is not None for each in scope.values()) + everyone
    if named > 1:
        raise click.UsageError("choose one of --everyone, --person, --cohort, --country and --app")
    if named:
        name = session.home.the_one("steward", steward)
        pause_id = pause_as_steward(session.home, name, **scope, reason=reason, minutes=minutes)
        session.show(f"paused: {pause_id}", {"pause_id": pause_id})
        return
    told = pause_self(session.home, minutes=minutes)
    session.show(
        "paused" if told else "paused on this machine; the vault could not be reached to be told",
        {"paused": True, "vault_told": told},
    )


@click.command(name="resume")
@click.option("--pause", "pause_id", help="As a steward: the pause to end.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def resume_command(session: Session, pause_id: str | None, steward: str | None) -> None:
    """End your pause (as a steward: one that a steward made)."""
    if pause_id:
        resume_as_steward(session.home, session.home.the_one("steward", steward), pause_id)
        session.show("resumed", {"resumed": True})
        return
    told = resume_self(session.home)
    session.show("resumed" if told else "still paused: the vault cannot be reached", {"resumed": told})
