"""The second road under derivations: a line that is changed anywhere is found out by plain numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from sympy import sqrt

from flopcalc.errors import UndecidedError
from flopcalc.number import symbol
from flopcalc.spec import catalog, load
from flopcalc.theory import derivations
from flopcalc.theory.derivations import Step, derive
from flopcalc.theory.lines import Derivative, Difference, Limit, Line, Rounded
from flopcalc.theory.minima import derivation
from flopcalc.theory.minima.derivation import derive_least
from flopcalc.theory.minima.finding import Minimum
from flopcalc.theory.recount import Nature, Point
from flopcalc.theory.tried import Bench, Claim, Everywhere, Falling, Limited, Reached, Rooted, Sloped, Turning, tried

C, Out, x = symbol("C"), symbol("O"), symbol("x", real=True)
FAILED = r"failed its recount in plain numbers: at .* one side is .*, the other .*"


# -- provers at fault ------------------------------------------------------------------------------------------------


def test_the_other_root_of_a_quadratic_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # 29 FLOPs at 35 params refute FLOPs > HWB + 2HW√(B + 1) + 2HW, which is 49 there
    right = derivation.minimize

    def wrong(*args: Any) -> Minimum:
        found = right(*args)
        assert found.end is not None
        other = {sqrt(found.budget + 1): -sqrt(found.budget + 1)}
        return replace(found, end=replace(found.end, value=found.end.value.xreplace(other)))

    monkeypatch.setattr(derivation, "minimize", wrong)
    monkeypatch.setattr(derivation, "is_zero", lambda value: True)  # the end is put into the curve once more
    with pytest.raises(UndecidedError, match=FAILED):
        derive_least(load("resnet_basic"), "flops", "params", ["C", "P"], {"O": "P", "norm": "true"})


CASES = [
    ("pointwise_conv", "mac", "flops", ["C", "O"], {}),
    ("separable_conv", "mac", "flops", ["C", "O"], {}),
    ("shufflenet_v1_down", "mac", "flops", ["C", "O"], {}),
    ("resnet_bottleneck", "mac", "flops", ["C", "M"], {}),
    ("pointwise_conv", "params", "flops", ["C", "O"], {}),
    ("pointwise_conv", "activations", "flops", ["C", "O"], {}),
]


def changed(step: Step) -> Iterator[Step]:
    """Yield a step with one part of one of its lines a little larger, or smaller where it is an upper bound."""
    for group in ("lines", "evidence"):
        lines = getattr(step.proved, group)
        for row, line in enumerate(lines):
            for place, part in enumerate(line.parts):
                if isinstance(part, (Rounded, Derivative, Limit, Difference)) or is_name(part) or part == 0:
                    continue
                way = -1 if line.signs == ("<",) else 1
                other = part * (1 + way * Fraction(1, 100)) + way * Fraction(1, 7)
                parts = (*line.parts[:place], other, *line.parts[place + 1 :])
                put = (*lines[:row], replace(line, parts=parts), *lines[row + 1 :])
                yield replace(step, proved=replace(step.proved, **{group: put}))


def is_name(part: Any) -> bool:
    return bool(getattr(part, "is_Symbol", False))


def only_widens(step: Step, other: Step) -> bool:
    """Tell whether a change speaks of the budgets alone for which a value is reached: more of these, which is true."""
    lines = zip(step.proved.lines, other.proved.lines, strict=True)
    return any(one != two and one.signs == (">",) and one.parts[1] == 0 for one, two in lines)


def says_equal(step: Step, other: Step) -> bool:
    """Tell whether what was changed stands in an equation: an inequality may hold with a little less as well."""
    before, after = ((*one.proved.lines, *one.proved.evidence) for one in (step, other))
    return any("=" in one.signs for one, two in zip(before, after, strict=True) if one != two)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_a_changed_line_of_a_least_value_is_found_out(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, minimized, held, over, where = case
    right, known = derivation.minimize, dict[str, Minimum]()

    def once(*args: Any) -> Minimum:
        """Find the least value the first time alone: what is tried here are the lines that are written about it."""
        asked = repr(args)
        if asked not in known:
            known[asked] = right(*args)
        return known[asked]

    monkeypatch.setattr(derivation, "minimize", once)
    steps = list(derive_least(load(spec), minimized, held, over, where).steps)
    count = 0
    for index, step in enumerate(steps):
        for other in changed(step):
            if only_widens(step, other):
                continue
            put = [*steps[:index], other, *steps[index + 1 :]]
            monkeypatch.setattr(derivation, "_steps", lambda *args, put=put: put)
            with pytest.raises(UndecidedError, match=FAILED):
                derive_least(load(spec), minimized, held, over, where)
            count += 1
    assert count >= 3


@pytest.mark.parametrize("name", [entry.name for entry in catalog.index() if entry.kind == "derivations"])
def test_a_changed_line_of_a_packaged_derivation_is_found_out(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = derive(name).steps
    prove = derivations._in_time
    lines = [
        (index, other)
        for index, step in enumerate(steps)
        for other in [other for other in changed(step) if says_equal(step, other)][-2:][index % 2 :][:1]
    ]
    assert len(lines) >= 3
    for index, line in lines[:: -(-len(lines) // 5)]:  # five of many, since each costs the derivation once more
        made: list[Step] = []

        def change(place: Any, until: float, work: Any, at: int = index, line: Step = line, made: Any = made) -> Any:
            found = prove(place, until, work)
            if found is not None:
                made.append(found)
                if len(made) == at + 1:
                    return line.proved
            return found

        monkeypatch.setattr(derivations, "_in_time", change)
        with pytest.raises(UndecidedError, match=FAILED):
            derive(name)


# -- claims, one by one ----------------------------------------------------------------------------------------------


def bench(*names: str) -> Bench:
    def counted(point: Point) -> dict[str, Any]:
        return {"total": point["C"] * point["O"]} if "O" in point else {}

    return Bench(
        [Nature(name, whole=name != "x") for name in names],
        (),
        (),
        counted,
        {"total": "C*O"} if names == ("C", "O") else {},
    )


def held(claim: Claim, *names: str) -> bool:
    """Tell whether a claim holds at every point."""
    try:
        return tried(bench(*names), [claim], 60) > 20
    except UndecidedError as error:
        if "failed its recount" not in str(error):
            raise
        return False


TOTAL = symbol("total")


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        (Line((TOTAL, C * Out), ("=",)), True),
        (Line((TOTAL, C * Out + 1), ("=",)), False),
        (Line((TOTAL, C + Out - 1), (">=",)), True),  # (C − 1)(O − 1) ≥ 0
        (Line((TOTAL, C + Out - 1), (">",)), False),
        (Line((C + Out, 2 * sqrt(TOTAL)), (">=",)), True),
        (Line((C + Out, 2 * sqrt(TOTAL), C, Out), ("=", "<=>", "=")), True),
        (Line((C + Out, 2 * sqrt(TOTAL), C, 2 * Out), ("=", "<=>", "=")), False),
        (Line((Difference(C + Out, 2 * sqrt(TOTAL)), (sqrt(C) - sqrt(Out)) ** 2, 0), ("=", ">=")), True),
        (Line((TOTAL, 12), ("=",), ((C, 3), (Out, 4))), True),
        (Line((TOTAL, C**2), ("=",), ((Out, C),)), True),
        (Line((TOTAL / 7, Rounded(Fraction(171, 100), "1.71")), ("≈",), ((C, 3), (Out, 4))), True),
        (Line((TOTAL / 7, Rounded(Fraction(172, 100), "1.72")), ("≈",), ((C, 3), (Out, 4))), False),
        (Line((C / (C + 100 * Out), Rounded(Fraction(1, 100), "1 %")), ("≈",), ((C, 1), (Out, 1))), True),
    ],
)
def test_a_line_is_worked_out_as_it_is_written(line: Line, holds: bool) -> None:
    assert held(Everywhere(line), "C", "O") is holds


def test_a_least_value_is_looked_for_where_it_should_be_reached() -> None:
    least_of = Line((C + Out, 2 * sqrt(TOTAL)), ("=",))
    assert held(Reached(least_of, (), (C, Out), ("C", "O")), "C", "O")
    assert not held(Reached(least_of, (), (C, 2 * Out), ("C", "O")), "C", "O")


def test_a_solution_is_the_positive_one() -> None:
    line = Line((C, x), ("=",))
    assert held(Rooted(line, "C", "sqrt(x + 1) - 1", "C**2 + 2*C", "x"), "x")
    assert not held(Rooted(line, "C", "-sqrt(x + 1) - 1", "C**2 + 2*C", "x"), "x")
    assert not held(Rooted(line, "C", "sqrt(x + 2) - 1", "C**2 + 2*C", "x"), "x")


@pytest.mark.parametrize(("slope", "holds"), [(-2 / x**2 - 1, True), (-2 / x**2 - 2, False), (2 / x**2 + 1, False)])
def test_a_derivative_is_held_to_differences(slope: Any, holds: bool) -> None:
    assert held(Sloped(Line((Derivative(TOTAL, x), slope, 0), ("=", "<")), "2/x - x"), "x") is holds


@pytest.mark.parametrize(("limit", "holds"), [(3, True), (4, False)])
def test_a_limit_is_held_to_large_values(limit: int, holds: bool) -> None:
    assert held(Limited(Line((Limit(TOTAL, x), limit), ("=",)), "3 + 5/x"), "x") is holds


def test_a_curve_that_turns_does_not_only_fall() -> None:
    line = Line((TOTAL, 0), (">",))
    assert held(Falling(line, "1/x", "x", (), grows=False), "x")
    assert not held(Falling(line, "x + 1/x", "x", (), grows=False), "x")
    assert held(Falling(line, "x + 1/x", "x", ("1 - x",), grows=False, end="1", bound="2"), "x")
    assert not held(Falling(line, "x + 1/x", "x", ("1 - x",), grows=False, end="1", bound="2.1"), "x")
    assert not held(Falling(line, "x + 1/x", "x", ("1 - x",), grows=False, end="9/10"), "x")


def test_a_curve_is_followed_through_its_turn() -> None:
    line = Line((TOTAL, 0), ("=",))
    assert held(Turning(line, "x**4 + 1/x", "x", slope="4*x**5 - 1"), "x")
    assert not held(Turning(line, "x**4 + 1/x", "x", slope="4*x**5 - 7"), "x")
    assert held(Turning(line, "x + 1/x", "x", least="2"), "x")
    assert not held(Turning(line, "x + 1/x", "x", least="2.1"), "x")


def test_what_cannot_be_worked_out_anywhere_is_undecided() -> None:
    with pytest.raises(UndecidedError, match="could not be recounted in plain numbers at any point"):
        tried(bench("C", "O"), [Everywhere(Line((TOTAL, symbol("unknown")), ("=",)))], 20)
