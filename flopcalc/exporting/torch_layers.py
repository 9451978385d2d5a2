"""Every layer of the language as PyTorch source: what makes its module, where it has one, and what runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from math import prod
from typing import Any, TypeAlias

from flopcalc.dataclass import dataclass, field
from flopcalc.exporting.laid import Dims, Placed, whole
from flopcalc.exporting.torch_text import Pieces, call, count, counts, each, text
from flopcalc.exporting.windows import widened
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
from flopcalc.layers.sampling import DeformableConv, GridSample
from flopcalc.number import Arithmetic

__all__ = ["HELPERS", "SOURCES", "Here", "Source", "learned_names", "weight_shape"]


@dataclass(slots=True)
class Here:
    """Where the source of a layer is written.

    Attributes
    ----------
    placed : Placed
    me : str
        Its module, as ``self.conv1``.
    args : list of str
        The variables that it reads.
    alone : tuple of bool
        For each of them whether it follows from learned parameters alone, and so has no batch.
    indexed : bool
        Whether it reads numbers of rows.
    places : bool
        Whether it writes the places of maxima besides, or reads them last.
    module : Pieces
        What makes its module; empty where it has none.
    tensors : str
        Where in the module its learned tensors are.
    helpers : set of str
        Which of :data:`HELPERS` it needs.
    """

    placed: Placed
    me: str
    args: list[str]
    alone: tuple[bool, ...] = ()
    indexed: bool = False
    places: bool = False
    module: Pieces = ()
    tensors: str = ""
    helpers: set[str] = field(default_factory=set)

    @property
    def sides(self) -> int:
        """How many sides the map has that it reads."""
        return len(self.placed.inputs[0]) - 1

    def run(self, module: Pieces, *args: str | Pieces) -> Pieces:
        """Make the module, and run it on some arguments; on the first that it reads without any."""
        self.module = module
        return call(self.me, *(args or (self.args[0],)))


Source: TypeAlias = "Callable[[Here], Pieces]"
"""Returns the expression of what a layer writes."""

HELPERS: Mapping[str, str] = {
    "Scale": '''
class Scale(nn.Module):
    """A learned factor, and a shift unless `bias` is false."""

    def __init__(self, *shape, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def forward(self, x):
        x = x * self.weight
        return x if self.bias is None else x + self.bias
''',
    "Slopes": '''
class Slopes(nn.Module):
    """A PReLU with a slope for every element."""

    def __init__(self, *shape):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, 0.25))

    def forward(self, x):
        return torch.where(x >= 0, x, self.weight * x)
''',
    "first_places": '''
def first_places(x, size, stride, padding):
    """Return for every element of a pooled map the place of its window's first element."""
    places = torch.zeros((), dtype=torch.long, device=x.device)
    for count, length, step, margin in zip(x.shape[2:], size, stride, padding):
        along = (torch.arange(count, device=x.device) * step - margin).clamp(0, length - 1)
        places = places[..., None] * length + along
    return places.expand(x.shape)
