"""HTML tables: which hold data, and what their cells say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from articles.text import plain

from .elements import tag_of, words_of
from .page import Report

LONGEST_CELL = 300
MOST_JOINED = 50


def rows_of(table: Any) -> list[Any]:
    """The table's own rows, without those of tables inside it."""
    return [row for row in table.iter("tr") if next(row.iterancestors("table"), None) is table]


def holds_data(table: Any, rows: list[Any]) -> bool:
    """Old pages lay text out in tables. Data has header cells, or many short cells and no tables inside."""
    if not rows or table.find(".//table") is not None or table.find(".//h1") is not None:
        return False
    if table.find(".//th") is not None:
        return True
    if len(rows) < 2 or max(len(_cells(row)) for row in rows) < 2:
        return False
    return all(len(words_of(cell)) <= LONGEST_CELL for row in rows for cell in _cells(row))


def table_data(
    table: Any, rows: list[Any], read_cell: Callable[[Any], str], report: Report, line: int
) -> dict[str, Any]:
    """Caption, header and rows; every row as wide as the widest."""
    caption = table.find("caption")
    words = plain(read_cell(caption).replace("<br>", " ")) if caption is not None else ""
    grid = [_row(row, read_cell) for row in rows]
    width = max(len(row) for row in grid)
    grid = [row + [""] * (width - len(row)) for row in grid]
    has_header = any(tag_of(cell) == "th" for cell in _cells(rows[0]))
    header = grid.pop(0) if has_header else [""] * width
    if not has_header:
        report.add("uncertain", line, "A table has no header row.", words_of(table)[:200])
    if any(cell.get("colspan", "1") != "1" or cell.get("rowspan", "1") != "1" for cell in table.iter("td", "th")):
        report.add("uncertain", line, "Joined cells of a table were taken apart: check the table.", words)
    return {"caption": words, "header": header, "rows": [row for row in grid if any(row)]}


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if tag_of(cell) in ("td", "th")]


def _row(row: Any, read_cell: Callable[[Any], str]) -> list[str]:
    found = []
    for cell in _cells(row):
        span = cell.get("colspan", "1")
        found.append(read_cell(cell))
        found += [""] * (min(int(span), MOST_JOINED) - 1 if span.isdecimal() and len(span) < 5 else 0)
    return found
