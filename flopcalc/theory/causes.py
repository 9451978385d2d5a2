"""Why a claim is likely wrong: slips that textbooks and notes make, each tried and told only where it explains exactly.

A slip is a way to count some layers differently: groups left out, K² on a 1×1, the input's size for the output's. The
layers' own formulas are asked again under the slip, and the claim must be what comes out, as an identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import TypeAlias

from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.graph import Graph, Node, summed_over
from flopcalc.layers import Layer, Shape
from flopcalc.layers.conv import Conv, Depthwise, Windowed
from flopcalc.layers.reshape import Split
from flopcalc.metrics import COUNTED, METRICS
from flopcalc.number import Number, divide, expanded, is_rational, normal, product, total
from flopcalc.report import Report
from flopcalc.theory.equivalence import evaluated, is_zero, symbols_of
from flopcalc.theory.textbook import textbook

__all__ = ["Cause", "Words", "explain", "explain_ratio"]

Words: TypeAlias = "tuple[str | Number, ...]"
"""A sentence with formulas in it."""

MOST_LAYERS = 8
"""Of how many layers every choice is tried; of more, all, each alone and each pair."""

MOST_CAUSES = 3
"""How many causes are told."""

_FAR_FETCHED = ("kernel-left-out", "kernel-not-squared", "layer-left-out", "layer-twice", "split-left-out")
"""Slips that nobody is taken to have made together with another: such sums come out by chance."""

_LEARNED = ("params", "weights")
"""The metrics to which a layer that shares its parameters adds nothing."""

_PRIMES = (101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197)


@dataclass(frozen=True, slots=True)
class Cause:
    """A slip that turns the count into the claim.

    Attributes
    ----------
    kind : str
        A word for programs: ``groups-left-out``, ``factor``, ``other-metric`` …
    words : Words
        What happened, for people.
    """

    kind: str
    words: Words


@dataclass(frozen=True, slots=True)
class _Change:
    """What one layer's count gains under a slip."""

    node: Node
    gain: Number


@dataclass(frozen=True, slots=True)
class _Slip:
    """A way to count wrongly: its word, what is said of it, and the layers that it changes."""

    kind: str
    say: str
    changes: tuple[_Change, ...]
    together: bool = False
    """Whether it is made for all its layers or for none."""
    never_all: bool = False
    """Whether, made for all of them, it is another slip."""


def explain(report: Report, metric: str, actual: Number, claimed: Number) -> tuple[Cause, ...]:
    """Return the slips that turn `metric` of a report into the claim, the simplest first.

    Parameters
    ----------
    report : Report
    metric : str
        One of :data:`flopcalc.metrics.COUNTED`.
    actual, claimed : Number

    Examples
    --------
    >>> from flopcalc import analyze
    >>> report = analyze("resnext_bottleneck")
    >>> actual = report.totals.flops
    >>> without = analyze("resnet_bottleneck").totals.flops
    >>> [cause.kind for cause in explain(report, "flops", actual, without)]
    ['groups-left-out']
    """

    def found() -> Iterator[Sequence[Cause]]:
        yield tuple(_of_the_whole(report, metric, actual, claimed))
        yield _of_layers(report, metric, claimed - actual, "")
        yield _of_symbols(actual, claimed)
        yield tuple(_with_a_factor(report, metric, actual, claimed))

    return _first(found()) or tuple(_of_another_metric(report, metric, claimed))


