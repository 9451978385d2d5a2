"""The options that every command which prints a table shares, and how its text leaves the program."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from flopcalc.errors import FlopcalcError, Problem

__all__ = ["FORMATS", "SHARED", "named_values", "split_list", "write_text"]

FORMATS = ("table", "json", "csv", "markdown", "latex")


def split_list(text: str | None) -> list[str] | None:
    """Return the items of a comma-separated option."""
    return None if text is None else [item.strip() for item in text.split(",") if item.strip()]


def named_values(texts: Sequence[str]) -> dict[str, str]:
    """Return the settings of repeated ``--set name=value`` options.

    Raises
    ------
    FlopcalcError
    """
    settings: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise FlopcalcError(Problem(f"--set {text}", None, "name=value", "--set alpha=0.5"))
        if name.strip() in settings:
            raise FlopcalcError(Problem(f"--set gives {name.strip()} twice", None, "every parameter once"))
        settings[name.strip()] = value.strip()
    return settings


def write_text(text: str, output: str | None) -> None:
    """Write to the standard output, or to a file: whole, or not at all."""
    if output is None or output == "-":
        sys.stdout.write(text)
        return
    path = Path(output)
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")  # a device or a pipe: there is no half of it to leave behind
        return
    target = path.resolve()
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise FlopcalcError(
            Problem(f"{output} cannot be written: {error.strerror}", None, "a file in a folder that exists")
        ) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


SHARED: tuple[Callable[[], click.Option], ...] = (
    lambda: click.Option(
        ["--format", "output_format"], type=click.Choice(FORMATS), default="table", show_default=True,
        help="How the result is written.",
    ),
    lambda: click.Option(["--output"], metavar="FILE", help="Write to FILE, whole or not at all."),
    lambda: click.Option(
        ["--by"], type=click.Choice(("layer", "block", "stage", "kind")),
        help="Put rows together. Without it: layers, each with the norm and activation that follow it.",
    ),
    lambda: click.Option(["--columns"], metavar="NAME,…", help="Columns, of those that an unknown name lists."),
    lambda: click.Option(
        ["--units"], type=click.Choice(("auto", "human", "exact")), default="auto",
        help="Numbers with units or with every digit; auto: every digit where they fit.",
    ),
    lambda: click.Option(["--convention"], metavar="NAME|PATH", default="paper", show_default=True,
                         help="What counts as a FLOP."),
    lambda: click.Option(["--dtype"], default="fp32", show_default=True, metavar="TYPE",
                         help="Type of an element, for bytes: fp32, fp16, int8 …"),
    lambda: click.Option(["--symbolic"], metavar="NAME,…", help="Parameters that stay symbols."),
    lambda: click.Option(["--assume"], multiple=True, metavar="INEQUALITY",
                         help="What may be taken for granted of symbols: 'alpha <= 1'."),
    lambda: click.Option(["--exact-rounding"], is_flag=True,
                         help="Keep the rounding of symbols, instead of reading it as textbooks do."),
    lambda: click.Option(["--input", "input_shape"], multiple=True, metavar="C,H,W",
                         help="The input's shape instead of the spec's own; label=C,H,W where there are several."),
    lambda: click.Option(["--set", "settings"], multiple=True, metavar="NAME=VALUE",
                         help="A parameter, also one that is named like an option."),
)
"""Makers of the shared options, in the order of the help."""
