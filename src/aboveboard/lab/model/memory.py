"""What has been done so far in this attempt, as a policy remembers it?"""

from collections import Counter
from dataclasses import dataclass, field

from aboveboard.lab.model.elements import Act, Element, Scene
from aboveboard.lab.model.words import phrase_at, read, words_of

Key = tuple[object, ...]


@dataclass
class Memory:
    """Acts so far: which elements, which words of the instruction they used up, and what was there before."""

    acted: Counter[Key] = field(default_factory=Counter)
    used: set[int] = field(default_factory=set)
    """Places of the instruction's words that an act was for."""
    last: Element | None = None
    last_key: Key | None = None
    last_kind: str = ""
    last_parent: Key | None = None
    last_path: frozenset[Key] = frozenset()
    before: frozenset[Key] = frozenset()
    """The elements that were there when the last act was chosen."""
    steps: int = 0

    def note(self, scene: Scene, act: Act) -> None:
        """Remember that ``act`` was done in ``scene``."""
        keys = scene.keys()
        target = scene.elements[act.target]
        request = read(scene.instruction)
        words = words_of(act.text) if act.text else words_of(said(scene, act.target))
        free = [place for place in phrase_at(request, words) if place not in self.used]
        if free:
            self.used.update(range(free[0], free[0] + len(words)))
        path, parent = [], target.parent
        while parent >= 0:
            path.append(keys[parent])
            parent = scene.elements[parent].parent
        self.acted[keys[act.target]] += 1
        self.last, self.last_key, self.last_kind = target, keys[act.target], act.kind
        self.last_parent = path[0] if path else None
        self.last_path = frozenset(path)
        self.before = frozenset(keys)
        self.steps += 1


def said(scene: Scene, place: int) -> str:
    """What an element says: its own words, else those inside it, else the label beside it."""
    own = scene.elements[place].text
    return own or inside(scene, place) or label(scene, place)


def inside(scene: Scene, place: int, limit: int = 120) -> str:
    """The words of everything inside an element, in order."""
    inner = {place}
    words: list[str] = []
    for index in range(place + 1, len(scene.elements)):
        one = scene.elements[index]
        if one.parent not in inner:
            # Parents come before children, and a subtree is one run of the list.
            break
        inner.add(index)
        if one.text:
            words.append(one.text)
    return " ".join(words)[:limit]


def label(scene: Scene, place: int) -> str:
    """The words beside an element that has none: its parent's own, else those just before it, else just after."""
    parent = scene.elements[place].parent
    if parent < 0:
        return ""
    if scene.elements[parent].text:
        return scene.elements[parent].text
    siblings = [index for index in range(parent + 1, len(scene.elements)) if scene.elements[index].parent == parent]
    at = siblings.index(place)
    for index in (*siblings[max(0, at - 1) : at], *siblings[at + 1 : at + 2]):
        words = scene.elements[index].text or inside(scene, index)
        if words and len(words) <= 60:
            return words
    return ""
