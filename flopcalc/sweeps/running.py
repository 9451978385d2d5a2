"""A sweep, block by block: here, or on whatever executor is given, in order, with few blocks in flight."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar
from uuid import uuid4

from flopcalc.analysis import given_values
from flopcalc.convention import Convention
from flopcalc.dataclass import dataclass
from flopcalc.errors import ParameterError, Problem, one_of, shorten
from flopcalc.metrics import parts_of
from flopcalc.number import Value
from flopcalc.reading import PLAIN, Reading, reading_of
from flopcalc.shown import Shown
from flopcalc.spec.model import Spec
from flopcalc.sweeps.axes import Axis, Column, Grid, Listed, Product, read_grid
from flopcalc.sweeps.blocks import MOST_ROWS, Block, Cut
from flopcalc.sweeps.compiled import METRICS, Compiled, Found, compile_totals, refused
from flopcalc.sweeps.evaluation import Side
from flopcalc.sweeps.shared import Place, Pool, Segment, opened
from flopcalc.sweeps.tracing import Domain

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

Reduced = TypeVar("Reduced")
Result = TypeVar("Result")
Kept = TypeVar("Kept")

__all__ = ["BATCH", "Swept", "sweep", "sweep_reduced"]

_MOST_SENT = 8 * MOST_ROWS
_MOST_WORDS = 1 << 21
"""How many rows and numbers a block has that another process computes: handing it over costs little beside that."""

BATCH = 16
"""How many blocks are reduced together."""

_FEW = 4
"""How many blocks that are computed here have memory that is used again."""

_MOST_COMPILED = 8
"""How many sweeps a thread keeps compiled: of several at once, each comes back to it part by part."""


@dataclass(frozen=True)
class _Recipe:
    """What is computed: it is compiled wherever it is needed, and can be pickled.

    Attributes
    ----------
    forms : mapping of str to (int, tuple of Value)
        The denominators and words of a list's columns.
    cut : Cut, optional
        How a Cartesian grid is cut.
    longest : int
        How many rows the longest block has.
    skip : bool
        Whether what is refused is left out.
    """

    spec: Spec | str | Path
    domains: Mapping[str, Domain]
    metrics: tuple[str, ...]
    convention: str | Convention
    input: Any
    parameters: Mapping[str, object]
    forms: Mapping[str, tuple[int, tuple[Value, ...]]]
    cut: Cut | None
    longest: int
    skip: bool
    dtype: str = "fp32"
    reading: Reading = PLAIN

    @property
    def parts(self) -> tuple[str, ...]:
        """The counts that are computed, from which the metrics follow."""
        return parts_of(self.metrics)

    def compile(self) -> Compiled:
        """Return the totals, compiled."""
        return compile_totals(
            self.spec,
            self.domains,
            self.metrics,
            convention=self.convention,
            input=self.input,
            parameters=self.parameters,
            skip=self.skip,
            dtype=self.dtype,
            reading=self.reading,
        )


class _Job:
    """A recipe with a name by which a worker knows it; it is pickled once, and read once by every worker."""

    def __init__(self, recipe: _Recipe) -> None:
        self.name = uuid4().hex
        self.recipe = recipe

    @cached_property
    def recipe(self) -> _Recipe:
        """The recipe."""
        found: _Recipe = pickle.loads(self._bytes)  # noqa: S301, it came pickled with this very object
        return found

    @cached_property
    def _bytes(self) -> bytes:
        try:
            return pickle.dumps(self.recipe, pickle.HIGHEST_PROTOCOL)
        except (TypeError, AttributeError, pickle.PicklingError):
            what = "what the sweep is given cannot be sent to another process"
            raise ParameterError(Problem(what, None, "a spec, a convention, and plain values")) from None

    def travels(self) -> None:
        """Refuse what cannot be sent before anything is."""
        _ = self._bytes

    def __getstate__(self) -> dict[str, Any]:
        return {"name": self.name, "_bytes": self._bytes}


class _Engine:
    """A compiled recipe with what one thread keeps from block to block: sides, plans, and memory for the totals."""

    def __init__(self, recipe: _Recipe, compiled: Compiled | None = None) -> None:
        self.recipe = recipe
        self.compiled = recipe.compile() if compiled is None else compiled
        self._sides: dict[str, Side] = {}
        self._pool = Pool(recipe.longest * len(recipe.parts), _FEW, private=True)

    def totals(self, cut: Cut, number: int, into: Mapping[str, Array] | None) -> Found:
        """Return a block's totals, written into arrays where they fit 64 bits, and which rows are refused."""
        return cut.evaluate(self.compiled, number, self._sides, into)

    def block(self, cut: Cut, number: int, offset: int = 0) -> Block:
        """Return a block, with its first row's place moved by `offset`."""
        start, stop = cut.span(number)
        segment = self._pool.take()
        into = None
        if segment is not None:
            into = _columns_in(self._pool.lend(segment), self.recipe.parts, stop - start)
        return self.laid(cut, number, self.totals(cut, number, into), offset)

    def laid(self, cut: Cut, number: int, found: Found, offset: int = 0) -> Block:
        """Return a block of totals with its parameters, without what is refused; or raise the first refusal's error."""
        totals, refusals = self.compiled.told(found, skip=self.recipe.skip)
        block = Block(offset + cut.span(number)[0], cut.columns(number), totals)
        if refusals is None:
            return block
        if not self.recipe.skip:
            row = int(refusals.argmax())
            raise refused(
                self.compiled.setting,
                {name: column[row] for name, column in block.parameters.items()},
                self.compiled.asked,
            )
        return replace(block.take(~refusals), skipped=int(refusals.sum()))


