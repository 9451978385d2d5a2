"""Every counting tool is met to the last digit, on real models and on single layers, and rules say why."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from flopcalc import FlopcalcError, analyze, load
from flopcalc.convention import COUNTED, Convention, load_convention
from flopcalc.errors import SpecError, UnknownNameError
from flopcalc.expression import literal
from flopcalc.layers import FORMS, LAYERS
from flopcalc.report import Report
from flopcalc.spec import catalog

GOLDENS = Path(__file__).parent / "goldens"
CONVENTIONS = [entry.name for entry in catalog.index() if entry.kind == "conventions"]
OPERATORS = {
    "conv": "conv",
    "linear": "linear",
    "norm": "batch_norm",
    "adaptive_avg_pool": "adaptive_avg_pool2d",
    "global_pool": "adaptive_avg_pool2d",
    "upsample": "upsample_nearest2d",
}
"""What fvcore calls the layers of its rules."""


def rows(name: str) -> list[dict[str, str]]:
    """Read a CSV of goldens."""
    with (GOLDENS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def figures(golden: dict[str, str]) -> dict[tuple[str, str], int]:
    """Return what a tool printed: by convention and metric."""
    tool = {"torch_flop_counter": "torch"}.get(golden["tool"], golden["tool"])
    found = {("calflops_macs" if tool == "calflops" else tool, "flops"): golden["value"]}
    if tool == "calflops":
        found[tool, "flops"] = golden["flops"]
    found |= {(tool, "params"): golden["params"], (tool, "activations"): golden["act"]}
    return {key: int(text) for key, text in found.items() if text}


def counted(report: Report, convention: str, metric: str = "flops", **options: Any) -> int:
    """Add up what a convention makes of a network's layers."""
    values = [each.value for each in report.counted(load_convention(convention), metric, **options)]
    assert all(type(value) is int for value in values)
    return sum(values)


