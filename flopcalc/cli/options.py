"""The options that every command which prints a table shares, and how their texts are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from flopcalc.cli.completing import beginning, kinds_of, listed_words, parameters
from flopcalc.errors import ParameterError, Problem, UnknownNameError, shorten, suggest
from flopcalc.reading import OPTIMIZERS, Reading, reading_of
from flopcalc.render.cells import UNITS
from flopcalc.report import DTYPES, GROUPINGS, ORDERS
from flopcalc.shapes import split_label
from flopcalc.spec.catalog import folded

__all__ = [
    "COUNTING",
    "Word",
    "format_option",
    "given_once",
    "input_shapes",
    "named_values",
    "output_option",
    "page_format_option",
    "page_options",
    "paper_options",
    "reading_from",
    "reading_options",
    "shared_options",
    "split_list",
]

if TYPE_CHECKING:
    _Type = click.ParamType[str]
else:
    _Type = click.ParamType  # of older versions, which take no parameter


class Word(_Type):
    """One of a few words; another one is answered with the nearest."""

    name = "word"

    def __init__(self, *words: str) -> None:
        self.words = words

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return the words, for the help."""
        return "|".join(self.words)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the words that begin so."""
        return beginning(self.words, incomplete)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word, whatever the case, the hyphens and underscores that it is given with, or refuse it.

        Raises
        ------
        UnknownNameError
        """
        alike = [word for word in self.words if folded(word) == folded(str(value))]
        if value in self.words or len(alike) == 1:
            return str(value) if value in self.words else alike[0]
        subject = f"{param.opts[0]} cannot be" if isinstance(param, click.Option) else "there is no"
        raise UnknownNameError(
            Problem(
                f"{subject} `{shorten(str(value))}`",
                None,
                "one of " + ", ".join(self.words),
                suggest(str(value), self.words),
            )
        )


def split_list(texts: Sequence[str]) -> list[str] | None:
    """Return the items of a comma-separated option, which may be repeated; None where it is not given."""
    return [item.strip() for text in texts for item in text.split(",") if item.strip()] if texts else None


