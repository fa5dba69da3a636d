"""Lines with and without a secret, made up: code, configuration, commands and talk.

What stands in ``lists.toml`` was written for this; no line, name or value was taken from a file of anyone's.
"""

import random
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

LISTS: dict[str, list[str]] = tomllib.loads((Path(__file__).parent / "lists.toml").read_text("utf-8"))
LOWER, DIGITS, HEX = "abcdefghijklmnopqrstuvwxyz", "0123456789", "0123456789abcdef"
ALNUM = LOWER + LOWER.upper() + DIGITS
SYMBOLS = "!@#$%^&*-_+=?~."
_ASKED = "password key token secret session auth pass api signature cookie passwords keys PIN salt Passwort senha "
ASKED = _ASKED.split()


def lines(seed: int, count: int) -> Iterator[tuple[str, str | None]]:
    """A line and the secret in it; ``None`` where it holds none."""
    draw = Draw(seed)
    for _ in range(count):
        yield draw.line()


class Draw:
    """Draws names, values and lines."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)

    def line(self) -> tuple[str, str | None]:
        one_of, kind = self.r.choice, self.r.random()
        passwords, keys, neither = LISTS["names_of_passwords"], LISTS["names_of_keys"], LISTS["names_of_neither"]
        code, plain = LISTS["code"], LISTS["plain"]
        if kind < 0.07:
            return self._public()
        if kind < 0.12:
            return self._url()
        if kind < 0.20:
            return self._everyday(one_of(LISTS["everyday"])), None
        kind = (kind - 0.2) / 0.8
        if kind < 0.22:
            value = self.strong() if self.r.random() < 1 / 3 else self.weak()
            return self._written(one_of(passwords), value, code if self.r.random() < 0.55 else plain, True)
        if kind < 0.38:
            value = self.strong() if self.r.random() < 0.8 else self.weak()
            return self._written(one_of(keys), value, code if self.r.random() < 0.6 else plain, True)
        if kind < 0.62:
            return self._written(one_of(passwords + keys + neither), self.dull(), LISTS["bare_code"], False)
        if kind < 0.72:
            dull = one_of(
                (self.name, self.name, self.dull, lambda: one_of(LISTS["labels"]), lambda: one_of(LISTS["words"]))
            )
            return self._written(one_of(neither), dull(), code, False)
        if kind < 0.80:
            return self._written(one_of(passwords + keys), one_of(LISTS["placeholders"]), code + plain, False)
        if kind < 0.88:
            named = one_of(passwords + keys + neither + LISTS["labels"])
            return self._written(named, one_of(LISTS["labels"]), code, False)
        words = LISTS["words"]
        return one_of(LISTS["prose"]).format(n=one_of(ASKED), a=one_of(words), b=one_of(words)), None

    def _public(self) -> tuple[str, str | None]:
        """Something long under a name that says that it may be seen, or that it is no secret any more."""
        filled = self._everyday(self.r.choice(LISTS["public_values"]))
        forms = LISTS["plain"] if self.r.random() < 0.3 else LISTS["code"]
        return self._written(self.r.choice(LISTS["names_of_the_public"]), filled, forms, False)

    def _url(self) -> tuple[str, str | None]:
        """An address with a name and a password, or with words that stand for them."""
        user, value, secret = self.r.choice(LISTS["words"]), "", self.r.random() < 0.5
        if secret:
            value = (
                (self.strong() if self.r.random() < 0.5 else self.weak())
                .replace("/", "")
                .replace(" ", "")
                .replace("@", "")
            )
        else:
            user, value = self.r.choice(LISTS["url_placeholders"]).split(":")
        host, quote = self.r.choice(LISTS["hosts"]), self.r.choice("\"\"''`")
        form = self.r.choice(LISTS["urls"])
        line = form.format(u=user, v=value, h=host, a=self.r.choice(LISTS["words"]), b=self.name(), q=quote)
        return line, value if secret else None

    def _everyday(self, form: str) -> str:
        """A form of ``lists.toml`` with what its marks ask for."""
        one_of, put = self.r.choice, self.letters
        a, b = one_of(LISTS["words"]), one_of(LISTS["words"])
        values = {"a": a, "b": b, "A": a.capitalize(), "B": b.capitalize(), "q": one_of("\"'`")}
        values |= {"d": str(self.r.randint(1, 59)), "n": put(DIGITS, 3, 8), "s": put(ALNUM + "+/", 24, 90)}
        values |= {"x": put(HEX, 40, 40), "y": put(HEX, 8, 8), "h": one_of(LISTS["hosts"])}
        values["i"] = "-".join(put(HEX, size, size) for size in (8, 4, 4, 4, 12))
        values["c"] = ":".join(put(DIGITS + "ABCDEF", 2, 2) for _ in range(20))
        return form.format(**values)

    def _written(self, name: str, value: str, forms: list[str], secret: bool) -> tuple[str, str | None]:
        one_of = self.r.choice
        if forms is LISTS["plain"]:
            value = value.replace(" ", "_")
        before = one_of(["", "", "", "  ", "    ", "\t", "\t\t", "> ", "$ "])
        after = "" if forms is LISTS["code"] else one_of(["", "", "", "", " \\", "  # comment", " // note", " }", ");"])
        line = one_of(forms).format(n=name, v=value, q=one_of("\"\"''`"))
        return before + line + after, value if secret else None

    def letters(self, alphabet: str, least: int, most: int) -> str:
        return "".join(self.r.choice(alphabet) for _ in range(self.r.randint(least, most)))

    def weak(self) -> str:
        """What people choose."""
        one_of, put = self.r.choice, self.letters
        a, b = one_of(LISTS["words"]), one_of(LISTS["words"])
        makes: list[Callable[[], str]] = [lambda: one_of(LISTS["weak"])] * 3
        makes += [
            lambda: a,
            lambda: a + b,
            lambda: f"{a}-{b}",
            lambda: f"{a}_{b}",
            lambda: f"{a} {b}",
            lambda: f"{a}_pass",
        ]
        makes += [
            lambda: a + put(DIGITS, 1, 4),
            lambda: a.capitalize() + put(DIGITS, 1, 4) + one_of(SYMBOLS),
            lambda: a.capitalize() + b.capitalize() + put(DIGITS, 0, 3),
            lambda: a.replace("a", "4").replace("e", "3").replace("o", "0"),
            lambda: f"my{a}password",
            lambda: f"{a}{one_of('!@#$%&*?')}{b}",
            lambda: put(DIGITS, 4, 10),
            lambda: put(LOWER, 4, 12),
            lambda: put(ALNUM, 6, 12),
            lambda: put(ALNUM + SYMBOLS, 8, 24),
        ]
        return one_of(makes)()

    def strong(self) -> str:
        """What machines draw."""
        put = self.letters
        makes: list[Callable[[], str]] = [
            lambda: put(HEX, 16, 64),
            lambda: put(HEX, 32, 32),
            lambda: put(ALNUM, 16, 44),
            lambda: put(ALNUM + "-_", 20, 64),
            lambda: put(ALNUM + "+/", 22, 86) + self.r.choice(["", "=", "=="]),
            lambda: put(LOWER.upper() + "234567", 16, 56),
            lambda: put(ALNUM + SYMBOLS, 16, 50),
            lambda: "-".join(put(LOWER.upper() + DIGITS, 4, 6) for _ in range(self.r.randint(3, 6))),
            lambda: put(DIGITS, 8, 18) + "-" + put(ALNUM, 20, 40),
            lambda: put(LOWER + DIGITS, 10, 24),
        ]
        return self.r.choice(makes)()

    def name(self) -> str:
        """The name of a variable, a field, a constant."""
        parts = [self.r.choice(LISTS["identifiers"]) for _ in range(self.r.randint(1, 3))]
        camel = "".join(part.capitalize() for part in parts)
        snake = "_".join(parts)
        forms = [snake, parts[0] + camel[len(parts[0]) :], ".".join(parts), camel, snake.upper()]
        return self.r.choice([*forms, "$" + parts[0], "@" + parts[0], "-".join(parts)])

    def dull(self) -> str:
        """What a name is set to that is no secret."""
        put, name = self.letters, self.name
        inside = self.r.choice(["", name(), repr(name()), f"{name()}, {name()}"])
        makes: list[Callable[[], str]] = [name] * 5
        makes += [lambda: f"{name()}({inside})"] * 3 + [lambda: self.r.choice(LISTS["types"])] * 2
        makes += [lambda sign=sign: sign for sign in ("{", "(", "[", "^0.4.0")]  # type: ignore[misc]
        makes += [
            lambda: f"os.getenv({name().upper()!r})",
            lambda: f"secrets.{name().upper()}",
            lambda: f"{{ from_secret: {name()} }}",
            lambda: f"{name()}.get({name()!r})",
            lambda: f"{name()}[{name()!r}]",
            lambda: f"process.env.{name().upper()}",
            lambda: f"os.environ[{name()!r}]",
            lambda: put(DIGITS, 1, 10),
            lambda: "0x" + put(HEX, 1, 8),
            lambda: f"/{name()}/{name()}.pem",
            lambda: f"https://{self.r.choice(LISTS['words'])}.example.com/{name()}",
            lambda: f"arn:aws:kms:us-east-1:123456789012:key/{name()}",
            lambda: f"{name()} + {name()}",
        ]
        return self.r.choice(makes)()
