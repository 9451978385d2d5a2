"""Several specs side by side: their metrics, the ratios to the first, and budgets made equal by varying a parameter."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flopcalc.analysis import _texts as texts
from flopcalc.analysis import analyze_spec, split_inline
from flopcalc.binding import bind, is_truth
from flopcalc.convention import Convention, load_convention
from flopcalc.errors import (
    Fault,
    FlopcalcError,
    ParameterError,
    Problem,
    UnknownNameError,
    gathered,
    one_of,
    shorten,
    suggest,
)
from flopcalc.expression import Scope, free_expression, parse, read_relation
from flopcalc.number import Number, Value, as_text, divide, expanded, is_rational, is_symbolic, normal, readable, symbol
from flopcalc.report import METRICS, Report
from flopcalc.spec import Parameter, Spec, load
from flopcalc.theory.balance import (
    Closed,
    Nearest,
    Root,
    Step,
    Unsolvable,
    balance,
    nearest_fraction,
    nearest_whole,
    step_of_reals,
    step_of_wholes,
)
from flopcalc.theory.textbook import textbook

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["MEASURES", "Balanced", "Comparison", "Equal", "Side", "compare", "compare_specs"]

MEASURES = (*METRICS[:5], "mac_bytes", *METRICS[5:], "peak_memory", "receptive_field")
"""What sides can be compared by."""


# -- results ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Balanced:
    """How one side was brought to the budget of the first.

    Attributes
    ----------
    value : Number
        What the varied parameter is now: a whole number, a rational one, or a formula that meets the budget exactly.
    solution : Root or Number, optional
        The real solution, exact: a formula, a number, or a root in its interval. None where no formula of the cost
        could be had.
    miss : Number
        The side's metric less the budget.
    where : tuple of str
        What has to hold for a formula to be the solution, as ``M > 0``, where that is not certain.
    exact : bool
        Whether the formula that was solved is what the side costs; False where a network rounds, and the value is
        the one found whose cost is nearest to the budget.
    step : (Fraction, Fraction), optional
        Values between which a multiplier builds the same network.
    refused : tuple of (int, str)
        Whole numbers nearer to the solution, and why each cannot be.
    other : (int, Number), optional
        The nearest possible whole number on the other side of the solution, and its miss.
    """

    value: Number
    solution: Root | Number | None
    miss: Number
    where: tuple[str, ...] = ()
    exact: bool = True
    step: tuple[Fraction, Fraction] | None = None
    refused: tuple[tuple[int, str], ...] = ()
    other: tuple[int, Number] | None = None


@dataclass(frozen=True)
class Equal:
    """A budget that all sides keep.

    Attributes
    ----------
    metric : str
    vary : str
        The parameter, or the symbol, that was varied in each side but the first.
    budget : Number
        The first side's.
    """

    metric: str
    vary: str
    budget: Number


@dataclass(frozen=True)
class Side:
    """One of the specs that are compared.

    Attributes
    ----------
    report : Report
        Of the values at which it is compared; where those are a formula, with the varied parameter as a symbol.
    heading : str
        What tells it from the others: its name, and its own values.
    given : tuple of str
        The parameters that have a value of the user's.
    balanced : Balanced, optional
        How it was brought to the first one's budget.
    at : mapping of Expr to Number
        What stands for the symbols of its report: formulas for a varied one, and the same symbol for the same name.
    """

    report: Report
    heading: str
    given: tuple[str, ...] = ()
    balanced: Balanced | None = None
    at: Mapping[Expr, Number] = field(default_factory=dict)

    def put(self, value: Number) -> Number:
        """Return a number of the report in the symbols that all sides share."""
        return _put(value, self.at)

    def value(self, measure: str) -> Number:
        """Return one of :data:`MEASURES` but the receptive field; counts are in elements, `mac_bytes` in bytes."""
        totals = self.report.totals
        if measure == "mac_bytes":
            return self.put(self.report.bytes(totals.mac))
        number: Number = getattr(totals, measure)
        return self.put(number)

    @property
    def receptive_field(self) -> tuple[Number, Number]:
        """Height and width of what one output sees, in input pixels."""
        height, width = self.report.receptive_field.side
        return self.put(height), self.put(width)

    @property
    def parameters(self) -> Mapping[str, Value]:
        """The value of every parameter."""
        return {
            name: self.put(value) if is_symbolic(value) and hasattr(value, "free_symbols") else value
            for name, value in self.report.parameters.items()
        }


@dataclass(frozen=True)
class Comparison:
    """Specs side by side.

    Attributes
    ----------
    entries : tuple of Side
    equal : Equal, optional
        The budget that all sides keep.

    Examples
    --------
    >>> result = compare("resnet_bottleneck", "resnext_bottleneck")
    >>> result.values("params")
    (2*C*M + 9*M**2, 2*C*M + 9*M**2/g)
    >>> result.ratios("params")
    (1, (2*C*g + 9*M)/(g*(2*C + 9*M)))
    """

    entries: tuple[Side, ...]
    equal: Equal | None = None

    @property
    def sides(self) -> tuple[Report, ...]:
        """The report of every side."""
        return tuple(side.report for side in self.entries)

    def values(self, measure: str) -> tuple[Number, ...]:
        """Return a measure of every side: one of :data:`MEASURES` but the receptive field.

        Raises
        ------
        UnknownNameError
            Where there is none of that name.
        FlopcalcError
            Where the peak memory of symbols is open.
        """
        _check_measure(measure, MEASURES[:-1], "metric")
        if measure not in self._values:
            self._values[measure] = tuple(self._value(side, measure) for side in self.entries)
        return self._values[measure]

    def _value(self, side: Side, measure: str) -> Number:
        if self.equal is not None and side.balanced is not None and measure == self.equal.metric:
            return expanded(self.equal.budget + side.balanced.miss)
        value = side.value(measure)
        if side.balanced is None or is_rational(value) or is_rational(side.balanced.value):
            return value
        return textbook(value) if value.is_rational_function() else expanded(value)

    def ratios(self, measure: str) -> tuple[Number | None, ...]:
        """Return a measure of every side as a part of the first one's, exact; None where the first is 0.

        Raises
        ------
        UnknownNameError, FlopcalcError
            As :meth:`values` does.
        """
        first, *rest = self.values(measure)
        if is_rational(first) and first == 0:
            return (None,) * len(self.sides)
        return (1, *(_ratio(value, first) for value in rest))

    @cached_property
    def _values(self) -> dict[str, tuple[Number, ...]]:
        return {}

    @property
    def symbolic(self) -> bool:
        """Whether any total is a formula."""
        return any(not is_rational(value) for measure in METRICS for value in self.values(measure))

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures that say something of these sides: weights and madds where they differ from the others.

        Peak memory and receptive field are among them where all sides are numbers.
        """
        names = ["params", "flops", "mac", "activations"]
        if self.values("madds") != self.values("flops"):
            names.insert(2, "madds")
        if self.values("weights") != self.values("params"):
            names.insert(1, "weights")
        if not self.symbolic and all(_is_laid_out(report) for report in self.sides):
            names += ["peak_memory", "receptive_field"]
        return tuple(names)


