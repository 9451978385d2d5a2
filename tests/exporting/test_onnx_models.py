"""What stands in an exported model: names, weights, what is shared, and what is refused."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flopcalc import Report
from flopcalc.errors import FlopcalcError, ParameterError
from flopcalc.exporting import Model, model_bytes, model_of, onnx_file

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

Analyse = Callable[..., Report]

BLOCKS = """
name: net
input: [3, 8, 8]
layers:
  - name: stage1
    layers:
      - conv: {out: 4, kernel: 3, bias: true}
      - norm
      - relu
  - global_pool
  - linear: {out: 5}
"""


@pytest.fixture
def exported(analyse: Analyse) -> Callable[[str], Model]:
    def model(text: str) -> Model:
        return model_of(analyse(text).totals.graph, "net")

    return model


def proto(model: Model, **options: Any) -> Any:
    return onnx.load_from_string(model_bytes(model, **options))


def run(model: Model, *inputs: np.ndarray[Any, Any], **options: Any) -> list[np.ndarray[Any, Any]]:
    session = onnxruntime.InferenceSession(model_bytes(model, **options), providers=["CPUExecutionProvider"])
    names = [entry.name for entry in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))  # type: ignore[no-any-return]


def test_operators_and_tensors_are_called_by_the_paths_of_their_layers(exported: Callable[[str], Model]) -> None:
    model = exported(BLOCKS)
    named = [operator.name for operator in model.operators if operator.kind != "Constant"]
    assert named[:3] == ["/stage1/conv/Conv", "/stage1/norm/BatchNormalization", "/stage1/relu/Relu"]
    assert [tensor.name for tensor in model.tensors] == [
        "stage1.conv.weight",
        "stage1.conv.bias",
        "stage1.norm.running_mean",
        "stage1.norm.running_var",
        "stage1.norm.weight",
        "stage1.norm.bias",
        "linear.weight",
        "linear.bias",
    ]


def test_a_mean_and_a_variance_are_kept_and_no_parameters(exported: Callable[[str], Model]) -> None:
    model = exported(BLOCKS)
    assert model.params == (3 * 9 * 4 + 4) + 2 * 4 + (4 * 5 + 5)
    assert sum(tensor.elements for tensor in model.tensors) == model.params + 2 * 4


def test_the_file_says_what_wrote_it(exported: Callable[[str], Model]) -> None:
    made = proto(exported(BLOCKS), producer="1.2.3")
    assert (made.producer_name, made.producer_version, made.graph.name) == ("flopcalc", "1.2.3", "net")


@pytest.mark.parametrize(("layer", "opset"), [("relu", 20), ("norm: {kind: group}", 21), ("norm: {kind: rms}", 23)])
def test_a_model_wants_no_later_operators_than_it_uses(
    exported: Callable[[str], Model], layer: str, opset: int
) -> None:
    made = proto(exported(f"name: net\ninput: [4, 8, 8]\nlayers:\n  - {layer}\n"))
    assert [entry.version for entry in made.opset_import] == [opset]


def test_the_same_seed_gives_the_same_weights_and_another_one_others(exported: Callable[[str], Model]) -> None:
    model = exported(BLOCKS)
    assert model_bytes(model, seed=7) == model_bytes(model, seed=7)
    assert model_bytes(model, seed=7) != model_bytes(model, seed=8)


def test_random_weights_keep_the_size_of_activations_through_many_layers(exported: Callable[[str], Model]) -> None:
    model = exported(
        "name: net\ninput: [64, 16, 16]\nlayers:\n"
        "  - repeat: 40\n    layers:\n      - conv: {out: 64, kernel: 3}\n      - relu\n"
    )
    (written,) = run(model, np.random.default_rng(0).standard_normal((1, 64, 16, 16), np.float32))
    assert 1e-3 < float(written.std()) < 1e3


def test_zeros_are_zeros_but_for_factors(exported: Callable[[str], Model]) -> None:
    made = proto(exported(BLOCKS), weights="zeros")
    values = {entry.name: onnx.numpy_helper.to_array(entry) for entry in made.graph.initializer}
    ones = {name for name, array in values.items() if (array == 1).all()}
    assert ones == {"stage1.norm.running_var", "stage1.norm.weight"}
    assert all((array == 0).all() for name, array in values.items() if name not in ones)


def test_a_model_without_weights_says_their_shapes_alone(exported: Callable[[str], Model]) -> None:
    made = proto(exported(BLOCKS), weights="none")
    weight = made.graph.initializer[0]
    assert (list(weight.dims), weight.raw_data) == ([4, 3, 3, 3], b"")
    assert [(entry.key, entry.value) for entry in weight.external_data] == [("location", "omitted")]


def test_other_weights_are_refused(exported: Callable[[str], Model]) -> None:
    with pytest.raises(FlopcalcError, match="there are no weights `ones`"):
        model_bytes(exported(BLOCKS), weights="ones")


def test_weights_that_fit_in_no_file_are_refused_and_their_shapes_are_written(
    exported: Callable[[str], Model],
) -> None:
    model = exported("name: net\ninput: [30000]\nlayers:\n  - linear: {out: 30000}\n")  # 3.6 GB
    with pytest.raises(FlopcalcError, match=r"3,600,120,000 bytes(.|\n)*--weights none"):
        model_bytes(model)
    assert len(model_bytes(model, weights="none")) < 1000


def test_layers_that_share_have_one_tensor(exported: Callable[[str], Model]) -> None:
    model = exported(
        "name: net\ninput: [4, 8, 8]\nlayers:\n"
        "  - conv: {out: 4, kernel: 3, bias: true}\n    name: one\n"
        "  - conv: {out: 4, kernel: 3, bias: true, dilation: 2}\n    shares: one\n"
    )
    assert [tensor.name for tensor in model.tensors] == ["one.weight", "one.bias"]
    convs = [operator.inputs[1:] for operator in model.operators if operator.kind == "Conv"]
    assert convs == [("one.weight", "one.bias")] * 2


TIED = """
name: net
inputs: {words: [3]}
layers:
  - embedding: {count: 11, out: 4}
    name: table
  - permute: [1, 0]
  - linear: {out: 11, axis: 1}
    shares: table
