"""Budgets met as nearly as can be: the nearest value to a solution of those of which something can be built.

Not every whole number makes a network, whose groups must divide its channels; and where costs go in steps, because a
network rounds its widths, the step is searched for on the network itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Generic, TypeVar

from flopcalc.errors import Fault
from flopcalc.theory.balance import Root

__all__ = ["Nearest", "Step", "fractions_near", "nearest", "step_of_reals", "step_of_wholes"]

MOST_TRIED = 1000
"""How many steps are tried on either side of a root."""

LARGEST_DENOMINATOR = 64
"""Of the fractions that are tried where a multiplier must make whole widths, and no step of it is known."""

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


# -- near a root -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Nearest(Generic[Built]):
    """The value whose cost misses a budget by least, of those that can be built.

    Attributes
    ----------
    value : Fraction
    built : Built
        What was built of it.
    refused : tuple of (Fraction, str)
        Those that were met on the way to it, and why each cannot be.
    others : tuple of (Fraction, Built)
        The rest of those that were compared.
    """

    value: Fraction
    built: Built
    refused: tuple[tuple[Fraction, str], ...] = ()
    others: tuple[tuple[Fraction, Built], ...] = ()


def nearest(
    points: Iterable[Root],
    step: Fraction,
    apart: Collection[Fraction],
    attempt: Callable[[Fraction], Built | str],
    less: Callable[[Built, Built], bool],
) -> Nearest[Built]:
    """Return the multiple of a step, at least one of it, whose cost is nearest to a budget.

    Between two of the points the miss only grows or only falls, so that the nearest that can be built on either side of
    each of them are all that have to be compared. Of two that miss by the same, it is the lesser.

    Parameters
    ----------
    points : iterable of Root
        Where the cost is the budget, and where it turns.
    step : Fraction
        Only its multiples can be built.
    apart : collection of Fraction
        Where the cost is another: these values are compared for themselves.
    attempt : callable
        Builds, or returns why it cannot.
    less : callable
        Tells whether one misses the budget by less than another.

    Raises
    ------
    Fault
        Where none can be built within :data:`MOST_TRIED` steps of a point.

    Examples
    --------
    >>> root = Root((1, 0, -2 * 128**2), Fraction(181), Fraction(182))
    >>> found = nearest(
    ...     [root],
    ...     Fraction(1),
    ...     (),
    ...     lambda n: int(n * n) if n % 2 == 0 else "odd",
    ...     lambda a, b: abs(a - 2 * 128**2) < abs(b - 2 * 128**2),
    ... )
    >>> int(found.value), found.built, [int(value) for value, _ in found.refused]
    (182, 33124, [181])
    """
    refused: dict[Fraction, str] = {}
    built: dict[Fraction, Built] = {}

    def take(value: Fraction) -> bool:
        if value not in built and value not in refused:
            result = attempt(value)
            if isinstance(result, str):
                refused[value] = result
            else:
                built[value] = result
        return value in built

    first: Fraction | None = None
    for root in points:
        floor = math.floor(root.within(step / 4).low / step)
        floor += root.compare((floor + 1) * step) >= 0
        first = max(floor, 1) * step if first is None else first
        for values in (range(floor, max(floor - MOST_TRIED, 0), -1), range(max(floor + 1, 1), floor + 1 + MOST_TRIED)):
            any(value * step not in apart and take(value * step) for value in values)
    for value in apart:
        take(value)
    if not built:
        assert first is not None
        why = refused.get(first) or next(iter(refused.values()), "")
        raise Fault(f"no value within {MOST_TRIED:,} of the solution can be; {first}: {why}")
    best, *others = sorted(built)
    for value in others:
        if less(built[value], built[best]):
            best = value
    rest = tuple((value, item) for value, item in sorted(built.items()) if value != best)
    return Nearest(best, built[best], tuple((value, why) for value, why in refused.items() if value not in apart), rest)


def fractions_near(root: Root) -> Iterator[Fraction]:
    """Yield the fractions next to a root: for every denominator up to :data:`LARGEST_DENOMINATOR` the two around it.

    Examples
    --------
    >>> root = Root((2, -5), Fraction(5, 2), Fraction(5, 2))
    >>> [str(value) for value in sorted(fractions_near(root))][:2]
    ['2', '7/3']
    """
    close = root.nearly()
    for bottom in range(1, LARGEST_DENOMINATOR + 1):
        for up in (0, 1):
            value = Fraction(math.floor(close * bottom) + up, bottom)
            if value > 0 and value.denominator == bottom:
                yield value


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