def explain_ratio(
    above: Report, below: Report, metric: str, upper: Number, lower: Number, claimed: Number
) -> tuple[Cause, ...]:
    """Return the slips that turn the ratio of two reports' metric into the claim."""

    def found() -> Iterator[Sequence[Cause]]:
        actual = divide(upper, lower)
        if is_zero(claimed * actual - 1):
            yield (Cause("inverted", (f"it is the ratio of {below.name} to {above.name}",)),)
        for metric_too in ("params", "weights", "flops", "madds", "mac", "activations"):
            if metric_too != metric:
                other = _quantity(above, metric_too), _quantity(below, metric_too)
                if other[1] != 0 and is_zero(claimed * other[1] - other[0]):
                    yield (Cause("other-metric", (f"true of {metric_too}",)),)
        yield _of_layers(above, metric, claimed * lower - upper, f"in {above.name}, ")
        if claimed != 0:
            yield _of_layers(below, metric, divide(upper, claimed) - lower, f"in {below.name}, ")
            yield _in_both(above, below, metric, upper, lower, claimed)
        yield _of_symbols(actual, claimed)

    return _first(found())


NAMES = {name: METRICS[name].label for name in COUNTED}
"""What the counts of layers are called in a sentence."""


def _first(found: Iterable[Sequence[Cause]]) -> tuple[Cause, ...]:
    causes: dict[str, Cause] = {}
    for several in found:
        for cause in several:
            causes.setdefault(cause.kind, cause)
            if len(causes) == MOST_CAUSES:
                return tuple(causes.values())
    return tuple(causes.values())


# -- slips of the whole count ----------------------------------------------------------------------------------------


def _of_the_whole(report: Report, metric: str, actual: Number, claimed: Number) -> Iterator[Cause]:
    for other in NAMES:
        value = _quantity(report, other)
        same_count = {metric, other} == {"flops", "madds"}
        if other != metric and not same_count and value != 0 and is_zero(claimed - value):
            yield Cause("other-metric", _other_metric(report, metric, other))
            break
    ratio = _constant(claimed, actual)
    if ratio == 2:
        yield Cause("factor-2", ("a multiply-add is counted as two operations",))
    elif ratio == Fraction(1, 2):
        yield Cause("factor-2", ("a multiply-add is counted as half an operation, or one of two parts is left out",))


def _other_metric(report: Report, metric: str, other: str) -> Words:
    """Say of which metric a claim is true, and what the one that was asked for adds."""
    words: list[str | Number] = [f"true of {other}"]
    costs = [(node, node.cost) for node in report.totals.graph.nodes]
    if {metric, other} == {"params", "weights"}:
        norms = total(cost.params - cost.weights - cost.biases for _, cost in costs)
        biases = total(cost.biases for _, cost in costs)
        parts = [(value, of) for value, of in ((norms, "norm"), (biases, "bias")) if value != 0]
        verb = "add" if metric == "params" else "leave out"
        for index, (value, of) in enumerate(parts):
            words += [f"; {metric} {verb} " if index == 0 else " and ", textbook(value), f" of {of}"]
    return tuple(words)


def _constant(claimed: Number, actual: Number) -> Number | None:
    """Return claimed / actual where that is one number for all values, other than 0 and 1."""
    if is_rational(claimed) and is_rational(actual):
        return None
    if claimed == 0 or actual == 0:
        return None
    names = symbols_of(claimed, actual)
    point = _point(names)
    above, below = _value(claimed, point), _value(actual, point)
    if not above or not below or above == below:
        return None
    ratio = normal(above / below)
    return ratio if is_zero(claimed - ratio * actual) else None


def _with_a_factor(report: Report, metric: str, actual: Number, claimed: Number) -> Iterator[Cause]:
    """Try the layers' slips again for a claim that counts a multiply-add as two operations besides."""
    if metric not in ("flops", "madds") or is_rational(claimed):
        return
    for cause in _of_layers(report, metric, claimed / 2 - actual, ""):
        if cause.kind not in _FAR_FETCHED:
            yield Cause(cause.kind, ("a multiply-add is counted as two operations, and ", *cause.words))


def _of_another_metric(report: Report, metric: str, claimed: Number) -> Iterator[Cause]:
    """Find a slip in the count of another metric, where none in the one that was asked for explains the claim."""
    for other in ("weights", "params", "madds"):
        if other == metric or {other, metric} == {"flops", "madds"}:
            continue
        for cause in _of_layers(report, other, claimed - _quantity(report, other), ""):
            words = (f"it is about {other}, and ", *cause.words)
            yield Cause("other-metric", words)
            return


