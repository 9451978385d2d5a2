"""What all the topics of one build have in hand together: each part knows its own state, and this names the parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from flopcalc.binding import Binding
from flopcalc.building.checks import Checks
from flopcalc.building.draft import Draft, Mark
from flopcalc.building.faults import Faults
from flopcalc.building.names import Trail
from flopcalc.cost import Cost
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, Place, Problem
from flopcalc.expression import OF_MAP, RUNNING, Budget, Scope
from flopcalc.graph import Turn
from flopcalc.layers import MOST_SIDES, Layer, Shape, sides_called
from flopcalc.number import Arithmetic, Value
from flopcalc.spec.model import Listing, Spec

__all__ = ["MOST_LAYERS", "MOST_TURNS", "Costed", "Forms", "Here", "Site", "Turns", "sides_of"]

MOST_LAYERS = 50_000
"""How many layers a graph may have."""

MOST_TURNS = 200_000
"""How many turns the repeats of one analysis may take together, those without layers included."""


def _called(axes: int) -> tuple[tuple[str, int], ...]:
    """Return what expressions call the sides of a running tensor, by each of their two names, and where they stand."""
    places = [(word, place) for place, word in enumerate(sides_called(axes)) if word in OF_MAP]
    return (*((word, place) for word, place in places if word in RUNNING), *((f"map.{word}", n) for word, n in places))


_SIDES = tuple([_called(axes) for axes in range(MOST_SIDES + 2)])
_NAMES = tuple(dict.fromkeys(name for names in _SIDES for name, _ in names))

Forms: TypeAlias = "tuple[Mapping[str, tuple[str, Place | None]], ...]"
"""How layers are written by kind, with where that is said: in a block, then in what is around it."""


class Costed(NamedTuple):
    """A layer on some shapes: what it writes, what it costs, and whether it moves nothing."""

    layer: Layer
    shape: Shape
    cost: Cost
    view: bool


class Here(NamedTuple):
    """What surrounds an entry: the names of values, the labels of tensors, and its place in the layers' paths."""

    scope: Scope
    labels: dict[str, int]
    trail: Trail


@dataclass(slots=True)
class Turns:
    """The repeats around the entry at hand.

    Attributes
    ----------
    symbols : set of str
        The names of the symbols of the analysis, which no turn may have.
    open : tuple of Turn
        Those whose count is a symbol, outermost first.
    several : bool
        Whether the innermost one has several turns.
    left : int
        How many turns the analysis may still take.
    """

    symbols: set[str]
    open: tuple[Turn, ...] = ()
    several: bool = False
    left: int = MOST_TURNS


@dataclass(frozen=True, slots=True)
class Moment:
    """Where a build was at some point: the graph, the faults, the names of the list at hand, and what was assumed."""

    mark: Mark
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    names: Mapping[str, Any]
    assumed: Mapping[str, None]


@dataclass(slots=True)
class Site:
    """One build.

    Attributes
    ----------
    root : Scope
        The outermost names: those of the running tensor, and of the turn of a repeat.
    calls : Budget
        The calls of defined functions that are left.
    forms : tuple of mapping
        How layers are written by kind, in the block at hand and around it.
    costed : dict
        What was computed for an entry with some attributes on some shapes.
    """

    spec: Spec
    binding: Binding
    checks: Checks
    faults: Faults
    arithmetic: Arithmetic
    root: Scope
    turns: Turns
    draft: Draft = field(default_factory=Draft)
    calls: Budget = field(default_factory=Budget)
    forms: Forms = ()
    costed: dict[Any, Costed] = field(default_factory=dict)
    ending: tuple[Trail, str] | None = None
    """The block at hand and the name after which it ends, where it is not built to its end."""
    rank: int = 0
    """How many axes the running tensor has, by which its sides are named."""

    @classmethod
    def of(cls, spec: Spec, binding: Binding, checks: Checks, faults: Faults) -> Site:
        """Return the site of a spec and its values, with nothing built."""
        arithmetic = binding.arithmetic
        return cls(spec, binding, checks, faults, arithmetic, Scope({}, None, arithmetic), Turns({*_symbols(binding)}))

    def spend(self, steps: int, place: Place | None) -> None:
        """Count work that places no layer; stop where there is too much of it."""
        try:
            self.arithmetic.spend(steps)
        except Fault as fault:
            self.faults.halt(fault.what, place, fault.expected, fault.hint)

    def focus(self, tensor: int) -> None:
        """Make `tensor` the one that channels, height and width speak of, and `map`'s."""
        shape = self.draft.shapes[tensor]
        values = self.root.values
        if len(shape) != self.rank:
            self.rank = len(shape)
            for name in _NAMES:
                values.pop(name, None)
        for name, place in _SIDES[self.rank]:
            values[name] = shape[place]

    def inner_labels(self, labels: dict[str, int], listing: Listing) -> dict[str, int]:
        """Return the labels that are seen in an inner list, whose own end with it."""
        if not listing.labelled:
            return labels
        self.spend(len(labels) // 16, listing.entries[0].place)
        return dict(labels)

    def moment(self, trail: Trail) -> Moment:
        """Remember where the build is, so that what follows can be built again."""
        problems, assumed = tuple(self.faults.problems), dict(self.arithmetic.assumed)
        return Moment(self.draft.mark(), problems, dict(trail.counts), dict(trail.names), assumed)

    def back_to(self, moment: Moment, trail: Trail) -> None:
        """Forget what was built since."""
        self.draft.back_to(moment.mark)
        self.faults.problems = list(moment.problems)
        trail.counts.clear()
        trail.counts.update(moment.counts)
        trail.names.clear()
        trail.names.update(moment.names)
        self.arithmetic.assumed.clear()
        self.arithmetic.assumed.update({**moment.assumed, **self.arithmetic.settled})
        self.costed.clear()


def sides_of(shape: Shape) -> dict[str, Value]:
    """Return the sides of a running tensor under the names that expressions have for them."""
    return {name: shape[place] for name, place in _SIDES[len(shape)]}


def _symbols(binding: Binding) -> Iterator[str]:
    for value in (*binding.values.values(), *(side for shape in binding.shapes.values() for side in shape)):
        yield from (symbol.name for symbol in getattr(value, "free_symbols", ()))
