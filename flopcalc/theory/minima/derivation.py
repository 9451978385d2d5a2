"""The least of a block's cost while another is held, as a derivation: what G1 does for a 1×1 conv, for any block.

:mod:`flopcalc.theory.minima.finding` finds it with its proofs; here they are proved once more and put into words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from flopcalc.analysis import analyze_spec
from flopcalc.errors import ParameterError, Problem, UndecidedError, UnknownNameError, listed, one_of, shorten, suggest
from flopcalc.expression import read_relation
from flopcalc.layers import sides_called
from flopcalc.metrics import COUNTED, check_metric
from flopcalc.number import Arithmetic, Number, Relation, as_expr, as_text, is_symbolic, normal
from flopcalc.report import Report
from flopcalc.spec import Spec
from flopcalc.theory.derivations import Derivation, Step
from flopcalc.theory.domain import conditions_of, in_words
from flopcalc.theory.equivalence import is_zero, symbols_of
from flopcalc.theory.limits import limit_at_infinity
from flopcalc.theory.lines import Derivative, Difference, Limit, Line, Proved
from flopcalc.theory.minima.finding import Minimum, minimize
from flopcalc.theory.plans import Letter
from flopcalc.theory.recount import Condition, Plain, Point, few_of, hints_of, natures_of, network_at, points_for
from flopcalc.theory.recount import conditions_of as taken_for_granted
from flopcalc.theory.steps import in_form, put_in, quantity_symbol
from flopcalc.theory.tried import Bench, Claim, Everywhere, Falling, Limited, Reached, Sloped, Turning, tried

if TYPE_CHECKING:
    from sympy import Expr

__all__ = ["derive_least"]

_NAMES = {"mac": "MAC", "flops": "FLOPs"}
"""How metrics are called; the others by their own names."""


def derive_least(
    spec: Spec,
    minimized: str,
    held: str,
    over: Sequence[str],
    where: Mapping[str, object] | None = None,
    assume: Iterable[str] = (),
) -> Derivation:
    """Return the derivation of the least of one cost of a block while another is held.

    Parameters
    ----------
    spec : Spec
    minimized, held : str
        Metrics of a report, MAC in elements.
    over : sequence of str
        The two symbols that may change.
    where : mapping of str to values, optional
        What the spec's parameters are set or rebound to.
    assume : iterable of str
        Inequalities between symbols that may be taken for granted.

    Raises
    ------
    FlopcalcError
        Where a name is unknown, or the question has no answer of a kind that is found.
    UndecidedError
        Where a sign is open, or a proof does not hold up when it is made again.

    Examples
    --------
    >>> from flopcalc.spec import load
    >>> derivation = derive_least(load("pointwise_conv"), "mac", "flops", ["C", "O"])
    >>> derivation.steps[2].proved.lines[0].parts
    (MAC, 2*sqrt(B)*sqrt(H)*sqrt(W) + B/(H*W))
    """
    for name in (minimized, held):
        check_metric(name, COUNTED)
    if minimized == held:
        raise ParameterError(Problem(f"{held} is minimized and held", None, "two metrics"))
    texts, given = list(assume), dict(where or {})
    report = analyze_spec(spec, given, symbols=None, assume=texts).wholly_known()
    objective, fixed = (_metric(report, name) for name in (minimized, held))
    symbols = {str(name): name for name in symbols_of(objective, fixed)}
    for name in over:
        if name not in symbols:
            what = f"neither {minimized} nor {held} depends on `{shorten(name)}`"
            expected = one_of(symbols) if symbols else "a block with free symbols"
            raise UnknownNameError(Problem(what, None, expected, suggest(name, symbols)))
    relations = tuple(read_relation(text, lambda name: symbols[name]) for text in texts if _speaks_of(text, symbols))
    conditions = conditions_of(report, Arithmetic(relations=relations))
    held_fast = [value for value in conditions if not {*map(str, symbols_of(value))} & {*over}]
    arithmetic = Arithmetic(relations=(*relations, *(_relation(value) for value in held_fast)))
    found = minimize(objective, fixed, [symbols[name] for name in over], "B", arithmetic, conditions)
    if not all(proof.holds(arithmetic) for proof in found.proofs):
        raise UndecidedError(Problem("a proof does not hold up when it is made again", None, "proofs that do"))
    called, budget = _NAMES.get(held, held), found.budget
    what = quantity_symbol(_NAMES.get(minimized, minimized))
    order = [*spec.known, *symbols]
    letters = [Letter(symbols[name], _help(spec, name, given)) for name in dict.fromkeys(order) if name in symbols]
    rest = tuple(letter.symbol for letter in letters if letter.symbol not in found.over)
    steps = tuple(_steps(found, what, called, (budget, *rest), arithmetic))
    count = tried(
        _bench(report, spec, given, texts, conditions, {str(what): minimized, str(budget): held}),
        tuple(_claims(found, what, steps)),
        points_for(len(report.layers)),
    )
    if not count:
        what = f"no whole numbers were found for which there is a {report.name}, so that nothing could be recounted"
        raise UndecidedError(
            Problem(what, None, "values for which the block can be built", "numbers for some of the symbols")
        )
    within = [in_words(value) for value in conditions if value not in held_fast]
    domain = f" with {listed(within)}" if within else ""
    assumed = dict.fromkeys([*texts, *map(in_words, conditions), *report.assumed])
    if report.totals.arithmetic.ideal:
        assumed["sizes divide evenly"] = None
    return Derivation(
        report.name,
        f"{spec.title or spec.name}: the least {what} with the {called} held",
        spec.source,
        f"{found.over[0]} and {found.over[1]} are any positive real numbers{domain}; whole ones cannot do better.",
        tuple(letters),
        tuple(assumed),
        (*dict.fromkeys(order), str(budget), str(what)),
        steps,
        count,
    )


def _relation(condition: Number) -> Relation:
    """Return that a formula is above zero as something that may be taken for granted."""
    return Relation(in_words(condition), as_expr(condition), True)


# -- the second road -------------------------------------------------------------------------------------------------


def _bench(
    report: Report,
    spec: Spec,
    where: Mapping[str, object],
    assume: Sequence[str],
    conditions: Sequence[Number],
    metrics: Mapping[str, str],
) -> Bench:
    """Return the points at which the block is counted in plain numbers; `metrics` are those of the quantities."""
    values = (*report.parameters.values(), *(side for shape in report.inputs.values() for side in shape))
    symbols = symbols_of(*(value for value in values if is_symbolic(value)))

    layers: list[int] = []

    def counted(point: Point) -> Mapping[str, Plain] | None:
        network = network_at(spec, where, point)
        if network is None:
            return None
        layers.append(len(network.graph.nodes))
        return {name: network.measure(metric) for name, metric in metrics.items()}

    return Bench(
        natures_of(symbols, few_of([report])),
        (*taken_for_granted(report, assume), *(Condition(in_words(value)) for value in conditions)),
        hints_of([report]),
        counted,
        layers=layers,
    )


def _claims(found: Minimum, what: Expr, steps: Sequence[Step]) -> Iterator[Claim]:
    """Yield all that the steps print, as it is tried."""
    function, name = as_text(in_form(found.substituted)), str(found.free)
    solution = as_text(in_form(found.solution))
    for step in steps:
        lines = step.proved.lines
        if step.kind in ("falls", "grows"):
            yield Sloped(lines[0], function)
            conditions = [put_in(value, [(found.solved, found.solution)]) for value in found.conditions]
            positive = (solution, *map(as_text, conditions))
            ends = {str(line.parts[0]): as_text(cast("Number", line.parts[1])) for line in lines[1:]}
            grows = step.kind == "grows"
            yield Falling(lines[0], function, name, positive, grows, ends.get(name, ""), ends.get(str(what), ""))
            for line in lines[1:]:
                yield Limited(line, function) if isinstance(line.parts[0], Limit) else Everywhere(line)
        elif step.kind == "equality":
            if found.condition is None:
                continue
            least = Line((what, in_form(found.minimum or 0)), ("=",))
            yield Everywhere(lines[0])
            yield Reached(least, lines[1:], found.condition, tuple(map(str, found.over)))
        elif found.outcome == "root" and step.kind == "minimize":
            yield Turning(lines[0], function, name, slope=as_text(in_form(found.stationarity)))
        else:
            yield from map(Everywhere, lines)
            if step.kind == "minimize":
                yield Turning(lines[0], function, name, least=as_text(in_form(found.minimum or 0)))
        yield from map(Everywhere, step.proved.evidence)


def _metric(report: Report, name: str) -> Number:
    return report.measure(name)


def _speaks_of(text: str, symbols: Mapping[str, Expr]) -> bool:
    """Tell whether an assumption, which the spec was read with, is about symbols of both costs."""
    found = True

    def look(name: str) -> Number:
        nonlocal found
        found = found and name in symbols
        return symbols.get(name) or quantity_symbol(name)

    read_relation(text, look)
    return found


def _help(spec: Spec, name: str, where: Mapping[str, object]) -> str:
    """Return what a symbol is; nothing where it is the user's own."""
    if name in where:
        return ""
    if name in spec.parameters:
        return spec.parameters[name].help
    return next(
        (
            f"{side} of the input"
            for entry in spec.inputs
            for side, item in zip(sides_called(len(entry.entries)), entry.entries, strict=True)
            if item == name
        ),
        "",
    )


