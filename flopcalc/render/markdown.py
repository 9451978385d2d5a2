"""Words and cells as Markdown shows them."""

from __future__ import annotations

import re

from flopcalc.render.cells import Writer
from flopcalc.render.text import printable

__all__ = ["MarkdownWriter", "escaped_markdown"]

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
"""What Markdown, or the mathematics in it, would read as more than a character."""


def escaped_markdown(text: str) -> str:
    r"""Return a text that Markdown shows as it is.

    Examples
    --------
    >>> print(escaped_markdown("a*b"))
    a\*b
    """
    return _MARKUP.sub(r"\\\1", printable(text))


class MarkdownWriter(Writer):
    """Writes cells as Markdown shows them."""

    def words(self, text: str) -> str:
        return escaped_markdown(text)

    def math(self, text: str) -> str:
        return self.words(text)
