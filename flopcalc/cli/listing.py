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

_COLUMNS: Mapping[str, tuple[str, Callable[[Listed], str]]] = {
    "name": ("Name", lambda entry: entry.name),
    "title": ("Title", lambda entry: entry.title),
    "variants": ("Variants", lambda entry: ", ".join(name for name in entry.variants if name != entry.name)),
    "parameters": ("Parameters", lambda entry: ", ".join(entry.parameters)),
    "source": ("Source", lambda entry: entry.source),
}


def _run(kind: str | None, output_format: str, output: str | None) -> None:
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
    "`derive` take. `flopcalc NAME` prints what an architecture or a block costs, `flopcalc NAME --help` its "
    "parameters.",
    params=[
        click.Argument(["kind"], required=False, type=Word(*_TITLES), metavar="[KIND]"),
        format_option("table", "json", "csv"),
        output_option(),
    ],
    callback=_run,
)