@pytest.fixture
def spec_file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a spec into a file of its own."""

    def write(text: str) -> Path:
        path = tmp_path / "spec.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@cache
def report_of(spec: str, shape: str, written: str = "") -> Report:
    """Analyze a network once; `written` says how another implementation writes its layers."""
    if not written:
        return analyze(spec, input=shape)
    loaded = load(spec)
    forms = {kind: literal(form) for kind, form in yaml.safe_load(written).items()}
    return analyze(replace(loaded, written={**loaded.written, **forms}), input=shape)


SEVEN = rows("counters.csv")
MEASURED = rows("counters_measured.csv")
SINGLE = rows("counters_layers.csv")


@pytest.mark.parametrize("golden", SEVEN, ids=lambda golden: f"{golden['tool']} {golden['model']}")
def test_a_tool_is_met_on_the_seven_networks(golden: dict[str, str]) -> None:
    side = golden["resolution"]
    report = report_of(golden["spec"], f"3,{side},{side}")
    expected = figures(golden)
    assert {key: counted(report, *key) for key in expected} == expected


def named(golden: dict[str, str]) -> str:
    return f"{golden['tool']} {golden['source'].split()[0]} {golden['model']} {golden['options']} {golden['height']}"


@pytest.mark.parametrize("golden", MEASURED, ids=named)
def test_a_tool_is_met_on_further_networks_and_resolutions(golden: dict[str, str]) -> None:
    report = report_of(golden["spec"], f"3,{golden['height']},{golden['width']}", golden["written"])
    off = int(golden["off"] or 0)  # where the tool computes in floating point
    expected = {key: value - (off if key[1] == "flops" else 0) for key, value in figures(golden).items()}
    assert {key: counted(report, *key) for key in expected} == expected


@pytest.mark.parametrize("golden", SINGLE, ids=lambda golden: f"{golden['tool']} {golden['layers']}")
def test_a_tool_is_met_on_every_kind_of_layer_in_every_form(
    golden: dict[str, str], spec_file: Callable[[str], Path]
) -> None:
    text = f"input: [3, 8, 12]\nlayers:\n  - conv: {{out: 8, kernel: 1}}\n  - layers: {golden['layers']}\n"
    report = analyze(spec_file(text))
    expected = figures(golden)
    assert {key: counted(report, *key) for key in expected} == expected


@pytest.mark.parametrize(
    "golden", [row for row in SEVEN + MEASURED if row["by"]], ids=lambda golden: f"{golden['source']} {golden['model']}"
)
def test_the_rules_that_applied_are_fvcores_own_breakdown(golden: dict[str, str]) -> None:
    height, width = golden.get("height", golden.get("resolution")), golden.get("width", golden.get("resolution"))
    report = report_of(golden["spec"], f"3,{height},{width}", golden.get("written", ""))
    found: Counter[str] = Counter()
    for each in report.counted(load_convention("fvcore")):
        if each.value:
            found[OPERATORS[each.rule.key]] += each.value
    assert found == {name: count for name, count in json.loads(golden["by"]).items() if count}


@pytest.mark.parametrize("goldens", [SEVEN, MEASURED, SINGLE])
def test_every_golden_names_its_source(goldens: list[dict[str, str]]) -> None:
    assert goldens
    assert all(golden["source"] for golden in goldens)
    assert all(golden.get("remark") for golden in goldens if golden.get("off"))


def test_ten_networks_and_more_are_measured_beside_the_seven() -> None:
    seven = {golden["spec"] for golden in SEVEN}
    for tool in {golden["tool"] for golden in SEVEN}:
        assert len({golden["spec"] for golden in MEASURED if golden["tool"] == tool} - seven) >= 25


# -- how a model is written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "convention", "amount"),
    [
        ("mobilenet_v2", "thop", 7 * 7 * 1280 + 1280),  # F.adaptive_avg_pool2d is no module
        ("mobilenet_v2", "ptflops", 7 * 7 * 1280),  # as a module it is counted twice, as a function once
        ("shufflenet_v2", "fvcore", 7 * 7 * 1024),  # x.mean is another operator
        ("shufflenet_v2", "torchprofile", 0),  # which counts the mean's output, as it does the pool's
        ("densenet121", "thop", 7 * 7 * 1024 + 1024),
        ("densenet121", "ptflops", 2 * 7 * 7 * 1024),  # F.relu and F.adaptive_avg_pool2d
        ("resnet50", "ptflops", 0),
    ],
)
def test_what_follows_from_the_way_of_writing_alone_has_an_amount(spec: str, convention: str, amount: int) -> None:
    report = analyze(spec)
    assert counted(report, convention, written="") - counted(report, convention) == amount


def test_a_row_knows_how_its_layer_is_written_and_which_rule_counted_it() -> None:
    report = analyze("mobilenet_v2", convention="thop")
    pool = next(row for row in report.layers if row.kind == "global_pool")
    assert (pool.written, pool.rule.key, pool.rule.for_a_form, pool.flops) == (
        "functional",
        "unseen.functional",
        True,
        0,
    )
    norm = next(row for row in report.layers if row.kind == "norm")
    assert (norm.written, norm.rule.key, norm.rule.for_a_form) == ("module", "norm", False)
    assert norm.flops == 4 * norm.cost.outputs
    assert {row.written for row in report.layers if row.kind == "add"} == {"operator"}
    relu = next(row for row in analyze("googlenet", convention="ptflops").layers if row.kind == "relu")
    assert (relu.rule.key, relu.rule.text) == ("relu.functional", "outputs")


LAYERS_THAT_THOP_KNOWS = (
    "(4 if affine else 2) * outputs if kind == 'batch' or kind == 'layer' or kind == 'instance' else 0"
)


def test_json_says_of_every_layer_how_it_is_written_and_which_rule_counted_it(ok: Callable[..., str]) -> None:
    layers = json.loads(ok("mobilenet_v2", "--convention", "thop", "--format", "json"))["layers"]
    by_kind = {layer["kind"]: (layer["written"], layer["rule"], layer["rule_for"]) for layer in layers}
    assert by_kind["norm"] == ("module", LAYERS_THAT_THOP_KNOWS, "norm")
    assert by_kind["global_pool"] == ("functional", "0", "unseen.functional")
    assert by_kind["depthwise"] == ("module", "madds", "conv")
    assert by_kind["relu6"] == ("module", "0", "default")


def test_the_way_of_writing_is_told_by_the_layer_then_its_block_then_what_uses_it(
    spec_file: Callable[[str], Path],
) -> None:
    path = spec_file(
        """
