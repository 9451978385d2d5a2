"""``flopcalc verify``: is a formula right? Proved, refuted or undecided; a worksheet is marked."""

from __future__ import annotations

from collections.abc import Sequence
from time import thread_time
from typing import TYPE_CHECKING, Any

import click

from flopcalc.analysis import spelt_here, split_settings
from flopcalc.cli.completing import kinds_of
from flopcalc.cli.options import Word, given_once, page_options, reading_from, reading_options, split_list
from flopcalc.cli.output import chosen_format, write_page, written_page
from flopcalc.cli.spec_options import USAGE, OnSpecs, shared_values
from flopcalc.errors import ParameterError, Problem, shorten
from flopcalc.report import DTYPES
from flopcalc.spec.catalog import find_document
from flopcalc.theory.claims import (
    METRICS,
    PROVED,
    REFUTED,
    TIME_LIMIT,
    UNDECIDED,
    Claim,
    check,
    without_formulas,
)
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.notation.layout import plain_signs, relation_signs
from flopcalc.theory.worksheets import load_worksheet, mark

if TYPE_CHECKING:
    from flopcalc.page.formats import Format

__all__ = ["command"]

_EXIT_CODES = {PROVED: 0, REFUTED: 1, UNDECIDED: 3}

_DEFAULTS = {"convention": "paper", "dtype": "fp32", "batch": "1"}
_FOR_CLAIMS = (
    "metric", "over", "where", "let", "assume", "limit", "symbolic", "convention", "exact_rounding", "growth", "dtype",
    "fused", "batch", "assume_free",
)  # fmt: skip


@click.pass_context
def _run(
    ctx: click.Context,
    /,
    formula: str,
    of: str | None,
    time_limit: float,
    **given: Any,
) -> int:
    values = shared_values(ctx, [spec for spec in (of, given["over"]) if spec is not None], ())
    chosen = chosen_format(given, read=filter(None, (of, given["over"])))
    if of is None and not _is_relation(formula):
        return _run_sheet(formula, time_limit, chosen, given)
    claim = Claim(
        formula,
        spelt_here(of or ""),
        given["metric"],
        None if given["over"] is None else spelt_here(given["over"]),
        given_once(_settings("--where", given["where"]).items(), values.items()),
        _settings("--let", given["let"]),
        tuple(given["assume"]),
        tuple(split_list(given["limit"]) or ()),
        tuple(split_list(given["symbolic"]) or ()),
        given["convention"],
        given["exact_rounding"],
        given["growth"],
        given["dtype"],
        reading_from(given),
    )
    start = thread_time()
    verdict = check(claim, time_limit=time_limit)
    from flopcalc.pages.verify import verdict_page

    try:
        with deadline(max(time_limit - (thread_time() - start), 0.2)):
            text = written_page(verdict_page(verdict), chosen, given)
    except TimeIsUp:  # what cannot be written in time is left out; the verdict stands
        text = written_page(verdict_page(without_formulas(verdict)), chosen, given)
    write_page(text, chosen, given)
    return _EXIT_CODES[verdict.outcome]


def _is_relation(text: str) -> bool:
    """Tell whether a text is a claim about no spec: a relation between two sides, and no worksheet."""
    if text.endswith((".yaml", ".yml")):
        return False
    return any(sign.first for sign in relation_signs(plain_signs(text)))


def _run_sheet(name: str, time_limit: float, chosen: Format, given: dict[str, Any]) -> int:
    is_sheet = name.endswith((".yaml", ".yml")) or find_document(name, "worksheets") is not None
    extra = [option for option in _FOR_CLAIMS if given[option] and given[option] != _DEFAULTS.get(option)]
    if is_sheet and extra:
        option = "--" + extra[0].replace("_", "-")
        what = f"{option} goes with a formula, and `{shorten(name)}` is a worksheet"
        raise ParameterError(Problem(what, None, f"`{extra[0]}` among the keys of its claims, or in its `defaults`"))
    if not is_sheet and (extra or not name.isidentifier()):
        raise ParameterError(
            Problem(
                f"`{shorten(name)}` is a formula, and no spec is named",
                None,
                "--of SPEC, or the name or path of a worksheet",
                f"flopcalc verify '{shorten(name)}' --of separable_conv",
            )
        )
    marked = mark(load_worksheet(name), time_limit=time_limit)
    from flopcalc.pages.verify import marked_page

    write_page(marked_page(marked), chosen, given)
    wrong = {verdict.outcome for _, verdict in marked.unexpected}
    return 0 if not wrong else 3 if wrong == {UNDECIDED} else 1


