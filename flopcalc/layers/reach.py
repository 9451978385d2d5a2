"""Which positions of its input an output position of a layer reads, along one axis, as if maps had no end."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.number import Number, is_rational

__all__ = [
    "SAME",
    "SINGLE",
    "WHOLE",
    "Reach",
    "Resampled",
    "Spread",
    "Unknown",
    "Whole",
    "Window",
    "passes",
    "pointwise",
]


@dataclass(frozen=True, slots=True)
class Window:
    """Position i reads `taps` positions, `spacing` apart, from i·step − margin on.

    Examples
    --------
    >>> list(Window(taps=3, spacing=2, step=2, margin=2).reads(1))
    [0, 2, 4]
    """

    taps: Number = 1
    spacing: Number = 1
    step: Number = 1
    margin: Number = 0

    @property
    def known(self) -> bool:
        """Whether nothing of it is a formula."""
        return all(type(part) is int for part in (self.taps, self.spacing, self.step, self.margin))

    @property
    def period(self) -> tuple[int, int]:
        """After how many positions of the output it reads the same so many positions further on."""
        assert type(self.step) is int
        return (1, self.step)

    def reads(self, position: int) -> range:
        """Return the positions of the input, where `known`."""
        assert type(self.taps) is int
        assert type(self.spacing) is int
        assert type(self.step) is int
        assert type(self.margin) is int
        first = position * self.step - self.margin
        return range(first, first + self.spacing * self.taps, self.spacing)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last position that a range of the output can read."""
        return self.reads(first)[0], self.reads(last)[-1]


@dataclass(frozen=True, slots=True)
class Spread:
    """A transposed convolution: position j of the input writes to j·step + t·spacing − margin for every tap t.

    Examples
    --------
    >>> spread = Spread(taps=3, spacing=1, step=2, margin=1)
    >>> [list(spread.reads(position)) for position in range(3)]
    [[0], [0, 1], [1]]
    """

    taps: Number
    spacing: Number
    step: Number
    margin: Number

    @property
    def known(self) -> bool:
        """Whether nothing of it is a formula."""
        return all(type(part) is int for part in (self.taps, self.spacing, self.step, self.margin))

    @property
    def period(self) -> tuple[int, int]:
        """After how many positions of the output it reads the same so many positions further on."""
        assert type(self.step) is int
        return (self.step, 1)

    def reads(self, position: int) -> range:
        """Return the positions of the input; none between the taps."""
        assert type(self.taps) is int
        assert type(self.spacing) is int
        assert type(self.step) is int
        assert type(self.margin) is int
        place = position + self.margin
        common = gcd(self.step, self.spacing)
        if place % common:
            return range(0)
        # The taps t with t·spacing ≡ place modulo the step are step/common apart.
        apart = self.step // common
        least = place // common * pow(self.spacing // common, -1, apart) % apart if apart > 1 else 0
        if least >= self.taps:
            return range(0)
        count = (self.taps - 1 - least) // apart + 1
        between = self.spacing // common
        last = (place - self.spacing * least) // self.step
        return range(last - (count - 1) * between, last + 1, between)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last position that a range of the output can read."""
        assert type(self.taps) is int
        assert type(self.spacing) is int
        assert type(self.step) is int
        assert type(self.margin) is int
        back = self.spacing * (self.taps - 1)
        return (first + self.margin - back) // self.step, (last + self.margin) // self.step


@dataclass(frozen=True, slots=True)
class Resampled:
    """A map of another size: position i lies on i·ratio of the input.

    ``nearest`` reads ⌊i·ratio⌋; ``bilinear`` reads the two neighbours of (i + ½)·ratio − ½, or the one that it is;
    ``bicubic`` one more at either side of the two;
    ``mean`` reads from ⌊i·ratio⌋ up to but not including ⌈(i + 1)·ratio⌉.

    Examples
    --------
    >>> [list(Resampled(Fraction(1, 2), "bilinear").reads(position)) for position in range(3)]
    [[-1, 0], [0, 1], [0, 1]]
    """

    ratio: Number
    mode: str

    @property
    def known(self) -> bool:
        """Whether nothing of it is a formula."""
        return is_rational(self.ratio)

    @property
    def period(self) -> tuple[int, int]:
        """After how many positions of the output it reads the same so many positions further on."""
        ratio = Fraction(self.ratio)
        return (ratio.denominator, ratio.numerator)

    def reads(self, position: int) -> range:
        """Return the positions of the input."""
        written, read = self.period
        if self.mode == "nearest":
            place = position * read // written
            return range(place, place + 1)
        if self.mode == "mean":
            return range(position * read // written, -(-(position + 1) * read // written))
        doubled = (2 * position + 1) * read - written  # 2·written times the place between the rows
        further = self.mode == "bicubic" and doubled % (2 * written) != 0
        return range(doubled // (2 * written) - further, -(-doubled // (2 * written)) + 1 + further)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the first and the last position that a range of the output can read."""
        return self.reads(first)[0], self.reads(last)[-1]


@dataclass(frozen=True, slots=True)
class Whole:
    """Every position reads the whole map."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A position reads what is no interval that moves along the axis; `where` says behind what, for an error.

    `rearranged` tells whether each reads one position all the same, and only their order is another one.
    """

    where: str
    rearranged: bool = True


Reach: TypeAlias = Window | Spread | Resampled | Whole | Unknown

SAME = Window()
"""A position reads the same position."""

SINGLE = Window(step=0)
"""Every position reads the only one that there is."""

WHOLE = Whole()


def pointwise(sides: int) -> tuple[Reach, ...]:
    """Return the reach of a layer whose output position reads the same input position, along every side of the map."""
    return (SAME,) * sides


def passes(reach: tuple[Reach, ...]) -> bool:
    """Tell whether an output position reads the same input position, along every side of the map."""
    return all(along == SAME for along in reach)
