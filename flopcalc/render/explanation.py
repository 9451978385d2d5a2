"""Explanations of one figure and of several of one table: screen, JSON, CSV, Markdown and LaTeX.

Both are an answer, a few sentences with listings between them, which each format writes in its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flopcalc.number import as_text
from flopcalc.render.csv import rows_as_csv
from flopcalc.render.json import number, report_as_dict
from flopcalc.render.latex import escaped_latex
from flopcalc.render.markdown import escaped_markdown
from flopcalc.render.units import human_bytes, rounded
from flopcalc.report import Report
from flopcalc.theory.explain import AROUND, Explained, Explanation, Step
from flopcalc.theory.figure import Figure
from flopcalc.theory.quoted_table import ExplainedTable, TableRule

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = [
    "explained_as_csv",
    "explained_as_dict",
    "explained_as_latex",
    "explained_as_markdown",
    "explained_as_text",
]

SCHEMA = "flopcalc.explanation/1"
TABLE_SCHEMA = "flopcalc.explanation_of_table/1"

MOST_NEAR = 3
"""How many explanations are shown that do not fit, where there are some that do, and how many that are unlikely."""

_OF = {"flops": "FLOPs", "params": "parameters", "mac": "memory access cost", "size": "bytes on a disk"}


# -- an answer -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listing:
    """A table within an answer.

    Attributes
    ----------
    title : str
        What stands above it; may be "".
    heads : tuple of (str, bool)
        The columns, each with whether it is of numbers.
    rows : tuple of tuple of str
    """

    title: str
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said of one figure or several.

    Attributes
    ----------
    question, verdict : str
    listings : tuple of Listing
    more : str
        What is said after the first listing; may be "".
    notes : tuple of str
    """

    question: str
    verdict: str
    listings: tuple[Listing, ...]
    more: str
    notes: tuple[str, ...]


def _answer(explained: Explained | ExplainedTable, top: int) -> Answer:
    return _of_figure(explained, top) if isinstance(explained, Explained) else _of_table(explained, top)


def _of_figure(explained: Explained, top: int) -> Answer:
    found, count = explained.found[:top], len(explained.found)
    rest = count - len(found)
    more = f"{rest} more suppose{'s' * (rest == 1)} as much or more; --top N shows {'it' if rest == 1 else 'them'}."
    listings = [_listing("", explained, found or explained.near[:top])]
    near = [one for one in explained.near if abs(one.off) <= AROUND][:MOST_NEAR] if found else []
    if near:
        listings.append(_listing("Near, but not to the printed digits:", explained, near))
    if explained.unlikely:
        listings.append(_listing("To the printed digits, but unlikely:", explained, explained.unlikely[:MOST_NEAR]))
    nothing = (
        "No believable way of counting gives it" if explained.unlikely else "Nothing explains it to its printed digits"
    )
    figure = explained.figure
    span = ""
    if figure.step > 1:
        ends = (_figure(figure, explained.metric, end, 1) for end in (figure.low, figure.high))
        span = ", between " + " and ".join(ends)
    return Answer(
        f"{figure.text} as {_OF[explained.metric]} of {explained.report.name}{span}",
        f"{count} explanation{'s' * (count > 1)} to the printed digits, the simplest first:"
        if count
        else f"{nothing}; what comes nearest:",
        tuple(listings),
        more if rest else "",
        _untried(explained.untried),
    )


