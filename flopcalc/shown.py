"""Results that show themselves, and know nothing of what writes them.

A result says by one word what it is; the writers of that word are asked for when it is first shown. The package tells
where they are, by :func:`show_with`, so that no result imports what stands above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = ["Shown", "Writers", "show_with"]


@dataclass(frozen=True, slots=True)
class Writers:
    """How results of one kind are written.

    Attributes
    ----------
    as_dict : callable
        As JSON's types.
    as_json : callable
        JSON's types as text, indented by so many spaces, or on one line.
    as_html : callable
        As a fragment of HTML, for notebooks.
    """

    as_dict: Callable[[Any], dict[str, Any]]
    as_json: Callable[[Any, int | None], str]
    as_html: Callable[[Any], str]


class Shown:
    """A result that shows itself.

    Attributes
    ----------
    shown_as : str
        The word by which its writers are found.
    """

    __slots__ = ()

    shown_as: ClassVar[str]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON's types: integers for numbers, strings for formulas."""
        return _writers(self.shown_as).as_dict(self)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Return the result as JSON text, in the layout that ``--format json`` prints."""
        return _writers(self.shown_as).as_json(self.to_dict(), indent)

    def _repr_html_(self) -> str:
        return _writers(self.shown_as).as_html(self)


def _nobody(word: str) -> Writers:
    raise LookupError(f"nobody writes a {word}")


_find: Callable[[str], Writers] = _nobody


def show_with(find: Callable[[str], Writers]) -> None:
    """Let results be written by what `find` returns for the word of each.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> analyze("pointwise_conv", C=2, O=3, H=4, W=4).to_dict()["totals"]["params"]
    6
    """
    global _find
    _find = find


def _writers(word: str) -> Writers:
    return _find(word)
