"""What ``flopcalc conventions`` says: every convention's total, and a ledger for each that explains its gap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

from flopcalc.number import as_text, is_rational
from flopcalc.page.model import Block, Column, Page, Said, Table, listing
from flopcalc.render.cells import Cell, Digits, Phrase, Signed
from flopcalc.render.json import number, report_as_dict
from flopcalc.render.table import caption, from_below, heading, of_models, symbol_order
from flopcalc.render.units import rounded
from flopcalc.theory.ledger import WAYS, Conventions, Ledger, Line

__all__ = ["SCHEMA", "conventions_page"]

SCHEMA = "flopcalc.conventions/1"

_NAMES = {"flops": "FLOPs", "params": "Params", "activations": "Activations"}
_MEBI = 1024**2
_MOST_OF_ONE_FLOP = 3
"""How many things beside multiply-adds a table names that a convention counts."""


def conventions_page(conventions: Conventions) -> Page:
    r"""Return the totals of all conventions, and below them the ledger of each.

    Examples
    --------
    >>> from flopcalc.page.terminal import page_as_text
    >>> from flopcalc.theory.ledger import conventions
    >>> print(page_as_text(conventions_page(conventions("resnet50", names=["fvcore"]))).split("\n\n")[1])
    fvcore counts 22,328,320 more than paper
      +22,227,968  norm, 2 per output
         +100,352  global average pool, 1 per input
    """
    report = conventions.report
    return Page(
        heading(report),
        tuple(_blocks(conventions)),
        symbol_order(report),
        partial(_data, conventions),
        partial(_records, conventions),
    )


def _blocks(conventions: Conventions) -> Iterator[Block]:
    yield _totals(conventions)
    told = [ledger for ledger in conventions.ledgers if ledger is not conventions.base]
    yield from (_ledger(ledger, conventions.base) for ledger in told if ledger.lines)
    same = [ledger.convention.name for ledger in told if not ledger.lines]
    if same:
        verb = "counts" if len(same) == 1 else "count"
        yield Said(((f"{', '.join(same)} {verb} as {conventions.base.convention.name}.",),), back=False)
    if conventions.sizes:
        yield _sizes(conventions)
    notes = tuple(_notes(conventions))
    if notes:
        yield Said(notes)


# -- tables ----------------------------------------------------------------------------------------------------------


def _totals(conventions: Conventions) -> Table:
    """Return a row for every convention; the ratio of formulas is left out."""
    columns = [
        Column("convention", "Convention", numeric=False, whole=True),
        Column("counts", "Counts", numeric=False),
        Column("total", _NAMES[conventions.metric], numeric=not conventions.symbolic),
    ]
    rows: list[list[Cell]] = [
        [ledger.convention.name, _counts(ledger, conventions.base), ledger.total] for ledger in conventions.ledgers
    ]
    if not conventions.symbolic:
        columns.append(Column("ratio", "Ratio"))
        for row, ledger in zip(rows, conventions.ledgers, strict=True):
            row.append(None if ledger.ratio is None else Digits(rounded(ledger.ratio, 4)))
    return listing(columns, rows)


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


def _ledger(ledger: Ledger, base: Ledger) -> Table:
    """Return an amount for every thing that is counted in another way."""
    columns = [Column("amount", "Amount"), Column("what", "What", numeric=False)]
    rows = ([Signed(line.amount), line.text] for line in ledger.lines)
    return replace(listing(columns, rows, _sentence(ledger, base)), amounts=True)


def _sentence(ledger: Ledger, base: Ledger) -> Phrase:
    gap, name, other = ledger.gap, ledger.convention.name, base.convention.name
    if not is_rational(gap):
        return (f"{name} against {other}: ", Signed(gap))
    if gap == 0:
        return (f"{name} counts as much as {other}",)
    return (f"{name} counts ", abs(gap), f" {'more' if gap > 0 else 'less'} than {other}")


def _sizes(conventions: Conventions) -> Table:
    """Return the bytes of parameters, in the units in which files are listed too."""
    whole = not conventions.symbolic
    columns = [
        Column("what", f"In {conventions.report.dtype}", numeric=False),
        Column("bytes", "Bytes", numeric=whole),
    ]
    rows: list[list[Cell]] = [[size.words, size.bytes] for size in conventions.sizes]
    if whole:
        columns += [Column("mb", "MB"), Column("mib", "MiB")]
        for row, size in zip(rows, conventions.sizes, strict=True):
            row += [Digits(rounded(Fraction(size.bytes) / unit, 2)) for unit in (10**6, _MEBI)]
    return listing(columns, rows)


def _notes(conventions: Conventions) -> Iterator[Phrase]:
    """Yield what the tables mean."""
    if conventions.report.symbolic:
        yield from caption(conventions.report, "layer")
    else:
        yield from from_below(conventions.report)
        yield from of_models(conventions.report)
    if conventions.sizes and not conventions.symbolic:
        yield ("1 MB is 1,000,000 bytes, 1 MiB is 1,048,576.",)
    if conventions.metric == "flops":
        yield (f"One FLOP of {conventions.base.convention.name} is {conventions.base.convention.unit}.",)
        if any(line.form for ledger in conventions.ledgers for line in ledger.lines):
            yield ("What hangs on how a layer is written follows from the code and not from the architecture.",)


# -- data ---------------------------------------------------------------------------------------------


def _data(conventions: Conventions) -> dict[str, Any]:
    """Return conventions and their ledgers in JSON's types; formulas and fractions are strings."""
    head = report_as_dict(conventions.report)
    result: dict[str, Any] = {
        "schema": SCHEMA,
        **{
            key: head[key]
            for key in (
                "spec",
                "title",
                "source",
                "parameters",
                "symbols",
                "input",
                "reading",
                "rounding",
                "assumed",
                "unknown_costs",
            )
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


def _records(conventions: Conventions) -> list[list[str]]:
    """Return a row for every line of every ledger; a convention without lines has one without an amount."""
    header = ["convention", "total", "gap", "amount", "kind", "words", "rule", "against", "layers", "written"]
    rows: list[list[str]] = [header]
    for ledger in conventions.ledgers:
        first = [ledger.convention.name, as_text(ledger.total), as_text(ledger.gap)]
        for line in ledger.lines:
            cells = [as_text(line.amount), line.kind, line.words, line.rule, line.against, str(line.layers), line.form]
            rows.append([*first, *cells])
        if not ledger.lines:
            rows.append([*first, *[""] * 7])
    return rows
