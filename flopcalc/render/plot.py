"""Sweeps as pictures: two columns against each other, in a file by matplotlib or in characters on a terminal.

A picture keeps a bounded number of points, however many rows it is shown: of those that fall together in it, one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from flopcalc.number import readable
from flopcalc.render.sweep import Heading, label, notes_of
from flopcalc.render.text import encodable, plain
from flopcalc.render.units import human_number
from flopcalc.sweeps import Block

if TYPE_CHECKING:
    from flopcalc.render.terminal import Screen

__all__ = ["Cloud", "drawn_lines", "plot_as_text", "write_plot"]

Array: TypeAlias = Any

_ACROSS, _UP = 320, 240
_MOST = _ACROSS * _UP + 50_000
_MOST_LINES = 12
_LONGEST_LINE = 5_000
_VECTORS = 5_000
"""Up to how many points a picture's points are drawn as vectors; more are one image in it."""

_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
"""The blocks by which of their quarters are filled: 1 upper left, 2 upper right, 4 lower left, 8 lower right."""


class Cloud:
    """Points of a picture: all of them while they are few, then one for each cell of a fine grid.

    Parameters
    ----------
    x, y : str
        Columns: metrics, or parameters that are numbers.
    lines : sequence of str, optional
        Parameters whose values part the points into lines; every point is kept then.
    """

    def __init__(self, x: str, y: str, lines: Sequence[str] | None = None) -> None:
        self.x, self.y = x, y
        self.lines = None if lines is None else tuple(lines)
        self.count = 0
        self._parts: list[tuple[Array, Array]] = []
        self._held = 0
        self._groups: dict[str, list[tuple[float, float]]] = {}

    def add(self, block: Block) -> None:
        """Take rows in."""
        if not len(block):
            return
        x, y = (_floats(block, name) for name in (self.x, self.y))
        self.count += len(block)
        self._parts.append((x, y))
        self._held += len(x)
        if self.lines is not None:
            texts = [[f"{name} = {readable(value)}" for value in block.parameters[name]] for name in self.lines]
            for place, point in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
                self._groups.setdefault(", ".join(text[place] for text in texts), []).append(point)
        elif self._held > _MOST:
            self._thin()

    def _thin(self) -> None:
        import numpy as np

        x, y = self.points()
        cells = _cells(x, _ACROSS) * _UP + _cells(y, _UP)
        first = np.unique(cells, return_index=True)[1]
        self._parts = [(x[first], y[first])]
        self._held = len(first)

    def points(self) -> tuple[Array, Array]:
        """Return the points that are kept."""
        import numpy as np

        if not self._parts:
            return np.zeros(0), np.zeros(0)
        x, y = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        self._parts = [(x, y)]
        return x, y

    def groups(self) -> dict[str, list[tuple[float, float]]]:
        """Return the lines by their names, each in the order of x."""
        return {name: sorted(points) for name, points in self._groups.items()}


def drawn_lines(heading: Heading, x: str) -> tuple[str, ...] | None:
    """Return the parameters that part a picture into lines; None where it shows points.

    Lines are drawn over a parameter, where the others have few values.
    """
    if x not in heading.axes or heading.selection.front or len(heading.axes[x]) > _LONGEST_LINE:
        return None
    others = tuple(name for name in heading.axes if name != x)
    return others if math.prod(len(heading.axes[name]) for name in others) <= _MOST_LINES else None


def _floats(block: Block, name: str) -> Array:
    import numpy as np

    array = block.metrics[name] if name in block.metrics else block.parameters[name].array()
    return array.astype(np.float64)


