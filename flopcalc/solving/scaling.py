"""Compound scaling: the coefficients of depth, width and resolution with α·β²·γ² near to 2, each network counted.

Tan & Le 2019 (arXiv:1905.11946, section 3.3 and equation 3) search α, β and γ on a small grid at φ = 1, under
α·β²·γ² ≈ 2 and α, β, γ ≥ 1, and take those of the most accurate network.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from flopcalc.analysis import analyze_spec
from flopcalc.errors import ParameterError, Problem, one_of, suggest
from flopcalc.number import Number, is_rational, normal
from flopcalc.report import METRICS
from flopcalc.solving.path import Course, path_of
from flopcalc.solving.result import Compound, Scaling
from flopcalc.sweeps import sweep
from flopcalc.sweeps.recorded import Rational
from flopcalc.sweeps.tracing import Setting

__all__ = ["compound_of"]

MOST_ROWS = 100_000

Coefficients = tuple[Fraction, Fraction, Fraction]


def compound_of(
    setting: Setting,
    names: tuple[str, str, str],
    step: Fraction,
    tolerance: Fraction,
    target: Fraction,
    options: Mapping[str, Any],
) -> Compound:
    """Count every network of the search.

    Raises
    ------
    ParameterError
        Where the spec has no such parameters, or the grid is too fine.
    """
    spec = setting.spec
    _check_names(setting, names)
    if step <= 0 or tolerance < 0 or target < 1:
        raise ParameterError(Problem("the search has no grid", None, "a step above 0 and a tolerance of at least 0"))
    base = analyze_spec(
        spec, setting.given, convention=setting.convention, input=dict(setting.shapes) or None, **options
    )
    values: list[Fraction] = []
    for name in names:
        value: Any = base.parameters[name]
        if isinstance(value, (bool, str)) or not is_rational(value) or value <= 0:
            raise ParameterError(Problem(f"{name} has no number to be scaled", None, "a parameter with a number"))
        values.append(Fraction(value))
    own = _own(setting, names)
    tried, near = 0, []
    for coefficients in _grid(step, target + tolerance):
        tried += 1
        if abs(_product(coefficients) - target) <= tolerance:
            near.append(coefficients)
            if len(near) > MOST_ROWS:
                raise ParameterError(
                    Problem(f"more than {MOST_ROWS:,} networks are near to the target", None, "a longer step")
                )
    if own is not None and own not in near:
        near.append(own)
    whole = {name: parameter is not None and not parameter.real for name, parameter in spec.known.items()}
    courses = [
        Course(value, rounding="round" if whole[name] and name == names[2] else "")
        for name, value in zip(names, values, strict=True)
    ]
    rows = [
        {name: normal(course.at(factor)) for name, course, factor in zip(names, courses, item, strict=True)}
        for item in near
    ]
    by_values = _counted(setting, names, rows) if rows else {}
    found: list[Scaling] = []
    flops: Any = base.totals.flops
    for item, row in zip(near, rows, strict=True):
        totals = by_values.get(tuple(row[name] for name in names))
        if totals is not None:
            found.append(Scaling(item, _product(item), totals, Fraction(totals["flops"], flops), item == own))
    found.sort(key=lambda row: (abs(row.product - target), row.coefficients))
    return Compound(base, names, target, tolerance, step, tuple(found), tried, len(near) - len(found))


def _check_names(setting: Setting, names: Iterable[str]) -> None:
    """Raise a ParameterError where a spec lacks a parameter that is scaled, or it has a value already."""
    spec = setting.spec
    for name in names:
        if name not in spec.known:
            raise ParameterError(
                Problem(
                    f"{spec.called} has no parameter `{name}` to scale",
                    None,
                    one_of(spec.known or ["none"]),
                    suggest(name, spec.known) or "--compound DEPTH,WIDTH,RESOLUTION names them",
                )
            )
        if name in setting.given:
            raise ParameterError(Problem(f"{name} is given a value and scaled", None, "one of the two"))


def _counted(
    setting: Setting, names: Sequence[str], rows: Sequence[Mapping[str, Number]]
) -> dict[tuple[object, ...], Mapping[str, Rational]]:
    """Return the totals of every network that can be built, by the values of its parameters."""
    found: dict[tuple[object, ...], Mapping[str, Rational]] = {}
    for block in sweep(
        setting.spec,
        rows,
        METRICS,
        convention=setting.convention,
        input=dict(setting.shapes) or None,
        skip_refused=True,
        parameters=setting.given,
        dtype=setting.dtype,
    ):
        for row in block.rows():
            totals: Any = {metric: row[metric] for metric in METRICS}
            found[tuple(row[name] for name in names)] = totals
    return found


def _product(coefficients: Coefficients) -> Fraction:
    depth, width, resolution = coefficients
    return depth * width**2 * resolution**2


def _grid(step: Fraction, most: Fraction) -> Iterator[Coefficients]:
    """Yield the coefficients from 1 on whose product is not above the most."""

    def values(room: Fraction) -> Iterator[Fraction]:
        value = Fraction(1)
        while value <= room:
            yield value
            value += step

    if (most - 1) / step * (math.isqrt(math.ceil(most)) / step) ** 2 > 10**8:
        raise ParameterError(Problem(f"steps of {step} are too many", None, "a longer step"))
    for depth in values(most):
        for width in values(most / depth):
            if depth * width**2 > most:
                break
            for resolution in values(most / depth):
                if depth * width**2 * resolution**2 > most:
                    break
                yield depth, width, resolution


def _own(setting: Setting, names: tuple[str, str, str]) -> Coefficients | None:
    """Return the bases of the powers by which the spec's own defaults scale the three, where they do."""
    for name, parameter in setting.spec.known.items():
        if parameter is None or name in setting.given or name in setting.spec.preset or name in names:
            continue
        if parameter.default is None or parameter.choices or not parameter.default.constant:
            continue
        _, courses = path_of(setting.spec, [name], None, setting.given)
        if all(item in courses and courses[item].base is not None for item in names):
            depth, width, resolution = (courses[item].base or Fraction(1) for item in names)
            return depth, width, resolution
    return None
