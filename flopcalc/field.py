"""The receptive field of every tensor: which interval of the input each of its positions can see, along each axis.

Maps are taken to have no end, so that fields are not cut off at a border. What a tensor's positions see goes on
regularly: after a period of positions the same intervals come again, further on by a fixed shift. So one period stands
for a map of any size; of one whose size is a symbol, it is told from which size on it has all that differ. Where paths
meet that move at different speeds, the intervals are listed, position by position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm
from typing import Any, TypeAlias

from flopcalc.dataclass import dataclass
from flopcalc.errors import Fault
from flopcalc.layers import SAME, SINGLE, WHOLE, Reach, Resampled, Shape, Unknown, Whole, Window
from flopcalc.number import Arithmetic, Number, as_text, bounded, divide, expanded, is_rational, normal, to_assume

__all__ = ["Field", "Step", "fields"]

_LARGEST = 10**300
_LONGEST_PERIOD = 1 << 14
_MOST_WORK = 3_000_000
"""How many intervals may be looked at for all tensors together."""

_Interval: TypeAlias = "tuple[Number, Number] | None"
"""The first and the last position of the input that is seen; None where a position reads nothing."""


@dataclass(frozen=True, slots=True)
class Field:
    """What the positions of a tensor see of the input, in input pixels, by the sides of its map: (height, width).

    Attributes
    ----------
    side : tuple of Number
        The largest interval that a position sees, from the first pixel to the last, and not cut off at the border.
    stride : tuple of Number
        The step between the fields of neighbours, on the mean.
    centre : tuple of Number
        The middle of the first position's field, on the mean of a period, or of a map that is shorter. The middle of
        the first pixel is 0.
    smallest : tuple of Number
        The smallest interval that a position sees, 0 where one sees nothing; less than `side` behind upsampling.
    whole : bool
        Whether a position sees the whole input: through a layer that reads a whole map, or because its interval covers
        the image. Behind such a layer the other values are those of the map that it read.
    assumed : tuple of str
        From which size of the map on `side` and `smallest` hold, where that is a symbol's (``H ≥ 3``): a smaller map
        has not all of the positions that differ in what they see. And what divides a map into equal parts, where a
        layer reads such a part by a symbol (``4 divides H``).
    """

    side: tuple[Number, ...] = (1, 1)
    stride: tuple[Number, ...] = (1, 1)
    centre: tuple[Number, ...] = (0, 0)
    smallest: tuple[Number, ...] = (1, 1)
    whole: bool = False
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A layer as the receptive field sees it: the tensors that it reads, the one that it writes, and its reach."""

    inputs: tuple[int, ...]
    output: int
    reach: tuple[Reach, ...]

    def along(self, axis: int, sides: int) -> Reach:
        """Return its reach along a side of the input; where it reads a map of other sides, along all of these."""
        if len(self.reach) == sides:
            return self.reach[axis]
        lost = [reach for reach in self.reach if isinstance(reach, Unknown)]
        if lost:
            return lost[0]
        if all(reach == SAME for reach in self.reach):
            return SAME
        if all(isinstance(reach, Whole) or reach == SAME for reach in self.reach):
            return WHOLE
        return Unknown("behind a layer that moves over the sides of another map than the input's", False)


@dataclass(frozen=True, slots=True)
class _Regular:
    """One interval for each position of a period; those of the next period lie `shift` further on."""

    intervals: tuple[_Interval, ...]
    shift: Number

    def at(self, position: int) -> _Interval:
        periods, rest = divmod(position, len(self.intervals))
        found = self.intervals[rest]
        if found is None or periods == 0:
            return found
        return found[0] + periods * self.shift, found[1] + periods * self.shift


@dataclass(frozen=True, slots=True)
class _Listed:
    """The intervals of positions from `first` on, one by one."""

    first: int
    intervals: tuple[_Interval, ...]

    def at(self, position: int) -> _Interval:
        return self.intervals[position - self.first]


