"""The greatest value within budgets: proven from above, then network by network downwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flopcalc.analysis import analyze_spec
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, UndecidedError, shorten
from flopcalc.number import Number, expanded, is_rational, normal, readable
from flopcalc.report import Report
from flopcalc.solving.cells import Line, Piece, least_beyond
from flopcalc.solving.path import LARGEST, Course, End, Span, constant, number_default
from flopcalc.solving.result import ANYTHING, Budget, Found, Solution, Where
from flopcalc.spec.model import Parameter
from flopcalc.sweeps.recorded import Rational
from flopcalc.sweeps.tracing import Setting, analysed

__all__ = [
    "MOST_NETWORKS",
    "Endless",
    "greatest",
    "greatest_choice",
    "least",
    "line_of",
    "network_of",
    "one_network",
    "rises",
    "rising",
    "start_of",
    "steps_down",
    "top_of",
]

MOST_NETWORKS = 200_000
"""How many spans are looked at, at most."""

_DOUBLINGS = 60
_MOST_BISECTED = 120
_HALVINGS = 14
_PROOFS = 3
_REFUSALS = 8
_NEAR = 13
_ALIKE = 2  # values that cost the same, before it is asked whether all do
_A_FIFTH = 1.2


def _bounds(parameter: Parameter | None, real: bool) -> tuple[Fraction, bool, Fraction | None]:
    """Return the least value of a parameter, whether it is one of them, and the greatest."""
    least, closed = (Fraction(0), False) if real else (Fraction(1), True)
    most: Fraction | None = None
    if parameter is not None:
        for bound in (parameter.minimum, parameter.above, parameter.maximum):
            value = None if bound is None else constant(bound.text)
            if bound is not None and value is None:
                raise UndecidedError(
                    Problem(f"{parameter.name} has a bound that is no number: {shorten(bound.text)}", bound.place)
                )
            if value is None:
                continue
            if bound is parameter.minimum:
                least, closed = value, True
            elif bound is parameter.above:
                least, closed = value, False
            else:
                most = value
    if not real:
        least = Fraction(math.ceil(least) if closed else math.floor(least) + 1)
        closed = True
    return least, closed, most


def line_of(setting: Setting, courses: Mapping[str, Course]) -> Line:
    """Return the way of the parameters with the bounds that the spec gives them."""
    limits = Span()
    least: dict[str, Fraction] = {}
    for name, course in courses.items():
        low, closed, most = _bounds(setting.spec.known[name], not course.whole)
        least[name] = low
        if course.whole and course.rounding:
            span = course.where(int(low))
            limits = limits.meet(Span(span.low, span.low_closed))
            if most is not None:
                span = course.where(int(most))
                limits = limits.meet(Span(None, False, span.high, span.high_closed))
            continue
        limits = limits.meet(course.span(low, closed, most, most is not None))
    return Line(setting, courses, least, limits)


def greatest(
    setting: Setting,
    unknown: str,
    courses: Mapping[str, Course],
    budgets: Sequence[Budget],
    options: Mapping[str, Any],
    where: Where = ANYTHING,
) -> Solution:
    """Return the greatest value of the unknown within the budgets, of those that meet the conditions.

    Raises
    ------
    ParameterError
        Where the unknown changes none of the bounded metrics, or no value is the greatest.
    UndecidedError
        Where the steps cannot be followed exactly.
    """
    line = line_of(setting, courses)
    line.limits = line.limits.meet(where.span)
    top, assumed, proven = top_of(line, unknown, budgets)
    above: tuple[Piece, Span] | None = None
    answer: tuple[Piece, Span] | None = None
    least: tuple[Piece, Span] | None = None
    nearest = (True, Fraction(0))  # whether a condition is missed, and by how much a budget
    count = 0
    run: tuple[Piece, Span] | None = None
    costs: set[tuple[Rational, ...]] = set()
    alike = _Alike(line, courses, options)
    for piece in line.down(top):
        count += 1
        if count > MOST_NETWORKS:
            raise UndecidedError(
                Problem(f"more than {MOST_NETWORKS:,} networks lie between the answer and what is proven to cost more")
            )
        if piece.totals is None:
            if answer is not None:
                break
            continue
        costs.add(_bounded(piece.totals, budgets))
        before = run
        same = run is not None and _costs_the_same(line, piece, run, where)
        if run is not None and same and (answer is None or alike.same(piece.span, run[1])):
            joined = (run[0], _joined(piece.span, run[1]))
            answer = joined if answer is not None else None
            least = joined if least is run else least
            run = joined
            continue
        if answer is not None:
            break
        run = (piece, piece.span)
        meets = _meets(line, piece, where)
        if meets and all(budget.met(piece.totals) for budget in budgets):
            answer, above = run, before
            continue
        key = (not meets, _excess(piece.totals, budgets))
        if least is None or key < nearest:
            least, nearest = run, key
    found = answer or least
    cut = where.span != Span()  # what lies between its ends may cost the same, though the unknown changes it elsewhere
    if answer is None and not cut and len(costs) == 1 and _constant(line, next(iter(costs)), budgets):
        raise _endless(unknown, budgets, changes=False)
    if found is None:
        raise piece.error or ParameterError(Problem(f"no value of {unknown} makes a network"))
    network, report = network_of(line, unknown, courses, found, options)
    higher = None if above is None else _above(line, unknown, courses, above)
    base = Solution(
        report, unknown, courses, tuple(budgets), network, higher, None, assumed, proven, count, where=where
    )
    return base if answer is not None else replace(base, network=None, above=None, least=network)


def _costs_the_same(line: Line, piece: Piece, run: tuple[Piece, Span], where: Where) -> bool:
    """Tell whether a piece follows a run of pieces at the same cost, and meets the conditions as they do."""
    if run[0].totals != piece.totals or not _touch(line, piece.span, run[1]):
        return False
    return _meets(line, piece, where) == _meets(line, run[0], where)


def least(
    setting: Setting,
    unknown: str,
    courses: Mapping[str, Course],
    budgets: Sequence[Budget],
    options: Mapping[str, Any],
    where: Where = ANYTHING,
) -> Solution:
    """Return the least value of the unknown that reaches budgets, each a bound from below, and meets the conditions.

    Where the bounded metrics are proven never to fall, the networks around the first that reaches the budgets are
    looked at; else every network below, so that nothing is assumed of it.

    Raises
    ------
    ParameterError
        Where the unknown changes none of the bounded metrics, or no value reaches them.
    UndecidedError
        Where the steps cannot be followed exactly.
    """
    line = line_of(setting, courses)
    line.limits = line.limits.meet(where.span)
    top, assumed = _reaching(line, unknown, budgets, where)
    near = None if where.held else _crossing(line, top, budgets)
    pieces: list[Piece] = []
    for piece in line.down(top if near is None else near):
        pieces.append(piece)
        if near is not None and piece.totals is not None and not _reached(piece, budgets):
            break  # and so does everything below
        if len(pieces) > MOST_NETWORKS:
            raise UndecidedError(Problem(f"more than {MOST_NETWORKS:,} networks lie below what reaches the budget"))
    built = [n for n, piece in enumerate(pieces) if piece.totals is not None]
    if not built:
        raise pieces[-1].error or ParameterError(Problem(f"no value of {unknown} makes a network"))
    met = [n for n in built if _meets(line, pieces[n], where)]
    reaching = [n for n in met if _reached(pieces[n], budgets)]
    chosen = reaching[-1] if reaching else min(met or built, key=lambda n: _excess(pieces[n].totals, budgets))
    span, last = one_network(line, pieces, chosen, courses, options)
    network, report = network_of(line, unknown, courses, (pieces[chosen], span), options)
    base = Solution(report, unknown, courses, tuple(budgets), None, assumed=assumed, networks=len(pieces), goal="least")
    base = replace(base, rises=near is not None, where=where)
    if not reaching:
        return replace(base, least=network)
    lower = next((n for n in built if n > last), None)
    below = None if lower is None else _above(line, unknown, courses, (pieces[lower], pieces[lower].span))
    return replace(base, network=network, below=below, assumed="")


def one_network(
    line: Line, pieces: Sequence[Piece], chosen: int, courses: Mapping[str, Course], options: Mapping[str, Any]
) -> tuple[Span, int]:
    """Return the whole span of a piece's network, and the last of the pieces in it; they stand from high to low."""
    alike = _Alike(line, courses, options)
    span, first, last = _clipped(line, pieces[chosen].span), chosen, chosen
    while last + 1 < len(pieces) and _continues(line, alike, pieces[last + 1], pieces[chosen], span):
        last += 1
        span = _joined(pieces[last].span, span)
    while first > 0 and _continues(line, alike, pieces[first - 1], pieces[chosen], span):
        first -= 1
        span = _joined(span, _clipped(line, pieces[first].span))
    return span, last


