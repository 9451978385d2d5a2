"""Two networks aligned layer by layer, whatever their layers are called and however they are written: what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from flopcalc.analysis import texts_of
from flopcalc.comparison.plan import analysed, plans_of, shared_symbols
from flopcalc.comparison.result import replaced
from flopcalc.dataclass import dataclass
from flopcalc.difference.aligning import Placed, Read, aligned
from flopcalc.difference.meaning import COMMUTING, costs_nothing, meaning_of, part_of, same, squeezed
from flopcalc.difference.result import Change, Difference, Pair, Record
from flopcalc.layers import Shape
from flopcalc.number import Number
from flopcalc.reading import reading_of
from flopcalc.report import Report, Row
from flopcalc.shapes import read_input
from flopcalc.spec import Spec

__all__ = ["Change", "Difference", "Pair", "Record", "diff", "diff_specs"]


def diff(
    first: Spec | str | Path,
    second: Spec | str | Path,
    *,
    every: bool = False,
    symbolic: str | Iterable[str] = (),
    symbols: str | Iterable[str] = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    **parameters: object,
) -> Difference:
    """Return in what two networks differ, layer by layer.

    Layers are found by what they compute and by what stands around them, and not by their names or their order in the
    file. One computation that is written in two ways is the same: a depthwise convolution and one with as many groups
    as channels, a linear layer and a convolution of one position, paddings of which the same is read.

    Parameters
    ----------
    first, second : Spec, str or Path
        As :func:`flopcalc.analyze` takes them; ``SPEC:alpha=0.5`` gives one side a value of its own.
    every : bool
        Compare layers that cost nothing too, and show what follows from other differences.
    symbolic, symbols, input, assume, exact_rounding, fused, batch, assume_free
        As for :func:`flopcalc.analyze`. What names a parameter, an input or a symbol goes to the sides that have it.
    **parameters
        Values for every side that has the parameter; one of the side's own comes before it.

    Raises
    ------
    UnknownNameError, SpecError, ParameterError, ShapeError
        All of them :class:`~flopcalc.errors.FlopcalcError`.

    Examples
    --------
    >>> diff("vgg16", "vgg16:resolution=224").same
    True
    >>> (record,) = diff("resnet18", "resnet18:classes=10").records
    >>> record.where, [(change.name, change.first, change.second) for change in record.changes][:2]
    ('linear', [('out', 1000, 10), ('output', (1000, 1, 1), (10, 1, 1))])
    """
    return diff_specs(
        (first, second),
        parameters,
        every=every,
        symbolic=symbolic,
        symbols=symbols,
        input=input,
        assume=assume,
        exact_rounding=exact_rounding,
        fused=fused,
        batch=batch,
        assume_free=assume_free,
    )


def diff_specs(
    specs: tuple[Spec | str | Path, Spec | str | Path],
    parameters: Mapping[str, object],
    *,
    every: bool = False,
    symbolic: str | Iterable[str] = (),
    symbols: str | Iterable[str] = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
) -> Difference:
    """Do what :func:`diff` does, with the parameters in a mapping: one may be named like an option."""
    shapes = read_input(input)
    plans = plans_of(specs, parameters, texts_of("symbolic", symbolic), shapes, texts_of("assume", assume), None)
    plans = [replace(plan, spec=plan.spec.at(plan.shapes)) for plan in plans]
    reading = reading_of(fused, batch, assume_free=assume_free)
    plans = [replace(plan, spec=plan.spec.read_as(reading)) for plan in plans]
    one, two = analysed(plans, {"exact_rounding": exact_rounding})
    return difference_of((one, two), (plans[0].heading, plans[1].heading), every=every)


def difference_of(reports: tuple[Report, Report], names: tuple[str, str], *, every: bool = False) -> Difference:
    """Return in what two reports' networks differ."""
    shared = shared_symbols(reports)
    one, two = (_Side.of(report, {**shared, **_indices(report)}, every=every) for report in reports)
    partners = aligned(one.layers, two.layers)
    found = _Found(one, two, partners)
    return Difference(names, reports, tuple(found.pairs()), tuple(found.records()), (one.left_out, two.left_out), every)


def _indices(report: Report) -> dict[Any, Number]:
    """Return what stands for the indices of symbolic repeats, so that those of two networks are one."""
    turns = ((depth, turn) for node in report.totals.graph.nodes for depth, turn in enumerate(node.turns))
    return {turn.index: _index(str(turn.index), depth) for depth, turn in turns}


@cache
def _index(name: str, depth: int) -> Any:
    """Return the symbol for an index of a name, so deep in repeats; it is no parameter's."""
    from sympy import Dummy

    return Dummy(name, integer=True, nonnegative=True, dummy_index=depth + 1)