parameters: {how: {default: mean, choices: [mean, module]}}
input: [8, 8, 8]
written: {pool: functional, relu: functional, elementwise: function}
blocks:
  own:
    written: {global_pool: how}
    input: [C, H, W]
    layers:
      - branches:
          paths:
            - []
            - - global_pool
              - relu
          merge: multiply
      - branches: {paths: [[], []], merge: add}
        written: operator
layers:
  - own
  - squeeze_excite: {r: 2}
  - max_pool: {kernel: 2}
  - global_pool: {}
    written: avg_pool
"""
    )
    forms = [(row.kind, row.written) for row in analyze(path).layers]
    assert forms == [
        ("global_pool", "mean"),
        ("relu", "functional"),
        ("multiply", "function"),
        ("add", "operator"),
        ("global_pool", "functional"),
        ("conv", "module"),
        ("relu", "functional"),
        ("conv", "module"),
        ("sigmoid", "module"),
        ("multiply", "function"),
        ("max_pool", "functional"),
        ("global_pool", "avg_pool"),
    ]
    assert analyze(path, how="module").layers[0].written == "module"


@pytest.mark.parametrize(
    ("layers", "place", "words"),
    [
        ("- relu: {}\n    written: functionally", "4:14", ["`functionally` is not known", "did you mean `functional`"]),
        ("- relu: {}\n    written: mean", "4:14", ["module, custom, functional, function"]),
        (
            "- relu: {}\n    written: \"'mean' if channels > 2 else 'module'\"",
            "4:15",
            ["relu cannot be written as `mean`"],
        ),
        ("- relu: {}\n    written: channels", "4:14", ["`written` is 3"]),
        ("- relu: {}\n    written: module if channels > 2 else functional", "4:14", ["quoted: 'module'"]),
        ("- squeeze_excite: {r: 1}\n    written: mean", "4:14", ["beside a layer", "among the keys of the spec"]),
        ("- relu\nwritten: {relus: mean}", "4:11", ["there is no kind of layer `relus`", "did you mean `relu`"]),
        ("- relu\nwritten: {conv: mean}", "4:17", ["conv cannot be written as `mean`"]),
        ("- relu\nwritten: mean", "4:10", ["a mapping of kinds of layers"]),
    ],
)
def test_a_way_of_writing_that_there_is_not_is_refused(
    layers: str, place: str, words: list[str], spec_file: Callable[[str], Path]
) -> None:
    path = spec_file(f"input: [3, 4, 4]\nlayers:\n  {layers}\n")
    with pytest.raises(FlopcalcError) as error:
        analyze(path)
    assert f":{place}:" in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_every_form_is_one_that_some_layer_has_and_every_layer_begins_with_its_usual_one() -> None:
    assert {form for primitive in LAYERS.values() for form in primitive.layer.forms} == set(FORMS)
    for primitive in LAYERS.values():
        assert primitive.layer.forms


# -- the conventions -------------------------------------------------------------------------------------------------


def test_the_packaged_conventions_are_those_of_the_tools_and_of_published_tables() -> None:
    tools = {convention for golden in SEVEN for convention, _ in figures(golden)}
    tables = {golden["counted_by"] for golden in rows("published_figures.csv")} - {""}
    tables |= {golden["rule"].split()[1] for golden in rows("quoted_tables.csv")}
    assert set(CONVENTIONS) == tools | tables | {"paper", "strict"}


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_packaged_convention_says_what_it_is_and_where_that_is_written(name: str) -> None:
    convention = load_convention(name)
    assert convention.name == name
    for text in (convention.title, convention.source, convention.notes, convention.unit):
        assert text


@pytest.mark.parametrize("name", CONVENTIONS)
@pytest.mark.parametrize("metric", COUNTED)
def test_a_formula_with_numbers_put_in_is_the_number(name: str, metric: str) -> None:
    convention = load_convention(name)
    for spec, values in (
        ("mbconv", {"C": 16, "O": 24, "e": 6, "K": 5, "r": 4, "H": 14, "W": 10}),
        ("dfc_attention", {"C": 16, "O": 24, "K_H": 5, "K_W": 5, "H": 14, "W": 10}),
        ("resnet_bottleneck", {"C": 64, "O": 64, "M": 16, "H": 14, "W": 10}),
    ):
        options = {"norm": True} if spec == "dfc_attention" else {"norm": True, "activation": "relu"}
        formulas = analyze(spec, **options).counted(convention, metric)
        numbers = analyze(spec, **options, **values).counted(convention, metric)
        assert len(formulas) == len(numbers)
        for formula, number in zip(formulas, numbers, strict=True):
            found = formula.value
            if type(found) is not int:
                found = found.subs({symbol: values[symbol.name] for symbol in found.free_symbols})
            assert (found, formula.rule) == (number.value, number.rule)


def test_a_merge_of_a_symbolic_number_of_paths_counts_each(spec_file: Callable[[str], Path]) -> None:
    path = spec_file(
        "parameters: {n: }\ninput: [4, 6, 5]\nlayers:\n"
        "  - branches: {paths: {repeat: n, do: [{depthwise: {kernel: 3, dilation: 1 + i}}]}, merge: multiply}\n"
    )
    formula: Any = analyze(path, convention="strict").totals.flops
    (symbol,) = formula.free_symbols
    for count in (2, 3, 5):
        paths = count * 2 * 9 * 4 * 30
        assert formula.subs(symbol, count) == paths + (count - 1) * 4 * 30
        assert analyze(path, convention="strict", n=count).totals.flops == paths + (count - 1) * 4 * 30


N = 8 * 8 * 12
"""Elements of the map behind the 1×1 convolution."""


@pytest.mark.parametrize(
    ("layers", "flops"),
    [
        ("[{norm: {kind: rms}}]", 4 * N),  # a square, a sum, a division, a scale
        ("[{norm: {kind: rms, bias: true}}]", 5 * N),
        ("[{norm: {kind: instance}}]", 7 * N),
        ("[{norm: {kind: layer, bias: false}}]", 6 * N),
        ("[{norm: {kind: layer, axis: all}}]", 7 * N),
        ("[{norm: {kind: layer, axis: map, affine: false}}]", 5 * N),
        ("[{reshape: [8, -1]}, {norm: {kind: layer}}]", 7 * N),
        ("[{scale: {bias: false}}]", N),
        ("[scale]", 2 * N),
        ("[{softmax: {axis: 2}}]", 3 * N),
        ("[mish]", N),
        ("[{identity: , as: a}, {subtract: , from: [a, a]}]", N),
        ("[{identity: , as: a}, {divide: , from: [a, a]}]", N),
        ("[{identity: , as: a}, {maximum: , from: [a, a, a]}]", 2 * N),
        ("[{identity: , as: a}, {reduce: {op: max, axis: channels}, as: b}, {add: , from: [a, b]}]", N - 96 + N),
        ("[{reduce: {op: sum, axis: map}}]", N - 8),
        ("[{reduce: {axis: [1]}}]", N),  # a mean: sums and a division
        ("[global_max_pool]", N - 8),
        ("[{adaptive_max_pool: {size: 4}}]", N - 8 * 16),
        ("[{upsample: {scale: 2, mode: bicubic}}]", 31 * 4 * N),  # 16 products, 15 sums
        ("[{reshape: [8, -1]}, {upsample: {scale: 2, mode: bilinear}}]", 3 * 2 * N),
        ("[{reshape: [4, 2, 8, 12]}, {upsample: {scale: 2, mode: bilinear}}]", 15 * 8 * N),
        ("[{reshape: [8, -1]}, {linear: {out: 6}}]", 2 * 6 * N + 6 * 96),
        ("[{identity: , as: a}, {einsum: 'chw,cgw->chg', from: [a, a]}]", 2 * 8 * 8 * 8 * 12),
        ("[{identity: , as: a}, {conv: {out: 2, kernel: 1}, as: g}, {grid_sample: , from: [a, g]}]", 2 * 2 * N + 7 * N),
        ("[{reshape: [-1]}, {embedding: {count: 20, out: 6}}]", 0),
        ("[{pixel_shuffle: 2}]", 0),
        ("[{unfold: {kernel: 3}}]", 0),
        ("[{roll: 2}]", 0),
        ("[{max_unpool: {kernel: 2}}]", 0),
        ("[{custom: {madds: 50}}]", 100),
        # 9 taps of 8 channels at 96 positions, each from 4 neighbours: 4 products and 3 sums, before the convolution
        ("[{identity: , as: a}, {conv: {out: 18, kernel: 1}, as: o}, "
         "{deformable_conv: {out: 5, kernel: 3}, from: [a, o]}]",
         2 * 18 * N + 2 * 9 * 5 * N + 7 * 9 * N),
    ],
)  # fmt: skip
def test_the_strict_convention_counts_what_a_layer_of_today_computes(
    layers: str, flops: int, spec_file: Callable[[str], Path]
) -> None:
    text = f"input: [3, 8, 12]\nlayers:\n  - conv: {{out: 8, kernel: 1}}\n  - layers: {layers}\n"
    assert analyze(spec_file(text), convention="strict").totals.flops == 2 * 3 * N + flops


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_deformable_convolution_is_counted_by_those_who_see_it_alone(
    convention: str, spec_file: Callable[[str], Path]
) -> None:
    text = (
        "input: [4, 5, 7]\nlayers:\n  - identity\n    as: a\n  - parameter: [18, 5, 7]\n    as: o\n"
        "  - deformable_conv: {out: 6, kernel: 3}\n    from: [a, o]\n"
    ).replace("- identity\n", "- identity:\n")
    found = analyze(spec_file(text), convention=convention).totals.flops
    madds = 9 * 4 * 6 * 35
    strict = 2 * madds + 7 * 9 * 4 * 35
    by_parameters = ("paper", "senet", "mobile_vision", "torchinfo")
    assert found == (strict if convention == "strict" else madds if convention in by_parameters else 0)


def test_the_strict_convention_counts_every_operation(spec_file: Callable[[str], Path]) -> None:
    path = spec_file(
        """
