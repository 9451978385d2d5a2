"""What ``flopcalc audit`` says: the figures of ShuffleNetV2's guidelines, the findings, and every layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import chain
from math import inf
from typing import Any, TypeAlias

from flopcalc.number import Number, as_text, divide, expanded, is_rational, total
from flopcalc.page.model import Block, Column, Line, Page, Said, Table, View, listing
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Cell, Digits, Hint, Phrase, Share
from flopcalc.render.json import number, unknown_as_list
from flopcalc.render.table import caption, from_below, heading, of_models, symbol_order
from flopcalc.render.units import percent, rounded
from flopcalc.report import share
from flopcalc.theory import guidelines as theory
from flopcalc.theory.guidelines import (
    ELEMENTWISE,
    GUIDELINES,
    Audit,
    Elementwise,
    Finding,
    Grouping,
    Run,
    Width,
    leading,
)

__all__ = ["FINDINGS", "SCHEMA", "audit_page"]

SCHEMA = "flopcalc.audit/1"
"""What the key ``schema`` says: the layout, and its version."""

FINDINGS = 10
"""How many findings are shown where nobody says, shared among the networks, but one of each guideline for each."""

_TITLES = {
    "g1": "equal widths",
    "g2": "few groups",
    "g3": "few pieces",
    "g4": "few element-wise ops",
}

_MENDS = {
    "norm": "none can be folded: no convolution of its own stands before it",
    "activation": "fewer of them, or in one branch alone, on half of the channels",
    "add": "split the channels and concatenate: a shortcut then adds nothing",
    "multiply": "gate fewer or narrower maps",
    "depthwise": "in one branch alone, on half of the channels",
    "concat": "let the branches write into one map",
    "channel shuffle": "fewer groups need none; behind a concatenation one operation does both",
}

_FOLD = "fold each into the convolution before it, for inference"

_DOES = {
    "norm": "reads and writes every element",
    "activation": "reads and writes every element",
    "add": "reads two maps and writes one",
    "multiply": "reads, scales and writes every element",
    "depthwise": "",
    "concat": "copies every element",
    "channel shuffle": "copies every element",
}

_APART = ("guideline", "where", "figure", "mend", "mac", "share")
_TOGETHER = ("guideline", "finding", "mac", "share")
"""What a finding has columns for, where a screen is wide and where it is not."""

_Named: TypeAlias = "Sequence[tuple[str, Audit]]"
"""What networks are called, and their audits."""

_NOTES = {
    "g1": "G1: a convolution's MAC beside the least at the same FLOPs, kernel and groups.",
    "g2": "G2: beside g = 1 with both widths divided by the root of g, at the same FLOPs.",
    "g3": "G3: costs parallelism, which has no price in MAC; blocks of more than 3 pieces are listed.",
    "g4": "G4: what element-wise operations read and write.",
}


def audit_page(
    audits: Sequence[Audit],
    *,
    names: Sequence[str] | None = None,
    guidelines: Sequence[str] = GUIDELINES,
    top: int | None = None,
    by_layer: bool = False,
) -> Page:
    """Return the page of one or several audits: the figures first, then the findings.

    Parameters
    ----------
    audits : sequence of Audit
    names : sequence of str, optional
        What the networks are called where there are several; the names of their specs where not given.
    guidelines : sequence of str
        Which of :data:`flopcalc.theory.guidelines.GUIDELINES` are shown.
    top : int, optional
        How many findings of each network; :data:`FINDINGS` shared among them where not given, and all in data.
    by_layer : bool
        Add each guideline's figures for every layer.
    """
    named = tuple(zip(names or [audit.report.name for audit in audits], audits, strict=True))
    orders = (symbol_order(audit.report) for audit in audits)
    return Page(
        tuple(_heading(named)),
        tuple(_blocks(named, guidelines, top, by_layer)),
        tuple(dict.fromkeys(chain.from_iterable(orders))),
        partial(_data, audits, guidelines, top),
        partial(_records, named, guidelines, top, by_layer),
    )


def _heading(named: _Named) -> Iterator[Phrase]:
    """Yield what is audited; of several networks a line for each."""
    if len(named) == 1:
        yield from heading(named[0][1].report)
        return
    yield (f"ShuffleNetV2's guidelines on {len(named)} networks",)
    for name, audit in named:
        title, *rest = heading(audit.report)
        yield (f"{name}: ", *title, *chain.from_iterable(("; ", *line) for line in rest))


def _blocks(named: _Named, guidelines: Sequence[str], top: int | None, by_layer: bool) -> Iterator[Block]:
    most = max(len(GUIDELINES), FINDINGS // len(named)) if top is None else top
    alone = len(named) == 1
    yield _summary(named[0][1], guidelines) if alone else _side_by_side(named, guidelines)
    for name, audit in named:
        prefix = "" if alone else f"{name}: "
        found = _chosen(audit, guidelines)
        shown = leading(found, most)
        if shown:
            yield _findings(audit, shown, (prefix, *_order(audit, shown, len(found))))
        elif not found:
            yield Said(((f"{prefix}nothing offends against these guidelines.",),), back=False)
        for guideline in guidelines if by_layer else ():
            table = _layers(audit, guideline, (f"{prefix}{guideline.upper()} {_TITLES[guideline]}, every layer",))
            if table.lines:
                yield table
    yield Said(tuple(dict.fromkeys(_notes((audit for _, audit in named), guidelines))))


def _notes(audits: Iterable[Audit], guidelines: Sequence[str]) -> Iterator[Phrase]:
    yield (
        "MAC is memory access cost in elements; % is of the whole network's. A layer is what reads or writes memory.",
    )
    for name in guidelines:
        yield (_NOTES[name],)
    for audit in audits:
        if audit.report.symbolic:
            yield from caption(audit.report, "layer", hints=True)
        else:
            yield from from_below(audit.report)
            yield from of_models(audit.report)


def _short(cells: Iterable[Cell]) -> Phrase:
    """Return words with fractions to two decimals."""
    return tuple(Digits(rounded(cell, 2)) if isinstance(cell, Fraction) else cell for cell in cells)


def _table(columns: Sequence[Column], rows: Iterable[Sequence[Cell | Phrase]], title: Phrase = ()) -> Table:
    """Return a table, fractions to two decimals, without the columns of numbers that hold nothing."""
    table = listing(columns, rows, title)
    lines = tuple(Line(tuple(map(_short, line.cells))) for line in table.lines)
    kept = [
        column.name
        for index, column in enumerate(columns)
        if not column.numeric or any(line.cells[index] not in ((), (None,)) for line in lines)
    ]
    return Table(table.columns, lines, (View(tuple(kept), exact=True),), title=table.title)


# -- the figures -----------------------------------------------------------------------------------------------------


def _part(audit: Audit, elements: Number) -> Cell:
    """A part of the network's MAC: in percent where it is a number, a formula in elements where it is not."""
    part = audit.share(elements)
    return elements if audit.report.symbolic or part is None or not is_rational(part) else percent(part) + " %"


