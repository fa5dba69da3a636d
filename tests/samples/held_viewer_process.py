"""A viewer over recordings that have not left this machine: ``python -m samples.held_viewer_process HOME TOKEN``.

Some twelve seconds of somebody who writes a letter and looks something up, held by a recorder that is to send it in
half an hour. ``address.json`` in HOME says where it answers; ``HOME/recorder`` is the recorder's folder.
"""

import sys
from pathlib import Path

from aboveboard.commands.covering import Covers, Desk
from aboveboard.formats.recording import Covered, Site
from aboveboard.recorder import holding
from aboveboard.recorder.capture.port import Rect
from aboveboard.viewer.app import create_app
from aboveboard.viewer.source import IDENTITY_FILE, Participant, ViewerSource
from aboveboard.wire.server import serve
from samples.covered_after import Desk as Work
from samples.covered_after import window
from samples.participant_world import Log
from samples.screen_text import SANS, Picture

WIDTH, HEIGHT = 960, 600
NAME = "Quillfeather"
LETTER, BROWSER = Rect(20, 20, 620, 560), Rect(0, 0, 960, 600)


class Buttons(Covers):
    """Nothing is paused here."""

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass


def letter(lines: list[str]) -> Picture:
    picture = Picture(WIDTH, HEIGHT, (226, 230, 234))
    picture.draw.rectangle((20, 20, 640, 580), fill=(255, 255, 255), outline=(120, 130, 140))
    picture.draw.rectangle((20, 20, 640, 52), fill=(52, 64, 76))
    picture.write(36, 26, "Letter - Editor", colour=(255, 255, 255), font=SANS, size=17)
    for number, line in enumerate(lines):
        picture.write(44, 84 + 34 * number, line, font=SANS, size=19)
    return picture


def page() -> Picture:
    picture = Picture(WIDTH, HEIGHT, (255, 255, 255))
    picture.draw.rectangle((0, 0, 960, 46), fill=(238, 240, 243))
    picture.write(20, 14, "clinic.example/appointments", font=SANS, size=16)
    for number, line in enumerate(["Your appointments", "Tuesday at ten", "Bring your papers"]):
        picture.write(60, 100 + 50 * number, line, font=SANS, size=24)
    return picture


def work(home: Path) -> Work:
    """What was done, in the spool of ``home/recorder``."""
    done = Work.at(home)
    done.bench.source.screen_size = (WIDTH, HEIGHT)
    done.do(window("Letter - Editor", "Editor", LETTER))
    done.show(letter(["To whom it may concern"]).pixels)
    done.type("Dear ")
    done.do(Covered(placeholder="‹name 1›", remains=True))
    done.type(f", I met Mrs {NAME}")
    done.show(letter(["Dear", f"I met Mrs {NAME} on Monday", "and we spoke of the bridge"]).pixels)
    done.type(" on Monday")
    done.do(window("Appointments - Browser", "Browser", BROWSER, pid=9))
    done.do(Site(host="clinic.example", url="https://clinic.example/appointments"))
    done.show(page().pixels)
    done.wait(3)
    done.do(window("Letter - Editor", "Editor", LETTER))
    done.show(letter(["Dear", f"I met Mrs {NAME} on Monday", "and we spoke of the bridge"]).pixels)
    done.type(" and so on")
    done.end()
    return done


def main() -> None:
    """Serve until told to stop."""
    home, token = Path(sys.argv[1]), sys.argv[2]
    done = work(home)
    who, folder = done.bench.who, home / "recorder"
    (home / "participant").mkdir(mode=0o700)
    who.identity.save(home / "participant" / IDENTITY_FILE)
    holding.say(folder, 30 * 60)
    source = ViewerSource(
        None,
        None,
        home / "participant",
        participant=Participant(who.person_id, who.person.public, [who.device.public], [who.steward.public]),
        trust=Log().trust(),
        spool=folder / "spool",
        hold_s=lambda: holding.hold_s(folder),
    )
    desk = Desk(folder, source, keys=lambda: done.bench.verified, device_key=lambda: who.device)
    serve(create_app(source, token, Buttons(desk)), home=home, port=0, name="viewer")


if __name__ == "__main__":
    main()
