"""The third oracle: every primitive really looped over, on small shapes, with nothing taken from flopcalc.

Nothing here multiplies sides together. A convolution moves its window over the padded map and counts a multiply-add
whenever it would do one; parameters, inputs and outputs are sets of the addresses that were met, and the memory access
cost is the number of distinct addresses read or written. Operands are told apart by their number: they are different
tensors here. A layer of which every output is one input, in the order in which they stand in memory, moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

Shape = tuple[int, int, int]
Pair = tuple[int, int]
Address = tuple[Any, ...]


class Impossible(Exception):
    """The layer cannot run on these shapes."""


@dataclass
class Run:
    """What one run of a layer met."""

    read: set[Address] = field(default_factory=set)
    written: set[Address] = field(default_factory=set)
    weights: set[Address] = field(default_factory=set)
    biases: set[Address] = field(default_factory=set)
    scales: set[Address] = field(default_factory=set)
    madds: int = 0
    bias_adds: int = 0
    contracted: set[Address] = field(default_factory=set)
    copied: dict[Address, Address] = field(default_factory=dict)
    window: int = 1
    view: bool = False

    @property
    def shape(self) -> Shape:
        """The box that the outputs fill, which they must fill wholly."""
        if not self.written:
            raise Impossible("there is no output")
        channels, rows, columns = ({address[axis] for address in self.written} for axis in (0, 1, 2))
        assert self.written == set(product(channels, rows, columns))
        return (len(channels), len(rows), len(columns))

    @property
    def params(self) -> int:
        return len(self.weights | self.biases | self.scales)

    @property
    def mac(self) -> int:
        if self.view or self.unmoved:
            return 0
        return len(self.read) + self.params + len(self.written)

    @property
    def unmoved(self) -> bool:
        """Whether the outputs, in the order of their addresses, are the inputs of one tensor in the order of theirs."""
        return {address[0] for address in self.read} == {0} and [
            self.copied.get(address) for address in sorted(self.written)
        ] == sorted(self.read)

    def counted(self) -> dict[str, int]:
        """Return the quantities under the names of ``flopcalc.cost.Cost``, and the window's area."""
        return {
            "params": self.params,
            "weights": len(self.weights),
            "biases": len(self.biases),
            "madds": self.madds,
            "bias_adds": self.bias_adds,
            "mac": self.mac,
            "activations": len(self.contracted),
            "inputs": len(self.read),
            "outputs": len(self.written),
            "window": self.window,
        }

    def load(self, *shapes: Shape) -> None:
        """Read every element of every operand, whether a window covers it or not."""
        for number, shape in enumerate(shapes):
            self.read |= {(number, *position) for position in positions(shape)}

    def write(self, address: Address, copy_of: Address | None = None) -> None:
        """Write an output; `copy_of` is the input that it is, if it is made of one alone."""
        assert address not in self.written, "an output is written once"
        self.written.add(address)
        if copy_of is not None:
            self.copied[address] = copy_of


def positions(shape: Shape) -> list[Address]:
    """Return every (channel, row, column) of a tensor."""
    return list(product(*(range(length) for length in shape)))


def pair(value: Any) -> Pair:
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)  # type: ignore[return-value]


# -- one axis of a moving window -------------------------------------------------------------------------------------


