"""What ``flopcalc solve`` says: the network within a budget and the next one, fronts, and compound scaling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any, TypeAlias

from flopcalc.errors import listed
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.number import Number, as_text, is_rational, readable
from flopcalc.page.model import Block, Column, Page, Said, Table, View, listing
from flopcalc.render.cells import Cell, Digits, Phrase, Ratio, Setting, Squared
from flopcalc.render.json import number, plain, report_as_dict
from flopcalc.render.spans import end_text, span_text
from flopcalc.render.table import from_below, heading, of_models, symbol_order
from flopcalc.render.units import rounded
from flopcalc.report import METRICS, Report
from flopcalc.solving import Budget, Compound, Formula, Found, Front, Solution
from flopcalc.solving.path import Course, Span

__all__ = ["SCHEMA", "SHOWN", "solve_page"]

SCHEMA = "flopcalc.solution/1"
"""What the key ``schema`` says: the layout, and its version."""

LABELS: Mapping[str, str] = {name: metric.header for name, metric in KNOWN.items()}
"""What the metrics are called."""

Result: TypeAlias = "Solution | Formula | Front | Compound"

SHOWN = 20
"""How many rows of a long list a screen shows, where nobody says."""

_EXPENDABLE = ("weights", "activations", "madds", "mac")
"""What a narrow screen leaves out of a list, in this order."""


def solve_page(result: Result, *, top: int | None = None) -> Page:
    r"""Return what was found, of a list the first `top` rows.

    Examples
    --------
    >>> from flopcalc.page.terminal import page_as_text
    >>> from flopcalc.solving import solve
    >>> print(page_as_text(solve_page(solve("pointwise_conv", "O", params="B"))).split("\n\n")[1])
    Params = CO
    Params = B where
    O = B/C
    """
    if isinstance(result, Front):
        blocks = _front(result, top)
    elif isinstance(result, Compound):
        blocks = _compound(result, top)
    else:
        blocks = _formula(result) if isinstance(result, Formula) else _solution(result)
    above = heading(result.report)
    if isinstance(result, Front):  # whose parameters vary
        above = above[: 2 if result.report.spec.source else 1]
    return Page(above, blocks, symbol_order(result.report), partial(_data, result, top), partial(_records, result, top))


def _answered(answer: Sequence[Phrase], table: Table | None, notes: Iterable[Phrase]) -> tuple[Block, ...]:
    """Return what was found, in words and figures, and what they mean."""
    said = Said(tuple(answer), back=False, answer=True)
    return (said, *([table] if table is not None and table.lines else []), Said(tuple(notes)))


def _exact(value: Number) -> Cell:
    """Return a number, or a formula in the form that it has."""
    return value if is_rational(value) else Squared(value)


def _bound(budget: Budget) -> Phrase:
    sign = {"<=": " ≤ ", ">=": " ≥ "}[budget.relation]
    return LABELS[budget.metric] + sign, _exact(budget.value)


def _bounds(budgets: Sequence[Budget]) -> Phrase:
    cells: list[Cell] = []
    for budget in budgets:
        cells += [" and " if cells else "", *_bound(budget)]
    return tuple(cells)


def _moved(parameters: Mapping[str, Number], courses: Mapping[str, Course], unknown: str) -> Phrase:
    """Say what the parameters on the way are at a value."""
    cells: list[Cell] = []
    for name, value in parameters.items():
        if name == unknown:
            continue
        cells.append(", " if cells else "")
        if is_rational(value):
            cells += [f"{name} = ", Setting(value)]
        else:
            cells.append(f"{name} ≈ {rounded(_decimal(value), 4)}")
    return tuple(cells)


def _decimal(value: Any) -> Fraction:
    from sympy import Rational

    close = Rational(str(value.evalf(30)))
    return Fraction(int(close.p), int(close.q))


def _value(unknown: str, found: Found) -> str:
    return f"{unknown} = {readable(_plain(found.value))}"


def _plain(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else value


def _metrics(report: Report, budgets: Sequence[Budget], goals: Iterable[str] = ()) -> list[str]:
    """Return the metrics that say something: without those that equal another."""
    asked = {budget.metric for budget in budgets}
    names = list(dict.fromkeys([*METRICS, *(budget.metric for budget in budgets), *goals]))
    for name, other in (("weights", "params"), ("madds", "flops")):
        same = report.measure(name) == report.measure(other)
        if name not in asked and (same or name == "weights"):
            names.remove(name)
    return names


def _cell(metric: str, value: Number | None) -> Cell:
    return value if value is None or KNOWN[metric].whole else Ratio(value)


def _solution(result: Solution) -> tuple[Block, ...]:
    unknown, budgets = result.unknown, result.budgets
    found = result.network or result.least
    assert found is not None
    answer: list[Phrase] = []
    where, value = _where(result), _value(unknown, found)
    missed = "the budget or a condition" if result.where.held else "the budget"
    if result.network is None and not result.where.met({**found.totals, **found.parameters}):
        nearest = f"; by the budget alone, {value} comes nearest."
        answer.append((f"No {unknown} has ", *_bounds(budgets), f"{where}{nearest}"))
    elif result.network is None:
        answer.append((f"Every {unknown}{where} misses ", *_bounds(budgets), f"; {value} comes nearest."))
    else:
        answer.append((f"The {result.goal} {unknown} with ", *_bounds(budgets), f"{where}: {value}"))
    span = (span_text(unknown, found.span),)
    if not (found.span.single and found.span.low is not None and found.span.low.near.denominator == 1):
        answer.append(("The same network: ", *span))
    moved = _moved(found.parameters, result.courses, unknown)
    if moved:
        answer.append((f"At {_value(unknown, found)}: ", *moved))
    heads = ["", _value(unknown, found), "budget", "left"]
    if result.above is not None:
        heads.append(_value(unknown, result.above))
        answer.append((f"The next network above, at {heads[-1]}, misses {missed}.",))
    if result.below is not None:
        heads.append(_value(unknown, result.below))
        answer.append((f"The next network below, at {heads[-1]}, misses {missed}.",))
    beside = result.above or result.below
    rows: list[tuple[Cell, ...]] = []
    for metric in _metrics(result.report, budgets):
        budget = min((item for item in budgets if item.metric == metric), key=partial(_urgency, result), default=None)
        values: list[Number | None] = [found.totals[metric]]
        values += [None, None] if budget is None else [budget.value, result.left(budget)]
        if beside is not None:
            values.append(beside.totals[metric])
        row: list[Cell] = [LABELS[metric], *(_cell(metric, value) for value in values)]
        rows.append(tuple(row))
    columns = [Column(str(index), head, numeric=index > 0) for index, head in enumerate(heads)]
    return _answered(answer, listing(columns, rows), _proof(result))


def _urgency(result: Solution, budget: Budget) -> tuple[bool, str, Number]:
    """Return by what one of several budgets of a metric is shown: the one that is missed, else the upper one."""
    left = result.left(budget)
    return left >= 0, budget.relation, left


def _where(result: Solution | Front) -> str:
    """Say which conditions are met besides the budgets."""
    return " where " + " and ".join(result.where.texts) if result.where.texts else ""


def _proof(result: Solution) -> Iterator[Phrase]:
    """Say why nothing greater meets the budget, and what is counted."""
    unknown = result.unknown
    if result.networks and result.network is not None:
        if result.goal == "least" and result.rises:
            labels = listed(dict.fromkeys(LABELS[budget.metric] for budget in result.budgets))
            yield (
                f"Proved by their formulas: {labels} never fall as {unknown} grows, so that nothing lower reaches it.",
            )
        elif result.goal == "least":
            yield ("Every lower value that is allowed was computed.",)
        elif result.assumed:
            yield (f"Assumed, not proven: {result.assumed}. Below that every network was computed.",)
        elif result.proven_from is not None:
            near = rounded(result.proven_from, 4).rstrip("0").rstrip(".")
            yield (
                f"From {unknown} = {near} on every network is proven to miss the budget; every one between was "
                "computed, at the exact values where a rounding changes.",
            )
        elif result.above is None:
            yield (f"No greater {unknown} is allowed.",)
        else:
            yield ("Every greater value that is allowed was computed.",)
    elif result.assumed:
        yield (f"Assumed, not proven: {result.assumed}.",)
    yield from _counted(result.report, ("flops", "mac", *(budget.metric for budget in result.budgets)))


def _counted(report: Report, metrics: Sequence[str]) -> Iterator[Phrase]:
    yield from from_below(report)
    yield from of_models(report)
    if "flops" in metrics:
        yield (f"One FLOP is {report.convention.unit} ({report.convention.name}).",)
    if "mac" in metrics:
        yield ("MAC is memory access cost in elements: inputs and parameters read, outputs written.",)
    if any(KNOWN[name].sized for name in metrics):
        yield (f"Bytes are those of elements in {report.dtype}.",)


def _formula(result: Formula) -> tuple[Block, ...]:
    label = LABELS[result.budget.metric]
    answer: list[Phrase] = [
        (f"{label} = ", _exact(result.cost)),
        (f"{label} = ", _exact(result.budget.value), " where"),
        (f"{result.unknown} = ", _exact(result.value)),
    ]
    notes: list[Phrase] = []
    if result.proved:
        notes.append((f"Proved: with this {result.unknown}, the {label} are the budget, identically.",))
    else:
        notes.append((f"Found by solving the equation; that the {label} are then the budget is not proven.",))
    if result.where:
        notes.append(("It is a network where " + ", ".join(result.where) + ".",))
    if not result.report.exact_rounding:
        notes.append(("Rounding is read as in textbooks: sizes divide evenly.",))
    if result.report.assumed:
        notes.append(("Assumed: " + ", ".join(result.report.assumed) + ".",))
    notes += _counted(result.report, (result.budget.metric,))
    return _answered(answer, None, notes)


def _front(result: Front, top: int | None) -> tuple[Block, ...]:
    goals = ", ".join(f"{'most' if way == 'max' else 'least'} {LABELS[name]}" for name, way in result.goals.items())
    count = len(result.choices)
    answer: list[Phrase] = [("Within ", *_bounds(result.budgets), f"{_where(result)}: the front of {goals}")]
    if not count:
        answer = [("No configuration is within ", *_bounds(result.budgets), f"{_where(result)}.")]
    metrics = _metrics(result.report, result.budgets, result.goals)
    shown = result.choices if top is None else result.choices[:top]
    rows = [
        (
            *(Setting(choice.parameters[name]) for name in result.names),
            *(_cell(item, choice.totals[item]) for item in metrics),
        )
        for choice in shown
    ]
    notes: list[Phrase] = [
        (
            f"{result.tried:,} configurations, {result.within:,} of them within the budget, {count:,} on the front: "
            "no other one within it is as good in each of these and better in one.",
        )
    ]
    if len(shown) < count:
        notes.append((f"The first {len(shown)} of {count:,} are shown; --top N and other formats show more.",))
    notes += _counted(result.report, metrics)
    columns = [*(Column(name, name) for name in result.names), *(Column(f" {m}", LABELS[m]) for m in metrics)]
    views = tuple(View(names, exact=True) for names in _poorer([column.name for column in columns], result.goals))
    return _answered(answer, replace(listing(columns, rows), views=views), notes)


def _poorer(names: Sequence[str], goals: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield columns for narrower and narrower screens."""
    yield tuple(names)
    for metric in _EXPENDABLE:
        if f" {metric}" in names and metric not in goals:
            names = [name for name in names if name != f" {metric}"]
            yield tuple(names)


