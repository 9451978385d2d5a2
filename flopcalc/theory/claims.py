"""Is a formula right? A claim about a spec's cost is proved, refuted with the smallest counterexample, or left open.

A claim is a formula in book notation, held against a metric of a spec, or against the ratio of two specs. It is proved
as an identity of functions and never by trying numbers, and what was proved is tried besides at many points, by code
that shares nothing with the proof; it is refuted by numbers for which the layers, counted one by one, give something
else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, ClassVar

from flopcalc.analysis import texts_of
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import ParameterError, Problem, UndecidedError, shorten
from flopcalc.number import Number
from flopcalc.reading import reading_of
from flopcalc.shown import Shown
from flopcalc.theory.causes import Words
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.deciding import PROVED, REFUTED, UNDECIDED, Decider, Evidence, Finding
from flopcalc.theory.notation import Statement
from flopcalc.theory.questions import METRICS, Claim, Question, ask
from flopcalc.theory.recount import Nature
from flopcalc.theory.trial import Counterexample

__all__ = ["METRICS", "PROVED", "REFUTED", "UNDECIDED", "Claim", "Counterexample", "Verdict", "check", "verify"]

TIME_LIMIT = 5.0
"""Seconds of the processor after which a claim is left undecided."""


@dataclass(frozen=True, slots=True, repr=False)
class Verdict(Shown, Evidence):
    """What became of a claim, with the evidence: that of the one of its relations that decided.

    Attributes
    ----------
    claim : Claim
    outcome : str
        ``proved``, ``refuted`` or ``undecided``.
    metric : str
        What it was about.
    statement : Statement
        How the formula was read.
    findings : tuple of Finding
        One for each relation of the claim.
    actual, claimed : Number or None
        What the spec costs, and the formula's value.
    known : mapping of str to Number
        Names in the formula that are no symbols, with their values: parameters with a value, quantities of `let`.
    natures : tuple of Nature
        What every symbol was taken for.
    exact : bool
        Whether rounding was kept.
    order : tuple of str
        The symbols in the order in which the spec declares them.
    """

    shown_as: ClassVar[str] = "verdict"

    claim: Claim
    outcome: str
    metric: str
    statement: Statement
    findings: tuple[Finding, ...] = ()
    actual: Number | None = None
    claimed: Number | None = None
    known: Mapping[str, Number] = field(default_factory=dict)
    natures: tuple[Nature, ...] = ()
    exact: bool = False
    order: tuple[str, ...] = ()


def verify(
    formula: str,
    of: str = "",
    metric: str | None = None,
    *,
    over: str | None = None,
    where: Mapping[str, object] | None = None,
    let: Mapping[str, str] | None = None,
    assume: Iterable[str] = (),
    limit: Iterable[str] = (),
    symbolic: Iterable[str] = (),
    convention: str = "paper",
    exact_rounding: bool = False,
    growth: bool = False,
    dtype: str = "fp32",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    time_limit: float = TIME_LIMIT,
) -> Verdict:
    """Tell whether a textbook's formula is right.

    Parameters
    ----------
    formula, of, metric, over, where, let, assume, limit, symbolic, convention, exact_rounding, growth, dtype
        As in :class:`Claim`.
    fused, batch, assume_free
        As for :func:`flopcalc.analyze`.
    time_limit : float
        Seconds of the processor after which the verdict is ``undecided``.

    Raises
    ------
    FlopcalcError
        Where the formula cannot be read, or the specs cannot be counted.

    Examples
    --------
    >>> verify("17HWc^2", "resnet_bottleneck", where={"C": "4*c", "M": "c"}).outcome
    'proved'
    >>> verify("1/O + 1/K²", "separable_conv", over="conv").outcome
    'proved'
    >>> verdict = verify("17HWC^2", "resnet_basic")
    >>> verdict.outcome, dict(verdict.counterexample.assignment), verdict.counterexample.actual
    ('refuted', {'C': 1, 'H': 1, 'W': 1}, 18)
    >>> verify("a + b >= 2√(ab)").outcome
    'proved'
    """
    for name, given, kinds, expected in (
        ("the formula", formula, str, "a text"),
        ("of", of, str, "a spec's name or path"),
        ("metric", metric, (str, type(None)), "a metric's name"),
        ("over", over, (str, type(None)), "a spec's name or path"),
        ("where", where, (Mapping, type(None)), "values by parameter"),
        ("let", let, (Mapping, type(None)), "formulas by name"),
        ("growth", growth, bool, "True or False"),
    ):
        if not isinstance(given, kinds):
            raise ParameterError(Problem(f"{name} is {shorten(given)}", None, expected))
    claim = Claim(
        formula,
        of,
        metric,
        over,
        where or {},
        let or {},
        tuple(texts_of("assume", assume)),
        tuple(texts_of("limit", limit)),
        tuple(texts_of("symbolic", symbolic)),
        convention,
        exact_rounding,
        growth,
        dtype,
        reading_of(fused, batch, assume_free=assume_free),
    )
    return check(claim, time_limit=time_limit)


def check(claim: Claim, *, time_limit: float = TIME_LIMIT) -> Verdict:
    """Return the verdict on a claim; see :func:`verify`."""
    question: Question | None = None
    findings: list[Finding] = []
    decider: Decider | None = None
    try:
        with deadline(time_limit):
            question = ask(claim)
            decider = Decider(question)
            for link in question.links:
                findings.append(decider.decide(link))
                if findings[-1].outcome == REFUTED:
                    break
            return _verdict(question, findings)
    except TimeIsUp:
        over = f"it was not decided within {time_limit:g} seconds"
        if question is None or decider is None:
            what = f"the claim was not read within {time_limit:g} seconds"
            raise UndecidedError(Problem(what, None, "a shorter formula, or --time-limit")) from None
        link = question.links[min(len(findings), len(question.links) - 1)]
        findings.append(decider.found or Finding(link, UNDECIDED, reason=(over,)))
        return _verdict(question, findings)


def without_formulas(verdict: Verdict) -> Verdict:
    """Return a verdict without what may take long to write: its outcome, how it was read, and its counterexample."""
    reason: Words = (
        (*verdict.reason, "; its formulas take too long to write")
        if verdict.reason
        else ("its formulas take too long to write",)
    )
    plain = tuple(word for word in reason if isinstance(word, (str, int)))
    return replace(
        verdict, actual=None, claimed=None, limit=None, difference=None, ratio=None, reason=plain, causes=(), near=(),
        certificate=None, known={},
    )  # fmt: skip


def _verdict(question: Question, findings: list[Finding]) -> Verdict:
    """Put the findings on a claim's relations together: it holds where all of them do."""
    for outcome in (REFUTED, UNDECIDED, PROVED):
        found = [finding for finding in findings if finding.outcome == outcome]
        if found:
            break
    first = found[0]
    evidence: dict[str, Any] = {each.name: getattr(first, each.name) for each in fields(Evidence)}
    evidence["points"] = sum(finding.points for finding in findings)
    evidence["assumed"] = (*question.assumed, *dict.fromkeys(text for each in findings for text in each.assumed))
    return Verdict(
        question.claim,
        first.outcome,
        question.metric,
        question.statement,
        tuple(findings),
        actual=first.link.left.value,
        claimed=first.link.right.value,
        known=question.known,
        natures=question.natures,
        exact=question.exact,
        order=question.order,
        **evidence,
    )
