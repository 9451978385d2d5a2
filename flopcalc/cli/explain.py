"""``flopcalc explain SPEC FIGURE``: which convention, variant or slip yields a figure that somebody quotes.

With ``SPEC=FIGURE`` several times it is the one rule that yields all figures of a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flopcalc.analysis import resolve, spelt_here, split_inline
from flopcalc.cli.options import Word, input_shapes, page_options, reading_from, shared_options
from flopcalc.cli.output import chosen_format, exit_code, write_page
from flopcalc.cli.spec_options import OnSpec, OnSpecs, asked_of, shared_values
from flopcalc.errors import FlopcalcError, ParameterError, Problem, shorten
from flopcalc.metrics import QUOTED
from flopcalc.spec.loader import is_path

if TYPE_CHECKING:
    from flopcalc.page.formats import Format
    from flopcalc.theory.explain import Explained
    from flopcalc.theory.quoted_table import ExplainedTable

__all__ = ["command", "split_pair"]

_SHARED = ("dtype", "fused", "batch", "assume_free", "input_shape", "settings")
"""The options of the main command that this one has too."""


def _options() -> list[click.Option]:
    return [
        *page_options(),
        click.Option(
            ["--metric"],
            type=Word(*QUOTED),
            help="What the figure is of; size is bytes on a disk, mac memory access cost.  [default: as its unit says, "
            "or else what is nearest]",
        ),
        click.Option(
            ["--top"], type=click.IntRange(min=1), default=5, show_default=True, metavar="N", help="Show N at most."
        ),
        *(option for option in shared_options() if option.name in _SHARED),
    ]


def split_pair(text: str) -> tuple[str, str] | None:
    """Split ``SPEC=FIGURE`` into the two; None where the text is a spec alone, with settings or ``=`` in its path.

    Examples
    --------
    >>> split_pair("resnet50=3.86G"), split_pair("mobilenet_v1:alpha=0.75=317M")
    (('resnet50', '3.86G'), ('mobilenet_v1:alpha=0.75', '317M'))
    >>> split_pair("mobilenet_v1:alpha=0.75"), split_pair("runs/lr=0.1/net.yaml")
    (None, None)
    """
    name, equals, figure = text.rpartition("=")
    if not equals or is_path(figure):
        return None
    if is_path(text) and not is_path(name):
        return None
    try:
        settings = [*split_inline(text)[1].values()]
    except FlopcalcError:
        settings = []
    if settings and "=" not in settings[-1]:
        return None  # spec:alpha=0.75, which has no figure behind it
    return name.strip(), figure.strip()


def _pairs_of(words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the pairs of a command line; a word that is no pair belongs to the figure before it: ``97.8 MB``."""
    pairs: list[tuple[str, str]] = []
    for word in words:
        pair = split_pair(word)
        if pair is None:
            name, figure = pairs.pop()
            pair = name, f"{figure} {word}"
        pairs.append(pair)
    for position, (name, figure) in enumerate(pairs):
        if not name or not figure:
            wrong = f"{name}={figure}"
            raise ParameterError(Problem(f"`{shorten(wrong)}` is no pair", None, "SPEC=FIGURE", "resnet50=3.86G"))
        if name in [other for other, _ in pairs[:position]]:
            raise ParameterError(Problem(f"{shorten(name)} is given twice", None, "every network once"))
    return pairs


def _run(ctx: click.Context, /, figure: tuple[str, ...], **options: Any) -> int:
    from flopcalc.theory.explain import explain_spec

    for word in figure:
        if split_pair(word) is not None:
            expected = "a spec and one figure, or SPEC=FIGURE for every network"
            raise ParameterError(Problem(f"`{shorten(word)}` is a pair, and what stands first is none", None, expected))
    spec, values, given = asked_of(ctx, options)
    chosen = chosen_format(options)
    return _write(explain_spec(spec, values, " ".join(figure), metric=options["metric"], **given), chosen, options)


def _run_pairs(ctx: click.Context, /, pairs: tuple[str, ...], **options: Any) -> int:
    from flopcalc.theory.explain import explain_spec
    from flopcalc.theory.quoted_table import explain_table

    chosen = chosen_format(options)
    read = [(spelt_here(name), text) for name, text in _pairs_of(pairs)]
    values = shared_values(ctx, [name for name, _ in read], options["settings"])
    given: dict[str, Any] = {"input": input_shapes(options["input_shape"]), "dtype": options["dtype"]}
    if len(read) > 1:
        table = explain_table(read, values, metric=options["metric"], reading=reading_from(options), **given)
        return _write(table, chosen, options)
    ((name, figure),) = read
    spec, settings = resolve(name)
    for key in settings:
        if key in values:
            raise ParameterError(Problem(f"{key} is given twice", None, "every parameter once"))
    spec = spec.read_as(reading_from(options))
    return _write(
        explain_spec(spec, {**settings, **values}, figure, metric=options["metric"], **given), chosen, options
    )


def _write(found: Explained | ExplainedTable, chosen: Format, options: dict[str, Any]) -> int:
    """Write what was found, and return the exit code."""
    from flopcalc.pages.explain import explain_page
    from flopcalc.theory.explain import Explained

    write_page(explain_page(found, top=options["top"]), chosen, options)
    open_ = exit_code(*([found.report] if isinstance(found, Explained) else found.reports))
    return open_ or (0 if (found.found if isinstance(found, Explained) else found.rules) else 1)


class _Explain(OnSpec):
    """``explain``, whose first argument may be a pair: then all are."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take the first argument for the spec, or with the others for pairs."""
        if split_pair(args[0]) is None:
            return super().resolve_command(ctx, args)
        pairs = OnSpecs(
            name="explain",
            help=self.help,
            params=[click.Argument(["pairs"], nargs=-1, required=True, metavar="SPEC=FIGURE…"), *self.own()],
            callback=click.pass_context(_run_pairs),
        )
        return "SPEC=FIGURE…", pairs, args


command = _Explain(
    name="explain",
    help="Which convention, variant or slip yields FIGURE, which somebody quotes of SPEC: 4.13G, 4.09e9, "
    "4,089,184,256, 25.6M params, 97.8 MB. It is read with the precision that it is printed in. What fits comes first, "
    "the simplest before what supposes more; exit code 1 where nothing does. Several figures of one table are "
    "explained by one rule: SPEC=FIGURE SPEC=FIGURE ….",
    options=_options,
    run=_run,
    argument=click.Argument(["figure"], nargs=-1, required=True, metavar="FIGURE"),
)
