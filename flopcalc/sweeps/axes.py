"""What a sweep runs over: the exact values of each parameter, and grids of them that are never laid out whole.

A whole or rational column is an array of numerators over one denominator, so that nothing is a binary float.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from flopcalc.analysis import texts_of
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, shorten
from flopcalc.expression import AMBIGUOUS, free_expression, parse
from flopcalc.number import Value, as_text, exact, is_rational, normal, symbol

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

__all__ = [
    "MOST_VALUES",
    "Axis",
    "Column",
    "Grid",
    "Listed",
    "Product",
    "Span",
    "axis_of",
    "read_axis",
    "read_grid",
    "read_value",
]

MOST_VALUES = 10**15
"""How many configurations a grid may have; they are never laid out, but they are counted in 64 bits."""

_MOST_WRITTEN = 2_000_000  # how many values an axis may have that are written one by one
_LARGEST = 1 << 62
_MOST_PLACES = 15
_WORD = re.compile(r"\d+[A-DF-Za-df-z_]\w*")  # a word that begins with a digit, as 3x3; 1e5 is a number


@dataclass(frozen=True, slots=True)
class Span:
    """Values that are evenly spaced: ``start``, ``start + step`` …, `count` of them.

    Examples
    --------
    >>> list(Axis((Span(Fraction(1, 4), Fraction(1, 4), 3),)))
    [Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)]
    """

    start: Fraction
    step: Fraction
    count: int

    @property
    def taken(self) -> Fraction:
        """The step, where one is taken: what is beyond the last value, however far, matters to nothing."""
        return self.step if self.count > 1 else Fraction(0)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Value]:
        return (normal(self.start + index * self.step) for index in range(self.count))


Piece: TypeAlias = "Span | tuple[Value, ...]"


@dataclass(frozen=True)
class Axis(Sequence[Value]):
    """The values of one parameter, in order: exact numbers, or words and truths; ranges are not laid out.

    Attributes
    ----------
    pieces : tuple of Span or tuple of Value
    """

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, values: Iterable[object], name: str = "") -> Axis:
        """Return the axis of some Python values: int, Fraction, float (the decimal that it prints), bool, or text.

        Raises
        ------
        ParameterError
            Where one is no value, or there are none.
        """
        read = tuple(read_value(value, name) for value in islice(values, _MOST_WRITTEN + 1))
        if not read:
            raise _wrong(f"{name or 'the axis'} has no values", "at least one value")
        if len(read) > _MOST_WRITTEN:
            raise _wrong(f"{name or 'the axis'} has too many values", f"at most {_MOST_WRITTEN:,}")
        return cls((read,))._of_one_kind(name)

    def _of_one_kind(self, name: str) -> Axis:
        """Return the axis, or refuse numbers and words in one."""
        if not self.words:
            for piece in self.pieces:
                other = (
                    None if isinstance(piece, Span) else next((item for item in piece if not is_rational(item)), None)
                )
                if other is not None:
                    what = f"numbers and `{shorten(as_text(other))}` among the values of {name or 'one axis'}"
                    raise _wrong(what, "numbers, or words")
        return self

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        ends, total = [], 0
        for piece in self.pieces:
            total += len(piece)
            ends.append(total)
        return tuple(ends)

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, index: int) -> Value: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Value, ...]: ...

    def __getitem__(self, index: int | slice) -> Value | tuple[Value, ...]:
        if isinstance(index, slice):
            return tuple(self[position] for position in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        begin = 0
        for piece, end in zip(self.pieces, self._ends, strict=True):
            if index < end:
                if isinstance(piece, Span):
                    return normal(piece.start + (index - begin) * piece.step)
                return piece[index - begin]
            begin = end
        raise AssertionError

    @cached_property
    def words(self) -> tuple[Value, ...]:
        """The different words and truths, in the order in which they come; empty for an axis of numbers."""
        found: dict[tuple[type, Value], Value] = {}
        for piece in self.pieces:
            if isinstance(piece, Span):
                return ()
            for value in piece:
                if is_rational(value):
                    return ()
                found.setdefault((type(value), value), value)
        return tuple(found.values())

    @cached_property
    def denominator(self) -> int:
        """The least common denominator of all the values; 1 for words."""
        if self.words:
            return 1
        result = 1
        for piece in self.pieces:
            if isinstance(piece, Span):
                result = math.lcm(result, piece.start.denominator, piece.taken.denominator)
            else:
                for denominator in {_fraction(value).denominator for value in piece}:
                    result = math.lcm(result, denominator)
        return result

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest numerator over :attr:`denominator`; of words, the first and the last index."""
        if self.words:
            return 0, len(self.words) - 1
        ends: list[Fraction] = []
        for piece in self.pieces:
            if isinstance(piece, Span):
                ends += [piece.start, piece.start + (piece.count - 1) * piece.step]
            else:
                ends += [min(map(_fraction, piece)), max(map(_fraction, piece))]
        return int(min(ends) * self.denominator), int(max(ends) * self.denominator)

    def numerators(self, start: int = 0, stop: int | None = None) -> Array:
        """Return the numerators of some of the values as an array; of words, their indices in :attr:`words`."""
        import numpy as np

        stop = len(self) if stop is None else min(stop, len(self))
        kind = np.int64 if max(map(abs, self.bounds)) < _LARGEST else object
        parts: list[Array] = []
        begin = 0
        for number, (piece, end) in enumerate(zip(self.pieces, self._ends, strict=True)):
            low, high = max(start, begin), min(stop, end)
            if low < high:
                if isinstance(piece, Span):
                    first, step = (int(value * self.denominator) for value in (piece.start, piece.taken))
                    steps = np.arange(low - begin, high - begin, dtype=np.int64).astype(kind)
                    parts.append(steps * step + first)
                else:
                    parts.append(self._laid_out(number)[low - begin : high - begin])
            begin = end
        return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, kind), *parts])

    def _laid_out(self, number: int) -> Array:
        import numpy as np

        cached: dict[int, Array] = self.__dict__.setdefault("_arrays", {})
        if number not in cached:
            piece = self.pieces[number]
            assert isinstance(piece, tuple)
            if self.words:
                codes = {(type(word), word): code for code, word in enumerate(self.words)}
                cached[number] = np.array([codes[type(value), value] for value in piece], np.int64)
            else:
                kind = np.int64 if max(map(abs, self.bounds)) < _LARGEST else object
                cached[number] = np.array([int(_fraction(value) * self.denominator) for value in piece], kind)
        return cached[number]

    def __getstate__(self) -> dict[str, Any]:
        return {"pieces": self.pieces}

    def column(self, start: int = 0, stop: int | None = None) -> Column:
        """Return some of the values as a column."""
        return Column(self.numerators(start, stop), self.denominator, self.words)


