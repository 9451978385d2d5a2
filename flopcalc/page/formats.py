"""The formats that pages are written in: one row each, with what writes it and the file names that mean it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, Problem, shorten
from flopcalc.page.model import Page

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["FORMATS", "Format", "Layout", "check_paper", "format_of"]


@dataclass(frozen=True, slots=True)
class Layout:
    """What people see a page on, how its tables show numbers, and what its table is called in a paper.

    Attributes
    ----------
    screen : Screen, optional
    units : str
        ``auto``, ``human`` or ``exact``.
    caption, label : str
        A text, and the key by which the paper refers to the table; for formats that papers are written in.
    standalone : bool
        Whether it is a whole document; for those alone, too.
    """

    screen: Screen | None = None
    units: str = "auto"
    caption: str = ""
    label: str = ""
    standalone: bool = False

    @property
    def human(self) -> bool:
        """Whether numbers have units and few digits."""
        return self.units == "human"


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes
    ----------
    name : str
        What ``--format`` calls it.
    write : callable
        Takes a page and a layout, and returns the text.
    extensions : tuple of str
        Of the files that mean it.
    exact : bool
        Whether it has every digit, and so no use for ``--units human``.
    ascii : bool
        Whether every character has an escape, so that a narrow locale needs no other signs.
    papers : bool
        Whether papers are written in it, where tables have captions and labels.
    """

    name: str
    write: Callable[[Page, Layout], str]
    extensions: tuple[str, ...]
    exact: bool = False
    ascii: bool = False
    papers: bool = False


def _table(page: Page, layout: Layout) -> str:
    from flopcalc.page.terminal import page_as_text

    return page_as_text(page, layout.screen, layout.units)


def _json(page: Page, layout: Layout) -> str:
    from flopcalc.render.json import dump

    return dump(page.data()) + "\n"


def _csv(page: Page, layout: Layout) -> str:
    from flopcalc.render.csv import rows_as_csv

    return rows_as_csv(page.records())


def _tsv(page: Page, layout: Layout) -> str:
    from flopcalc.render.csv import rows_as_tsv

    return rows_as_tsv(page.records())


def _markdown(page: Page, layout: Layout) -> str:
    from flopcalc.page.markdown import page_as_markdown

    return page_as_markdown(page, human=layout.human)


def _latex(page: Page, layout: Layout) -> str:
    from flopcalc.page.latex import page_as_latex

    return page_as_latex(
        page, units=layout.units, caption=layout.caption, label=layout.label, standalone=layout.standalone
    )


def _html(page: Page, layout: Layout) -> str:
    from flopcalc.page.html import page_as_html

    return page_as_html(page, human=layout.human)


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("table", _table, (".txt",)),
        Format("json", _json, (".json",), exact=True, ascii=True),
        Format("csv", _csv, (".csv",), exact=True),
        Format("tsv", _tsv, (".tsv", ".tab"), exact=True),
        Format("markdown", _markdown, (".md", ".markdown")),
        Format("latex", _latex, (".tex",), papers=True),
        Format("html", _html, (".html", ".htm")),
    )
}
"""By the names that ``--format`` takes."""


def check_paper(one: Format, given: Mapping[str, str | bool | None]) -> None:
    """Refuse a caption, a label or a whole document in a format that papers are not written in.

    Parameters
    ----------
    one : Format
    given : mapping of str to str or bool
        What is asked for, by what it is called; None and False are nothing.

    Raises
    ------
    FlopcalcError
        Also for a text without a word.
    """
    for name, value in given.items():
        if value is None or value is False:
            continue
        if not one.papers:
            having = " or ".join(other.name for other in FORMATS.values() if other.papers)
            what = f"{name} does not go with the format {one.name}"
            raise FlopcalcError(Problem(what, None, f"the format {having}", "--format latex"))
        if isinstance(value, str) and not value.strip():
            raise FlopcalcError(Problem(f"{name} is empty", None, "a text"))


def format_of(path: str, beside: Collection[str] = ()) -> Format:
    """Return the format that a file's extension means; a table for a name without one.

    Where there is none, the error names what else could stand `beside` those that pages have.

    Raises
    ------
    FlopcalcError
        For an extension that no format has.

    Examples
    --------
    >>> format_of("bounds.tsv").name, format_of("/dev/stdout").name
    ('tsv', 'table')
    """
    extension = PurePath(path).suffix.lower()
    if not extension:
        return FORMATS["table"]
    for one in FORMATS.values():
        if extension in one.extensions:
            return one
    known = ", ".join([*(extension for one in FORMATS.values() for extension in one.extensions), *beside])
    raise FlopcalcError(
        Problem(f"no format has files that end in `{shorten(extension)}`", None, f"one of {known}", "--format NAME")
    )
