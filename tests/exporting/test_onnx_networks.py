"""Every packaged network as an ONNX model: the checker takes it, a runtime runs it, shapes and parameters are ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_networks import MASKED, NETWORKS, small

from flopcalc import analyze, from_onnx
from flopcalc.exporting import Model, model_bytes, model_of
from flopcalc.exporting.onnx_file import OMITTED

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

EACH = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(f"exported {name}")) for name in NETWORKS]
)
"""Lets one process run all tests of a network, which it makes once."""

LARGE = 15_000_000
"""Parameters from which on random numbers take too long for a test."""


def model(name: str) -> Model:
    return model_of(small(name).totals.graph, name, pass_custom=name in MASKED)


def session(exported: Model):  # type: ignore[no-untyped-def]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    data = model_bytes(exported, weights="random" if exported.params < LARGE else "none")
    if exported.params >= LARGE:  # zeros are given to the runtime as they are, and fill no file
        zeros = [
            np.zeros(tensor.shape, np.float32) if not tensor.value else np.ones(tensor.shape, np.float32)
            for tensor in exported.tensors
        ]
        given = [onnxruntime.OrtValue.ortvalue_from_numpy(values) for values in zeros]
        options.add_external_initializers([tensor.name for tensor in exported.tensors], given)
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@EACH
def test_the_checker_takes_it_with_all_shapes_inferred(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / OMITTED).touch()  # the checker wants that there is such a file, and does not look into it
    monkeypatch.chdir(tmp_path)
    proto = onnx.load_from_string(model_bytes(model(name), weights="none"))
    onnx.checker.check_model(proto, full_check=True)


@EACH
def test_a_runtime_runs_it_and_writes_the_shapes_that_are_counted(name: str) -> None:
    exported, report = model(name), small(name)
    runtime = session(exported)
    generator = np.random.default_rng(0)
    feed = {
        entry.name: np.zeros(entry.shape, np.int64)
        if entry.type == "tensor(int64)"
        else generator.random(entry.shape, np.float32)
        for entry in runtime.get_inputs()
    }
    written = dict(zip([entry.name for entry in runtime.get_outputs()], runtime.run(None, feed), strict=True))
    graph = report.totals.graph
    assert {label: values.shape for label, values in written.items()} == {
        label: (1, *graph.shapes[tensor]) for label, tensor in graph.outputs.items()
    }
    assert all(np.isfinite(values).all() for values in written.values())


@EACH
def test_its_initializers_that_are_learned_are_the_parameters_that_are_counted(name: str) -> None:
    proto = onnx.load_from_string(model_bytes(model(name), weights="none"))
    statistics = {
        place for node in proto.graph.node if node.op_type == "BatchNormalization" for place in node.input[3:]
    }
    learned = [entry for entry in proto.graph.initializer if entry.name not in statistics]
    assert sum(int(np.prod(entry.dims)) for entry in learned) == small(name).totals.params


MOVED = ("alexnet", "swin", "vgg")
"""Networks with layers that are written as several operators: adaptive pools whose windows differ, rolls, masks."""


@EACH
def test_reading_it_back_counts_the_same(name: str, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(model_bytes(model(name), weights="none"))
    back, totals = analyze(from_onnx(path)).totals, small(name).totals
    assert (back.params, back.madds, back.activations) == (totals.params, totals.madds, totals.activations)
    assert (back.mac == totals.mac) is (name not in MOVED)


def test_resnet_50_has_the_parameters_and_the_shapes_of_torchvisions() -> None:
    """25,557,032 parameters and 1000 classes: torchvision 0.19, resnet50."""
    exported = model_of(analyze("resnet50").totals.graph, "resnet50")
    assert exported.params == 25_557_032
    assert (exported.inputs, exported.outputs) == ({"input": (1, 3, 224, 224)}, {"output": (1, 1000, 1, 1)})
    assert sum(operator.kind == "Conv" for operator in exported.operators) == 53