def _of_symbols(actual: Number, claimed: Number) -> Sequence[Cause]:
    """Find a symbol that was written for another: two that changed places, or one in the other's place."""
    names = symbols_of(actual, claimed)
    if is_rational(actual) or len(names) > MOST_LAYERS:
        return ()
    point = _point(names)
    wanted = _value(claimed, point)
    for one, other in combinations(names, 2):
        for put, words in (
            ({one: other, other: one}, (one, " and ", other, " have changed places")),
            ({one: other}, (other, " stands for ", one)),
            ({other: one}, (one, " stands for ", other)),
        ):
            moved = {name: point[put.get(name, name)] for name in names}
            if wanted is not None and _value(actual, moved) != wanted:
                continue
            if is_zero(actual.subs(put, simultaneous=True) - claimed):
                return (Cause("symbols-exchanged", words),)
    return ()


# -- slips of some layers --------------------------------------------------------------------------------------------


def _of_layers(report: Report, metric: str, gap: Number, where: str) -> Sequence[Cause]:
    """Return the slips whose gains on some layers add up to `gap`, exactly."""
    causes: list[Cause] = []
    told: list[Sequence[_Change]] = []
    for slip in _slips(report, metric):
        chosen = _chosen(slip, gap)
        if chosen is not None and chosen not in told:
            told.append(chosen)
            causes.append(Cause(slip.kind, _said(slip, chosen, where)))
            if len(causes) == MOST_CAUSES:
                break
    return causes


def _in_both(
    above: Report, below: Report, metric: str, upper: Number, lower: Number, claimed: Number
) -> Sequence[Cause]:
    """Find one slip that was made in both sides of a ratio."""
    others = {slip.kind: slip for slip in _slips(below, metric)}
    for slip in _slips(above, metric):
        other = others.get(slip.kind)
        if other is None:
            continue
        top = upper + total(change.gain for change in slip.changes)
        bottom = lower + total(change.gain for change in other.changes)
        if bottom != 0 and is_zero(claimed * bottom - top):
            return (Cause(slip.kind, ("on both sides, ", slip.say)),)
    return ()


def _said(slip: _Slip, chosen: Sequence[_Change], where: str) -> Words:
    """Say what happened, and in which layers where it is not all of very many."""
    names = [change.node.path.rpartition(".")[2] for change in chosen]
    shown = names if len({*names}) == len(names) else [change.node.path for change in chosen]
    if len(shown) > 4:
        return (f"{where}{slip.say} ({len(shown)} layers)",)
    return (f"{where}{slip.say} ({', '.join(shown)})",)


def _chosen(slip: _Slip, gap: Number) -> Sequence[_Change] | None:
    """Return the layers on which the slip makes up for the gap; a point is tried before the identity is proved."""
    changes = [change for change in slip.changes if change.gain != 0]
    if not changes:
        return None
    names = symbols_of(gap, *(change.gain for change in changes))
    point = _point(names)
    wanted = _value(gap, point)
    gains = [_value(change.gain, point) for change in changes]
    if wanted is None or any(gain is None for gain in gains):
        return None
    sizes: Iterable[int] = (len(changes),)
    if not slip.together:
        sizes = (len(changes), *range(1, len(changes) if len(changes) <= MOST_LAYERS else 3))
    if slip.never_all:
        sizes = tuple(size for size in sizes if size < len(changes))
    for size in sizes:
        for positions in combinations(range(len(changes)), size):
            if sum(gains[position] for position in positions) != wanted:  # type: ignore[misc]
                continue
            chosen = [changes[position] for position in positions]
            if is_zero(gap - total(change.gain for change in chosen)):
                return chosen
    return None


