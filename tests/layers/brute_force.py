"""The third oracle: every primitive really looped over, on small shapes, with nothing taken from flopcalc.

Nothing here multiplies sides together. A convolution moves its window over the padded map and counts a multiply-add
whenever it would do one; parameters, inputs and outputs are sets of the addresses that were met, and the memory access
cost is the number of distinct addresses read or written. Operands are told apart by their number: they are different
tensors here. A layer of which every output is one input, in the order in which they stand in memory, moves nothing.
Maps have any number of sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

Shape = tuple[int, ...]
Sides = tuple[int, ...]
Margin = tuple[int, int]
Address = tuple[Any, ...]


class Impossible(Exception):
    """The layer cannot run on these shapes."""


@dataclass
class Run:
    """What one run of a layer met."""

    read: set[Address] = field(default_factory=set)
    beside: set[Address] = field(default_factory=set)
    """What it reads that no operand is: the places of the maxima of an earlier pool."""
    looked_up: list[Address] = field(default_factory=list)
    """What it reads of a table, as often as it does; parameters are not all read then."""
    written: set[Address] = field(default_factory=set)
    lies: set[Address] = field(default_factory=set)
    """What is in memory already, without having been written."""
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
        filled = self.written | self.lies
        if not filled:
            raise Impossible("there is no output")
        sides = [{address[axis] for address in filled} for axis in range(len(next(iter(filled))))]
        assert filled == set(product(*sides))
        return tuple(len(side) for side in sides)

    @property
    def params(self) -> int:
        return len(self.weights | self.biases | self.scales)

    @property
    def mac(self) -> int:
        if self.view or self.unmoved:
            return 0
        return (
            len(self.read)
            + len(self.beside)
            + (min(len(self.looked_up), len(self.weights)) or self.params)
            + len(self.written)
        )

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
    """Return every (channel, row, column) of a tensor, or however many axes it has."""
    return list(product(*(range(length) for length in shape)))


def each(value: Any, sides: int) -> Sides:
    """Return one number for every side of a map."""
    if not isinstance(value, (tuple, list)):
        return (value,) * sides
    if len(value) != sides:
        raise Impossible("a side has no number")
    return tuple(value)


def chosen(axis: Any, axes: int) -> list[int]:
    """Return the axes that a word, a number or a list names."""
    if isinstance(axis, str):
        return {"channels": [0], "map": list(range(axes))[1:], "all": list(range(axes))}[axis]
    named = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    if not set(named) <= set(range(axes)):
        raise Impossible("there is no such axis")
    return named


def without(address: Address, axes: Iterable[int]) -> Address:
    """Return an address without its places along some axes."""
    gone = set(axes)
    return tuple(place for axis, place in enumerate(address) if axis not in gone)


def at(address: Address, axis: int, place: Any) -> Address:
    """Return an address with another place along one axis."""
    return tuple(place if number == axis else old for number, old in enumerate(address))


# -- one axis of a moving window -------------------------------------------------------------------------------------


def window_starts(
    length: int, kernel: int, stride: int, padding: Margin, dilation: int, ceil_mode: bool = False
) -> list[int]:
    """Return where the window's first tap stands, from the first row of the padding on, one stride at a time.

    A window stands where its last tap is still on the padded map. With ceil_mode a window that lacks some, but not a
    whole stride, of rows stands as well, if its first tap is on the map or on the padding above it.
    """
    starts: list[int] = []
    start = -padding[0]
    while True:
        last = start + dilation * (kernel - 1)
        lacking = last - (length + padding[1] - 1)
        if lacking > 0 and not (ceil_mode and lacking < stride and start < length):
            return starts
        starts.append(start)
        start += stride


def least_margin(count: int, length: int, kernel: int, stride: int, dilation: int) -> Margin:
    """Return the least padding with which `count` windows stand on a map; of an odd number more goes behind."""
    for both in range(dilation * kernel + stride + 1):
        margin = (both // 2, both - both // 2)
        if len(window_starts(length, kernel, stride, margin, dilation)) == count:
            return margin
    raise Impossible("no padding does that")


def margin(word: str, length: int, kernel: int, stride: int, dilation: int) -> Margin:
    if word == "valid":
        return (0, 0)
    if word == "same_upper":
        return least_margin(len(range(0, length, stride)), length, kernel, stride, dilation)
    if kernel % 2 == 0 and stride > 1:
        raise Impossible("same padding with a stride is for odd kernels")
    some = dilation * kernel + 1  # a window of stride 1 keeps every length alike, and this one it fits on
    return least_margin(some, some, kernel, 1, dilation)


def margins(padding: Any, map_: Shape, kernel: Sides, stride: Sides, dilation: Sides) -> list[Margin]:
    if isinstance(padding, str):
        return [margin(padding, *parts) for parts in zip(map_, kernel, stride, dilation, strict=True)]
    if isinstance(padding, (tuple, list)) and len(padding) == 2 * len(map_):
        return list(zip(padding[::2], padding[1::2], strict=True))
    return [(before, before) for before in each(padding, len(map_))]


def taps(kernel: Sides) -> list[Address]:
    return positions(kernel)


def members(group: int, channels: int, groups: int) -> list[int]:
    """Return the channels of a group: equal runs of neighbours."""
    if channels % groups:
        raise Impossible("the groups are unequal")
    size = channels // groups
    return list(range(channels))[group * size : (group + 1) * size]


@dataclass(frozen=True)
class Windows:
    """Where the windows of a layer stand, along every side of the map."""

    kernel: Sides
    stride: Sides
    dilation: Sides
    ends: list[Margin]
    starts: list[list[int]]

    @property
    def outputs(self) -> list[Address]:
        return list(product(*(range(len(starts)) for starts in self.starts)))

    def check_tap(self, map_: Shape, output: Address, tap: Address) -> None:
        """Assert that a tap lies on the padded map."""
        for side, length in enumerate(map_):
            place = self.starts[side][output[side]] + tap[side] * self.dilation[side]
            before, behind = self.ends[side]
            assert -before <= place < length + behind


def windows(map_: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool = False) -> Windows:
    kernels, strides, dilations = (each(value, len(map_)) for value in (kernel, stride, dilation))
    ends = margins(padding, map_, kernels, strides, dilations)
    starts = [window_starts(*parts, ceil_mode) for parts in zip(map_, kernels, strides, ends, dilations, strict=True)]
    return Windows(kernels, strides, dilations, ends, starts)


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
    channels, *sides = inputs[0]
    map_ = tuple(sides)
    stand = windows(map_, kernel, stride, padding, dilation)
    run = Run(window=len(taps(stand.kernel)))
    run.load(*inputs)
    for group in range(groups):
        for o in members(group, out, groups):
            for output in stand.outputs:
                for c in members(group, channels, groups):
                    for tap in taps(stand.kernel):
                        stand.check_tap(map_, output, tap)
                        run.weights.add((o, c, *tap))
                        run.madds += 1
                        run.contracted.add((o, *output))
                if bias:
                    run.biases.add((o,))
                    run.bias_adds += 1
                run.write((o, *output))
    return run


def deformable_conv(inputs: tuple[Shape, ...], kernel: Any, **others: Any) -> Run:
    """As a convolution of its first input; every output position has two offsets for every tap, and a mask one."""
    run = conv(inputs, kernel=kernel, **others)
    shape = run.shape
    groups = set()
    for number, tensor in enumerate(inputs[1:]):
        needed = [(tap, part) for tap in taps(each(kernel, 2)) for part in range(1 if number else 2)]
        if tensor[1:] != shape[1:] or tensor[0] % len(needed):
            raise Impossible("a position has no offset")
        groups.add(tensor[0] // len(needed))
    if len(groups) > 1 or inputs[0][0] % groups.pop():
        raise Impossible("the groups of offsets differ, or share no channels evenly")
    return run


def dynamic_conv(inputs: tuple[Shape, ...], kernel: Any, out: int, groups: int = 1, **others: Any) -> Run:
    """As a convolution of its first input, whose every weight is an element of its second."""
    run = conv(inputs[:1], kernel=kernel, out=out, groups=groups, **others)
    if inputs[1] != (out, inputs[0][0] // groups, *each(kernel, len(inputs[0]) - 1)):
        raise Impossible("there is not one kernel for every output channel")
    run.load(*inputs)
    run.weights = set()
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
    channels, *sides = inputs[0]
    stand = windows(tuple(sides), kernel, stride, padding, dilation)
    run = Run(window=len(taps(stand.kernel)))
    run.load(*inputs)
    for c, m in product(range(channels), range(multiplier)):
        for output in stand.outputs:
            for tap in taps(stand.kernel):
                run.weights.add((c, m, *tap))
                run.madds += 1
                run.contracted.add((c, m, *output))
            if bias:
                run.biases.add((c, m))
                run.bias_adds += 1
            run.write(((c, m), *output))
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
    """Every input position spreads one kernel over a map, from which `padding` is cut and to which rows are added.

    By `same_upper` every position has as many rows as a stride, and of what is cut less goes before.
    """
    channels, *sides = inputs[0]
    kernel, stride, dilation, extra = (each(value, len(sides)) for value in (kernel, stride, dilation, output_padding))
    run = Run(window=len(taps(kernel)))
    if any(added >= max(step, gap) for added, step, gap in zip(extra, stride, dilation, strict=True)):
        raise Impossible("a row that is added lies beyond the next position's, so another input has that side")
    run.load(*inputs)
    kept: list[range] = []
    for axis, length in enumerate(sides):
        reached = {y * stride[axis] + i * dilation[axis] for y in range(length) for i in range(kernel[axis])}
        end = max(reached) + 1 + extra[axis]
        if padding == "same_upper":
            wanted = len([row for _ in range(length) for row in range(stride[axis])])
            first = max(end - wanted, 0) // 2
            kept.append(range(first, first + wanted))
        else:
            cut = margins(padding, tuple(sides), kernel, stride, dilation)[axis]
            kept.append(range(cut[0], end - cut[1]))
    for group in range(groups):
        for o in members(group, out, groups):
            for c, _ in product(members(group, channels, groups), positions(tuple(sides))):
                for tap in taps(kernel):
                    run.weights.add((c, o, *tap))
                    run.madds += 1
            for place in product(*kept):
                if bias:
                    run.biases.add((o,))
                    run.bias_adds += 1
                run.contracted.add((o, *place))
                run.write((o, *place))
    return run


def linear(inputs: tuple[Shape, ...], out: int, bias: bool = True, axis: int | None = None) -> Run:
    """Every position of the other axes has the same matrix."""
    run = Run()
    run.load(*inputs)
    (shape,) = inputs
    if axis is None and len(shape) > 2 and len({address[1:] for address in positions(shape)}) != 1:
        raise Impossible("a linear layer reads a 1×1 map")
    along = axis or 0
    for address in positions(shape):
        for o in range(out):
            run.weights.add((o, address[along]))
            run.madds += 1
            written = at(address, along, o)
            if written not in run.written:
                run.write(written)
                run.contracted.add(written)
                if bias:
                    run.biases.add((o,))
                    run.bias_adds += 1
    return run


def matmul(inputs: tuple[Shape, ...], transpose: bool = False) -> Run:
    run = Run()
    run.load(*inputs)
    (*batch, rows, inner), second = inputs
    if len(second) != len(inputs[0]):
        raise Impossible("the axes differ")
    met: set[Address] = set()
    columns = second[-2] if transpose else second[-1]
    for *b, m, n in positions((*batch, rows, columns)):
        for k in range(inner):
            met.add((*b, n, k) if transpose else (*b, k, n))
            run.madds += 1
        run.contracted.add((*b, m, n))
        run.write((*b, m, n))
    if met != set(positions(second)):
        raise Impossible("some element has no partner")
    return run


def einsum(inputs: tuple[Shape, ...], equation: str) -> Run:
    """Every pair of elements whose letters agree is one multiply-add."""
    run = Run()
    run.load(*inputs)
    operands, written = equation.replace(" ", "").split("->")
    one, other = operands.split(",")
    met: list[set[Address]] = [set(), set()]
    for first, second in product(positions(inputs[0]), positions(inputs[1])):
        places = dict(zip(one, first, strict=True))
        if any(places.setdefault(letter, place) != place for letter, place in zip(other, second, strict=True)):
            continue
        run.madds += 1
        met[0].add(first)
        met[1].add(second)
        output = tuple(places[letter] for letter in written)
        if output not in run.written:
            run.write(output)
            run.contracted.add(output)
    if met != [set(positions(shape)) for shape in inputs]:
        raise Impossible("some element has no partner")
    return run


def norm(
    inputs: tuple[Shape, ...],
    kind: str = "batch",
    groups: int = 1,
    affine: bool = True,
    bias: bool | None = None,
    axis: Any = "channels",
) -> Run:
    run = Run()
    run.load(*inputs)
    learned = chosen(axis, len(inputs[0]))
    for address in positions(inputs[0]):
        own = tuple(address[number] for number in sorted(learned))
        if affine and kind != "local_response":
            run.scales.add(("scale", *own))
            if bias or (bias is None and kind != "rms"):
                run.scales.add(("shift", *own))
        run.write(address)
    for group in range(groups):
        assert members(group, inputs[0][0], groups)
    return run


def scale(inputs: tuple[Shape, ...], bias: bool = True, axis: Any = "channels") -> Run:
    return norm(inputs, "layer", bias=bias, axis=axis)


def activation(inputs: tuple[Shape, ...], kind: str, axis: int | None = None, slopes: str = "channel") -> Run:
    run = Run()
    run.load(*inputs)
    for address in positions(inputs[0]):
        if kind == "prelu":
            run.scales.add(("slope", *{"one": (), "channel": address[:1], "element": address}[slopes]))
        run.write(address)
    return run


def pool(
    inputs: tuple[Shape, ...],
    kernel: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> Run:
    channels, *sides = inputs[0]
    stand = windows(tuple(sides), kernel, kernel if stride is None else stride, padding, dilation, ceil_mode)
    run = Run(window=len(taps(stand.kernel)))
    run.load(*inputs)
    for address in product(range(channels), *stand.starts):
        run.write(address, (0, *address) if run.window == 1 else None)
    return run


def max_unpool(inputs: tuple[Shape, ...], kernel: Any, stride: Any = None, padding: Any = 0) -> Run:
    """The map of which these windows are all that stand, the last of them ending at its end."""
    channels, *sides = inputs[0]
    kernels = each(kernel, len(sides))
    steps, cuts = each(kernel if stride is None else stride, len(sides)), each(padding, len(sides))
    run = Run()
    run.load(*inputs)
    run.beside = {("place", *address) for address in positions(inputs[0])}
    kept = []
    for length, size, step, cut in zip(sides, kernels, steps, cuts, strict=True):
        rows = {window * step + tap for window in range(length) for tap in range(size)}
        kept.append(range(cut, max(rows) + 1 - cut))
    for address in product(range(channels), *kept):
        run.write(address)
    return run


def global_pool(inputs: tuple[Shape, ...]) -> Run:
    return reduce(inputs, "map")


def reduce(inputs: tuple[Shape, ...], axis: Any, op: str = "mean", keep: bool = True) -> Run:
    run = Run()
    run.load(*inputs)
    gone = chosen(axis, len(inputs[0]))
    seen: dict[Address, list[Address]] = {}
    for address in positions(inputs[0]):
        output = tuple(0 if number in gone else place for number, place in enumerate(address))
        seen.setdefault(output if keep else without(address, gone) or (0,), []).append(address)
    run.window = len(next(iter(seen.values())))
    for output, window in seen.items():
        run.write(output, (0, *window[0]) if len(window) == 1 else None)
    return run


def adaptive_pool(inputs: tuple[Shape, ...], size: Any) -> Run:
    """The window of row y holds the rows of the map that overlap the y-th of `size` equal parts of it."""
    run = Run()
    run.load(*inputs)
    channels, *sides = inputs[0]
    rows = [
        [[r for r in range(length) if r * parts < (y + 1) * length and (r + 1) * parts > y * length]
         for y in range(parts)]
        for length, parts in zip(sides, each(size, len(sides)), strict=True)
    ]  # fmt: skip
    for c, *place in product(range(channels), *(range(len(some)) for some in rows)):
        read = [some[y] for some, y in zip(rows, place, strict=True)]
        alone = all(len(some) == 1 for some in read)
        run.write((c, *place), (0, c, *(some[0] for some in read)) if alone else None)
    run.window = len(list(product(*(some[0] for some in rows))))
    return run


def elementwise(inputs: tuple[Shape, ...], number: bool = False) -> Run:
    """A tensor of one row, column or channel gives that one to every row, column or channel of the others.

    A number that is an operand too lies in no tensor.
    """
    if len(inputs) + number < 2:
        raise Impossible("one operand is none")
    run = Run()
    run.load(*inputs)
    stored = [set(positions(shape)) for shape in inputs]
    if len({len(shape) for shape in inputs}) > 1:
        raise Impossible("the axes differ")
    axes = range(len(inputs[0]))
    everywhere = [sorted({address[axis] for operand in stored for address in operand}) for axis in axes]
    for address in product(*everywhere):
        for shape, operand in zip(inputs, stored, strict=True):
            if tuple(0 if shape[axis] == 1 else address[axis] for axis in axes) not in operand:
                raise Impossible("an element has no partner")
        run.write(address)
    return run


def concat(inputs: tuple[Shape, ...], axis: int = 0) -> Run:
    run = Run()
    run.load(*inputs)
    for number, shape in enumerate(inputs):
        if len(shape) != len(inputs[0]) or any(
            side != other for place, (side, other) in enumerate(zip(shape, inputs[0], strict=True)) if place != axis
        ):
            raise Impossible("the maps differ")
        for address in positions(shape):
            run.write(at(address, axis, (number, address[axis])), (number, *address))
    return run


def _view(inputs: tuple[Shape, ...], kept: list[Address]) -> Run:
    run = Run(view=True)
    run.load(*inputs)
    for address in kept:
        run.write(address)
    return run


def split(
    inputs: tuple[Shape, ...], parts: int = 2, take: int = 0, sizes: tuple[int, ...] | None = None, axis: int = 0
) -> Run:
    length = inputs[0][axis]
    if sizes is None:
        part = members(take, length, parts)
    else:
        owners = [number for number, size in enumerate(sizes) for _ in range(size)]
        if len(owners) != length:
            raise Impossible("the parts are not the whole")
        part = [place for place, owner in enumerate(owners) if owner == take]
    if not part:
        raise Impossible("there is no such part")
    return _view(inputs, [address for address in positions(inputs[0]) if address[axis] in part])


def slice_(inputs: tuple[Shape, ...], stop: int, start: int = 0, axis: int = 0) -> Run:
    kept = list(range(inputs[0][axis]))[start:stop]
    if len(kept) != stop - start:
        raise Impossible("the slice leaves the channels")
    return _view(inputs, [address for address in positions(inputs[0]) if address[axis] in kept])


def channel_shuffle(inputs: tuple[Shape, ...], groups: int) -> Run:
    """Channel n of group g goes to place n·groups + g."""
    run = Run()
    run.load(*inputs)
    for group in range(groups):
        for number, channel in enumerate(members(group, inputs[0][0], groups)):
            for c, *place in positions(inputs[0]):
                if c == channel:
                    run.write((number * groups + group, *place), (0, c, *place))
    return run


def flatten(inputs: tuple[Shape, ...]) -> Run:
    places = [0 for _ in inputs[0][1:]]
    return _view(inputs, [(number, *places) for number, _ in enumerate(positions(inputs[0]))])


def reshape(inputs: tuple[Shape, ...], shape: Shape) -> Run:
    elements = positions(inputs[0])
    for left in range(1, len(elements) + 1):  # what an open side may be
        kept = positions(tuple(left if side == -1 else side for side in shape))
        if len(kept) == len(elements):
            return _view(inputs, kept)
    raise Impossible("elements are left over")


def permute(inputs: tuple[Shape, ...], order: tuple[int, ...]) -> Run:
    return _view(inputs, [tuple(address[axis] for axis in order) for address in positions(inputs[0])])


def crop(inputs: tuple[Shape, ...], margin: Any = None, size: Any = None, like: Any = None) -> Run:
    channels, *sides = inputs[0]
    kept = []
    cuts = [] if margin is None else margins(margin, tuple(sides), *[(1,) * len(sides)] * 3)
    for axis, length in enumerate(sides):
        rows = list(range(length))
        if margin is not None:
            rows = rows[cuts[axis][0] : max(length - cuts[axis][1], 0)]
        else:
            wanted = each(like[1:] if size is None else size, len(sides))[axis]
            if wanted > length:
                raise Impossible("there is not so much")
            while len(rows) > wanted:  # one row at each end in turn, the last first
                rows = rows[:-1] if (length - len(rows)) % 2 == 0 else rows[1:]
        kept.append(rows)
    return _view(inputs, list(product(range(channels), *kept)))


def pad(inputs: tuple[Shape, ...], padding: Any) -> Run:
    run = Run()
    run.load(*inputs)
    channels, *sides = inputs[0]
    ends = margins(padding, tuple(sides), *[(1,) * len(sides)] * 3)
    rows = [range(-before, length + behind) for length, (before, behind) in zip(sides, ends, strict=True)]
    for c, *place in product(range(channels), *rows):
        inside = all(0 <= row < length for row, length in zip(place, sides, strict=True))
        run.write((c, *place), (0, c, *place) if inside else None)
    return run


def upsample(
    inputs: tuple[Shape, ...], size: Any = None, scale: Any = None, like: Any = None, mode: str = "nearest"
) -> Run:
    run = Run()
    run.load(*inputs)
    channels, *sides = inputs[0]
    wanted = like[1:] if like is not None else size
    rows: list[list[Address]] = []
    for axis, length in enumerate(sides):
        if scale is not None:
            copies = each(scale, len(sides))[axis]
            rows.append([(row, copy) for row in range(length) for copy in range(copies)])
        else:
            new = each(wanted, len(sides))[axis]
            rows.append([(y * length // new, y) for y in range(new)])
    for c, *place in product(range(channels), *rows):
        run.write((c, *place), (0, c, *(row for row, _ in place)))
    return run


def grid_sample(inputs: tuple[Shape, ...], mode: str = "bilinear") -> Run:
    """Every place of the grid has two coordinates and becomes one position of every channel."""
    run = Run()
    run.load(*inputs)
    image, grid = inputs
    if len(grid) != 3 or len([0 for part in range(grid[0])]) != len(image[1:]):
        raise Impossible("a place has no coordinates")
    for c, (_, *place) in product(range(image[0]), positions((1, *grid[1:]))):
        run.write((c, *place))
    return run


def pixel_shuffle(inputs: tuple[Shape, ...], factor: int) -> Run:
    """Channel c·r² + i·r + j of a position is row i and column j of the patch that it becomes."""
    run = Run()
    run.load(*inputs)
    patch = positions((factor, factor))
    if inputs[0][0] % len(patch):
        raise Impossible("a patch lacks channels")
    for channel, y, x in positions(inputs[0]):
        i, j = patch[channel % len(patch)]
        run.write((channel // len(patch), y * factor + i, x * factor + j), (0, channel, y, x))
    return run


def pixel_unshuffle(inputs: tuple[Shape, ...], factor: int) -> Run:
    run = Run()
    run.load(*inputs)
    if any(side % factor for side in inputs[0][1:]):
        raise Impossible("a patch lacks rows")
    for c, y, x in positions(inputs[0]):
        run.write(((c, y % factor, x % factor), y // factor, x // factor), (0, c, y, x))
    return run


def roll(inputs: tuple[Shape, ...], shift: Any) -> Run:
    run = Run()
    run.load(*inputs)
    sides = inputs[0][1:]
    steps = each(shift, len(sides))
    for c, *place in positions(inputs[0]):
        moved = [(row + step) % length for row, step, length in zip(place, steps, sides, strict=True)]
        run.write((c, *moved), (0, c, *place))
    return run


def gather(inputs: tuple[Shape, ...], shape: Shape) -> Run:
    """Every element of the output is one of the table's; which, nobody says, so the whole table is read once."""
    run = Run()
    run.load(*inputs)
    table = list(positions(inputs[0]))
    for number, address in enumerate(positions(shape)):
        run.write(address, (0, *table[number % len(table)]))
    return run