def _bounded(totals: Mapping[str, Rational], budgets: Sequence[Budget]) -> tuple[Rational, ...]:
    return tuple(totals[budget.metric] for budget in budgets)


def _constant(line: Line, cost: tuple[Rational, ...], budgets: Sequence[Budget]) -> bool:
    """Tell whether larger values cost the same too, as far as they make networks."""
    t = start_of(line)
    for _ in range(_REFUSALS):
        if not line.limits.holds(t) or max(course.at(t) for course in line.courses.values()) > LARGEST:
            break
        totals = line.at(t).totals
        if totals is not None and _bounded(totals, budgets) != cost:
            return False
        t = _further(line, t)
    return True


def _meets(line: Line, piece: Piece, where: Where) -> bool:
    """Tell whether a network meets the conditions, which say the same of every value in its piece."""
    if not where.held:
        return True
    assert piece.totals is not None
    span = _clipped(line, piece.span)
    return where.met({**piece.totals, **{name: _inside(course, span) for name, course in line.courses.items()}})


def _reached(piece: Piece, budgets: Sequence[Budget]) -> bool:
    totals = piece.totals
    return totals is not None and all(budget.met(totals) for budget in budgets)


def _continues(line: Line, alike: _Alike, piece: Piece, chosen: Piece, span: Span) -> bool:
    """Tell whether a piece beside a span gives the same network."""
    if piece.totals is None or piece.totals != chosen.totals:
        return False
    beside = _clipped(line, piece.span)
    return (_touch(line, beside, span) or _touch(line, span, beside)) and alike.same(beside, span)


