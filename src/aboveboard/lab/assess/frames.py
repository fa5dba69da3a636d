"""How are thousands of held-out episodes tried in minutes?

Many frames in one page of a real browser: each holds one task, all read and act in lockstep, with one call of the
browser's protocol for all of them. Elements are read by the same script as on the display
(:mod:`aboveboard.lab.assess.page_script`), acts are the events that a browser fires for a person's hand. That both
agree is tested (``tests/browser/test_element_policy_at_work.py``). The task's clock is slowed down, since a busy
machine must not decide whether a policy succeeds; the number of acts is what limits an episode here.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from aboveboard.lab.assess.page_script import SCRIPT, scene_of
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.stage.devtools import Page
from aboveboard.stage.tasks import TASK_HEIGHT, TASK_WIDTH, TaskServer, held_out_seed

FRAMES = 40
ACTS_LIMIT = 30
TIME_LIMIT_MS = 600_000
SETTLE_MS = 40
TYPED_SETTLE_MS = 350
"""Pages that answer to typing wait for a pause in it: jQuery's suggestions 300 ms."""
SIDE_BY_SIDE = 8

_DEAL = """
window.aboveboardDeal = async (urls) => {
  document.body.replaceChildren(...urls.map((url, place) => {
    const frame = document.createElement('iframe');
    frame.style = `position:fixed;border:0;width:WIDTHpx;height:HEIGHTpx;left:${(place % ROW) * WIDTH}px;` +
      `top:${Math.floor(place / ROW) * HEIGHT}px`;
    frame.src = url;
    return frame;
  }));
  window.aboveboardFrames = [...document.querySelectorAll('iframe')];
  await Promise.all(aboveboardFrames.map(frame => new Promise(done => frame.addEventListener('load', done))));
  // One frame at a time has the browser's focus. That it goes to the next is nothing that a task's page should notice.
  for (const frame of aboveboardFrames)
    for (const kind of ['blur', 'focusout'])
      frame.contentWindow.addEventListener(kind, event => {
        if (!frame.contentWindow.aboveboardActs) event.stopImmediatePropagation();
      }, true);
  return true;
};
window.aboveboardBegin = seeds => seeds.map((seed, place) => {
  const view = aboveboardFrames[place].contentWindow;
  view.eval(`core.EPISODE_MAX_TIME = LIMIT; core.startEpisode(); WOB_DONE_GLOBAL = false;
    WOB_RAW_REWARD_GLOBAL = 0; document.activeElement?.blur(); Math.seedrandom(${JSON.stringify(seed)});
    core.startEpisodeReal()`);
  return true;
});
window.aboveboardLook = places => places.map(place => {
  const view = aboveboardFrames[place].contentWindow;
  const [done, reward, words] = view.eval(
    '[WOB_DONE_GLOBAL, WOB_RAW_REWARD_GLOBAL, core.getUtterance().utterance ?? core.getUtterance()]');
  return {done, reward, words, rows: done ? [] : aboveboardRead(view)};
});
window.aboveboardAct = async (acts, pause) => {
  const failed = [];
  for (const [place, kind, target, text] of acts) {
    const view = aboveboardFrames[place].contentWindow;
    view.aboveboardActs = true;
    try {
      if (kind === 'type') aboveboardType(view, target, text);
      else if (kind === 'choose') aboveboardChoose(view, target, text);
      else aboveboardClick(view, target);
    } catch (error) { failed.push([place, String(error)]); }
    view.aboveboardActs = false;
  }
  await new Promise(done => setTimeout(done, pause));
  return failed;
};
true
"""


class ElementActor(Protocol):
    """Whatever reads a scene and answers with an act. ``begin`` gives a fresh memory of what was done."""

    def begin(self) -> Callable[[Scene], Act]: ...


@dataclass
class Episode:
    """One held-out episode: the task's own reward (> 0 is a success), how many acts it took, what was done."""

    task: str
    number: int
    reward: float = 0.0
    acts: int = 0
    done: bool = False
    story: list[tuple[Scene, Act]] = field(default_factory=list)


class Frames:
    """``frames`` tasks at once in ``page``, which belongs to this while it is used."""

    def __init__(self, page: Page, server: TaskServer, frames: int = FRAMES) -> None:
        self._page, self._server, self._frames = page, server, frames
        self._dealt: list[str] = []
        self._host: str | None = None

    def run(
        self,
        actor: ElementActor,
        episodes: Sequence[tuple[str, int]],
        *,
        acts_limit: int = ACTS_LIMIT,
        keep_story: bool = False,
        on_done: Callable[[Episode], None] | None = None,
        seed: Callable[[int], str] = held_out_seed,
    ) -> list[Episode]:
        """Try ``episodes`` (task, number), held-out ones unless ``seed`` says otherwise; the result has their order."""
        tried = []
        for first in range(0, len(episodes), self._frames):
            batch = [Episode(task, number) for task, number in episodes[first : first + self._frames]]
            self._batch(actor, batch, [seed(one.number) for one in batch], acts_limit, keep_story)
            tried += batch
            if on_done is not None:
                for episode in batch:
                    on_done(episode)
        return tried

    def _batch(
        self, actor: ElementActor, batch: list[Episode], seeds: list[str], acts_limit: int, keep_story: bool
    ) -> None:
        self._deal([one.task for one in batch])
        self._call("aboveboardBegin", seeds)
        players = [actor.begin() for _ in batch]
        running = list(range(len(batch)))
        for _ in range(acts_limit):
            running = self._look_and_act(batch, players, running, keep_story)
            if not running:
                return
        for place, told in zip(running, self._call("aboveboardLook", running), strict=True):
            batch[place].done, batch[place].reward = bool(told["done"]), float(told["reward"])

    def _look_and_act(
        self, batch: list[Episode], players: list[Callable[[Scene], Act]], running: list[int], keep_story: bool
    ) -> list[int]:
        acts: list[tuple[int, Act]] = []
        for place, told in zip(running, self._call("aboveboardLook", running), strict=True):
            episode = batch[place]
            if told["done"]:
                episode.done, episode.reward = True, float(told["reward"])
                continue
            scene = scene_of(told["words"], told["rows"])
            act = players[place](scene)
            episode.acts += 1
            if keep_story:
                episode.story.append((scene, act))
            acts.append((place, act))
        if acts:
            pause = TYPED_SETTLE_MS if any(act.kind == "type" for _, act in acts) else SETTLE_MS
            self._call("aboveboardAct", [[place, act.kind, act.target, act.text] for place, act in acts], pause)
        return [place for place, _ in acts]

    def _deal(self, tasks: list[str]) -> None:
        if self._dealt[: len(tasks)] == tasks:
            return
        if self._host is None:
            # The host page is one of the server's own, so that its frames are of the same origin.
            self._host = self._server.url(tasks[0])
            self._page.navigate(self._host)
            places = {"WIDTH": TASK_WIDTH, "HEIGHT": TASK_HEIGHT, "ROW": SIDE_BY_SIDE, "LIMIT": TIME_LIMIT_MS}
            deal = _DEAL
            for name, value in places.items():
                deal = deal.replace(name, str(value))
            self._page.evaluate(SCRIPT)
            self._page.evaluate(deal)
        self._call("aboveboardDeal", [self._server.url(task) for task in tasks])
        self._dealt = tasks

    def _call(self, name: str, *arguments: Any) -> Any:
        return self._page.evaluate(f"{name}({','.join(json.dumps(one) for one in arguments)})")
