"""Laws between the primitives: one layer that is another's special case costs the same, and widths scale costs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.cost import QUANTITIES, Cost
from flopcalc.layers import LAYERS, Shape
from flopcalc.number import Arithmetic, symbol

few = settings(deadline=None, max_examples=60)

C, O, H, W, G, K, M = (symbol(name) for name in "COHWGKM")  # noqa: E741

channels = st.integers(1, 40)
sides = st.integers(1, 40)
kernels = st.sampled_from([1, 3, 5, (3, 1), (1, 7)])


def place(word: str, *inputs: Shape, **attributes: Any) -> tuple[Shape, Cost]:
    primitive = LAYERS[word]
    layer = primitive.layer.make({**primitive.preset, **attributes})
    layer.check(inputs, Arithmetic())
    output = layer.output(inputs, Arithmetic())
    return output, layer.cost(inputs, output)


def values(cost: Cost) -> dict[str, Any]:
    return {name: getattr(cost, name) for name in QUANTITIES}


# -- one primitive as another's special case -------------------------------------------------------------------------


@few
@given(c=channels, h=sides, w=sides, kernel=kernels, stride=st.integers(1, 3), bias=st.booleans())
def test_a_depthwise_convolution_is_a_group_convolution_of_one_channel_a_group(
    c: int, h: int, w: int, kernel: Any, stride: int, bias: bool
) -> None:
    given = {"kernel": kernel, "stride": stride, "bias": bias}
    assert place("depthwise", (c, h, w), **given) == place("conv", (c, h, w), out=c, groups=c, **given)


@few
@given(c=channels, m=st.integers(1, 4), h=sides, w=sides, kernel=kernels)
def test_a_depthwise_multiplier_is_a_group_convolution_with_as_many_outputs_a_group(
    c: int, m: int, h: int, w: int, kernel: Any
) -> None:
    grouped = place("conv", (c, h, w), out=c * m, groups=c, kernel=kernel)
    assert place("depthwise", (c, h, w), multiplier=m, kernel=kernel) == grouped


@few
@given(c=channels, o=channels, bias=st.booleans())
def test_a_linear_layer_is_a_pointwise_convolution_of_a_1x1_map(c: int, o: int, bias: bool) -> None:
    assert place("linear", (c, 1, 1), out=o, bias=bias) == place("conv", (c, 1, 1), out=o, kernel=1, bias=bias)


@few
@given(c=channels, o=channels, h=sides, w=sides, kernel=kernels, bias=st.booleans())
def test_a_transposed_convolution_of_stride_1_is_a_convolution(
    c: int, o: int, h: int, w: int, kernel: Any, bias: bool
) -> None:
    given = {"out": o, "kernel": kernel, "bias": bias}
    assert place("transposed_conv", (c, h, w), **given) == place("conv", (c, h, w), **given)


@few
@given(
    c=channels, o=channels, h=st.integers(1, 20), w=st.integers(1, 20), kernel=st.integers(1, 5), s=st.integers(1, 4)
)
def test_a_transposed_convolution_makes_the_multiply_adds_of_the_convolution_that_it_transposes(
    c: int, o: int, h: int, w: int, kernel: int, s: int
) -> None:
    output, up = place("transposed_conv", (c, h, w), out=o, kernel=kernel, stride=s, padding=0)
    back, down = place("conv", output, out=c, kernel=kernel, stride=s, padding=0)
    assert back == (c, h, w)
    assert (up.weights, up.madds, up.mac) == (down.weights, down.madds, down.mac)


@few
@given(c=channels, h=sides, w=sides)
def test_a_pool_over_the_whole_map_is_a_global_pool(c: int, h: int, w: int) -> None:
    whole = place("global_pool", (c, h, w))
    assert place("avg_pool", (c, h, w), kernel=(h, w)) == whole
    assert place("adaptive_avg_pool", (c, h, w), size=1) == whole


@few
@given(b=channels, m=sides, k=sides, n=sides)
def test_a_transposed_second_map_changes_nothing_but_its_shape(b: int, m: int, k: int, n: int) -> None:
    plain = place("matmul", (b, m, k), (b, k, n))
    assert place("matmul", (b, m, k), (b, n, k), transpose=True) == plain


@few
@given(c=channels, o=channels, h=sides, w=sides, p=st.integers(0, 3))
def test_padding_before_or_in_a_convolution_comes_to_the_same_outputs_and_multiply_adds(
    c: int, o: int, h: int, w: int, p: int
) -> None:
    padded, _ = place("pad", (c, h, w), padding=p)
    shape, cost = place("conv", (c, h, w), out=o, kernel=1, padding=p)
    before_shape, before = place("conv", padded, out=o, kernel=1, padding=0)
    assert (shape, cost.madds, cost.params) == (before_shape, before.madds, before.params)


@few
@given(c=channels, h=sides, w=sides, scale=st.integers(1, 4))
def test_upsampling_by_a_factor_is_upsampling_to_its_size(c: int, h: int, w: int, scale: int) -> None:
    to_size = place("upsample", (c, h, w), size=(h * scale, w * scale))
    assert place("upsample", (c, h, w), scale=scale) == to_size


@few
@given(part=channels, parts=st.integers(1, 5), h=sides, w=sides)
def test_the_parts_of_a_split_concatenate_to_what_was_split(part: int, parts: int, h: int, w: int) -> None:
    whole = (part * parts, h, w)
    pieces = [place("split", whole, parts=parts, take=take)[0] for take in range(parts)]
    slices = [place("slice", whole, start=part * take, stop=part * (take + 1))[0] for take in range(parts)]
    assert pieces == slices
    assert place("concat", *pieces)[0] == whole


# -- scaling ---------------------------------------------------------------------------------------------------------


@few
@given(c=channels, o=channels, h=sides, w=sides, kernel=kernels, factor=st.integers(1, 5))
def test_widening_by_a_factor_multiplies_a_convolution_by_its_square(
    c: int, o: int, h: int, w: int, kernel: Any, factor: int
) -> None:
    _, thin = place("conv", (c, h, w), out=o, kernel=kernel)
    _, wide = place("conv", (factor * c, h, w), out=factor * o, kernel=kernel)
    assert (wide.params, wide.madds) == (factor**2 * thin.params, factor**2 * thin.madds)
    assert wide.activations == factor * thin.activations
    assert wide.mac == factor * (thin.inputs + thin.outputs) + factor**2 * thin.params


@few
@given(c=channels, h=sides, w=sides, kernel=kernels, factor=st.integers(1, 5))
def test_widening_by_a_factor_multiplies_a_depthwise_convolution_by_it(
    c: int, h: int, w: int, kernel: Any, factor: int
) -> None:
    _, thin = place("depthwise", (c, h, w), kernel=kernel)
    _, wide = place("depthwise", (factor * c, h, w), kernel=kernel)
    assert values(wide) == {name: factor * value for name, value in values(thin).items()}


@few
@given(c=channels, o=channels, g=st.integers(1, 6), h=sides, w=sides, kernel=kernels)
def test_groups_divide_parameters_and_multiply_adds_and_leave_the_maps(
    c: int, o: int, g: int, h: int, w: int, kernel: Any
) -> None:
    shape, whole = place("conv", (g * c, h, w), out=g * o, kernel=kernel)
    grouped_shape, grouped = place("conv", (g * c, h, w), out=g * o, kernel=kernel, groups=g)
    assert grouped_shape == shape
    assert (grouped.params * g, grouped.madds * g) == (whole.params, whole.madds)
    assert (grouped.inputs, grouped.outputs, grouped.activations) == (whole.inputs, whole.outputs, whole.activations)


@few
@given(c=channels, o=channels, h=sides, w=sides, factor=st.integers(1, 5), bias=st.booleans())
def test_a_larger_map_multiplies_the_multiply_adds_and_no_parameter(
    c: int, o: int, h: int, w: int, factor: int, bias: bool
) -> None:
    _, small = place("conv", (c, h, w), out=o, kernel=3, bias=bias)
    _, large = place("conv", (c, factor * h, w), out=o, kernel=3, bias=bias)
    assert (large.params, large.madds) == (small.params, factor * small.madds)


# -- closed forms of the papers --------------------------------------------------------------------------------------


def test_a_pointwise_convolution_accesses_what_shufflenet_v2_says() -> None:
    _, cost = place("conv", (C, H, W), out=O, kernel=1)
    assert (cost.mac - (H * W * (C + O) + C * O)).expand() == 0  # arXiv:1807.11164, guideline 1


def test_a_pointwise_group_convolution_accesses_what_shufflenet_v2_says() -> None:
    _, cost = place("conv", (C, H, W), out=O, kernel=1, groups=G)
    assert (cost.mac - (H * W * (C + O) + C * O / G)).expand() == 0  # arXiv:1807.11164, guideline 2
    assert (cost.madds - H * W * C * O / G).expand() == 0


def test_a_depthwise_separable_convolution_saves_what_mobilenet_says() -> None:
    _, depthwise = place("depthwise", (C, H, W), kernel=K)
    _, pointwise = place("conv", (C, H, W), out=O, kernel=1)
    _, plain = place("conv", (C, H, W), out=O, kernel=K)
    ratio = (depthwise.madds + pointwise.madds) / plain.madds
    assert (ratio - (1 / O + 1 / K**2)).simplify() == 0  # arXiv:1704.04861, section 3.1


@pytest.mark.parametrize("word", ["relu", "sigmoid", "softmax"])
def test_an_activation_reads_and_writes_its_map(word: str) -> None:
    assert place(word, (C, H, W))[1].mac == 2 * C * H * W


def test_a_merge_reads_every_input_and_writes_its_output() -> None:
    assert place("add", (C, H, W), (C, H, W))[1].mac == 3 * C * H * W
    assert (place("concat", (C, H, W), (O, H, W))[1].mac - 2 * (C + O) * H * W).expand() == 0
    assert place("multiply", (C, H, W), (C, 1, 1))[1].mac == 2 * C * H * W + C


def test_a_view_costs_nothing_and_still_says_how_much_passes() -> None:
    for word, attributes in (("split", {}), ("flatten", {}), ("identity", {}), ("dropout", {}), ("slice", {"stop": M})):
        _, cost = place(word, (C, H, W), **attributes)
        assert (cost.mac, cost.params, cost.madds) == (0, 0, 0)
        assert cost.inputs == C * H * W


def test_a_matrix_product_costs_its_contraction() -> None:
    shape, cost = place("matmul", (C, H, K), (C, K, W))
    assert shape == (C, H, W)
    assert cost.madds == C * H * K * W
    assert cost.mac == C * H * K + C * K * W + C * H * W


def test_a_table_of_fewer_rows_than_there_are_words_is_read_once() -> None:
    """BERT's two types of tokens (arXiv:1810.04805, section 3): 9 indices, 2 rows of 6, 9 columns of 6 written."""
    layer = LAYERS["embedding"].layer.make({"count": 2, "out": 6}, 0)
    assert layer.cost(((9,),), (6, 9)).mac == 9 + 2 * 6 + 9 * 6
    arithmetic = Arithmetic()
    LAYERS["embedding"].layer.make({"count": K, "out": 6}, 0).check(((W,),), arithmetic)
    assert list(arithmetic.assumed) == ["K ≥ W"]


