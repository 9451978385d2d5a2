"""Two graphs of layers aligned: which layer of one is which of the other, whatever their names and their order.

Layers with the same ancestors and the same descendants are the same; then those with the same ancestors, and those with
the same descendants, the more alike on their other side the sooner. What is left is aligned as sequences, each stretch
between layers that are found already, and at last by what stands beside layers that are found. Every step takes time
that grows linearly with the layers, but for the stretches, whose weighing is bounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.difference.meaning import Meaning

__all__ = ["MOST_CELLS", "Placed", "Read", "aligned"]

MOST_CELLS = 1_000_000
"""How many pairs of layers are weighed in one stretch; a longer one is weighed around its diagonal alone."""

_Near: TypeAlias = "Sequence[tuple[list[list[int]], list[list[int]]]]"
"""For each side, numbers for what is above each layer and for what is below, for every distance."""

_FARTHEST = 8
"""How far the other side of a layer is looked at, where its ancestors or its descendants are the same."""

_MOST_BESIDE = 64
"""How many layers are looked at that stand beside one that is found."""

_FAR = 4
"""From how far on its neighbourhood alone tells what a layer is."""

_SAME, _ALIKE, _RELATED, _BESIDE, _NAMED = 8.0, 2.0, 1.0, 1.0, 0.5
"""What a pair is worth: of one meaning, one kind, related kinds; more for each neighbour that is found, or a name."""

Read: TypeAlias = "tuple[int, tuple[str, ...]]"
"""What is read: the number of the layer that writes it, or −1 − the number of an input; and which part of it."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A layer in its place, as it is aligned.

    Attributes
    ----------
    meaning : Meaning
    related : tuple of str
        Its name and families: kinds that share one may stand for each other.
    reads : tuple of Read
    commutes : bool
        Whether the order of what it reads means nothing.
    leaves : tuple of str
        What it is called where it leaves the network.
    path : str
        Its name, which decides where nothing else does.
    """

    meaning: Meaning
    related: tuple[str, ...]
    reads: tuple[Read, ...]
    commutes: bool = False
    leaves: tuple[str, ...] = ()
    path: str = ""


class _Side:
    """One of the graphs: its layers, who reads each, and which of the other's each was found to be."""

    def __init__(self, layers: Sequence[Placed], labels: Sequence[int]) -> None:
        self.layers = layers
        self.labels = labels
        self.partner: list[int | None] = [None] * len(layers)
        self.readers: list[list[tuple[int, int, tuple[str, ...]]]] = [[] for _ in layers]
        for number, layer in enumerate(layers):
            for place, (written, part) in enumerate(layer.reads):
                if written >= 0:
                    self.readers[written].append((number, -1 if layer.commutes else place, part))

    def neighbours(self, number: int) -> Iterable[int]:
        yield from (written for written, _ in self.layers[number].reads if written >= 0)
        yield from (reader for reader, _, _ in self.readers[number])

    @property
    def left(self) -> list[int]:
        return [number for number, partner in enumerate(self.partner) if partner is None]


def aligned(first: Sequence[Placed], second: Sequence[Placed]) -> list[int | None]:
    """Return for each layer of the first graph the number of the second's that it is; None where there is none.

    Examples
    --------
    >>> def chain(*kinds):
    ...     return [Placed(Meaning(kind, {}), (kind,), ((number - 1, ()),)) for number, kind in enumerate(kinds)]
    >>> aligned(chain("conv", "norm", "relu"), chain("conv", "relu"))
    [0, None, 1]
    """
    numbers: dict[Hashable, int] = {}
    one, two = (
        _Side(layers, [_numbered(numbers, layer.meaning.key) for layer in layers]) for layers in (first, second)
    )
    up, down = (
        [_ancestors(side, numbers) for side in (one, two)],
        [_descendants(side, numbers) for side in (one, two)],
    )
    near = [_around(side, numbers) for side in (one, two)]
    above, below = ([[side[place][radius] for side in near] for radius in range(_FARTHEST + 1)] for place in (0, 1))
    _take(one, two, *_both(up, down))
    for far in reversed(below):
        _take(one, two, *_both(up, far))
    for far in reversed(above):
        _take(one, two, *_both(down, far), backward=True)
    for radius in range(_FARTHEST, _FAR - 1, -1):
        _take(one, two, *_both(above[radius], below[radius]), counts=True)
    _spread(one, two, near, exact=True)
    for mine, others in _stretches(one, two):
        for number, other in _weighed(one, two, mine, others):
            _pair(one, two, number, other)
    _spread(one, two, near, exact=True)
    _spread(one, two, near, exact=False)
    return one.partner


