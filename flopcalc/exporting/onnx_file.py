"""The bytes of an ONNX file, with weights or without; the only place that needs the package `onnx`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from flopcalc.errors import FlopcalcError, Problem, one_of, shorten
from flopcalc.exporting.laid import Dims
from flopcalc.exporting.onnx_model import Model, Operator, Tensor

if TYPE_CHECKING:
    from numpy import float32
    from numpy.typing import NDArray

__all__ = ["MOST_BYTES", "OMITTED", "WEIGHTS", "model_bytes"]

WEIGHTS: Mapping[str, str] = {
    "random": "normal around 0, scaled as He et al. do, so that the model runs",
    "zeros": "all 0, but factors, slopes and variances",
    "none": "shapes alone: the values stand in a file that there is not",
}
"""What weights a model may have."""

MOST_BYTES = 2**31 - 2**20
"""The most bytes of weights: a file of protocol buffers ends at 2 GiB."""

OMITTED = "omitted"
"""The file in which the values of a model without weights would stand."""

_BYTES = 4
"""Of an element: single precision."""


def model_bytes(model: Model, *, weights: str = "random", seed: int = 0, producer: str = "") -> bytes:
    """Return a model as an ONNX file holds it.

    Parameters
    ----------
    model : Model
        From :func:`flopcalc.exporting.model_of`.
    weights : str
        ``random``, ``zeros`` or ``none``; see :data:`WEIGHTS`.
    seed : int
        Of the random weights: the same seed gives the same ones.
    producer : str
        The version of what wrote it.

    Raises
    ------
    FlopcalcError
        Where `onnx` is not installed, there are no such weights, or they do not fit in a file.
    """
    if weights not in WEIGHTS:
        raise FlopcalcError(Problem(f"there are no weights `{shorten(str(weights))}`", None, one_of(WEIGHTS)))
    size = _BYTES * sum(tensor.elements for tensor in model.tensors)
    size += sum(operator.value.nbytes for operator in model.operators if operator.value is not None)
    if weights != "none" and size > MOST_BYTES:
        what = f"the weights take {size:,} bytes, and an ONNX file holds 2 GiB"
        raise FlopcalcError(Problem(what, None, "", "--weights none writes the shapes alone"))
    try:
        import onnx
        from onnx import helper
    except ImportError:
        what = "an ONNX file is written by the package onnx, which is not installed"
        raise FlopcalcError(Problem(what, None, "", 'pip install "flopcalc[onnx]"')) from None
    kinds = onnx.TensorProto
    graph = helper.make_graph(
        [_node(helper, operator) for operator in model.operators],
        model.name,
        [_entering(helper, kinds, model, label, shape) for label, shape in model.inputs.items()],
        [helper.make_tensor_value_info(label, kinds.FLOAT, shape) for label, shape in model.outputs.items()],
    )
    for number, tensor in enumerate(model.tensors):
        proto = graph.initializer.add(name=tensor.name, data_type=kinds.FLOAT, dims=tensor.shape)
        if weights == "none":
            proto.data_location = kinds.EXTERNAL
            proto.external_data.add(key="location", value=OMITTED)
        else:
            proto.raw_data = _little(_values(tensor, number, seed if weights == "random" else None)).tobytes()
    opsets = [helper.make_opsetid("", model.opset)]
    made = helper.make_model(graph, opset_imports=opsets, producer_name="flopcalc", producer_version=producer)
    made.ir_version = helper.find_min_ir_version_for(opsets)
    found: bytes = made.SerializeToString()
    return found


def _node(helper: Any, operator: Operator) -> Any:
    if operator.value is None:
        return helper.make_node(
            operator.kind, operator.inputs, operator.outputs, name=operator.name, **operator.settings
        )
    from onnx import numpy_helper

    value = numpy_helper.from_array(_little(operator.value))
    return helper.make_node("Constant", [], operator.outputs, name=operator.name, value=value)


def _entering(helper: Any, kinds: Any, model: Model, label: str, shape: Dims) -> Any:
    return helper.make_tensor_value_info(label, kinds.INT64 if label in model.indices else kinds.FLOAT, shape)


def _values(tensor: Tensor, number: int, seed: int | None) -> NDArray[float32]:
    """Return the values of the tensor of a number; without a seed those that are not all of one value are 0."""
    import numpy as np

    if seed is None or not tensor.spread:
        return np.full(tensor.shape, tensor.value, np.float32)
    generator = np.random.default_rng((seed, number))
    values: NDArray[float32] = generator.standard_normal(prod(tensor.shape), np.float32)
    values *= np.float32(tensor.spread)
    return values.reshape(tensor.shape)


def _little(values: Any) -> Any:
    """Return values in the order of bytes that the file has."""
    return values.byteswap() if sys.byteorder == "big" else values
