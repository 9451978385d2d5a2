"""``flopcalc show SPEC``: its YAML, or its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.analysis import analyze_spec, resolve
from flopcalc.cli.help import Command
from flopcalc.cli.options import format_option, given_once, named_values, output_option
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.errors import FlopcalcError, Problem, listed
from flopcalc.number import as_text
from flopcalc.render.cells import shape_text
from flopcalc.render.formula import ASCII, UNICODE
from flopcalc.render.table import symbol_order
from flopcalc.report import Report

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["command"]


def _run(spec: str, graph: bool, settings: tuple[str, ...], output_format: str, output: str | None) -> None:
    loaded, inline = resolve(spec)
    values = given_once(inline.items(), named_values(settings).items())
    if graph:
        report = analyze_spec(loaded, values)
        if output_format == "json":
            from flopcalc.render.json import graph_as_dict

            write_json(graph_as_dict(report), output)
        else:
            write_text(graph_as_text(report, screen_for(output)), output)
        return
    if output_format == "json":
        raise FlopcalcError(Problem("a spec is shown as YAML; JSON is for its graph", None, "", "add --graph"))
    if values:
        raise FlopcalcError(Problem("parameters change the graph, not the YAML", None, "", "add --graph"))
    write_text(loaded.text if loaded.text.endswith("\n") else loaded.text + "\n", output)


def graph_as_text(report: Report, screen: Screen) -> str:
    """Return a graph as a listing: every layer, what it writes, and the layers that it reads.

    Names are broken over lines where the screen is narrow, and in a file they stay whole.
    """
    from flopcalc.render.terminal import Head, Paragraph, listing_as_text, paragraphs_as_text

    graph = report.totals.graph
    style = UNICODE if screen.unicode else ASCII
    order = symbol_order(report)
    names = {tensor: label for label, tensor in graph.inputs.items()}
    rows = [
        ("", label, "input", shape_text(graph.shapes[tensor], style, order), "")
        for label, tensor in graph.inputs.items()
    ]
    outputs = set(graph.outputs.values())
    for number, (node, row) in enumerate(zip(graph.nodes, report.layers, strict=True), 1):
        names[node.output] = node.path
        read = ", ".join(names[graph.real(tensor)] for tensor in node.inputs)
        operation = row.operation if row.count == 1 else f"{row.operation}, {as_text(row.count)} times"
        mark = " (output)" if node.output in outputs else ""
        rows.append((str(number), node.path, operation, shape_text(row.output, style, order) + mark, read))
    whole = not screen.bounded
    columns = [Head("#", True, True), *(Head(name, whole=whole) for name in ("Layer", "Operation", "Output", "Reads"))]
    listing = listing_as_text(columns, rows, screen, report.spec.title or report.name)
    passed = graph.identities
    if not passed:
        return listing
    verb = "is the identity: `when` leaves out its" if len(passed) == 1 else "are the identity: `when` leaves out their"
    return listing + "\n" + paragraphs_as_text([Paragraph(f"{listed(passed)} {verb} layers.", "dim")], screen)


command = Command(
    name="show",
    help="Print a spec's YAML, or with --graph every layer with what it reads.",
    params=[
        click.Argument(["spec"]),
        click.Option(
            ["--graph"], is_flag=True, help="Print the graph: every layer, its shape, and the layers it reads."
        ),
        click.Option(
            ["--set", "settings"],
            multiple=True,
            metavar="NAME=VALUE",
            help="A parameter, for --graph; SPEC:alpha=0.5,rho=1 sets it too.",
        ),
        format_option("table", "json"),
        output_option(),
    ],
    callback=_run,
)
