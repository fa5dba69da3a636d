"""A spreadsheet (gnumeric): cells by name, a formula, bold, rows. The check reads the cells that were saved."""

from collections.abc import Sequence
from random import Random

from aboveboard.stage.desktop.applications import SPREADSHEET
from aboveboard.stage.desktop.moves import Move, key, menu, type_into
from aboveboard.stage.desktop.task import DesktopTask, Place, Words, files
from aboveboard.stage.desktop.tasks import workbook
from aboveboard.stage.desktop.tasks.drawn import nouns

SAVE = key("Control+s")
FILE = "stock.gnumeric"
ROWS = 6
CELL_NAME, CELL_CONTENT = 0, 1
"""Of the two fields above the sheet, the first says which cell it is, the second what is in it."""


def go_to(cell: str) -> list[Move]:
    """Go to a cell by its name."""
    return [type_into("", cell, nth=CELL_NAME), key("Return")]


def write_here(content: str) -> list[Move]:
    """Write into the cell that one is at."""
    return [type_into("", content, nth=CELL_CONTENT), key("Return")]


class SheetTask(DesktopTask):
    """Six rows of a name and a number. ``wanted`` changes them to what must be saved, in ``FILE`` and nowhere else."""

    application = SPREADSHEET

    def draw(self, random: Random) -> Words:
        rows = {f"name{row}": noun for row, noun in enumerate(nouns(random, ROWS))}
        numbers = {f"number{row}": str(random.randint(2, 99)) for row in range(ROWS)}
        return {**rows, **numbers, **self.more(random)}

    def more(self, random: Random) -> Words:
        """What else is drawn."""
        return {}

    def start(self, place: Place, words: Words) -> Sequence[str]:
        workbook.write(place.work / FILE, self._before(words))
        return [str(place.work / FILE)]

    def _before(self, words: Words) -> dict[tuple[int, int], str]:
        return {(row, column): words[f"{('name', 'number')[column]}{row}"] for row in range(ROWS) for column in (0, 1)}

    def wanted(self, cells: dict[tuple[int, int], str], words: Words) -> None:
        """Change ``cells`` to what they are when it is done."""

    def bold(self, words: Words) -> set[tuple[int, int]]:
        """Which cells are bold when it is done."""
        return set()

    def check(self, place: Place, words: Words) -> bool:
        cells = self._before(words)
        self.wanted(cells, words)
        return list(files(place.work)) == [FILE] and workbook.read(place.work / FILE) == (cells, self.bold(words))


class WriteCell(SheetTask):
    """A text into an empty cell."""

    name = "sheet-write-cell"
    instruction = 'Write "{text}" into the cell "{cell}" and save the sheet.'

    def more(self, random: Random) -> Words:
        row, column = random.randint(ROWS, 15), random.randint(0, 5)
        return {"text": nouns(random, 1)[0], "cell": workbook.name_of(row, column), "at": f"{row} {column}"}

    def wanted(self, cells: dict[tuple[int, int], str], words: Words) -> None:
        row, column = words["at"].split()
        cells[int(row), int(column)] = words["text"]

    def solve(self, words: Words) -> Sequence[Move]:
        return [*go_to(words["cell"]), *write_here(words["text"]), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*go_to("A12" if words["cell"] != "A12" else "A13"), *write_here(words["text"]), SAVE]


class ChangeNumber(SheetTask):
    """Another number in a cell that has one."""

    name = "sheet-change-number"
    instruction = 'Change the number in the cell "{cell}" to "{to}" and save the sheet.'

    def more(self, random: Random) -> Words:
        row = random.randrange(ROWS)
        return {"cell": workbook.name_of(row, 1), "row": str(row), "to": str(random.randint(100, 999))}

    def wanted(self, cells: dict[tuple[int, int], str], words: Words) -> None:
        cells[int(words["row"]), 1] = words["to"]

    def solve(self, words: Words) -> Sequence[Move]:
        return [*go_to(words["cell"]), *write_here(words["to"]), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        # Written, and not saved.
        return [*go_to(words["cell"]), *write_here(words["to"])]


class Formula(SheetTask):
    """A formula, not the number that comes of it."""

    name = "sheet-formula"
    instruction = 'Put the formula "{formula}" into the cell "{cell}" and save the sheet.'

    def more(self, random: Random) -> Words:
        row = random.randint(ROWS, 12)
        function = random.choice(("SUM", "MAX", "MIN", "AVERAGE"))
        return {
            "formula": f"={function}(B{random.randint(1, 3)}:B{random.randint(4, ROWS)})",
            "cell": workbook.name_of(row, 1),
            "row": str(row),
        }

    def wanted(self, cells: dict[tuple[int, int], str], words: Words) -> None:
        cells[int(words["row"]), 1] = words["formula"]

    def solve(self, words: Words) -> Sequence[Move]:
        return [*go_to(words["cell"]), *write_here(words["formula"]), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*go_to(words["cell"]), *write_here(words["formula"].removeprefix("=")), SAVE]


class Bold(SheetTask):
    """A cell in bold, by a shortcut."""

    name = "sheet-bold"
    instruction = 'Make the cell "{cell}" bold and save the sheet.'

    def more(self, random: Random) -> Words:
        row, column = random.randrange(ROWS), random.randrange(2)
        return {"cell": workbook.name_of(row, column), "at": f"{row} {column}"}

    def bold(self, words: Words) -> set[tuple[int, int]]:
        row, column = words["at"].split()
        return {(int(row), int(column))}

    def solve(self, words: Words) -> Sequence[Move]:
        return [*go_to(words["cell"]), key("Control+b"), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        return [*go_to(words["cell"]), key("Control+i"), SAVE]


class DeleteRow(SheetTask):
    """A row away, by a menu within a menu; what was below moves up."""

    name = "sheet-delete-row"
    instruction = 'Delete the row of the cell "{cell}" and save the sheet.'

    def more(self, random: Random) -> Words:
        row = random.randint(1, ROWS - 1)
        return {"cell": workbook.name_of(row, 0), "row": str(row)}

    def wanted(self, cells: dict[tuple[int, int], str], words: Words) -> None:
        gone = int(words["row"])
        left = {(row - (row > gone), column): text for (row, column), text in cells.items() if row != gone}
        cells.clear()
        cells.update(left)

    def solve(self, words: Words) -> Sequence[Move]:
        return [*go_to(words["cell"]), *menu("Edit", "Delete", "Rows"), SAVE]

    def miss(self, words: Words) -> Sequence[Move]:
        # What is in the row is cleared, and the row stays.
        return [*go_to(words["cell"]), *menu("Edit", "Delete", "Columns"), SAVE]


TASKS = (WriteCell(), ChangeNumber(), Formula(), Bold(), DeleteRow())
