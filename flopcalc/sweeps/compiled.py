"""The totals of a spec in its free parameters, for every structure that they lead to, evaluated on arrays.

A structure is what one trace holds for: the configurations that meet its conditions (whether two rounded widths are
equal, a depth, a word). Structures are found as they are met: a configuration that no known one covers is traced, and
what it teaches holds for all that meet its conditions. Where an analysis cannot be kept as polynomials, it is repeated
for each configuration: slow, and never wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

from flopcalc.analysis import given_values, resolve, texts_of, want_one_of
from flopcalc.binding import bind
from flopcalc.convention import Convention, convention_of
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, ParameterError, Problem, one_of, shorten
from flopcalc.metrics import METRICS as RATIOS
from flopcalc.metrics import check_metric, parts_of
from flopcalc.number import Value, as_text, divide, is_rational, readable
from flopcalc.reading import PLAIN, Reading
from flopcalc.report import DTYPES
from flopcalc.shapes import read_input
from flopcalc.spec.model import Spec
from flopcalc.sweeps.axes import Axis, Column, Span
from flopcalc.sweeps.evaluation import Plan, Side
from flopcalc.sweeps.steps import Steps, steps_of
from flopcalc.sweeps.tracing import METRICS, Domain, Setting, Trace, analysed, trace

__all__ = ["METRICS", "Compiled", "Found", "compile_totals", "put_together", "refused"]

Array = Any
Found: TypeAlias = "tuple[dict[str, Array], Array | None]"
"""Totals by metric, and which configurations are refused (None where none is)."""

_CHUNK = 1 << 14
_MOST_CELLS = 1 << 20
_MOST_STEPS = 1 << 14
_FEW_ROWS = 1024
_MOST_CHOSEN = 1000
"""How many different values a parameter with choices may be given."""


@dataclass(eq=False)
class _Structure:
    trace: Trace
    plans: dict[tuple[int, ...], Plan] = field(default_factory=dict)


@dataclass(eq=False)
class _Table:
    """The totals of all the distinct networks that a list can hold: one cell for each step of every parameter."""

    steps: dict[str, Steps]
    totals: dict[str, Array]
    refused: Array | None


class Compiled:
    """The totals of a spec in some parameters, compiled for arrays.

    Attributes
    ----------
    domains : mapping of str to Domain
        What each parameter may be.
    metrics : tuple of str
        Of :data:`METRICS`.
    asked : tuple of str
        What was asked for: ratios, which follow from two of these metrics, among them.
    tabulate : bool
        Whether lists may be looked up in a table of all distinct networks, where that is small.
    """

    def __init__(self, setting: Setting, domains: Mapping[str, Domain], asked: Sequence[str] = ()) -> None:
        self.setting = setting
        self.domains = dict(domains)
        self.metrics = setting.metrics
        self.asked = tuple(asked) or setting.metrics
        self._structures: list[_Structure] = []
        self._table: _Table | None = None
        self.tabulate = True
        self._seen = 0
        self._enough = _FEW_ROWS

    @property
    def structures(self) -> int:
        """How many structures were met so far."""
        return len(self._structures)

    def operations(self) -> int:
        """How many operations on arrays the structures met so far take for a list, row by row; the most of any."""
        plans = [self._plan(item, self._pairing, paired=True) for item in self._structures]
        return max((plan.operations() for plan in plans), default=0)

    # -- lists -------------------------------------------------------------------------------------------------------

    def evaluate(self, columns: Mapping[str, object], *, skip: bool = False) -> dict[str, Array]:
        """Return every metric of a list of configurations, each equal to the single exact analysis.

        Parameters
        ----------
        columns : mapping of str to Column, or to what :meth:`Column.of` reads
            A value of every free parameter for each configuration.
        skip : bool
            Give refused configurations -1 instead of raising their error.

        Returns
        -------
        dict of str to numpy array
            int64; Python's numbers (dtype object) where a total may not fit, and for ratios.

        Raises
        ------
        ParameterError
            For a value outside of what the totals were compiled for.
        FlopcalcError
            Where the analysis refuses a configuration, or a total is not whole; its first problem names it.

        Examples
        --------
        >>> compiled = compile_totals("mobilenet_v1", {"alpha": [0.5, 0.75, 1]}, ("params", "madds"))
        >>> {name: array.tolist() for name, array in compiled.evaluate({"alpha": [1, 0.5]}).items()}
        {'params': [4231976, 1331592], 'madds': [568740352, 149497088]}
        """
        numerators = {name: self._numerators(name, columns) for name in self.domains}
        lengths = {len(array) for array in numerators.values()}
        if len(lengths) != 1 or set(columns) != set(self.domains):
            raise ParameterError(Problem("the columns do not fit", None, f"one of each: {', '.join(self.domains)}"))
        size = lengths.pop()
        totals, refusals = self.told(self.rows(numerators, size), skip=skip)
        if refusals is not None and not skip:
            row = int(refusals.argmax())
            values = {name: self.domains[name].value(int(numerators[name][row])) for name in numerators}
            raise refused(self.setting, values, self.asked)
        return totals

    def told(self, found: Found, *, skip: bool = False) -> Found:
        """Return what was asked for of totals: ratios are divided, exact, in arrays of Python's numbers.

        A row with a ratio to nothing is refused; with `skip` such a ratio is -1, as all of a row that is refused.
        """
        import numpy as np

        totals, refusals = found
        told: dict[str, Array] = {}
        for metric in self.asked:
            over = RATIOS[metric].over
            if over is None:
                told[metric] = totals[metric]
                continue
            top, bottom = (totals[name] for name in over)
            empty = bottom == 0
            if empty.any():
                refusals = empty if refusals is None else refusals | empty
            column: Array = np.empty(len(top), object)
            column[:] = [divide(a, b) if b else -1 for a, b in zip(top.tolist(), bottom.tolist(), strict=True)]
            if refusals is not None:
                column[refusals] = -1
            told[metric] = column
        return told, refusals

    def _numerators(self, name: str, columns: Mapping[str, object]) -> Array:
        if name not in columns:
            raise ParameterError(Problem(f"`{name}` has no column", None, f"one of each: {', '.join(self.domains)}"))
        return self.numerators(name, Column.of(columns[name], name))

    def numerators(self, name: str, column: Column, *, within: bool = False) -> Array:
        """Return a column over its domain's denominator, held against its range unless it is known to be `within` it.

        Raises
        ------
        ParameterError
            For a value outside of what the totals were compiled for.
        """
        import numpy as np

        domain = self.domains[name]
        numerators = column.numerators
        if domain.words:
            words: tuple[Value, ...] = column.words
            if not words:
                different, numerators = np.unique(numerators, return_inverse=True)
                words = tuple(divide(int(number), column.denominator) for number in different)
            places = [domain.words.index(word) if word in domain.words else -1 for word in words]
            if min(places, default=0) < 0:
                raise ParameterError(Problem(f"a value of {name} is unknown", None, one_of(map(as_text, domain.words))))
            return np.array(places, np.int64)[numerators]
        if column.words or domain.denominator % column.denominator:
            raise ParameterError(
                Problem(f"a value of {name} is no multiple of 1/{domain.denominator}", None, "what was compiled for")
            )
        scale = domain.denominator // column.denominator
        small = max(abs(domain.low), abs(domain.high)) < 1 << 62
        if len(numerators) and not (within and small):
            low, high = (end * scale for end in column.bounds)
            if max(abs(low), abs(high)) >= 1 << 62:
                numerators = numerators.astype(object)
            if low < domain.low or high > domain.high:
                ends = f"{as_text(domain.value(domain.low))} to {as_text(domain.value(domain.high))}"
                raise ParameterError(Problem(f"a value of {name} is out of its range", None, ends))
        return numerators if scale == 1 else numerators * scale

    def rows(self, numerators: Mapping[str, Array], size: int, into: Mapping[str, Array] | None = None) -> Found:
        """Return the totals of a list of configurations, and which are refused (None where none is).

        They are written into the int64 arrays `into` where these are given and hold them.
        """
        self._seen += size
        if self._table is None and self.tabulate and self._seen > self._enough:
            self._table = self._tabulated()
        parts: list[tuple[slice, Found]] = []
        for start in range(0, size, _CHUNK):
            rows = slice(start, min(start + _CHUNK, size))
            chunk = {name: array[rows] for name, array in numerators.items()}
            if self._table is None:
                parts.append((rows, self._paired(chunk, rows.stop - start)))
                continue
            if into is None:
                into = _empty(self.metrics, size)
            parts.append((rows, self._looked_up(self._table, chunk, {name: into[name][rows] for name in into})))
        found = put_together(parts, self.metrics, size, into)
        self._refuse_fractions(found[0], lambda row: {name: int(array[row]) for name, array in numerators.items()})
        return found

    def _refuse_fractions(self, totals: Mapping[str, Array], row_at: Callable[[int], Mapping[str, int]]) -> None:
        """Refuse totals that are not whole, as of a convention that halves: columns hold whole numbers alone."""
        for metric, array in totals.items():
            if array.dtype != object or metric not in self.asked:
                continue
            row = next((row for row, total in enumerate(array) if type(total) is Fraction), None)
            if row is not None:
                shown = named({name: self.domains[name].value(number) for name, number in row_at(row).items()})
                raise ParameterError(
                    Problem(
                        f"{shown}: {metric} is {as_text(array[row])}, which is not whole",
                        None,
                        "whole numbers, in the columns of many configurations",
                        f"the other metrics, another convention than {self.setting.convention.name}, or a configuration"
                        " by itself",
                    )
                )

    def _paired(self, numerators: Mapping[str, Array], size: int) -> Found:
        """Return the totals of some rows, each of its own."""
        import numpy as np

        found: dict[str, Array] = {}
        refusals: Array | None = None
        left = np.arange(size)
        sides = self._pairing
        number = 0
        while len(left):
            if number == len(self._structures):
                self._meet({name: int(array[left[0]]) for name, array in numerators.items()})
            structure = self._structures[number]
            number += 1
            plan = self._plan(structure, sides, paired=True)
            here = numerators if len(left) == size else {name: array[left] for name, array in numerators.items()}
            outer, inner = self._two_sides(here, sides, len(left))
            masks = [mask for mask in plan.holds(outer, inner) if mask is not None]
            rows = left
            if masks:
                mask = masks[0]
                for other in masks[1:]:
                    mask = mask & other
                rows, left = left[mask], left[~mask]
                if not len(rows):
                    continue
                outer, inner = self._two_sides({name: array[mask] for name, array in here.items()}, sides, len(rows))
            else:
                left = left[:0]
            if structure.trace.totals is None:
                refusals = self._one_by_one(found, numerators, rows, size, structure.trace.error, refusals)
            else:
                for metric, array in plan.pairs(outer, inner).items():
                    if len(rows) == size:
                        found[metric] = array
                        continue
                    known = found.get(metric)
                    if known is None:
                        known = found[metric] = np.full(size, -1, array.dtype)
                    if array.dtype == object and known.dtype != object:
                        known = found[metric] = known.astype(object)
                    known[rows] = array
        return found, refusals

    def _one_by_one(
        self,
        found: dict[str, Array],
        numerators: Mapping[str, Array],
        rows: Array,
        size: int,
        error: FlopcalcError | None,
        refusals: Array | None,
    ) -> Array | None:
        """Analyse some rows one by one, each configuration once; return which are refused."""
        import numpy as np

        for metric in self.metrics:
            found.setdefault(metric, np.full(size, -1, np.int64))
        known: dict[tuple[int, ...], dict[str, Any] | None] = {}
        for row in rows:
            key = tuple(int(array[row]) for array in numerators.values())
            if key not in known:
                known[key] = self._single(dict(zip(numerators, key, strict=True)), error)
            values = known[key]
            if values is None:
                refusals = np.zeros(size, bool) if refusals is None else refusals
                refusals[row] = True
            else:
                _put(found, values, row)
        return refusals

    @property
    def _pairing(self) -> dict[str, int]:
        """Which parameters of a list are taken together: the first by itself, the others beside it."""
        return {name: int(number > 0) for number, name in enumerate(self.domains)}

    @staticmethod
    def _two_sides(numerators: Mapping[str, Array], sides: Mapping[str, int], size: int) -> tuple[Side, Side]:
        outer, inner = (
            Side({name: array for name, array in numerators.items() if sides[name] == side}, size) for side in (0, 1)
        )
        return outer, inner

    @staticmethod
    def _looked_up(table: _Table, numerators: Mapping[str, Array], into: Mapping[str, Array]) -> Found:
        cells: Array = None
        for name, steps in table.steps.items():
            index = steps.index(numerators[name])
            cells = index if cells is None else cells * steps.size + index
        totals = {
            metric: array.take(cells) if array.dtype == object else array.take(cells, out=into[metric], mode="clip")
            for metric, array in table.totals.items()
        }
        if table.refused is None:
            return totals, None
        refusals = table.refused.take(cells)
        return totals, refusals if refusals.any() else None

    def _tabulated(self) -> _Table | None:
        """Return the table of all distinct networks, where they are few; None where they are too many."""
        import numpy as np

        met = -1
        while met != len(self._structures):
            if met < 0:
                self._learn()
            met = len(self._structures)
            if any(item.trace.totals is None and item.trace.error is None for item in self._structures):
                self.tabulate = False  # what is analysed one by one is so for the rows that are asked for alone
                return None
            steps: dict[str, Steps] = {}
            for name in self.domains:
                found = steps_of(name, self.domains, [item.trace for item in self._structures], _MOST_STEPS)
                if found is None:
                    self.tabulate = False
                    return None
                steps[name] = found
            cells = math.prod(item.size for item in steps.values())
            if cells > _MOST_CELLS:
                self.tabulate = False
                return None
            if cells > 4 * self._seen + _FEW_ROWS:
                self._enough = cells // 4  # not worth it before so many rows
                return None
            names = list(steps)
            half = _half([steps[name].size for name in names])
            outer = self.side({name: steps[name].first for name in names[:half]})
            inner = self.side({name: steps[name].first for name in names[half:]})
            totals, refusals = self.table(outer, inner)
        return _Table(
            steps,
            {metric: np.ascontiguousarray(array).reshape(-1) for metric, array in totals.items()},
            None if refusals is None else refusals.reshape(-1),
        )

    def _learn(self) -> None:
        """Meet the structures at the ends of the ranges."""
        for end in ("high", "low"):
            corner = {name: _one(getattr(domain, end)) for name, domain in self.domains.items()}
            self.table(Side({}, 1), self.side(corner))

    # -- products ----------------------------------------------------------------------------------------------------

    @staticmethod
    def side(axes: Mapping[str, Array]) -> Side:
        """Return all combinations of some parameters' numerators, the last running fastest, as a side of a table."""
        import numpy as np

        size = math.prod(len(array) for array in axes.values())
        before, after = 1, size
        values: dict[str, Array] = {}
        for name, array in axes.items():
            after //= len(array)
            values[name] = np.tile(np.repeat(array, after), before)
            before *= len(array)
        return Side(values, size)

    def flat(self, outer: Side, inner: Side, into: Mapping[str, Array] | None = None) -> Found:
        """Return what :meth:`table` does, row by row: the inner entries run fastest."""
        shape = (outer.size, inner.size)
        tables = None if into is None else {metric: array.reshape(shape) for metric, array in into.items()}
        totals, refusals = self.table(outer, inner, tables)
        flat = {metric: array.reshape(-1) for metric, array in totals.items()}
        self._refuse_fractions(flat, lambda row: {**_at(outer, row // inner.size), **_at(inner, row % inner.size)})
        return flat, None if refusals is None else refusals.reshape(-1)

    def table(self, outer: Side, inner: Side, into: Mapping[str, Array] | None = None) -> Found:
        """Return the totals of all pairs of outer and inner entries, and which are refused (None where none is).

        They may be written into the int64 arrays `into`, where these are given.
        """
        import numpy as np

        shape = (outer.size, inner.size)
        sides = {**dict.fromkeys(outer.values, 0), **dict.fromkeys(inner.values, 1)}
        found: dict[str, Array] = {}
        refusals: Array | None = None
        covered: Array | None = None
        missing = shape[0] * shape[1]
        number = 0
        while missing:
            if number == len(self._structures):
                row, column = (0, 0) if covered is None else divmod(int(covered.argmin()), shape[1])
                self._meet({**_at(outer, row), **_at(inner, column)})
            structure = self._structures[number]
            number += 1
            plan = self._plan(structure, sides)
            rows, columns, pairs = plan.holds(outer, inner)
            everywhere = rows is None and columns is None and pairs is None
            if everywhere and structure.trace.totals is not None:
                return plan.totals(outer, inner, None, None, into), None
            if any(mask is not None and not mask.any() for mask in (rows, columns, pairs)):
                continue
            mask = _box(shape, rows, columns, pairs)
            count = int(np.count_nonzero(mask))
            if not count:
                continue
            if covered is None:
                covered = np.zeros(shape, bool)
                found = {metric: np.full(shape, -1, np.int64) for metric in self.metrics}
            covered |= mask
            missing -= count
            if structure.trace.totals is not None:
                self._fill(found, plan, outer, inner, mask, rows, columns, pairs)
                continue
            for row, column in zip(*np.nonzero(mask), strict=True):
                values = self._single({**_at(outer, row), **_at(inner, column)}, structure.trace.error)
                if values is None:
                    refusals = np.zeros(shape, bool) if refusals is None else refusals
                    refusals[row, column] = True
                else:
                    _put(found, values, (row, column))
        return found, refusals

    def _fill(
        self,
        found: dict[str, Array],
        plan: Plan,
        outer: Side,
        inner: Side,
        mask: Array,
        rows: Array | None,
        columns: Array | None,
        pairs: Array | None,
    ) -> None:
        """Write a structure's totals where its conditions are met."""
        import numpy as np

        at_rows = None if rows is None else np.flatnonzero(rows)
        at_columns = None if columns is None else np.flatnonzero(columns)
        for metric, array in plan.totals(outer, inner, at_rows, at_columns).items():
            if array.dtype == object and found[metric].dtype != object:
                found[metric] = found[metric].astype(object)
            if pairs is None:
                where = np.ix_(
                    np.arange(outer.size) if at_rows is None else at_rows,
                    np.arange(inner.size) if at_columns is None else at_columns,
                )
                found[metric][where] = array
            else:
                full = np.zeros(mask.shape, array.dtype)
                full[
                    np.ix_(
                        np.arange(outer.size) if at_rows is None else at_rows,
                        np.arange(inner.size) if at_columns is None else at_columns,
                    )
                ] = array
                found[metric][mask] = full[mask]

    def _plan(self, structure: _Structure, sides: Mapping[str, int], *, paired: bool = False) -> Plan:
        key = (paired, *(sides[name] for name in self.domains))
        if key not in structure.plans:
            structure.plans[key] = Plan(structure.trace, self.domains, sides, paired=paired)
        return structure.plans[key]

    def _meet(self, numerators: Mapping[str, int]) -> None:
        """Trace a configuration that no known structure covers."""
        structure = _Structure(trace(self.setting, self.domains, numerators))
        plan = self._plan(structure, dict.fromkeys(self.domains, 0), paired=True)
        here = Side({name: _one(number) for name, number in numerators.items()}, 1)
        assert plan.holds(here, Side({}, 1)) == (None, None, None), "a configuration meets its own conditions"
        self._structures.append(structure)

    def _single(self, numerators: Mapping[str, int], error: FlopcalcError | None) -> dict[str, Any] | None:
        """Return the totals of one configuration by an ordinary analysis; None where that refuses it."""
        if error is not None:
            return None
        try:
            return analysed(self.setting, {name: self.domains[name].value(numerators[name]) for name in self.domains})
        except FlopcalcError:
            return None


def _one(value: int) -> Array:
    import numpy as np

    return np.array([value], np.int64 if abs(value) < 1 << 62 else object)


def _at(side: Side, index: int) -> dict[str, int]:
    return {name: int(array[index]) for name, array in side.values.items()}


def _box(shape: tuple[int, int], rows: Array | None, columns: Array | None, pairs: Array | None) -> Array:
    import numpy as np

    mask = np.ones(shape, bool)
    if rows is not None:
        mask &= rows[:, None]
    if columns is not None:
        mask &= columns[None, :]
    if pairs is not None:
        mask &= pairs
    return mask


def _put(found: dict[str, Array], values: Mapping[str, Any], place: Any) -> None:
    for metric, value in values.items():
        if (type(value) is Fraction or not -(1 << 63) <= value < 1 << 63) and found[metric].dtype != object:
            found[metric] = found[metric].astype(object)
        found[metric][place] = value


def _half(sizes: list[int]) -> int:
    """Return how many of the parameters make the outer side of a table, so that its sides are of about equal length."""
    return min(range(len(sizes) + 1), key=lambda number: math.prod(sizes[:number]) + math.prod(sizes[number:]))


def _empty(metrics: Iterable[str], size: int) -> dict[str, Array]:
    import numpy as np

    return {metric: np.empty(size, np.int64) for metric in metrics}


def put_together(
    parts: Sequence[tuple[slice, Found]], metrics: Iterable[str], size: int, into: Mapping[str, Array] | None = None
) -> Found:
    """Return the totals of all the parts of `size` rows; in `into`, if this is given and they fit 64 bits."""
    import numpy as np

    if len(parts) == 1 and into is None:
        return parts[0][1]
    totals = dict(into) if into is not None else _empty(metrics, size)
    refusals: Array | None = None
    for rows, (found, mask) in parts:
        for metric, array in found.items():
            whole = totals[metric]
            if array.dtype == object and whole.dtype != object:
                whole = totals[metric] = whole.astype(object)
            if not np.may_share_memory(array, whole):
                whole[rows] = array
        if mask is not None:
            refusals = np.zeros(size, bool) if refusals is None else refusals
            refusals[rows] = mask
    return totals, refusals


def named(row: Mapping[str, Value]) -> str:
    """Return a configuration as messages name it."""
    return ", ".join(f"{name}={shorten(readable(value))}" for name, value in row.items())


def refused(setting: Setting, row: Mapping[str, Value], asked: Iterable[str] = ()) -> FlopcalcError:
    """Return the error with which the analysis refuses a configuration, its first problem naming that configuration."""
    shown = named(row)
    try:
        analysed(setting, row, asked)
    except FlopcalcError as error:
        first, *others = error.problems
        return type(error)(
            Problem(f"{shown}: {first.what}", first.place, first.expected, first.hint, first.excerpt), *others
        )
    return ParameterError(Problem(f"{shown} is refused", None, "another value"))


def compile_totals(
    spec_or_name: Spec | str | Path,
    free: Mapping[str, object],
    metrics: Iterable[str] = ("params", "madds", "mac"),
    *,
    convention: str | Convention = "paper",
    input: object = None,
    parameters: Mapping[str, object] | None = None,
    skip: bool = False,
    dtype: str = "fp32",
    reading: Reading = PLAIN,
) -> Compiled:
    """Compile the totals of a spec in some of its parameters.

    Parameters
    ----------
    spec_or_name : Spec, str or Path
        As :func:`flopcalc.analyze` takes it.
    free : mapping of str to Axis, Column, Domain, list or text
        The parameters that vary, each with what it may be: :func:`Compiled.evaluate` takes any multiple of the values'
        least common denominator between the least and the greatest of them; of words, those that are given.
    metrics : iterable of str
        Of :data:`METRICS`.
    convention : str or Convention
    input : optional
        The input's shape instead of the spec's own.
    parameters : mapping of str to object, optional
        Values of the other parameters.
    dtype : str
        The type of an element, from which bytes follow.
    reading : Reading
        How the networks are read, where the spec does not say it.
    skip : bool
        Let numbers pass that are not among a parameter's choices, where others are: they are refused row by row.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze`, and for an unknown metric.
    """
    spec, inline = resolve(spec_or_name)
    spec = spec if reading == PLAIN else spec.read_as(reading)
    if isinstance(spec.reading.batch, str):
        what = f"the batch is {spec.reading.batch}, and totals of many configurations are numbers"
        raise ParameterError(Problem(what, None, "a number of samples"))
    given: dict[str, object] = dict(inline)
    if not isinstance(free, Mapping):
        raise ParameterError(Problem(f"what varies is {shorten(free)}", None, "values by parameter"))
    for name, value in given_values(parameters, {}).items():
        if name in given:
            raise ParameterError(Problem(f"`{shorten(name)}` is set twice", None, "every parameter once"))
        given[name] = value
    chosen = tuple(dict.fromkeys(texts_of("metrics", metrics)))
    for metric in chosen:
        check_metric(str(metric), METRICS)
    if not chosen:
        raise ParameterError(Problem("no metric is asked for", None, one_of(METRICS)))
    shapes: Mapping[str, object] = {}
    if input is not None:
        shapes = read_input(input)
    domains: dict[str, Domain] = {}
    for name, values in free.items():
        if name in given:
            raise ParameterError(
                Problem(f"`{shorten(name)}` is given a value and varies as well", None, "one of the two")
            )
        if isinstance(values, Domain):
            domains[name] = values
            continue
        axis: Axis | Column = values if isinstance(values, (Axis, Column)) else Column.of(values, name)
        low, high = axis.bounds
        words = axis.words
        parameter = spec.parameters.get(name)
        if not words and parameter is not None and parameter.choices:
            words = _chosen(name, axis, parameter.choices)  # numbers among choices are words
            domains[name] = Domain(0, len(words) - 1, 1, words)
            continue
        domains[name] = Domain(low, high, axis.denominator, words)
    rules = convention_of(convention)
    want_one_of("dtype", "data type", dtype, DTYPES)
    spec = spec.at(shapes)
    setting = Setting(spec, rules, given, shapes, parts_of(chosen), dtype)
    tried = {name: _tried(spec, name, domain, skip) for name, domain in domains.items()}
    first = {name: values[0] for name, values in tried.items()}
    for name, values in tried.items():
        for value in values:
            bind(spec, {**given, **first, name: value}, symbols=(), shapes=shapes or None)
    return Compiled(setting, domains, chosen)


def _chosen(name: str, axis: Axis | Column, choices: Iterable[Value]) -> tuple[Value, ...]:
    """Return the different values of a parameter that has choices."""
    import numpy as np

    found: dict[Value, None] = {}
    if isinstance(axis, Column):
        found = dict.fromkeys(divide(int(number), axis.denominator) for number in np.unique(axis.numerators))
    elif sum(len(piece) for piece in axis.pieces if isinstance(piece, Span)) <= _MOST_CHOSEN:
        found = dict.fromkeys(chain.from_iterable(axis.pieces))
    if 0 < len(found) <= _MOST_CHOSEN:
        return tuple(found)
    raise ParameterError(Problem(f"{name} has more than {_MOST_CHOSEN:,} values", None, one_of(map(as_text, choices))))


def _tried(spec: Spec, name: str, domain: Domain, skip: bool) -> Sequence[Value]:
    """Return the values of a parameter that have to be possible before anything is computed."""
    if not domain.words:
        return (domain.value(domain.low),)
    parameter = spec.parameters.get(name)
    if skip and parameter is not None and parameter.choices:
        fitting = [value for value in domain.words if not is_rational(value) or value in parameter.choices]
        return fitting or domain.words
    return domain.words
