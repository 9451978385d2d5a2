"""Solutions in every format: the network within a budget and the next one above, fronts, and compound scaling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.errors import listed
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.number import Number, as_text, is_rational, readable
from flopcalc.render.book import Book, BookLatex, BookMarkdown, BookWriter
from flopcalc.render.cells import Cell, Phrase, Ratio, Setting
from flopcalc.render.csv import rows_as_csv
from flopcalc.render.json import number, plain, report_as_dict
from flopcalc.render.latex import escaped_latex
from flopcalc.render.table import heading, symbol_order
from flopcalc.render.units import rounded
from flopcalc.report import METRICS, Report
from flopcalc.solving import Budget, Compound, Formula, Found, Front, Solution
from flopcalc.solving.path import Course, End, Span

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = [
    "SCHEMA",
    "solution_as_csv",
    "solution_as_dict",
    "solution_as_latex",
    "solution_as_markdown",
    "solution_as_text",
]

SCHEMA = "flopcalc.solution/1"
"""What the key ``schema`` says: the layout, and its version."""

LABELS: Mapping[str, str] = {name: metric.header for name, metric in KNOWN.items()}
"""What the metrics are called."""

Result: TypeAlias = "Solution | Formula | Front | Compound"

_DECIMALS = 6
_SHOWN = 20
"""How many rows of a long list a screen shows."""

_EXPENDABLE = ("weights", "activations", "madds", "mac")
"""What a narrow screen leaves out of a list, in this order."""


# -- what is said, before it is laid out -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Sheet:
    """A page: what it is of, what was found, a table, and notes."""

    head: tuple[Phrase, ...]
    answer: tuple[Phrase, ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[Phrase, ...]
    text_columns: int = 1


def _sheet(result: Result, top: int | None, room: int | None = None) -> Sheet:
    if isinstance(result, Solution):
        return _solution(result)
    if isinstance(result, Formula):
        return _formula(result)
    return _front(result, top, room) if isinstance(result, Front) else _compound(result, top, room)


def end_text(end: End) -> str:
    """Return an end as exact text: ``9/16``, or ``log(353/320)/log(11/10)``.

    Examples
    --------
    >>> end_text(End(Fraction(353, 320), Fraction(11, 10)))
    'log(353/320)/log(11/10)'
    """
    value = end.number
    if is_rational(value):
        return as_text(value)
    return f"log({end.ratio})/log({end.base})"


def _near(end: End) -> str:
    """Return an end as a decimal, marked where it is not exact."""
    text = rounded(end.near, _DECIMALS).rstrip("0").rstrip(".")
    return text if end.base is None and Fraction(text) == end.near else f"≈ {text}"


def _between(name: str, span: Span) -> Phrase:
    """Say which values give a network."""
    assert span.low is not None
    assert span.high is not None
    if span.single:
        return (f"{name} = {end_text(span.low)} alone",)
    low, high = ("≤" if closed else "<" for closed in (span.low_closed, span.high_closed))
    exact = f"{end_text(span.low)} {low} {name} {high} {end_text(span.high)}"
    ends = [_near(end) for end in (span.low, span.high)]
    if ends == [end_text(end) for end in (span.low, span.high)]:
        return (exact,)
    return (f"{exact} ({ends[0]} to {ends[1]})",)


def _bound(budget: Budget) -> Phrase:
    sign = {"<=": " ≤ ", ">=": " ≥ "}[budget.relation]
    return LABELS[budget.metric] + sign, budget.value


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


def _solution(result: Solution) -> Sheet:
    unknown, budgets = result.unknown, result.budgets
    found = result.network or result.least
    assert found is not None
    answer: list[Phrase] = []
    if result.network is None:
        answer.append((f"Every {unknown} misses ", *_bounds(budgets), f"; {_value(unknown, found)} comes nearest."))
    else:
        answer.append((f"The {result.goal} {unknown} with ", *_bounds(budgets), f": {_value(unknown, found)}"))
    span = _between(unknown, found.span)
    if not (found.span.single and found.span.low is not None and found.span.low.near.denominator == 1):
        answer.append(("The same network: ", *span))
    moved = _moved(found.parameters, result.courses, unknown)
    if moved:
        answer.append((f"At {_value(unknown, found)}: ", *moved))
    heads = ["", _value(unknown, found), "budget", "left"]
    if result.above is not None:
        heads.append(_value(unknown, result.above))
        answer.append((f"The next network above, at {heads[-1]}, misses the budget.",))
    if result.below is not None:
        heads.append(_value(unknown, result.below))
        answer.append((f"The next network below, at {heads[-1]}, misses the budget.",))
    beside = result.above or result.below
    bounds = {budget.metric: budget for budget in sorted(budgets, key=lambda item: item.relation, reverse=True)}
    rows: list[tuple[Cell, ...]] = []
    for metric in _metrics(result.report, budgets):
        budget = bounds.get(metric)
        values: list[Number | None] = [found.totals[metric]]
        values += [None, None] if budget is None else [budget.value, result.left(budget)]
        if beside is not None:
            values.append(beside.totals[metric])
        row: list[Cell] = [LABELS[metric], *(_cell(metric, value) for value in values)]
        rows.append(tuple(row))
    return Sheet(heading(result.report), tuple(answer), tuple(heads), tuple(rows), tuple(_proof(result)))


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
    if "flops" in metrics:
        yield (f"One FLOP is {report.convention.unit} ({report.convention.name}).",)
    if "mac" in metrics:
        yield ("MAC is memory access cost in elements: inputs and parameters read, outputs written.",)
    if any(KNOWN[name].sized for name in metrics):
        yield (f"Bytes are those of elements in {report.dtype}.",)


def _formula(result: Formula) -> Sheet:
    label = LABELS[result.budget.metric]
    answer: list[Phrase] = [
        (f"{label} = ", result.cost),
        (f"{label} = ", result.budget.value, " where"),
        (f"{result.unknown} = ", result.value),
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
    return Sheet(heading(result.report), tuple(answer), (), (), tuple(notes))


def _front(result: Front, top: int | None, room: int | None) -> Sheet:
    goals = ", ".join(f"{'most' if way == 'max' else 'least'} {LABELS[name]}" for name, way in result.goals.items())
    count = len(result.choices)
    answer: list[Phrase] = [("Within ", *_bounds(result.budgets), f": the front of {goals}")]
    if not count:
        answer = [("No configuration is within ", *_bounds(result.budgets), ".")]
    metrics = _fitting(
        _metrics(result.report, result.budgets, result.goals), room, len(result.names), tuple(result.goals)
    )
    shown = result.choices if top is None else result.choices[:top]
    rows = [
        (
            *(_setting(choice.parameters[name]) for name in result.names),
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
    title = heading(result.report)[: 2 if result.report.spec.source else 1]
    heads = (*result.names, *(LABELS[metric] for metric in metrics))
    return Sheet(title, tuple(answer), heads, tuple(rows), tuple(notes), 0)


def _setting(value: Any) -> Cell:
    return Setting(value)


def _fitting(metrics: list[str], room: int | None, others: int, kept: Sequence[str]) -> list[str]:
    """Return the metrics for which a screen has room, about fifteen columns each."""
    for name in _EXPENDABLE:
        if room is not None and 13 * (len(metrics) + others) > room and name in metrics and name not in kept:
            metrics = [metric for metric in metrics if metric != name]
    return metrics


def _compound(result: Compound, top: int | None, room: int | None) -> Sheet:
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
            rounded(row.product, 4),
            _signed(row.product - result.target),
            row.totals["flops"],
            rounded(row.ratio, 3),
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
    return Sheet(heading(result.report), tuple(answer), heads, tuple(rows), tuple(notes), 0)


def _signed(value: Fraction) -> str:
    text = rounded(value, 4)
    return text if value <= 0 else f"+{text}"


# -- formats ---------------------------------------------------------------------------------------------------------


def solution_as_text(result: Result, screen: Screen, *, units: str = "auto", top: int | None = None) -> str:
    """Return what was found, for a screen.

    Parameters
    ----------
    result : Solution, Formula, Front or Compound
    screen : Screen
    units : str
        One of :data:`flopcalc.render.cells.UNITS`.
    top : int, optional
        How many rows of a list.
    """
    from flopcalc.render.terminal import Head, Paragraph, listing_as_text, paragraphs_as_text

    order = symbol_order(result.report)
    exact = BookWriter(order, screen)
    writer = BookWriter(order, screen, human=units == "human")
    sheet = _sheet(result, _SHOWN if top is None else top, screen.width)
    title, *rest = (exact.phrase(line) for line in sheet.head)
    parts = [
        paragraphs_as_text([Paragraph(title, "bold"), *(Paragraph(line, "dim") for line in rest)], screen),
        "\n",
        paragraphs_as_text(
            [Paragraph(_phrase(writer, line), "bold" if not place else "") for place, line in enumerate(sheet.answer)],
            screen,
        ),
        "\n",
    ]
    if sheet.rows:
        heads = [
            Head(screen.written(head), place >= sheet.text_columns and bool(head))
            for place, head in enumerate(sheet.heads)
        ]
        rows = [[writer.cell(cell) for cell in row] for row in sheet.rows]
        parts += [listing_as_text(heads, rows, screen), "\n"]
    parts.append(paragraphs_as_text([Paragraph(_phrase(writer, note), "dim") for note in sheet.notes], screen))
    return "".join(parts)


def _phrase(writer: Book, phrase: Phrase) -> str:
    """Write words with formulas in the form that they have."""
    return "".join(
        writer.math(_terms(writer, cell)) if hasattr(cell, "free_symbols") else writer.cell(cell) for cell in phrase
    )


def _terms(writer: Book, value: Any) -> str:
    """Return a formula's text, a sum with what is added before what is taken away."""
    if not value.is_Add:
        return writer.text(value)
    taken = [term for term in value.args if term.could_extract_minus_sign()]
    if not taken or len(taken) == len(value.args):
        return writer.text(value)
    kept = writer.text(value.func(*(term for term in value.args if term not in taken)))
    return f"{kept} - " + " - ".join(writer.text(-term) for term in taken)


