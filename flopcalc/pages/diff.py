"""What ``flopcalc diff`` says: the layers in which two networks differ, in what, and the totals of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from flopcalc.difference.meaning import text
from flopcalc.difference.result import FOLLOWING, Change, Difference, Pair, Record
from flopcalc.metrics import METRICS
from flopcalc.number import Number, Value, as_text, is_rational, is_symbolic
from flopcalc.page.model import Block, Column, Line, Page, Said, Table, View, listing
from flopcalc.render.cells import Cell, Hint, Phrase, Setting, Signed, least
from flopcalc.render.json import number, plain, unknown_as_list
from flopcalc.render.table import from_below, of_models, what_they_are
from flopcalc.render.units import exact_number
from flopcalc.report import Report, Row

__all__ = ["SCHEMA", "diff_page"]

SCHEMA = "flopcalc.difference/1"
"""What the key ``schema`` says: the layout, and its version."""

_TOTALS = ("params", "madds", "mac")

_EXAMPLES = 3
"""How many layers that are written otherwise are named."""

_VIEWS = (
    View(("layer", "second", "operation", "what", "a", "b"), 0.2),
    View(("layer", "operation", "what", "a", "b"), 0.2),
    View(("layer", "what", "a", "b"), 0.5),
    View(("layer", "what", "a", "b"), 9),
)


def diff_page(found: Difference) -> Page:
    r"""Return the page of the difference of two networks.

    Examples
    --------
    >>> from flopcalc import diff
    >>> from flopcalc.page.terminal import page_as_text
    >>> print(page_as_text(diff_page(diff("vgg16", "vgg16:classes=10"))).split("\n\n")[0].splitlines()[0])
    vgg16 and vgg16:classes=10 differ in 1 layer, fc8 (out)
    """
    order = tuple(dict.fromkeys(name for report in found.reports for name in report.parameters))
    return Page(
        ((_verdict(found),), *_legend(found)),
        tuple(_blocks(found)),
        order,
        partial(_data, found),
        partial(_records, found),
        apart=True,
    )


def _verdict(found: Difference) -> str:
    """Say whether they are the same, and where they begin to differ."""
    first, second = found.names
    if found.same:
        return f"{first} and {second} are the same, layer by layer"
    own = found.own or found.records
    count = len(own)
    where = f"{count} layers; the first is" if count > 1 else "1 layer,"
    if own[0].where == "":
        return f"{first} and {second} differ in {count} place{'s' * (count > 1)}, first in {_what(own[0])}"
    return f"{first} and {second} differ in {where} {own[0].where} ({_what(own[0])})"


def _what(record: Record) -> str:
    if record.second is None and record.first is not None:
        return "only in A"
    if record.first is None and record.second is not None:
        return "only in B"
    own = [change.name for change in record.changes if change.name not in FOLLOWING]
    return ", ".join(own or [_called(change.name) for change in record.changes])


def _called(name: str) -> str:
    return METRICS[name].header if name in METRICS else name


def _legend(found: Difference) -> Iterator[Phrase]:
    for letter, name, report in zip("AB", found.names, found.reports, strict=True):
        spec = report.spec
        title = f"{spec.title}: {spec.variant}" if spec.title and spec.variant else spec.title
        parts: list[Cell] = [f"{letter}: {name}", f", {title}" if title and title != name else ""]
        for label, shape in report.inputs.items():
            parts += ["; ", f"{label} = ", shape]
        parts += [f"; {said}" for said in report.reading.said]
        yield tuple(parts)


def _blocks(found: Difference) -> Iterator[Block]:
    shown = found.records if found.every else found.own or found.records
    if shown:
        yield Table(
            (
                Column("layer", "Layer", numeric=False),
                Column("second", "In B", numeric=False),
                Column("operation", "Operation", numeric=False),
                Column("what", "Differs", numeric=False),
                Column("a", "A", numeric=False),
                Column("b", "B", numeric=False),
            ),
            tuple(line for record in shown for line in _lines(record)),
            tuple(_views(shown)),
            set_in_type=("layer", "what", "a", "b"),
        )
    yield _totals(found)
    yield Said(tuple(_notes(found, len(shown))))


def _views(shown: Sequence[Record]) -> Iterator[View]:
    """Yield what screens show: the paths in B alone where they are others than in A."""
    other = any(record.first and record.second and record.first.path != record.second.path for record in shown)
    yield from _VIEWS[0 if other else 1 :]


def _lines(record: Record) -> Iterator[Line]:
    """Yield a row for everything in which two layers differ, or one for a layer that only one network has."""
    first, second = record.first, record.second
    row = first or second
    if row is not None and (first is None or second is None):
        sides: list[Phrase] = [(row.operation, ", ", row.output), ("—",)]
        cells = ((row.path,), (), (row.operation,), (f"only in {'A' if second is None else 'B'}",))
        yield Line((*cells, *(sides if second is None else sides[::-1])))
        return
    path = "" if first is None else first.path
    other = "" if second is None or second.path == path else second.path
    operation = "" if first is None else first.operation
    for place, change in enumerate(record.changes):
        names: tuple[Phrase, ...] = ((path,), (other,), (operation,)) if place == 0 else ((), (), ())
        yield Line((*names, (_called(change.name),), (_cell(change, change.first),), (_cell(change, change.second),)))


def _cell(change: Change, value: Value) -> Cell:
    if change.name in METRICS and not isinstance(value, (str, bool, tuple, dict)):
        return value
    if change.name in ("output", "input") and isinstance(value, tuple):
        return tuple(side for side in value if not isinstance(side, (str, bool, tuple, dict)))
    if isinstance(value, (str, tuple)):
        return text(value)
    return Setting(value)


def _totals(found: Difference) -> Table:
    rows: list[list[Cell | Phrase]] = []
    for name in _TOTALS:
        values, open_ = found.totals(name), [report.is_least(name) for report in found.reports]
        cells: list[Cell] = [least(value) if below else value for value, below in zip(values, open_, strict=True)]
        rows.append([METRICS[name].header, *cells, "?" if any(open_) else _gap(*values)])
    columns = [Column("total", "", numeric=False), Column("a", "A"), Column("b", "B"), Column("gap", "B − A")]
    return listing(columns, rows)


def _gap(one: Number, other: Number) -> Cell:
    gap = other - one
    return Signed(gap) if is_rational(gap) and gap > 0 else gap


def _notes(found: Difference, shown: int) -> Iterator[Phrase]:
    rest = len(found.records) - shown
    if rest:
        are = "layer is" if rest == 1 else "layers are"
        yield (
            f"{exact_number(rest)} more {are} the same, and differ{'s' * (rest == 1)} in shape or cost because of what "
            f"{'it reads' if rest == 1 else 'they read'}",
            Hint("; --all shows them"),
            ".",
        )
    otherwise = [pair for pair in found.pairs if pair.otherwise]
    if otherwise:
        yield (_otherwise(otherwise),)
    same = len(found.pairs) - sum(record.first is not None and record.second is not None for record in found.records)
    yield (f"{exact_number(same)} {'layer is' if same == 1 else 'layers are'} the same.",)
    if any(found.left_out):
        one, other = found.left_out
        left = f"{one}" if one == other else f"{one} and {other}"
        yield (f"Layers that cost nothing are left out: {left} of each", Hint("; --all compares them too"), ".")
    symbols = {
        symbol
        for report in found.reports
        for name in _TOTALS
        for value in [report.measure(name)]
        if is_symbolic(value)
        for symbol in value.free_symbols
    }
    if symbols:
        by_name = {symbol.name: symbol for symbol in sorted(symbols, key=lambda one: (one.name, not one.is_integer))}
        yield what_they_are(by_name.values())
    yield from from_below(*found.reports)
    yield from of_models(*found.reports)
    assumed = dict.fromkeys(one for report in found.reports for one in report.assumed)
    if assumed:
        yield ("Assumed: " + ", ".join(assumed) + ".",)


def _otherwise(pairs: Sequence[Pair]) -> str:
    """Say which layers are the same and written otherwise."""
    named = [
        f"{pair.first.path} ({pair.first.label}) is {pair.second.path} ({pair.second.label})"
        for pair in pairs[:_EXAMPLES]
    ]
    more = f"; and {len(pairs) - len(named)} more" if len(pairs) > len(named) else ""
    return f"The same, written otherwise: {'; '.join(named)}{more}."


# -- data ------------------------------------------------------------------------------------------------------------


def _records(found: Difference) -> Iterator[Sequence[str]]:
    """Yield a row for everything that differs, what follows from other differences too."""
    yield ["layer", "layer in B", "differs", "A", "B", "follows"]
    for record in found.records:
        first, second = record.first, record.second
        paths = ["" if row is None else row.path for row in (first, second)]
        follows = "yes" if record.follows else "no"
        if not record.changes:
            sides = ["" if row is None else row.operation.replace("×", "x") for row in (first, second)]
            yield [*paths, _what(record), *sides, follows]
        for change in record.changes:
            yield [*paths, change.name, _plain(change.first), _plain(change.second), follows]


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return text(value).replace("×", "x")
    return as_text(value)


def _data(found: Difference) -> dict[str, Any]:
    """Return one object: integers for numbers, strings for formulas; every difference."""
    return {
        "schema": SCHEMA,
        "same": found.same,
        "sides": [
            {
                "name": name,
                "spec": report.name,
                "parameters": {key: as_text(value) for key, value in report.parameters.items()},
                "input": [[number(side) for side in shape] for shape in report.inputs.values()],
                "reading": report.reading.as_dict(),
                "layers": len(report.layers),
                "left_out": left_out,
                "totals": _measured(report),
                "unknown_costs": unknown_as_list(report),
            }
            for name, report, left_out in zip(found.names, found.reports, found.left_out, strict=True)
        ],
        "differences": [
            {
                "a": _row(record.first),
                "b": _row(record.second),
                "follows": record.follows,
                "changes": [
                    {"name": change.name, "a": plain(change.first), "b": plain(change.second)}
                    for change in record.changes
                ],
            }
            for record in found.records
        ],
        "written_otherwise": [{"a": pair.first.path, "b": pair.second.path} for pair in found.pairs if pair.otherwise],
        "aligned": [[pair.first.path, pair.second.path] for pair in found.pairs],
    }


def _measured(report: Report) -> dict[str, Any]:
    return {name: number(report.measure(name)) for name in _TOTALS}


def _row(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"path": row.path, "operation": row.operation, "output": [number(side) for side in row.output]}
