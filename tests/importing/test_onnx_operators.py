"""Operator by operator: the shape that is worked out, and the parameters and multiply-adds, derived by hand."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import pytest
from onnx_bytes import FLOAT, INT8, INT64, UINT8, Attribute, graph, model, node, tensor
from onnx_bytes import field as onnx_field

from flopcalc import analyze
from flopcalc.importing.onnx.fused import FUSED
from flopcalc.importing.onnx.loading import trace_of
from flopcalc.importing.onnx.model import Graph, read
from flopcalc.importing.onnx.operators import Reader
from flopcalc.importing.tensors import Builder

Whole = Sequence[int]
RUNTIME = "com.microsoft"


@dataclass(frozen=True)
class Row:
    """One operator: what it reads, and what it is to write and to cost."""

    op: str
    shape: Whole
    """Of what it writes first."""
    params: int = 0
    madds: int = 0
    inputs: Sequence[Whole] = ((1, 3, 8, 8),)
    rest: Sequence[Whole | tuple[str, Whole] | None] = ()
    """Its further inputs: the shape of a weight; ("int8", shape); ("ints", numbers); None where it is left out."""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    domain: str = ""
    outputs: int = 1
    opset: int = 17
    run: bool = True
    """Whether ONNX Runtime runs it as it stands here."""


MAP = (1, 3, 8, 8)
ROWS = [
    Row("Conv", (1, 5, 6, 6), 5 * 27, 5 * 27 * 36, rest=[(5, 3, 3, 3)]),
    Row("Conv", (1, 5, 4, 4), 5 * 27 + 5, 5 * 27 * 16, rest=[(5, 3, 3, 3), (5,)],
        attributes={"strides": [2, 2], "pads": [1, 1, 1, 1]}),
    Row("Conv", (1, 6, 4, 8), 6 * 15, 6 * 15 * 32, rest=[(6, 3, 5, 1)],
        attributes={"pads": [0, 0, 0, 0], "dilations": [1, 1]}),
    Row("Conv", (1, 6, 4, 4), 6 * 9, 6 * 9 * 16, rest=[(6, 1, 3, 3)], attributes={"group": 3, "dilations": [2, 2]}),
    Row("Conv", (1, 5, 3, 3), 5 * 27, 5 * 27 * 9, rest=[(5, 3, 3, 3)],
        attributes={"strides": [3, 3], "auto_pad": "SAME_UPPER"}),
    Row("Conv", (1, 5, 4, 4), 5 * 48, 5 * 48 * 16, rest=[(5, 3, 4, 4)],
        attributes={"strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    Row("Conv", (1, 4, 8), 4 * 6, 4 * 6 * 8, [(1, 2, 10)], [(4, 2, 3)]),
    Row("Conv", (1, 4, 3, 3, 3), 4 * 2 * 8, 4 * 16 * 27, [(1, 2, 4, 4, 4)], [(4, 2, 2, 2, 2)]),
    Row("ConvTranspose", (1, 5, 10, 10), 3 * 5 * 9, 3 * 5 * 9 * 64, rest=[(3, 5, 3, 3)]),
    Row("ConvTranspose", (1, 5, 16, 16), 3 * 5 * 9, 3 * 5 * 9 * 64, rest=[(3, 5, 3, 3)],
        attributes={"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]}),
    Row("ConvTranspose", (1, 6, 17, 17), 3 * 2 * 9 + 6, 3 * 2 * 9 * 64, rest=[(3, 2, 3, 3), (6,)],
        attributes={"strides": [2, 2], "group": 3}),
    Row("ConvTranspose", (1, 5, 15, 16), 3 * 5 * 9, 3 * 5 * 9 * 64, rest=[(3, 5, 3, 3)],
        attributes={"strides": [2, 2], "output_shape": [15, 16]}),
    Row("ConvTranspose", (1, 5, 16, 16), 3 * 5 * 9, 3 * 5 * 9 * 64, rest=[(3, 5, 3, 3)],
        attributes={"strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    Row("ConvTranspose", (1, 5, 12, 12), 3 * 5 * 9, 3 * 5 * 9 * 64, rest=[(3, 5, 3, 3)],
        attributes={"dilations": [2, 2]}),
    Row("Gemm", (1, 7), 70 + 7, 70, [(1, 10)], [(7, 10), (7,)], {"transB": 1}),
    Row("Gemm", (4, 7), 70, 4 * 70, [(10, 4)], [(10, 7)], {"transA": 1}),
    Row("MatMul", (1, 9, 7), 70, 9 * 70, [(1, 9, 10)], [(10, 7)]),
    Row("MatMul", (1, 2, 9, 5), 0, 2 * 9 * 10 * 5, [(1, 2, 9, 10), (1, 2, 10, 5)]),
    Row("MatMul", (1, 3, 2, 9, 5), 0, 3 * 2 * 9 * 10 * 5, [(1, 3, 1, 9, 10), (2, 10, 5)]),
    Row("MatMul", (1, 9), 10, 90, [(1, 9, 10)], [(10,)]),
    Row("Einsum", (1, 9, 7), 70, 9 * 70, [(1, 9, 10)], [(10, 7)], {"equation": "bik,kl->bil"}),
    Row("Einsum", (1, 6, 9, 4), 6 * 3 * 4, 6 * 9 * 3 * 4, [(1, 6, 9, 3)], [(6, 3, 4)], {"equation": "bhik,hkl->bhil"}),
    Row("Einsum", (9,), 0, 0, [(1, 9, 10)], (), {"equation": "bik->i"}),
    Row("Einsum", (9, 7), 7, 0, [(1, 9)], [(7,)], {"equation": "bi,j->ij"}),
    # two at a time: of the first two each element by each, which sums nothing, then over i and k
    Row("Einsum", (4, 6), 9 * 4 + 9 * 10 * 6, 4 * 6 * 9 * 10, [(1, 10)], [(9, 4), (9, 10, 6)],
        {"equation": "bk,im,ikj->mj"}),
    Row("Relu", MAP),
    Row("PRelu", MAP, 3, rest=[(3, 1, 1)]),
    Row("Clip", MAP),
    Row("Softmax", MAP, attributes={"axis": 1}),
    Row("CumSum", MAP, rest=[("ints", (1,))]),
    Row("Add", (2, 3, 8, 8), inputs=[MAP, (2, 1, 1, 8)]),
    Row("Mul", MAP, 3, rest=[(3, 1, 1)]),
    Row("Where", MAP, inputs=[(1, 1, 8, 8), MAP, MAP], run=False),
    Row("BatchNormalization", MAP, 6, rest=[(3,)] * 4),
    Row("InstanceNormalization", MAP, 6, rest=[(3,)] * 2),
    Row("GroupNormalization", (1, 6, 4, 4), 12, 0, [(1, 6, 4, 4)], [(6,)] * 2, {"num_groups": 3}, opset=21),
    Row("LayerNormalization", (1, 9, 10), 20, 0, [(1, 9, 10)], [(10,)] * 2),
    Row("LayerNormalization", MAP, 128, 0, [MAP], [(8, 8)] * 2, {"axis": 2}),
    Row("LRN", MAP, attributes={"size": 3}),
    Row("MaxPool", (1, 3, 4, 4), attributes={"kernel_shape": [2, 2], "strides": [2, 2]}),
    Row("MaxPool", (1, 3, 3, 3), attributes={"kernel_shape": [3, 3], "strides": [3, 3], "ceil_mode": 1}),
    Row("MaxPool", (1, 3, 4, 4), attributes={"kernel_shape": [3, 3], "dilations": [2, 2]}),
    Row("MaxPool", (1, 3, 4, 4), attributes={"kernel_shape": [2, 2], "strides": [2, 2]}, outputs=2),
    Row("AveragePool", (1, 3, 4, 4), attributes={"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    Row("AveragePool", (1, 3, 9, 9), attributes={"kernel_shape": [2, 2], "pads": [1, 1, 1, 1]}),
    Row("LpPool", (1, 3, 4, 4), attributes={"kernel_shape": [2, 2], "strides": [2, 2]}),
    Row("GlobalAveragePool", (1, 3, 1, 1)),
    Row("GlobalMaxPool", (1, 3, 1, 1)),
    Row("ReduceMean", (1, 3, 1, 1), attributes={"axes": [2, 3]}),
    Row("ReduceL2", (1, 8, 8), attributes={"axes": [1], "keepdims": 0}),
    Row("ReduceSum", (1, 3, 8), rest=[("ints", (-1,))], attributes={"keepdims": 0}),
    Row("ArgMax", (1, 1, 8, 8), attributes={"axis": 1}, run=False),
    Row("Reshape", (1, 24, 8), rest=[("ints", (0, -1, 8))]),
    Row("Flatten", (3, 64), inputs=[(1, 3, 8, 8)], attributes={"axis": 2}),
    Row("Squeeze", (3, 8, 8), rest=[("ints", (0,))]),
    Row("Unsqueeze", (1, 3, 1, 8, 8, 1), rest=[("ints", (2, -1))]),
    Row("Transpose", (1, 8, 8, 3), attributes={"perm": [0, 2, 3, 1]}),
    Row("Transpose", (8, 8, 3, 1)),
    Row("Concat", (1, 5, 8, 8), inputs=[MAP, (1, 2, 8, 8)], attributes={"axis": 1}),
    Row("Split", (1, 1, 8, 8), rest=[("ints", (1, 2))], attributes={"axis": 1}, outputs=2),
    Row("Split", (1, 3, 3, 8), attributes={"axis": 2, "num_outputs": 3}, outputs=3, opset=18),
    Row("Slice", (1, 3, 3, 8), rest=[("ints", (1,)), ("ints", (7,)), ("ints", (2,)), ("ints", (2,))]),
    Row("Slice", (1, 3, 8, 7), rest=[("ints", (-1,)), ("ints", (0,)), ("ints", (3,)), ("ints", (-1,))]),
    Row("Gather", (1, 2, 8, 8), rest=[("ints", (2, 0))], attributes={"axis": 1}),
    Row("Pad", (1, 3, 9, 11), rest=[("ints", (0, 0, 1, 1, 0, 0, 0, 2))]),
    Row("Resize", (1, 3, 12, 12), rest=[None, (4,)], opset=13, run=False),
    Row("Resize", (1, 3, 5, 16), rest=[None, None, ("ints", (1, 3, 5, 16))]),
    Row("Expand", (2, 3, 8, 8), rest=[("ints", (2, 1, 8, 8))]),
    Row("Tile", (1, 3, 16, 8), rest=[("ints", (1, 1, 2, 1))]),
    Row("DepthToSpace", (1, 2, 8, 8), inputs=[(1, 8, 4, 4)], attributes={"blocksize": 2}),
    Row("SpaceToDepth", (1, 12, 4, 4), attributes={"blocksize": 2}),
    Row("TopK", (1, 2, 8, 8), rest=[("ints", (2,))], attributes={"axis": 1}, outputs=2),
    Row("GatherElements", (1, 3, 8, 2), rest=[("index", (1, 3, 8, 2))], attributes={"axis": 3}),
    Row("GatherND", (4, 8, 8), rest=[("index", (4, 2))]),
    Row("ScatterND", MAP, inputs=[MAP], rest=[("index", (4, 2)), (4, 8, 8)], params=4 * 64),
    Row("Col2Im", (1, 3, 6, 6), inputs=[(1, 12, 9)], rest=[("ints", (6, 6)), ("ints", (2, 2))],
        attributes={"strides": [2, 2]}, opset=18),
    Row("AffineGrid", (1, 5, 6, 2), 0, 5 * 6 * 2 * 3, [(1, 2, 3)], [("ints", (1, 3, 5, 6))], opset=20),
    Row("GridSample", (1, 3, 5, 6), 0, 0, [MAP, (1, 5, 6, 2)]),
    Row("MeanVarianceNormalization", MAP),
    Row("Hardmax", MAP),
    Row("LSTM", (7, 2, 1, 5), 2 * 20 * (4 + 5) + 2 * 40, 7 * 2 * 20 * 9, [(7, 1, 4)], [(2, 20, 4), (2, 20, 5),
        (2, 40)], {"hidden_size": 5, "direction": "bidirectional"}),
    Row("GRU", (7, 1, 2, 5), 15 * 9, 7 * 2 * 15 * 9, [(7, 2, 4)], [(1, 15, 4), (1, 15, 5)], {"hidden_size": 5}),
    Row("RNN", (7, 1, 1, 5), 5 * 9 + 10, 7 * 5 * 9, [(7, 1, 4)], [(1, 5, 4), (1, 5, 5), (1, 10)], {"hidden_size": 5}),
    Row("MatMulInteger", (1, 7), 70, 70, [(1, 10)], [("int8", (10, 7))], run=False),
    Row("ConvInteger", (1, 5, 6, 6), 135, 135 * 36, rest=[("int8", (5, 3, 3, 3))], run=False),
    Row("DynamicQuantizeLinear", MAP, outputs=3, run=False),
    Row("FusedConv", (1, 5, 6, 6), 140, 135 * 36, rest=[(5, 3, 3, 3), (5,)],
        attributes={"activation": "Relu"}, domain=RUNTIME),
    Row("FusedGemm", (1, 7), 77, 70, [(1, 10)], [(10, 7), (7,)], {"activation": "Relu"}, RUNTIME),
    Row("FusedMatMul", (1, 2, 9, 5), 0, 2 * 9 * 10 * 5, [(1, 2, 9, 10), (1, 2, 5, 10)], (), {"transB": 1}, RUNTIME),
    Row("FusedMatMul", (4, 9, 5), 0, 4 * 9 * 10 * 5, [(9, 4, 10), (4, 10, 5)], (), {"transBatchA": 1}, RUNTIME),
    Row("Gelu", MAP, domain=RUNTIME),
    Row("BiasGelu", (1, 9, 10), 10, 0, [(1, 9, 10)], [(10,)], domain=RUNTIME),
    Row("FastGelu", (1, 9, 10), 10, 0, [(1, 9, 10)], [(10,)], domain=RUNTIME),
    Row("SkipLayerNormalization", (1, 9, 10), 30, 0, [(1, 9, 10)] * 2, [(10,)] * 3, domain=RUNTIME),
    Row("SkipSimplifiedLayerNormalization", (1, 9, 10), 10, 0, [(1, 9, 10)] * 2, [(10,)], domain=RUNTIME),
    # queries, keys, values: 3·12·12 a token; then scores and their sums: 2·9·9·12
    Row("Attention", (1, 9, 12), 12 * 36 + 36, 9 * 12 * 36 + 2 * 81 * 12, [(1, 9, 12)], [(12, 36), (36,)],
        {"num_heads": 3}, RUNTIME),
    Row("MultiHeadAttention", (1, 9, 12), 36, 2 * 9 * 5 * 12, [(1, 9, 12), (1, 5, 12), (1, 5, 12)], [(36,)],
        {"num_heads": 3}, RUNTIME),
    Row("Attention", (1, 9, 12), 0, 2 * 9 * 5 * 12, [(1, 9, 12), (1, 5, 12), (1, 5, 12)], (),
        {"q_num_heads": 3, "kv_num_heads": 3}, opset=23),
    Row("Attention", (1, 4, 9, 6), 0, 2 * 4 * 9 * 5 * 6, [(1, 4, 9, 6), (1, 2, 5, 6), (1, 2, 5, 6)], opset=23),
    Row("MatMulNBits", (1, 9, 16), 32 * 16, 9 * 32 * 16, [(1, 9, 32)], [("uint8", (16, 1, 16)), (16,)],
        {"K": 32, "N": 16, "bits": 4, "block_size": 32}, RUNTIME),
]  # fmt: skip


def _data(name: str, given: Whole | tuple[str, Whole]) -> bytes:
    """Return an initializer of a row."""
    kind, shape = given if isinstance(given[0] if given else 0, str) else ("weight", given)  # type: ignore[misc]
    if kind == "ints":
        return tensor(name, (len(shape),), list(shape), INT64)
    if kind == "index":
        return tensor(name, shape, [0] * prod(shape), INT64)
    if kind in ("int8", "uint8"):
        return tensor(name, shape, None, INT8 if kind == "int8" else UINT8, bytes(prod(shape)))
    values = [1.0, 1.0, 1.5, 1.5] if tuple(shape) == (4,) else [0.0] * prod(shape)
    return tensor(name, shape, values, FLOAT)


def _file(row: Row) -> bytes:
    names = [f"x{place}" for place in range(len(row.inputs))]
    given = [*names, *("" if each is None else f"w{place}" for place, each in enumerate(row.rest))]
    tensors = [_data(f"w{place}", each) for place, each in enumerate(row.rest) if each is not None]
    written = ["y", *(f"y{place}" for place in range(1, row.outputs))]
    one = node(row.op, given, written, "it", row.domain, **row.attributes)
    return model(graph([one], dict(zip(names, row.inputs, strict=True)), written[:1], tensors), row.opset)


@pytest.fixture(params=ROWS, ids=lambda row: f"{row.op}-{'x'.join(map(str, row.shape))}")
def row(request: pytest.FixtureRequest) -> Row:
    return request.param  # type: ignore[no-any-return]


def _shape(path: Path, row: Row) -> Whole:
    shapes: list[Whole] = []

    def use(net: Graph) -> None:
        reader = Reader(net, Builder("net"), {f"x{at}": tuple(each) for at, each in enumerate(row.inputs)}, fused=FUSED)
        reader.read()
        shapes.append(reader.held["y"].shape)

    read(path, use)
    return shapes[0]


def test_an_operator_writes_the_shape_of_its_specification(row: Row, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(_file(row))
    assert tuple(_shape(path, row)) == tuple(row.shape)


def test_an_operator_has_its_parameters_and_multiply_adds(row: Row, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(_file(row))
    if trace_of(path).steps:
        totals = analyze(path).totals
        assert (totals.params, totals.madds, totals.unknown) == (row.params, row.madds, frozenset())


@pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is None, reason="ONNX Runtime is not installed")
def test_an_operator_writes_the_shape_that_the_runtime_writes(row: Row) -> None:
    import numpy
    import onnxruntime

    if not row.run:
        pytest.skip("the runtime wants other data types here")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(_file(row), options, providers=["CPUExecutionProvider"])
    feed = {f"x{at}": numpy.zeros(tuple(each), "float32") for at, each in enumerate(row.inputs)}
    assert session.run(["y"], feed)[0].shape == tuple(row.shape)


@pytest.mark.parametrize(
    ("name", "scopes", "learned"),
    [
        ("g", False, 1),
        ("val_3", False, 1),
        ("g", True, 1),
        ("block.gamma", True, 1),
        ("val_3", True, 0),
        ("max_val_cast", True, 0),
    ],
)
def test_a_single_number_is_learned_unless_the_exporter_made_it(
    name: str, scopes: bool, learned: int, tmp_path: Path
) -> None:
    entry = node("Mul", ["x", name], ["y"])
    if scopes:
        entry += onnx_field(9, onnx_field(1, "pkg.torch.onnx.name_scopes") + onnx_field(2, "['', 'scale', 'mul']"))
    path = tmp_path / "net.onnx"
    path.write_bytes(model(graph([entry], {"x": MAP}, ["y"], [tensor(name, (), [0.5])])))
    assert analyze(path).totals.params == learned
