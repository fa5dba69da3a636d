"""A program in a terminal that prints: a steady log, and once a long list of files. Knows nothing but its terminal.

python printer.py START_FIFO    (waits there for the start, in CLOCK_MONOTONIC nanoseconds)
python printer.py --pages N     (N lines of text at once, then nothing: something to scroll)
"""

import sys
import time
from random import Random

LINES_PER_S = 5
LOG_S = 29.5
LIST_AT_S = 17.0
LIST_LINES = 1500
WORDS = "the of and to in is you that it he was for on are as with his they at be this have from or one had by".split()  # noqa: SIM905 - one line of words
LEVELS = ("\033[32mINFO\033[0m", "\033[32mINFO\033[0m", "\033[33mWARN\033[0m", "\033[36mDEBUG\033[0m")


def sentence(random: Random, words: int) -> str:
    return " ".join(random.choice(WORDS) for _ in range(words))


def log_line(random: Random, number: int) -> str:
    worker = random.randint(1, 8)
    return f"12:{number // 60:02d}:{number % 60:02d} {random.choice(LEVELS)} worker-{worker} {sentence(random, 9)}"


def list_line(random: Random) -> str:
    size = random.randint(200, 900_000)
    name = f"{random.choice(WORDS)}_{random.randint(1, 999)}.txt"
    return f"-rw-r--r-- 1 user user {size:>7} Mar {random.randint(1, 28):>2} {name}"


def log(start_ns: int) -> None:
    random = Random("log")
    listed = False
    for number in range(int(LOG_S * LINES_PER_S)):
        due_ns = start_ns + number * 1_000_000_000 // LINES_PER_S
        time.sleep(max(0.0, (due_ns - time.monotonic_ns()) / 1e9))
        print(log_line(random, number), flush=True)
        if not listed and number >= LIST_AT_S * LINES_PER_S:
            listed = True
            print("\n".join(list_line(random) for _ in range(LIST_LINES)), flush=True)


def pages(lines: int) -> None:
    random = Random("pages")
    for number in range(lines):
        print(f"{number:>5}  {sentence(random, random.randint(3, 15))}" if number % 7 else "", flush=False)
    sys.stdout.flush()
    time.sleep(36_000)


def slow() -> None:
    random = Random("slow")
    number = 0
    while True:
        for _ in range(random.randint(1, 6)):
            print(log_line(random, number), flush=True)
            number += 1
        time.sleep(10)


if __name__ == "__main__":
    if sys.argv[1] == "--pages":
        pages(int(sys.argv[2]))
    elif sys.argv[1] == "--slow":
        slow()
    else:
        print("ready", flush=True)
        with open(sys.argv[1], encoding="ascii") as fifo:
            start = int(fifo.read())
        log(start)
        time.sleep(36_000)
