"""``flopcalc diff A B``: in what two networks differ, layer by layer."""

from __future__ import annotations

from typing import Any

import click

from flopcalc.cli.completing import kinds_of
from flopcalc.cli.options import COUNTING, input_shapes, page_options, shared_options, split_list
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import USAGE, OnSpecs, shared_values
from flopcalc.errors import ParameterError, Problem

__all__ = ["command"]

_SHARED = ("units", *(name for name in COUNTING if name != "dtype"))
"""The options of the main command that this one has too."""


@click.pass_context
def _run(ctx: click.Context, /, specs: tuple[str, ...], **options: Any) -> int:
    chosen = chosen_format(options, read=specs)
    if len(specs) != 2:
        hint = "`flopcalc compare` sets several specs side by side"
        raise ParameterError(
            Problem(f"flopcalc diff is given {len(specs)} SPEC{'s' * (len(specs) != 1)}", None, "two", hint)
        )
    from flopcalc.difference import diff_specs
    from flopcalc.pages.diff import diff_page

    found = diff_specs(
        (specs[0], specs[1]),
        shared_values(ctx, specs, options["settings"]),
        every=options["every"],
        symbolic=split_list(options["symbolic"]) or (),
        symbols=split_list(options["symbols"]) or (),
        input=input_shapes(options["input_shape"]),
        **{name: options[name] for name in ("assume", "exact_rounding", "fused", "batch", "assume_free")},
    )
    write_page(diff_page(found), chosen, options)
    return exit_code(*found.reports) if found.same else 1


command = OnSpecs(
    name="diff",
    help="Say in what two networks differ, layer by layer, whatever their layers are called and however they are "
    "written: attributes, shapes, parameters, multiply-adds, and layers that only one of them has. The exit code is 0 "
    "where they are the same, and 1 where they differ. --PARAMETER VALUE goes to both where both have the parameter; "
    "SPEC:alpha=0.5,rho=1 gives one side values of its own.\n\n"
    "\b\n"
    "flopcalc diff resnet50 resnet50:stride_at=1x1\n"
    "flopcalc diff mine.yaml mobilenet_v2 --input 3,192,192",
    params=[
        click.Argument(["specs"], nargs=-1, metavar="A B", shell_complete=kinds_of("specs")),
        click.Option(
            ["--all", "every"],
            is_flag=True,
            help="Compare layers that cost nothing too, and show what follows from other differences.",
        ),
        *page_options(),
        *(option for option in shared_options() if option.name in _SHARED),
    ],
    callback=_run,
    options_metavar=USAGE,
)
