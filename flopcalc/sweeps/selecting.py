"""Which rows of a sweep are kept: those that meet a condition, the Pareto front, the first in an order.

Rows come block by block and most are forgotten at once, so that memory does not grow with the grid.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, one_of, shorten, suggest
from flopcalc.sweeps.axes import Column
from flopcalc.sweeps.blocks import Block
from flopcalc.sweeps.conditions import Condition

__all__ = [
    "MOST_HELD",
    "Front",
    "Key",
    "Ranking",
    "Reduction",
    "Selection",
    "Tally",
    "first_values",
    "joined",
    "kept_of_parts",
    "read_objectives",
    "read_order",
    "selected",
    "selected_of_parts",
    "too_many_to_sort",
]

Array: TypeAlias = Any
Kept = TypeVar("Kept")

MOST_HELD = 2_000_000
"""How many rows are held at once to be sorted."""

_JUDGES = 32
"""How many rows of a front others are held against first."""

_WAYS = {"min": False, "max": True}
_ORDERS = {"asc": False, "desc": True}


@dataclass(frozen=True, slots=True)
class Key:
    """A column, and which of its values come first: the least, or the greatest.

    Attributes
    ----------
    name : str
        A metric, or a parameter that varies.
    greatest : bool
    """

    name: str
    greatest: bool = False

    def of(self, block: Block) -> Array:
        """Return the rows' values as exact numbers, the less the better."""
        array = block.metrics.get(self.name)
        if array is None:
            array = block.parameters[self.name].numerators
        return -array if self.greatest else array


def read_objectives(text: str, names: Sequence[str]) -> tuple[Key, ...]:
    """Read the objectives of a Pareto front.

    Parameters
    ----------
    text : str
        ``max:params,min:flops``.
    names : sequence of str
        The columns that there are.

    Raises
    ------
    ParameterError, UnknownNameError

    Examples
    --------
    >>> read_objectives("max:params,min:flops", ["params", "flops"])
    (Key(name='params', greatest=True), Key(name='flops', greatest=False))
    """
    keys: list[Key] = []
    for item in _items(text):
        way, colon, name = (part.strip() for part in item.partition(":"))
        if not colon or way not in _WAYS:
            what = f"`{shorten(item)}` is no objective"
            hint = f"min:{shorten(item)}" if item in names else "--pareto max:params,min:flops"
            raise ParameterError(Problem(what, None, "max:NAME or min:NAME", hint))
        keys.append(Key(_known(name, names), _WAYS[way]))
    return _once(keys, "--pareto", "max:params,min:flops")


def read_order(text: str, names: Sequence[str]) -> tuple[Key, ...]:
    """Read an order of rows: ``mac``, ``-mac`` or ``mac:desc``, several between commas.

    Raises
    ------
    ParameterError, UnknownNameError

    Examples
    --------
    >>> read_order("-params,mac", ["params", "mac"])
    (Key(name='params', greatest=True), Key(name='mac', greatest=False))
    """
    keys: list[Key] = []
    for item in _items(text):
        name, colon, order = (part.strip() for part in item.partition(":"))
        descending = name.startswith("-")
        if colon and (order not in _ORDERS or descending):
            raise ParameterError(Problem(f"`{shorten(item)}` is no order", None, "NAME, -NAME or NAME:desc", "-mac"))
        keys.append(Key(_known(name[descending:].strip(), names), descending or (bool(colon) and _ORDERS[order])))
    return _once(keys, "--sort", "-mac")


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _known(name: str, names: Sequence[str]) -> str:
    if name in names:
        return name
    what = f"there is no column `{shorten(name)}` to compare"
    raise UnknownNameError(Problem(what, None, one_of(names), suggest(name, names)))


def _once(keys: Sequence[Key], option: str, example: str) -> tuple[Key, ...]:
    if not keys:
        raise ParameterError(Problem(f"{option} names nothing", None, "names between commas", f"{option} {example}"))
    for place, key in enumerate(keys):
        if key.name in (other.name for other in keys[:place]):
            raise ParameterError(Problem(f"{option} names {key.name} twice", None, "every name once"))
    return tuple(keys)