def _compound(result: Compound, top: int | None) -> tuple[Block, ...]:
    depth, width, resolution = result.names
    target = readable(_plain(result.target))
    answer: list[Phrase] = [
        (
            f"α of {depth}, β of {width} and γ of {resolution}, each at least 1 in steps of "
            f"{readable(_plain(result.step))}, with α·β²·γ² within {readable(_plain(result.tolerance))} of {target}",
        )
    ]
    shown = list(result.rows if top is None else result.rows[:top])
    left = len(result.rows) - len(shown)
    shown += [row for row in result.rows[len(shown) :] if row.own]
    rows: list[tuple[Cell, ...]] = [
        (
            *(Setting(_plain(value)) for value in row.coefficients),
            Digits(rounded(row.product, 4)),
            Digits(_signed(row.product - result.target)),
            row.totals["flops"],
            Digits(rounded(row.ratio, 3)),
            row.totals["params"],
            "own" if row.own else None,
        )
        for row in shown
    ]
    base: Any = result.report.totals
    notes: list[Phrase] = [
        (
            "FLOPs and Params are counted at φ = 1; ratio is to the base network's FLOPs, ",
            base.flops,
            f", which {target}^φ would multiply by {target}. They differ because depths, widths and the resolution "
            "are rounded.",
        ),
        (
            "The paper (Tan & Le 2019, arXiv:1905.11946, section 3.3) chose among such coefficients by the accuracy of "
            "trained networks, which cannot be computed here."
            + (" Own are those by whose powers this spec scales." if any(row.own for row in shown) else ""),
        ),
        (f"{result.tried:,} coefficients were tried, {len(result.rows):,} are near enough.",),
    ]
    if left > 0:
        notes.append((f"The first {len(result.rows) - left} are shown; --top N and other formats show more.",))
    if result.refused:
        notes.append((f"{result.refused:,} of them make no network.",))
    notes += _counted(result.report, ("flops",))
    heads: tuple[str, ...] = ("α", "β", "γ", "α·β²·γ²", "off by", "FLOPs", "ratio", "Params", "")
    if not any(row.own for row in shown):
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    columns = [Column(head, head, numeric=bool(head)) for head in heads]
    return _answered(answer, listing(columns, rows), notes)


