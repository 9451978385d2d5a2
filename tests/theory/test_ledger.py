"""Ledgers add up to the last digit and say why, and a quoted figure is explained by what yields it."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from flopcalc import FlopcalcError, analyze, conventions, explain
from flopcalc.convention import load_convention
from flopcalc.report import Report
from flopcalc.spec import catalog
from flopcalc.theory.explain import COSTS, MOST_TRIED
from flopcalc.theory.figure import read_figure
from flopcalc.theory.ledger import Ledger, Line, conventions_of, ledger_of, sizes_of

GOLDENS = Path(__file__).parent.parent / "goldens"
NAMES = [entry.name for entry in catalog.index() if entry.kind == "conventions"]
ARCHITECTURES = [entry.name for entry in catalog.index() if entry.kind == "architectures"]
OPERATORS = {"norm": "batch_norm", "global average pool": "adaptive_avg_pool2d"}
OPERATORS["adaptive average pool"] = OPERATORS["global average pool"]
"""What fvcore calls the kinds of its ledger's lines."""


def rows(name: str) -> list[dict[str, str]]:
    """Read a CSV of goldens."""
    with (GOLDENS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def report_of(spec: str) -> Report:
    """Analyze a network once."""
    return analyze(spec)


def said(ledger: Ledger) -> dict[str, int]:
    """Return a ledger's lines by what they say."""
    found: dict[str, int] = {}
    for line in ledger.lines:
        assert isinstance(line.amount, int)
        assert line.text not in found
        found[line.text] = line.amount
    return found


# -- ledgers ---------------------------------------------------------------------------------------------------------


FVCORE = [row for row in rows("counters.csv") if row["by"]]


@pytest.mark.parametrize("golden", FVCORE, ids=lambda golden: golden["spec"])
def test_the_ledger_of_fvcore_is_the_tools_own_breakdown(golden: dict[str, str]) -> None:
    ledger = conventions_of(report_of(golden["spec"]), names=["fvcore"])["fvcore"]
    assert ledger.total == int(golden["value"])
    lines: dict[str, int] = {}
    for line in ledger.lines:  # what is not seen is taken off the kind that it belongs to
        lines[line.kind] = lines.get(line.kind, 0) + int(line.amount)
    printed = {key: value for key, value in json.loads(golden["by"]).items() if key not in ("conv", "linear")}
    assert {OPERATORS[kind]: amount for kind, amount in lines.items() if amount} == printed


@pytest.mark.parametrize("spec", ARCHITECTURES)
@pytest.mark.parametrize("metric", ["flops", "params", "activations"])
def test_the_lines_of_every_ledger_add_up_to_its_gap(spec: str, metric: str) -> None:
    found = conventions_of(report_of(spec), metric=metric)
    for ledger in found.ledgers:
        assert sum(line.amount for line in ledger.lines) == ledger.total - found.base.total == ledger.gap
        assert all(line.amount for line in ledger.lines)


@pytest.mark.parametrize("against", ["torch", "thop", "strict", "ptflops"])
@pytest.mark.parametrize("spec", ["mobilenet_v2", "googlenet", "ghostnet_v2"])
def test_any_convention_can_be_compared_with(against: str, spec: str) -> None:
    report = report_of(spec)
    paper = conventions_of(report)
    for ledger in conventions_of(report, against=against).ledgers:
        name = ledger.convention.name
        assert ledger.gap == paper[name].total - paper[against].total
        assert bool(ledger.lines) is bool(ledger.gap)


def test_a_file_that_is_named_twice_is_one_convention(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("flops: {conv: madds}\n", encoding="utf-8")
    found = conventions("resnet18", names=[str(path), str(path)], against=str(path))
    assert [ledger.convention.name for ledger in found.ledgers] == ["own"]


def test_what_only_the_other_convention_counts_is_said_once() -> None:
    lines = conventions("resnet18", names=["paper"], against="strict")["paper"].lines
    words = {line.kind: line.words for line in lines}
    assert words["max pool"] == "not 1 per element that a window reads, less 1 per output"
    assert words["norm"] == "not 2 per output"


def test_a_ledger_whose_lines_do_not_add_up_cannot_be_made() -> None:
    paper = load_convention("paper")
    line = Line(3, "norm", "2 per output", "2 * outputs", "0", 1, ("norm",))
    assert Ledger(paper, paper, 10, 7, (line,)).gap == 3
    with pytest.raises(AssertionError):
        Ledger(paper, paper, 10, 6, (line,))


def test_a_tool_is_explained_in_words() -> None:
    found = conventions("resnet50")
    assert said(found["fvcore"]) == {"norm, 2 per output": 22227968, "global average pool, 1 per input": 100352}
    assert said(found["ptflops"]) == {
        "norm, 2 per output": 22227968,
        "relu, 2 per output": 19217408,
        "pool, 2 per input": 1806336,
        "bias of linear, 1 per output": 1000,
    }
    assert said(found["torch"]) == {
        "conv, 2 per multiply-add instead of 1": 4087136256,
        "linear, 2 per multiply-add instead of 1": 2048000,
    }
    # torchinfo multiplies parameters, biases among them, by positions
    assert said(found["torchinfo"]) == {"norm, its learnable parameters": 53120, "bias of linear, 1 per output": 1000}
    assert found["calflops_macs"].lines == ()


def test_what_is_not_seen_for_how_it_is_written_has_a_line_of_its_own() -> None:
    found = conventions("shufflenet_v2", names=["fvcore", "thop"])
    assert said(found["fvcore"])["global average pool, written as x.mean, not seen"] == -50176
    assert said(found["thop"])["global average pool, written as x.mean, not seen"] == -51200
    assert [line.form for line in found["fvcore"].lines] == ["", "", "mean"]
    seen = conventions("mobilenet_v2", names=["ptflops"])["ptflops"]
    (line,) = (line for line in seen.lines if line.form)
    assert line.words == "written as a functional call: 1 per input instead of 2"
    report = report_of("shufflenet_v2")
    for name in NAMES:
        convention = load_convention(name)
        of_form = sum(
            line.amount for line in ledger_of(report, convention, load_convention("paper")).lines if line.form
        )
        as_usual = sum(one.value for one in report.counted(convention, written=""))
        assert of_form == sum(one.value for one in report.counted(convention)) - as_usual


@pytest.mark.parametrize("name", NAMES)
def test_a_ledger_of_formulas_is_that_of_numbers(name: str) -> None:
    values = {"C": 48, "H": 10, "M": 16, "W": 14}
    blocks = {"norm": True, "activation": "relu", "se": 4}
    symbolic = conventions("resnet_bottleneck", names=[name], **blocks)[name]
    numeric = conventions("resnet_bottleneck", names=[name], **blocks, **values)[name]
    assert len(symbolic.lines) == len(numeric.lines)
    amounts = {line.text: line.amount for line in numeric.lines}
    for line in symbolic.lines:
        amount = line.amount
        assert not isinstance(amount, (int, Fraction))
        point = {symbol: values[symbol.name] for symbol in amount.free_symbols}
        assert amount.subs(point) == amounts[line.text]


def test_parameters_are_counted_in_ways_of_their_own() -> None:
    found = conventions("mobilenet_v1", metric="params")
    totals = {ledger.convention.name: ledger.total for ledger in found.ledgers}
    # arXiv:1704.04861 counts the weights alone; pytorchcv's mobilenet_w1 has 4,231,976 learnable parameters
    assert totals["weights"] == 4209088
    assert totals["biases"] == 4209088 + 1000
    assert totals["params"] == 4231976
    norms = 4231976 - 4209088 - 1000
    assert totals["statistics"] == 4231976 + norms  # as many means and variances as scales and shifts
    assert said(found["statistics"]) == {
        "norm, its learnable parameters": norms,
        "norm, its running statistics": norms,
        "bias of linear, 1 per output channel": 1000,
    }


def test_a_size_on_a_disk_is_that_of_the_elements_and_the_counters() -> None:
    report = report_of("resnet50")
    sizes = {size.name: size.bytes for size in sizes_of(report)}
    state = 25557032 + 53120
    assert sizes == {"params": 4 * 25557032, "statistics": 4 * state, "state": 4 * state + 8 * 53}
    assert {size.name: size.bytes for size in sizes_of(report, "int8")}["state"] == state + 8 * 53
    assert [size.name for size in sizes_of(report_of("vgg16"))] == ["params"]


def test_a_users_own_convention_is_explained_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = "name: mine\nflops:\n  conv: 3 * madds + outputs\n  max_pool: max(window, outputs)\n  default: 0\n"
    path.write_text(text, encoding="utf-8")
    ledger = conventions("resnet18", names=[str(path)])["mine"]
    assert {line.words for line in ledger.lines} == {
        "3 per multiply-add instead of 1 and 1 per output",
        "max(window, outputs)",  # no sum of products: it is quoted
        "not 1 per multiply-add",
    }


@pytest.mark.parametrize("wrong", [{"metric": "mac"}, {"names": []}, {"names": ["papr"]}, {"against": "papr"}])
def test_what_there_is_not_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(FlopcalcError):
        conventions("resnet18", **wrong)  # type: ignore[arg-type]


# -- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value", "step", "metric"),
    [
        ("4.13G", 4130000000, 10**7, ""),
        ("4.09e9", 4090000000, 10**7, ""),
        ("4.09 × 10⁹", 4090000000, 10**7, ""),
        ("4,089,184,256", 4089184256, 1, ""),
        ("25.6M params", 25600000, 10**5, "params"),
        ("25.6 million parameters", 25600000, 10**5, "params"),
        ("4.1 B", 4100000000, 10**8, ""),
        ("3.8 billion FLOPs", 3800000000, 10**8, "flops"),
        ("4.09 GMacs", 4090000000, 10**7, "flops"),
        ("300 M mult-adds", 300000000, 10**6, "flops"),
        ("569 MAdds", 569, 1, "flops"),
        ("97.8 MB", 97800000, 10**5, "size"),
        ("97.5MiB", 102236160, Fraction(1024**2, 10), "size"),
        ("~4.1g", 4100000000, 10**8, ""),
        ("25.6 Mio params", 25600000, 10**5, "params"),
        ("4.1 Billion MACs", 4100000000, 10**8, "flops"),
        ("4.1 gigaflops", 4100000000, 10**8, "flops"),
        ("102.4 megabytes", 102400000, 10**5, "size"),
        (".57G", 570000000, 10**7, ""),
    ],
)
def test_a_figure_is_read_with_its_printed_precision(text: str, value: int, step: int | Fraction, metric: str) -> None:
    figure = read_figure(text)
    assert (figure.value, figure.step, figure.metric) == (value, step, metric)


@pytest.mark.parametrize(
    "text", ["", "abc", "4,13G", "-3G", "0", "0.0M", "1e99", "4 XB", "4G G", "1" * 200, "4.1.2", ".", ".G"]
)
def test_what_is_no_figure_is_refused(text: str) -> None:
    with pytest.raises(FlopcalcError):
        read_figure(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4,1G", "try: 4.1G, with a decimal point"),
        ("4.1 GFLOP/s", "is a speed"),
        ("4.1 GFLOPs per second", "is a speed"),
        ("４.1G", "is no figure"),
    ],
)
def test_what_is_no_figure_is_told_why(text: str, said: str) -> None:
    with pytest.raises(FlopcalcError) as error:
        read_figure(text)
    assert said in str(error.value)


