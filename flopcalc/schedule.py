"""The order of execution that needs the least memory: an exact search over the sets of layers that may have run.

What is alive depends on which layers have run and not on their order, so an order is a path through these sets, and
its peak is the greatest step of the path. The search takes the path of least peak first. Networks are chains of small
pieces: a layer that every other one comes before or after cuts the order in two, and each piece is searched alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush
from itertools import pairwise

from flopcalc.dataclass import dataclass

__all__ = ["MOST_STEPS", "Order", "Task", "least_peak"]

MOST_STEPS = 4_000_000
"""How many times a layer is looked at for one network: some seconds."""


@dataclass(frozen=True, slots=True)
class Task:
    """A layer as the search sees it: the memories that it reads, each once, and the one that it writes."""

    reads: tuple[int, ...]
    writes: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order of execution.

    Attributes
    ----------
    peak : int
        The most that is alive at once, in the unit of the sizes.
    tasks : tuple of int
        The tasks in the order in which they run.
    at : int
        The task that runs when the peak is reached first; -1 where that is before any runs.
    proved : bool
        Whether no other order needs less; else the peak is that of the best order found.
    """

    peak: int
    tasks: tuple[int, ...]
    at: int
    proved: bool


def least_peak(
    tasks: Sequence[Task], sizes: Sequence[int], inputs: Sequence[int], kept: Sequence[int], *, most: int = MOST_STEPS
) -> Order:
    """Return an order of the tasks whose peak memory is least.

    Parameters
    ----------
    tasks : sequence of Task
        In an order in which they can run.
    sizes : sequence of int
        Of every memory.
    inputs : sequence of int
        The memories that are there from the beginning.
    kept : sequence of int
        Those that stay to the end; the others go when nothing will read them any more.
    most : int
        How many times a task is looked at; where that is not enough, the best order found is returned.

    Examples
    --------
    Two paths of 1 → 9 → 1 from one input: one after the other, the wide tensors are not alive together.

    >>> tasks = [Task((0,), 1), Task((0,), 2), Task((1,), 3), Task((2,), 4), Task((3, 4), 5)]
    >>> least_peak(tasks, [1, 9, 9, 1, 1, 1], [0], [5])
    Order(peak=11, tasks=(0, 2, 1, 3, 4), at=2, proved=True)
    """
    network = _Network(tasks, sizes, frozenset(inputs), frozenset(kept))
    begin = sum(sizes[memory] for memory in network.inputs)
    lower, left = max([begin, *(piece.floor for piece in network.pieces)]), most
    found: dict[int, tuple[int, ...]] = {}
    for piece in sorted(network.pieces, key=lambda piece: -piece.peak):
        if piece.peak <= lower:
            break  # in the listed order it needs no more than some other piece at best
        result = _search(piece, lower, left)
        left -= result.steps
        found[piece.first] = result.tasks
        lower = max(lower, result.lower)
    ordered = [task for piece in network.pieces for task in found.get(piece.first, piece.tasks)]
    peak, at = begin, -1
    for number, (_, high) in zip(ordered, network.run(ordered), strict=True):
        if high > peak:
            peak, at = high, number
    return Order(peak, tuple(ordered), at, peak <= lower)