def _fraction(value: Value) -> Fraction:
    if not is_rational(value):
        raise _wrong(f"numbers and `{shorten(as_text(value))}` in one axis", "numbers, or words")  # of pieces by hand
    return Fraction(value)


@dataclass(frozen=True, eq=False)
class Column:
    """Values of one parameter or metric as an array: numerators over one denominator, or indices into words.

    Attributes
    ----------
    numerators : numpy array
        int64; Python's own whole numbers (dtype object) where 64 bits do not hold them.
    denominator : int
    words : tuple of Value
        Where the values are words or truths, the numerators count in these.

    Examples
    --------
    >>> column = Column.of(["1/2", 0.714, 1])
    >>> column.numerators.tolist(), column.denominator, column[1]
    ([250, 357, 500], 500, Fraction(357, 500))
    """

    numerators: Array
    denominator: int = 1
    words: tuple[Value, ...] = ()

    @classmethod
    def of(cls, values: object, name: str = "") -> Column:
        """Return a column of Python values or of a numpy array; floats mean the decimals that they print.

        Raises
        ------
        ParameterError
            Where one is no value, or there are none.
        """
        if isinstance(values, Column):
            return values
        if isinstance(values, Axis):
            return values.column()
        if isinstance(values, str):
            return read_axis(values, name).column()
        if hasattr(values, "dtype") and hasattr(values, "ndim"):
            fast = _of_array(values, name)
            if fast is not None:
                return fast
            values = values.tolist() if values.dtype.itemsize >= 8 else list(values)  # type: ignore[attr-defined,call-overload]
        if not isinstance(values, Iterable):
            raise _wrong(f"{name or 'the column'} is {shorten(values)}", "a list of values")
        return Axis.of(values, name).column()

    def __len__(self) -> int:
        return len(self.numerators)

    def __getitem__(self, index: int) -> Value:
        number = int(self.numerators[index])
        if self.words:
            return self.words[number]
        return normal(Fraction(number, self.denominator))

    def __iter__(self) -> Iterator[Value]:
        return (self[index] for index in range(len(self)))

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest numerator."""
        return int(self.numerators.min()), int(self.numerators.max())

    def take(self, rows: Any) -> Column:
        """Return some of the rows: a slice, a mask, or indices."""
        return Column(self.numerators[rows], self.denominator, self.words)

    def array(self) -> Array:
        """Return the values for Arrow, plots and CSV: int64 where whole, else float64 (for display); words as text."""
        import numpy as np

        if self.words:
            return np.array([as_text(word) for word in self.words])[self.numerators]
        if self.denominator == 1:
            return self.numerators
        return self.numerators / self.denominator if self.numerators.dtype != object else self._floats()

    def _floats(self) -> Array:
        import numpy as np

        return np.array([float(Fraction(int(number), self.denominator)) for number in self.numerators])

    def texts(self) -> list[str]:
        """Return the values as exact texts: ``357/500``."""
        return [as_text(value) for value in self]


def _of_array(values: Any, name: str) -> Column | None:
    """Return a numpy array of whole numbers or floats as a column; None where it takes a look at each value."""
    import numpy as np

    if values.ndim != 1 or not len(values):
        raise _wrong(f"{name or 'the column'} is no list of values", "one dimension, not empty")
    if values.dtype.kind == "i" or (values.dtype.kind == "u" and int(values.max()) < _LARGEST):
        return Column(values.astype(np.int64))
    if values.dtype == np.float64:
        # A decimal of at most 15 digits is told by its float: n/10^p, correctly rounded, is that float again.
        largest = float(np.abs(values).max())
        for places in range(_MOST_PLACES + 1):
            scale = 10**places
            if not largest * scale < 10**_MOST_PLACES:
                return None
            numerators = np.rint(values * scale)
            if np.array_equal(numerators / scale, values):
                return Column(numerators.astype(np.int64), scale)
    return None


def _wrong(what: str, expected: str, hint: str = "") -> ParameterError:
    return ParameterError(Problem(what, None, expected, hint))


# -- reading ---------------------------------------------------------------------------------------------------------


def read_value(value: object, name: str = "") -> Value:
    """Return one value of an axis: an exact number, true or false, or a word.

    Raises
    ------
    ParameterError
        For a formula with names, an irrational number and what is no value.

    Examples
    --------
    >>> read_value("96/224"), read_value("0.714"), read_value("true"), read_value("paper")
    (Fraction(3, 7), Fraction(357, 500), True, 'paper')
    """
    lead = f"{name}: " if name else ""
    if isinstance(value, bool) or (type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_")):
        return bool(value)
    try:
        if not isinstance(value, str):
            item: object = value
            if type(value).__module__ == "numpy" and hasattr(value, "item"):
                item = value.item()
                if isinstance(item, float) and type(value).__name__ in ("float16", "float32"):
                    item = float(str(value))  # the decimal that it prints, which its item in 64 bits does not
            return exact(item)
        text = value.strip()
        if (text.isidentifier() and text not in AMBIGUOUS) or _WORD.fullmatch(text):
            return text
        if parse(text).names:
            raise Fault(f"`{shorten(text)}` has a name in it", expected="a number or a word")
        read = free_expression(text, symbols=symbol)
    except FlopcalcError as error:
        problems = [Problem(lead + item.what, None, item.expected, item.hint) for item in error.problems]
        raise ParameterError(*problems) from None
    except Fault as fault:
        raise _wrong(lead + fault.what, fault.expected, fault.hint) from None
    if not isinstance(read, (bool, str)) and not is_rational(read):
        raise _wrong(f"{lead}{shorten(as_text(read))} is no value", "a rational number or a word")
    return read


def read_axis(text: str, name: str = "") -> Axis:
    """Read the values of an axis: ``0.25:1.4:0.01`` (inclusive, exact), ``96/224,128/224``, ``true,false``, or both.

    A range is not laid out, however long. Its stop is a value where the steps meet it.

    Parameters
    ----------
    text : str
        Values and ranges ``start:stop:step`` (``start:stop`` has step 1) between commas.
    name : str
        The parameter's, for messages.

    Raises
    ------
    ParameterError
        Where a value or a range is wrong, or they are too many.

    Examples
    --------
    >>> axis = read_axis("0.25:1.4:0.01")
    >>> len(axis), axis[0], axis[-1]
    (116, Fraction(1, 4), Fraction(7, 5))
    >>> [str(value) for value in read_axis("96/224, 128/224, 1:3")]
    ['3/7', '4/7', '1', '2', '3']
    >>> len(read_axis("1:1000000000"))
    1000000000
    """
    lead = f"{name}: " if name else ""
    pieces: list[Piece] = []
    written: list[Value] = []
    for item in texts_of(name or "the axis", text):
        ends = [end.strip() for end in item.split(":")]
        if len(ends) == 1:
            written.append(read_value(item, name))
            if len(written) > _MOST_WRITTEN:
                raise _wrong(f"{lead}too many values", f"at most {_MOST_WRITTEN:,}")
            continue
        if written:
            pieces.append(tuple(written))
            written = []
        pieces.append(_span(item, ends, lead, name))
    if written:
        pieces.append(tuple(written))
    if not pieces:
        raise _wrong(f"{lead}no values", "values between commas, or start:stop:step", "0.25:1:0.05")
    if sum(len(piece) for piece in pieces) > MOST_VALUES:
        raise _wrong(f"{lead}too many values", f"at most {MOST_VALUES:,}", "a larger step")
    return Axis(tuple(pieces))._of_one_kind(name)


def _span(item: str, ends: list[str], lead: str, name: str) -> Span:
    if len(ends) > 3 or not all(ends):
        raise _wrong(f"{lead}`{shorten(item)}` is no range", "start:stop:step", "0.25:1:0.05")
    values = [read_value(end, name) for end in ends]
    for value in values:
        if not is_rational(value):
            raise _wrong(f"{lead}the range `{shorten(item)}` has {as_text(value)} in it", "numbers")
    start, stop, step = map(Fraction, [*values, 1][:3])  # type: ignore[arg-type]
    if step == 0:
        raise _wrong(f"{lead}the step of `{shorten(item)}` is 0", "a step other than 0")
    count = math.floor((stop - start) / step) + 1
    if count < 1:
        hint = f"{ends[1]}:{ends[0]}" if len(ends) == 2 else f"{ends[0]}:{ends[1]}:{as_text(normal(-step))}"
        raise _wrong(f"{lead}the range `{shorten(item)}` is empty", "a step that leads from start to stop", hint)
    if count > MOST_VALUES:
        what = f"{lead}the range `{shorten(item)}` has too many values"
        raise _wrong(what, f"at most {MOST_VALUES:,}", "a larger step")
    return Span(start, step, count)


# -- grids -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Product:
    """A Cartesian grid: every combination of the axes' values, the last axis running fastest.

    Examples
    --------
    >>> grid = Product({"alpha": read_axis("0.5,1"), "rho": read_axis("4/7,1")})
    >>> len(grid), grid.row(1)
    (4, {'alpha': Fraction(1, 2), 'rho': 1})
    """

    axes: Mapping[str, Axis]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.axes)

    def __len__(self) -> int:
        return math.prod(len(axis) for axis in self.axes.values())

    def row(self, index: int) -> dict[str, Value]:
        """Return one configuration."""
        found: dict[str, Value] = {}
        for name in reversed(self.names):
            index, position = divmod(index, len(self.axes[name]))
            found[name] = self.axes[name][position]
        return {name: found[name] for name in self.names}

    def columns(self, start: int, stop: int) -> dict[str, Column]:
        """Return the parameters of the rows from `start` up to `stop`."""
        import numpy as np

        rows = np.arange(start, stop, dtype=np.int64)
        found: dict[str, Column] = {}
        after = len(self)
        for name, axis in self.axes.items():
            after //= len(axis)
            positions = rows // after % len(axis)
            low, high = (int(positions.min()), int(positions.max())) if len(rows) else (0, 0)
            if high - low < 4 * len(rows) + 1024:
                numerators = axis.numerators(low, high + 1)[positions - low]
            else:
                numerators = np.concatenate([axis.numerators(int(at), int(at) + 1) for at in positions])
            found[name] = Column(numerators, axis.denominator, axis.words)
        return found


@dataclass(frozen=True)
class Listed:
    """A list of configurations: columns of equal lengths.

    Examples
    --------
    >>> grid = Listed({"alpha": Column.of([0.5, 0.75]), "rho": Column.of(["4/7", 1])})
    >>> len(grid), grid.row(1)
    (2, {'alpha': Fraction(3, 4), 'rho': 1})
    """

    by_name: Mapping[str, Column]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters."""
        return tuple(self.by_name)

    def __len__(self) -> int:
        return len(next(iter(self.by_name.values())))

    def row(self, index: int) -> dict[str, Value]:
        """Return one configuration."""
        return {name: column[index] for name, column in self.by_name.items()}

    def columns(self, start: int, stop: int) -> dict[str, Column]:
        """Return the parameters of the rows from `start` up to `stop`."""
        return {name: column.take(slice(start, stop)) for name, column in self.by_name.items()}


