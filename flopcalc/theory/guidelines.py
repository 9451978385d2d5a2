"""ShuffleNetV2's four guidelines on a network: what each layer's widths, groups, pieces and element-wise work cost.

G1 equal channel widths minimise memory access cost; G2 excessive group convolution increases it; G3 network
fragmentation reduces the degree of parallelism; G4 element-wise operations are non-negligible. What is compared:

- G1: a convolution's MAC with the least at the same FLOPs, kernel and groups
  (:mod:`flopcalc.theory.bounds.convolution`).
  Depthwise convolutions have no widths to choose and are left out.
  A depthwise convolution with a multiplier has widths to choose, its groups held like others.
- G2: a group convolution's MAC with that of an ungrouped one of the same FLOPs and the same ratio of its channels, as
  in the paper's Table 2: both widths divided by √g, so that the weights stay as they are. Equation 2 holds the input's
  channels instead, and c2/g channels leave; that is :attr:`Grouping.input_held`. Depthwise convolutions are group
  convolutions too, but the paper discusses them as element-wise operations: they are counted here as their own kind,
  and what they cost stands in G4.
- G3: convolutions and pools of each building block, and with a group convolution taken as g smaller ones; the branches
  that meet; the longest chain of layers of which each waits for the one before, and how many layers there are for each
  link of it. A depthwise convolution is one piece.
- G4: activations, norms, additions, multiplications, depthwise convolutions, and concatenations and channel shuffles,
  which the paper counts in section 3 when it merges them. A bias belongs to its convolution.

Source: Ma et al. 2018, arXiv:1807.11164, sections 2 and 3.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from flopcalc.analysis import analyze
from flopcalc.building.fusing import norms_to_fold
from flopcalc.dataclass import dataclass
from flopcalc.graph import Graph, Node
from flopcalc.layers import Layer
from flopcalc.layers.activation import Activation
from flopcalc.layers.merge import Add, Concat, Multiply
from flopcalc.layers.norm import Norm
from flopcalc.layers.reshape import ChannelShuffle, Slice, Split
from flopcalc.number import Number, divide, expanded, is_rational, normal, total
from flopcalc.report import Report, Row, share
from flopcalc.shown import Shown
from flopcalc.spec.model import Spec
from flopcalc.theory.bounds.convolution import LeastMac, least_mac_of, nearest_root, root_up

__all__ = [
    "ELEMENTWISE",
    "GUIDELINES",
    "MANY_PIECES",
    "Audit",
    "Block",
    "Elementwise",
    "Finding",
    "Grouping",
    "Item",
    "Run",
    "Width",
    "audit",
    "audit_of",
    "leading",
]

GUIDELINES = ("g1", "g2", "g3", "g4")
"""The names of the guidelines, in the paper's order."""

ELEMENTWISE = ("norm", "activation", "add", "multiply", "depthwise", "concat", "channel shuffle")
"""The kinds of element-wise operations."""

MANY_PIECES = 3
"""A block of more convolutions and pools than these is a finding: the paper's example of few is ResNet, with 2 or 3."""


@dataclass(frozen=True, slots=True)
class Width:
    """G1: a convolution beside the least memory access cost at its FLOPs.

    Attributes
    ----------
    row : Row
    least : LeastMac
        Of one turn.
    excess : Number
        What it costs above the least, in elements, over all turns.
    given : bool
        Whether it reads a network's own input, the channels of which nobody chooses.
    """

    row: Row
    least: LeastMac
    excess: Number
    given: bool = False


