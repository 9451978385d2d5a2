"""What ``flopcalc list`` says: the networks with what they cost, and what else there is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from flopcalc.page.model import Column, Line, Page, Table, View, listing
from flopcalc.render.cells import Cell, Digits
from flopcalc.render.units import human_number
from flopcalc.spec.catalog import DOCUMENT_KINDS, KINDS, Figures, Listed, figures

__all__ = ["listing_page", "words_page"]

_COLUMNS = (
    Column("name", "Name", numeric=False),
    Column("title", "Title", numeric=False),
    Column("year", "Year", whole=True),
    Column("params", "Params", whole=True),
    Column("flops", "FLOPs", whole=True),
    Column("mac", "MAC (mem)", whole=True),
    Column("variants", "Variants", numeric=False),
    Column("parameters", "Parameters", numeric=False),
    Column("source", "Source", numeric=False),
)

_BREAKS = 99
"""Words are broken over as many lines as it takes."""

_NETWORKS = ("name", "title", "year", "params", "flops", "mac")
_VIEWS: Mapping[str, Sequence[tuple[int, tuple[str, ...]]]] = {
    "architectures": (
        (150, (*_NETWORKS, "parameters")),
        (72, _NETWORKS),
        (56, ("name", "year", "params", "flops", "mac")),
        (0, ("name", "params", "flops")),
    ),
    "blocks": (
        (180, ("name", "title", "parameters", "source")),
        (120, ("name", "title", "parameters")),
        (0, ("name", "title")),
    ),
    **dict.fromkeys(DOCUMENT_KINDS, ((120, ("name", "title", "source")), (0, ("name", "title")))),
}
"""Which columns a kind has, from so many columns of the screen on; parameters are in ``flopcalc NAME --help`` too."""


def listing_page(entries: Sequence[Listed], *, variants: bool = False) -> Page:
    """Return what is packaged, each kind in a table; with `variants`, those of a network in rows below it."""
    tables = []
    for kind in KINDS:
        group = [entry for entry in entries if entry.kind == kind]
        if group:
            tables.append(_table(kind, group, variants))
    return Page((), tuple(tables), (), partial(_data, entries), partial(_records, entries))


def _table(kind: str, group: Sequence[Listed], variants: bool) -> Table:
    lines = []
    for entry in group:
        lines.append(_line(entry, entry.name))
        names = [name for name in entry.variants if name != entry.name] if variants else []
        lines += [_line(None, name, depth=1) for name in names]
    views = tuple(View(names, _BREAKS, exact=True, room=room) for room, names in _VIEWS[kind])
    return Table(_COLUMNS, tuple(lines), views, title=(kind.capitalize(),))


def _line(entry: Listed | None, name: str, *, depth: int = 0) -> Line:
    found = figures().get(name)
    cells: tuple[Cell, ...] = (name, "", "", *([""] * 3 if found is None else map(_short, found)), "", "", "")
    if entry is not None:
        lists = (", ".join(entry.variants), ", ".join(entry.parameters), entry.source)
        cells = (name, entry.title, year_of(entry), *cells[3:6], *lists)
    return Line(tuple((cell,) for cell in cells), depth=depth)


def _short(value: int) -> Cell:
    return Digits(human_number(value))


def year_of(entry: Listed) -> str:
    """Return the year that a source names first."""
    found = re.search(r"\b(19|20)\d\d\b", entry.source)
    return "" if found is None else found[0]


def _data(entries: Sequence[Listed]) -> list[dict[str, Any]]:
    found = figures()
    return [
        asdict(entry)
        | {"year": int(year_of(entry) or 0) or None}
        | {"figures": {name: found[name]._asdict() for name in (entry.name, *entry.variants) if name in found}}
        for entry in entries
    ]


def _records(entries: Sequence[Listed]) -> Iterator[Sequence[str]]:
    yield ("name", "kind", "title", "source", "parameters", "variants", "year", *Figures._fields)
    for entry in entries:
        own = figures().get(entry.name)
        counts = [""] * len(Figures._fields) if own is None else map(str, own)
        lists = (" ".join(entry.parameters), " ".join(entry.variants))
        yield (entry.name, entry.kind, entry.title, entry.source, *lists, year_of(entry), *counts)


def words_page(title: str, names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Page:
    """Return a list of words with what is said of each: layers, metrics."""
    columns = [Column(name, name.capitalize(), numeric=False) for name in names]
    table = listing(columns, rows, title=(title,) if title else ())
    return Page((), (table,), (), lambda: [dict(zip(names, row, strict=True)) for row in rows], lambda: [names, *rows])
