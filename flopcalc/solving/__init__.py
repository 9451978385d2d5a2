"""Backwards from a budget: the greatest value within it, or the least that reaches it, exact through every rounding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from flopcalc.analysis import given_values, resolve, texts_of, want_one_of
from flopcalc.binding import bind, is_truth
from flopcalc.convention import Convention, convention_of
from flopcalc.errors import ParameterError, Problem, UndecidedError, shorten
from flopcalc.metrics import COUNTED, SWEPT
from flopcalc.number import is_rational
from flopcalc.reading import PLAIN, Reading, reading_of
from flopcalc.report import DTYPES
from flopcalc.shapes import read_input
from flopcalc.solving.budgets import budgets_of, no_budget
from flopcalc.solving.path import Course, path_of
from flopcalc.solving.recounting import recounted
from flopcalc.solving.result import Budget, Choice, Compound, Formula, Found, Front, Scaling, Solution, Where
from flopcalc.solving.where import where_of
from flopcalc.spec.model import Spec
from flopcalc.sweeps.axes import Column, read_value
from flopcalc.sweeps.tracing import Setting, for_metrics

__all__ = [
    "Budget",
    "Choice",
    "Compound",
    "Formula",
    "Found",
    "Front",
    "Scaling",
    "Solution",
    "compound",
    "front",
    "solve",
]


def solve(
    spec: Spec | str | Path,
    for_: str | None = None,
    *,
    params: object = None,
    weights: object = None,
    madds: object = None,
    flops: object = None,
    mac: object = None,
    activations: object = None,
    along: str | None = None,
    where: str | Iterable[str] = (),
    convention: str | Convention = "paper",
    symbolic: str | Iterable[str] = (),
    symbols: str | Iterable[str] = (),
    input: object = None,
    assume: str | Iterable[str] = (),
    dtype: str = "fp32",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    parameters: Mapping[str, object] | None = None,
    **others: object,
) -> Solution | Formula:
    """Return the greatest value of a parameter within budgets, and every value that gives the same network.

    Where every budget is a bound from below, it is the least value that reaches them.

    Parameters
    ----------
    spec : Spec, str or Path
        As :func:`flopcalc.analyze` takes it.
    for_ : str, optional
        The parameter that is solved for.
    params, weights, madds, flops, mac, activations : optional
        Budgets: a number, ``"150M"``, ``">= 2M"``, ``"4MB"`` in bytes of `dtype`, or a formula. All of those that are
        given must hold. Every other metric that sweeps know is one by its name: ``peak_memory="512KiB"``.
    along : str, optional
        Instead of `for_`: parameters that grow together, ``"alpha,rho"`` or ``"width=1.1**phi,depth=1.2**phi"``.
    where : str or iterable of str
        Conditions as in a sweep: ``"params <= 4M and alpha > 1/2"``. A bound of one metric is a budget.
    convention, symbolic, symbols, input, assume, dtype, fused, batch, assume_free
        As for :func:`flopcalc.analyze`.
    parameters : mapping of str to object, optional
        Values of the other parameters.
    **others
        The same, by name.

    Returns
    -------
    Solution
        Exact where everything is a number.
    Formula
        Where other symbols are free, or the budget is a formula.

    Raises
    ------
    ParameterError
        Where the question is wrong.
    UndecidedError
        Where the steps of the rounding cannot be followed, there is no closed form, or a network that is built in
        plain numbers is not what the answer says.

    Examples
    --------
    >>> solution = solve("mobilenet_v1", "alpha", flops="149.5M")
    >>> str(solution.value), solution.network.totals["flops"]
    ('1/2', 149497088)
    >>> [str(end.number) for end in (solution.interval.low, solution.interval.high)]
    ['1023/2048', '1025/2048']
    >>> solve("separable_conv", "O", flops="B").value
    B/(C*H*W) - K**2
    """
    named = {"params": params, "weights": weights, "madds": madds, "flops": flops, "mac": mac}
    budgets = _budgets(spec, {**named, "activations": activations}, others)
    reading = reading_of(fused, batch, assume_free=assume_free)
    setting, given = setting_of(spec, convention, input, given_values(parameters, others), dtype, reading)
    found = setting.spec
    conditions = _conditions(where)
    if not budgets and not conditions:
        raise no_budget()
    freed = texts_of("symbolic", symbolic)
    options: dict[str, Any] = {"dtype": dtype}
    names = _solved_for(found, for_, along)
    if along is None and len(names) == 1 and names[0] in found.known and names[0] not in given:
        chosen = _of_choices(setting, names[0], conditions, budgets, options)
        if chosen is not None:
            return chosen
    unknown, courses = path_of(found, names, along, given)
    declared = texts_of("symbols", symbols)
    free = _still_free(setting, given, courses, freed, declared)
    if free or any(not is_rational(budget.value) for budget in budgets):
        from flopcalc.solving.formula import formula

        _refuse_symbols(", ".join(sorted(free)) or "the budget", conditions, along)
        options = {**options, "symbolic": freed, "symbols": declared, "assume": texts_of("assume", assume)}
        return formula(setting, unknown, budgets, options)
    from flopcalc.solving.search import greatest, least

    moved = {name: Column.of([1]) for name in courses}
    kept, budgets = _kept(conditions, setting, budgets, moved, courses)
    setting = _measured(setting, budgets, kept)
    search = least if all(budget.relation == ">=" for budget in budgets) else greatest
    return recounted(search(setting, unknown, courses, budgets, options, kept), setting)


def _solved_for(spec: Spec, for_: str | None, along: str | None) -> list[str]:
    """Return the names of what is solved for; refuse none, and ways that are no text."""
    if along is not None and not isinstance(along, str):
        raise ParameterError(Problem(f"along is {shorten(along)}", None, "names, or names with formulas"))
    if for_ is None and along is None:
        what = "it is not said what is solved for"
        raise ParameterError(Problem(what, None, f"one of {', '.join(spec.known)}", "--for NAME"))
    return [] if for_ is None else texts_of("for_", for_)


def _budgets(
    spec: Spec | str | Path, named: Mapping[str, object], others: MutableMapping[str, object]
) -> tuple[Budget, ...]:
    """Return the budgets; those of other metrics, by their names, are taken out of `others`."""
    own = resolve(spec)[0].known
    return budgets_of({**named, **{name: others.pop(name) for name in SWEPT if name in others and name not in own}})


def _still_free(
    setting: Setting,
    given: Mapping[str, object],
    courses: Iterable[str],
    freed: Sequence[str],
    declared: Sequence[str],
) -> set[str]:
    """Return the names of the symbols that are left, beside what is solved for."""
    solved = [name for name in courses if name not in freed]
    shapes = setting.shapes or None
    binding = bind(setting.spec, given, symbolic=[*freed, *solved], symbols=declared, shapes=shapes)
    values = [*binding.values.values(), *(side for shape in binding.shapes.values() for side in shape)]
    return {str(item) for value in values for item in getattr(value, "free_symbols", ())} - set(courses)


def _refuse_symbols(free: str, conditions: Sequence[str], along: str | None) -> None:
    """Raise where symbols stand in what needs numbers: a condition, or a way of parameters."""
    if conditions:
        what = f"`{shorten(conditions[0])}` cannot be proved of a formula: {free} is a symbol"
        raise UndecidedError(Problem(what, None, "numbers for all but what is solved for"))
    if along is not None:
        raise ParameterError(Problem(f"a way of parameters needs numbers, and {free} is a symbol"))


def _of_choices(
    setting: Setting,
    name: str,
    conditions: Sequence[str],
    budgets: tuple[Budget, ...],
    options: Mapping[str, Any],
) -> Solution | None:
    """Return the greatest of a parameter's choices; None where it has none to choose from."""
    parameter = setting.spec.known[name]
    if parameter is not None and is_truth(parameter):
        raise ParameterError(Problem(f"{name} is true or false", None, "a parameter that is a number"))
    if parameter is None or not parameter.choices:
        return None
    from flopcalc.solving.search import greatest_choice

    moved = {name: Column.of(list(parameter.choices), name)}
    kept, budgets = _kept(conditions, setting, budgets, moved, {})
    _only_numbers(budgets)
    setting = _measured(setting, budgets, kept)
    return recounted(greatest_choice(setting, name, parameter.choices, budgets, options, kept), setting)


