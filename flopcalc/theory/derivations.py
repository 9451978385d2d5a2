"""Derivations, step by step, from the costs of specs: each is data, a YAML file, and each step is proved as it is run.

A file names letters, quantities (a metric of a spec, with the spec's symbols rebound, or a formula in earlier
quantities) and steps. A step states one thing that can be proved; :mod:`flopcalc.theory.steps` has their kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from flopcalc.analysis import analyze_spec, resolve, texts_of
from flopcalc.dataclass import dataclass
from flopcalc.errors import (
    Fault,
    FlopcalcError,
    ParameterError,
    Place,
    Problem,
    SpecError,
    UndecidedError,
    listed,
    one_of,
    shallow,
    shorten,
    suggest,
)
from flopcalc.number import Arithmetic, Number, as_text, is_rational, normal, total
from flopcalc.report import Report, Row
from flopcalc.shown import Shown
from flopcalc.spec.model import Spec
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.domain import conditions_of, in_words, unlike
from flopcalc.theory.equivalence import symbols_of
from flopcalc.theory.lines import Limit, Line, Proved
from flopcalc.theory.plans import Formula, Letter, Measure, Plan, Planned, load_derivation, placed
from flopcalc.theory.recount import (
    Condition,
    Network,
    Plain,
    Point,
    few_of,
    hints_of,
    natures_of,
    network_at,
    points_for,
)
from flopcalc.theory.recount import conditions_of as taken_for_granted
from flopcalc.theory.steps import (
    Change,
    Context,
    DerivationError,
    Equality,
    Least,
    Limiting,
    Neighbours,
    Solving,
    in_form,
    quantity_symbol,
)
from flopcalc.theory.tried import Bench, Claim, Everywhere, Limited, Reached, Rooted, Sloped, tried

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["Derivation", "Step", "derive", "prove"]

Result = TypeVar("Result")

MOST_SECONDS = 20.0
"""How long all the steps of a derivation may take, of the processor's time."""


@dataclass(frozen=True, slots=True)
class Step:
    """A proved step.

    Attributes
    ----------
    kind : str
        ``claim``, ``equality`` …
    say, because : str
        What it states, and why, in words.
    proved : Proved
        Its formulas, what they rest on, and how they were proved.
    """

    kind: str
    say: str
    because: str
    proved: Proved


@dataclass(frozen=True, slots=True, repr=False)
class Derivation(Shown):
    """A derivation of which every step has been proved.

    Attributes
    ----------
    name, title, source, notes : str
    letters : tuple of Letter
    assumed : tuple of str
        What is assumed of the letters, beside that they are positive.
    order : tuple of str
        Letters and quantities in the order in which factors are written.
    steps : tuple of Step
    points : int
        At how many points all that is printed was tried in plain numbers.

    Examples
    --------
    >>> step = derive("g1").steps[1]
    >>> step.proved.lines[0].parts[0], step.proved.method
    (MAC, 'identity')
    """

    shown_as: ClassVar[str] = "derivation"

    name: str
    title: str
    source: str
    notes: str
    letters: tuple[Letter, ...]
    assumed: tuple[str, ...]
    order: tuple[str, ...]
    steps: tuple[Step, ...]
    points: int = 0


# -- proving ---------------------------------------------------------------------------------------------------------


def derive(
    name_or_path: str | Path | None = None,
    *,
    of: Spec | str | Path | None = None,
    minimize: str = "",
    holding: str = "",
    over: str | Iterable[str] = (),
    assume: str | Iterable[str] = (),
    **where: object,
) -> Derivation:
    """Return a packaged derivation, a user's own by path, or that of a block's least cost, with every step proved.

    Parameters
    ----------
    name_or_path : str or Path, optional
        A name that ``flopcalc list derivations`` shows, or the path of a YAML file.
    of : Spec, str or Path, optional
        The block whose least cost is derived.
    minimize, holding : str
        For `of`: the metric that is to be least, and the one that is held.
    over : str or iterable of str
        For `of`: the two symbols that may change, ``"C,O"``.
    assume : str or iterable of str
        For `of`: inequalities that may be taken for granted.
    **where
        For `of`: numbers for its parameters, or expressions in new symbols.

    Raises
    ------
    ParameterError
        Where neither a derivation nor `of` is given, or both, or `of` without what is to be least.
    UnknownNameError
        Where there is none of that name.
    SpecError
        With all the faults of the file.
    DerivationError
        Where a step does not hold; with numbers that refute it.
    UndecidedError
        Where a step is neither proved nor refuted.

    Examples
    --------
    >>> derivation = derive("g1")
    >>> derivation.title
    'G1: equal channel width minimizes memory access cost'
    >>> {step.proved.method for step in derivation.steps} >= {"identity", "sum of squares", "equality"}
    True
    >>> derive(of="pointwise_conv", minimize="mac", holding="flops", over="C,O").steps[-1].proved.method
    'sum of squares'
    """
    if (name_or_path is None) is (of is None):
        raise ParameterError(Problem("derive takes a derivation, or `of` a block", None, "one of both"))
    if of is None:
        return prove(load_derivation(str(name_or_path)))
    from flopcalc.theory.minima.derivation import derive_least

    names = texts_of("over", over)
    if len({*names}) != 2 or not minimize or not holding:
        what = "the least of a block's cost needs what is minimized, what is held, and two symbols"
        raise ParameterError(Problem(what, None, "", 'minimize="mac", holding="flops", over="C,O"'))
    spec, inline = (of, {}) if isinstance(of, Spec) else resolve(str(of))
    return derive_least(spec, minimize, holding, names, {**inline, **where}, texts_of("assume", assume))


