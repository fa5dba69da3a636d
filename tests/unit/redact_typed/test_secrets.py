"""Can a secret, or a piece of it, be read from the keys that come out, however it was typed?

A hand types a secret in any order, with slips, pieces too many and corrections, among other words. What comes out is
replayed into a plain text buffer, and the text in it is looked at after each key.
"""

from dataclasses import dataclass

from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.recorder.redact.typed.writing import Covered, Told
from samples.text_buffer import Buffer
from samples.typed_keys import Cards, Mails, Words, hand, key

CARD = "4539 1488 0343 6467"
PASSWORD = "tr0ub4dor&3kz"
OTHER = "ymwnqv"
"""Letters that are in neither."""
PIECE = 4


@dataclass(frozen=True)
class Plan:
    """``cuts``: where the secret is cut; ``order``: in which the pieces come; ``slips``: before which piece, what.

    ``late``: the slip is taken back at the end, not at once. ``by``: with which keys.
    """

    secret: str
    cuts: tuple[int, ...]
    order: tuple[int, ...]
    slips: tuple[tuple[int, str, bool, str], ...]
    before: str
    after: str
    ending: str
    undone: bool


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    secret = draw(st.sampled_from([CARD, PASSWORD, CARD.replace(" ", "")]))
    cuts = sorted(draw(st.sets(st.integers(1, len(secret) - 1), max_size=4)))
    pieces = len(cuts) + 1
    piece = st.builds(
        lambda start, size: secret[start : start + size], st.integers(0, len(secret) - 1), st.integers(1, 9)
    )
    slip = st.tuples(
        st.integers(0, pieces - 1),
        st.one_of(piece.filter(lambda one: len(one.strip()) == len(one) > 0), st.text(OTHER, min_size=1, max_size=4)),
        st.booleans(),
        st.sampled_from(["BackSpace", "Delete", "Shift+Left", "Control+BackSpace"]),
    )
    return Plan(
        secret,
        tuple(cuts),
        tuple(draw(st.permutations(range(pieces)))),
        tuple(draw(st.lists(slip, max_size=3, unique_by=lambda one: one[0]))),
        draw(st.sampled_from(["", "ywy ", "mynq: ", "ynym qv, "])),
        draw(st.sampled_from(["", " ymn", ", vyw"])),
        draw(st.sampled_from(["Return", "Tab", "wait", "last"])),
        draw(st.booleans()),
    )


class Script:
    """The chords that carry out a plan. Each character stands with its mark: a piece's number, or -1 for a slip."""

    def __init__(self) -> None:
        self.chords: list[str] = []
        self.marks: list[tuple[str, int]] = []
        self.caret = 0

    def go(self, place: int) -> None:
        step = "Left" if place < self.caret else "Right"
        self.chords += [step] * abs(place - self.caret)
        self.caret = place

    def type(self, text: str, mark: int) -> None:
        self.chords += list(text)
        self.marks[self.caret : self.caret] = [(one, mark) for one in text]
        self.caret += len(text)

    def take_back(self, mark: int, by: str) -> None:
        places = [place for place, (_, one) in enumerate(self.marks) if one == mark]
        start, end = places[0], places[-1] + 1
        self.go(start if by == "Delete" else end)
        if by == "Shift+Left":
            self.chords += ["Shift+Left"] * (end - start) + ["Delete"]
        else:
            self.chords += ["Delete" if by == "Delete" else "BackSpace"] * (end - start)
        del self.marks[start:end]
        self.caret = start