def _finite(ctx: click.Context, param: click.Parameter, value: float) -> float:
    """Refuse what is no number, which no range does."""
    if value != value:
        raise ParameterError(Problem("--time-limit is no number", None, "seconds, from 0.05 to 3600"))
    return value


def _settings(option: str, texts: Sequence[str]) -> dict[str, str]:
    """Return the settings of a repeated option ``name=value,…``, each name once."""
    settings: dict[str, str] = {}
    for text in texts:
        for name, value in split_settings(text).items():
            if name in settings:
                raise ParameterError(Problem(f"{option} gives `{shorten(name)}` twice", None, "every name once"))
            settings[name] = value
    return settings


command = OnSpecs(
    name="verify",
    help="Is a textbook's formula right? FORMULA is written as in the book: 17HWC^2, HW(2CM/g + 9M), 1/O + 1/K², "
    "\\frac{1}{O}+\\frac{1}{K^2}, 'MAC >= …', '≈ 0.113', or in Python's notation. It is proved, refuted with the "
    "smallest counterexample and the likely cause, or left undecided (exit codes 0, 1, 3). Without --of it is the name "
    "or the path of a worksheet, a list of claims in YAML; flopcalc list worksheets shows which there are."
    "\n\n\b\n"
    "flopcalc verify '17HWC^2' --of resnet_bottleneck --C 4*C --M C\n"
    "flopcalc verify '1/O + 1/K²' --of separable_conv --over conv\n"
    "flopcalc verify coursework",
    params=[
        click.Argument(["formula"], metavar="FORMULA|WORKSHEET", shell_complete=kinds_of("worksheets")),
        click.Option(
            ["--of"],
            metavar="SPEC",
            shell_complete=kinds_of("specs"),
            help="The spec that it is said of, perhaps with values inline.",
        ),
        click.Option(
            ["--metric"],
            type=Word(*METRICS),
            metavar="NAME",
            help="What of it: " + ", ".join(METRICS) + ".  [default: flops, or what stands left of the relation]",
        ),
        click.Option(
            ["--over"],
            metavar="SPEC",
            shell_complete=kinds_of("specs"),
            help="A second spec: the claim is about the ratio of the two.",
        ),
        click.Option(
            ["--where", "--set", "where"],
            multiple=True,
            metavar="NAME=VALUE,…",
            help="Values for the specs' parameters, or expressions in new symbols: C=4*c,M=c. --C 4*c says the same.",
        ),
        click.Option(
            ["--let"],
            multiple=True,
            metavar="NAME=FORMULA",
            help="A name for a quantity that the formula uses: B=HWCO/g; B=flops is the spec's own.",
        ),
        click.Option(
            ["--assume"], multiple=True, metavar="INEQUALITY", help="What may be taken for granted: 'alpha <= 1'."
        ),
        click.Option(["--limit"], multiple=True, metavar="NAME=oo,…", help="Symbols that grow without end."),
        click.Option(["--symbolic"], multiple=True, metavar="NAME,…", help="Parameters that stay symbols."),
        click.Option(
            ["--convention"], metavar="NAME|PATH", default="paper", show_default=True, help="What counts as a FLOP."
        ),
        click.Option(
            ["--exact-rounding"],
            is_flag=True,
            help="Keep the rounding of symbols; it is kept in any case where the claim rounds.",
        ),
        click.Option(
            ["--growth"], is_flag=True, help="Read O(…) as a claim about growth, though the spec has a symbol O."
        ),
        click.Option(
            ["--dtype"],
            type=Word(*DTYPES),
            metavar="NAME",
            default="fp32",
            show_default=True,
            help="The type of an element, for metrics in bytes: " + ", ".join(DTYPES) + ".",
        ),
        *reading_options(),
        click.Option(
            ["--time-limit"],
            type=click.FloatRange(min=0.05, max=3600),
            callback=_finite,
            default=TIME_LIMIT,
            show_default=True,
            metavar="SECONDS",
            help="After how much of the processor's time a claim is left undecided.",
        ),
        *page_options(),
    ],
    callback=_run,
    options_metavar=USAGE,
)
