"""A claim that was read: the formulas on its sides, the specs that were counted, and what every symbol stands for.

A parameter of a spec that the claim names is free unless the user gave it a value, and a claim that rounds is asked
with the rounding of both sides kept. Each side of the claim is there twice: as a formula, for what is proved, and in
plain numbers at a point, for what is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from flopcalc.analysis import analyze_spec, resolve
from flopcalc.binding import is_truth, multipliers_of, names_of
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import (
    Fault,
    FlopcalcError,
    ParameterError,
    Problem,
    listed,
    one_of,
    shorten,
    suggest,
)
from flopcalc.expression import FUNCTIONS, parse, read_relation, rounded_names
from flopcalc.metrics import METRICS as KNOWN
from flopcalc.metrics import check_metric, in_bytes, metric_named
from flopcalc.number import (
    Arithmetic,
    Number,
    Relation,
    Value,
    as_expr,
    as_text,
    divide,
    expanded,
    is_rational,
    is_symbolic,
    normal,
)
from flopcalc.reading import PLAIN
from flopcalc.reading import Reading as NetworkReading
from flopcalc.report import Report
from flopcalc.spec import Parameter, Spec
from flopcalc.theory.equivalence import is_zero, symbols_of
from flopcalc.theory.notation import Reading, Statement, read_statement
from flopcalc.theory.notation.values import expression_text
from flopcalc.theory.plain import Real
from flopcalc.theory.plain import add as plain_add
from flopcalc.theory.plain import divide as plain_divide
from flopcalc.theory.plain import negative as plain_negative
from flopcalc.theory.recount import (
    Condition,
    Nature,
    Network,
    Point,
    conditions_of,
    few_of,
    hints_of,
    in_the_language,
    natures_of,
    network_at,
    points_for,
    whole_formulas,
)
from flopcalc.theory.textbook import textbook

__all__ = [
    "METRICS",
    "SIGNS",
    "Claim",
    "Counted",
    "Link",
    "Question",
    "Side",
    "ask",
    "unified",
]

METRICS: Mapping[str, str] = {metric.name: metric.label for metric in KNOWN.values()}
"""What a claim may be about, and what it is called in a sentence."""

MOST_DIGITS = 2000
"""How many digits the numbers of a formula may have."""

_MOST_ROWS = 100
"""Of how many rows a report may have, to be made again in order to tell whether rounding matters."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A formula, and what it is said to be the cost of.

    Attributes
    ----------
    formula : str
        In book notation, LaTeX's or Python's; with a relation before it where it is no equality (``≥ …``, ``≈ 0.113``).
    of : str
        The spec, perhaps with values inline; "" for a claim about no spec, ``a + b ≥ 2√(ab)``.
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
        Parameters that stay symbols though they have a default; those that the formula names do in any case.
    convention : str
        What counts as a FLOP.
    exact_rounding : bool
        Keep the rounding of symbols; it is kept in any case where the claim rounds.
    growth : bool
        Read ``O(…)`` as a claim about growth though the spec has a symbol O.
    dtype : str
        The type of an element, for metrics in bytes.
    reading : Reading
        How the networks are read.
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
    growth: bool = False
    dtype: str = "fp32"
    reading: NetworkReading = PLAIN


# -- the specs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Counted:
    """One spec of a claim: what it was analysed with, and its report."""

    spec: Spec
    given: Mapping[str, object]
    symbolic: tuple[str, ...]
    real: frozenset[str]
    report: Report

    def analysed(self, claim: Claim, given: Mapping[str, object] | None = None, *, exact: bool) -> Report:
        """Return its report under another reading of rounding, or with other values."""
        return analysed(self.spec, claim, self.given if given is None else given, self.symbolic, self.real, exact=exact)


