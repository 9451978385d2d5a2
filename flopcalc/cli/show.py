"""``flopcalc show [KIND] NAME``: its YAML, or a spec's graph, or its network in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from flopcalc.analysis import analyze_spec, resolve, split_inline
from flopcalc.cli.completing import beginning
from flopcalc.cli.options import format_option, given_once, output_option
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.cli.spec_options import USAGE, OnSpecs, shared_values
from flopcalc.errors import FlopcalcError, Problem, UnknownNameError, listed, one_of, shorten, suggest
from flopcalc.importing.loading import is_model
from flopcalc.number import as_text
from flopcalc.render.cells import shape_text
from flopcalc.render.formula import ASCII, UNICODE
from flopcalc.render.table import symbol_order
from flopcalc.report import Report
from flopcalc.spec import catalog, is_path
from flopcalc.spec.opening import document_of, one
from flopcalc.spec.syntax import read_text

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["command"]


KINDS: Mapping[str, str] = {word: kind for kind in catalog.KINDS for word in (kind.removesuffix("s"), kind)}
"""The kinds of packaged files by the words for one and for several."""


@click.pass_context
def _run(
    ctx: click.Context,
    /,
    name: tuple[str, ...],
    graph: bool,
    torch: bool,
    pass_custom: bool,
    settings: tuple[str, ...],
    output_format: str,
    output: str | None,
) -> None:
    word, kind = _named(name)
    if graph and torch:
        raise FlopcalcError(Problem("--graph and --torch are two ways to show a spec", None, "one of them"))
    if pass_custom and not torch:
        raise FlopcalcError(Problem("--pass-custom goes with --torch", None, "", "--torch --pass-custom"))
    shared = shared_values(ctx, [word] if kind in catalog.SPEC_KINDS else [], settings)
    if kind not in catalog.SPEC_KINDS:
        singular = kind.removesuffix("s")
        if graph or torch or output_format == "json":
            flag = "--graph" if graph else "--torch"
            what = f"{flag} goes with a spec" if graph or torch else f"{one(singular)} is shown as YAML"
            raise FlopcalcError(Problem(what))
        if shared:
            raise FlopcalcError(Problem(f"{one(singular)} has no parameters"))
        path = Path(word) if is_path(word) else document_of(word, singular)
        write_text(_ended(read_text(path, word, sort=f"{one(singular)}'s file")), output)
        return
    loaded, inline = resolve(word)
    values = given_once(inline.items(), shared.items())
    if graph:
        report = analyze_spec(loaded, values)
        if output_format == "json":
            from flopcalc.render.json import graph_as_dict

            write_json(graph_as_dict(report), output)
        else:
            write_text(graph_as_text(report, screen_for(output)), output)
        return
    if torch:
        if output_format == "json":
            raise FlopcalcError(Problem("--torch writes Python, not JSON", None, "", "--graph --format json"))
        from flopcalc.exporting import torch_source

        report = analyze_spec(loaded, values)
        title = report.spec.title or report.name
        write_text(torch_source(report.totals.graph, report.name, title, pass_custom=pass_custom), output)
        return
    if output_format == "json":
        raise FlopcalcError(Problem("a spec is shown as YAML; JSON is for its graph", None, "", "add --graph"))
    if values:
        raise FlopcalcError(Problem("parameters change the graph, not the YAML", None, "", "add --graph or --torch"))
    write_text(_ended(loaded.at({}).text), output)


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _named(words: Sequence[str]) -> tuple[str, str]:
    """Return the name that is asked for, and its kind: the one that is said, or the only one that has such a name.

    A spec comes before documents of its name, as in every command.

    Raises
    ------
    UnknownNameError
        Where there is no such kind, nothing of that name, or more than one.
    """
    if len(words) > 2:
        raise FlopcalcError(Problem("several names are given", None, "one NAME, perhaps after its KIND"))
    *kinds, name = words
    spec = split_inline(name)[0]
    found = catalog.find(spec)
    if kinds:
        kind = KINDS.get(kinds[0].casefold())
        if kind is None:
            known = [word.removesuffix("s") for word in catalog.KINDS]
            what = f"there is no kind `{shorten(kinds[0])}`"
            raise UnknownNameError(Problem(what, None, one_of(known), suggest(kinds[0], known)))
        if kind in catalog.SPEC_KINDS and not is_path(spec) and (found is None or found[0].parent.name != kind):
            what = f"there is no {kind.removesuffix('s')} `{shorten(spec)}`"
            known = [item for entry in catalog.index() if entry.kind == kind for item in (entry.name, *entry.variants)]
            raise UnknownNameError(Problem(what, None, one_of(known), suggest(spec, known)))
        return name, kind
    if found is not None or is_path(spec) or is_model(name):
        return name, catalog.SPEC_KINDS[0]
    having = [kind for kind in catalog.DOCUMENT_KINDS if catalog.find_document(name, kind) is not None]
    if len(having) == 1:
        return name, having[0]
    singulars = [kind.removesuffix("s") for kind in having]
    if having:
        raise UnknownNameError(
            Problem(
                f"`{shorten(name)}` is the name of {' and of '.join(map(one, singulars))}",
                None,
                "the kind before the name",
                " or ".join(f"`flopcalc show {singular} {name}`" for singular in singulars),
            )
        )
    names = [item for entry in catalog.index() for item in (entry.name, *entry.variants)]
    what = f"there is nothing called `{shorten(name)}`"
    hint = catalog.beside_you(name) or suggest(name, dict.fromkeys(names)) or "`flopcalc list` shows what there is"
    raise UnknownNameError(Problem(what, None, "a name, or a path that ends in .yaml", hint))


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


def _completed(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete names, those of the kind before it where one is said."""
    said = [KINDS[word] for word in ctx.params.get("name") or () if word in KINDS]
    known = [e for e in catalog.index() if not said or e.kind == said[0]]
    kinds = () if ctx.params.get("name") else [kind.removesuffix("s") for kind in catalog.KINDS]
    return beginning([*kinds, *(name for entry in known for name in (entry.name, *entry.variants))], incomplete)


command = OnSpecs(
    name="show",
    help="Print the YAML of a spec, a convention, a worksheet, a derivation or an experiment, or with --graph every "
    "layer of a spec with what it reads, or with --torch its network as a PyTorch module. KIND stands before a name "
    "that is another thing's too: `show derivation g1`.",
    params=[
        click.Argument(["name"], nargs=-1, required=True, metavar="[KIND] NAME", shell_complete=_completed),
        click.Option(
            ["--graph"], is_flag=True, help="Print the graph: every layer, its shape, and the layers it reads."
        ),
        click.Option(["--torch"], is_flag=True, help="Print the network as the source of a PyTorch module."),
        click.Option(
            ["--pass-custom"],
            is_flag=True,
            help="With --torch: let custom layers that learn nothing and keep the shape, as a mask, pass on what they "
            "read.",
        ),
        click.Option(
            ["--set", "settings"],
            multiple=True,
            metavar="NAME=VALUE",
            help="A parameter, for --graph and --torch; --alpha 0.5 and SPEC:alpha=0.5,rho=1 set it too.",
        ),
        format_option("table", "json"),
        output_option(),
    ],
    callback=_run,
    options_metavar=USAGE,
)