def _both(above: Sequence[Sequence[int]], below: Sequence[Sequence[int]]) -> Iterator[list[Hashable]]:
    """Yield for each side what its layers are found by, of two numbers each."""
    for one, other in zip(above, below, strict=True):
        yield [*zip(one, other, strict=True)]


def _numbered(numbers: dict[Hashable, int], key: Hashable) -> int:
    return numbers.setdefault(key, len(numbers))


def _pair(one: _Side, two: _Side, number: int, other: int) -> None:
    one.partner[number], two.partner[other] = other, number


# -- what layers are found by ----------------------------------------------------------------------------------------


def _ancestors(side: _Side, numbers: dict[Hashable, int]) -> list[int]:
    """Return a number for everything that each layer follows from."""
    found: list[int] = []
    for number, layer in enumerate(side.layers):
        read = [
            (found[written] if 0 <= written < number else min(written, 0) - 1, part) for written, part in layer.reads
        ]
        found.append(_numbered(numbers, ("up", side.labels[number], tuple(sorted(read) if layer.commutes else read))))
    return found


def _descendants(side: _Side, numbers: dict[Hashable, int]) -> list[int]:
    """Return a number for everything that follows from each layer, itself included."""
    found = [-1] * len(side.layers)
    for number in reversed(range(len(side.layers))):
        read = sorted((found[reader], place, part) for reader, place, part in side.readers[number])
        key = ("down", side.labels[number], tuple(read), side.layers[number].leaves)
        found[number] = _numbered(numbers, key)
    return found


def _around(side: _Side, numbers: dict[Hashable, int]) -> tuple[list[list[int]], list[list[int]]]:
    """Return numbers for what is above each layer, and for what is below: for 0 layers far, 1, and so on."""
    up = down = [_numbered(numbers, ("at", label)) for label in side.labels]
    ups, downs = [up], [down]
    for _ in range(_FARTHEST):
        above: list[int] = []
        below: list[int] = []
        for number, layer in enumerate(side.layers):
            read = [(up[written] if written >= 0 else written, part) for written, part in layer.reads]
            above.append(_numbered(numbers, ("up", up[number], tuple(sorted(read) if layer.commutes else read))))
            readers = sorted((down[reader], place, part) for reader, place, part in side.readers[number])
            below.append(_numbered(numbers, ("down", down[number], tuple(readers), layer.leaves)))
        up, down = above, below
        ups.append(up)
        downs.append(down)
    return ups, downs


def _take(
    one: _Side,
    two: _Side,
    mine: Sequence[Hashable],
    others: Sequence[Hashable],
    *,
    backward: bool = False,
    counts: bool = False,
) -> None:
    """Pair layers of one key, each with the one beside its neighbour's partner, or else in order.

    With `counts`, a key of which one side has more is left alone.
    """
    keyed: dict[Hashable, dict[int, None]] = defaultdict(dict)
    for other in reversed(two.left) if backward else two.left:
        keyed[others[other]][other] = None
    left = one.left
    if counts:
        counted: dict[Hashable, int] = defaultdict(int)
        for number in left:
            counted[mine[number]] += 1
        left = [number for number in left if counted[mine[number]] == len(keyed.get(mine[number], ()))]
    for number in reversed(left) if backward else left:
        candidates = keyed.get(mine[number])
        if candidates:
            near = (other for other in _beside(one, two, number, backward) if other in candidates)
            other = next(near, next(iter(candidates)))
            del candidates[other]
            _pair(one, two, number, other)


