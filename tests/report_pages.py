"""A report's page, as tests look at it in every format."""

from __future__ import annotations

from typing import Any

from flopcalc import Report
from flopcalc.page.html import page_as_html
from flopcalc.page.latex import page_as_latex
from flopcalc.page.markdown import page_as_markdown
from flopcalc.page.model import Line, Table
from flopcalc.page.terminal import page_as_text
from flopcalc.pages.report import report_page
from flopcalc.render.csv import rows_as_csv
from flopcalc.render.terminal import Screen


def text_of(report: Report, screen: Screen | None = None, *, units: str = "auto", **options: Any) -> str:
    return page_as_text(report_page(report, **options), screen, units)


def markdown_of(report: Report, *, human: bool = False, **options: Any) -> str:
    return page_as_markdown(report_page(report, **options), human=human)


def latex_of(report: Report, *, human: bool = False, **options: Any) -> str:
    return page_as_latex(report_page(report, **options), units="human" if human else "auto")


def html_of(report: Report, **options: Any) -> str:
    return page_as_html(report_page(report, **options))


def csv_of(report: Report, **options: Any) -> str:
    return rows_as_csv(report_page(report, **options).records())


def table_of(report: Report, *columns: str, **options: Any) -> Table:
    """Return the table with these columns, a name's column of the kind that these columns need."""
    table = report_page(report, columns=columns, **options).blocks[0]
    assert isinstance(table, Table)
    return table


def cells_of(line: Line) -> list[object]:
    """Return the cells of a line that hold one thing each."""
    return [phrase[0] if len(phrase) == 1 else "".join(map(str, phrase)) for phrase in line.cells]
