"""A network leaves: as an ONNX model that runs, or as PyTorch source that people read. Neither library is needed here.

What is written follows the built graph, layer by layer, so that its shapes and parameters are those that are counted.
"""

from __future__ import annotations

from pathlib import Path

from flopcalc.analysis import analyze
from flopcalc.exporting.laid import Laid, Placed, laid_out
from flopcalc.exporting.onnx_file import MOST_BYTES, WEIGHTS, model_bytes
from flopcalc.exporting.onnx_model import Model, Tensor, model_of
from flopcalc.exporting.torch_source import torch_source
from flopcalc.spec.model import Spec

__all__ = [
    "MOST_BYTES",
    "WEIGHTS",
    "Laid",
    "Model",
    "Placed",
    "Tensor",
    "export",
    "laid_out",
    "model_bytes",
    "model_of",
    "torch_source",
]


def export(
    spec_or_name: Spec | str | Path,
    path: str | Path,
    *,
    weights: str = "random",
    seed: int = 0,
    input: str | tuple[object, object, object] | None = None,
    pass_custom: bool = False,
    **parameters: object,
) -> Model:
    """Write a network as an ONNX model that runs, and return what was written.

    Parameters
    ----------
    spec_or_name : Spec, str or Path
    path : str or Path
        Where it is written; the package onnx is needed.
    weights : str
        ``random``, ``zeros``, or ``none`` for shapes alone.
    seed : int
        Of random weights.
    input : str or tuple, optional
        The input's shape instead of the spec's own.
    pass_custom : bool
        Let custom layers that learn nothing and keep the shape pass on what they read.
    **parameters
        Values of the spec's parameters.

    Raises
    ------
    FlopcalcError
        Where a size is a symbol, a layer cannot be written, or the package onnx is missing.
    """
    report = analyze(spec_or_name, input=input, **parameters)  # type: ignore[arg-type]
    model = model_of(report.totals.graph, report.name, pass_custom=pass_custom)
    Path(path).write_bytes(model_bytes(model, weights=weights, seed=seed))
    return model
