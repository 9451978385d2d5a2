"""``flopcalc export SPEC -o net.onnx``: the network as an ONNX model that runs."""

from __future__ import annotations

from typing import Any

import click

from flopcalc import __version__
from flopcalc.cli.options import Word, shared_options
from flopcalc.cli.output import is_standard_output, whole_file, write_text
from flopcalc.cli.spec_options import OnSpec, report_of
from flopcalc.errors import FlopcalcError, Problem

__all__ = ["command"]

_SHARED = ("input_shape", "settings")
"""The options of the main command that this one has too."""


def _options() -> list[click.Option]:
    from flopcalc.exporting import WEIGHTS

    return [
        click.Option(["-o", "--output"], metavar="FILE", help="Write to FILE, whole or not at all; required."),
        click.Option(
            ["--weights"],
            type=Word(*WEIGHTS),
            default="random",
            show_default=True,
            help="; ".join(f"{name}: {what}" for name, what in WEIGHTS.items()) + ".",
        ),
        click.Option(
            ["--seed"],
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            metavar="N",
            help="Of the random weights: the same seed gives the same ones.",
        ),
        click.Option(
            ["--pass-custom"],
            is_flag=True,
            help="Let custom layers that learn nothing and keep the shape, as a mask, pass on what they read; they are "
            "refused otherwise.",
        ),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


def _run(ctx: click.Context, /, **options: Any) -> None:
    from flopcalc.exporting import model_bytes, model_of

    output = options["output"]
    if is_standard_output(output):
        what = "a model is no text for a screen" if output else "it is not said where the model is to be written"
        raise FlopcalcError(Problem(what, None, "", "-o net.onnx"))
    report = report_of(ctx, options)
    model = model_of(report.totals.graph, report.name, pass_custom=options["pass_custom"])
    written = model_bytes(model, weights=options["weights"], seed=options["seed"], producer=__version__)
    with whole_file(output) as file:
        file.write(written)
    operators = sum(operator.kind != "Constant" for operator in model.operators)
    sizes = f"{model.params:,} parameters, {operators:,} operators of opset {model.opset}"
    write_text(f"{output}: {sizes}, {len(written):,} bytes\n")


command = OnSpec(
    name="export",
    help="Write a network as an ONNX model that onnxruntime and others run, one sample at a time; a layer's operators "
    'are called by its path. Every size needs a number. Needs the package onnx: pip install "flopcalc[onnx]".',
    options=_options,
    run=_run,
)
