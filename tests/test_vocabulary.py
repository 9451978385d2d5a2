"""Words of other frameworks: each gets the word that the language has for it, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc import load
from flopcalc.analysis import analyze
from flopcalc.errors import FlopcalcError, SpecError, suggest
from flopcalc.layers import LAYERS
from flopcalc.units import DTYPES


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("fc", "it is called `linear` here"),
        ("Dense", "it is called `linear` here"),
        ("silu", "it is called `swish` here"),
        ("SiLU", "it is called `swish` here"),
        ("view", "it is called `reshape` here"),
        ("bmm", "it is called `matmul` here"),
        ("mean", "it is called `reduce` here"),
        ("BatchNorm2d", "it is called `norm` here"),
        ("LeakyReLU", "it is called `leaky_relu` here"),
        ("transpose", "it is called `permute` here"),
        ("unsqueeze", "it is called `reshape` here"),
        ("Conv1d", "it is called `conv` here"),
        ("Conv3d", "it is called `conv` here"),
        ("nn.LayerNorm", "it is called `norm` here"),
        ("RMSNorm", "it is called `norm` here"),
        ("Embedding", "did you mean `embedding`?"),
        ("PixelShuffle", "it is called `pixel_shuffle` here"),
        ("depth_to_space", "it is called `pixel_shuffle` here"),
        ("F.unfold", "did you mean `unfold`?"),
        ("im2col", "it is called `unfold` here"),
        ("LayerScale", "it is called `scale` here"),
        ("sum", "it is called `reduce` here"),
        ("sub", "it is called `subtract` here"),
        ("GlobalMaxPooling2D", "it is called `global_max_pool` here"),
        ("DeformConv2d", "it is called `deformable_conv` here"),
        ("clamp", "it is called `clip` here"),
        ("Hardtanh", "it is called `hard_tanh` here"),
        ("conv_2d", "it is called `conv` here"),
    ],
)
def test_a_layer_of_a_framework_gets_its_name_here(tmp_path: Path, word: str, hint: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"input: [3, 8, 8]\nlayers:\n  - {word}\n", encoding="utf-8")
    with pytest.raises(SpecError) as error:
        load(path)
    assert [problem.hint for problem in error.value.problems] == [hint]


@pytest.mark.parametrize("word", ["LSTM", "GRU", "topk", "MultiheadAttention"])
def test_a_word_for_which_there_is_none_here_gets_no_suggestion(word: str) -> None:
    assert suggest(word, LAYERS) == ""


@pytest.mark.parametrize(
    ("layer", "word", "hint"),
    [
        ("conv", "out_channels", "it is called `out` here"),
        ("conv", "filters", "it is called `out` here"),
        ("linear", "out_features", "it is called `out` here"),
        ("linear", "units", "it is called `out` here"),
        ("linear", "in_features", "the layer before says how many channels enter"),
        ("conv", "in_channels", "the layer before says how many channels enter"),
        ("conv", "kernel_size", "it is called `kernel` here"),
        ("conv", "strides", "it is called `stride` here"),
        ("conv", "dilation_rate", "it is called `dilation` here"),
        ("depthwise", "depth_multiplier", "it is called `multiplier` here"),
        ("softmax", "dim", "it is called `axis` here"),
        ("concat", "dim", "it is called `axis` here"),
        ("reduce", "keepdim", "it is called `keep` here"),
        ("permute", "dims", "it is called `order` here"),
        ("embedding", "num_embeddings", "it is called `count` here"),
        ("embedding", "embedding_dim", "it is called `out` here"),
        ("upsample", "scale_factor", "it is called `scale` here"),
        ("roll", "shifts", "it is called `shift` here"),
    ],
)
def test_an_attribute_of_a_framework_gets_its_name_here(tmp_path: Path, layer: str, word: str, hint: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"input: [3, 1, 1]\nlayers:\n  - {layer}: {{{word}: 8}}\n", encoding="utf-8")
    with pytest.raises(SpecError) as error:
        load(path)
    (found,) = [problem.hint for problem in error.value.problems if "has no attribute" in problem.what]
    assert found == hint


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("float16", "it is called `fp16` here"),
        ("half", "it is called `fp16` here"),
        ("torch.float16", "it is called `fp16` here"),
        ("bfloat16", "it is called `bf16` here"),
        ("uint8", "`int8` has as many bits"),
        ("double", "it is called `fp64` here"),
    ],
)
def test_a_type_of_a_framework_gets_its_name_here(word: str, hint: str) -> None:
    assert suggest(word, DTYPES) == hint
    with pytest.raises(FlopcalcError) as error:
        analyze("conv", dtype=word)
    assert error.value.problems[0].hint == hint


def test_every_word_that_is_given_is_one_of_the_language() -> None:
    from flopcalc.vocabulary import _CALLED, _INSTEAD, _NOTHING

    attributes = {attribute.name for primitive in LAYERS.values() for attribute in primitive.attributes()}
    known = {*LAYERS, *attributes, *DTYPES}
    assert {*_CALLED.values(), *(ours for ours, _ in _INSTEAD.values())} <= known
    assert not {*_CALLED, *_INSTEAD, *_NOTHING} & {*LAYERS, *DTYPES}


def test_a_slip_is_still_a_slip() -> None:
    assert suggest("gruops", ["groups"]) == "did you mean `groups`?"


@pytest.mark.parametrize("word", ["Add", "ReLU", "ReLU6", "GELU", "Sigmoid", "PReLU", "HARD-SIGMOID"])
def test_a_word_that_differs_in_case_alone_gets_that_one_and_no_other(word: str) -> None:
    assert suggest(word, LAYERS).count("`") == 2
    assert f"`{word.lower().replace('-', '_')}`" in suggest(word, LAYERS)


@pytest.mark.parametrize(("word", "ours"), [("float8_e4m3fn", "fp8"), ("torch.float8_e5m2", "fp8"), ("Qint8", "int8")])
def test_a_type_of_a_framework_with_more_to_its_name_gets_the_one_of_its_size(word: str, ours: str) -> None:
    assert f"`{ours}`" in suggest(word, DTYPES)
    assert suggest(word, DTYPES).count("`") == 2


def test_padding_has_one_name() -> None:
    assert suggest("pads", ["kernel", "padding", "out"]) == "it is called `padding` here"
