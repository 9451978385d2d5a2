"""Random small convolutions, pools and the like: what the layer says is what a loop counts, faults included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from brute_force import ORACLES, Impossible
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.cost import QUANTITIES
from flopcalc.errors import Fault
from flopcalc.layers import LAYERS
from flopcalc.number import Arithmetic, symbol

few = settings(deadline=None, max_examples=50)


def of_sides(count: int, numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Draw one number for all the sides of a map, or one for each."""
    return st.one_of(numbers, st.tuples(*[numbers] * count))


def paddings(count: int, numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Draw a word, a number, one for each side, or one before and one behind each."""
    words = st.sampled_from(["same", "valid", "same_upper"])
    return st.one_of(words, of_sides(count, numbers), st.tuples(*[numbers] * (2 * count)))


def maps(channels: int, side: int, most: int = 3) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw a tensor with a map of one side or more, the more of them the smaller."""
    return st.integers(1, most).flatmap(
        lambda count: st.tuples(st.integers(1, channels), *[st.integers(1, side if count < 3 else 4)] * count)
    )


@st.composite
def windowed(
    draw: Any, channels: int, side: int, kernel: int, others: Callable[[int], dict[str, Any]], least: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Draw an input and the attributes of a layer with a window that moves over it."""
    shape = draw(maps(channels, side))
    count = len(shape) - 1
    kernels = st.integers(1, kernel if count < 3 else 3)
    given = {"kernel": of_sides(count, kernels), **least}
    return (shape,), draw(st.fixed_dictionaries(given, optional=others(count)))


to_3 = st.integers(1, 3)


def agree(word: str, attributes: dict[str, Any], inputs: tuple[Any, ...]) -> None:
    """Check that the layer and the loop find the same shape and the same costs, or that neither can run."""
    primitive = LAYERS[word]
    arithmetic = Arithmetic()
    try:
        layer = primitive.layer.make({**primitive.preset, **attributes}, len(inputs[0]) - 1)
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
    windowed(
        6,
        9,
        4,
        lambda count: {
            "stride": of_sides(count, to_3),
            "padding": paddings(count, st.integers(0, 3)),
            "dilation": of_sides(count, to_3),
            "groups": to_3,
            "bias": st.booleans(),
        },
        {"out": st.integers(1, 6)},
    )
)
def test_a_random_convolution_costs_what_a_loop_counts(drawn: Any) -> None:
    agree("conv", drawn[1], drawn[0])


@few
@given(
    windowed(
        5,
        9,
        4,
        lambda count: {
            "stride": of_sides(count, to_3),
            "padding": paddings(count, st.integers(0, 3)),
            "dilation": of_sides(count, to_3),
            "multiplier": to_3,
            "bias": st.booleans(),
        },
        {},
    )
)
def test_a_random_depthwise_convolution_costs_what_a_loop_counts(drawn: Any) -> None:
    agree("depthwise", drawn[1], drawn[0])


@few
@given(
    windowed(
        4,
        6,
        4,
        lambda count: {
            "stride": of_sides(count, to_3),
            "padding": paddings(count, st.integers(0, 3)),
            "dilation": of_sides(count, to_3),
            "groups": st.integers(1, 2),
            "output_padding": of_sides(count, st.integers(0, 2)),
            "bias": st.booleans(),
        },
        {"out": st.integers(1, 4)},
    )
)
def test_a_random_transposed_convolution_costs_what_a_loop_counts(drawn: Any) -> None:
    agree("transposed_conv", drawn[1], drawn[0])


def pools(count: int) -> dict[str, Any]:
    return {
        "stride": of_sides(count, st.integers(1, 4)),
        "padding": paddings(count, st.integers(0, 2)),
        "ceil_mode": st.booleans(),
    }


def fits(drawn: tuple[Any, dict[str, Any]]) -> bool:
    """Tell whether the padding is at most half of the window; more is refused, as torch does, and tested apart."""
    (shape,), attributes = drawn
    count = len(shape) - 1
    every = {
        name: value if isinstance(value, tuple) else (value,) * count
        for name, value in {"padding": 0, "dilation": 1, **attributes}.items()
    }
    if isinstance(every["padding"][0], str):
        # By `same` half of what the window spans goes before it, and of an even span one more behind: too much of two.
        return every["padding"][0] != "same" or all(
            d * (k - 1) % 2 == 0 or d * (k - 1) > 1 or k == 2
            for d, k in zip(every["dilation"], every["kernel"], strict=True)
        )
    times = len(every["padding"]) // count
    spans = [d * (k - 1) + 1 for d, k in zip(every["dilation"], every["kernel"], strict=True) for _ in range(times)]
    return all(2 * p <= span for p, span in zip(every["padding"], spans, strict=True))


@few
@given(windowed(2, 12, 4, lambda count: {**pools(count), "dilation": of_sides(count, to_3)}, {}).filter(fits))
def test_a_random_max_pool_costs_what_a_loop_counts(drawn: Any) -> None:
    agree("max_pool", drawn[1], drawn[0])


@few
@given(windowed(2, 12, 4, pools, {}).filter(fits))
def test_a_random_average_pool_costs_what_a_loop_counts(drawn: Any) -> None:
    agree("avg_pool", drawn[1], drawn[0])


@few
@given(
    windowed(
        2,
        6,
        4,
        lambda count: {"stride": of_sides(count, st.integers(1, 4)), "padding": of_sides(count, st.integers(0, 2))},
        {},
    )
)
def test_a_random_unpooling_costs_what_a_loop_counts(drawn: Any) -> None:
    agree("max_unpool", drawn[1], drawn[0])


@few
@given(
    windowed(
        3,
        6,
        3,
        lambda count: {
            "stride": of_sides(count, to_3),
            "padding": of_sides(count, st.integers(0, 2)),
            "dilation": of_sides(count, to_3),
        },
        {},
    )
)
def test_a_random_unfold_costs_what_a_loop_counts(drawn: Any) -> None:
    agree("unfold", drawn[1], drawn[0])


@few
@given(
    batch=st.lists(st.integers(1, 2), max_size=2),
    first=st.tuples(to_3, to_3),
    second=st.tuples(to_3, to_3),
    transpose=st.booleans(),
)
def test_a_random_matrix_product_costs_what_a_loop_counts(
    batch: list[int], first: Any, second: Any, transpose: bool
) -> None:
    agree("matmul", {"transpose": transpose}, ((*batch, *first), (*batch, *second)))


@few
@given(
    one=st.permutations("abc"),
    other=st.permutations("abcd").map(lambda letters: letters[:2]),
    written=st.permutations("abcd"),
    lengths=st.fixed_dictionaries(dict.fromkeys("abcd", to_3)),
    data=st.data(),
)
def test_a_random_einsum_costs_what_a_loop_counts(
    one: list[str], other: list[str], written: list[str], lengths: dict[str, int], data: Any
) -> None:
    known = [letter for letter in written if letter in {*one, *other}]
    result = known[: data.draw(st.integers(1, len(known)))]
    equation = f"{''.join(one)},{''.join(other)}->{''.join(result)}"
    agree("einsum", {"equation": equation}, tuple(tuple(lengths[n] for n in letters) for letters in (one, other)))


@st.composite
def on_axes(draw: Any, axes: int = 4, longest: int = 3) -> tuple[Any, int]:
    """Draw a tensor and one of its axes."""
    shape = tuple(draw(st.lists(st.integers(1, longest), min_size=1, max_size=axes)))
    return shape, draw(st.integers(0, len(shape) - 1))


@few
@given(drawn=on_axes(), out=to_3, bias=st.booleans(), given_axis=st.booleans())
def test_a_random_linear_layer_costs_what_a_loop_counts(drawn: Any, out: int, bias: bool, given_axis: bool) -> None:
    shape, axis = drawn
    agree("linear", {"out": out, "bias": bias, **({"axis": axis} if given_axis else {})}, (shape,))


small = st.lists(st.sampled_from([1, 1, 2, 3]), min_size=1, max_size=4).map(tuple)


@few
@given(
    word=st.sampled_from(["add", "multiply", "maximum", "minimum"]),
    inputs=small.flatmap(
        lambda shape: st.lists(
            st.one_of(small, st.tuples(*[st.sampled_from([1, side]) for side in shape])), min_size=2, max_size=3
        )
    ),
)
def test_a_random_operation_on_tensors_with_sides_of_1_costs_what_a_loop_counts(word: str, inputs: Any) -> None:
    agree(word, {}, tuple(inputs))


@few
@given(word=st.sampled_from(["subtract", "divide"]), one=small, other=small)
def test_a_random_difference_costs_what_a_loop_counts(word: str, one: Any, other: Any) -> None:
    agree(word, {}, (one, other))


@few
@given(drawn=on_axes(), others=st.lists(to_3, max_size=2), wrong=st.booleans())
def test_a_random_concat_along_an_axis_costs_what_a_loop_counts(drawn: Any, others: list[int], wrong: bool) -> None:
    shape, axis = drawn
    behind = [(*shape[:axis], length, *shape[axis + 1 :]) for length in others]
    if wrong and behind:
        behind[-1] = tuple(reversed(behind[-1]))
    agree("concat", {"axis": axis}, (shape, *behind))


@few
@given(drawn=on_axes(longest=6), parts=st.integers(1, 4), take=st.integers(0, 4))
def test_a_random_split_is_the_part_that_a_loop_finds(drawn: Any, parts: int, take: int) -> None:
    agree("split", {"parts": parts, "take": take, "axis": drawn[1]}, (drawn[0],))


@few
@given(drawn=on_axes(longest=6), sizes=st.lists(to_3, min_size=1, max_size=3), take=st.integers(0, 3))
def test_a_random_split_by_sizes_is_the_part_that_a_loop_finds(drawn: Any, sizes: list[int], take: int) -> None:
    agree("split", {"sizes": tuple(sizes), "take": take, "axis": drawn[1]}, (drawn[0],))


@few
@given(drawn=on_axes(longest=6), start=st.integers(0, 7), stop=st.integers(0, 7))
def test_a_random_slice_is_what_a_loop_finds(drawn: Any, start: int, stop: int) -> None:
    agree("slice", {"start": start, "stop": stop, "axis": drawn[1]}, (drawn[0],))


@few
@given(shape=small, channels=st.integers(1, 8), groups=st.integers(1, 4))
def test_a_random_shuffle_costs_what_a_loop_counts(shape: Any, channels: int, groups: int) -> None:
    agree("channel_shuffle", {"groups": groups}, ((channels, *shape[1:]),))


@few
@given(shape=maps(4, 6), data=st.data())
def test_a_random_pad_or_crop_costs_what_a_loop_counts(shape: Any, data: Any) -> None:
    count, numbers = len(shape) - 1, st.integers(0, 3)
    margin = data.draw(st.one_of(of_sides(count, numbers), st.tuples(*[numbers] * (2 * count))))
    agree("pad", {"padding": margin}, (shape,))
    agree("crop", {"margin": margin}, (shape,))
    agree("crop", {"size": data.draw(of_sides(count, st.integers(1, 6)))}, (shape,))


@few
@given(shape=maps(3, 5), data=st.data())
def test_a_random_resizing_costs_what_a_loop_counts(shape: Any, data: Any) -> None:
    count = len(shape) - 1
    agree("upsample", {"scale": data.draw(of_sides(count, to_3))}, (shape,))
    agree("upsample", {"size": data.draw(of_sides(count, st.integers(1, 7)))}, (shape,))
    for word in ("adaptive_avg_pool", "adaptive_max_pool"):
        agree(word, {"size": data.draw(of_sides(count, st.integers(1, 7)))}, (shape,))


@few
@given(channels=st.integers(1, 9), height=st.integers(1, 4), width=st.integers(1, 4), factor=to_3)
def test_a_random_pixel_shuffle_costs_what_a_loop_counts(channels: int, height: int, width: int, factor: int) -> None:
    agree("pixel_shuffle", {"factor": factor}, ((channels, height, width),))
    agree("pixel_unshuffle", {"factor": factor}, ((channels, height, width),))


@few
@given(shape=maps(3, 4), data=st.data())
def test_a_random_roll_costs_what_a_loop_counts(shape: Any, data: Any) -> None:
    agree("roll", {"shift": data.draw(of_sides(len(shape) - 1, st.integers(0, 6)))}, (shape,))


@few
@given(drawn=on_axes(), keep=st.booleans(), data=st.data())
def test_a_random_reduction_norm_or_scale_along_axes_costs_what_a_loop_counts(
    drawn: Any, keep: bool, data: Any
) -> None:
    shape, axis = drawn
    several = st.lists(st.integers(0, len(shape) - 1), min_size=1, unique=True).map(tuple)
    axes = data.draw(st.one_of(st.just(axis), several, st.sampled_from(["channels", "map", "all"])))
    agree("reduce", {"axis": axes, "keep": keep}, (shape,))
    agree("norm", {"kind": data.draw(st.sampled_from(["layer", "rms"])), "axis": axes}, (shape,))
    agree("scale", {"axis": axes, "bias": keep}, (shape,))


@few
@given(shape=small, order=st.permutations(range(4)))
def test_a_random_permutation_is_what_a_loop_finds(shape: Any, order: list[int]) -> None:
    agree("permute", {"order": tuple(axis for axis in order if axis < len(shape))}, (shape,))


@few
@given(inputs=st.tuples(small), shape=small, place=st.integers(0, 4))
def test_a_random_reshape_keeps_the_elements(inputs: Any, shape: Any, place: int) -> None:
    agree("reshape", {"shape": shape}, inputs)
    agree("reshape", {"shape": (*shape[:place], -1, *shape[place:])}, inputs)


@few
@given(
    channels=st.integers(1, 4),
    offsets=st.integers(1, 20),
    mask=st.one_of(st.none(), st.integers(1, 10)),
    kernel=st.integers(1, 2),
    stride=st.integers(1, 2),
)
def test_a_random_deformable_convolution_costs_what_a_loop_counts(
    channels: int, offsets: int, mask: int | None, kernel: int, stride: int
) -> None:
    given_ = {"out": 2, "kernel": kernel, "stride": stride, "padding": 0}
    for side in (2, 3):
        inputs = ((channels, 4, 4), (offsets, side, side), *([] if mask is None else [(mask, side, side)]))
        agree("deformable_conv", given_, inputs)


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
