"""``flopcalc solve SPEC --for alpha --flops 150M``: the greatest value within a budget, exact through rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from flopcalc.cli.completing import listed_words, parameters
from flopcalc.cli.options import page_options, shared_options, split_list
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import OnSpec, asked_of
from flopcalc.errors import ParameterError, Problem, shorten
from flopcalc.metrics import SWEPT

__all__ = ["command"]

_SHARED = (
    "units",
    "convention",
    "dtype",
    "fused",
    "batch",
    "assume_free",
    "symbolic",
    "symbols",
    "assume",
    "input_shape",
    "settings",
)
"""The options of the main command that this one has too."""

_BUDGETS = tuple(dict.fromkeys(["flops", "params", "madds", "mac", "weights", "activations", *SWEPT]))
"""The metrics that may have a budget, those that are asked for most first."""

_ROLES = "depth,width,resolution"


def _options() -> list[click.Option]:
    return [
        click.Option(
            ["--for", "unknown"],
            multiple=True,
            metavar="NAME",
            shell_complete=listed_words(parameters),
            help="The parameter that is solved for; with --best several, or NAME=VALUES as in a sweep.",
        ),
        *(
            click.Option(
                [f"--{metric.replace('_', '-')}", f"budget_{metric}"],
                multiple=True,
                metavar="BUDGET",
                help=_HELP.get(metric, "The same."),
            )
            for metric in _BUDGETS
        ),
        click.Option(
            ["--where"],
            multiple=True,
            metavar="CONDITION",
            help="What the answer must meet besides, as in a sweep: 'params <= 4M and alpha > 1/2'.",
        ),
        click.Option(
            ["--along"],
            metavar="WAY",
            help="Parameters that grow together: alpha,rho in proportion to their defaults, or "
            "'width=1.1**phi,depth=1.2**phi' in one new name.",
        ),
        click.Option(
            ["--best"],
            metavar="METRIC,…",
            help="All the configurations of --for within the budget that no other one betters: the least of METRIC, or "
            "max:METRIC.",
        ),
        click.Option(
            ["--compound"],
            is_flag=False,
            flag_value=_ROLES,
            metavar="[NAMES]",
            help="Repeat the search for compound coefficients: depth·width²·resolution² near to 2. NAMES of the three "
            f"parameters: {_ROLES}.",
        ),
        click.Option(["--step"], metavar="NUMBER", help="Of that search's grid.  [default: 0.05]"),
        click.Option(["--tolerance"], metavar="NUMBER", help="How near to 2 it must be.  [default: 0.1]"),
        click.Option(["--top"], type=click.IntRange(min=1), metavar="N", help="Only the first N rows of a list."),
        *page_options(),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


_HELP = {
    "flops": "At most so many: 150M, 1.5G, 149497088; '>= 100M' for at least; or a formula. Of several, all must hold; "
    "where all are from below, the least value is found.",
}


def _run(ctx: click.Context, /, **options: Any) -> int:
    chosen = chosen_format(options)
    result = _solved(ctx, options)
    from flopcalc.pages.solve import SHOWN, solve_page

    top = SHOWN if options["top"] is None and chosen.name == "table" else options["top"]
    write_page(solve_page(result, top=top), chosen, options)
    return exit_code(result.report) or (0 if result.solved else 1)


def _solved(ctx: click.Context, options: Mapping[str, Any]) -> Any:
    from flopcalc.solving import compound, front, solve

    spec, given, analysed = asked_of(ctx, options)
    budgets: dict[str, Any] = {metric: options[f"budget_{metric}"] or None for metric in _BUDGETS}
    shared = {name: analysed[name] for name in ("convention", "dtype", "input")}
    names: Sequence[str] = options["unknown"]
    if options["compound"] is not None:
        for option, value in (("--for", names), ("--along", options["along"]), ("--best", options["best"])):
            if value:
                raise ParameterError(Problem(f"{option} does not go with --compound"))
        if options["where"]:
            raise ParameterError(Problem("--where does not go with --compound"))
        if any(value is not None for value in budgets.values()):
            raise ParameterError(Problem("a budget does not go with --compound, whose target is 2"))
        grid = {name: options[name] for name in ("step", "tolerance") if options[name] is not None}
        return compound(spec, split_list([options["compound"]]) or (), **grid, **shared, parameters=given)
    for name in ("step", "tolerance"):
        if options[name] is not None:
            raise ParameterError(Problem(f"--{name} goes with --compound"))
    if options["best"] is not None:
        if options["along"] is not None:
            raise ParameterError(Problem("--along does not go with --best", None, "--for alpha,rho"))
        return front(spec, _axes(names), options["best"], where=options["where"], **budgets, **shared, parameters=given)
    if options["top"] is not None:
        raise ParameterError(Problem("--top goes with --best and --compound, which are lists"))
    if any("=" in name for name in names):
        raise ParameterError(Problem("values of --for go with --best", None, "a name", "--for alpha"))
    return solve(
        spec,
        ",".join(split_list(names) or ()) or None,
        along=options["along"],
        where=options["where"],
        symbolic=analysed["symbolic"],
        symbols=analysed["symbols"],
        assume=analysed["assume"],
        **budgets,
        **shared,
        parameters=given,
    )


def _axes(texts: Sequence[str]) -> dict[str, str | None]:
    """Return what varies: names between commas, or one name with its values."""
    axes: dict[str, str | None] = {}
    for text in texts:
        name, equals, values = (part.strip() for part in text.partition("="))
        if equals and "," in name:
            *others, last = split_list([name]) or [""]
            hint = " ".join(
                [*(f"--for {shorten(item)}" for item in others), f"--for {shorten(last)}={shorten(values)}"]
            )
            what = "several names stand before `=` in --for"
            raise ParameterError(Problem(what, None, "one name with its values, each --for for itself", hint))
        for item in [name] if equals else split_list([text]) or ():
            if item in axes:
                raise ParameterError(Problem(f"{item} varies twice", None, "every parameter once"))
            axes[item] = values if equals else None
    return axes


command = OnSpec(
    name="solve",
    help="The greatest value of a parameter within a budget, or the least that reaches one, and every value that gives "
    "the same network, exact through every rounding; with symbols left, a formula. Exit code 1 where every value "
    "misses the budget.\n\n"
    "\b\n"
    "flopcalc solve mobilenet_v2 --for alpha --flops 150M\n"
    "flopcalc solve mobilenet_v1 --along alpha,rho --flops 150M --params 3M\n"
    "flopcalc solve mobilenet_v1 --for alpha,rho --flops 150M --best params\n"
    "flopcalc solve separable_conv --for O --flops B\n"
    "flopcalc solve efficientnet --compound",
    options=_options,
    run=_run,
)
