"""The networks on a way of parameters, one after the other: each with the exact span of the unknown that gives it.

One trace of the analysis (:mod:`flopcalc.sweeps.tracing`) tells what was rounded and what was decided. Around a point
each of these is a linear function of one parameter that keeps between two whole numbers, or keeps its sign; where they
all do, the network is the same. So the ends of a span are found exactly, and nothing is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UndecidedError
from flopcalc.number import normal
from flopcalc.solving.counting import built_at, totals_of
from flopcalc.solving.path import LARGEST, Course, End, Span
from flopcalc.sweeps.recorded import Atom, Polynomial, Rational, range_of
from flopcalc.sweeps.tracing import Domain, Setting, Trace, trace

__all__ = ["MOST_LAYERS", "Line", "Piece"]

MOST_LAYERS = 1_000_000
"""How many layers are built for one question, those of all its networks together."""

_REFUSED = 20  # layers' worth of work for what makes no network

_MOST_TRIES = 200
_MOST_TRACED = 10_000
_MOST_TRACES = 63  # what is further away is seldom met again
_MOST_ALONE = 12  # values that are taken as they are, one by one

_MOST_FUTILE = 3  # traces of whole numbers that hold for one value alone, before no more are made

Form: TypeAlias = "dict[tuple[str, ...], Rational]"
"""A polynomial in the real parameters: () is the constant part."""


@dataclass(frozen=True)
class Piece:
    """A span of the unknown within which nothing changes.

    Attributes
    ----------
    span : Span
    totals : mapping of str to int, optional
        By metric; None where the analysis refuses these values.
    error : FlopcalcError, optional
        Why it does.
    """

    span: Span
    totals: Mapping[str, Rational] | None
    error: FlopcalcError | None = None


@dataclass
class Line:
    """The way on which parameters grow, and what was learnt of the networks on it.

    Attributes
    ----------
    setting : Setting
    courses : mapping of str to Course
    least : mapping of str to Fraction
        No parameter is below this.
    limits : Span
        Of the unknown.
    traces : list of Trace
        What was learnt.
    rising : frozenset of str, optional
        The metrics that are proven never to fall, once that was asked.
    traced : int
        How many analyses that took.
    futile : int
        How many of them in a row were of no use for another value.
    layers : int
        How many layers were built in plain numbers.
    """

    setting: Setting
    courses: Mapping[str, Course]
    least: Mapping[str, Fraction]
    limits: Span
    traces: list[Trace] = field(default_factory=list)
    rising: frozenset[str] | None = None
    traced: int = 0
    futile: int = 0
    layers: int = 0

    @property
    def whole(self) -> bool:
        """Whether the unknown is a whole number."""
        return any(course.whole and not course.rounding and course.base is None for course in self.courses.values())

    @property
    def reals(self) -> frozenset[str]:
        """The parameters that are no whole numbers."""
        return frozenset(name for name, course in self.courses.items() if not course.whole)

    # -- one point ---------------------------------------------------------------------------------------------------

    def at(self, t: Fraction) -> Piece:
        """Return the piece in which a value of the unknown lies."""
        return self._piece({name: course.at(t) for name, course in self.courses.items()})

    def at_end(self, end: End) -> Piece:
        """Return the piece in which an end lies."""
        return self._piece({name: course.at_end(end) for name, course in self.courses.items()})

    def _piece(self, values: Mapping[str, Fraction]) -> Piece:
        for name, course in self.courses.items():
            if course.whole and values[name].denominator > 1:
                what = f"{name} = {values[name]} is no whole number"
                return Piece(course.span(values[name], True, values[name], True), None, ParameterError(Problem(what)))
        if not self.reals and self.futile >= _MOST_FUTILE:
            return self._counted(values)
        found, known = self.known(values)
        if found.totals is None and found.error is None and not self.reals:
            return self._counted(values)
        if found.totals is None and found.error is None:
            raise _cannot(values, "the analysis does something with it that is not linear")
        totals: dict[str, Rational] = {}
        for metric, terms in (found.totals or {}).items():
            form = known.form(terms)
            if not all(known.pinned(name) for key in form for name in key):
                raise _cannot(values, f"{metric} change without a step")
            totals[metric] = normal(known.value(form))
        span = self._whole(values)
        for name, course in self.courses.items():
            if not course.whole and name in known.box:
                span = span.meet(course.span(*known.box[name]))
        if found.totals is None:
            return Piece(span, None, found.error)
        try:
            return Piece(span, self.setting.complete(totals), found.error)
        except FlopcalcError as error:
            return Piece(span, None, error)

    def _whole(self, values: Mapping[str, Fraction]) -> Span:
        """Return where the whole parameters are what they are."""
        span = self.limits
        for name, course in self.courses.items():
            if course.whole:
                span = span.meet(course.where(int(values[name])))
        return span

    def _counted(self, values: Mapping[str, Fraction]) -> Piece:
        """Return the piece of whole numbers, by building it."""
        if self.layers > MOST_LAYERS:
            raise UndecidedError(
                Problem(
                    f"more than {MOST_LAYERS:,} layers would have to be built, network by network",
                    None,
                    "a nearer budget, or bounds of what grows",
                )
            )
        self.layers += _REFUSED
        try:
            graph, arithmetic = built_at(self.setting, {name: int(value) for name, value in values.items()})
            self.layers += len(graph.nodes)
            totals = totals_of(self.setting, graph, arithmetic)
        except FlopcalcError as error:
            return Piece(self._whole(values), None, error)
        return Piece(self._whole(values), totals)

    def known(self, values: Mapping[str, Fraction]) -> tuple[Trace, _Around]:
        """Return what a trace says of the values, tracing them where no known one covers them."""
        for found in reversed(self.traces):
            around = _Around(found, values, self.reals)
            if around.covered:
                self.traces = [item for item in self.traces if item is not found] + [found]  # likely the next one's too
                self.futile = 0
                return found, around
        domains: dict[str, Domain] = {}
        numerators: dict[str, int] = {}
        for name, value in values.items():
            bottom = 1 if self.courses[name].whole else 2 * value.denominator
            low = math.floor(self.least[name] * bottom)
            domains[name] = Domain(low, LARGEST * bottom, bottom)
            numerators[name] = int(value * bottom)
        self.traced += 1
        self.futile += 1
        if self.traced > _MOST_TRACED:
            raise UndecidedError(
                Problem(
                    f"more than {_MOST_TRACED:,} networks would have to be analysed one by one", None, "a nearer budget"
                )
            )
        found = trace(self.setting, domains, numerators)
        if found.error is not None and not found.conditions and found.totals is None:
            raise found.error
        self.traces = [*self.traces[-_MOST_TRACES:], found]
        around = _Around(found, values, self.reals)
        if not around.covered:
            raise _cannot(values, "its trace contradicts itself")
        return found, around

    # -- one after the other -----------------------------------------------------------------------------------------

    def down(self, start: Fraction) -> Iterator[Piece]:
        """Yield the piece at `start`, and those below it, down to the least."""
        if self.whole:
            for value in range(int(start), math.floor(_near(self.limits.low)) - 1, -1):
                if self.limits.holds(Fraction(value)):
                    yield self.at(Fraction(value))
            return
        high = self.limits.high
        if high is not None and not self.limits.high_closed and start >= high.near:
            piece = self._below(Piece(Span.point(high), None), high)
        else:
            piece = self.at(start)
        while True:
            yield piece
            low = piece.span.low
            if low is None or not self._goes_on(piece.span, low):
                return
            piece = self._below(piece, low)

    def _goes_on(self, span: Span, low: End) -> bool:
        """Tell whether anything lies below a span that begins at `low`."""
        if self.limits.low is None or self.limits.low < low:
            return True
        return self.limits.low_closed and not span.low_closed

    def _below(self, piece: Piece, low: End) -> Piece:
        """Return the piece that ends where another one begins."""
        if not piece.span.low_closed:
            found = self.at_end(low)
            if found.span.precedes(piece.span):
                return found
            raise UndecidedError(Problem(f"what happens at {float(low.near):.6g} cannot be followed"))
        width = Fraction(1, 64)
        if piece.span.high is not None and not piece.span.single:
            width = min(width, (piece.span.high.near - low.near) / 2)
        bottom = None if self.limits.low is None else self.limits.low.near
        t = low.near - width if bottom is None else max(low.near - width, (low.near + bottom) / 2)
        alone = 0
        for _ in range(_MOST_TRIES):
            found = self.at(t)
            if found.span.precedes(piece.span):
                return found
            alone = alone + 1 if found.span.single else 0
            if alone >= _MOST_ALONE:
                break
            high = t if found.span.high is None or found.span.empty else max(t, min(found.span.high.near, low.near))
            t = (high + low.near) / 2
        raise UndecidedError(Problem(f"what happens below {float(low.near):.6g} cannot be followed"))


def _near(end: End | None) -> Fraction:
    return Fraction(0) if end is None else end.near


def _cannot(values: Mapping[str, Fraction], why: str) -> UndecidedError:
    shown = ", ".join(f"{name} = {float(value):.6g}" for name, value in values.items())
    return UndecidedError(Problem(f"the steps at {shown} cannot be followed exactly: {why}"))


class _Around:
    """What a trace says of a point: whether it covers it, and within which bounds of each real parameter."""

    def __init__(self, found: Trace, values: Mapping[str, Fraction], reals: frozenset[str]) -> None:
        self.values = values
        self.reals = reals
        self.atoms = found.tape.atoms
        self.box: dict[str, tuple[Fraction | None, bool, Fraction | None, bool]] = {}
        self.forms: dict[int, Form] = {}
        self.covered = True
        for condition in found.conditions:
            form = self.form(condition.argument)
            value = self.value(form)
            if ((value > 0) if condition.kind == "positive" else (value == 0)) is not condition.outcome:
                self.covered = False
                return
            self._keep(form, condition.kind)

    def form(self, terms: Polynomial) -> Form:
        """Return a polynomial in the atoms as one in the real parameters; the bounds of what it is made of are kept."""
        waiting = [index for monomial in terms for index in monomial if index not in self.forms]
        while waiting:
            index = waiting[-1]
            atom = self.atoms[index]
            below = [
                inner
                for argument in atom.arguments
                for monomial in argument
                for inner in monomial
                if inner not in self.forms
            ]
            if below and index not in self.forms:
                waiting += below
                continue
            waiting.pop()
            if index not in self.forms:
                self.forms[index] = self._atom(atom)
        return self._sum(terms)

    def _atom(self, atom: Atom) -> Form:
        if atom.kind == "axis":
            return {(atom.name,): 1} if atom.name in self.reals else {(): self.values[atom.name]}
        return self._step(atom.kind, [self._sum(terms) for terms in atom.arguments])

    def _sum(self, terms: Polynomial) -> Form:
        constant: Rational = 0
        result: Form = {}
        for monomial, factor in terms.items():
            number: Rational = factor
            product: Form | None = None
            for index in monomial:
                form = self.forms[index]
                if not form:
                    number = 0
                    break
                if len(form) == 1 and () in form:
                    number *= form[()]
                else:
                    product = form if product is None else _multiplied(product, form)
            if product is None or not number:
                constant += number
                continue
            for key, part in product.items():
                result[key] = result.get(key, 0) + number * part
        if constant:
            result[()] = result.get((), 0) + constant
        return {key: number for key, number in result.items() if number}

    def pinned(self, name: str) -> bool:
        """Tell whether a parameter has one value alone there."""
        low, _, high, _ = self.box.get(name, (None, False, None, False))
        return low is not None and low == high

    def value(self, form: Form) -> Fraction:
        """Return a form's value at the point."""
        if not form:
            return Fraction(0)
        if len(form) == 1 and () in form:
            return Fraction(form[()])
        result = Fraction(0)
        for key, number in form.items():
            result += number * math.prod((self.values[name] for name in key), start=Fraction(1))
        return result

    def _step(self, kind: str, inner: list[Form]) -> Form:
        if kind == "sum":
            return inner[0]
        if kind == "max":
            difference = _added(inner[0], inner[1], -1)
            value = self.value(difference)
            if value:
                self._bound(difference, ">=" if value > 0 else "<=")
            else:
                self._bound(difference, "==")
            return inner[0] if value >= 0 else inner[1]
        value = self.value(inner[0])
        if kind == "floor":
            whole = math.floor(value)
            self._bound(_added(inner[0], {(): whole}, -1), ">=")
            self._bound(_added(inner[0], {(): whole + 1}, -1), "<")
            return {(): whole} if whole else {}
        self._keep(inner[0], kind)
        return {(): 1} if ((value > 0) if kind == "positive" else (value == 0)) else {}

    def _keep(self, form: Form, kind: str) -> None:
        """Keep a form's sign, or whether it is 0."""
        value = self.value(form)
        if kind == "positive":
            self._bound(form, ">" if value > 0 else "<=")
        else:
            self._bound(form, "==" if value == 0 else ">" if value > 0 else "<")

    def _bound(self, form: Form, relation: str) -> None:
        """Keep a form's relation to 0 as bounds of the parameter in it."""
        names = {name for key in form for name in key}
        if not names:
            return
        if len(names) > 1 or any(len(key) > 1 for key in form):
            raise _cannot(self.values, "something that is rounded there is not linear in one parameter")
        name = names.pop()
        slope = form[name,]
        at = Fraction(-form.get((), 0)) / slope
        if slope < 0:
            relation = relation.translate(str.maketrans("<>", "><"))
        low, low_closed, high, high_closed = self.box.get(name, (None, False, None, False))
        closed = "=" in relation
        if relation != "<" and relation != "<=" and (low is None or at > low or (at == low and not closed)):
            low, low_closed = at, closed
        if relation != ">" and relation != ">=" and (high is None or at < high or (at == high and not closed)):
            high, high_closed = at, closed
        self.box[name] = (low, low_closed, high, high_closed)


