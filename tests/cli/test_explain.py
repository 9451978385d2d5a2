"""``flopcalc explain``: what is shown of a figure, exit codes, the formats and wrong command lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flopcalc.cli.explain import split_pair

pytestmark = pytest.mark.usefixtures("worked_out_once")

Ok = Callable[..., str]


def test_what_fits_comes_first_and_then_what_is_near(ok: Ok) -> None:
    said = ok("explain", "resnet50", "4.13G")
    assert "4.13G as FLOPs of resnet50, between 4.125 G and 4.135 G" in said
    assert said.index("as ptflops counts") < said.index("as thop counts") < said.index("Near, but not")
    assert "4,132,436,968  4.1324  +0.06 %  as ptflops counts" in said


def test_a_figure_may_be_of_several_words_and_stand_after_options(ok: Ok) -> None:
    assert ok("explain", "resnet50", "97.8", "MB") == ok("explain", "resnet50", "97.8 MB")
    assert ok("explain", "--top", "1", "resnet50", "4.1G") == ok("explain", "resnet50", "4.1G", "--top", "1")
    assert "stride_at" not in ok("explain", "resnet50", "--stride_at", "1x1", "3.86G", "--top", "1")


def test_the_exit_code_says_whether_anything_explains_it(run: Callable[..., object]) -> None:
    for figure, code in (("4.09G", 0), ("4.5G", 1), ("25.6M", 0), ("26.9M", 1)):
        ran = run("explain", "resnet50", figure)
        assert (ran.code, ran.err) == (code, "")  # type: ignore[attr-defined]
        assert ("Nothing explains it" in ran.out) is bool(code)  # type: ignore[attr-defined]


def test_json_has_exact_counts_and_every_step(ok: Ok) -> None:
    found = json.loads(ok("explain", "resnet50", "3.86G", "--format", "json"))
    assert found["schema"] == "flopcalc.explanation/1"
    assert found["figure"] == {"text": "3.86G", "value": 3860000000, "low": 3855000000, "high": 3865000000}
    first = found["explanations"][0]
    assert (first["count"], first["match"], first["also"]) == (3857973248, "rounded", ["calflops_macs"])
    assert [step["kind"] for step in first["steps"]] == ["paper", "choice"]
    assert found["explained"] is True


def test_the_metric_is_guessed_or_said(ok: Ok) -> None:
    assert "as parameters of" in ok("explain", "mobilenet_v1", "4.2M")
    assert "as FLOPs of" in ok("explain", "mobilenet_v1", "569M")
    assert "as bytes on a disk of" in ok("explain", "mobilenet_v1", "16.9MB")
    mac = str(json.loads(ok("mobilenet_v1", "--format", "json"))["totals"]["mac"])
    assert "its memory access cost" in ok("explain", "mobilenet_v1", mac, "--metric", "mac")


def test_what_is_far_off_is_so_many_times_the_figure(run: Callable[..., object]) -> None:
    assert "8,178,368,512  0.008  ÷ 501  as torch counts" in run("explain", "resnet50", "4.1 Tflops").out  # type: ignore[attr-defined]
    far = run("explain", "resnet50", "100 params").out  # type: ignore[attr-defined]
    assert "23,454,912  × 234,549  weights alone" in far


def test_markdown_is_a_table(ok: Ok) -> None:
    assert "| 8,178,368,512 | 8.1784 | -0.02 % | as torch counts |" in ok(
        "explain", "resnet50", "8.18G", "--format", "markdown"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("resnet50",),
        ("resnet50", "abc"),
        ("resnet50", "4,13G"),
        ("resnt50", "4G"),
        ("separable_conv", "4G"),
        ("resnet50", "4G", "--metric", "madds"),
        ("resnet50", "4G", "--format", "yaml"),
        (),
    ],
)
def test_wrong_command_lines_are_refused(refused: Callable[..., str], arguments: tuple[str, ...]) -> None:
    refused("explain", *arguments)


TABLE = ("resnet50:stride_at=1x1=3.86G", "resnet101:stride_at=1x1=7.58G", "resnext50_32x4d=4.24G")


def test_several_figures_are_explained_by_one_rule(ok: Ok) -> None:
    said = ok("explain", *TABLE, "--top", "1")
    assert "3 figures of one table as FLOPs" in said
    assert "1 rule explains all 3 to the printed digits, the simplest first:\nas senet counts:" in said
    assert "resnext50_32x4d           4.24G  4,236,099,584     4.2361 G  -0.09 %" in said
    more = ok("explain", "resnet50=4.1G", "resnet18=1.8G", "--top", "1")
    assert "rules explain them too; --top N shows them." in more


def test_figures_that_no_one_rule_explains_exit_with_1_and_are_marked(run: Callable[..., object]) -> None:
    ran = run("explain", "resnet50=3.86G", "resnet101=7.58G", "resnext50_32x4d=4.24G")
    assert (ran.code, ran.err) == (1, "")  # type: ignore[attr-defined]
    assert "this one explains 2, and misses resnext50_32x4d" in ran.out  # type: ignore[attr-defined]
    assert "-11 % !" in ran.out  # type: ignore[attr-defined]


def test_one_pair_is_a_spec_and_its_figure(ok: Ok) -> None:
    assert ok("explain", "resnet50=4.11G") == ok("explain", "resnet50", "4.11G")
    assert ok("explain", "resnet18=44.7", "MB") == ok("explain", "resnet18", "44.7 MB")
    assert ok("explain", "--stride_at", "1x1", "resnet50=3.86G") == ok(
        "explain", "resnet50", "3.86G", "--stride_at", "1x1"
    )


def test_a_path_with_an_equals_sign_is_a_path(ok: Ok, tmp_path: Path) -> None:
    folder = tmp_path / "lr=0.1"
    folder.mkdir()
    spec = folder / "a=3.yaml"
    spec.write_text("name: small\ninput: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 1}\n", encoding="utf-8")
    alone = ok("explain", str(spec), "768 flops")
    assert "as papers count" in alone
    assert ok("explain", f"{spec}=768 flops") == alone
    assert "2 figures of one table" in ok("explain", f"{spec}=768 flops", "vgg16=15470264320")


@pytest.mark.parametrize("arguments", [("resnet50", "4.11G"), TABLE])
def test_every_format_has_the_same_counts(ok: Ok, arguments: tuple[str, ...]) -> None:
    data = json.loads(ok("explain", *arguments, "--format", "json"))
    first = data["explanations"][0] if "explanations" in data else data["rules"][0]["counts"][0]
    count = f"{first['count']:,}"
    for form in ("table", "markdown", "latex"):
        assert count in ok("explain", *arguments, "--format", form)
    assert str(first["count"]) in ok("explain", *arguments, "--format", "csv")


def test_a_count_that_is_not_known_is_an_interval_in_every_column(ok: Ok) -> None:
    said = ok("explain", "resnet18", "44.7 MB", "--top", "1")
    # 46,796,608 bytes of state, and 110 to 412 for each of 122 tensors
    assert f"{46796608 + 122 * 110:,} to {46796608 + 122 * 412:,}  44.642 to 44.677" in said
    assert "≥" not in said
    first = json.loads(ok("explain", "resnet18", "44.7 MB", "--format", "json"))["explanations"][0]
    assert (first["count"], first["most"]) == (46796608 + 122 * 110, 46796608 + 122 * 412)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("resnet50=abc", "resnet18=1.8G"), "`abc` is no figure"),
        (("resnet50=", "resnet18=1.8G"), "is no pair"),
        (("=4G", "resnet18=1.8G"), "is no pair"),
        (("resnet50", "resnet18=1.8G"), "`resnet18=1.8G` is a pair, and what stands first is none"),
        (("resnt50=4G", "resnet18=1.8G"), "no spec `resnt50`"),
        (("resnet50=4G", "resnet18=11.7M params"), "different metrics"),
        (("resnet50=4G", "resnet50=4G"), "given twice"),
        (("resnet50=4G", "resnet50=4.1G"), "given twice"),
        (("resnet50=4G", "resnet18=1.8G", "--depht", "9"), "no SPEC has a parameter"),
    ],
)
def test_wrong_pairs_are_refused(refused: Callable[..., str], arguments: tuple[str, ...], said: str) -> None:
    assert said in refused("explain", *arguments)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("resnet50=3.86G", ("resnet50", "3.86G")),
        ("mobilenet_v1:alpha=0.75=317M", ("mobilenet_v1:alpha=0.75", "317M")),
        ("mobilenet_v1:alpha=0.75,resolution=192=233M", ("mobilenet_v1:alpha=0.75,resolution=192", "233M")),
        ("mobilenet_v1:alpha=0.75", None),
        ("mobilenet_v1:alpha=0.75,resolution=192", None),
        ("runs/lr=0.1/net.yaml", None),
        ("runs/lr=0.1/net.yaml=4G", ("runs/lr=0.1/net.yaml", "4G")),
        ("./a=b.yaml:alpha=1", None),
        ("./a=b.yaml:alpha=1=4G", ("./a=b.yaml:alpha=1", "4G")),
        ("a=3.yaml#small=4G", ("a=3.yaml#small", "4G")),
    ],
)
def test_a_pair_ends_in_a_figure_and_a_spec_with_settings_is_none(text: str, pair: tuple[str, str] | None) -> None:
    assert split_pair(text) == pair


def test_a_spec_with_settings_inline_has_its_figure_behind_it(ok: Ok) -> None:
    alone = ok("explain", "mobilenet_v1:alpha=0.75", "325M")
    assert "325M as FLOPs of mobilenet_v1" in alone
    assert ok("explain", "mobilenet_v1:alpha=0.75=325M") == alone
