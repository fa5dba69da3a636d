"""Plain texts with planted data in them: what a terminal prints, a note, a list for a spreadsheet."""

from random import Random

from benchmarks.redaction.screens.planted import KINDS, LABELS, Token, labelled, line, planted, words

Lines = list[list[Token]]

COLOURS = ("31", "32", "33", "34", "35", "36", "1")
COMMANDS = ("cat notes.txt", "env", "git log", "psql -c 'select * from orders'", "tail server.log", "make test")


def terminal(random: Random, count: int) -> Lines:
    """Prompts and what programs print: settings, logs, a table, notes."""
    lines: Lines = []
    while len(lines) < count:
        lines.append([Token(word) for word in f"~/work $ {random.choice(COMMANDS)}".split()])
        part = random.choice((_settings, _log, _columns, _notes))
        lines += [part(random) for _ in range(random.randint(4, 9))]
    return lines[-count:]


def note(random: Random, count: int) -> Lines:
    """A file in an editor: lines, labels, empty lines."""
    return [[] if random.random() < 0.12 else line(random, share=0.45) for _ in range(count)]


def coloured(random: Random, lines: Lines) -> str:
    """For a terminal: some of the words in colour."""
    return "\n".join(
        " ".join(
            f"\x1b[{random.choice(COLOURS)}m{token.written}\x1b[0m" if random.random() < 0.15 else token.written
            for token in one
        )
        for one in lines
    )


def plain(lines: Lines) -> str:
    """As a file."""
    return "\n".join(" ".join(token.written for token in one) for one in lines) + "\n"


def sheet(random: Random, count: int) -> Lines:
    """Rows of cells under their heads; each cell is one token or some ordinary words."""
    kinds = random.sample(KINDS, 4)
    rows = [[Token(LABELS[kind]) for kind in kinds]]
    return rows + [[planted(random, kind) for kind in kinds] for _ in range(count)]


def csv(rows: Lines) -> str:
    """The rows of :func:`sheet`, as text for a spreadsheet that leaves them as they are."""
    return "".join(",".join(f'"{cell.written}"' for cell in row) + "\n" for row in rows)


def _settings(random: Random) -> list[Token]:
    kind = random.choice(("key", "password", "mail", "phone"))
    name = {"key": "API_KEY=", "password": "DB_PASSWORD=", "mail": "MAIL_TO=", "phone": "CALL="}[kind]
    one = planted(random, kind)
    quote = "'" if " " in one.text or kind == "password" else ""
    return [Token(one.text, kind, before=f"{name}{quote}", after=quote)]


def _log(random: Random) -> list[Token]:
    time = f"{random.randint(0, 23):02d}:{random.randint(0, 59):02d}:{random.randint(0, 59):02d}"
    kind = random.choice(("mail", "name", "card", "key", "account"))
    told = [Token(f"{LABELS[kind].lower().replace(' ', '_')}:"), planted(random, kind)] if random.random() < 0.4 else []
    return [Token(time), Token(random.choice(("INFO", "WARN", "ERROR"))), *words(random, 4), *told]


def _columns(random: Random) -> list[Token]:
    return [
        Token(str(random.randint(1, 900))),
        Token("|"),
        planted(random, "name"),
        Token("|"),
        planted(random, "mail"),
    ]


def _notes(random: Random) -> list[Token]:
    return line(random) if random.random() < 0.7 else labelled(random, random.choice(KINDS))
