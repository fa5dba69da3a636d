"""May this key come out, and under which application's rule?

1. Nothing else may have had the keyboard from ``ENTER_NS`` before it until the hold after it.
2. What the windows show must be a page that is told (``redact.pages``), and keys must be disclosed for all of them.
3. In a terminal nothing may hide what is typed (``redact.prompts``).
4. The focus must have been in a field that is known and not secret (``redact.timeline``); where there is no other
   field, it need not be known.
5. A release comes out only if its press did; at the fidelity ``count`` only a number per second does.
"""

from typing import get_args

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.disclosure import AppRule, Disclosure, Keystrokes
from aboveboard.formats.recording import Button, Key, KeyCount, Pen, Pointer, Scroll, Touch
from aboveboard.recorder.redact.markers import KeyCounts, WithheldReason, WithheldStretches
from aboveboard.recorder.redact.pages import Pages
from aboveboard.recorder.redact.prompts import Prompt, PromptTimeline
from aboveboard.recorder.redact.scope import Active, rule_of
from aboveboard.recorder.redact.timeline import Focus, FocusTimeline, Stretches
from aboveboard.rules.disclosure import may_encode
from aboveboard.rules.others import without_others
from aboveboard.rules.pages import Shown, least
from aboveboard.rules.terminals import is_terminal

ENTER_NS = 50 * MILLISECOND_NS
"""How long after an application became active its keys might still have gone to the one before."""

Pointing = Button | Scroll | Pointer | Touch | Pen
Input = Key | Pointing

_REASON: dict[Focus, WithheldReason] = {Focus.SECRET: "password_field", Focus.UNKNOWN: "focus_unknown"}

_PROMPT_REASON: dict[Prompt, WithheldReason] = {Prompt.HIDDEN: "hidden_prompt", Prompt.UNKNOWN: "focus_unknown"}

_PROMPTS = (Prompt.HIDDEN, Prompt.UNKNOWN, Prompt.OPEN, Prompt.NONE, Prompt.SOLE)
"""What stands most in the way of a key first."""

_TELLS = {level: rank for rank, level in enumerate(get_args(Keystrokes))}
"""Keystrokes by how much they tell."""
TOLD: frozenset[Shown] = frozenset({"open", "others"})
"""Of a page that is judged otherwise nothing comes out."""
_FIELD_KEYS = frozenset({"BackSpace", "Delete", "Left", "Right", "Up", "Down", "Home", "End", "Prior", "Next"})
_MODIFIER_KEYS = frozenset(
    f"{name}_{side}" for name in ("Shift", "Control", "Alt", "Super", "Meta", "Hyper") for side in "LR"
) | {"Caps_Lock", "Num_Lock", "ISO_Level3_Shift", "Mode_switch"}


def may_move_focus(event: Input) -> bool:
    """Could this be what puts the focus into another field?"""
    if isinstance(event, Button):
        return event.pressed
    if isinstance(event, Touch):
        return event.phase != "move"
    if not isinstance(event, Key) or not event.pressed or event.name in _MODIFIER_KEYS:
        return False
    if event.name.startswith("dead_") or event.name == "Multi_key":
        return False  # it begins a text
    return not (event.text.isprintable() and event.text) and event.name not in _FIELD_KEYS


