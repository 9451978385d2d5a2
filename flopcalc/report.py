"""A graph under a convention becomes a report: rows, totals, groupings and shares, ready to be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from flopcalc.convention import Convention, Counted, Rule
from flopcalc.cost import Cost, add_up
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, FlopcalcError, Problem, UndecidedError, UnknownNameError, listed, suggest
from flopcalc.field import Field
from flopcalc.graph import Graph, Schedule
from flopcalc.layers import Shape
from flopcalc.metrics import COUNTED, FIELDS, check_metric, resting_on
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.number import Arithmetic, Number, Value, as_text, divide, is_rational, is_symbolic, readable, total
from flopcalc.reading import Reading
from flopcalc.shown import Shown
from flopcalc.spec.model import Spec
from flopcalc.training import Training, training_of
from flopcalc.units import DTYPES

__all__ = [
    "DTYPES",
    "FIELDS",
    "GROUPINGS",
    "METRICS",
    "ORDERS",
    "GraphCounts",
    "Group",
    "Report",
    "Row",
    "Totals",
    "Unknown",
    "share",
]

METRICS = COUNTED
"""What every row and the totals have."""

GROUPINGS = ("layer", "block", "stage", "kind")
"""The ways in which rows can be put together."""

ORDERS: Mapping[str, str] = {
    "file": "the file's own order",
    "best": "the order that needs least memory",
}
"""The orders of execution of which the peak memory is told."""


def _names_in(value: Value) -> set[str]:
    return {str(item) for item in value.free_symbols} if is_symbolic(value) else set()


@dataclass(frozen=True)
class Costed:
    """What rows, groups and totals have in common: a cost, and its FLOPs under the report's convention."""

    cost: Cost
    flops: Number

    @property
    def unknown(self) -> frozenset[str]:
        """The metrics of which it has at least what is counted, because the cost of a layer is not known."""
        return frozenset()

    def quantity(self, name: str) -> Number:
        """Return one of :data:`flopcalc.cost.QUANTITIES`, or its FLOPs."""
        found: Number = self.flops if name == "flops" else getattr(self.cost, name)
        return found

    @property
    def params(self) -> Number:
        """Learnable parameters."""
        return self.cost.params

    @property
    def weights(self) -> Number:
        """Elements of kernels and matrices alone."""
        return self.cost.weights

    @property
    def madds(self) -> Number:
        """Multiply-adds."""
        return self.cost.madds

    @property
    def mac(self) -> Number:
        """Memory access cost, in elements."""
        return self.cost.mac

    @property
    def activations(self) -> Number:
        """Output elements of convolutions, linear layers and matrix products."""
        return self.cost.activations


@dataclass(frozen=True)
class Row(Costed):
    """One layer of a report.

    Attributes
    ----------
    path : str
        Names of the blocks around it and its own.
    kind, label, operation : str
        ``conv``; ``conv 3×3``; ``conv 3×3 /2``.
    inputs, output : Shape
    attributes : mapping of str to Value
    count : Number
        How often it stands there; its costs are of all of them.
    block, stage : str
        The outermost block or layer that it belongs to, and that one's stage.
    follows : bool
        Whether people read it as part of the layer before it, as a norm or an activation.
    written : str
        How its reference implementation writes it, one of :data:`flopcalc.layers.FORMS`.
    rule : Rule
        That of the report's convention by which its FLOPs were counted.
    shares : str
        The path of the layer whose learned parameters it uses, and which counts them; "" where they are its own.
    open : frozenset of str
        The metrics in which its cost is not known; what is counted of them is 0.
    """

    path: str
    kind: str
    label: str
    operation: str
    inputs: tuple[Shape, ...]
    output: Shape
    attributes: Mapping[str, Value]
    count: Number
    block: str
    stage: str
    follows: bool
    written: str
    rule: Rule
    shares: str = ""
    open: frozenset[str] = frozenset()

    @property
    def unknown(self) -> frozenset[str]:
        """The metrics in which its cost is not known."""
        return self.open

    @property
    def parent(self) -> str:
        """The path of the block that it stands in."""
        return self.path.rpartition(".")[0]