def unfold(inputs: tuple[Shape, ...], kernel: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Run:
    channels, *sides = inputs[0]
    stand = windows(tuple(sides), kernel, stride, padding, dilation)
    run = Run()
    run.load(*inputs)
    for c, tap in product(range(channels), taps(stand.kernel)):
        for number, _ in enumerate(stand.outputs):
            start = stand.outputs[number]
            row = tuple(
                starts[y] + i * gap for starts, y, i, gap in zip(stand.starts, start, tap, stand.dilation, strict=True)
            )
            run.write(((c, tap), number), (0, c, *row))
    return run


def parameter(inputs: tuple[Shape, ...], shape: Shape, role: str = "learned") -> Run:
    """Nothing is read or written: it lies in memory."""
    learned = set() if role == "fixed" else set(positions(shape))
    return Run(view=True, scales=learned, lies=set(positions(shape)))


def embedding(inputs: tuple[Shape, ...], count: int, out: int) -> Run:
    """Every index looks up one row."""
    run = Run()
    run.load(*inputs)
    run.weights = set(positions((count, out)))
    for address in positions(inputs[0]):
        for d in range(out):
            run.looked_up.append((d, *address))
            run.write((d, *address))
    return run


def custom(
    inputs: tuple[Shape, ...],
    title: str = "",
    output: Shape | None = None,
    params: int | None = None,
    weights: int = 0,
    madds: int = 0,
    reads: int | None = None,
    reach: str = "",
    cost: str = "",
) -> Run:
    """Whatever it is said to be; where its cost is unknown, nothing that it moves is counted."""
    run = Run(madds=madds, view=cost == "unknown")
    run.load(*inputs)
    run.weights = {("weight", number) for number in range(weights)}
    run.scales = {("other", number) for number in range(weights, weights if params is None else params)}
    for address in positions(inputs[0] if output is None else output):
        run.write(address)
    if reads is not None:
        run.beside = {("more", number) for number in range(reads - len(run.read))}
        assert len(run.beside) == reads - len(run.read), "this loop reads all its inputs"
    return run


def view(inputs: tuple[Shape, ...]) -> Run:
    return _view(inputs, positions(inputs[0]))


def _named_activation(kind: str) -> Callable[..., Run]:
    return lambda inputs, **others: activation(inputs, kind, **others)


_ACTIVATIONS = (
    "relu",
    "relu6",
    "prelu",
    "sigmoid",
    "hard_sigmoid",
    "swish",
    "hard_swish",
    "gelu",
    "tanh",
    "softmax",
    "leaky_relu",
    "elu",
    "selu",
    "celu",
    "mish",
    "softplus",
    "softsign",
    "log_sigmoid",
    "hard_tanh",
    "clip",
    "square",
    "sqrt",
    "exp",
    "log",
    "erf",
    "function",
)

ORACLES: Mapping[str, Callable[..., Run]] = {
    "conv": conv,
    "depthwise": depthwise,
    "transposed_conv": transposed_conv,
    "deformable_conv": deformable_conv,
    "dynamic_conv": dynamic_conv,
    "linear": linear,
    "matmul": matmul,
    "einsum": einsum,
    "norm": norm,
    "scale": scale,
    "activation": activation,
    **{kind: _named_activation(kind) for kind in _ACTIVATIONS},
    "max_pool": pool,
    "avg_pool": pool,
    "max_unpool": max_unpool,
    "global_pool": global_pool,
    "global_max_pool": global_pool,
    "adaptive_avg_pool": adaptive_pool,
    "adaptive_max_pool": adaptive_pool,
    "reduce": reduce,
    "add": elementwise,
    "subtract": elementwise,
    "multiply": elementwise,
    "divide": elementwise,
    "maximum": elementwise,
    "minimum": elementwise,
    "concat": concat,
    "split": split,
    "slice": slice_,
    "channel_shuffle": channel_shuffle,
    "flatten": flatten,
    "reshape": reshape,
    "permute": permute,
    "crop": crop,
    "pad": pad,
    "upsample": upsample,
    "grid_sample": grid_sample,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "roll": roll,
    "gather": gather,
    "unfold": unfold,
    "parameter": parameter,
    "embedding": embedding,
    "custom": custom,
    "dropout": view,
    "identity": view,
}
