"""Every error of flopcalc: where it is, what is wrong, what was expected, and what to try.

An error is data. It carries one or more :class:`Problem` values and is turned into text only when somebody reads
it, so that a whole file's faults can be reported at once and a program can inspect them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = [
    "Fault",
    "FlopcalcError",
    "ParameterError",
    "Place",
    "Problem",
    "ShapeError",
    "SpecError",
    "UnknownNameError",
    "shorten",
    "suggest",
]

LONGEST_QUOTE = 60
"""Characters of a user's text that a message repeats; hostile input can be megabytes long."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a source text; lines and columns count from 1.

    Examples
    --------
    >>> str(Place("net.yaml", 12, 7))
    'net.yaml:12:7'
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"

    def shift(self, columns: int) -> Place:
        """Return the place `columns` characters to the right."""
        return replace(self, column=self.column + columns)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: what is wrong, where, what was expected, and what to try.

    Examples
    --------
    >>> print(Problem("conv has no attribute `group`", Place("net.yaml", 12, 7), hint="did you mean `groups`?"))
    net.yaml:12:7: conv has no attribute `group`
      try: did you mean `groups`?
    """

    what: str
    place: Place | None = None
    expected: str = ""
    hint: str = ""

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.what}" if self.place else self.what]
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.hint:
            lines.append(f"  try: {self.hint}")
        return "\n".join(lines)


class FlopcalcError(Exception):
    """The base of every error that a user can cause; holds all the problems that were found together.

    Attributes
    ----------
    problems : tuple of Problem
    exit_code : int
        What the command line returns for it: 2, the input is wrong.
    """

    exit_code = 2

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class SpecError(FlopcalcError):
    """A spec file is wrong: its YAML, its keys, its names or its expressions."""


class ParameterError(FlopcalcError):
    """A value given for a parameter is wrong, or a parameter that is needed was not given."""


class ShapeError(FlopcalcError):
    """The layers do not fit each other: shapes, groups or channels that cannot be."""


class UnknownNameError(FlopcalcError):
    """There is no spec, variant, block, convention or column of that name."""


class Fault(Exception):
    """A problem found by arithmetic or by a layer's rule, which do not know where in a file they were asked.

    Whoever knows the place catches it and makes a :class:`Problem` of it with :meth:`at`.
    """

    def __init__(self, what: str, *, expected: str = "", hint: str = "", offset: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.expected = expected
        self.hint = hint
        self.offset = offset

    def at(self, place: Place | None) -> Problem:
        """Return the problem, placed; `offset` counts characters from the place's column."""
        if place is not None and self.offset:
            place = place.shift(self.offset)
        return Problem(self.what, place, self.expected, self.hint)


def shorten(text: str, limit: int = LONGEST_QUOTE) -> str:
    """Return `text` on one line, cut to `limit` characters.

    Examples
    --------
    >>> shorten("a" * 9, 6)
    'aaaaa…'
    """
    flat = " ".join(text[: 4 * limit].split())
    return flat if len(flat) <= limit and len(text) <= 4 * limit else flat[: limit - 1] + "…"


def suggest(name: str, candidates: Iterable[str]) -> str:
    """Return "did you mean `x`?" for the nearest candidates, or an empty string where none is near.

    Examples
    --------
    >>> suggest("group", ["groups", "kernel"])
    'did you mean `groups`?'
    >>> suggest("zebra", ["groups", "kernel"])
    ''
    """
    if len(name) > LONGEST_QUOTE:
        return ""
    by_fold: dict[str, str] = {}
    for candidate in candidates:
        by_fold.setdefault(candidate.casefold(), candidate)
    near = difflib.get_close_matches(name.casefold(), list(by_fold), n=3, cutoff=0.6)
    if not near:
        return ""
    return "did you mean " + " or ".join(f"`{by_fold[fold]}`" for fold in near) + "?"