def _multiplied(one: Form, other: Form) -> Form:
    result: Form = {}
    for key, value in one.items():
        for second, number in other.items():
            product = tuple(sorted(key + second))
            result[product] = result.get(product, 0) + value * number
    return result


def _added(one: Form, other: Form, times: int) -> Form:
    result = dict(one)
    for key, value in other.items():
        result[key] = result.get(key, 0) + times * value
    return {key: value for key, value in result.items() if value}


# -- beyond a point --------------------------------------------------------------------------------------------------

Bounds: TypeAlias = "dict[tuple[str, ...], tuple[Fraction, Fraction]]"
"""A polynomial in what the parameters exceed a point by, which is not negative; each factor between two numbers."""


def least_beyond(found: Trace, values: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """Return a lower bound of every total for all parameters that are not below `values`.

    None where the trace is not proven to cover them all. Rounding is enclosed (x − 1 < ⌊x⌋ ≤ x), so that the bounds are
    those of polynomials without negative factors.
    """
    forms: list[Bounds] = []
    for atom in found.tape.atoms:
        if atom.kind == "axis":
            value = values[atom.name]
            forms.append({(): (value, value), (atom.name,): (Fraction(1), Fraction(1))})
        else:
            forms.append(_enclosed(atom.kind, [_form(terms, forms) for terms in atom.arguments]))
    for condition in found.conditions:
        which = _sign(_form(condition.argument, forms))
        if condition.kind == "positive":
            proven = which == 1 if condition.outcome else which in (-1, 2)
        else:
            proven = which in (1, 2) and not condition.outcome
        if not proven:
            return None
    least: dict[str, Fraction] = {}
    for metric, terms in (found.totals or {}).items():
        bounds = _form(terms, forms)
        if any(ends[0] < 0 for key, ends in bounds.items() if key):
            continue
        least[metric] = bounds.get((), _NOUGHT)[0]
    return least


_NOUGHT = (Fraction(0), Fraction(0))


def _form(terms: Polynomial, forms: Sequence[Bounds]) -> Bounds:
    """Return the bounds of a polynomial in atoms whose own are known."""
    result: Bounds = {}
    for monomial, factor in terms.items():
        product: Bounds = {(): (Fraction(factor), Fraction(factor))}
        for index in monomial:
            product = _product(product, forms[index])
        for key, (low, high) in product.items():
            before = result.get(key, _NOUGHT)
            result[key] = (before[0] + low, before[1] + high)
    return result


def _sign(bounds: Bounds) -> int | None:
    """Return 1 where it is positive, -1 where it is not, 2 where it is negative; None where that is open."""
    low, high = bounds.get((), _NOUGHT)
    others = [ends for key, ends in bounds.items() if key]
    if low > 0 and all(ends[0] >= 0 for ends in others):
        return 1
    if all(ends[1] <= 0 for ends in others):
        return 2 if high < 0 else -1 if high <= 0 else None
    return None


def _enclosed(kind: str, inner: Sequence[Bounds]) -> Bounds:
    """Return the bounds of an atom that is made of others: a sum, a floor, a maximum, or whether one has a sign."""
    low, high = inner[0].get((), _NOUGHT)
    if kind == "sum":
        return inner[0]
    if kind == "floor":
        if set(inner[0]) <= {()}:
            return {(): (Fraction(math.floor(low)), Fraction(math.floor(high)))}
        return {**inner[0], (): (low - 1, high)}
    if kind == "max":
        one, other = inner
        which = _sign(_product({(): (Fraction(1), Fraction(1))}, _difference(one, other)))
        if which is not None:
            return one if which == 1 else other
        lower = max(one, other, key=lambda item: (len(item), item.get((), _NOUGHT)[0]))
        return {
            key: (lower.get(key, _NOUGHT)[0], max(one.get(key, _NOUGHT)[1], other.get(key, _NOUGHT)[1]))
            for key in one.keys() | other.keys()
        }
    which = _sign(inner[0])
    if kind == "positive":
        certain = {1: (1, 1), -1: (0, 0), 2: (0, 0), None: (0, 1)}[which]
    else:
        certain = (0, 0) if which in (1, 2) else (0, 1)
    return {(): (Fraction(certain[0]), Fraction(certain[1]))}


def _difference(one: Bounds, other: Bounds) -> Bounds:
    zero = Fraction(0)
    result = dict(one)
    for key, (low, high) in other.items():
        before = result.get(key, (zero, zero))
        result[key] = (before[0] - high, before[1] - low)
    return result


def _product(one: Bounds, other: Bounds) -> Bounds:
    result: Bounds = {}
    zero = Fraction(0)
    for key, ends in one.items():
        for second, others in other.items():
            product = tuple(sorted(key + second))
            low, high = range_of(ends, others)
            before = result.get(product, (zero, zero))
            result[product] = (before[0] + low, before[1] + high)
    return result
