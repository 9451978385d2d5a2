"""``flopcalc compare SPEC SPEC …``: specs side by side, and at equal budgets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.completing import kinds_of
from flopcalc.cli.options import Word, input_shapes, shared_options, split_list
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import USAGE, OnSpecs, shared_values
from flopcalc.errors import FlopcalcError, ParameterError, Problem, UnknownNameError, shorten, suggest
from flopcalc.metrics import SWEPT

if TYPE_CHECKING:
    from flopcalc.page.formats import Format

__all__ = ["command"]

_LEFT_OUT = ("--by", "--columns", "--sort", "--top", "--training", "--optimizer")

_NOT_IN_JSON = {
    "metrics": "holds every metric",
    "transpose": "is no table",
    "no_ratio": "holds every ratio",
}
"""Options that JSON has no use for, and why."""

_PASSED_ON = (
    "equal",
    "vary",
    "convention",
    "assume",
    "exact_rounding",
    "dtype",
    "order",
    "fused",
    "batch",
    "assume_free",
)
"""The options that a comparison takes as they are."""


def _checked(options: Mapping[str, Any], chosen: Format) -> None:
    """Refuse what cannot be compared.

    Raises
    ------
    FlopcalcError
    """
    specs, equal, vary = options["specs"], options["equal"], options["vary"]
    if len(specs) < 2:
        what = f"flopcalc compare needs {'another' if specs else 'two'} SPEC{'' if specs else 's'}"
        raise ParameterError(Problem(what, None, "at least two", "`flopcalc list` shows what there is"))
    if (equal is None) is not (vary is None):
        there, missing = ("--equal", "--vary NAME") if vary is None else ("--vary", "--equal METRIC")
        raise ParameterError(Problem(f"{there} needs {missing} as well", None, "", "--equal flops --vary C"))
    if chosen.name == "json":
        for name, why in _NOT_IN_JSON.items():
            if options[name] not in (None, (), False) or (name == "transpose" and options[name] is False):
                raise FlopcalcError(Problem(f"--{name.replace('_', '-')} does not go with --format json, which {why}"))


@click.pass_context
def _run(ctx: click.Context, /, **options: Any) -> int:
    chosen = chosen_format(options, read=options["specs"])
    _checked(options, chosen)
    from flopcalc.comparison import compare_specs
    from flopcalc.pages.compare import compare_page

    measures = _measures(options["metrics"])
    comparison = compare_specs(
        options["specs"],
        shared_values(ctx, options["specs"], options["settings"]),
        symbolic=split_list(options["symbolic"]) or (),
        symbols=split_list(options["symbols"]) or (),
        input=input_shapes(options["input_shape"]),
        **{name: options[name] for name in _PASSED_ON},
    )
    page = compare_page(comparison, measures, transpose=options["transpose"], ratio=not options["no_ratio"])
    write_page(page, chosen, options)
    return exit_code(*comparison.sides)


def _measures(texts: Sequence[str]) -> list[str] | None:
    """Return the rows that are asked for."""
    from flopcalc.comparison import MEASURES

    names = split_list(texts)
    if names is None:
        return None
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
            help="Which ones, in which order: " + ", ".join(MEASURES) + ".",
        ),
        click.Option(
            ["--transpose/--no-transpose"],
            default=None,
            help="Specs down, metrics across; by itself so in LaTeX, Markdown and HTML from four specs on.",
        ),
        click.Option(["--no-ratio"], is_flag=True, help="Without the ratios to the first."),
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
