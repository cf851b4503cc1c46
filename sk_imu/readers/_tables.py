"""Tables of text cells, and the numbers in them; errors name the place of a fault."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ._files import Budget

Floats = NDArray[np.float64]

_AGAIN = "If a spreadsheet has saved the file, export the recording again."
#: Cells that stand for a missing value, in lower case.
_NAN = {"", "nan", "null", "none", "na", "n/a"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: A number whose comma may be a thousands separator.
_THOUSANDS = re.compile(r"\s*[-+]?[1-9]\d{0,2}(,\d{3})+\s*")
#: A larger number is damage, and its square may be infinite.
_LARGEST = 1e100
#: Memory that a cell takes as text in a list, in bytes.
CELL_BYTES = 64
#: A header is looked for in no more lines than this.
_MOST_LINES_BEFORE = 200
#: Messages show no more columns than this.
_SHOWN_COLUMNS = 40


@dataclass(frozen=True)
class Table:
    """Cells as text, column by column, and the place of each row in its file.

    ``columns`` holds the columns that are read, which ``header`` names once each; the
    others would only take memory.
    """

    place: str
    header: list[str]
    columns: Mapping[str, Sequence[str]]
    rows: Sequence[int]
    row_word: str = "line"

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def has(self, *names: str) -> bool:
        """Return whether each of these columns is there exactly once."""
        return all(self._counts[name] == 1 for name in names)

    @cached_property
    def _counts(self) -> Counter[str]:
        # Counted once, or a header of many columns takes quadratic time.
        return Counter(self.header)

    @property
    def shown_header(self) -> str:
        """The names of the columns, for messages."""
        more = len(self.header) - _SHOWN_COLUMNS
        return f"{self.header[:_SHOWN_COLUMNS]}{f' and {more} more' if more > 0 else ''}"

    def not_read(self) -> list[str]:
        """Return the columns that are not read, as a note or none."""
        others = [name for name in self.header if name and name not in self.columns]
        if not others:
            return []
        more = f" and {len(others) - 12} more" if len(others) > 12 else ""
        return [f"{self.place}: columns not read: {', '.join(others[:12])}{more}."]

    def require(self, names: Sequence[str]) -> None:
        """Raise a ValueError unless each of these columns is there exactly once."""
        wrong = [name for name in names if self._counts[name] != 1]
        if wrong:
            raise ValueError(
                f"{self.place}: needs each of the columns {list(names)} once, but {wrong} "
                f"is missing or given twice. Its columns are {self.shown_header}. Export "
                "the recording again, or give the columns to read_table."
            )

    def cells(self, name: str) -> Sequence[str]:
        """Return a column as text."""
        self.require([name])
        return self.columns[name]

    def numbers(self, names: Sequence[str]) -> Floats:
        """Return columns as numbers, shape (n_rows, n_names); empty cells are NaN.

        A comma is a decimal comma if no cell of these columns holds a point.
        """
        self.require(names)
        texts = [self.cells(name) for name in names]
        comma = [any("," in cell for cell in cells) for cells in texts]
        if any(comma):
            self._check_commas(names)
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
        # Up to 18 digits always fit; two cells run into one have more.
        for row, cell in enumerate(cells):
            if len(cell) > 18 and (len(cell) > 19 or int(cell) >= 2**63):
                raise self.fault(row, name, f"has {len(cell)} digits, too many for a time")
        return np.array([int(cell) for cell in cells], dtype=np.int64)

    def where(self, row: int) -> str:
        """Return the place of a row, for messages."""
        return f"{self.place}, {self.row_word} {self.rows[row]}"

    def fault(self, row: int, name: str, what: str, cure: str = _AGAIN) -> ValueError:
        """Return the error for a faulty cell, with its place and a remedy."""
        cell = self.cells(name)[row]
        cell = cell if len(cell) < 80 else f"{cell[:60]}..."
        return ValueError(f"{self.where(row)}, column {name!r}: {cell!r} {what}. {cure}")

    def take(self, rows: Sequence[int]) -> "Table":
        """Return the table with only these rows."""
        columns = {name: [cells[i] for i in rows] for name, cells in self.columns.items()}
        places = [self.rows[i] for i in rows]
        return Table(self.place, self.header, columns, places, self.row_word)

    def _column(self, name: str, cells: Sequence[str], comma: bool) -> Floats:
        # The fast way first: most columns are plain numbers without missing ones.
        try:
            if "_" not in "".join(cells):  # Python reads 1_000 as a number
                values = np.array([float(cell) for cell in cells])
                if not (np.abs(values) > _LARGEST).any():
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
        if not _NUMBER.fullmatch(text):
            raise self.fault(row, name, "is not a number")
        value = float(text)
        if not abs(value) <= _LARGEST:
            raise self.fault(row, name, "is too large for a measured number")
        return value

    def _check_commas(self, names: Sequence[str]) -> None:
        """Refuse commas that may not be decimal commas."""
        places = {
            sign: [
                (row, name)
                for name in names
                for row, cell in enumerate(self.cells(name))
                if sign in cell
            ]
            for sign in ".,"
        }
        if places["."]:  # the rarer sign is the fault
            row, name = min(places.values(), key=len)[0]
            raise self.fault(
                row, name, "is ambiguous in a table with decimal points and commas"
            )
        for name in names:
            cells = self.cells(name)
            commas = [row for row, cell in enumerate(cells) if "," in cell]
            # 990 and then 1,000: only numbers beyond 999 have the comma.
            plain = [cell for cell in cells if re.fullmatch(r"\s*[-+]?\d{3}\s*", cell)]
            if plain and commas and all(_THOUSANDS.fullmatch(cells[row]) for row in commas):
                raise self.fault(
                    commas[0],
                    name,
                    f"beside {plain[0].strip()!r} is ambiguous: its comma may be a "
                    "thousands separator",
                    "Save the table without thousands separators.",
                )


def decode(content: bytes, place: str) -> str:
    """Return a file's text; raise a ValueError if it is not UTF-8."""
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