def window_starts(length: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> list[int]:
    """Return where the window's first tap stands, from row -padding on, one stride at a time.

    A window stands where its last tap is still on the padded map. With ceil_mode a window that lacks some, but not a
    whole stride, of rows stands as well, if its first tap is on the map or on the padding above it.
    """
    starts: list[int] = []
    start = -padding
    while True:
        last = start + dilation * (kernel - 1)
        lacking = last - (length + padding - 1)
        if lacking > 0 and not (ceil_mode and lacking < stride and start < length):
            return starts
        starts.append(start)
        start += stride


def keeping_padding(kernel: int, dilation: int) -> int:
    """Return the padding under which a window of stride 1 stands on as many rows as a map has."""
    length = dilation * kernel + 1
    for padding in range(dilation * kernel + 1):
        if len(window_starts(length, kernel, 1, padding, dilation, False)) == length:
            return padding
    raise Impossible("no padding keeps the side")


def margins(padding: Any, kernel: Pair, dilation: Pair) -> Pair:
    if padding != "same":
        return pair(padding)
    if any(k % 2 == 0 for k in kernel):
        raise Impossible("same padding is for odd kernels")
    return (keeping_padding(kernel[0], dilation[0]), keeping_padding(kernel[1], dilation[1]))


def taps(kernel: Pair) -> list[Pair]:
    return list(product(range(kernel[0]), range(kernel[1])))


def members(group: int, channels: int, groups: int) -> list[int]:
    """Return the channels of a group: equal runs of neighbours."""
    if channels % groups:
        raise Impossible("the groups are unequal")
    size = channels // groups
    return list(range(channels))[group * size : (group + 1) * size]


# -- the primitives --------------------------------------------------------------------------------------------------


def conv(
    inputs: tuple[Shape, ...],
    out: int,
    kernel: Any,
    stride: Any = 1,
    padding: Any = "same",
    dilation: Any = 1,
    groups: int = 1,
    bias: bool = False,
) -> Run:
    run = Run(window=len(taps(pair(kernel))))
    (channels, height, width) = inputs[0]
    kernel, stride, dilation = pair(kernel), pair(stride), pair(dilation)
    top, left = margins(padding, kernel, dilation)
    run.load(*inputs)
    rows = window_starts(height, kernel[0], stride[0], top, dilation[0], False)
    columns = window_starts(width, kernel[1], stride[1], left, dilation[1], False)
    for group in range(groups):
        for o in members(group, out, groups):
            for (y, row), (x, column) in product(enumerate(rows), enumerate(columns)):
                for c in members(group, channels, groups):
                    for i, j in taps(kernel):
                        assert -top <= row + i * dilation[0] < height + top
                        assert -left <= column + j * dilation[1] < width + left
                        run.weights.add((o, c, i, j))
                        run.madds += 1
                        run.contracted.add((o, y, x))
                if bias:
                    run.biases.add((o,))
                    run.bias_adds += 1
                run.write((o, y, x))
    return run


def depthwise(
    inputs: tuple[Shape, ...],
    kernel: Any,
    stride: Any = 1,
    padding: Any = "same",
    dilation: Any = 1,
    multiplier: int = 1,
    bias: bool = False,
) -> Run:
    run = Run(window=len(taps(pair(kernel))))
    (channels, height, width) = inputs[0]
    kernel, stride, dilation = pair(kernel), pair(stride), pair(dilation)
    top, left = margins(padding, kernel, dilation)
    run.load(*inputs)
    rows = window_starts(height, kernel[0], stride[0], top, dilation[0], False)
    columns = window_starts(width, kernel[1], stride[1], left, dilation[1], False)
    for c, m in product(range(channels), range(multiplier)):
        for y, x in product(range(len(rows)), range(len(columns))):
            for i, j in taps(kernel):
                run.weights.add((c, m, i, j))
                run.madds += 1
                run.contracted.add((c, m, y, x))
            if bias:
                run.biases.add((c, m))
                run.bias_adds += 1
            run.write(((c, m), y, x))
    return run


def transposed_conv(
    inputs: tuple[Shape, ...],
    out: int,
    kernel: Any,
    stride: Any = 1,
    padding: Any = "same",
    dilation: Any = 1,
    groups: int = 1,
    output_padding: Any = 0,
    bias: bool = False,
) -> Run:
    """Every input position spreads one kernel over a map, from which `padding` is cut and to which rows are added."""
    run = Run(window=len(taps(pair(kernel))))
    (channels, height, width) = inputs[0]
    kernel, stride, dilation, extra = pair(kernel), pair(stride), pair(dilation), pair(output_padding)
    if any(added >= max(step, gap) for added, step, gap in zip(extra, stride, dilation, strict=True)):
        raise Impossible("a row that is added lies beyond the next position's, so another input has that side")
    cut = margins(padding, kernel, dilation)
    run.load(*inputs)
    kept: list[range] = []
    for axis, length in enumerate((height, width)):
        reached = {y * stride[axis] + i * dilation[axis] for y in range(length) for i in range(kernel[axis])}
        kept.append(range(min(reached) + cut[axis], max(reached) + 1 - cut[axis] + extra[axis]))
    for group in range(groups):
        for o in members(group, out, groups):
            for c, _ in product(members(group, channels, groups), product(range(height), range(width))):
                for i, j in taps(kernel):
                    run.weights.add((c, o, i, j))
                    run.madds += 1
            for row, column in product(*kept):
                if bias:
                    run.biases.add((o,))
                    run.bias_adds += 1
                run.contracted.add((o, row, column))
                run.write((o, row, column))
    return run


def linear(inputs: tuple[Shape, ...], out: int, bias: bool = True) -> Run:
    run = Run()
    run.load(*inputs)
    if len({address[2:] for address in run.read}) != 1:
        raise Impossible("a linear layer reads a 1×1 map")
    for o in range(out):
        for address in run.read:
            run.weights.add((o, *address))
            run.madds += 1
        if bias:
            run.biases.add((o,))
            run.bias_adds += 1
        run.contracted.add((o,))
        run.write((o, 0, 0))
    return run


def matmul(inputs: tuple[Shape, ...], transpose: bool = False) -> Run:
    run = Run()
    run.load(*inputs)
    (batch, rows, inner), second = inputs
    met: set[Address] = set()
    for b, m, n in product(range(batch), range(rows), range(second[1] if transpose else second[2])):
        for k in range(inner):
            met.add((b, n, k) if transpose else (b, k, n))
            run.madds += 1
        run.contracted.add((b, m, n))
        run.write((b, m, n))
    if met != set(positions(second)):
        raise Impossible("some element has no partner")
    return run


def norm(inputs: tuple[Shape, ...], kind: str = "batch", groups: int = 1, affine: bool = True) -> Run:
    run = Run()
    run.load(*inputs)
    for c, y, x in positions(inputs[0]):
        if affine:
            run.scales |= {("scale", c), ("shift", c)}
        run.write((c, y, x))
    for group in range(groups):
        assert members(group, inputs[0][0], groups)
    return run


def activation(inputs: tuple[Shape, ...], kind: str) -> Run:
    run = Run()
    run.load(*inputs)
    for c, y, x in positions(inputs[0]):
        if kind == "prelu":
            run.scales.add(("slope", c))
        run.write((c, y, x))
    return run


def pool(
    inputs: tuple[Shape, ...],
    kernel: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Run:
    run = Run(window=len(taps(pair(kernel))))
    (channels, height, width) = inputs[0]
    kernel, dilation = pair(kernel), pair(dilation)
    step = kernel if stride is None else pair(stride)
    top, left = margins(padding, kernel, dilation)
    run.load(*inputs)
    rows = window_starts(height, kernel[0], step[0], top, dilation[0], ceil_mode)
    columns = window_starts(width, kernel[1], step[1], left, dilation[1], ceil_mode)
    for address in product(range(channels), rows, columns):
        run.write(address, (0, *address) if run.window == 1 else None)
    return run


def global_pool(inputs: tuple[Shape, ...]) -> Run:
    run = Run()
    run.load(*inputs)
    seen: dict[int, set[Address]] = {}
    for c, y, x in positions(inputs[0]):
        seen.setdefault(c, set()).add((y, x))
    run.window = len(seen[0])
    for c, window in seen.items():
        run.write((c, 0, 0), (0, c, *next(iter(window))) if len(window) == 1 else None)
    return run


def adaptive_avg_pool(inputs: tuple[Shape, ...], size: Any) -> Run:
    """The window of row y holds the rows of the map that overlap the y-th of `size` equal parts of it."""
    run = Run()
    run.load(*inputs)
    (channels, height, width), size = inputs[0], pair(size)
    rows = [[r for r in range(height) if r * size[0] < (y + 1) * height and (r + 1) * size[0] > y * height]
            for y in range(size[0])]  # fmt: skip
    columns = [[c for c in range(width) if c * size[1] < (x + 1) * width and (c + 1) * size[1] > x * width]
               for x in range(size[1])]  # fmt: skip
    for c, y, x in product(range(channels), range(len(rows)), range(len(columns))):
        alone = len(rows[y]) == len(columns[x]) == 1
        run.write((c, y, x), (0, c, rows[y][0], columns[x][0]) if alone else None)
    run.window = len(list(product(rows[0], columns[0])))
    return run


def add(inputs: tuple[Shape, ...]) -> Run:
    run = Run()
    run.load(*inputs)
    if any(positions(shape) != positions(inputs[0]) for shape in inputs):
        raise Impossible("an element has no partner")
    for address in positions(inputs[0]):
        run.write(address)
    return run


def multiply(inputs: tuple[Shape, ...]) -> Run:
    """A map of one row or column gives that one to every row or column of the others."""
    run = Run()
    run.load(*inputs)
    stored = [set(positions(shape)) for shape in inputs]
    everywhere = [sorted({address[axis] for operand in stored for address in operand}) for axis in (0, 1, 2)]
    for c, y, x in product(*everywhere):
        for shape, operand in zip(inputs, stored, strict=True):
            if (c, 0 if shape[1] == 1 else y, 0 if shape[2] == 1 else x) not in operand:
                raise Impossible("an element has no partner")
        run.write((c, y, x))
    return run


def concat(inputs: tuple[Shape, ...]) -> Run:
    run = Run()
    run.load(*inputs)
    for number, shape in enumerate(inputs):
        if shape[1:] != inputs[0][1:]:
            raise Impossible("the maps differ")
        for c, y, x in positions(shape):
            run.write(((number, c), y, x), (number, c, y, x))
    return run


def _view(inputs: tuple[Shape, ...], kept: list[Address]) -> Run:
    run = Run(view=True)
    run.load(*inputs)
    for address in kept:
        run.write(address)
    return run


def split(inputs: tuple[Shape, ...], parts: int = 2, take: int = 0) -> Run:
    part = members(take, inputs[0][0], parts)
    if not part:
        raise Impossible("there is no such part")
    return _view(inputs, [address for address in positions(inputs[0]) if address[0] in part])


def slice_(inputs: tuple[Shape, ...], stop: int, start: int = 0) -> Run:
    kept = list(range(inputs[0][0]))[start:stop]
    if len(kept) != stop - start:
        raise Impossible("the slice leaves the channels")
    return _view(inputs, [address for address in positions(inputs[0]) if address[0] in kept])


def channel_shuffle(inputs: tuple[Shape, ...], groups: int) -> Run:
    """Channel n of group g goes to place n·groups + g."""
    run = Run()
    run.load(*inputs)
    for group in range(groups):
        for number, channel in enumerate(members(group, inputs[0][0], groups)):
            for c, y, x in positions(inputs[0]):
                if c == channel:
                    run.write((number * groups + group, y, x), (0, c, y, x))
    return run


def flatten(inputs: tuple[Shape, ...]) -> Run:
    return _view(inputs, [(number, 0, 0) for number, _ in enumerate(positions(inputs[0]))])


def reshape(inputs: tuple[Shape, ...], shape: Shape) -> Run:
    kept = positions(tuple(shape))  # type: ignore[arg-type]
    if len(kept) != len(positions(inputs[0])):
        raise Impossible("elements are left over")
    return _view(inputs, kept)


def pad(inputs: tuple[Shape, ...], padding: Any) -> Run:
    run = Run()
    run.load(*inputs)
    (channels, height, width) = inputs[0]
    sides = tuple(padding) if isinstance(padding, (tuple, list)) else (padding, padding)
    top, bottom, left, right = sides if len(sides) == 4 else (sides[0], sides[0], sides[1], sides[1])
    for c, y, x in product(range(channels), range(-top, height + bottom), range(-left, width + right)):
        run.write((c, y, x), (0, c, y, x) if 0 <= y < height and 0 <= x < width else None)
    return run


def upsample(inputs: tuple[Shape, ...], size: Any = None, scale: Any = None, mode: str = "nearest") -> Run:
    run = Run()
    run.load(*inputs)
    (channels, height, width) = inputs[0]
    if scale is not None:
        rows: Any = [(row, copy) for row in range(height) for copy in range(pair(scale)[0])]
        columns: Any = [(column, copy) for column in range(width) for copy in range(pair(scale)[1])]
    else:
        rows = [(y * height // pair(size)[0], y) for y in range(pair(size)[0])]
        columns = [(x * width // pair(size)[1], x) for x in range(pair(size)[1])]
    for c, (row, copy), (column, other) in product(range(channels), rows, columns):
        run.write((c, (row, copy), (column, other)), (0, c, row, column))
    return run


def view(inputs: tuple[Shape, ...]) -> Run:
    return _view(inputs, positions(inputs[0]))


def _named_activation(kind: str) -> Callable[..., Run]:
    return lambda inputs: activation(inputs, kind)


ORACLES: Mapping[str, Callable[..., Run]] = {
    "conv": conv,
    "depthwise": depthwise,
    "transposed_conv": transposed_conv,
    "linear": linear,
    "matmul": matmul,
    "norm": norm,
    "activation": activation,
    "relu": _named_activation("relu"),
    "relu6": _named_activation("relu6"),
    "prelu": _named_activation("prelu"),
    "sigmoid": _named_activation("sigmoid"),
    "hard_sigmoid": _named_activation("hard_sigmoid"),
    "swish": _named_activation("swish"),
    "hard_swish": _named_activation("hard_swish"),
    "gelu": _named_activation("gelu"),
    "tanh": _named_activation("tanh"),
    "softmax": _named_activation("softmax"),
    "max_pool": pool,
    "avg_pool": pool,
    "global_pool": global_pool,
    "adaptive_avg_pool": adaptive_avg_pool,
    "add": add,
    "multiply": multiply,
    "concat": concat,
    "split": split,
    "slice": slice_,
    "channel_shuffle": channel_shuffle,
    "flatten": flatten,
    "reshape": reshape,
    "pad": pad,
    "upsample": upsample,
    "dropout": view,
    "identity": view,
}