@dataclass(frozen=True)
class Group(Costed):
    """Several layers of a report under one name, with their costs added."""

    name: str
    layers: tuple[Row, ...]

    @property
    def unknown(self) -> frozenset[str]:
        """The metrics of which it has at least what is counted."""
        return frozenset[str]().union(*(row.open for row in self.layers))

    @property
    def output(self) -> Shape:
        """The shape of what its last layer writes."""
        return self.layers[-1].output


@dataclass(frozen=True)
class Totals(Costed):
    """The whole graph's costs."""

    graph: Graph = field(repr=False)
    arithmetic: Arithmetic = field(repr=False)
    order: str = "file"

    @cached_property
    def unknown(self) -> frozenset[str]:
        """The metrics of which there is at least what is counted."""
        return frozenset[str]().union(*(node.layer.unknown for node in self.graph.nodes))

    @cached_property
    def schedule(self) -> Schedule | None:
        """The order of the layers that needs the least memory, where that was asked for.

        Raises
        ------
        FlopcalcError
            Where a size is a symbol.
        """
        try:
            return self.graph.best_order() if self.order == "best" else None
        except Fault as fault:
            raise FlopcalcError(fault.at(None)) from None

    @cached_property
    def peak_layer(self) -> str | None:
        """The path of the layer that runs when the peak is reached first; None where the inputs alone are the peak.

        Raises
        ------
        FlopcalcError
            Where a size or the count of a repeat is a formula.
        """
        try:
            node = self.graph.peak_layer() if self.schedule is None else self.schedule.at
        except Fault as fault:
            raise FlopcalcError(fault.at(None)) from None
        return None if node is None else node.path

    @cached_property
    def peak_memory(self) -> Number:
        """The largest sum of live tensors, in elements, in the order that was asked for.

        Raises
        ------
        FlopcalcError
            Where a repeat has a symbolic count, or the best order is asked for and a size is a symbol.
        """
        if self.schedule is not None:
            return self.schedule.peak
        try:
            return self.graph.peak_memory(self.arithmetic)
        except Fault as fault:
            raise FlopcalcError(fault.at(None)) from None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A layer whose cost is not known.

    Attributes
    ----------
    path, title : str
        Where it stands, and what it is called.
    metrics : tuple of str
        Those in which it is not known.
    """

    path: str
    title: str
    metrics: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path} ({self.title})"


@dataclass(frozen=True, repr=False)
class Report(Shown):
    """What an architecture or a block costs, layer by layer.

    Attributes
    ----------
    spec : Spec
    parameters : mapping of str to Value
        The value of every parameter, exact.
    inputs : mapping of str to Shape
    convention : Convention
    layers : tuple of Row
        In the order in which they run.
    totals : Totals
    assumed : tuple of str
        What was taken for granted about symbols ("C ≠ O"), but for receptive fields: see :meth:`assumed_of`.
    exact_rounding : bool
        Whether the rounding of symbols was kept as functions.
    dtype : str
        The type of an element, from which bytes follow.
    shown_by : str, optional
        How its rows are put together where it is shown: one of :data:`GROUPINGS`.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> analyze("mobilenet_v1", alpha=0.5, rho=0.714).totals.madds
    76524800
    """

    shown_as: ClassVar[str] = "report"

    spec: Spec
    parameters: Mapping[str, Value]
    inputs: Mapping[str, Shape]
    convention: Convention
    layers: tuple[Row, ...]
    totals: Totals
    assumed: tuple[str, ...] = ()
    exact_rounding: bool = False
    dtype: str = "fp32"
    shown_by: str | None = None

    @property
    def name(self) -> str:
        """The name under which the spec was asked for: a variant's, or its own."""
        return self.spec.called

    @property
    def reading(self) -> Reading:
        """How its network is read."""
        return self.spec.reading

    @property
    def notes(self) -> tuple[str, ...]:
        """What its spec, or the values of its parameters, say that may be meant otherwise."""
        hiding = (
            f"At {place}, {name} is the file's own; map.{name} is the running tensor's."
            for name, place in self.spec.hiding.items()
        )
        return (
            *self.known_from_below,
            *self._free(),
            *hiding,
            *self._new_symbols(),
            *self._said(),
            *self.spec.notes,
            *self.totals.graph.notes,
        )

    @cached_property
    def unknown(self) -> tuple[Unknown, ...]:
        """The layers whose cost is not known: totals are then at least what they show."""
        return tuple(
            Unknown(node.path, node.layer.called, tuple(name for name in METRICS if name in node.layer.unknown))
            for node in self.totals.graph.nodes
            if node.layer.unknown
        )

    def is_least(self, metric: str, part: Costed | None = None) -> bool:
        """Tell whether a metric is known only from below, because it rests on a cost that is not known.

        A ratio that rests on such a cost is not known at all.
        """
        return resting_on(metric, (self.totals if part is None else part).unknown)

    def wholly_known(self) -> Report:
        """Return the report itself, where every cost in it is known: what is proved of it rests on all of them.

        Raises
        ------
        UndecidedError
        """
        if self.unknown:
            what = f"{self.name} cannot be reasoned about: the cost of {listed(map(str, self.unknown))} is not known"
            raise UndecidedError(Problem(what, None, "a network whose costs are known"))
        return self

    def is_open(self, metric: str, part: Costed) -> bool:
        """Tell whether nothing at all is known of a metric of a part, so that what is counted of it says nothing."""
        rows = part.layers if isinstance(part, Group) else ()
        return bool(rows) and all(resting_on(metric, row.open) for row in rows)

    @property
    def known_from_below(self) -> tuple[str, ...]:
        """The sentence that says which layers' costs are not known; none where all are."""
        if not self.unknown:
            return ()
        layers = "1 layer" if len(self.unknown) == 1 else f"{len(self.unknown)} layers"
        which = listed(map(str, self.unknown))
        return (f"The cost of {layers} is not known: {which}. Totals are at least what is shown.",)

    def _free(self) -> Iterator[str]:
        """Say which layers of unknown cost are taken to cost nothing."""
        nodes = self.totals.graph.nodes
        free = [f"{node.path} ({node.layer.called})" for node in nodes if node.layer.taken_free]
        if free:
            yield f"Assumed free: {listed(free)}."

    def _said(self) -> Iterator[str]:
        """Say which layers' costs are what the file says of them."""
        paths = [node.path for node in self.totals.graph.nodes if node.layer.said and not node.layer.unknown]
        if paths:
            said = "A layer says what it costs and is" if len(paths) == 1 else "Layers say what they cost and are"
            yield f"{said} not counted: {listed(paths)}."

    def _new_symbols(self) -> Iterator[str]:
        """Say which symbols in values are named like a parameter that has another value."""
        values = self.parameters
        found: dict[str, list[str]] = {}
        for where, value in values.items():
            for name in _names_in(value):
                found.setdefault(name, []).append(where)
        for name in {name for shape in self.inputs.values() for side in shape for name in _names_in(side)}:
            found.setdefault(name, ["the input"])
        for name, places in sorted(found.items()):
            if name in values and as_text(values[name]) != name:
                where = ", ".join(places)
                yield f"{name} in {where} is a new symbol, not the parameter {name} = {readable(values[name])}."

    def measure(self, metric: str, part: Costed | None = None) -> Number:
        """Return one of :data:`flopcalc.metrics.METRICS`, exact: in elements, operations, bytes of `dtype`, or pixels.

        Parameters
        ----------
        metric : str
        part : Row or Group, optional
            Of this part alone, for what layers have.

        Raises
        ------
        UnknownNameError
            Where there is no such metric.
        FlopcalcError
            Where there is no such number: a ratio to nothing, a receptive field that is no square.

        Examples
        --------
        >>> from flopcalc import analyze
        >>> report = analyze("pointwise_conv", C=2, O=3, H=4, W=4, dtype="fp16")
        >>> report.measure("mac_bytes"), report.measure("intensity")
        (172, Fraction(48, 43))
        """
        return KNOWN[check_metric(metric)].of(_Read(self, self.totals if part is None else part))

    @cached_property
    def training(self) -> Training | None:
        """What a step of training takes, where the network is read so.

        Raises
        ------
        FlopcalcError
            Where a repeat has a symbolic count.
        """
        if not self.reading.training:
            return None
        try:
            return training_of(self.totals.graph, self.reading.optimizer)
        except Fault as fault:
            raise FlopcalcError(fault.at(None)) from None

    @property
    def symbolic(self) -> bool:
        """Whether any total is a formula."""
        return any(is_symbolic(self.measure(metric)) for metric in METRICS)

    @property
    def receptive_field(self) -> Field:
        """The receptive field of the output, in input pixels; see :class:`flopcalc.field.Field`.

        Raises
        ------
        FlopcalcError
            Where a repeat has a symbolic count, or symbols leave open how far a position sees.

        Examples
        --------
        >>> from flopcalc import analyze
        >>> field = analyze("espnet").receptive_field
        >>> field.side, field.smallest, field.whole
        ((2839, 2839), (2831, 2831), True)
        """
        graph = self.totals.graph
        return self._field_of(graph.real(graph.outputs["output"]))

    def assumed_of(self, metrics: Iterable[str]) -> tuple[str, ...]:
        """Return what is taken for granted about some metrics: `assumed`, and what the network's field takes.

        Raises
        ------
        FlopcalcError
            As for :attr:`receptive_field`, where that is among them.
        """
        seen = not {*metrics}.isdisjoint(FIELDS)
        return tuple(dict.fromkeys(self.assumed + (self.receptive_field.assumed if seen else ())))

    @cached_property
    def assumed_of_all(self) -> tuple[str, ...]:
        """What is taken for granted about the costs and about the fields of all layers, as far as these are known."""
        found = self._fields_or_fault
        fields = [] if isinstance(found, Fault) else [field for field in found.values() if isinstance(field, Field)]
        return tuple(dict.fromkeys([*self.assumed, *(text for field in fields for text in field.assumed)]))

    def field_of(self, row: Row) -> Field:
        """Return the receptive field of what a layer of this report writes.

        Raises
        ------
        FlopcalcError
            As for :attr:`receptive_field`.
        """
        return self._field_of(self._written[id(row)])

    @cached_property
    def _written(self) -> Mapping[int, int]:
        return {id(row): node.output for row, node in zip(self.layers, self.totals.graph.nodes, strict=True)}

    def _field_of(self, tensor: int) -> Field:
        fields = self._fields_or_fault
        found = fields if isinstance(fields, Fault) else fields[tensor]
        if isinstance(found, Fault):
            raise FlopcalcError(found.at(None))
        return found

    @cached_property
    def _fields_or_fault(self) -> Mapping[int, Field | Fault] | Fault:
        try:
            return self.totals.graph.fields(self.totals.arithmetic)
        except Fault as fault:
            return fault

    def bytes(self, elements: Number) -> Number:
        """Return the bytes that `elements` take in the report's data type, packed together; the last one is whole."""
        return self.totals.arithmetic.bytes(elements, DTYPES[self.dtype])

    def by(self, grouping: str) -> tuple[Group, ...]:
        """Return the layers put together by ``layer``, ``block``, ``stage`` or ``kind``.

        Blocks and stages keep the order of the network; kinds are ordered by their share of the FLOPs where
        that is a number.

        Raises
        ------
        UnknownNameError
            For any other word.
        """
        if grouping == "layer":
            return tuple(Group(row.cost, row.flops, row.path, (row,)) for row in self.layers)
        if grouping == "block":
            return _gathered((rows[0].block, row) for rows in self.followed for row in rows)
        if grouping == "stage":
            return _gathered((row.stage, row) for row in self.layers)
        if grouping == "kind":
            groups = _gathered((row.label, row) for row in self.layers)
            if all(is_rational(group.flops) and is_rational(group.mac) for group in groups):
                return tuple(sorted(groups, key=lambda group: (-group.flops, -group.mac)))
            return groups
        raise UnknownNameError(
            Problem(f"rows cannot be grouped by `{grouping}`", None, ", ".join(GROUPINGS), suggest(grouping, GROUPINGS))
        )

    @cached_property
    def followed(self) -> tuple[tuple[Row, ...], ...]:
        """The layers, each with the norms, activations and dropouts that people read as part of it."""
        members: list[list[Row]] = []
        for row in self.layers:
            before = members[-1][-1] if members else None
            if row.follows and before is not None and before.parent == row.parent and before.output == row.output:
                members[-1].append(row)
            else:
                members.append([row])
        return tuple(tuple(rows) for rows in members)

    def counted(
        self, convention: Convention | None = None, metric: str = "flops", *, written: str | None = None
    ) -> tuple[Counted, ...]:
        """Return what a convention makes of every layer, each with the rule by which it does, in the layers' order.

        Parameters
        ----------
        convention : Convention, optional
            The report's own where it is not given.
        metric : str
            flops, params or activations.
        written : str, optional
            Count every layer as if it were written so; "" for each layer's usual way. The difference from what is
            counted without it follows from how the reference implementation is written, not from the architecture.

        Raises
        ------
        SpecError
            Where a rule has no value.

        Examples
        --------
        >>> from flopcalc import analyze
        >>> from flopcalc.convention import load_convention
        >>> report, thop = analyze("mobilenet_v2"), load_convention("thop")
        >>> sum(each.value for each in report.counted(thop))
        327486720
        >>> sum(each.value for each in report.counted(thop, written=""))
        327550720
        """
        graph, arithmetic = self.totals.graph, self.totals.arithmetic
        own = convention or self.convention
        return tuple(own.counted(node, graph, arithmetic, metric, written=written) for node in graph.nodes)


