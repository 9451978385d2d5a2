"""Is a formula right? A claim about a spec's cost is proved, refuted with the smallest counterexample, or left open.

A claim is a formula in book notation, held against a metric of a spec, or against the ratio of two specs. It is proved
as an identity of functions and never by trying numbers; it is refuted by whole numbers for which the layers, counted
one by one, give something else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from typing import Any, NoReturn

from flopcalc.analysis import analyze_spec, resolve
from flopcalc.errors import (
    Fault,
    FlopcalcError,
    ParameterError,
    Problem,
    UnknownNameError,
    listed,
    one_of,
    shorten,
    suggest,
)
from flopcalc.layers.conv import Windowed
from flopcalc.number import (
    Arithmetic,
    Number,
    Value,
    as_expr,
    divide,
    expanded,
    is_rational,
    is_symbolic,
    normal,
    readable,
)
from flopcalc.report import METRICS as COUNTED
from flopcalc.report import Report
from flopcalc.spec import Parameter, Spec
from flopcalc.theory.causes import NAMES, Cause, Words, explain, explain_ratio
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.equivalence import (
    Certificate,
    OpenLimitError,
    counterexample,
    evaluated,
    is_zero,
    limit_at_infinity,
    nonnegative,
    sign_of,
    symbols_of,
    vanishes_at_infinity,
)
from flopcalc.theory.notation import Statement, read_statement
from flopcalc.theory.textbook import textbook

__all__ = ["METRICS", "PROVED", "REFUTED", "UNDECIDED", "Claim", "Counterexample", "Verdict", "check", "verify"]

PROVED, REFUTED, UNDECIDED = "proved", "refuted", "undecided"

METRICS: Mapping[str, str] = {
    **{name: NAMES[name] for name in COUNTED},
    "channels": "output channels",
    "height": "output height",
    "width": "output width",
    "intensity": "arithmetic intensity",
    "peak_memory": "peak memory",
    "receptive_field": "receptive field",
}
"""What a claim may be about, and what it is called in a sentence."""

_LABELS = {
    **{name: name for name in METRICS},
    "mult-adds": "madds",
    "multadds": "madds",
    "parameters": "params",
}
"""What may stand left of a relation, lower case, and the metric that it means."""

_FILLS = (1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 30, 32, 36, 40, 48, 60, 64, 80, 100, 120, 128, 144, 180, 240, 256, 360)
"""What is tried for symbols of the specs that are in no formula any more, as the channels in a ratio."""

_MOST_ROWS = 100
"""Of how many rows a report may have, to be made again in order to tell whether rounding matters."""

TIME_LIMIT = 5.0
"""Seconds after which a claim is left undecided."""

_MACS = re.compile(r"\s*MACs\s*(\W|\\)", re.IGNORECASE)

_INFINITE = ("oo", "∞", "inf", "infinity", r"\infty")


@dataclass(frozen=True, slots=True)
class Claim:
    """A formula, and what it is said to be the cost of.

    Attributes
    ----------
    formula : str
        In book notation, LaTeX's or Python's; with a relation before it where it is no equality (``≥ …``, ``≈ 0.113``).
    of : str
        The spec, perhaps with values inline.
    metric : str, optional
        One of :data:`METRICS`; by default what stands left of the relation, or else flops.
    over : str, optional
        A second spec: the claim is then about the ratio of the two.
    where : mapping of str to object
        Values for the specs' parameters: numbers, or expressions in new symbols.
    let : mapping of str to str
        Names for quantities that the formula uses, as formulas in book notation; the name of a metric alone is that
        metric of `of`.
    assume : tuple of str
        Inequalities between symbols.
    limit : tuple of str
        Symbols that grow without end, ``O=oo`` or ``O``.
    symbolic : tuple of str
        Parameters that stay symbols though they have a default.
    convention : str
        What counts as a FLOP.
    exact_rounding : bool
    """

    formula: str
    of: str
    metric: str | None = None
    over: str | None = None
    where: Mapping[str, object] = field(default_factory=dict)
    let: Mapping[str, str] = field(default_factory=dict)
    assume: tuple[str, ...] = ()
    limit: tuple[str, ...] = ()
    symbolic: tuple[str, ...] = ()
    convention: str = "paper"
    exact_rounding: bool = False


@dataclass(frozen=True, slots=True)
class Counterexample:
    """Whole numbers for which a claim fails, and both values there."""

    assignment: Mapping[str, int]
    actual: Number
    claimed: Number


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a claim, with the evidence.

    Attributes
    ----------
    claim : Claim
    outcome : str
        ``proved``, ``refuted`` or ``undecided``.
    metric : str
        What it was about.
    statement : Statement
        How the formula was read.
    actual, claimed : Number or None
        What the spec costs, and the formula's value.
    limit : Number or None
        What the count comes to as the symbols of `Claim.limit` grow; None where it grows without end.
    difference, ratio : Number or None
        claimed − actual, and claimed / actual.
    reason : Words
        How it was proved, or why it is open.
    counterexample : Counterexample or None
    causes : tuple of Cause
    certificate : Certificate or None
        For an inequality that was proved: why the difference is never negative.
    known : mapping of str to Number
        Names in the formula that are no symbols, with their values: parameters with a value, quantities of `let`.
    assumed : tuple of str
        What was taken for granted about symbols.
    order : tuple of str
        The symbols in the order in which the spec declares them.
    """

    claim: Claim
    outcome: str
    metric: str
    statement: Statement
    actual: Number | None = None
    claimed: Number | None = None
    limit: Number | None = None
    difference: Number | None = None
    ratio: Number | None = None
    reason: Words = ()
    counterexample: Counterexample | None = None
    causes: tuple[Cause, ...] = ()
    certificate: Certificate | None = None
    known: Mapping[str, Number] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