def parse_table(
    content: bytes,
    place: str,
    *,
    keep: Callable[[str], bool] | None = None,
    budget: Budget | None = None,
    skip: int = 0,
    names: Sequence[str] | None = None,
) -> Table | None:
    """Return the table in a CSV file, or None if the file is empty.

    The header decides whether comma, semicolon or tab separates the cells. ``keep``
    says by its name whether a column is read, ``skip`` is the number of lines before the
    table, and ``names`` are those of the columns if it has no header. Raises a ValueError
    if a row and the header differ in their number of cells, a quotation mark is not closed,
    or the file is not text or larger than the budget.
    """
    if budget is not None:
        budget.spend(len(content), place)
    decode(content, place)  # for its errors; rows are decoded one by one
    line = next(filter(_is_content, islice(_lines(content), skip, None)), "")
    delimiter, header = sniff_header(line)
    if not header:
        return None
    header = header if names is None else list(names)
    columns: dict[str, list[str]] = {}
    kept: list[tuple[int, list[str]]] = []
    for i, name in enumerate(header):
        if (keep is None or keep(name)) and name not in columns:
            kept.append((i, columns.setdefault(name, [])))
    if budget is not None:
        n_lines = content.count(b"\n") + content.count(b"\r") + 1
        budget.spend(CELL_BYTES * n_lines * (len(kept) + 1), place)
    lines: list[int] = []
    for number, row in _rows(content, delimiter, place, skip, names is not None):
        if len(row) != len(header):
            raise ValueError(
                f"{place}, line {number}: has {len(row)} cells for {len(header)} columns. "
                "The file is cut short or damaged: export the recording again."
            )
        for i, column in kept:
            column.append(row[i])
        lines.append(number)
    return Table(place, header, columns, lines)


def find_header(content: bytes, wanted: Collection[str]) -> int:
    """Return how many lines precede the first with all wanted columns, 0 if none has."""
    for i, line in enumerate(islice(_lines(content), _MOST_LINES_BEFORE)):
        if set(wanted) <= set(sniff_header(line)[1]):
            return i
    return 0


def _lines(content: bytes) -> io.TextIOWrapper:
    # The text of a whole file as StringIO takes five times its size.  Bytes that are not
    # text are an error of decode, which knows the file.
    return io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", "replace", newline="")


def _rows(
    content: bytes, delimiter: str, place: str, skip: int, begun: bool
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header that are not blank, with their first line."""
    # Strict: a quotation mark inside a quoted cell is an error instead of a guess.
    lines = islice(_lines(content), skip, None)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line, first, n_cells = 0, 1, 0
    try:
        for row in reader:
            first, line = line + 1, reader.line_num
            # Most rows begin with a number, which is quick to see.
            if not row or not (row[0][:1].isdigit() or _is_content(delimiter.join(row))):
                continue
            if line > first and _swallows_rows(row, delimiter, n_cells):
                raise csv.Error(f"a quotation mark is open until line {line}")
            if begun:
                yield first + skip, row
            begun, n_cells = True, len(row)
    except csv.Error as error:
        raise ValueError(
            f"{place}, line {skip + (line + 1 if line < reader.line_num else first)}: is "
            f"not a row of a table: {error}. A quotation mark may be open: correct it, or "
            "export the recording again."
        ) from error


def _swallows_rows(row: list[str], delimiter: str, n_cells: int) -> bool:
    """Return whether a cell of several lines holds lines that are rows themselves."""
    lines = [line for cell in row for line in cell.splitlines()[1:]]
    return n_cells > 1 and any(
        line.count(delimiter) >= n_cells - 1
        and _NUMBER.fullmatch(line.partition(delimiter)[0].strip())
        for line in lines
    )


def _is_content(line: str) -> bool:
    # A first line such as sep=; names the delimiter to spreadsheets and holds no data.
    return bool(line.strip(" ,;\t\r\n")) and not re.fullmatch(r"\s*sep=.\s*", line)
