"""``flopcalc import``, as its user meets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flopcalc import analyze

FILES = Path(__file__).parent.parent / "goldens" / "onnx"
SQUEEZENET = str(FILES / "torchvision-squeezenet1_1.onnx")

Imported = Callable[..., tuple[str, str]]
Refused = Callable[..., str]


@pytest.fixture
def imported(run: Callable[..., Any]) -> Imported:
    """Import a model, and return what is written and what is said."""

    def runner(*arguments: str) -> tuple[str, str]:
        ran = run("import", *arguments)
        assert ran.code == 0
        return ran.out, ran.err

    return runner


def test_a_model_is_written_as_a_spec_that_counts_the_same(imported: Imported, tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    assert imported(SQUEEZENET, "-o", str(target))[0] == ""
    one, other = analyze(target).totals, analyze(SQUEEZENET).totals
    assert (one.params, one.madds, one.mac, one.peak_memory) == (
        other.params,
        other.madds,
        other.mac,
        other.peak_memory,
    )
    assert "blocks:" in target.read_text(encoding="utf-8")


def test_the_standard_error_says_how_many_lines_there_are_and_what_was_compared(imported: Imported) -> None:
    written, said = imported(SQUEEZENET)
    lines = written.count("\n")
    assert said.splitlines()[-1].startswith(f"{lines} lines for 64 layers, which one after the other are 185 lines.")
    assert "Built from both, the graphs are the same, layer by layer" in said


def test_flat_is_one_layer_after_the_other(imported: Imported) -> None:
    flat, _ = imported("--flat", SQUEEZENET)
    assert "blocks:" not in flat
    assert flat.count("- conv:") == 26


def test_another_size_is_taken(imported: Imported, tmp_path: Path) -> None:
    target = tmp_path / "mine.yaml"
    imported(SQUEEZENET, "--input", "3,227,227", "--output", str(target))
    assert "input: [3, 227, 227]" in target.read_text(encoding="utf-8")
    assert analyze(target).totals.madds == 387747520  # measured by running the model


def test_a_spec_is_no_model_and_is_told_so(refused: Refused) -> None:
    said = refused("import", "resnet50")
    assert "`resnet50` names no model from elsewhere" in said
    assert "flopcalc show resnet50" in said


@pytest.mark.parametrize("model", ["missing.onnx", "mine.yaml", "no_such_module:Net", ""])
def test_what_cannot_be_imported_is_refused_and_nothing_is_written(
    model: str, refused: Refused, tmp_path: Path
) -> None:
    target = tmp_path / "mine.yaml"
    refused("import", model, "-o", str(target))
    assert not target.exists()


def test_the_model_itself_is_never_written_over(refused: Refused, tmp_path: Path) -> None:
    target = tmp_path / "net.onnx"
    target.write_bytes(Path(SQUEEZENET).read_bytes())
    refused("import", str(target), "-o", str(target))
    assert target.read_bytes() == Path(SQUEEZENET).read_bytes()
