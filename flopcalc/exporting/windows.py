"""Where windows lie: the sides and places of pools and unfoldings as whole numbers, for what runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.exporting.laid import Dims

if TYPE_CHECKING:
    from numpy import int64
    from numpy.typing import NDArray

__all__ = ["adaptive_windows", "first_places", "rounded_up", "spread_places", "widened"]


def adaptive_windows(length: int, size: int) -> list[tuple[int, int]]:
    """Return where the windows of a pool to a given size begin and end: the i-th from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉.

    Examples
    --------
    >>> adaptive_windows(5, 2)
    [(0, 3), (2, 5)]
    """
    return [(number * length // size, -(-(number + 1) * length // size)) for number in range(size)]


def rounded_up(length: int, kernel: int, stride: int, dilation: int, margin: Dims) -> int:
    """Return a pool's side by ONNX's rule for `ceil_mode`: no window is taken away; 0 where the first does not fit.

    Examples
    --------
    >>> rounded_up(6, 3, 2, 1, (0, 0)), rounded_up(2, 3, 2, 1, (0, 0))
    (3, 0)
    """
    rest = length + sum(margin) - dilation * (kernel - 1) - 1
    return 0 if rest < 0 else -(-rest // stride) + 1


def widened(length: int, kernel: int, stride: int, dilation: int, margin: Dims, side: int) -> int:
    """Return the padding behind a side with which a pool that rounds down has as many windows as it should.

    Examples
    --------
    >>> widened(6, 3, 2, 1, (0, 0), 3), widened(6, 3, 2, 1, (0, 0), 2)
    (1, 0)
    """
    before, behind = margin
    return max((side - 1) * stride + dilation * (kernel - 1) + 1 - length - before, behind)


def first_places(pooled: Dims, map_: Dims, strides: Dims, margins: Dims, borders: Dims | None = None) -> NDArray[int64]:
    """Return for every element of a pooled map the place of its window's first element, with the leading axis.

    `borders` are so many positions at each end of a side in which no element lies.

    Examples
    --------
    >>> first_places((1, 2, 2), (1, 4, 4), (2, 2), (0, 0)).tolist()
    [[[[0, 2], [8, 10]]]]
    """
    import numpy as np

    places = np.arange(pooled[0], dtype=np.int64)
    ends = borders or (0,) * len(margins)
    for count, length, stride, margin, end in zip(pooled[1:], map_[1:], strides, margins, ends, strict=True):
        along = np.clip(np.arange(count, dtype=np.int64) * stride - margin, end, length - 1 - end)
        places = places[..., None] * length + along
    return places[None]


def spread_places(length: int, taps: int, stride: int, dilation: int) -> NDArray[int64]:
    """Return for every tap of every window of a side where it lies, a row a tap.

    Examples
    --------
    >>> spread_places(5, 3, 2, 1).tolist()
    [[0, 2], [1, 3], [2, 4]]
    """
    import numpy as np

    windows = (length - dilation * (taps - 1) - 1) // stride + 1
    starts: NDArray[int64] = np.arange(windows, dtype=np.int64) * stride
    return np.arange(taps, dtype=np.int64)[:, None] * dilation + starts[None]
