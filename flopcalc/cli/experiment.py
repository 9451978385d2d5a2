"""``flopcalc experiment [NAME]``: published experiments, rebuilt from their budgets."""

from __future__ import annotations

from dataclasses import asdict

import click

from flopcalc.cli.completing import kinds_of
from flopcalc.cli.help import Command
from flopcalc.cli.listing import listing
from flopcalc.cli.options import format_option, output_option, split_list
from flopcalc.cli.output import screen_for, write_json, write_text
from flopcalc.errors import FlopcalcError, Problem
from flopcalc.spec import catalog

__all__ = ["command"]


def _run(name: str | None, platforms: tuple[str, ...], output_format: str, output: str | None) -> None:
    if name is None:
        _list(platforms, output_format, output)
        return
    from flopcalc.theory.experiments import load_experiment, run_experiment

    outcome = run_experiment(load_experiment(name), split_list(platforms) or ())
    if output_format == "json":
        from flopcalc.render.experiment import experiment_as_dict

        write_json(experiment_as_dict(outcome), output)
    elif output_format == "csv":
        from flopcalc.render.csv import rows_as_csv
        from flopcalc.render.experiment import experiment_as_rows

        write_text(rows_as_csv(experiment_as_rows(outcome)), output)
    elif output_format == "markdown":
        from flopcalc.render.experiment import experiment_as_markdown

        write_text(experiment_as_markdown(outcome), output)
    else:
        from flopcalc.render.experiment import experiment_as_text

        write_text(experiment_as_text(outcome, screen_for(output)), output)


def _list(platforms: tuple[str, ...], output_format: str, output: str | None) -> None:
    """Write which experiments there are."""
    if platforms:
        raise FlopcalcError(
            Problem("--platform goes with an experiment", None, "", "flopcalc experiment g1 --platform")
        )
    entries = [entry for entry in catalog.index() if entry.kind == "experiments"]
    if output_format == "json":
        write_json([asdict(entry) for entry in entries], output)
    elif output_format == "csv":
        from flopcalc.render.csv import rows_as_csv

        rows = [(entry.name, entry.title, entry.source) for entry in entries]
        write_text(rows_as_csv([("name", "title", "source"), *rows]), output)
    elif output_format == "markdown":
        from flopcalc.render.experiment import table_as_markdown

        rows = [(entry.name, entry.title, entry.source) for entry in entries]
        write_text(table_as_markdown(("Name", "Title", "Source"), rows), output)
    else:
        write_text(listing(entries, screen_for(output)), output)


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
        format_option("table", "json", "csv", "markdown"),
        output_option(),
    ],
    callback=_run,
)