def _signed(value: Fraction) -> str:
    text = rounded(value, 4)
    return text if value <= 0 else f"+{text}"


# -- data ------------------------------------------------------------------------------------------------------------


def _records(result: Result, top: int | None) -> list[Sequence[str]]:
    """Return exact rows: the network and the next one, the front, the search, or the formula."""
    rows: list[Sequence[str]] = []
    if isinstance(result, Solution):
        known = result.network or result.least
        names = tuple(known.totals) if known is not None else METRICS
        rows.append(("network", result.unknown, "low", "low_closed", "high", "high_closed", *names))
        kinds = (("answer", result.network), ("least", result.least), ("above", result.above), ("below", result.below))
        for kind, found in kinds:
            if found is not None:
                ends = _ends(found.span) if kind not in ("above", "below") else ("",) * 4
                costs = (str(found.totals[metric]) for metric in names)
                rows.append((kind, as_text(_plain(found.value)), *ends, *costs))
    elif isinstance(result, Formula):
        rows += [("unknown", "metric", "budget", "value", "proved")]
        rows.append(
            (
                result.unknown,
                result.budget.metric,
                as_text(result.budget.value),
                as_text(result.value),
                as_text(result.proved),
            )
        )
    elif isinstance(result, Front):
        names = tuple(result.choices[0].totals) if result.choices else METRICS
        rows.append((*result.names, *names))
        rows += [
            (*(as_text(item.parameters[name]) for name in result.names), *(str(item.totals[m]) for m in names))
            for item in result.choices[:top]
        ]
    else:
        rows.append(("alpha", "beta", "gamma", "product", "ratio", "own", *METRICS))
        rows += [
            (
                *(as_text(_plain(value)) for value in (*row.coefficients, row.product, row.ratio)),
                as_text(row.own),
                *(str(row.totals[metric]) for metric in METRICS),
            )
            for row in result.rows[:top]
        ]
    return rows