def _ratio(value: Number, first: Number) -> Number:
    ratio = divide(value, first)
    if is_rational(ratio) or ratio.is_rational_function():
        return textbook(ratio)
    return ratio  # roots in it are no factors that could be reduced


def _is_laid_out(report: Report) -> bool:
    try:
        return is_rational(report.totals.peak_memory) and all(is_rational(side) for side in report.receptive_field.side)
    except FlopcalcError:
        return False


def _check_measure(name: str, known: Sequence[str], what: str) -> None:
    if name not in known:
        raise UnknownNameError(
            Problem(f"there is no {what} `{shorten(name)}`", None, one_of(known), suggest(name, known))
        )


# -- the way to them -------------------------------------------------------------------------------------------------


def compare(
    *specs: Spec | str | Path,
    equal: str | None = None,
    vary: str | None = None,
    convention: str | Convention = "paper",
    symbolic: str | Iterable[str] = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    dtype: str = "fp32",
    **parameters: object,
) -> Comparison:
    """Return several specs side by side, with their ratios to the first.

    Parameters
    ----------
    *specs : Spec, str or Path
        Two or more, as :func:`flopcalc.analyze` takes them; ``SPEC:alpha=0.5`` gives one side a value of its own.
    equal : str, optional
        A metric: each side but the first is brought to the first one's, by varying `vary` (Ma et al. 2018,
        arXiv:1807.11164, section 2, compare at equal FLOPs like this).
    vary : str, optional
        A parameter of each of these sides, or a symbol in their values.
    convention, symbolic, input, assume, exact_rounding, dtype
        As for :func:`flopcalc.analyze`. What names a parameter, an input or a symbol goes to the sides that have it.
    **parameters
        Values for every side that has the parameter; one of the side's own comes before it.

    Raises
    ------
    UnknownNameError, SpecError, ParameterError, ShapeError
        All of them :class:`~flopcalc.errors.FlopcalcError`; for a name that no side has, and where no value of `vary`
        meets the budget.

    Examples
    --------
    >>> compare("mobilenet_v1", "mobilenet_v2", dtype="int8").ratios("madds")
    (1, Fraction(2349799, 4443284))
    >>> result = compare("resnet_bottleneck:M=c", "shufflenet_v1_unit", C="4*c", equal="flops", vary="M")
    >>> result.entries[1].balanced.value
    17*c**2*g/(8*c + 9*g)
    """
    return compare_specs(
        specs,
        parameters,
        equal=equal,
        vary=vary,
        convention=convention,
        symbolic=symbolic,
        input=input,
        assume=assume,
        exact_rounding=exact_rounding,
        dtype=dtype,
    )


