"""Every layer of the language as ONNX operators: one function a kind, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod, sqrt
from typing import Any, TypeAlias

from flopcalc.exporting.laid import Dims, Placed, whole
from flopcalc.exporting.onnx_model import Writer
from flopcalc.exporting.windows import adaptive_windows, first_places, rounded_up, spread_places, widened
from flopcalc.layers import Layer
from flopcalc.layers.activation import Activation
from flopcalc.layers.conv import Conv, Depthwise, TransposedConv
from flopcalc.layers.learned import Embedding, LearnedTensor, Scale
from flopcalc.layers.linear import Einsum, Linear, Matmul
from flopcalc.layers.merge import Add, Concat, Divide, Maximum, Minimum, Multiply, Subtract
from flopcalc.layers.norm import Norm
from flopcalc.layers.pool import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    AvgPool,
    GlobalMaxPool,
    GlobalPool,
    MaxPool,
    MaxUnpool,
    WindowPool,
)
from flopcalc.layers.reshape import (
    ChannelShuffle,
    Crop,
    Dropout,
    Flatten,
    Gather,
    Identity,
    Pad,
    Permute,
    PixelShuffle,
    PixelUnshuffle,
    Reduce,
    Reshape,
    Roll,
    Slice,
    Split,
    Unfold,
    Upsample,
)
from flopcalc.layers.sampling import DeformableConv, DynamicConv, GridSample
from flopcalc.number import Arithmetic

__all__ = ["EPSILON", "WRITERS", "LayerWriter"]

LayerWriter: TypeAlias = "Callable[[Writer, Placed, list[str]], str]"
"""Writes a layer that reads some tensors; returns the name of the tensor that it writes."""

EPSILON = 1e-5
"""What norms add to a variance."""

_NEIGHBOURS = 5
"""Over how many channels a local response norm sums, as in AlexNet (section 3.3)."""


# -- convolutions ----------------------------------------------------------------------------------------------------


def _he(fan: int) -> float:
    """Return the deviation that keeps the size of activations through a ReLU (He et al. 2015, arXiv:1502.01852)."""
    return sqrt(2 / fan)


def _conv_of(
    w: Writer, placed: Placed, layer: Any, weight: Dims, groups: int, given: str = ""
) -> tuple[list[str], dict[str, Any]]:
    """Return the weights of a convolution, or those that are given, with its bias, and the settings of all kinds."""
    fan = prod(weight[1:])
    tensors = [given or w.learned(placed, "weight", weight, spread=_he(fan))]
    if layer.bias:
        tensors.append(w.learned(placed, "bias", placed.output[:1]))
    margins = [whole(margin) for margin in layer.margins(placed.inputs[0], Arithmetic())]
    return tensors, {
        "kernel_shape": whole(layer.kernel),
        "strides": whole(layer.stride),
        "dilations": whole(layer.dilation),
        "pads": [before for before, _ in margins] + [behind for _, behind in margins],
        "group": groups,
    }


def _conv(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    channels = placed.inputs[0][0]
    if isinstance(layer, Depthwise):
        weight, groups = (placed.output[0], 1, *whole(layer.kernel)), channels
    else:
        weight, groups = (placed.output[0], channels // layer.groups, *whole(layer.kernel)), int(layer.groups)
    tensors, settings = _conv_of(w, placed, layer, weight, groups)
    return w.op("Conv", reads[0], *tensors, **settings)


def _transposed(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    weight = (placed.inputs[0][0], placed.output[0] // layer.groups, *whole(layer.kernel))
    tensors, settings = _conv_of(w, placed, layer, weight, int(layer.groups))
    extra, pads = list(whole(layer.output_padding)), settings["pads"]
    sides, x = len(extra), reads[0]
    more = [0] * sides
    for side, stride in enumerate(settings["strides"]):
        cut = pads[sides + side]
        if cut < 0 or extra[side] >= stride:  # rows that are added need not be cut off first
            cut, extra[side] = max(cut - extra[side], 0), max(extra[side] - cut, 0)
        if extra[side] >= stride:  # runtimes add no more than a step: behind a zero there are as many rows as that
            more[side] = -(-extra[side] // stride)
            cut, extra[side] = cut + more[side] * stride - extra[side], 0
        pads[sides + side] = cut
    x = _padded(w, x, (0,) * sides, tuple(more))
    return w.op("ConvTranspose", x, *tensors, **settings, output_padding=extra)


def _dynamic(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    weight = (placed.output[0], placed.inputs[0][0] // layer.groups, *whole(layer.kernel))
    kernels = w.op("Reshape", reads[1], w.integers(*weight))
    tensors, settings = _conv_of(w, placed, layer, weight, int(layer.groups), kernels)
    return w.op("Conv", reads[0], *tensors, **settings)


def _deformable(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    channels = placed.inputs[0][0]
    weight = (placed.output[0], channels // layer.groups, *whole(layer.kernel))
    tensors, settings = _conv_of(w, placed, layer, weight, int(layer.groups))
    bias = tensors[1] if layer.bias else ""
    taps = prod(whole(layer.kernel))
    read = [reads[0], tensors[0], reads[1], bias, *reads[2:]]
    while not read[-1]:
        read.pop()
    return w.op("DeformConv", *read, **settings, offset_group=placed.inputs[1][0] // (2 * taps))


# -- products --------------------------------------------------------------------------------------------------------


def _linear(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    (shape,), out, along = placed.inputs, placed.output, layer.along
    many, few = shape[along], out[along]
    spread = _he(many)
    if along == 0 and prod(shape[1:]) == 1:
        flat = reads[0] if len(shape) == 1 else w.reshape(reads[0], (many,))
        tensors = [w.learned(placed, "weight", (few, many), spread=spread)]
        if layer.bias:
            tensors.append(w.learned(placed, "bias", (few,)))
        product = w.op("Gemm", flat, *tensors, transB=1)
        return product if len(shape) == 1 else w.reshape(product, out)
    order = [axis for axis in range(len(shape)) if axis != along] + [along]
    weight = w.learned(placed, "weight", (many, few), spread=spread, flipped=True)
    product = w.op("MatMul", w.permute(reads[0], order), weight)
    if layer.bias:
        product = w.op("Add", product, w.learned(placed, "bias", (few,)))
    return w.permute(product, [order.index(axis) for axis in range(len(shape))])


def _matmul(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    second = reads[1]
    if layer.transpose:
        last = len(placed.inputs[1]) - 1
        second = w.permute(second, [*range(last - 1), last, last - 1])
    return w.op("MatMul", reads[0], second)


def _einsum(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    equation = layer.equation.replace(" ", "")
    batch = next(letter for letter in "bzyxwvutsrqponmlkjihgfedca" if letter not in equation)
    terms = equation.replace("->", ",").split(",")
    first, second, result = (batch + term for term in terms)
    return w.op("Einsum", *reads, equation=f"{first},{second}->{result}")


# -- what is learned by itself ---------------------------------------------------------------------------------------


def _parameter(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    if layer.role == "fixed":
        return w.op("Expand", w.number(1.0), w.integers(1, *placed.output))
    return w.learned(placed, "value", (1, *placed.output), spread=0.02)


def _scale(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    shape = _over((0,) if layer.axis is None else layer.axis, placed.output)
    scaled = w.op("Mul", reads[0], w.learned(placed, "weight", shape, value=1.0))
    return w.op("Add", scaled, w.learned(placed, "bias", shape)) if layer.bias else scaled


def _over(axes: Sequence[int], shape: Dims) -> Dims:
    """Return the shape of a tensor that has the elements of some axes, and is spread over the others."""
    first = min(axes, default=0)
    return tuple([length if axis in axes else 1 for axis, length in enumerate(shape)][first:])


def _embedding(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    ids = reads[0]
    if placed.reads[0] not in w.laid.indices:
        ids = w.op("Cast", ids, to=_INT64)
    rows = w.op("Gather", w.learned(placed, "weight", (int(layer.count), int(layer.out)), spread=1.0), ids, axis=0)
    axes = len(placed.output)
    return w.permute(rows, [axes - 1, *range(axes - 1)])


_INT64 = 7
"""ONNX's number for the type of whole numbers."""


