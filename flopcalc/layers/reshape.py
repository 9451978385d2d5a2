"""Layers that look at elements differently, take some of them, or change the size of a map."""

from __future__ import annotations

from typing import ClassVar

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault, shorten
from flopcalc.layers.base import (
    Equations,
    Layer,
    Shape,
    Sides,
    attribute,
    over_sides,
    same_map,
    show_shape,
    show_sides,
    side,
    volume,
    whole_map,
)
from flopcalc.layers.reach import SAME, SINGLE, Reach, Resampled, Unknown, Window
from flopcalc.number import (
    Arithmetic,
    Number,
    divide,
    expanded,
    is_rational,
    is_symbolic,
    is_whole,
    product,
    total,
)

__all__ = [
    "ChannelShuffle",
    "Crop",
    "Dropout",
    "Flatten",
    "Gather",
    "Identity",
    "Pad",
    "Permute",
    "PixelShuffle",
    "PixelUnshuffle",
    "Reduce",
    "Reshape",
    "Roll",
    "Slice",
    "Split",
    "Unfold",
    "Upsample",
]

_FORMS = ("function", "functional", "module", "custom")


def _along(shape: Shape, axis: Number | None, length: Number) -> Shape:
    """Return a shape with another length along one axis."""
    place = int(axis or 0)
    return (*shape[:place], length, *shape[place + 1 :])


def _moved(shape: Shape, axis: Number | None, where: str) -> tuple[Reach, ...]:
    """Return the reach of what keeps positions, but moves them along one side of the map."""
    return tuple([Unknown(where, False) if side == axis else SAME for side in range(1, len(shape))])


@dataclass(frozen=True, kw_only=True)
class Split(Layer):
    """One of several parts of the channels, or of another axis, as a view; the parts are equal unless `sizes` says."""

    name: ClassVar[str] = "split"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    parts: Number = attribute("whole", 2, help="into how many equal parts it is split")
    sizes: tuple[Number, ...] | None = attribute("list", optional=True, help="instead of `parts`: the length of each")
    take: Number = attribute("index", 0, help="which part, counted from 0")
    axis: Number | None = attribute("axis", optional=True, help="along which axis; the channels where not given")

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        channels = inputs[0][int(self.axis or 0)]
        if self.sizes is not None:
            if not arithmetic.equal(total(self.sizes), channels):
                what = f"the split {show_shape(self.sizes)} adds up to {total(self.sizes)}"
                raise Fault(what.replace("×", " + "), expected=f"{channels}")
            if is_rational(self.take) and self.take >= len(self.sizes):
                raise Fault(
                    f"there is no part {self.take} of {len(self.sizes)}", expected=f"0 to {len(self.sizes) - 1}"
                )
            return
        if is_rational(channels) and is_rational(self.parts) and channels % self.parts:
            raise Fault(
                f"{channels} {'positions' if self.axis else 'channels'} do not split into {self.parts} equal parts",
                expected=f"a multiple of {self.parts}",
            )
        if is_rational(self.take) and is_rational(self.parts) and self.take >= self.parts:
            raise Fault(f"there is no part {self.take} of {self.parts}", expected=f"0 to {self.parts - 1}")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if self.sizes is not None:
            if type(self.take) is not int and len({*self.sizes}) > 1:
                raise Fault(f"which part {self.take} is, is not known, and the parts differ", expected="a whole number")
            take = self.take if type(self.take) is int and self.take < len(self.sizes) else 0
            return _along(inputs[0], self.axis, self.sizes[take])
        return _along(inputs[0], self.axis, divide(inputs[0][int(self.axis or 0)], self.parts))

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return _moved(inputs[0], self.axis, "behind a split of the map")


