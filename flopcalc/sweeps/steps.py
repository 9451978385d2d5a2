"""Where a parameter's value matters: the steps between which rounding gives one and the same network.

Interval arithmetic on the atoms of the traces proves that they stay the same over a step; what it does not prove is
halved, down to single values. So a step may be shorter than it could be, and never too long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.sweeps.evaluation import Plan, Side
from flopcalc.sweeps.tracing import Domain, Trace

__all__ = ["Steps", "steps_of"]

Array = Any

_MOST_BUCKETS = 1 << 16
_MOST_COMPARISONS = 4
_EXACT_WORDS = 1 << 62


@dataclass(eq=False)
class Steps:
    """A parameter's range in steps, within each of which every network is the same.

    Attributes
    ----------
    first : numpy array
        The least numerator of every step, in order.
    """

    first: Array
    low: int
    shift: int
    buckets: Array
    crossings: int

    @classmethod
    def of(cls, first: Array, low: int, high: int) -> Steps:
        """Return the steps that begin at the given numerators, with a table by which they are found."""
        import numpy as np

        shift = max(0, (high - low + 1).bit_length() - _MOST_BUCKETS.bit_length() + 1)
        begins = low + (np.arange(((high - low) >> shift) + 1, dtype=np.int64) << shift)
        buckets = np.searchsorted(first, begins, side="right") - 1
        inside = np.diff(np.append(buckets, len(first) - 1)) if shift else np.zeros(1, np.int64)
        return cls(first, low, shift, buckets.astype(np.int64), int(inside.max()) if len(inside) else 0)

    @property
    def size(self) -> int:
        """How many steps there are."""
        return len(self.first)

    def index(self, numerators: Array) -> Array:
        """Return the step of every numerator."""
        import numpy as np

        if self.crossings > _MOST_COMPARISONS:
            return np.searchsorted(self.first, numerators, side="right") - 1
        offsets = numerators - self.low if self.low else numerators
        found = self.buckets.take(offsets >> self.shift if self.shift else offsets)
        for _ in range(self.crossings):
            after = self._bounded.take(found)
            found = found + (numerators >= after)
        return found

    @property
    def _bounded(self) -> Array:
        """The beginning of the step after each; after the last a number above all."""
        import numpy as np

        cached = self.__dict__.get("_after")
        if cached is None:
            cached = self.__dict__["_after"] = np.append(self.first[1:], np.iinfo(np.int64).max)
        return cached


def steps_of(name: str, domains: Mapping[str, Domain], traces: Sequence[Trace], most: int) -> Steps | None:
    """Return the steps of a parameter for all the structures that are known; None where they are more than `most`."""
    import numpy as np

    domain = domains[name]
    if max(abs(domain.low), abs(domain.high)) >= _EXACT_WORDS:
        return None
    if domain.words or domain.high - domain.low < 64:
        return Steps.of(np.arange(domain.low, domain.high + 1, dtype=np.int64), domain.low, domain.high)
    watches = [watch for watch in (_Watch(name, domains, trace) for trace in traces) if watch]
    if any(watch.raw for watch in watches):
        if domain.high - domain.low < most:
            return Steps.of(np.arange(domain.low, domain.high + 1, dtype=np.int64), domain.low, domain.high)
        return None
    low, high = np.array([domain.low], np.int64), np.array([domain.high], np.int64)
    done: list[Array] = []
    count = 0
    while len(low):
        same = np.ones(len(low), bool)
        for watch in watches:
            same &= watch.constant(low, high)
        same |= low == high
        done.append(low[same])
        count += int(np.count_nonzero(same))
        low, high = low[~same], high[~same]
        if count + 2 * len(low) > 64 * most:
            return None
        middle = (low + high) >> 1
        low, high = np.concatenate([low, middle + 1]), np.concatenate([middle, high])
    first = np.sort(np.concatenate(done))
    change = np.zeros(len(first) - 1, bool)
    for watch in watches:
        for values in watch.values(first):
            change |= values[1:] != values[:-1]
    first = first[np.concatenate([[True], change])]
    return Steps.of(first, domain.low, domain.high) if len(first) <= most else None


class _Watch:
    """What of one trace depends on a parameter: the atoms that reach its totals, and its conditions."""

    def __init__(self, name: str, domains: Mapping[str, Domain], trace: Trace) -> None:
        self.name = name
        atoms = trace.tape.atoms
        alone = frozenset((name,))
        self.plan = Plan(trace, domains, dict.fromkeys(domains, 0))
        wanted: set[int] = set()
        waiting: list[int] = []
        for terms in (trace.totals or {}).values():
            waiting += [index for monomial in terms for index in monomial]
        for condition in trace.conditions:
            if name in condition.axes and condition.axes != alone:
                waiting += [index for monomial in condition.argument for index in monomial]
        seen: set[int] = set()
        while waiting:
            index = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            if atoms[index].axes == alone:
                wanted.add(index)
            elif name in atoms[index].axes:
                waiting += [inner for terms in atoms[index].arguments for monomial in terms for inner in monomial]
        self.raw = any(atoms[index].kind == "axis" for index in wanted)
        if trace.totals is None and trace.error is None:
            self.raw = True  # analysed one by one
        self.atoms = sorted(wanted)
        self.conditions = [item for item in self.plan.conditions if item[0].axes == alone]

    def __bool__(self) -> bool:
        return bool(self.atoms or self.conditions or self.raw)

    def values(self, numerators: Array) -> list[Array]:
        """Return the atoms and the outcomes at some values of the parameter."""
        side, none = Side({self.name: numerators}, len(numerators)), Side({}, 1)
        found = [self.plan.atom(index, side, none) for index in self.atoms]
        for condition, argument, _ in self.conditions:
            value = self.plan.value(argument, side, none, shaped=False)
            found.append((value > 0) if condition.kind == "positive" else (value == 0))
        return found

    def constant(self, low: Array, high: Array) -> Array:
        """Tell for which intervals of the parameter all the atoms and outcomes are proven to stay the same."""
        import numpy as np

        bounds: dict[int, tuple[Array, Array]] = {}
        same = np.ones(len(low), bool)
        for index in self.atoms:
            least, most = self._atom(index, low, high, bounds)
            same &= least == most
        for condition, argument, _ in self.conditions:
            least, most = self._sum(argument, low, high, bounds)
            if condition.kind == "positive":
                same &= (least > 0) | (most <= 0)
            else:
                same &= (least > 0) | (most < 0) | ((least == 0) & (most == 0))
        return same

    def _atom(self, index: int, low: Array, high: Array, bounds: dict[int, tuple[Array, Array]]) -> tuple[Array, Array]:
        import numpy as np

        if index in bounds:
            return bounds[index]
        for below in self.plan.below(index):
            self._atom(below, low, high, bounds)
        atom = self.plan.atoms[index]
        if atom.kind == "axis":
            ends = (low, high)
        else:
            inner = [self._sum(item, low, high, bounds) for item in self.plan.arguments[index]]
            least, most = inner[0]
            if atom.kind == "floor":
                divisor = self.plan.arguments[index][0].denominator
                ends = (least // divisor, most // divisor)
            elif atom.kind == "max":
                ends = (np.maximum(least, inner[1][0]), np.maximum(most, inner[1][1]))
            elif atom.kind == "positive":
                ends = ((least > 0).astype(np.int64), (most > 0).astype(np.int64))
            elif atom.kind == "zero":
                fixed = (least == 0) & (most == 0)
                ends = (fixed.astype(np.int64), ((least <= 0) & (most >= 0)).astype(np.int64))
            else:
                ends = (least, most)
        bounds[index] = ends
        return ends

    def _sum(self, item: Any, low: Array, high: Array, bounds: dict[int, tuple[Array, Array]]) -> tuple[Array, Array]:
        import numpy as np

        kind: Any = np.int64 if item.most < _EXACT_WORDS else object
        least, most = np.zeros(len(low), kind), np.zeros(len(low), kind)
        for factor, monomial in item.terms:
            ends = (np.ones(len(low), kind), np.ones(len(low), kind))
            for index in monomial:
                one, two = (end.astype(kind) for end in self._atom(index, low, high, bounds))
                corners = [ends[0] * one, ends[0] * two, ends[1] * one, ends[1] * two]
                ends = (
                    np.minimum(np.minimum(corners[0], corners[1]), np.minimum(corners[2], corners[3])),
                    np.maximum(np.maximum(corners[0], corners[1]), np.maximum(corners[2], corners[3])),
                )
            if factor < 0:
                ends = (ends[1], ends[0])
            least, most = least + factor * ends[0], most + factor * ends[1]
        return least, most
