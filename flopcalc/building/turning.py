"""Turns of a repeat whose count is a symbol: the body is built once, and proved to stand for every turn.

Conditions that differ between the turns take some of the first and the last ones by themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from flopcalc.building.faults import Stop
from flopcalc.building.names import Trail
from flopcalc.building.site import Moment, Site
from flopcalc.errors import FlopcalcError, Place, Problem
from flopcalc.graph import Turn
from flopcalc.layers import Shape, show_shape
from flopcalc.number import Number, Relation, UndecidedTurn, bounded, expanded, is_symbolic, turn_symbol

__all__ = ["assume_turns", "close_turn", "one_turn", "open_turn", "peel", "symbolic_turns"]

Result = TypeVar("Result")

_STEPS_OF_AN_ATTEMPT = 2000

_PEELS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (3, 0))
"""Which first and last turns of a symbolic repeat are taken by themselves, in the order in which it is tried."""


def one_turn(site: Site, index: Number, action: Callable[[], Result]) -> Result:
    """Run one turn of a repeat with `i` bound to its index."""
    values = site.root.values
    before = values.get("i")
    values["i"] = index
    try:
        return action()
    finally:
        if before is None:
            values.pop("i", None)
        else:
            values["i"] = before


def open_turn(site: Site, first: Number, last: Number) -> Turn:
    """Begin the turns from `first` to `last`, with a symbol of their own for the turn."""
    taken = site.turns.symbols | {turn.index.name for turn in site.turns.open}
    name = next(name for name in ("i", *(f"i{number}" for number in range(2, len(taken) + 3))) if name not in taken)
    turn = Turn(turn_symbol(name), first, last)
    site.arithmetic.ranges[turn.index] = (first, last)
    site.turns.open = (*site.turns.open, turn)
    return turn


def close_turn(site: Site, turn: Turn) -> None:
    """End the turns that were begun last."""
    site.turns.open = site.turns.open[:-1]
    del site.arithmetic.ranges[turn.index]


def assume_turns(site: Site, count: Number, least: int) -> bool:
    """Assume that a repeat has at least so many turns, and note it where it is open; False where it has not."""
    enough: Any = expanded(count - least)
    arithmetic = site.arithmetic
    known = arithmetic.decide(enough, strict=False)
    if known is None:
        for turn in site.turns.open:
            if enough.has(turn.index):
                raise UndecidedTurn(turn.index)
        text = bounded(enough)
        arithmetic.assumed[text] = None
        arithmetic.relations = (*arithmetic.relations, Relation(text, enough, False))
    return known is not False


def peel(
    site: Site,
    count: Number,
    turns: Callable[[int, int], Result],
    trail: Trail,
    place: Place | None,
    *,
    first_alone: bool = False,
) -> Result:
    """Take as few turns of a symbolic repeat by themselves as its conditions need.

    `turns` builds the repeat with so many first and last turns taken by themselves. The first one is taken by itself
    where it learns the parameters that the others share.
    """
    moment = site.moment(trail)
    arithmetic, faults = site.arithmetic, site.faults
    relations = arithmetic.relations
    undecided: UndecidedTurn | None = None
    other: list[Problem] = []
    for first, last in _PEELS:
        if first_alone and not first:
            continue
        arithmetic.spend(_STEPS_OF_AN_ATTEMPT + len(site.draft.used) // 16)
        faults.attempts += 1
        try:
            if assume_turns(site, count, first + last):
                return turns(first, last)
        except UndecidedTurn as fault:
            if any(fault.turn == turn.index for turn in site.turns.open):
                raise
            undecided = undecided or fault
        except (FlopcalcError, Stop) as error:
            if undecided is None or arithmetic.steps < 0:
                raise
            other = other or _since(moment, faults.problems, error)
        finally:
            arithmetic.relations = relations
            faults.attempts -= 1
        site.back_to(moment, trail)
    assert undecided is not None
    undecided.offset = None
    for problem in other[:1] or [undecided.at(place)]:
        faults.fail(problem.what, problem.place, problem.expected, problem.hint)
    raise Stop


def _since(moment: Moment, problems: list[Problem], error: Exception) -> list[Problem]:
    """Return the problems that were found since a moment, and those of an error."""
    return [*problems[len(moment.problems) :], *getattr(error, "problems", ())]


def symbolic_turns(
    site: Site, first: Number, last: Number, tensor: int, once: Callable[[Number, int], int], trail: Trail
) -> int:
    """Build the body once for the turns from `first` to `last`, and prove that it stands for each of them.

    Either the body keeps the shape, or every turn adds the same number of channels: then turn i begins with the
    first shape's channels and i − first times that number, and the body is built again from there.
    """
    draft = site.draft
    start = draft.shapes[tensor]
    moment = site.moment(trail)
    turn = open_turn(site, first, last)
    try:
        end = once(turn.index, tensor)
        growth = _growth(start, draft.shapes[end], turn)
        if growth != 0:
            site.back_to(moment, trail)
            begun = (expanded(start[0] + (turn.index - first) * growth), *start[1:])
            virtual = draft.tensor(begun)
            draft.aliases[virtual] = tensor
            end = once(turn.index, virtual)
            again = _growth(begun, draft.shapes[end], turn)
            if not site.arithmetic.equal(again, growth):
                _refuse_turns(begun, draft.shapes[end], turn)
    finally:
        close_turn(site, turn)
        trail.names.clear()  # what stands inside has a shape of its own in every turn
        trail.names.update(moment.names)
    if growth == 0:
        return end
    finished = draft.tensor((expanded(start[0] + turn.count * growth), *start[1:]))
    draft.aliases[finished] = end
    return finished


def _growth(start: Shape, end: Shape, turn: Turn) -> Number:
    """Return how many channels a turn adds; refuse a body that changes the map, or grows unevenly."""
    if len(end) != len(start):
        _refuse_turns(start, end, turn)
    sides = [expanded(after - before) for before, after in zip(start[1:], end[1:], strict=True)]
    grown = expanded(end[0] - start[0])
    if any(side != 0 for side in sides) or (is_symbolic(grown) and grown.has(turn.index)):
        _refuse_turns(start, end, turn)
    return grown


def _refuse_turns(start: Shape, end: Shape, turn: Turn) -> NoReturn:
    """Ask for the turn to be taken by itself: a first turn may change the shape, and the others keep it."""
    fault = UndecidedTurn(turn.index)
    fault.what = f"a turn of the repeat makes {show_shape(end)} of {show_shape(start)}"
    fault.expected = "a body that, after its first turns, keeps the map and adds the same channels every turn"
    raise fault