def _conditions(where: str | Iterable[str]) -> list[str]:
    """Return the texts of conditions."""
    texts = [where] if isinstance(where, str) else list(where)
    if not all(isinstance(text, str) for text in texts):
        raise ParameterError(Problem(f"where is {shorten(texts)}", None, "conditions: 'params <= 4M'"))
    return texts


def _kept(
    texts: Iterable[str],
    setting: Setting,
    budgets: Sequence[Budget],
    moved: Mapping[str, Column],
    courses: Mapping[str, Course],
) -> tuple[Where, tuple[Budget, ...]]:
    """Return what an answer must meet, and the budgets with those that conditions are."""
    where = where_of(texts, setting.spec, setting.given, moved, courses)
    if not (*budgets, *where.budgets):
        raise no_budget()
    return where, (*budgets, *where.budgets)


def _measured(setting: Setting, budgets: Iterable[Budget], where: Where) -> Setting:
    """Return a setting that counts what budgets and conditions read."""
    return for_metrics(setting, dict.fromkeys([*COUNTED, *(budget.metric for budget in budgets), *where.metrics]))


def _only_numbers(budgets: Iterable[Budget]) -> None:
    for budget in budgets:
        if not is_rational(budget.value):
            raise ParameterError(
                Problem(f"{budget.metric}: {shorten(str(budget.value))} is no number", None, "a number")
            )


