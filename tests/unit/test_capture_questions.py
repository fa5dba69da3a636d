"""In which order are applications asked, and does one that hangs keep the others waiting?"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aboveboard.base.errors import Unavailable
from aboveboard.recorder.capture.questions import QUESTION_S, Questions


def asked_of(fill: Callable[[Questions, list[str]], None], *, for_s: float = 0.1) -> list[str]:
    """What is asked, in order, of the questions that ``fill`` puts."""
    asked: list[str] = []

    async def ask() -> None:
        questions = Questions()
        fill(questions, asked)
        task = asyncio.create_task(questions.run())
        await asyncio.sleep(for_s)
        assert not task.done()
        task.cancel()

    asyncio.run(ask())
    return asked


def saying(asked: list[str], word: str) -> Callable[[], Awaitable[None]]:
    async def question() -> None:
        asked.append(word)

    return question


def test_what_was_pressed_comes_first_and_of_the_rest_only_the_newest() -> None:
    def fill(questions: Questions, asked: list[str]) -> None:
        questions.newest("hover", saying(asked, "hover 1"))
        questions.newest("focus", saying(asked, "focus"))
        questions.newest("hover", saying(asked, "hover 2"))
        questions.first(saying(asked, "press"))
        questions.first(saying(asked, "release"))

    assert asked_of(fill) == ["press", "release", "hover 2", "focus"]


def test_one_that_hangs_or_fails_keeps_nobody_waiting_for_long() -> None:
    def fill(questions: Questions, asked: list[str]) -> None:
        async def hang() -> None:
            began_s = time.monotonic()
            try:
                await asyncio.sleep(60)
            finally:
                asked.append("hung" if time.monotonic() - began_s < 2 * QUESTION_S else "hung for long")

        async def fail() -> None:
            raise Unavailable("an application does not answer", cause="it is busy", fix="nothing")

        questions.first(hang)
        questions.newest("window", fail, failed=lambda: asked.append("failed"))
        questions.newest("focus", saying(asked, "focus"))

    assert asked_of(fill, for_s=3 * QUESTION_S) == ["hung", "failed", "focus"]