def test_the_interval_of_a_figure_is_what_rounds_to_it() -> None:
    figure = read_figure("4.13G")
    assert (figure.low, figure.high) == (4125000000, 4135000000)
    assert [figure.match(Fraction(n), Fraction(n)) for n in (4125000000, 4135000000, 4124999999, 4139999999)] == [
        "rounded",
        "rounded",
        "",
        "cut",
    ]
    assert read_figure("4000M").match(Fraction(4089184256), Fraction(4089184256)) == "zeros"


FIRST = [
    ("resnet50", "3.8G", "as papers count; stride_at = 1x1; cut off and not rounded"),
    ("resnet50", "3.86 G", "as papers count; stride_at = 1x1"),
    ("resnet50", "4.09G", "as papers count"),
    ("resnet50", "4.1G", "as papers count"),
    ("resnet50", "4.10G", "as torchprofile counts"),
    ("resnet50", "4.11G", "as fvcore counts"),
    ("resnet50", "4.12G", "as ptflops_readme counts"),
    ("resnet50", "4.13G", "as ptflops counts"),
    ("resnet50", "8.18 G", "as torch counts"),
    ("resnet50", "8.21G", "as calflops counts"),
    ("resnet50", "3.81G", "as papers count; divided by 1024³ instead of 1,000,000,000"),
    ("resnet50", "25.56M", "all learnable parameters"),
    ("resnet50", "25.5M", "weights alone, without biases and norms"),
    ("resnet50", "25.61M", "with the running statistics of its norms, which are not learned"),
    ("resnet50", "102 MB", "its parameters in fp32"),
    ("resnet50", "51 MB", "its parameters; in fp16"),
    ("mobilenet_v1", "4.2M", "weights alone, without biases and norms"),
    ("mobilenet_v1", "569M", "as papers count"),
    ("vgg16", "528 MB", "its parameters in fp32; divided by 1024², so MiB and not MB"),
    ("vgg16", "14.7M params", "weights alone, without biases and norms; without its 3 linear layers"),
    # arXiv:1704.04861, and slim's README: the row omits the stem
    ("mobilenet_v1:alpha=0.75", "317M", "as papers count; without the first convolution (conv)"),
    ("mobilenet_v1:alpha=0.75,resolution=192", "233M", "as papers count; without the first convolution (conv)"),
    ("mobilenet_v1:alpha=0.75,resolution=160", "162M", "as papers count; without the first convolution (conv)"),
    ("mobilenet_v1:alpha=0.75,resolution=128", "104M", "as papers count; without the first convolution (conv)"),
    # arXiv:1707.01083, Table 1: the total excludes the FC
    ("shufflenet_v1:groups=4", "133M", "as papers count; without the classifier (linear)"),
    ("shufflenet_v1:groups=8", "137M", "as papers count; without the classifier (linear)"),
    # ESPNetv2's README: the multiply-adds exclude the FC
    (
        "espnet_v2:scale=0.5",
        "28.37M flops",
        "as papers count; without the classifier (linear); cut off and not rounded",
    ),
    ("espnet_v2", "85.72M flops", "as papers count; without the classifier (linear)"),
    (
        "espnet_v2:scale=1.25",
        "123.39M flops",
        "as papers count; without the classifier (linear); cut off and not rounded",
    ),
    ("espnet_v2:scale=1.5", "168.6M flops", "as papers count; without the classifier (linear)"),
    ("espnet_v2:scale=2", "284.8M flops", "as papers count; without the classifier (linear)"),
    # stride in the 1×1, arXiv:1512.03385, Table 1
    ("resnet101", "7.6G", "as papers count; stride_at = 1x1"),
    ("resnet152", "11.3G", "as papers count; stride_at = 1x1"),
    # arXiv:1807.11164, Table 5: the stride-2 unit of the paper
    ("shufflenet_v2", "146M", "as papers count; unit = paper"),
    # slim's README: weights alone
    ("mobilenet_v2", "3.47M", "weights alone, without biases and norms"),
    ("mobilenet_v2:alpha=1.4", "6.06M", "weights alone, without biases and norms"),
    ("mobilenet_v2:alpha=0.75", "2.61M", "weights alone, without biases and norms"),
    # and multiply-adds floored to whole millions
    ("mobilenet_v2:alpha=0.75,resolution=192", "153M", "as papers count; cut off and not rounded"),
    ("mobilenet_v2:resolution=160", "154M", "as papers count"),
    # pycls counts the additions of biases: reproduced exactly
    ("efficientnet_b0", "385,825,092", "as ptflops_aten counts"),
    # mobile-vision's model_info: with the inputs of every global average pool, weights alone
    ("fbnet_a", "244.52636M", "as mobile_vision counts"),
    ("fbnet_c", "378.23344M", "as mobile_vision counts"),
    ("mobilenet_v2", "300.83699M", "as mobile_vision counts"),
    ("fbnet_a", "4.27029M params", "weights alone, without biases and norms"),
    # the head of MobileNetV3's early version
    ("mobilenet_v3_small", "2.9M", "weights alone, without biases and norms; hidden = 1280"),
]