@dataclass(frozen=True, slots=True)
class At:
    """A claim's specs at a point, and the plain value of every name that its formulas use."""

    networks: tuple[Network, ...]
    values: Mapping[str, Real]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim: what was counted, or a formula.

    Attributes
    ----------
    value : Number
        As a formula.
    reading : Reading, optional
        How it was read; None for the count.
    metric : str
        What was counted; "" for a formula.
    change : str
        For the count, ``saving`` (1 − ratio) or ``increase`` (ratio − 1); "" where it is the count itself.
    shift : Fraction
        For a figure, what is added to it: half of its last digit, at an end of a range.
    """

    value: Number
    reading: Reading | None = None
    metric: str = ""
    change: str = ""
    shift: int | Fraction = 0

    def at(self, there: At) -> Real:
        """Return its plain value at a point.

        Raises
        ------
        ZeroDivisionError, Fault, FlopcalcError
            Where it has none.
        """
        if self.reading is not None:
            return plain_add(self.reading.plain(there.values), self.shift)
        counts = [network.measure(self.metric) for network in there.networks]
        value = plain_divide(*counts) if len(counts) > 1 else counts[0]
        return _changed(value, self.change)


def _changed(value: Real, change: str) -> Real:
    if change == "saving":
        return plain_add(1, plain_negative(value))
    return plain_add(value, -1) if change == "increase" else value


@dataclass(frozen=True, slots=True)
class Link:
    """Two sides and the relation between them."""

    left: Side
    relation: str
    right: Side

    @property
    def growth(self) -> str:
        """Whether it is a claim of growth, and of which kind: ``O``, ``Θ`` or ``∝``."""
        return "" if self.right.reading is None else self.right.reading.growth


@dataclass(frozen=True)
class Question:
    """A claim whose formula was read and whose specs were counted.

    Attributes
    ----------
    claim : Claim
    metric : str
        What it is about.
    statement : Statement
    counted : tuple of Counted
        The spec, and the one below it in a ratio; none for a claim about no spec.
    links : tuple of Link
        One for each relation.
    known : mapping of str to Number
        Names in the formula that are no symbols, with their values.
    let : mapping of str to Side
        What the user's own names stand for.
    symbols : mapping of str to symbol
        One for every name.
    order : tuple of str
        The symbols in the order in which the spec declares them.
    arithmetic : Arithmetic
    rounded : frozenset of str
        The symbols that the claim rounds.
    exact : bool
        Whether the rounding of symbols is kept.
    noted : tuple of str
        What the claim's own formulas take for granted, as that a range is not empty.
    """

    claim: Claim
    metric: str
    statement: Statement
    counted: tuple[Counted, ...]
    links: tuple[Link, ...]
    known: Mapping[str, Number]
    let: Mapping[str, Side]
    symbols: Mapping[str, Any]
    order: tuple[str, ...]
    arithmetic: Arithmetic
    rounded: frozenset[str]
    exact: bool
    noted: tuple[str, ...]

    def rank(self, name: str) -> tuple[int, str]:
        """Return the place of a symbol among the others."""
        return (self.order.index(name) if name in self.order else len(self.order), name)

    # -- what is taken for granted ----------------------------------------------------------------------------------

    @cached_property
    def assumed(self) -> tuple[str, ...]:
        """What the answer takes for granted about symbols, as it says so."""
        stated = [text for side in self.counted for text in side.report.assumed_of(self._metrics)]
        found = dict.fromkeys([*self.claim.assume, *stated, *self.noted])
        if self.rounding_matters:
            found["sizes divide evenly"] = None
        for one in self.whole:
            if self.rounded & {str(name) for name in one.free_symbols}:
                found.setdefault(_as_assumption(one), None)
        said = [
            node.path
            for side in self.counted
            for node in side.report.totals.graph.nodes
            if node.layer.said and not node.layer.unknown
        ]
        if said:
            found[f"what is said and not counted of {listed(dict.fromkeys(said))}"] = None
        return tuple(found)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The layers whose cost is not known, where the claim rests on it."""
        return tuple(
            dict.fromkeys(
                str(one)
                for side in self.counted
                if any(side.report.is_least(name) for name in self._metrics)
                for one in side.report.unknown
            )
        )

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """The same, to be held against a point."""
        found = [Condition(text) for text in self.claim.assume]
        found += [Condition(in_the_language(text)) for text in self.noted]
        for side in self.counted:
            found += conditions_of(side.report, ideal=self.rounding_matters, metrics=self._metrics)
        return tuple(dict.fromkeys(found))

    @cached_property
    def natures(self) -> tuple[Nature, ...]:
        """What every symbol was taken for, in order."""
        names = sorted(self.symbols, key=self.rank)
        return natures_of((self.symbols[name] for name in names), few_of(side.report for side in self.counted))

    @cached_property
    def whole(self) -> tuple[Any, ...]:
        """Formulas of symbols that must be whole numbers for the specs to exist."""
        known = set(self.symbols.values())
        found = {unified(one, self.symbols): None for one in whole_formulas(side.report for side in self.counted)}
        return tuple(one for one in found if is_symbolic(one) and not one.is_integer and one.free_symbols <= known)

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """The same as texts, with what is taken for whole where nothing is rounded."""
        return hints_of(side.report for side in self.counted)

    @cached_property
    def rounding_matters(self) -> bool:
        """Whether formulas are other ones where rounding is kept."""
        if self.exact or not any(side.report.symbolic for side in self.counted):
            return False
        if not any(side.report.totals.arithmetic.ideal for side in self.counted):
            return False
        if any(len(side.report.layers) > _MOST_ROWS for side in self.counted):
            return True
        try:
            for side in self.counted:
                exact = side.analysed(self.claim, exact=True)
                if exact.assumed_of(self._metrics) != side.report.assumed_of(self._metrics):
                    return True
                for metric in self._metrics:
                    if unified(exact.measure(metric), self.symbols) != unified(
                        side.report.measure(metric), self.symbols
                    ):
                        return True
        except FlopcalcError:
            return True
        return False

    @property
    def _metrics(self) -> tuple[str, ...]:
        sides = [side for link in self.links for side in (link.left, link.right)] + [*self.let.values()]
        return tuple(dict.fromkeys(side.metric for side in sides if side.metric))

    # -- in plain numbers -------------------------------------------------------------------------------------------

    @property
    def wanted_points(self) -> int:
        """At how many points it is recounted."""
        return points_for(sum(len(side.report.layers) for side in self.counted))

    def at(self, point: Point) -> At | None:
        """Return the specs and all values at a point; None where there are none."""
        networks: list[Network] = []
        values: dict[str, Any] = {}
        for side in self.counted:
            network = network_at(
                side.spec,
                side.given,
                point,
                symbolic=side.symbolic,
                convention=self.claim.convention,
                dtype=self.claim.dtype,
            )
            if network is None:
                return None
            networks.append(network)
            for name, value in network.parameters.items():
                if is_rational(value):
                    values.setdefault(name, value)
        values.update(point)
        there = At(tuple(networks), values)
        try:
            for name, side_of in self.let.items():
                values[name] = side_of.at(At(tuple(networks[:1]), values))
        except (ZeroDivisionError, Fault, FlopcalcError):
            return None
        return there


