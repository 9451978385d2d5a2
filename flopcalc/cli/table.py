"""The main job: ``flopcalc SPEC [--PARAMETER VALUE …]`` prints the table of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.options import shared_options, split_list
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import report_of
from flopcalc.cli.spec_options import spec_command as command_on
from flopcalc.errors import FlopcalcError, Problem

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


def _run(ctx: click.Context, /, **options: Any) -> int:
    report = report_of(ctx, options)
    chosen = chosen_format(options)
    columns, ranking = split_list(options["columns"]), _ranking(options)
    from flopcalc.pages.report import report_page

    page = report_page(report, by=options["by"], columns=columns, ranking=ranking)
    if chosen.name == "json":
        if columns is not None:
            raise FlopcalcError(Problem("--columns does not go with --format json, which holds every column"))
        if ranking is not None:
            raise FlopcalcError(Problem("--sort and --top do not go with --format json, which holds every layer"))
    write_page(page, chosen, options)
    return exit_code(report)