def setting_of(
    spec: Spec | str | Path,
    convention: str | Convention,
    input: object,
    parameters: Mapping[str, object],
    dtype: str = "fp32",
    reading: Reading = PLAIN,
) -> tuple[Setting, dict[str, object]]:
    """Return what all the networks have in common, and the values that are given."""
    found, inline = resolve(spec)
    given: dict[str, object] = dict(inline)
    for name, value in parameters.items():
        if name in given:
            raise ParameterError(Problem(f"`{shorten(name)}` is set twice", None, "every parameter once"))
        given[name] = value
    shapes: Mapping[str, object] = {}
    if input is not None:
        shapes = read_input(input)
    rules = convention_of(convention)
    want_one_of("dtype", "data type", dtype, DTYPES)
    return Setting(_read(found.at(shapes), reading), rules, given, shapes, COUNTED, dtype), given


def _read(spec: Spec, reading: Reading) -> Spec:
    """Return a spec that is read so, where that is said here and not by the spec."""
    return spec if reading == PLAIN else spec.read_as(reading)


def front(
    spec: Spec | str | Path,
    for_: Mapping[str, object] | Iterable[str],
    best: str,
    *,
    where: str | Iterable[str] = (),
    params: object = None,
    weights: object = None,
    madds: object = None,
    flops: object = None,
    mac: object = None,
    activations: object = None,
    convention: str | Convention = "paper",
    input: object = None,
    dtype: str = "fp32",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    parameters: Mapping[str, object] | None = None,
    **others: object,
) -> Front:
    """Return the configurations within budgets that no other one within them betters.

    Parameters
    ----------
    spec : Spec, str or Path
    for_ : mapping of str to values, or iterable of str
        The parameters that vary, each with its values as in :func:`flopcalc.sweep`; None, or a name alone, stands for
        one value of every network that the parameter gives up to its default.
    best : str
        What is to be least, or greatest: ``params``, ``min:params,max:activations``. The first budget's metric counts
        too, the more the better, where it is not named.
    where, params, weights, madds, flops, mac, activations, convention, input, dtype, fused, batch, parameters, **others
        As for :func:`solve`.

    Raises
    ------
    FlopcalcError

    Examples
    --------
    >>> found = front("mobilenet_v1", {"alpha": "0.25:1:0.25", "rho": "4/7,5/7,6/7,1"}, "params", flops="150M")
    >>> for choice in found.choices:
    ...     print(*choice.parameters.values(), choice.totals["params"], choice.totals["flops"])
    1/2 1 1331592 149497088
    1/4 1 470072 41030272
    """
    named = {"params": params, "weights": weights, "madds": madds, "flops": flops, "mac": mac}
    from flopcalc.solving.fronts import front_of

    budgets = _budgets(spec, {**named, "activations": activations}, others)
    reading = reading_of(fused, batch, assume_free=assume_free)
    setting, _ = setting_of(spec, convention, input, given_values(parameters, others), dtype, reading)
    axes = dict(for_) if isinstance(for_, Mapping) else dict.fromkeys(texts_of("for_", for_))
    if not axes:
        raise ParameterError(Problem("no parameter varies", None, "names, or names with values", "--for alpha,rho"))
    for name in axes:
        path_of(setting.spec, [name], None, setting.given)  # its name is known, and it has no value yet
    return front_of(setting, axes, best, budgets, {"dtype": dtype}, _conditions(where))


