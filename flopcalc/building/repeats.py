"""An entry that is repeated: laid out turn by turn, or once for all the turns of a symbolic count."""

from __future__ import annotations

from collections.abc import Callable

from flopcalc.building.names import Trail
from flopcalc.building.sharing import Lender, shared
from flopcalc.building.site import MOST_LAYERS, MOST_TURNS, Here, Site
from flopcalc.building.turning import one_turn, peel, symbolic_turns
from flopcalc.errors import Place, shorten
from flopcalc.expression import Expression, Scope
from flopcalc.number import Number, expanded
from flopcalc.spec.model import Entry

__all__ = ["build_repeat", "count_of", "lay_out"]


def count_of(site: Site, expression: Expression, scope: Scope) -> Number:
    """Return how many turns a repeat has."""
    count = site.checks.turns(expression.evaluate(scope), expression.place)
    if type(count) is int and count > MOST_LAYERS:
        site.faults.halt(f"repeat is {shorten(f'{count:,}')}", expression.place, f"at most {MOST_LAYERS:,}")
    return count


def lay_out(site: Site, turns: int, place: Place | None) -> None:
    """Count the turns of a repeat."""
    site.turns.left -= turns
    if site.turns.left < 0:
        site.faults.halt("the repeats take too many turns", place, f"at most {MOST_TURNS:,}")


def build_repeat(
    site: Site,
    entry: Entry,
    expression: Expression,
    here: Here,
    tensors: list[int],
    build: Callable[[list[int]], int],
) -> int:
    """Build an entry as often as `expression` says; `build` builds one turn on some tensors.

    Returns the tensor at the end of the last turn.
    """
    site.focus(tensors[0])
    count = count_of(site, expression, here.scope)
    once = entry.modifiers.shared
    lender = Lender(shared(site, once, here.scope), None if once is None else once.place)
    if type(count) is int:
        lay_out(site, count, expression.place)
        return _laid_out(site, count, expression.place, tensors, build, lender)
    if entry.modifiers.carry:
        what = "a repeat with a symbolic count carries the running tensor alone"
        raise site.faults.fail(what, entry.place, "a number for its count, or no `carry`")
    if len(tensors) > 1:
        what = "a repeat with a symbolic count starts from one tensor"
        raise site.faults.fail(what, entry.place, "one label in `from`")
    return _for_all(site, count, expression.place, tensors[0], here.trail, build, lender)


def _laid_out(
    site: Site, count: int, place: Place | None, tensors: list[int], build: Callable[[list[int]], int], lender: Lender
) -> int:
    """Build every turn."""
    nodes = site.draft.nodes
    placed = len(nodes)
    for index in range(count):
        begin = len(nodes)
        several, site.turns.several = site.turns.several, count > 1
        try:
            tensors = [one_turn(site, index, lambda: build(tensors))]  # noqa: B023 (run at once)
        finally:
            site.turns.several = several
        lender.took(site, begin)
        if index == 0 and (len(nodes) - placed) * (count - 1) + len(nodes) > MOST_LAYERS:
            site.faults.halt("the network is too large", place, f"at most {MOST_LAYERS:,} layers")
    return tensors[0]


def _for_all(
    site: Site,
    count: Number,
    place: Place | None,
    start: int,
    trail: Trail,
    build: Callable[[list[int]], int],
    lender: Lender,
) -> int:
    """Build the first and the last turns as far as they differ, and one for all the others."""

    def once(index: Number, tensor: int) -> int:
        begin = len(site.draft.nodes)
        result = one_turn(site, index, lambda: build([tensor]))
        lender.took(site, begin)
        return result

    def turns(first: int, last: int) -> int:
        lender.learned = None
        tensor = start
        for index in range(first):
            tensor = once(index, tensor)
        tensor = symbolic_turns(site, first, expanded(count - 1 - last), tensor, once, trail)
        for index in range(last):
            tensor = once(expanded(count - last + index), tensor)
        return tensor

    return peel(site, count, turns, trail, place, first_alone=lender.shares)
