"""What ``flopcalc explain`` says: what yields a figure, or the figures of one table, and what comes near it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

from flopcalc.metrics import QUOTED
from flopcalc.number import as_text
from flopcalc.page.model import Block, Column, Page, Said, Table, listing
from flopcalc.render.json import number, report_as_dict
from flopcalc.render.table import from_below
from flopcalc.render.units import human_bytes, rounded
from flopcalc.report import Report
from flopcalc.theory.explain import AROUND, Explained, Explanation, Step
from flopcalc.theory.figure import Figure
from flopcalc.theory.quoted_table import ExplainedTable, TableRule

__all__ = ["SCHEMA", "TABLE_SCHEMA", "explain_page"]

SCHEMA = "flopcalc.explanation/1"
TABLE_SCHEMA = "flopcalc.explanation_of_table/1"

MOST_NEAR = 3
"""How many explanations are shown that do not fit, where there are some that do, and how many that are unlikely."""


def explain_page(explained: Explained | ExplainedTable, *, top: int = 5) -> Page:
    r"""Return what yields a figure, or a table of them, and what comes near it.

    Examples
    --------
    >>> from flopcalc.page.terminal import page_as_text
    >>> from flopcalc.render.terminal import Screen
    >>> from flopcalc.theory.explain import explain
    >>> print(page_as_text(explain_page(explain("vgg16", "15,470,264,320")), Screen(80)).partition("\n\n")[0])
    15,470,264,320 as FLOPs of vgg16
    1 explanation to the printed digits, the simplest first:
             Count  Off  Explanation
    ────────────────────────────────────────────────────────────────────────────────
    15,470,264,320    0  as papers count (so do calflops_macs, mobile_vision, senet)
    """
    if isinstance(explained, Explained):
        question, verdict, blocks = _question(explained), _verdict(explained), _blocks(explained, top)
    else:
        count = len(explained.figures)
        question = f"{count} figure{'s' * (count > 1)} of one table as {QUOTED[explained.metric]}"
        verdict, blocks = _verdict_of_table(explained), _blocks_of_table(explained, top)
    open_ = [*from_below(*([explained.report] if isinstance(explained, Explained) else explained.reports))]
    every = (*blocks, *([Said(tuple(open_))] if open_ else []), *_notes(explained.untried))
    return Page(((question,), (verdict,)), every, (), partial(_data, explained), partial(_records, explained))


# -- one figure ------------------------------------------------------------------------------------------------------


def _question(explained: Explained) -> str:
    figure, span = explained.figure, ""
    if figure.step > 1:
        ends = (_figure(figure, explained.metric, end, 1) for end in (figure.low, figure.high))
        span = ", between " + " and ".join(ends)
    said = "".join(f", {word}" for word in explained.report.reading.said)
    return f"{figure.text} as {QUOTED[explained.metric]} of {explained.report.name}{said}{span}"


def _verdict(explained: Explained) -> str:
    count = len(explained.found)
    if count:
        return f"{count} explanation{'s' * (count > 1)} to the printed digits, the simplest first:"
    nothing = (
        "No believable way of counting gives it" if explained.unlikely else "Nothing explains it to its printed digits"
    )
    return f"{nothing}; what comes nearest:"


def _blocks(explained: Explained, top: int) -> Iterator[Block]:
    found = explained.found[:top]
    rest = len(explained.found) - len(found)
    yield _listing("", explained, found or explained.near[:top])
    if rest:
        more = f"{rest} more suppose{'s' * (rest == 1)} as much or more; --top N shows {'it' if rest == 1 else 'them'}."
        yield Said(((more,),))
    near = [one for one in explained.near if abs(one.off) <= AROUND][:MOST_NEAR] if found else []
    if near:
        yield _listing("Near, but not to the printed digits:", explained, near)
    if explained.unlikely:
        yield _listing("To the printed digits, but unlikely:", explained, explained.unlikely[:MOST_NEAR])


def _listing(title: str, explained: Explained, rows: Sequence[Explanation]) -> Table:
    figure, metric = explained.figure, explained.metric
    unit = _unit(figure, metric)
    columns = [
        _numbers("count", "Count"),
        *([_numbers("shown", f"In {unit}")] if unit else []),
        _numbers("off", "Off"),
        Column("words", "Explanation", numeric=False),
    ]
    texts = (
        (_count(one), *([_shown(figure, metric, one)] if unit else []), _off(one), _said(one.words, one.also))
        for one in rows
    )
    return listing(columns, texts, (title,) if title else ())


def _numbers(name: str, head: str) -> Column:
    return Column(name, head, whole=True)


# -- several of one table --------------------------------------------------------------------------------------------


def _verdict_of_table(explained: ExplainedTable) -> str:
    count, best = len(explained.figures), explained.best
    if explained.rules:
        return f"{_rules(len(explained.rules))} all {count} to the printed digits, the simplest first:"
    if best is None:
        return "No rule counts all of these networks."
    if best.explained == 0:
        return "No one rule explains any of them to the printed digits; what comes nearest:"
    missed = ", ".join(explained.missed)
    return f"No one rule explains all {count}; this one explains {best.explained}, and misses {missed}:"


def _blocks_of_table(explained: ExplainedTable, top: int) -> Iterator[Block]:
    rules = explained.rules[:top] or _told(explained)
    yield from (_rule_listing(explained, rule) for rule in rules)
    rest = len(explained.rules) - len(rules)
    if rest > 0:
        yield Said(((f"{_rules(rest)} them too; --top N shows {'it' if rest == 1 else 'them'}.",),))


def _rules(count: int) -> str:
    return f"{count} rule{'s' * (count > 1)} explain{'s' * (count == 1)}"


def _rule_listing(explained: ExplainedTable, rule: TableRule) -> Table:
    columns = [
        Column("network", "Network", numeric=False),
        _numbers("figure", "Figure"),
        _numbers("count", "Count"),
        _numbers("shown", "In its unit"),
        _numbers("off", "Off"),
    ]
    rows = (
        (name, figure.text, _count(one), _with_unit(figure, explained.metric, one), _off(one) + " !" * (not one.match))
        for name, figure, one in zip(explained.names, explained.figures, rule.counts, strict=True)
    )
    return listing(columns, rows, (_said(rule.words, rule.also) + ":",))


def _notes(untried: Iterable[str]) -> Iterator[Said]:
    notes = tuple((f"{note[:1].upper()}{note[1:]}.",) for note in untried)
    if notes:
        yield Said(notes)


# -- its words -------------------------------------------------------------------------------------------------------


def _figure(figure: Figure, metric: str, value: Fraction, more: int = 0) -> str:
    """Write a count in the figure's unit, with so many digits more than the figure has."""
    scale = Fraction((1024 if figure.binary else 1000) ** figure.power)
    if metric == "size" and not figure.prefix and figure.step > 1:
        return human_bytes(value)
    if not figure.power:  # 4.09e9
        return f"{round(value):,}"
    decimals = 0
    while figure.step * 10**decimals < scale:
        decimals += 1
    return f"{rounded(value / scale, decimals + more)} {_unit(figure, metric)}"