Grid: TypeAlias = "Product | Listed"


def read_grid(grid: object) -> Grid:
    """Return a grid as it may be given.

    Parameters
    ----------
    grid : Product, Listed, mapping or list
        A mapping from parameters to their values (a text for :func:`read_axis`, a list, an array, an :class:`Axis`) is
        a Cartesian grid; a list of mappings is a list of configurations.

    Raises
    ------
    ParameterError
        Where it is none of these, empty, or too large.

    Examples
    --------
    >>> len(read_grid({"alpha": "0.25:1:0.25", "rho": [0.5, 1]}))
    8
    >>> len(read_grid([{"alpha": 0.5, "rho": 1}, {"alpha": 1, "rho": "4/7"}]))
    2
    """
    if isinstance(grid, (Product, Listed)):
        read: Grid = grid
    elif isinstance(grid, Mapping):
        read = Product({str(name): axis_of(values, str(name)) for name, values in grid.items()})
    elif isinstance(grid, Iterable) and not isinstance(grid, str):
        read = _listed(list(islice(grid, _MOST_WRITTEN + 1)))
    else:
        raise _wrong(f"the grid is {shorten(grid)}", "values by parameter, or configurations")
    if not read.names:
        raise _wrong("the grid has no parameters", "at least one parameter with its values")
    if isinstance(read, Listed) and len({len(column) for column in read.by_name.values()}) > 1:
        lengths = ", ".join(f"{name} has {len(column)}" for name, column in read.by_name.items())
        raise _wrong(f"the columns differ in length: {lengths}", "a value of each for every row")
    size = math.prod(len(axis) for axis in read.axes.values()) if isinstance(read, Product) else len(read)
    if size > MOST_VALUES:
        raise _wrong(f"the grid has {size:,} configurations", f"at most {MOST_VALUES:,}")
    if not size:
        raise _wrong("the grid has no configurations", "at least one")
    return read


