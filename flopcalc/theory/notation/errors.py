"""What is wrong with a formula, with a caret under the place."""

from __future__ import annotations

from flopcalc.errors import Excerpt, FlopcalcError, Problem

__all__ = ["NotationError", "fault"]


class NotationError(FlopcalcError):
    """A formula cannot be read, can be read in two ways, or has no value."""


def fault(text: str, what: str, offset: int, expected: str = "", hint: str = "") -> NotationError:
    """Return the error that something is wrong at a place of a text."""
    excerpt = Excerpt(text, min(offset, len(text))) if text.strip() else None
    return NotationError(Problem(what, None, expected, hint, excerpt))
