"""``flopcalc list``: what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from flopcalc.cli.help import Command
from flopcalc.cli.options import Word, format_option, output_option
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.spec import catalog
from flopcalc.spec.catalog import Listed

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["command"]

_TITLES = {kind: kind.capitalize() for kind in catalog.KINDS}

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""What the columns are called in CSV and JSON, and the rows."""


def _layers() -> Table:
    """Return the words of the language that are layers: a conv, a pool, a sum."""
    from flopcalc.layers import LAYERS

    return ("name", "attributes", "title"), [
        (
            word,
            ", ".join(attribute.name for attribute in primitive.attributes()),
            f"An activation: {primitive.preset['kind']}."
            if primitive.preset
            else (primitive.layer.__doc__ or "").partition("\n")[0].replace("``", "`"),
        )
        for word, primitive in LAYERS.items()
    ]


def _metrics() -> Table:
    """Return what a network has so much of."""
    from flopcalc.metrics import METRICS

    return ("name", "title", "unit"), [(metric.name, metric.label, metric.unit) for metric in METRICS.values()]


_TABLES: Mapping[str, Callable[[], Table]] = {"layers": _layers, "metrics": _metrics}
"""What is listed besides the packaged files, where it is asked for by its name."""

_COLUMNS: Mapping[str, tuple[str, Callable[[Listed], str]]] = {
    "name": ("Name", lambda entry: entry.name),
    "title": ("Title", lambda entry: entry.title),
    "variants": ("Variants", lambda entry: ", ".join(name for name in entry.variants if name != entry.name)),
    "parameters": ("Parameters", lambda entry: ", ".join(entry.parameters)),
    "source": ("Source", lambda entry: entry.source),
}


def _run(kind: str | None, output_format: str, output: str | None) -> None:
    if kind is not None and kind in _TABLES:
        _write_table(*_TABLES[kind](), kind, output_format, output)
        return
    entries = [entry for entry in catalog.index() if kind is None or entry.kind == kind]
    if output_format == "json":
        write_json([asdict(entry) for entry in entries], output)
    elif output_format == "csv":
        from flopcalc.render.csv import rows_as_csv

        header = ("name", "kind", "title", "source", "parameters", "variants")
        rows = [(e.name, e.kind, e.title, e.source, " ".join(e.parameters), " ".join(e.variants)) for e in entries]
        write_text(rows_as_csv([header, *rows]), output)
    else:
        write_text(listing(entries, screen_for(output)), output)


def _write_table(
    names: Sequence[str], rows: Sequence[tuple[str, ...]], kind: str, output_format: str, output: str | None
) -> None:
    if output_format == "json":
        write_json([dict(zip(names, row, strict=True)) for row in rows], output)
    elif output_format == "csv":
        from flopcalc.render.csv import rows_as_csv

        write_text(rows_as_csv([tuple(names), *rows]), output)
    else:
        from flopcalc.render.terminal import listing_as_text

        heads = [name.capitalize() for name in names]
        write_text(listing_as_text(heads, rows, screen_for(output), kind.capitalize()), output)


def listing(entries: Sequence[Listed], screen: Screen) -> str:
    """Return the entries as text, each kind under its title, with the columns that the screen has room for."""
    from flopcalc.render.terminal import listing_as_text

    parts = []
    for kind, title in _TITLES.items():
        group = [entry for entry in entries if entry.kind == kind]
        if group:
            names = [name for name in _fitting(kind, screen.width) if any(_COLUMNS[name][1](entry) for entry in group)]
            rows = [[_COLUMNS[name][1](entry) for name in names] for entry in group]
            parts.append(listing_as_text([_COLUMNS[name][0] for name in names], rows, screen, title))
    return "\n".join(parts)


def _fitting(kind: str, width: int) -> Sequence[str]:
    """Name the columns that are worth their room; parameters are in `flopcalc NAME --help` too."""
    wide, widest = width >= 120, width >= 180
    if kind in catalog.DOCUMENT_KINDS:
        return ("name", "title", *(["source"] if wide else []))
    if kind == "architectures" and width < 100:
        return ("name", "variants")  # the names of networks say what their titles do
    return ("name", "title", "variants", *(["parameters"] if wide else []), *(["source"] if widest else []))


command = Command(
    name="list",
    help="List the packaged architectures, blocks and conventions, and what `flopcalc experiment`, `verify` and "
    "`derive` take; `list layers` has the words of the language, `list metrics` what is counted. `flopcalc NAME` "
    "prints what an architecture or a block costs, `flopcalc NAME --help` its parameters.",
    params=[
        click.Argument(["kind"], required=False, type=Word(*_TITLES, *_TABLES), metavar="[KIND]"),
        format_option("table", "json", "csv"),
        output_option(),
    ],
    callback=_run,
)
