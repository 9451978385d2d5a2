"""``flopcalc conventions SPEC``: every convention's total, and the ledger that explains each gap."""

from __future__ import annotations

from typing import Any

import click

from flopcalc.cli.options import Word, format_option, output_option, shared_options, split_list
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.cli.spec_options import OnSpec, report_of
from flopcalc.convention import COUNTED
from flopcalc.errors import FlopcalcError, Problem

__all__ = ["command"]

_SHARED = ("units", "dtype", "symbolic", "symbols", "assume", "exact_rounding", "input_shape", "settings")
"""The options of the main command that this one has too."""


def _options() -> list[click.Option]:
    return [
        format_option("table", "json", "csv", "markdown"),
        output_option(),
        click.Option(
            ["--convention", "names"],
            multiple=True,
            metavar="NAME|PATH,…",
            help="Which ones; flopcalc list conventions shows which there are.  [default: all of them]",
        ),
        click.Option(
            ["--against"],
            metavar="NAME|PATH",
            help="What they are compared with.  [default: paper; weights for params]",
        ),
        click.Option(
            ["--metric"],
            type=Word(*COUNTED),
            default="flops",
            show_default=True,
            help="What they count; params also has ways of its own: weights, biases, params, statistics.",
        ),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


def _run(ctx: click.Context, /, **options: Any) -> None:
    from flopcalc.theory.ledger import conventions_of

    output_format, output, units = options["output_format"], options["output"], options["units"]
    if units == "human" and output_format in ("json", "csv"):
        raise FlopcalcError(Problem(f"--units human does not go with --format {output_format}, which is exact"))
    found = conventions_of(
        report_of(ctx, options),
        names=split_list(options["names"]),
        against=options["against"],
        metric=options["metric"],
    )
    from flopcalc.render import ledger as render

    if output_format == "json":
        write_json(render.conventions_as_dict(found), output)
    elif output_format == "csv":
        write_text(render.conventions_as_csv(found), output)
    elif output_format == "markdown":
        write_text(render.conventions_as_markdown(found, units=units), output)
    else:
        write_text(render.conventions_as_text(found, screen_for(output), units=units), output)


command = OnSpec(
    name="conventions",
    help="Every convention's total side by side, and a ledger for each that explains its gap from the papers' count: "
    "what is counted more, by which rule, and how much that is. The lines add up to the last digit.",
    options=_options,
    run=_run,
)
