"""``flopcalc experiment [NAME]``: published experiments, rebuilt from their budgets."""

from __future__ import annotations

from typing import Any

import click

from flopcalc.cli.completing import kinds_of
from flopcalc.cli.help import Command
from flopcalc.cli.options import page_options, split_list
from flopcalc.cli.output import chosen_format, write_page
from flopcalc.errors import FlopcalcError, Problem
from flopcalc.spec import catalog

__all__ = ["command"]


def _run(name: str | None, platforms: tuple[str, ...], **options: Any) -> None:
    from flopcalc.pages.experiment import experiment_page
    from flopcalc.pages.listing import listing_page
    from flopcalc.theory.experiments import load_experiment, run_experiment

    experiment = None if name is None else load_experiment(name)
    chosen = chosen_format(options)
    if experiment is not None:
        page = experiment_page(run_experiment(experiment, split_list(platforms) or ()))
    elif platforms:
        raise FlopcalcError(
            Problem("--platform goes with an experiment", None, "", "flopcalc experiment g1 --platform")
        )
    else:
        page = listing_page(catalog.entries("experiments"))
    write_page(page, chosen, options)


command = Command(
    name="experiment",
    help="Rebuild a published experiment from its budget, and show the MAC of its networks beside the speeds that were "
    "measured: does MAC order them? NAME is one of those that `flopcalc experiment` lists, or the path of a YAML file.",
    params=[
        click.Argument(["name"], required=False, shell_complete=kinds_of("experiments")),
        click.Option(
            ["--platform", "platforms"],
            multiple=True,
            metavar="NAME,…",
            help="Only what ran on these machines: gpu, arm.",
        ),
        *page_options(),
    ],
    callback=_run,
)