def _reaching(line: Line, unknown: str, budgets: Sequence[Budget], where: Where) -> tuple[Fraction, str]:
    """Return a value above one that reaches the budgets, or the last that is looked at, and what is assumed of it."""
    if line.limits.empty:
        raise ParameterError(Problem(f"no value of {unknown} is allowed", None, "a way through the parameters' bounds"))
    most = line.limits.high
    t = start_of(line)
    met: set[tuple[Rational, ...]] = set()
    refused = tried = 0
    built: Fraction | None = None
    for _ in range(_DOUBLINGS):
        if most is not None and t >= most.near:
            return most.near, ""
        if max(course.at(t) for course in line.courses.values()) > LARGEST:
            break
        totals, t = _network_at(line, t)
        refused = refused + 1 if totals is None else 0
        if totals is not None:
            built = t
            met.add(_bounded(totals, budgets))
            tried += 1
            if tried == _ALIKE and len(met) == 1 and _unmoved(line, budgets):
                raise _endless(unknown, budgets, changes=False)
            if all(budget.met(totals) for budget in budgets) and _meets(line, line.at(t), where):
                further = t if line.whole else _further(line, t)
                return (further if most is None or further < most.near else most.near), ""
        if built is not None and refused >= _REFUSALS:
            top = _further(line, built)
            return top, f"no {unknown} above {readable(normal(top))} makes a network"
        t = _further(line, t)
    if len(met) <= 1:
        raise _endless(unknown, budgets, changes=False)
    raise ParameterError(
        Problem(f"no {unknown} up to {LARGEST:,} was found that reaches the budget", None, "a lower bound")
    )


def _crossing(line: Line, top: Fraction, budgets: Sequence[Budget]) -> Fraction | None:
    """Return a value a network or more above the least that reaches the budgets, where their metrics never fall.

    None where that is not proven, or where nothing reaches them.
    """
    if line.limits.low is None or not rises(line, [budget.metric for budget in budgets]):
        return None
    low, high = line.limits.low.near, top
    if not line.limits.holds(high) or not _reached(line.at(high), budgets):
        return None
    span: Span | None = None
    for _ in range(_MOST_BISECTED):
        middle = Fraction(math.floor((low + high) / 2)) if line.whole else (low + high) / 2
        if middle <= low or middle >= high or not line.limits.holds(middle):
            break
        piece = line.at(middle)
        if _reached(piece, budgets):
            high, span = middle, piece.span
        elif span is not None and piece.span.precedes(span):
            break
        else:
            low = middle
    # the same network may go on above, in pieces of its own
    totals = line.at(high).totals
    for _ in range(_MOST_BISECTED):
        if high >= top or line.at(high).totals != totals:
            break
        high = min(top, high + 1 if line.whole else high + (high - low or 1))
        low = low if line.whole else low - (high - low)
    return high


