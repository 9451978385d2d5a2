"""``flopcalc list``: what there is."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from flopcalc.cli.options import write_text
from flopcalc.spec import catalog

__all__ = ["command"]

_TITLES = {"architectures": "Architectures", "blocks": "Blocks", "conventions": "Conventions"}


@click.command(name="list", help="List the packaged architectures, blocks and conventions.")
@click.argument("kind", required=False, type=click.Choice(tuple(_TITLES)), metavar="[architectures|blocks|conventions]")
@click.option(
    "--format",
    "output_format",
    type=click.Choice(("table", "json", "csv")),
    default="table",
    show_default=True,
    help="How the list is written.",
)
@click.option("--output", metavar="FILE", help="Write to FILE, whole or not at all.")
def command(kind: str | None, output_format: str, output: str | None) -> None:
    """Print the index of the packaged specs."""
    entries = [entry for entry in catalog.index() if kind is None or entry.kind == kind]
    if output_format == "json":
        from flopcalc.render.json import dump

        rows: list[dict[str, Any]] = [
            {**asdict(entry), "parameters": list(entry.parameters), "variants": list(entry.variants)}
            for entry in entries
        ]
        write_text(dump(rows) + "\n", output)
        return
    if output_format == "csv":
        import csv
        import io

        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(("name", "kind", "title", "source", "parameters", "variants"))
        for entry in entries:
            writer.writerow(
                (entry.name, entry.kind, entry.title, entry.source, " ".join(entry.parameters), " ".join(entry.variants))
            )
        write_text(buffer.getvalue(), output)
        return
    _print(entries, output)


def _print(entries: list[catalog.Listed], output: str | None) -> None:
    import io

    from flopcalc.render.terminal import print_rows

    stream = sys.stdout if output is None or output == "-" else io.StringIO()
    for kind, title in _TITLES.items():
        rows = [entry for entry in entries if entry.kind == kind]
        if not rows:
            continue
        if kind == "conventions":
            columns = ("Name", "Title", "Source")
            cells = [(entry.name, entry.title, entry.source) for entry in rows]
        else:
            columns = ("Name", "Variants", "Parameters")
            cells = [
                (entry.name, ", ".join(v for v in entry.variants if v != entry.name), ", ".join(entry.parameters))
                for entry in rows
            ]
        print_rows(stream, [(column, False) for column in columns], cells, title)
        stream.write("\n")
    if isinstance(stream, io.StringIO):
        write_text(stream.getvalue(), output)