@dataclass(frozen=True, slots=True)
class Grouping:
    """G2: a group convolution beside an ungrouped one of the same FLOPs.

    Attributes
    ----------
    row : Row
    groups : Number
    depthwise : bool
        Whether it has as many groups as channels, in and out; it is then compared with nothing.
    ungrouped : Number
        The MAC of one turn with g = 1 and both widths divided by √g, rounded up to whole elements.
    input_held : Number
        The MAC of one turn with g = 1, the same input and c2/g output channels: the paper's equation 2.
    excess : Number
        What the groups cost above `ungrouped`, in elements, over all turns; 0 for a depthwise convolution.
    least : LeastMac
        The convolution itself, of one turn.
    """

    row: Row
    groups: Number
    depthwise: bool
    ungrouped: Number
    input_held: Number
    excess: Number
    least: LeastMac

    @property
    def ungrouped_widths(self) -> tuple[Number, Number]:
        """The widths (c1, c2)/√g of the ungrouped convolution, in whole channels where they are numbers."""
        widths = self.least.c1, self.least.c2
        if all(is_rational(value) for value in (*widths, self.groups)):
            return tuple(nearest_root(divide(c * c, self.groups)) for c in widths)  # type: ignore[return-value]
        from sympy import sqrt

        return tuple(normal(c / sqrt(self.groups)) for c in widths)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Block:
    """G3: a building block, and how far its work is in pieces.

    Attributes
    ----------
    name : str
    rows : tuple of Row
    operations : Number
        Convolutions, linear layers and pools.
    pieces : Number
        The same, with a group convolution counted as its g smaller ones.
    branches : int, optional
        The most tensors that meet in one of its merges; an identity is a branch. None where a repeat's count is a
        symbol.
    layers : Number
        Layers that read or write memory.
    chain : int, optional
        How many of them stand in the longest chain in which each waits for the one before; None where a repeat's count
        is a symbol.
    """

    name: str
    rows: tuple[Row, ...]
    operations: Number
    pieces: Number
    branches: int | None
    layers: Number
    chain: int | None

    @property
    def parallelism(self) -> Number | None:
        """Layers for each link of the longest chain."""
        return None if self.chain is None else divide(self.layers, self.chain)


@dataclass(frozen=True, slots=True)
class Elementwise:
    """G4: an element-wise operation, of one of the kinds of :data:`ELEMENTWISE`.

    Attributes
    ----------
    row : Row
    kind : str
    folds : bool
        Whether it is a norm that can be folded into the layer before it, for inference.
    """

    row: Row
    kind: str
    folds: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """G4: a concatenation and the channel shuffle behind it, which one operation could do, and a split after them.

    Attributes
    ----------
    rows : tuple of Row
        The concatenation and the shuffle.
    split : bool
        Whether the channels are split right behind.
    saved : Number
        Elements that need not be read and written when one operation does all.
    """

    rows: tuple[Row, ...]
    split: bool
    saved: Number


Item = Width | Grouping | Block | Elementwise | Run
AnyItem = TypeVar("AnyItem", Width, Grouping, Block, Elementwise, Run)


@dataclass(frozen=True, slots=True)
class Finding:
    """What offends against a guideline: one layer, or several that are alike.

    Attributes
    ----------
    guideline : str
        One of :data:`GUIDELINES`.
    items : tuple
        The layers or blocks, in the order of the network.
    count : Number
        How many there are, repeats counted.
    cost : Number, optional
        Elements of memory access: what G1 and G2 would save at the same FLOPs, what G4 reads and writes. None for G3,
        which costs parallelism.
    share : Number, optional
        `cost` as a part of the network's MAC.
    """

    guideline: str
    items: tuple[Item, ...]
    count: Number
    cost: Number | None
    share: Number | None

    @property
    def first(self) -> Item:
        """The first of its layers or blocks."""
        return self.items[0]

    @property
    def paths(self) -> tuple[str, ...]:
        """Where its layers or blocks stand."""
        return tuple(_path(item) for item in self.items)