@dataclass(frozen=True, kw_only=True)
class Slice(Layer):
    """The channels, or the positions of another axis, from `start` up to but not including `stop`, as a view."""

    name: ClassVar[str] = "slice"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    start: Number = attribute("index", 0, help="first channel")
    stop: Number = attribute("index", help="the channel after the last")
    axis: Number | None = attribute("axis", optional=True, help="along which axis; the channels where not given")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        length = inputs[0][int(self.axis or 0)]
        if is_rational(self.stop) and is_rational(length) and self.stop > length:
            what = f"the slice ends at {self.stop} of {length} {'positions' if self.axis else 'channels'}"
            raise Fault(what, expected=f"at most {length}")
        whole = self.start == 0  # a part from the first on is all of it where it ends at the last
        if (is_symbolic(length) or is_symbolic(self.stop)) and expanded(length - self.stop) != 0:
            arithmetic.suppose(length, ">" if whole else "≥", self.stop)
        if is_rational(self.stop) and is_rational(self.start) and self.start >= self.stop:
            raise Fault(f"the slice from {self.start} to {self.stop} is empty", expected="stop above start")
        return _along(inputs[0], self.axis, self.stop - self.start)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return tuple([Window(margin=-self.start) if side == self.axis else SAME for side in range(1, len(inputs[0]))])


@dataclass(frozen=True, kw_only=True)
class ChannelShuffle(Layer):
    """Permutation of the channels across groups; reads and writes every element.

    With one group, or one for every channel, the channels stay in their order and nothing moves.

    Source: ShuffleNet (arXiv:1707.01083), section 3.1.
    """

    name: ClassVar[str] = "channel_shuffle"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS

    groups: Number = attribute("whole", help="groups; channels divide by it")

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        channels = inputs[0][0]
        if is_rational(channels) and is_rational(self.groups) and channels % self.groups:
            raise Fault(
                f"{channels} channels do not divide into {self.groups} groups", expected=f"a multiple of {self.groups}"
            )

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (((self.groups, 1),), ((self.groups, inputs[0][0]),))

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return f"channel shuffle g={self.groups}"


@dataclass(frozen=True, kw_only=True)
class Flatten(Layer):
    """C×H×W as CHW×1×1, a view; of another rank likewise, and C stays C."""

    name: ClassVar[str] = "flatten"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (volume(inputs[0]), *[1 for _ in inputs[0][1:]])

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (channels or sides, sides)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return whole_map(inputs[0])


@dataclass(frozen=True, kw_only=True)
class Reshape(Layer):
    """The same elements under another shape, a view."""

    name: ClassVar[str] = "reshape"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True

    short: ClassVar[str] = "shape"

    shape: Shape = attribute("shape", help="channels first, of as many elements; -1 for one side is what is left")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        shape = self.shape
        if -1 in shape:
            known = [length for length in shape if length != -1]
            left = arithmetic.divide(volume(inputs[0]), volume(tuple(known)))
            if is_rational(left) and left.denominator != 1:
                raise self._unlike(inputs)
            shape = tuple([left if length == -1 else length for length in shape])
        elif not arithmetic.equal(volume(shape), volume(inputs[0])):
            raise self._unlike(inputs)
        return shape

    def _unlike(self, inputs: tuple[Shape, ...]) -> Fault:
        return Fault(
            f"{show_shape(inputs[0])} cannot be reshaped to {show_shape(self.shape)}",
            expected="as many elements as before",
        )

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (False, False)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        output = self.output(inputs, Arithmetic())
        before, behind = inputs[0][1:], output[1:]
        if all(length == 1 for length in behind):
            return whole_map(inputs[0])
        where = f"behind a reshape of {show_shape(inputs[0])} to {show_shape(output)}, which mixes positions"
        lost = (Unknown(where),) * len(before)
        if len(before) != len(behind):
            return lost
        if before == behind:
            return (SAME,) * len(before)
        down = [divide(*lengths) for lengths in zip(before, behind, strict=True)]
        if all(type(step) is int and step == down[0] for step in down):
            return tuple([Window(step, step=step) for step in down])  # every patch becomes a position
        up = [divide(*lengths) for lengths in zip(behind, before, strict=True)]
        if all(type(scale) is int and scale == up[0] for scale in up):  # a pixel shuffle: a position becomes a patch
            return tuple([Resampled(divide(1, scale), "nearest") for scale in up])
        if len(before) != 2:
            return lost
        # Elements lie row by row, so only these keep what is at a position at a position.
        (height, width), (rows, columns) = before, behind
        if height == 1 and (width in (1, columns)):
            return (SINGLE, SAME if width == columns else SINGLE)
        if rows == 1 and width == columns:
            return (Window(height, step=height), SAME)
        return lost


