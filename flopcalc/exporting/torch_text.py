"""Pieces of source text whose numbers are known as such, so that classes that differ in numbers alone become one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from flopcalc.dataclass import dataclass

__all__ = ["Count", "Piece", "Pieces", "call", "count", "counts", "each", "text"]


@dataclass(frozen=True, slots=True)
class Count:
    """A number in source text.

    Attributes
    ----------
    value : int
    name : str
        What it is called where it becomes a parameter of a class.
    before : str
        The text before it, as ``, stride=``, which goes with it.
    default : int, optional
        The value with which neither stands there.
    """

    value: int
    name: str
    before: str = ""
    default: int | None = None


Piece: TypeAlias = "str | Count"
Pieces: TypeAlias = "tuple[Piece, ...]"


def text(*parts: Piece | Pieces | int) -> Pieces:
    """Put pieces together; a plain integer is a number that never becomes a parameter.

    Examples
    --------
    >>> text("x", ("[", Count(2, "start")), 1, "]")
    ('x', '[', Count(value=2, name='start', before='', default=None), '1', ']')
    """
    found: list[Piece] = []
    for part in parts:
        if isinstance(part, tuple):
            found += part
        else:
            found.append(str(part) if isinstance(part, int) else part)
    return tuple(found)


def count(value: int, name: str, before: str = "", default: int | None = None) -> Pieces:
    """Return a number."""
    return (Count(int(value), name, before, default),)


def each(values: Sequence[int], name: str, before: str = "", default: int | None = None) -> Pieces:
    """Return one number where all are the same, else a tuple of them.

    Examples
    --------
    >>> each((3, 3), "kernel")
    (Count(value=3, name='kernel', before='', default=None),)
    """
    if len({*values}) == 1:
        return count(values[0], name, before, default)
    return text(before, "(", counts(values, name), ")")


def counts(values: Iterable[int], name: str) -> Pieces:
    """Return numbers with commas between them."""
    found: list[Piece] = []
    for value in values:
        found += [", "] if found else []
        found += count(value, name)
    return tuple(found)


def call(function: str, *arguments: Piece | Pieces) -> Pieces:
    """Return a call; an argument that begins with a comma brings its own.

    Examples
    --------
    >>> call("f", "x", count(2, "stride", ", stride=", 1))
    ('f(', 'x', Count(value=2, name='stride', before=', stride=', default=1), ')')
    """
    found: list[Piece] = [f"{function}("]
    for number, argument in enumerate(arguments):
        pieces = argument if isinstance(argument, tuple) else (argument,)
        if not any(pieces):
            continue
        first = pieces[0]
        own = (first.before if isinstance(first, Count) else first).startswith(", ")
        if number and not own:
            found.append(", ")
        found += pieces
    return (*found, ")")