# -- blocks ----------------------------------------------------------------------------------------------------------


def joined(blocks: Sequence[Block]) -> Block:
    """Return rows of one sweep as one block."""
    import numpy as np

    if len(blocks) == 1:
        return blocks[0]
    first = blocks[0]
    return Block(
        first.start,
        {
            name: Column(
                np.concatenate([block.parameters[name].numerators for block in blocks]),
                column.denominator,
                column.words,
            )
            for name, column in first.parameters.items()
        },
        {name: np.concatenate([block.metrics[name] for block in blocks]) for name in first.metrics},
        sum(block.skipped for block in blocks),
    )


class Ranking:
    """The first rows in an order; of equal ones, those that come first in the grid.

    Parameters
    ----------
    keys : sequence of Key
    most : int
        How many rows are kept.
    """

    def __init__(self, keys: Sequence[Key], most: int) -> None:
        self.keys = tuple(keys)
        self.most = most
        self._best: Block | None = None
        self._waiting: list[Block] = []
        self._held = 0

    def add(self, block: Block) -> None:
        """Take rows in, in the grid's order."""
        best = self._best
        if best is not None and len(best) == self.most:
            key = self.keys[0].of(block)
            least = self.keys[0].of(best)[-1]
            block = block.take(key <= least if len(self.keys) > 1 else key < least)
        if len(block):
            self._waiting.append(block)
            self._held += len(block)
            if self._held > max(self.most, 1 << 16):
                self._settle()

    def _settle(self) -> None:
        import numpy as np

        rows = ([] if self._best is None else [self._best]) + self._waiting
        if rows:
            block = joined(rows)
            order = np.lexsort([key.of(block) for key in reversed(self.keys)])  # stable: the grid's order among equals
            self._best = block.take(order[: self.most])
        self._waiting, self._held = [], 0

    def result(self) -> Block | None:
        """Return the rows in their order; None where there are none."""
        self._settle()
        return self._best