def _verdict(audit: Audit, guideline: str) -> tuple[Cell, Phrase]:
    """Return a guideline's figure and the words behind it."""
    unit = "elements" if audit.report.symbolic else "of the MAC"
    if guideline == "g1":
        count = total(width.row.count for width in audit.uneven)
        every = total(width.row.count for width in audit.widths)
        words: list[Cell] = [f"{unit} above the least: ", count, " of ", every, " convolutions are uneven"]
        if audit.steepest is not None and audit.steepest != 1:
            words += [", widths up to ", audit.steepest, ":1"]
        if audit.steepest_at_input is not None and audit.steepest_at_input != 1:
            words += [", ", audit.steepest_at_input, ":1 at the network's input"]
        return _part(audit, audit.excess_of_widths), tuple(words)
    if guideline == "g2":
        words = [f"{unit} for groups: ", total(item.row.count for item in audit.grouped), " group convolutions"]
        most = _most(item.groups for item in audit.grouped)
        if most is not None:
            words += [", up to ", most, " groups"]
        return _part(audit, audit.excess_of_groups), (*words, "; ", _deep(audit), " depthwise")
    if guideline == "g3":
        counted = "convolutions and pools a block with groups counted" if audit.blocks else "no block of several layers"
        words = [counted, *_rest_of_g3(audit)]
        return audit.pieces if audit.pieces is not None else "-", tuple(words)
    words = [f"{unit}, ", audit.layers_of_elementwise, " of ", audit.whole.layers, " layers"]
    kinds = [kind for kind in ELEMENTWISE if audit.count_of(kind) != 0]
    for index, kind in enumerate(kinds):
        part = audit.share(audit.mac_of(kind))
        numeric = part is not None and is_rational(part)
        opening = "; in %: " if numeric else ": "
        words += [", " if index else opening, f"{kind} ", Share(part) if numeric and part else audit.mac_of(kind)]
    return _part(audit, audit.mac_of_elementwise), tuple(words)


