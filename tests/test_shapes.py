"""The shapes of inputs: channels first, or by name; what looks like channels last is a trap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flopcalc import analyze, compare, solve
from flopcalc.errors import FlopcalcError, ParameterError
from flopcalc.shapes import read_input

Ok = Callable[..., str]
Refused = Callable[..., str]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("form", ["{0},{1},{2}", "{0}, {1}, {2}", tuple, list])
def test_what_looks_like_channels_last_is_refused_with_the_order(channels: int, form: object) -> None:
    sides = (16, 224, channels)
    shape = form.format(*sides) if isinstance(form, str) else form(sides)  # type: ignore[operator]
    for given in (shape, {"input": shape}):
        with pytest.raises(ParameterError) as caught:
            read_input(given)
        assert f"channels first: {channels},16,224" in str(caught.value)
        assert f"C=16,H=224,W={channels}" in str(caught.value)


@pytest.mark.parametrize("shape", ["3,224,224", "64,224,2", "15,224,3", "224,15,3", "224,224,5", "C,224,3", "3,3,3"])
def test_what_does_not_is_taken_as_it_stands(shape: str) -> None:
    assert read_input(shape) == {"input": tuple(shape.split(","))}


@pytest.mark.parametrize("shape", ["C=224,H=192,W=3", "W=3, C=224, H = 192", "H=192,W=3,C=224"])
def test_a_named_shape_is_certain(shape: str) -> None:
    assert read_input(shape) == {"input": ("224", "192", "3")}
    assert analyze("conv", O=8, K=3, input=shape).inputs["input"] == (224, 192, 3)


@pytest.mark.parametrize("shape", ["C=3,H=8", "C=3,C=3,H=8", "C=3,8,8", "c=3,H=8,W=8", "C=3,H=8,W=8,W=8"])
def test_half_a_name_is_no_shape(shape: str) -> None:
    with pytest.raises(FlopcalcError):
        analyze("conv", O=8, K=3, input=shape)


def test_a_named_shape_may_have_symbols() -> None:
    assert str(analyze("conv", O=1, K=1, input="W=w,H=2*w,C=3").totals.madds) == "6*w**2"


def test_a_shape_that_was_said_stays_certain_on_every_road() -> None:
    shape = "C=32,H=16,W=1"
    assert solve("conv", "O", flops=10_000, input=shape, parameters={"K": 1}).value is not None
    sides = compare("conv:K=1,O=8", "group_conv:K=1,g=2", input=shape, equal="flops", vary="O")
    assert [side.report.inputs["input"] for side in sides.entries] == [(32, 16, 1)] * 2


@pytest.mark.parametrize(
    "command",
    [
        ("mobilenet_v1",),
        ("audit", "mobilenet_v1"),
        ("bound", "mobilenet_v1"),
        ("conventions", "mobilenet_v1"),
        ("explain", "mobilenet_v1", "569M"),
        ("compare", "mobilenet_v1", "mobilenet_v2"),
        ("sweep", "mobilenet_v1", "--alpha", "0.5,1"),
        ("solve", "mobilenet_v1", "--for", "alpha", "--flops", "150M"),
    ],
    ids=lambda command: command[0],
)
def test_every_command_refuses_channels_last(refused: Refused, command: tuple[str, ...]) -> None:
    assert "channels first: 3,224,224" in refused(*command, "--input", "224,224,3")


def test_an_inputs_label_stands_before_its_names(ok: Ok) -> None:
    for shape in ("3,64,64", "input=3,64,64", "C=3,H=64,W=64", "input=H=64,W=64,C=3"):
        assert "input = 3×64×64" in " ".join(ok("mobilenet_v1", "--input", shape).split())