def _as_assumption(one: Any) -> str:
    """Say that a formula is whole: ``K is odd`` for (K − 1)/2."""
    doubled = expanded(2 * one)
    if not is_rational(doubled) and (doubled + 1).is_Symbol:
        return f"{doubled + 1} is odd"
    return f"{as_text(one)} is whole"


# -- reading ---------------------------------------------------------------------------------------------------------


def ask(claim: Claim) -> Question:
    """Read a claim and count its specs.

    Raises
    ------
    FlopcalcError
        Where the formula cannot be read, or the specs cannot be counted.
    """
    if claim.metric is not None:
        check_metric(claim.metric)
    claim = replace(claim, assume=tuple(_assumption(text) for text in claim.assume))
    return _Reader(claim, _counted(claim)).question()


_SIGN = re.compile(r"\s*(<=|>=|<|>|≤|≥|⩽|⩾|\\leq?(?![a-z])|\\geq?(?![a-z]))\s*")
_SIGNS = {"≤": "<=", "⩽": "<=", "\\le": "<=", "\\leq": "<=", "≥": ">=", "⩾": ">=", "\\ge": ">=", "\\geq": ">="}


def _assumption(text: str) -> str:
    """Return an assumption in the language's notation.

    Examples
    --------
    >>> _assumption("α ≤ 1"), _assumption("C >= 10^3")
    ('α <= 1', 'C >= 10**3')
    """
    parts = _SIGN.split(text)
    if len(parts) != 3:
        return text
    left, sign, right = parts
    return f"{expression_text(left)} {_SIGNS.get(sign, sign)} {expression_text(right)}"