def _unit(figure: Figure, metric: str) -> str:
    if not figure.power:
        return ""
    return figure.prefix + ("i" if figure.binary else "") + ("B" if metric == "size" else "")


def _shown(figure: Figure, metric: str, one: Explanation) -> str:
    ends = [_figure(figure, metric, end, 2).partition(" ")[0] for end in (one.shown, one.shown_most)]
    return ends[0] if one.known else " to ".join(ends)


def _with_unit(figure: Figure, metric: str, one: Explanation) -> str:
    unit = _unit(figure, metric)
    return f"{_shown(figure, metric, one)} {unit}" if unit else _shown(figure, metric, one)


def _count(one: Explanation) -> str:
    return f"{one.value:,}" if one.known else f"{one.value:,} to {one.most:,}"


def _off(one: Explanation) -> str:
    percent = one.off * 100
    if percent == 0:
        return "0" if one.known else "within"
    times = 1 + one.off
    if times > 0 and not Fraction(1, 10) < times < 10:
        return f"× {round(times):,}" if times > 1 else f"÷ {round(1 / times):,}"
    text = rounded(abs(percent), 2 if abs(percent) < 10 else 0)
    return "< 0.01 %" if text == "0.00" else f"{'+' if percent > 0 else '-'}{text} %"


def _said(words: str, also: Sequence[str]) -> str:
    words = words or "its memory access cost"
    if not also:
        return words
    return f"{words} (so {'does' if len(also) == 1 else 'do'} {', '.join(also)})"


