"""``flopcalc audit SPEC …``: ShuffleNetV2's four guidelines on one network, or on several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from flopcalc.analysis import analyze_spec, resolve, spelt_here
from flopcalc.cli.completing import kinds_of
from flopcalc.cli.options import (
    given_once,
    input_shapes,
    page_options,
    reading_from,
    shared_options,
    split_list,
)
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import USAGE, OnSpecs, shared_values
from flopcalc.errors import Problem, UnknownNameError, one_of, shorten, suggest
from flopcalc.report import Report
from flopcalc.theory.guidelines import GUIDELINES, audit_of

__all__ = ["command"]

_SHARED = (
    "fused",
    "batch",
    "assume_free",
    "symbolic",
    "symbols",
    "assume",
    "exact_rounding",
    "input_shape",
    "settings",
)
"""The options of the main command that say what is analysed."""


@click.pass_context
def _run(
    ctx: click.Context,
    /,
    spec: tuple[str, ...],
    guideline: tuple[str, ...],
    top: int | None,
    by_layer: bool,
    **options: Any,
) -> int:
    guidelines = _guidelines(guideline)
    values = shared_values(ctx, spec, options["settings"])
    reports = [*_analyzed(spec, values, options)]
    chosen = chosen_format(options)
    audits = [audit_of(report) for report in reports]
    from flopcalc.pages.audit import audit_page

    names = [spelt_here(text) for text in spec]
    write_page(audit_page(audits, names=names, guidelines=guidelines, top=top, by_layer=by_layer), chosen, options)
    return exit_code(*reports)


def _guidelines(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the guidelines that are asked for, in the paper's order; all where none is named."""
    names = split_list(texts)
    if names is None:
        return GUIDELINES
    problems = [
        Problem(f"there is no guideline `{shorten(name)}`", None, one_of(GUIDELINES), suggest(name.lower(), GUIDELINES))
        for name in names
        if name.lower() not in GUIDELINES
    ]
    if not names:
        problems.append(Problem("--guideline names no guideline", None, one_of(GUIDELINES)))
    if problems:
        raise UnknownNameError(*problems)
    return tuple(name for name in GUIDELINES if name in {name.lower() for name in names})


def _analyzed(specs: Sequence[str], values: Mapping[str, object], given: Mapping[str, Any]) -> Iterator[Report]:
    """Yield the reports: a value goes to every SPEC that has the parameter, or to all where none has it."""
    resolved = [resolve(text) for text in specs]
    unknown = {name for name in values if not any(name in spec.known for spec, _ in resolved)}
    for spec, own in resolved:
        shared = ((name, str(value)) for name, value in values.items() if name in spec.known or name in unknown)
        yield analyze_spec(
            spec.read_as(reading_from(given)),
            given_once(own.items(), shared),
            symbolic=split_list(given["symbolic"]) or (),
            symbols=split_list(given["symbols"]) or (),
            input=input_shapes(given["input_shape"]),
            assume=given["assume"],
            exact_rounding=given["exact_rounding"],
        )


command = OnSpecs(
    name="audit",
    help="Apply ShuffleNetV2's four guidelines to a network: unequal widths (G1), group convolutions (G2), "
    "fragmentation (G3) and element-wise operations (G4), each with its cost and what would mend it. Several SPECs "
    "stand side by side. --PARAMETER VALUE goes to every SPEC that has the parameter; SPEC:alpha=0.5,rho=1 gives one "
    "values of its own.",
    params=[
        click.Argument(["spec"], nargs=-1, required=True, metavar="SPEC …", shell_complete=kinds_of("specs")),
        click.Option(["--guideline"], multiple=True, metavar="g1|g2|g3|g4,…", help="These guidelines alone."),
        click.Option(
            ["--top"],
            type=click.IntRange(min=0),
            metavar="N",
            help="How many findings are shown of each network; on a screen 10, fewer of each where there are several.",
        ),
        click.Option(["--by-layer"], is_flag=True, help="Add the figures of every layer and block."),
        *page_options(),
        *(option for option in shared_options() if option.name in _SHARED),
    ],
    callback=_run,
    options_metavar=USAGE,
)
