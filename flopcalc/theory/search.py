"""Budgets met as nearly as can be: the nearest value to a solution of those of which something can be built.

Not every whole number makes a network, whose groups must divide its channels; and where costs go in steps, because a
network rounds its widths, the step is searched for on the network itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from flopcalc.errors import Fault
from flopcalc.theory.balance import Root

__all__ = ["Nearest", "Step", "nearest_fraction", "nearest_whole", "step_of_reals", "step_of_wholes"]

MOST_TRIED = 1000
"""How many whole numbers are tried on either side of a root."""

LARGEST_DENOMINATOR = 64
"""Of the fractions that are tried where a multiplier must make whole widths."""

_HALVINGS = 32
"""How often a bracket of a real unknown is halved: to less than a billionth of its width."""

_ROUGHLY = 12
"""How often the ends of a step are."""

_DOUBLINGS = 40
"""How often the distance from the start is doubled in search of a bracket."""

_LONGEST_GAP = 300
"""How many whole numbers in a row may be impossible before a search takes it that no more come."""

Built = TypeVar("Built")
Point = TypeVar("Point", int, Fraction)


# -- whole numbers near a root ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nearest(Generic[Built]):
    """The whole number nearest to a root of those that can be built.

    Attributes
    ----------
    value : int
    built : Built
        What was built of it.
    refused : tuple of (int, str)
        The nearer ones, and why each cannot be.
    other : (int, Built), optional
        The nearest that can be built on the other side of the root; None where there is none, or none is wanted,
        the root being a whole number that can be.
    """

    value: int
    built: Built
    refused: tuple[tuple[int, str], ...] = ()
    other: tuple[int, Built] | None = None


def nearest_whole(root: Root, attempt: Callable[[int], Built | str]) -> Nearest[Built]:
    """Return the nearest whole number, at least 1, of which something can be built; of two as near, the lesser.

    Parameters
    ----------
    root : Root
    attempt : callable
        Builds, or returns why it cannot.

    Raises
    ------
    Fault
        Where none can be built within :data:`MOST_TRIED` of the root.

    Examples
    --------
    >>> root = Root((1, 0, -2 * 128**2), Fraction(181), Fraction(182))
    >>> nearest_whole(root, lambda n: n * n if n % 2 == 0 else "odd")
    Nearest(value=182, built=33124, refused=((181, 'odd'),), other=(180, 32400))
    """
    refused: dict[int, str] = {}

    def first(values: Iterable[int]) -> tuple[int, Built] | None:
        for value in values:
            built = attempt(value)
            if not isinstance(built, str):
                return value, built
            refused[value] = built
        return None

    floor = math.floor(root.within(Fraction(1, 4)).low)
    floor += root.compare(floor + 1) >= 0
    below = first(range(floor, max(floor - MOST_TRIED, 0), -1))
    if below is not None and root.compare(below[0]) == 0:
        return Nearest(*below)
    above = first(range(floor + 1, floor + 1 + MOST_TRIED))
    found = [item for item in (below, above) if item is not None]
    if not found:
        value = max(floor, 1)
        raise Fault(f"no whole number within {MOST_TRIED:,} of the solution can be; {value}: {refused[value]}")
    if len(found) == 2 and root.compare(Fraction(found[0][0] + found[1][0], 2)) > 0:
        found.reverse()
    (value, built), *others = found
    nearer = tuple((item, why) for item, why in refused.items() if _is_nearer(root, item, value))
    return Nearest(value, built, nearer, *others)


def nearest_fraction(root: Root, attempt: Callable[[Fraction], Built | str]) -> tuple[Fraction, Built] | None:
    """Return the fraction nearest to a root of which something can be built.

    For every denominator up to :data:`LARGEST_DENOMINATOR` the two that enclose the root are tried; None where none of
    them can be built.

    Examples
    --------
    >>> root = Root((146, -513), Fraction(513, 146), Fraction(513, 146))
    >>> nearest_fraction(root, lambda t: int(32 * t) if (32 * t).denominator == 1 else "not whole")
    (Fraction(7, 2), 112)
    """
    close = root.nearly()
    values = {
        Fraction(math.floor(close * bottom) + up, bottom)
        for bottom in range(1, LARGEST_DENOMINATOR + 1)
        for up in (0, 1)
    }
    for value in sorted(values - {0}, key=lambda value: (abs(value - close), value)):
        built = attempt(value)
        if not isinstance(built, str):
            return value, built
    return None


def _is_nearer(root: Root, one: int, other: int) -> bool:
    """Tell whether `one` is nearer to a root than `other`."""
    side = root.compare(Fraction(one + other, 2))
    return one != other and (side > 0 if one > other else side < 0)


# -- steps -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step(Generic[Point]):
    """Where a search ended.

    Attributes
    ----------
    value : int or Fraction
        Of those that were met, the one whose cost misses the budget by least.
    low, high : int or Fraction
        What it costs the same between; both were tried.
    """

    value: Point
    low: Point
    high: Point


Cost = Callable[[Any], "Fraction | None"]
"""What an unknown's value costs, as a fraction of the budget; None where it cannot be built."""


