"""An audit for a screen, for Markdown, as CSV and as JSON: the guidelines' figures, the findings, and every layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flopcalc.number import Number, as_text, divide, expanded, is_rational, total
from flopcalc.render.book import BookWriter
from flopcalc.render.cells import Cell, Phrase, Share, Writer
from flopcalc.render.csv import rows_as_csv
from flopcalc.render.json import number
from flopcalc.render.markdown import escaped_markdown
from flopcalc.render.table import caption, heading, symbol_order
from flopcalc.render.units import percent, rounded
from flopcalc.report import share
from flopcalc.theory.guidelines import (
    ELEMENTWISE,
    GUIDELINES,
    Audit,
    Block,
    Elementwise,
    Finding,
    Grouping,
    Run,
    Width,
    leading,
)

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["FINDINGS", "SCHEMA", "audits_as_csv", "audits_as_dict", "audits_as_markdown", "audits_as_text"]

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

_WIDE = 150
"""On a screen of so many columns the parts of a finding have columns of their own."""


class _Words(BookWriter):
    """Writes fractions to two decimals."""

    def number(self, value: Number) -> str:
        return self.digits(rounded(value, 2)) if isinstance(value, Fraction) else super().number(value)


@dataclass(frozen=True, slots=True)
class _Table:
    """Rows of text below their headers; those named in `numeric` hold numbers."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int]


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


def _summary(audit: Audit, writer: Writer, guidelines: Sequence[str]) -> _Table:
    rows = []
    for name in guidelines:
        figure, words = _verdict(audit, name)
        rows.append((f"{name.upper()} {_TITLES[name]}", writer.cell(figure), writer.phrase(words)))
    return _Table(("Guideline", "Figure", "What it is"), tuple(rows), frozenset({1}))


def _side_by_side(
    audits: Sequence[Audit], names: Sequence[str], writers: Sequence[Writer], guidelines: Sequence[str]
) -> _Table:
    """Return every measure of several networks, a column each."""
    rows: list[tuple[str, ...]] = []
    for guideline, title, get in _MEASURES:
        if guideline and guideline not in guidelines:
            continue
        cells = [get(audit) for audit in audits]
        if all(cell is None or (is_rational(cell) and cell == 0) for cell in cells) and not title.startswith("%"):
            continue
        texts = (writer.cell("-" if cell is None else cell) for writer, cell in zip(writers, cells, strict=True))
        rows.append((guideline.upper(), title, *texts))
    shown = ""
    for index, row in enumerate(rows):
        rows[index] = ("" if row[0] == shown else row[0], *row[1:])
        shown = row[0]
    heads = ("", "Measure", *(writer.words(name) for writer, name in zip(writers, names, strict=True)))
    return _Table(heads, tuple(rows), frozenset(range(2, len(heads))))


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
    if isinstance(first, Block):
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
    if isinstance(first, Block):
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


def _finding_cells(finding: Finding, audit: Audit) -> tuple[Phrase, Phrase, Phrase, Cell, Cell]:
    part = None if finding.share is None or not is_rational(finding.share) else Share(finding.share)
    return _where(finding), _figure(finding, audit), _mend(finding), finding.cost, part


def _findings(audit: Audit, findings: Sequence[Finding], writer: Writer, *, apart: bool) -> _Table:
    rows = []
    for finding in findings:
        where, figure, mend, cost, part = _finding_cells(finding, audit)
        texts = [writer.phrase(where), writer.phrase(figure), writer.phrase(mend)]
        if not apart:
            texts = [f"{texts[0]}: {texts[1]}; {texts[2]}"]
        rows.append((finding.guideline.upper(), *texts, writer.cell(cost), writer.cell(part)))
    heads = ("Layers", "Finding", "What would mend it") if apart else ("Finding",)
    numbers = frozenset({len(heads) + 1, len(heads) + 2})
    return _without_empty(_Table(("", *heads, "MAC", "%"), tuple(rows), numbers))