class KeyJudge:
    """Judges one key after the other. Used by one thread.

    ``active``, ``pages`` and ``withheld`` are those of the gate.
    """

    def __init__(
        self,
        disclosure: Disclosure,
        *,
        hold_ns: int,
        focus: FocusTimeline | None,
        active: Stretches[Active],
        pages: Pages,
        withheld: WithheldStretches,
    ) -> None:
        self.focus = focus or FocusTimeline(hold_ns=hold_ns)
        self.prompts = PromptTimeline(hold_ns=hold_ns)
        self.counts = KeyCounts()
        self.began_ns = 0
        self._disclosure, self._hold_ns = disclosure, hold_ns
        self._active, self._pages, self._withheld = active, pages, withheld
        self._told: set[int] = set()

    def focus_seen(self, time_ns: int, focus: Focus) -> None:
        """From ``time_ns`` on the active application's focus is known to be ``focus``."""
        self.focus.seen(time_ns, focus)
        for withheld, reason in _REASON.items():
            if focus is not withheld:
                self._withheld.close(reason, time_ns)

    def looked(self, time_ns: int, pid: int, found: Prompt) -> None:
        """A look that began at ``time_ns`` found this of the terminals of process ``pid``."""
        self.prompts.looked(time_ns, pid, found)
        if found is not Prompt.HIDDEN:
            self._withheld.close("hidden_prompt", time_ns)
        if found is Prompt.SOLE:
            self._withheld.close("focus_unknown", time_ns)

    def forget(self, before_ns: int) -> None:
        """Drop what can no longer matter for keys from ``before_ns`` on."""
        self.focus.forget(before_ns)
        self.prompts.forget(before_ns)

    def rule_for(self, time_ns: int, key: Key, known_ns: int) -> AppRule | None:
        """The rule that a key comes out under, the one that tells least of those concerned; ``None``: it does not."""
        spans = self._active.spans(time_ns - ENTER_NS, time_ns + self._hold_ns)
        rules = [rule_of(active.window, self._disclosure) for _, _, active in spans]
        for (start_ns, end_ns, active), rule in zip(spans, rules, strict=True):
            if rule is None or active.keys_elsewhere:
                self._withhold(key, "app_not_disclosed", start_ns, end_ns)
                return None
        windows = [active.window for _, _, active in spans if active.window is not None]
        shown = least(self._pages.during(one, time_ns, time_ns, widened=self.focus.widened)[0] for one in windows)
        if shown not in TOLD:
            self._told.discard(key.keycode)  # the stretch is told by ``_mark``
            return None
        rules = rules if shown == "open" else [without_others(rule) for rule in rules if rule is not None]
        keyed = all(may_encode(rule, key).allowed for rule in rules)
        count = all(may_encode(rule, KeyCount(presses=1)).allowed for rule in rules)
        if not keyed and not count:
            self._told.discard(key.keycode)
            return None
        prompt, since_ns, end_ns = self._prompt(time_ns, spans)
        if prompt in _PROMPT_REASON:
            self._withhold(key, _PROMPT_REASON[prompt], since_ns, end_ns)
            return None
        focus = Focus.OPEN
        if prompt is not Prompt.SOLE:
            focus, since_ns, end_ns = self.focus.verdict(time_ns)
        if focus is Focus.OPEN and self.focus.decidable_ns(time_ns) > known_ns:
            focus, since_ns, end_ns = Focus.UNKNOWN, time_ns, known_ns
        if focus is not Focus.OPEN:
            self._withhold(key, _REASON[focus], since_ns, end_ns)
            return None
        if count:
            if key.pressed:
                self.counts.add(time_ns)
            return None
        if not key.pressed and key.keycode not in self._told:
            return None
        (self._told.add if key.pressed else self._told.discard)(key.keycode)
        return min((rule for rule in rules if rule is not None), key=lambda rule: _TELLS[rule.keystrokes])

    def _prompt(self, time_ns: int, spans: list[tuple[int, int | None, Active]]) -> tuple[Prompt, int, int | None]:
        """What stands in the way of a key of ``time_ns`` in the terminals of the windows that may have got it."""
        verdicts = [
            self.prompts.verdict(
                max(time_ns, start_ns), end_ns, active.window.pid, terminal=is_terminal(active.window.wm_class)
            )
            for start_ns, end_ns, active in spans
            if active.window is not None
        ]
        return min(verdicts, key=lambda verdict: _PROMPTS.index(verdict[0]))

    def _withhold(self, key: Key, reason: WithheldReason, start_ns: int, end_ns: int | None) -> None:
        """The key does not come out. The marker tells the whole stretch, so not when the key was pressed."""
        self._withheld.add(reason, max(start_ns, self.began_ns), end_ns)
        self._told.discard(key.keycode)
