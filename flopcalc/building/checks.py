"""What the numbers of a network must be: whole, not negative, and not beyond all measure."""

from __future__ import annotations

from fractions import Fraction

from flopcalc.errors import ParameterError, Place, Problem, shorten
from flopcalc.layers import Shape
from flopcalc.number import Number, Value, as_text, is_symbolic, plain_sign

__all__ = ["LARGEST_SIDE", "Checks", "oversized"]

LARGEST_SIDE = 10**50
"""How large a side of a tensor and an attribute of a layer may be."""


def oversized(number: Value) -> bool:
    """Tell whether a number is larger than any side or attribute may be."""
    return type(number) is int and number > LARGEST_SIDE


class Checks:
    """How numbers that a spec computes are held to what they must be.

    Numbers that know how they came about are held to it otherwise, without writing messages of them: a subclass says
    how, and :func:`flopcalc.building.build` is given one.
    """

    def whole(self, value: Value, what: str, place: Place | None, least: int) -> Number:
        """Return a value that is whole and at least `least`, or a formula that may be.

        Raises
        ------
        ParameterError
            Where it is neither; `what` names it.

        Examples
        --------
        >>> Checks().whole(3, "the input's height", None, 1)
        3
        """
        if isinstance(value, (bool, str, tuple, dict)):
            raise ParameterError(Problem(f"{what} is {shorten(as_text(value))}", place, "a whole number"))
        if type(value) is Fraction:
            shown = f"{what} is {shorten(str(value))}, which is not whole"
            raise ParameterError(Problem(shown, place, "a whole number", "round(…) in the spec"))
        if type(value) is int and value < least:
            raise ParameterError(Problem(f"{what} is {shorten(str(value))}", place, f"at least {least}"))
        if oversized(value):
            raise ParameterError(Problem(f"{what} is {shorten(str(value))}", place, "at most 10**50"))
        if is_symbolic(value):
            if not value.free_symbols:
                shown = f"{what} is {shorten(str(value))}, which is not whole"
                raise ParameterError(Problem(shown, place, "a whole number"))
            if plain_sign(value) <= 0 and (value.is_negative or (least and value.is_nonpositive)):
                shown = f"{what} is {shorten(str(value))}, which is negative"
                raise ParameterError(Problem(shown, place, f"at least {least}"))
        return value

    def turns(self, value: Value, place: Place | None) -> Number:
        """Return how often a repeat takes place.

        Raises
        ------
        ParameterError
            Where that is no number of times.
        """
        return self.whole(value, "repeat", place, 0)

    def shrunk(self, shape: Shape) -> bool:
        """Tell whether an output has a side below 1, where its layer cannot tell."""
        return False
