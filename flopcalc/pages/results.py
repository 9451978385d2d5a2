"""How results show themselves in Python: one row a result, with its page and what it is in a few words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from flopcalc.dataclass import dataclass
from flopcalc.drafts import replacing
from flopcalc.errors import FlopcalcError, ParameterError, Problem, shorten
from flopcalc.number import Number, as_text, is_rational
from flopcalc.page.model import Page
from flopcalc.render.units import exact_number

__all__ = ["RESULTS", "Result", "brief", "data", "frame", "html", "json", "latex", "page_of", "save", "text"]


@dataclass(frozen=True, slots=True)
class Result:
    """A kind of result.

    Attributes
    ----------
    page : str
        The module of :mod:`flopcalc.pages` and the function in it that makes its page: ``bound.bound_page``.
    brief : callable
        What it is, in a few words.
    formula : callable, optional
        The formula that it is.
    several : bool
        Whether its page takes several of its kind.
    options : callable
        How the page is asked for.
    """

    page: str
    brief: Callable[[Any], str]
    formula: Callable[[Any], Number] | None = None
    several: bool = False
    options: Callable[[Any], Mapping[str, Any]] = lambda result: {}


def _counts(report: Any) -> str:
    totals = report.totals
    said = ((totals.params, "params"), (totals.flops, "FLOPs"), (totals.mac, "MAC"))
    return f"{report.name}: " + ", ".join(f"{_number(value)} {name}" for value, name in said)


def _number(value: Number) -> str:
    return exact_number(value) if is_rational(value) else shorten(as_text(value), 60)


def _solved(result: Any) -> str:
    if result.network is None:
        return f"{result.report.name}: no {result.unknown} keeps the budgets"
    return f"{result.report.name}: {result.unknown} = {as_text(result.network.parameters[result.unknown])}"


def _configurations(swept: Any) -> str:
    several = f"{swept.size:,} configuration{'s' * (swept.size != 1)}"
    return f"{swept.spec.name}: {several} of {', '.join(swept.varying)}"


RESULTS: Mapping[str, Result] = {
    "report": Result("report.report_page", _counts, options=lambda it: {"by": it.shown_by}),
    "verdict": Result("verify.verdict_page", lambda it: f"{it.outcome}: {shorten(it.claim.formula, 60)}"),
    "worksheet": Result("verify.marked_page", lambda it: f"{it.worksheet.name}: {len(it.verdicts)} claims"),
    "derivation": Result("derive.derivation_page", lambda it: f"{it.name}: {len(it.steps)} steps, all proved"),
    "bounds": Result("bound.bound_page", lambda it: f"{it.report.name}: {len(it.layers)} convolutions"),
    "audit": Result("audit.audit_page", lambda it: it.report.name, several=True),
    "comparison": Result("compare.compare_page", lambda it: ", ".join(side.heading for side in it.entries)),
    "difference": Result(
        "diff.diff_page",
        lambda it: f"{' and '.join(it.names)}: " + ("the same" if it.same else f"{len(it.own)} layers differ"),
    ),
    "conventions": Result(
        "conventions.conventions_page", lambda it: f"{it.report.name}: {it.metric} by {len(it.ledgers)} conventions"
    ),
    "explained": Result(
        "explain.explain_page", lambda it: f"{it.figure.text} of {it.report.name}: {len(it.found)} explanations"
    ),
    "explained_table": Result("explain.explain_page", lambda it: f"{len(it.figures)} figures: {len(it.rules)} rules"),
    "experiment": Result("experiment.experiment_page", lambda it: it.experiment.name),
    "solution": Result("solve.solve_page", _solved),
    "formula": Result(
        "solve.solve_page", lambda it: f"{it.report.name}: {it.unknown} = {as_text(it.value)}", lambda it: it.value
    ),
    "front": Result("solve.solve_page", lambda it: f"{it.report.name}: {len(it.choices)} networks"),
    "swept": Result("sweep.swept_page", _configurations),
    "compound": Result("solve.solve_page", lambda it: f"{it.report.name}: {len(it.rows)} coefficients"),
}
"""By the word that they are shown as."""


_MOST_INDENT = 100
"""By how many spaces JSON may be indented."""


def page_of(result: Any) -> Page:
    """Return the page of a result, as its command shows it where no option is given."""
    kind = RESULTS[result.shown_as]
    module, _, maker = kind.page.partition(".")
    make: Callable[..., Page] = getattr(import_module(f"flopcalc.pages.{module}"), maker)
    return make([result] if kind.several else result, **kind.options(result))


def text(result: Any) -> str:
    """Return what the command prints, for 120 columns or as many as COLUMNS says."""
    from flopcalc.page.terminal import page_as_text
    from flopcalc.render.terminal import Screen

    return page_as_text(page_of(result), Screen.of(None)).rstrip("\n")


def brief(result: Any) -> str:
    """Return what a result is, in a few words.

    Examples
    --------
    >>> from flopcalc import bound
    >>> brief(bound("vgg16"))
    'vgg16: 13 convolutions'
    """
    return RESULTS[result.shown_as].brief(result)


def data(result: Any) -> dict[str, Any]:
    """Return JSON's types."""
    found = page_of(result).data()
    assert isinstance(found, dict)
    return found