def _rest_of_g3(audit: Audit) -> Iterable[Cell]:
    if audit.operations is not None and audit.operations != audit.pieces:
        yield from (", ", audit.operations, " without")
    branches = _branches(audit)
    if branches is not None and branches > 1:
        yield f"; up to {branches} branches"
    if audit.whole.chain is not None:
        yield from ("; of ", audit.whole.layers, f" layers {audit.whole.chain} stand in one chain")


def _branches(audit: Audit) -> int | None:
    """The most branches that meet in one place; None where a repeat's count is a symbol."""
    found = [block.branches for block in audit.blocks]
    return None if None in found else max((count for count in found if count is not None), default=1)


def _deep(audit: Audit) -> Number:
    return total(item.row.count for item in audit.depthwise)


def _most(values: Iterable[Number]) -> Number | None:
    """The greatest of numbers; the one that there is, where it is a symbol; None where that is open."""
    found = list(dict.fromkeys(values))
    if all(is_rational(value) for value in found):
        return max(found, default=None)
    return found[0] if len(found) == 1 else None


def _summary(audit: Audit, guidelines: Sequence[str]) -> Table:
    columns = [
        Column("guideline", "Guideline", numeric=False),
        Column("figure", "Figure"),
        Column("words", "What it is", numeric=False),
    ]
    return _table(columns, ((f"{name.upper()} {_TITLES[name]}", *_verdict(audit, name)) for name in guidelines))


def _side_by_side(named: _Named, guidelines: Sequence[str]) -> Table:
    """Return every measure of several networks, a column each."""
    rows: list[list[Cell]] = []
    shown = ""
    for guideline, title, get in _MEASURES:
        if guideline and guideline not in guidelines:
            continue
        cells = [get(audit) for _, audit in named]
        if all(cell is None or (is_rational(cell) and cell == 0) for cell in cells) and not title.startswith("%"):
            continue
        first = "" if guideline == shown else guideline.upper()
        rows.append([first, title, *("-" if cell is None else cell for cell in cells)])
        shown = guideline
    columns = [Column("guideline", "", numeric=False), Column("measure", "Measure", numeric=False)]
    columns += (Column(str(index), name) for index, (name, _) in enumerate(named))
    return replace(_table(columns, rows), stay=2)


def _percent_of(get: Callable[[Audit], Number]) -> Callable[[Audit], Cell]:
    def cell(audit: Audit) -> Cell:
        part = audit.share(get(audit))
        return None if part is None else Share(part)

    return cell


def _kind_measure(kind: str) -> tuple[str, str, Callable[[Audit], Cell]]:
    def cell(audit: Audit) -> Cell:
        part = audit.share(audit.mac_of(kind))
        return None if part is None or part == 0 else Share(part)

    return ("g4", f"  {kind}, %", cell)