@dataclass(frozen=True, slots=True)
class _Read:
    """What a report's metrics are read off: its totals, or what a part of it costs."""

    report: Report
    costed: Costed

    def quantity(self, name: str) -> Number:
        return self.costed.quantity(name)

    def bytes(self, elements: Number) -> Number:
        return self.report.bytes(elements)

    def peak_memory(self) -> Number:
        return self.report.totals.peak_memory

    def seen(self, *, most: bool) -> tuple[Number, ...]:
        field = self.report.receptive_field
        return field.side if most else field.smallest

    def written(self) -> Shape:
        graph = self.report.totals.graph
        return graph.shapes[graph.outputs["output"]]


@dataclass(frozen=True, slots=True)
class GraphCounts:
    """What metrics are read off where there is a graph and no report: each layer is counted when it is asked for.

    Attributes
    ----------
    graph : Graph
    convention : Convention
    arithmetic : Arithmetic
    dtype : str
    add : callable
        How the layers' numbers are added, which may be numbers that are recorded.
    """

    graph: Graph
    convention: Convention
    arithmetic: Arithmetic
    dtype: str = "fp32"
    add: Callable[[Iterable[Number]], Number] = total

    def quantity(self, name: str) -> Number:
        """Return one of :data:`flopcalc.cost.QUANTITIES`, or ``flops``, of all layers together."""
        nodes = self.graph.nodes
        if name == "flops":
            return self.add(self.convention.counted(node, self.graph, self.arithmetic).value for node in nodes)
        return self.add(getattr(node.cost, name) for node in nodes)

    def bytes(self, elements: Number) -> Number:
        """Return the bytes that elements take."""
        return self.arithmetic.bytes(elements, DTYPES[self.dtype])

    def peak_memory(self) -> Number:
        """Return the peak memory in the file's order, in elements; a Fault where a repeat's count is a symbol."""
        return self.graph.peak_memory(self.arithmetic)

    def seen(self, *, most: bool) -> tuple[Number, ...]:
        """Return height and width of the receptive field; a Fault where symbols leave it open."""
        field = self.graph.receptive_field(self.arithmetic)
        return field.side if most else field.smallest

    def written(self) -> Shape:
        """Return the output's shape."""
        return self.graph.shapes[self.graph.outputs["output"]]


