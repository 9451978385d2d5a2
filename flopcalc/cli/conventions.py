"""``flopcalc conventions SPEC``: every convention's total, and the ledger that explains each gap."""

from __future__ import annotations

from typing import Any

import click

from flopcalc.cli.options import COUNTING, Word, page_options, shared_options, split_list
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import OnSpec, report_of
from flopcalc.convention import COUNTED

__all__ = ["command"]

_SHARED = ("units", *COUNTING)
"""The options of the main command that this one has too."""


def _options() -> list[click.Option]:
    return [
        *page_options(),
        click.Option(
            ["--convention", "names"],
            multiple=True,
            metavar="NAME|PATH,…",
            help="Which ones; flopcalc list conventions shows which there are.  [default: all of them]",
        ),
        click.Option(
            ["--against"],
            metavar="NAME|PATH",
            help="What they are compared with.  [default: paper; weights for params]",
        ),
        click.Option(
            ["--metric"],
            type=Word(*COUNTED),
            default="flops",
            show_default=True,
            help="What they count; params also has ways of its own: weights, biases, params, statistics.",
        ),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


def _run(ctx: click.Context, /, **options: Any) -> int:
    report = report_of(ctx, options)
    chosen = chosen_format(options)
    from flopcalc.pages.conventions import conventions_page
    from flopcalc.theory.ledger import conventions_of

    found = conventions_of(
        report,
        names=split_list(options["names"]),
        against=options["against"],
        metric=options["metric"],
    )
    write_page(conventions_page(found), chosen, options)
    return exit_code(report)


command = OnSpec(
    name="conventions",
    help="Every convention's total side by side, and a ledger for each that explains its gap from the papers' count: "
    "what is counted more, by which rule, and how much that is. The lines add up to the last digit.",
    options=_options,
    run=_run,
)