input: [2, 5, 7]
layers:
  - conv: {out: 4, kernel: 3, bias: true}
  - norm
  - relu
  - max_pool: {kernel: 2}
  - adaptive_avg_pool: {size: [2, 2]}
  - branches: {paths: [[], [], []], merge: add}
  - upsample: {scale: 2, mode: bilinear}
  - global_pool
  - softmax
  - linear: {out: 3}
"""
    )
    rows_ = {row.kind: row.flops for row in analyze(path, convention="strict").layers}
    assert rows_ == {
        "conv": 4 * 35 * (9 * 2 * 2 + 1),
        "norm": 2 * 4 * 35,
        "relu": 4 * 35,
        "max_pool": 4 * 6 * 3,  # 2×3 outputs, 3 comparisons each
        "adaptive_avg_pool": 4 * 2 * (2 + 2),  # rows 0, 1; columns 0–1 and 1–2
        "add": 2 * 4 * 4,
        "upsample": 7 * 4 * 16,
        "global_pool": 4 * 16,
        "softmax": 3 * 4,
        "linear": 3 * (2 * 4 + 1),
    }


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (4, 4), (7, 5), (10, 13)])
def test_the_elements_that_an_adaptive_pool_reads_are_those_of_its_windows(size: tuple[int, int]) -> None:
    layer = LAYERS["adaptive_avg_pool"].layer.make({"size": size})
    for height, width in ((7, 7), (8, 6), (13, 10)):
        rows_, columns = (
            sum(-(-(index + 1) * length // n) - index * length // n for index in range(n))
            for length, n in ((height, size[0]), (width, size[1]))
        )
        assert layer.reads(((3, height, width),), (3, *size)) == 3 * rows_ * columns


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("name: x", "1:1", ["has no `flops`"]),
        ("flops: {conv: madds}\nflop: {}", "2:1", ["no key `flop`", "did you mean `flops`?"]),
        ("flops: {convs: madds}", "1:9", ["no kind of layer `convs`", "did you mean `conv`?"]),
        ("flops: {conv: mads}", "1:15", ["there is no `mads`", "did you mean `madds`"]),
        ("flops: {conv: mode}", "1:15", ["there is no `mode`"]),
        ("flops: {conv: 2 *}", "1:", []),
        ("flops: {relu: {mean: 0}}", "1:16", ["relu is never written as `mean`"]),
        ("flops: {relu: {functionl: 0}}", "1:16", ["did you mean `functional`"]),
        ("flops: {conv: [1]}", "1:15", ["the rule of conv is a list"]),
        ("flops: 3", "1:8", ["a mapping from kinds of layers"]),
        ("unseen: [functionall]\nflops: {conv: madds}", "1:9", ["no layer is written as `functionall`"]),
        ("flops: {conv: kernel}", "1:15", ["the rule of conv yields [3, 3]", "expected: a number"]),
        ("flops: {conv: 'true'}", "1:16", ["the rule of conv yields true"]),
        ("flops: {conv: -madds}", "1:15", ["yields -10838016 for a layer of kind conv", "not negative"]),
        ("flops: {conv: {}}", "1:15", ["the rule of conv is empty", "module, custom"]),
        ("flops: {conv: '2 * madds + mads'}", "1:28", ["there is no `mads`"]),
        ("flops: {conv: fload(madds)}", "1:15", ["there is no function `fload`", "did you mean `floor`"]),
        ("flops: {conv: madds(3)}", "1:15", ["there is no function `madds`"]),
        ("flops: {conv: madds}\nunseen: [[x]]", "2:10", ["an entry of unseen is a list"]),
        ("flops: {conv: madds / (outputs - outputs)}", "1:", []),
    ],
)
def test_a_fault_in_a_convention_is_told_with_its_place(
    text: str, place: str, words: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    with pytest.raises(SpecError) as error:
        analyze("mobilenet_v1", convention=str(path))
    assert f"own.yaml:{place}" in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_every_layer_of_a_block_of_formulas_is_held_to_a_count_that_is_not_negative(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("flops: {conv: outputs - 2 * outputs}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"own\.yaml:1:15: the rule of conv yields -"):
        analyze("separable_conv", convention=str(path)).totals  # noqa: B018


def test_a_convention_without_headings_has_its_files_name_and_says_what_a_flop_is(
    tmp_path: Path, ok: Callable[..., str]
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("flops: {conv: madds}\n", encoding="utf-8")
    convention = load_convention(str(path))
    assert (convention.name, convention.title) == ("own", "own")
    assert convention == load_convention(str(path))
    said = " ".join(ok("resnet18", "--convention", str(path)).split())
    assert "one FLOP is what the rules of own.yaml count (own)" in said


def test_a_convention_that_there_is_not_is_asked_for_by_a_name_like_it() -> None:
    with pytest.raises(UnknownNameError, match="did you mean `torchinfo`"):
        load_convention("torchinf")


def test_a_users_rules_may_speak_of_attributes_shapes_and_forms(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "unit: a thing\nunseen: [mean]\nflops:\n  conv: kernel[0] * dilation[1] + in_channels\n"
        "  norm: \"3 if kind == 'batch' and affine else 5\"\n  pool: {module: 7, default: 9}\n  default: 1\n"
        "params: {default: weights}\nactivations: {norm: statistics}\n",
        encoding="utf-8",
    )
    convention = load_convention(str(path))
    report = analyze("mobilenet_v2")
    by_kind = {row.kind: each for row, each in zip(report.layers, report.counted(convention), strict=True)}
    assert by_kind["conv"].value == 1 + 320
    assert (by_kind["norm"].value, by_kind["relu6"].value) == (3, 1)
    assert (by_kind["global_pool"].value, by_kind["global_pool"].rule.key) == (9, "pool")
    assert counted_by(report, convention, "params") == report.totals.weights
    assert counted_by(report, convention, "activations") == 34112  # a batch norm has as many statistics as parameters
    mean = analyze("shufflenet_v2").counted(convention)
    assert [each.value for each in mean if each.rule.key == "unseen.mean"] == [0]


def counted_by(report: Report, convention: Convention, metric: str) -> int:
    return sum(each.value for each in report.counted(convention, metric))


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_table_says_what_one_flop_is_and_by_which_convention(name: str, ok: Callable[..., str]) -> None:
    for arguments in (("resnet50",), ("separable_conv",), ("resnet18", "--by", "kind")):
        text = " ".join(ok(*arguments, "--convention", name).split())
        assert f"({name})" in text
        assert load_convention(name).unit.split()[1] in text
    printed = json.loads(ok("resnet50", "--convention", name, "--format", "json"))
    assert printed["convention"] == name
    assert printed["totals"]["flops"] == counted(analyze("resnet50"), name)


def test_counting_a_network_by_a_convention_does_not_load_sympy() -> None:
    code = (
        "import sys, flopcalc\n"
        f"for name in {CONVENTIONS!r}: flopcalc.analyze('efficientnet_b0', convention=name).totals.flops\n"
        "assert 'sympy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
