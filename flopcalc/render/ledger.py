"""Conventions side by side with their ledgers: screen, JSON, CSV and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flopcalc.number import Number, as_text, is_rational
from flopcalc.render.book import Book, BookMarkdown, BookWriter
from flopcalc.render.csv import rows_as_csv
from flopcalc.render.json import number, report_as_dict
from flopcalc.render.table import caption, heading, symbol_order
from flopcalc.render.units import rounded
from flopcalc.report import Report
from flopcalc.theory.ledger import WAYS, Conventions, Ledger, Line, Size

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = [
    "conventions_as_csv",
    "conventions_as_dict",
    "conventions_as_markdown",
    "conventions_as_text",
]

SCHEMA = "flopcalc.conventions/1"

_NAMES = {"flops": "FLOPs", "params": "Params", "activations": "Activations"}
_MEBI = 1024**2
_MOST_OF_ONE_FLOP = 3
"""How many things beside multiply-adds a table names that a convention counts."""


# -- what they have in common ----------------------------------------------------------------------------------------


def _counts(ledger: Ledger, base: Ledger) -> str:
    """Say in short what one unit of a convention is, as far as it shows on this network."""
    if ledger is base or ledger.convention in WAYS.values():
        return ledger.convention.title
    if not ledger.lines:
        return f"as {base.convention.name}"
    lines = [line for line in ledger.lines if not line.form]
    left_out = [line for line in lines if line.words.startswith("not ")]
    each = [line.words for line in lines if "multiply-add" in line.words and line not in left_out]
    also = [line for line in lines if "multiply-add" not in line.words and line not in left_out]
    more, less = _kinds(also, "and"), _kinds(left_out, "or")
    if each:
        more = ", ".join(filter(None, (each[0].replace(" instead of 1", ""), more)))
    elif more:
        more = f"also {more}"
    less = f"no {less}" if less else ""
    return "; ".join(filter(None, (more, less))) or "some of them not seen"


def _kinds(lines: Sequence[Line], word: str) -> str:
    """Name the first few kinds of lines."""
    names = [*dict.fromkeys(line.kind.partition(" of ")[0] for line in lines)]
    shown = names[:_MOST_OF_ONE_FLOP] + ([f"{len(names) - _MOST_OF_ONE_FLOP} more"] * (len(names) > _MOST_OF_ONE_FLOP))
    return ", ".join(shown[:-1]) + (f" {word} " if len(shown) > 1 else "") + "".join(shown[-1:])


def _signed(amount: Number, writer: Book) -> str:
    text = writer.number(amount)
    return text if text.startswith("-") else f"+{text}"


def _ratio(ledger: Ledger) -> str:
    ratio = ledger.ratio
    return "" if ratio is None or not is_rational(ratio) else rounded(ratio, 4)


def _told(conventions: Conventions) -> list[Ledger]:
    """Return the ledgers that there is something to tell of."""
    return [ledger for ledger in conventions.ledgers if ledger is not conventions.base]


def _megabytes(size: Size) -> str:
    return rounded(Fraction(size.bytes) / 10**6, 2) if is_rational(size.bytes) else ""


def _mebibytes(size: Size) -> str:
    return rounded(Fraction(size.bytes) / _MEBI, 2) if is_rational(size.bytes) else ""


def _symbols_note(report: Report, writer: Book) -> Iterator[str]:
    if report.symbolic:
        for note in caption(report, "layer"):
            yield writer.phrase(note)


# -- conventions on a screen -----------------------------------------------------------------------------------------


def conventions_as_text(conventions: Conventions, screen: Screen | None = None, *, units: str = "auto") -> str:
    r"""Return the totals of all conventions, and below them the ledger of each.

    Examples
    --------
    >>> from flopcalc.theory.ledger import conventions
    >>> print(conventions_as_text(conventions("resnet50", names=["fvcore"])).split("\n\n")[1])
    fvcore counts 22,328,320 more than paper
      +22,227,968  norm, 2 per output
         +100,352  global average pool, 1 per input
    """
    from flopcalc.render.terminal import Head, Paragraph, listing_as_text, paragraphs_as_text
    from flopcalc.render.terminal import Screen as _Screen

    screen = screen or _Screen()
    report, base = conventions.report, conventions.base
    writer = BookWriter(symbol_order(report), screen, human=units == "human")
    title, *rest = (writer.phrase(line) for line in heading(report))
    parts = [paragraphs_as_text([Paragraph(title, "bold"), *(Paragraph(line, "dim") for line in rest)], screen)]
    whole = not conventions.symbolic
    heads = [
        Head("Convention", False, True),
        Head("Counts"),
        Head(_NAMES[conventions.metric], whole, whole),
        Head("Ratio", True, True),
    ]
    rows: list[tuple[str, ...]] = [
        (ledger.convention.name, _counts(ledger, base), writer.number(ledger.total), _ratio(ledger))
        for ledger in conventions.ledgers
    ]
    if conventions.symbolic:
        heads, rows = heads[:-1], [row[:-1] for row in rows]
    parts.append(listing_as_text(heads, rows, screen))
    for ledger in _told(conventions):
        if ledger.lines:
            parts.append("\n" + paragraphs_as_text([Paragraph(_sentence(ledger, base, writer), "bold")], screen))
            parts.append(_lines_as_text(ledger.lines, writer, screen))
    same = [ledger.convention.name for ledger in _told(conventions) if not ledger.lines]
    if same:
        verb = "counts" if len(same) == 1 else "count"
        parts.append(
            "\n" + paragraphs_as_text([Paragraph(f"{', '.join(same)} {verb} as {base.convention.name}.")], screen)
        )
    if conventions.sizes:
        parts.append("\n" + _sizes_as_text(conventions, writer, screen))
    notes = [*_symbols_note(report, writer), *_notes(conventions)]
    if notes:
        parts.append("\n" + paragraphs_as_text([Paragraph(note, "dim") for note in notes], screen))
    return "".join(parts)


def _sentence(ledger: Ledger, base: Ledger, writer: Book) -> str:
    gap, name, other = ledger.gap, ledger.convention.name, base.convention.name
    if is_rational(gap):
        if gap == 0:
            return f"{name} counts as much as {other}"
        return f"{name} counts {writer.number(abs(gap))} {'more' if gap > 0 else 'less'} than {other}"
    return f"{name} against {other}: {_signed(gap, writer)}"


def _lines_as_text(lines: Sequence[Line], writer: Book, screen: Screen) -> str:
    from flopcalc.render.terminal import Paragraph, paragraphs_as_text

    amounts = [_signed(line.amount, writer) for line in lines]
    if all(is_rational(line.amount) for line in lines):
        width = max(map(len, amounts))
        paragraphs = [
            Paragraph(line.text, indent=width + 4, mark=f"  {amount.rjust(width)}")
            for line, amount in zip(lines, amounts, strict=True)
        ]
        return paragraphs_as_text(paragraphs, screen)
    pairs = zip(lines, amounts, strict=True)
    return paragraphs_as_text([Paragraph(f"{amount}  {line.text}", indent=2) for line, amount in pairs], screen)


def _sizes_as_text(conventions: Conventions, writer: Book, screen: Screen) -> str:
    from flopcalc.render.terminal import Head, listing_as_text

    whole = not conventions.symbolic
    heads = [Head(f"In {conventions.report.dtype}"), Head("Bytes", whole, whole)]
    rows: list[tuple[str, ...]] = [(size.words, writer.number(size.bytes)) for size in conventions.sizes]
    if whole:
        heads += [Head("MB", True, True), Head("MiB", True, True)]
        rows = [(*row, _megabytes(size), _mebibytes(size)) for row, size in zip(rows, conventions.sizes, strict=True)]
    return listing_as_text(heads, rows, screen)


def _notes(conventions: Conventions) -> Iterator[str]:
    """Yield what the tables mean."""
    if conventions.sizes and not conventions.symbolic:
        yield "1 MB is 1,000,000 bytes, 1 MiB is 1,048,576."
    if conventions.metric == "flops":
        yield f"One FLOP of {conventions.base.convention.name} is {conventions.base.convention.unit}."
        if any(line.form for ledger in conventions.ledgers for line in ledger.lines):
            yield "What hangs on how a layer is written follows from the code and not from the architecture."


# -- conventions as data ---------------------------------------------------------------------------------------------


def conventions_as_dict(conventions: Conventions) -> dict[str, Any]:
    """Return conventions and their ledgers in JSON's types; formulas and fractions are strings."""
    head = report_as_dict(conventions.report)
    result: dict[str, Any] = {
        "schema": SCHEMA,
        **{
            key: head[key]
            for key in ("spec", "title", "source", "parameters", "symbols", "input", "rounding", "assumed")
        },
        "metric": conventions.metric,
        "against": conventions.base.convention.name,
        "conventions": [
            {
                "name": ledger.convention.name,
                "title": ledger.convention.title,
                "unit": ledger.convention.unit,
                "notes": ledger.convention.notes,
                "total": number(ledger.total),
                "gap": number(ledger.gap),
                "ratio": None if ledger.ratio is None else as_text(ledger.ratio),
                "lines": [
                    {
                        "amount": number(line.amount),
                        "kind": line.kind,
                        "words": line.words,
                        "rule": line.rule,
                        "against": line.against,
                        "layers": line.layers,
                        "kinds": [*line.kinds],
                        "written": line.form or None,
                    }
                    for line in ledger.lines
                ],
            }
            for ledger in conventions.ledgers
        ],
    }
    if conventions.sizes:
        result["dtype"] = conventions.report.dtype
        result["sizes"] = [
            {
                "name": size.name,
                "words": size.words,
                "elements": number(size.elements),
                "counters": number(size.counters),
                "bytes": number(size.bytes),
            }
            for size in conventions.sizes
        ]
    return result


