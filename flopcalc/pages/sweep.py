"""What ``flopcalc sweep`` says to people: the first rows, what was swept above them and what was counted below."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flopcalc.errors import shorten
from flopcalc.metrics import METRICS
from flopcalc.number import readable
from flopcalc.page.model import Column, Line, Page, Records, Said, Table, View
from flopcalc.render.cells import Cell, Ratio, Setting
from flopcalc.render.sweep import Heading, Writing, label, notes_of, spread, sweep_streamed
from flopcalc.sweeps import Block, Swept
from flopcalc.sweeps.selecting import Selection, Tally, joined, selected

__all__ = ["sweep_page", "swept_page"]

_FIRST = 20
"""How many rows of a sweep are shown in Python, as on a screen."""

_ELSEWHERE = "--output FILE.csv has them all, --top N the first N"

_EXPENDABLE = ("activations", "weights", "madds")
"""What a narrow screen leaves out, in this order, where nobody asked for it."""

_TWINS = {"madds": "flops", "weights": "params"}
"""What is often the same as another column, and then left out."""


def swept_page(swept: Swept) -> Page:
    """Return the page of a sweep's first rows; what programs read has all of them."""
    given = {name: shorten(str(value)) for name, value in swept.given.items()}
    heading = Heading(
        swept.spec, swept.axes, given, swept.convention, swept.columns, Selection(), swept.size, True, swept.dtype
    )
    tally = Tally()
    first = [*selected(swept.anew(), Selection(most=_FIRST), tally)]
    rows = joined(first) if first else None
    shown = 0 if rows is None else len(rows)
    left = None if tally.refused or swept.skips else swept.size - shown
    page = sweep_page(heading, rows, tally, left=left, elsewhere='to_frame() and save("FILE.csv") have them all')
    return replace(
        page, data=partial(_data, heading, swept.anew, Tally()), records=partial(_records, heading, swept.anew)
    )


def sweep_page(
    heading: Heading, rows: Block | None, tally: Tally, *, left: int | None = 0, elsewhere: str = _ELSEWHERE
) -> Page:
    """Return the page of some rows.

    Parameters
    ----------
    heading : Heading
    rows : Block or None
        Those that are shown.
    tally : Tally
        What was evaluated for them.
    left : int, optional
        How many more there are; None where that was not counted.
    elsewhere : str
        Where those can be had.
    """
    selected = heading.selected()
    above = (heading.title, heading.spec.source or "", heading.settings(), selected[:1].upper() + selected[1:])
    count = _count(heading, 0 if rows is None else len(rows), left, tally, elsewhere)
    notes = [*notes_of(heading)]
    block: Table | Said = Said((("No configuration is left.",), (count,)), back=False)
    if rows is not None and len(rows):
        same = {} if heading.chosen else _repeated(heading, rows)
        notes += (f"{label(name)} are the {label(twin)} here." for name, twin in same.items())
        block = _table(heading, rows, [name for name in heading.columns if name not in same], count)
    return Page(
        tuple((text,) for text in above if text),
        (block, Said(tuple((note,) for note in notes))) if notes else (block,),
        (),
        partial(_data, heading, lambda: () if rows is None else (rows,), tally),
        partial(_records, heading, lambda: () if rows is None else (rows,)),
    )


def _repeated(heading: Heading, rows: Block) -> dict[str, str]:
    """Return the columns that nobody asked for and that say nothing which another one does not, with that one."""
    return {
        name: twin
        for name, twin in _TWINS.items()
        if {name, twin} <= {*heading.columns}
        and name not in heading.selection.metrics
        and bool((rows.metrics[name] == rows.metrics[twin]).all())
    }


def _table(heading: Heading, rows: Block, names: Sequence[str], count: str) -> Table:
    views = [View(tuple(names))]
    for expendable in () if heading.chosen else _EXPENDABLE:
        if expendable in views[-1].names and expendable not in heading.selection.metrics:
            views.append(View(tuple(name for name in views[-1].names if name != expendable)))
    words = {name for name, axis in heading.axes.items() if axis.words}
    return Table(
        tuple(Column(name, label(name), name not in words, whole=True) for name in names),
        tuple(
            Line(tuple((cell,) for cell in row)) for row in zip(*(_cells(rows, name) for name in names), strict=True)
        ),
        tuple(views),
        set_in_type=views[:2][-1].names,
        notes=((count,),),
        chooses="" if heading.chosen else "--columns chooses",
    )


def _cells(rows: Block, name: str) -> Sequence[Cell]:
    if name not in rows.metrics:
        return spread(rows, name, Setting)
    values = rows.metrics[name].tolist()
    return list(map(int, values)) if METRICS[name].whole else list(map(Ratio, values))


def _count(heading: Heading, shown: int, left: int | None, tally: Tally, elsewhere: str) -> str:
    """Say how many rows there are besides those that are shown, and of how many."""
    parts = []
    if left:
        parts.append(f"and {left:,} more: {elsewhere}")
    if left is None:
        parts.append(f"the first {shown:,}, found among {tally.evaluated:,} configurations")
        parts.append(f"the other {heading.size - tally.evaluated:,} were not evaluated")
    elif heading.selection.condition is not None:
        parts.append(f"{tally.met:,} of {tally.evaluated - tally.refused:,} configurations meet the condition")
        if heading.selection.front:
            parts.append(f"the front has {tally.front:,} of them")
    elif heading.selection.front:
        parts.append(f"the front has {tally.front:,} of {tally.evaluated - tally.refused:,} configurations")
    elif heading.selection.order:
        parts.append(f"of {tally.evaluated - tally.refused:,} configurations")
    else:
        parts.append(f"{heading.size:,} configuration{'s' * (heading.size != 1)}")
    if tally.refused:
        parts.append(f"{tally.refused:,} refused and left out")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."


# -- data ------------------------------------------------------------------------------------------------------------


def _data(heading: Heading, blocks: Callable[[], Iterable[Block]], tally: Tally) -> dict[str, Any]:
    lines = Writing("json", heading.columns).lines(blocks())
    found: dict[str, Any] = json.loads("".join(sweep_streamed("json", heading, lines, tally)))
    return found


def _records(heading: Heading, blocks: Callable[[], Iterable[Block]]) -> Records:
    def written(name: str, block: Block) -> Iterator[str]:
        return map(str, block.metrics[name].tolist()) if name in block.metrics else iter(spread(block, name, readable))

    yield heading.columns
    for block in blocks():
        yield from zip(*(written(name, block) for name in heading.columns), strict=True)