def _without_empty(table: _Table) -> _Table:
    """Leave out number columns that hold nothing."""
    kept = [
        index
        for index in range(len(table.heads))
        if index not in table.numeric or any(row[index] for row in table.rows)
    ]
    return _Table(
        tuple(table.heads[index] for index in kept),
        tuple(tuple(row[index] for index in kept) for row in table.rows),
        frozenset(position for position, index in enumerate(kept) if index in table.numeric),
    )


def _chosen(audit: Audit, guidelines: Sequence[str]) -> tuple[Finding, ...]:
    return tuple(finding for finding in audit.findings if finding.guideline in guidelines)


# -- every layer -----------------------------------------------------------------------------------------------------


def _over(excess: Number, whole: Number) -> Cell:
    part = share(excess, whole)
    return Share(part) if part is not None and is_rational(part) else None


def _layers(audit: Audit, writer: Writer, guideline: str) -> _Table:
    """Return a guideline's figures for every layer or block."""
    heads: tuple[str, ...]
    cells: list[tuple[Cell, ...]]
    if guideline == "g1":
        heads = ("Layer", "c1", "c2", "MAC", "Above the least", "% of it")
        cells = [
            (w.row.path, w.least.c1, w.least.c2, w.row.mac, w.excess, _over(w.excess, w.row.mac)) for w in audit.widths
        ]
    elif guideline == "g2":
        heads = ("Layer", "Kind", "g", "MAC", "For groups", "% of it")
        cells = [
            (item.row.path, "depthwise", item.groups, item.row.mac, None, None)
            if item.depthwise
            else (item.row.path, "group", item.groups, item.row.mac, item.excess, _over(item.excess, item.row.mac))
            for item in audit.groupings
        ]
    elif guideline == "g3":
        heads = ("Block", "Ops", "Pieces", "Branches", "Layers", "Chain", "Parallel")
        cells = [(b.name, b.operations, b.pieces, b.branches, b.layers, b.chain, b.parallelism) for b in audit.blocks]
    else:
        heads = ("Layer", "Kind", "MAC", "% of all")
        cells = [
            (item.row.path, item.kind, item.row.mac, _over(item.row.mac, audit.report.totals.mac))
            for item in audit.elementwise
        ]
    words = 2 if guideline in ("g2", "g4") else 1
    rows = tuple(tuple(writer.cell(cell) for cell in row) for row in cells)
    return _without_empty(_Table(heads, rows, frozenset(range(words, len(heads)))))


# -- formats ---------------------------------------------------------------------------------------------------------


