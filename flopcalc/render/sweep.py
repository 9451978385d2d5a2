"""What a sweep is of, and its rows as CSV, TSV, JSON and Parquet: streams, a block of rows at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, BinaryIO, TypeVar

from flopcalc.convention import Convention
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, Problem, listed
from flopcalc.metrics import METRICS, SWEPT
from flopcalc.number import Value, as_text, normal, readable
from flopcalc.render.csv import rows_as_csv, rows_as_tsv
from flopcalc.spec.model import Spec
from flopcalc.spec.unknown import unknown_layers
from flopcalc.sweeps import Axis, Block
from flopcalc.sweeps.selecting import Key, Selection, Tally, selected

Word = TypeVar("Word")

__all__ = [
    "SCHEMA",
    "STREAMED",
    "Heading",
    "Lines",
    "Writing",
    "label",
    "notes_of",
    "spread",
    "sweep_streamed",
    "write_parquet",
]

SCHEMA = "flopcalc.sweep/1"
"""What the key ``schema`` says: the layout, and its version."""

_FEW = 6
"""How many values of a parameter are written out."""

_MOST_LINES = 1 << 12
"""How many rows are written at once: their texts fit the cache."""

_CERTAIN = 1 << 53
"""Below this a whole number is a float64 too."""


@dataclass(frozen=True)
class Heading:
    """What a sweep is of.

    Attributes
    ----------
    spec : Spec
    axes : mapping of str to Axis
        The parameters that vary.
    given : mapping of str to str
        The others that were given a value.
    convention : Convention
    columns : tuple of str
        What is shown of a row: parameters and metrics.
    selection : Selection
    size : int
        How many configurations the grid has.
    chosen : bool
        Whether the columns were asked for.
    dtype : str
        The type of an element, from which bytes follow.
    """

    spec: Spec
    axes: Mapping[str, Axis]
    given: Mapping[str, str]
    convention: Convention
    columns: tuple[str, ...]
    selection: Selection
    size: int
    chosen: bool = False
    dtype: str = "fp32"

    @property
    def sized(self) -> bool:
        """Whether a column depends on the data type."""
        return any(name in SWEPT and METRICS[name].sized for name in self.columns)

    @property
    def title(self) -> str:
        """The network's name."""
        title = self.spec.title or self.spec.name
        return f"{title}: {self.spec.variant}" if self.spec.variant else title

    def settings(self) -> str:
        """Return the parameters with their values, the first few of those that vary."""
        parts = [f"{name} = {_values(axis)}" for name, axis in self.axes.items()]
        given = ", ".join(f"{name} = {text}" for name, text in self.given.items())
        return "; ".join(part for part in (*parts, given, *self.spec.reading.said) if part)

    def selected(self) -> str:
        """Say what was selected: the condition, the front, the order."""
        said = []
        if self.selection.condition is not None:
            said.append(f"where {self.selection.condition.text}")
        if self.selection.front:
            said.append("Pareto front of " + ", ".join(_way(key, "max ", "min ") for key in self.selection.front))
        if self.selection.order:
            said.append("by " + ", ".join(_way(key, "descending ", "") for key in self.selection.order))
        return "; ".join(said)


def label(name: str) -> str:
    """Return a metric's name as people write it, and a parameter's as it is.

    Examples
    --------
    >>> label("flops"), label("alpha")
    ('FLOPs', 'alpha')
    """
    return METRICS[name].header if name in SWEPT else name


def _values(axis: Axis) -> str:
    if len(axis) <= _FEW:
        return ", ".join(readable(value) for value in axis)
    first, second, last = (readable(axis[index]) for index in (0, 1, -1))
    return f"{first}, {second}, …, {last} ({len(axis):,} values)"


def _way(key: Key, greatest: str, least: str) -> str:
    return (greatest if key.greatest else least) + label(key.name)


def notes_of(heading: Heading) -> tuple[str, ...]:
    """Return what the columns count."""
    notes = []
    if "flops" in heading.columns:
        notes.append(f"One FLOP is {heading.convention.unit} ({heading.convention.name}).")
    if "mac" in heading.columns:
        notes.append("MAC is memory access cost in elements: inputs and parameters read, outputs written.")
    if heading.sized:
        notes.append(f"Bytes are those of elements in {heading.dtype}.")
    if titles := unknown_layers(heading.spec):
        notes.append(known_from_below(titles))
    return tuple(notes)