@dataclass(frozen=True, repr=False)
class Audit(Shown):
    """A network under the four guidelines.

    Attributes
    ----------
    report : Report
        What it costs.
    widths : tuple of Width
        G1: every convolution but the depthwise ones.
    groupings : tuple of Grouping
        G2: every group convolution, the depthwise ones among them.
    blocks : tuple of Block
        G3: every building block with a convolution or a pool.
    elementwise : tuple of Elementwise
        G4: every element-wise operation.
    runs : tuple of Run
        G4: concatenations and channel shuffles that could be one operation.
    whole : Block
        G3: the network as one block.

    Examples
    --------
    >>> found = audit("shufflenet_v1")
    >>> len(found.grouped), found.excess_of_groups
    (31, 1756509)
    """

    shown_as: ClassVar[str] = "audit"

    report: Report
    widths: tuple[Width, ...]
    groupings: tuple[Grouping, ...]
    blocks: tuple[Block, ...]
    elementwise: tuple[Elementwise, ...]
    runs: tuple[Run, ...]
    whole: Block

    # -- G1 ----------------------------------------------------------------------------------------------------------

    @cached_property
    def excess_of_widths(self) -> Number:
        """Elements that the convolutions cost above the least at the same FLOPs."""
        return total(width.excess for width in self.widths)

    @property
    def uneven(self) -> tuple[Width, ...]:
        """The convolutions that cost more than the least."""
        return tuple(width for width in self.widths if width.excess != 0)

    @property
    def steepest(self) -> Number | None:
        """The largest ratio of two widths of a convolution, whichever is larger; None for symbols and without any.

        Where the channels that enter are the network's input, nobody chose them: :attr:`steepest_at_input` has these.
        """
        return _steepest(width for width in self.widths if not width.given)

    @property
    def steepest_at_input(self) -> Number | None:
        """The same of the convolutions that read the network's own input, as a stem does."""
        return _steepest(width for width in self.widths if width.given)

    # -- G2 ----------------------------------------------------------------------------------------------------------

    @property
    def grouped(self) -> tuple[Grouping, ...]:
        """The group convolutions that are not depthwise."""
        return tuple(item for item in self.groupings if not item.depthwise)

    @property
    def depthwise(self) -> tuple[Grouping, ...]:
        """The depthwise convolutions."""
        return tuple(item for item in self.groupings if item.depthwise)

    @cached_property
    def excess_of_groups(self) -> Number:
        """Elements that the group convolutions cost above ungrouped ones of the same FLOPs."""
        return total(item.excess for item in self.grouped)

    # -- G3 ----------------------------------------------------------------------------------------------------------

    @property
    def pieces(self) -> Number | None:
        """Convolutions and pools of a block, groups counted, on average; None without blocks."""
        return divide(total(block.pieces for block in self.blocks), len(self.blocks)) if self.blocks else None

    @property
    def operations(self) -> Number | None:
        """Convolutions and pools of a block, on average; None without blocks."""
        return divide(total(block.operations for block in self.blocks), len(self.blocks)) if self.blocks else None

    # -- G4 ----------------------------------------------------------------------------------------------------------

    @cached_property
    def mac_of_elementwise(self) -> Number:
        """Elements that the element-wise operations read and write."""
        return total(item.row.mac for item in self.elementwise)

    def mac_of(self, kind: str) -> Number:
        """Return what one kind of element-wise operation reads and writes, in elements."""
        return total(item.row.mac for item in self.elementwise if item.kind == kind)

    def count_of(self, kind: str) -> Number:
        """Return how many operations of one element-wise kind there are."""
        return total(item.row.count for item in self.elementwise if item.kind == kind)

    @property
    def layers_of_elementwise(self) -> Number:
        """How many element-wise operations there are."""
        return total(item.row.count for item in self.elementwise)

    @property
    def mac_per_madd(self) -> tuple[Number | None, Number | None]:
        """Elements of memory access for each multiply-add: of depthwise convolutions, and of the others."""
        kinds = ([item.row for item in self.depthwise], [item.row for item in self.widths])
        deep, other = (share(total(r.mac for r in rows), total(r.madds for r in rows)) for rows in kinds)
        return deep, other

    @property
    def saved_by_merging(self) -> Number:
        """Elements that need not move where concatenation, channel shuffle and split become one operation."""
        return total(run.saved for run in self.runs)

    def share(self, part: Number) -> Number | None:
        """Return a part of the network's MAC, as a fraction of 1; None where there is no MAC at all."""
        return share(part, self.report.totals.mac)

    # -- findings ----------------------------------------------------------------------------------------------------

    @cached_property
    def ranked(self) -> bool:
        """Whether all costs are numbers, so that the findings can be ranked."""
        return all(finding.cost is None or is_rational(finding.cost) for finding in self._unranked)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What offends against the guidelines: the dearest first, and G3, which has no price in MAC, last.

        Where a cost is a formula they cannot be ranked and keep the network's order.
        """
        if self.ranked:
            return tuple(sorted(self._unranked, key=_rank))
        places = {row.path: index for index, row in enumerate(self.report.layers)}
        return tuple(sorted(self._unranked, key=lambda finding: places[_rows(finding.first)[0].path]))

    @cached_property
    def _unranked(self) -> tuple[Finding, ...]:
        widths = _alike(self.uneven, lambda item: (item.row.operation, item.least, item.given))
        grouped = _alike(self.grouped, lambda item: (item.row.operation, item.row.inputs, item.row.output))
        blocks = _alike(self.blocks, lambda b: (b.operations, b.pieces, b.branches, b.layers, b.chain))
        runs = _alike(self.runs, lambda run: run.split)
        merged = {id(row) for run in self.runs for row in run.rows}
        kinds = _alike([e for e in self.elementwise if id(e.row) not in merged], lambda item: (item.kind, item.folds))
        return (
            *(self._finding("g1", like, total(item.excess for item in like)) for like in widths),
            *(self._finding("g2", like, total(item.excess for item in like)) for like in grouped),
            *(Finding("g3", like, len(like), None, None) for like in blocks if _is_fragmented(like[0])),
            *(self._finding("g4", like, total(row.mac for run in like for row in run.rows)) for like in runs),
            *(self._finding("g4", like, total(item.row.mac for item in like)) for like in kinds),
        )

    def _finding(self, guideline: str, items: Sequence[Item], cost: Number) -> Finding:
        count = total(_rows(item)[0].count for item in items)
        return Finding(guideline, tuple(items), count, cost, self.share(cost))


def _steepest(widths: Iterable[Width]) -> Number | None:
    """Return the largest ratio of two widths, None where one is a formula and where there are none."""
    ratios = []
    for width in widths:
        c1, c2 = width.least.c1, width.least.c2
        if not (is_rational(c1) and is_rational(c2)):
            return None
        ratios.append(divide(max(c1, c2), min(c1, c2)))
    return max(ratios, default=None)


def leading(findings: Sequence[Finding], most: int) -> tuple[Finding, ...]:
    """Return the first findings, but the first of every guideline among them where there is room for one of each."""
    if len(findings) <= most:
        return tuple(findings)
    firsts: dict[str, int] = {}
    for index, finding in enumerate(findings):
        firsts.setdefault(finding.guideline, index)
    kept = sorted(firsts.values())[:most]
    kept += [index for index in range(len(findings)) if index not in kept][: most - len(kept)]
    return tuple(findings[index] for index in sorted(kept))


def _is_fragmented(block: Block) -> bool:
    return not is_rational(block.pieces) or block.pieces > MANY_PIECES


def _rank(finding: Finding) -> tuple[bool, Number, Number]:
    """Sort by cost; what has no price in MAC by the pieces that there are in all."""
    if finding.cost is not None:
        return (False, -finding.cost, 0)
    first = finding.first
    pieces = first.pieces if isinstance(first, Block) and is_rational(first.pieces) else 0
    return (True, -pieces * finding.count, 0)


def _alike(items: Iterable[AnyItem], key: Callable[[AnyItem], Hashable]) -> list[tuple[AnyItem, ...]]:
    """Put together what has the same figures, in the order in which it is met."""
    groups: dict[Hashable, list[AnyItem]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return [tuple(group) for group in groups.values()]


def _rows(item: Item) -> tuple[Row, ...]:
    return item.rows if isinstance(item, (Block, Run)) else (item.row,)


def _path(item: Item) -> str:
    if isinstance(item, Block):
        return item.name
    return _rows(item)[0].path


# -- from a report ---------------------------------------------------------------------------------------------------


def audit(spec_or_name: Spec | str | Path, **parameters: Any) -> Audit:
    """Apply ShuffleNetV2's four guidelines to a network or a block.

    Parameters
    ----------
    spec_or_name : Spec, str or Path
        As in :func:`flopcalc.analyze`.
    **parameters
        The spec's parameters, and the other arguments of :func:`flopcalc.analyze`.

    Returns
    -------
    Audit
        Figures are ``int`` or ``Fraction`` where all is known, sympy expressions where symbols are free.

    Raises
    ------
    FlopcalcError
        As :func:`flopcalc.analyze` does, and where a repeat with a symbolic count has no closed form.

    Examples
    --------
    >>> found = audit("pointwise_conv")
    >>> found.excess_of_widths
    -2*sqrt(C)*H*sqrt(O)*W + C*H*W + H*O*W
    >>> audit("mobilenet_v2").findings[0].guideline
    'g4'
    """
    return audit_of(analyze(spec_or_name, **parameters))


def audit_of(report: Report) -> Audit:
    """Apply the guidelines to a report's layers.

    Raises
    ------
    FlopcalcError
        Where the figure of a layer, summed over a repeat with a symbolic count, has no closed form.
    """
    graph = report.totals.graph
    placed = tuple(zip(graph.nodes, report.layers, strict=True))
    alone = any(report.spec.free_names())  # a block that is run alone has the shape of its input free
    entering = set() if alone else set(graph.inputs.values())
    widths: list[Width] = []
    groupings: list[Grouping] = []
    elementwise: list[Elementwise] = []
    folded = {norm.path for _, norm in norms_to_fold(graph)}
    for node, row in placed:
        least = least_mac_of(node.layer, row.inputs, row.output, node.batch)
        if least is not None and not least.tied:
            given = graph.real(node.inputs[0]) in entering
            widths.append(Width(row, least, node.summed(least.excess), given))
        if least is not None and (least.tied or least.groups != 1):
            groupings.append(_grouping(node, row, least))
        kind = _kind(node.layer, least)
        if kind is not None and row.mac != 0:
            elementwise.append(Elementwise(row, kind, node.path in folded))
    return Audit(
        report=report,
        widths=tuple(widths),
        groupings=tuple(groupings),
        blocks=_blocks(placed, graph, report.name if alone else None),
        elementwise=tuple(elementwise),
        runs=_runs(placed, graph),
        whole=_block(report.name, placed, graph),
    )


def _grouping(node: Node, row: Row, least: LeastMac) -> Grouping:
    """Compare a group convolution with ungrouped ones of the same FLOPs."""
    groups = least.groups
    maps = least.read * least.c1 + least.written * least.c2
    if is_rational(maps) and is_rational(groups) and is_rational(least.weights):
        ungrouped = normal(least.weights + root_up(divide(maps * maps, groups)))
    else:
        from sympy import sqrt

        ungrouped = normal(maps / sqrt(groups) + least.weights)
    held = expanded(least.read * least.c1 + divide(least.written * least.c2, groups) + least.weights)
    excess: Number = 0 if least.tied else node.summed(expanded(least.actual - ungrouped))
    return Grouping(row, groups, least.tied, ungrouped, held, excess, least)


def _kind(layer: Layer, least: LeastMac | None) -> str | None:
    """Return the kind of an element-wise operation, None for other layers."""
    if least is not None:
        return "depthwise" if least.tied else None
    for kind, classes in _KINDS.items():
        if isinstance(layer, classes):
            return kind
    return None


_KINDS: Mapping[str, type[Layer]] = {
    "norm": Norm,
    "activation": Activation,
    "add": Add,
    "multiply": Multiply,
    "concat": Concat,
    "channel shuffle": ChannelShuffle,
}

Placed = tuple[Node, Row]


def _blocks(placed: Sequence[Placed], graph: Graph, alone: str | None) -> tuple[Block, ...]:
    """Return the building blocks that have a convolution or a pool; one that is run alone is a single block."""
    members: dict[str, list[Placed]] = {}
    for node, row in placed:
        if alone is not None:
            members.setdefault(alone, []).append((node, row))
        elif node.path != node.unit:
            members.setdefault(node.unit, []).append((node, row))
    blocks = (_block(name, inside, graph) for name, inside in members.items())
    return tuple(block for block in blocks if block.operations != 0)


def _block(name: str, placed: Sequence[Placed], graph: Graph) -> Block:
    operations: list[Number] = []
    pieces: list[Number] = []
    layers: list[Number] = []
    branches, chain = 1, 0
    laid_out = True
    depths: dict[int, int] = {}
    for node, row in placed:
        layer = node.layer
        if layer.contracts or "pool" in layer.families:
            least = least_mac_of(layer, row.inputs, row.output, node.batch)
            groups = 1 if least is None or least.tied else least.groups
            operations.append(node.count)
            pieces.append(node.count * groups)
        if not node.view:
            layers.append(node.count)
        if isinstance(layer, (Add, Concat, Multiply)):
            branches = max(branches, len(node.inputs))
        before = max((depths.get(graph.real(tensor), 0) for tensor in node.inputs), default=0)
        depths[node.output] = before + (not node.view)
        chain = max(chain, depths[node.output])
        laid_out = laid_out and not node.turns
    rows = tuple(row for _, row in placed)
    figures = total(operations), total(pieces), branches if laid_out else None, total(layers)
    return Block(name, rows, *figures, chain if laid_out else None)


def _runs(placed: Sequence[Placed], graph: Graph) -> tuple[Run, ...]:
    """Find the concatenations that nothing reads but a channel shuffle."""
    readers: dict[int, list[Placed]] = {}
    for node, row in placed:
        for tensor in node.inputs:
            readers.setdefault(graph.real(tensor), []).append((node, row))
    leaving = {graph.real(tensor) for tensor in graph.outputs.values()}
    runs: list[Run] = []
    for node, row in placed:
        behind = readers.get(node.output, [])
        if not isinstance(node.layer, Concat) or len(behind) != 1 or node.output in leaving:
            continue
        follower, shuffle = behind[0]
        if isinstance(follower.layer, ChannelShuffle):
            last = readers.get(follower.output, [])
            split = bool(last) and all(isinstance(reader.layer, (Slice, Split)) for reader, _ in last)
            # Both move the same elements: one that does both reads and writes them once.
            runs.append(Run((row, shuffle), split, shuffle.mac))
    return tuple(runs)