def axis_of(values: object, name: str) -> Axis:
    """Return the axis that a caller gives in any of its ways: a text, a range, values, a column, or one value.

    Raises
    ------
    ParameterError
        Where it has no values, or values that are none.

    Examples
    --------
    >>> len(axis_of("1:8", "C")), len(axis_of(range(8, 65, 8), "C")), len(axis_of(3, "C"))
    (8, 8, 1)
    """
    if isinstance(values, Axis):
        return values
    if isinstance(values, str):
        return read_axis(values, name)
    if isinstance(values, range):
        if not values:
            raise _wrong(f"{name} has no values", "at least one value")
        return Axis((Span(Fraction(values.start), Fraction(values.step), len(values)),))
    if isinstance(values, Column):
        return Axis((tuple(values),))
    if isinstance(values, Iterable) and not isinstance(values, bytes):
        return Axis.of(values, name)
    return Axis.of((values,), name)


def _listed(rows: list[object]) -> Listed:
    if len(rows) > _MOST_WRITTEN:
        raise _wrong("too many configurations in a list", f"at most {_MOST_WRITTEN:,}", "columns: Listed({…})")
    names: tuple[str, ...] = ()
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise _wrong(f"configuration {number} is {shorten(row)}", "values by parameter")
        names = names or tuple(row)
        if not all(isinstance(name, str) for name in row):
            raise _wrong(f"configuration {number} is {shorten(row)}", "values by parameter, which is a text")
        if set(row) != set(names):
            raise _wrong(f"configuration {number} gives {', '.join(map(str, row))}", f"values of {', '.join(names)}")
    return Listed({name: Column.of([row[name] for row in rows], name) for name in names})  # type: ignore[index]