class _Reader:
    """Reads a claim's formulas with what its specs know; counts them again with what the formulas name."""

    def __init__(self, claim: Claim, counted: tuple[Counted, ...]) -> None:
        self.claim = claim
        self.counted = counted
        self.exact = claim.exact_rounding
        self.take_names()
        self.let: dict[str, Side] = {}

    def take_names(self) -> None:
        """Gather the symbols of the reports, and the values of parameters that are none."""
        parameters: dict[str, Value] = {}
        for side in self.counted:
            parameters = {**side.report.parameters, **parameters}
        self.symbols = _symbols_by_name(self.counted)
        self.values: dict[str, Number] = dict(self.symbols)
        for name, value in parameters.items():
            if name not in self.symbols and not isinstance(value, (bool, str, tuple, dict)):
                self.values[name] = unified(value, self.symbols)
        self.order = tuple(dict.fromkeys([*parameters, *self.symbols]))

    def question(self) -> Question:
        claim = self.claim
        statement, let = self.read()
        readings = [*_readings(statement), *let.values()]
        named = {name for reading in readings for name in reading.names}
        named |= {name.partition("=")[0].strip() for name in claim.limit}
        named |= {name for text in claim.assume for name in _names_in(text)}
        rounded = self.rounded(readings, let)
        freed = [
            tuple(name for name in sorted(named) if _may_be_free(side, name) and name not in side.symbolic)
            for side in self.counted
        ]
        self.exact = self.exact or bool(rounded & ({*self.symbols} | {name for names in freed for name in names}))
        if any(freed) or self.exact != claim.exact_rounding:
            self.counted = tuple(
                _freed(side, claim, names, exact=self.exact) for side, names in zip(self.counted, freed, strict=True)
            )
            self.take_names()
            statement, let = self.read()
        if not self.counted:
            self.take_free_names(named)
        metric = self.metric(statement)
        arithmetic = Arithmetic(exact_rounding=self.exact or not self.counted)
        if self.symbols:
            arithmetic.relations = _relations(claim, self.symbols, Arithmetic(arithmetic.exact_rounding))
        for name, reading in let.items():
            self.let[name] = Side(reading.value(self.values, arithmetic), reading)
            self.values[name] = self.let[name].value
        for name, text in claim.let.items():
            if name not in let:
                self.let[name] = Side(self.values[name], None, metric_named(text))
        links = self.links(statement, metric, arithmetic)
        noted = tuple(arithmetic.assumed)
        names = dict.fromkeys(name for reading in _readings(statement) for name in reading.names)
        known = {name: self.values[name] for name in names if name not in self.symbols and name in self.values}
        return Question(
            claim,
            metric,
            statement,
            self.counted,
            links,
            known,
            self.let,
            self.symbols,
            self.order,
            arithmetic,
            frozenset(rounded) if self.exact else frozenset(),
            self.exact,
            noted,
        )

    def read(self) -> tuple[Statement, dict[str, Reading]]:
        """Read the formula, and those of the user's own names; names of metrics have none."""
        claim = self.claim
        names = [*self.values]
        let: dict[str, Reading] = {}
        for name, text in claim.let.items():
            if not re.fullmatch(r"[^\W\d]\w*", name):
                what = f"`{shorten(name)}` cannot be a name"
                raise ParameterError(Problem(what, None, "a name such as B", "--let 'B=HWCO'"))
            if name in self.symbols:
                what = f"`{name}` is a symbol of {claim.of} already"
                raise ParameterError(Problem(what, None, "a new name", f"one other than {listed(self.symbols)}"))
            metric = metric_named(text)
            if metric and text.strip() not in self.values and self.counted:
                self.values[name] = unified(self.counted[0].report.measure(metric), self.symbols)
            else:
                let[name] = _formula_alone(name, text, names, free=not self.counted)
            names.append(name)
        return read_statement(claim.formula, names, KNOWN, free=not self.counted), let

    def rounded(self, readings: Iterable[Reading], let: Mapping[str, Reading]) -> set[str]:
        """Return the symbols that the claim rounds: in its formulas, or in the values that it gives."""
        found = {name for reading in readings for name in reading.rounded}
        for name, reading in reversed(list(let.items())):  # a name that is rounded rounds what it stands for
            if name in found:
                found |= {*reading.names}
        if found & self.claim.let.keys() - let.keys():
            found |= {*self.symbols}
        for side in self.counted:
            for value in side.given.values():
                if isinstance(value, str):
                    found |= _rounded_in(value)
        return found

    def take_free_names(self, named: set[str]) -> None:
        """Take the names of a claim about no spec for positive real numbers."""
        from flopcalc.number import symbol

        own = {*self.claim.let}
        self.symbols = {name: symbol(name, real=True) for name in sorted(named - own)}
        self.values |= self.symbols
        self.order = tuple(self.symbols)

    def metric(self, statement: Statement) -> str:
        """Return the metric that the claim is about: as it was given, or as a side of the formula says."""
        claim = self.claim
        named = [side for side in statement.sides if side.metric]
        wrong = [side for side in named if claim.metric and _in_elements(side.metric) != _in_elements(claim.metric)]
        if wrong:
            what = f"the formula speaks of {wrong[0].label}, and the metric is {claim.metric}"
            raise ParameterError(Problem(what, None, "one of the two"))
        metric = claim.metric or (named[0].metric if named else "flops" if self.counted else "")
        return self.in_unit(metric, statement.sides)

    def in_unit(self, metric: str, sides: Iterable[Any]) -> str:
        """Return the metric in bytes where a figure beside it is in bytes."""
        units = {unit for side in sides if side.reading is not None for unit in _units(side.reading)}
        if not units or not self.counted:
            return metric
        if units != {"byte"}:
            unit = next(iter(sorted(units - {"byte"})))
            raise ParameterError(Problem(f"a figure in {unit}s is no cost of a spec", None, "a number, or bytes"))
        try:
            return in_bytes(metric)
        except Fault as fault:
            raise ParameterError(Problem(fault.what, None, fault.expected, "--metric params_bytes")) from None

    def count(self, metric: str, change: str = "") -> Side:
        """Return the count of a metric; of two specs, the ratio, or how much is saved or added."""
        reports = [side.report for side in self.counted]
        value = unified(reports[0].measure(metric), self.symbols)
        if len(reports) > 1:
            below = unified(reports[1].measure(metric), self.symbols)
            if below == 0:
                raise ParameterError(Problem(f"the {METRICS[metric]} of {reports[1].name} are 0", None, "a divisor"))
            value = divide(value, below)
        elif change:
            what = f"{'a saving' if change == 'saving' else 'an increase'} is of one spec over another"
            raise ParameterError(Problem(what, None, "--over SPEC"))
        if change:
            value = normal(1 - value if change == "saving" else value - 1)
        return Side(textbook(value) if len(reports) > 1 else value, None, metric, change)

    def links(self, statement: Statement, metric: str, arithmetic: Arithmetic) -> tuple[Link, ...]:
        """Return the claim's sides, with their relations."""
        sides = [self.side(side, statement, metric, arithmetic) for side in statement.sides]
        relations = [*statement.relations]
        if not self.counted:
            if sides[0] is None:
                what = f"`{shorten(self.claim.formula)}` is a formula, and no spec is named"
                raise ParameterError(Problem(what, None, "--of SPEC, or two sides, as in 'a + b >= 2√(ab)'"))
        elif sides[0] is not None and not any(side.metric for side in statement.sides):
            count = self.count(metric, statement.change)
            first = sides[0]
            if len(sides) > 2:
                sides, relations = [count, *sides], ["=", *relations]
            elif len(self.counted) == 1 and is_zero(expanded(first.value - count.value)):
                sides[0] = count
            else:
                sign = SIGNS.get(relations[0], relations[0])
                assert statement.sides[0].reading is not None
                raise ParameterError(
                    Problem(
                        f"`{shorten(statement.sides[0].reading.text)}` stands left of the {sign}",
                        None,
                        f"the name of a metric, such as {metric}, one that --let gives it, or nothing",
                        f"the claim alone: '{sign} {shorten(statement.sides[1].text)}'",
                    )
                )
        elif sides[0] is None:
            sides[0] = self.count(metric, statement.change)
        found: list[Link] = []
        for left, relation, right in zip(sides, relations, sides[1:], strict=False):
            assert left is not None
            assert right is not None
            found += self.link(left, relation, right, arithmetic)
        return tuple(found)

    def side(self, side: Any, statement: Statement, metric: str, arithmetic: Arithmetic) -> Side | None:
        """Return one side of the statement; None for what is empty, an interval's value for its lower end."""
        if side.metric:
            if not self.counted:
                what = f"`{shorten(side.label)}` is of a spec, and none is named"
                raise ParameterError(Problem(what, None, "--of SPEC"))
            own = self.in_unit(side.metric, statement.sides)
            return self.count(metric if _in_elements(own) == _in_elements(metric) else own, statement.change)
        reading = side.reading
        if reading is None:
            return None
        single = reading.interval[0] if reading.interval else reading
        return Side(_bounded(single.value(self.values, arithmetic), reading), reading)

    def link(self, left: Side, relation: str, right: Side, arithmetic: Arithmetic) -> Iterator[Link]:
        """Yield a link; two for a range, and turned where the count is on the right."""
        if not left.metric and right.metric:
            left, right = right, left
            relation = _TURNED.get(relation, relation)
        reading = right.reading
        if reading is None or reading.interval is None:
            yield Link(left, relation, right)
            return
        if relation not in ("=", "≈"):
            what = f"the range {shorten(reading.text)} stands behind {SIGNS.get(relation, relation)}"
            raise ParameterError(Problem(what, None, "= or ≈ before a range", "one end of it"))
        for end, sign, upper in ((reading.interval[0], -1, "<="), (reading.interval[1], 1, "<")):
            step = end.step if relation == "≈" else None
            shift = normal(Fraction(sign * step) / 2) if step else 0
            assert is_rational(shift)
            value = end.value(self.values, arithmetic)
            bound = Side(value if shift == 0 else normal(value + shift), end, shift=shift)
            yield Link(left, ">=" if sign < 0 else upper if step else "<=", bound)


