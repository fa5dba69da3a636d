"""What does a person who understands the task do?

Read from the page's own elements (the ground truth), task by task, as clicks at visible points and text to type. Only
the scripted person uses this: a policy sees pixels.
"""

from dataclasses import dataclass

from aboveboard.base.errors import NotFound
from aboveboard.stage.devtools import Page

SOLUTIONS: dict[str, tuple[str, ...]] = {
    "click-test": ("click('#subbtn')",),
    "click-test-2": ("click('#subbtn')",),
    "click-dialog": ("click('.ui-dialog-titlebar-close')",),
    "click-collapsible-nodelay": ("click('#area h3')", "click('#subbtn')"),
    "focus-text": ("click('#tt')",),
    "focus-text-2": ("click('#tt' + asked(/\\d/)[0])",),
    "click-dialog-2": (
        "quoted()[0] === 'x' ? click('.ui-dialog-titlebar-close') : clickText('.ui-dialog button', quoted()[0])",
    ),
    "click-tab": ("clickText('#area ul a', asked(/Tab #\\d/)[0])",),
    "click-color": ("click(`#area [data-color=${asked(/the (\\w+) colored/)[1]}]`)",),
    "click-widget": ("click(`#area [data-type=${quoted()[0]}]`)",),
    "click-option": ("clickText('#boxes label', asked(/Select (.*) and click/)[1])", "click('#subbtn')"),
    "click-button-sequence": ("click('#subbtn')", "click('#subbtn2')"),
    "click-checkboxes": ("again clickOn(unticked(asked(/Select (.*) and click/)[1].split(', ')))", "click('#subbtn')"),
    "click-link": ("clickText('.alink', quoted()[0])",),
    "click-button": ("clickText('#area button', quoted()[0])",),
    "enter-text": ("click('#tt')", "type(quoted()[0])", "click('#subbtn')"),
    "login-user": (
        "click('#username')",
        "type(quoted()[0])",
        "click('#password')",
        "type(quoted()[1])",
        "click('#subbtn')",
    ),
}
"""The tasks that the scripted person can do, each with its acts in order, in the words of ``_WORDS``.

An act that begins with ``again`` is done for as long as it finds something to do.
"""

AGAIN = "again "

_WORDS = """
const quoted = () => [...document.getElementById('query').textContent.matchAll(/"([^"]*)"/g)].map(found => found[1]);
const asked = pattern => pattern.exec(core.getUtterance().utterance ?? core.getUtterance());
const clickOn = element => {
  if (!element) return type('');
  const box = element.getBoundingClientRect(), points = [];
  for (let row = 2; row <= 18; row++) for (let column = 2; column <= 18; column++) {
    const x = box.left + box.width * column / 20, y = box.top + box.height * row / 20;
    const hit = document.elementFromPoint(x, y);
    if (hit !== null && (hit === element || element.contains(hit))) points.push([x, y]);
  }
  return {points, size: Math.min(box.width, box.height), text: ''};
};
const click = selector => clickOn(document.querySelector(selector));
const clickText = (selector, text) =>
  clickOn([...document.querySelectorAll(selector)].find(element => element.textContent === text));
const unticked = words => [...document.querySelectorAll('#boxes label')].find(
  label => words.includes(label.textContent) && !label.querySelector('input').checked);
const type = text => ({points: [], size: 0, text});
"""


@dataclass(frozen=True)
class Act:
    """A click at one of ``points`` (CSS pixels; any is right) on a target ``size`` wide, or, without points, typing."""

    points: list[tuple[float, float]]
    size: float
    text: str


def acts_of(task: str) -> tuple[str, ...]:
    """The acts of ``task``, to be looked up one by one when their turn comes; raises :class:`NotFound`."""
    if task not in SOLUTIONS:
        raise NotFound(
            f"the scripted person does not know the task {task[:60]!r}",
            cause="nobody has written its solution",
            fix=f"choose one of {', '.join(SOLUTIONS)}, or add it to stage/solutions.py",
        )
    return SOLUTIONS[task]


def look_up(page: Page, act: str) -> Act | None:
    """Where ``act`` is to be done on the page as it is now; None where its target is hidden, or there is none."""
    told = page.evaluate(f"(() => {{ {_WORDS} return {act.removeprefix(AGAIN)}; }})()")
    found = Act([(float(x), float(y)) for x, y in told["points"]], float(told["size"]), told["text"])
    return found if found.points or found.text else None