@pytest.mark.parametrize(("spec", "figure", "words"), FIRST, ids=lambda value: str(value)[:40])
def test_a_figure_is_explained_by_its_known_reason_first(spec: str, figure: str, words: str) -> None:
    assert explain(spec, figure).found[0].words == words


@pytest.mark.parametrize("golden", rows("counters.csv"), ids=lambda golden: f"{golden['tool']} {golden['spec']}")
def test_what_a_tool_prints_is_explained_by_that_tool(golden: dict[str, str]) -> None:
    tool = {"torch_flop_counter": "torch", "calflops": "calflops_macs"}.get(golden["tool"], golden["tool"])
    first = explain(golden["spec"], golden["value"], metric="flops").found[0]
    assert first.value == int(golden["value"])
    assert tool in ({step.name for step in first.steps} | {*first.also})


def test_figures_that_are_known_not_to_be_reproducible_stay_unexplained() -> None:
    # tensorflow/models slim mobilenet_v1.md: 34; arXiv:1801.04381, Table 4: 585
    assert explain("mobilenet_v1:alpha=0.25,resolution=192", "34.0M flops").found == ()
    unexplained = explain("mobilenet_v2:alpha=1.4", "585M")
    assert unexplained.found == ()
    assert abs(unexplained.near[0].off) < Fraction(1, 100)