@dataclass(frozen=True, slots=True)
class _Side:
    """A network as it is aligned: the layers that are compared, and the row of each."""

    report: Report
    layers: tuple[Placed, ...]
    rows: tuple[Row, ...]
    inputs: tuple[Shape, ...]
    output: Read
    left_out: int
    put: Callable[[Number], Number]

    @classmethod
    def of(cls, report: Report, at: Mapping[Any, Number], *, every: bool) -> _Side:
        graph, put = report.totals.graph, partial(replaced, at=at)
        kept = [every or not costs_nothing(node, graph) for node in graph.nodes]
        numbers = {node.output: number for number, node in enumerate(_of(graph.nodes, kept))}
        entering = {tensor: -1 - place for place, tensor in enumerate(graph.inputs.values())}
        through = {node.output: node for node, own in zip(graph.nodes, kept, strict=True) if not own}

        def read(tensor: int) -> Read:
            parts: list[str] = []
            tensor = graph.real(tensor)
            while tensor in through:
                node = through[tensor]
                if not node.inputs:
                    return (-1 - len(entering), tuple(parts))
                parts += filter(None, [part_of(node, graph)])
                tensor = graph.real(node.inputs[0])
            return (entering[tensor] if tensor in entering else numbers[tensor], tuple(reversed(parts)))

        leaving: dict[int, list[str]] = {}
        for label, tensor in graph.outputs.items():
            leaving.setdefault(read(tensor)[0], []).append("output" if label == "output" else "beside")
        layers = [
            Placed(
                meaning_of(node, graph).put(put),
                node.layer.words(),
                tuple(read(tensor) for tensor in node.inputs),
                node.layer.name in COMMUTING,
                tuple(sorted(leaving.get(number, ()))),
                node.path,
            )
            for number, node in enumerate(_of(graph.nodes, kept))
        ]
        rows = tuple(_of(report.layers, kept))
        return cls(
            report,
            tuple(layers),
            rows,
            tuple(report.inputs.values()),
            read(graph.outputs["output"]),
            len(kept) - len(layers),
            put,
        )

    def shape(self, row: Row) -> Shape:
        return tuple(map(self.put, row.output))


def _of(items: Iterable[Any], kept: Iterable[bool]) -> Iterator[Any]:
    return (item for item, own in zip(items, kept, strict=True) if own)


@dataclass(frozen=True, slots=True)
class _Found:
    """Two networks, and which layer of the one is which of the other."""

    one: _Side
    two: _Side
    partners: list[int | None]

    def pairs(self) -> Iterator[Pair]:
        for number, other in enumerate(self.partners):
            if other is not None:
                first, second = self.one.rows[number], self.two.rows[other]
                alike = not [*self.one.layers[number].meaning.differing(self.two.layers[other].meaning)]
                yield Pair(first, second, alike and first.label != second.label)

    def records(self) -> Iterator[Record]:
        """Yield what differs, in the order of the first network; what the second alone has behind what it follows."""
        yield from self._inputs()
        back = {other: number for number, other in enumerate(self.partners) if other is not None}
        beside: dict[int, list[int]] = {}
        last = -1
        for other in range(len(self.two.rows)):
            last = back.get(other, last)
            if other not in back:
                beside.setdefault(last, []).append(other)
        for number in range(-1, len(self.one.rows)):
            if number >= 0:
                yield from self._layer(number)
            yield from (Record(None, self.two.rows[other]) for other in beside.get(number, ()))
        yield from self._output()

    def _inputs(self) -> Iterator[Record]:
        """Yield the difference of the networks' inputs."""
        one, two = (tuple(tuple(map(side.put, shape)) for shape in side.inputs) for side in (self.one, self.two))
        if len(one) != len(two):
            yield Record(None, None, (Change("inputs", len(one), len(two)),))
            return
        differing = ((mine, other) for mine, other in zip(one, two, strict=True) if not same(mine, other))
        changes = tuple(Change("input", mine, other) for mine, other in differing)
        if changes:
            yield Record(None, None, changes)

    def _output(self) -> Iterator[Record]:
        """Yield a difference where the outputs are written by layers that are not each other's."""
        (mine, part), (other, rest) = self.one.output, self.two.output
        known = mine < 0 or other < 0 or (self.partners[mine] is not None and other in self.partners)
        if known and (self._as_second(mine), part) != (other, rest):
            yield Record(None, None, (Change("output of", self._name(self.one, mine), self._name(self.two, other)),))

    def _layer(self, number: int) -> Iterator[Record]:
        other = self.partners[number]
        first = self.one.rows[number]
        if other is None:
            yield Record(first, None)
            return
        second = self.two.rows[other]
        meanings = self.one.layers[number].meaning, self.two.layers[other].meaning
        changes = [Change(*one) for one in meanings[0].differing(meanings[1])]
        changes += self._reads(number, other)
        shapes = self.one.shape(first), self.two.shape(second)
        if not same(squeezed(shapes[0]), squeezed(shapes[1])):
            changes.append(Change("output", *shapes))
        for name in ("params", "madds"):
            one, two = (side.put(row.quantity(name)) for side, row in ((self.one, first), (self.two, second)))
            if not same(one, two):
                changes.append(Change(name, one, two))
        if changes:
            yield Record(first, second, tuple(changes))

    def _reads(self, number: int, other: int) -> Iterator[Change]:
        """Yield the change where two layers read what is not each other's, or in another order.

        Where a layer that one network alone has stands between, that is the difference, and this is none.
        """
        mine, rest = self.one.layers[number], self.two.layers[other]
        if any(written >= 0 and self.partners[written] is None for written, _ in mine.reads):
            return
        if any(written >= 0 and written not in self.partners for written, _ in rest.reads):
            return
        expected = [(self._as_second(written), part) for written, part in mine.reads]
        found = [*rest.reads]
        if mine.commutes or rest.commutes:
            expected, found = sorted(expected), sorted(found)
        if expected != found:
            names = (self._names(self.one, mine.reads), self._names(self.two, rest.reads))
            yield Change("reads", *names)

    def _as_second(self, written: int) -> int:
        partner = written if written < 0 else self.partners[written]
        return len(self.two.rows) if partner is None else partner

    def _names(self, side: _Side, reads: Iterable[Read]) -> str:
        return ", ".join(
            self._name(side, written) + (f" [{'; '.join(part)}]" if part else "") for written, part in reads
        )

    @staticmethod
    def _name(side: _Side, written: int) -> str:
        labels = [*side.report.inputs]
        if written >= 0:
            return side.rows[written].path
        return labels[-1 - written] if -1 - written < len(labels) else "nothing"
