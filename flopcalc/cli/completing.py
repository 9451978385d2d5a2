"""What a shell completes: names of what is packaged, parameters and their values. Nothing is analysed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from flopcalc.spec import catalog

__all__ = ["VARIABLE", "Completer", "beginning", "kinds_of", "listed_words", "parameters", "spec_names"]

VARIABLE = "_FLOPCALC_COMPLETE"
"""The variable of the environment by which a shell asks, as click names it."""

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def beginning(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """Return the words that begin as what was typed, or where there are none, those that begin so spelt otherwise."""
    known, begun = list(dict.fromkeys(words)), catalog.folded(incomplete)
    exact = [word for word in known if word.startswith(incomplete)]
    return [CompletionItem(word) for word in exact or known if catalog.folded(word).startswith(begun)]


def spec_names(incomplete: str, more: Iterable[str] = ()) -> list[CompletionItem]:
    """Return the specs and variants, and other words before them; a shell's own files where it is a path."""
    if incomplete.startswith((".", "/", "~")) or "/" in incomplete:
        return [CompletionItem(incomplete, type="file")]
    specs = [e for e in catalog.index() if e.kind in catalog.SPEC_KINDS]
    return beginning([*more, *(name for entry in specs for name in (entry.name, *entry.variants))], incomplete)


def kinds_of(*kinds: str, more: Iterable[str] = ()) -> Completer:
    """Make what completes the names of kinds of packaged files; "specs" is architectures and blocks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        if "specs" in kinds:
            return spec_names(incomplete, more)
        return beginning([*more, *(e.name for e in catalog.index() if e.kind in kinds)], incomplete)

    return complete


def listed_words(words: Callable[[click.Context], Iterable[str]]) -> Completer:
    """Make what completes the last of several words between commas."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(f"{before}{comma}{item.value}") for item in beginning(words(ctx), last)]

    return complete


def parameters(ctx: click.Context) -> Iterable[str]:
    """Return the parameters of the spec that a command is on."""
    return tuple(getattr(ctx.command, "parameters", ()))
