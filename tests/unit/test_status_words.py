"""What does a steward read of the recorders' health?"""

from typing import get_args

from aboveboard.commands.status import HEALTH_WORDS, Seen, steward_lines
from aboveboard.formats.lease import HEALTH_LIMIT, HealthWord


def test_each_word_of_a_watchdog_has_a_sentence_for_the_steward() -> None:
    assert set(HEALTH_WORDS) == set(get_args(HealthWord))
    assert len(get_args(HealthWord)) == HEALTH_LIMIT


def test_a_steward_reads_counts_in_words() -> None:
    lines = steward_lines(Seen(people=3, devices=4, health={"events_lost": 2, "part_stalled": 1}))
    assert [" ".join(line.split()) for line in lines] == [
        "programme 3 people, 4 devices",
        "2 of them: input did not reach the recorder",
        "1 of them: a part of the recorder stood still",
    ]