def step_of_wholes(cost: Cost, start: int) -> Step[int] | None:
    """Search the whole numbers for the one whose cost is nearest to the budget, from `start` on.

    It is the nearest where the cost never falls, or never rises, with the unknown.

    Returns
    -------
    Step, or None
        None where nothing near the start can be built.

    Examples
    --------
    >>> step_of_wholes(lambda n: Fraction(n // 8, 10), 1).value
    80
    """
    known: dict[int, Fraction | None] = {}

    def at(value: int) -> Fraction | None:
        if value not in known:
            known[value] = cost(value) if value >= 1 else None
        return known[value]

    def onward(value: int, direction: int, end: int | None = None) -> int | None:
        """Return the first number from `value` on that can be built, short of `end`."""
        for _ in range(_LONGEST_GAP):
            if value < 1 or value == end:
                return None
            if at(value) is not None:
                return value
            value += direction
        return None

    def last(good: int, bad: int, direction: int) -> int:
        """Return the last number that can be built between one that can and one that cannot."""
        while abs(bad - good) > 1:
            middle = (good + bad) // 2
            found = onward(middle, direction, bad)
            if found is None:
                bad = middle
            else:
                good = found
        return good

    first = onward(start, 1) or onward(start, -1)
    if first is None:
        return None
    ends = [first]
    for direction in (1, -1):
        before, distance = first, 1
        for _ in range(_DOUBLINGS):
            beyond = first + direction * distance
            found = onward(beyond, direction)
            before = found or last(before, beyond, direction)
            distance *= 2
            if found is None or _across(at(first), at(before)):
                break
        ends.append(before)
    pairs = [(a, b) for a, b in ((first, ends[1]), (ends[2], first)) if _across(at(a), at(b))]
    for low, high in pairs:
        while high - low > 1:
            middle = (low + high) // 2
            found = onward(middle, 1, high)
            if found is None:
                found = onward(middle, -1, low)
            if found is None:
                break
            low, high = (low, found) if _across(at(low), at(found)) else (found, high)
        ends += [low, high]
    best = min(ends, key=lambda value: (abs(_known(at(value)) - 1), abs(value - start), value))
    return Step(best, best, best)


def _known(value: Fraction | None) -> Fraction:
    assert value is not None
    return value


def _across(one: Fraction | None, other: Fraction | None) -> bool:
    """Tell whether the budget lies between two costs, or is one of them."""
    return one is not None and other is not None and (one - 1) * (other - 1) <= 0


def step_of_reals(cost: Cost, alike: Callable[[Fraction, Fraction], bool], start: Fraction) -> Step[Fraction] | None:
    """Search positive rationals for a step of the cost that is nearest to the budget, from `start` on.

    It is the nearest where the cost never falls, or never rises, with the unknown. The value is the shortest decimal
    on the step.

    Parameters
    ----------
    cost : callable
    alike : callable
        Tells whether two values build the same.
    start : Fraction

    Returns
    -------
    Step, or None
        None where the start cannot be built, or too little around it.

    Examples
    --------
    >>> def half_up(x):
    ...     return Fraction(math.floor(8 * x + Fraction(1, 2)), 5)
    >>> step = step_of_reals(half_up, lambda a, b: half_up(a) == half_up(b), Fraction(1))
    >>> str(step.value), round(float(step.low), 4), round(float(step.high), 4)
    ('3/5', 0.5625, 0.6875)
    """
    known: dict[Fraction, Fraction | None] = {}

    def at(value: Fraction) -> Fraction | None:
        if value not in known:
            known[value] = cost(value)
        return known[value]

    if at(start) is None:
        return None
    met = [start]
    for factor in (Fraction(2), Fraction(1, 2)):
        inner = start
        for _ in range(_DOUBLINGS):
            outer = inner * factor
            if at(outer) is None:
                outer, _ = _bisected(inner, outer, lambda value: at(value) is not None)
                if outer == inner:
                    break
                met.append(outer)
            if _across(at(start), at(outer)):
                met += _bisected(inner, outer, lambda value, inner=inner: not _beyond(at(inner), at(value)))  # type: ignore[misc]
                break
            met.append(outer)
            if outer != inner * factor:
                break
            inner = outer
    possible = [value for value in met if at(value) is not None]
    best = min(possible, key=lambda value: (abs(_known(at(value)) - 1), value))
    low, high = (_end(best, side, alike, at) for side in (-1, 1))
    value = _shortest(low, high)
    return Step(value if alike(value, best) else best, low, high)


def _beyond(inner: Fraction | None, value: Fraction | None) -> bool:
    """Tell whether a cost lies on the other side of the budget than `inner`; what cannot be built lies there too."""
    return value is None or (_known(inner) - 1) * (value - 1) < 0 or (value == 1 and inner != 1)


def _bisected(
    inner: Fraction, outer: Fraction, near: Callable[[Fraction], bool], halvings: int = _HALVINGS
) -> tuple[Fraction, Fraction]:
    """Return the last value found that is like `inner`, and the first that is like `outer`."""
    for _ in range(halvings):
        middle = (inner + outer) / 2
        if near(middle):
            inner = middle
        else:
            outer = middle
    return inner, outer


def _end(
    value: Fraction,
    side: int,
    alike: Callable[[Fraction, Fraction], bool],
    at: Callable[[Fraction], Fraction | None],
) -> Fraction:
    """Return how far to one side the values build the same."""

    def same(other: Fraction) -> bool:
        return other > 0 and at(other) == at(value) and alike(other, value)

    distance = value / 1000
    inner = value
    for _ in range(_DOUBLINGS):
        outer = value + side * distance
        if not same(outer):
            return _bisected(inner, max(outer, Fraction(0)), same, _ROUGHLY)[0]
        inner, distance = outer, distance * 2
    return inner


def _shortest(low: Fraction, high: Fraction) -> Fraction:
    """Return the decimal between two numbers that has the fewest digits; the middle one of several."""
    for digits in range(20):
        scale = 10**digits
        first, last = math.ceil(low * scale), math.floor(high * scale)
        if first <= last:
            return Fraction((first + last) // 2, scale)
    return low