@dataclass(frozen=True, slots=True)
class _Apart:
    """How much positions see, without where: behind a layer that reads the whole map, or an unknown factor."""

    side: Number
    smallest: Number
    stride: Number
    centre: Number
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lost:
    """Positions of which it is not known what they see, behind what `where` says.

    `extent` is how much they see, where only their order is not known.
    """

    where: str
    extent: _Apart | None


_Sight: TypeAlias = "_Regular | _Listed | _Apart | _Lost"

_PIXEL = _Regular(((0, 0),), 1)

_NOTHING = _Apart(0, 0, 0, 0)
"""What a learned tensor sees of the input."""


def fields(
    steps: Sequence[Step], shapes: Sequence[Shape], inputs: Sequence[int], arithmetic: Arithmetic
) -> Mapping[int, Field | Fault]:
    """Return the receptive field of every tensor, or why it is not known.

    Parameters
    ----------
    steps : sequence of Step
        In the order in which they run.
    shapes : sequence of Shape
        Of all tensors.
    inputs : sequence of int
        The tensors that enter.
    arithmetic : Arithmetic

    Raises
    ------
    Fault
        Where symbols leave open how far a position sees, or there is too much to look at.

    Notes
    -----
    For a chain of layers without upsampling this is the recurrence r = r + (k − 1)·j, j = j·s of Araujo et al.,
    *Computing Receptive Fields of Convolutional Neural Networks*, Distill 2019, equations 1 to 3.
    """
    work = _Work()
    sides = max(len(shapes[tensor]) for tensor in inputs) - 1
    axes = [_Axis(steps, shapes, inputs, arithmetic, axis, sides, work) for axis in range(sides)]
    found: dict[int, Field | Fault] = {}
    for tensor in (*inputs, *(step.output for step in steps)):
        lost = next((sight for axis in axes if isinstance(sight := axis.sights[tensor], _Lost)), None)
        if lost is not None:
            found[tensor] = _lost(lost.where)
            continue
        extents = [axis.extent(tensor) for axis in axes]
        found[tensor] = Field(
            tuple([extent.side for extent, _ in extents]),
            tuple([extent.stride for extent, _ in extents]),
            tuple([extent.centre for extent, _ in extents]),
            tuple([extent.smallest for extent, _ in extents]),
            all(whole for _, whole in extents),
            tuple(dict.fromkeys(text for extent, _ in extents for text in extent.assumed)),
        )
    return found


def _lost(where: str) -> Fault:
    return _unknown(where, "layers that keep positions in their places, or patches of them", "a spec without it")


class _Work:
    """How much may still be looked at."""

    def __init__(self) -> None:
        self.left = _MOST_WORK

    def spend(self, intervals: int) -> None:
        self.left -= intervals
        if self.left < 0:
            raise Fault(
                "the receptive field differs between too many positions",
                expected=f"at most {_MOST_WORK:,} intervals to look at",
                hint="a smaller input, or upsampling by whole factors",
            )


