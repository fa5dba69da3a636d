"""Public words that the training text needs beside Faker's: groups, organisations, products, forms of address.

They stand in ``templates/known.txt``, with which countries are trained on and which held out. Nobody's person is meant.
"""

from pathlib import Path


def _read() -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    mine: list[str] = []
    for line in (Path(__file__).parent / "templates/known.txt").read_text("utf-8").splitlines():
        if line.startswith("## "):
            mine = lists[line[3:]] = []
        elif not line.startswith("# "):
            mine += [one.strip() for one in line.split(";") if one.strip()]
    return lists


LISTS = _read()
GROUPS, PLURALS, ORGANISATIONS, SOFTWARE, TITLES = (
    LISTS[name] for name in ("GROUPS", "PLURALS", "ORGANISATIONS", "SOFTWARE", "TITLES")
)
COUNTRIES, CITIES, STATES, STATE_CODES = (LISTS[name] for name in ("COUNTRIES", "CITIES", "STATES", "STATE_CODES"))
STREET_ENDS, STREET_WORDS, UNITS = (LISTS[name] for name in ("STREET_ENDS", "STREET_WORDS", "UNITS"))
COMPANY_ENDS, COMPANY_FIELDS = LISTS["COMPANY_ENDS"], LISTS["COMPANY_FIELDS"]


def under(prefix: str) -> dict[str, list[str]]:
    """The lists whose name begins with ``prefix``, by the rest of their name (without another space in it)."""
    cut = len(prefix) + 1
    return {
        name[cut:]: found for name, found in LISTS.items() if name.startswith(prefix + " ") and " " not in name[cut:]
    }


def with_gaps(name: str) -> list[str]:
    """A list in which "_" stands for a space at the end, and "-" for nothing."""
    return ["" if one == "-" else one.replace("_", " ") for one in LISTS[name]]