@dataclass(frozen=True, kw_only=True)
class Permute(Layer):
    """The axes in another order, a view: frameworks keep the memory and step through it otherwise."""

    name: ClassVar[str] = "permute"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True
    short: ClassVar[str] = "order"

    order: tuple[int, ...] = attribute("order", help="the axes in their new order: [1, 0] transposes C×L")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return tuple([inputs[0][axis] for axis in self.order])

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (channels or sides,) * 2

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return "permute " + ",".join(map(str, self.order))

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        sides = range(1, len(inputs[0]))
        shape = inputs[0]
        kept = all(self.order[side] == side or shape[side] == shape[self.order[side]] == 1 for side in sides)
        where = f"behind a permutation of the axes, {self.summary(inputs)}"
        return (SAME,) * len(sides) if kept else (Unknown(where),) * len(sides)


@dataclass(frozen=True, kw_only=True)
class Crop(Layer):
    """A part of the map, as a view: without so much at each side, or the middle of a given size."""

    name: ClassVar[str] = "crop"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS
    view: ClassVar[bool] = True
    sides: ClassVar[tuple[int, int | None]] = (1, 3)

    margin: tuple[Number, ...] | None = attribute(
        "sides", optional=True, help="what is cut off: a number, [height, width] or [top, bottom, left, right]"
    )
    size: Sides | None = attribute("pair", optional=True, help="side of the output, or [height, width]")
    like: Shape | None = attribute("like", optional=True, help="the label of a tensor whose height and width are kept")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        cut = _one_of("crop", margin=self.margin, size=self.size, like=self.like)
        map_ = inputs[0][1:]
        if cut == "margin":
            assert self.margin is not None
            ends = zip(map_, self.margin[::2], self.margin[1::2], strict=True)
            kept = tuple([length - before - behind for length, before, behind in ends])
        else:
            kept = _wanted(cut, self.size, self.like, map_)
        for length, left in zip(map_, kept, strict=True):
            if is_symbolic(length):
                arithmetic.suppose(*((left, "≥", 1) if cut == "margin" else (length, "≥", left)))
            if is_rational(left) and is_rational(length) and not 1 <= left <= length:
                raise Fault(f"crop takes {left} of a side of {length}", expected=f"1 to {length}")
        return (inputs[0][0], *kept)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        if self.margin is not None:
            return tuple([Window(margin=-before) for before in self.margin[::2]])
        kept = self.output(inputs, Arithmetic())[1:]
        cuts = [divide(length - left, 2) for length, left in zip(inputs[0][1:], kept, strict=True)]
        return tuple([Window(margin=-(int(cut) if is_rational(cut) else cut)) for cut in cuts])


def _one_of(layer: str, **given: object) -> str:
    """Return which of several attributes is given; a layer takes exactly one of them."""
    found = [name for name, value in given.items() if value is not None]
    if len(found) != 1:
        *names, last = (f"`{name}`" for name in given)
        raise Fault(f"{layer} takes either {', '.join(names)} or {last}", expected="one of them")
    return found[0]


def _wanted(given: str, size: Sides | None, like: Shape | None, map_: Shape) -> Shape:
    """Return the sides that are wanted, as a size or as those of another tensor."""
    if given == "size":
        assert size is not None
        return size
    assert like is not None
    if len(like) != len(map_) + 1:
        what = f"like is a tensor {show_shape(like)}"
        raise Fault(what, expected=f"a map of {len(map_)} {'side' if len(map_) == 1 else 'sides'}")
    return like[1:]


