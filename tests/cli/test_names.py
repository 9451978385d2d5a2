"""Names on the command line: however they are spelt, of whatever kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flopcalc.errors import UnknownNameError
from flopcalc.spec import catalog, load

Ok = Callable[..., str]
Refused = Callable[..., str]


@pytest.mark.parametrize(
    ("spelt", "name"),
    [("MobileNetV1", "mobilenet_v1"), ("mobilenet-v1", "mobilenet_v1"), ("resnet-50", "resnet50"),
     ("ResNet_50", "resnet50"), ("Separable-Conv", "separable_conv")],
)  # fmt: skip
def test_a_spec_is_found_however_its_name_is_spelt(spelt: str, name: str) -> None:
    found, plain = load(spelt), load(name)
    assert (found.path, found.name, found.variant) == (plain.path, plain.name, plain.variant)


@pytest.mark.parametrize(
    ("spelt", "plain"),
    [
        (("ResNet-50", "--by", "stage"), ("resnet50", "--by", "stage")),
        (("ResNet-50:width=2", "--by", "stage"), ("resnet50:width=2", "--by", "stage")),
        (("resnet18", "--convention", "Mobile-Vision"), ("resnet18", "--convention", "mobile_vision")),
        (("bound", "ResNet-18"), ("bound", "resnet18")),
        (("audit", "ResNet-18"), ("audit", "resnet18")),
        (("compare", "ResNet-18", "ResNet_34"), ("compare", "resnet18", "resnet34")),
        (
            ("conventions", "ResNet-18", "--convention", "Torch,ptflops-aten", "--against", "STRICT"),
            ("conventions", "resnet18", "--convention", "torch,ptflops_aten", "--against", "strict"),
        ),
        (("derive", "Separable-Ratio"), ("derive", "separable_ratio")),
        (("derive", "G1"), ("derive", "g1")),
        (("experiment", "G3"), ("experiment", "g3")),
        (("show", "ResNet"), ("show", "resnet")),
        (
            ("sweep", "MobileNetV2", "--alpha", "0.5,1", "--format", "csv"),
            ("sweep", "mobilenet_v2", "--alpha", "0.5,1", "--format", "csv"),
        ),
        (("verify", "17HWC^2", "--of", "Conv"), ("verify", "17HWC^2", "--of", "conv")),
    ],
)
def test_every_command_finds_a_name_however_it_is_spelt(
    run: Callable[..., object], spelt: tuple[str, ...], plain: tuple[str, ...]
) -> None:
    assert run(*spelt) == run(*plain)


def test_a_worksheet_is_found_however_its_name_is_spelt(run: Callable[..., object], tmp_path: Path) -> None:
    assert run("verify", "Course-Work") == run("verify", "coursework")


def test_no_two_packaged_names_of_a_kind_are_spelt_alike() -> None:
    for kinds in (catalog.SPEC_KINDS, *((kind,) for kind in catalog.DOCUMENT_KINDS)):
        names = {name for entry in catalog.index() if entry.kind in kinds for name in (entry.name, *entry.variants)}
        assert len({catalog.folded(name) for name in names}) == len(names)


def test_a_file_beside_you_is_named_by_its_path(
    refused: Refused, ok: Ok, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("input: [3, 8, 8]\nlayers: [relu]\n", encoding="utf-8")
    assert "try: `./mine.yaml`, a file here" in refused("mine")
    assert "try: `./mine.yaml`, a file here" in refused("./mine")
    assert ok("./mine.yaml", "--format", "csv").startswith("path,")
    Path("resnet50.yaml").write_text("input: [3, 8, 8]\nlayers: [relu]\n", encoding="utf-8")
    assert ok("resnet50") != ok("./resnet50.yaml")


@pytest.mark.parametrize("name", ["mine", "./mine"])
def test_a_document_beside_you_is_named_by_its_path(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("flops: {conv: madds}\n", encoding="utf-8")
    assert "try: `./mine.yaml`, a file here" in refused("resnet18", "--convention", name)


def test_a_block_in_a_file_is_named_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [3, 8, 8]\nlayers:\n  - Separable-Conv: {O: 8}\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"did you mean `separable_conv`"):
        load(path)


# -- show ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "file"),
    [
        (("paper",), "conventions/paper.yaml"),
        (("separable_ratio",), "derivations/separable_ratio.yaml"),
        (("coursework",), "worksheets/coursework.yaml"),
        (("g3",), "experiments/g3.yaml"),
        (("derivation", "g1"), "derivations/g1.yaml"),
        (("experiments", "G1"), "experiments/g1.yaml"),
        (("dfc_attention",), "blocks/dfc_attention.yaml"),
        (("derivation", "dfc_attention"), "derivations/dfc_attention.yaml"),
        (("block", "dfc_attention"), "blocks/dfc_attention.yaml"),
        (("architecture", "resnet50"), "architectures/resnet.yaml"),
        (("convention", "Mobile-Vision"), "conventions/mobile_vision.yaml"),
    ],
)
def test_show_prints_every_packaged_file(ok: Ok, words: tuple[str, ...], file: str) -> None:
    assert ok("show", *words) == (catalog.packaged_root() / file).read_text(encoding="utf-8")


def test_every_packaged_file_can_be_shown(ok: Ok) -> None:
    for entry in catalog.index():
        assert ok("show", entry.kind, entry.name) == (catalog.packaged_root() / entry.file).read_text(encoding="utf-8")


def test_show_prints_the_file_of_a_kind_by_its_path(ok: Ok, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("flops: {conv: madds}\n", encoding="utf-8")
    assert ok("show", "convention", str(path)) == "flops: {conv: madds}\n"


def test_a_name_that_stands_for_two_is_asked_for_by_its_kind(refused: Refused) -> None:
    said = refused("show", "g1")
    assert "`g1` is the name of an experiment and of a derivation" in said
    assert "try: `flopcalc show experiment g1` or `flopcalc show derivation g1`" in said


def test_show_says_what_it_has_not(refused: Refused) -> None:
    assert "did you mean `g1`" in refused("show", "experiment", "g11")
    said = refused("show", "g9")
    assert "there is nothing called `g9`" in said
    assert "there is no kind `thing`" in refused("show", "thing", "g1")
    assert "one of" in refused("show", "architecture", "conv")
    assert "--graph goes with a spec" in refused("show", "--graph", "paper")
    assert "a convention has no parameters" in refused("show", "paper", "--set", "a=1")


# -- list ------------------------------------------------------------------------------------------------------------


def test_layers_are_listed_with_their_attributes(ok: Ok) -> None:
    from flopcalc.layers import LAYERS

    text = ok("list", "layers")
    for word, primitive in LAYERS.items():
        assert f"\n{word} " in text or f"\n  {word} " in text
        for attribute in primitive.attributes():
            assert attribute.name in text


def test_metrics_are_listed_with_their_labels(ok: Ok) -> None:
    from flopcalc.metrics import METRICS

    text = ok("list", "metrics")
    for metric in METRICS.values():
        assert metric.name in text
        assert metric.label in text


@pytest.mark.parametrize("kind", ["layers", "metrics"])
def test_layers_and_metrics_are_listed_in_every_format_of_the_list(ok: Ok, kind: str) -> None:
    import json

    rows = json.loads(ok("list", kind, "--format", "json"))
    lines = ok("list", kind, "--format", "csv").splitlines()
    assert [row["name"] for row in rows] == [line.split(",")[0] for line in lines[1:]]


def test_unknown_names_are_errors_in_python_too() -> None:
    with pytest.raises(UnknownNameError):
        load("resnet-51")