def given_once(*values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the values of parameters, however many ways there are to give them.

    Raises
    ------
    ParameterError
        Where one is given twice, or is given nothing.
    """
    found: dict[str, str] = {}
    for name, text in chain(*values):
        if name in found:
            raise ParameterError(Problem(f"{name} is given twice", None, "every parameter once"))
        if not text.strip():
            raise ParameterError(Problem(f"{name} is given no value", None, "a number, a word or an expression"))
        found[name] = text
    return found


def named_values(texts: Sequence[str]) -> dict[str, str]:
    """Return the settings of repeated ``--set name=value`` options.

    Raises
    ------
    ParameterError
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not name or not value:
            raise ParameterError(
                Problem(f"`--set {shorten(text)}` sets nothing", None, "name=value", "--set alpha=0.5")
            )
        if name in settings:
            raise ParameterError(Problem(f"{shorten(name)} is given twice", None, "every parameter once"))
        settings[name] = value
    return settings


def input_shapes(texts: Sequence[str]) -> dict[str, object] | None:
    """Return the shapes of repeated ``--input [label=]C,H,W`` options, by label.

    Raises
    ------
    ParameterError
    """
    shapes: dict[str, object] = {}
    for text in texts:
        label, shape = split_label(text)
        if label in shapes:
            raise ParameterError(Problem(f"the input {shorten(label)} is given twice", None, "every input once"))
        shapes[label] = shape
    return shapes or None


def output_option() -> click.Option:
    """Make ``--output``."""
    return click.Option(["--output"], metavar="FILE", help="Write to FILE, whole or not at all.")


def format_option(*formats: str) -> click.Option:
    """Make ``--format``."""
    return click.Option(
        ["--format", "output_format"],
        type=Word(*formats),
        default="table",
        show_default=True,
        help="How it is written.",
    )


def page_format_option() -> click.Option:
    """Make ``--format`` of a command that answers with a page."""
    from flopcalc.page.formats import FORMATS

    return click.Option(
        ["--format", "output_format"],
        type=Word(*FORMATS),
        help="How it is written.  [default: what the extension of --output means, or table]",
    )


def page_options(*, tables: bool = True) -> list[click.Option]:
    """Make the options of a command that answers with a page: its format, its file, and what papers need."""
    return [page_format_option(), output_option(), *paper_options(tables=tables)]


def paper_options(*, tables: bool = True) -> list[click.Option]:
    """Make the options that LaTeX alone has; a caption and a label are for tables."""
    of_tables = [
        click.Option(["--caption"], metavar="TEXT", help="LaTeX: the table's caption, as plain text."),
        click.Option(["--label"], metavar="KEY", help="LaTeX: the table's label, as tab:costs."),
    ]
    whole = click.Option(["--standalone"], is_flag=True, help="LaTeX: a whole document, which compiles as it is.")
    return [*(of_tables if tables else ()), whole]


def reading_options(*, training: bool = False) -> list[click.Option]:
    """Make the options that say how a network is read; what its training takes is told by the main command alone."""
    of_training = [
        click.Option(
            ["--training"], is_flag=True, help="Tell what a step of training takes: multiply-adds and memory."
        ),
        click.Option(
            ["--optimizer"],
            type=Word(*OPTIMIZERS),
            help="With --training: what remembers, of each parameter, so many elements: "
            + ", ".join(f"{name} {count}" for name, count in OPTIMIZERS.items())
            + ".  [default: sgd]",
        ),
    ]
    return [
        click.Option(
            ["--fused"],
            is_flag=True,
            help="As for inference: norms folded into the layer before, activations computed where their input is.",
        ),
        click.Option(
            ["--batch"],
            default="1",
            show_default=True,
            metavar="N",
            help="How many samples at once: a number, or a new symbol. Parameters count once.",
        ),
        *(of_training if training else ()),
        click.Option(
            ["--assume-free"],
            multiple=True,
            metavar="TITLE",
            help="A layer whose cost is not known costs nothing, by its title; all: every one.",
        ),
    ]


def reading_from(options: Mapping[str, Any]) -> Reading:
    """Return how a network is to be read, by those of the options that a command has.

    Raises
    ------
    ParameterError
    """
    names = ("fused", "batch", "training", "optimizer", "assume_free")
    return reading_of(**{name: options[name] for name in names if name in options})


COUNTING = (
    "dtype",
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
"""The shared options that say of what a network is made, and how it is read."""


def shared_options() -> list[click.Option]:
    """Make the options that every command has which prints a table, in the order of the help."""
    from flopcalc.render.table import COLUMNS, RANKED

    return [
        *page_options(),
        click.Option(
            ["--by"],
            type=Word(*GROUPINGS),
            help="Put rows together. Without it: layers, each with the norm and activation that follow it.",
        ),
        click.Option(
            ["--columns"],
            multiple=True,
            metavar="NAME,…",
            shell_complete=listed_words(lambda ctx: COLUMNS),
            help="Which columns, in which order: " + ", ".join(COLUMNS) + ".",
        ),
        click.Option(
            ["--sort"],
            type=Word(*RANKED),
            metavar="METRIC",
            help="Rows in the order of a column of numbers, the greatest first.",
        ),
        click.Option(
            ["--top"],
            type=click.IntRange(min=1),
            metavar="N",
            help="Only the N rows that cost most: FLOPs, or what --sort names.",
        ),
        click.Option(
            ["--units"],
            type=Word(*UNITS),
            default="auto",
            show_default=True,
            help="Numbers with units (568.7 M), or with every digit; auto: every digit where there is room.",
        ),
        click.Option(
            ["--convention"],
            metavar="NAME|PATH",
            shell_complete=kinds_of("conventions"),
            default="paper",
            show_default=True,
            help="What counts as a FLOP; flopcalc list conventions shows which there are.",
        ),
        click.Option(
            ["--dtype"],
            metavar="TYPE",
            shell_complete=listed_words(lambda ctx: DTYPES),
            default="fp32",
            show_default=True,
            help="Type of an element, for bytes: " + ", ".join(DTYPES) + ".",
        ),
        *reading_options(training=True),
        click.Option(
            ["--order"],
            type=Word(*ORDERS),
            default="file",
            show_default=True,
            help="In which order layers run, for the peak memory: "
            + "; ".join(f"{name}: {what}" for name, what in ORDERS.items())
            + ".",
        ),
        click.Option(
            ["--symbolic"],
            multiple=True,
            metavar="NAME,…",
            shell_complete=listed_words(parameters),
            help="Parameters that stay symbols; costs are formulas.",
        ),
        click.Option(
            ["--symbols"],
            multiple=True,
            metavar="NAME,…",
            help="New symbols: with --symbols a, --alpha a/2 is an expression in a.",
        ),
        click.Option(
            ["--assume"],
            multiple=True,
            metavar="INEQUALITY",
            help="What may be taken for granted of symbols: 'alpha <= 1'.",
        ),
        click.Option(
            ["--exact-rounding"],
            is_flag=True,
            help="Keep the rounding of symbols, instead of reading it as textbooks do.",
        ),
        click.Option(
            ["--input", "input_shape"],
            multiple=True,
            metavar="C,H,W",
            help="The input's shape instead of the spec's own, or by name: C=3,H=9,W=9; label=C,H,W where there are "
            "several.",
        ),
        click.Option(
            ["--set", "settings"],
            multiple=True,
            metavar="NAME=VALUE",
            help="A parameter, also one that is named like an option.",
        ),
    ]