def rises(line: Line, metrics: Iterable[str]) -> bool:
    """Tell whether all of some metrics are proven never to fall where the unknown grows."""
    if len(line.courses) != 1 or not next(iter(line.courses.values())).identity:
        return False
    if line.rising is None:
        line.rising = rising(line.setting, next(iter(line.courses)))
    return all(metric in line.rising for metric in metrics)


def _excess(totals: Mapping[str, Rational] | None, budgets: Sequence[Budget]) -> Fraction:
    """Return by how much the worst budget is missed, as a part of it."""
    assert totals is not None
    parts = []
    for budget in budgets:
        value, bound = Fraction(totals[budget.metric]), Fraction(max(budget.value, 1))
        parts.append(value / bound if budget.relation == "<=" else bound / max(value, Fraction(1)))
    return max(parts)


def _touch(line: Line, lower: Span, higher: Span) -> bool:
    return False if line.whole else lower.precedes(higher)


def _joined(lower: Span, higher: Span) -> Span:
    return Span(lower.low, lower.low_closed, higher.high, higher.high_closed)


class _Alike:
    """Tells whether two spans give one network, layer by layer."""

    def __init__(self, line: Line, courses: Mapping[str, Course], options: Mapping[str, Any]) -> None:
        self.line, self.courses, self.options = line, courses, options
        self.last: tuple[Span, Any] | None = None

    def same(self, one: Span, other: Span) -> bool:
        return bool(self._layers(one) == self._layers(other))

    def _layers(self, span: Span) -> Any:
        values = {name: _inside(course, span) for name, course in self.courses.items()}
        report = _report(self.line.setting, values, self.options)
        return [
            (row.path, row.kind, row.inputs, row.output, tuple(row.attributes.items()), row.count)
            for row in report.layers
        ]


def _inside(course: Course, span: Span) -> Number:
    """Return a rational value of a parameter within a span of the unknown."""
    if span.single and span.low is not None:
        return normal(course.at_end(span.low))
    assert span.low is not None
    assert span.high is not None
    return normal(course.at((span.low.near + span.high.near) / 2))


def _report(setting: Setting, values: Mapping[str, Number], options: Mapping[str, Any]) -> Report:
    return analyze_spec(
        setting.spec,
        {**setting.given, **values},
        convention=setting.convention,
        input=dict(setting.shapes) or None,
        **options,
    )


def _clipped(line: Line, span: Span) -> Span:
    """Return a span with ends: what is open is closed by the limits."""
    if span.low is None or span.high is None:
        return span.meet(Span(End(Fraction(0)), False, End(Fraction(LARGEST)), True))
    return span


def network_of(
    line: Line, unknown: str, courses: Mapping[str, Course], run: tuple[Piece, Span], options: Mapping[str, Any]
) -> tuple[Found, Report]:
    """Return the network of a run of pieces, held against an ordinary analysis at its shortest value."""
    piece, span = run
    assert piece.totals is not None
    span = _clipped(line, span)
    value = span.short()
    values = _values(unknown, courses, value)
    report = _report(line.setting, values, options)
    if any(report.measure(metric) != value for metric, value in piece.totals.items()):
        raise UndecidedError(Problem(f"{unknown} = {readable(normal(value))} does not cost what its steps say"))
    return Found(value, values, piece.totals, span), report


def _above(line: Line, unknown: str, courses: Mapping[str, Course], run: tuple[Piece, Span]) -> Found:
    piece, span = run
    assert piece.totals is not None
    span = _clipped(line, span)
    value = span.short()
    return Found(value, _values(unknown, courses, value), piece.totals, span)


def _values(unknown: str, courses: Mapping[str, Course], value: Fraction) -> dict[str, Number]:
    """Return the exact parameters at a value of the unknown."""
    values: dict[str, Number] = {}
    for name, course in courses.items():
        try:
            values[name] = course.exactly(value)
        except Fault as fault:
            what = f"{name} at {unknown} = {readable(normal(value))} cannot be written exactly: {fault.what}"
            raise UndecidedError(Problem(what, None, fault.expected, "a base that is further from 1")) from None
    return values


