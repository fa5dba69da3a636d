"""What fills the slots of the templates, and which of it is personal?

Every call draws anew: from the pools, composed by their models of letters, or built by rule (numbers, dates, streets).
"""

import random
import string

from . import known
from .grammar import Piece
from .people import People
from .places import Places

MONTHS, DAYS, UNIT, TENS = (known.LISTS[name] for name in ("MONTHS", "DAYS", "UNIT", "TENS"))
ENDINGS = {1: "st", 2: "nd", 3: "rd"}


class Values(People, Places):
    """All slots: those of people and places, and numbers, times, and what is not personal or found by patterns."""

    def _age(self, chance: random.Random) -> list[Piece]:
        years = chance.randint(1, 99)
        if chance.random() < 0.25:
            word = (
                UNIT[years - 1]
                if years < 20
                else TENS[years // 10 - 2] + (f"-{UNIT[years % 10 - 1]}" if years % 10 else "")
            )
            return [(word, "age")]
        return [(str(years), "age")]

    def _date(self, chance: random.Random) -> list[Piece]:
        day, month, year = chance.randint(1, 28), chance.choice(MONTHS), chance.randint(1930, 2029)
        short = month[:3] + chance.choice(["", "", "."])
        ordinal = f"{day}{'th' if 10 < day < 14 else ENDINGS.get(day % 10, 'th')}"
        word = chance.choice([month, month, short])
        number = MONTHS.index(month) + 1
        forms = (
            f"{day} {word} {year}|{word} {day}, {year}|{word} {ordinal}, {year}|the {ordinal} of {month}|{word} {day}|"
            f"{ordinal} {word}|{month} {year}|{word} {ordinal}|{day}. {month} {year}|"
            f"{chance.choice(DAYS)}, {word} {day}|"
            f"{year}-{number:02}-{day:02}|{day:02}.{number:02}.{year}|{number}/{day}/{year}|"
            f"{day}/{number}/{year % 100:02}|{day}-{month[:3]}-{year}|the {ordinal} of {month} {year}"
        )
        made = chance.choice(forms.split("|"))
        return [("the ", ""), (made[4:], "date")] if made.startswith("the ") else [(made, "date")]

    def _year(self, chance: random.Random) -> str:
        return str(chance.randint(1950, 2030))

    def _word(self, chance: random.Random) -> str:
        return chance.choice(self.words)

    def _words(self, chance: random.Random) -> str:
        return " ".join(chance.choices(self.words, k=chance.randint(1, 4)))

    def _heading(self, chance: random.Random) -> str:
        return " ".join(chance.choices(self.words, k=chance.randint(1, 4))).title()

    def _software(self, chance: random.Random) -> str:
        return chance.choice(known.SOFTWARE)

    def _job(self, chance: random.Random) -> str:
        if self.local and self.home in self.locales["job"]:
            return self._from("job", chance)
        return chance.choice(
            self.pools[
                chance.choice([one for one in self.locales["job"] if one.startswith("en")] or self.locales["job"])
            ]["job"]
        ).split(",")[0]

    def _phone(self, chance: random.Random) -> str:
        shape = chance.choice(
            [
                "+## ### #######",
                "(###) ###-####",
                "###-###-####",
                "0## ########",
                "+##-##-###-##-##",
                "0#### ######",
                "#########",
            ]
        )
        return "".join(chance.choice(string.digits) if one == "#" else one for one in shape)

    def _mail(self, chance: random.Random) -> str:
        who = chance.choice([self._f(chance), self._l(chance), self._word(chance)]).lower().replace(" ", ".")
        end = chance.choice(["com", "org", "net", "de", "co.uk"])
        return f"{who}{chance.choice(['', '.', '_', '77'])}@{self._word(chance)}.{end}"

    def _url(self, chance: random.Random) -> str:
        host = f"{self._word(chance)}{self._word(chance)}.{chance.choice(['com', 'org', 'io', 'net'])}"
        path = chance.choice(["", "/", "/" + self._word(chance)])
        return chance.choice(["https://", "http://", "www.", ""]) + host + path

    def _card(self, chance: random.Random) -> str:
        return chance.choice(["", " ", "-"]).join("".join(chance.choices(string.digits, k=4)) for _ in range(4))

    def _id(self, chance: random.Random) -> str:
        shape = chance.choice(
            ["#######", "AA-####", "A########", "###-##-####", "AA## #### #### #### ####", "#A#-AA##", "AAA-#####"]
        )
        return "".join(
            chance.choice(string.digits) if one == "#" else chance.choice(string.ascii_uppercase) if one == "A" else one
            for one in shape
        )

    def _num(self, chance: random.Random) -> str:
        return str(chance.choice([chance.randint(0, 20), chance.randint(0, 100), chance.randint(0, 5000)]))

    def _money(self, chance: random.Random) -> str:
        amount = f"{chance.randint(1, 9999):,}{chance.choice(['', '.00', '.50', '.99'])}"
        return chance.choice(["${}", "{} EUR", "€{}", "£{}", "{} USD", "{} kr"]).format(amount)

    def _time(self, chance: random.Random) -> str:
        return chance.choice(["{}:{:02}", "{}:{:02} pm", "{}:{:02} AM", "{}.{:02}"]).format(
            chance.randint(1, 12), chance.randint(0, 59)
        )

    def _day(self, chance: random.Random) -> str:
        return chance.choice(DAYS)

    def _month(self, chance: random.Random) -> str:
        return chance.choice(MONTHS)

    def _file(self, chance: random.Random) -> str:
        end = chance.choice(["txt", "pdf", "py", "docx", "xlsx", "png", "csv", "json", "md", "log"])
        return f"{self._word(chance)}{chance.choice(['_', '-', ''])}{self._word(chance)}.{end}"

    def _path(self, chance: random.Random) -> str:
        return "/".join(["", *chance.choices(self.words, k=chance.randint(1, 4)), self._file(chance)])
