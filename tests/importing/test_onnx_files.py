"""ONNX files that PyTorch wrote, without their weights: parameters and multiply-adds are those of the models."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from onnx_bytes import graph, model, node, tensor

from flopcalc import analyze, compare, diff, from_onnx
from flopcalc.errors import FlopcalcError, ShapeError, SpecError
from flopcalc.importing.document import text_of
from flopcalc.importing.loading import load, read_model

GOLDENS = Path(__file__).parent.parent / "goldens"
FILES = GOLDENS / "onnx"
ROWS = {
    row["file"]: row for row in csv.DictReader((GOLDENS / "imported_onnx.csv").read_text(encoding="utf-8").splitlines())
}

STATISTICS = {"timm-repvgg_a0.onnx": 672}
"""Running means and variances in a file, of norms that its exporter did not fold: 2·(48 + 96 + 192)."""


@pytest.mark.parametrize("file", ROWS)
def test_a_file_has_the_parameters_and_multiply_adds_of_its_model(file: str) -> None:
    totals = analyze(FILES / file).totals
    assert totals.madds == int(ROWS[file]["madds_of_the_torch_model"])
    assert totals.params + STATISTICS.get(file, 0) == int(ROWS[file]["initializer_elements"])


@pytest.mark.parametrize("file", ROWS)
def test_the_flat_text_of_a_file_is_a_spec_that_counts_the_same(file: str, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(text_of(read_model(str(FILES / file))), encoding="utf-8")
    one, other = analyze(path).totals, analyze(FILES / file).totals
    assert (one.params, one.madds, one.mac, one.peak_memory) == (
        other.params,
        other.madds,
        other.mac,
        other.peak_memory,
    )


def test_every_tensor_of_a_file_has_the_shape_that_its_reader_worked_out() -> None:
    for file in ROWS:
        trace = read_model(str(FILES / file))
        spec = load(str(FILES / file))
        graph = analyze(spec).totals.graph
        layouts = [layout for step in trace.steps for layout in step.layouts]
        assert [graph.shapes[node.output] for node in graph.nodes] == layouts


# Measured by running the models at these sizes: multiply-adds of convolutions and linear layers.
OTHER_SIZES = [
    ("timm-tf_efficientnet_b0.onnx", "3,225,190", 356475072),  # padding that depends on the size
    ("torchvision-squeezenet1_1.onnx", "3,227,227", 387747520),
]


@pytest.mark.parametrize(("file", "size", "madds"), OTHER_SIZES)
def test_a_file_is_counted_at_another_size(file: str, size: str, madds: int) -> None:
    assert analyze(FILES / file, input=size).totals.madds == madds


def test_symbols_stand_for_the_size_of_a_file() -> None:
    report = analyze(FILES / "torchvision-squeezenet1_1.onnx", input=("3", "H", "W"), exact_rounding=True)
    madds = report.totals.madds
    assert madds.subs(dict.fromkeys(madds.free_symbols, 227)).doit() == 387747520


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("timm-resnest14d.onnx", "Reshape /layer1/layer1.0/conv2/Reshape: 1×128×112×168 cannot be 1×2×64×56×56"),
        ("pytorchcv-espnetv2_w1.onnx", "has not the 1024 features that are wanted"),
    ],
)
def test_a_shape_that_is_baked_in_refuses_symbols_with_its_node(file: str, said: str) -> None:
    with pytest.raises(ShapeError, match=said.replace("(", r"\(")):
        analyze(FILES / file, input=("3", "H", "W"))


def test_another_size_than_a_baked_in_one_is_refused_with_its_node() -> None:
    with pytest.raises(SpecError, match=r"Reshape /layer1/layer1\.0/conv2/Reshape"):
        analyze(FILES / "timm-resnest14d.onnx", input="3,256,256")


def test_a_file_stands_beside_a_packaged_network() -> None:
    result = compare(FILES / "torchvision-squeezenet1_1.onnx", "squeezenet1_1")
    file, packaged = (side.totals for side in result.sides)
    assert file.madds == packaged.madds
    assert file.params + 2208 == packaged.params  # the exporter merged biases that are alike: 1235496 − 1233288


def test_what_several_layers_use_is_told_with_its_number() -> None:
    notes = from_onnx(FILES / "torchvision-squeezenet1_1.onnx").notes
    assert any("7 tensors of parameters, 736 elements" in note for note in notes)


def test_a_parameter_of_a_file_is_refused() -> None:
    with pytest.raises(FlopcalcError, match="an ONNX file has no parameter `width`"):
        analyze(f"{FILES / 'nasty-Inplace.onnx'}:width=2")


def test_an_input_of_another_name_is_refused() -> None:
    with pytest.raises(FlopcalcError, match=r"image"):
        analyze(FILES / "nasty-Inplace.onnx", input={"image": "3,64,64"})


OPEN = model(
    graph(
        [
            node("Conv", ["x", "k"], ["a"], pads=[1, 1, 1, 1]),
            node("Flatten", ["a"], ["b"], axis=1),
            node("Gemm", ["b", "w"], ["y"], transB=1),
        ],
        {"x": ["N", 3, "H", "W"]},
        ["y"],
        [tensor("k", [4, 3, 3, 3]), tensor("w", [10, 4 * 64])],
    )
)
"""A network whose file leaves its size open, and whose last layer takes 8×8 alone."""


def test_a_file_that_takes_one_size_alone_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(OPEN)
    assert analyze(str(path), input="3,8,8").totals.madds == 64 * 4 * 27 + 2560
    with pytest.raises(SpecError, match="has not the 256 features that are wanted"):
        analyze(str(path))
    with pytest.raises(SpecError, match="has not the 256 features that are wanted"):
        analyze(str(path), input="3,9,9")


@pytest.mark.parametrize("beside", [compare, diff])
def test_what_is_told_of_a_file_is_told_where_it_stands_beside_another(beside: Callable[..., object]) -> None:
    shown = str(beside(FILES / "torchvision-squeezenet1_1.onnx", "squeezenet1_1"))
    assert "torchvision_squeezenet1_1: 7 tensors of parameters, 736 elements" in " ".join(shown.split())