def compound(
    spec: Spec | str | Path,
    names: Iterable[str] = ("depth", "width", "resolution"),
    *,
    step: object = "0.05",
    tolerance: object = "0.1",
    target: object = 2,
    convention: str | Convention = "paper",
    input: object = None,
    dtype: str = "fp32",
    fused: bool = False,
    batch: int | str = 1,
    assume_free: str | Iterable[str] = (),
    parameters: Mapping[str, object] | None = None,
    **others: object,
) -> Compound:
    """Repeat the search for compound coefficients: α, β, γ ≥ 1 on a grid, with α·β²·γ² near to 2.

    Parameters
    ----------
    spec : Spec, str or Path
        The base network, φ = 0.
    names : iterable of str
        Its parameters of depth, width and resolution.
    step, tolerance, target : int, Fraction, float or str
        Of the grid, and how near α·β²·γ² is to which number.
    convention, input, dtype, fused, batch, parameters, **others
        As for :func:`solve`.

    Returns
    -------
    Compound
        Every network with its exact FLOPs as a multiple of the base's. Which is the most accurate cannot be computed.

    Raises
    ------
    FlopcalcError

    References
    ----------
    Tan & Le 2019, arXiv:1905.11946, section 3.3, equation 3.

    Examples
    --------
    >>> found = compound("efficientnet")
    >>> own, = (row for row in found.rows if row.own)
    >>> [str(value) for value in own.coefficients], str(own.product)
    (['6/5', '11/10', '23/20'], '192027/100000')
    """
    from flopcalc.solving.scaling import compound_of

    three = tuple(texts_of("names", names))
    if len(three) != 3 or len(set(three)) != 3:
        raise ParameterError(
            Problem(f"{len(three)} parameters are named", None, "those of depth, width and resolution")
        )
    reading = reading_of(fused, batch, assume_free=assume_free)
    setting, _ = setting_of(spec, convention, input, given_values(parameters, others), dtype, reading)
    amounts = [_fraction(name, value) for name, value in (("step", step), ("tolerance", tolerance), ("target", target))]
    return compound_of(setting, (three[0], three[1], three[2]), amounts[0], amounts[1], amounts[2], {"dtype": dtype})


def _fraction(name: str, value: object) -> Fraction:
    read = read_value(value, name)
    if isinstance(read, (bool, str)) or not is_rational(read):
        raise ParameterError(Problem(f"{name} is no number", None, "a number"))
    return Fraction(read)
