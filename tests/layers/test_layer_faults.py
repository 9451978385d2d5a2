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
        layer = primitive.layer.make({**primitive.preset, **attributes}, len(inputs[0]) - 1)
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
    # The hint is the padding with which the stride alone changes the side: k − s in all, where it is even.
    refused("conv", MAP, "`same` … even kernel (2)", "another", "padding: valid", out=6, kernel=2, stride=2),
    refused("conv", MAP, "`same` … even kernel (4)", "another", "padding: 1`", out=6, kernel=(3, 4), stride=(1, 2)),
    refused("conv", MAP, "`same` … even kernel (2)", "another", "same_upper", out=6, kernel=2, stride=3),
    refused("depthwise", MAP, "`same` … even kernel (4)", "another", "same_upper", kernel=4, stride=3),
    refused("transposed_conv", MAP, "`same` … even kernel (4)", "another", "padding: 1` … H·s", out=6, kernel=4,
            stride=2),
    refused("max_pool", MAP, "`same` … even kernel (2)", "another", "padding: valid", kernel=2, padding="same"),
    refused("max_pool", MAP, "padding 2 … half … 3", "at most 1", kernel=3, padding=2),
    refused("avg_pool", MAP, "padding 1 … half … 1", "at most 0", kernel=(3, 1), padding=1),
    refused("linear", MAP, "1×1 map … 6×5×7", "C×1×1", "global_pool", out=10),
    refused("linear", (6, 1, 7), "1×1 map … 6×1×7", "C×1×1", "flatten", out=10),
    refused("matmul", [(2, 3, 5), (2, 4, 5)], "2×3×5 … 2×4×5", "B×K×N", "transpose: true"),
    refused("matmul", [(2, 3, 5), (3, 5, 4)], "2×3×5 … 3×5×4", "B×K×N"),
    refused("matmul", [(2, 3, 5), (2, 5, 4)], "2×3×5 … 2×4×5", "B×K×N", transpose=True),
    refused("add", [MAP, (4, 5, 7)], "6×5×7 … 4×5×7", "equal shapes", "1×1 conv"),
    refused("add", [MAP, (6, 3, 4)], "6×5×7 … 6×3×4", "equal shapes", "stride"),
    refused("add", [MAP, (6, 5)], "6×5×7 … 6×5", "as many axes", "reshape"),
    refused("add", [MAP, MAP, (6, 7, 5)], "6×7×5", "equal shapes"),
    refused("multiply", [MAP, (4, 1, 1)], "6×5×7 … 4×1×1", "sides of 1"),
    refused("multiply", [MAP, (6, 3, 1)], "6×5×7 … 6×3×1", "sides of 1"),
    refused("subtract", [MAP, (6, 5, 6)], "subtract … 6×5×7 … 6×5×6", "sides of 1"),
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
    refused("upsample", MAP, "like is a tensor 6×5", "a map of 2 sides", like=(6, 5)),
    refused("reshape", MAP, "6×5×7 … 4×-1", "as many elements", shape=(4, -1)),
    refused("linear", MAP, "axis is 3", "1 to 2 for the map's sides", out=10, axis=3),
    refused("linear", (6, 9), "axis is 2", "1 for the map's side", out=10, axis=2),
    refused("concat", [MAP, (5, 4, 7)], "6×5×7 … 5×4×7", "axis 1 alone", axis=1),
    refused("softmax", (6,), "axis is 1", "0 for the channels", axis=1),
    refused("split", MAP, "5 positions … 2 equal parts", "multiple of 2", axis=1),
    refused("split", MAP, "1 + 2 … adds up to 3", "6", sizes=(1, 2)),
    refused("split", MAP, "no part 2 of 2", "0 to 1", sizes=(1, 5), take=2),
    refused("slice", MAP, "ends at 6 … 5 positions", "at most 5", stop=6, axis=1),
    refused("conv", (6, 9), "kernel has 2 entries", "[length]", out=6, kernel=(3, 3)),
    refused("conv", (6, 4, 5, 7), "kernel has 2 entries", "[depth, height, width]", out=6, kernel=(3, 3)),
    refused("conv", (6,), "conv reads no map of 0 sides", "one of C×L, C×H×W, C×D×H×W", "reshape", out=6, kernel=3),
    refused("pixel_shuffle", (6, 9), "reads no map of 1 side", "C×H×W", "reshape", factor=2),
    refused("pixel_shuffle", MAP, "6 channels … 2²", "multiple of 4", factor=2),
    refused("pixel_unshuffle", MAP, "a side of 5 … 2", "multiple of 2", factor=2),
    refused("einsum", [(2, 3, 5), (2, 4, 6)], "`d` … 5 and 6", "one length", equation="hnd,hmd->hnm"),
    refused("einsum", [(2, 3), (2, 4, 6)], "2×3 as `hnd`", "3 axes", equation="hnd,hmd->hnm"),
    refused("einsum", [(2, 3), (3, 4)], "`z` … no axis", "letters among", equation="ab,bc->az"),
    refused("einsum", [(2, 3), (3, 4)], "`ab->ba`", "two tensors", "permute", equation="ab->ba"),
    refused("crop", MAP, "-1 of a side of 5", "1 to 5", margin=3),
    refused("crop", MAP, "9 of a side of 5", "1 to 5", size=9),
    refused("crop", MAP, "`margin`, `size` or `like`", "one of them", margin=1, size=3),
    refused("crop", MAP, "`margin`, `size` or `like`", "one of them"),
    refused("permute", MAP, "order is [0, 1]", "each of the axes 0 to 2 once", order=(0, 1)),
    refused("max_unpool", (6, 1, 1), "shrinks below 1 … -1", "at least 1×1", kernel=1, padding=1),
    refused("unfold", MAP, "shrinks below 1", "at least 1×1", kernel=6),
    refused("grid_sample", [MAP, (3, 5, 7)], "3×5×7", "2×H×W"),
    refused("deformable_conv", [MAP, (17, 5, 7)], "offsets … 17×5×7", "18×5×7", out=6, kernel=3),
    refused("deformable_conv", [MAP, (18, 4, 7)], "offsets … 18×4×7", "18×5×7", out=6, kernel=3),
    refused("deformable_conv", [MAP, (36, 5, 7), (9, 5, 7)], "mask … 9×5×7", "18×5×7", out=6, kernel=3),
    refused("deformable_conv", [MAP, (72, 5, 7)], "6 channels … 4 groups", "as divide the channels", out=6, kernel=3),
    refused("custom", MAP, "params is 3 … 8 weights", "the weights among them", params=3, weights=8),
]  # fmt: skip


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_inputs_that_do_not_fit_are_refused_with_what_would_fit(case: Refused) -> None:
    fault = refusal(case.word, case.attributes, *case.inputs)
    for piece in case.what.split(" … "):
        assert piece in fault.what
    assert case.expected in fault.expected
    for piece in case.hint.split(" … "):
        assert piece in fault.hint


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
    ("conv", {"out": 6, "kernel": 3, "padding": "half"}, "padding is `half`", "same, valid, same_upper, a number"),
    ("conv", {"out": 6, "kernel": 3, "padding": (1, 1, 1)}, "padding has 3 entries", "[top, bottom, left, right]"),
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
    ("norm", {"kind": "weight"}, "norm has no kind `weight`", "one of batch, layer, group"),
    ("norm", {"groups": 0}, "groups is 0", "at least 1"),
    ("norm", {"affine": "no"}, "affine is no", "true or false"),
    ("split", {"parts": 0}, "parts is 0", "at least 1"),
    ("split", {"take": -1}, "take is -1", "at least 0"),
    ("slice", {"start": 2}, "slice needs `stop`", "after the last"),
    ("slice", {"start": -1, "stop": 3}, "start is -1", "at least 0"),
    ("channel_shuffle", {}, "channel_shuffle needs `groups`", "groups"),
    ("reshape", {"shape": ()}, "shape is []", "[channels, height, width]"),
    ("reshape", {"shape": (-1, 7, -1)}, "leaves 2 sides open", "at most one side of -1"),
    ("parameter", {"shape": (3, -1)}, "shape is [3, -1]", "a length for every side"),
    ("norm", {"axis": (1, 1)}, "names an axis twice", "different axes"),
    ("norm", {"axis": "rows"}, "axis is `rows`", "channels, map, all"),
    ("prelu", {"slopes": "two"}, "has no slopes `two`", "one of channel, one, element"),
    ("upsample", {"scale": 2, "mode": "lanczos"}, "upsample has no mode `lanczos`", "bicubic"),
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