_MEASURES: Sequence[tuple[str, str, Callable[[Audit], Any]]] = (
    ("", "MAC, elements", lambda audit: audit.report.totals.mac),
    ("", "multiply-adds", lambda audit: audit.report.totals.madds),
    ("g1", "% of MAC above the least", _percent_of(lambda audit: audit.excess_of_widths)),
    ("g1", "convolutions, not depthwise", lambda audit: total(width.row.count for width in audit.widths)),
    ("g1", "  of them uneven", lambda audit: total(width.row.count for width in audit.uneven)),
    ("g1", "  steepest ratio, to 1", lambda audit: audit.steepest),
    ("g1", "    at the network's input", lambda audit: audit.steepest_at_input),
    ("g2", "% of MAC for groups", _percent_of(lambda audit: audit.excess_of_groups)),
    ("g2", "group convolutions", lambda audit: total(item.row.count for item in audit.grouped)),
    ("g2", "  most groups", lambda audit: _most(item.groups for item in audit.grouped)),
    ("g2", "depthwise convolutions", _deep),
    ("g3", "convolutions and pools a block", lambda audit: audit.operations),
    ("g3", "  with groups counted", lambda audit: audit.pieces),
    ("g3", "  in the largest block", lambda audit: _most(block.pieces for block in audit.blocks)),
    ("g3", "most branches that meet", _branches),
    ("g3", "layers", lambda audit: audit.whole.layers),
    ("g3", "  in the longest chain", lambda audit: audit.whole.chain),
    ("g3", "  parallel on average", lambda audit: audit.whole.parallelism),
    ("g4", "% of MAC element-wise", _percent_of(lambda audit: audit.mac_of_elementwise)),
    ("g4", "% of layers", lambda audit: _share_of_layers(audit)),
    *(_kind_measure(kind) for kind in ELEMENTWISE),
    ("g4", "additions", lambda audit: audit.count_of("add")),
    ("g4", "concat and shuffle in a row", lambda audit: total(run.rows[0].count for run in audit.runs)),
)
"""What is put side by side: the guideline, the measure, and its value."""


def _share_of_layers(audit: Audit) -> Cell:
    part = share(audit.layers_of_elementwise, audit.whole.layers)
    return None if part is None else Share(part)


# -- the findings ----------------------------------------------------------------------------------------------------


def _where(finding: Finding) -> Phrase:
    """Say which layers a finding is about."""
    first = finding.first
    if isinstance(first, Elementwise):
        return (f"{first.kind}, ", finding.count, " layers" if finding.count != 1 else " layer")
    if isinstance(first, Run):
        behind = ", channel shuffle and split" if first.split else " and channel shuffle"
        return (f"concat{behind}, ", finding.count, " times" if finding.count != 1 else " time")
    if finding.count == 1:
        return (finding.paths[0],)
    if len(finding.items) == 1:
        return (f"{finding.paths[0]}, ", finding.count, " times")
    return (f"{finding.paths[0]} and {len(finding.items) - 1} more",)


def _figure(finding: Finding, audit: Audit) -> Phrase:
    """Say what is wrong, in numbers."""
    first = finding.first
    if isinstance(first, Width):
        row, least = first.row, first.least
        if row.inputs[0][1:] != row.output[1:]:
            return (f"{row.label}, ", row.inputs[0], " to ", row.output)
        words: list[Cell] = [f"{row.label}, ", least.c1, " to ", least.c2, " channels"]
        ratio = divide(least.c2, least.c1)
        if is_rational(ratio):
            words.append(f", c2:c1 = {ratio.numerator}:{ratio.denominator}")
        return tuple(words)
    if isinstance(first, Grouping):
        return (f"{first.row.label}, ", first.groups, " groups, ", first.least.c1, " to ", first.least.c2, " channels")
    if isinstance(first, theory.Block):
        words = [first.operations, " convolutions and pools"]
        if first.pieces != first.operations:
            words += [", ", first.pieces, " with groups counted"]
        words.append(f", {first.branches} branches" if first.branches is not None and first.branches > 1 else "")
        if first.chain is not None:
            words += ["; of ", first.layers, f" layers {first.chain} in a chain"]
        return tuple(words)
    if isinstance(first, Run):
        return ("they follow each other",)
    if first.kind == "depthwise":
        deep, other = audit.mac_per_madd
        if deep is not None and other is not None and is_rational(deep) and is_rational(other):
            return (f"{rounded(deep, 3)} elements a multiply-add, {rounded(other, 3)} in other convolutions",)
        return ("much memory access for few multiply-adds",)
    return (_DOES[first.kind],)


