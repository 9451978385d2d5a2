"""What a derivation shows: lines of formulas with signs between them, and how what they state was proved."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.number import Number

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["METHODS", "Derivative", "Difference", "Limit", "Line", "Part", "Proved", "Rounded"]


@dataclass(frozen=True, slots=True)
class Rounded:
    """A number as it is printed: ``93.4 %``; its value was proved to round to these digits."""

    value: int | Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Derivative:
    """The partial derivative of one thing with respect to a symbol."""

    what: Number
    symbol: Expr


@dataclass(frozen=True, slots=True)
class Limit:
    """What something comes to as a symbol grows without end."""

    what: Number
    symbol: Expr


@dataclass(frozen=True, slots=True)
class Difference:
    """The left side of a relation less the right one."""

    left: Number
    right: Number


Part: TypeAlias = "Number | Rounded | Derivative | Limit | Difference"
"""What stands between the signs of a line; quantities stand in it as symbols of their own names."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a derivation: parts with signs between them.

    Attributes
    ----------
    parts : tuple of Part
    signs : tuple of str
        ``=``, ``>=``, ``<=``, ``>``, ``<``, ``≈``, or ``<=>`` for "exactly where"; one fewer than `parts`.
    at : tuple of (symbol, Number)
        What symbols stand for in this line.
    holding : tuple of symbols
        What is held fast, of symbols and quantities.
    """

    parts: tuple[Part, ...]
    signs: tuple[str, ...]
    at: tuple[tuple[Expr, Number], ...] = ()
    holding: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proved step shows.

    Attributes
    ----------
    lines : tuple of Line
        What it states.
    evidence : tuple of Line
        What that rests on, where a line can say it.
    method : str
        How it was proved: one of the keys of :data:`METHODS`.
    """

    lines: tuple[Line, ...]
    evidence: tuple[Line, ...]
    method: str


METHODS: Mapping[str, str] = {
    "counted": "counted, layer by layer",
    "written out": "the formulas before it, put in",
    "identity": "the difference of both sides is 0 for all values",
    "sum of squares": "the difference is a square times positive factors",
    "signs": "no factor or term of the difference is negative",
    "equality": "the difference is zero there and nowhere else",
    "derivative": "the sign of the derivative, for all values",
    "turns beyond": "the derivative's sign at the end of the curve, which it keeps until there",
    "turns once": "the signs of the derivative's coefficients change once",
    "put in": "put back into what is held",
    "solved": "put back into the equation; its roots have opposite signs",
    "one root": "put back into the equation, which has no other root above 0",
    "evaluated": "evaluated exactly",
    "limit": "the terms that grow fastest",
    "least": "the least over all positive values",
}
"""The ways in which steps are proved, and what each of them says."""