_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}


def _bounded(value: Number, reading: Reading) -> Number:
    """Refuse a formula with numbers that nobody would write out."""
    if digits_of(value) > MOST_DIGITS:
        what = f"`{shorten(reading.text)}` has a number of {digits_of(value):,} digits in it"
        raise ParameterError(Problem(what, None, f"at most {MOST_DIGITS:,} digits"))
    return value


def digits_of(value: Number) -> int:
    """Return about how many digits the longest number in a formula has.

    Examples
    --------
    >>> digits_of(10**30), digits_of(Fraction(1, 3))
    (31, 1)
    """
    from sympy import Rational

    parts = [value] if is_rational(value) else value.atoms(Rational)
    sizes = [int(end).bit_length() for part in parts for end in (as_expr(part).p, as_expr(part).q)]
    return max(sizes, default=0) * 30103 // 100000 + 1


SIGNS = {">=": "≥", "<=": "≤"}
"""How relations are written for people."""


def _readings(statement: Statement) -> list[Reading]:
    return [side.reading for side in statement.sides if side.reading is not None]


def _units(reading: Reading) -> set[str]:
    ends = reading.interval or (reading,)
    return {end.unit for end in ends if end.unit}


def _in_elements(metric: str) -> str:
    return KNOWN[metric].elements or metric