def steps_down(line: Line, start: Fraction) -> Iterator[Fraction]:
    """Yield the shortest value of every network from `start` on downwards; neighbours that cost the same are one."""
    run: tuple[Piece, Span] | None = None
    for count, piece in enumerate(line.down(start)):
        if count > MOST_NETWORKS:
            raise UndecidedError(Problem(f"there are more than {MOST_NETWORKS:,} networks"))
        span = piece.span.meet(Span(None, False, End(start), True))
        if run is not None and run[0].totals == piece.totals and span.precedes(run[1]):
            run = (run[0], _joined(span, run[1]))
            continue
        if run is not None and run[0].totals is not None:
            yield _clipped(line, run[1]).short()
        run = (piece, span)
    if run is not None and run[0].totals is not None:
        yield _clipped(line, run[1]).short()


# -- where to begin --------------------------------------------------------------------------------------------------


def top_of(line: Line, unknown: str, budgets: Sequence[Budget]) -> tuple[Fraction, str, Fraction | None]:
    """Return a value that nothing within the budgets lies above, what is assumed for it, and whence it is proven."""
    if line.limits.empty:
        raise ParameterError(Problem(f"no value of {unknown} is allowed", None, "a way through the parameters' bounds"))
    upper = [budget for budget in budgets if budget.relation == "<="]
    most = line.limits.high
    t = start_of(line)
    reached: Fraction | None = None  # where what is above is proven to miss the budget
    exceeded: Fraction | None = None  # where a network misses it, and all that are met above it
    built: Fraction | None = None  # where a network is
    met: set[tuple[Rational, ...]] = set()
    # of the last two: how many values after the first that misses it, or after the last that makes a network
    tried = missed = refused = 0
    lowest = Fraction(0)
    for _ in range(_DOUBLINGS):
        if most is not None and t >= most.near:
            return most.near, "", None
        if max(course.at(t) for course in line.courses.values()) > LARGEST:
            break
        try:
            totals, t = _network_at(line, t)
        except UndecidedError:
            if exceeded is None:
                raise
            break
        refused = refused + 1 if totals is None else 0
        missed = missed + 1 if exceeded is not None else 0
        if totals is not None:
            built = t
            met.add(_bounded(totals, budgets))
            tried += 1
            if tried == _ALIKE and len(met) == 1 and _unmoved(line, budgets):
                raise _endless(unknown, budgets, changes=False)
            if any(not budget.met(totals) for budget in upper):
                excess = _excess(totals, upper)
                if exceeded is None or excess < lowest:
                    exceeded, missed = t, 0  # what falls still, as with groups, may come within the budget
                lowest = excess
                if _proven(line, t, upper):
                    reached = t
                    break
            else:
                exceeded, missed = None, 0
        if missed >= _PROOFS or (missed and refused):
            break
        if built is not None and refused >= _REFUSALS:
            break
        t = _further(line, t)
    if reached is None:
        if exceeded is None and (built is None or refused < _REFUSALS):
            raise _endless(unknown, budgets, len(met) > 1)
        return _supposed(line, unknown, exceeded, built)
    reached = _lowered(line, reached, upper)
    return reached, "", reached


def _supposed(
    line: Line, unknown: str, exceeded: Fraction | None, built: Fraction | None
) -> tuple[Fraction, str, Fraction | None]:
    """Return a value with what is assumed of all above it: that no network is there, or that each misses the budget."""
    if exceeded is None:
        assert built is not None
        top = _further(line, built)
        why = line.at(top).error
        because = "" if why is None else f" ({why.problems[0].what} there)"
        return top, f"no {unknown} above {readable(normal(top))} makes a network{because}", None
    top = _further(line, exceeded)
    if line.limits.high is not None and top >= line.limits.high.near:
        return line.limits.high.near, "", None
    return top, f"every network above {unknown} = {readable(normal(top))} misses the budget", None


def _lowered(line: Line, reached: Fraction, upper: Sequence[Budget]) -> Fraction:
    """Return nearly the least value above which everything is proven to miss a budget, as `reached` is."""
    if line.limits.low is not None:
        low = line.limits.low.near
    else:
        back = Fraction(1)
        while _proven(line, low := reached - back, upper) and back < 2**_HALVINGS:
            reached, back = low, 2 * back
    for _ in range(_HALVINGS):
        middle = (low + reached) / 2
        if line.whole:
            middle = Fraction(math.floor(middle))
        if middle <= low or middle >= reached:
            break
        if _proven(line, middle, upper):
            reached = middle
        else:
            low = middle
    return reached