# -- the steps -------------------------------------------------------------------------------------------------------


def _steps(found: Minimum, what: Expr, held: str, holding: tuple[Expr, ...], arithmetic: Arithmetic) -> Iterator[Step]:
    """Yield the steps, each of which rests on proofs that have been made."""
    budget = found.budget
    yield Step(
        "show",
        f"{what}, and {budget}, the {held} that are held.",
        "the costs of the layers, added",
        Proved(
            (Line((what, in_form(found.objective)), ("=",)), Line((budget, in_form(found.held)), ("=",))), (), "counted"
        ),
    )
    if found.outcome != "constant":
        yield Step(
            "solve",
            f"With {budget} held, {found.solved} is a function of {found.free}, and {what} too.",
            f"{budget} is linear in {found.solved}",
            Proved(
                (
                    Line((found.solved, in_form(found.solution)), ("=",)),
                    Line((what, in_form(found.substituted)), ("=",)),
                ),
                (),
                "put in",
            ),
        )
    if found.outcome == "constant":
        yield Step(
            "claim",
            f"Holding {budget} holds {what}.",
            "it is a function of what is held",
            Proved((Line((what, in_form(found.substituted)), ("=",), (), holding),), (), "identity"),
        )
    elif found.outcome in ("falls", "grows"):
        yield _one_way(found, what, holding)
    elif found.outcome == "root":
        yield Step(
            "minimize",
            f"{what} has one least value, where this polynomial in {found.free} is zero; it has no closed form.",
            "its coefficients change their sign once, so that it has one positive root (Descartes)",
            Proved((Line((in_form(found.stationarity), 0), ("=",), (), holding),), (), "turns once"),
        )
    else:
        yield from _least(found, what, holding)


