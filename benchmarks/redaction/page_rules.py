"""How many ordinary pages of work are taken for places that nobody should collect, and how many such places are missed?

    python -m benchmarks.redaction.page_rules

Over the titles of ``tests/samples/page_titles.py``: made up, and by those who chose the words that are looked for, so
real pages will do worse. Each share is given with its 95 % bound (Wilson).
"""

import math

from aboveboard.rules.contexts import sensitive_words
from samples.page_titles import SENSITIVE, WORK, texts


def upper_bound(hits: int, total: int) -> float:
    """Of a share of ``hits`` in ``total``, with 95 % confidence."""
    z, share = 1.96, hits / total
    middle = share + z * z / (2 * total)
    return (middle + z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))) / (1 + z * z / total)


def main() -> None:
    """Print both."""
    lost = [line for line in WORK if sensitive_words(texts(line))]
    missed = [line for line in SENSITIVE if not sensitive_words(texts(line))]
    for what, found, total in (("pages of work hidden", lost, WORK), ("other pages missed", missed, SENSITIVE)):
        share, bound = len(found) / len(total), upper_bound(len(found), len(total))
        print(f"{what}: {len(found)} of {len(total)} ({share:.1%}, at most {bound:.1%})")
        for line in found:
            print(f"    {line}")


if __name__ == "__main__":
    main()