def solution_as_markdown(result: Result, *, units: str = "auto", top: int | None = None) -> str:
    """Return what was found as GitHub-flavoured Markdown."""
    writer = BookMarkdown(symbol_order(result.report), human=units == "human")
    sheet = _sheet(result, top)
    title, *rest = (writer.phrase(line) for line in sheet.head)
    lines = [f"## {title}", ""]
    for line in [*rest, *(_phrase(writer, line) for line in sheet.answer)]:
        lines += [line, ""]
    if sheet.rows:
        lines.append("| " + " | ".join(writer.words(head) for head in sheet.heads) + " |")
        lines.append(
            "| " + " | ".join("---" if n < sheet.text_columns else "---:" for n in range(len(sheet.heads))) + " |"
        )
        lines += ["| " + " | ".join(writer.cell(cell) for cell in row) + " |" for row in sheet.rows]
        lines.append("")
    lines.append("\n\n".join(_phrase(writer, note) for note in sheet.notes))
    return "\n".join(lines) + "\n"


def solution_as_latex(result: Result, *, units: str = "auto", top: int | None = None) -> str:
    """Return what was found as a LaTeX table, what is said in its caption; a formula as a displayed equation."""
    writer = BookLatex(symbol_order(result.report), human=units == "human")
    sheet = _sheet(result, top)
    said = "; ".join(_phrase(writer, line).rstrip(".") for line in [*sheet.head, *sheet.answer])
    if not sheet.rows:
        return f"% {said}\n" if not isinstance(result, Formula) else _equation(result, writer)
    lines = [
        r"% \usepackage{amsmath,booktabs,longtable}",
        rf"\begin{{longtable}}{{{''.join('l' if n < sheet.text_columns else 'r' for n in range(len(sheet.heads)))}}}",
        rf"  \caption{{{said}.}} \\",
        r"  \toprule",
        "  " + " & ".join(escaped_latex(head) for head in sheet.heads) + r" \\",
        r"  \midrule",
        r"  \endhead",
        *("  " + " & ".join(writer.cell(cell) for cell in row) + r" \\" for row in sheet.rows),
        r"  \bottomrule",
        r"\end{longtable}",
    ]
    return "\n".join(lines) + "\n"


