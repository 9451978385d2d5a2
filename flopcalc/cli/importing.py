"""``flopcalc import MODEL``: a model from elsewhere as a spec."""

from __future__ import annotations

import click

from flopcalc.analysis import split_inline
from flopcalc.cli.help import Command
from flopcalc.cli.options import input_shapes
from flopcalc.cli.output import say, write_text
from flopcalc.errors import FlopcalcError, Problem, shorten
from flopcalc.shapes import read_input

__all__ = ["command"]


def _run(model: str, input_shape: tuple[str, ...], flat: bool, output: str | None) -> None:
    from flopcalc.importing.document import text_of
    from flopcalc.importing.loading import is_model, read_at_any_size

    if not is_model(model):
        name = split_inline(model)[0]
        what = f"`{shorten(name)}` names no model from elsewhere"
        expected = "an ONNX file, or a factory in a Python module: net.onnx, torchvision.models:resnet50"
        raise FlopcalcError(Problem(what, None, expected, f"a spec is printed by `flopcalc show {shorten(name)}`"))
    trace = read_at_any_size(model, read_input(input_shapes(input_shape)))
    plain = text_of(trace)
    text = plain
    if not flat:
        from flopcalc.comparison.sameness import folded

        text = folded(trace)
    write_text(text, output)
    for note in trace.notes:
        say(note)
    lines, layers = (f"{count:,} {word}" for count, word in ((text.count("\n"), "lines"), (len(trace.steps), "layers")))
    if flat:
        say(f"{lines} for {layers}, one after the other.")
    elif text == plain:
        say(f"{lines} for {layers}, one after the other: nothing in them could be put together.")
    else:
        say(
            f"{lines} for {layers}, which one after the other are {plain.count(chr(10)):,} lines. Built from both, the "
            "graphs are the same, layer by layer: attributes, shapes, parameters, multiply-adds and memory access."
        )


command = Command(
    name="import",
    help="Write a model from elsewhere as a spec: modules that are alike become blocks, their differences parameters, "
    "what comes again repeats and tables. MODEL is an ONNX file, or a factory in a Python module with values for its "
    "arguments:\n\n"
    "\b\nflopcalc import net.onnx --output net.yaml\n"
    "flopcalc import torchvision.models:resnet50 --output mine.yaml\n"
    "flopcalc import mynet.py:Net:width=2 --input 3,224,224\n\n"
    "The spec is built and compared with the model, layer by layer, before it is written; a block that would not be "
    "the same is written out where it stands.",
    params=[
        click.Argument(["model"], metavar="MODEL"),
        click.Option(
            ["--input", "input_shape"],
            multiple=True,
            metavar="C,H,W",
            help="The input's shape, where the model leaves it open or another is meant; label=C,H,W where there are "
            "several.",
        ),
        click.Option(["--flat"], is_flag=True, help="Write the layers one after the other, grouped by their modules."),
        click.Option(["--output", "-o"], metavar="FILE", help="Write to FILE, whole or not at all."),
    ],
    callback=_run,
)
