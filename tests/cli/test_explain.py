"""``flopcalc explain``: what is shown of a figure, exit codes, the formats and wrong command lines."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

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
    assert "8,217,431,528  0.008  ÷ 499  as strict counts" in run("explain", "resnet50", "4.1 Tflops").out  # type: ignore[attr-defined]
    far = run("explain", "resnet50", "100 params").out  # type: ignore[attr-defined]
    assert "23,454,912  × 234,549  weights alone" in far


def test_markdown_is_a_table(ok: Ok) -> None:
    assert "| 8,178,368,512 | -0.02 % | as torch counts |" in ok("explain", "resnet50", "8.18G", "--format", "markdown")


@pytest.mark.parametrize(
    "arguments",
    [
        ("resnet50",),
        ("resnet50", "abc"),
        ("resnet50", "4,13G"),
        ("resnt50", "4G"),
        ("separable_conv", "4G"),
        ("resnet50", "4G", "--metric", "madds"),
        ("resnet50", "4G", "--format", "csv"),
        (),
    ],
)
def test_wrong_command_lines_are_refused(refused: Callable[..., str], arguments: tuple[str, ...]) -> None:
    refused("explain", *arguments)
