"""``flopcalc show SPEC``: its YAML, or its graph."""

from __future__ import annotations

import sys

import click

from flopcalc.analysis import analyze_spec, split_inline
from flopcalc.cli.options import named_values, write_text
from flopcalc.errors import FlopcalcError, Problem
from flopcalc.number import as_text
from flopcalc.report import Report
from flopcalc.spec import load

__all__ = ["command"]


@click.command(name="show", help="Print a spec's YAML, or with --graph every layer with what it reads.")
@click.argument("spec")
@click.option("--graph", is_flag=True, help="Print the graph: every layer, its shape, and the layers it reads.")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A parameter, for --graph.")
@click.option("--output", metavar="FILE", help="Write to FILE, whole or not at all.")
def command(spec: str, graph: bool, settings: tuple[str, ...], output: str | None) -> None:
    """Print the text of a spec, or its graph."""
    name, values = split_inline(spec)
    loaded = load(name)
    if not graph:
        if values or settings:
            raise FlopcalcError(Problem("parameters change the graph, not the YAML", None, "", "add --graph"))
        write_text(loaded.text if loaded.text.endswith("\n") else loaded.text + "\n", output)
        return
    _print_graph(analyze_spec(loaded, {**values, **named_values(settings)}), output)


def _print_graph(report: Report, output: str | None) -> None:
    import io

    from flopcalc.render.table import shape_text
    from flopcalc.render.terminal import print_rows

    graph = report.totals.graph
    names = {tensor: label for label, tensor in graph.inputs.items()}
    order = tuple(report.parameters)
    rows = [
        ("", label, "input", shape_text(graph.shapes[tensor], order=order), "") for label, tensor in graph.inputs.items()
    ]
    outputs = set(graph.outputs.values())
    for number, (node, row) in enumerate(zip(graph.nodes, report.layers, strict=True), 1):
        names[node.output] = node.path
        read = ", ".join(names[graph.real(tensor)] for tensor in node.inputs)
        operation = row.operation if row.count == 1 else f"{row.operation}, {as_text(row.count)} times"
        mark = " (output)" if node.output in outputs else ""
        rows.append((str(number), node.path, operation, shape_text(row.output, order=order) + mark, read))
    stream = sys.stdout if output is None or output == "-" else io.StringIO()
    columns = [("#", True), ("Layer", False), ("Operation", False), ("Output", False), ("Reads", False)]
    print_rows(stream, columns, rows, report.spec.title or report.name)
    if isinstance(stream, io.StringIO):
        write_text(stream.getvalue(), output)
