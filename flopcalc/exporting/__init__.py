"""A network leaves: as an ONNX model that runs, or as PyTorch source that people read. Neither library is needed here.

What is written follows the built graph, layer by layer, so that its shapes and parameters are those that are counted.
"""

from flopcalc.exporting.laid import Laid, Placed, laid_out
from flopcalc.exporting.onnx_file import MOST_BYTES, WEIGHTS, model_bytes
from flopcalc.exporting.onnx_model import Model, Tensor, model_of
from flopcalc.exporting.torch_source import torch_source

__all__ = [
    "MOST_BYTES",
    "WEIGHTS",
    "Laid",
    "Model",
    "Placed",
    "Tensor",
    "laid_out",
    "model_bytes",
    "model_of",
    "torch_source",
]