def _cells(values: Array, count: int) -> Array:
    """Return which of so many cells between the least and the greatest value each value is in."""
    import numpy as np

    low, high = float(values.min()), float(values.max())
    if high == low:
        return np.full(len(values), count // 2)
    return np.minimum(((values - low) * (count / (high - low))).astype(np.int64), count - 1)


# -- files -----------------------------------------------------------------------------------------------------------


def write_plot(heading: Heading, cloud: Cloud, front: Block | None, file: BinaryIO, kind: str) -> None:
    """Draw a picture with matplotlib.

    Parameters
    ----------
    heading : Heading
    cloud : Cloud
    front : Block or None
        The Pareto front, drawn as a line.
    file : binary file
    kind : str
        ``svg``, ``png`` or ``pdf``.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    settings = {"svg.hashsalt": "flopcalc", "svg.fonttype": "path", "text.parse_math": False}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(8, 5.5), dpi=150)
        figure.set_layout_engine("constrained", rect=(0, 0.07, 1, 0.93))
        axes = figure.add_subplot()
        if cloud.lines is not None:
            for name, points in cloud.groups().items():
                style: dict[str, Any] = {"marker": "o", "markersize": 3} if len(points) < 60 else {}
                axes.plot(*zip(*points, strict=True), label=name or None, linewidth=1.2, **style)
            if len(cloud.groups()) > 1:
                axes.legend(fontsize=8)
        else:
            x, y = cloud.points()
            name = _told(cloud.count)
            many = len(x) > _VECTORS
            colour = "#9aa7b5" if front is not None else "#2f6f9f"
            axes.scatter(x, y, s=2 if many else 7, color=colour, linewidths=0, rasterized=many, label=name)
            if front is not None:
                points = sorted(zip(_floats(front, cloud.x), _floats(front, cloud.y), strict=True))
                alone = {key.name for key in heading.selection.front} != {
                    cloud.x,
                    cloud.y,
                }  # a line would go to and fro
                mark: dict[str, Any] = {"marker": "o", "markersize": 3.5} if alone or len(points) < 200 else {}
                mark |= {"linestyle": "none"} if alone else {}
                name = f"Pareto front, {len(points):,}"
                axes.plot(*zip(*points, strict=True), color="#c2410c", linewidth=1.2, label=name, **mark)
            axes.legend(fontsize=8)
        axes.set_xlabel(label(cloud.x))
        axes.set_ylabel(label(cloud.y))
        for axis, name in ((axes.xaxis, cloud.x), (axes.yaxis, cloud.y)):
            if name not in heading.axes:
                axis.set_major_formatter(EngFormatter())
        axes.grid(alpha=0.3)
        axes.set_title(heading.title)
        figure.text(0.01, 0.01, fill(_caption(heading, cloud), 150), fontsize=6.5, color="#444444")
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        figure.savefig(file, format=kind, metadata=metadata)


def _told(count: int) -> str:
    return f"{count:,} configuration{'s' * (count != 1)}"


def _caption(heading: Heading, cloud: Cloud) -> str:
    from dataclasses import replace

    condition = heading.selection.condition
    parts = [heading.settings() + "."]
    if condition is not None:
        parts.append(f"Where {condition.text}.")
    return " ".join([*parts, *notes_of(replace(heading, columns=(cloud.x, cloud.y)))])


# -- the terminal ----------------------------------------------------------------------------------------------------


def plot_as_text(heading: Heading, cloud: Cloud, front: Block | None, screen: Screen | None = None) -> str:
    """Return a picture in block characters, or ASCII where the screen has no others; the front is diamonds."""
    from flopcalc.render.terminal import Paragraph, Screen, paragraphs_as_text

    screen = screen or Screen()
    x, y = cloud.points()
    if not len(x):
        return ""
    blocks = encodable(_QUADRANTS + "◆│└─", screen.encoding)
    low, high = (_number(value, cloud.y in heading.axes) for value in (float(y.min()), float(y.max())))
    margin = max(len(low), len(high))
    across, up = max(1, min(screen.width - margin - 3, 96)), 18
    lines = _picture(cloud, front, across, up, blocks)
    wall, floor, corner = ("│", "─", "└") if blocks else ("|", "-", "+")
    shown = [label(cloud.y)]
    for number, line in enumerate(lines):
        side = high if number == 0 else low if number == up - 1 else ""
        shown.append(f"{side.rjust(margin)} {wall}{line}".rstrip())
    shown.append(" " * (margin + 1) + corner + floor * across)
    left, right = (_number(value, cloud.x in heading.axes) for value in (float(x.min()), float(x.max())))
    name = label(cloud.x)
    room = across - len(left) - len(right)
    if room < 1:
        shown += [" " * (margin + 2) + left, right.rjust(margin + 2 + across)]
    else:
        shown.append(" " * (margin + 2) + left + (name if len(name) + 2 <= room else "").center(room) + right)
    key = [_told(cloud.count)]
    if front is not None:
        key.append(f"{'◆' if blocks else '*'} Pareto front, {len(front):,}")
    note = Paragraph("; ".join(key) + ". " + _caption(heading, cloud), "dim")
    text = "\n".join(shown) + "\n"
    return (text if blocks else plain(text, screen.encoding)) + paragraphs_as_text([note], screen)


def _number(value: float, parameter: bool) -> str:
    return format(value, ".6g") if parameter else human_number(int(value))


def _picture(cloud: Cloud, front: Block | None, across: int, up: int, blocks: bool) -> list[str]:
    import numpy as np

    x, y = cloud.points()
    fine = 2 if blocks else 1
    filled = np.zeros((up * fine, across * fine), bool)
    filled[up * fine - 1 - _cells(y, up * fine), _cells(x, across * fine)] = True
    if blocks:
        quarters = filled.reshape(up, 2, across, 2)
        codes = quarters[:, 0, :, 0] + 2 * quarters[:, 0, :, 1] + 4 * quarters[:, 1, :, 0] + 8 * quarters[:, 1, :, 1]
        cells = [[_QUADRANTS[code] for code in row] for row in codes]
    else:
        cells = [["." if cell else " " for cell in row] for row in filled]
    if front is not None:
        for a, b in zip(_floats(front, cloud.x), _floats(front, cloud.y), strict=True):
            cells[up - 1 - _place(b, y, up)][_place(a, x, across)] = "◆" if blocks else "*"
    return ["".join(row) for row in cells]


def _place(value: float, values: Array, count: int) -> int:
    low, high = float(values.min()), float(values.max())
    return count // 2 if high == low else max(0, min(int((value - low) * (count / (high - low))), count - 1))