def test_what_fits_supposes_no_more_than_it_needs() -> None:
    found = explain("resnet50", "4.09G").found
    assert found[0].also == ("calflops_macs",)
    assert {len(one.steps) for one in found} == {1}
    assert [one.cost for one in found] == sorted(one.cost for one in found)


def test_a_file_of_pytorch_has_names_and_headers_too() -> None:
    # the sizes of torchvision's weights, as its documentation prints them
    for spec, printed in (("resnet50", "97.8 MB"), ("resnet18", "44.7 MB"), ("vgg16", "527.8 MB")):
        found = explain(spec, printed).found
        assert "binary size" in {step.kind for one in found[:2] for step in one.steps}
    first = explain("resnet50", "97.8 MB").found[0]
    assert [step.kind for step in first.steps] == ["file", "binary size"]


@pytest.mark.parametrize(
    ("spec", "figure", "options"),
    [("separable_conv", "4G", {}), ("resnet50", "97.8MiB", {"metric": "flops"}), ("resnet50", "4G", {"metric": "x"})],
)
def test_what_cannot_be_explained_is_refused(spec: str, figure: str, options: dict[str, str]) -> None:
    with pytest.raises(FlopcalcError):
        explain(spec, figure, metric=options.get("metric"))


QUOTED = [
    # sovrasov/flops-counter.pytorch, README.md @015ad15e, by an early version of ptflops
    ("resnext50_32x4d", "4.27G", ["convention"]),
    ("resnext101_32x4d", "8.03G", ["convention"]),
    ("resnet152", "11.58G", ["convention"]),
    # torchvision's documentation: the file, in MiB
    ("resnet18", "44.7 MB", ["file", "binary size"]),
    # arXiv:1709.01507, Table 2
    ("resnet101", "7.58G", ["convention", "choice"]),
]