def _ends(span: Span) -> tuple[str, str, str, str]:
    assert span.low is not None
    assert span.high is not None
    return end_text(span.low), as_text(span.low_closed), end_text(span.high), as_text(span.high_closed)


def _data(result: Result, top: int | None) -> dict[str, Any]:
    """Return numbers as integers, fractions and formulas as strings."""
    report = report_as_dict(result.report)
    found = {"schema": SCHEMA} | {
        name: report[name] for name in ("spec", "parameters", "input", "convention", "reading", "unknown_costs")
    }
    found["solved"] = result.solved
    if isinstance(result, Compound):
        return found | _compound_data(result, top)
    budgets = [result.budget] if isinstance(result, Formula) else list(result.budgets)
    found["budgets"] = [
        {"metric": item.metric, "relation": item.relation, "value": number(item.value)} for item in budgets
    ]
    if isinstance(result, Formula):
        return found | _formula_data(result)
    if result.where.texts:
        found["where"] = list(result.where.texts)
    return found | (_front_data(result, top) if isinstance(result, Front) else _solved_data(result))


def _compound_data(result: Compound, top: int | None) -> dict[str, Any]:
    """Return the coefficients that scale a network, and what each comes to."""
    return {
        "names": list(result.names),
        "target": number(_plain(result.target)),
        "tolerance": number(_plain(result.tolerance)),
        "step": number(_plain(result.step)),
        "base": _totals({metric: result.report.measure(metric) for metric in METRICS}),
        "tried": result.tried,
        "rows": [
            {
                "coefficients": [number(_plain(value)) for value in row.coefficients],
                "product": number(_plain(row.product)),
                "ratio": number(_plain(row.ratio)),
                "own": row.own,
                "totals": _totals(row.totals),
            }
            for row in result.rows[:top]
        ],
    }