@dataclass(frozen=True, kw_only=True)
class Pad(Layer):
    """Zeros around the map; without any, nothing moves."""

    name: ClassVar[str] = "pad"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = _FORMS

    sides: ClassVar[tuple[int, int | None]] = (1, 3)

    padding: tuple[Number, ...] = attribute("sides", help="a number, [height, width] or [top, bottom, left, right]")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        ends = zip(inputs[0][1:], self.padding[::2], self.padding[1::2], strict=True)
        return (inputs[0][0], *[length + before + behind for length, before, behind in ends])

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (((total(self.padding), 0),),)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return tuple([Window(margin=before) for before in self.padding[::2]])


@dataclass(frozen=True, kw_only=True)
class Upsample(Layer):
    """Interpolation to a given size, or by a given factor; to the size that it has, nothing moves."""

    name: ClassVar[str] = "upsample"
    keeps: ClassVar[str] = "nothing"

    sides: ClassVar[tuple[int, int | None]] = (1, 3)

    size: Sides | None = attribute("pair", optional=True, help="side of the output, or [height, width]")
    scale: Sides | None = attribute("pair", optional=True, help="factor, or [height, width]")
    like: Shape | None = attribute("like", optional=True, help="the label of a tensor whose height and width it takes")
    mode: str = attribute(
        "word", "nearest", choices=("nearest", "bilinear", "bicubic"), help="how values are interpolated"
    )

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if self.like is None and (self.size is None) == (self.scale is None):
            raise Fault("upsample takes either `size` or `scale`", expected="one of the two, or `like`")
        given = _one_of("upsample", size=self.size, scale=self.scale, like=self.like)
        channels, *map_ = inputs[0]
        if given != "scale":
            return (channels, *_wanted(given, self.size, self.like, tuple(map_)))
        assert self.scale is not None
        return (channels, *[length * factor for length, factor in zip(map_, self.scale, strict=True)])

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (same_map(inputs[0], output),)

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return f"upsample {self.mode}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        if self.scale is not None:
            return tuple([Resampled(divide(1, factor), self.mode) for factor in self.scale])
        lengths = zip(inputs[0][1:], self.output(inputs, Arithmetic())[1:], strict=True)
        return tuple([Resampled(divide(*pair), self.mode) for pair in lengths])


@dataclass(frozen=True, kw_only=True)
class PixelShuffle(Layer):
    """r²·C×H×W as C×rH×rW: every position becomes a patch of r×r. Reads and writes every element.

    Source: Shi et al. 2016, arXiv:1609.05158, equation 4.
    """

    name: ClassVar[str] = "pixel_shuffle"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = ("module", "functional", "function", "custom")
    sides: ClassVar[tuple[int, int | None]] = (2, 2)
    short: ClassVar[str] = "factor"

    factor: Number = attribute("whole", help="r, by which height and width grow")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        channels, height, width = inputs[0]
        patch = self.factor**2
        if is_rational(channels) and is_rational(patch) and channels % patch:
            raise Fault(f"{channels} channels do not divide by {self.factor}²", expected=f"a multiple of {patch}")
        return (divide(channels, patch), height * self.factor, width * self.factor)

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (((self.factor, 1),), tuple([(length, 1) for length in inputs[0][1:]]))

    def summary(self, inputs: tuple[Shape, ...]) -> str:
        return f"{self.label(inputs)} {self.factor}"

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (channels, sides)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return (Resampled(divide(1, self.factor), "nearest"),) * 2


