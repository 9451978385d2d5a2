"""A worksheet: a YAML list of claims with what is expected of each, marked like an exercise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from flopcalc.analysis import split_inline, split_settings
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import FlopcalcError, Problem, SpecError, UnknownNameError, gathered
from flopcalc.reading import PLAIN, Reading, reading_of
from flopcalc.report import DTYPES
from flopcalc.shown import Shown
from flopcalc.spec import catalog
from flopcalc.spec.document import HEADINGS, Document
from flopcalc.spec.opening import open_document
from flopcalc.spec.syntax import Node, Scalar
from flopcalc.theory.claims import PROVED, REFUTED, TIME_LIMIT, UNDECIDED, Claim, Verdict, check

__all__ = ["Exercise", "Marked", "Worksheet", "load_worksheet", "mark", "worksheet_names"]

MOST_CLAIMS = 500
"""How many claims a worksheet may have."""

_KEYS = (*HEADINGS, "defaults", "claims")
_SETTINGS = (
    "of", "over", "metric", "where", "let", "assume", "limit", "symbolic", "convention", "exact_rounding", "growth",
    "dtype", "fused", "batch", "assume_free",
)  # fmt: skip
_CLAIM_KEYS = ("claim", *_SETTINGS, "expect", "ask", "note", "source")


@dataclass(frozen=True, slots=True)
class Exercise:
    """A claim of a worksheet.

    Attributes
    ----------
    claim : Claim
    expected : str
        ``proved``, ``refuted`` or ``undecided``.
    question, note, source : str
        What is asked, what there is to say of it, and where it stands.
    formula : Scalar
        Its formula, with its place.
    """

    claim: Claim
    expected: str
    question: str
    note: str
    source: str
    formula: Scalar


@dataclass(frozen=True, slots=True)
class Worksheet:
    """Claims that belong together."""

    name: str
    title: str
    source: str
    notes: str
    exercises: tuple[Exercise, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Marked(Shown):
    """A worksheet with the verdict on each of its claims."""

    shown_as: ClassVar[str] = "worksheet"

    worksheet: Worksheet
    verdicts: tuple[Verdict, ...] = field(default=())

    @property
    def pairs(self) -> Iterator[tuple[Exercise, Verdict]]:
        """Each exercise with its verdict."""
        return zip(self.worksheet.exercises, self.verdicts, strict=True)

    @property
    def unexpected(self) -> tuple[tuple[Exercise, Verdict], ...]:
        """Those whose verdict is not the expected one."""
        return tuple((exercise, verdict) for exercise, verdict in self.pairs if exercise.expected != verdict.outcome)


def load_worksheet(name_or_path: str) -> Worksheet:
    """Return a packaged worksheet by name, or a user's own by path.

    Raises
    ------
    UnknownNameError
        Where there is none of that name.
    SpecError
        With all the faults of the file.

    Examples
    --------
    >>> load_worksheet("coursework").title
    'Questions that courses ask'
    """
    try:
        document = open_document(name_or_path, "worksheet", _KEYS, ("claims",))
    except UnknownNameError as error:
        (problem,) = error.problems
        raise UnknownNameError(replace(problem, hint=problem.hint or "--of SPEC, if it is a formula")) from None
    found = document.parts
    defaults = found.get("defaults")
    shared = document.keyed(defaults, "`defaults`", _SETTINGS) if defaults is not None else {}
    items = document.items(found.get("claims"), "`claims`")
    if len(items) > MOST_CLAIMS:
        document.fail(f"there are {len(items):,} claims", found["claims"], f"at most {MOST_CLAIMS}")
        items = ()
    elif "claims" in found and not items and not document.problems:
        document.fail("`claims` is empty", found["claims"], "a list of claims")
    exercises = [_exercise(document, item, shared) for item in items]
    texts = document.headings()
    document.finish()
    return Worksheet(**texts, exercises=tuple(filter(None, exercises)))


def worksheet_names() -> tuple[str, ...]:
    """Return the names of the packaged worksheets."""
    return tuple(entry.name for entry in catalog.index() if entry.kind == "worksheets")


def _exercise(document: Document, node: Node, shared: dict[str, Node]) -> Exercise | None:
    """Read one claim; what it does not say is taken from the worksheet's defaults."""
    if isinstance(node, Scalar):
        document.fail(f"a claim is {node.what}", node, "a mapping with `claim` and `of`")
        return None
    own = document.keyed(node, "a claim", _CLAIM_KEYS, ("claim",))
    found = {**shared, **own}
    formula = own.get("claim")
    if formula is None:
        return None

    def text(key: str) -> str:
        return document.text(found.get(key), f"`{key}`")

    claim = Claim(
        document.text(formula, "`claim`"),
        _beside(document, text("of"), found.get("of")),
        text("metric") or None,
        _beside(document, text("over"), found.get("over")) or None,
        _settings(document, found.get("where"), "`where`"),
        _settings(document, found.get("let"), "`let`"),
        document.texts(found.get("assume"), "`assume`"),
        document.texts(found.get("limit"), "`limit`"),
        document.texts(found.get("symbolic"), "`symbolic`"),
        _beside(document, text("convention"), found.get("convention")) or "paper",
        document.word(found.get("exact_rounding"), "`exact_rounding`", ("true", "false"), "false") == "true",
        document.word(found.get("growth"), "`growth`", ("true", "false"), "false") == "true",
        document.word(found.get("dtype"), "`dtype`", tuple(DTYPES), "fp32"),
        _reading(document, found),
    )
    expected = document.word(own.get("expect"), "`expect`", (PROVED, REFUTED, UNDECIDED), PROVED)
    scalar = formula if isinstance(formula, Scalar) else Scalar("", True, formula.place)
    return Exercise(claim, expected, text("ask"), text("note"), text("source"), scalar)