def verify(
    formula: str,
    of: str,
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
    time_limit: float = TIME_LIMIT,
) -> Verdict:
    """Tell whether a textbook's formula is right.

    Parameters
    ----------
    formula, of, metric, over, where, let, assume, limit, symbolic, convention, exact_rounding
        As in :class:`Claim`.
    time_limit : float
        Seconds after which the verdict is ``undecided``.

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
    """
    claim = Claim(
        formula,
        of,
        metric,
        over,
        where or {},
        let or {},
        tuple(assume),
        tuple(limit),
        tuple(symbolic),
        convention,
        exact_rounding,
    )
    return check(claim, time_limit=time_limit)


def check(claim: Claim, *, time_limit: float = TIME_LIMIT) -> Verdict:
    """Return the verdict on a claim; see :func:`verify`."""
    question = _Question.of(claim)
    try:
        with deadline(time_limit):
            return question.answer()
    except TimeIsUp:
        return question.found or question.verdict(
            UNDECIDED, reason=(f"it was not decided within {time_limit:g} seconds",)
        )


# -- what is asked ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Side:
    """One spec of a claim: what it was analysed with, and its report."""

    spec: Spec
    given: Mapping[str, object]
    symbolic: tuple[str, ...]
    report: Report


@dataclass(slots=True)
class _Question:
    """A claim whose formula was read and whose specs were counted."""

    claim: Claim
    metric: str
    statement: Statement
    sides: tuple[_Side, ...]
    actual: Number
    claimed: Number
    known: Mapping[str, Number]
    arithmetic: Arithmetic
    order: tuple[str, ...]
    symbols: Mapping[str, Any]
    rounds: bool | None = None
    found: Verdict | None = None
    """What is certain already while causes are looked for."""

    @classmethod
    def of(cls, claim: Claim) -> _Question:
        """Read a claim.

        Raises
        ------
        FlopcalcError
        """
        sides = _sides(claim)
        parameters: dict[str, Value] = {}
        for side in sides:
            parameters = {**side.report.parameters, **parameters}
        symbols = _symbols_by_name(sides)
        values: dict[str, Number] = dict(symbols)
        for name, value in parameters.items():
            if name not in symbols and not isinstance(value, (bool, str, tuple, dict)):
                values[name] = _unified(value, symbols)
        order = tuple(dict.fromkeys([*parameters, *symbols]))
        for name, text in claim.let.items():
            values[name] = _let(name, text, values, claim, sides[0], symbols)
        if _MACS.match(claim.formula):
            raise ParameterError(
                Problem(
                    "MACs may be multiply-accumulates or memory access cost",
                    None,
                    "madds = … for the first, MAC = … for the second",
                )
            )
        statement = read_statement(claim.formula, values, _LABELS)
        metric = _metric(claim, statement)
        arithmetic = sides[0].report.totals.arithmetic
        claimed = statement.right.value(values, arithmetic)
        actual = _unified(_measured(sides[0].report, metric), symbols)
        if statement.left is not None and not (
            len(sides) == 1 and is_zero(expanded(statement.left.value(values, arithmetic) - actual))
        ):
            raise ParameterError(
                Problem(
                    f"`{shorten(statement.left.text)}` stands left of the {_sign(statement)}",
                    None,
                    f"the name of a metric, such as {metric}, one that --let gives it, or nothing",
                    f"the claim alone: '{_sign(statement)} {shorten(statement.right.text)}'",
                )
            )
        if len(sides) > 1:
            below = _unified(_measured(sides[1].report, metric), symbols)
            if below == 0:
                raise ParameterError(
                    Problem(f"the {METRICS[metric]} of {sides[1].report.name} are 0", None, "a divisor")
                )
            actual = textbook(_quotient(actual, below))
        known = {name: values[name] for name in statement.right.names if name not in symbols}
        return cls(claim, metric, statement, sides, actual, claimed, known, arithmetic, order, symbols)

    def verdict(self, outcome: str, **evidence: Any) -> Verdict:
        """Return a verdict on this question."""
        known: dict[str, Any] = {"actual": self.actual, "claimed": self.claimed}
        assumed = dict.fromkeys([*self.claim.assume, *(text for side in self.sides for text in side.report.assumed)])
        if self.rounds is None:
            self.rounds = self.rounding_matters()
        if self.rounds:
            assumed["sizes divide evenly"] = None
        return Verdict(
            self.claim,
            outcome,
            self.metric,
            self.statement,
            known=self.known,
            assumed=tuple(assumed),
            order=self.order,
            **{**known, **evidence},
        )

    def rounding_matters(self) -> bool:
        """Tell whether formulas are other ones where rounding is kept."""
        if self.claim.exact_rounding or not any(side.report.symbolic for side in self.sides):
            return False
        if any(len(side.report.layers) > _MOST_ROWS for side in self.sides):
            return True
        exact = replace(self.claim, exact_rounding=True)
        try:
            measured = [
                _unified(_measured(_analyse(side.spec, exact, side.given, side.symbolic), self.metric), self.symbols)
                for side in self.sides
            ]
        except FlopcalcError:
            return True
        ideal = [_unified(_measured(side.report, self.metric), self.symbols) for side in self.sides]
        return measured != ideal

    def answer(self) -> Verdict:
        """Decide the claim."""
        relation = self.statement.relation
        growing = [self.growing(text) for text in self.claim.limit]
        if growing:
            return self.in_the_limit(growing)
        if relation == "≈":
            return self.approximate()
        difference = expanded(self.claimed - self.actual)
        if relation == "=":
            if not self.differs(difference) and is_zero(difference):
                return self.verdict(PROVED, reason=self.proved_how(), difference=0, ratio=1)
            return self.refuted(difference, lambda gap: sign_of(gap) in (1, -1))
        strict = relation in ("<", ">")
        wanted = difference if relation in ("<", "<=") else normal(-difference)
        certificate = nonnegative(wanted, self.arithmetic, strict=strict)
        if certificate is not None:
            reason: Words = ("the difference is a sum of terms that are not negative",)
            if difference == 0:
                reason = self.proved_how()
            elif self.claim.assume:
                reason = ("with what is assumed the difference is never negative",)
            if certificate.squares:
                reason = ("the difference is a square times what is positive",)
            return self.verdict(
                PROVED, reason=reason, certificate=certificate, difference=difference, ratio=_ratio(self)
            )
        signs = (-1, 0) if strict else (-1,)
        turned = relation in (">", ">=")
        return self.refuted(difference, lambda gap: sign_of(normal(-gap) if turned else gap) in signs)

    def differs(self, difference: Number) -> bool:
        """Tell whether a formula is certainly not zero everywhere, by its value at one point."""
        point = {name: 2 + index % 2 for index, name in enumerate(symbols_of(difference))}
        try:
            return sign_of(evaluated(difference, point)) in (1, -1)
        except ZeroDivisionError:
            return False

    def proved_how(self) -> Words:
        if not symbols_of(self.actual, self.claimed):
            return ("both are the same number",)
        names = min(symbols_of(self.actual), symbols_of(self.claimed), key=len)
        if not names:
            return ("both are the same number for all values",)
        return ("both are the same function of ", *_listed(names, self.order))

    # -- limits and printed figures ----------------------------------------------------------------------------------

    def growing(self, text: str) -> Any:
        """Return the symbol that a limit names."""
        name, equals, value = (part.strip() for part in text.partition("="))
        if equals and value.lower() not in _INFINITE:
            raise ParameterError(
                Problem(
                    f"the limit `{shorten(text)}` leads nowhere",
                    None,
                    f"{shorten(name)}=oo",
                    "a value is given by --where",
                )
            )
        if name not in self.symbols:
            raise ParameterError(
                Problem(
                    f"the limit `{shorten(text)}` is of `{shorten(name)}`, which is no free symbol",
                    None,
                    one_of(self.symbols or ["none"]),
                    suggest(name, self.symbols),
                )
            )
        return self.symbols[name]

    def in_the_limit(self, growing: list[Any]) -> Verdict:
        """Decide whether a formula is what the count comes to as symbols grow: their ratio goes to 1."""
        if self.statement.relation not in ("=", "≈"):
            raise ParameterError(
                Problem(f"a limit with {self.statement.relation}", None, "an equality, or ≈", "leave the relation out")
            )
        names = _listed(growing, self.order)
        where = (*names, " → ∞")
        actual, endless = _end(self.actual, growing)
        ratio, beyond, same = None, False, None
        if self.actual == 0 or self.claimed == 0:
            same = self.claimed == 0 and vanishes_at_infinity(self.actual, growing)
        else:
            ratio, beyond = _end(_quotient(self.claimed, self.actual), growing)
            same = vanishes_at_infinity(normal(_quotient(self.claimed, self.actual) - 1), growing)
        if same and self.claimed == 0:
            return self.verdict(PROVED, reason=("the count goes to 0 as ", *where), limit=actual)
        if same:
            return self.verdict(PROVED, reason=("their ratio goes to 1 as ", *where), ratio=1, limit=actual)
        if same is None:
            reason: Words = ("it was neither proved nor refuted that their ratio goes to 1 as ", *where)
            return self.verdict(UNDECIDED, reason=reason)
        difference = None if actual is None else normal(self.claimed - actual)
        count: Words = ()
        if actual is not None:
            count = ("the count goes to ", actual)
        elif endless:
            count = ("the count grows without end",)
        beside: Words = ()
        if self.claimed == 0 or (actual is not None and actual != 0):
            beside = () if count else ("what the count goes to depends on which grows faster",)
        elif ratio is not None:
            beside = ("the claim's ratio to it goes to ", ratio)
        elif beyond:
            beside = ("the claim's ratio to it grows without end",)
        elif self.actual != 0 and len(growing) > 1:
            beside = ("the claim's ratio to it depends on which grows faster",)
        both = (*count, "; ", *beside) if count and beside else (*count, *beside)
        reason = ("as ", *where, ", ", *both)
        return self.verdict(REFUTED, reason=reason, ratio=ratio, difference=difference, limit=actual)

    def approximate(self) -> Verdict:
        """Decide whether a printed figure is the count, rounded to its last digit."""
        decimals = self.statement.right.decimals
        if decimals is None:
            raise ParameterError(
                Problem(
                    "≈ before a formula says not in which limit",
                    None,
                    "a number, or a limit",
                    "--limit O=oo, or leave ≈ out",
                )
            )
        if symbols_of(self.actual):
            shown = ", ".join(map(str, symbols_of(self.actual)))
            raise ParameterError(
                Problem(
                    f"≈ {self.statement.right.text} is held against a formula in {shown}", None, "numbers", "--where"
                )
            )
        step = _last_digit(decimals)
        difference = normal(self.claimed - self.actual)
        signs = (sign_of(normal(step / 2 - difference)), sign_of(normal(step / 2 + difference)))
        near = None not in signs and -1 not in signs
        words = f"to {decimals} decimal{'s' * (decimals != 1)}" if decimals > 0 else "to a whole number"
        if decimals < 0:
            words = f"to a multiple of {10**-decimals:,}"
        evidence = {"difference": difference, "ratio": _ratio(self)}
        if near:
            return self.verdict(PROVED, reason=(f"it is the count, rounded {words}",), **evidence)
        return self.verdict(
            REFUTED,
            reason=(f"rounded {words}, the count is ", _rounded(self.actual, step)),
            causes=self.causes(),
            counterexample=Counterexample({}, self.actual, self.claimed),
            **evidence,
        )

    # -- refutations -------------------------------------------------------------------------------------------------

    def refuted(self, difference: Number, fails: Any) -> Verdict:
        """Look for a counterexample; without one the claim is open."""
        names = sorted(symbols_of(self.actual, self.claimed), key=lambda name: self.rank(str(name)))
        whole = self.whole_numbers()
        unseen = [symbol for symbol in self.symbols.values() if symbol not in names]

        def refutes(point: Mapping[Any, int]) -> bool:
            possible = self.allowed(point) and fails(evaluated(difference, point))
            return possible and any(_are_whole(whole, full) for full in self.filled(point, unseen, whole))

        def happens(point: Mapping[Any, int]) -> bool:
            there = (full for full in self.filled(point, unseen, whole) if _are_whole(whole, full))
            return any(self.happens(full) for full in islice(there, 12))

        point = counterexample(refutes, names, happens, grid={name: self.grid(name, whole) for name in names})
        certain: dict[str, Any] = {"difference": difference}
        if point is not None:
            certain["counterexample"] = Counterexample(
                {str(name): value for name, value in point.items()},
                evaluated(self.actual, point),
                evaluated(self.claimed, point),
            )
        elif not symbols_of(difference) and fails(difference):
            certain["reason"] = ("the difference is the same for all values",)
        else:
            reason = ("it was not proved, and no whole numbers were found that refute it",)
            return self.verdict(UNDECIDED, reason=reason, difference=difference, ratio=_ratio(self))
        self.found = self.verdict(REFUTED, **certain)
        self.found = replace(self.found, ratio=_ratio(self))
        return replace(self.found, causes=self.causes() if self.statement.relation == "=" else ())

    def whole_numbers(self) -> tuple[Any, ...]:
        """Return what must be a whole number: the channels of a group and, so that nothing is rounded, all sides."""
        known = set(self.symbols.values())
        sizes: dict[Any, None] = {}
        for side in self.sides:
            graph = side.report.totals.graph
            values: list[Number] = []
            for node in graph.nodes:
                groups = getattr(node.layer, "groups", 1) if isinstance(node.layer, Windowed) else 1
                if groups != 1:
                    channels = (graph.input_shapes(node)[0][0], graph.shapes[node.output][0])
                    values += [divide(count, groups) for count in channels]
            if not self.claim.exact_rounding:
                values += [size for shape in graph.shapes for size in shape]
            sizes |= {_unified(size, self.symbols): None for size in values if is_symbolic(size)}
        return tuple(size for size in sizes if not size.is_Symbol and size.free_symbols <= known)

    def grid(self, name: Any, whole: Iterable[Any]) -> tuple[int, int]:
        """Return the least value that a symbol may have, and the step to the next, as far as it is seen at once."""
        least, step = 1, 1
        for value in whole:
            share = value / name
            if share.is_Rational:
                step = math.lcm(step, int(share.q))
        for relation in self.arithmetic.relations:
            gap: Any = _unified(relation.difference, self.symbols)
            bound = normal(name - gap)
            if is_rational(bound):
                least = max(least, math.floor(bound) + 1 if relation.strict else math.ceil(bound))
        return -(-least // step) * step, step

    def filled(
        self, point: Mapping[Any, int], unseen: Sequence[Any], whole: Iterable[Any]
    ) -> Iterator[Mapping[Any, int]]:
        """Yield a point with values for the symbols that are in no formula any more: first for the inputs' alone."""
        if not unseen:
            yield point
            return
        shapes = [shape for side in self.sides for shape in side.report.inputs.values()]
        inputs = {str(symbol) for shape in shapes for size in shape for symbol in symbols_of(size)}
        steps = {name: self.grid(name, whole) for name in unseen}

        def fits(name: Any, fill: int) -> int:
            least, step = steps[name]
            return max(least, -(-fill // step) * step)

        for fill in _FILLS:
            yield {**{name: fits(name, fill if str(name) in inputs else 1) for name in unseen}, **point}
        for fill in _FILLS:
            yield {**{name: fits(name, fill) for name in unseen}, **point}

    def rank(self, name: str) -> tuple[int, str]:
        return (self.order.index(name) if name in self.order else len(self.order), name)

    def allowed(self, point: Mapping[Any, int]) -> bool:
        """Tell whether an assignment keeps to the assumptions."""
        for relation in self.arithmetic.relations:
            gap = evaluated(_unified(relation.difference, self.symbols), point)
            if not is_rational(gap) or gap < 0 or (relation.strict and gap == 0):
                return False
        return True

    def happens(self, point: Mapping[Any, int]) -> bool:
        """Tell whether the specs exist for these numbers, and cost there what their formulas say."""
        values: list[Number] = []
        for side in self.sides:
            try:
                report = _analyse(side.spec, self.claim, self.numbers(side, point), ())
                values.append(_measured(report, self.metric))
            except FlopcalcError:
                return False
            if not is_rational(values[-1]) or not self.layers_agree(side.report, report, point):
                return False
        if len(values) == 1:
            return values[0] == evaluated(self.actual, point)
        return values[1] != 0 and divide(values[0], values[1]) == evaluated(self.actual, point)

    def layers_agree(self, formulas: Report, numbers: Report, point: Mapping[Any, int]) -> bool:
        """Tell whether every layer costs what its formula says: no rounding, no layer that is there for these alone."""
        if self.metric not in COUNTED or any(row.count != 1 for row in formulas.layers):
            return True
        if len(formulas.layers) != len(numbers.layers):
            return False
        return all(
            evaluated(_unified(getattr(one, self.metric), self.symbols), point) == getattr(other, self.metric)
            for one, other in zip(formulas.layers, numbers.layers, strict=True)
        )

    def numbers(self, side: _Side, point: Mapping[Any, int]) -> dict[str, object]:
        """Return the values of a side's parameters at a point."""
        given: dict[str, object] = dict(side.given)
        for name, value in side.report.parameters.items():
            parameter = side.spec.parameters.get(name)
            own = name in side.given or name in side.symbolic or parameter is None or parameter.default is None
            if own and is_symbolic(value) and not isinstance(value, bool):
                given[name] = readable(evaluated(_unified(value, self.symbols), point))
        return given

    def causes(self) -> tuple[Cause, ...]:
        """Look for slips that explain the claim exactly."""
        decimals = self.statement.right.decimals
        if self.claimed == 0:
            return ()
        printed = bool(decimals) and self.statement.relation == "=" and not symbols_of(self.actual)
        if decimals and printed and _rounded(self.actual, _last_digit(decimals)) == self.claimed:
            written = self.statement.right.text
            return (Cause("rounded", (f"it is the count, rounded: ≈ {written} says so",)),)
        if self.metric not in COUNTED:
            return ()
        try:
            if len(self.sides) == 1:
                found = explain(self.sides[0].report, self.metric, self.actual, self.claimed)
                return found or self.special_case()
            above, below = (side.report for side in self.sides)
            upper, lower = (_unified(_measured(report, self.metric), self.symbols) for report in (above, below))
            return explain_ratio(above, below, self.metric, upper, lower, self.claimed)
        except (Fault, FlopcalcError):
            return ()  # a slip that cannot be counted explains nothing

    def special_case(self) -> tuple[Cause, ...]:
        """Tell whether the claim is the general formula at a value for which the spec is another."""
        (side,) = self.sides
        for name, value in side.given.items():
            if not (isinstance(value, str) and _is_number(value)) and type(value) is not int:
                continue
            parameter = side.spec.parameters.get(name)
            if name in self.symbols or (parameter is not None and parameter.default is not None):
                continue
            rest = {key: other for key, other in side.given.items() if key != name}
            report = _analyse(side.spec, self.claim, rest, side.symbolic)
            general: Any = _unified(_measured(report, self.metric), self.symbols)
            free = [symbol for symbol in symbols_of(general) if str(symbol) == name]
            if free and is_zero(expanded(general.xreplace({free[0]: as_expr(Fraction(value))}) - self.claimed)):
                said = f"it is the formula for other values of {name}; {name} = {value} is another block"
                return (Cause("special-case", (said,)),)
        return ()


def _are_whole(values: Iterable[Any], point: Mapping[Any, int]) -> bool:
    """Tell whether formulas are whole numbers from 0 at a point."""
    for value in values:
        found = evaluated(value, point)
        if type(found) is not int or found < 0:
            return False
    return True


def _end(value: Number, growing: Sequence[Any]) -> tuple[Number | None, bool]:
    """Return the limit as symbols grow together, or None; and whether there is none because it has no end."""
    found: Number | None = value
    try:
        for symbol in growing:
            found = None if found is None else limit_at_infinity(found, symbol, certain=True)
    except OpenLimitError:
        return None, False
    if len(growing) == 1:
        return found, found is None
    if found is not None and vanishes_at_infinity(normal(value - found), growing):
        return found, False
    return None, value != 0 and vanishes_at_infinity(normal(1 / as_expr(value)), growing) is True


def _ratio(question: _Question) -> Number | None:
    if question.actual == 0:
        return None
    if is_rational(question.actual) and is_rational(question.claimed):
        return divide(question.claimed, question.actual)
    from sympy import cancel

    ratio = question.claimed / question.actual
    return normal(ratio if len(getattr(ratio, "args", ())) > 60 or _has_roots(ratio) else cancel(ratio))


def _quotient(upper: Number, lower: Number) -> Number:
    return divide(upper, lower) if is_rational(upper) and is_rational(lower) else normal(upper / lower)


def _has_roots(value: Any) -> bool:
    from sympy import Pow

    return any(not power.exp.is_Integer for power in value.atoms(Pow))


def _last_digit(decimals: int) -> Fraction:
    """Return what the last of so many decimals is worth; of -6 it is a million."""
    return Fraction(1, 10**decimals) if decimals >= 0 else Fraction(10**-decimals)


def _rounded(value: Number, step: Fraction) -> Number:
    """Return a number at the nearest multiple of a step."""
    from sympy import Rational, floor

    count = floor(as_expr(value) / Rational(step.numerator, step.denominator) + Rational(1, 2))
    return normal(Fraction(int(count)) * step)


def _listed(names: Iterable[Any], order: tuple[str, ...]) -> Words:
    ranked = sorted(names, key=lambda name: (order.index(str(name)) if str(name) in order else len(order), str(name)))
    words: list[str | Number] = []
    for name in ranked:
        words += [", ", name] if words else [name]
    return tuple(words)


# -- reading ---------------------------------------------------------------------------------------------------------


def _metric(claim: Claim, statement: Statement) -> str:
    """Return the metric that a claim is about: as it was given, or as its left side says."""
    labelled = _LABELS.get(statement.label.casefold()) if statement.label else None
    if claim.metric is not None and claim.metric not in METRICS:
        raise UnknownNameError(
            Problem(
                f"there is no metric `{shorten(claim.metric)}`",
                None,
                one_of(METRICS),
                suggest(claim.metric, METRICS),
            )
        )
    if claim.metric and labelled and claim.metric != labelled:
        raise ParameterError(
            Problem(
                f"the formula speaks of {statement.label}, and the metric is {claim.metric}", None, "one of the two"
            )
        )
    return claim.metric or labelled or "flops"


def _sign(statement: Statement) -> str:
    return {">=": "≥", "<=": "≤"}.get(statement.relation, statement.relation)


def _sides(claim: Claim) -> tuple[_Side, ...]:
    """Load and count the specs; a value goes to every side that has such a parameter."""
    named = [claim.of] if claim.over is None else [claim.of, claim.over]
    loaded = [resolve(text) for text in named]
    problems = []
    for name in (*claim.where, *claim.symbolic):
        if not any(name in spec.known for spec, _ in loaded):
            everything = sorted({known for spec, _ in loaded for known in spec.known})
            whose = " and ".join(dict.fromkeys(spec.called for spec, _ in loaded))
            what = f"{whose} has no parameter `{shorten(name)}`"
            problems.append(Problem(what, None, one_of(everything or ["none"]), suggest(name, everything)))
    if problems:
        raise ParameterError(*problems)
    sides = []
    for spec, inline in loaded:
        settings = {**{name: value for name, value in claim.where.items() if name in spec.known}, **inline}
        given = {name: _value(value, spec.parameters.get(name)) for name, value in settings.items()}
        symbolic = tuple(name for name in claim.symbolic if name in spec.known and name not in given)
        sides.append(_Side(spec, given, symbolic, _analyse(spec, claim, given, symbolic)))
    return tuple(sides)


def _value(value: object, parameter: Parameter | None) -> object:
    """Return a value, with ``4c`` and ``d'`` read as books write them."""
    if not isinstance(value, str) or (parameter is not None and value in (parameter.choices or ())):
        return value
    value = re.sub(r"(?<=\w)[′″'’]+", lambda primes: "_prime" * len(primes[0].replace("″", "′′")), value)
    return re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)(?=[^\W\d])(?![eE][+-]?\d)", r"\1*", value)


def _analyse(spec: Spec, claim: Claim, given: Mapping[str, object], symbolic: tuple[str, ...]) -> Report:
    numeric = not symbolic and all(not isinstance(value, str) or _is_number(value) for value in given.values())
    return analyze_spec(
        spec,
        given,
        convention=claim.convention,
        symbolic=symbolic,
        assume=() if numeric and not _is_open(spec, given) else claim.assume,
        exact_rounding=claim.exact_rounding,
    )


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?[\d./]+", text.strip()) is not None


def _is_open(spec: Spec, given: Mapping[str, object]) -> bool:
    """Tell whether a spec has parameters that stay symbols with these values."""
    free = {name for name, parameter in spec.parameters.items() if parameter.default is None}
    return bool(({*spec.free_names()} | free) - set(given) - set(spec.preset))


def _measured(report: Report, metric: str) -> Number:
    """Return what a claim is about."""
    totals = report.totals
    if metric in COUNTED:
        value: Number = getattr(totals, metric)
        return value
    if metric == "intensity":
        if totals.mac == 0:
            raise ParameterError(Problem("the memory access cost is 0", None, "a spec that reads or writes"))
        return _quotient(totals.flops, totals.mac)
    if metric == "peak_memory":
        return totals.peak_memory
    if metric == "receptive_field":
        height, width = report.receptive_field.side
        if height != width:
            raise ParameterError(Problem(f"the receptive field is {height}×{width}", None, "a square one"))
        return height
    side = ("channels", "height", "width").index(metric)
    return totals.graph.shapes[totals.graph.outputs["output"]][side]


def _symbols_by_name(sides: tuple[_Side, ...]) -> dict[str, Any]:
    """Return one symbol for every name; whole only where it is whole on every side."""
    found: dict[str, Any] = {}
    for side in sides:
        report = side.report
        values = [*report.parameters.values(), *(item for shape in report.inputs.values() for item in shape)]
        for value in values:
            for symbol in symbols_of(value) if is_symbolic(value) and not isinstance(value, bool) else ():
                known = found.setdefault(symbol.name, symbol)
                if not symbol.is_integer and known.is_integer:
                    found[symbol.name] = symbol
    return found


def _unified(value: Number, symbols: Mapping[str, Any]) -> Number:
    """Return a formula with the one symbol for every name."""
    if is_rational(value):
        return value
    return normal(value.xreplace({name: symbols[str(name)] for name in value.free_symbols if str(name) in symbols}))


def _let(
    name: str, text: str, values: Mapping[str, Number], claim: Claim, side: _Side, symbols: Mapping[str, Any]
) -> Number:
    """Return the quantity that a name stands for."""
    if not re.fullmatch(r"[^\W\d]\w*", name):
        raise ParameterError(Problem(f"`{shorten(name)}` cannot be a name", None, "a name such as B", "--let 'B=HWCO'"))
    if name in symbols:
        raise ParameterError(
            Problem(
                f"`{name}` is a symbol of {claim.of} already", None, "a new name", f"one other than {listed(symbols)}"
            )
        )
    metric = _LABELS.get(text.strip().casefold())
    if metric is not None and metric not in values:
        return _unified(_measured(side.report, metric), symbols)
    statement = read_statement(text, values)
    if statement.relation != "=" or statement.left is not None:
        _no_relation(name, text)
    return statement.right.value(values, side.report.totals.arithmetic)


def _no_relation(name: str, text: str) -> NoReturn:
    raise ParameterError(Problem(f"--let {name}={shorten(text)} has a relation in it", None, "a formula"))
