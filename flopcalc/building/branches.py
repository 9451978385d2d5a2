"""Branches: every path sees the input, or its part of the channels, and a layer merges what the paths end in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flopcalc.building.names import Trail
from flopcalc.building.placing import place_extra, written_as
from flopcalc.building.repeats import count_of, lay_out
from flopcalc.building.site import Here, Site
from flopcalc.building.strands import Strand, divided, read_again
from flopcalc.building.turning import assume_turns, close_turn, one_turn, open_turn, peel
from flopcalc.errors import Place, shorten
from flopcalc.expression import Expression
from flopcalc.graph import Turn
from flopcalc.layers import LAYERS, Add, Concat, Shape, Slice, Split, show_shape
from flopcalc.number import Number, as_text, expanded, is_rational, is_symbolic, product, total
from flopcalc.spec.model import BranchesEntry, BranchPath, Listing

__all__ = ["Run", "build_branches"]

Run: TypeAlias = "Callable[[Listing, Here, int], int]"
"""Builds a list of entries from a tensor on, and returns the tensor at its end."""


def build_branches(site: Site, entry: BranchesEntry, here: Here, tensor: int, run: Run) -> int:
    """Build the paths of an entry, and what merges them; return the tensor that this writes."""
    widths = _widths(site, entry, here, tensor)
    strands: list[Strand] = []
    offset: Number = 0
    for number, path in enumerate(entry.paths):
        if path.when is not None and not _kept(site, path.when, here, tensor):
            if widths is not None:
                raise site.faults.fail("a path with `when` sees the whole input", path.place, "no `split`")
            continue
        start = tensor
        if widths is not None:
            start = _split(site, entry, here.trail, tensor, widths, number, offset)
            offset = offset + widths[number]
        strands.extend(_path(site, path, here, start, run))
    if not strands:
        raise site.faults.fail("no path is left to merge", entry.place, "at least one path")
    return _merge(site, entry, here, strands)


def _kept(site: Site, when: Expression, here: Here, tensor: int) -> bool:
    """Tell whether there is a path."""
    site.focus(tensor)
    kept = when.evaluate(here.scope)
    if not isinstance(kept, bool):
        raise site.faults.fail(f"`when` is {shorten(as_text(kept))}", when.place, "true or false")
    return kept


# -- a part of the channels for each ---------------------------------------------------------------------------------


def _widths(site: Site, entry: BranchesEntry, here: Here, tensor: int) -> tuple[Number, ...] | None:
    """Return how many channels each path is given; None where all of them see the whole input."""
    if not entry.split:
        return None
    channels = site.draft.shapes[tensor][0]
    paths = len(entry.paths)
    if any(path.repeat is not None for path in entry.paths):
        what = "a repeated path sees the whole input"
        raise site.faults.fail(what, entry.place, "no `split`", "`- split: {parts: K, take: i}`")
    if entry.split == "even":
        if is_rational(channels) and channels % paths:
            raise site.faults.fail(
                f"{channels} channels do not split into {paths} equal parts",
                entry.place,
                f"a multiple of {paths}",
                "split: [a, b] gives each path its channels",
            )
        return (channels // paths if type(channels) is int else channels / paths,) * paths
    assert not isinstance(entry.split, str)
    site.focus(tensor)
    widths = tuple(
        site.checks.whole(expression.evaluate(here.scope), "split", expression.place, 1) for expression in entry.split
    )
    if not site.arithmetic.equal(total(widths), channels):
        what = f"the split [{', '.join(str(width) for width in widths)}] adds up to {total(widths)}"
        raise site.faults.fail(what, entry.split[0].place, f"the {channels} channels that enter")
    return widths


def _split(
    site: Site,
    entry: BranchesEntry,
    trail: Trail,
    tensor: int,
    widths: tuple[Number, ...],
    number: int,
    offset: Number,
) -> int:
    """Give a path its part of the channels, as a view."""
    if entry.split == "even":
        part: Split | Slice = Split.make({"parts": len(widths), "take": number})
    else:
        part = Slice.make({"start": offset, "stop": expanded(offset + widths[number])})
    return place_extra(site, part, [tensor], trail, entry.place)


# -- the paths -------------------------------------------------------------------------------------------------------


def _path(site: Site, path: BranchPath, here: Here, start: int, run: Run) -> list[Strand]:
    """Build one path; a repeated one gives a strand for every turn, or one for all of them."""

    def once() -> Strand:
        end = _once(site, path, here, start, run)
        return Strand(end, site.draft.shapes[end])

    site.spend(8, path.place)
    if path.repeat is None:
        if not path.body.entries:
            if not path.flat:
                here.trail.number("branch")
            return [Strand(start, site.draft.shapes[start])]
        return [once()]
    site.focus(start)
    count = count_of(site, path.repeat, here.scope)
    if type(count) is int:
        lay_out(site, count, path.repeat.place)
        return [one_turn(site, index, once) for index in range(count)]

    def turns(first: int, last: int) -> list[Strand]:
        before = [one_turn(site, index, once) for index in range(first)]
        middle = _all_turns(site, first, expanded(count - 1 - last), here.trail, start, once)
        after = [one_turn(site, expanded(count - last + index), once) for index in range(last)]
        return [*before, middle, *after]

    return peel(site, count, turns, here.trail, path.repeat.place)


def _once(site: Site, path: BranchPath, here: Here, start: int, run: Run) -> int:
    """Build a path for one turn; return its end."""
    trail = here.trail
    if not path.flat:
        part = f"{trail.prefix}branch{trail.number('branch')}"
        trail = Trail(f"{part}.", trail.unit, trail.stage, names=trail.names, outer=trail.outer)
    end = run(path.body, Here(here.scope, site.inner_labels(here.labels, path.body), trail), start)
    if end == start and all(entry.modifiers.when is not None for entry in path.body.entries):
        site.draft.identities[trail.prefix.rstrip(".") or site.spec.called] = None
    return end


def _all_turns(site: Site, first: Number, last: Number, trail: Trail, start: int, once: Callable[[], Strand]) -> Strand:
    """Build a path once for the turns from `first` to `last`."""
    names = dict(trail.names)
    turn = open_turn(site, first, last)
    try:
        end = one_turn(site, turn.index, once)
    finally:
        close_turn(site, turn)
        trail.names.clear()
        trail.names.update(names)
    memory = site.draft.memory
    return Strand(end.tensor, end.shape, turn, memory[end.tensor] == memory[start])


# -- what merges them ------------------------------------------------------------------------------------------------


def _merge(site: Site, entry: BranchesEntry, here: Here, strands: list[Strand]) -> int:
    """Place the layer that merges the paths; return the tensor that it writes."""
    if entry.first is not None:
        strands = _running_sums(site, entry, here, strands)
    merging = LAYERS[entry.merge].layer if entry.first is None else Concat
    written = None
    if entry.modifiers.written is not None and entry.first is None:
        written = written_as(site, merging.make({}), entry.modifiers, here.scope)
    site.spend(len(strands), entry.place)
    tensors = [strand.tensor for strand in strands]
    if site.faults.doubts:
        site.faults.doubt = site.faults.doubt_of(tensors)
    alone = len(strands) == 1 and strands[0].turn is None and not merging.stacks
    if alone and any(path.repeat is not None or path.when is not None for path in entry.paths):
        return strands[0].tensor  # a repeat of one turn, or one path that is left: there is nothing to add
    layer, trail, place = merging.make({}), here.trail, entry.place
    if all(strand.turn is None for strand in strands):
        return place_extra(site, layer, tensors, trail, place, written=written)
    joined = total(strand.count for strand in strands)
    assume_turns(site, joined, 2)
    read = _read_by(site, merging.stacks, strands, place)
    if not merging.stacks and len(tensors) == 1:
        tensors = tensors * 2  # the turns of one path: their shape is added to itself
    again = read_again(strands, site.draft.memory)
    return place_extra(site, layer, tensors, trail, place, read=read, written=written, joined=joined, again=again)


def _read_by(site: Site, stacks: bool, strands: list[Strand], place: Place) -> tuple[Shape, ...]:
    """Return the shapes that a merge reads, each with all the turns that it stands for."""
    if stacks:
        return tuple((strand.channels(), *strand.shape[1:]) for strand in strands)
    for strand in strands:
        _refuse_uneven(site, strand, place)
    return tuple((product(strand.shape[0], strand.count), *strand.shape[1:]) for strand in strands)


def _running_sums(site: Site, entry: BranchesEntry, here: Here, strands: list[Strand]) -> list[Strand]:
    """Add to every path from `first` + 1 on the sum before it: hierarchical feature fusion.

    Source: ESPNet (arXiv:1803.06815), section 3.1, figure 1b.
    """
    result, summands = divided(strands, _first_of(site, entry, here, total(strand.count for strand in strands)))
    add, place = Add.make({}), entry.place
    previous: Strand | None = None
    for strand in summands:
        if previous is None and strand.turn is None:
            previous = strand
            result.append(strand)
            continue
        if strand.turn is None:
            assert previous is not None
            tensor = place_extra(site, add, [previous.tensor, strand.tensor], here.trail, place)
            previous = Strand(tensor, site.draft.shapes[tensor])
            result.append(previous)
            continue
        _refuse_uneven(site, strand, place)
        begin = expanded(strand.turn.first + (1 if previous is None else 0))
        before = site.turns.open
        site.turns.open = (*before, Turn(strand.turn.index, begin, strand.turn.last))
        tensor = strand.tensor if previous is None else previous.tensor
        # a tensor that stands there twice is that of two turns
        tensor = place_extra(site, add, [tensor, strand.tensor], here.trail, place, again=0)
        site.turns.open = before
        previous = Strand(tensor, site.draft.shapes[tensor])
        result.append(Strand(tensor, site.draft.shapes[tensor], strand.turn))
    return result


def _first_of(site: Site, entry: BranchesEntry, here: Here, count: Number) -> int:
    """Return the path from which sums run."""
    assert entry.first is not None
    place = entry.first.place
    first = site.checks.whole(entry.first.evaluate(here.scope), "first", place, 0)
    said = f"first is {first} of {count} paths"
    if type(first) is not int or (type(count) is int and first >= count):
        raise site.faults.fail(said, place, f"a number from 0 to {count - 1}")
    if type(count) is not int and not assume_turns(site, count, first + 1):
        raise site.faults.fail(said, place, "a path that there is")
    return first


def _refuse_uneven(site: Site, strand: Strand, place: Place) -> None:
    """Refuse to add the turns of a path whose shapes differ."""
    if strand.turn is not None and any(is_symbolic(n) and n.has(strand.turn.index) for n in strand.shape):
        raise site.faults.fail(
            f"the paths end in {show_shape(strand.shape)}, in every turn {strand.turn.index} another shape",
            place,
            "equal shapes",
            "give the repeat's count a number",
        )