def _one_way(found: Minimum, what: Expr, holding: tuple[Expr, ...]) -> Step:
    """Return the step that there is no least value, as the objective only falls or only grows."""
    falls = found.outcome == "falls"
    slope = normal(found.substituted.diff(found.free))  # type: ignore[union-attr]
    lines = [Line((Derivative(what, found.free), in_form(slope), 0), ("=", "<" if falls else ">"), (), holding)]
    end, value = found.end, found.end.value if found.end is not None else None
    where = ""
    if end is not None and (end.emptied or end.condition is not None):
        assert end.free is not None
        if end.emptied:
            where = f", until {found.solved} is nothing" if falls else f", from where {found.solved} is nothing"
        else:
            edge = in_words(end.condition or 0).replace(">", "=")
            where = f", until {edge}" if falls else f", from {edge} on"
        lines.append(Line((found.free, in_form(end.free)), ("<" if falls else ">",), (), holding))
    if end is not None and value is not None:
        if end.free is None:
            if is_zero(normal((limit_at_infinity(found.substituted, found.free) or 0) - value)):
                lines.append(Line((Limit(what, found.free), in_form(value)), ("=",)))
        elif is_zero(normal(put_in(found.substituted, [(found.free, end.free)]) - value)):
            lines.append(Line((what, in_form(value)), (">",)))
    word = "falls" if falls else "grows"
    return Step(
        word,
        f"{what} only {word} as {found.free} grows{where}; it has no least value that is reached.",
        "its derivative changes its sign once, beyond the end of the curve"
        if found.beyond
        else "its derivative has one sign",
        Proved(tuple(lines), (), "turns beyond" if found.beyond else "derivative"),
    )


def _least(found: Minimum, what: Expr, holding: tuple[Expr, ...]) -> Iterator[Step]:
    """Yield the least value, where it is reached, and the bound in both symbols."""
    assert found.minimum is not None
    least, square = in_form(found.minimum), found.certificate
    evidence = () if square is None else (Line((Difference(what, least), square, 0), ("=", ">=")),)
    yield Step(
        "minimize",
        f"{what} has a least value.",
        "the arithmetic mean is never below the geometric one"
        if square is not None
        else "the sign of its derivative changes once, from below zero to above",
        Proved(
            (Line((what, least), (">=",), (), holding),), evidence, "turns once" if square is None else "sum of squares"
        ),
    )
    lines: list[Line] = []
    if found.condition is not None:
        left, right = (in_form(side) for side in found.condition)
        lines.append(Line((what, least, left, right), ("=", "<=>", "=")))
    lines += (Line((name, value), ("=",)) for name, value in found.where.items())
    lines += (Line((value, 0), (">",)) for value in found.requires)
    if lines:
        asked = " The last line says for which B that can be." if found.requires else ""
        yield Step(
            "equality",
            f"Where it is reached, and nowhere else.{asked}",
            "the square is zero there" if square is not None else "the derivative is zero there",
            Proved(tuple(lines), (), "put in"),
        )
    if found.bound is not None and found.excess is not None:
        yield Step(
            "claim",
            f"For any {listed(map(str, found.over))}, {what} is no less than that at their own {found.budget}.",
            "the formula of what is held, put in",
            Proved(
                (Line((what, found.bound), (">=",)),),
                (Line((Difference(what, found.bound), found.excess, 0), ("=", ">=")),),
                "sum of squares",
            ),
        )
