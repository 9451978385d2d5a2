"""The blocks of a grid: some rows at a time, as columns, which are laid out when they are asked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.number import Value
from flopcalc.sweeps.axes import Column, Grid, Product
from flopcalc.sweeps.compiled import Compiled, Found, put_together
from flopcalc.sweeps.evaluation import Side

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

__all__ = ["MOST_ROWS", "Block", "Cut"]

MOST_ROWS = 1 << 16
"""How many rows are computed at once: their columns fit a core's cache."""

_LONGEST_INNER = 1 << 14


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of a sweep, as columns.

    Attributes
    ----------
    start : int
        The first row's place in the grid, from 0.
    parameters : mapping of str to Column
        The varying parameters, exact.
    metrics : mapping of str to numpy array
        int64; Python's numbers (dtype object) where a total does not fit, and for ratios, which are exact fractions.
    skipped : int
        How many configurations of the block are not in it, because the analysis refuses them.
    """

    start: int
    parameters: Mapping[str, Column]
    metrics: Mapping[str, Array]
    skipped: int = 0

    def __len__(self) -> int:
        return len(next(iter(self.metrics.values())))

    def columns(self) -> dict[str, Array]:
        """Return all columns as numpy arrays that Arrow takes; fractions as float64, for display."""
        return {**{name: column.array() for name, column in self.parameters.items()}, **self.metrics}

    def row(self, index: int) -> dict[str, Value]:
        """Return one row, exact."""
        parameters = {name: column[index] for name, column in self.parameters.items()}
        return {**parameters, **{name: _exact(array[index]) for name, array in self.metrics.items()}}

    def rows(self) -> Iterator[dict[str, Value]]:
        """Yield every row, exact."""
        return (self.row(index) for index in range(len(self)))

    def take(self, rows: Any) -> Block:
        """Return some of the rows: a mask, or indices."""
        parameters = {name: column.take(rows) for name, column in self.parameters.items()}
        metrics = {name: array[rows] for name, array in self.metrics.items()}
        return Block(self.start, parameters, metrics, self.skipped)


def _exact(number: Any) -> Value:
    return number if isinstance(number, Fraction) else int(number)


class _Laid(Mapping[str, Column]):
    """Columns by name, each laid out once, when it is asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Column]]) -> None:
        self._makers = makers
        self._made: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


@dataclass(frozen=True)
class Cut:
    """How a grid is cut into blocks of at most `most` rows, in order.

    The blocks of a Cartesian grid are products again where they can be: some outer entries with all combinations of the
    inner axes, on which what depends on them alone is computed once for all blocks.

    Attributes
    ----------
    grid : Product or Listed
    most : int

    Examples
    --------
    >>> from flopcalc.sweeps import read_grid
    >>> cut = Cut(read_grid({"alpha": "0.25:1:0.25", "rho": [0.5, 1]}), 4)
    >>> [list(cut.columns(number)["alpha"].texts()) for number in range(len(cut))]
    [['1/4', '1/4', '1/2', '1/2'], ['3/4', '3/4', '1', '1']]
    """

    grid: Grid
    most: int

    @cached_property
    def _parted(self) -> tuple[Product, Product] | None:
        """The outer and the inner axes; None where rows are taken one by one."""
        if not isinstance(self.grid, Product):
            return None
        axes = list(self.grid.axes.items())
        split = len(axes)
        while split and math.prod(len(axis) for _, axis in axes[split - 1 :]) <= min(self.most, _LONGEST_INNER):
            split -= 1
        return None if split == len(axes) else (Product(dict(axes[:split])), Product(dict(axes[split:])))

    @cached_property
    def _step(self) -> int:
        """How many rows a block has, but for the last."""
        if self._parted is None:
            return self.most
        size = len(self._parted[1])
        return max(1, self.most // size) * size

    def __len__(self) -> int:
        return -(-len(self.grid) // self._step)

    def span(self, number: int) -> tuple[int, int]:
        """Return the first row of a block, and the one after its last."""
        start = number * self._step
        return start, min(start + self._step, len(self.grid))

    @property
    def longest(self) -> int:
        """How many rows the longest block has."""
        return min(self._step, len(self.grid))

    def columns(self, number: int) -> Mapping[str, Column]:
        """Return the parameters' columns of a block."""
        start, stop = self.span(number)
        if self._parted is None:
            return self.grid.columns(start, stop)
        outer, inner = self._parted
        size, inner_size = stop - start, len(inner)
        makers: dict[str, Callable[[], Column]] = {}
        prefix = outer.columns(start // inner_size, stop // inner_size) if outer.names else {}
        for name, column in prefix.items():
            makers[name] = lambda column=column: _repeated(column, inner_size)  # type: ignore[misc]
        for name in inner.names:
            makers[name] = lambda name=name: _tiled(self._inner_columns[name], size // inner_size)  # type: ignore[misc]
        return _Laid(makers)

    @cached_property
    def _inner_columns(self) -> dict[str, Column]:
        """The inner axes' combinations as columns."""
        assert self._parted is not None
        inner = self._parted[1]
        return inner.columns(0, len(inner))

    def evaluate(
        self, compiled: Compiled, number: int, sides: dict[str, Side], into: Mapping[str, Array] | None = None
    ) -> Found:
        """Return a block's totals, row by row, and which rows are refused (None where none is).

        Parameters
        ----------
        compiled : Compiled
            In the grid's own parameters, of which every value is in its range.
        number : int
        sides : dict
            What is kept from one block of this grid to the next.
        into : mapping of str to numpy array, optional
            int64 arrays to write the totals into, where they fit 64 bits.
        """
        start, stop = self.span(number)
        if self._parted is None:
            columns = self.grid.columns(start, stop)
            numerators = {name: compiled.numerators(name, column, within=True) for name, column in columns.items()}
            return compiled.rows(numerators, stop - start, into)
        outer, inner = self._parted
        size = len(inner)
        beside = sides.get("inner")
        if beside is None:
            laid = self._inner_columns
            beside = sides["inner"] = Side(
                {name: compiled.numerators(name, laid[name], within=True) for name in laid}, size
            )
        step = max(1, MOST_ROWS // size)
        parts: list[tuple[slice, Found]] = []
        for first in range(start // size, stop // size, step):
            last = min(first + step, stop // size)
            prefix = outer.columns(first, last) if outer.names else {}
            entries = {name: compiled.numerators(name, column, within=True) for name, column in prefix.items()}
            rows = slice(first * size - start, last * size - start)
            here = None if into is None else {metric: array[rows] for metric, array in into.items()}
            parts.append((rows, compiled.flat(Side(entries, last - first), beside, here)))
        return put_together(parts, compiled.metrics, stop - start, into)


def _repeated(column: Column, times: int) -> Column:
    import numpy as np

    return Column(np.repeat(column.numerators, times), column.denominator, column.words)


def _tiled(column: Column, times: int) -> Column:
    import numpy as np

    return Column(np.tile(column.numerators, times), column.denominator, column.words)