@shallow
def prove(plan: Plan) -> Derivation:
    """Return a derivation with every step proved.

    Raises
    ------
    DerivationError
        Where a step does not hold; with numbers that refute it.
    UndecidedError
        Where a step is neither proved nor refuted.
    """
    letters = {str(letter.symbol): letter.symbol for letter in plan.letters}
    context = Context(letters, {}, {}, {}, Arithmetic(exact_rounding=True, relations=plan.relations))
    until = thread_time() + MOST_SECONDS
    reports: list[Report] = []
    for quantity in plan.quantities:
        _in_time(quantity.place, until, partial(_introduce, quantity, context, reports))
    steps = tuple(
        Step(item.kind, item.say, item.because, _in_time(item.place, until, partial(item.task.prove, context)))
        for item in plan.steps
    )
    assumed = [relation.text for relation in plan.relations]
    bench = _bench(plan, context, reports, assumed)
    claims = [claim for item, step in zip(plan.steps, steps, strict=True) for claim in _claims(item, step, context)]
    layers = sum(len(report.layers) for report in reports)
    count = tried(bench, claims, points_for(layers))
    if not count:
        what = "no whole numbers were found at which the derivation could be recounted"
        raise UndecidedError(Problem(what, None, "assumptions that can hold together, and specs that exist"))
    assumed += [
        text
        for quantity, report in zip(plan.measures, reports, strict=True)
        for text in report.assumed_of([quantity.metric])
    ]
    assumed += map(in_words, context.conditions)
    if any(report.totals.arithmetic.ideal for report in reports):
        assumed.append("sizes divide evenly")
    return Derivation(
        plan.name,
        plan.title,
        plan.source,
        plan.notes,
        plan.letters,
        tuple(dict.fromkeys(assumed)),
        (*letters, *context.names),
        steps,
        count,
    )


def _in_time(place: Place, until: float, work: Callable[[], Result]) -> Result:
    """Do work within the time that is left; its errors are placed."""
    try:
        with deadline(max(until - thread_time(), 0.01)):
            return work()
    except TimeIsUp:
        what = "proving the steps takes too long"
        raise UndecidedError(Problem(what, place, f"at most {MOST_SECONDS:.0f} s for all of them")) from None
    except Fault as fault:
        raise DerivationError(fault.at(place)) from None
    except FlopcalcError as error:
        raise type(error)(*(placed(problem, place) for problem in error.problems)) from None


def _introduce(quantity: Measure | Formula, context: Context, reports: list[Report]) -> None:
    """Work a quantity out, and make its name known."""
    if isinstance(quantity, Measure):
        reports.append(analyze_spec(quantity.spec, quantity.where, symbols=None).wholly_known())
        context.values[quantity.name] = _counted(quantity, reports[-1], context.symbols)
        found = (_in_letters(value, context.symbols) for value in conditions_of(reports[-1], context.arithmetic))
        context.conditions[:] = unlike([*context.conditions, *found])
    else:
        context.written[quantity.name] = context.shown(quantity.reading)
        context.values[quantity.name] = context.value(quantity.reading)
    context.names[quantity.name] = quantity_symbol(quantity.name)


def _counted(quantity: Measure, report: Report, letters: Mapping[str, Expr]) -> Number:
    """Return what a spec costs, in the derivation's letters."""
    value = _metric(quantity, report)
    strange = [str(name) for name in symbols_of(value) if str(name) not in letters]
    if strange:
        raise SpecError(
            Problem(
                f"{quantity.name} depends on {listed(strange)}",
                quantity.place,
                "every symbol of it among `symbols`, or set by `where`",
                f"it is {shorten(as_text(value))}",
            )
        )
    return _in_letters(value, letters)


def _in_letters(value: Number, letters: Mapping[str, Expr]) -> Number:
    """Return a formula of a report with the derivation's letters for the symbols of their names."""
    if is_rational(value):
        return value
    own: Any = {name: letters.get(str(name), name) for name in value.free_symbols}
    return normal(value.xreplace(own))