@dataclass(frozen=True)
class _Network:
    """The tasks, and who reads and writes each memory."""

    tasks: Sequence[Task]
    sizes: Sequence[int]
    inputs: frozenset[int]
    kept: frozenset[int]

    @cached_property
    def readers(self) -> dict[int, list[int]]:
        readers: dict[int, list[int]] = {}
        for number, task in enumerate(self.tasks):
            for memory in task.reads:
                readers.setdefault(memory, []).append(number)
        return readers

    @cached_property
    def writer(self) -> dict[int, int]:
        return {task.writes: number for number, task in enumerate(self.tasks)}

    def run(self, order: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield what is alive before each task of an order and while it runs."""
        live = sum(self.sizes[memory] for memory in self.inputs)
        waiting = {memory: len(readers) for memory, readers in self.readers.items()}
        for number in order:
            task = self.tasks[number]
            yield live, live + self.sizes[task.writes]
            live += self.sizes[task.writes]
            for memory in task.reads:
                waiting[memory] -= 1
                if not waiting[memory] and memory not in self.kept:
                    live -= self.sizes[memory]
            if task.writes not in self.readers and task.writes not in self.kept:
                live -= self.sizes[task.writes]

    @cached_property
    def pieces(self) -> list[_Piece]:
        """The tasks cut behind every task that all others come before or after.

        All that stand before a task come before it where each of them is read by one no later than it; and all that
        stand behind it come after it where each of them reads one no earlier than it.
        """
        count = len(self.tasks)
        if not count:
            return []
        before, reach = [True] * count, -1
        for number, task in enumerate(self.tasks):
            before[number] = reach <= number
            reach = max(reach, self.readers[task.writes][0] if task.writes in self.readers else count)
        cuts, latest = [count], count
        for number in range(count - 1, -1, -1):
            if before[number] and latest >= number and number + 1 < count:
                cuts.append(number + 1)
            writers = [self.writer[memory] for memory in self.tasks[number].reads if memory in self.writer]
            latest = min(latest, max(writers, default=-1))
        ends = [0, *reversed(cuts)]
        walk = list(self.run(range(count)))
        return [
            _Piece(self, first, end, walk[first][0], max(high for _, high in walk[first:end]))
            for first, end in pairwise(ends)
        ]


@dataclass(frozen=True)
class _Piece:
    """Neighbouring tasks between two cuts, with what is alive before them and the peak of their listed order."""

    network: _Network
    first: int
    end: int
    live: int
    peak: int

    @property
    def tasks(self) -> tuple[int, ...]:
        return tuple(range(self.first, self.end))

    @cached_property
    def floor(self) -> int:
        """What no order can do without: what a task reads and writes, and what passes the whole piece by."""
        network = self.network
        touched: set[int] = set()
        for task in network.tasks[self.first : self.end]:
            touched.update(task.reads)
        passing = self.live - sum(network.sizes[memory] for memory in touched if self._entered(memory))
        needs = [
            sum(network.sizes[memory] for memory in task.reads) + network.sizes[task.writes]
            for task in network.tasks[self.first : self.end]
        ]
        return passing + max(needs)

    def _entered(self, memory: int) -> bool:
        """Tell whether a memory is alive before the piece."""
        return self.network.writer.get(memory, -1) < self.first

    @cached_property
    def sizes(self) -> list[int]:
        return [self.network.sizes[task.writes] for task in self.network.tasks[self.first : self.end]]

    @cached_property
    def needs(self) -> list[int]:
        """For every task, those of the piece that must have run, as bits."""
        writer = self.network.writer
        found: list[int] = []
        for task in self.network.tasks[self.first : self.end]:
            before = (writer.get(memory, -1) - self.first for memory in task.reads)
            found.append(sum(1 << number for number in set(before) if number >= 0))
        return found

    @cached_property
    def frees(self) -> list[list[tuple[int, int]]]:
        """For every task, the memories that it may free: the tasks that must have run for it, as bits, and the size.

        A memory that a later piece reads is freed there; one that nothing reads goes with the task that writes it.
        """
        network = self.network
        found: list[list[tuple[int, int]]] = []
        for number in range(self.first, self.end):
            task, freed = network.tasks[number], []
            for memory in (*task.reads, task.writes):
                readers = network.readers.get(memory, [])
                if (
                    memory in network.kept
                    or (readers and readers[-1] >= self.end)
                    or (memory == task.writes and readers)
                ):
                    continue
                bits = sum(1 << (reader - self.first) for reader in readers if reader >= self.first)
                freed.append((bits & ~(1 << (number - self.first)), network.sizes[memory]))
            found.append(freed)
        return found

    def change(self, state: int, number: int) -> int:
        """Return by how much more is alive behind a task, where `state` has run before it."""
        return self.sizes[number] - sum(size for bits, size in self.frees[number] if not bits & ~state)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search of a piece found: an order, what every order needs, and how often it looked at a task."""

    tasks: tuple[int, ...]
    lower: int
    steps: int


def _search(piece: _Piece, floor: int, most: int) -> _Found:
    """Find the order of a piece with the least peak, where less than `floor` is of no use.

    Taking the set of least peak first makes the first whole path that is found the best one. A task that makes no more
    alive, and fits under the peak of the path so far, is taken at once: it can only make room for the others.
    """
    count = piece.end - piece.first
    if count * count > most:
        return _Found(piece.tasks, floor, 0)
    whole, steps = (1 << count) - 1, count * count
    best, best_peak = _greedy(piece, floor)
    if piece.peak <= best_peak:
        best, best_peak = piece.tasks, piece.peak
    queue: list[tuple[int, int, int, int]] = [(floor, 0, 0, piece.live)]
    came: dict[int, tuple[int, int]] = {}
    done: set[int] = set()
    reached: dict[int, int] = {0: floor}
    while queue:
        peak, _, state, live = heappop(queue)
        if peak >= best_peak:
            return _Found(best, best_peak, steps)
        if state == whole:
            return _Found(_path(piece, came, whole), peak, steps)
        if state in done:
            continue
        if steps + count > most:
            return _Found(best, peak, steps)
        done.add(state)
        steps += count
        ways: list[tuple[int, int, int]] = []
        for number in _ready(piece, state):
            high = max(peak, live + piece.sizes[number])
            change = piece.change(state, number)
            if high == peak and change <= 0:
                ways = [(high, number, change)]
                break
            ways.append((high, number, change))
        for high, number, change in ways:
            after = state | 1 << number
            if high < reached.get(after, best_peak):
                reached[after] = high
                came[after] = (state, number)
                heappush(queue, (high, -after.bit_count(), after, live + change))
    return _Found(best, best_peak, steps)


def _ready(piece: _Piece, state: int) -> list[int]:
    return [number for number, needs in enumerate(piece.needs) if not state >> number & 1 and not needs & ~state]


def _greedy(piece: _Piece, floor: int) -> tuple[tuple[int, ...], int]:
    """Return an order that takes what needs least at each moment, and its peak."""
    state, live, peak = 0, piece.live, floor
    order: list[int] = []
    for _ in range(len(piece.sizes)):
        choices = (
            (max(peak, live + piece.sizes[number]), piece.change(state, number), number)
            for number in _ready(piece, state)
        )
        peak, change, number = min(choices)
        state, live = state | 1 << number, live + change
        order.append(piece.first + number)
    return tuple(order), peak


def _path(piece: _Piece, came: dict[int, tuple[int, int]], state: int) -> tuple[int, ...]:
    order: list[int] = []
    while state:
        state, number = came[state]
        order.append(piece.first + number)
    return tuple(reversed(order))
