"""Modules of one kind as one block: the entries that any of them has, and which each of them has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.importing.folding.entries import Body, Entry, Ref, Slot, slots_of
from flopcalc.importing.folding.layout import Node, Pattern, layouts, reads_as

__all__ = ["Family", "Use", "families_of"]

_LONGEST = 150
"""How many entries a list may have at most of which variants are sought."""

Wiring: TypeAlias = "tuple[tuple[object, ...], ...]"


@dataclass(frozen=True, slots=True)
class Use:
    """A module that is to be a use of a block: its entries, what enters it, and the shapes of that."""

    entries: tuple[Entry, ...]
    inputs: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]

    @property
    def wiring(self) -> Wiring:
        """What uses must have in common to be the same variant."""
        ranks = tuple([len(shape) for shape in self.shapes])
        body = slots_of(self.entries, self.inputs)
        return (ranks, *[(slot.head, slot.keys, slot.reads) for slot in body])


@dataclass(frozen=True, slots=True)
class Family:
    """A block to be: its entries, the variants in which each stands, and its uses.

    Attributes
    ----------
    body : Body
    patterns : tuple of Pattern
    nodes : tuple of Node
        Its layout.
    uses : tuple of Use
    places : tuple of tuple of int
        For every use, its entries' places in the body.
    variants : tuple of int
        For every use, its variant.
    """

    body: Body
    patterns: tuple[Pattern, ...]
    nodes: tuple[Node, ...]
    uses: tuple[Use, ...]
    places: tuple[tuple[int, ...], ...]
    variants: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Variant:
    body: Body
    uses: tuple[int, ...]
    places: tuple[int, ...] = ()
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class _Joined:
    """Variants in one body."""

    body: Body
    variants: tuple[_Variant, ...]
    nodes: tuple[Node, ...]

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        there = [{*variant.places} for variant in self.variants]
        return tuple(
            [
                frozenset(number for number, places in enumerate(there) if slot in places)
                for slot in range(len(self.body))
            ]
        )


def families_of(uses: Sequence[Use]) -> list[Family]:
    """Return the blocks that some modules of one kind are, as few as can be."""
    wirings: dict[Wiring, list[int]] = {}
    for number, use in enumerate(uses):
        wirings.setdefault(use.wiring, []).append(number)
    variants = [
        _Variant(slots_of(uses[found[0]].entries, uses[found[0]].inputs), tuple(found)) for found in wirings.values()
    ]
    variants.sort(key=lambda variant: -len(variant.body))
    joined: list[_Joined] = []
    for variant in variants:
        for number, other in enumerate(joined):
            same = len(uses[variant.uses[0]].inputs) == len(uses[other.variants[0].uses[0]].inputs) and all(
                len(one) == len(two)
                for one, two in zip(uses[variant.uses[0]].shapes, uses[other.variants[0].uses[0]].shapes, strict=True)
            )
            both = _join(other, variant, len(uses[variant.uses[0]].inputs), uses) if same else None
            if both is not None:
                joined[number] = both
                break
        else:
            alone = _Joined(variant.body, (_placed(variant, range(len(variant.body))),), ())
            laid = _laid(alone, len(uses[variant.uses[0]].inputs))
            if laid is not None:
                joined.append(laid)
    return [_family(each, uses) for each in joined]


def _placed(variant: _Variant, places: Sequence[int]) -> _Variant:
    return _Variant(variant.body, variant.uses, tuple(places))


def _family(joined: _Joined, uses: Sequence[Use]) -> Family:
    members = sorted((use, number) for number, variant in enumerate(joined.variants) for use in variant.uses)
    return Family(
        joined.body,
        joined.patterns,
        joined.nodes,
        tuple([uses[use] for use, _ in members]),
        tuple([joined.variants[number].places for _, number in members]),
        tuple([number for _, number in members]),
    )


def _laid(joined: _Joined, inputs: int) -> _Joined | None:
    """Return variants with the best layout that reads in all of them what they read."""
    patterns = joined.patterns
    for nodes in layouts(joined.body, patterns):
        if all(_holds(nodes, joined, patterns, number, inputs) for number in range(len(joined.variants))):
            return _Joined(joined.body, joined.variants, nodes)
    return None


def _holds(nodes: Sequence[Node], joined: _Joined, patterns: Sequence[Pattern], number: int, inputs: int) -> bool:
    found = reads_as(nodes, joined.body, patterns, number, inputs=inputs, named=True)
    variant = joined.variants[number]
    wanted = {
        place: _moved(slot.reads, variant.places) for place, slot in zip(variant.places, variant.body, strict=True)
    }
    return found is not None and found == {**wanted, -1: ((variant.places[-1], 0),)}


def _moved(reads: Sequence[Ref], places: Sequence[int]) -> tuple[Ref, ...]:
    """Return what an entry reads, in the numbers of another body."""
    return tuple([(places[number] if number >= 0 else number, place) for number, place in reads])


def _join(joined: _Joined, variant: _Variant, inputs: int, uses: Sequence[Use]) -> _Joined | None:
    """Return a variant more in a body; None where they have too little in common."""
    if len(joined.body) + len(variant.body) > 2 * _LONGEST:
        return None
    shorter = min(len(joined.body), len(variant.body))
    common = Counter(slot.head for slot in joined.body) & Counter(slot.head for slot in variant.body)
    if common.total() < 2 or common.total() * 3 < shorter * 2:
        return None
    pairs = _aligned(joined.body, variant.body)
    if len(pairs) < 2 or len(pairs) * 3 < shorter * 2:
        return None
    old: list[int] = []
    new: list[int] = []
    slots: list[tuple[int, int]] = []
    at = [0, 0]
    for one, two in (*pairs, (len(joined.body), len(variant.body))):
        if one > at[0] and two > at[1]:
            return None  # something stands in the place of something else: two blocks
        slots += [(number, -1) for number in range(at[0], one)]
        slots += [(-1, number) for number in range(at[1], two)]
        slots += [(one, two)] if one < len(joined.body) else []
        at = [one + 1, two + 1]
    old = [slots.index(pair) for pair in sorted(pair for pair in slots if pair[0] >= 0)]
    new = [number for number, pair in enumerate(slots) if pair[1] >= 0]
    body: list[Slot] = []
    for one, two in slots:
        choices = [_moved(joined.body[one].reads, old)] if one >= 0 else []
        choices += [_moved(variant.body[two].reads, new)] if two >= 0 else []
        slot = joined.body[one] if one >= 0 else variant.body[two]
        body.append(Slot(slot.head, slot.keys, max(choices), slot.results, slot.hint, slot.body))
    moved = [_placed(each, [old[place] for place in each.places]) for each in joined.variants]
    return _laid(_Joined(tuple(body), (*moved, _placed(variant, new)), ()), inputs)


def _aligned(one: Body, two: Body) -> list[tuple[int, int]]:
    """Return which entries of two bodies are the same: as many as can be, standing alike, in as few runs as can be."""
    width = len(two) + 1
    zero = [(0.0, 0)] * width
    best = [[zero] * (len(one) + 1), [zero] * (len(one) + 1)]
    """Of what is left from a place on, behind a pair or behind a gap: the score, and the step that has it."""
    alike = [[_same(each, other) for other in two] for each in one]
    stands = [[_stands(slot, number) for number, slot in enumerate(body)] for body in (one, two)]
    for a in range(len(one) - 1, -1, -1):
        rows = [[(0.0, 0)] * width for _ in range(2)]
        for b in range(len(two) - 1, -1, -1):
            skip_one, skip_two = best[0][a + 1][b][0], rows[0][b + 1][0]
            gap = (skip_one, 1) if skip_one >= skip_two else (skip_two, 2)
            rows[0][b] = rows[1][b] = gap
            if alike[a][b]:
                both = best[1][a + 1][b + 1][0] + 1 + (stands[0][a] == stands[1][b])
                for behind in range(2):
                    if both + behind / 2 >= gap[0]:
                        rows[behind][b] = (both + behind / 2, 0)
        for behind in range(2):
            best[behind][a] = rows[behind]
    pairs = []
    a = b = behind = 0
    while a < len(one) and b < len(two):
        step = best[behind][a][b][1]
        behind = int(step == 0)
        if step == 0:
            pairs.append((a, b))
        a, b = a + (step != 2), b + (step != 1)
    return pairs


def _same(one: Slot, two: Slot) -> bool:
    return (
        one.head == two.head
        and one.keys == two.keys
        and one.results == two.results
        and len(one.reads) == len(two.reads)
    )


def _stands(slot: Slot, number: int) -> tuple[object, ...]:
    """Return how an entry reads: what runs, what enters, or something else."""
    return tuple(["runs" if ref == (number - 1, 0) else "enters" if ref[0] < 0 else "" for ref in slot.reads])
