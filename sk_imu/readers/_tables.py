"""Tables of text cells, and the numbers in them; errors name the place of a fault."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Table", "decode", "header_of", "parse_table", "sniff_header"]

Floats = NDArray[np.float64]

_AGAIN = "If a spreadsheet has saved the file, export the recording again."
#: Cells that stand for a missing value, in lower case.
_NAN = {"", "nan", "null", "none", "na", "n/a"}


@dataclass(frozen=True)
class Table:
    """Cells as text, column by column, and the place of each row in its file."""

    place: str
    header: list[str]
    columns: list[Sequence[str]]
    rows: Sequence[int]
    row_word: str = "line"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def has(self, *names: str) -> bool:
        """Return whether each of these columns is there exactly once."""
        return all(self.header.count(name) == 1 for name in names)

    def require(self, names: Sequence[str]) -> None:
        """Raise a ValueError unless each of these columns is there exactly once."""
        wrong = [name for name in names if self.header.count(name) != 1]
        if wrong:
            raise ValueError(
                f"{self.place}: needs each of the columns {list(names)} once, but {wrong} "
                f"is missing or given twice. Its columns are {self.header}. Export the "
                "recording again, or give the columns to read_table."
            )

    def cells(self, name: str) -> Sequence[str]:
        """Return a column as text."""
        self.require([name])
        return self.columns[self.header.index(name)]

    def numbers(self, names: Sequence[str]) -> Floats:
        """Return columns as numbers, shape (n_rows, n_names); empty cells are NaN.

        A comma is a decimal comma if no cell of these columns holds a point.
        """
        self.require(names)
        texts = [self.cells(name) for name in names]
        comma = [any("," in cell for cell in cells) for cells in texts]
        if any(comma):
            self._check_decimal_commas(names)
        values = np.empty((len(self), len(names)))
        for column, (name, cells) in enumerate(zip(names, texts, strict=True)):
            values[:, column] = self._column(name, cells, comma[column])
        return values

    def times(self, name: str) -> Floats:
        """Return a column as numbers, none of which may be missing."""
        times = self.numbers([name])[:, 0]
        if np.isnan(times).any():
            raise self.fault(int(np.argmax(np.isnan(times))), name, "is not a time")
        return times

    def whole_numbers(self, name: str) -> NDArray[np.int64] | None:
        """Return a column as whole numbers, or None if a cell holds anything else."""
        cells = [cell.strip() for cell in self.cells(name)]
        if not all(cell.isascii() and cell.isdigit() for cell in cells):
            return None
        # Up to 18 digits always fit; only longer cells are worth converting twice.
        if max(map(len, cells), default=0) > 18 and max(map(int, cells)) >= 2**63:
            return None
        return np.array([int(cell) for cell in cells], dtype=np.int64)

    def where(self, row: int) -> str:
        """Return the place of a row, for messages."""
        return f"{self.place}, {self.row_word} {self.rows[row]}"

    def fault(self, row: int, name: str, what: str, cure: str = _AGAIN) -> ValueError:
        """Return the error for a faulty cell, with its place and a remedy."""
        cell = self.cells(name)[row]
        return ValueError(f"{self.where(row)}, column {name!r}: {cell!r} {what}. {cure}")

    def take(self, rows: Sequence[int]) -> "Table":
        """Return the table with only these rows."""
        columns: list[Sequence[str]] = [[cells[i] for i in rows] for cells in self.columns]
        places = [self.rows[i] for i in rows]
        return Table(self.place, self.header, columns, places, self.row_word)

    def _column(self, name: str, cells: Sequence[str], comma: bool) -> Floats:
        # The fast way first: most columns are plain numbers without missing ones.
        try:
            if "_" not in "".join(cells):  # Python reads 1_000 as a number
                values = np.array([float(cell) for cell in cells])
                if not np.isinf(values).any():
                    return values
        except ValueError:
            pass
        return np.array(
            [self._number(row, name, cell, comma) for row, cell in enumerate(cells)]
        )

    def _number(self, row: int, name: str, cell: str, comma: bool) -> float:
        # Spreadsheets may write the typographic minus sign.
        text = cell.strip().replace("−", "-")
        text = text.replace(",", ".") if comma else text
        if text.lower() in _NAN:
            return float("nan")
        # Stricter than float, which also reads 1_000 and infinity.
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
            raise self.fault(row, name, "is not a number")
        value = float(text)
        if not np.isfinite(value):
            raise self.fault(row, name, "is not a finite number")
        return value

    def _check_decimal_commas(self, names: Sequence[str]) -> None:
        """Refuse decimal points beside decimal commas; the rarer sign is the fault."""
        places = {
            sign: [
                (row, name)
                for name in names
                for row, cell in enumerate(self.cells(name))
                if sign in cell
            ]
            for sign in ".,"
        }
        if places["."]:
            row, name = min(places.values(), key=len)[0]
            raise self.fault(
                row, name, "is ambiguous in a table with decimal points and commas"
            )


def decode(content: bytes, place: str) -> str:
    """Return a file's text.

    Raises
    ------
    ValueError
        If it is not text in UTF-8.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{place}: is not text in UTF-8: {error}. Export the recording again, or save "
            "the file as UTF-8."
        ) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise ValueError(
            f"{place}, line {line}: holds null characters, so the file is damaged. Copy "
            "or export it again."
        )
    return text


def sniff_header(text: str) -> tuple[str, list[str]]:
    """Return the delimiter and the cells of the first line that is not blank."""
    line = next((line for line in text.splitlines() if _is_content(line)), "")
    delimiter = max(",;\t", key=line.count)
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        cells = [line]
    return delimiter, [cell.strip() for cell in cells]


def header_of(content: bytes) -> list[str]:
    """Return the cells of a file's first line that is not blank, whatever the file is."""
    # Enough for any header, and quick for files that are not tables at all.
    return sniff_header(content[:4096].decode("utf-8-sig", "replace"))[1]


def parse_table(content: bytes, place: str) -> Table | None:
    """Return the table in a CSV file, or None if the file is empty.

    The header decides whether comma, semicolon or tabulator separates the cells.

    Raises
    ------
    ValueError
        If it is not text, or a row and the header differ in their number of cells.
    """
    text = decode(content, place)
    delimiter, header = sniff_header(text)
    if not header:
        return None
    cells: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begun, line = False, 0
    try:
        for row in reader:
            first, line = line + 1, reader.line_num
            if not row or not _is_content(delimiter.join(row)):
                continue
            if not begun:
                begun = True
                continue
            if len(row) != len(header):
                raise ValueError(
                    f"{place}, line {first}: has {len(row)} cells for {len(header)} "
                    "columns. The file is cut short or damaged: export the recording "
                    "again."
                )
            cells.append(row)
            lines.append(first)
    except csv.Error as error:
        raise ValueError(
            f"{place}, line {line + 1}: is not a row of a table: {error}. Export the "
            "recording again."
        ) from error
    columns: list[Sequence[str]] = list(zip(*cells, strict=True)) or [()] * len(header)
    return Table(place, header, columns, lines)


def _is_content(line: str) -> bool:
    # A first line such as sep=; names the delimiter to spreadsheets and holds no data.
    return bool(line.strip(" ,;\t\r\n")) and not re.fullmatch(r"\s*sep=.\s*", line)