def _limit(audits: Sequence[Audit], top: int | None) -> int:
    return max(len(GUIDELINES), FINDINGS // max(1, len(audits))) if top is None else top


def audits_as_text(
    audits: Sequence[Audit],
    screen: Screen | None = None,
    *,
    names: Sequence[str] | None = None,
    guidelines: Sequence[str] = GUIDELINES,
    top: int | None = None,
    by_layer: bool = False,
) -> str:
    """Return one or several audits for a screen: the figures first, then the findings.

    Parameters
    ----------
    audits : sequence of Audit
    screen : Screen, optional
    names : sequence of str, optional
        What the networks are called where there are several; the names of their specs where not given.
    guidelines : sequence of str
        Which of :data:`flopcalc.theory.guidelines.GUIDELINES` are shown.
    top : int, optional
        How many findings of each network; :data:`FINDINGS` shared among them where not given.
    by_layer : bool
        Add each guideline's figures for every layer.
    """
    from flopcalc.render.terminal import Head, Screen, listing_as_text

    screen = screen or Screen()
    writers = [_Words(symbol_order(audit.report), screen) for audit in audits]
    most = _limit(audits, top)

    def drawn(table: _Table, title: str = "") -> str:
        heads = [Head(head, index in table.numeric, _is_whole(table, index)) for index, head in enumerate(table.heads)]
        return listing_as_text(heads, table.rows, screen, title)

    names = _names(audits, names)
    parts: list[str] = []
    if len(audits) > 1:
        side = _side_by_side(audits, names, writers, guidelines)
        parts += [drawn(some) for some in _fitting(side, screen.width)]
    for audit, name, writer in zip(audits, names, writers, strict=True):
        prefix = "" if len(audits) == 1 else f"{name}: "
        if len(audits) == 1:
            title, *rest = (writer.phrase(line) for line in heading(audit.report))
            summary = _summary(audit, writer, guidelines)
            below = drawn(summary)
            above = drawn(summary, title).removesuffix(below)
            parts.append("".join([above, *map(screen.drawn, rest), below]))
        found = _chosen(audit, guidelines)
        shown = leading(found, most)
        if shown:
            findings = _findings(audit, shown, writer, apart=screen.width >= _WIDE)
            parts.append(drawn(findings, f"{prefix}{_order(audit, shown)}") + _left_out(found, shown, screen))
        elif not found:
            parts.append(screen.drawn(writer.words(f"{prefix}nothing offends against these guidelines.")))
        for guideline in guidelines if by_layer else ():
            layers = _layers(audit, writer, guideline)
            if layers.rows:
                parts.append(drawn(layers, f"{prefix}{guideline.upper()} {_TITLES[guideline]}, every layer"))
    notes = [*_notes(audits, guidelines)]
    for audit, writer in zip(audits, writers, strict=True):
        if audit.report.symbolic:
            notes += [writer.phrase(note) for note in caption(audit.report, "layer", hints=True)]
    parts.append("".join(screen.drawn(screen.written(note)) for note in dict.fromkeys(notes)))
    return "\n".join(part for part in parts if part)


def _names(audits: Sequence[Audit], names: Sequence[str] | None) -> Sequence[str]:
    return names if names is not None else [audit.report.name for audit in audits]


def _fitting(table: _Table, width: int) -> Iterable[_Table]:
    """Take the networks of a table apart where they are too many for one screen; its first two columns stay."""
    widths = [max(len(row[index]) for row in (table.heads, *table.rows)) + 2 for index in range(len(table.heads))]
    room = width + 2 - sum(widths[:2])
    chunks: list[list[int]] = [[]]
    for index in range(2, len(widths)):
        if chunks[-1] and sum(widths[i] for i in (*chunks[-1], index)) > room:
            chunks.append([])
        chunks[-1].append(index)
    for chunk in chunks:
        kept = (0, 1, *chunk)
        yield _Table(
            tuple(table.heads[index] for index in kept),
            tuple(tuple(row[index] for index in kept) for row in table.rows),
            frozenset(range(2, len(kept))),
        )


def _is_whole(table: _Table, index: int) -> bool:
    return index in table.numeric and all(len(row[index]) <= 16 for row in table.rows)


def _order(audit: Audit, shown: Sequence[Finding]) -> str:
    if not audit.ranked:
        return "Findings, in the order of the network"
    return "Findings, by what they cost" if any(finding.cost is not None for finding in shown) else "Findings"


def _left_out(found: Sequence[Finding], shown: Sequence[Finding], screen: Screen) -> str:
    rest = len(found) - len(shown)
    return screen.drawn(f"{rest} more: --top {len(found)} shows all.") if rest else ""


_NOTES = {
    "g1": "G1: a convolution's MAC beside the least at the same FLOPs, kernel and groups.",
    "g2": "G2: beside g = 1 with both widths divided by the root of g, at the same FLOPs.",
    "g3": "G3: costs parallelism, which has no price in MAC; blocks of more than 3 pieces are listed.",
    "g4": "G4: what element-wise operations read and write.",
}


def _notes(audits: Sequence[Audit], guidelines: Sequence[str]) -> Iterable[str]:
    yield "MAC is memory access cost in elements; % is of the whole network's. A layer is what reads or writes memory."
    yield from (_NOTES[name] for name in guidelines)


def audits_as_markdown(
    audits: Sequence[Audit],
    *,
    names: Sequence[str] | None = None,
    guidelines: Sequence[str] = GUIDELINES,
    top: int | None = None,
    by_layer: bool = False,
) -> str:
    """Return audits as GitHub-flavoured Markdown, in the order of :func:`audits_as_text`."""
    writers = [_Words(symbol_order(audit.report)) for audit in audits]
    most = _limit(audits, top)
    blocks: list[str] = []

    def written(table: _Table) -> str:
        lines = [table.heads, tuple("---:" if index in table.numeric else "---" for index in range(len(table.heads)))]
        lines[0] = tuple(map(escaped_markdown, table.heads))
        lines += [tuple(escaped_markdown(cell.strip()) for cell in row) for row in table.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    if len(audits) > 1:
        blocks.append(written(_side_by_side(audits, _names(audits, names), writers, guidelines)))
    for audit, writer in zip(audits, writers, strict=True):
        title, *rest = (escaped_markdown(writer.phrase(line)) for line in heading(audit.report))
        blocks += [f"## {title}", *rest]
        if len(audits) == 1:
            blocks.append(written(_summary(audit, writer, guidelines)))
        found = _chosen(audit, guidelines)
        shown = leading(found, most)
        if shown:
            blocks += [f"{_order(audit, shown)}:", written(_findings(audit, shown, writer, apart=True))]
        for guideline in guidelines if by_layer else ():
            table = _layers(audit, writer, guideline)
            if table.rows:
                blocks += [f"{guideline.upper()} {_TITLES[guideline]}:", written(table)]
        if audit.report.symbolic:
            blocks += [escaped_markdown(writer.phrase(note)) for note in caption(audit.report, "layer")]
    blocks += list(_notes(audits, guidelines))
    return "\n\n".join(blocks) + "\n"


_COLUMNS = ("spec", "guideline", "layers", "count", "mac", "share", "where", "figure", "mend")
_LAYER_COLUMNS = (
    "spec",
    "guideline",
    "layer",
    "kind",
    "c1",
    "c2",
    "groups",
    "mac",
    "least",
    "excess",
    "operations",
    "pieces",
    "branches",
    "layers",
    "chain",
)


def audits_as_csv(
    audits: Sequence[Audit],
    *,
    names: Sequence[str] | None = None,
    guidelines: Sequence[str] = GUIDELINES,
    top: int | None = None,
    by_layer: bool = False,
) -> str:
    """Return the findings as CSV, or with `by_layer` every layer's figures; shares are fractions of 1."""
    rows: list[Sequence[str]] = [_LAYER_COLUMNS if by_layer else _COLUMNS]
    for audit, name in zip(audits, _names(audits, names), strict=True):
        entries = (
            [{"guideline": g, **entry} for g in guidelines for entry in _layers_as_dicts(audit, g)]
            if by_layer
            else [_finding_as_dict(finding, audit) for finding in _some(audit, guidelines, top)]
        )
        for entry in entries:
            named = {"spec": name, **entry}
            rows.append([_text(named.get(column)) for column in rows[0]])
    return rows_as_csv(rows)


def _some(audit: Audit, guidelines: Sequence[str], top: int | None) -> tuple[Finding, ...]:
    found = _chosen(audit, guidelines)
    return found if top is None else leading(found, top)


def _text(value: object) -> str:
    if value is None:
        return ""
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def audits_as_dict(
    audits: Sequence[Audit], *, guidelines: Sequence[str] = GUIDELINES, top: int | None = None
) -> dict[str, Any]:
    """Return audits as one object in JSON's types: integers for whole numbers, strings for all others.

    It holds every layer's figures, and all the findings unless `top` says how many.
    """
    return {
        "schema": SCHEMA,
        "audits": [
            {
                "spec": audit.report.name,
                "parameters": {name: as_text(value) for name, value in audit.report.parameters.items()},
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
    writer = _Words(symbol_order(audit.report))
    where, figure, mend, _, _ = _finding_cells(finding, audit)
    return {
        "guideline": finding.guideline,
        "where": writer.phrase(where),
        "layers": list(finding.paths),
        "count": number(finding.count),
        "mac": _maybe(finding.cost),
        "share": _maybe(finding.share),
        "figure": writer.phrase(figure),
        "mend": writer.phrase(mend),
    }