def _mend(finding: Finding) -> Phrase:
    """Say what would mend it."""
    first = finding.first
    if isinstance(first, Width):
        if first.given:
            return ("none here: the ", first.least.c1, " channels that enter are given")
        return (*_best(first), " at the same FLOPs", *_saves(first.excess, first.row.mac))
    if isinstance(first, Grouping):
        c1, c2 = first.ungrouped_widths
        sign = " to about " if is_rational(c1) else " to "
        about = "about " if is_rational(c1) else ""
        saving = _saves(first.excess, first.row.mac)
        return (f"g = 1 from {about}", c1, sign, c2, " channels at the same FLOPs", *saving)
    if isinstance(first, theory.Block):
        if first.pieces != first.operations:
            return ("g = 1 leaves ", first.operations, " pieces")
        return ("fewer and larger operations: 2 or 3 in a block",)
    if isinstance(first, Run):
        saved = total(item.saved for item in finding.items if isinstance(item, Run))
        return ("one operation for all saves ", saved, " of its MAC")
    return (_FOLD if first.folds else _MENDS[first.kind],)


def _best(width: Width) -> Phrase:
    """Write the widths that cost least: ``about c1 = c2 = 181``."""
    least = width.least
    whole = least.nearest_widths()
    if whole is None:
        c1, c2 = least.best_widths
        return ("c1 = c2 = ", c1) if c1 == c2 else ("c1 = ", c1, ", c2 = ", c2)
    first, second = whole
    exact = least.read * first == least.written * second and first * second == least.c1 * least.c2
    about = "" if exact else "about "
    return (f"{about}c1 = c2 = {first:,}",) if first == second else (f"{about}c1 = {first:,}, c2 = {second:,}",)


def _saves(excess: Number, mac: Number) -> Phrase:
    part = share(excess, mac)
    if part is None or not is_rational(part):
        return ()  # a formula; what is saved stands beside it
    return (f" saves {percent(part)} % of its MAC",)


def _findings(audit: Audit, findings: Sequence[Finding], title: Phrase) -> Table:
    columns = [
        Column("guideline", "", numeric=False),
        Column("where", "Layers", numeric=False),
        Column("figure", "Finding", numeric=False),
        Column("mend", "What would mend it", numeric=False),
        Column("finding", "Finding", numeric=False),
        Column("mac", "MAC"),
        Column("share", "%"),
    ]
    rows = []
    for finding in findings:
        where, figure, mend = _where(finding), _figure(finding, audit), _mend(finding)
        part = None if finding.share is None or not is_rational(finding.share) else Share(finding.share)
        together = (*where, ": ", *figure, "; ", *mend)
        rows.append((finding.guideline.upper(), where, figure, mend, together, finding.cost, part))
    table = _table(columns, rows, title)
    apart, together = (tuple(n for n in names if n in table.views[0].names) for names in (_APART, _TOGETHER))
    views = (View(apart, breaks=inf, exact=True, room=150), View(together, exact=True))
    return replace(table, views=views, set_in_type=together)


def _order(audit: Audit, shown: Sequence[Finding], found: int) -> Phrase:
    """Say in which order findings stand, and how many of them."""
    cut = (f"; {len(shown)} of {found}", Hint(f", --top {found} shows all")) if len(shown) < found else ()
    if not audit.ranked:
        return ("Findings, in the order of the network", *cut)
    return (f"Findings{', by what they cost' * any(finding.cost is not None for finding in shown)}", *cut)


