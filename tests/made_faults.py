"""Faults of generated exports: each changes the rows of one sensor's table."""

HOUR_NS = 3_600_000_000_000


# Each takes the rows of one sensor (lists of cells) and returns which of the original
# rows are to be read, or the number of the data row that an error must name.


def leading_zeros(rows, header, rng):
    for cell in range(2, len(header)):
        rows[0][cell] = "0"
    return list(range(1, len(rows)))


def stray_row(rows, header, rng):
    at = int(rng.integers(len(rows)))
    rows[at][0] = str(int(rows[at][0]) - 45 * HOUR_NS)
    return [i for i in range(len(rows)) if i != at]


def repeated_row(rows, header, rng):
    at = int(rng.integers(1, len(rows)))
    rows.insert(at, list(rows[at - 1]))
    return list(range(len(rows) - 1))


def late_row(rows, header, rng):
    at = int(rng.integers(1, len(rows) - 1))
    rows[at], rows[at + 1] = rows[at + 1], rows[at]
    order = list(range(len(rows)))
    order[at], order[at + 1] = order[at + 1], order[at]
    return order


def same_stamp(rows, header, rng):
    at = int(rng.integers(1, len(rows)))
    rows[at][:2] = rows[at - 1][:2]
    return list(range(len(rows)))


def empty_cell(rows, header, rng):
    rows[int(rng.integers(len(rows)))][-1] = ""
    return list(range(len(rows)))


def rounded_times(rows, header, rng):
    for row in rows:
        row[0] = f"{float(row[0]):.14E}".replace("E+18", "E+018")
    return list(range(len(rows)))


def rounded_badly(rows, header, rng):
    for row in rows:
        row[0] = f"{float(row[0]):.5E}"
    return 0


def text_in_number(rows, header, rng):
    at = int(rng.integers(len(rows)))
    rows[at][int(rng.integers(2, len(header)))] = str(
        rng.choice(
            ["1,5.2", "n.a.", "9.8.1", "980.805.015.563.964", "1_000", "inf", "0x1F", "--"]
        )
    )
    return at


def text_in_time(rows, header, rng):
    at = int(rng.integers(len(rows)))
    rows[at][0] = str(rng.choice(["", "yesterday", "1701362862.7", "-5", "1_7", "NaN"]))
    return at


def absurd_value(rows, header, rng):
    at = int(rng.integers(len(rows)))
    rows[at][2] = "1e9"
    return at


def clock_in_milliseconds(rows, header, rng):
    for row in rows:
        row[0] = row[0][:-6]
    return "first"


def clock_set_back(rows, header, rng):
    for row in rows[len(rows) // 2 :]:
        row[0] = str(int(row[0]) - 30_000_000_000)
    return len(rows) // 2


def column_missing(rows, header, rng):
    at = int(rng.choice([0, *range(2, len(header))]))
    header.pop(at)
    for row in rows:
        row.pop(at)
    return


def column_twice(rows, header, rng):
    header.append(header[-1])
    for row in rows:
        row.append(row[-1])
    return


def row_cut_short(rows, header, rng):
    del rows[-1][-1]
    return len(rows) - 1


def digits_run_together(rows, header, rng):
    at = int(rng.integers(len(rows)))
    rows[at][0] = rows[at][0] + rows[at][0]
    return at


def open_quotation(rows, header, rng):
    at = int(rng.integers(len(rows)))
    rows[at][-1] = '"' + rows[at][-1]
    return at


def another_day(rows, header, rng):
    for row in rows:
        row[0] = str(int(row[0]) + 26 * HOUR_NS)
    return "mixed"


HARMLESS = [
    leading_zeros, stray_row, repeated_row, late_row, same_stamp, empty_cell, rounded_times,
]  # fmt: skip
ROW_FAULTS = [
    rounded_badly,
    text_in_number,
    text_in_time,
    absurd_value,
    clock_set_back,
    digits_run_together,
]
FAULTS = [
    *HARMLESS, *ROW_FAULTS, clock_in_milliseconds, column_missing, column_twice,
    row_cut_short, another_day, open_quotation,
]  # fmt: skip
CSV_ONLY = {column_twice, row_cut_short, open_quotation}