def compare_specs(
    specs: Sequence[Spec | str | Path],
    parameters: Mapping[str, object],
    *,
    equal: str | None = None,
    vary: str | None = None,
    convention: str | Convention = "paper",
    symbolic: str | Iterable[str] = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    dtype: str = "fp32",
) -> Comparison:
    """Do what :func:`compare` does, with the parameters in a mapping: one may be named like an option."""
    if len(specs) < 2:
        raise ParameterError(Problem("there is nothing to compare it with", None, "at least two specs"))
    if equal is not None:
        _check_measure(equal, METRICS, "budget")
    if (equal is None) is not (vary is None):
        missing = "what is varied (vary)" if vary is None else "what is to be equal (equal)"
        raise ParameterError(Problem(f"it is not said {missing}", None, "both or none of equal and vary"))
    if isinstance(convention, str):
        convention = load_convention(convention)
    options: dict[str, Any] = {"convention": convention, "exact_rounding": exact_rounding, "dtype": dtype}
    shapes = input if isinstance(input, Mapping) else {} if input is None else {"input": input}
    plans = _plans(specs, parameters, texts("symbolic", symbolic), shapes, texts("assume", assume), vary)
    if equal is None or vary is None:
        reports = _analysed(plans, options)
        same = _shared_symbols(reports)
        sides = zip(plans, reports, strict=True)
        return Comparison(tuple(Side(report, plan.heading, tuple(plan.given), at=same) for plan, report in sides))
    return _balanced(plans, options, equal, vary)


