"""What each side of a comparison is given: values, symbols, shapes and assumptions go where they fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from flopcalc.analysis import analyze_spec, resolve, spelt_here, split_inline
from flopcalc.binding import bind, is_truth
from flopcalc.dataclass import dataclass, field
from flopcalc.errors import Fault, FlopcalcError, ParameterError, Problem, gathered, one_of, shorten, suggest
from flopcalc.expression import Scope, free_expression, parse, read_relation
from flopcalc.importing.loading import is_model
from flopcalc.number import Number, as_text, is_rational, symbol
from flopcalc.report import METRICS, Report
from flopcalc.shapes import Sides
from flopcalc.spec import Parameter, Spec

__all__ = ["Plan", "analysed", "free_symbols", "of_side", "plans_of", "shared_symbols"]


@dataclass(frozen=True)
class Plan:
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
    def of(cls, spec: Spec | str | Path) -> Plan:
        """Read what a side is."""
        found, own = resolve(spec)
        if isinstance(spec, str) and is_model(spec):
            return cls(found, spec, own)
        return cls(found, split_inline(spelt_here(spec))[0] if isinstance(spec, str) else str(found.path or ""), own)

    @cached_property
    def known(self) -> Mapping[str, Parameter | None]:
        """Every parameter, those among them that its input binds."""
        return self.spec.known

    def takes_input(self, label: str) -> bool:
        labels = [entry.label for entry in self.spec.inputs]
        if self.spec.refused is not None:
            return True  # which inputs it has is known once it can be read
        return label in labels or (label == "input" and bool(labels))

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

    def at(self, value: Number) -> Plan:
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
        shapes = {label: Sides(put(side) for side in _sides(shape)) for label, shape in self.shapes.items()}
        free = tuple(name for name in self.symbolic if name != self.vary)
        return replace(self, given=given, shapes=shapes, symbolic=free, assume=self.assumed_without(self.vary))

    def assumed_without(self, name: str) -> tuple[str, ...]:
        return tuple(text for text in self.assume if name not in _relation_names(text))

    def freed(self) -> Plan:
        """Return the plan with what is varied as a symbol."""
        if not self.varies_parameter or self.vary in self.symbolic:
            return self
        return replace(self, symbolic=(*self.symbolic, self.vary))

    def report(self, options: Mapping[str, Any]) -> Report:
        return analyze_spec(
            self.spec,
            self.given,
            symbolic=self.symbolic,
            symbols=None,
            input=self.shapes or None,
            assume=self.assume,
            **options,
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


def _opened(specs: Iterable[Spec | str | Path]) -> list[Plan]:
    """Return a plan for each spec, or raise the faults of all that cannot be opened."""
    problems: list[Problem] = []
    plans: list[Plan] = []
    for spec in specs:
        try:
            plans.append(Plan.of(spec))
        except FlopcalcError as error:
            problems += error.problems
    if problems:
        raise FlopcalcError(*gathered(problems))
    return plans


def _unknown_inputs(plans: Sequence[Plan], shapes: Iterable[str]) -> Iterator[Problem]:
    """Yield the fault of each input that no side has."""
    labels = dict.fromkeys(entry.label for plan in plans for entry in plan.spec.inputs)
    for label in shapes:
        if not any(plan.takes_input(label) for plan in plans):
            what = f"no side has an input `{shorten(label)}`"
            yield Problem(what, None, one_of(labels or ["none"]), suggest(label, labels))


def plans_of(
    specs: Sequence[Spec | str | Path],
    shared: Mapping[str, object],
    symbolic: Iterable[str],
    shapes: Mapping[str, object],
    assume: Iterable[str],
    vary: str | None,
) -> list[Plan]:
    """Give every side what it has a use for; what no side has a use for is an error.

    A side's own value comes before a shared one, and what is varied is given to the first side alone.
    """
    problems: list[Problem] = []
    plans = _headed(_opened(specs))
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
    problems += _unknown_inputs(plans, shapes)
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
    problems += [problem for plan in plans[1:] if vary is not None for problem in _unvaried(plan)]
    if problems:
        raise ParameterError(*problems)
    return _assuming(plans, list(assume))


def _unvaried(plan: Plan) -> list[Problem]:
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


def _assuming(plans: list[Plan], assume: list[str]) -> list[Plan]:
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


def _headed(plans: list[Plan]) -> list[Plan]:
    """Give every side a heading that no other has: its name and its own values, its path, or a number."""

    def values(plan: Plan) -> str:
        return ":" + ",".join(f"{name}={value}" for name, value in plan.own.items()) if plan.own else ""

    headings = [plan.spec.called + values(plan) for plan in plans]
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


# -- the reports -----------------------------------------------------------------------------------------------------


def analysed(plans: Sequence[Plan], options: Mapping[str, Any]) -> list[Report]:
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
            problem if len(headings) == len(plans) > 1 else of_side(problem, heading)
            for problem, headings in found.items()
            for heading in headings
        )
        raise FlopcalcError(*gathered(problems))
    return reports


def of_side(problem: Problem, heading: str) -> Problem:
    """Say whose problem it is, where no file and line say it."""
    if problem.place is not None or heading in problem.what:
        return problem
    return replace(problem, what=f"{heading}: {problem.what}")


def free_symbols(report: Report) -> set[Any]:
    """Return the symbols of a report's totals, parameters and inputs."""
    values: list[object] = [report.measure(measure) for measure in METRICS]
    values += [*report.parameters.values(), *(side for shape in report.inputs.values() for side in shape)]
    return {symbol for value in values for symbol in getattr(value, "free_symbols", ())}


def shared_symbols(reports: Iterable[Report]) -> dict[Any, Any]:
    """Return what stands for the symbols of several reports, so that one name is one symbol.

    A symbol that is real on one side and whole on the other is whole: both must make sense of it.
    """
    chosen: dict[str, Any] = {}
    found = {symbol for report in reports for symbol in free_symbols(report)}
    for item in sorted(found, key=lambda item: (item.name, not item.is_integer)):
        chosen.setdefault(item.name, item)
    return {item: chosen[item.name] for item in found if chosen[item.name] != item}