def _beside(one: _Side, two: _Side, number: int, backward: bool) -> Iterator[int]:
    """Return the first of the layers of the second graph that stand to a found neighbour as this one does."""
    return islice(_standing(one, two, number, backward), _MOST_BESIDE)


def _standing(one: _Side, two: _Side, number: int, backward: bool) -> Iterator[int]:
    if backward:
        for reader, place, _ in one.readers[number]:
            partner = one.partner[reader]
            if partner is not None:
                reads = two.layers[partner].reads
                yield from (reads[place][0],) if 0 <= place < len(reads) else (written for written, _ in reads)
        return
    for written, _ in one.layers[number].reads:
        partner = one.partner[written] if written >= 0 else None
        if partner is not None:
            yield from (reader for reader, _, _ in two.readers[partner])


# -- what is left ----------------------------------------------------------------------------------------------------


def _stretches(one: _Side, two: _Side) -> list[tuple[list[int], list[int]]]:
    """Return what is left of both graphs in stretches between the same layers, those that share most first."""
    mine, others = _pieces(one, lambda number: one.partner[number]), _pieces(two, lambda number: number)
    having: dict[Hashable, list[int]] = defaultdict(list)
    for place, (_, edges) in enumerate(others):
        for edge in edges:
            having[edge].append(place)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    met: dict[Hashable, int] = defaultdict(int)
    for place, (_, edges) in enumerate(mine):
        for edge in edges:
            first = max(0, met[edge] - _MOST_BESIDE // 2)
            met[edge] += 1
            for other in having.get(edge, [])[first : first + _MOST_BESIDE]:
                shared[place, other] += 1

    def worth(pair: tuple[int, int]) -> tuple[float, int, int]:
        (numbers, edges), (rest, ends) = mine[pair[0]], others[pair[1]]
        labels = {one.labels[number] for number in numbers} & {two.labels[number] for number in rest}
        return (-shared[pair] / len(edges | ends) - len(labels) / (1 + len(numbers) + len(rest)), *pair)

    found: list[tuple[list[int], list[int]]] = []
    taken: tuple[set[int], set[int]] = (set(), set())
    for place, other in sorted(shared, key=worth):
        if place not in taken[0] and other not in taken[1]:
            taken[0].add(place)
            taken[1].add(other)
            found.append((mine[place][0], others[other][0]))
    return found


def _pieces(side: _Side, known: Callable[[int], int | None]) -> list[tuple[list[int], set[Hashable]]]:
    """Return the layers that are left, those that touch together, each piece with the layers around it."""
    pieces: list[tuple[list[int], set[Hashable]]] = []
    seen: set[int] = set()
    for start in side.left:
        if start in seen:
            continue
        seen.add(start)
        piece, waiting, edges = [start], [start], set[Hashable]()
        while waiting:
            number = waiting.pop()
            layer = side.layers[number]
            edges.update(("input", written) for written, _ in layer.reads if written < 0)
            edges.update(("output", label) for label in layer.leaves)
            above = {written for written, _ in layer.reads if written >= 0}
            for near in side.neighbours(number):
                if side.partner[near] is not None:
                    edges.add(("above" if near in above else "below", known(near)))
                elif near not in seen:
                    seen.add(near)
                    piece.append(near)
                    waiting.append(near)
        pieces.append((_in_order(side, piece), edges))
    return pieces


def _in_order(side: _Side, piece: list[int]) -> list[int]:
    """Return layers in an order of execution, not the file's: branch by branch, by what they begin with."""
    inside = {*piece}
    waits = {number: len({w for w, _ in side.layers[number].reads if w in inside}) for number in sorted(piece)}
    ready = sorted((number for number, count in waits.items() if count <= 0), key=lambda number: -side.labels[number])
    order: list[int] = []
    while ready:
        number = ready.pop()
        order.append(number)
        after: list[int] = []
        for reader in dict.fromkeys(reader for reader, _, _ in side.readers[number] if reader in inside):
            waits[reader] -= 1
            if waits[reader] == 0:
                after.append(reader)
        ready += sorted(after, key=lambda number: -side.labels[number])
    return order if len(order) == len(piece) else sorted(piece)


def _weighed(one: _Side, two: _Side, mine: list[int], others: list[int]) -> list[tuple[int, int]]:
    """Return the pairs of two sequences that are worth most together, in order.

    Source: Needleman and Wunsch 1970, doi:10.1016/0022-2836(70)90057-4, with gaps that cost nothing; of long sequences
    in a band around the diagonal.
    """
    known: dict[tuple[int, int], float] = {}

    def worth(number: int, other: int) -> float:
        pair = (one.labels[number], two.labels[other])
        if pair not in known:
            known[pair] = _worth(one.layers[number], two.layers[other])
        return known[pair]

    beside = _found_beside(one, two, mine, {*others})
    rows, columns = len(mine), len(others)
    half = columns if rows * columns <= MOST_CELLS else max(8, MOST_CELLS // (2 * rows))
    best: list[dict[int, float]] = [{}]
    ways: list[dict[int, int]] = [{}]
    for row in range(1, rows + 1):
        middle = row * columns // rows
        low, high = max(1, middle - half), min(columns, middle + half)
        before, line, way = best[-1], dict[int, float](), dict[int, int]()
        for column in range(low, high + 1):
            pair = (mine[row - 1], others[column - 1])
            value = worth(*pair)
            if value:
                value += beside.get(pair, 0.0) + _NAMED * (one.layers[pair[0]].path == two.layers[pair[1]].path)
            choices = (
                (before.get(column, 0.0), 1),
                (line.get(column - 1, 0.0), 2),
                (before.get(column - 1, 0.0) + value if value else -1.0, 3),
            )
            line[column], way[column] = max(choices, key=lambda choice: choice[0])
        best.append(line)
        ways.append(way)
    pairs: list[tuple[int, int]] = []
    row, column = rows, columns
    while row and column:
        step = ways[row].get(column, 2 if column > row * columns // rows else 1)
        if step == 3:
            pairs.append((mine[row - 1], others[column - 1]))
        row, column = row - (step != 2), column - (step != 1)
    return pairs[::-1]


def _found_beside(one: _Side, two: _Side, mine: list[int], others: set[int]) -> dict[tuple[int, int], float]:
    """Return what pairs are worth more that stand beside layers that are found: after the same, before the same."""
    found: dict[tuple[int, int], float] = defaultdict(float)
    for number in mine:
        for backward in (False, True):
            for other in {*_beside(one, two, number, backward)} & others:
                found[number, other] += _BESIDE
    return found


def _spread(one: _Side, two: _Side, near: _Near, *, exact: bool) -> None:
    """Pair what is left with what stands to layers that are found as it does, and has the same meaning or kind.

    Of several the one is taken that is alike the farthest on its other side.
    """

    def fits(number: int, other: int) -> bool:
        if exact:
            return one.labels[number] == two.labels[other]
        return one.layers[number].meaning.kind == two.layers[other].meaning.kind

    def alike(number: int, other: int, levels: tuple[list[list[int]], list[list[int]]]) -> int:
        return sum(mine[number] == theirs[other] for mine, theirs in zip(*levels, strict=True))

    for backward in (False, True):
        levels = (near[0][1 - backward], near[1][1 - backward])
        for number in reversed(one.left) if backward else one.left:
            found = [
                (-alike(number, other, levels), place, other)
                for place, other in enumerate(_beside(one, two, number, backward))
                if other >= 0 and two.partner[other] is None and fits(number, other)
            ]
            if found:
                _pair(one, two, number, min(found)[2])


def _worth(one: Placed, other: Placed) -> float:
    """Return what it is worth that two layers are one: nothing where their kinds are not related."""
    if one.meaning.kind != other.meaning.kind:
        return _RELATED if {*one.related} & {*other.related} else 0.0
    if one.meaning.key == other.meaning.key:
        return _SAME
    names = {*one.meaning.attributes, *other.meaning.attributes, "padding"}
    differing = [*one.meaning.differing(other.meaning)]
    return _ALIKE + (_SAME - _ALIKE) * (len(names) - len(differing)) / (1 + len(names))
