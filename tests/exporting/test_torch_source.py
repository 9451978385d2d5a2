"""A network as PyTorch source: it is Python, it is short where blocks repeat, and PyTorch runs it with our shapes."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

import pytest
from small_networks import MASKED, NETWORKS, small

from flopcalc import Report, analyze
from flopcalc.errors import FlopcalcError
from flopcalc.exporting import laid_out, torch_source

Analyse = Callable[..., Report]

EACH = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(f"exported {name}")) for name in NETWORKS]
)


def source(name: str) -> str:
    return torch_source(small(name).totals.graph, name, pass_custom=name in MASKED)


def written(report: Report) -> str:
    return torch_source(report.totals.graph, "net")


def body(report: Report) -> str:
    """Return what follows the docstring of the whole network."""
    return written(report).rpartition('"""\n\n')[2]


@EACH
def test_the_source_of_every_packaged_network_is_python_that_says_what_every_name_is(name: str) -> None:
    tree = ast.parse(source(name))
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        made = {
            target.attr
            for node in ast.walk(cls)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute)
        }
        used = {
            node.attr
            for node in ast.walk(cls)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
        }
        assert used <= made


@EACH
def test_pytorch_runs_it_with_the_shapes_and_the_parameters_that_are_counted(name: str) -> None:
    torch = pytest.importorskip("torch")
    report = small(name)
    laid = laid_out(report.totals.graph)
    with torch.device("meta"), torch.no_grad():  # shapes without numbers, which take their time
        module = made(source(name)).eval()
        assert sum(parameter.numel() for parameter in module.parameters()) == report.totals.params
        found = module(
            *(
                torch.zeros(2, *laid.shapes[tensor], dtype=torch.long if tensor in laid.indices else torch.float)
                for tensor in laid.inputs.values()
            )
        )
    found = found if isinstance(found, tuple) else (found,)
    wanted = [(2, *laid.shapes[tensor]) for tensor in dict.fromkeys(laid.outputs.values())]
    assert [tuple(tensor.shape) for tensor in found] == wanted


def made(text: str) -> Any:
    """Run a source, and return the network that its last class makes."""
    names: dict[str, Any] = {}
    exec(compile(text, "net.py", "exec"), names)
    last = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)][-1]
    return names[last]()


def test_blocks_that_differ_in_numbers_alone_are_one_class() -> None:
    text = torch_source(analyze("mobilenet_v1").totals.graph, "mobilenet_v1")
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["Separable", "MobilenetV1"]
    assert "self.separable2 = Separable(64, 2, 128)" in text


def test_a_small_network_reads_as_a_person_would_write_it(analyse: Analyse) -> None:
    report = analyse(
        "name: net\ninput: [3, 8, 8]\nlayers:\n"
        "  - conv: {out: 4, kernel: 3, bias: true}\n    as: skip\n"
        "  - norm\n  - relu: {}\n    as: late\n"
        "  - add: {}\n    from: [skip, late]\n"
        "  - global_pool\n  - linear: {out: 5}\n"
    )
    assert written(report) == (
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n"
        "class Net(nn.Module):\n"
        '    """net.\n\n    Reads input (N×3×8×8); writes N×5×1×1.\n    """\n\n'
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.conv = nn.Conv2d(3, 4, 3, padding=1)\n"
        "        self.norm = nn.BatchNorm2d(4)\n"
        "        self.linear = nn.Linear(4, 5)\n\n"
        "    def forward(self, input):\n"
        "        x = self.conv(input)\n"
        "        norm = self.norm(x)\n"
        "        relu = F.relu(norm)\n"
        "        x = x + relu\n"
        "        x = x.mean((2, 3), keepdim=True)\n"
        "        return self.linear(x.flatten(1))[..., None, None]\n"
    )


def test_a_layer_that_shares_uses_the_tensors_of_the_other(analyse: Analyse) -> None:
    text = body(
        analyse(
            "name: net\ninput: [4, 8, 8]\nlayers:\n"
            "  - conv: {out: 4, kernel: 3, bias: true}\n    name: one\n"
            "  - conv: {out: 4, kernel: 3, bias: true}\n    name: two\n    shares: one\n"
        )
    )
    assert "self.two.weight = self.one.weight" in text
    assert "self.two.bias = self.one.bias" in text


def test_a_block_whose_parameters_are_all_anothers_is_that_block_again() -> None:
    text = torch_source(analyze("retinanet_resnet").totals.graph, "net").rpartition("def forward")[2]
    assert text.count("self.level3(") == 5


def test_a_matrix_that_is_borrowed_as_its_transpose_is_refused_with_another_way(analyse: Analyse) -> None:
    report = analyse(
        "name: net\ninput: [6]\nlayers:\n"
        "  - linear: {out: 4, bias: false}\n    name: code\n"
        "  - linear: {out: 6, bias: false}\n    shares: code\n"
    )
    with pytest.raises(FlopcalcError, match=r"net.yaml:6:5: linear1? uses the matrix of code(.|\n)*flopcalc export"):
        written(report)


def test_a_title_cannot_leave_its_docstring(analyse: Analyse) -> None:
    report = analyse('name: net\ntitle: \'a """; import os # \\\'\ninput: [3, 8, 8]\nlayers: [relu]\n')
    text = torch_source(report.totals.graph, "net", report.spec.title)
    (cls,) = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert 'a """; import os # \\.' in (ast.get_docstring(cls) or "")


def test_it_is_written_without_pytorch() -> None:
    known = "torch" in sys.modules
    source("squeezenet")
    assert ("torch" in sys.modules) == known
