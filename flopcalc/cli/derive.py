"""``flopcalc derive``: a derivation, step by step, each step proved as it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.completing import kinds_of
from flopcalc.cli.options import given_once, page_options, split_list
from flopcalc.cli.output import chosen_format, write_page
from flopcalc.cli.spec_options import USAGE, OnSpecs, shared_values
from flopcalc.errors import ParameterError, Problem
from flopcalc.spec import catalog

if TYPE_CHECKING:
    from flopcalc.page.model import Page
    from flopcalc.theory.derivations import Derivation

__all__ = ["command"]


@click.pass_context
def _run(
    ctx: click.Context,
    /,
    name: str | None,
    of: str | None,
    minimized: str | None,
    holding: str | None,
    over: tuple[str, ...],
    settings: tuple[str, ...],
    assume: tuple[str, ...],
    **options: Any,
) -> None:
    chosen = chosen_format(options)
    asked = {"--minimize": minimized, "--holding": holding, "--over": over, "--set": settings, "--assume": assume}
    values = shared_values(ctx, [] if of is None else [of], settings)
    given = [option for option, value in asked.items() if value]
    if of is None and given:
        what = f"{given[0]} goes with --of SPEC"
        raise ParameterError(Problem(what, None, "", "--of pointwise_conv --minimize mac --holding flops --over C,O"))
    if of is not None:
        if name is not None:
            raise ParameterError(Problem("a derivation is named, and --of as well", None, "one of both"))
        missing = [option for option in ("--minimize", "--holding", "--over") if not asked[option]]
        if missing:
            raise ParameterError(
                Problem(f"--of needs {', '.join(missing)}", None, "", "--minimize mac --holding flops --over C,O")
            )
        from flopcalc.pages.derive import derivation_page

        page = derivation_page(_least(of, str(minimized), str(holding), over, values, assume))
    else:
        page = _page(name)
    write_page(page, chosen, options)


def _least(
    of: str,
    minimized: str,
    holding: str,
    over: Sequence[str],
    settings: Mapping[str, str],
    assume: Sequence[str],
) -> Derivation:
    """Return the derivation of a least value."""
    from flopcalc.analysis import resolve
    from flopcalc.theory.minima.derivation import derive_least

    spec, inline = resolve(of)
    where = given_once(inline.items(), settings.items())
    names = split_list(over) or []
    if len({*names}) != 2:
        raise ParameterError(Problem(f"--over names {len({*names})} symbols", None, "two", "--over C,O"))
    return derive_least(spec, minimized, holding, names, where, assume)


def _page(name: str | None) -> Page:
    """Return the page of a derivation that is named, or of which there are."""
    if name is None:
        from flopcalc.pages.listing import listing_page

        return listing_page(catalog.entries("derivations"))
    from flopcalc.pages.derive import derivation_page
    from flopcalc.theory.derivations import derive

    return derivation_page(derive(name))


command = OnSpecs(
    name="derive",
    help="Print a derivation step by step: what each step states, why, and its formula. Every step is proved before it "
    "is printed; one that cannot be proved ends the derivation with an error. NAME is a packaged derivation, or the "
    "path of a YAML file of your own; without it they are listed.\n\n"
    "With --of the least of one cost of a block is derived while another is held:\n\n"
    "flopcalc derive --of separable_conv --minimize mac --holding flops --over C,O",
    params=[
        click.Argument(["name"], required=False, metavar="[NAME]", shell_complete=kinds_of("derivations")),
        click.Option(
            ["--of"], metavar="SPEC", shell_complete=kinds_of("specs"), help="The block whose least cost is derived."
        ),
        click.Option(["--minimize", "minimized"], metavar="METRIC", help="What is to be least: mac, params, flops …"),
        click.Option(["--holding"], metavar="METRIC", help="What is held."),
        click.Option(["--over"], multiple=True, metavar="NAME,NAME", help="The two symbols that may change."),
        click.Option(
            ["--where", "--set", "settings"],
            multiple=True,
            metavar="NAME=VALUE",
            help="A number for a parameter of SPEC, or an expression in new symbols: C=4*c. --C 4*c says the same.",
        ),
        click.Option(
            ["--assume"],
            multiple=True,
            metavar="INEQUALITY",
            help="What may be taken for granted of symbols: 't >= 1'.",
        ),
        *page_options(tables=False),
    ],
    callback=_run,
    options_metavar=USAGE,
)
