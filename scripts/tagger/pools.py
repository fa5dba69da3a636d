"""Which names, companies, streets and cities does the training text speak of?

They are drawn from Faker's providers for many countries, once and with a fixed seed, and half of those used in a text
are composed anew: a model of three letters fitted on a pool writes names that nobody bears, so that the tagger learns
what a name looks like and where it stands, not a list. Some countries are held out for development (``HELD_OUT``).
"""

import json
import random
import unicodedata
import zlib
from collections import defaultdict
from pathlib import Path

from faker import Faker
from faker.providers.geo import Provider as Geo

from . import known

HELD_OUT, TRAINED = tuple(known.LISTS["HELD_OUT"]), tuple(known.LISTS["TRAINED"])
SHARED = tuple(known.LISTS["SHARED"])
"""In development too, each for texts in its own language: their templates are new, their names not all."""
CALLS = {
    "first": ("first_name", 900), "last": ("last_name", 900), "city": ("city", 500), "street": ("street_address", 500),
    "road": ("street_name", 300), "address": ("address", 200), "org": ("company", 400), "country": ("country", 1200),
    "job": ("job", 300), "zip": ("postcode", 150), "full": ("name", 300),
}  # fmt: skip
PROVIDER = {"first": "person", "last": "person", "full": "person", "org": "company", "job": "job"}
_CYRILLIC = {
    **dict(zip("абвгдезийклмнопрстуфыэі", "abvgdeziyklmnoprstufyei", strict=True)),
    **{"ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": ""},
    **{"ю": "yu", "я": "ya", "ї": "yi", "є": "ye", "ґ": "g"},
}
_GREEK = {
    **dict(zip("αβγδεζηικλμνξοπρστυφως", "avgdeziiklmnxoprstyfos", strict=True)),
    **{"θ": "th", "χ": "ch", "ψ": "ps"},
}


def draw(locales: tuple[str, ...], seed: int) -> dict[str, dict[str, list[str]]]:
    """For each locale the pools by slot. A provider that lacks something has an empty pool."""
    pools: dict[str, dict[str, list[str]]] = {}
    for locale in dict.fromkeys(locales):
        Faker.seed(f"{seed} {locale}")
        fake = Faker(locale)
        mine: dict[str, list[str]] = {}
        # A provider that this country lacks would speak English: then there is nothing of this slot.
        own = {
            one.__provider__.rsplit(".", 1)[-1]
            for one in fake.get_providers()
            if getattr(one, "__lang__", None) == locale
        }
        for slot, (call, times) in CALLS.items():
            if PROVIDER.get(slot, "address") not in own and not locale.startswith("en"):
                mine[slot] = []
                continue
            try:
                found = {str(getattr(fake, call)()).strip() for _ in range(times)}
            except Exception:  # noqa: BLE001 - a provider without this
                found = set()
            mine[slot] = sorted(one for one in found if one)
        if "first_romanized_name" in dir(fake):
            pools[locale + "@latin"] = {
                "first": sorted({fake.first_romanized_name() for _ in range(300)}),
                "last": sorted({fake.last_romanized_name() for _ in range(300)}),
            }
        pools[locale] = mine
        table = {"ru_RU": _CYRILLIC, "bg_BG": _CYRILLIC, "uk_UA": _CYRILLIC, "el_GR": _GREEK}.get(locale)
        if table:
            pools[locale + "@latin"] = {
                slot: sorted({_latin(one, table) for one in mine[slot]}) for slot in ("first", "last", "city", "road")
            }
    if "ko_KR" in pools:
        pools.update(_syllables(random.Random(seed)))
    return pools


def _syllables(chance: random.Random) -> dict[str, dict[str, list[str]]]:
    """Romanised names of East Asia, which are put together of syllables, and of the Arab world, which Faker lacks."""
    made = {}
    for key, (surnames, first, second, gaps) in known.under("SYLLABLES").items():
        joints = gaps.replace("_", " ").split("|")
        ends = [""] if second == "-" else second.split()
        firsts = {one + chance.choice(joints) + other for one in first.split() for other in ends}
        made[key] = {"first": sorted(firsts), "last": surnames.split()}
    return made


def _latin(text: str, table: dict[str, str]) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return "".join(table.get(c, c) for c in plain).replace("_", "").title()


def kept(work: Path, locales: tuple[str, ...], seed: int) -> dict[str, dict[str, list[str]]]:
    """:func:`draw`, once: the pools rest in the folder ``work``."""
    path = work / f"pools-{zlib.crc32(f'{locales} {seed}'.encode()):08x}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(draw(locales, seed), ensure_ascii=False), "utf-8")
    return json.loads(path.read_text("utf-8"))


def world_cities(held_out: bool) -> list[str]:
    """Larger cities of the world; each fifth is held out."""
    return [one[2] for place, one in enumerate(sorted(Geo.land_coords)) if (place % 5 == 4) == held_out]


class Composer:
    """Writes words that look like those of a pool."""

    def __init__(self, words: list[str], order: int = 3) -> None:
        self._order = order
        self._next: dict[str, list[str]] = defaultdict(list)
        self._known = set(words)
        for word in words:
            padded = "^" * order + word + "$"
            for place in range(order, len(padded)):
                self._next[padded[place - order : place]].append(padded[place])

    def word(self, chance: random.Random, longest: int = 14) -> str:
        for _ in range(12):
            state, out = "^" * self._order, ""
            while len(out) <= longest:
                following = self._next.get(state)
                letter = chance.choice(following) if following else "$"
                if letter == "$":
                    break
                out += letter
                state = state[1:] + letter
            if 2 < len(out) <= longest and out not in self._known:
                return out
        return chance.choice(sorted(self._known)[:50])
