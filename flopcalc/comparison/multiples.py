"""Where a formula is what a side costs: the multiple of a step whose cost is nearest to a budget, of those that can be.

Not every whole number makes a network, whose groups must divide its channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from fractions import Fraction
from typing import Generic, TypeVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.theory.roots import Root

__all__ = ["Nearest", "nearest"]

MOST_TRIED = 1000
"""How many steps are tried on either side of a root."""

Built = TypeVar("Built")


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
