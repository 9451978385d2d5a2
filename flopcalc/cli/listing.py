"""``flopcalc list``: what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from flopcalc.cli.help import Command
from flopcalc.cli.options import Word, page_options
from flopcalc.cli.output import chosen_format, write_page
from flopcalc.spec import catalog

__all__ = ["command"]

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""What the columns are called in CSV and JSON, and the rows."""


def _layers() -> Table:
    """Return the words of the language that are layers: a conv, a pool, a sum."""
    from flopcalc.layers import LAYERS

    return ("name", "attributes", "title"), [
        (
            word,
            ", ".join(attribute.name for attribute in primitive.attributes()),
            f"An activation: {primitive.preset['kind']}."
            if primitive.preset
            else (primitive.layer.__doc__ or "").partition("\n")[0].replace("``", "`"),
        )
        for word, primitive in LAYERS.items()
    ]


def _metrics() -> Table:
    """Return what a network has so much of."""
    from flopcalc.metrics import METRICS

    return ("name", "title", "unit"), [(metric.name, metric.label, metric.unit) for metric in METRICS.values()]


_TABLES: Mapping[str, Callable[[], Table]] = {"layers": _layers, "metrics": _metrics}
"""What is listed besides the packaged files, where it is asked for by its name."""


def _run(kind: str | None, variants: bool, **options: Any) -> None:
    chosen = chosen_format(options)
    from flopcalc.pages.listing import listing_page, words_page

    if kind is not None and kind in _TABLES:
        page = words_page(kind.capitalize(), *_TABLES[kind]())
    else:
        page = listing_page(catalog.entries(kind), variants=variants)
    write_page(page, chosen, options)


command = Command(
    name="list",
    help="List the packaged architectures, blocks and conventions, and what `flopcalc experiment`, `verify` and "
    "`derive` take; `list layers` has the words of the language, `list metrics` what is counted. `flopcalc NAME` "
    "prints what an architecture or a block costs, `flopcalc NAME --help` its parameters.",
    params=[
        click.Argument(["kind"], required=False, type=Word(*catalog.KINDS, *_TABLES), metavar="[KIND]"),
        click.Option(["--variants"], is_flag=True, help="The variants of every network too, in rows below it."),
        *page_options(),
    ],
    callback=_run,
)
