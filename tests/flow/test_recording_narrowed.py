"""``aboveboard record`` while the disclosure becomes narrower, and while its person leaves: the whole command."""

from pathlib import Path

import msgspec
import pytest
from benchmarks.recorder import programme

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import NotFound
from aboveboard.commands import leaving
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats import envelope as envelopes
from aboveboard.recorder import enrolment as enrolments
from aboveboard.sealing.signatures import SigningKey
from aboveboard.stage.display import Display
from samples.recording_command import recording
from samples.x_windows import until

LIMIT_S = 60.0


def narrow(made: programme.Programme) -> str:
    """Publish a version that records no keys; its hash."""
    home, key = made.home, made.home.staff_key(programme.STEWARD)
    answer = home.client("vault", SigningKey.generate()).get("/v1/disclosures/current")
    current = disclosures.decode(envelopes.decode(answer).body())
    apps = [msgspec.structs.replace(app, keystrokes="none") for app in current.apps]
    narrower = msgspec.structs.replace(
        current, version=current.version + 1, published_at_ns=SystemClock().wall_ns(), apps=apps
    )
    payload = disclosures.encode(narrower)
    signed = key.sign(disclosures.PAYLOAD_TYPE, payload)
    home.client("vault", key).post("/v1/disclosures", envelopes.encode(signed))
    return disclosures.digest(payload)


def test_less_is_recorded_at_once_and_who_leaves_is_recorded_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with (
        programme.running(tmp_path / "programme", apps={"XTerm": "Terminal"}) as made,
        Display(width=640, height=480) as display,
        recording(made, display, tmp_path) as recorder,
    ):
        recorder.until_recording()
        folder = recorder.person.folder("recorder")
        sha256 = narrow(made)
        until(lambda: "less is recorded" in recorder.log(), "it takes up what is narrower", limit_s=LIMIT_S)
        before = recorder.said().count('"recording"')
        until(lambda: recorder.said().count('"recording"') > before, "it records again", limit_s=LIMIT_S)
        verified = enrolments.verify(enrolments.load(folder))
        assert (verified.disclosure_sha256, verified.disclosure.version) == (sha256, 2)
        assert [app.keystrokes for app in verified.disclosure.apps] == ["none"]

        left = leaving.leave(recorder.person)
        assert left.told
        assert recorder.ended() == 0, recorder.log()
        assert not [path for path in (folder / "spool").iterdir() if path.name.startswith("seg_")]
        with pytest.raises(NotFound):
            enrolments.load(folder)
