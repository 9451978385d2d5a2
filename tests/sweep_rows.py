"""Rows of a sweep that tests write."""

from __future__ import annotations

from typing import Any

import numpy as np

from flopcalc.convention import load_convention
from flopcalc.render.sweep import Heading, Writing, sweep_streamed
from flopcalc.spec import load
from flopcalc.sweeps import Axis, Block, Column
from flopcalc.sweeps.selecting import Selection, Tally

__all__ = ["block", "heading", "streamed", "with_words"]


def heading(**axes: Axis) -> Heading:
    columns = (*axes, "params", "flops", "mac")
    return Heading(load("mobilenet_v1"), axes, {}, load_convention("paper"), columns, Selection(), 4)


def block(parameters: dict[str, Column], rows: int, scale: int = 1) -> Block:
    names = ("params", "flops", "mac")
    metrics = {
        name: np.array([scale * (place + 1) * n for n in range(1, rows + 1)]) for place, name in enumerate(names)
    }
    return Block(0, parameters, metrics)


def streamed(form: str, what: Heading, rows: Block, tally: Tally | None = None) -> str:
    lines = Writing(form, what.columns).lines([rows])
    return "".join(sweep_streamed(form, what, lines, tally or Tally(4, 0, 4)))


def with_words() -> tuple[Heading, Block]:
    """Return rows whose words would steer a terminal or a document."""
    words: Any = ('a,"b', "x|y\x1b[31m", "<b>$x$", "é")
    axis = Axis((words,))
    return heading(word=axis), block({"word": axis.column()}, 4)