def _of_table(explained: ExplainedTable, top: int) -> Answer:
    count, best = len(explained.figures), explained.best
    rules = explained.rules[:top] or (() if best is None else (best,))
    if explained.rules:
        verdict = f"{_rules(len(explained.rules))} all {count} to the printed digits, the simplest first:"
    elif best is None:
        verdict = "No rule counts all of these networks."
    elif best.explained == 0:
        verdict = "No one rule explains any of them to the printed digits; what comes nearest:"
    else:
        verdict = (
            f"No one rule explains all {count}; this one explains {best.explained}, and misses "
            f"{', '.join(explained.missed)}:"
        )
    rest = len(explained.rules) - len(rules)
    more = f"{_rules(rest)} them too; --top N shows {'it' if rest == 1 else 'them'}." if rest > 0 else ""
    return Answer(
        f"{count} figure{'s' * (count > 1)} of one table as {_OF[explained.metric]}",
        verdict,
        tuple(_rule_listing(explained, rule) for rule in rules),
        more,
        _untried(explained.untried),
    )


def _rules(count: int) -> str:
    return f"{count} rule{'s' * (count > 1)} explain{'s' * (count == 1)}"


def _untried(notes: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{note[:1].upper()}{note[1:]}." for note in notes)


def _listing(title: str, explained: Explained, rows: Sequence[Explanation]) -> Listing:
    figure, metric = explained.figure, explained.metric
    unit = _unit(figure, metric)
    shown = [("In " + unit, True)] if unit else []
    heads = (("Count", True), *shown, ("Off", True), ("Explanation", False))
    texts = (
        (_count(one), *([_shown(figure, metric, one)] if unit else []), _off(one), _said(one.words, one.also))
        for one in rows
    )
    return Listing(title, heads, tuple(texts))


def _rule_listing(explained: ExplainedTable, rule: TableRule) -> Listing:
    heads = (("Network", False), ("Figure", True), ("Count", True), ("In its unit", True), ("Off", True))
    rows = (
        (name, figure.text, _count(one), _with_unit(figure, explained.metric, one), _off(one) + " !" * (not one.match))
        for name, figure, one in zip(explained.names, explained.figures, rule.counts, strict=True)
    )
    return Listing(_said(rule.words, rule.also) + ":", heads, tuple(rows))


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


# -- written ---------------------------------------------------------------------------------------------------------


def explained_as_text(explained: Explained | ExplainedTable, screen: Screen | None = None, *, top: int = 5) -> str:
    r"""Return what yields a figure, or a table of them, and what comes near it.

    Examples
    --------
    >>> from flopcalc.render.terminal import Screen
    >>> from flopcalc.theory.explain import explain
    >>> print(explained_as_text(explain("vgg16", "15,470,264,320"), Screen(80)).partition("\n\n")[0])
    15,470,264,320 as FLOPs of vgg16
    1 explanation to the printed digits, the simplest first:
             Count  Off  Explanation
    ────────────────────────────────────────────────────────────────────────────────
    15,470,264,320    0  as papers count (so do calflops_macs, mobile_vision, senet)
    """
    from flopcalc.render.terminal import Head, Paragraph, listing_as_text, paragraphs_as_text
    from flopcalc.render.terminal import Screen as _Screen

    screen = screen or _Screen()
    answer = _answer(explained, top)
    parts = [paragraphs_as_text([Paragraph(answer.question, "bold"), Paragraph(answer.verdict, "dim")], screen)]
    for position, listing in enumerate(answer.listings):
        if listing.title:
            blank = "\n" if position else ""
            parts.append(blank + paragraphs_as_text([Paragraph(listing.title, "dim")], screen))
        heads = [Head(name, numeric, numeric) for name, numeric in listing.heads]
        parts.append(listing_as_text(heads, listing.rows, screen))
        if answer.more and position == _more_after(explained, answer):
            parts.append("\n" + paragraphs_as_text([Paragraph(answer.more, "dim")], screen))
    if answer.notes:
        parts.append("\n" + paragraphs_as_text([Paragraph(note, "dim") for note in answer.notes], screen))
    return "".join(parts)


def _more_after(explained: Explained | ExplainedTable, answer: Answer) -> int:
    """Return behind which listing it is said that there are more: the last one that fits."""
    return 0 if isinstance(explained, Explained) else len(answer.listings) - 1


def explained_as_markdown(explained: Explained | ExplainedTable, *, top: int = 5) -> str:
    """Return what yields a figure, or a table of them, as Markdown."""

    def table(listing: Listing) -> list[str]:
        rule = ("---:" if numeric else "---" for _, numeric in listing.heads)
        rows = ([escaped_markdown(cell) for cell in row] for row in listing.rows)
        return [f"| {' | '.join(cells)} |" for cells in ([name for name, _ in listing.heads], rule, *rows)]

    answer = _answer(explained, top)
    lines = [f"**{escaped_markdown(answer.question)}**", "", *_document(explained, answer, escaped_markdown, table)]
    return "\n".join(lines).rstrip() + "\n"


def explained_as_latex(explained: Explained | ExplainedTable, *, top: int = 5) -> str:
    """Return what yields a figure, or a table of them, as LaTeX; the document needs the package booktabs."""

    def table(listing: Listing) -> list[str]:
        def row(cells: Iterable[str]) -> str:
            return "  " + " & ".join(map(escaped_latex, cells)) + r" \\"

        alignment = "".join("r" if numeric else "l" for _, numeric in listing.heads[:-1])
        alignment += "r" if listing.heads[-1][1] else r"p{0.5\linewidth}"
        head = [rf"\begin{{tabular}}{{{alignment}}}", r"  \toprule", row(name for name, _ in listing.heads)]
        return [*head, r"  \midrule", *map(row, listing.rows), r"  \bottomrule", r"\end{tabular}"]

    answer = _answer(explained, top)
    said = [r"% \usepackage{booktabs}", rf"\noindent\textbf{{{escaped_latex(answer.question)}}}", ""]
    return "\n".join([*said, *_document(explained, answer, escaped_latex, table)]).rstrip() + "\n"


def _document(
    explained: Explained | ExplainedTable,
    answer: Answer,
    words: Callable[[str], str],
    table: Callable[[Listing], list[str]],
) -> Iterator[str]:
    """Yield the lines of an answer in a document: paragraphs between blank lines."""
    yield from (words(answer.verdict), "")
    for position, listing in enumerate(answer.listings):
        if listing.title:
            yield from (words(listing.title), "")
        yield from (*table(listing), "")
        if answer.more and position == _more_after(explained, answer):
            yield from (words(answer.more), "")
    for note in answer.notes:
        yield from (words(note), "")


# -- as data ---------------------------------------------------------------------------------------------------------

_HEADER = ("count", "most", "shown", "shown_most", "match", "off", "words")


def explained_as_csv(explained: Explained | ExplainedTable) -> str:
    """Return CSV text: a row for every explanation of a figure, or for every rule and network of a table."""
    if isinstance(explained, Explained):
        rows = [["figure", *_HEADER], *([explained.figure.text, *_cells(one, one.words)] for one in explained.found)]
        near = () if explained.found else explained.near[:MOST_LISTED]
        return rows_as_csv([*rows, *([explained.figure.text, *_cells(one, one.words)] for one in near)])
    rows = [["rule", "network", "figure", *_HEADER]]
    for position, rule in enumerate(_told(explained), start=1):
        for name, figure, one in zip(explained.names, explained.figures, rule.counts, strict=True):
            rows.append([str(position), name, figure.text, *_cells(one, rule.words)])
    return rows_as_csv(rows)


MOST_LISTED = 20
"""How many explanations that do not fit are among the data."""


def _told(explained: ExplainedTable) -> tuple[TableRule, ...]:
    return explained.rules or (() if explained.best is None else (explained.best,))


def _cells(one: Explanation, words: str) -> list[str]:
    numbers = (one.value, one.most, one.shown, one.shown_most)
    return [*map(as_text, numbers), one.match, as_text(one.off), words]


def explained_as_dict(explained: Explained | ExplainedTable) -> dict[str, Any]:
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
    return {key: head[key] for key in ("spec", "title", "source", "parameters", "input")}


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
