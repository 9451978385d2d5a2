"""A claim tried in plain numbers: the second road under a verdict, and the search for the smallest counterexample.

At every point the specs are built layer by layer with plain numbers and the claim is worked out as it was written,
its rounding kept. Points are those that meet what the answer says it assumes, and no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from math import ceil, floor, lcm
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, FlopcalcError
from flopcalc.number import Number, as_text, is_rational, normal
from flopcalc.theory.equivalence import MULTIPLIERS, counterexample, evaluated, symbols_of
from flopcalc.theory.plain import PlainFormula, Real, add, compare, enclosed, plain_formula
from flopcalc.theory.plain import divide as plain_divide
from flopcalc.theory.questions import At, Link, Question, unified
from flopcalc.theory.recount import Condition, Fitting, Nature, Plain, points

__all__ = ["Counterexample", "Trial", "holds", "shown_at", "smallest", "tried", "tried_as_it_grows"]

_FILLS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 32, 36, 40, 48, 60, 64, 80, 100, 120, 128, 144, 180, 240, 256, 360)
"""What is tried for symbols of the specs that are in no formula any more, as the channels in a ratio."""

_MOST_DRAWN = 1500
"""How many points are looked at in vain or not, for one trial."""

_PACES = (10**4 + 1, 10**8 + 1, 10**12 + 1)
"""Odd, so that what is odd stays so."""

_FEW_POINTS = 10
_MOST_GROWTH = 1000
_NEAR = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Numbers for which a claim fails, and both values there: whole ones, and rational ones for multipliers."""

    assignment: Mapping[str, Plain]
    actual: Number
    claimed: Number


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a claim in plain numbers.

    Attributes
    ----------
    points : int
        At how many points it was tried.
    failure : mapping of str to number, optional
        The first at which it fails.
    actual, claimed : Real, optional
        Both values there.
    undefined : int
        At how many more points there is a network, and the claim has no value.
    fixed : tuple of (str, tuple of numbers)
        Symbols that had one value or two at all the points, though they are free.
    """

    points: int
    failure: Mapping[str, Plain] | None = None
    actual: Real | None = None
    claimed: Real | None = None
    undefined: int = 0
    fixed: tuple[tuple[str, tuple[Plain, ...]], ...] = ()


def holds(relation: str, actual: Real, claimed: Real, step: Fraction | None = None) -> bool | None:
    """Tell whether two plain values stand in a relation; None where that is not decided.

    With `step`, ``≈`` means that `claimed` is `actual` rounded half up to a multiple of it.

    Examples
    --------
    >>> holds(">=", 3, 2), holds("≈", Fraction(9, 2), 5, Fraction(1)), holds("≈", Fraction(9, 2), 4, Fraction(1))
    (True, True, False)
    """
    if relation == "≈":
        assert step is not None
        low, high = compare(actual, add(claimed, -step / 2)), compare(actual, add(claimed, step / 2))
        return None if low is None or high is None else low >= 0 and high < 0
    order = compare(actual, claimed)
    if order is None:
        return None
    return {"=": order == 0, ">=": order >= 0, "<=": order <= 0, ">": order > 0, "<": order < 0}[relation]


def tried(question: Question, link: Link, step: Fraction | None = None) -> Trial:
    """Try a link of a claim at as many points as are wanted, until one fails."""
    count = undefined = 0
    seen: dict[str, set[Plain]] = {nature.name: set() for nature in question.natures if not nature.few}
    for there, point in _places(question):
        values = _values(link, there)
        if values is None:
            undefined += 1
            continue
        count += 1
        actual, claimed = values
        if holds(link.relation, actual, claimed, step) is False:
            return Trial(count, point, actual, claimed)
        for name in seen:
            seen[name].add(point[name])
        if count >= question.wanted_points:
            break
    assumed = {name for text in question.claim.assume for name in plain_formula(text).names}
    fixed = tuple(
        (name, tuple(sorted(values)))
        for name, values in seen.items()
        if count >= _FEW_POINTS and len(values) <= 2 and name not in assumed
    )
    return Trial(count, undefined=undefined, fixed=fixed)


def _values(link: Link, there: At) -> tuple[Real, Real] | None:
    try:
        return link.left.at(there), link.right.at(there)
    except (ZeroDivisionError, Fault, FlopcalcError):
        return None


def _places(question: Question) -> Iterator[tuple[At, dict[str, Plain]]]:
    """Yield the points that can be, each with what the specs are there."""
    for point in islice(points(question.natures, question.conditions, question.hints), _MOST_DRAWN):
        there = question.at(point)
        if there is not None:
            yield there, point


def tried_as_it_grows(question: Question, link: Link, growing: Mapping[str, int], kind: str) -> Trial:
    """Try what is said of very large values.

    Parameters
    ----------
    question, link
    growing : mapping of str to int
        The symbols that grow, and at which power of one pace.
    kind : str
        ``one``: the sides' ratio goes to 1; ``zero``: the left side goes to 0; ``bounded``: the ratio of left to right
        has a bound; ``between``: and one above 0 from below. For the last two the ratio grows or falls at a point that
        fails.
    """
    count = 0
    for point in islice(points(question.natures, question.conditions, question.hints, small=True), 60):
        found: list[Fraction] = []
        values: tuple[Real, Real] | None = None
        for pace in _PACES:
            far = {name: value * pace ** growing.get(name, 0) for name, value in point.items()}
            holds_there = all(condition.holds(far) for condition in question.conditions)
            there = question.at(far) if holds_there else None
            values = None if there is None else _values(link, there)
            if values is None or (kind != "zero" and compare(values[1], 0) == 0):
                break
            low, high = enclosed(values[0] if kind == "zero" else plain_divide(*values)).bounds(64)
            found.append((low + high) / 2)
        if len(found) < len(_PACES) or values is None:
            continue
        count += 1
        if _strays(found, kind):
            return Trial(count, point, *values)
        if count >= _FEW_POINTS:
            break
    return Trial(count)


def _strays(found: Sequence[Fraction], kind: str) -> bool:
    """Tell whether values at growing paces do not go where they should."""
    first, last = found[0], found[-1]
    if kind == "one":
        return abs(last - 1) > max(_NEAR, abs(first - 1))
    if kind == "zero":
        return abs(last) > max(_NEAR, abs(first))
    grows = abs(last) > _MOST_GROWTH * max(abs(first), _NEAR)
    return grows or (kind == "between" and abs(last) * _MOST_GROWTH < abs(first))


# -- the smallest counterexample -------------------------------------------------------------------------------------


def smallest(question: Question, link: Link, step: Fraction | None = None) -> Counterexample | None:
    """Return the smallest numbers for which a claim fails, counted layer by layer; None where none are found."""
    left, right = link.left.value, link.right.value
    names = sorted(symbols_of(left, right), key=lambda name: question.rank(str(name)))
    search = _Search.of(question, names)
    formulas = [plain_formula(as_text(side)) for side in (left, right)]
    found: dict[str, Any] = {}

    def refutes(point: Mapping[Any, Plain]) -> bool:
        named = search.named(point)
        if not search.may_be(named):
            return False
        try:
            actual, claimed = (formula.value(named) for formula in formulas)
            return holds(link.relation, actual, claimed, step) is False and any(search.filled(named))
        except Fault:
            return False

    def happens(point: Mapping[Any, Plain]) -> bool:
        for full in islice(search.filled(search.named(point)), 12):
            if not all(condition.holds(full) for condition in question.conditions):
                continue
            at = question.at(full)
            values = None if at is None else _values(link, at)
            if values is not None and holds(link.relation, *values, step) is False:
                found["values"] = values
                return True
        return False

    point = counterexample(refutes, names, happens, grid={name: search.grid(name) for name in names})
    if point is None:
        return None
    actual, claimed = (_shown(value, side, point) for value, side in zip(found["values"], (left, right), strict=True))
    return Counterexample(search.named(point), actual, claimed)


@dataclass(frozen=True, slots=True)
class _Search:
    """What a search for the smallest counterexample knows of a question."""

    question: Question
    spelt: Mapping[Any, str]
    """The symbols of the claim, by their names."""
    unseen: tuple[Any, ...]
    """Symbols of the specs that are in no formula any more, as the channels in a ratio."""
    whole: tuple[Any, ...]
    at_once: tuple[PlainFormula, ...]
    """What must be whole of the claim's own symbols."""
    later: tuple[PlainFormula, ...]
    """What must be whole of the others too."""
    early: tuple[Condition, ...]
    """Conditions on the claim's own symbols."""
    inputs: frozenset[str]
    fitting: Fitting

    @classmethod
    def of(cls, question: Question, names: Sequence[Any]) -> _Search:
        spelt = {name: str(name) for name in names}
        seen = {*spelt.values()}
        whole = _whole(question)
        texts = [plain_formula(as_text(one)) for one in whole]
        shapes = [shape for side in question.counted for shape in side.report.inputs.values()]
        return cls(
            question,
            spelt,
            tuple(symbol for symbol in question.symbols.values() if symbol not in names),
            whole,
            tuple(text for text in texts if {*text.names} <= seen),
            tuple(text for text in texts if not {*text.names} <= seen),
            tuple(each for each in question.conditions if not each.turns and {*each.names} <= seen),
            frozenset(str(symbol) for shape in shapes for size in shape for symbol in symbols_of(size)),
            Fitting.of(text.text for text in texts),
        )

    def named(self, point: Mapping[Any, Plain]) -> dict[str, Plain]:
        return {self.spelt[name]: value for name, value in point.items()}

    def may_be(self, point: Mapping[str, Plain]) -> bool:
        """Tell whether values of the claim's own symbols keep to what is assumed of them."""
        return _are_whole(self.at_once, point) and all(condition.holds(point) for condition in self.early)

    def grid(self, name: Any) -> tuple[int, int]:
        """Return the least value that a symbol may have, and the step to the next, as far as it is seen at once."""
        least, step = 1, 1
        for value in self.whole:
            share = value / name
            if share.is_Rational:
                step = lcm(step, int(share.q))
        for relation in self.question.arithmetic.relations:
            gap: Any = unified(relation.difference, self.question.symbols)
            bound = normal(name - gap)
            if is_rational(bound):
                least = max(least, floor(bound) + 1 if relation.strict else ceil(bound))
        return -(-least // step) * step, step

    def filled(self, point: Mapping[str, Plain]) -> Iterator[dict[str, Plain]]:
        """Yield a point with values for all other symbols: first for the inputs' alone."""
        if not self.unseen:
            if _are_whole(self.later, point):
                yield dict(point)
            return
        grids = [(str(name), name.is_integer is True, *self.grid(name)) for name in self.unseen]
        others = [Nature(name, is_whole) for name, is_whole, *_ in grids]
        for among in (self.inputs, frozenset(name for name, *_ in grids)):
            for fill in _FILLS:
                full = dict(point)
                for name, is_whole, least, step in grids:
                    value = fill if name in among else 1
                    multiplier = MULTIPLIERS[(value - 1) % len(MULTIPLIERS)]
                    full[name] = max(least, -(-value // step) * step) if is_whole else _simple(multiplier)
                if not _are_whole(self.later, full):
                    full = self.fitting.fitted(full, others)
                if _are_whole(self.later, full):
                    yield full


def _simple(value: Fraction) -> Plain:
    return value.numerator if value.denominator == 1 else value


def _shown(value: Real, side: Number, point: Mapping[Any, Plain]) -> Number:
    """Return a plain value as a number of formulas; an irrational one as sympy has it."""
    exact = enclosed(value).exact
    return exact if exact is not None else evaluated(side, point)


def shown_at(trial: Trial, question: Question, link: Link) -> Counterexample:
    """Return the point at which a trial failed as a counterexample."""
    assert trial.failure is not None
    assert trial.actual is not None
    assert trial.claimed is not None
    point = {question.symbols[name]: value for name, value in trial.failure.items()}
    return Counterexample(
        trial.failure, _shown(trial.actual, link.left.value, point), _shown(trial.claimed, link.right.value, point)
    )


def _whole(question: Question) -> tuple[Any, ...]:
    """Return what must be whole: what the specs need, and what is taken for whole so that nothing is rounded."""
    known = set(question.symbols.values())
    found: dict[Any, None] = dict.fromkeys(question.whole)
    if question.rounding_matters:
        for side in question.counted:
            for each in side.report.totals.arithmetic.ideal:
                if each.least is None and not each.turns:
                    found[unified(each.value, question.symbols)] = None
    return tuple(one for one in found if not is_rational(one) and not one.is_Symbol and one.free_symbols <= known)


def _are_whole(formulas: Sequence[PlainFormula], point: Mapping[str, Plain]) -> bool:
    """Tell whether formulas are whole numbers from 0 at a point."""
    for formula in formulas:
        try:
            value = formula.value(point).exact
        except (Fault, ZeroDivisionError):
            return False
        if type(value) is not int or value < 0:
            return False
    return True
