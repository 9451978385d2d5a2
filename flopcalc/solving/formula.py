"""A budget in symbols: the closed form of the value that meets it, proved by putting it in the unknown's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flopcalc.analysis import analyze_spec
from flopcalc.errors import Fault, ParameterError, Problem, UndecidedError
from flopcalc.number import Number, as_expr, is_rational, normal
from flopcalc.solving.recounting import formula_recounted
from flopcalc.solving.result import Budget, Formula
from flopcalc.sweeps.tracing import Setting
from flopcalc.theory.balance import Closed, Unsolvable, balance
from flopcalc.theory.equivalence import is_zero

__all__ = ["formula"]


def formula(setting: Setting, unknown: str, budgets: Sequence[Budget], options: Mapping[str, Any]) -> Formula:
    """Return the value of the unknown at which the cost equals the budget.

    Raises
    ------
    ParameterError
        Where there are several budgets, or nothing depends on the unknown.
    UndecidedError
        Where there is no closed form.
    """
    if len(budgets) > 1 or budgets[0].relation != "<=":
        raise ParameterError(Problem("a formula meets one budget", None, "one metric, without >="))
    (budget,) = budgets
    symbolic = [*options["symbolic"]]
    known = setting.spec.known[unknown]
    if unknown not in symbolic and (known is None or known.default is not None or unknown in setting.spec.preset):
        symbolic.append(unknown)
    report = analyze_spec(
        setting.spec,
        setting.given,
        convention=setting.convention,
        input=dict(setting.shapes) or None,
        **{**options, "symbolic": _free(setting, symbolic)},
    )
    cost: Number = report.measure(budget.metric)
    found = next((item for item in getattr(cost, "free_symbols", ()) if item.name == unknown), None)
    if found is None:
        raise ParameterError(
            Problem(f"{budget.metric} do not depend on {unknown}", None, "a parameter that changes them")
        )
    amount = _same_symbols(budget.value, cost)
    if not is_rational(amount) and found in amount.free_symbols:
        raise ParameterError(Problem(f"the budget has {unknown} in it", None, "a budget that does not depend on it"))
    try:
        solution = balance(cost, amount, found, report.totals.arithmetic)
    except Unsolvable as fault:
        raise UndecidedError(Problem(f"{budget.metric}: {fault.what}", None, fault.expected, fault.hint)) from None
    except Fault as fault:
        raise ParameterError(Problem(f"{budget.metric}: {fault.what}", None, fault.expected, fault.hint)) from None
    if not isinstance(solution, Closed):
        closed = [root.closed for root in solution if root.closed is not None]
        if not closed:
            raise UndecidedError(Problem(f"{budget.metric}: the equation has no closed form", None, "a lower degree"))
        solution = Closed(closed[-1], True)
    at: Any = as_expr(cost).xreplace({found: as_expr(solution.value)})
    proved = is_zero(normal(at - as_expr(amount)))
    where = () if solution.positive else (f"{unknown} > 0",)
    value = _apart(solution.value)
    found_at = Formula(report, unknown, Budget(budget.metric, "<=", amount), cost, value, where, proved)
    return formula_recounted(found_at, setting, symbolic, options["assume"])


def _apart(value: Number) -> Number:
    """Return a quotient with one term below as the sum of its parts: B/(CHW) − K²."""
    if is_rational(value):
        return value
    below = value.as_numer_denom()[1]
    return value if below.is_Add or any(item.is_Add for item in below.args) else normal(value.expand())


def _free(setting: Setting, names: Sequence[str]) -> list[str]:
    """Return those names that have to be asked for; one without a default is a symbol by itself."""
    return [name for name in names if name not in setting.given]


def _same_symbols(budget: Number, cost: Number) -> Number:
    """Return the budget with the cost's symbols in the place of its own of the same name."""
    if is_rational(budget):
        return budget
    known = {item.name: item for item in getattr(cost, "free_symbols", ())}
    return normal(budget.xreplace({item: known[item.name] for item in budget.free_symbols if item.name in known}))