# -- what each side is given -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """A spec and what it is given, before it is analysed.

    `own` are the side's own values, `given` those and the shared ones. `vary` is the name of what is varied, which is
    a parameter of the spec, or a symbol in its values.
    """

    spec: Spec
    path: str
    own: Mapping[str, object]
    given: Mapping[str, object] = field(default_factory=dict)
    symbolic: tuple[str, ...] = ()
    shapes: Mapping[str, object] = field(default_factory=dict)
    assume: tuple[str, ...] = ()
    heading: str = ""
    vary: str = ""

    @classmethod
    def of(cls, spec: Spec | str | Path) -> _Plan:
        """Read what a side is."""
        if isinstance(spec, str):
            name, own = split_inline(spec)
            return cls(load(name), name, own)
        if isinstance(spec, Path):
            return cls(load(spec), str(spec), {})
        if isinstance(spec, Spec):
            return cls(spec, str(spec.path or ""), {})
        raise ParameterError(Problem(f"a side is {shorten(repr(spec))}", None, "a name, a path or a Spec"))

    @cached_property
    def known(self) -> Mapping[str, Parameter | None]:
        """Every parameter, those among them that its input binds."""
        return {**dict.fromkeys(self.spec.free_names()), **self.spec.parameters}

    @property
    def name(self) -> str:
        return self.spec.variant or self.spec.name

    def takes_input(self, label: str) -> bool:
        labels = [entry.label for entry in self.spec.inputs]
        return label in labels or (label == "input" and len(labels) == 1)

    @property
    def symbols(self) -> set[str]:
        """The names of the symbols that are free in it."""
        binding = bind(self.spec, self.given, symbolic=self.symbolic, shapes=self.shapes)
        values = [*binding.values.values(), *(side for shape in binding.shapes.values() for side in shape)]
        return {symbol.name for value in values for symbol in getattr(value, "free_symbols", ())}

    # -- what is varied ----------------------------------------------------------------------------------------------

    @property
    def varies_parameter(self) -> bool:
        return self.vary in self.known and self.vary not in self.given

    def speaks_of(self, name: str) -> list[str]:
        """Return the parameters in whose values a name stands as a symbol."""
        return [key for key, value in self.given.items() if self._is_formula(key) and name in _names(value)]

    def _is_formula(self, key: str) -> bool:
        parameter = self.known.get(key)
        return key in self.known and not (parameter is not None and (parameter.choices or is_truth(parameter)))

    @property
    def in_shapes(self) -> bool:
        return any(self.vary in _names(side) for shape in self.shapes.values() for side in _sides(shape))

    @property
    def real(self) -> bool:
        """Whether what is varied is a multiplier, and no whole number."""
        names = [self.vary] if self.varies_parameter else []
        parameters = [self.known[name] for name in (*names, *self.speaks_of(self.vary))]
        return any(parameter is not None and parameter.real for parameter in parameters)

    @property
    def start(self) -> Fraction:
        """The value of what is varied where nobody varies it, or 1."""
        value: object = self.spec.preset.get(self.vary)
        parameter = self.known.get(self.vary)
        if value is None and parameter is not None and parameter.default is not None and parameter.default.constant:
            value = parameter.default.run(Scope({}))
        return Fraction(value) if isinstance(value, (int, Fraction)) and value > 0 else Fraction(1)

    def at(self, value: Number) -> _Plan:
        """Return the plan with a value for what is varied."""

        def put(item: object) -> object:
            if self.vary not in _names(item):
                return item
            found = free_expression(str(item), symbols=lambda name: value if name == self.vary else symbol(name))
            return found if is_rational(found) else as_text(found)

        spoken = self.speaks_of(self.vary)
        given = {key: put(item) if key in spoken else item for key, item in self.given.items()}
        if self.varies_parameter:
            given[self.vary] = value
        shapes = {label: tuple(put(side) for side in _sides(shape)) for label, shape in self.shapes.items()}
        free = tuple(name for name in self.symbolic if name != self.vary)
        return replace(self, given=given, shapes=shapes, symbolic=free, assume=self.assumed_without(self.vary))

    def assumed_without(self, name: str) -> tuple[str, ...]:
        return tuple(text for text in self.assume if name not in _relation_names(text))

    def freed(self) -> _Plan:
        """Return the plan with what is varied as a symbol."""
        if not self.varies_parameter or self.vary in self.symbolic:
            return self
        return replace(self, symbolic=(*self.symbolic, self.vary))

    def report(self, options: Mapping[str, Any]) -> Report:
        return analyze_spec(
            self.spec, self.given, symbolic=self.symbolic, input=self.shapes or None, assume=self.assume, **options
        )


def _names(item: object) -> tuple[str, ...]:
    """Return the names in a value of the user's, which may be a text or a formula."""
    if is_rational(item) or isinstance(item, bool):
        return ()
    try:
        return tuple(parse(str(item)).names)
    except (Fault, FlopcalcError):
        return ()


