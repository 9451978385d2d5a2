"""What cannot be is refused by name: the attribute or the shapes, what was expected, and what to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import flopcalc
from flopcalc.errors import Fault, FlopcalcError
from flopcalc.layers import LAYERS, Shape
from flopcalc.number import Arithmetic, symbol


def refusal(word: str, attributes: Mapping[str, Any], *inputs: Shape) -> Fault:
    """Return the fault that a layer raises for its attributes or its inputs."""
    primitive = LAYERS[word]

    def place() -> None:
        layer = primitive.layer.make({**primitive.preset, **attributes})
        layer.check(inputs, Arithmetic())
        layer.output(inputs, Arithmetic())

    with pytest.raises(Fault) as caught:
        place()
    return caught.value


MAP = (6, 5, 7)


@dataclass(frozen=True)
class Refused:
    """A layer that does not fit its inputs, and pieces of what is said about it, parted by `…`."""

    word: str
    inputs: tuple[Shape, ...]
    attributes: Mapping[str, Any]
    what: str
    expected: str
    hint: str

    def __str__(self) -> str:
        return f"{self.word}: {self.what}"


def refused(
    word: str, inputs: Shape | list[Shape], what: str, expected: str, hint: str = "", **attributes: Any
) -> Refused:
    shapes = tuple(inputs) if isinstance(inputs, list) else (inputs,)
    return Refused(word, shapes, attributes, what, expected, hint)


SHAPES = [
    refused("conv", MAP, "6 input channels … 4 groups", "multiple of 4", "make_divisible", out=6, kernel=3, groups=4),
    refused("conv", MAP, "8 output channels … 3 groups", "multiple of 3", "make_divisible", out=8, kernel=3, groups=3),
    refused("transposed_conv", MAP, "6 input channels … 4 groups", "multiple of 4", "make_divisible",
            out=6, kernel=3, groups=4),
    refused("transposed_conv", MAP, "7 output channels … 3 groups", "multiple of 3", "make_divisible",
            out=7, kernel=3, groups=3),
    refused("conv", MAP, "shrinks below 1 … a side of 5 … kernel 7", "at least 1×1", "more padding",
            out=6, kernel=7, padding=0),
    refused("conv", MAP, "shrinks below 1 … dilation 3", "at least 1×1", "larger input",
            out=6, kernel=3, padding=0, dilation=3),
    refused("conv", MAP, "shrinks below 1 … a side of 7", "at least 1×1", "more padding",
            out=6, kernel=(1, 8), padding=0),
    refused("depthwise", MAP, "shrinks below 1", "at least 1×1", "smaller stride", kernel=6, padding=0),
    refused("transposed_conv", (6, 3, 3), "shrinks below 1", "at least 1×1", out=6, kernel=1, padding=3),
    refused("max_pool", MAP, "shrinks below 1", "at least 1×1", kernel=6),
    refused("max_pool", MAP, "shrinks below 1 … a side of 5", "at least 1×1", kernel=8, stride=3, ceil_mode=True),
    refused("avg_pool", MAP, "shrinks below 1", "at least 1×1", kernel=8),
    refused("conv", MAP, "`same` … even kernel (2)", "odd kernel", "padding: 0", out=6, kernel=2),
    refused("conv", MAP, "`same` … even kernel (4)", "odd kernel", "padding: 0", out=6, kernel=(3, 4)),
    refused("depthwise", MAP, "`same` … even kernel (4)", "odd kernel", "padding: 0", kernel=4),
    refused("transposed_conv", MAP, "`same` … even kernel (4)", "odd kernel", "padding: 0", out=6, kernel=4, stride=2),
    refused("max_pool", MAP, "`same` … even kernel (2)", "odd kernel", "padding: 0", kernel=2, padding="same"),
    refused("max_pool", MAP, "padding 2 … half … 3", "at most 1", kernel=3, padding=2),
    refused("avg_pool", MAP, "padding 1 … half … 1", "at most 0", kernel=(3, 1), padding=1),
    refused("linear", MAP, "1×1 map … 6×5×7", "C×1×1", "global_pool", out=10),
    refused("linear", (6, 1, 7), "1×1 map … 6×1×7", "C×1×1", "flatten", out=10),
    refused("matmul", [(2, 3, 5), (2, 4, 5)], "2×3×5 … 2×4×5", "B×K×N", "transpose: true"),
    refused("matmul", [(2, 3, 5), (3, 5, 4)], "2×3×5 … 3×5×4", "B×K×N"),
    refused("matmul", [(2, 3, 5), (2, 5, 4)], "2×3×5 … 2×4×5", "B×K×N", transpose=True),
    refused("add", [MAP, (4, 5, 7)], "6×5×7 … 4×5×7", "equal shapes", "1×1 conv"),
    refused("add", [MAP, (6, 3, 4)], "6×5×7 … 6×3×4", "equal shapes", "stride"),
    refused("add", [MAP, (6, 1, 1)], "6×5×7 … 6×1×1", "equal shapes"),
    refused("add", [MAP, MAP, (6, 7, 5)], "6×7×5", "equal shapes"),
    refused("multiply", [MAP, (4, 1, 1)], "6×5×7 … 4×1×1", "channels"),
    refused("multiply", [MAP, (6, 3, 1)], "6×5×7 … 6×3×1", "or 1×1"),
    refused("concat", [MAP, (6, 5, 8)], "6×5×7 … 6×5×8", "equal heights and widths"),
    refused("concat", [MAP, (6, 1, 1)], "6×5×7 … 6×1×1", "equal heights and widths"),
    refused("split", MAP, "6 channels … 4 equal parts", "multiple of 4", parts=4),
    refused("split", MAP, "no part 3 of 3", "0 to 2", parts=3, take=3),
    refused("slice", MAP, "ends at 7 … 6 channels", "at most 6", stop=7),
    refused("slice", MAP, "from 3 to 3 … empty", "stop above start", start=3, stop=3),
    refused("slice", MAP, "from 4 to 2 … empty", "stop above start", start=4, stop=2),
    refused("channel_shuffle", MAP, "6 channels … 4 groups", "multiple of 4", groups=4),
    refused("norm", MAP, "6 channels … 4 groups", "multiple of 4", kind="group", groups=4),
    refused("reshape", MAP, "6×5×7 … 6×5×8", "as many elements", shape=(6, 5, 8)),
    refused("upsample", MAP, "`size` or `scale`", "one of the two"),
    refused("upsample", MAP, "`size` or `scale`", "one of the two", size=10, scale=2),
]  # fmt: skip


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_inputs_that_do_not_fit_are_refused_with_what_would_fit(case: Refused) -> None:
    fault = refusal(case.word, case.attributes, *case.inputs)
    for piece in case.what.split(" … "):
        assert piece in fault.what
    assert case.expected in fault.expected
    assert case.hint in fault.hint


ATTRIBUTES: list[tuple[str, dict[str, Any], str, str]] = [
    # word, attributes, a part of the message, a part of the expectation
    ("conv", {"kernel": 3}, "conv needs `out`", "output channels"),
    ("conv", {"out": 6}, "conv needs `kernel`", "[height, width]"),
    ("conv", {"out": 0, "kernel": 3}, "out is 0", "at least 1"),
    ("conv", {"out": -4, "kernel": 3}, "out is -4", "at least 1"),
    ("conv", {"out": Fraction(5, 2), "kernel": 3}, "out is 5/2, which is not whole", "a whole number"),
    ("conv", {"out": True, "kernel": 3}, "out is 'true'", "a whole number"),
    ("conv", {"out": "many", "kernel": 3}, "out is 'many'", "a whole number"),
    ("conv", {"out": (6, 6), "kernel": 3}, "out is '[6, 6]'", "a whole number"),
    ("conv", {"out": 6, "kernel": 0}, "kernel is 0", "at least 1"),
    ("conv", {"out": 6, "kernel": (3, 3, 3)}, "kernel has 3 entries", "[height, width]"),
    ("conv", {"out": 6, "kernel": (3, 0)}, "kernel is 0", "at least 1"),
    ("conv", {"out": 6, "kernel": 3, "stride": 0}, "stride is 0", "at least 1"),
    ("conv", {"out": 6, "kernel": 3, "dilation": 0}, "dilation is 0", "at least 1"),
    ("conv", {"out": 6, "kernel": 3, "groups": 0}, "groups is 0", "at least 1"),
    ("conv", {"out": 6, "kernel": 3, "padding": -1}, "padding is -1", "at least 0"),
    ("conv", {"out": 6, "kernel": 3, "padding": "valid"}, "padding is `valid`", "same, a number or [height, width]"),
    ("conv", {"out": 6, "kernel": 3, "bias": 1}, "bias is 1", "true or false"),
    ("conv", {"out": 6, "kernel": 3, "bias": "yes"}, "bias is yes", "true or false"),
    ("depthwise", {"kernel": 3, "multiplier": 0}, "multiplier is 0", "at least 1"),
    ("transposed_conv", {"out": 6, "kernel": 3, "output_padding": -1}, "output_padding is -1", "at least 0"),
    ("max_pool", {}, "max_pool needs `kernel`", "[height, width]"),
    ("max_pool", {"kernel": 2, "stride": 0}, "stride is 0", "at least 1"),
    ("max_pool", {"kernel": 2, "ceil_mode": "ceil"}, "ceil_mode is ceil", "true or false"),
    ("adaptive_avg_pool", {}, "adaptive_avg_pool needs `size`", "side of the output"),
    ("adaptive_avg_pool", {"size": 0}, "size is 0", "at least 1"),
    ("activation", {"kind": "rellu"}, "activation has no kind `rellu`", "one of relu, relu6"),
    ("activation", {"kind": 3}, "kind is 3", "a word"),
    ("activation", {}, "activation needs `kind`", "which function"),
    ("norm", {"kind": "instance"}, "norm has no kind `instance`", "one of batch, layer, group"),
    ("norm", {"groups": 0}, "groups is 0", "at least 1"),
    ("norm", {"affine": "no"}, "affine is no", "true or false"),
    ("split", {"parts": 0}, "parts is 0", "at least 1"),
    ("split", {"take": -1}, "take is -1", "at least 0"),
    ("slice", {"start": 2}, "slice needs `stop`", "after the last"),
    ("slice", {"start": -1, "stop": 3}, "start is -1", "at least 0"),
    ("channel_shuffle", {}, "channel_shuffle needs `groups`", "groups"),
    ("reshape", {"shape": (30, 7)}, "shape is [30, 7]", "[channels, height, width]"),
    ("reshape", {"shape": 210}, "shape is 210", "[channels, height, width]"),
    ("pad", {"padding": (1, 2, 3)}, "padding has 3 entries", "[height, width]"),
    ("pad", {"padding": (1, 1, 1, -1)}, "padding is -1", "at least 0"),
    ("upsample", {"scale": Fraction(3, 2)}, "scale is 3/2, which is not whole", "a whole number"),
    ("upsample", {"scale": 2, "mode": "cubic"}, "upsample has no mode `cubic`", "one of nearest, bilinear"),
]


@pytest.mark.parametrize(
    ("word", "attributes", "what", "expected"),
    ATTRIBUTES,
    ids=[f"{case[0]}-{case[2]}".replace(" ", "_") for case in ATTRIBUTES],
)
def test_an_attribute_that_cannot_be_is_refused_by_its_name(
    word: str, attributes: dict[str, Any], what: str, expected: str
) -> None:
    fault = refusal(word, attributes, MAP)
    assert what in fault.what
    assert expected in fault.expected


def test_a_kind_that_is_nearly_right_is_suggested() -> None:
    assert refusal("activation", {"kind": "rellu"}, MAP).hint.startswith("did you mean `relu`")


def test_a_width_that_is_not_whole_says_how_to_round_it() -> None:
    assert "make_divisible" in refusal("conv", {"out": Fraction(5, 2), "kernel": 3}, MAP).hint


def test_symbols_are_not_refused_for_what_they_may_turn_out_to_be() -> None:
    C, G, K = symbol("C"), symbol("G"), symbol("K")
    layer = LAYERS["conv"].layer.make({"out": C, "kernel": K, "groups": G})
    layer.check(((C, 5, 7),), Arithmetic())
    assert layer.output(((C, 5, 7),), Arithmetic()) == (C, 5, 7)


def test_formulas_that_are_not_identical_do_not_fit_and_it_is_noted() -> None:
    C, D = symbol("C"), symbol("D")
    layer, arithmetic = LAYERS["add"].layer.make({}), Arithmetic()
    with pytest.raises(Fault, match="C×5×7 and D×5×7"):
        layer.check(((C, 5, 7), (D, 5, 7)), arithmetic)
    assert list(arithmetic.assumed) == ["D ≠ C"]
    layer.check(((C + D, 5, 7), (D + C, 5, 7)), Arithmetic())


def test_in_a_spec_all_faults_are_reported_with_their_places(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: net\n"
        "input: [6, 5, 7]\n"
        "layers:\n"
        "  - conv: {out: 8, kernel: 3, groups: 4}\n"
        "  - relu\n"
        "  - channel_shuffle: {groups: 3}\n"
        "  - linear: {out: 10}\n"
    )
    with pytest.raises(FlopcalcError) as caught:
        flopcalc.analyze(flopcalc.load(path))
    problems = caught.value.problems
    assert [(problem.place.line, problem.what.split()[0].rstrip(":")) for problem in problems if problem.place] == [
        (4, "conv"),
        (6, "channel_shuffle"),
        (7, "linear"),
    ]
    assert str(problems[0]).startswith(f"{path}:4:")
    assert all(problem.expected for problem in problems)


@pytest.mark.parametrize(("axis", "lines"), [(4, [4]), (9, [4, 5])])
def test_an_axis_that_another_number_of_axes_has_is_no_fault_behind_one_in_a_reshape(
    tmp_path: Path, axis: int, lines: list[int]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        f"name: net\ninput: [6, 5]\nlayers:\n  - reshape: [4, 1, 8/3, 1, 5]\n  - softmax: {{axis: {axis}}}\n"
    )
    with pytest.raises(FlopcalcError) as caught:
        flopcalc.analyze(flopcalc.load(path))
    assert [problem.place.line for problem in caught.value.problems if problem.place] == lines


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("add", "add reads 2 or more tensors, not 1"),
        ("multiply", "multiply reads 2 or more tensors, not 1"),
        ("matmul", "matmul reads 2 tensors, not 1"),
        ("{conv: {out: 6, kernel: 3}, from: [input, input]}", "conv reads 1 tensors, not 2"),
        ("{relu: {}, from: [input, input]}", "reads 1 tensors, not 2"),
    ],
)
def test_a_layer_refuses_more_or_fewer_tensors_than_it_reads(tmp_path: Path, entry: str, message: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"name: net\ninput: [6, 5, 7]\nlayers:\n  - {entry}\n")
    with pytest.raises(FlopcalcError, match=message):
        flopcalc.analyze(flopcalc.load(path))
