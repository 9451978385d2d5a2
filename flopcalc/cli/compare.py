"""``flopcalc compare SPEC SPEC …``: specs side by side, and at equal budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from flopcalc.cli.completing import kinds_of
from flopcalc.cli.options import Word, input_shapes, shared_options, split_list
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.cli.spec_options import USAGE, OnSpecs, shared_values
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, shorten, suggest
from flopcalc.metrics import SWEPT

__all__ = ["command"]

_LEFT_OUT = ("--by", "--columns", "--sort", "--top")


@click.pass_context
def _run(
    ctx: click.Context,
    /,
    specs: tuple[str, ...],
    equal: str | None,
    vary: str | None,
    metrics: tuple[str, ...],
    output_format: str,
    output: str | None,
    units: str,
    settings: tuple[str, ...],
    symbolic: tuple[str, ...],
    symbols: tuple[str, ...],
    input_shape: tuple[str, ...],
    **options: Any,
) -> None:
    if len(specs) < 2:
        what = f"flopcalc compare needs {'another' if specs else 'two'} SPEC{'' if specs else 's'}"
        raise ParameterError(Problem(what, None, "at least two", "`flopcalc list` shows what there is"))
    if (equal is None) is not (vary is None):
        there, missing = ("--equal", "--vary NAME") if vary is None else ("--vary", "--equal METRIC")
        raise ParameterError(Problem(f"{there} needs {missing} as well", None, "", "--equal flops --vary C"))
    from flopcalc.comparison import compare_specs

    measures = _measures(metrics, output_format)
    if units == "human" and output_format in ("json", "csv"):
        raise FlopcalcError(Problem(f"--units human does not go with --format {output_format}, which is exact"))
    comparison = compare_specs(
        specs,
        shared_values(ctx, specs, settings),
        equal=equal,
        vary=vary,
        symbolic=split_list(symbolic) or (),
        symbols=split_list(symbols) or (),
        input=input_shapes(input_shape),
        **options,
    )
    from flopcalc.render import comparison as render

    if output_format == "json":
        write_json(render.comparison_as_dict(comparison), output)
    elif output_format == "csv":
        write_text(render.comparison_as_csv(comparison, measures=measures), output)
    elif output_format == "markdown":
        write_text(render.comparison_as_markdown(comparison, measures=measures, human=units == "human"), output)
    elif output_format == "latex":
        write_text(render.comparison_as_latex(comparison, measures=measures, human=units == "human"), output)
    else:
        write_text(render.comparison_as_text(comparison, screen_for(output), measures=measures, units=units), output)


def _measures(texts: Sequence[str], output_format: str) -> list[str] | None:
    """Return the rows that are asked for."""
    from flopcalc.comparison import MEASURES

    names = split_list(texts)
    if names is None:
        return None
    if output_format == "json":
        raise FlopcalcError(Problem("--metrics does not go with --format json, which holds every metric"))
    known = "some of " + ", ".join(MEASURES)
    problems = [
        Problem(f"there is no metric `{shorten(name)}`", None, known, suggest(name, MEASURES))
        for name in names
        if name not in MEASURES
    ]
    if not names:
        problems.append(Problem("no metric is named", None, known))
    if problems:
        raise UnknownNameError(*problems)
    return list(dict.fromkeys(names))


def _own_options() -> list[click.Parameter]:
    from flopcalc.comparison import MEASURES

    return [
        click.Argument(["specs"], nargs=-1, metavar="SPEC SPEC …", shell_complete=kinds_of("specs")),
        click.Option(
            ["--equal"],
            type=Word(*SWEPT),
            metavar="METRIC",
            help="Bring every side but the first to the first one's budget: " + ", ".join(SWEPT) + ".",
        ),
        click.Option(
            ["--vary"],
            metavar="NAME",
            help="What is varied for it: a parameter of each of them, or a symbol in its values.",
        ),
        click.Option(
            ["--metrics"],
            multiple=True,
            metavar="NAME,…",
            help="Which rows, in which order: " + ", ".join(MEASURES) + ".",
        ),
    ]


command = OnSpecs(
    name="compare",
    help="Compare specs side by side: every metric, and its ratio to the first. --PARAMETER VALUE goes to every side "
    "that has the parameter; SPEC:alpha=0.5,rho=1 gives one side values of its own, which come before those.\n\n"
    "\b\n"
    "flopcalc compare mobilenet_v1 mobilenet_v2 ghostnet\n"
    "flopcalc compare resnet_bottleneck resnext_bottleneck shufflenet_v1_unit --C 4*M\n"
    "flopcalc compare resnet_bottleneck:C=256,M=64 resnext_bottleneck:C=256,g=32 --equal weights --vary M",
    params=[
        *_own_options(),
        *(option for option in shared_options() if option.opts[0] not in _LEFT_OUT),
    ],
    callback=_run,
    options_metavar=USAGE,
)
