"""``flopcalc schema``: the JSON Schema of spec files."""

from __future__ import annotations

from flopcalc.cli.help import Command
from flopcalc.cli.options import output_option
from flopcalc.cli.output import write_json

__all__ = ["command"]


def _run(output: str | None) -> None:
    from flopcalc.spec.schema import spec_schema

    write_json(spec_schema(), output)


command = Command(
    name="schema",
    help="Print the JSON Schema of spec files, by which editors complete and check them.",
    params=[output_option()],
    callback=_run,
)