class _Known(local):
    """What a thread has compiled, by job: a plan is used by one thread alone."""

    def __init__(self) -> None:
        self.by_job: OrderedDict[str, _Engine] = OrderedDict()


_KNOWN = _Known()


def _known(job: _Job) -> _Engine:
    """Return what this thread compiled of a job before, or compile it."""
    known = _KNOWN.by_job
    found = known.pop(job.name, None) or _Engine(job.recipe)
    known[job.name] = found
    while len(known) > _MOST_COMPILED:
        known.popitem(last=False)
    return found


@dataclass(frozen=True)
class _Part:
    """Some blocks of a grid: numbers of a Cartesian grid's, or a list's columns, which may lie in shared memory.

    Attributes
    ----------
    job : _Job
    start, size : int
        The first row, and how many there are.
    most : int
        How many rows a block of a list has.
    numbers : range
        Of the Cartesian grid's blocks.
    numerators : mapping of str to numpy array
        A list's columns.
    place : Place, optional
        Where the list's columns are otherwise, one after the other, and then those of the totals.
    """

    job: _Job
    start: int
    size: int
    most: int
    numbers: range
    numerators: Mapping[str, Array]
    place: Place | None

    def opened(self, recipe: _Recipe, words: Array | None) -> tuple[Cut, range]:
        """Return the cut grid and the blocks' numbers in it."""
        if recipe.cut is not None:
            return recipe.cut, self.numbers
        there = {} if words is None else _columns_in(words, recipe.forms, self.size)
        numerators = {**there, **self.numerators}
        columns = {name: Column(numerators[name], *form) for name, form in recipe.forms.items()}
        cut = Cut(Listed(columns), self.most)
        return cut, range(len(cut))


def _evaluated(part: _Part) -> tuple[dict[str, Array], Array | None]:
    """Return the totals of a part of one block that are not written into its shared memory, and which are refused."""
    engine = _known(part.job)
    recipe = engine.recipe
    words = None if part.place is None else opened(part.place)
    cut, numbers = part.opened(recipe, words)
    into = None if words is None else _columns_in(words[len(recipe.forms) * part.size :], recipe.parts, part.size)
    totals, refusals = engine.totals(cut, numbers[0], into)
    return {metric: array for metric, array in totals.items() if into is None or array is not into[metric]}, refusals


