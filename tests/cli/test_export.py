"""``flopcalc export`` and ``show --torch``, as their user meets them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

onnx = pytest.importorskip("onnx")

Ok = Callable[..., str]
Refused = Callable[..., str]


def test_a_model_is_written_to_a_file(ok: Ok, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    said = ok("export", "squeezenet", "--classes", "10", "-o", str(target))
    size = f"{target.stat().st_size:,} bytes"
    assert said == f"{target}: 740,554 parameters, 64 operators of opset 20, {size}\n"
    made = onnx.load(target)
    onnx.checker.check_model(made, full_check=True)
    assert [entry.name for entry in made.graph.output] == ["output"]


def test_another_input_and_the_parameters_of_a_spec_are_taken(ok: Ok, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    ok("export", "conv:O=6", "--K", "3", "--input", "4,10,12", "--output", str(target))
    made = onnx.load(target)
    dims = [
        [side.dim_value for side in end.type.tensor_type.shape.dim] for end in (*made.graph.input, *made.graph.output)
    ]
    assert dims == [[1, 4, 10, 12], [1, 6, 10, 12]]


def test_options_before_the_spec_are_taken_too(ok: Ok, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    ok("export", "-o", str(target), "--weights", "none", "swin", "--pass-custom")
    assert target.stat().st_size < 4_000_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("squeezenet",), "-o net.onnx"),
        (("squeezenet", "-o", "-"), "no text for a screen"),
        (("squeezenet", "-o", "net.onnx", "--weights", "ones"), "random, zeros, none"),
        (("squeezenet", "-o", "net.onnx", "--seed", "-1"), "seed"),
        (("separable_conv", "-o", "net.onnx"), "C, H, K, O, W are symbols"),
        (("swin", "-o", "net.onnx"), "--pass-custom"),
        (("squeezenet", "-o", "no/such/folder/net.onnx"), "a file in a folder that exists"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_no_file(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused("export", *arguments)
    assert list(tmp_path.iterdir()) == []


def test_the_source_of_a_pytorch_module_is_shown(ok: Ok, tmp_path: Path) -> None:
    shown = ok("show", "mobilenet_v1", "--torch")
    classes = [node.name for node in ast.parse(shown).body if isinstance(node, ast.ClassDef)]
    assert classes == ["Separable", "MobilenetV1"]
    ok("show", "mobilenet_v1", "--torch", "--output", str(tmp_path / "net.py"))
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == shown


def test_parameters_go_into_the_source(ok: Ok) -> None:
    assert "nn.Linear(1024, 10)" in ok("show", "mobilenet_v1", "--torch", "--classes", "10")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mobilenet_v1", "--torch", "--graph"), "one of them"),
        (("mobilenet_v1", "--torch", "--format", "json"), "--graph --format json"),
        (("mobilenet_v1", "--pass-custom"), "goes with --torch"),
        (("convention", "paper", "--torch"), "--torch goes with a spec"),
        (("separable_conv", "--torch"), "are symbols"),
        (("swin", "--torch"), "--pass-custom"),
    ],
)
def test_what_has_no_source_is_refused(refused: Refused, arguments: tuple[str, ...], said: str) -> None:
    assert said in refused("show", *arguments)
