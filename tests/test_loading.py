"""Specs are found by name, by variant, by path, and by a path with a variant."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from flopcalc import FlopcalcError, analyze, load
from flopcalc.errors import SpecError, UnknownNameError
from flopcalc.spec import catalog

TEXT = """
parameters: {width: 8}
variants:
  small: {width: 4}
  large: {width: 16}
input: [3, 8, 8]
layers:
  - conv: {out: width, kernel: 1}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "net.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def test_a_variant_of_a_file_stands_behind_its_path(path: Path) -> None:
    assert load(f"{path}#small").variant == "small"
    assert analyze(f"{path}#large").totals.params == 48
    assert analyze(f"{path}#large:width=2").totals.params == 6
    assert analyze(path.as_posix()).totals.params == 24


def test_a_path_may_be_a_path_object_and_hold_a_hash(path: Path) -> None:
    strange = path.with_name("net#1.yaml")
    strange.write_text(TEXT, encoding="utf-8")
    assert list(load(strange).variants) == ["small", "large"]
    assert analyze(str(strange)).totals.params == 24


def test_a_variant_that_a_file_does_not_have_is_answered_with_those_that_it_has(path: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        load(f"{path}#smal")
    (problem,) = caught.value.problems
    assert problem.expected == "one of small, large"
    assert "small" in problem.hint


@pytest.mark.parametrize("name", ["", " ", "#", "mobilenet_v1#", "..", "/", "mobilenet_v1.yml#small", "a" * 5000])
def test_what_is_no_spec_is_an_error_and_no_crash(name: str) -> None:
    with pytest.raises(FlopcalcError):
        load(name)


@pytest.mark.parametrize("name", [entry.name for entry in catalog.index() if entry.kind in catalog.SPEC_KINDS])
def test_a_spec_that_was_pickled_counts_the_same(name: str) -> None:
    spec = load(name)
    expected, found = analyze(spec).totals, analyze(pickle.loads(pickle.dumps(spec))).totals
    for metric in ("params", "weights", "madds", "flops", "mac", "activations"):
        assert getattr(found, metric) == getattr(expected, metric)


def test_a_spec_that_was_pickled_has_its_faults_at_the_same_places(path: Path) -> None:
    path.write_text(TEXT.replace("out: width", "out: width / 3"), encoding="utf-8")
    said = []
    for spec in (load(path), pickle.loads(pickle.dumps(load(path)))):
        with pytest.raises(FlopcalcError) as caught:
            analyze(spec)
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "net.yaml:8:" in said[0]


def test_names_may_be_written_in_any_letters(tmp_path: Path) -> None:
    spec = tmp_path / "own.yaml"
    spec.write_text(
        "name: 网络\nparameters: {宽: 2}\nvariants: {小: {宽: 1}}\ninput: [3, 4, 4]\n"
        "layers: [{conv: {out: 宽, kernel: 1}, name: 卷积}]\n",
        encoding="utf-8",
    )
    found = load(str(spec))
    assert (found.name, *found.variants) == ("网络", "小")
    spec.write_text("name: 1网络\ninput: [3, 4, 4]\nlayers: [relu]\n", encoding="utf-8")
    with pytest.raises(SpecError, match="beginning with a letter or _"):
        load(str(spec))
