"""What ``flopcalc SPEC --training`` says besides: what a step of training computes, and what lives in memory for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from flopcalc.layers import KEPT
from flopcalc.number import Number
from flopcalc.page.model import Block, Column, Line, Table, View
from flopcalc.render.table import in_bytes
from flopcalc.report import Report
from flopcalc.training import Training

__all__ = ["training_blocks"]


def training_blocks(report: Report) -> Iterator[Block]:
    """Yield what is kept for the backward pass, by kind of layer, and what a step takes in all.

    Raises
    ------
    FlopcalcError
        Where a repeat has a symbolic count.
    """
    step = report.training
    if step is None:
        return
    yield _kept(step)
    yield _step(report, step)


def _kept(step: Training) -> Table:
    columns = (
        Column("kind", "Kept by", numeric=False),
        Column("tensors", "Tensors"),
        Column("elements", "Elements"),
        Column("what", "What", numeric=False),
    )
    rows = [((kept.kind,), (kept.tensors,), (kept.elements,), (KEPT[kept.what],)) for kept in step.kept]
    total = (("total",), (sum(kept.tensors for kept in step.kept),), (step.kept_elements,), ())
    lines = (*(Line(row) for row in rows), Line(total, "total"))
    views = (View(("kind", "tensors", "elements", "what"), 1), View(("kind", "tensors", "elements"), 1))
    title = "Kept for the backward pass, each tensor once, by the first layer that keeps it:"
    return Table(columns, lines, views, title=(title,))


def _step(report: Report, step: Training) -> Table:
    columns = (
        Column("what", "A step", numeric=False, whole=True),
        Column("amount", "Amount", whole=True),
        Column("meaning", "What it is", numeric=False),
    )
    bytes_of = partial(in_bytes, report)
    memory = "elements: parameters, gradients, what the optimizer remembers, and what is kept"
    rows: tuple[tuple[str, Number, str], ...] = (
        ("backward", step.backward_madds, "multiply-adds of the gradients of weights and of tensors"),
        ("in all", step.madds, "multiply-adds, forward and backward"),
        ("gradients", step.gradients, "elements, one for each parameter" + bytes_of(step.gradients)),
        ("optimizer", step.state, f"elements that {step.optimizer} remembers" + bytes_of(step.state)),
        ("memory", step.memory, memory + bytes_of(step.memory)),
    )
    lines = tuple(Line(((what,), (amount,), (meaning,))) for what, amount, meaning in rows)
    views = (View(("what", "amount", "meaning"), 2, exact=True), View(("what", "amount"), 1))
    return Table(columns, lines, views, title=("What a step of training takes:",))
