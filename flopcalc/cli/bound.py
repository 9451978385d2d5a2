"""``flopcalc bound SPEC``: each convolution's memory access cost beside the least at the same FLOPs."""

from __future__ import annotations

from typing import Any

import click

from flopcalc.cli.options import COUNTING, Word, page_options, shared_options
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import OnSpec, report_of
from flopcalc.report import GROUPINGS

__all__ = ["command"]

_SHARED = ("units", *COUNTING)
"""The options of the main command that this one has too."""


def _options() -> list[click.Option]:
    return [
        *page_options(),
        click.Option(["--by"], type=Word(*GROUPINGS), default="layer", show_default=True, help="Put rows together."),
        click.Option(
            ["--top"], type=click.IntRange(min=1), metavar="N", help="Only the N rows that cost most above the least."
        ),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


def _run(ctx: click.Context, /, **options: Any) -> int:
    report = report_of(ctx, options)
    chosen = chosen_format(options)
    from flopcalc.pages.bound import bound_page
    from flopcalc.theory.bounds.network import bounds_of

    bounds = bounds_of(report)
    write_page(bound_page(bounds, by=options["by"], top=options["top"]), chosen, options)
    return exit_code(report)


command = OnSpec(
    name="bound",
    help="Each convolution's memory access cost beside the least at its FLOPs, kernel and groups, and the channel "
    "widths that would reach it. A parameter without a value is a symbol, and the bounds are formulas.",
    options=_options,
    run=_run,
)