''',
}
"""What PyTorch does not have, as source."""


# -- convolutions ----------------------------------------------------------------------------------------------------


def _margins(here: Here) -> list[Dims]:
    layer: Any = here.placed.layer
    return [whole(margin) for margin in layer.margins(here.placed.inputs[0], Arithmetic())]


def _padded(x: str | Pieces, margins: Sequence[Sequence[int]], value: str = "") -> Pieces:
    """Write a padding, or where numbers are negative a crop; the last side stands first in PyTorch."""
    flat = list(chain.from_iterable(reversed(margins)))
    if not any(flat):
        return text(x)
    return call("F.pad", text(x), text("(", counts(flat, "margin"), ")"), *((f"value={value}",) if value else ()))


def _bias(layer: Any) -> str:
    return "" if layer.bias else ", bias=False"


def _conv(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    channels, out = here.placed.inputs[0][0], here.placed.output[0]
    groups = channels if isinstance(layer, Depthwise) else int(layer.groups)
    margins, x = _margins(here), text(here.args[0])
    if any(before != behind for before, behind in margins):
        x, margins = _padded(here.args[0], margins), [(0, 0)] * here.sides
    deformed = isinstance(layer, DeformableConv)
    if deformed:
        here.helpers.add("DeformConv2d")
    module = call(
        "DeformConv2d" if deformed else f"nn.Conv{here.sides}d",
        count(channels, "channels"),
        count(out, "out"),
        each(whole(layer.kernel), "kernel"),
        each(whole(layer.stride), "stride", ", stride=", 1),
        each([before for before, _ in margins], "padding", ", padding=", 0),
        each(whole(layer.dilation), "dilation", ", dilation=", 1),
        count(groups, "groups", ", groups=", 1),
        _bias(layer),
    )
    return here.run(module, x, *here.args[1:])


def _transposed(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    margins, extra = _margins(here), list(whole(layer.output_padding))
    cut: list[Dims] = []
    if any(before != behind for before, behind in margins):
        cut = [
            (-before, -max(behind - more, 0)) for (before, behind), more in zip(margins, extra, strict=True)
        ]  # the rows that are added need not be cut off first
        extra = [max(more - behind, 0) for (_, behind), more in zip(margins, extra, strict=True)]
        margins = [(0, 0)] * here.sides
    module = call(
        f"nn.ConvTranspose{here.sides}d",
        count(here.placed.inputs[0][0], "channels"),
        count(here.placed.output[0], "out"),
        each(whole(layer.kernel), "kernel"),
        each(whole(layer.stride), "stride", ", stride=", 1),
        each([before for before, _ in margins], "padding", ", padding=", 0),
        each(extra, "extra", ", output_padding=", 0),
        each(whole(layer.dilation), "dilation", ", dilation=", 1),
        count(layer.groups, "groups", ", groups=", 1),
        _bias(layer),
    )
    return _padded(here.run(module), cut)


# -- products --------------------------------------------------------------------------------------------------------


def _linear(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    shape, along, x = here.placed.inputs[0], layer.along, here.args[0]
    module = call("nn.Linear", count(shape[along], "features"), count(layer.out, "out"), _bias(layer))
    if along == 0 and prod(shape[1:]) == 1:
        if len(shape) == 1:
            return here.run(module)
        return text(here.run(module, f"{x}.flatten(1)"), "[..., " + ", ".join(["None"] * (len(shape) - 1)) + "]")
    if along == len(shape) - 1:
        return here.run(module)
    moved = f".transpose({along + 1}, -1)"
    return text(here.run(module, x + moved), moved)


def _matmul(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    return text(here.args[0], " @ ", here.args[1], ".mT" if layer.transpose else "")


def _einsum(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    equation = layer.equation.replace(" ", "")
    batch = next(letter for letter in "bzyxwvutsrqponmlkjihgfedca" if letter not in equation)
    first, second, result = (batch + term for term in equation.replace("->", ",").split(","))
    return call("torch.einsum", f'"{first},{second}->{result}"', *here.args)


# -- what is learned by itself ---------------------------------------------------------------------------------------


def _parameter(here: Here) -> Pieces:
    shape = (1, *here.placed.output)
    layer: Any = here.placed.layer
    if layer.role == "fixed":
        return text("torch.ones(", counts(shape, "length"), ")")
    here.module = text("nn.Parameter(0.02 * torch.randn(", counts(shape, "length"), "))")
    return text(here.me)


def _over(axes: Sequence[int], shape: Dims) -> Dims:
    """Return the shape of a tensor that has the elements of some axes, and is spread over the others."""
    first = min(axes, default=0)
    return tuple([length if axis in axes else 1 for axis, length in enumerate(shape)][first:])


def _scaling(here: Here, shape: Dims, shifts: bool) -> Pieces:
    here.helpers.add("Scale")
    return call("Scale", counts(shape, "channels"), *(() if shifts else ("bias=False",)))


def _scale(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    shape = _over((0,) if layer.axis is None else layer.axis, here.placed.output)
    return here.run(_scaling(here, shape, layer.bias))


def _embedding(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    module = call("nn.Embedding", count(layer.count, "count"), count(layer.out, "out"))
    ids = here.args[0] if here.indexed else f"{here.args[0]}.long()"
    return text(here.run(module, ids), ".movedim(-1, 1)")


# -- norms -----------------------------------------------------------------------------------------------------------


def _norm(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    channels, x, kind = here.placed.output[0], here.args[0], layer.kind
    axes = (0,) if layer.axis is None else layer.axis
    scales = layer.affine
    shifts = scales and (kind != "rms" if layer.bias is None else layer.bias)
    if kind == "local_response":
        if here.sides:
            return call("F.local_response_norm", x, "size=5")
        return text(call("F.local_response_norm", f"{x}[..., None]", "size=5"), "[..., 0]")
    if kind in ("layer", "rms"):
        return _over_axes(here, axes, scales, shifts)
    own = axes == (0,) and scales and shifts
    without = "" if own or kind == "instance" else ", affine=False"
    if kind == "batch":
        module = call(f"nn.BatchNorm{max(here.sides, 1)}d", count(channels, "channels"), without)
    elif kind == "group" or not here.sides:
        groups = channels if kind == "instance" else layer.groups
        module = call("nn.GroupNorm", count(groups, "groups"), count(channels, "channels"), "" if own else without)
    else:
        module = call(f"nn.InstanceNorm{here.sides}d", count(channels, "channels"), ", affine=True" if own else "")
    if scales and not own:
        here.tensors = "[1]"
        module = call("nn.Sequential", module, _scaling(here, _over(axes, here.placed.output), shifts))
    return here.run(module)


def _over_axes(here: Here, axes: Dims, scales: bool, shifts: bool) -> Pieces:
    """Write a norm over some axes, which PyTorch wants behind all others."""
    layer: Any = here.placed.layer
    shape = tuple([here.placed.output[axis] for axis in axes])
    sizes = count(shape[0], "channels") if len(shape) == 1 else text("(", counts(shape, "length"), ")")
    if layer.kind == "rms":
        plain = not scales or shifts
        module = call("nn.RMSNorm", sizes, "eps=1e-5", *(("elementwise_affine=False",) if plain else ()))
        if shifts:
            here.tensors = "[1]"
            module = call("nn.Sequential", module, _scaling(here, shape, shifts))
    else:
        more = () if shifts else ("bias=False",) if scales else ("elementwise_affine=False",)
        module = call("nn.LayerNorm", sizes, *more)
    last = range(len(here.placed.output) - len(axes), len(here.placed.output))
    if axes == tuple(last):
        return here.run(module)
    there, back = [axis + 1 for axis in axes], [axis - len(axes) for axis in range(len(axes))]
    if len(axes) == 1:
        return text(here.run(module, f"{here.args[0]}.movedim({there[0]}, -1)"), f".movedim(-1, {there[0]})")
    there_, back_ = (str(tuple(places)) for places in (there, back))
    return text(here.run(module, f"{here.args[0]}.movedim({there_}, {back_})"), f".movedim({back_}, {there_})")


# -- activations -----------------------------------------------------------------------------------------------------

_FUNCTIONS: Mapping[str, str] = {
    "function": "torch.abs",
    "relu": "F.relu",
    "relu6": "F.relu6",
    "sigmoid": "torch.sigmoid",
    "hard_sigmoid": "F.hardsigmoid",
    "swish": "F.silu",
    "hard_swish": "F.hardswish",
    "gelu": "F.gelu",
    "tanh": "torch.tanh",
    "leaky_relu": "F.leaky_relu",
    "elu": "F.elu",
    "selu": "F.selu",
    "celu": "F.celu",
    "mish": "F.mish",
    "softplus": "F.softplus",
    "softsign": "F.softsign",
    "log_sigmoid": "F.logsigmoid",
    "hard_tanh": "F.hardtanh",
    "square": "torch.square",
    "sqrt": "torch.sqrt",
    "exp": "torch.exp",
    "log": "torch.log",
    "erf": "torch.erf",
}


def _activation(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    kind, x = layer.kind, here.args[0]
    if kind in _FUNCTIONS:
        return call(_FUNCTIONS[kind], x)
    if kind == "softmax":
        return call("F.softmax", x, f"dim={1 + int(layer.axis or 0)}")
    if kind == "clip":
        return text(x, ".clamp(0, 1)")
    assert kind == "prelu", kind
    if layer.slopes == "element":
        here.helpers.add("Slopes")
        return here.run(call("Slopes", counts(here.placed.output, "length")))
    channels = () if layer.slopes == "one" else (count(here.placed.output[0], "channels"),)
    return here.run(call("nn.PReLU", *channels))


# -- pools -----------------------------------------------------------------------------------------------------------


def _window_pool(here: Here) -> Pieces:
    layer = here.placed.layer
    assert isinstance(layer, WindowPool)
    mean = isinstance(layer, AvgPool)
    function = f"F.{'avg' if mean else 'max'}_pool{here.sides}d"
    kernel, strides, spread = whole(layer.kernel), whole(layer.step), whole(layer.spread)
    margins, x = _margins(here), here.args[0]
    sizes = text(each(kernel, "kernel"), each(strides, "stride", ", stride=", None))
    even = all(before == behind for before, behind in margins)
    fits = all(2 * before <= length for (before, _), length in zip(margins, kernel, strict=True))
    if even and fits and layer.padding != "same_upper":
        more = each([before for before, _ in margins], "padding", ", padding=", 0)
        dilated = () if mean else (each(spread, "dilation", ", dilation=", 1),)
        up = ", ceil_mode=True" if layer.ceil_mode else ""
        return call(function, x, sizes, more, *dilated, up, *((", return_indices=True",) if here.places else ()))
    # what is padded on one side alone is padded by so much that every window is whole
    parts = zip(here.placed.inputs[0][1:], kernel, strides, spread, margins, here.placed.output[1:], strict=True)
    wide = [(part[4][0], widened(*part)) for part in parts]
    if mean:  # the zeros of a padding are part of it, but not those of `same_upper` and those that rounding up adds
        counted = [(0, 0)] * here.sides if layer.padding == "same_upper" else margins
        beyond = [(a - c, b - d) for (a, b), (c, d) in zip(wide, counted, strict=True)]
        padded = _padded(x, counted)
        found = call(function, _padded(padded, beyond), sizes)
        if not any(chain.from_iterable(beyond)):
            return found
        return text(found, " / ", call(function, _padded(call("torch.ones_like", padded), beyond), sizes))
    dilated = (each(spread, "dilation", ", dilation=", 1),)
    more = text(", return_indices=True" if here.places else "")
    return call(function, _padded(x, wide, 'float("-inf")'), sizes, *dilated, more)


def _global(mean: bool) -> Source:
    def write(here: Here) -> Pieces:
        if not here.sides:
            return text(here.args[0])
        dims = "2" if here.sides == 1 else str(tuple(range(2, here.sides + 2)))
        return text(here.args[0], f".{'mean' if mean else 'amax'}({dims}, keepdim=True)")

    return write


def _adaptive(kind: str) -> Source:
    def write(here: Here) -> Pieces:
        layer: Any = here.placed.layer
        return call(f"F.adaptive_{kind}_pool{here.sides}d", here.args[0], each(whole(layer.size), "size"))

    return write


def _max_unpool(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    kernel, margins = whole(layer.kernel), whole(layer.padding)
    strides = kernel if layer.stride is None else whole(layer.stride)
    size = text("(", counts(here.placed.output[1:], "length"), "," if here.sides == 1 else "", ")")
    places: Pieces = text(here.args[-1])
    if not here.places:
        here.helpers.add("first_places")
        places = text(f"first_places({here.args[0]}, ", size, f", {strides}, {margins})")
    sizes = (each(kernel, "kernel"), each(strides, "stride"), each(margins, "padding"))
    return call(f"F.max_unpool{here.sides}d", here.args[0], places, *sizes, text("output_size=", size))


# -- several tensors -------------------------------------------------------------------------------------------------


def _operands(here: Here, number: str) -> list[str]:
    """Return what an element-wise layer reads, with a number where it has one: which, a spec does not say."""
    layer: Any = here.placed.layer
    return [*here.args, number] if layer.number else [*here.args]


def _operator(sign: str) -> Source:
    return lambda here: text(f" {sign} ".join(_operands(here, "1.0")))


def _nested(function: str) -> Source:
    def write(here: Here) -> Pieces:
        found, *others = _operands(here, f"torch.ones_like({here.args[0]})")
        for arg in others:
            found = f"{function}({found}, {arg})"
        return text(found)

    return write


def _concat(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    if len(here.args) == 1:
        return text(here.args[0])
    axes = len(here.placed.output)
    args = list(here.args)
    batched = next((arg for arg, alone in zip(args, here.alone, strict=True) if not alone), "")
    for number, alone in enumerate(here.alone):
        if alone and batched:
            args[number] += f".expand(len({batched}), {', '.join(['-1'] * axes)})"
    return text(f"torch.cat([{', '.join(args)}], dim={1 + int(layer.axis or 0)})")


# -- other views of elements -----------------------------------------------------------------------------------------


def _reshaped(x: str | Pieces, shape: Dims) -> Pieces:
    return text(x, ".reshape(-1, ", counts(shape, "length"), ")")


def _narrowed(x: str, axis: int, start: int, length: int) -> Pieces:
    return call(f"{x}.narrow", str(axis + 1), count(start, "start"), count(length, "length"))


def _split(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    axis, take = int(layer.axis or 0), int(layer.take)
    if layer.sizes is None:
        return text(here.args[0], f".chunk({layer.parts}, dim={axis + 1})[{take}]")
    return _narrowed(here.args[0], axis, sum(whole(layer.sizes)[:take]), here.placed.output[axis])


def _slice(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    axis = int(layer.axis or 0)
    return _narrowed(here.args[0], axis, int(layer.start), here.placed.output[axis])


def _shuffle(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    apart = text(here.args[0], ".unflatten(1, (", count(layer.groups, "groups"), ", -1))")
    return text(apart, ".transpose(1, 2).flatten(1, 2)")


def _reshape(here: Here) -> Pieces:
    return _reshaped(here.args[0], here.placed.output)


def _permute(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    return text(here.args[0], f".permute(0, {', '.join(str(axis + 1) for axis in layer.order)})")


def _pad(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    ends = whole(layer.padding)
    return _padded(here.args[0], list(zip(ends[::2], ends[1::2], strict=True)))


def _upsample(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    (channels, *map_), x, sizes = here.placed.inputs[0], here.args[0], here.placed.output[1:]
    if layer.mode == "bicubic" and here.sides != 2:
        return _cubic(x, (channels, *map_), sizes)
    mode = "nearest"
    if layer.mode == "bilinear":
        mode = {1: "linear", 2: "bilinear", 3: "trilinear"}[here.sides]
    elif layer.mode == "bicubic":
        mode = "bicubic"
    return _resized(x, sizes, mode)


def _resized(x: str | Pieces, sizes: Sequence[int], mode: str) -> Pieces:
    size = text("size=(", counts(sizes, "side"), ",)" if len(sizes) == 1 else ")")
    return call("F.interpolate", text(x), size, f'mode="{mode}"')


def _cubic(x: str, shape: Dims, sizes: Dims) -> Pieces:
    """Write an interpolation that PyTorch has for maps of two sides alone, side by side."""
    if len(sizes) == 1:
        return text(_resized(f"{x}[:, :, None]", (1, *sizes), "bicubic"), "[:, :, 0]")
    channels, _, height, width = shape
    deep = _resized(f"{x}.flatten(3)", (sizes[0], height * width), "bicubic")
    flat = _reshaped(deep, (channels * sizes[0], height, width))
    return _reshaped(_resized(flat, sizes[1:], "bicubic"), (channels, *sizes))


def _crop(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    (_, *map_), kept = here.placed.inputs[0], here.placed.output[1:]
    if layer.margin is not None:
        starts = whole(layer.margin[::2])
    else:
        starts = tuple([(length - left) // 2 for length, left in zip(map_, kept, strict=True)])
    found = text(here.args[0], "[:, :")
    for start, left in zip(starts, kept, strict=True):
        found = text(found, ", ", count(start, "start"), ":", count(start + left, "stop"))
    return text(found, "]")


def _reduce(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    if not layer.axis:
        return text(here.args[0])
    function = {"mean": "mean", "max": "amax", "sum": "sum", "min": "amin"}[layer.op]
    dims = ", ".join(str(axis + 1) for axis in layer.axis)
    dims = f"({dims})" if len(layer.axis) > 1 else dims
    found = f"{here.args[0]}.{function}({dims}, keepdim=True)" if layer.keep else f"{here.args[0]}.{function}({dims})"
    whole_of_it = not layer.keep and len(layer.axis) == len(here.placed.inputs[0])
    return text(found, "[:, None]" if whole_of_it else "")


def _pixel_shuffle(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    return call(f"F.{layer.name}", here.args[0], count(layer.factor, "factor"))


def _roll(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    shifts = text("(", counts(whole(layer.shift), "shift"), ",)" if here.sides == 1 else ")")
    return call("torch.roll", here.args[0], shifts, str(tuple(range(2, here.sides + 2))))


def _gather(here: Here) -> Pieces:
    """Write elements at fixed places, which the language leaves open: one after the other, as often as needed."""
    places = text("torch.arange(", count(prod(here.placed.output), "elements"), f", device={here.args[0]}.device)")
    places = text(places, " % ", count(prod(here.placed.inputs[0]), "table"))
    return _reshaped(text(f"{here.args[0]}.flatten(1)[:, ", places, "]"), here.placed.output)


def _unfold(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    kernel, strides = whole(layer.kernel), whole(layer.stride)
    margins, spread, x = whole(layer.padding), whole(layer.dilation), here.args[0]
    if here.sides == 3:  # every side becomes its windows, and a side of taps behind all others
        found = _padded(x, [(margin, margin) for margin in margins])
        for side, (k, s, d) in enumerate(zip(kernel, strides, spread, strict=True)):
            found = text(found, f".unfold({side + 2}, {d * (k - 1) + 1}, {s})[..., ::{d}]")
        return _reshaped(text(found, ".permute(0, 1, 5, 6, 7, 2, 3, 4)"), here.placed.output)
    if here.sides == 1:
        x = f"{x}[:, :, None]"
        kernel, strides, margins, spread = (1, *kernel), (1, *strides), (0, *margins), (1, *spread)
    return call(
        "F.unfold",
        x,
        each(kernel, "kernel"),
        each(spread, "dilation", ", dilation=", 1),
        each(margins, "padding", ", padding=", 0),
        each(strides, "stride", ", stride=", 1),
    )


def _grid_sample(here: Here) -> Pieces:
    layer: Any = here.placed.layer
    return call(
        "F.grid_sample", here.args[0], f"{here.args[1]}.movedim(1, -1)", f'mode="{layer.mode}", align_corners=False'
    )


def learned_names(placed: Placed) -> tuple[str, ...]:
    """Return the names of a module's learned tensors; that of a tensor by itself is empty."""
    layer: Any = placed.layer
    if isinstance(layer, LearnedTensor):
        return ("",)
    if isinstance(layer, Norm):
        shifts = layer.kind != "rms" if layer.bias is None else layer.bias
        return ("weight", "bias") if shifts else ("weight",)
    return ("weight", "bias") if getattr(layer, "bias", False) else ("weight",)


def weight_shape(placed: Placed) -> Dims:
    """Return the shape that the matrix of a layer has as a tensor, kernel and all."""
    matrix = whole(placed.layer.matrix(placed.inputs))
    kernel = whole(getattr(placed.layer, "kernel", ()))
    return (*matrix[:2], *kernel)


SOURCES: Mapping[type[Layer], Source] = {
    Conv: _conv,
    Depthwise: _conv,
    TransposedConv: _transposed,
    DeformableConv: _conv,
    Linear: _linear,
    Matmul: _matmul,
    Einsum: _einsum,
    LearnedTensor: _parameter,
    Scale: _scale,
    Embedding: _embedding,
    Norm: _norm,
    Activation: _activation,
    MaxPool: _window_pool,
    AvgPool: _window_pool,
    GlobalPool: _global(mean=True),
    GlobalMaxPool: _global(mean=False),
    AdaptiveAvgPool: _adaptive("avg"),
    AdaptiveMaxPool: _adaptive("max"),
    MaxUnpool: _max_unpool,
    Add: _operator("+"),
    Multiply: _operator("*"),
    Subtract: _operator("-"),
    Divide: _operator("/"),
    Maximum: _nested("torch.maximum"),
    Minimum: _nested("torch.minimum"),
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
    PixelUnshuffle: _pixel_shuffle,
    Roll: _roll,
    Gather: _gather,
    Unfold: _unfold,
    GridSample: _grid_sample,
    Dropout: lambda here: here.run(text("nn.Dropout()")),
    Identity: lambda here: text(here.args[0]),
}
"""Every layer but those that say what they cost."""
