"""``flopcalc schema``: the JSON Schema of spec files."""

from __future__ import annotations

import click

from flopcalc.cli.options import write_text

__all__ = ["command"]


@click.command(name="schema", help="Print the JSON Schema of spec files, by which editors complete and check them.")
@click.option("--output", metavar="FILE", help="Write to FILE, whole or not at all.")
def command(output: str | None) -> None:
    """Print the schema."""
    from flopcalc.render.json import dump
    from flopcalc.spec.schema import spec_schema

    write_text(dump(spec_schema()) + "\n", output)