def _columns_in(words: Array, names: Iterable[str], size: int) -> dict[str, Array]:
    """Return columns that stand in memory one after the other."""
    return {name: words[place * size : (place + 1) * size] for place, name in enumerate(names)}


def _reduced(part: _Part, reduce: Callable[[Iterator[Block]], Reduced]) -> Reduced:
    """Compute the blocks of a part, and reduce them."""
    engine = _known(part.job)
    cut, numbers = part.opened(engine.recipe, None if part.place is None else opened(part.place))
    offset = part.start if engine.recipe.cut is None else 0
    return reduce(engine.block(cut, number, offset) for number in numbers)


class _Sweep:
    """A grid and what is computed of it, and the parts of it that an executor is given.

    Blocks have at most `most` rows; where that is None, as many as are worth handing to another process.
    """

    def __init__(
        self,
        spec: Spec | str | Path,
        grid: object,
        metrics: Iterable[str] | str,
        most: int | None,
        convention: str | Convention,
        input: object,
        parameters: Mapping[str, object],
        executor: Executor | None,
        skip: bool,
        dtype: str,
        reading: Reading,
    ) -> None:
        if executor is not None and not hasattr(executor, "submit"):
            what = f"the executor is {shorten(executor)}"
            raise ParameterError(Problem(what, None, "a concurrent.futures.Executor, or None"))
        if not isinstance(metrics, Iterable):
            raise ParameterError(Problem(f"the metrics are {shorten(metrics)}", None, one_of(METRICS)))
        self.grid: Grid = read_grid(grid)
        names = (metrics,) if isinstance(metrics, str) else tuple(metrics)
        free: Mapping[str, object] = self.grid.axes if isinstance(self.grid, Product) else self.grid.by_name
        compiled = compile_totals(
            spec,
            free,
            names,
            convention=convention,
            input=input,
            parameters=parameters,
            skip=skip,
            dtype=dtype,
            reading=reading,
        )
        forms = {}
        if isinstance(self.grid, Listed):
            forms = {name: (column.denominator, column.words) for name, column in self.grid.by_name.items()}
        fitting = _MOST_WORDS // (len(forms) + len(compiled.metrics))
        self.cut = Cut(self.grid, most or min(_MOST_SENT, max(MOST_ROWS, fitting)))
        cut = None if isinstance(self.grid, Listed) else self.cut
        domains = compiled.domains
        self.recipe = _Recipe(
            spec,
            domains,
            compiled.asked,
            convention,
            input,
            parameters,
            forms,
            cut,
            self.cut.longest,
            skip,
            dtype,
            reading,
        )
        self.setting = compiled.setting
        self.engine = _Engine(self.recipe, compiled)
        self.job = _Job(self.recipe)
        if isinstance(executor, ProcessPoolExecutor):
            self.job.travels()

    def part(self, numbers: range, segment: Segment | None) -> _Part:
        """Return some neighbouring blocks; a list's columns are written into the segment, if there is one."""
        start, stop = self.cut.span(numbers[0])[0], self.cut.span(numbers[-1])[1]
        numerators: dict[str, Array] = {}
        if isinstance(self.grid, Listed):
            size = stop - start
            for index, (name, column) in enumerate(self.grid.by_name.items()):
                array = column.numerators[start:stop]
                if segment is None or array.dtype == object:
                    numerators[name] = array
                else:
                    segment.words()[index * size : (index + 1) * size] = array
        place = None if segment is None else segment.place
        return _Part(self.job, start, stop - start, self.cut.most, numbers, numerators, place)

    def pool(self, executor: Executor, rows: int, columns: int, in_flight: int) -> Pool | None:
        """Return shared memory for some columns of 64 bits; None where the executor's workers are elsewhere."""
        if not isinstance(executor, ProcessPoolExecutor) or not columns:
            return None
        return Pool(rows * columns, in_flight + 2)

    def here(self) -> Iterator[Block]:
        """Yield the blocks, computed here."""
        return (self.engine.block(self.cut, number) for number in range(len(self.cut)))

    def there(self, executor: Executor, in_flight: int) -> Iterator[Block]:
        """Yield the blocks, computed by an executor."""
        columns = len(self.recipe.forms) + len(self.recipe.parts)
        pool = self.pool(executor, self.cut.longest, columns, in_flight)

        def tasks() -> Iterator[tuple[tuple[int, Segment | None], Future[tuple[dict[str, Array], Array | None]]]]:
            for number in range(len(self.cut)):
                segment = None if pool is None else pool.take()
                part = self.part(range(number, number + 1), segment)
                yield (number, segment), executor.submit(_evaluated, part)

        try:
            for (number, segment), (totals, refusals) in _in_order(tasks(), in_flight):
                if segment is not None and pool is not None:
                    start, stop = self.cut.span(number)
                    words = pool.lend(segment)[len(self.recipe.forms) * (stop - start) :]
                    totals = {**_columns_in(words, self.recipe.parts, stop - start), **totals}
                yield self.engine.laid(self.cut, number, (totals, refusals))
        finally:
            if pool is not None:
                pool.close()