def _relation_names(text: str) -> set[str]:
    return {str(name) for name in read_relation(text, symbol).difference.free_symbols}


def _sides(shape: object) -> tuple[object, ...]:
    if isinstance(shape, str):
        return tuple(shape.split(","))
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


def _plans(
    specs: Sequence[Spec | str | Path],
    shared: Mapping[str, object],
    symbolic: Iterable[str],
    shapes: Mapping[str, object],
    assume: Iterable[str],
    vary: str | None,
) -> list[_Plan]:
    """Give every side what it has a use for; what no side has a use for is an error.

    A side's own value comes before a shared one, and what is varied is given to the first side alone.
    """
    problems: list[Problem] = []
    plans: list[_Plan] = []
    for spec in specs:
        try:
            plans.append(_Plan.of(spec))
        except FlopcalcError as error:
            problems += error.problems
    if problems:
        raise FlopcalcError(*gathered(problems))
    plans = _headed(plans)
    varied = [vary if vary is not None and number else "" for number in range(len(plans))]
    known = dict.fromkeys(name for plan in plans for name in plan.known)

    def takers(name: str) -> list[int]:
        return [
            number
            for number, plan in enumerate(plans)
            if name in plan.known and name not in plan.own and name != varied[number]
        ]

    def missing(name: str) -> None:
        having = [plan for plan in plans if name in plan.known]
        if not having:
            what = f"no side has a parameter `{shorten(name)}`"
            problems.append(Problem(what, None, one_of(known or ["none"]), suggest(name, known)))
        elif name == vary:
            problems.append(Problem(f"{name} is given a value, and it is varied", None, "one of the two"))
        else:
            what = f"{name} changes nothing: every side that has it has a value of its own"
            problems.append(Problem(what, None, "a side without one"))

    given: list[dict[str, object]] = [{} for _ in plans]
    free: list[list[str]] = [[] for _ in plans]
    for name, value in shared.items():
        for number in takers(name):
            given[number][name] = value
        if not takers(name):
            missing(name)
    for name in symbolic:
        for number in takers(name):
            free[number].append(name)
        if not takers(name):
            missing(name)
    for label in shapes:
        if not any(plan.takes_input(label) for plan in plans):
            labels = dict.fromkeys(entry.label for plan in plans for entry in plan.spec.inputs)
            what = f"no side has an input `{shorten(label)}`"
            problems.append(Problem(what, None, one_of(labels or ["none"]), suggest(label, labels)))
    if problems:
        raise ParameterError(*problems)
    plans = [
        replace(
            plan,
            given={**given[number], **plan.own},
            symbolic=tuple(free[number]),
            shapes={label: shape for label, shape in shapes.items() if plan.takes_input(label)},
            vary=varied[number],
        )
        for number, plan in enumerate(plans)
    ]
    for plan in plans[1:] if vary is not None else ():
        problems += _unvaried(plan)
    if problems:
        raise ParameterError(*problems)
    return _assuming(plans, list(assume))


def _unvaried(plan: _Plan) -> list[Problem]:
    """Say why the named parameter of a side cannot be varied, if it cannot."""
    name, parameter = plan.vary, plan.known.get(plan.vary)
    if name in plan.own:
        what = f"{plan.heading}: {name} is given a value, and it is varied"
        return [Problem(what, None, "one of the two", "a symbol in the value, as C=2*c, can be varied")]
    if parameter is not None and (parameter.choices or is_truth(parameter)):
        return [Problem(f"{plan.heading}: {name} is no number that can be varied")]
    if plan.varies_parameter or plan.speaks_of(name) or plan.in_shapes:
        return []
    what = f"{plan.heading} has no parameter `{shorten(name)}` to vary, and no such symbol in its values"
    return [Problem(what, None, one_of(plan.known or ["none"]), suggest(name, plan.known))]