def _formula_data(result: Formula) -> dict[str, Any]:
    """Return the value as a formula."""
    return {
        "unknown": result.unknown,
        "cost": number(result.cost),
        "value": number(result.value),
        "where": list(result.where),
        "proved": result.proved,
        "recounted": result.recounted,
    }


def _front_data(result: Front, top: int | None) -> dict[str, Any]:
    """Return the networks of which none is better in every goal."""
    return {
        "names": list(result.names),
        "goals": dict(result.goals),
        "tried": result.tried,
        "within": result.within,
        "recounted": result.recounted,
        "choices": [
            {
                "parameters": {name: plain(value) for name, value in item.parameters.items()},
                "totals": _totals(item.totals),
            }
            for item in result.choices[:top]
        ],
    }


def _solved_data(result: Solution) -> dict[str, Any]:
    """Return the network that meets the budgets, and its neighbours."""
    proven = None if result.proven_from is None else number(_plain(result.proven_from))
    return {
        "unknown": result.unknown,
        "goal": result.goal,
        "network": _network(result.network, result.budgets),
        "above": _network(result.above, result.budgets, whole=False),
        "below": _network(result.below, result.budgets, whole=False),
        "least": _network(result.least, result.budgets),
        "assumed": result.assumed or None,
        "proven_from": proven,
        "rises": result.rises,
        "recounted": result.recounted,
    }


def _totals(totals: Mapping[str, Number]) -> dict[str, int | str]:
    return {metric: number(value) for metric, value in totals.items()}


def _network(found: Found | None, budgets: Sequence[Budget], *, whole: bool = True) -> dict[str, Any] | None:
    if found is None:
        return None
    result: dict[str, Any] = {
        "value": number(_plain(found.value)),
        "parameters": {name: number(value) for name, value in found.parameters.items()},
        "totals": _totals(found.totals),
    }
    if whole:
        low, low_closed, high, high_closed = _ends(found.span)
        result["interval"] = {
            "low": low,
            "low_closed": low_closed == "true",
            "high": high,
            "high_closed": high_closed == "true",
        }
    return result