def _in_order(tasks: Iterator[tuple[Kept, Future[Result]]], most: int) -> Iterator[tuple[Kept, Result]]:
    """Yield the tasks' results in order, with what is kept of each here, and at most `most` of them under way."""
    waiting: deque[tuple[Kept, Future[Result]]] = deque()
    try:
        while True:
            while len(waiting) < most and (task := next(tasks, None)) is not None:
                waiting.append(task)
            if not waiting:
                return
            kept, future = waiting.popleft()
            yield kept, future.result()
    finally:
        for _, future in waiting:
            future.cancel()


def _most_in_flight(in_flight: int | None) -> int:
    return in_flight or 2 * (os.cpu_count() or 1) + 2


def _counts(**counts: object) -> None:
    """Refuse counts that are none."""
    for name, count in counts.items():
        if count is not None and (not isinstance(count, int) or isinstance(count, bool) or count < 1):
            raise ParameterError(Problem(f"{name} is {shorten(count)}", None, "a whole number, at least 1"))


class Swept(Shown, Iterator[Block]):
    """The blocks of a sweep in the order of its grid, each computed when it is asked for.

    It shows its first rows. What has every row (:meth:`to_dict`, :meth:`to_frame`, a saved CSV) computes them anew.

    Attributes
    ----------
    spec : Spec
    axes : mapping of str to Axis
        The parameters of a Cartesian grid; none of a list.
    varying, columns : tuple of str
        The parameters that vary; what a row has: them, and the metrics.
    given : mapping of str to Value
        The values of other parameters.
    convention : Convention
    dtype : str
    size : int
        How many configurations the grid has.
    skips : bool
        Whether it leaves out what the analysis refuses.
    """

    shown_as: ClassVar[str] = "swept"

    def __init__(self, found: _Sweep, run: Callable[[], Iterator[Block]]) -> None:
        setting, varying = found.setting, found.grid
        self.spec, self.given, self.convention = setting.spec, setting.given, setting.convention
        self.axes: Mapping[str, Axis] = varying.axes if isinstance(varying, Product) else {}
        self.varying = (*(varying.axes if isinstance(varying, Product) else varying.by_name),)
        self.columns = (*self.varying, *found.recipe.metrics)
        self.dtype, self.size, self.skips = found.recipe.dtype, len(varying), found.recipe.skip
        self.anew = run
        self._blocks = run()

    def __next__(self) -> Block:
        return next(self._blocks)