@dataclass(frozen=True, kw_only=True)
class PixelUnshuffle(PixelShuffle):
    """C×rH×rW as r²·C×H×W: every patch of r×r becomes a position. Reads and writes every element."""

    name: ClassVar[str] = "pixel_unshuffle"

    factor: Number = attribute("whole", help="r, by which height and width shrink")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        channels, *map_ = inputs[0]
        for length in map_:
            if is_rational(length) and is_rational(self.factor) and length % self.factor:
                raise Fault(
                    f"a side of {length} does not divide by {self.factor}", expected=f"a multiple of {self.factor}"
                )
        return (channels * self.factor**2, *[arithmetic.divide(length, self.factor) for length in map_])

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (((self.factor, 1),), tuple([(length, 1) for length in output[1:]]))

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return (Window(self.factor, step=self.factor),) * 2


@dataclass(frozen=True, kw_only=True)
class Roll(Layer):
    """The map shifted in a circle, as in windows that move; reads and writes every element.

    Source: Liu et al. 2021, arXiv:2103.14030, section 3.2, cyclic shift.
    """

    name: ClassVar[str] = "roll"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = ("function", "module", "custom")
    sides: ClassVar[tuple[int, int | None]] = (1, None)
    short: ClassVar[str] = "shift"

    shift: Sides = attribute("shifts", help="by how many positions, or [height, width]; below 0 the other way")

    def check(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> None:
        for shift, length in zip(self.shift, inputs[0][1:], strict=True):
            if shift != 0 and not (is_whole(shift) and is_whole(length)):
                arithmetic.assumed[f"{abs(shift)} < {length}"] = (
                    None  # more than once around may come back to its start
                )

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (tuple([(shift, 0) for shift in self._moves(inputs[0])]),)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        where = "behind a roll, which carries one end of the map to the other"
        return tuple([SAME if shift == 0 else Unknown(where) for shift in self._moves(inputs[0])])

    def _moves(self, shape: Shape) -> Sides:
        """Return the shifts less what goes once around, where that is known."""
        moves = zip(self.shift, shape[1:], strict=True)
        return tuple([n % length if is_whole(n) and is_whole(length) else n for n, length in moves])


@dataclass(frozen=True, kw_only=True)
class Unfold(Layer):
    """Every window as a column: C×H×W to K²C×L for L windows. Reads the map and writes every window."""

    name: ClassVar[str] = "unfold"
    keeps: ClassVar[str] = "nothing"
    forms: ClassVar[tuple[str, ...]] = ("module", "functional", "custom")
    sides: ClassVar[tuple[int, int | None]] = (1, 3)
    slides: ClassVar[bool] = True

    kernel: Sides = attribute("pair", help="side k, or [height, width]")
    stride: Sides = attribute("pair", (1, 1), help="step between windows")
    padding: Sides = attribute("sizes", (0, 0), help="a number, or [height, width]")
    dilation: Sides = attribute("pair", (1, 1), help="step between the window's taps")

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        return (product(inputs[0][0], *self.kernel), product(*self._windows(inputs[0], arithmetic)))

    def _windows(self, shape: Shape, arithmetic: Arithmetic) -> Sides:
        """Return how many windows stand along each side of the map."""
        margins = [(margin, margin) for margin in self.padding]
        parts = zip(shape[1:], self.kernel, self.stride, margins, self.dilation, strict=True)
        return tuple([side(*part, arithmetic) for part in parts])

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (channels, sides)

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        if any(self.padding):
            return ()
        # Taps are written before windows, so one side may have both, its taps as far apart as it has windows; those
        # before it have one window each, those behind it one tap.
        map_, counts = inputs[0][1:], self._windows(inputs[0], Arithmetic())
        whole = list(zip(self.kernel, map_, strict=True))
        single = [((k, 1), (n, length)) for k, n, length in zip(self.kernel, counts, map_, strict=True)]
        both = [
            ((k * n, length), *(((d, n),) if k != 1 else ()), *(((s, 1),) if n != 1 else ()))
            for k, n, length, d, s in zip(self.kernel, counts, map_, self.dilation, self.stride, strict=True)
        ]
        return tuple([(*whole[:at], *both[at], *sum(single[at + 1 :], ())) for at in range(len(map_))])

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"unfold {show_sides(self.kernel)}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        single = all(taps == 1 for taps in self.kernel)
        return (Unknown("behind an unfold, which writes the map as one side", single),) * (len(inputs[0]) - 1)


@dataclass(frozen=True, kw_only=True)
class Gather(Layer):
    """Elements of the input at fixed places, in a given shape: a table of biases, read by relative position.

    Nothing is computed, and the places are not learned. Reads the input once and writes every element.

    Source: the relative position bias of Liu et al. 2021, arXiv:2103.14030, section 3.2, equation 4.
    """

    name: ClassVar[str] = "gather"
    forms: ClassVar[tuple[str, ...]] = ("function", "operator", "module", "custom")
    short: ClassVar[str] = "shape"

    shape: Shape = attribute("shape", help="of what is written, channels first")

    @property
    def stated_channels(self) -> Number:
        return self.shape[0]

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        if -1 in self.shape:
            raise Fault(f"shape is {shorten(str(list(self.shape)))}", expected="a length for every side")
        return self.shape

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (False, False)

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        return (Unknown("behind a gather, whose places the file does not say"),) * (len(inputs[0]) - 1)


@dataclass(frozen=True, kw_only=True)
class Reduce(Layer):
    """Mean, maximum or sum along some axes, which become 1, or go where `keep` is false."""

    name: ClassVar[str] = "reduce"
    forms: ClassVar[tuple[str, ...]] = ("function", "module", "custom")

    op: str = attribute("word", "mean", choices=("mean", "max", "sum", "min"), help="what is computed")
    axis: tuple[int, ...] = attribute("axes", help="channels, map, all, an axis or a list of axes")
    keep: bool = attribute("flag", True, help="whether the axes stay, with a length of 1")

    @property
    def keeps(self) -> str:  # type: ignore[override]
        """What it keeps for the backward pass: where the extreme was."""
        return "places" if self.op in ("max", "min") else "nothing"

    def output(self, inputs: tuple[Shape, ...], arithmetic: Arithmetic) -> Shape:
        shape = inputs[0]
        if self.keep:
            return tuple([1 if axis in self.axis else length for axis, length in enumerate(shape)])
        left = tuple([length for axis, length in enumerate(shape) if axis not in self.axis])
        return left or (1,)

    def window(self, inputs: tuple[Shape, ...]) -> Number:
        return product(*(inputs[0][axis] for axis in self.axis))

    def unmoved(self, inputs: tuple[Shape, ...], output: Shape) -> tuple[Equations, ...]:
        return (tuple([(inputs[0][axis], 1) for axis in self.axis]),)

    def unsettled(self, channels: bool, sides: bool) -> tuple[bool, bool]:
        return (channels and 0 not in self.axis, sides)

    def label(self, inputs: tuple[Shape, ...]) -> str:
        return f"reduce {self.op}"

    def reach(self, inputs: tuple[Shape, ...]) -> tuple[Reach, ...]:
        sides = list(enumerate(inputs[0][1:], 1))
        left = [length for side, length in sides if side not in self.axis]
        if not self.keep and any(axis == 0 or inputs[0][axis] != 1 for axis in self.axis) and any(n != 1 for n in left):
            where = f"behind a reduce along {', '.join(map(str, self.axis))}, which takes these sides away"
            return (Unknown(where, 0 in self.axis and len(self.axis) == 1),) * len(sides)
        return over_sides(inputs[0], self.axis)


@dataclass(frozen=True, kw_only=True)
class Dropout(Layer):
    """Nothing at inference, a view."""

    name: ClassVar[str] = "dropout"
    keeps: ClassVar[str] = "places"
    view: ClassVar[bool] = True
    follows: ClassVar[bool] = True


@dataclass(frozen=True, kw_only=True)
class Identity(Layer):
    """Nothing, a view."""

    name: ClassVar[str] = "identity"
    keeps: ClassVar[str] = "nothing"
    view: ClassVar[bool] = True
    follows: ClassVar[bool] = True
