"""The configurations within budgets that no other one within them betters: the Pareto front at a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flopcalc.analysis import analyze_spec
from flopcalc.errors import FlopcalcError, ParameterError, Problem, shorten
from flopcalc.metrics import COUNTED, SWEPT, check_metric
from flopcalc.number import is_rational, normal
from flopcalc.solving.budgets import no_budget
from flopcalc.solving.path import path_of
from flopcalc.solving.recounting import front_recounted
from flopcalc.solving.result import Budget, Choice, Front
from flopcalc.solving.search import line_of, start_of, steps_down
from flopcalc.solving.where import where_of
from flopcalc.sweeps import Axis, sweep
from flopcalc.sweeps.axes import axis_of
from flopcalc.sweeps.selecting import Front as Kept
from flopcalc.sweeps.selecting import Key, first_values
from flopcalc.sweeps.tracing import Setting, for_metrics

__all__ = ["front_of", "goals_of"]


def goals_of(best: str, budgets: Sequence[Budget]) -> tuple[Key, ...]:
    """Return what is to be least or greatest: what is named, and as much of the first budget's metric as it allows.

    Raises
    ------
    ParameterError, UnknownNameError

    Examples
    --------
    >>> goals_of("params", [Budget("flops", "<=", 10**8)])
    (Key(name='flops', greatest=True), Key(name='params', greatest=False))
    """
    if not isinstance(best, str):
        raise ParameterError(Problem(f"best is {shorten(best)}", None, "NAME, min:NAME or max:NAME", "params"))
    keys: dict[str, Key] = {}
    for item in (part.strip() for part in best.split(",") if part.strip()):
        way, colon, name = (part.strip() for part in item.partition(":"))
        if not colon:
            way, name = "min", way
        if way not in ("min", "max"):
            raise ParameterError(
                Problem(f"`{shorten(item)}` is no goal", None, "NAME, min:NAME or max:NAME", "--best params")
            )
        check_metric(name, SWEPT)
        keys[name] = Key(name, way == "max")
    if not keys:
        raise ParameterError(Problem("--best names nothing", None, "a metric", "--best params"))
    first = budgets[0].metric
    return (keys.pop(first, Key(first, budgets[0].relation == "<=")), *keys.values())


def front_of(
    setting: Setting,
    axes: Mapping[str, object],
    best: str,
    budgets: Sequence[Budget],
    options: Mapping[str, Any],
    conditions: Sequence[str] = (),
) -> Front:
    """Return the front over a grid; a parameter without values takes its steps up to its default.

    Raises
    ------
    FlopcalcError
    """
    if any(not is_rational(budget.value) for budget in budgets):
        raise ParameterError(Problem("a front needs a budget in numbers", None, "a number such as 150M"))
    grid = {name: _steps(setting, name) if values is None else axis_of(values, name) for name, values in axes.items()}
    where = where_of(conditions, setting.spec, setting.given, first_values(grid), {})
    budgets = (*budgets, *where.budgets)
    if not budgets:
        raise no_budget()
    keys = goals_of(best, budgets)
    names = tuple(
        dict.fromkeys([*COUNTED, *(budget.metric for budget in budgets), *where.metrics, *(key.name for key in keys)])
    )
    setting = for_metrics(setting, names)
    kept = Kept(keys)
    tried = within = 0
    for block in sweep(
        setting.spec,
        grid,
        names,
        convention=setting.convention,
        input=dict(setting.shapes) or None,
        skip_refused=True,
        parameters=setting.given,
        dtype=setting.dtype,
    ):
        tried += len(block) + block.skipped
        rows: Any = None
        for budget in budgets:
            array = block.metrics[budget.metric]
            kind: Any = array <= budget.value if budget.relation == "<=" else array >= budget.value
            rows = kind if rows is None else rows & kind
        for condition in where.held:
            rows = rows & condition.mask(block)
        found = block.take(rows)
        within += len(found)
        if len(found):
            kept.add(found)
    result = kept.result()
    choices = [] if result is None else [_choice(row, axes, names) for row in result.rows()]
    first: dict[str, Any] = dict(choices[0].parameters) if choices else {}
    report = analyze_spec(
        setting.spec,
        {**setting.given, **first},
        convention=setting.convention,
        input=dict(setting.shapes) or None,
        **options,
    )
    goals = {key.name: "max" if key.greatest else "min" for key in keys}
    front = Front(report, tuple(axes), tuple(budgets), goals, tuple(choices), tried, within, where=where)
    return front_recounted(front, setting, grid, keys)


def _choice(row: Mapping[str, Any], axes: Mapping[str, object], metrics: Sequence[str]) -> Choice:
    return Choice({name: row[name] for name in axes}, {metric: row[metric] for metric in metrics})


def _steps(setting: Setting, name: str) -> Axis:
    """Return one value of every network that a multiplier up to its default gives, the others at their defaults."""
    _, courses = path_of(setting.spec, [name], None, setting.given)
    line = line_of(setting, {name: courses[name]})
    if line.whole:
        raise ParameterError(
            Problem(
                f"{name} is a whole number without a range", None, "values as in a sweep", f"--for {name}=32:256:32"
            )
        )
    try:
        values = [normal(value) for value in steps_down(line, start_of(line))]
    except FlopcalcError as error:
        hint = f"--for {name}=0.25:1:0.25"
        raise type(error)(*(Problem(item.what, item.place, item.expected, hint) for item in error.problems)) from None
    return Axis((tuple(reversed(values)),))
