"""Tab- and comma-separated files whose values may be anything that a file name may be."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path


def format_table(columns: Sequence[str], rows: Iterable[Sequence[object]], delimiter: str) -> str:
    """Returns the text of a table.

    A value with a carriage return is quoted by hand, so to say: csv.writer leaves it bare, and csv.reader then takes it
    for the end of the row.
    """
    text = io.StringIO(newline="")
    plain = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    quoted = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    plain.writerow(columns)
    for row in rows:
        (quoted if any("\r" in str(value) for value in row) else plain).writerow(row)
    return text.getvalue()


def read_text(path: Path) -> str:
    """Returns the content of a file, with carriage returns as they are; bytes that are not UTF-8 become surrogates."""
    # Neither Path.read_text nor open without newline="": a carriage return in a name would become a line feed.
    return path.read_bytes().decode("utf-8", errors="surrogateescape")


def parse_table(text: str, delimiter: str) -> list[dict[str, str]]:
    """Returns the rows of a table by column.

    Raises:
      ValueError: a row has more or fewer values than there are columns, or the text is no table.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ValueError(f"row {number} has more or fewer values than there are columns")
    return rows
