"""Polynomials over atoms on arrays: exact, in 64 bits where a proof says that they suffice, and as sums of products.

Every number is a whole numerator over a constant denominator. Before anything is computed, the largest magnitude that
an intermediate can take follows from the ranges of the parameters: below 2^53 sums of products run as products of
float matrices, in which every partial sum is a whole number that a float holds exactly, in whatever order they are
added; below 2^62 in 64-bit integers; above that on Python's whole numbers.

A block of configurations has two sides, outer and inner: its rows are all pairs of an outer and an inner entry (a list
of configurations has one inner entry). What depends on one side alone is computed once for each of its entries, and a
total is Σ_j A_j[outer]·B_j[inner].
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.number import divide
from flopcalc.sweeps.recorded import Atom, Monomial, Polynomial
from flopcalc.sweeps.tracing import Domain, Trace

__all__ = ["Plan", "Side"]

Array = Any
Terms: TypeAlias = "tuple[tuple[int, Monomial], ...]"
_ONE: Terms = ((1, ()),)

_SHALLOW = 50
_EXACT_FLOATS = 1 << 53
_EXACT_WORDS = 1 << 62


@dataclass(eq=False)
class Side:
    """One side of a block: numerators of some parameters, one of each for every entry.

    Attributes
    ----------
    values : mapping of str to numpy array
    size : int
    memo : dict
        What plans have computed on it.
    """

    values: Mapping[str, Array]
    size: int
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class _Sum:
    """A polynomial over whole numerators: (factor, atoms) each, over one denominator."""

    terms: Terms
    denominator: int
    most: int
    """No partial sum is larger in magnitude, with the largest factors of the monomials."""


@dataclass(frozen=True, slots=True)
class _Contraction:
    """A total as Σ_j A_j[outer]·B_j[inner], each A_j and B_j a sum over monomials of its own side."""

    outer: tuple[Terms, ...]
    inner: tuple[Terms, ...]
    mixed: Terms
    denominator: int
    most: int


class Plan:
    """How the totals of one trace are computed where its parameters lie on two given sides.

    Parameters
    ----------
    trace : Trace
    domains : mapping of str to Domain
    sides : mapping of str to int
        0 for parameters of the outer side, 1 for those of the inner side.
    paired : bool
        Whether the sides are of equal length and the rows are their pairs one by one, as of a list.
    """

    def __init__(
        self, trace: Trace, domains: Mapping[str, Domain], sides: Mapping[str, int], *, paired: bool = False
    ) -> None:
        self.trace = trace
        self.paired = paired
        self._monomials: dict[int, dict[Monomial, int]] = {}
        self._weights: dict[tuple[str, int], Array] = {}
        self.domains = domains
        self.atoms: list[Atom] = trace.tape.atoms
        self.sides = [frozenset(sides[name] for name in atom.axes) for atom in self.atoms]
        self.denominators: list[int] = []
        self.depths: list[int] = []
        self.arguments: list[tuple[_Sum, ...]] = []
        for atom in self.atoms:
            self.lower(atom)
        self.conditions = [
            (condition, _reduced(self.sum(condition.argument)), frozenset(sides[name] for name in condition.axes))
            for condition in trace.conditions
        ]
        totals = trace.totals or {}
        self.contractions = {metric: self.contraction(self.sum(terms)) for metric, terms in totals.items()}

    # -- before anything is computed ---------------------------------------------------------------------------------

    def lower(self, atom: Atom) -> None:
        """Give an atom whole numerators over a constant denominator."""
        inner = (self.depths[index] for terms in atom.arguments for monomial in terms for index in monomial)
        self.depths.append(1 + max(inner, default=0))
        sums = [self.sum(terms) for terms in atom.arguments]
        denominator = 1
        if atom.kind == "axis":
            denominator = self.domains[atom.name].denominator
        elif atom.kind == "floor":
            common = math.gcd(sums[0].denominator, *(factor for factor, _ in sums[0].terms))
            sums = [_over(sums[0], common)]
        elif atom.kind in ("positive", "zero"):
            sums = [_reduced(sums[0])]
        else:
            denominator = math.lcm(*(item.denominator for item in sums))
            sums = [_times(item, denominator // item.denominator) for item in sums]
        self.denominators.append(denominator)
        self.arguments.append(tuple(sums))

    def most(self, monomial: Monomial) -> int:
        """The largest magnitude of a monomial's numerator."""
        result = 1
        for index in monomial:
            result *= int(_magnitude(self.atoms[index]) * self.denominators[index])
        return result

    def sum(self, terms: Polynomial) -> _Sum:
        """Return a polynomial over whole numerators."""
        scaled = [
            (Fraction(factor) / math.prod(self.denominators[index] for index in monomial), monomial)
            for monomial, factor in terms.items()
        ]
        denominator = math.lcm(*(factor.denominator for factor, _ in scaled)) if scaled else 1
        whole = tuple((int(factor * denominator), monomial) for factor, monomial in scaled)
        return _Sum(whole, denominator, sum(abs(factor) * max(self.most(monomial), 1) for factor, monomial in whole))

    def contraction(self, total: _Sum) -> _Contraction:
        """Part the monomials of a total by side, with as few products as either side allows."""
        pure: list[tuple[int, Monomial, Monomial]] = []
        mixed: list[tuple[int, Monomial]] = []
        for factor, monomial in total.terms:
            if any(len(self.sides[index]) > 1 for index in monomial):
                mixed.append((factor, monomial))
            else:
                outer = tuple(index for index in monomial if self.sides[index] != {1})
                inner = tuple(index for index in monomial if self.sides[index] == {1})
                pure.append((factor, outer, inner))
        by_inner: dict[Monomial, list[tuple[int, Monomial]]] = {}
        by_outer: dict[Monomial, list[tuple[int, Monomial]]] = {}
        for factor, outer, inner in pure:
            by_inner.setdefault(inner, []).append((factor, outer))
            by_outer.setdefault(outer, []).append((factor, inner))
        if len(by_inner) <= len(by_outer):
            sums = tuple(tuple(terms) for terms in by_inner.values())
            keys = tuple(((1, monomial),) for monomial in by_inner)
            return _Contraction(sums, keys, tuple(mixed), total.denominator, total.most)
        sums = tuple(tuple(terms) for terms in by_outer.values())
        keys = tuple(((1, monomial),) for monomial in by_outer)
        return _Contraction(keys, sums, tuple(mixed), total.denominator, total.most)

    def operations(self) -> int:
        """How many operations on whole arrays the totals of pairs take: of atoms, monomials, and sums of products."""

        def of(terms: Terms) -> int:
            return sum(max(len(monomial) - 1, 0) + (factor != 1) + 1 for factor, monomial in terms)

        count = sum(1 + sum(of(item.terms) for item in sums) for sums in self.arguments if sums)
        count += sum(1 + of(argument.terms) for _, argument, _ in self.conditions)
        for contraction in self.contractions.values():
            count += sum(2 * len(terms) for terms in (*contraction.outer, *contraction.inner) if terms != _ONE)
            count += 2 * len(contraction.outer) + of(contraction.mixed)
        return count + sum(max(len(monomial) - 1, 0) for side in (0, 1) for monomial in self.monomials(side))

    # -- on arrays ---------------------------------------------------------------------------------------------------

    def atom(self, index: int, outer: Side, inner: Side) -> Array:
        """Return the numerators of an atom: along its side; of both sides, as a table."""
        if self.depths[index] >= _SHALLOW:
            for below in self.below(index):
                self._atom(below, outer, inner)
        return self._atom(index, outer, inner)

    def below(self, index: int) -> tuple[int, ...]:
        """Return the atoms that an atom is made of, in order, where they nest deeply; else nothing."""
        if self.depths[index] < _SHALLOW:
            return ()
        seen: set[int] = set()
        waiting = [index]
        while waiting:
            for terms in self.atoms[waiting.pop()].arguments:
                for monomial in terms:
                    new = set(monomial) - seen
                    seen |= new
                    waiting.extend(new)
        return tuple(sorted(seen))

    def _atom(self, index: int, outer: Side, inner: Side) -> Array:
        import numpy as np

        where = self.sides[index]
        memo = (inner if where == {1} else outer).memo
        shaped = len(where) > 1 and not self.paired
        key = (id(self), index)
        if key in memo:
            beside, known = memo[key]
            if not shaped or beside is inner:
                return known
        atom = self.atoms[index]
        result: Array
        if atom.kind == "axis":
            result = (inner if where == {1} else outer).values[atom.name]
        else:
            sums = [self.value(item, outer, inner, shaped=shaped) for item in self.arguments[index]]
            result = sums[0]
            if atom.kind == "floor":
                divisor = self.arguments[index][0].denominator
                if divisor & (divisor - 1) == 0 and result.dtype != object:
                    result = result >> (divisor.bit_length() - 1)
                elif divisor != 1:
                    result = result // divisor
            elif atom.kind == "max":
                result = np.maximum(sums[0], sums[1])
            elif atom.kind == "positive":
                result = (result > 0).astype(np.int64)
            elif atom.kind == "zero":
                result = (result == 0).astype(np.int64)
        if result.dtype == object and _magnitude(atom) * self.denominators[index] < _EXACT_WORDS:
            result = result.astype(np.int64)
        memo[key] = (inner, result) if shaped else (None, result)
        return result

    def monomial(self, monomial: Monomial, outer: Side, inner: Side, *, shaped: bool, kind: Any) -> Array:
        """Return a product of atoms, in 64 bits or in Python's whole numbers."""
        result: Array = None
        for index in monomial:
            factor = (
                self._atom(index, outer, inner) if self.depths[index] < _SHALLOW else self.atom(index, outer, inner)
            )
            if shaped and len(self.sides[index]) < 2:
                factor = factor[None, :] if self.sides[index] == {1} else factor[:, None]
            if kind is object and factor.dtype != object:
                factor = factor.astype(object)
            result = factor if result is None else result * factor
        return result

    def value(self, item: _Sum, outer: Side, inner: Side, *, shaped: bool) -> Array:
        """Return the numerators of a sum."""
        import numpy as np

        kind: Any = np.int64 if item.most < _EXACT_WORDS else object
        constant = 0
        result: Array = None
        own = False  # whether the result is this sum's alone, and may be added to in place
        for factor, monomial in item.terms:
            if not monomial:
                constant = factor
                continue
            term = self.monomial(monomial, outer, inner, shaped=shaped, kind=kind)
            if factor != 1:
                term = term * factor
            if result is None:
                result, own = term, factor != 1
            elif own and result.shape == term.shape:
                result += term
            else:
                result, own = result + term, True
        if result is None:
            return np.full((1, 1) if shaped else 1, constant, kind)
        return result + constant if constant else result

    def holds(self, outer: Side, inner: Side) -> tuple[Array | None, Array | None, Array | None]:
        """Return which outer entries, inner entries and pairs meet the conditions; None where all do."""
        key = (id(self), "outer")
        inner_key = (id(self), "inner")
        if key not in outer.memo:
            outer.memo[key] = self._met(frozenset((0,)), outer, inner)
        if inner_key not in inner.memo:
            inner.memo[inner_key] = self._met(frozenset((1,)), outer, inner)
        pairs = self._met(frozenset((0, 1)), outer, inner)
        return outer.memo[key], inner.memo[inner_key], pairs

    def _met(self, where: frozenset[int], outer: Side, inner: Side) -> Array | None:
        mask: Array | None = None
        for condition, argument, sides in self.conditions:
            if sides != where:
                continue
            value = self.value(argument, outer, inner, shaped=len(where) > 1 and not self.paired)
            met = value > 0 if condition.kind == "positive" else value == 0
            met = met.astype(bool) if condition.outcome else ~met.astype(bool)
            mask = met if mask is None else mask & met
        return None if mask is None or bool(mask.all()) else mask

    def kind(self, metric: str) -> Any:
        """Return the type in which a total is computed."""
        import numpy as np

        most = self.contractions[metric].most
        return np.float64 if most < _EXACT_FLOATS else np.int64 if most < _EXACT_WORDS else object

    def pairs(self, outer: Side, inner: Side) -> dict[str, Array]:
        """Return every total of the pairs of two sides of equal length, one by one; exact fractions where need be."""
        import numpy as np

        found: dict[str, Array] = {}
        for metric, contraction in self.contractions.items():
            kind = self.kind(metric)
            one = self.factors(metric, 0, outer, inner, kind)
            two = self.factors(metric, 1, outer, inner, kind)
            total: Array = np.zeros(outer.size, kind)
            for a, b, terms, others in zip(one, two, contraction.outer, contraction.inner, strict=True):
                total += a if others == _ONE else b if terms == _ONE else a * b
            if kind is np.float64:
                total = total.astype(np.int64)
            if contraction.mixed:
                total = total + self.value(_Sum(contraction.mixed, 1, contraction.most), outer, inner, shaped=False)
            found[metric] = _quotients(total, contraction.denominator)
        return found

    def totals(
        self,
        outer: Side,
        inner: Side,
        rows: Array | None,
        columns: Array | None,
        into: Mapping[str, Array] | None = None,
    ) -> dict[str, Array]:
        """Return every total as a table of outer by inner entries, or of those at `rows` and `columns`.

        What 64 bits hold may be written into the tables `into`. Where a total is not whole they are exact fractions.
        """
        import numpy as np

        found: dict[str, Array] = {}
        table: Array
        for metric, contraction in self.contractions.items():
            kind = self.kind(metric)
            size = (outer.size if rows is None else len(rows), inner.size if columns is None else len(columns))
            one = self.factors(metric, 0, outer, inner, kind)
            two = self.factors(metric, 1, outer, inner, kind)
            if rows is not None:
                one = one[:, rows]
            if columns is not None:
                two = two[:, columns]
            if into is not None and kind is not object:
                table = into[metric]
            else:
                table = np.empty(size, np.int64 if kind is not object else object)
            if len(one) and kind is np.float64:
                np.copyto(table, one.T @ two if size[1] > 1 or len(one) > 1 else one.T * two, casting="unsafe")
            else:
                table[:] = 0
                for a, b in zip(one, two, strict=True):
                    table += a[:, None] * b[None, :]
            if contraction.mixed:
                item = _Sum(contraction.mixed, 1, contraction.most)
                extra = np.broadcast_to(self.value(item, outer, inner, shaped=True), (outer.size, inner.size))
                if rows is not None:
                    extra = extra[rows]
                table += extra if columns is None else extra[:, columns]
            found[metric] = _quotients(table, contraction.denominator)
        return found

    def factors(self, metric: str, side: int, outer: Side, inner: Side, kind: Any) -> Array:
        """Return the matrix of a contraction's factors on one side: a row for each of the products."""
        import numpy as np

        here = inner if side else outer
        key = (id(self), metric, side)
        if key in here.memo:
            return here.memo[key]
        sums = self.contractions[metric].inner if side else self.contractions[metric].outer
        if kind is np.float64:
            factors = self.weights(metric, side)
            matrix = self.matrix(side, outer, inner)
            result = matrix[factors] if factors.ndim == 1 else factors @ matrix
        else:
            result = np.zeros((len(sums), here.size), kind)
            for row, terms in enumerate(sums):
                for factor, monomial in terms:
                    if monomial:
                        result[row] += factor * self.monomial(monomial, outer, inner, shaped=False, kind=kind)
                    else:
                        result[row] += factor
        here.memo[key] = result
        return result

    def monomials(self, side: int) -> dict[Monomial, int]:
        """Return the monomials of one side that any total has which is computed in floats, and their places."""
        if side not in self._monomials:
            wanted = {
                monomial
                for contraction in self.contractions.values()
                if contraction.most < _EXACT_FLOATS
                for terms in (contraction.inner if side else contraction.outer)
                for _, monomial in terms
            }
            self._monomials[side] = {monomial: place for place, monomial in enumerate(sorted(wanted))}
        return self._monomials[side]

    def weights(self, metric: str, side: int) -> Array:
        """Return the matrix that makes a total's factors of the monomials; their places, where each is a monomial."""
        import numpy as np

        if (metric, side) not in self._weights:
            sums = self.contractions[metric].inner if side else self.contractions[metric].outer
            places = self.monomials(side)
            if all(len(terms) == 1 and terms[0][0] == 1 for terms in sums):
                found: Array = np.array([places[terms[0][1]] for terms in sums], np.int64)
            else:
                found = np.zeros((len(sums), len(places)))
                for row, terms in enumerate(sums):
                    for factor, monomial in terms:
                        found[row, places[monomial]] += factor
            self._weights[metric, side] = found
        return self._weights[metric, side]

    def matrix(self, side: int, outer: Side, inner: Side) -> Array:
        """Return the monomials of one side as rows of whole floats."""
        import numpy as np

        here = inner if side else outer
        key = (id(self), "monomials", side)
        if key not in here.memo:
            places = self.monomials(side)
            matrix = np.empty((len(places), here.size))
            for monomial, row in places.items():
                if monomial:
                    self.product(monomial, outer, inner, matrix[row])
                else:
                    matrix[row] = 1
            here.memo[key] = matrix
        return here.memo[key]

    def product(self, monomial: Monomial, outer: Side, inner: Side, out: Array) -> None:
        """Write a monomial into a row of floats; it is below 2^53."""
        import numpy as np

        values = [self.floats(index, outer, inner) for index in monomial]
        if len(values) == 1:
            out[:] = values[0]
            return
        np.multiply(values[0], values[1], out=out)
        for value in values[2:]:
            np.multiply(out, value, out=out)

    def floats(self, index: int, outer: Side, inner: Side) -> Array:
        """Return an atom of one side as floats that are whole."""
        import numpy as np

        here = inner if self.sides[index] == {1} else outer
        key = (id(self), index, "float")
        if key not in here.memo:
            here.memo[key] = self.atom(index, outer, inner).astype(np.float64)
        return here.memo[key]


