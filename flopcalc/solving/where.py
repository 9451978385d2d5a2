"""What an answer must meet besides its budgets: bounds of metrics, limits of the unknown, and any other condition.

A bound of one metric is a budget like any other, so that the search's proofs hold for it. A bound of a parameter that
moves cuts the way. What is left has one value for each network, and is asked of each.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from flopcalc.errors import Problem, UndecidedError, listed, shorten
from flopcalc.metrics import METRICS, SWEPT
from flopcalc.number import normal
from flopcalc.solving.path import Course, Span
from flopcalc.solving.result import Budget, Where
from flopcalc.spec.model import Spec
from flopcalc.sweeps.axes import Column
from flopcalc.sweeps.conditions import Condition, read_condition, single_values

__all__ = ["where_of"]


def where_of(
    texts: Iterable[str],
    spec: Spec,
    given: Mapping[str, object],
    varying: Mapping[str, Column],
    courses: Mapping[str, Course],
) -> Where:
    """Read conditions, as in a sweep, and part them.

    Parameters
    ----------
    texts : iterable of str
        ``"params <= 4M and alpha > 1/2"``.
    spec : Spec
    given : mapping of str to object
        The parameters that have values.
    varying : mapping of str to Column
        Those that move, each with a value as it may occur.
    courses : mapping of str to Course
        Of those, the ones that move along with an unknown.

    Raises
    ------
    ParameterError
        With a caret under what is wrong.
    UndecidedError
        Where a condition has no one value for each network.

    Examples
    --------
    >>> from flopcalc.analysis import load
    >>> moved = {"alpha": Course()}
    >>> found = where_of(["params < 4M and alpha <= 1"], load("mobilenet_v1"), {}, {"alpha": Column.of([1])}, moved)
    >>> found.budgets, str(found.span.high.ratio)
    ((Budget(metric='params', relation='<=', value=3999999),), '1')
    """
    single = single_values(spec, varying, given)
    others = [name for name in spec.known if name not in varying and name not in single]
    said: dict[str, None] = {}
    budgets: list[Budget] = []
    span = Span()
    held: list[Condition] = []
    moving = {name for name, course in courses.items() if not course.whole}
    for text in texts:
        for condition in read_condition(text, SWEPT, varying, single, others).parts():
            bound = condition.bound()
            if bound is not None and (found := _budgets(*bound)):
                budgets += found
                continue
            said[text.strip()] = None
            if not condition.names & moving:
                held.append(condition)
            elif bound is not None and bound[0] in moving:
                span = span.meet(_limited(courses[bound[0]], bound[1], bound[2]))
            else:
                names = listed(sorted(condition.names & moving))
                what = f"`{shorten(text.strip())}` is not proved over a range of {names}"
                expected = f"metrics, parameters that stay as they are, and {names} against a number"
                raise UndecidedError(Problem(what, None, expected))
    return Where(tuple(said), tuple(budgets), span, tuple(held))


def _budgets(name: str, sign: str, value: Any) -> list[Budget]:
    """Return a metric's bound as budgets; none where it is no metric, or no bound says it."""
    if name not in METRICS:
        return []
    if sign == "==":
        return [Budget(name, relation, value) for relation in ("<=", ">=")]
    if sign in ("<", ">") and not METRICS[name].whole:
        return []
    value = {"<": math.ceil(value) - 1, ">": math.floor(value) + 1}.get(sign, value)
    return [Budget(name, sign[0] + "=", normal(value))]


def _limited(course: Course, sign: str, value: Any) -> Span:
    """Return where a parameter is less than a number, or greater, or it."""
    closed = "=" in sign
    low, high = (None if sign[0] == "<" else value), (None if sign[0] == ">" else value)
    return course.span(low, closed, high, closed)
