"""A sweep, block by block: here, or on whatever executor is given, in order, with few blocks in flight."""

from __future__ import annotations

import math
import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock, get_ident
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar
from uuid import uuid4

from flopcalc.convention import Convention
from flopcalc.errors import ParameterError, Problem
from flopcalc.number import Value
from flopcalc.spec.model import Spec
from flopcalc.sweeps.axes import Column, Grid, Listed, Product, read_grid
from flopcalc.sweeps.compiled import Compiled, compile_totals, refused
from flopcalc.sweeps.evaluation import Side
from flopcalc.sweeps.tracing import Domain

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

Reduced = TypeVar("Reduced")

__all__ = ["MOST_ROWS", "Block", "sweep", "sweep_reduced"]

MOST_ROWS = 1 << 16
"""How many rows a block has at most, where no other number is asked for."""

_LONGEST_INNER = 1 << 14
_WHOLE = slice(None)
_BATCH = 16
"""How many blocks one task of a reduced sweep has: what is sent to a process and back is little beside the work."""
_MOST_COMPILED = 16


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
        int64; Python's whole numbers (dtype object) where a total does not fit.
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
        return {**parameters, **{name: int(array[index]) for name, array in self.metrics.items()}}

    def rows(self) -> Iterator[dict[str, Value]]:
        """Yield every row, exact."""
        return (self.row(index) for index in range(len(self)))

    def take(self, rows: Any) -> Block:
        """Return some of the rows: a mask, or indices."""
        parameters = {name: column.take(rows) for name, column in self.parameters.items()}
        metrics = {name: array[rows] for name, array in self.metrics.items()}
        return Block(self.start, parameters, metrics, self.skipped)


@dataclass(frozen=True)
class _Recipe:
    """What a worker needs to compile the totals for itself; it can be pickled where the spec is named."""

    name: str
    spec: Spec | str | Path
    domains: Mapping[str, Domain]
    metrics: tuple[str, ...]
    convention: str | Convention
    input: Any
    parameters: Mapping[str, object]

    def compile(self) -> Compiled:
        """Return the totals, compiled."""
        return compile_totals(
            self.spec,
            self.domains,
            self.metrics,
            convention=self.convention,
            input=self.input,
            parameters=self.parameters,
        )


@dataclass(frozen=True)
class _Task:
    """One block: numerators of a list's rows, or of outer entries and of the inner axes of a Cartesian grid."""

    recipe: _Recipe
    start: int
    outer: Mapping[str, Array] | None
    inner: Mapping[str, Array]
    sizes: tuple[int, int]


_COMPILED: OrderedDict[str, tuple[Compiled, dict[str, Side]]] = OrderedDict()
_LOCK = Lock()


def _compiled(recipe: _Recipe) -> tuple[Compiled, dict[str, Side]]:
    """Return what this thread compiled of a recipe before, or compile it: a plan is used by one thread alone."""
    key = f"{recipe.name}/{get_ident()}"
    with _LOCK:
        found = _COMPILED.pop(key, None)
    found = found or (recipe.compile(), {})
    with _LOCK:
        _COMPILED[key] = found
        while len(_COMPILED) > _MOST_COMPILED:
            _COMPILED.popitem(last=False)
    return found


def _evaluate(task: _Task) -> tuple[dict[str, Array], Array | None]:
    """Return a block's totals, row by row, and which rows are refused."""
    compiled, sides = _compiled(task.recipe)
    return _totals(compiled, sides, task)


def _totals(compiled: Compiled, sides: dict[str, Side], task: _Task) -> tuple[dict[str, Array], Array | None]:
    if task.outer is None:
        return compiled.rows(task.inner, task.sizes[1])
    inner = sides.get("inner")
    if inner is None:
        inner = sides["inner"] = compiled.side(task.inner)
    totals, refusals = compiled.table(Side(task.outer, task.sizes[0]), inner)
    flat = {metric: array.reshape(-1) for metric, array in totals.items()}
    return flat, None if refusals is None else refusals.reshape(-1)


def _split(grid: Product, most: int) -> int:
    """Return how many axes, from the first, are outer: the inner ones' rows together fit a block."""
    lengths = [len(axis) for axis in grid.axes.values()]
    split = len(lengths)
    while split and math.prod(lengths[split - 1 :]) <= min(most, _LONGEST_INNER):
        split -= 1
    return split