def _chosen(audit: Audit, guidelines: Sequence[str]) -> tuple[Finding, ...]:
    return tuple(finding for finding in audit.findings if finding.guideline in guidelines)


# -- every layer -----------------------------------------------------------------------------------------------------


def _over(excess: Number, whole: Number) -> Cell:
    part = share(excess, whole)
    return Share(part) if part is not None and is_rational(part) else None


def _layers(audit: Audit, guideline: str, title: Phrase) -> Table:
    """Return a guideline's figures for every layer or block."""
    heads: tuple[str, ...]
    rows: list[tuple[Cell, ...]]
    if guideline == "g1":
        heads = ("Layer", "c1", "c2", "MAC", "Above the least", "% of it")
        rows = [
            (w.row.path, w.least.c1, w.least.c2, w.row.mac, w.excess, _over(w.excess, w.row.mac)) for w in audit.widths
        ]
    elif guideline == "g2":
        heads = ("Layer", "Kind", "g", "MAC", "For groups", "% of it")
        rows = [
            (item.row.path, "depthwise", item.groups, item.row.mac, None, None)
            if item.depthwise
            else (item.row.path, "group", item.groups, item.row.mac, item.excess, _over(item.excess, item.row.mac))
            for item in audit.groupings
        ]
    elif guideline == "g3":
        heads = ("Block", "Ops", "Pieces", "Branches", "Layers", "Chain", "Parallel")
        rows = [(b.name, b.operations, b.pieces, b.branches, b.layers, b.chain, b.parallelism) for b in audit.blocks]
    else:
        heads = ("Layer", "Kind", "MAC", "% of all")
        rows = [
            (item.row.path, item.kind, item.row.mac, _over(item.row.mac, audit.report.totals.mac))
            for item in audit.elementwise
        ]
    words = 2 if guideline in ("g2", "g4") else 1
    return _table([Column(head, head, numeric=index >= words) for index, head in enumerate(heads)], rows, title)


# -- data ------------------------------------------------------------------------------------------------------------

_COLUMNS = ("spec", "guideline", "layers", "count", "mac", "share", "where", "figure", "mend")
_LAYER_COLUMNS = (
    *("spec", "guideline", "layer", "kind", "c1", "c2", "groups", "mac", "least", "excess"),
    *("operations", "pieces", "branches", "layers", "chain"),
)


def _records(named: _Named, guidelines: Sequence[str], top: int | None, by_layer: bool) -> list[Sequence[str]]:
    """Return a row for every finding, or with `by_layer` for every layer; shares are fractions of 1."""
    rows: list[Sequence[str]] = [_LAYER_COLUMNS if by_layer else _COLUMNS]
    for name, audit in named:
        entries = (
            [{"guideline": g, **entry} for g in guidelines for entry in _layers_as_dicts(audit, g)]
            if by_layer
            else [_finding_as_dict(finding, audit) for finding in _some(audit, guidelines, top)]
        )
        rows += ([_text({"spec": name, **entry}.get(column)) for column in rows[0]] for entry in entries)
    return rows


def _some(audit: Audit, guidelines: Sequence[str], top: int | None) -> tuple[Finding, ...]:
    found = _chosen(audit, guidelines)
    return found if top is None else leading(found, top)


def _text(value: object) -> str:
    if value is None:
        return ""
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def _data(audits: Sequence[Audit], guidelines: Sequence[str], top: int | None) -> dict[str, Any]:
    """Return integers for whole numbers, strings for all others; every layer, and all findings without `top`."""
    return {
        "schema": SCHEMA,
        "audits": [
            {
                "spec": audit.report.name,
                "parameters": {name: as_text(value) for name, value in audit.report.parameters.items()},
                "reading": audit.report.reading.as_dict(),
                "unknown_costs": unknown_as_list(audit.report),
                "mac": number(audit.report.totals.mac),
                "madds": number(audit.report.totals.madds),
                "ranked": audit.ranked,
                "guidelines": {
                    name: {**_totals(audit, name), "layers": _layers_as_dicts(audit, name)} for name in guidelines
                },
                "findings": [_finding_as_dict(finding, audit) for finding in _some(audit, guidelines, top)],
            }
            for audit in audits
        ],
    }


