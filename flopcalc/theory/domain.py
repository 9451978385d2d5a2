"""For which values of its symbols a block exists: what its shapes, its layers and its parameters' bounds ask for.

Symbols are positive. Beyond that, all counts and sizes must be above zero: where a path makes O − C channels, O > C.
A bound of whole numbers, O ≥ C + 1, is read for real ones as O > C.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flopcalc.errors import Fault, FlopcalcError
from flopcalc.expression import Scope
from flopcalc.number import Arithmetic, Number, as_expr, as_text, expanded, is_rational, is_symbolic, normal
from flopcalc.report import Report
from flopcalc.theory.equivalence import is_zero
from flopcalc.theory.minima.curve import open_part
from flopcalc.theory.signs import sign_of

__all__ = ["conditions_of", "in_words", "unlike"]

_POSITIVE = ("whole", "pair")
"""The types of attributes whose numbers are above zero."""

MOST_VALUES = 400
"""How many different counts and sizes of a network are looked at."""


def conditions_of(report: Report, arithmetic: Arithmetic) -> tuple[Number, ...]:
    """Return the formulas that are above zero wherever a report's network exists, and are not in any case.

    Examples
    --------
    >>> from flopcalc import analyze
    >>> report = analyze("shufflenet_v1_down")
    >>> [in_words(value) for value in conditions_of(report, report.totals.arithmetic)]
    ['O > C']
    """
    found: list[Number] = []
    turns = {turn.index for node in report.totals.graph.nodes for turn in node.turns}
    for value in list(dict.fromkeys(_counts(report)))[:MOST_VALUES]:
        if is_rational(value) or value.free_symbols & turns or sign_of(value, arithmetic) == 1:
            continue
        found.append(open_part(value, arithmetic))
    return unlike(found)


def _counts(report: Report) -> Iterator[Number]:
    """Yield what is above zero: sides of maps, attributes of layers, and what keeps parameters within their bounds."""
    graph = report.totals.graph
    for shape in graph.shapes:
        yield from shape
    for node in graph.nodes:
        values = node.layer.values()
        for attribute in node.layer.attributes():
            if attribute.type in _POSITIVE and attribute.name in values:
                value: Any = values[attribute.name]
                yield from value if isinstance(value, tuple) else (value,)
    scope = Scope(dict(report.parameters))
    for name, parameter in report.spec.parameters.items():
        value = report.parameters.get(name)
        if not is_symbolic(value):
            continue
        for bound, way in ((parameter.minimum, 1), (parameter.above, 1), (parameter.maximum, -1)):
            try:
                limit: Any = None if bound is None else bound.evaluate(scope)
            except (Fault, FlopcalcError):
                continue
            if limit is None or isinstance(limit, (bool, str, tuple, dict)):
                continue
            room = normal(way * (value - limit))
            if bound is not parameter.above and all(as_expr(side).is_integer for side in (value, limit)):
                yield expanded(room + 1)
            elif bound is parameter.above or value.is_Symbol:
                yield room


def in_words(condition: Number) -> str:
    """Return that a formula is above zero as a relation of its terms: ``O > C``.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> in_words(symbol("O") - 2 * symbol("C")), in_words(1 - symbol("t"))
    ('O > 2*C', '1 > t')
    """
    from sympy import Add

    terms = Add.make_args(as_expr(condition))
    minus = [term for term in terms if term.could_extract_minus_sign()]
    sides = normal(Add(*(term for term in terms if term not in minus))), normal(Add(*minus))
    return f"{as_text(sides[0])} > {as_text(normal(-sides[1]))}"


def unlike(values: Iterable[Number]) -> tuple[Number, ...]:
    """Leave out what is a positive multiple of another.

    Examples
    --------
    >>> from flopcalc.number import symbol
    >>> C, O = symbol("C"), symbol("O")
    >>> unlike([O - C, 2 * O - 2 * C, C - O])
    (-C + O, C - O)
    """
    kept: list[Any] = []
    for value in values:
        if not any(_is_multiple(as_expr(value), other) for other in kept):
            kept.append(as_expr(value))
    return tuple(normal(value) for value in kept)


def _is_multiple(value: Any, other: Any) -> bool:
    from sympy import Add

    first = Add.make_args(value)[0]
    ratios = (first / term for term in Add.make_args(other))
    return any(ratio.is_number and ratio.is_positive and is_zero(normal(value - ratio * other)) for ratio in ratios)
