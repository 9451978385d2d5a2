"""``flopcalc explain SPEC FIGURE``: which convention, variant or slip yields a figure that somebody quotes."""

from __future__ import annotations

from typing import Any

import click

from flopcalc.cli.options import Word, format_option, output_option, shared_options
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.cli.spec_options import OnSpec, asked_of

__all__ = ["command"]

_SHARED = ("dtype", "input_shape", "settings")
"""The options of the main command that this one has too."""

_METRICS = ("params", "flops", "mac", "size")


def _options() -> list[click.Option]:
    return [
        format_option("table", "json", "markdown"),
        output_option(),
        click.Option(
            ["--metric"],
            type=Word(*_METRICS),
            help="What the figure is of; size is bytes on a disk, mac memory access cost.  [default: as its unit says, "
            "or else what is nearest]",
        ),
        click.Option(
            ["--top"], type=click.IntRange(min=1), default=5, show_default=True, metavar="N", help="Show N at most."
        ),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


def _run(ctx: click.Context, /, figure: tuple[str, ...], **options: Any) -> int:
    from flopcalc.theory.explain import explain_spec

    spec, values, given = asked_of(ctx, options)
    found = explain_spec(spec, values, " ".join(figure), metric=options["metric"], **given)
    from flopcalc.render import ledger as render

    output_format, output, top = options["output_format"], options["output"], options["top"]
    if output_format == "json":
        write_json(render.explained_as_dict(found), output)
    elif output_format == "markdown":
        write_text(render.explained_as_markdown(found, top=top), output)
    else:
        write_text(render.explained_as_text(found, screen_for(output), top=top), output)
    return 0 if found.found else 1


command = OnSpec(
    name="explain",
    help="Which convention, variant or slip yields FIGURE, which somebody quotes of SPEC: 4.13G, 4.09e9, "
    "4,089,184,256, 25.6M params, 97.8 MB. It is read with the precision that it is printed in. What fits comes first, "
    "the simplest before what supposes more; exit code 1 where nothing does.",
    options=_options,
    run=_run,
    argument=click.Argument(["figure"], nargs=-1, required=True, metavar="FIGURE"),
)