def _assuming(plans: list[_Plan], assume: list[str]) -> list[_Plan]:
    """Give every assumption to the sides in which all its symbols are free, or to all where there is no such side."""
    if not assume:
        return plans
    symbols = [plan.freed().symbols for plan in plans]
    texts: list[list[str]] = [[] for _ in plans]
    for text in assume:
        names = _relation_names(text)
        having = [number for number in range(len(plans)) if names <= symbols[number]]
        for number in having or range(len(plans)):
            texts[number].append(text)
    return [replace(plan, assume=tuple(own)) for plan, own in zip(plans, texts, strict=True)]


def _headed(plans: list[_Plan]) -> list[_Plan]:
    """Give every side a heading that no other has: its name and its own values, its path, or a number."""

    def values(plan: _Plan) -> str:
        return ":" + ",".join(f"{name}={value}" for name, value in plan.own.items()) if plan.own else ""

    headings = [plan.name + values(plan) for plan in plans]
    doubled = {heading for heading in headings if headings.count(heading) > 1}
    headings = [
        plan.path + values(plan) if heading in doubled and plan.path else heading
        for plan, heading in zip(plans, headings, strict=True)
    ]
    return [
        replace(
            plan,
            heading=f"{heading} ({headings[:number].count(heading) + 1})" if headings.count(heading) > 1 else heading,
        )
        for number, (plan, heading) in enumerate(zip(plans, headings, strict=True))
    ]


# -- one symbol for one name -----------------------------------------------------------------------------------------


def _analysed(plans: Sequence[_Plan], options: Mapping[str, Any]) -> list[Report]:
    """Return the reports of all sides, or the problems of all of them."""
    reports: list[Report] = []
    found: dict[Problem, list[str]] = {}
    for plan in plans:
        try:
            reports.append(plan.report(options))
        except FlopcalcError as error:
            for problem in error.problems:
                found.setdefault(problem, []).append(plan.heading)
    if found:
        problems = (
            problem if len(headings) == len(plans) > 1 else _of_side(problem, heading)
            for problem, headings in found.items()
            for heading in headings
        )
        raise FlopcalcError(*gathered(problems))
    return reports


def _of_side(problem: Problem, heading: str) -> Problem:
    """Say whose problem it is, where no file and line say it."""
    if problem.place is not None or heading in problem.what:
        return problem
    return replace(problem, what=f"{heading}: {problem.what}")


def _free_symbols(report: Report) -> set[Any]:
    values: list[object] = [getattr(report.totals, measure) for measure in METRICS]
    values += [*report.parameters.values(), *(side for shape in report.inputs.values() for side in shape)]
    return {symbol for value in values for symbol in getattr(value, "free_symbols", ())}


def _shared_symbols(reports: Iterable[Report], without: Sequence[str] = ()) -> dict[Any, Any]:
    """Return what stands for the symbols of several reports, so that one name is one symbol.

    A symbol that is real on one side and whole on the other is whole: both must make sense of it.
    """
    chosen: dict[str, Any] = {}
    found = {symbol for report in reports for symbol in _free_symbols(report)}
    for item in sorted(found, key=lambda item: (item.name, not item.is_integer)):
        chosen.setdefault(item.name, item)
    return {item: chosen[item.name] for item in found if chosen[item.name] != item}


def _put(value: Number, at: Mapping[Any, Number]) -> Number:
    """Return a number with others in the place of its symbols, all at once."""
    if is_rational(value) or not at:
        return value
    return normal(value.xreplace({old: _sympy(new) for old, new in at.items()}))


def _sympy(value: Number) -> Any:
    if not is_rational(value):
        return value
    from sympy import Rational

    return Rational(value.numerator, value.denominator)


# -- equal budgets ---------------------------------------------------------------------------------------------------


