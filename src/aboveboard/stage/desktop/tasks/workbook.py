"""A workbook of one sheet, as gnumeric's own files say it: what is in each cell, and which are bold.

Its format is XML, packed with gzip when gnumeric wrote it.
"""

import zlib
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

LIMIT_BYTES = 4 * 1024 * 1024
_SPACE = "{http://www.gnumeric.org/v10.dtd}"
_NUMBER, _TEXT = 40, 60

Cells = Mapping[tuple[int, int], str]
"""What is written in cell (row, column), both from 0: a text, a number as digits, a formula in capitals with "="."""


def write(path: Path, cells: Cells) -> None:
    """Write a workbook with ``cells``."""
    made = ""
    for (row, column), text in cells.items():
        kind = _NUMBER if text.isdigit() else _TEXT
        made += f'<gnm:Cell Row="{row}" Col="{column}" ValueType="{kind}">{escape(text)}</gnm:Cell>'
    sheets = (
        '<gnm:SheetNameIndex><gnm:SheetName gnm:Cols="256" gnm:Rows="65536">Sheet1</gnm:SheetName></gnm:SheetNameIndex>'
    )
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd">'
        f"{sheets}<gnm:Sheets><gnm:Sheet><gnm:Name>Sheet1</gnm:Name><gnm:Cells>{made}</gnm:Cells></gnm:Sheet>"
        "</gnm:Sheets></gnm:Workbook>",
        encoding="utf-8",
    )


def read(path: Path) -> tuple[dict[tuple[int, int], str], set[tuple[int, int]]] | None:
    """What is in the cells of the first sheet and which of these are bold; ``None`` for a file that is no whole one.

    Every cell that holds something is told as bold or not, and the first of each bold region, which may be empty.
    """
    try:
        sheet = ElementTree.fromstring(_unpacked(path)).find(f"{_SPACE}Sheets/{_SPACE}Sheet")  # noqa: S314
        if sheet is None:
            return None
        texts = {(_at(one, "Row"), _at(one, "Col")): one.text or "" for one in sheet.iter(f"{_SPACE}Cell")}
        cells = {at: text.upper() if text.startswith("=") else text for at, text in texts.items()}
        bold: set[tuple[int, int]] = set()
        for region in sheet.iter(f"{_SPACE}StyleRegion"):
            font = region.find(f"{_SPACE}Style/{_SPACE}Font")
            if font is not None and font.get("Bold") == "1":
                top, left = _at(region, "startRow"), _at(region, "startCol")
                bottom, right = _at(region, "endRow"), _at(region, "endCol")
                bold |= {at for at in (*cells, (top, left)) if top <= at[0] <= bottom and left <= at[1] <= right}
    except (OSError, ValueError, LookupError, zlib.error, ElementTree.ParseError):
        return None
    return cells, bold


def name_of(row: int, column: int) -> str:
    """The name of a cell: (6, 1) is "B7"."""
    return f"{chr(ord('A') + column)}{row + 1}"


def _unpacked(path: Path) -> bytes:
    """The XML; raises :class:`ValueError` for more than ``LIMIT_BYTES`` of it and for half a file."""
    if path.stat().st_size > LIMIT_BYTES:
        raise ValueError("too large")
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        unpacking = zlib.decompressobj(wbits=31)
        data = unpacking.decompress(data, LIMIT_BYTES)
        if not unpacking.eof:
            raise ValueError("not whole, or too large")
    return data


def _at(one: ElementTree.Element, name: str) -> int:
    return int(one.get(name, ""))
