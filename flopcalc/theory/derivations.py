"""Derivations, step by step, from the costs of specs: each is data, a YAML file, and each step is proved as it is run.

A file names letters, quantities (a metric of a spec, with the spec's symbols rebound, or a formula in earlier
quantities) and steps. A step states one thing that can be proved; :mod:`flopcalc.theory.steps` has their kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING, Any, TypeVar

from flopcalc.analysis import analyze_spec
from flopcalc.errors import (
    Fault,
    FlopcalcError,
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
from flopcalc.report import Report
from flopcalc.theory.deadline import TimeIsUp, deadline
from flopcalc.theory.equivalence import symbols_of
from flopcalc.theory.lines import Proved
from flopcalc.theory.plans import Formula, Letter, Measure, Plan, load_derivation, placed
from flopcalc.theory.steps import Context, DerivationError, quantity_symbol

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["Derivation", "Step", "derive", "prove"]

Result = TypeVar("Result")

MOST_SECONDS = 20.0
"""How long all the steps of a derivation may take."""


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


@dataclass(frozen=True, slots=True)
class Derivation:
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

    Examples
    --------
    >>> step = derive("g1").steps[1]
    >>> step.proved.lines[0].parts[0], step.proved.method
    (MAC, 'identity')
    """

    name: str
    title: str
    source: str
    notes: str
    letters: tuple[Letter, ...]
    assumed: tuple[str, ...]
    order: tuple[str, ...]
    steps: tuple[Step, ...]


# -- proving ---------------------------------------------------------------------------------------------------------


def derive(name_or_path: str | Path) -> Derivation:
    """Return a packaged derivation, or a user's own by path, with every step proved.

    Parameters
    ----------
    name_or_path : str or Path
        A name that ``flopcalc list derivations`` shows, or the path of a YAML file.

    Raises
    ------
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
    """
    return prove(load_derivation(str(name_or_path)))


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
    for quantity in plan.quantities:
        _in_time(quantity.place, until, partial(_introduce, quantity, context))
    steps = tuple(
        Step(item.kind, item.say, item.because, _in_time(item.place, until, partial(item.task.prove, context)))
        for item in plan.steps
    )
    return Derivation(
        plan.name,
        plan.title,
        plan.source,
        plan.notes,
        plan.letters,
        tuple(relation.text for relation in plan.relations),
        (*letters, *context.names),
        steps,
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


def _introduce(quantity: Measure | Formula, context: Context) -> None:
    """Work a quantity out, and make its name known."""
    if isinstance(quantity, Measure):
        context.values[quantity.name] = _counted(quantity, context.symbols)
    else:
        context.written[quantity.name] = context.shown(quantity.reading)
        context.values[quantity.name] = context.value(quantity.reading)
    context.names[quantity.name] = quantity_symbol(quantity.name)


def _counted(quantity: Measure, letters: Mapping[str, Expr]) -> Number:
    """Return what a spec costs, in the derivation's letters."""
    report = analyze_spec(quantity.spec, quantity.where)
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
    if is_rational(value):
        return value
    own: Any = {name: letters[str(name)] for name in value.free_symbols}
    return normal(value.xreplace(own))


def _metric(quantity: Measure, report: Report) -> Number:
    if quantity.metric == "receptive_field":
        return report.receptive_field.side[0]
    if not quantity.layers and not quantity.kind:
        found: Number = getattr(report.totals, quantity.metric)
        return found
    rows = [
        row
        for row in report.layers
        if (not quantity.layers or fnmatchcase(row.path, quantity.layers))
        and (not quantity.kind or row.label == quantity.kind)
    ]
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
    return total(getattr(row, quantity.metric) for row in rows)
