"""Help texts that fit the screen, on fewer columns than 50 too, and show the control characters of a title."""

from __future__ import annotations

import shutil
import sys
from types import TracebackType
from typing import Any

import click

from flopcalc.cli.output import width_of
from flopcalc.render.text import NARROWEST, broken, visible

__all__ = ["Command", "Context"]

_WIDEST = 80


class Formatter(click.HelpFormatter):
    """Breaks what is wider than the screen, and shows control characters instead of writing them."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        screen = width_of(sys.stdout) or shutil.get_terminal_size((_WIDEST, 24)).columns
        self.screen = max(screen, NARROWEST)
        if self.screen < _WIDEST:
            indent_increment, width = 2 if self.screen >= 50 else 1, self.screen - 2
        super().__init__(indent_increment, width, max_width)

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        if self.screen < 50:  # the second column has no room beside the first
            for name, text in rows:
                self.write(f"{'':>{self.current_indent}}{name}\n")
                with self.indentation():
                    self.write_text(text or "")
        else:
            super().write_dl(rows, col_max, col_spacing)

    def getvalue(self) -> str:
        text = visible(super().getvalue())
        return broken(text, self.screen) if self.screen < _WIDEST else text


class Context(click.Context):
    """The context of every command."""

    formatter_class = Formatter

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, tb: TracebackType | None
    ) -> bool | None:
        if isinstance(exc_value, click.UsageError) and exc_value.ctx is None:
            exc_value.ctx = self  # which click's parser leaves out, so that the help of all is named
        return super().__exit__(exc_type, exc_value, tb)


class Command(click.Command):
    """A command without a spec of its own."""

    context_class = Context