def _equation(result: Formula, writer: BookLatex) -> str:
    from sympy import Symbol

    left = writer.text(Symbol(result.unknown))
    right = as_text(result.value) if is_rational(result.value) else _terms(writer, result.value)
    return f"\\[\n  {left} = {right}\n\\]\n"


def solution_as_csv(result: Result, *, top: int | None = None) -> str:
    """Return exact rows: the network and the next above, the front, the search, or the formula."""
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
    return rows_as_csv(rows)


def _ends(span: Span) -> tuple[str, str, str, str]:
    assert span.low is not None
    assert span.high is not None
    return end_text(span.low), as_text(span.low_closed), end_text(span.high), as_text(span.high_closed)


def solution_as_dict(result: Result, *, top: int | None = None) -> dict[str, Any]:
    """Return what was found as JSON has it: numbers as integers, fractions and formulas as strings."""
    report = report_as_dict(result.report)
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "spec": report["spec"],
        "parameters": report["parameters"],
        "input": report["input"],
        "convention": report["convention"],
        "solved": result.solved,
    }
    if isinstance(result, Compound):
        found |= {
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
        return found
    budgets = [result.budget] if isinstance(result, Formula) else list(result.budgets)
    found["budgets"] = [
        {"metric": item.metric, "relation": item.relation, "value": number(item.value)} for item in budgets
    ]
    if isinstance(result, Formula):
        found |= {
            "unknown": result.unknown,
            "cost": number(result.cost),
            "value": number(result.value),
            "where": list(result.where),
            "proved": result.proved,
            "recounted": result.recounted,
        }
    elif isinstance(result, Front):
        found |= {
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
    else:
        proven = None if result.proven_from is None else number(_plain(result.proven_from))
        found |= {
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
    return found


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