def _balanced(plans: Sequence[_Plan], options: Mapping[str, Any], metric: str, vary: str) -> Comparison:
    """Bring every side but the first to the first one's budget."""
    first = _analysed(plans[:1], options)[0]
    freed = [_formula(plan, options) for plan in plans[1:]]
    problems = [problem for item in freed if isinstance(item, FlopcalcError) for problem in item.problems]
    reports = [first, *(item for item in freed if isinstance(item, Report))]
    shared = _shared_symbols(reports)
    lead = Side(first, plans[0].heading, tuple(plans[0].given), at=shared)
    budget = lead.value(metric)
    if is_rational(budget) and budget == 0:
        raise FlopcalcError(Problem(f"{lead.heading} has no {metric}, so there is nothing to make equal"))
    sides = [lead]
    problems = []
    for plan, formula in zip(plans[1:], freed, strict=True):
        balancer = _Balancer(plan, options, metric, budget, shared)
        try:
            sides.append(balancer.side(formula))
        except Fault as fault:
            what = f"{plan.heading}: {metric} cannot be made equal by {vary}: {fault.what}"
            problems.append(Problem(what, None, fault.expected, fault.hint))
        except FlopcalcError as error:
            problems += [_of_side(problem, plan.heading) for problem in error.problems]
    if problems:
        raise FlopcalcError(*gathered(problems))
    return Comparison(tuple(sides), Equal(metric, vary, budget))


def _formula(plan: _Plan, options: Mapping[str, Any]) -> Report | FlopcalcError:
    """Return a side's report in what is varied, or why there is none."""
    try:
        return plan.freed().report(options)
    except FlopcalcError as error:
        return error


