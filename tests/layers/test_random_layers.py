"""Random small convolutions, pools and the like: what the layer says is what a loop counts, faults included."""

from __future__ import annotations

from typing import Any

from brute_force import ORACLES, Impossible
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.cost import QUANTITIES
from flopcalc.errors import Fault
from flopcalc.layers import LAYERS
from flopcalc.number import Arithmetic, symbol

few = settings(deadline=None, max_examples=80)

sides = st.integers(1, 9)
pairs_to_3 = st.one_of(st.integers(1, 3), st.tuples(st.integers(1, 3), st.integers(1, 3)))
kernels = st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 4)))
paddings = st.one_of(st.just("same"), st.integers(0, 3), st.tuples(st.integers(0, 3), st.integers(0, 3)))


def agree(word: str, attributes: dict[str, Any], inputs: tuple[Any, ...]) -> None:
    """Check that the layer and the loop find the same shape and the same costs, or that neither can run."""
    primitive = LAYERS[word]
    arithmetic = Arithmetic()
    try:
        layer = primitive.layer.make({**primitive.preset, **attributes})
        layer.check(inputs, arithmetic)
        output = layer.output(inputs, arithmetic)
    except Fault:
        output = None
    try:
        run = ORACLES[word](inputs, **attributes)
        looped = run.shape
    except Impossible:
        looped = None
    assert output == looped
    if output is not None:
        cost = layer.cost(inputs, output)
        found = {name: getattr(cost, name) for name in QUANTITIES} | {"window": layer.window(inputs)}
        assert found == run.counted()


@few
@given(
    inputs=st.tuples(st.tuples(st.integers(1, 6), sides, sides)),
    attributes=st.fixed_dictionaries(
        {"out": st.integers(1, 6), "kernel": kernels},
        optional={
            "stride": pairs_to_3,
            "padding": paddings,
            "dilation": pairs_to_3,
            "groups": st.integers(1, 3),
            "bias": st.booleans(),
        },
    ),
)
def test_a_random_convolution_costs_what_a_loop_counts(inputs: Any, attributes: dict[str, Any]) -> None:
    agree("conv", attributes, inputs)


@few
@given(
    inputs=st.tuples(st.tuples(st.integers(1, 5), sides, sides)),
    attributes=st.fixed_dictionaries(
        {"kernel": kernels},
        optional={
            "stride": pairs_to_3,
            "padding": paddings,
            "dilation": pairs_to_3,
            "multiplier": st.integers(1, 3),
            "bias": st.booleans(),
        },
    ),
)
def test_a_random_depthwise_convolution_costs_what_a_loop_counts(inputs: Any, attributes: dict[str, Any]) -> None:
    agree("depthwise", attributes, inputs)


@few
@given(
    inputs=st.tuples(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6))),
    attributes=st.fixed_dictionaries(
        {"out": st.integers(1, 4), "kernel": kernels},
        optional={
            "stride": pairs_to_3,
            "padding": paddings,
            "dilation": pairs_to_3,
            "groups": st.integers(1, 2),
            "output_padding": st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2))),
            "bias": st.booleans(),
        },
    ),
)
def test_a_random_transposed_convolution_costs_what_a_loop_counts(inputs: Any, attributes: dict[str, Any]) -> None:
    agree("transposed_conv", attributes, inputs)


pools = {
    "stride": st.one_of(st.integers(1, 4), st.tuples(st.integers(1, 4), st.integers(1, 4))),
    "padding": st.one_of(st.integers(0, 2), st.tuples(st.integers(0, 2), st.integers(0, 2))),
    "ceil_mode": st.booleans(),
}


def fits(attributes: dict[str, Any]) -> bool:
    """Tell whether the padding is at most half of the window; more is refused, as torch does, and tested apart."""
    as_pair = {
        name: value if isinstance(value, tuple) else (value, value)
        for name, value in {"padding": 0, "dilation": 1, **attributes}.items()
    }
    return all(
        2 * p <= d * (k - 1) + 1
        for p, d, k in zip(as_pair["padding"], as_pair["dilation"], as_pair["kernel"], strict=True)
    )