@pytest.mark.parametrize(("spec", "figure", "kinds"), QUOTED)
def test_a_way_of_counting_comes_before_a_change_of_the_network(spec: str, figure: str, kinds: list[str]) -> None:
    assert [step.kind for step in explain(spec, figure).found[0].steps] == kinds


def test_a_network_is_changed_only_to_numbers_of_classes_that_its_data_set_has() -> None:
    for spec, figure in (("resnet50", "4.131G"), ("resnet50", "23.53M"), ("resnet18", "11.18M params")):
        said = [step.words for one in explain(spec, figure).found for step in one.steps if step.name == "classes"]
        assert {*said} <= {"classes = 1001", "classes = 21841", "classes = 21843"}
    assert explain("resnet50", "25.56M params", classes=1001).found


def test_a_rule_of_known_extra_rows_comes_before_a_variant_that_is_cut_off() -> None:
    # resnet152, arXiv:1709.01507, Table 2: 11.2957 rounded, where 11.2824 is neither that nor cut off to it
    assert explain("resnet152", "11.30G").found[0].words == "as senet counts; stride_at = 1x1"
    assert COSTS["convention"] + COSTS["choice"] < COSTS["choice"] + COSTS["cut"]


@pytest.mark.parametrize(
    ("spec", "figure"),
    [("resnet18", "44.7 MB"), ("resnet50", "4.11G"), ("resnet50", "3.81G"), ("resnet50", "8.18G"), ("vgg16", "140M")],
)
def test_the_count_of_every_row_times_its_slip_is_what_is_shown_at_both_ends(spec: str, figure: str) -> None:
    found = explain(spec, figure)
    rows = (*found.found, *found.near)
    assert rows
    for one in rows:
        assert (one.shown, one.shown_most) == (one.value * one.factor, one.most * one.factor)
        slips = [step for step in one.steps if step.kind in ("factor", "binary", "binary size")]
        assert (one.factor == 1) is (not slips)
        assert one.known is all(step.kind != "file" for step in one.steps)
        low, high = min(one.shown, found.figure.value), max(one.shown_most, found.figure.value)
        assert low <= found.figure.value * (1 + one.off) <= high


