"""The greatest value within budgets: proven from above, then network by network downwards."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from flopcalc.analysis import analyze_spec
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UndecidedError, shorten
from flopcalc.number import Number, is_rational, normal, readable
from flopcalc.report import METRICS, Report
from flopcalc.solving.cells import Line, Piece, least_beyond
from flopcalc.solving.path import LARGEST, Course, End, Span, constant, number_default
from flopcalc.solving.result import Budget, Found, Solution
from flopcalc.spec.model import Parameter
from flopcalc.sweeps.tracing import Setting, analysed

__all__ = ["MOST_NETWORKS", "greatest", "greatest_choice", "line_of", "start_of", "steps_down"]

MOST_NETWORKS = 200_000
"""How many spans are looked at, at most."""

_DOUBLINGS = 60
_HALVINGS = 14
_PROOFS = 3
_REFUSALS = 8
_NEAR = 13


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
    setting: Setting, unknown: str, courses: Mapping[str, Course], budgets: Sequence[Budget], options: Mapping[str, Any]
) -> Solution:
    """Return the greatest value of the unknown within the budgets.

    Raises
    ------
    ParameterError
        Where the unknown changes none of the bounded metrics, or no value is the greatest.
    UndecidedError
        Where the steps cannot be followed exactly.
    """
    line = line_of(setting, courses)
    top, assumed, proven = _top(line, unknown, budgets)
    above: tuple[Piece, Span] | None = None
    answer: tuple[Piece, Span] | None = None
    least: tuple[Piece, Span] | None = None
    count = 0
    run: tuple[Piece, Span] | None = None
    alike = _Alike(line, courses, options, unknown)
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
        before = run
        same = run is not None and run[0].totals == piece.totals and _touch(line, piece.span, run[1])
        if run is not None and same and (answer is None or alike.same(piece.span, run[1])):
            joined = (run[0], _joined(piece.span, run[1]))
            answer = joined if answer is not None else None
            least = joined if least is run else least
            run = joined
            continue
        if answer is not None:
            break
        run = (piece, piece.span)
        if all(budget.met(piece.totals) for budget in budgets):
            answer, above = run, before
            continue
        key = _excess(piece, budgets)
        if least is None or key < _excess(least[0], budgets):
            least = run
    found = answer or least
    if found is None:
        raise piece.error or ParameterError(Problem(f"no value of {unknown} makes a network"))
    network, report = _found(line, unknown, courses, found, options)
    higher = None if above is None else _above(line, unknown, courses, above)
    if answer is None:
        return Solution(report, unknown, courses, tuple(budgets), None, None, network, assumed, proven, count)
    return Solution(report, unknown, courses, tuple(budgets), network, higher, None, assumed, proven, count)


def _excess(piece: Piece, budgets: Sequence[Budget]) -> Fraction:
    """Return by how much the worst budget is missed, as a part of it."""
    assert piece.totals is not None
    parts = []
    for budget in budgets:
        value, bound = Fraction(piece.totals[budget.metric]), Fraction(max(budget.value, 1))
        parts.append(value / bound if budget.relation == "<=" else bound / max(value, Fraction(1)))
    return max(parts)


def _touch(line: Line, lower: Span, higher: Span) -> bool:
    return False if line.whole else lower.precedes(higher)


def _joined(lower: Span, higher: Span) -> Span:
    return Span(lower.low, lower.low_closed, higher.high, higher.high_closed)


class _Alike:
    """Tells whether two spans give one network, layer by layer."""

    def __init__(self, line: Line, courses: Mapping[str, Course], options: Mapping[str, Any], unknown: str) -> None:
        self.line, self.courses, self.options, self.unknown = line, courses, options, unknown
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


def _found(
    line: Line, unknown: str, courses: Mapping[str, Course], run: tuple[Piece, Span], options: Mapping[str, Any]
) -> tuple[Found, Report]:
    """Return the network of a run of pieces, held against an ordinary analysis at its shortest value."""
    piece, span = run
    assert piece.totals is not None
    span = _clipped(line, span)
    value = span.short()
    values = {name: course.exactly(value) for name, course in courses.items()}
    given = {unknown: values[unknown]} if unknown in values else values
    report = _report(line.setting, given, options)
    if any(getattr(report.totals, metric) != piece.totals[metric] for metric in METRICS):
        raise UndecidedError(Problem(f"{unknown} = {readable(normal(value))} does not cost what its steps say"))
    return Found(value, values, piece.totals, span), report


def _above(line: Line, unknown: str, courses: Mapping[str, Course], run: tuple[Piece, Span]) -> Found:
    piece, span = run
    assert piece.totals is not None
    span = _clipped(line, span)
    value = span.short()
    return Found(value, {name: course.exactly(value) for name, course in courses.items()}, piece.totals, span)


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


def _top(line: Line, unknown: str, budgets: Sequence[Budget]) -> tuple[Fraction, str, Fraction | None]:
    """Return a value that nothing within the budgets lies above, what is assumed for it, and whence it is proven."""
    if line.limits.empty:
        raise ParameterError(Problem(f"no value of {unknown} is allowed", None, "a way through the parameters' bounds"))
    upper = [budget for budget in budgets if budget.relation == "<="]
    most = line.limits.high
    t = start_of(line)
    reached: Fraction | None = None  # where what is above is proven to miss the budget
    exceeded: Fraction | None = None  # where a network misses it, and all that are met above it
    built: Fraction | None = None  # where a network is
    met: set[tuple[int, ...]] = set()
    for _ in range(_DOUBLINGS):
        if most is not None and t >= most.near:
            return most.near, "", None
        if max(course.at(t) for course in line.courses.values()) > LARGEST:
            break
        totals, t = _network_at(line, t)
        if totals is not None:
            built = t
            met.add(tuple(totals[budget.metric] for budget in budgets))
            if any(not budget.met(totals) for budget in upper):
                exceeded = exceeded if exceeded is not None else t
                if _proven(line, t, upper):
                    reached = t
                    break
            else:
                exceeded = None
        if exceeded is not None and t > exceeded * 2**_PROOFS:
            break
        if built is not None and t > built * 2**_REFUSALS:
            break
        t = _further(line, t)
    if reached is None:
        if exceeded is None and built is not None and t > built * 2**_REFUSALS:
            top = _further(line, built)
            return top, f"no {unknown} above {readable(normal(top))} makes a network", None
        if exceeded is None:
            raise _endless(unknown, budgets, len(met) > 1)
        top = _further(line, exceeded)
        if most is not None and top >= most.near:
            return most.near, "", None
        return top, f"every network above {unknown} = {readable(normal(top))} misses the budget", None
    low = line.limits.low.near if line.limits.low is not None else Fraction(0)
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
    return reached, "", reached


def _network_at(line: Line, t: Fraction) -> tuple[Mapping[str, int] | None, Fraction]:
    """Return the totals at a value, or at one of the next whole numbers where that makes no network."""
    for near in range(_NEAR if line.whole else 1):
        piece = line.at(t + near)
        if piece.totals is not None:
            return piece.totals, t + near
    return None, t


def _further(line: Line, t: Fraction) -> Fraction:
    if any(course.base is not None for course in line.courses.values()):
        return t + 1
    return 2 * t


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
    if least is None:
        return False
    return any(budget.metric in least and least[budget.metric] > Fraction(budget.value) for budget in budgets)


def _endless(unknown: str, budgets: Sequence[Budget], changes: bool) -> ParameterError:
    names = ", ".join(budget.metric for budget in budgets)
    if not changes:
        return ParameterError(Problem(f"{names}: none depends on {unknown}", None, "a parameter that changes them"))
    return ParameterError(
        Problem(
            f"no greatest {unknown} was found: {names} stay within the budget up to {LARGEST:,}",
            None,
            "an upper bound of what grows with it",
        )
    )


# -- a choice of numbers ---------------------------------------------------------------------------------------------


def greatest_choice(
    setting: Setting, name: str, choices: Iterable[object], budgets: Sequence[Budget], options: Mapping[str, Any]
) -> Solution:
    """Return the greatest of a parameter's choices within the budgets; each is analysed.

    Raises
    ------
    ParameterError
        Where the choices are no numbers.
    """
    numbers = [value for value in choices if is_rational(value)]
    if not numbers:
        raise ParameterError(Problem(f"the choices of {name} are no numbers", None, "a number that grows"))
    found: list[tuple[Fraction, Mapping[str, int]]] = []
    for value in sorted(numbers):
        try:
            totals: Any = analysed(setting, {name: value})
        except FlopcalcError:
            continue
        found.append((Fraction(value), totals))
    if not found:
        raise ParameterError(Problem(f"no choice of {name} makes a network"))
    within = [item for item in found if all(budget.met(item[1]) for budget in budgets)]
    chosen = max(within) if within else min(found, key=lambda item: _excess(Piece(Span(), item[1]), budgets))

    def made(item: tuple[Fraction, Mapping[str, int]]) -> Found:
        return Found(item[0], {name: normal(item[0])}, item[1], Span.point(End(item[0])))

    report = _report(setting, {name: normal(chosen[0])}, options)
    higher = [item for item in found if item[0] > chosen[0]]
    base = Solution(report, name, {name: Course(whole=True)}, tuple(budgets), made(chosen), networks=len(found))
    if not within:
        return replace(base, network=None, least=made(chosen))
    return replace(base, above=made(min(higher, key=lambda item: item[0])) if higher else None)