def _starts(grid: Grid, most: int) -> range:
    """Return where the blocks of a grid begin: at outer entries of a Cartesian grid, or at rows."""
    if isinstance(grid, Product) and (split := _split(grid, most)) < len(grid.names):
        lengths = [len(axis) for axis in grid.axes.values()]
        return range(0, math.prod(lengths[:split]), max(1, most // math.prod(lengths[split:])))
    return range(0, len(grid), most)


def _tasks(
    recipe: _Recipe, compiled: Compiled, grid: Grid, most: int, part: slice = _WHOLE
) -> Iterator[tuple[_Task, dict[str, Column]]]:
    """Yield the blocks of a grid, or of a part of them, in order, with their parameters' columns."""
    import numpy as np

    starts = _starts(grid, most)
    if isinstance(grid, Product):
        names = grid.names
        lengths = [len(grid.axes[name]) for name in names]
        split = _split(grid, most)
        if split < len(names):
            axes = {name: grid.axes[name].column() for name in names[split:]}
            inner = {name: compiled.numerators(name, column) for name, column in axes.items()}
            laid = Compiled.side({name: column.numerators for name, column in axes.items()}).values
            size = math.prod(lengths[split:])
            prefix = Product({name: grid.axes[name] for name in names[:split]})
            for first in starts[part]:
                last = min(first + starts.step, starts.stop)
                before = prefix.columns(first, last) if split else {}
                outer = {name: compiled.numerators(name, column) for name, column in before.items()}
                columns = {
                    name: Column(np.repeat(column.numerators, size), column.denominator, column.words)
                    for name, column in before.items()
                }
                for name, column in axes.items():
                    columns[name] = Column(np.tile(laid[name], last - first), column.denominator, column.words)
                yield _Task(recipe, first * size, outer, inner, (last - first, size)), columns
            return
    for start in starts[part]:
        columns = grid.columns(start, min(start + most, len(grid)))
        numerators = {name: compiled.numerators(name, column) for name, column in columns.items()}
        yield _Task(recipe, start, None, numerators, (1, len(next(iter(numerators.values()))))), columns


def sweep(
    spec: Spec | str | Path,
    grid: object,
    metrics: Iterable[str] | str = ("params", "madds", "mac"),
    executor: Executor | None = None,
    *,
    convention: str | Convention = "paper",
    input: object = None,
    skip_refused: bool = False,
    block_rows: int = MOST_ROWS,
    in_flight: int | None = None,
    parameters: Mapping[str, object] | None = None,
    **others: object,
) -> Iterator[Block]:
    """Compute the metrics of every configuration of a grid, block by block; each row equals the single exact analysis.

    Nothing is laid out whole: memory does not grow with the grid.

    Parameters
    ----------
    spec : Spec, str or Path
        As :func:`flopcalc.analyze` takes it. For an executor of processes it is named, not a Spec.
    grid : Product, Listed, mapping or list of mappings
        As :func:`read_grid` takes it: values by parameter make a Cartesian grid, of which the last parameter runs
        fastest; a list of mappings, or :class:`Listed` columns, are configurations one by one.
    metrics : iterable of str
        Of :data:`METRICS`, all counts of elements or operations as in a report.
    executor : concurrent.futures.Executor, optional
        Where the blocks are computed; here, where none is given.
    convention, input
        As for :func:`flopcalc.analyze`.
    skip_refused : bool
        Leave out configurations that the analysis refuses, and count them in :attr:`Block.skipped`, instead of raising
        the first one's error.
    block_rows : int
        How many rows a block has at most.
    in_flight : int, optional
        How many blocks wait at an executor at most; twice the machine's cores and two where it is not given.
    parameters : mapping of str to object, optional
        Values of the other parameters.
    **others
        The same, by name.

    Yields
    ------
    Block
        In the order of the grid.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze`, before the first block where nothing depends on the configuration.

    Examples
    --------
    >>> block, = sweep("mobilenet_v2", {"alpha": "0.35:1.4:0.35"}, metrics=["params", "madds"])
    >>> block.metrics["madds"].tolist()
    [59285808, 173642400, 319180736, 582195824]
    """
    read = read_grid(grid)
    given = {**(parameters or {}), **others}
    names = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    if block_rows < 1 or (in_flight is not None and in_flight < 1):
        raise ParameterError(Problem("block_rows and in_flight are counts", None, "whole numbers, at least 1"))
    free: Mapping[str, object] = read.axes if isinstance(read, Product) else read.by_name
    compiled = compile_totals(spec, free, names, convention=convention, input=input, parameters=given)
    recipe = _Recipe(uuid4().hex, spec, compiled.domains, compiled.metrics, convention, input, given)
    return _blocks(recipe, compiled, read, executor, skip_refused, block_rows, in_flight)


def sweep_reduced(
    spec: Spec | str | Path,
    grid: object,
    metrics: Iterable[str] | str,
    reduce: Callable[[Iterator[Block]], Reduced],
    executor: Executor,
    *,
    convention: str | Convention = "paper",
    input: object = None,
    skip_refused: bool = False,
    in_flight: int | None = None,
    parameters: Mapping[str, object] | None = None,
) -> Iterator[Reduced]:
    """Compute a grid part by part, and reduce each part where it is computed, so that few rows travel.

    Parameters
    ----------
    spec, grid, metrics, executor, convention, input, skip_refused, in_flight, parameters
        As for :func:`sweep`.
    reduce : callable
        Takes the blocks of a part, and returns what is kept of them; it can be pickled where the executor has
        processes.

    Yields
    ------
    object
        What `reduce` returns, in the order of the grid.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> def least(blocks):
    ...     return min(int(block.metrics["madds"].min()) for block in blocks)
    >>> with ThreadPoolExecutor(2) as pool:
    ...     list(sweep_reduced("mobilenet_v2", {"alpha": "0.35:1.4:0.35"}, ["madds"], least, pool))
    [59285808]
    """
    read = read_grid(grid)
    names = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    free: Mapping[str, object] = read.axes if isinstance(read, Product) else read.by_name
    given = dict(parameters or {})
    compiled = compile_totals(spec, free, names, convention=convention, input=input, parameters=given)
    recipe = _Recipe(uuid4().hex, spec, compiled.domains, compiled.metrics, convention, input, given)
    count = len(_starts(read, MOST_ROWS))

    def batches() -> Iterator[_Batch[Reduced]]:
        for first in range(0, count, _BATCH):
            if isinstance(read, Product):
                yield _Batch(recipe, read, slice(first, first + _BATCH), 0, skip_refused, reduce)
            else:
                start, stop = first * MOST_ROWS, min((first + _BATCH) * MOST_ROWS, len(read))
                yield _Batch(recipe, Listed(read.columns(start, stop)), _WHOLE, start, skip_refused, reduce)

    limit = in_flight or 2 * (os.cpu_count() or 1) + 2
    waiting: deque[Future[Reduced]] = deque()
    try:
        for batch in batches():
            if len(waiting) >= limit:
                yield waiting.popleft().result()
            waiting.append(executor.submit(_reduced, batch))
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@dataclass(frozen=True)
class _Batch(Generic[Reduced]):
    """Some blocks of a grid, and what is made of them."""

    recipe: _Recipe
    grid: Grid
    part: slice
    start: int
    skip: bool
    reduce: Callable[[Iterator[Block]], Reduced]


def _reduced(batch: _Batch[Reduced]) -> Reduced:
    """Compute the blocks of a batch, and reduce them."""
    compiled, sides = _compiled(batch.recipe)

    def blocks() -> Iterator[Block]:
        for task, columns in _tasks(batch.recipe, compiled, batch.grid, MOST_ROWS, batch.part):
            block = _block(compiled, task, columns, _totals(compiled, sides, task), batch.skip)
            yield replace(block, start=batch.start + block.start)

    return batch.reduce(blocks())


def _blocks(
    recipe: _Recipe,
    compiled: Compiled,
    grid: Grid,
    executor: Executor | None,
    skip: bool,
    most: int,
    in_flight: int | None,
) -> Iterator[Block]:
    tasks = _tasks(recipe, compiled, grid, most)
    if executor is None:
        sides: dict[str, Side] = {}
        for task, columns in tasks:
            yield _block(compiled, task, columns, _totals(compiled, sides, task), skip)
        return
    limit = in_flight or 2 * (os.cpu_count() or 1) + 2
    waiting: deque[tuple[_Task, dict[str, Column], Future[tuple[dict[str, Array], Array | None]]]] = deque()
    try:
        for task, columns in tasks:
            if len(waiting) >= limit:
                first, parameters, future = waiting.popleft()
                yield _block(compiled, first, parameters, future.result(), skip)
            waiting.append((task, columns, executor.submit(_evaluate, task)))
        while waiting:
            first, parameters, future = waiting.popleft()
            yield _block(compiled, first, parameters, future.result(), skip)
    finally:
        for _, _, future in waiting:
            future.cancel()


def _block(
    compiled: Compiled,
    task: _Task,
    columns: Mapping[str, Column],
    found: tuple[dict[str, Array], Array | None],
    skip: bool,
) -> Block:
    totals, refusals = found
    block = Block(task.start, columns, totals)
    if refusals is None:
        return block
    if not skip:
        row = int(refusals.argmax())
        raise refused(compiled.setting, {name: column[row] for name, column in columns.items()})
    return replace(block.take(~refusals), skipped=int(refusals.sum()))