def _reading(document: Document, found: Mapping[str, Node]) -> Reading:
    """Return how the networks of a claim are read."""
    fused = document.word(found.get("fused"), "`fused`", ("true", "false"), "false") == "true"
    node, free = found.get("batch"), document.texts(found.get("assume_free"), "`assume_free`")
    try:
        return reading_of(fused, document.text(node, "`batch`") or 1, assume_free=free)
    except FlopcalcError as error:
        if node is not None:
            document.blame(error, node)
        return PLAIN


def _beside(document: Document, spec: str, node: Node | None) -> str:
    """Return a spec or a convention as it was named; a path is one beside the worksheet's file."""
    try:
        name, _ = split_inline(spec) if spec else ("", {})
        return document.named(name) + spec[len(name) :]
    except FlopcalcError as error:
        if node is not None:
            document.blame(error, node)
        return spec


def _settings(document: Document, node: Node | None, what: str) -> dict[str, str]:
    """Return values by name, from a mapping or from a text such as ``C=4*c,M=c``."""
    if isinstance(node, Scalar) and not node.null:
        try:
            return split_settings(node.text)
        except FlopcalcError as error:
            document.blame(error, node)
            return {}
    return document.text_by_name(node, what)


def mark(worksheet: Worksheet, *, time_limit: float = TIME_LIMIT) -> Marked:
    """Decide every claim of a worksheet.

    Raises
    ------
    SpecError
        Where claims cannot be read or counted: all of them together, each at its place.
    """
    verdicts: list[Verdict] = []
    problems: list[Problem] = []
    for exercise in worksheet.exercises:
        try:
            verdicts.append(check(exercise.claim, time_limit=time_limit))
        except FlopcalcError as error:
            problems.extend(_placed(problem, exercise) for problem in error.problems)
    if problems:
        raise SpecError(*gathered(problems))
    return Marked(worksheet, tuple(verdicts))


def _placed(problem: Problem, exercise: Exercise) -> Problem:
    """Return a claim's fault at its place: where its formula is wrong, or where the claim stands."""
    place = problem.place or exercise.formula.place
    if problem.excerpt is not None and problem.excerpt.text == exercise.formula.text:
        place = exercise.formula.at(problem.excerpt.offset)
    return replace(problem, place=place)