def known_from_below(titles: Sequence[str]) -> str:
    """Say that what is counted is known from below alone, because of layers that are called so.

    Examples
    --------
    >>> known_from_below(["NonMaxSuppression"])
    'The cost of NonMaxSuppression is not known: costs are at least what is shown, and ratios of them are open.'
    """
    return f"The cost of {listed(titles)} is not known: costs are at least what is shown, and ratios of them are open."


# -- cells -----------------------------------------------------------------------------------------------------------


def spread(block: Block, name: str, write: Callable[[Value], Word]) -> list[Word]:
    """Return what `write` makes of a parameter's values in every row, each different one written once."""
    import numpy as np

    column = block.parameters[name]
    different, places = np.unique(column.numerators, return_inverse=True)
    written = [
        write(column.words[code] if column.words else _value(int(code), column.denominator)) for code in different
    ]
    return [written[place] for place in places.tolist()]


def _value(numerator: int, denominator: int) -> Value:
    return normal(Fraction(numerator, denominator))


# -- streams ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lines:
    """Some rows, written, and how many they are."""

    text: str
    rows: int


@dataclass(frozen=True)
class Writing:
    """How rows become lines of a format: by itself, or where they are computed, as a reduction of parts of a sweep.

    Attributes
    ----------
    format : str
        One of :data:`STREAMED`.
    columns : tuple of str
    selection : Selection
        What is kept of the rows that it is given.
    """

    format: str
    columns: tuple[str, ...]
    selection: Selection = field(default_factory=Selection)

    def __call__(self, blocks: Iterable[Block]) -> tuple[tuple[Lines, ...], Tally]:
        """Return the lines of the rows that are kept of a part, and how many rows there were."""
        tally = Tally()
        return tuple(self.lines(selected(blocks, self.selection, tally))), tally

    def lines(self, blocks: Iterable[Block]) -> Iterator[Lines]:
        """Yield the lines of the blocks, some thousands of rows at a time."""
        text = _TEXTS[self.format]
        names = self.columns
        for block in blocks:
            words = {name: spread(block, name, text.word) for name in names if name not in block.metrics}
            for first in range(0, len(block), _MOST_LINES):
                rows = slice(first, first + _MOST_LINES)
                columns = [
                    words[name][rows] if name in words else list(map(text.number, block.metrics[name][rows].tolist()))
                    for name in names
                ]
                yield Lines(text.joined(names, columns), len(columns[0]))


@dataclass(frozen=True)
class _Text:
    """How a format writes a parameter's value, a metric's, and rows of such cells."""

    word: Callable[[Value], str]
    number: Callable[[Any], str]
    joined: Callable[[Sequence[str], Sequence[Sequence[str]]], str]


def _json_word(value: Value) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _json_number(value: int | Fraction) -> str:
    return f'"{value}"' if isinstance(value, Fraction) else str(value)


