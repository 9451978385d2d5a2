"""What a layer costs: one small frozen value that adds, exact for numbers and symbols alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flopcalc.dataclass import dataclass
from flopcalc.number import Number, total

__all__ = ["QUANTITIES", "Cost", "add_up"]

QUANTITIES = ("params", "weights", "biases", "madds", "bias_adds", "mac", "activations", "inputs", "outputs")
"""The fields of :class:`Cost`, in order."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The quantities of one layer, or of several together; all are counts of elements or operations.

    Attributes
    ----------
    params : Number
        Learnable parameters, all of them: kernels, matrices, biases, and the scale and shift of norms.
    weights : Number
        Elements of kernels and matrices alone; what the papers' closed formulas call parameters.
    biases : Number
        Bias elements of convolutions and linear layers.
    madds : Number
        Multiply-adds of convolutions, linear layers and matrix products.
    bias_adds : Number
        Additions of a bias: one an output where there is one.
    mac : Number
        Memory access cost in elements: every input and parameter read once, every output written once.
    activations : Number
        Output elements of convolutions, linear layers and matrix products.
    inputs, outputs : Number
        Elements read and written, views included.

    Examples
    --------
    >>> (Cost(params=3, mac=5) + Cost(params=4)).params
    7
    """

    params: Number = 0
    weights: Number = 0
    biases: Number = 0
    madds: Number = 0
    bias_adds: Number = 0
    mac: Number = 0
    activations: Number = 0
    inputs: Number = 0
    outputs: Number = 0

    def __add__(self, other: Cost) -> Cost:
        return add_up((self, other))

    def map(self, function: Callable[[Number], Number]) -> Cost:
        """Return the cost with `function` applied to every quantity."""
        return Cost(*(function(getattr(self, name)) for name in QUANTITIES))


def add_up(costs: Iterable[Cost]) -> Cost:
    """Add many costs; symbolic terms are gathered once, so that work grows linearly.

    Examples
    --------
    >>> add_up([Cost(madds=2), Cost(madds=3)]).madds
    5
    """
    gathered = tuple(costs)
    return Cost(*(total(getattr(cost, name) for cost in gathered) for name in QUANTITIES))
