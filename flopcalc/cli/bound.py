"""``flopcalc bound SPEC``: each convolution's memory access cost beside the least at the same FLOPs."""

from __future__ import annotations

from typing import Any

import click

from flopcalc.cli.options import FORMATS, Word, format_option, output_option, shared_options
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.cli.spec_options import OnSpec, report_of
from flopcalc.errors import FlopcalcError, Problem
from flopcalc.report import GROUPINGS

__all__ = ["command"]

_SHARED = ("units", "dtype", "symbolic", "symbols", "assume", "exact_rounding", "input_shape", "settings")
"""The options of the main command that this one has too."""


def _options() -> list[click.Option]:
    return [
        format_option(*FORMATS),
        output_option(),
        click.Option(["--by"], type=Word(*GROUPINGS), default="layer", show_default=True, help="Put rows together."),
        click.Option(
            ["--top"], type=click.IntRange(min=1), metavar="N", help="Only the N rows that cost most above the least."
        ),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


def _run(ctx: click.Context, /, **options: Any) -> None:
    from flopcalc.theory.bounds import bounds_of

    output_format, output, units = options["output_format"], options["output"], options["units"]
    if units == "human" and output_format in ("json", "csv"):
        raise FlopcalcError(Problem(f"--units human does not go with --format {output_format}, which is exact"))
    bounds = bounds_of(report_of(ctx, options))
    from flopcalc.render import bound as render

    chosen = {"by": options["by"], "top": options["top"]}
    if output_format == "json":
        write_json(render.bounds_as_dict(bounds, **chosen), output)
    elif output_format == "csv":
        write_text(render.bounds_as_csv(bounds, **chosen), output)
    elif output_format == "markdown":
        write_text(render.bounds_as_markdown(bounds, units=units, **chosen), output)
    elif output_format == "latex":
        write_text(render.bounds_as_latex(bounds, units=units, **chosen), output)
    else:
        write_text(render.bounds_as_text(bounds, screen_for(output), units=units, **chosen), output)


command = OnSpec(
    name="bound",
    help="Each convolution's memory access cost beside the least at its FLOPs, kernel and groups, and the channel "
    "widths that would reach it. A parameter without a value is a symbol, and the bounds are formulas.",
    options=_options,
    run=_run,
)