# -- norms -----------------------------------------------------------------------------------------------------------


def _norm(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    return _NORMS[layer.kind](w, placed, reads[0])


def _affine(placed: Placed) -> tuple[bool, bool]:
    """Tell whether a norm learns a factor, and whether it learns a shift."""
    layer: Any = placed.layer
    if not layer.affine or layer.kind == "local_response":
        return False, False
    return True, layer.kind != "rms" if layer.bias is None else layer.bias


def _channelwise(w: Writer, placed: Placed, write: Callable[[str, str], str]) -> str:
    """Write a norm whose operator has a factor and a shift for every channel; others stand behind it."""
    layer: Any = placed.layer
    channels = placed.output[0]
    scales, shifts = _affine(placed)
    axes = (0,) if layer.axis is None else layer.axis
    own = axes == (0,)
    factor = w.learned(placed, "weight", (channels,), value=1.0) if scales and own else w.filled((channels,), 1.0)
    shift = w.learned(placed, "bias", (channels,)) if shifts and own else w.filled((channels,), 0.0)
    found = write(factor, shift)
    if scales and not own:
        found = w.op("Mul", found, w.learned(placed, "weight", _over(axes, placed.output), value=1.0))
    if shifts and not own:
        found = w.op("Add", found, w.learned(placed, "bias", _over(axes, placed.output)))
    return found


def _batch_norm(w: Writer, placed: Placed, x: str) -> str:
    channels = placed.output[:1]
    mean = w.statistic(placed, "running_mean", channels, 0.0)
    variance = w.statistic(placed, "running_var", channels, 1.0)

    def write(factor: str, shift: str) -> str:
        return w.op("BatchNormalization", x, factor, shift, mean, variance, epsilon=EPSILON)

    return _channelwise(w, placed, write)


def _group_norm(w: Writer, placed: Placed, x: str) -> str:
    layer: Any = placed.layer
    w.since(21)

    def write(factor: str, shift: str) -> str:
        return w.op("GroupNormalization", x, factor, shift, num_groups=int(layer.groups), epsilon=EPSILON)

    return _channelwise(w, placed, write)


def _instance_norm(w: Writer, placed: Placed, x: str) -> str:
    flat = len(placed.output) == 1  # the operator wants a map
    read = w.reshape(x, (*placed.output, 1)) if flat else x

    def write(factor: str, shift: str) -> str:
        found = w.op("InstanceNormalization", read, factor, shift, epsilon=EPSILON)
        return w.reshape(found, placed.output) if flat else found

    return _channelwise(w, placed, write)


def _last_axes(w: Writer, placed: Placed, x: str) -> str:
    """Write a norm over some axes, which its operator wants behind all others."""
    layer: Any = placed.layer
    axes = (0,) if layer.axis is None else layer.axis
    scales, shifts = _affine(placed)
    order = [axis for axis in range(len(placed.output)) if axis not in axes] + list(axes)
    shape = tuple([placed.output[axis] for axis in axes])
    tensors = [w.learned(placed, "weight", shape, value=1.0) if scales else w.filled(shape, 1.0)]
    rms = layer.kind == "rms"
    if shifts and not rms:
        tensors.append(w.learned(placed, "bias", shape))
    if rms:
        w.since(23)
    kind = "RMSNormalization" if rms else "LayerNormalization"
    found = w.op(kind, w.permute(x, order), *tensors, axis=-len(axes), epsilon=EPSILON)
    if shifts and rms:
        found = w.op("Add", found, w.learned(placed, "bias", shape))
    return w.permute(found, [order.index(axis) for axis in range(len(order))])


def _local_response(w: Writer, placed: Placed, x: str) -> str:
    channels, *sides = placed.output
    as_map = (channels, *sides) if len(sides) == 2 else (channels, 1, prod(sides))  # the operator wants two sides
    found = w.op("LRN", x if len(sides) == 2 else w.reshape(x, as_map), size=_NEIGHBOURS)
    return found if len(sides) == 2 else w.reshape(found, placed.output)


_NORMS: Mapping[str, Callable[[Writer, Placed, str], str]] = {
    "batch": _batch_norm,
    "layer": _last_axes,
    "group": _group_norm,
    "instance": _instance_norm,
    "rms": _last_axes,
    "local_response": _local_response,
}


# -- activations -----------------------------------------------------------------------------------------------------

_SIMPLE: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "relu": ("Relu", {}),
    "sigmoid": ("Sigmoid", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "hard_swish": ("HardSwish", {}),
    "gelu": ("Gelu", {}),
    "tanh": ("Tanh", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.01}),
    "elu": ("Elu", {}),
    "selu": ("Selu", {}),
    "celu": ("Celu", {}),
    "mish": ("Mish", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "sqrt": ("Sqrt", {}),
    "exp": ("Exp", {}),
    "log": ("Log", {}),
    "erf": ("Erf", {}),
    "function": ("Abs", {}),
}
"""The functions that are an operator of ONNX, with its settings."""

_BOUNDS: Mapping[str, tuple[float, float]] = {"relu6": (0.0, 6.0), "hard_tanh": (-1.0, 1.0), "clip": (0.0, 1.0)}
"""Between what a function keeps its values; those of `clip` the language leaves open."""


def _activation(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    kind, x = layer.kind, reads[0]
    if kind in _SIMPLE:
        operator, settings = _SIMPLE[kind]
        return w.op(operator, x, **settings)
    if kind in _BOUNDS:
        return w.op("Clip", x, *map(w.number, _BOUNDS[kind]))
    if kind == "swish":
        return w.op("Mul", x, w.op("Sigmoid", x))
    if kind == "softmax":
        return w.op("Softmax", x, axis=1 + int(layer.axis or 0))
    if kind == "log_sigmoid":
        return w.op("Log", w.op("Sigmoid", x))
    if kind == "square":
        return w.op("Pow", x, w.number(2.0))
    assert kind == "prelu", kind
    shape = placed.output
    slopes = {"one": (1,), "element": shape}.get(layer.slopes, (shape[0], *[1] * (len(shape) - 1)))
    return w.op("PRelu", x, w.learned(placed, "weight", slopes, value=0.25))


# -- pools -----------------------------------------------------------------------------------------------------------


def _window_pool(placed: Placed) -> dict[str, Any]:
    """Return the settings of a pool, which rounds up where its side is that of ONNX's rule, and else is padded more."""
    layer = placed.layer
    assert isinstance(layer, WindowPool)
    kernel, strides, spread = whole(layer.kernel), whole(layer.step), whole(layer.spread)
    margins = [whole(margin) for margin in layer.margins(placed.inputs[0], Arithmetic())]
    lengths, outputs = placed.inputs[0][1:], placed.output[1:]
    parts = list(zip(lengths, kernel, strides, spread, margins, outputs, strict=True))
    plain = all(rounded_up(*part[:-1]) == part[-1] for part in parts)
    up = layer.ceil_mode and plain
    behind = [part[4][1] if up else widened(*part) for part in parts]
    return {
        "kernel_shape": kernel,
        "strides": strides,
        "pads": [before for before, _ in margins] + behind,
        "ceil_mode": int(up),
    }


_LEAST = -3.4028234663852886e38
"""The least number in single precision."""


def _max_pool(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    settings = _window_pool(placed) | {"dilations": whole(layer.dilation)}
    pads, sides = settings["pads"], len(settings["kernel_shape"])
    if any(pad >= length for pad, length in zip(pads, settings["kernel_shape"] * 2, strict=True)):
        least = w.number(_LEAST)  # runtimes pad by less than a kernel, though its taps may lie far apart
        settings["pads"] = [0] * (2 * sides)
        bounds = w.integers(0, 0, *pads[:sides], 0, 0, *pads[sides:])
        reads = [w.op("Pad", reads[0], bounds, least)]
    if placed.path not in w.unpooled.values():
        return w.op("MaxPool", reads[0], **settings)
    found, w.places[placed.path] = w.op_of_several("MaxPool", 2, reads[0], **settings)
    return found


def _avg_pool(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    settings = _window_pool(placed)
    if layer.padding == "same_upper":  # a mean of what there is, as TensorFlow's
        return w.op("AveragePool", reads[0], **settings, count_include_pad=0)
    margins = [whole(margin) for margin in layer.margins(placed.inputs[0], Arithmetic())]
    before, behind = zip(*margins, strict=True)
    if settings["pads"] == [*before, *behind]:
        return w.op("AveragePool", reads[0], **settings, count_include_pad=1)
    # zeros of a padding are part of the mean, and rows that rounding up adds are not
    settings["pads"] = [have - own for have, own in zip(settings["pads"], [*before, *behind], strict=True)]
    return w.op("AveragePool", _padded(w, reads[0], before, behind), **settings, count_include_pad=0)


def _global(kind: str) -> LayerWriter:
    def write(w: Writer, placed: Placed, reads: list[str]) -> str:
        return reads[0] if len(placed.output) == 1 else w.op(kind, reads[0])

    return write


_OF_AN_OPERATOR = 1000
"""How much of a model's room an operator takes, by that of a place."""


def _adaptive(mean: bool) -> LayerWriter:
    """Write a pool to a given size: a window that moves, where the side divides, else each window by itself."""

    def write(w: Writer, placed: Placed, reads: list[str]) -> str:
        (shape,), sizes = placed.inputs, placed.output[1:]
        steps = [divmod(length, size) for length, size in zip(shape[1:], sizes, strict=True)]
        if all(size == 1 for size in sizes):
            return w.op("GlobalAveragePool" if mean else "GlobalMaxPool", reads[0])
        if all(step and not rest for step, rest in steps):
            kernel = [step for step, _ in steps]
            return w.op("AveragePool" if mean else "MaxPool", reads[0], kernel_shape=kernel, strides=kernel)
        x = reads[0]
        w.want_room(placed, _OF_AN_OPERATOR * sum(sizes))
        for axis, (length, size) in enumerate(zip(shape[1:], sizes, strict=True), 1):
            if length == size:
                continue
            reduced = [
                w.op("ReduceMean" if mean else "ReduceMax", w.slice(x, [axis], [start], [stop]), w.integers(axis + 1))
                for start, stop in adaptive_windows(length, size)
            ]
            x = reduced[0] if len(reduced) == 1 else w.op("Concat", *reduced, axis=axis + 1)
        return x

    return write


def _max_unpool(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    kernel = whole(layer.kernel)
    steps = kernel if layer.stride is None else whole(layer.stride)
    margins = whole(layer.padding)
    settings: dict[str, Any] = {"kernel_shape": kernel, "strides": steps}
    map_ = placed.output[1:]
    w.want_room(placed, prod(placed.inputs[0]))
    if any(margin >= length for margin, length in zip(margins, kernel, strict=True)):
        # runtimes cut off less than a kernel: all of it is written, and then cropped
        around = (placed.output[0], *(length + 2 * margin for length, margin in zip(map_, margins, strict=True)))
        places = first_places(placed.inputs[0], around, steps, (0,) * len(map_), margins)
        stops = [margin + length for margin, length in zip(margins, map_, strict=True)]
        full = w.op("MaxUnpool", reads[0], w.constant(places), **settings)
        return w.slice(full, range(1, len(map_) + 1), margins, stops)
    if placed.path in w.unpooled:
        found = w.places[w.unpooled[placed.path]]
    else:
        found = w.constant(first_places(placed.inputs[0], placed.output, steps, margins))
    return w.op("MaxUnpool", reads[0], found, **settings, pads=[*margins, *margins])


# -- several tensors -------------------------------------------------------------------------------------------------


def _pairwise(kind: str) -> LayerWriter:
    def write(w: Writer, placed: Placed, reads: list[str]) -> str:
        found = reads[0]
        for read in reads[1:]:
            found = w.op(kind, found, read)
        return found

    return write


def _several(kind: str, of_two: str = "") -> LayerWriter:
    def write(w: Writer, placed: Placed, reads: list[str]) -> str:
        return w.op(of_two if of_two and len(reads) == 2 else kind, *reads)

    return write


def _concat(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    return reads[0] if len(reads) == 1 else w.op("Concat", *reads, axis=1 + int(layer.axis or 0))


# -- other views of elements -----------------------------------------------------------------------------------------


def _split(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    axis = int(layer.axis or 0)
    length, take = placed.output[axis], int(layer.take)
    start = take * length if layer.sizes is None else sum(whole(layer.sizes)[:take])
    return w.slice(reads[0], [axis], [start], [start + length])


def _slice(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    return w.slice(reads[0], [int(layer.axis or 0)], [int(layer.start)], [int(layer.stop)])


def _shuffle(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    channels, *map_ = placed.output
    groups = int(layer.groups)
    if groups in (1, channels):
        return reads[0]
    apart = w.reshape(reads[0], (groups, channels // groups, *map_))
    return w.reshape(w.permute(apart, [1, 0, *range(2, 2 + len(map_))]), placed.output)


def _reshape(w: Writer, placed: Placed, reads: list[str]) -> str:
    return reads[0] if placed.inputs[0] == placed.output else w.reshape(reads[0], placed.output)


def _permute(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    return w.permute(reads[0], layer.order)


def _pad(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    before, behind = whole(layer.padding[::2]), whole(layer.padding[1::2])
    return _padded(w, reads[0], before, behind)


def _padded(w: Writer, x: str, before: Dims, behind: Dims) -> str:
    return w.op("Pad", x, w.integers(0, 0, *before, 0, 0, *behind)) if any((*before, *behind)) else x


_RESIZED: Mapping[str, Mapping[str, Any]] = {
    "nearest": {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    "bicubic": {"mode": "cubic", "coordinate_transformation_mode": "half_pixel", "cubic_coeff_a": -0.75},
}
"""How a map is resized, as PyTorch does."""


def _upsample(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    (channels, *map_), sizes = placed.inputs[0], list(placed.output[1:])

    def resized(x: str, shape: Sequence[int]) -> str:
        return w.op("Resize", x, "", "", w.integers(1, *shape), **_RESIZED[layer.mode])

    if map_ == sizes:
        return reads[0]
    if layer.mode == "nearest" or len(map_) == 2:
        return resized(reads[0], placed.output)
    # runtimes know these modes on maps of two sides alone; along each side they act by themselves
    x = reads[0]
    if len(map_) == 3:
        depth, height, width = map_
        x = resized(w.reshape(x, (channels, depth, height * width)), (channels, sizes[0], height * width))
        map_ = [height, width]
        x = resized(w.reshape(x, (channels * sizes[0], *map_)), (channels * sizes[0], *sizes[1:]))
        return w.reshape(x, placed.output)
    x = resized(w.reshape(x, (channels, 1, *map_)), (channels, 1, *sizes))
    return w.reshape(x, placed.output)


def _crop(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    (_, *map_), kept = placed.inputs[0], placed.output[1:]
    if layer.margin is not None:
        starts = whole(layer.margin[::2])
    else:
        starts = tuple([(length - left) // 2 for length, left in zip(map_, kept, strict=True)])
    stops = [start + left for start, left in zip(starts, kept, strict=True)]
    return w.slice(reads[0], range(1, len(map_) + 1), starts, stops)


def _reduce(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    if not layer.axis:
        return reads[0]
    kind = {"mean": "ReduceMean", "max": "ReduceMax", "sum": "ReduceSum", "min": "ReduceMin"}[layer.op]
    gone = not layer.keep and len(layer.axis) < len(placed.inputs[0])
    found = w.op(kind, reads[0], w.integers(*(axis + 1 for axis in layer.axis)), keepdims=int(not gone))
    return found if layer.keep or gone else w.reshape(found, placed.output)


def _pixel_shuffle(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    return w.op("DepthToSpace", reads[0], blocksize=int(layer.factor), mode="CRD")


def _pixel_unshuffle(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    (channels, height, width), r = placed.inputs[0], int(layer.factor)
    # the inverse of a pixel shuffle; the operator SpaceToDepth writes the channels in another order
    apart = w.reshape(reads[0], (channels, height // r, r, width // r, r))
    return w.reshape(w.permute(apart, [0, 2, 4, 1, 3]), placed.output)


def _roll(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    x = reads[0]
    for axis, (shift, length) in enumerate(zip(whole(layer.shift), placed.output[1:], strict=True), 1):
        start = -shift % length
        if start:
            ends = (w.slice(x, [axis], [start], [length]), w.slice(x, [axis], [0], [start]))
            x = w.op("Concat", *ends, axis=axis + 1)
    return x


def _gather(w: Writer, placed: Placed, reads: list[str]) -> str:
    """Write elements at fixed places, which the language leaves open: one after the other, as often as needed."""
    import numpy as np

    elements = prod(placed.inputs[0])
    w.want_room(placed, prod(placed.output))
    places = np.arange(prod(placed.output), dtype=np.int64) % elements
    flat = w.reshape(reads[0], (elements,))
    return w.reshape(w.op("Gather", flat, w.constant(places), axis=1), placed.output)


def _unfold(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    (channels, *map_), kernel = placed.inputs[0], whole(layer.kernel)
    margins = whole(layer.padding)
    x = _padded(w, reads[0], margins, margins)
    windows: list[int] = []
    for side, length in enumerate(map_):  # each side becomes two: the taps, and the windows
        taps, stride, dilation = kernel[side], int(layer.stride[side]), int(layer.dilation[side])
        w.want_room(placed, taps * length)
        places = spread_places(length + 2 * margins[side], taps, stride, dilation)
        windows.append(places.shape[1])
        x = w.op("Gather", x, w.constant(places), axis=2 + 2 * side)
    sides = range(len(map_))
    order = [0, *(1 + 2 * side for side in sides), *(2 + 2 * side for side in sides)]
    assert (channels * prod(kernel), prod(windows)) == placed.output
    return w.reshape(w.permute(x, order), placed.output)


def _grid_sample(w: Writer, placed: Placed, reads: list[str]) -> str:
    layer: Any = placed.layer
    mode = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic"}[layer.mode]
    return w.op("GridSample", reads[0], w.permute(reads[1], [1, 2, 0]), mode=mode)


def _nothing(w: Writer, placed: Placed, reads: list[str]) -> str:
    return reads[0]


WRITERS: Mapping[type[Layer], LayerWriter] = {
    Conv: _conv,
    Depthwise: _conv,
    TransposedConv: _transposed,
    DeformableConv: _deformable,
    DynamicConv: _dynamic,
    Linear: _linear,
    Matmul: _matmul,
    Einsum: _einsum,
    LearnedTensor: _parameter,
    Scale: _scale,
    Embedding: _embedding,
    Norm: _norm,
    Activation: _activation,
    MaxPool: _max_pool,
    AvgPool: _avg_pool,
    GlobalPool: _global("GlobalAveragePool"),
    GlobalMaxPool: _global("GlobalMaxPool"),
    AdaptiveAvgPool: _adaptive(mean=True),
    AdaptiveMaxPool: _adaptive(mean=False),
    MaxUnpool: _max_unpool,
    Add: _several("Sum", "Add"),
    Multiply: _pairwise("Mul"),
    Subtract: _pairwise("Sub"),
    Divide: _pairwise("Div"),
    Maximum: _several("Max"),
    Minimum: _several("Min"),
    Concat: _concat,
    Split: _split,
    Slice: _slice,
    ChannelShuffle: _shuffle,
    Flatten: _reshape,
    Reshape: _reshape,
    Permute: _permute,
    Pad: _pad,
    Upsample: _upsample,
    Crop: _crop,
    Reduce: _reduce,
    PixelShuffle: _pixel_shuffle,
    PixelUnshuffle: _pixel_unshuffle,
    Roll: _roll,
    Gather: _gather,
    Unfold: _unfold,
    GridSample: _grid_sample,
    Dropout: _nothing,
    Identity: lambda w, placed, reads: w.op("Identity", reads[0]),
}
"""Every layer but those that say what they cost."""
