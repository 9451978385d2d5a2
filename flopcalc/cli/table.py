"""The main job: ``flopcalc SPEC [--PARAMETER VALUE …]`` prints the table of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.options import shared_options, split_list
from flopcalc.cli.output import write_report
from flopcalc.cli.spec_options import report_of
from flopcalc.cli.spec_options import spec_command as command_on

if TYPE_CHECKING:
    from flopcalc.render.table import Ranking

__all__ = ["spec_command"]


def spec_command(text: str, commands: Mapping[str, object]) -> click.Command:
    """Return the command for a spec's name, a variant's, or a path, perhaps with values inline.

    Raises
    ------
    FlopcalcError
        Where there is no such spec; near commands are suggested too.
    """
    return command_on(text, shared_options(), _run, others=commands)


def _ranking(options: Mapping[str, Any]) -> Ranking | None:
    """Return the order of the rows that is asked for: the most FLOPs first where only their number is."""
    from flopcalc.render.table import Ranking

    sort, top = options["sort"], options["top"]
    return None if sort is None and top is None else Ranking(sort or Ranking().column, top)


def _run(ctx: click.Context, /, **options: Any) -> None:
    write_report(
        report_of(ctx, options),
        output_format=options["output_format"],
        output=options["output"],
        by=options["by"],
        columns=split_list(options["columns"]),
        units=options["units"],
        ranking=_ranking(options),
    )