def _network_at(line: Line, t: Fraction) -> tuple[Mapping[str, Rational] | None, Fraction]:
    """Return the totals at a value, or at one of the next whole numbers where that makes no network."""
    for near in range(_NEAR if line.whole else 1):
        piece = line.at(t + near)
        if piece.totals is not None:
            return piece.totals, t + near
    return None, t


def _further(line: Line, t: Fraction) -> Fraction:
    bases = [course.base for course in line.courses.values() if course.base is not None]
    if not bases:
        return 2 * t
    base = max(bases)  # by a fifth at least, to the double at most
    if base > 2:
        return t + Fraction(1, math.ceil(math.log2(base)))
    return t + max(1, math.floor(math.log(_A_FIFTH) / math.log(base)))


def start_of(line: Line) -> Fraction:
    """Return where the search begins: the parameter's default, or the first value there is."""
    low = line.limits.low.near if line.limits.low is not None else Fraction(0)
    if len(line.courses) == 1:
        (name,) = line.courses
        default = number_default(line.setting.spec, name)
        if default is not None and default > low:
            return default
    return max(low, Fraction(1))


def _proven(line: Line, t: Fraction, budgets: Sequence[Budget]) -> bool:
    """Tell whether every network from `t` on is proven to miss one of the budgets."""
    if line.whole and line.futile:  # a trace takes the counts of repeats or groups as they are
        reached = line.at(t).totals
        if reached is not None and any(not budget.met(reached) and rises(line, [budget.metric]) for budget in budgets):
            return True
    values = {name: course.at(t) for name, course in line.courses.items()}
    # what is irrational is taken a little lower
    values = {
        name: value
        if line.courses[name].base is None or line.courses[name].whole
        else value * (1 - Fraction(1, 10**30))
        for name, value in values.items()
    }
    try:
        found, _ = line.known(values)
    except FlopcalcError:
        return False
    if found.totals is None:
        return False
    least = least_beyond(found, values)
    plain = line.whole or all(not any(terms) for terms in found.totals.values())
    if least is None and len(line.courses) == 1 and plain:
        # it counts repeats or groups, which a trace takes as they are: the formula may show that the cost grows
        if line.rising is None:
            line.rising = rising(line.setting, next(iter(line.courses)))
        totals = line.at(t).totals or {}
        least = {metric: Fraction(totals[metric]) for metric in line.rising if metric in totals}
    if least is None:
        return False
    return any(budget.metric in least and least[budget.metric] > Fraction(budget.value) for budget in budgets)


def rising(setting: Setting, name: str) -> frozenset[str]:
    """Return the metrics that are proven never to fall where a parameter grows, by their exact formula in it.

    Examples
    --------
    >>> from flopcalc.solving import setting_of
    >>> setting, _ = setting_of("efficientnet", "paper", None, {})
    >>> "flops" in rising(setting, "depth")
    True
    """
    totals = _formulas(setting, [name])
    return frozenset(metric for metric, value in totals.items() if _never_falls(value, name))


def _unmoved(line: Line, budgets: Sequence[Budget]) -> bool:
    """Tell whether the bounded metrics are proven to be numbers, whatever grows on the way."""
    totals = _formulas(line.setting, list(line.courses))
    return all(budget.metric in totals and is_rational(totals[budget.metric]) for budget in budgets)


def _formulas(setting: Setting, names: Iterable[str]) -> dict[str, Any]:
    """Return the totals as exact formulas in some parameters, by metric; none where there are no such formulas."""
    known = setting.spec.known
    try:
        report = analyze_spec(
            setting.spec,
            setting.given,
            convention=setting.convention,
            input=dict(setting.shapes) or None,
            symbolic=[name for name in names if not _is_free(setting, known[name], name)],
            exact_rounding=True,
            dtype=setting.dtype,
        )
    except FlopcalcError:
        return {}
    totals: dict[str, Any] = {}
    for metric in () if report.assumed else setting.metrics:
        with suppress(FlopcalcError):  # as the peak where a repeat's count is a symbol
            totals[metric] = report.measure(metric)
    return totals


