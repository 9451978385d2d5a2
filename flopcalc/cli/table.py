"""The main job: ``flopcalc SPEC [--PARAMETER VALUE …]`` prints the table of a spec."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from typing import Any

import click

from flopcalc.analysis import analyze_spec, split_inline
from flopcalc.binding import is_truth
from flopcalc.cli.options import SHARED, named_values, split_list, write_text
from flopcalc.errors import FlopcalcError, Problem, UnknownNameError
from flopcalc.number import as_text
from flopcalc.report import Report
from flopcalc.spec import Parameter, Spec, load

__all__ = ["spec_command"]

_PREFIX = "parameter_"


class SpecCommand(click.Command):
    """A spec as a command: its parameters are options, and stand first in its help."""

    def __init__(self, spec: Spec, settings: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.spec = spec
        self.settings = settings

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        records: dict[str, list[tuple[str, str]]] = {"Parameters": [], "Options": []}
        for option in self.get_params(ctx):
            record = option.get_help_record(ctx)
            if record is not None:
                own = (option.name or "").startswith(_PREFIX)
                records["Parameters" if own else "Options"].append(record)
        for title, rows in records.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)
        if self.spec.variants:
            with formatter.section("Variants"):
                formatter.write_text(", ".join(self.spec.variants))


def spec_command(text: str, commands: Mapping[str, object]) -> click.Command:
    """Return the command for a spec's name, a variant's, or a path, perhaps with values inline.

    Raises
    ------
    FlopcalcError
        Where there is no such spec; near commands are suggested too.
    """
    name, settings = split_inline(text)
    try:
        spec = load(name)
    except UnknownNameError:
        from flopcalc.spec.catalog import unknown

        raise unknown(name, commands) from None
    shared = [make() for make in SHARED]
    taken = {option for item in shared for option in item.opts} | {"--help", "--version"}
    own: list[click.Parameter] = []
    for free in spec.free_names():
        own.append(_option(free, None, spec, taken))
    for parameter in spec.parameters.values():
        own.append(_option(parameter.name, parameter, spec, taken))
    title = spec.title or spec.name
    lines = [f"{title}: {spec.variant}" if spec.variant else title]
    if spec.source:
        lines.append(spec.source)
    return SpecCommand(
        spec,
        settings,
        name=text,
        help="\b\n" + "\n".join(lines),
        params=[option for option in own if option is not None] + shared,
        callback=_run,
        options_metavar="[--PARAMETER VALUE …] [OPTIONS]",
    )


def _option(name: str, parameter: Parameter | None, spec: Spec, taken: set[str]) -> Any:
    """Return the option of one parameter, or None where a shared option has its name."""
    spellings = [f"--{name}"]
    if "_" in name:
        spellings.append(f"--{name.replace('_', '-')}")
    spellings = [spelling for spelling in spellings if spelling not in taken]
    if not spellings:
        return None
    return click.Option([_PREFIX + name, *spellings], metavar=_metavar(parameter), help=_help(name, parameter, spec))


def _metavar(parameter: Parameter | None) -> str:
    if parameter is not None and parameter.choices:
        return "|".join(as_text(choice) for choice in parameter.choices)
    if parameter is not None and is_truth(parameter):
        return "true|false"
    return "VALUE"


def _help(name: str, parameter: Parameter | None, spec: Spec) -> str:
    if parameter is None:
        return "of the input; a symbol where not given"
    default = "a symbol where not given"
    if name in spec.preset:
        default = as_text(spec.preset[name])
    elif parameter.default is not None:
        default = parameter.default.text
    bounds = [
        f"{words} {bound.text}"
        for words, bound in (("at least", parameter.minimum), ("at most", parameter.maximum), ("above", parameter.above))
        if bound is not None
    ]
    notes = [default if default.startswith("a symbol") else f"default: {default}", *bounds]
    return f"{parameter.help}  [{'; '.join(notes)}]".strip()


@click.pass_context
def _run(ctx: click.Context, /, **options: Any) -> None:
    command = ctx.command
    assert isinstance(command, SpecCommand)
    values: dict[str, object] = dict(command.settings)
    given = {
        key[len(_PREFIX) :]: value
        for key, value in options.items()
        if key.startswith(_PREFIX) and value is not None
    }
    for more in (given, named_values(options["settings"])):
        for name, value in more.items():
            if name in values:
                raise FlopcalcError(Problem(f"{name} is given twice", None, "every parameter once"))
            values[name] = value
    report = analyze_spec(
        command.spec,
        values,
        convention=options["convention"],
        symbolic=split_list(options["symbolic"]) or (),
        input=_shapes(options["input_shape"]),
        assume=options["assume"],
        exact_rounding=options["exact_rounding"],
        dtype=options["dtype"],
    )
    columns = split_list(options["columns"])
    write_report(
        report,
        output_format=options["output_format"],
        output=options["output"],
        by=options["by"],
        columns=columns,
        units=options["units"],
    )


def _shapes(texts: tuple[str, ...]) -> dict[str, object] | None:
    if not texts:
        return None
    shapes: dict[str, object] = {}
    for text in texts:
        label, equals, shape = text.rpartition("=")
        shapes[label if equals else "input"] = shape
    return shapes


def write_report(
    report: Report,
    *,
    output_format: str,
    output: str | None,
    by: str | None,
    columns: list[str] | None,
    units: str,
) -> None:
    """Write a report in one of the formats, to a file or to the standard output."""
    if columns is not None:
        from flopcalc.render.table import check_columns

        check_columns(columns)
    if output_format == "table":
        from flopcalc.render.terminal import print_report

        if output is None or output == "-":
            print_report(report, sys.stdout, by=by, columns=columns, units=units)
            return
        buffer = io.StringIO()
        print_report(report, buffer, by=by, columns=columns, units=units)
        write_text(buffer.getvalue(), output)
    else:
        write_text(_rendered(report, output_format, by, columns), output)


def _rendered(report: Report, output_format: str, by: str | None, columns: list[str] | None) -> str:
    if output_format == "json":
        from flopcalc.render.json import dump, report_as_dict

        return dump(report_as_dict(report, by)) + "\n"
    if output_format == "csv":
        from flopcalc.render.csv import report_as_csv

        return report_as_csv(report, by=by, columns=columns)
    if output_format == "markdown":
        from flopcalc.render.markdown import report_as_markdown

        return report_as_markdown(report, by=by, columns=columns)
    from flopcalc.render.latex import report_as_latex

    return report_as_latex(report, by=by, columns=columns)
