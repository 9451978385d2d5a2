"""Results that show themselves, and know nothing of what writes them.

A result says by one word what it is. The package tells who writes results, by :func:`show_with`, so that no result
imports what stands above it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol

__all__ = ["Shown", "Writers", "show_with"]


class Writers(Protocol):
    """What writes results, of every kind."""

    def text(self, result: Any) -> str:
        """Return what the command prints."""

    def brief(self, result: Any) -> str:
        """Return what it is in a few words."""

    def data(self, result: Any) -> dict[str, Any]:
        """Return JSON's types."""

    def json(self, result: Any, indent: int | None) -> str:
        """Return JSON's types as text, indented by so many spaces, or on one line."""

    def html(self, result: Any) -> str:
        """Return a fragment of HTML, for notebooks."""

    def latex(self, result: Any) -> str | None:
        """Return the formula that it is, for notebooks; None where it is more."""

    def frame(self, result: Any) -> Any:
        """Return the rows that CSV has as a data frame of pandas."""

    def save(self, result: Any, path: object, *, caption: str | None, label: str | None, standalone: bool) -> None:
        """Write a file in the format that its extension means."""


class Shown:
    """A result that shows itself.

    Attributes
    ----------
    shown_as : str
        The word by which it is known to what writes it.
    """

    __slots__ = ()

    shown_as: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON's types: integers for numbers, strings for formulas."""
        return _writers().data(self)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the result as JSON text, in the layout that ``--format json`` prints."""
        return _writers().json(self, indent)

    def to_frame(self) -> Any:
        """Return the rows that ``--format csv`` prints as a data frame of pandas, formulas as text.

        Raises
        ------
        FlopcalcError
            Where pandas is not installed.
        """
        return _writers().frame(self)

    def save(
        self, path: str | Path, *, caption: str | None = None, label: str | None = None, standalone: bool = False
    ) -> None:
        """Write the result to a file, whole or not at all, in the format that its extension means.

        Parameters
        ----------
        path : str or Path
        caption, label : str, optional
            Those of its table in a paper, for LaTeX alone.
        standalone : bool
            Whether LaTeX is a whole document.

        Raises
        ------
        FlopcalcError
            For an extension that no format has, a caption that it has no use for, or a file that cannot be written.
        """
        _writers().save(self, path, caption=caption, label=label, standalone=standalone)

    def __str__(self) -> str:
        return _writers().text(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {_writers().brief(self)}>"

    def _repr_html_(self) -> str:
        return _writers().html(self)

    def _repr_latex_(self) -> str | None:
        return _writers().latex(self)


def _nobody() -> Writers:
    raise LookupError("nobody writes results")


_writers: Callable[[], Writers] = _nobody


def show_with(find: Callable[[], Writers]) -> None:
    """Let results be written by what `find` returns.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> report = analyze("pointwise_conv", C=2, O=3, H=4, W=4)
    >>> report
    <Report pointwise_conv: 6 params, 96 FLOPs, 86 MAC>
    >>> report.to_dict()["totals"]["params"]
    6
    """
    global _writers
    _writers = find