def _is_free(setting: Setting, parameter: Parameter | None, name: str) -> bool:
    """Tell whether a parameter is a symbol where it has no value."""
    return parameter is None or (parameter.default is None and name not in setting.spec.preset)


def _never_falls(value: Any, name: str) -> bool:
    """Tell whether a formula in one positive symbol is a sum of positive multiples of what grows."""
    if is_rational(value):
        return True
    if {item.name for item in value.free_symbols} != {name}:
        return False
    for term in expanded(value).as_ordered_terms():  # type: ignore[union-attr]
        factor, rest = term.as_independent(*value.free_symbols, as_Add=False)
        if not rest.free_symbols:
            continue
        if not (factor.is_Rational and factor.is_positive):
            return False
        powers = [part.as_base_exp() for part in rest.as_ordered_factors()]
        if any(not (exponent.is_Integer and exponent.is_positive) for _, exponent in powers):
            return False
        if not all(_grows(base, positive=len(powers) > 1 or exponent > 1) for base, exponent in powers):
            return False
    return True


def _grows(value: Any, *, positive: bool) -> bool:
    """Tell whether a factor never falls where its symbol grows, and is never negative where that is asked."""
    if value.is_Symbol:
        return True
    if type(value).__name__ not in ("floor", "ceiling"):
        return False
    (inner,) = value.args
    (symbol,) = inner.free_symbols
    slope = normal(inner.diff(symbol))
    offset = normal(inner.subs(symbol, 0))
    if not is_rational(slope) or not is_rational(offset) or slope <= 0:
        return False
    return not positive or offset >= 0


class Endless(ParameterError):
    """No value is the greatest: the search met no end of what is within the budget."""


def _endless(unknown: str, budgets: Sequence[Budget], changes: bool) -> ParameterError:
    names = ", ".join(budget.metric for budget in budgets)
    if not changes:
        return ParameterError(Problem(f"{names}: none depends on {unknown}", None, "a parameter that changes them"))
    return Endless(
        Problem(
            f"no greatest {unknown} was found: {names} stay within the budget up to {LARGEST:,}",
            None,
            "an upper bound of what grows with it",
        )
    )


# -- a choice of numbers ---------------------------------------------------------------------------------------------


def greatest_choice(
    setting: Setting,
    name: str,
    choices: Iterable[object],
    budgets: Sequence[Budget],
    options: Mapping[str, Any],
    where: Where = ANYTHING,
) -> Solution:
    """Return the greatest of a parameter's choices within the budgets that meets the conditions; each is analysed.

    Raises
    ------
    ParameterError
        Where the choices are no numbers.
    """
    numbers = [value for value in choices if is_rational(value)]
    if not numbers:
        raise ParameterError(Problem(f"the choices of {name} are no numbers", None, "a number that grows"))
    found: list[tuple[Fraction, Mapping[str, Rational]]] = []
    for value in sorted(numbers):
        try:
            totals: Any = setting.complete(analysed(setting, {name: value}))
        except FlopcalcError:
            continue
        found.append((Fraction(value), totals))
    if not found:
        raise ParameterError(Problem(f"no choice of {name} makes a network"))
    met = [item for item in found if where.met({**item[1], name: normal(item[0])})]
    within = [item for item in met if all(budget.met(item[1]) for budget in budgets)]
    from_below = all(budget.relation == ">=" for budget in budgets)
    best = min if from_below else max
    chosen = (
        best(within, key=lambda item: item[0])
        if within
        else min(met or found, key=lambda item: _excess(item[1], budgets))
    )

    def made(item: tuple[Fraction, Mapping[str, Rational]]) -> Found:
        return Found(item[0], {name: normal(item[0])}, item[1], Span.point(End(item[0])))

    report = _report(setting, {name: normal(chosen[0])}, options)
    higher = [item for item in found if item[0] > chosen[0]]
    base = Solution(report, name, {name: Course(whole=True)}, tuple(budgets), made(chosen), networks=len(found))
    base = replace(base, where=where)
    if from_below:
        base = replace(base, goal="least")
    if not within:
        return replace(base, network=None, least=made(chosen))
    if from_below:
        lower = [item for item in found if item[0] < chosen[0]]
        return replace(base, below=made(max(lower, key=lambda item: item[0])) if lower else None)
    return replace(base, above=made(min(higher, key=lambda item: item[0])) if higher else None)