def json(result: Any, indent: int | None) -> str:
    """Return JSON's text."""
    if not (indent is None or (type(indent) is int and 0 <= indent <= _MOST_INDENT)):
        expected = f"None, or a whole number to {_MOST_INDENT}"
        raise ParameterError(Problem(f"indent is {shorten(repr(indent))}", None, expected))
    from flopcalc.render.json import dump

    return dump(data(result), indent=indent)


def html(result: Any) -> str:
    """Return a fragment of HTML."""
    from flopcalc.page.html import page_as_fragment

    return page_as_fragment(page_of(result))


def latex(result: Any) -> str | None:
    """Return the formula that a result is, between dollars; None where it is more than a formula."""
    formula = RESULTS[result.shown_as].formula
    if formula is None:
        return None
    from flopcalc.render.book import BookLatex

    return BookLatex().cell(formula(result))


def frame(result: Any) -> Any:
    """Return the rows that CSV has as a data frame of pandas."""
    try:
        pandas: Any = import_module("pandas")
    except ImportError:
        raise FlopcalcError(Problem("to_frame needs pandas", None, "", "pip install 'flopcalc[pandas]'")) from None
    header, *rows = page_of(result).records()
    return pandas.DataFrame([[_value(cell) for cell in row] for row in rows], columns=list(header))


_WHOLE = re.compile(r"-?\d+")
_REAL = re.compile(r"-?\d+(\.\d+|/\d+)")


def _value(cell: str) -> int | float | str | None:
    """Return a cell as a number where it is one."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    return float(Fraction(cell)) if _REAL.fullmatch(cell) else cell or None


def save(
    result: Any, path: object, *, caption: str | None = None, label: str | None = None, standalone: bool = False
) -> None:
    """Write a file, whole or not at all, in the format that its extension means."""
    if not isinstance(path, (str, Path)) or "\0" in str(path) or not str(path):
        raise ParameterError(
            Problem(f"path is {shorten(repr(path))}", None, "the path of a file", 'save("result.csv")')
        )
    from flopcalc.page.formats import Layout, check_paper, format_of
    from flopcalc.render.terminal import Screen

    found = format_of(str(path))
    check_paper(found, {"caption": caption, "label": label, "standalone": standalone})
    paper = Layout(Screen.of(None), caption=caption or "", label=label or "", standalone=standalone)
    content = found.write(page_of(result), paper)
    try:
        with replacing(Path(path)) as file:
            file.write(content.encode())
    except OSError as error:
        what = f"`{shorten(str(path))}` cannot be written: {error.strerror or error}"
        raise FlopcalcError(Problem(what, None, "a file in a folder that exists")) from None