class _Axis:
    """The sights of all tensors along one axis."""

    def __init__(
        self,
        steps: Sequence[Step],
        shapes: Sequence[Shape],
        inputs: Sequence[int],
        arithmetic: Arithmetic,
        axis: int,
        sides: int,
        work: _Work,
    ) -> None:
        self.steps = steps
        # A map of other sides than the input's is one position, or what it sees of the input is no interval.
        self.lengths = [shape[1 + axis] if len(shape) == 1 + sides else 1 for shape in shapes]
        self.reaches = {step.output: step.along(axis, sides) for step in steps}
        self.entering = [self.lengths[tensor] for tensor in inputs]
        self.arithmetic = arithmetic
        self.work = work
        self.sights: dict[int, _Sight] = dict.fromkeys(inputs, _PIXEL)
        self.whole: set[int] = set()
        self.cut: set[int] = set()
        self.even: dict[int, dict[str, None]] = {tensor: {} for tensor in inputs}
        """By tensor, the divisions that have to come out even along the way to it."""
        self.extents: dict[_Sight, dict[Number, _Apart]] = {}
        for step in steps:
            self.sights[step.output] = self.seen(step)

    # -- along the layers --------------------------------------------------------------------------------------------

    def seen(self, step: Step) -> _Sight:
        """Return what the positions of a step's output see, through each of its inputs."""
        sights: list[_Sight] = []
        even = self.even.setdefault(step.output, {})
        learned = any(self.sights[tensor] is _NOTHING for tensor in step.inputs)
        for tensor in dict.fromkeys(step.inputs):
            reach = self.along(step, tensor)
            if learned and isinstance(reach, Whole):  # its rows alone are mixed, or its columns
                reach = Unknown("behind a product with a learned tensor", False)
            even.update({**self.even[tensor], **_divisions(reach)})
            sight = self.sights[tensor]
            if sight is _NOTHING:
                continue
            if self.cuts(tensor, reach, step.output):
                self.cut.add(step.output)
            if isinstance(reach, Whole) and tensor in self.cut:
                sight = _Lost("where all of a part of the map is seen at once, behind a crop or a slice", None)
            elif tensor in self.cut:
                self.cut.add(step.output)
            lost = isinstance(sight, _Lost) and sight.extent is None
            if tensor in self.whole or (isinstance(reach, Whole) and not lost):
                self.whole.add(step.output)
            if isinstance(reach, Whole) and not lost:
                sights.append(self.extent_of(sight, self.lengths[tensor]))
            elif reach == SAME:
                sights.append(sight)
            else:
                sights.append(self.through(sight, reach, tensor, step.output))
        return self.union(sights, step.output) if sights else _NOTHING

    def cuts(self, tensor: int, reach: Reach, output: int) -> bool:
        """Tell whether a layer leaves positions of its input out, as a crop does."""
        if not isinstance(reach, Window) or (reach.taps, reach.step) != (1, 1):
            return False
        more = self.lengths[output] - self.lengths[tensor]
        if not is_rational(more):
            more = expanded(more)
        return more < 0 if is_rational(more) else not more.is_nonnegative

    def along(self, step: Step, tensor: int) -> Reach:
        """Return a step's reach into one of its inputs; a map with a side of 1 is spread over the others'."""
        reach = self.reaches[step.output]
        spread = len(step.inputs) > 1 and self.lengths[tensor] == 1 and self.lengths[step.output] != 1
        return SINGLE if reach == SAME and spread else reach

    def through(self, sight: _Sight, reach: Window | Reach, source: int, output: int) -> _Sight:
        """Return what positions see that read positions of a known sight."""
        if isinstance(sight, _Apart) and source in self.whole:
            return sight  # it sees everything already
        if isinstance(sight, _Lost):
            kept = isinstance(reach, Unknown) and reach.rearranged
            return sight if kept else _Lost(sight.where, None)
        if isinstance(reach, Unknown):
            return _Lost(reach.where, self.extent_of(sight, self.lengths[source]) if reach.rearranged else None)
        assert not isinstance(reach, Whole)
        if isinstance(sight, _Apart):
            raise _unknown("behind upsampling by a symbol")
        if not reach.known:
            return self.in_symbols(sight, reach)
        if isinstance(sight, _Listed):
            first, last = self.needed[output]
            self.work.spend(sum(_count(reach.reads(position)) for position in range(first, last + 1)))
            return _Listed(
                first,
                tuple(
                    self.hull([sight.at(read) for read in reach.reads(position)]) for position in range(first, last + 1)
                ),
            )
        period = len(sight.intervals)
        written, read = reach.period
        times = period // gcd(period, read)
        if written * times > _LONGEST_PERIOD:
            raise _too_long(written * times)
        found: list[_Interval] = []
        for position in range(written * times):
            taps = reach.reads(position)
            # Taps whose places in the period are the same see the same, further on: the first and the last count.
            unlike = period // gcd(period, taps.step)
            ends = [*taps] if _count(taps) <= 2 * unlike else [*taps[:unlike], *taps[-unlike:]]
            self.work.spend(len(ends))
            found.append(self.hull([sight.at(place) for place in ends]))
        return _shortest(found, _simple(divide(sight.shift * (read * times), period)))

    def in_symbols(self, sight: _Regular | _Listed, reach: Reach) -> _Sight:
        """Return what positions see whose reach is a formula: its ends, where every position of a map sees the same."""
        if isinstance(sight, _Listed) or len(sight.intervals) > 1 or sight.intervals[0] is None:
            raise _unknown("where positions of a map differ in what they see")
        (first, last), shift = sight.intervals[0], sight.shift
        if isinstance(reach, Window):
            ahead = reach.spacing * (reach.taps - 1) - reach.margin
            interval = (_simple(first - reach.margin * shift), _simple(last + ahead * shift))
            return _Regular((interval,), _simple(shift * reach.step))
        if isinstance(reach, Resampled) and reach.mode == "nearest":
            side = _simple(last - first + 1)
            centre = divide(first + last, 2) - divide((1 - reach.ratio) * shift, 2)
            return _Apart(side, side, _simple(shift * reach.ratio), _simple(centre))
        raise _unknown("of a transposed convolution or an interpolation by a symbol")

    def union(self, sights: list[_Sight], output: int) -> _Sight:
        """Return what positions see through any of several paths."""
        different = list(dict.fromkeys(sights))
        if len(different) == 1:
            return different[0]
        lost = [sight for sight in different if isinstance(sight, _Lost)]
        if lost and (output not in self.whole or any(sight.extent is None for sight in lost)):
            self.whole.discard(output)
            return _Lost(lost[0].where, None)
        placed = [sight for sight in different if isinstance(sight, (_Regular, _Listed))]
        apart = [sight for sight in different if isinstance(sight, _Apart)]
        apart += [sight.extent for sight in lost if sight.extent is not None]
        if apart and output not in self.whole:
            raise _unknown("where a path of upsampling by a symbol meets another")
        if not placed:
            side = self.extreme([sight.side for sight in apart], 1)
            least = self.extreme([sight.smallest for sight in apart], -1)
            assumed = tuple(dict.fromkeys(text for sight in apart for text in sight.assumed))
            return _Apart(side, least, apart[0].stride, apart[0].centre, assumed)
        if len(placed) == 1:
            return placed[0]
        regular = [sight for sight in placed if isinstance(sight, _Regular)]
        speed = divide(regular[0].shift, len(regular[0].intervals)) if regular else 0
        if len(regular) == len(placed) and all(
            _simple(divide(sight.shift, len(sight.intervals)) - speed) == 0 for sight in regular
        ):
            period = lcm(*(len(sight.intervals) for sight in regular))
            if period > _LONGEST_PERIOD:
                raise _too_long(period)
            self.work.spend(period * len(regular))
            joined = [self.hull([sight.at(position) for sight in regular]) for position in range(period)]
            return _shortest(joined, _simple(speed * period))
        first, last = self.needed[output]
        self.work.spend((last - first + 1) * len(placed))
        positions = range(first, last + 1)
        return _Listed(first, tuple(self.hull([sight.at(position) for sight in placed]) for position in positions))

    @cached_property
    def needed(self) -> dict[int, tuple[int, int]]:
        """The positions of every tensor that are its own or that a later layer reads, those beyond its map included."""
        found: dict[int, tuple[int, int]] = {}
        for tensor, length in enumerate(self.lengths):
            if type(length) is not int:
                raise _unknown("where paths of different steps meet on a map of unknown size")
            found[tensor] = (0, length - 1)
        for step in reversed(self.steps):
            for tensor in step.inputs:
                reach = self.along(step, tensor)
                if isinstance(reach, Whole | Unknown):
                    continue
                if not reach.known:
                    raise _unknown("where paths of different steps meet")
                first, last = reach.span(*found[step.output])
                found[tensor] = (min(first, found[tensor][0]), max(last, found[tensor][1]))
        return found

    # -- intervals ---------------------------------------------------------------------------------------------------

    def hull(self, intervals: list[_Interval]) -> _Interval:
        """Return the least interval around several."""
        some = [interval for interval in intervals if interval is not None]
        if not some:
            return None
        if len(some) == 1:
            return some[0]
        return (self.extreme([first for first, _ in some], -1), self.extreme([last for _, last in some], 1))

    def extreme(self, values: list[Number], sign: int) -> Number:
        """Return the greatest value, or with a sign of −1 the least."""
        if all(type(value) is int for value in values):
            return max(values) if sign > 0 else min(values)
        best = values[0]
        for value in values[1:]:
            ahead = _simple((best - value) * sign)
            known = self.arithmetic.decide(ahead, strict=False)
            if known is None and not self.arithmetic.decide(_simple(-ahead), strict=False):
                raise _open_path(ahead)
            if not known:
                best = value
        return best

    # -- what they come to -------------------------------------------------------------------------------------------

    def extent(self, tensor: int) -> tuple[_Apart, bool]:
        """Return how much a tensor's positions see, and whether one of them sees the whole side."""
        sight, length = self.sights[tensor], self.lengths[tensor]
        whole = tensor in self.whole or (isinstance(sight, (_Regular, _Listed)) and self.covers(sight, length))
        found = self.extent_of(sight, length)
        return replace(found, assumed=tuple(dict.fromkeys((*self.even[tensor], *found.assumed)))), whole

    def extent_of(self, sight: _Sight, length: Number) -> _Apart:
        """Return how much the positions of a map see."""
        if isinstance(sight, _Lost):
            assert sight.extent is not None, "what is lost for good has no extent"
            return sight.extent
        if isinstance(sight, _Apart):
            return sight
        known = self.extents.setdefault(sight, {})
        if length not in known:
            known[length] = self.measured(sight, length)
        return known[length]

    def measured(self, sight: _Regular | _Listed, length: Number) -> _Apart:
        if isinstance(sight, _Listed):
            assert type(length) is int
            seen = [(position, sight.at(position)) for position in range(length)]
        else:
            count = min(length, len(sight.intervals)) if type(length) is int else len(sight.intervals)
            seen = list(enumerate(sight.intervals[:count]))
        some = [(position, *interval) for position, interval in seen if interval is not None]
        if not some:
            return _Apart(0, 0, 0, 0)
        sides = [_size(interval) for _, interval in seen]
        side, smallest = self.extreme(sides, 1), self.extreme(sides, -1)
        centres = [(position, divide(first + last, 2)) for position, first, last in some]
        if isinstance(sight, _Regular):
            stride = _simple(divide(sight.shift, len(sight.intervals)))
        elif len(centres) > 1:
            stride = _simple(divide(centres[-1][1] - centres[0][1], centres[-1][0] - centres[0][0]))
        else:
            stride = 0
        total: Number = 0
        for position, centre in centres:
            total = total + centre - position * stride
        assumed: tuple[str, ...] = ()
        if type(length) is not int:
            assumed = self.long_enough(length, max(sides.index(side), sides.index(smallest)) + 1)
        return _Apart(side, smallest, stride, _simple(divide(_simple(total), len(centres))), assumed)

    def long_enough(self, length: Number, positions: int) -> tuple[str, ...]:
        """Return what is to be assumed for a map of symbolic size to have so many positions; nothing if it surely has.

        Raises
        ------
        Fault
            Where it surely has fewer.
        """
        enough: Any = expanded(length - positions)
        known = positions == 1 or self.arithmetic.decide(enough, strict=False)
        if known is False:
            raise _unknown(f"on a map of less than {positions} positions whose size is a symbol")
        return () if known else (bounded(enough),)

    def covers(self, sight: _Regular | _Listed, length: Number) -> bool:
        """Tell whether a position sees from the first pixel of the input to the last."""
        if type(length) is not int or not all(type(side) is int for side in self.entering):
            return False
        side = max(entering for entering in self.entering if type(entering) is int)
        return any(_covering(*bounds, side) for bounds in _lines(sight, length))


