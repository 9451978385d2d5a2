"""Numbers beyond all bounds and values of a wrong type, on every road: a short message, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction

import pytest

import flopcalc
from flopcalc.errors import Fault, FlopcalcError
from flopcalc.number import read_decimal
from flopcalc.solving import front
from flopcalc.sweeps import compile_totals

Refused = Callable[..., str]

HUGE = 10**5000
"""A number that Python refuses to write."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000),
        ("1e0000000000003", 1000),
        ("0000.5", Fraction(1, 2)),
        ("1_0.2_5e1", Fraction(205, 2)),
        ("5.", 5),
        ("1" * 1000, (10**1000 - 1) // 9),
        ("12e-1000", Fraction(12, 10**1000)),
    ],
)
def test_digits_are_the_number_that_they_are(text: str, value: object) -> None:
    assert read_decimal(text) == value


@pytest.mark.parametrize(
    "text", ["1e0000000099999999", "1e99999999", "1e-0099999999", "9" * 1001, "1e1001", "0." + "0" * 1001 + "1"]
)
def test_digits_are_counted_before_a_number_is_made(text: str) -> None:
    with pytest.raises(Fault, match="too large or too small"):
        read_decimal(text)


@pytest.mark.parametrize("text", ["", ".", "e5", "1e", "1.2.3", "0x5", "-1", "५"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Fault, match="is not a number"):
        read_decimal(text)


@pytest.mark.parametrize("number", ["1e0000000099999999", "9" * 5000, "9" * 1500])
@pytest.mark.parametrize(
    "command",
    [
        ("conv", "--C", "{}"),
        ("mobilenet_v1", "--resolution", "{}"),
        ("mobilenet_v1", "--alpha", "{}"),
        ("mobilenet_v1", "--input", "3,{},5"),
        ("solve", "mobilenet_v1", "--for", "alpha", "--flops", "{}"),
        ("solve", "mobilenet_v1", "--for", "alpha", "--flops", ">= {}"),
        ("explain", "mobilenet_v1", "{}"),
        ("sweep", "mobilenet_v1", "--alpha", "1,{}"),
        ("sweep", "mobilenet_v1", "--resolution", "1:{}:1"),
        ("sweep", "mobilenet_v1", "--alpha", "0.5,1", "--where", "flops < {}"),
        ("verify", "flops = {}", "--of", "mobilenet_v1"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_no_command_makes_a_number_without_end(refused: Refused, command: tuple[str, ...], number: str) -> None:
    assert "fault of flopcalc" not in refused(*(part.format(number) for part in command))


def test_numbers_are_written_whatever_python_is_told() -> None:
    options = "--format csv --columns params --K 1 --H 1 --W 1 --O 3 --C"
    for digits, code in ((700, 2), (40, 0)):
        ran = subprocess.run(
            [sys.executable, "-m", "flopcalc", "conv", *options.split(), "9" * digits],
            env={**os.environ, "PYTHONINTMAXSTRDIGITS": "640"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == code
        assert "Traceback" not in ran.stderr
        assert "fault of flopcalc" not in ran.stderr


LONG_NUMBERS = """
import sys
import flopcalc
from fractions import Fraction
from flopcalc.errors import FlopcalcError
long, most = 10**1200 + 7, 10**49 + 9
report = flopcalc.analyze("separable_conv", C=most, O=most, K=most, H=most, W=most)
assert report.totals.madds == most**5 + most**4
assert len(str(report)) > 245
assert str(10**40) in flopcalc.analyze("conv", C=f"{10**40}*c").totals.params.__str__()
for wrong in (
    lambda: flopcalc.analyze("conv", C=long),
    lambda: flopcalc.analyze("mobilenet_v1", alpha=-long),
    lambda: flopcalc.analyze("mobilenet_v1", alpha=Fraction(long, 7)),
    lambda: flopcalc.analyze("mobilenet_v1", alpha="1" * 1000),
    lambda: flopcalc.analyze("mobilenet_v1", input=[3, -long, long]),
    lambda: flopcalc.verify(f"{10**999 + 1}*K^2", "conv"),
    lambda: flopcalc.verify("1" * 1001 + "*K^2", "conv"),
    lambda: flopcalc.explain("resnet50", long),
    lambda: flopcalc.solve("mobilenet_v1", "alpha", flops=long),
    lambda: list(flopcalc.sweep("separable_conv", {"C": [long, 2]}, O=3, K=3, H=8, W=8)),
):
    try:
        str(wrong())
    except FlopcalcError as error:
        assert "not an expression" not in str(error), error
"""


@pytest.mark.parametrize("limit", ["640", "0", "4300"])
def test_python_callers_too_get_numbers_written_whatever_python_is_told(limit: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LONG_NUMBERS],
        env={**os.environ, "PYTHONINTMAXSTRDIGITS": limit},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


WRONG: dict[str, Callable[[object], object]] = {
    "analyze": lambda it: flopcalc.analyze(it),  # type: ignore[arg-type]
    "resolution": lambda it: flopcalc.analyze("mobilenet_v1", resolution=it),
    "input": lambda it: flopcalc.analyze("mobilenet_v1", input=(3, it, it)),
    "inputs": lambda it: flopcalc.analyze("mobilenet_v1", input={it: (3, 8, 8)}),  # type: ignore[dict-item]
    "convention": lambda it: flopcalc.analyze("mobilenet_v1", convention=it),  # type: ignore[arg-type]
    "symbols": lambda it: flopcalc.analyze("mobilenet_v1", symbols=it),  # type: ignore[arg-type]
    "compare": lambda it: flopcalc.compare("mobilenet_v1", it),  # type: ignore[arg-type]
    "compare equal": lambda it: flopcalc.compare("conv", "conv", equal=it, vary="O"),  # type: ignore[arg-type]
    "conventions": lambda it: flopcalc.conventions("mobilenet_v1", names=it),  # type: ignore[arg-type]
    "conventions against": lambda it: flopcalc.conventions("mobilenet_v1", against=it),  # type: ignore[arg-type]
    "conventions metric": lambda it: flopcalc.conventions("mobilenet_v1", metric=it),  # type: ignore[arg-type]
    "explain": lambda it: flopcalc.explain("mobilenet_v1", [it]),  # type: ignore[arg-type]
    "explain metric": lambda it: flopcalc.explain("mobilenet_v1", "1M", metric=it),  # type: ignore[arg-type]
    "solve": lambda it: flopcalc.solve("mobilenet_v1", it, flops=5),  # type: ignore[arg-type]
    "solve along": lambda it: flopcalc.solve("mobilenet_v1", along=it, flops=5),  # type: ignore[arg-type]
    "solve budget": lambda it: flopcalc.solve("mobilenet_v1", "alpha", flops=[[it]]),
    "solve parameters": lambda it: flopcalc.solve("conv", "O", flops=5, parameters=it),  # type: ignore[arg-type]
    "verify": lambda it: flopcalc.verify(it),  # type: ignore[arg-type]
    "verify of": lambda it: flopcalc.verify("flops = 1", of=it),  # type: ignore[arg-type]
    "verify metric": lambda it: flopcalc.verify("1", "conv", metric=it),  # type: ignore[arg-type]
    "verify where": lambda it: flopcalc.verify("1", "conv", where=it),  # type: ignore[arg-type]
    "verify let": lambda it: flopcalc.verify("1", "conv", let=it),  # type: ignore[arg-type]
    "verify assume": lambda it: flopcalc.verify("1", "conv", assume=it),  # type: ignore[arg-type]
    "verify limit": lambda it: flopcalc.verify("1", "conv", limit=it),  # type: ignore[arg-type]
    "verify symbolic": lambda it: flopcalc.verify("1", "conv", symbolic=it),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("value", [HUGE, object(), 3.5j], ids=["huge", "object", "complex"])
@pytest.mark.parametrize("name", WRONG)
def test_a_value_of_a_wrong_type_is_an_error_of_flopcalcs(name: str, value: object) -> None:
    with pytest.raises(FlopcalcError) as caught:
        WRONG[name](value)
    assert len(str(caught.value)) < 1000


def test_a_figure_that_python_does_not_write_is_refused() -> None:
    with pytest.raises(FlopcalcError, match="too large"):
        flopcalc.explain("mobilenet_v1", HUGE)


@pytest.mark.parametrize("wrong", [None, 3, 3.5, float("nan"), object(), [], {}, b"x", ("x", 1), HUGE], ids=type)
def test_a_convention_is_one_in_every_function_that_takes_one(wrong: object) -> None:
    given = {"O": 3, "K": 3, "H": 4, "W": 4}
    for ask in (
        lambda: flopcalc.analyze("conv", convention=wrong),  # type: ignore[arg-type]
        lambda: flopcalc.solve("conv", "C", flops="10k", convention=wrong, parameters=given),  # type: ignore[arg-type]
        lambda: list(flopcalc.sweep("conv", {"C": [1]}, convention=wrong, parameters=given)),  # type: ignore[arg-type]
        lambda: flopcalc.compare("resnet18", "resnet34", convention=wrong),  # type: ignore[arg-type]
    ):
        with pytest.raises(FlopcalcError, match="onvention") as caught:
            ask()
        assert "a name, a path or a Convention" in str(caught.value)


@pytest.mark.parametrize("wrong", [3, 3.5, object(), b"x", [None], {3: 4}, "text", HUGE], ids=type)
def test_parameters_are_values_by_name_in_every_function_that_takes_them(wrong: object) -> None:
    for ask in (
        lambda: flopcalc.solve("conv", "C", flops="10k", parameters=wrong),  # type: ignore[arg-type]
        lambda: list(flopcalc.sweep("conv", {"C": [1]}, parameters=wrong)),  # type: ignore[arg-type]
        lambda: front("conv", {"C": [1]}, "params", flops="10k", parameters=wrong),  # type: ignore[arg-type]
        lambda: compile_totals("conv", {"C": [1]}, parameters=wrong),  # type: ignore[arg-type]
    ):
        with pytest.raises(FlopcalcError, match=r"parameters is .*\n.*values by the parameters' names"):
            ask()


@pytest.mark.parametrize("wrong", [None, 3, 3.5, object(), b"x", HUGE], ids=type)
def test_what_is_no_grid_no_goal_no_shape_and_no_spec_is_told(wrong: object) -> None:
    for ask in (
        lambda: front("conv", {"C": [1]}, wrong, flops="10k"),  # type: ignore[arg-type]
        lambda: compile_totals("conv", wrong),  # type: ignore[arg-type]
        lambda: list(flopcalc.sweep("conv", wrong)),
        lambda: flopcalc.load(wrong),  # type: ignore[arg-type]
        lambda: flopcalc.analyze("mobilenet_v1", input=[wrong]),  # type: ignore[arg-type]
    ):
        with pytest.raises(FlopcalcError):
            ask()
    with pytest.raises(FlopcalcError, match="not said what is solved for"):
        flopcalc.solve("conv", [], flops="10k")  # type: ignore[arg-type]