def _formula_alone(name: str, text: str, names: list[str], *, free: bool) -> Reading:
    statement = read_statement(text, names, free=free)
    alone = len(statement.sides) == 2 and statement.sides[0].reading is None and not statement.sides[0].label
    if statement.relations != ("=",) or not alone or statement.sides[1].reading is None or statement.change:
        raise ParameterError(Problem(f"--let {name}={shorten(text)} has a relation in it", None, "a formula"))
    return statement.sides[1].reading


def _names_in(text: str) -> set[str]:
    return {*re.findall(r"[^\W\d]\w*", text)}


def _rounded_in(value: str) -> set[str]:
    try:
        parse(value)
    except Fault:
        return set()
    return rounded_names(value)


def _relations(claim: Claim, symbols: Mapping[str, Any], arithmetic: Arithmetic) -> tuple[Relation, ...]:
    """Return the user's assumptions about the symbols of a claim."""
    relations = []
    for text in claim.assume:
        strange = sorted(_names_in(text) - {*symbols, *FUNCTIONS})
        if strange:
            what = f"the assumption `{shorten(text)}` speaks of `{strange[0]}`, which is no free symbol"
            raise ParameterError(Problem(what, None, one_of(symbols or ["none"]), suggest(strange[0], symbols)))
        relations.append(read_relation(text, lambda name: symbols[name], arithmetic))
    return tuple(relations)