"""


def test_a_matrix_serves_an_embedding_and_the_last_layer_and_the_bias_is_its_own(
    exported: Callable[[str], Model],
) -> None:
    model = exported(TIED)
    assert [(tensor.name, tensor.shape) for tensor in model.tensors] == [
        ("table.weight", (11, 4)),
        ("linear.bias", (11,)),
    ]
    words = np.array([[1, 5, 10]])
    made = proto(model)
    values = {entry.name: onnx.numpy_helper.to_array(entry) for entry in made.graph.initializer}
    rows = values["table.weight"][words[0]]
    (written,) = run(model, words)
    np.testing.assert_allclose(written[0], rows @ values["table.weight"].T + values["linear.bias"], rtol=1e-5)


def test_a_matrix_and_its_transpose_are_one_tensor(exported: Callable[[str], Model]) -> None:
    model = exported(
        "name: net\ninput: [6]\nlayers:\n"
        "  - linear: {out: 4, bias: false}\n    name: code\n"
        "  - linear: {out: 6, bias: false}\n    shares: code\n"
    )
    (weight,) = [onnx.numpy_helper.to_array(entry) for entry in proto(model).graph.initializer]
    x = np.random.default_rng(0).standard_normal((1, 6), np.float32)
    np.testing.assert_allclose(run(model, x)[0], x @ weight.T @ weight, rtol=1e-4, atol=1e-5)


def test_what_an_embedding_reads_is_whole_numbers_and_a_map_is_not(exported: Callable[[str], Model]) -> None:
    made = proto(exported(TIED))
    assert [entry.type.tensor_type.elem_type for entry in made.graph.input] == [onnx.TensorProto.INT64]
    made = proto(exported("name: net\ninput: [3]\nlayers:\n  - relu\n  - embedding: {count: 11, out: 4}\n"))
    assert [entry.type.tensor_type.elem_type for entry in made.graph.input] == [onnx.TensorProto.FLOAT]


def test_an_unpooling_takes_the_places_of_the_pool_that_it_undoes(exported: Callable[[str], Model]) -> None:
    model = exported("name: net\ninput: [1, 4, 4]\nlayers:\n  - max_pool: {kernel: 2}\n  - max_unpool: {kernel: 2}\n")
    x = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4) + 1
    (written,) = run(model, x)
    kept = np.isin(x, [6, 8, 14, 16])  # the greatest of each window stands where it was
    np.testing.assert_array_equal(written, np.where(kept, x, 0))


def test_an_output_that_is_read_on_is_called_by_its_label(exported: Callable[[str], Model]) -> None:
    model = exported(
        "name: net\ninput: [3, 8, 8]\noutputs: [side]\nlayers:\n  - conv: {out: 4, kernel: 3}\n    as: side\n  - relu\n"
    )
    assert model.outputs == {"side": (1, 4, 8, 8), "output": (1, 4, 8, 8)}
    assert [operator.outputs for operator in model.operators] == [("side",), ("output",)]


CUSTOM = "name: net\ninput: [3, 8, 8]\nlayers:\n  - relu\n  - custom: {title: mask, reach: pointwise}\n  - relu\n"


def test_a_layer_that_only_says_what_it_costs_is_refused_by_its_path(analyse: Analyse) -> None:
    graph = analyse(CUSTOM).totals.graph
    with pytest.raises(FlopcalcError, match=r"net.yaml:5:5: custom cannot be exported(.|\n)*--pass-custom"):
        model_of(graph, "net")
    passed = model_of(graph, "net", pass_custom=True)
    assert [operator.kind for operator in passed.operators] == ["Relu", "Identity", "Relu"]


@pytest.mark.parametrize("said", ["output: [6, 9]", "params: 12"])
def test_a_custom_layer_that_learns_or_writes_another_shape_is_never_passed_on(analyse: Analyse, said: str) -> None:
    graph = analyse(f"name: net\ninput: [3, 8, 8]\nlayers:\n  - custom: {{{said}}}\n").totals.graph
    with pytest.raises(FlopcalcError, match="custom cannot be exported"):
        model_of(graph, "net", pass_custom=True)


def test_symbols_are_refused_by_name(analyse: Analyse) -> None:
    graph = analyse("name: net\ninput: [C, H, 8]\nlayers:\n  - conv: {out: C, kernel: 3}\n").totals.graph
    with pytest.raises(ParameterError, match=r"C, H are symbols|C and H are symbols"):
        model_of(graph, "net")


def test_repeats_of_an_unknown_count_are_refused(analyse: Analyse) -> None:
    text = "name: net\nparameters: {n: {min: 1, whole: true}}\ninput: [4, 8, 8]\n"
    text += "layers:\n  - repeat: n\n    layers: [relu]\n"
    with pytest.raises(ParameterError, match="n is a symbol"):
        model_of(analyse(text).totals.graph, "net")


@pytest.mark.parametrize(
    "layer", ["gather: [1000000000000]", "adaptive_avg_pool: {size: 999999}", "max_unpool: {kernel: 2}"]
)
def test_what_would_be_written_out_at_length_is_refused_before_it_is(analyse: Analyse, layer: str) -> None:
    graph = analyse(f"name: net\ninput: [3000000, 8, 7]\nlayers:\n  - {layer}\n").totals.graph
    with pytest.raises(FlopcalcError, match=r"net.yaml:4:5: .* are written out"):
        model_of(graph, "net")


def test_numbers_that_no_format_holds_are_refused(analyse: Analyse) -> None:
    graph = analyse(f"name: net\ninput: [3, 8, 8]\nlayers:\n  - conv: {{out: {10**20}, kernel: 3}}\n").totals.graph
    with pytest.raises(ParameterError, match=f"no number as large as {10**20}"):
        model_of(graph, "net")


def test_without_the_package_the_error_says_what_to_install(
    exported: Callable[[str], Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, real = exported(BLOCKS), builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name == "onnx":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(FlopcalcError, match=r'pip install "flopcalc\[onnx\]"'):
        onnx_file.model_bytes(model)