@dataclass(frozen=True)
class _Balancer:
    """Brings one side to a budget."""

    plan: _Plan
    options: Mapping[str, Any]
    metric: str
    budget: Number
    shared: Mapping[Any, Any]
    tried: dict[Number, Report | FlopcalcError] = field(default_factory=dict)

    def side(self, formula: Report | FlopcalcError) -> Side:
        """Return the side at its balanced value.

        Raises
        ------
        Fault, FlopcalcError
            Where there is none.
        """
        if isinstance(formula, FlopcalcError):
            return self.searched(None, self.plan.start, formula)
        unknown = next((item for item in _free_symbols(formula) if item.name == self.plan.vary), None)
        if unknown is None:
            raise Fault(f"it does not depend on {self.plan.vary}", expected="something that changes it")
        stand_in = _stand_in(unknown)
        cost = self.put(getattr(formula.totals, self.metric), {unknown: stand_in})
        try:
            solution = balance(cost, self.budget, stand_in, formula.totals.arithmetic)
        except Unsolvable as fault:
            if self.scored(self.plan.start) is None:
                raise fault from None
            return self.searched(None, self.plan.start, None)
        if isinstance(solution, Closed):
            where: tuple[str, ...] = () if solution.positive else (f"{self.plan.vary} > 0",)
            where += self.presumed(formula, unknown, solution.value)
            balanced = Balanced(solution.value, solution.value, 0, where)
            return self.placed(formula, balanced, {**self.shared, unknown: _sympy(solution.value)})
        solution = [root for root in solution if self.presumed(formula, unknown, root.nearly()) == ()]
        if not solution:
            return self.searched(None, self.plan.start, None)
        if self.plan.real:
            return self.multiplied(solution)
        return self.nearest(solution, lambda value: self.put(cost, {stand_in: _sympy(value)}))

    def put(self, value: Number, also: Mapping[Any, Any]) -> Number:
        return _put(value, {**self.shared, **also})

    def presumed(self, formula: Report, unknown: Any, value: Number) -> tuple[str, ...]:
        """Return the assumptions about what is varied that are not certain to hold at a value."""
        arithmetic = formula.totals.arithmetic
        return tuple(
            relation.text
            for relation in arithmetic.relations
            if unknown in relation.difference.free_symbols
            and not arithmetic.decide(
                normal(relation.difference.xreplace({unknown: _sympy(value)})), strict=relation.strict
            )
        )

    def placed(self, report: Report, balanced: Balanced, at: Mapping[Any, Any]) -> Side:
        return Side(report, self.plan.heading, tuple(self.plan.given), balanced, at)

    # -- the side at one value ---------------------------------------------------------------------------------------

    def at(self, value: Number) -> Report | FlopcalcError:
        """Analyse the side at a value."""
        if value not in self.tried:
            try:
                self.tried[value] = self.plan.at(value).report(self.options)
            except FlopcalcError as error:
                self.tried[value] = error
        return self.tried[value]

    def attempt(self, value: Number) -> Report | str:
        result = self.at(value)
        return result if isinstance(result, Report) else result.problems[0].what

    def of(self, report: Report) -> Number:
        return self.put(getattr(report.totals, self.metric), {})

    def missed(self, report: Report) -> Number:
        return textbook(expanded(self.of(report) - self.budget))

    def scored(self, value: Number) -> Fraction | None:
        """Return the cost at a value as a part of the budget; None where it cannot be built, or is a formula."""
        report = self.at(normal(value))
        if not isinstance(report, Report):
            return None
        part = textbook(divide(self.of(report), self.budget))
        return Fraction(part) if is_rational(part) else None

    # -- the ways to a value -----------------------------------------------------------------------------------------

    def nearest(self, roots: Sequence[Root], cost: Callable[[int], Number]) -> Side:
        """Take the whole number nearest to a root, if the formula is what whole numbers cost; search if it is not."""
        found: list[tuple[Root, Nearest[Report]]] = []
        fault: Fault | None = None
        for root in roots:
            try:
                found.append((root, nearest_whole(root, self.attempt)))
            except Fault as error:
                fault = error
        if not found:
            assert fault is not None
            raise fault
        for _, near in found:
            pairs = [(near.value, near.built), *([near.other] if near.other else [])]
            if any(expanded(self.of(report) - cost(value)) != 0 for value, report in pairs):
                return self.searched(roots[0], Fraction(near.value), None)
        root, near = min(found, key=lambda item: abs((self.scored(item[1].value) or Fraction(0)) - 1))
        balanced = Balanced(
            near.value,
            root,
            self.missed(near.built),
            refused=near.refused,
            other=(near.other[0], self.missed(near.other[1])) if near.other else None,
        )
        return self.placed(near.built, balanced, self.shared)

    def multiplied(self, roots: Sequence[Root]) -> Side:
        """Take a multiplier's root if it is a number that meets the budget; else search the network's steps."""
        for root in roots:
            value = normal(root.low)
            if root.low == root.high and self.scored(value) == 1:
                report = self.at(value)
                assert isinstance(report, Report)
                return self.placed(report, Balanced(value, root, 0), self.shared)
        start = Fraction(round(roots[0].nearly() * 1000), 1000) or roots[0].nearly()
        if self.scored(start) is None:
            found = nearest_fraction(roots[0], self.attempt)
            if found is None:
                raise Fault(f"nothing can be built near {self.plan.vary} = {readable(normal(start))}")
            return self.placed(found[1], Balanced(normal(found[0]), roots[0], self.missed(found[1])), self.shared)
        return self.searched(roots[0], start, None)

    def searched(self, root: Root | None, start: Fraction, error: FlopcalcError | None) -> Side:
        """Search the values themselves, with one analysis each."""
        step: Step[Fraction] | Step[int] | None
        if self.plan.real:
            step = step_of_reals(self.scored, self.alike, start)
        else:
            step = step_of_wholes(self.scored, math.ceil(start))
        if step is None:
            raise error or Fault(f"nothing can be built near {self.plan.vary} = {readable(normal(start))}")
        value = normal(step.value)
        report = self.at(value)
        assert isinstance(report, Report)
        between = (Fraction(step.low), Fraction(step.high)) if self.plan.real else None
        return self.placed(report, Balanced(value, root, self.missed(report), exact=False, step=between), self.shared)

    def alike(self, one: Fraction, other: Fraction) -> bool:
        """Tell whether two values build networks that cost the same in everything."""
        reports = [self.at(normal(one)), self.at(normal(other))]
        costs = [item.totals.cost if isinstance(item, Report) else None for item in reports]
        return costs[0] is not None and costs[0] == costs[1]


def _stand_in(unknown: Any) -> Any:
    """Return a symbol of the same kind that no side has: the first may have one of that name."""
    from sympy import Dummy

    return Dummy(unknown.name, positive=True, **({"integer": True} if unknown.is_integer else {}))