@dataclass(frozen=True, slots=True)
class _Miscount:
    """What the layers of a report gain in a metric where they are counted in other ways."""

    report: Report
    metric: str
    nodes: Sequence[Node]
    convs: Sequence[Node]

    @property
    def graph(self) -> Graph:
        """The layers with the tensors between them."""
        return self.report.totals.graph

    def recount(self, node: Node, layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> _Change:
        """Count a layer as another one, or on other maps."""
        report, metric = self.report, self.metric
        try:
            return _Change(node, _of_one(report, metric, node, layer, inputs, output) - _own(report, metric, node))
        except Fault:
            return _Change(node, 0)  # what cannot be counted was not counted by anybody else

    def under(self, change: Callable[[Node], Layer | None]) -> tuple[_Change, ...]:
        """Count convolutions as other ones."""
        changed = ((node, change(node)) for node in self.convs)
        return tuple(
            self.recount(node, layer, self.graph.input_shapes(node), self.graph.shapes[node.output])
            for node, layer in changed
            if layer is not None
        )

    def on_maps(self, choose: Callable[[Shape, Shape], tuple[Shape, Shape] | None]) -> tuple[_Change, ...]:
        """Count layers on other maps than those that they read and write."""
        alone = (node for node in self.nodes if len(node.inputs) == 1)
        chosen = ((node, choose(self.graph.input_shapes(node)[0], self.graph.shapes[node.output])) for node in alone)
        return tuple(
            self.recount(node, node.layer, (shapes[0],), shapes[1]) for node, shapes in chosen if shapes is not None
        )

    def times(self, factor: Callable[[Node], Number | None], among: Sequence[Node]) -> tuple[_Change, ...]:
        """Multiply the counts of layers."""
        found = []
        for node in among:
            by = factor(node)
            if by is not None and by != 1:
                own = _own(self.report, self.metric, node)
                found.append(_Change(node, expanded(own * by - own)))
        return tuple(found)


def _slips(report: Report, metric: str) -> Iterator[_Slip]:
    """Yield the slips that are tried, the commonest first."""
    nodes = [node for node in report.totals.graph.nodes if node.layer.contracts]
    counted = _Miscount(report, metric, nodes, [node for node in nodes if isinstance(node.layer, Windowed)])
    if metric in _LEARNED:
        yield _Slip(
            "sharing-forgotten",
            "shared parameters are counted again in every layer and turn that uses them",
            tuple(_Change(node, _with_shared(node, metric)) for node in counted.graph.nodes if node.shares),
        )
    yield from _of_groups(counted)
    yield from _of_kernels(counted)
    yield from _of_sizes(counted)
    yield _Slip(
        "dilation-counted", "the span of the dilated kernel is counted; dilation adds no taps", counted.under(_spanned)
    )
    yield _Slip(
        "dilation-counted",
        "the dilation is counted as taps; it adds none",
        counted.times(_dilated_area, counted.convs),
    )
    yield _Slip("layer-left-out", "a layer is left out", counted.times(lambda node: 0, nodes))
    if len(nodes) > 1:
        yield _Slip("layer-twice", "a layer is counted twice", counted.times(lambda node: 2, nodes), never_all=True)
    yield from _extras(report, metric, nodes)


def _of_groups(counted: _Miscount) -> Iterator[_Slip]:
    """Yield the slips over which channels a convolution adds up."""
    graph, convs = counted.graph, counted.convs
    start = graph.shapes[next(iter(graph.inputs.values()))]
    yield _Slip("groups-left-out", "the groups are left out", counted.under(_ungrouped))
    yield _Slip(
        "groups-inverted", "it is multiplied by the groups, which divide it", counted.times(_groups_squared, convs)
    )
    if any(isinstance(node.layer, Split) for node in graph.nodes):
        whole = (_unsplit(node, start, graph.input_shapes(node), graph.shapes[node.output]) for node in convs)
        yield _Slip(
            "split-left-out",
            "the split is forgotten: it is counted with all the channels",
            tuple(counted.recount(*changed) for changed in whole if changed is not None),
        )
    yield _Slip(
        "depthwise-as-full",
        "the depthwise convolution is counted as a full one",
        counted.under(lambda node: _full(node, graph.input_shapes(node), graph.shapes[node.output])),
    )
    for groups in _groups_in(convs):
        yield _Slip(
            "groups-too-many",
            f"it is divided by the groups {groups}, though they are not of this layer",
            (
                *counted.under(lambda node, groups=groups: _grouped(node, groups)),  # type: ignore[misc]
                *counted.times(
                    lambda node, groups=groups: divide(1, groups),  # type: ignore[misc]
                    [node for node in convs if isinstance(node.layer, Depthwise)],
                ),
            ),
        )


def _of_kernels(counted: _Miscount) -> Iterator[_Slip]:
    """Yield the slips over which taps a convolution adds up."""
    convs = counted.convs
    for kernel in dict.fromkeys(node.layer.kernel for node in convs if isinstance(node.layer, Windowed)):
        if kernel != (1, 1):
            shown = "×".join(map(str, kernel))
            yield _Slip(
                "kernel-on-pointwise",
                f"the kernel {shown} is counted on a 1×1 convolution",
                counted.under(lambda node, kernel=kernel: _with_kernel(node, kernel)),  # type: ignore[misc]
            )
    yield _Slip("kernel-left-out", "the kernel is left out", counted.under(lambda node: _with_kernel(node, (1, 1))))
    yield _Slip("kernel-not-squared", "the kernel is not squared", counted.times(_one_over_side, convs))


def _of_sizes(counted: _Miscount) -> Iterator[_Slip]:
    """Yield the slips of the height and width at which a layer runs."""
    graph = counted.graph
    start, end = graph.shapes[next(iter(graph.inputs.values()))], graph.shapes[graph.outputs["output"]]
    said: tuple[tuple[str, str, Callable[[Shape, Shape], tuple[Shape, Shape] | None]], ...] = (
        ("input-size", "it is counted at the size of the layer's input, not of its output", _at_input),
        ("stride-not-squared", "the stride is taken into account on one side of the map alone", _at_one_side),
        (
            "stride-forgotten",
            "the stride is forgotten: it is counted at the size of the map that enters",
            partial(_at, start),
        ),
        ("output-size", "it is counted at the size of the block's output", partial(_at, end)),
    )
    for kind, words, choose in said:
        yield _Slip(kind, words, counted.on_maps(choose))


def _extras(report: Report, metric: str, nodes: Sequence[Node]) -> Iterator[_Slip]:
    """Yield the slips that count biases, norms or element-wise layers that are not there or not counted."""
    graph = report.totals.graph
    unbiased = [node for node in nodes if node.by_itself.cost.biases == 0]
    biased = [node for node in nodes if node.by_itself.cost.biases != 0]
    channels = {id(node): graph.shapes[node.output][0] * node.count for node in nodes}
    counts = metric in ("flops", "madds")
    if counts or metric == "params":
        own = [node for node in unbiased if counts or not node.shares]
        gains = tuple(_Change(node, node.cost.outputs if counts else channels[id(node)]) for node in own)
        yield _Slip("bias-counted", "a bias is counted, and there is none", gains)
    if counts:
        yield _Slip("bias-counted", "the bias is counted", tuple(_Change(n, n.cost.outputs) for n in biased))
        less = tuple(_Change(node, _own(report, metric, node) - node.cost.outputs) for node in nodes)
        yield _Slip(
            "separate-additions", "multiplications and additions are counted by themselves, one addition fewer", less
        )
        with_bias = tuple(_Change(node, _own(report, metric, node) + node.cost.outputs) for node in nodes)
        yield _Slip("factor-2-and-bias", "a multiply-add is counted as two operations, and a bias besides", with_bias)
    if metric == "mac":
        for part, said in (("outputs", "what is written is"), ("inputs", "what is read is"), ("params", "weights are")):
            gains = tuple(_Change(node, -_with_shared(node, part)) for node in nodes)
            yield _Slip(f"{part}-left-out", f"{said} left out", gains)
    if metric in ("params", "mac"):
        read = _with_shared if metric == "mac" else lambda node, part: getattr(node.cost, part)
        yield _Slip("bias-left-out", "the bias is left out", tuple(_Change(n, -read(n, "biases")) for n in biased))
    if metric == "params":
        yield from _of_norms(graph, nodes, channels)
    if counts:
        for kind in dict.fromkeys(node.layer.reported_kind for node in graph.nodes if not node.layer.contracts):
            same = [node for node in graph.nodes if node.layer.reported_kind == kind]
            word = kind.replace("_", " ")
            for each, said in ((1, ""), (2, " with two operations an output")):
                gains = tuple(_Change(node, each * node.cost.outputs - _own(report, metric, node)) for node in same)
                yield _Slip("elementwise-counted", f"the {word} is counted{said}", gains)
        for each in (1, 2):
            gains = tuple(_Change(node, each * node.cost.outputs) for node in nodes)
            said = "one operation" if each == 1 else "two operations"
            yield _Slip("norm-counted", f"a norm of {said} an output is counted, and there is none", gains)


def _of_norms(graph: Graph, nodes: Sequence[Node], channels: Mapping[int, Number]) -> Iterator[_Slip]:
    """Yield the slips that leave out parameters of norms, or count some that they do not learn."""
    norms = [node for node in graph.nodes if node.cost.params != 0 and not node.layer.contracts]
    yield _Slip(
        "norm-left-out",
        "the norms are left out",
        tuple(_Change(node, -node.cost.params) for node in norms),
        together=True,
    )
    yield _Slip(
        "norm-halved",
        "a norm is counted with one parameter a channel, as a bias would be; it has two",
        tuple(_Change(node, divide(-node.cost.params, 2)) for node in norms),
        together=True,
    )
    yield _Slip(
        "running-statistics",
        "the norms' running statistics are counted as parameters",
        tuple(_Change(node, node.cost.params) for node in norms),
        together=True,
    )
    for times, said in (
        () if norms else ((2, "a norm is counted"), (3, "a norm and a bias are counted"), (4, "a norm is counted"))
    ):
        statistics = " with its running statistics" if times == 4 else ""
        yield _Slip(
            "norm-counted",
            f"{said}{statistics}, and there is none",
            tuple(_Change(node, times * channels[id(node)]) for node in nodes if not node.shares),
        )


# -- layers under a slip ---------------------------------------------------------------------------------------------


def _ungrouped(node: Node) -> Layer | None:
    layer = node.layer
    return replace(layer, groups=1) if isinstance(layer, Conv) and layer.groups != 1 else None


def _grouped(node: Node, groups: Number) -> Layer | None:
    layer = node.layer
    return replace(layer, groups=groups) if isinstance(layer, Conv) and layer.groups == 1 else None


def _groups_squared(node: Node) -> Number | None:
    layer = node.layer
    return layer.groups * layer.groups if isinstance(layer, Conv) else None


def _unsplit(
    node: Node, start: Shape, inputs: tuple[Shape, ...], output: Shape
) -> tuple[Node, Layer, tuple[Shape, ...], Shape] | None:
    """Return a layer with as many times the channels as the block has times those that enter it."""
    by = divide(start[0], inputs[0][0])
    if not is_rational(by) or by <= 1:
        return None
    layer = replace(node.layer, out=output[0] * by) if isinstance(node.layer, Conv) else node.layer
    return node, layer, ((start[0], *inputs[0][1:]),), (output[0] * by, *output[1:])


def _groups_in(convs: Sequence[Node]) -> list[Number]:
    found = [node.layer.groups for node in convs if isinstance(node.layer, Conv) and node.layer.groups != 1]
    return list(dict.fromkeys(found))


def _full(node: Node, inputs: tuple[Shape, ...], output: Shape) -> Layer | None:
    layer = node.layer
    if not isinstance(layer, Depthwise):
        return None
    return Conv(out=output[0], kernel=layer.kernel, stride=layer.stride, padding=layer.padding, bias=layer.bias)


def _with_kernel(node: Node, kernel: tuple[Number, ...]) -> Layer | None:
    layer = node.layer
    assert isinstance(layer, Windowed)
    single = all(length == 1 for length in layer.kernel)
    wanted = len(kernel) == len(layer.kernel) and single == any(length != 1 for length in kernel)
    return replace(layer, kernel=kernel) if wanted else None


def _one_over_side(node: Node) -> Number | None:
    layer = node.layer
    assert isinstance(layer, Windowed)
    square = layer.kernel[0] != 1 and all(length == layer.kernel[0] for length in layer.kernel)
    return divide(1, layer.kernel[0]) if square else None


def _spanned(node: Node) -> Layer | None:
    layer = node.layer
    assert isinstance(layer, Windowed)
    if all(step == 1 for step in layer.dilation):
        return None
    spans = tuple([d * (k - 1) + 1 for k, d in zip(layer.kernel, layer.dilation, strict=True)])
    return replace(layer, kernel=spans, dilation=(1,) * len(spans))


def _dilated_area(node: Node) -> Number | None:
    layer = node.layer
    assert isinstance(layer, Windowed)
    return product(*layer.dilation)


def _at_input(read: Shape, written: Shape) -> tuple[Shape, Shape] | None:
    if read[1:] == written[1:]:
        return None
    return read, (written[0], *read[1:])


def _at_one_side(read: Shape, written: Shape) -> tuple[Shape, Shape] | None:
    if len(read) != 3 or len(written) != 3 or read[1] == written[1] or read[2] == written[2]:
        return None
    return read, (written[0], written[1], read[2])


def _at(size: Shape, read: Shape, written: Shape) -> tuple[Shape, Shape] | None:
    if read[1:] == written[1:] == size[1:] or len(read) != len(size) or len(written) != len(size):
        return None
    return (read[0], *size[1:]), (written[0], *size[1:])


# -- counting --------------------------------------------------------------------------------------------------------


def _quantity(report: Report, metric: str) -> Number:
    return report.measure(metric)


def _own(report: Report, metric: str, node: Node) -> Number:
    graph = report.totals.graph
    return _of_one(report, metric, node, node.layer, graph.input_shapes(node), graph.shapes[node.output])


def _of_one(report: Report, metric: str, node: Node, layer: Layer, inputs: tuple[Shape, ...], output: Shape) -> Number:
    """Return a layer's metric on these shapes, over all its turns."""
    if node.shares and metric in _LEARNED:
        return 0
    cost: Cost = layer.cost(inputs, output)
    value: Number
    if metric == "flops":
        try:
            convention, arithmetic = report.convention, report.totals.arithmetic
            value = convention.flops(layer, cost, inputs, arithmetic, written=node.written, output=output)
        except Fault:
            value = 0
    else:
        value = getattr(cost, metric)
    return summed_over(node.turns, value)


def _with_shared(node: Node, part: str) -> Number:
    """Return what a node learns over all its turns, were what it shares its own."""
    return node.by_itself.over_turns(lambda cost: getattr(cost, part)) if node.shares else getattr(node.cost, part)


def _point(names: Sequence[object]) -> dict[object, int]:
    """Return a prime for every symbol, at which formulas that differ are very unlikely to agree."""
    return {name: _PRIMES[index % len(_PRIMES)] + 200 * (index // len(_PRIMES)) for index, name in enumerate(names)}


def _value(formula: Number, point: dict[object, int]) -> Fraction | None:
    """Return a formula's value at a point; None where it is not rational there."""
    try:
        value = evaluated(formula, point)
    except ZeroDivisionError:
        return None
    return Fraction(value) if is_rational(value) else None