def test_a_gather_reads_its_table_once_and_writes_what_it_was_asked_for() -> None:
    shape, cost = place("gather", (H, K), shape=(H, M, M))
    assert shape == (H, M, M)
    assert (cost.madds, cost.params) == (0, 0)
    assert cost.mac == H * K + H * M * M


# -- what is known of an output where its input is not ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "attributes", "settled"),
    [
        ("conv", {"out": 8, "kernel": 1}, (False, True)),
        ("depthwise", {"kernel": 1}, (True, True)),
        ("linear", {"out": 8}, (False, False)),
        ("global_pool", {}, (True, False)),
        ("adaptive_avg_pool", {"size": 2}, (True, False)),
        ("reshape", {"shape": (2, 3, 4)}, (False, False)),
        ("gather", {"shape": (2, 3, 4)}, (False, False)),
        ("relu", {}, (True, True)),
    ],
)
def test_a_layer_says_what_it_writes_whatever_it_reads(
    word: str, attributes: dict[str, Any], settled: tuple[bool, bool]
) -> None:
    layer = LAYERS[word].layer.make({**LAYERS[word].preset, **attributes})
    assert layer.unsettled(True, True) == settled
    assert layer.unsettled(False, False) == (False, False)


def test_channels_of_a_flattened_map_are_open_where_its_sides_are() -> None:
    assert LAYERS["flatten"].layer.make({}).unsettled(False, True)[0]


def test_only_a_primitive_that_an_attribute_may_switch_off_is_not_sure_to_be_a_layer() -> None:
    assert [word for word, primitive in LAYERS.items() if not primitive.sure] == ["activation"]