def conventions_as_csv(conventions: Conventions) -> str:
    """Return CSV text, a row for every line of every ledger; a convention without lines has one without an amount."""
    header = ["convention", "total", "gap", "amount", "kind", "words", "rule", "against", "layers", "written"]
    rows: list[list[str]] = [header]
    for ledger in conventions.ledgers:
        first = [ledger.convention.name, as_text(ledger.total), as_text(ledger.gap)]
        for line in ledger.lines:
            cells = [as_text(line.amount), line.kind, line.words, line.rule, line.against, str(line.layers), line.form]
            rows.append([*first, *cells])
        if not ledger.lines:
            rows.append([*first, *[""] * 7])
    return rows_as_csv(rows)


def conventions_as_markdown(conventions: Conventions, *, units: str = "auto") -> str:
    """Return the table of totals and the ledgers as Markdown."""
    report, base = conventions.report, conventions.base
    writer = BookMarkdown(symbol_order(report), human=units == "human")
    title, *rest = (writer.phrase(line) for line in heading(report))
    lines = [f"## {title}", ""]
    for line in rest:
        lines += [line, ""]
    lines += [f"| Convention | Counts | {_NAMES[conventions.metric]} | Ratio |", "| --- | --- | ---: | ---: |"]
    for ledger in conventions.ledgers:
        cells = (writer.words(ledger.convention.name), writer.words(_counts(ledger, base)))
        lines.append(f"| {' | '.join(cells)} | {writer.number(ledger.total)} | {_ratio(ledger)} |")
    for ledger in _told(conventions):
        if ledger.lines:
            lines += [
                "",
                f"**{writer.words(_sentence(ledger, base, writer))}**",
                "",
                "| Amount | What |",
                "| ---: | --- |",
            ]
            lines += [f"| {_signed(line.amount, writer)} | {writer.words(line.text)} |" for line in ledger.lines]
    if conventions.sizes:
        whole = not conventions.symbolic
        head, rule = f"| In {report.dtype} | Bytes |", "| --- | ---: |"
        lines += ["", head + " MB | MiB |" * whole, rule + " ---: | ---: |" * whole]
        for size in conventions.sizes:
            shown = f" {_megabytes(size)} | {_mebibytes(size)} |" if whole else ""
            lines.append(f"| {writer.words(size.words)} | {writer.number(size.bytes)} |{shown}")
    for note in (*_symbols_note(report, writer), *map(writer.words, _notes(conventions))):
        lines += ["", note]
    return "\n".join(lines) + "\n"