def _json_joined(names: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
    keys = [json.dumps(name, ensure_ascii=False).replace("%", "%%") for name in names]
    template = "{" + ", ".join(f"{key}: %s" for key in keys) + "}"
    return ",\n    ".join([template % row for row in zip(*columns, strict=True)])


_ROWS = {"csv": rows_as_csv, "tsv": rows_as_tsv}
"""What writes a header, and guards words."""


def _separated(form: str, mark: str) -> _Text:
    """Write decimals that end as decimals and other fractions as such, with marks between."""

    def joined(names: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
        return "".join([mark.join(row) + "\n" for row in zip(*columns, strict=True)])

    return _Text(lambda value: _ROWS[form]([[readable(value)]]).removesuffix("\n"), str, joined)


_TEXTS = {
    "json": _Text(_json_word, _json_number, _json_joined),
    "csv": _separated("csv", ","),
    "tsv": _separated("tsv", "\t"),
}

STREAMED = tuple(_TEXTS)
"""The formats that have every row, and are written as rows come."""


def sweep_streamed(form: str, heading: Heading, lines: Iterable[Lines], tally: Tally) -> Iterator[str]:
    """Yield the text of one of :data:`STREAMED`: a header and a row for each configuration, or a JSON object; exact."""
    if form == "json":
        yield from _as_json(heading, lines, tally)
        return
    yield _ROWS[form]([heading.columns])
    for some in lines:
        yield some.text


def _as_json(heading: Heading, lines: Iterable[Lines], tally: Tally) -> Iterator[str]:
    """Yield the text of one JSON object: what was swept, then ``rows``, one on a line, and how many there were."""
    from flopcalc.render.json import dump

    selection = heading.selection
    head = {
        "schema": SCHEMA,
        "spec": heading.spec.variant or heading.spec.name,
        "title": heading.spec.title,
        "source": heading.spec.source,
        "parameters": dict(heading.given),
        "axes": {
            name: {"values": len(axis), "first": _plain(axis[0]), "last": _plain(axis[-1])}
            for name, axis in heading.axes.items()
        },
        "convention": heading.convention.name,
        "reading": heading.spec.reading.as_dict(),
        "unknown_costs": [*unknown_layers(heading.spec)],
        **({"dtype": heading.dtype} if heading.sized else {}),
        "where": None if selection.condition is None else selection.condition.text,
        "pareto": [f"{'max' if key.greatest else 'min'}:{key.name}" for key in selection.front],
        "sort": [f"{'-' * key.greatest}{key.name}" for key in selection.order],
        "top": selection.most,
        "columns": list(heading.columns),
    }
    yield dump(head).removesuffix("\n}") + ',\n  "rows": ['
    count = 0
    for some in lines:
        yield ("," if count else "") + "\n    " + some.text
        count += some.rows
    counts = {"configurations": heading.size, "evaluated": tally.evaluated, "met": tally.met, "refused": tally.refused}
    if selection.front:
        counts["front"] = tally.front
    yield ("\n  " if count else "") + '],\n  "counts": '
    yield json.dumps({**counts, "rows": count}) + "\n}\n"


def _plain(value: Value) -> Any:
    return value if isinstance(value, (bool, int, str)) else as_text(value)


# -- Parquet ---------------------------------------------------------------------------------------------------------


def write_parquet(heading: Heading, blocks: Iterable[Block], file: BinaryIO) -> None:
    """Write rows as Parquet, a row group for each block.

    Metrics and whole parameters are int64, words strings, truths booleans. A parameter with fractions is float64, and
    its field's metadata has its ``denominator``: round(value · denominator) / denominator is exact.

    Raises
    ------
    FlopcalcError
        Where a number does not fit.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [_field(pa, name, heading) for name in heading.columns]
    about = {
        "flopcalc.schema": SCHEMA,
        "flopcalc.spec": heading.spec.variant or heading.spec.name,
        "flopcalc.convention": f"{heading.convention.name}: one FLOP is {heading.convention.unit}",
        "flopcalc.parameters": json.dumps(dict(heading.given)),
        "flopcalc.selection": heading.selected(),
    }
    schema = pa.schema(fields, metadata=about)
    with pq.ParquetWriter(file, schema) as writer:
        for block in blocks:
            arrays = [_arrow(pa, block, field) for field in schema]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _field(pa: Any, name: str, heading: Heading) -> Any:
    if name not in heading.axes and METRICS[name].whole:
        return pa.field(name, pa.int64(), nullable=False)
    if name not in heading.axes:
        return pa.field(name, pa.string(), nullable=False, metadata={"exact": "a whole number or a fraction"})
    axis = heading.axes[name]
    if axis.words:
        truths = all(isinstance(word, bool) for word in axis.words)
        return pa.field(name, pa.bool_() if truths else pa.string(), nullable=False)
    if max(map(abs, axis.bounds)) >= _CERTAIN or axis.denominator >= _CERTAIN:
        return pa.field(name, pa.string(), nullable=False, metadata={"exact": "a whole number or a fraction"})
    if axis.denominator == 1:
        return pa.field(name, pa.int64(), nullable=False)
    return pa.field(name, pa.float64(), nullable=False, metadata={"denominator": str(axis.denominator)})


def _arrow(pa: Any, block: Block, field: Any) -> Any:
    name = field.name
    if name in block.metrics and pa.types.is_string(field.type):
        return pa.array(list(map(str, block.metrics[name].tolist())), field.type)
    if name in block.metrics:
        try:
            return pa.array(
                block.metrics[name].tolist() if block.metrics[name].dtype == object else block.metrics[name]
            )
        except (OverflowError, pa.ArrowInvalid):
            what = f"a value of {name} has more than the 64 bits of Parquet's whole numbers"
            raise FlopcalcError(Problem(what, None, "", "a file that ends in .csv or .json")) from None
    if pa.types.is_string(field.type):
        return pa.array(spread(block, name, as_text), field.type)
    if pa.types.is_boolean(field.type):
        return pa.array(spread(block, name, bool), field.type)
    column = block.parameters[name]
    return pa.array(column.numerators if pa.types.is_integer(field.type) else column.array(), field.type)