def _maybe(value: Number | None) -> int | str | None:
    return None if value is None else number(value)


def _totals(audit: Audit, guideline: str) -> dict[str, Any]:
    """Return what a guideline says of the whole network."""
    if guideline == "g1":
        return {
            "excess": number(audit.excess_of_widths),
            "share": _maybe(audit.share(audit.excess_of_widths)),
            "convolutions": number(total(width.row.count for width in audit.widths)),
            "uneven": number(total(width.row.count for width in audit.uneven)),
            "steepest_ratio": _maybe(audit.steepest),
            "steepest_ratio_at_input": _maybe(audit.steepest_at_input),
        }
    if guideline == "g2":
        return {
            "excess": number(audit.excess_of_groups),
            "share": _maybe(audit.share(audit.excess_of_groups)),
            "group_convolutions": number(total(item.row.count for item in audit.grouped)),
            "most_groups": _maybe(_most(item.groups for item in audit.grouped)),
            "depthwise_convolutions": number(_deep(audit)),
        }
    if guideline == "g3":
        return {
            "operations_per_block": _maybe(audit.operations),
            "pieces_per_block": _maybe(audit.pieces),
            "layer_count": number(audit.whole.layers),
            "longest_chain": audit.whole.chain,
            "parallelism": _maybe(audit.whole.parallelism),
        }
    return {
        "mac": number(audit.mac_of_elementwise),
        "share": _maybe(audit.share(audit.mac_of_elementwise)),
        "layer_count": number(audit.layers_of_elementwise),
        "kinds": {
            kind: {"layer_count": number(audit.count_of(kind)), "mac": number(audit.mac_of(kind))}
            for kind in ELEMENTWISE
        },
        "runs": len(audit.runs),
        "saved_by_merging": number(audit.saved_by_merging),
    }


def _layers_as_dicts(audit: Audit, guideline: str) -> list[dict[str, Any]]:
    """Return what a guideline says of every layer or block."""
    if guideline == "g1":
        return [
            {
                "layer": w.row.path,
                "kind": w.row.kind,
                "c1": number(w.least.c1),
                "c2": number(w.least.c2),
                "mac": number(w.row.mac),
                "least": number(expanded(w.row.mac - w.excess)),
                "excess": number(w.excess),
                "best_widths": [as_text(value) for value in w.least.best_widths],
            }
            for w in audit.widths
        ]
    if guideline == "g2":
        return [
            {
                "layer": item.row.path,
                "kind": "depthwise" if item.depthwise else "group",
                "c1": number(item.least.c1),
                "c2": number(item.least.c2),
                "groups": number(item.groups),
                "mac": number(item.row.mac),
                "excess": None if item.depthwise else number(item.excess),
                "ungrouped": None if item.depthwise else number(item.ungrouped),
                "input_held": None if item.depthwise else number(item.input_held),
            }
            for item in audit.groupings
        ]
    if guideline == "g3":
        return [
            {
                "layer": block.name,
                "operations": number(block.operations),
                "pieces": number(block.pieces),
                "branches": block.branches,
                "layers": number(block.layers),
                "chain": block.chain,
            }
            for block in audit.blocks
        ]
    return [
        {"layer": item.row.path, "kind": item.kind, "folds": item.folds, "mac": number(item.row.mac)}
        for item in audit.elementwise
    ]


def _finding_as_dict(finding: Finding, audit: Audit) -> dict[str, Any]:
    writer = BookWriter(symbol_order(audit.report))
    where, figure, mend = (writer.phrase(_short(p)) for p in (_where(finding), _figure(finding, audit), _mend(finding)))
    return {
        "guideline": finding.guideline,
        "where": where,
        "layers": list(finding.paths),
        "count": number(finding.count),
        "mac": _maybe(finding.cost),
        "share": _maybe(finding.share),
        "figure": figure,
        "mend": mend,
    }
