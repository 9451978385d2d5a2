"""Writers of formulas as books write them, for a screen and for documents: ``HW(2CM + 9M²)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flopcalc.number import Number, Value
from flopcalc.render.cells import Writer
from flopcalc.render.formula import ASCII, BOOK, LATEX, Style, formula
from flopcalc.render.latex import LatexWriter
from flopcalc.render.markdown import MarkdownWriter
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["Book", "BookLatex", "BookMarkdown", "BookWriter", "TypesetMarkdown"]


class Book(Writer):
    """What the writers have in common: formulas are put together anew as a textbook has them."""

    def formula(self, value: Value) -> str:
        """Write a formula in a textbook's form."""
        if isinstance(value, (bool, str, tuple, dict)):
            return super().formula(value)
        return self.exactly(textbook(value))

    def exactly(self, value: Number) -> str:
        """Write a formula in the form that it has, as a square."""
        return self.math(self.text(value))

    def text(self, value: Number) -> str:
        """Return a formula's text in the form that it has, as it stands within a larger formula."""
        return formula(value, self.style, self.order)


class BookWriter(Book):
    """Writes for a screen, with the characters that it has, or as plain text.

    Parameters
    ----------
    order : sequence of str
    screen : Screen, optional
    human : bool
        As :class:`~flopcalc.render.cells.Writer` has them.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> BookWriter().formula(analyze("resnet_bottleneck").totals.params)
    '2CM + 9M²'
    """

    style: Style = BOOK

    def __init__(self, order: Sequence[str] = (), screen: Screen | None = None, *, human: bool = False) -> None:
        super().__init__(order, human=human)
        self.screen = screen
        if screen is not None and not screen.unicode:
            self.style = ASCII

    def words(self, text: str) -> str:
        return text if self.screen is None else self.screen.written(text)

    def hint(self, text: str) -> str:
        return self.words(text)

    def math(self, text: str) -> str:
        return self.words(text)


class BookMarkdown(Book, MarkdownWriter):
    """Writes for Markdown."""

    style = BOOK


class TypesetMarkdown(Book, MarkdownWriter):
    """Writes for Markdown, with formulas in LaTeX between dollars."""

    style = LATEX

    def math(self, text: str) -> str:
        return f"${text}$"


class BookLatex(Book, LatexWriter):
    """Writes for LaTeX."""
