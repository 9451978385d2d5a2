"""Every error of flopcalc: where it is, what is wrong, what was expected, and what to try.

An error is data. It carries one or more :class:`Problem` values and is turned into text only when somebody reads
it, so that a whole file's faults can be reported at once and a program can inspect them.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable
from functools import wraps
from itertools import islice
from typing import ParamSpec, TypeVar

from flopcalc.dataclass import dataclass
from flopcalc.vocabulary import hint_for

__all__ = [
    "Excerpt",
    "Fault",
    "FlopcalcError",
    "ParameterError",
    "Place",
    "Problem",
    "ShapeError",
    "SpecError",
    "UndecidedError",
    "UnknownNameError",
    "columns_of",
    "described",
    "gathered",
    "listed",
    "one_of",
    "printable",
    "shallow",
    "shorten",
    "suggest",
]

LONGEST_QUOTE = 60
"""Characters of a user's text that a message repeats; hostile input can be megabytes long."""

LONGEST_MESSAGE = 400
"""Characters of each part of a problem, however many names and numbers went into it."""

MOST_LISTED = 16
"""How many names a message lists."""

_MOST_CANDIDATES = 500
"""How many names are compared with a misspelled one."""

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def printable(text: str) -> str:
    r"""Return `text` with every character that does not show itself written as an escape.

    A user's text may hold line breaks, terminal escape sequences and marks that turn the direction of writing.

    Examples
    --------
    >>> print(printable("red\x1b[31m"), printable("naïve K²"))
    red\x1b[31m naïve K²
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


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
        file = printable(self.file)
        if not self.line:
            return file
        return f"{file}:{self.line}:{self.column}"

    def shift(self, columns: int) -> Place:
        """Return the place `columns` characters to the right."""
        return Place(self.file, self.line, self.column + columns) if columns else self


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A user's text, with a caret under the character at which something is wrong.

    Examples
    --------
    >>> print(Excerpt("17HWX^2", 4))
      17HWX^2
          ^
    """

    text: str
    offset: int

    def __str__(self) -> str:
        first = max(0, min(self.offset - LONGEST_QUOTE // 2, len(self.text) - LONGEST_QUOTE))
        last = first + LONGEST_QUOTE
        shown = [_with_a_column(character) for character in self.text[first:last]]
        before, after = "…" if first else "", "…" if last < len(self.text) else ""
        columns = len(before) + sum(map(columns_of, shown[: self.offset - first]))
        return f"  {before}{''.join(shown)}{after}\n  {' ' * columns}^"


def _with_a_column(character: str) -> str:
    """Return a character that takes room on a terminal, so that a caret below stands where it should."""
    return character if character.isprintable() and not unicodedata.combining(character) else "?"


def columns_of(character: str) -> int:
    """Return how many columns of a terminal a character takes: two for wide ones, as those of Chinese."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


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
    excerpt: Excerpt | None = None

    def __post_init__(self) -> None:
        for part in ("what", "expected", "hint"):
            text = getattr(self, part)
            if len(text) > LONGEST_MESSAGE or not text.isprintable():
                object.__setattr__(self, part, shorten(text, LONGEST_MESSAGE))

    def __str__(self) -> str:
        lines = [f"{self.place}: {self.what}" if self.place else self.what]
        if self.excerpt is not None:
            lines.append(str(self.excerpt))
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


class SizeError(FlopcalcError):
    """A model from elsewhere cannot be read at the size that is taken where none is given."""


class ParameterError(FlopcalcError):
    """A value given for a parameter is wrong, or a parameter that is needed was not given."""


class ShapeError(FlopcalcError):
    """The layers do not fit each other: shapes, groups or channels that cannot be."""


class UnknownNameError(FlopcalcError):
    """There is no spec, variant, block, convention or column of that name."""


class UndecidedError(FlopcalcError):
    """Something is neither proved nor refuted.

    Attributes
    ----------
    exit_code : int
        3: the input is right, and the answer is not known.
    """

    exit_code = 3


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


def gathered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems as they are reported: each once, and those of one file in the order of its lines.

    Examples
    --------
    >>> late, early = Problem("b", Place("net.yaml", 9, 1)), Problem("a", Place("net.yaml", 2, 1))
    >>> [problem.what for problem in gathered([late, early, late])]
    ['a', 'b']
    """
    files: dict[str, int] = {}
    unlike = list(dict.fromkeys(problems))
    for problem in unlike:
        files.setdefault(problem.place.file if problem.place else "", len(files))

    def order(problem: Problem) -> tuple[int, int, int]:
        place = problem.place or Place("")
        return (files[place.file], place.line, place.column)

    return tuple(sorted(unlike, key=order))


def shallow(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a function raise a SpecError where Python's stack ends.

    What a spec may nest is bounded where it is read; this is the net below, for deep formulas in sympy's hands and
    for a caller who is deep in the stack already.
    """

    @wraps(function)
    def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except RecursionError:
            raise SpecError(Problem("blocks, definitions or formulas are nested too deeply")) from None

    return guarded


def one_of(names: Iterable[str]) -> str:
    """Return what is expected where one of some names is.

    Examples
    --------
    >>> one_of(["kernel", "stride"]), one_of(["first"])
    ('one of kernel, stride', 'first')
    """
    known = list(names)
    return listed(known) if len(known) == 1 else f"one of {listed(known)}"


def listed(names: Iterable[str], last: str = "") -> str:
    """Return names with commas between, the first few of very many; `last` is what stands for none.

    Examples
    --------
    >>> listed(["kernel", "stride"])
    'kernel, stride'
    >>> listed(f"a{index}" for index in range(100))
    'a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15 and 84 more'
    """
    texts = [shorten(str(name)) for name in names]
    if len(texts) > MOST_LISTED + 1:
        return ", ".join(texts[:MOST_LISTED]) + f" and {len(texts) - MOST_LISTED:,} more"
    return ", ".join(texts) or last


def described(value: object) -> str:
    """Return a value as text, whatever it is: a message about a wrong value must not fail by it.

    Examples
    --------
    >>> described("word"), described([3]), described(10**5000)
    ('word', '[3]', 'a value of type int')
    """
    if isinstance(value, str):
        return value
    try:
        return repr(value)
    except Exception:  # a user's own type may raise anything, and Python refuses to write long numbers
        return f"a value of type {type(value).__name__}"


def shorten(text: object, limit: int = LONGEST_QUOTE) -> str:
    """Return `text` on one line, cut to `limit` characters, all of them printable.

    What is no text, which a user may give by mistake, is :func:`described`.

    Examples
    --------
    >>> shorten("a" * 9, 6)
    'aaaaa…'
    """
    text = described(text)
    flat = printable(" ".join(text[: 4 * limit].split()))
    return flat if len(flat) <= limit and len(text) <= 4 * limit else flat[: limit - 1] + "…"


def _without_hyphens(name: str) -> str:
    return name.replace("-", "").replace("_", "")


def suggest(name: object, candidates: Iterable[str]) -> str:
    """Return "did you mean `x`?" for the nearest candidates, or an empty string where none is near.

    A word of another framework gets the one that is used here.

    Examples
    --------
    >>> suggest("group", ["groups", "kernel"])
    'did you mean `groups`?'
    >>> suggest("zebra", ["groups", "kernel"])
    ''
    """
    if not isinstance(name, str) or len(name) > LONGEST_QUOTE:
        return ""
    known = list(islice(candidates, _MOST_CANDIDATES))
    elsewhere = hint_for(name, known)
    if elsewhere is not None:
        return elsewhere
    by_fold: dict[str, str] = {}
    for candidate in known:
        if len(candidate) <= 2 * len(name) + 2:
            by_fold.setdefault(candidate.casefold(), candidate)
    wanted = _without_hyphens(name.casefold())
    near = [fold for fold in by_fold if _without_hyphens(fold) == wanted]
    near = near or difflib.get_close_matches(name.casefold(), list(by_fold), n=3, cutoff=0.6)
    if not near:
        return ""
    return "did you mean " + " or ".join(f"`{by_fold[fold]}`" for fold in near) + "?"