def _divisions(reach: Reach) -> dict[str, None]:
    """Return which divisions a window by symbols takes to come out even, as `4 divides H`; of K - 1, `K is odd`."""
    found: dict[str, None] = {}
    if isinstance(reach, Window):
        for part in (reach.taps, reach.spacing, reach.step, reach.margin):
            if not is_rational(part):
                quotient: Any = expanded(part)
                over, under = quotient.as_numer_denom()
                if under != 1:
                    odd = under == 2 and (over + 1).is_Symbol
                    found[f"{over + 1} is odd" if odd else f"{under} divides {over}"] = None
    return found


def _size(interval: _Interval) -> Number:
    return 0 if interval is None else _simple(interval[1] - interval[0] + 1)


def _lines(sight: _Regular | _Listed, length: int) -> Iterator[tuple[Number, Number, Number, int]]:
    """Yield first and last pixel, shift and number of the positions whose intervals follow one another regularly."""
    if isinstance(sight, _Listed):
        for position in range(length):
            interval = sight.at(position)
            if interval is not None:
                yield (*interval, 0, 1)
        return
    period = len(sight.intervals)
    for position, interval in enumerate(sight.intervals[:length]):
        if interval is not None:
            yield (*interval, sight.shift, (length - 1 - position) // period + 1)


def _covering(first: Number, last: Number, shift: Number, count: int, side: int) -> bool:
    """Tell whether one of the intervals [first + n·shift, last + n·shift], n < count, covers [0, side − 1]."""
    if not (is_rational(first) and is_rational(last) and is_rational(shift)):
        return False
    if shift == 0:
        return first <= 0 and last >= side - 1
    least = max(0, -((last - side + 1) // shift))
    most = min(count - 1, -first // shift)
    return least <= most


def _shortest(intervals: list[_Interval], shift: Number) -> _Regular:
    """Return a period's intervals, of a part of it where that part comes again."""
    found = _Regular(tuple(intervals), shift)
    period, factor = len(intervals), 2
    while factor <= period and period > 1:
        if period % factor:
            factor += 1
            continue
        part = period // factor
        step = divide(found.shift, factor)
        if all(_moved(found.intervals[n], step) == found.intervals[n + part] for n in range(period - part)):
            found, period = _Regular(found.intervals[:part], step), part
        else:
            factor += 1
    return found


def _moved(interval: _Interval, by: Number) -> _Interval:
    return None if interval is None else (_simple(interval[0] + by), _simple(interval[1] + by))


def _simple(value: Number) -> Number:
    if type(value) is int and -_LARGEST < value < _LARGEST:
        return value
    if not is_rational(value):
        return expanded(value)
    if not -_LARGEST < value < _LARGEST:
        raise Fault("the receptive field is too large", expected="at most 10**300 pixels")
    return normal(value)


def _unknown(
    where: str, expected: str = "numbers for kernels, strides and factors", hint: str = "give the symbols numbers"
) -> Fault:
    return Fault(f"how far a position sees is not known {where}", expected=expected, hint=hint)


def _count(taps: range) -> int:
    """Return how many positions are read; ``len`` knows no range beyond 64 bits."""
    return max(0, -((taps.start - taps.stop) // taps.step))


def _too_long(period: int) -> Fault:
    return Fault(
        f"{period:,} neighbouring positions differ in what they see",
        expected=f"at most {_LONGEST_PERIOD:,}",
        hint="upsampling by smaller or whole factors",
    )


def _open_path(ahead: Any) -> Fault:
    """Ask which of two paths is widest, in the words of an assumption."""
    terms: dict[Number, Number] = {term: normal(count) for term, count in ahead.as_coefficients_dict().items()}
    whole = lcm(*(Fraction(count).denominator for count in terms.values()))
    more, less = (
        normal(sum((term * abs(count) * whole for term, count in terms.items() if (count > 0) is positive), 0))
        for positive in (True, False)
    )
    return Fault(
        f"which path is widest is not known: whether {as_text(more)} or {as_text(less)} is more",
        expected="numbers, or an assumption that decides it",
        hint=to_assume((more, ">=", less), (more, "<=", less)),
    )
