"""``flopcalc audit SPEC …``: ShuffleNetV2's four guidelines on one network, or on several side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from flopcalc.analysis import analyze_spec, split_inline
from flopcalc.cli.options import (
    format_option,
    input_shapes,
    named_values,
    output_option,
    shared_options,
    split_list,
)
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.errors import ParameterError, Problem, UnknownNameError, one_of, shorten, suggest
from flopcalc.report import Report
from flopcalc.spec import load
from flopcalc.theory.guidelines import GUIDELINES, audit_of

__all__ = ["command"]

_SHARED = ("symbolic", "assume", "exact_rounding", "input_shape", "settings")
"""The options of the main command that say what is analysed."""


def _run(
    spec: tuple[str, ...],
    guideline: tuple[str, ...],
    top: int | None,
    by_layer: bool,
    output_format: str,
    output: str | None,
    **given: Any,
) -> None:
    guidelines = _guidelines(guideline)
    named = named_values(given["settings"])
    audits = [audit_of(_analyzed(text, named, given)) for text in spec]
    from flopcalc.render import guidelines as render

    shown: dict[str, Any] = {"names": spec, "guidelines": guidelines, "top": top, "by_layer": by_layer}
    if output_format == "json":
        write_json(render.audits_as_dict(audits, guidelines=guidelines, top=top), output)
    elif output_format == "csv":
        write_text(render.audits_as_csv(audits, **shown), output)
    elif output_format == "markdown":
        write_text(render.audits_as_markdown(audits, **shown), output)
    else:
        write_text(render.audits_as_text(audits, screen_for(output), **shown), output)


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


def _analyzed(text: str, named: Mapping[str, str], given: Mapping[str, Any]) -> Report:
    """Return the report of one SPEC; the options hold for every one, what stands behind its colon for it alone."""
    name, inline = split_inline(text)
    for key in inline:
        if key in named:
            raise ParameterError(Problem(f"{key} is given twice", None, "every parameter once"))
    return analyze_spec(
        load(name),
        {**inline, **named},
        symbolic=split_list(given["symbolic"]) or (),
        input=input_shapes(given["input_shape"]),
        assume=given["assume"],
        exact_rounding=given["exact_rounding"],
    )


command = click.Command(
    name="audit",
    help="Apply ShuffleNetV2's four guidelines to a network: unequal widths (G1), group convolutions (G2), "
    "fragmentation (G3) and element-wise operations (G4), each with its cost and what would mend it. Several SPECs "
    "stand side by side. SPEC:alpha=0.5,rho=1 sets parameters.",
    params=[
        click.Argument(["spec"], nargs=-1, required=True, metavar="SPEC …"),
        click.Option(["--guideline"], multiple=True, metavar="g1|g2|g3|g4,…", help="These guidelines alone."),
        click.Option(
            ["--top"],
            type=click.IntRange(min=0),
            metavar="N",
            help="How many findings are shown of each network; on a screen 10, fewer of each where there are several.",
        ),
        click.Option(["--by-layer"], is_flag=True, help="Add the figures of every layer and block."),
        format_option("table", "json", "csv", "markdown"),
        output_option(),
        *(option for option in shared_options() if option.name in _SHARED),
    ],
    callback=_run,
)
