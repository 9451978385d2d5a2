"""Several specs side by side: their metrics, the ratios to the first, and budgets made equal by varying a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from flopcalc.analysis import texts_of
from flopcalc.binding import bind, is_open
from flopcalc.comparison.budget import at_equal
from flopcalc.comparison.plan import Plan, analysed, plans_of, shared_symbols
from flopcalc.comparison.result import FIELDS, MEASURES, Balanced, Comparison, Equal, Side
from flopcalc.convention import Convention, load_convention
from flopcalc.errors import ParameterError, Problem, listed
from flopcalc.metrics import SWEPT, check_metric
from flopcalc.reading import reading_of
from flopcalc.shapes import read_input
from flopcalc.spec import Spec
from flopcalc.spec.unknown import unknown_layers

__all__ = ["FIELDS", "MEASURES", "Balanced", "Comparison", "Equal", "Side", "compare", "compare_specs"]


def compare(
    *specs: Spec | str | Path,
    equal: str | None = None,
    vary: str | None = None,
    convention: str | Convention = "paper",
    symbolic: str | Iterable[str] = (),
    symbols: str | Iterable[str] = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    dtype: str = "fp32",
    order: str = "file",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    **parameters: object,
) -> Comparison:
    """Return several specs side by side, with their ratios to the first.

    Parameters
    ----------
    *specs : Spec, str or Path
        Two or more, as :func:`flopcalc.analyze` takes them; ``SPEC:alpha=0.5`` gives one side a value of its own.
    equal : str, optional
        A metric: each side but the first is brought to the first one's, by varying `vary` (Ma et al. 2018,
        arXiv:1807.11164, section 2, compare at equal FLOPs like this).
    vary : str, optional
        A parameter of each of these sides, or a symbol in their values.
    convention, symbolic, symbols, input, assume, exact_rounding, dtype, order, fused, batch, assume_free
        As for :func:`flopcalc.analyze`. What names a parameter, an input or a symbol goes to the sides that have it.
    **parameters
        Values for every side that has the parameter; one of the side's own comes before it.

    Raises
    ------
    UnknownNameError, SpecError, ParameterError, ShapeError
        All of them :class:`~flopcalc.errors.FlopcalcError`; for a name that no side has, and where no value of `vary`
        meets the budget.

    Examples
    --------
    >>> compare("mobilenet_v1", "mobilenet_v2", dtype="int8").ratios("madds")
    (1, Fraction(2349799, 4443284))
    >>> result = compare("resnet_bottleneck:M=c", "shufflenet_v1_unit", C="4*c", equal="flops", vary="M")
    >>> result.entries[1].balanced.value
    17*c**2*g/(8*c + 9*g)
    """
    return compare_specs(
        specs,
        parameters,
        equal=equal,
        vary=vary,
        convention=convention,
        symbolic=symbolic,
        symbols=symbols,
        input=input,
        assume=assume,
        exact_rounding=exact_rounding,
        dtype=dtype,
        order=order,
        fused=fused,
        batch=batch,
        assume_free=assume_free,
    )


def compare_specs(
    specs: Sequence[Spec | str | Path],
    parameters: Mapping[str, object],
    *,
    equal: str | None = None,
    vary: str | None = None,
    convention: str | Convention = "paper",
    symbolic: str | Iterable[str] = (),
    symbols: str | Iterable[str] = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    dtype: str = "fp32",
    order: str = "file",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
) -> Comparison:
    """Do what :func:`compare` does, with the parameters in a mapping: one may be named like an option."""
    if len(specs) < 2:
        raise ParameterError(Problem("there is nothing to compare it with", None, "at least two specs"))
    if equal is not None:
        check_metric(equal, SWEPT, "budget")
    if (equal is None) is not (vary is None):
        missing = "what is varied (vary)" if vary is None else "what is to be equal (equal)"
        raise ParameterError(Problem(f"it is not said {missing}", None, "both or none of equal and vary"))
    if isinstance(convention, str):
        convention = load_convention(convention)
    options: dict[str, Any] = {
        "convention": convention,
        "exact_rounding": exact_rounding,
        "dtype": dtype,
        "order": order,
    }
    shapes = read_input(input)
    plans = plans_of(specs, parameters, texts_of("symbolic", symbolic), shapes, texts_of("assume", assume), vary)
    reading = reading_of(fused, batch, assume_free=assume_free)
    plans = [replace(plan, spec=plan.spec.at(plan.shapes).read_as(reading)) for plan in plans]
    declared = {*texts_of("symbols", symbols), *([] if vary is None else [vary])}
    declared.update(name for plan in plans if is_open(plan.spec) for name in plan.symbols)
    for plan in plans:
        bind(plan.spec, plan.given, symbolic=plan.symbolic, symbols=declared, shapes=plan.shapes)
    if equal is not None:
        _want_known(plans)
    if equal is None or vary is None:
        reports = analysed(plans, options)
        same = shared_symbols(reports)
        sides = zip(plans, reports, strict=True)
        return Comparison(tuple(Side(report, plan.heading, tuple(plan.given), at=same) for plan, report in sides))
    return at_equal(plans, options, equal, vary)


def _want_known(plans: Sequence[Plan]) -> None:
    """Refuse a budget of networks whose cost is not known."""
    for plan in plans:
        if titles := unknown_layers(plan.spec):
            what = f"{plan.heading} has no budget: the cost of {listed(titles)} is not known"
            raise ParameterError(Problem(what, None, "networks whose cost is known", "--assume-free TITLE"))