class Front:
    """The Pareto front: the rows that no other row equals or betters in every objective, with one better.

    Of rows with the same values in every objective the first one in the grid stands for all.

    Parameters
    ----------
    keys : sequence of Key

    Examples
    --------
    >>> from flopcalc.sweeps import sweep
    >>> front = Front(read_objectives("max:params,min:madds", ["params", "madds"]))
    >>> for block in sweep("mobilenet_v1", {"alpha": "0.5,1", "rho": "4/7,1"}, ["params", "madds"]):
    ...     front.add(block)
    >>> front.result().metrics["madds"].tolist()
    [186400768, 49160192]
    """

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = tuple(keys)
        self._rows: Block | None = None
        self._costs: list[Array] = []

    def add(self, block: Block) -> None:
        """Take rows in, in the grid's order."""
        costs = [key.of(block) for key in self.keys]
        new = _changes(costs)
        block, costs = block.take(new), [cost[new] for cost in costs]
        if self._rows is not None and len(self.keys) > 1:
            new = self._undominated(costs) if len(self.keys) == 2 else self._unbeaten(costs)
            block, costs = block.take(new), [cost[new] for cost in costs]
        if not len(block):
            return
        rows = block if self._rows is None else joined([self._rows, block])
        together = [_stacked(pair) for pair in zip(self._costs, costs, strict=True)] if self._costs else costs
        kept = _front(together)
        self._rows, self._costs = rows.take(kept), [cost[kept] for cost in together]

    def _undominated(self, costs: Sequence[Array]) -> Array:
        """Return which rows the two-sided front so far, in the order of its first side, does not reach already."""
        import numpy as np

        first, second = self._costs
        place = np.searchsorted(first, costs[0], side="right") - 1
        return (place < 0) | (second[np.maximum(place, 0)] > costs[1])

    def _unbeaten(self, costs: Sequence[Array]) -> Array:
        """Return which rows none of some of the front so far equals or betters: most rows end here, at little cost."""
        import numpy as np

        found = np.ones(len(costs[0]), bool)
        step = -(-len(self) // _JUDGES)
        for judge in zip(*(cost[::step] for cost in self._costs), strict=True):
            beaten = np.ones(len(found), bool)
            for cost, best in zip(costs, judge, strict=True):
                beaten &= cost >= best
            found &= ~beaten
        return found

    def __len__(self) -> int:
        return 0 if self._rows is None else len(self._rows)

    def result(self) -> Block | None:
        """Return the front, the best of its first objective first; None where there were no rows."""
        if self._rows is None:
            return None
        import numpy as np

        return self._rows.take(np.lexsort([*reversed(self._costs)]))


def _changes(costs: Sequence[Array]) -> Array:
    """Return which rows differ from the row before: neighbours in a grid are often the same network."""
    import numpy as np

    found = np.zeros(len(costs[0]), bool)
    found[:1] = True
    for cost in costs:
        found[1:] |= cost[1:] != cost[:-1]
    return found


def _stacked(pair: tuple[Array, Array]) -> Array:
    import numpy as np

    return np.concatenate(pair)


def _front(costs: Sequence[Array]) -> Array:
    """Return the indices of the undominated rows; with two objectives in the order of the first."""
    import numpy as np

    if len(costs) <= 2:
        order = np.lexsort([*reversed(costs)])
        last = costs[-1][order]
        if len(costs) == 1:
            return order[:1]
        before = np.minimum.accumulate(last)
        return order[np.concatenate([[True], last[1:] < before[:-1]])]
    if len(costs) == 3:
        return _front_of_three(costs)
    order = np.argsort(sum(cost.astype(np.float64) for cost in costs), kind="stable")  # decides how fast, not what
    table = np.stack([cost[order] for cost in costs], axis=1)
    place = 0
    while place < len(table):
        better = (table < table[place]).any(axis=1)
        better[place] = True
        order, table = order[better], table[better]
        place = int(np.count_nonzero(better[:place])) + 1
    return np.sort(order)


def _front_of_three(costs: Sequence[Array]) -> Array:
    """Return the indices of the undominated rows, in order.

    Rows are taken by their first cost. Of those so far the second and third costs' front is a staircase, on which a row
    is looked up: the method of Kung, Luccio & Preparata 1975, doi:10.1145/321906.321910.
    """
    import numpy as np

    order = np.lexsort([*reversed(costs)])
    seconds: list[Any] = []  # ascending, and the thirds with them descending
    thirds: list[Any] = []
    kept: list[int] = []
    for place, second, third in zip(order.tolist(), costs[1][order].tolist(), costs[2][order].tolist(), strict=True):
        after = bisect_right(seconds, second)
        if after and thirds[after - 1] <= third:
            continue
        begin = after - 1 if after and seconds[after - 1] == second else after
        while after < len(thirds) and thirds[after] >= third:
            after += 1
        seconds[begin:after], thirds[begin:after] = [second], [third]
        kept.append(place)
    return np.sort(np.array(kept, np.intp))


# -- what a user asks for --------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """How many configurations were evaluated, refused by the analysis, and kept by the condition, so far.

    At the end, `front` is how many rows the whole Pareto front has, where one is asked for.
    """

    evaluated: int = 0
    refused: int = 0
    met: int = 0
    front: int = 0

    def add(self, other: Tally) -> None:
        """Count what another tally has counted of its part; a part's front is not the whole one's."""
        self.evaluated += other.evaluated
        self.refused += other.refused
        self.met += other.met


@dataclass(frozen=True)
class Selection:
    """What is kept of a sweep, in the order in which it is asked: the condition, the front, the order, the first few.

    Attributes
    ----------
    condition : Condition, optional
    front : tuple of Key
        The objectives of a Pareto front; empty for all rows.
    order : tuple of Key
        Empty for the grid's order.
    most : int, optional
        How many rows are kept at the end.
    """

    condition: Condition | None = None
    front: tuple[Key, ...] = ()
    order: tuple[Key, ...] = ()
    most: int | None = None

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns that it needs."""
        read = self.condition.metrics if self.condition is not None else ()
        return tuple(dict.fromkeys([*read, *(key.name for key in (*self.front, *self.order))]))

    @property
    def streams(self) -> bool:
        """Whether rows come out before all are in."""
        return not self.front and not self.order


@dataclass(frozen=True)
class Reduction:
    """What can be selected of a part of a grid by itself, where the part is computed.

    Of a front's or a ranking's rows only those of their own part's can be in the whole one's.
    """

    selection: Selection

    @classmethod
    def of(cls, selection: Selection) -> Reduction | None:
        """Return how a selection is begun part by part; None where every row is kept."""
        if selection.front:
            return cls(Selection(selection.condition, selection.front))
        if selection.order and selection.most is not None:
            return cls(Selection(selection.condition, (), selection.order, selection.most))
        return cls(Selection(selection.condition)) if selection.condition is not None else None

    def __call__(self, blocks: Iterable[Block]) -> tuple[tuple[Block, ...], Tally]:
        """Return the rows that are kept of a part, and how many there were."""
        tally = Tally()
        return tuple(selected(blocks, self.selection, tally)), tally


def selected_of_parts(
    parts: Iterable[tuple[tuple[Block, ...], Tally]],
    selection: Selection,
    tally: Tally,
    watch_front: Callable[[Block], None] | None = None,
) -> Iterator[Block]:
    """Yield the rows that are kept, as :func:`selected` does, of parts that :class:`Reduction` has gone through."""
    left = Selection(None, selection.front, selection.order, selection.most)

    def watched(front: Block) -> None:
        tally.front = len(front)
        if watch_front is not None:
            watch_front(front)

    return selected(kept_of_parts(parts, tally), left, Tally(), None, watched)


def kept_of_parts(parts: Iterable[tuple[tuple[Kept, ...], Tally]], tally: Tally) -> Iterator[Kept]:
    """Yield what was kept of each part, and count its rows in `tally`."""
    for kept, part in parts:
        tally.add(part)
        yield from kept


def selected(
    blocks: Iterable[Block],
    selection: Selection,
    tally: Tally,
    watch: Callable[[Block], None] | None = None,
    watch_front: Callable[[Block], None] | None = None,
) -> Iterator[Block]:
    """Yield the rows that are kept, and count in `tally`.

    `watch` is shown all rows that meet the condition, `watch_front` the whole front.

    Raises
    ------
    FlopcalcError
        Where more than :data:`MOST_HELD` rows would have to be sorted.
    """
    kept = _meeting(blocks, selection.condition, tally, watch)
    if selection.front:
        front = Front(selection.front)
        for block in kept:
            front.add(block)
        tally.front = len(front)
        found = front.result()
        if found is not None and watch_front is not None:
            watch_front(found)
        kept = iter(() if found is None else (found,))
    if selection.order:
        ranking = Ranking(selection.order, selection.most or MOST_HELD)
        rows = 0
        for block in kept:
            rows += len(block)
            if selection.most is None and rows > MOST_HELD:
                raise too_many_to_sort()
            ranking.add(block)
        found = ranking.result()
        kept = iter(() if found is None else (found,))
    left = selection.most
    for block in kept:
        if left is not None and len(block) >= left:
            yield block.take(slice(0, left))
            return
        left = None if left is None else left - len(block)
        if len(block):
            yield block


def too_many_to_sort(rows: int | None = None) -> FlopcalcError:
    """Return what is said where more rows would have to be sorted than are held."""
    what = f"{rows:,} rows" if rows is not None else f"more than {MOST_HELD:,} rows"
    return ParameterError(Problem(f"{what} cannot be sorted in memory", None, f"at most {MOST_HELD:,}", "--top 20"))


def _meeting(
    blocks: Iterable[Block], condition: Condition | None, tally: Tally, watch: Callable[[Block], None] | None
) -> Iterator[Block]:
    for block in blocks:
        tally.evaluated += len(block) + block.skipped
        tally.refused += block.skipped
        rows = block if condition is None else block.take(condition.mask(block))
        tally.met += len(rows)
        if watch is not None:
            watch(rows)
        yield rows


def first_values(axes: Mapping[str, Sequence[Any]]) -> dict[str, Column]:
    """Return a column of one value for each axis, which knows all of its words."""
    return {
        name: axis.column(0, 1) if hasattr(axis, "column") else Column.of(list(axis)[:1]) for name, axis in axes.items()
    }