def share(part: Number, whole: Number) -> Number | None:
    """Return part / whole, or None where the whole is 0.

    Examples
    --------
    >>> share(1, 4)
    Fraction(1, 4)
    """
    return None if whole == 0 else divide(part, whole)


def _gathered(named: Iterable[tuple[str, Row]]) -> tuple[Group, ...]:
    members: dict[str, list[Row]] = {}
    for name, row in named:
        members.setdefault(name, []).append(row)
    return tuple(
        Group(add_up(row.cost for row in rows), total(row.flops for row in rows), name, tuple(rows))
        for name, rows in members.items()
    )


def make_report(
    spec: Spec,
    graph: Graph,
    parameters: Mapping[str, Value],
    convention: Convention,
    arithmetic: Arithmetic,
    dtype: str = "fp32",
    order: str = "file",
) -> Report:
    """Return the report of a graph under a convention; `order` is one of :data:`ORDERS`.

    Raises
    ------
    FlopcalcError
        Where the best order is asked for and a size or the count of a repeat is a formula.
    """
    if order == "best":
        try:
            graph.sizes()
        except Fault as fault:
            raise FlopcalcError(fault.at(None)) from None
    stages = _stages(graph)
    rows: list[Row] = []
    for node in graph.nodes:
        shapes = graph.input_shapes(node)
        layer = node.layer
        counted = convention.counted(node, graph, arithmetic)
        rows.append(
            Row(
                cost=node.cost,
                flops=counted.value,
                path=node.path,
                kind=layer.reported_kind,
                label=layer.label(shapes),
                operation=layer.summary(shapes) + (f", shares {node.shares}" if node.shares else ""),
                inputs=shapes,
                output=graph.shapes[node.output],
                attributes=layer.values(),
                count=node.count,
                block=node.unit,
                stage=stages[node.unit],
                follows=layer.follows,
                written=node.form,
                rule=counted.rule,
                shares=node.shares,
                open=layer.unknown,
            )
        )
    totals = Totals(
        add_up(row.cost for row in rows),
        total(row.flops for row in rows),
        graph=graph,
        arithmetic=arithmetic,
        order=order,
    )
    return Report(
        spec=spec,
        parameters=parameters,
        inputs={label: graph.shapes[tensor] for label, tensor in graph.inputs.items()},
        convention=convention,
        layers=tuple(rows),
        totals=totals,
        assumed=tuple(arithmetic.assumed),
        exact_rounding=arithmetic.exact_rounding,
        dtype=dtype,
    )