# -- counting --------------------------------------------------------------------------------------------------------


def _counted(claim: Claim) -> tuple[Counted, ...]:
    """Load and count the specs; a value goes to every side that has such a parameter."""
    named = [claim.of] if claim.over is None else [claim.of, claim.over]
    if not claim.of:
        return ()
    resolved = [resolve(text) for text in named]
    loaded = [(spec.read_as(claim.reading), inline) for spec, inline in resolved]
    problems = []
    for name in (*claim.where, *claim.symbolic):
        if not any(name in spec.known for spec, _ in loaded):
            everything = sorted({known for spec, _ in loaded for known in spec.known})
            whose = " and ".join(dict.fromkeys(spec.called for spec, _ in loaded))
            what = f"{whose} has no parameter `{shorten(name)}`"
            problems.append(Problem(what, None, one_of(everything or ["none"]), suggest(name, everything)))
    if problems:
        raise ParameterError(*problems)
    values: list[dict[str, object]] = []
    for spec, inline in loaded:
        settings = {**{name: value for name, value in claim.where.items() if name in spec.known}, **inline}
        settings = {**_kernels_with_sides(spec, claim, settings), **settings}
        values.append({name: _value(value, spec.parameters.get(name), spec.known) for name, value in settings.items()})
    real = frozenset(multipliers_of((spec, given) for (spec, _), given in zip(loaded, values, strict=True)))
    found = []
    for (spec, _), given in zip(loaded, values, strict=True):
        symbolic = tuple(name for name in claim.symbolic if name in spec.known and name not in given)
        report = _with_what_is_free(spec, claim, given, symbolic, real)
        found.append(Counted(spec, given, symbolic, real, report))
    return tuple(found)


def _kernels_with_sides(spec: Spec, claim: Claim, settings: Mapping[str, object]) -> dict[str, str]:
    """Return ``K=[K_h, K_w]`` for a kernel of which the claim names both sides, where it has no value."""
    found: dict[str, str] = {}
    for name in names_of(spec, "kernel"):
        parameter = spec.parameters.get(name)
        if parameter is not None and parameter.pair and parameter.default is None and name not in settings:
            sides = [re.search(rf"{name}_\{{?{side}(?![a-z])", claim.formula) for side in "hw"]
            if all(sides):
                found[name] = f"[{name}_h, {name}_w]"
    return found


def _with_what_is_free(
    spec: Spec, claim: Claim, given: Mapping[str, object], symbolic: tuple[str, ...], real: frozenset[str]
) -> Report:
    """Analyse a spec before it is known which of its defaults the claim frees: assumptions about those wait."""
    held = {name for name, parameter in spec.parameters.items() if parameter.default is not None}
    asked = [text for text in claim.assume if not _names_in(text) & held - {*given, *symbolic}]
    waiting = replace(claim, assume=tuple(asked)) if len(asked) < len(claim.assume) else claim
    return analysed(spec, waiting, given, symbolic, real, exact=claim.exact_rounding)


