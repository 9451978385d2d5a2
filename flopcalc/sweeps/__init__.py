"""Many configurations of one spec at once: exact totals on arrays, at millions of networks a second.

- :mod:`~flopcalc.sweeps.axes`: the values that a parameter takes (:class:`Axis`, :func:`read_axis`), columns of exact
  numbers (:class:`Column`), and grids (:class:`Product`, :class:`Listed`).
- :mod:`~flopcalc.sweeps.recorded`: numbers that remember how they were computed and what was decided by them.
- :mod:`~flopcalc.sweeps.tracing`: one analysis with such numbers, which gives a network's totals as polynomials.
- :mod:`~flopcalc.sweeps.evaluation`: those polynomials on arrays, with proven bounds.
- :mod:`~flopcalc.sweeps.compiled`: :func:`compile_totals`, the totals of every structure that a grid meets.
- :mod:`~flopcalc.sweeps.blocks`: how a grid is cut into blocks of rows (:class:`Block`).
- :mod:`~flopcalc.sweeps.running`: :func:`sweep`, block by block, on any executor; :func:`sweep_reduced`, of which
  few rows travel; :mod:`~flopcalc.sweeps.shared`: memory by which they need not.

Examples
--------
>>> from flopcalc.sweeps import sweep
>>> for block in sweep("mobilenet_v1", {"alpha": "0.5,1", "rho": "4/7,1"}, metrics=("params", "madds")):
...     for row in block.rows():
...         print(row)
{'alpha': Fraction(1, 2), 'rho': Fraction(4, 7), 'params': 1331592, 'madds': 49160192}
{'alpha': Fraction(1, 2), 'rho': 1, 'params': 1331592, 'madds': 149497088}
{'alpha': 1, 'rho': Fraction(4, 7), 'params': 4231976, 'madds': 186400768}
{'alpha': 1, 'rho': 1, 'params': 4231976, 'madds': 568740352}
"""

from __future__ import annotations

from flopcalc.sweeps.axes import Axis, Column, Grid, Listed, Product, Span, read_axis, read_grid
from flopcalc.sweeps.blocks import Block
from flopcalc.sweeps.compiled import METRICS, Compiled, compile_totals
from flopcalc.sweeps.running import BATCH, Swept, sweep, sweep_reduced

__all__ = [
    "BATCH",
    "METRICS",
    "Axis",
    "Block",
    "Column",
    "Compiled",
    "Grid",
    "Listed",
    "Product",
    "Span",
    "Swept",
    "compile_totals",
    "read_axis",
    "read_grid",
    "sweep",
    "sweep_reduced",
]