def script(plan: Plan) -> list[str]:
    """Carry out ``plan``; what stands in the field at the end is the secret among the other words."""
    made = Script()
    made.type(plan.before, -2)
    made.type(plan.after, -3)
    bounds = [0, *plan.cuts, len(plan.secret)]
    late = []
    for piece in plan.order:
        after = [place for place, (_, mark) in enumerate(made.marks) if mark == -2 or 0 <= mark < piece]
        made.go(after[-1] + 1 if after else 0)
        for number, (where, text, later, by) in enumerate(plan.slips):
            if where == piece:
                made.type(text, -10 - number)
                if later:
                    late.append((-10 - number, by))
                else:
                    made.take_back(-10 - number, by)
        made.type(plan.secret[bounds[piece] : bounds[piece + 1]], piece)
    for mark, by in late:
        made.take_back(mark, by)
    assert "".join(one for one, _ in made.marks) == plan.before + plan.secret + plan.after
    if plan.undone:
        start = len(plan.before)
        made.go(start + len(plan.secret))
        made.chords += ["BackSpace"] * len(plan.secret)
    return made.chords


def texts(told: list[Told]) -> list[str]:
    """What stands in the field after each key that came out; a placeholder is one strange character."""
    buffer, seen = Buffer(), []
    for one in told:
        if isinstance(one, Covered):
            buffer.press(key("x", text="\0"))
        elif one.key.pressed:
            buffer.press(one.key)
        seen.append(buffer.text)
    return seen


def pieces(secret: str) -> set[str]:
    letters = "".join(one for one in secret if one.isalnum())
    return {letters[place : place + PIECE] for place in range(len(letters) - PIECE + 1)}


def readable(told: list[Told], secret: str) -> set[str]:
    """Pieces of the secret that stood in the field at any time, or were typed in a row."""
    seen = {"".join(one for one in text if one.isalnum() or one == "\0") for text in texts(told)}
    row = "".join(one.key.text if not isinstance(one, Covered) else "\0" for one in told)
    return {piece for piece in pieces(secret) if any(piece in text for text in (*seen, row))}


@settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(plans())
@example(Plan(CARD, (9,), (1, 0), ((0, "4539", True, "Delete"),), "ywy ", "", "Return", True))
def test_no_piece_of_a_secret_can_be_read_in_whatever_order_it_was_typed(plan: Plan) -> None:
    typist = hand(Cards(), Mails(), Words((PASSWORD,)), overwrites=False)
    typist.step_ns = 20 * MILLISECOND_NS
    for chord in script(plan):
        typist.press(chord)
        typist.told += typist.typing.release(typist.now_ns)
    if plan.ending == "wait":
        typist.wait(20 * SECOND_NS)
    elif plan.ending != "last":
        typist.press(plan.ending)
    typist.end()
    event(f"kept {sum(not isinstance(one, Covered) for one in typist.told) > 0}")
    assert not readable(typist.told, plan.secret), (plan, script(plan))
    assert typist.typing.statistics.things >= 1, (plan, script(plan))


@settings(max_examples=200, deadline=None)
@given(st.integers(1, len(CARD) - 1), st.integers(1, 12), st.booleans())
def test_who_stops_to_look_at_the_card_is_waited_for(place: int, seconds: int, undone: bool) -> None:
    typist = hand()
    typist.type(CARD[:place])
    typist.wait(seconds * SECOND_NS)
    typist.type(CARD[place:])
    if undone:
        typist.press("BackSpace", len(CARD))
    typist.wait(30 * SECOND_NS)
    assert not readable(typist.told, CARD)
    assert typist.typing.waits_since_ns is None


@given(st.integers(7, len(CARD) - 1))
def test_half_a_card_number_is_covered_when_nothing_more_comes(place: int) -> None:
    typist = hand()
    typist.type("ywy " + CARD[:place])
    typist.wait(30 * SECOND_NS)
    typist.type(CARD[place:])
    typist.press("Return")
    typist.end()
    assert not readable(typist.told, CARD[:place])
    assert typist.typing.statistics.things >= 1


def test_the_readers_of_these_tests_do_read() -> None:
    typist = hand(Words(("nothing of the kind",)))
    typist.type(CARD)
    typist.press("Return")
    typist.end()
    assert readable(typist.told, CARD) == pieces(CARD)