def _quotients(totals: Array, denominator: int) -> Array:
    """Return totals divided in place, where all of them divide; else the exact numbers, in an array of objects."""
    import numpy as np

    if denominator == 1:
        return totals
    if not (totals % denominator).any():
        totals //= denominator
        return totals
    exact: Array = np.empty(totals.size, object)
    exact[:] = [divide(int(total), denominator) for total in totals.flat]
    return exact.reshape(totals.shape)


def _magnitude(atom: Atom) -> int | Fraction:
    low = atom.low if atom.low >= 0 else -atom.low
    high = atom.high if atom.high >= 0 else -atom.high
    return high if high > low else low


def _over(item: _Sum, common: int) -> _Sum:
    terms = tuple((factor // common, monomial) for factor, monomial in item.terms)
    return _Sum(terms, item.denominator // common, item.most // common + 1)


def _times(item: _Sum, factor: int) -> _Sum:
    return _Sum(tuple((number * factor, monomial) for number, monomial in item.terms), 1, item.most * factor)


def _reduced(item: _Sum) -> _Sum:
    """Return a sum over 1 of the same sign."""
    common = math.gcd(*(factor for factor, _ in item.terms)) or 1
    return _Sum(tuple((factor // common, monomial) for factor, monomial in item.terms), 1, item.most // common + 1)
