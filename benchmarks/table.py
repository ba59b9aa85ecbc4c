"""Rows of figures as a table on the terminal, printed one by one as they are measured."""

import itertools
from collections.abc import Mapping
from typing import Any


class Table:
    """Columns of fixed width.

    Attributes:
      fields: of a row that are shown.
    """

    def __init__(self, columns: Mapping[str, tuple[str, str]]):
        """Takes, for each field of a row, its title and the format of its values, as in ">8.3f"."""
        self.fields = tuple(columns)
        self._columns = columns
        self._widths = {name: max(len(title), _width(spec)) + 2 for name, (title, spec) in columns.items()}

    def print_header(self) -> None:
        """Prints the titles."""
        print("".join(f"{title:>{self._widths[name]}}" for name, (title, _) in self._columns.items()), flush=True)

    def print_row(self, row: Mapping[str, Any]) -> None:
        """Prints one row; a dash stands for what was not measured."""
        cells = [(self._widths[name], _text(row[name], spec)) for name, (_, spec) in self._columns.items()]
        print("".join(f"{text:>{width}}" for width, text in cells), flush=True)


def _width(spec: str) -> int:
    return int("".join(itertools.takewhile(str.isdecimal, spec.strip("<>"))) or 0)


def _text(value: Any, spec: str) -> str:
    return "-" if value is None else f"{value:{spec}}".strip()
