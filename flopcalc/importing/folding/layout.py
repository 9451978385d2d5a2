"""How a list is written: what stands in branches, what in groups with a condition, and what is read by a label.

A list may be that of a block whose uses differ in which entries they have. A layout is tried out on every use before
it is taken: it has to read the very tensors that the use reads.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.importing.folding.entries import MERGING, Body, Ref

__all__ = ["Branches", "Group", "Item", "Node", "Pattern", "labels_of", "layouts", "reads_as"]

Pattern: TypeAlias = "frozenset[int]"
"""The variants of a block in which an entry stands."""

_LONGEST = 400
"""How many entries branches may have at most."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry; `reads` are the labels that it reads, none where it reads the running tensor."""

    slot: int
    reads: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that stand there together under one condition."""

    nodes: tuple[Node, ...]
    pattern: Pattern
    reads: tuple[Ref, ...] = ()

    @property
    def slot(self) -> int:
        """The entry that writes what it hands on."""
        return self.nodes[-1].slot


@dataclass(frozen=True, slots=True)
class Branches:
    """Paths that begin with one tensor, and the entry that merges their ends."""

    slot: int
    paths: tuple[tuple[Node, ...], ...]


Node: TypeAlias = "Item | Group | Branches"


class _Planner:
    def __init__(self, body: Body, patterns: Sequence[Pattern], kept: Iterable[Ref], *, grouped: bool) -> None:
        self.body = body
        self.patterns = patterns
        self.grouped = grouped
        self.readers: dict[Ref, list[int]] = {}
        for number, slot in enumerate(body):
            for ref in dict.fromkeys(slot.reads):
                self.readers.setdefault(ref, []).append(number)
        for ref in kept:
            self.readers.setdefault(ref, []).append(len(body))
        self.merges = [
            number
            for number, slot in enumerate(body)
            if slot.head[0] == "layer" and slot.head[1] in MERGING and not slot.head[4] and len(slot.reads) > 1
        ]

    def nodes(self, start: int, stop: int, enter: Ref) -> Iterator[Node]:
        """Yield the nodes of the entries from `start` to before `stop`, into which `enter` runs."""
        running = enter
        number = start
        while number < stop:
            found = self.branches(number, stop, running)
            if found is None:
                slot = self.body[number]
                yield Item(number, () if slot.reads in ((running,), ()) else slot.reads)
                running = (number, 0)
                number += 1
            else:
                yield found
                running = (found.slot, 0)
                number = found.slot + 1

    def branches(self, start: int, stop: int, enter: Ref) -> Branches | None:
        """Return the longest branches that begin with an entry and a running tensor."""
        if len(self.readers.get(enter, ())) < 2:
            return None
        for merge in reversed(self.merges):
            if start < merge < min(stop, start + _LONGEST):
                paths = self.paths(start, merge, enter)
                if paths is not None:
                    return Branches(
                        merge,
                        tuple([tuple(self.grouping(self.nodes(*path, enter), self.patterns[merge])) for path in paths]),
                    )
        return None

    def paths(self, start: int, merge: int, enter: Ref) -> list[tuple[int, int]] | None:
        """Return the paths, each from an entry to before one, whose ends an entry merges; None where it is not so."""
        reads = self.body[merge].reads
        ends = [number for number, place in reads if (number, place) != enter]
        if len({*reads}) < len(reads) or ends != sorted(ends) or not ends or ends[-1] != merge - 1 or ends[0] < start:
            return None
        if any(place for number, place in reads if (number, place) != enter):
            return None
        paths = []
        first = start
        for ref in reads:
            if ref == enter:
                paths.append((first, first))
                continue
            if self.body[first].reads[:1] != (enter,) or len(self.body[first].reads) > 1:
                return None
            if not all(self.stays(number, first, ref[0], merge, start) for number in range(first, ref[0] + 1)):
                return None
            paths.append((first, ref[0] + 1))
            first = ref[0] + 1
        together = self.patterns[merge]
        inside = {self.patterns[number] for number in range(start, merge)}
        return paths if all(pattern <= together for pattern in inside) else None

    def stays(self, number: int, first: int, end: int, merge: int, start: int) -> bool:
        """Tell whether an entry of a path reads what is in it or before all, and is read in it alone."""
        slot = self.body[number]
        if any(start <= ref[0] < first for ref in slot.reads):
            return False
        readers = [each for place in range(slot.results) for each in self.readers.get((number, place), ())]
        if number == end:
            return readers == [merge]
        return all(first <= reader <= end for reader in readers)

    def grouping(self, nodes: Iterable[Node], around: Pattern) -> Iterator[Node]:
        """Yield nodes; those that follow each other under one condition, other than that around them, as a group."""
        held: list[Node] = []
        for node in nodes:
            if held and self.patterns[node.slot] != self.patterns[held[0].slot]:
                yield from self.closed(held, around)
                held = []
            held.append(node)
        yield from self.closed(held, around)

    def closed(self, held: list[Node], around: Pattern) -> Iterator[Node]:
        if len(held) < 2 or not self.grouped or self.patterns[held[0].slot] == around:
            yield from held
            return
        pattern = self.patterns[held[0].slot]
        first = held[0]
        if isinstance(first, Item) and len(first.reads) == 1:
            yield Group((Item(first.slot), *held[1:]), pattern, first.reads)
        else:
            yield Group(tuple(held), pattern)


def layouts(body: Body, patterns: Sequence[Pattern], kept: Sequence[Ref] = ()) -> Iterator[tuple[Node, ...]]:
    """Yield the layouts to be tried, the best first; what is `kept` is read behind the list, or by its name."""
    for grouped in (True, False):
        planner = _Planner(body, patterns, kept, grouped=grouped)
        yield tuple(planner.grouping(planner.nodes(0, len(body), (-1, 0)), frozenset().union(*patterns)))
    yield tuple(
        [Item(number, () if slot.reads == ((number - 1, 0),) else slot.reads) for number, slot in enumerate(body)]
    )
    yield tuple(
        [
            Item(
                number, () if slot.reads == ((number - 1, 0),) and patterns[max(0, number - 1)] >= each else slot.reads
            )
            for number, (slot, each) in enumerate(zip(body, patterns, strict=True))
        ]
    )
    yield tuple([Item(number, slot.reads) for number, slot in enumerate(body)])


class _Unknown(Exception):
    """A label is read where it is not seen."""


def reads_as(
    nodes: Sequence[Node], body: Body, patterns: Sequence[Pattern], variant: int, *, inputs: int, named: bool
) -> dict[int, tuple[Ref, ...]] | None:
    """Return what the entries of a variant read under a layout, and under -1 what it hands on.

    None where a label would be read that is not seen. `named` tells whether what enters has labels.
    """
    found: dict[int, tuple[Ref, ...]] = {}
    labels: ChainMap[Ref, Ref] = ChainMap({(-1 - place, 0): (-1 - place, 0) for place in range(inputs if named else 0)})
    labelled = labels_of(nodes)

    def look_up(ref: Ref, seen: Mapping[Ref, Ref]) -> Ref:
        if ref not in seen:
            raise _Unknown
        return seen[ref]

    def run(nodes: Sequence[Node], running: Ref, seen: ChainMap[Ref, Ref]) -> Ref:
        for node in nodes:
            there = variant in (node.pattern if isinstance(node, Group) else patterns[node.slot])
            reads: tuple[Ref, ...] = () if isinstance(node, Branches) else node.reads
            given = tuple([look_up(ref, seen) for ref in reads]) if reads else (running,)
            made = given[0]
            if there:
                if isinstance(node, Group):
                    made = run(node.nodes, given[0], seen.new_child())
                elif isinstance(node, Branches):
                    found[node.slot] = tuple([run(path, running, seen.new_child()) for path in node.paths])
                    made = (node.slot, 0)
                else:
                    found[node.slot] = given if body[node.slot].reads else ()
                    made = (node.slot, 0)
                running = made
            results = range(body[node.slot].results)
            if any((node.slot, place) in labelled for place in results):
                seen[node.slot, 0] = made
                if there:
                    seen.update({(node.slot, place): (node.slot, place) for place in results[1:]})
        return running

    try:
        found[-1] = (run(nodes, (-1, 0), labels),)
    except _Unknown:
        return None
    return found


def labels_of(nodes: Sequence[Node]) -> set[Ref]:
    """Return the tensors that are read by a label."""
    found: set[Ref] = set()
    for node in nodes:
        if isinstance(node, Branches):
            for path in node.paths:
                found |= labels_of(path)
        else:
            found.update(node.reads)
            if isinstance(node, Group):
                found |= labels_of(node.nodes)
    return found