def _map_of(shape: Shape) -> str:
    """Return the size of a map as the name of a stage.

    Examples
    --------
    >>> _map_of((64, 56, 56)), _map_of((192, 197)), _map_of((1000,))
    ('56×56', 'length 197', 'features')
    """
    sides = [str(side) for side in shape[1:]]
    return "×".join(sides) if len(sides) > 1 else f"length {sides[0]}" if sides else "features"


def _stages(graph: Graph) -> dict[str, str]:
    """Return the stage of every unit: its named group, or else the size of the map that it writes.

    Neighbours of one size are one stage; where a size comes back later, as in a decoder, it is numbered. A learned
    tensor, which reads nothing, is of the stage that reads it.
    """
    last: dict[str, tuple[str, Shape, bool]] = {}
    for node in graph.nodes:
        last[node.unit] = (node.stage, graph.shapes[node.output], not node.inputs)
    stages: dict[str, str] = {}
    seen: dict[str, int] = {}
    previous = ""
    waiting: list[str] = []
    for unit, (named, shape, learned) in last.items():
        waiting.append(unit)
        if learned and not named and unit != next(reversed(last)):
            continue
        base = named or _map_of(shape)
        if base != previous:
            seen[base] = seen.get(base, 0) + 1
            previous = base
        stage = base if seen[base] == 1 or named else f"{base} ({seen[base]})"
        stages.update(dict.fromkeys(waiting, stage))
        waiting.clear()
    return stages