def _assumed_of(spec: Spec, claim: Claim, given: Mapping[str, object]) -> tuple[str, ...]:
    """Return the assumptions that speak of one spec's own symbols; of a spec alone, all."""
    if claim.over is None:
        return claim.assume
    known = {*spec.known} - {*given}
    for value in given.values():
        if isinstance(value, str):
            known |= _names_in(value)
    return tuple(text for text in claim.assume if _names_in(text) <= known)


def _may_be_free(side: Counted, name: str) -> bool:
    """Tell whether a parameter that a claim names is a symbol in it: it has a default, and the user gave no value."""
    parameter = side.spec.parameters.get(name)
    if parameter is None or parameter.default is None or name in side.given or name in side.spec.preset:
        return False
    value = side.report.parameters.get(name)
    return not (parameter.choices or is_truth(parameter) or isinstance(value, (bool, str, tuple, dict)))


def _freed(side: Counted, claim: Claim, names: tuple[str, ...], *, exact: bool) -> Counted:
    """Count a spec again with some of its defaults free."""
    symbolic = (*side.symbolic, *names)
    try:
        report = analysed(side.spec, claim, side.given, symbolic, side.real, exact=exact)
    except FlopcalcError as error:
        if not names:
            raise
        what = f"the claim names {listed(names)}, which cannot be free in {side.spec.called}: "
        problems = [replace(problem, what=what + problem.what) for problem in error.problems]
        hint = f"--where {names[0]}={as_text(side.report.parameters[names[0]])}"
        raise ParameterError(*(replace(problem, hint=hint) for problem in problems)) from None
    return Counted(side.spec, side.given, symbolic, side.real, report)


def _value(value: object, parameter: Parameter | None, known: Iterable[str]) -> object:
    """Return a value, with ``4c``, ``10^6``, ``M²`` and ``d'`` read as books write them."""
    if not isinstance(value, str) or (parameter is not None and value in (parameter.choices or ())):
        return value
    return expression_text(value, tuple(known))


def analysed(
    spec: Spec,
    claim: Claim,
    given: Mapping[str, object],
    symbolic: tuple[str, ...],
    real: frozenset[str],
    *,
    exact: bool,
) -> Report:
    """Analyse a spec as a claim asks for it."""
    numeric = not symbolic and all(not isinstance(value, str) or is_number(value) for value in given.values())
    return analyze_spec(
        spec,
        given,
        convention=claim.convention,
        symbolic=symbolic,
        symbols=None,
        assume=() if numeric and not _is_open(spec, given) else _assumed_of(spec, claim, given),
        exact_rounding=exact,
        dtype=claim.dtype,
        real=real,
    )


def is_number(text: str) -> bool:
    """Tell whether a text is a number."""
    return re.fullmatch(r"[-+]?[\d./]+", text.strip()) is not None


def _is_open(spec: Spec, given: Mapping[str, object]) -> bool:
    """Tell whether a spec has parameters that stay symbols with these values."""
    free = {name for name, parameter in spec.parameters.items() if parameter.default is None}
    return bool(({*spec.free_names()} | free) - set(given) - set(spec.preset))


def _symbols_by_name(counted: tuple[Counted, ...]) -> dict[str, Any]:
    """Return one symbol for every name; whole only where it is whole on every side."""
    found: dict[str, Any] = {}
    for side in counted:
        report = side.report
        values: list[Any] = [report.totals.graph.batch, *(item for shape in report.inputs.values() for item in shape)]
        for value in report.parameters.values():
            values += value if isinstance(value, tuple) else (value,)
        for value in values:
            for symbol in symbols_of(value) if is_symbolic(value) and not isinstance(value, bool) else ():
                known = found.setdefault(symbol.name, symbol)
                if not symbol.is_integer and known.is_integer:
                    found[symbol.name] = symbol
    return found


def unified(value: Number, symbols: Mapping[str, Any]) -> Number:
    """Return a formula with the one symbol for every name."""
    if is_rational(value):
        return value
    return normal(value.xreplace({name: symbols[str(name)] for name in value.free_symbols if str(name) in symbols}))