# -- data ---------------------------------------------------------------------------------------------------------

_HEADER = ("count", "most", "shown", "shown_most", "match", "off", "words")


def _records(explained: Explained | ExplainedTable) -> list[list[str]]:
    """Return a row for every explanation of a figure, or for every rule and network of a table."""
    if isinstance(explained, Explained):
        rows = [["figure", *_HEADER], *([explained.figure.text, *_cells(one, one.words)] for one in explained.found)]
        near = () if explained.found else explained.near[:MOST_LISTED]
        return [*rows, *([explained.figure.text, *_cells(one, one.words)] for one in near)]
    rows = [["rule", "network", "figure", *_HEADER]]
    for position, rule in enumerate(_told(explained), start=1):
        for name, figure, one in zip(explained.names, explained.figures, rule.counts, strict=True):
            rows.append([str(position), name, figure.text, *_cells(one, rule.words)])
    return rows


MOST_LISTED = 20
"""How many explanations that do not fit are among the data."""


def _told(explained: ExplainedTable) -> tuple[TableRule, ...]:
    return explained.rules or (() if explained.best is None else (explained.best,))


def _cells(one: Explanation, words: str) -> list[str]:
    numbers = (one.value, one.most, one.shown, one.shown_most)
    return [*map(as_text, numbers), one.match, as_text(one.off), words]


def _data(explained: Explained | ExplainedTable) -> dict[str, Any]:
    """Return explanations in JSON's types: counts are integers, fractions strings."""
    if isinstance(explained, Explained):
        return {
            "schema": SCHEMA,
            **_network(explained.report),
            "metric": explained.metric,
            "figure": _figure_as_dict(explained.figure),
            "explained": bool(explained.found),
            "explanations": [_one_as_dict(one) for one in explained.found],
            "near": [_one_as_dict(one) for one in explained.near[:MOST_LISTED]],
            "unlikely": [_one_as_dict(one) for one in explained.unlikely[:MOST_LISTED]],
            "untried": [*explained.untried],
        }
    return {
        "schema": TABLE_SCHEMA,
        "metric": explained.metric,
        "networks": [
            {"name": name, **_network(report), "figure": _figure_as_dict(figure)}
            for name, report, figure in zip(explained.names, explained.reports, explained.figures, strict=True)
        ],
        "explained": bool(explained.rules),
        "rules": [
            {
                "words": rule.words,
                "steps": _steps_as_dicts(rule.steps),
                "also": [*rule.also],
                "explained": rule.explained,
                "counts": [
                    {"network": name, **{key: value for key, value in _one_as_dict(one).items() if key in _OF_COUNT}}
                    for name, one in zip(explained.names, rule.counts, strict=True)
                ],
            }
            for rule in _told(explained)
        ],
        "missed": [*explained.missed],
        "untried": [*explained.untried],
    }


_OF_COUNT = ("count", "most", "shown", "shown_most", "match", "off")


def _network(report: Report) -> dict[str, Any]:
    head = report_as_dict(report)
    return {key: head[key] for key in ("spec", "title", "source", "parameters", "input", "reading", "unknown_costs")}


def _figure_as_dict(figure: Figure) -> dict[str, Any]:
    ends = {"value": figure.value, "low": figure.low, "high": figure.high}
    return {"text": figure.text, **{key: _exact(value) for key, value in ends.items()}}


def _exact(value: int | Fraction) -> int | str:
    return as_text(value) if Fraction(value).denominator > 1 else int(value)


def _steps_as_dicts(steps: Iterable[Step]) -> list[dict[str, Any]]:
    return [{"kind": step.kind, "words": step.words, "name": step.name or None} for step in steps]


def _one_as_dict(one: Explanation) -> dict[str, Any]:
    return {
        "count": number(one.value),
        "most": None if one.known else number(one.most),
        "shown": _exact(one.shown),
        "shown_most": None if one.known else _exact(one.shown_most),
        "match": one.match or None,
        "off": as_text(one.off),
        "words": one.words,
        "steps": _steps_as_dicts(one.steps),
        "also": [*one.also],
    }
