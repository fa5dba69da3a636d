"""Who knows how these tasks are done? A person who watches a policy, as a function from what is on the screen.

For tasks that ask for something which no other task shows: so a policy that learnt the others begins near nothing.
"""

import calendar
import re
from collections.abc import Callable

from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.memory import inside
from aboveboard.lab.model.words import read
from aboveboard.lab.train.corrections import Expert

MONTHS = [name.lower() for name in calendar.month_name]


def focus_text_2(scene: Scene) -> Act:
    """The field with the number that is asked for."""
    number = int(re.findall(r"\d+", scene.instruction)[0])
    return Act("click", _all(scene, lambda place: scene.elements[place].role == "input-text")[number - 1])


def click_collapsible(scene: Scene) -> Act:
    """Open the section, then submit."""
    opened = _all(scene, lambda place: "content" in scene.elements[place].names)
    return _click(scene, "button" if opened else "h3")


def choose_date(scene: Scene) -> Act:
    """Open the calendar, turn it to the month, take the day, submit."""
    month, day, year = (int(one) for one in re.findall(r"\d+", scene.instruction)[:3])
    field = _all(scene, lambda place: scene.elements[place].role == "input-text")[0]
    if scene.elements[field].value == f"{month:02}/{day:02}/{year}":
        return _click(scene, "button")
    shown = [one.text.lower() for one in scene.elements if one.role == "span" and "month" in one.names]
    if not shown:
        return Act("click", field)
    at = MONTHS.index(shown[0])
    if at != month:
        turn = "prev" if month < at else "next"
        return Act(
            "click", _all(scene, lambda place: scene.elements[place].role == "a" and _named(scene, place, turn))[0]
        )
    days = _all(scene, lambda place: scene.elements[place].role == "a" and scene.elements[place].text == str(day))
    return Act("click", days[0])


def social_media(scene: Scene) -> Act | None:
    """Of the tweet of the user who is asked for: the button that is asked for, behind "more" where it is hidden."""
    user = next(word for word in scene.instruction.replace(",", " ").split() if word.startswith("@"))
    wanted = read(scene.instruction).quoted[0].text
    tweet = next(place for place, one in enumerate(scene.elements) if one.text == user)
    while "media" not in scene.elements[tweet].names:
        tweet = scene.elements[tweet].parent
    own = _all(scene, lambda place: tweet in _above(scene, place) and place != tweet)
    fits = [place for place in own if _named(scene, place, wanted.lower()) or _says(scene, place, wanted)]
    fits = fits or [place for place in own if _named(scene, place, "more")]
    return Act("click", fits[0]) if fits else None


EXPERTS: dict[str, Expert] = {
    "focus-text-2": focus_text_2,
    "click-collapsible-nodelay": click_collapsible,
    "choose-date-nodelay": choose_date,
    "social-media": social_media,
}


def _all(scene: Scene, fits: Callable[[int], bool]) -> list[int]:
    return [place for place in range(len(scene.elements)) if fits(place)]


def _click(scene: Scene, role: str) -> Act:
    return Act("click", _all(scene, lambda place: scene.elements[place].role == role)[0])


def _named(scene: Scene, place: int, word: str) -> bool:
    return word in scene.elements[place].names


def _says(scene: Scene, place: int, words: str) -> bool:
    one = scene.elements[place]
    return one.role == "li" and (one.text.startswith(words) or inside(scene, place).startswith(words))


def _above(scene: Scene, place: int) -> list[int]:
    found = []
    while (place := scene.elements[place].parent) >= 0:
        found.append(place)
    return found