def _metric(quantity: Measure, report: Report) -> Number:
    if not quantity.layers and not quantity.kind:
        return report.measure(quantity.metric)
    rows = _rows(quantity, report)
    if not rows:
        what, names = ("kind", [row.label for row in report.layers]) if quantity.kind else ("path", [])
        raise SpecError(
            Problem(
                f"{report.name} has no layer of that {what}",
                quantity.place,
                one_of(dict.fromkeys(names)) if names else "a pattern for paths, as *.conv1",
                suggest(quantity.kind, names),
            )
        )
    return total(report.measure(quantity.metric, row) for row in rows)


def _rows(quantity: Measure, report: Report) -> list[Row]:
    """Return the layers that are counted."""
    return [
        row
        for row in report.layers
        if (not quantity.layers or fnmatchcase(row.path, quantity.layers))
        and (not quantity.kind or row.label == quantity.kind)
    ]


# -- the second road -------------------------------------------------------------------------------------------------


def _bench(plan: Plan, context: Context, reports: Sequence[Report], assume: Sequence[str]) -> Bench:
    """Return the points at which the quantities are counted in plain numbers."""
    measures = plan.measures
    # by their paths, since a group convolution is labelled depthwise where it happens to be one
    paths = [{row.path for row in _rows(quantity, report)} for quantity, report in zip(measures, reports, strict=True)]

    layers: list[int] = []

    def counted(point: Point) -> Mapping[str, Plain] | None:
        found: dict[str, Plain] = {}
        built: dict[object, Network | None] = {}
        for quantity, own in zip(measures, paths, strict=True):
            key = quantity.spec.key, quantity.spec.variant, tuple(quantity.where.items())
            if key not in built:
                built[key] = network_at(quantity.spec, quantity.where, point)
            network = built[key]
            if network is None:
                return None
            layers.append(len(network.graph.nodes))
            found[quantity.name] = _measured(network, quantity, own)
        return found

    formulas: dict[str, str] = {}
    for quantity in plan.quantities:
        formulas[quantity.name] = (
            quantity.reading.python if isinstance(quantity, Formula) else as_text(context.values[quantity.name])
        )
    formulas.update({name: as_text(value) for name, value in context.written.items() if name not in formulas})
    taken = [Condition(text) for text in assume]
    taken += [
        condition
        for quantity, report in zip(measures, reports, strict=True)
        for condition in taken_for_granted(report, metrics=[quantity.metric])
    ]
    taken += [Condition(in_words(value)) for value in context.conditions]
    return Bench(
        natures_of(context.symbols.values(), few_of(reports)),
        tuple(dict.fromkeys(taken)),
        tuple(dict.fromkeys(hints_of(reports))),
        counted,
        formulas,
        layers,
    )


def _measured(network: Network, quantity: Measure, paths: Collection[str]) -> Plain:
    """Return a metric of a network as it was built, or of some of its layers."""
    if not quantity.layers and not quantity.kind:
        return network.measure(quantity.metric)
    nodes = tuple(node for node in network.graph.nodes if node.path in paths)
    return replace(network, graph=replace(network.graph, nodes=nodes)).measure(quantity.metric)


def _claims(item: Planned, step: Step, context: Context) -> Iterator[Claim]:
    """Yield all that a step prints, as it is tried."""
    task, lines = item.task, step.proved.lines
    if isinstance(task, Change):
        last = lines[-1]
        function = lines[-2].parts[1] if len(lines) > 1 else in_form(context.value(task.what))
        yield from map(Everywhere, lines[:-1])
        yield Sloped(last, as_text(cast("Number", function)))
    elif isinstance(task, Solving):
        left, right, root = (as_text(cast("Number", part)) for part in (*lines[0].parts, lines[1].parts[1]))
        yield Rooted(lines[1], task.symbol, root, left, right)
    elif isinstance(task, Neighbours):
        assert task.equation.left is not None
        sides = (as_text(context.shown(side)) for side in (task.equation.left, task.equation.right))
        yield Rooted(lines[0], task.symbol, as_text(cast("Number", lines[0].parts[1])), *sides)
        if len(lines[0].parts) > 2:
            yield Everywhere(Line(lines[0].parts[1:], lines[0].signs[1:], lines[0].at))
        yield from map(Everywhere, lines[1:])
    elif isinstance(task, Limiting):
        limit = lines[0].parts[0]
        assert isinstance(limit, Limit)
        yield Limited(lines[0], as_text(limit.what))
    elif isinstance(task, Least):
        yield Everywhere(lines[0])
        equalities = [line for line in lines[1:] if line.signs == ("=",)]
        if len(equalities) % 2:  # the condition, before the values of both symbols where there are any
            condition = cast("tuple[Number, Number]", equalities[0].parts)
            yield Reached(Line(lines[0].parts, ("=",)), lines[1:], condition, task.over)
    else:
        yield from map(Everywhere, lines)
        if isinstance(task, Equality):
            name, there = lines[0].parts[2:]
            condition = cast("tuple[Number, Number]", (name, there))
            yield Reached(Line(lines[0].parts[:2], ("=",)), (), condition, (str(name),))
    yield from map(Everywhere, step.proved.evidence)