@pytest.mark.parametrize("golden", rows("torchvision_files.csv"), ids=lambda golden: golden["spec"])
def test_a_file_of_torchvision_adds_what_files_of_pytorch_are_seen_to_add(golden: dict[str, str]) -> None:
    first = explain(golden["spec"], f"{golden['mebibytes']} MiB").found[0]
    assert [step.kind for step in first.steps] == ["file"]
    assert first.value < first.most


def many_variants(path: Path, count: int) -> Path:
    lines = ["name: many", "input: [3, 8, 8]", "parameters: {width: {default: 8}}", "variants:"]
    lines += [f"  many_{number}: {{width: {number}}}" for number in range(9, count + 9)]
    path.write_text("\n".join([*lines, "layers:", "  - conv: {out: width, kernel: 3}", ""]), encoding="utf-8")
    return path


def test_of_thousands_of_variants_the_first_are_tried_and_it_is_said_how_many(tmp_path: Path) -> None:
    found = explain(many_variants(tmp_path / "many.yaml", 5000), "999 flops")
    assert found.untried == (f"the first {MOST_TRIED} of 5,000 variants were tried",)
    few = explain(many_variants(tmp_path / "few.yaml", 20), "999 flops")
    assert few.untried == ()


TWINS = """
name: twins
input: [4, 8, 8]
layers:
  - {conv: {out: 4, kernel: 3, bias: true}, name: first}
  - {norm: {}, name: scaled}
  - {prelu: {}, name: bent}
  - {conv: {out: 4, kernel: 3, bias: true}, shares: first}
  - {norm: {}, shares: scaled}
  - {prelu: {}, shares: bent}
"""


def test_the_lines_of_shared_layers_add_up_to_the_parameters_that_there_are(tmp_path: Path) -> None:
    (tmp_path / "twins.yaml").write_text(TWINS)
    report = analyze(tmp_path / "twins.yaml")
    assert report.totals.params == (3 * 3 * 4 * 4 + 4) + 2 * 4 + 4
    found = conventions_of(report, metric="params")
    assert found.ledgers
    for ledger in found.ledgers:
        assert sum(line.amount for line in ledger.lines) == ledger.total - ledger.base
    counted = {ledger.convention.name: ledger.total for ledger in found.ledgers}
    assert counted["params"] == 160
    assert counted["statistics"] == 160 + 2 * 4


def test_a_shared_norm_keeps_one_counter_of_batches(tmp_path: Path) -> None:
    (tmp_path / "twins.yaml").write_text(TWINS)
    state = {size.name: size.bytes for size in sizes_of(analyze(tmp_path / "twins.yaml"))}
    assert state == {"params": 640, "statistics": 640 + 8 * 4, "state": 640 + 8 * 4 + 8}


def test_on_a_disk_every_tensor_of_half_bytes_ends_with_a_whole_one(tmp_path: Path) -> None:
    # conv 1×1, 3 → 5: 15 weights in 8 bytes, 5 biases in 3; norm: 5 and 5 in 3 + 3, statistics 5 and 5 in 3 + 3
    (tmp_path / "odd.yaml").write_text(
        "name: odd\ninput: [3, 4, 4]\nlayers:\n  - conv: {out: 5, kernel: 1, bias: true}\n  - norm\n"
    )
    report = analyze(tmp_path / "odd.yaml", dtype="int4")
    assert {size.name: size.bytes for size in sizes_of(report)} == {"params": 17, "statistics": 23, "state": 31}


@pytest.mark.parametrize("name", ["vit", "swin", "r3d", "lstm_language_model", "yolo_v5", "mobilenet_v4", "cbamresnet"])
def test_the_lines_of_networks_of_any_rank_add_up_to_every_gap(name: str) -> None:
    """Rules that depend on the sides of the map, as of pools, are told apart as well; a ledger refuses a lost gap."""
    for ledger in conventions(name).ledgers:
        assert sum(line.amount for line in ledger.lines) == ledger.gap