def sweep(
    spec: Spec | str | Path,
    grid: object,
    metrics: Iterable[str] | str = ("params", "madds", "mac"),
    executor: Executor | None = None,
    *,
    convention: str | Convention = "paper",
    input: object = None,
    skip_refused: bool = False,
    dtype: str = "fp32",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    block_rows: int | None = None,
    in_flight: int | None = None,
    parameters: Mapping[str, object] | None = None,
    **others: object,
) -> Swept:
    """Compute the metrics of every configuration of a grid, block by block; each row equals the single exact analysis.

    Nothing is laid out whole: memory does not grow with the grid.

    Parameters
    ----------
    spec : Spec, str or Path
        As :func:`flopcalc.analyze` takes it.
    grid : Product, Listed, mapping or list of mappings
        As :func:`read_grid` takes it: values by parameter make a Cartesian grid, of which the last parameter runs
        fastest; a list of mappings, or :class:`Listed` columns, are configurations one by one.
    metrics : iterable of str
        Of :data:`METRICS`, as in a report: whole numbers, and exact fractions of ratios such as ``intensity``.
    executor : concurrent.futures.Executor, optional
        Where the blocks are computed; here, where none is given. The processes of a
        :class:`~concurrent.futures.ProcessPoolExecutor` write them into memory that they share with this one.
    convention, input, dtype, fused, batch, assume_free
        As for :func:`flopcalc.analyze`.
    skip_refused : bool
        Leave out configurations that the analysis refuses, and count them in :attr:`Block.skipped`, instead of raising
        the first one's error.
    block_rows : int, optional
        How many rows a block has at most; 65,536 where it is not given, and up to eight times as many of processes.
    in_flight : int, optional
        How many blocks wait at an executor at most; twice the machine's cores and two where it is not given.
    parameters : mapping of str to object, optional
        Values of the other parameters.
    **others
        The same, by name.

    Returns
    -------
    Swept
        An iterator of blocks of rows, in the order of the grid, that shows the first of them.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze`, before the first block where nothing depends on the configuration.

    Examples
    --------
    >>> block, = sweep("mobilenet_v2", {"alpha": "0.35:1.4:0.35"}, metrics=["params", "madds"])
    >>> block.metrics["madds"].tolist()
    [59285808, 173642400, 319180736, 582195824]
    >>> sweep("mobilenet_v2", {"alpha": "0.35:1.4:0.35"})
    <Swept mobilenet_v2: 4 configurations of alpha>
    """
    _counts(block_rows=block_rows, in_flight=in_flight)
    most = block_rows or (None if isinstance(executor, ProcessPoolExecutor) else MOST_ROWS)
    given = given_values(parameters, others)
    reading = reading_of(fused, batch, assume_free=assume_free)
    found = _Sweep(spec, grid, metrics, most, convention, input, given, executor, skip_refused, dtype, reading)
    if executor is None:
        return Swept(found, found.here)
    return Swept(found, partial(found.there, executor, _most_in_flight(in_flight)))


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
    dtype: str = "fp32",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    in_flight: int | None = None,
    blocks: int = BATCH,
    parameters: Mapping[str, object] | None = None,
) -> Iterator[Reduced]:
    """Compute a grid part by part, and reduce each part where it is computed, so that few rows travel.

    Parameters
    ----------
    spec, grid, metrics, executor, convention, input, skip_refused, dtype, fused, batch, in_flight, parameters
        As for :func:`sweep`.
    reduce : callable
        Takes the blocks of a part, and returns what is kept of them; it can be pickled where the executor has
        processes.
    blocks : int
        Of how many blocks of at most 65,536 rows a part is made.

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
    _counts(blocks=blocks, in_flight=in_flight)
    reading = reading_of(fused, batch, assume_free=assume_free)
    found = _Sweep(
        spec, grid, metrics, MOST_ROWS, convention, input, parameters or {}, executor, skip_refused, dtype, reading
    )
    in_flight = _most_in_flight(in_flight)
    count = len(found.cut)
    pool = found.pool(executor, blocks * found.cut.longest, len(found.recipe.forms), in_flight)

    def tasks() -> Iterator[tuple[Segment | None, Future[Reduced]]]:
        for first in range(0, count, blocks):
            segment = None if pool is None else pool.take()
            part = found.part(range(first, min(first + blocks, count)), segment)
            yield segment, executor.submit(_reduced, part, reduce)

    try:
        for segment, result in _in_order(tasks(), in_flight):
            if segment is not None and pool is not None:
                pool.put_back(segment)
            yield result
    finally:
        if pool is not None:
            pool.close()
