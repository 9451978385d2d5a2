"""A flat trace as a spec that a person would have written: blocks, repeats, tables, and parameters for what differs."""

from __future__ import annotations

from collections.abc import Callable

from flopcalc.importing.document import text_of
from flopcalc.importing.folding.draft import Draft
from flopcalc.importing.trace import Trace

__all__ = ["fold"]

_MOST_WORK = 30_000
"""How many steps may be gone through, over all drafts, to find a shorter one."""


def fold(trace: Trace, first_other: Callable[[str], int | None]) -> str:
    """Return a trace in the language, with blocks for modules that are alike, repeats and tables.

    Parameters
    ----------
    trace : Trace
    first_other : callable
        Compares a text with the trace: the position of the first layer that is another one, below 0 where the text
        cannot be read, None where there is none. A text is returned only where there is none; what cannot be folded
        so is written flat, a block at a time.
    """
    draft, barred = _shortest(trace)
    flat = False
    for _ in range(2 * len(draft.kinds) + 3):
        text = draft.text()
        other = first_other(text)
        if other is None:
            return text
        kinds = draft.kinds_at(other) if other >= 0 else draft.kinds[-1:]
        if kinds:
            barred |= {kinds[0]}
        elif not flat:
            flat = True
        else:
            break
        draft = Draft(trace, barred, flat=flat)
    return text_of(trace)


def _shortest(trace: Trace) -> tuple[Draft, set[str]]:
    """Return the draft with the fewest lines, and the kinds that are no blocks in it."""
    barred: set[str] = set()
    best = Draft(trace)
    lines = _size(best)
    left = _MOST_WORK // max(1, len(trace.steps))
    for kind in best.kinds:
        if left <= 0:
            break
        left -= 1
        other = Draft(trace, {*barred, kind})
        count = _size(other)
        if count <= lines:
            best, lines, barred = other, count, {*barred, kind}
    return best, barred


def _size(draft: Draft) -> int:
    """Return how much there is to read: its lines, and as many more as a block has to be worth."""
    return draft.text().count("\n") + 2 * len(draft.blocks)