@few
@given(
    inputs=st.tuples(st.tuples(st.integers(1, 2), st.integers(1, 12), st.integers(1, 12))),
    attributes=st.fixed_dictionaries({"kernel": kernels}, optional={**pools, "dilation": pairs_to_3}).filter(fits),
)
def test_a_random_max_pool_costs_what_a_loop_counts(inputs: Any, attributes: dict[str, Any]) -> None:
    agree("max_pool", attributes, inputs)


@few
@given(
    inputs=st.tuples(st.tuples(st.integers(1, 2), st.integers(1, 12), st.integers(1, 12))),
    attributes=st.fixed_dictionaries({"kernel": kernels}, optional=pools).filter(fits),
)
def test_a_random_average_pool_costs_what_a_loop_counts(inputs: Any, attributes: dict[str, Any]) -> None:
    agree("avg_pool", attributes, inputs)


@few
@given(
    first=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    second=st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
    transpose=st.booleans(),
)
def test_a_random_matrix_product_costs_what_a_loop_counts(first: Any, second: Any, transpose: bool) -> None:
    agree("matmul", {"transpose": transpose}, (first, second))


small = st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(1, 3))


@few
@given(word=st.sampled_from(["add", "multiply", "concat"]), inputs=st.lists(small, min_size=2, max_size=3))
def test_a_random_merge_costs_what_a_loop_counts(word: str, inputs: Any) -> None:
    agree(word, {}, tuple(inputs))


@few
@given(channels=st.integers(1, 6), parts=st.integers(1, 4), take=st.integers(0, 4))
def test_a_random_split_is_the_part_that_a_loop_finds(channels: int, parts: int, take: int) -> None:
    agree("split", {"parts": parts, "take": take}, ((channels, 2, 3),))


@few
@given(channels=st.integers(1, 6), start=st.integers(0, 7), stop=st.integers(0, 7))
def test_a_random_slice_is_what_a_loop_finds(channels: int, start: int, stop: int) -> None:
    agree("slice", {"start": start, "stop": stop}, ((channels, 2, 3),))


@few
@given(channels=st.integers(1, 8), groups=st.integers(1, 4))
def test_a_random_shuffle_costs_what_a_loop_counts(channels: int, groups: int) -> None:
    agree("channel_shuffle", {"groups": groups}, ((channels, 2, 3),))


@few
@given(
    inputs=st.tuples(small),
    padding=st.one_of(
        st.integers(0, 3),
        st.tuples(st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
    ),
)
def test_a_random_pad_costs_what_a_loop_counts(inputs: Any, padding: Any) -> None:
    agree("pad", {"padding": padding}, inputs)


@few
@given(inputs=st.tuples(small), shape=small)
def test_a_random_reshape_keeps_the_elements(inputs: Any, shape: Any) -> None:
    agree("reshape", {"shape": shape}, inputs)


@few
@given(
    length=st.integers(1, 40),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 6),
    dilation=st.integers(1, 3),
    ceil_mode=st.booleans(),
    data=st.data(),
)
def test_a_symbolic_side_with_exact_rounding_is_the_side_of_every_number(
    length: int, kernel: int, stride: int, dilation: int, ceil_mode: bool, data: Any
) -> None:
    padding = data.draw(st.integers(0, (dilation * (kernel - 1) + 1) // 2))
    H = symbol("H")
    attributes = {
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "ceil_mode": ceil_mode,
    }
    layer = LAYERS["max_pool"].layer.make(attributes)
    formula = layer.output(((1, H, 1 + dilation * kernel),), Arithmetic(exact_rounding=True))[1]
    try:
        number = layer.output(((1, length, 1 + dilation * kernel),), Arithmetic())[1]
    except Fault:
        return
    assert formula.subs(H, length) == number
