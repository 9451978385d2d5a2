"""Every row of a sweep is the single exact analysis of its configuration."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import flopcalc
from flopcalc.errors import FlopcalcError
from flopcalc.metrics import COUNTED
from flopcalc.sweeps import Block, Column, Listed, Product, compile_totals, read_grid, sweep

METRICS_OF_REPORTS = COUNTED


@dataclass(frozen=True)
class Case:
    spec: str
    axes: Mapping[str, str]
    others: Mapping[str, object] = field(default_factory=dict)
    convention: str = "paper"
    metrics: tuple[str, ...] = METRICS_OF_REPORTS

    def __str__(self) -> str:
        return f"{self.spec} {' '.join(self.axes)}"


CASES = [
    Case("mobilenet_v1", {"alpha": "0.05:1.4:0.05", "rho": "0.15:1.2:0.05", "separable": "true,false"}),
    Case("mobilenet_v1", {"rho": "0.1:1:0.02", "alpha": "1/64:1:3/64", "shallow": "true,false"}, {"resolution": 45}),
    Case("mobilenet_v2", {"alpha": "0.01:1.4:0.01", "rho": "0.1:1:0.1"}, convention="strict"),
    Case("mobilenet_v2", {"output_stride": "8,16,32", "resolution": "1:300:7", "head": "none,conv,classifier"}),
    Case("mobilenet_v3", {"alpha": "0.3:1.4:0.1", "resolution": "32:256:32", "network": "large,small"}),
    Case("mobilenet_v3", {"alpha": "0.3:1.4:0.1", "hidden": "640:1280:64"}, {"widths": "torchvision"}),
    Case("shufflenet_v1", {"groups": "1,2,3,4,8", "scale": "0.25:2:0.25", "bottleneck": "exact,ceil"}),
    Case("shufflenet_v2", {"scale": "0.5,1,1.5,2", "resolution": "1:260:9", "unit": "torchvision,paper"}),
    Case("resnet", {"depth": "18,34,50,101", "width": "0.5:2:0.125", "resolution": "33:257:32"}),
    Case("resnext", {"width": "1:16", "cardinality": "1,2,3,32"}, convention="fvcore"),
    Case("se_resnet", {"width": "8:64:8", "reduction": "4,8,16", "depth": "18,50"}, {"se_divisor": 4}),
    Case("efficientnet", {"width": "0.5:2:0.1", "depth": "0.5:2:0.25", "resolution": "64:256:64"}),
    Case("efficientnet", {"phi": "0:2:0.25", "classes": "10,1000"}, {"resolution": 224}),
    Case("ghostnet", {"alpha": "0.5:1.5:0.1", "ratio": "2,3", "resolution": "60:240:60"}, convention="thop"),
    Case("mnasnet", {"alpha": "0.35:1.4:0.05", "network": "a1,b1", "resolution": "96:224:32"}),
    Case("fbnet_v1", {"network": "a,b,c", "resolution": "20:300:20"}, convention="torch"),
    Case("densenet", {"growth_rate": "1:48", "compression": "0.25,0.5,1"}, {"depth": 121}),
    Case("regnet", {"w0": "24:80:8", "resolution": "96,224"}),
    Case("espnet_v2", {"scale": "0.5,1,1.25,1.5,2", "resolution": "32:256:32"}),
    Case("googlenet", {"resolution": "60:260:10"}, convention="ptflops"),
    Case("vgg", {"resolution": "32:256:16", "depth": "11,16"}, convention="torchinfo"),
    Case("conv", {"C": "1:64:3", "H": "1:40:7", "O": "8,12", "K": "1,3,4", "g": "1,2,4"}, {"W": 9, "padding": 1}),
    Case("mbconv", {"C": "1:32", "O": "8:32:8", "r": "1,3,4"}, {"e": 4, "K": 3, "H": 14, "W": 14}),
    Case("mobilenet_v2", {"alpha": "0.1:1.4:0.1", "rho": "0.25,0.5,1"}, metrics=("params", "peak_memory")),
    Case("densenet", {"growth_rate": "8:32:8", "resolution": "64,96"}, metrics=("mac", "peak_memory")),
]


def single(case: Case, row: Mapping[str, object]) -> dict[str, object] | None:
    """Return the metrics of one configuration by an ordinary analysis; None where it is refused."""
    parameters = {name: row[name] for name in case.axes}
    try:
        totals = flopcalc.analyze(case.spec, convention=case.convention, **case.others, **parameters).totals
    except FlopcalcError:
        return None
    return {metric: getattr(totals, metric) for metric in case.metrics}


def swept(case: Case, grid: object, **options: object) -> list[Block]:
    return list(
        sweep(
            case.spec,
            grid,
            case.metrics,
            convention=case.convention,
            parameters=case.others,
            skip_refused=True,
            **options,  # type: ignore[arg-type]
        )
    )


def table(case: Case, blocks: list[Block]) -> dict[tuple[str, ...], dict[str, object]]:
    """Return the rows by configuration."""
    return {
        tuple(str(row[name]) for name in case.axes): {metric: row[metric] for metric in case.metrics}
        for block in blocks
        for row in block.rows()
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_rows_of_grids_and_lists_equal_single_analyses(case: Case) -> None:
    grid = read_grid(dict(case.axes))
    assert isinstance(grid, Product)
    random_ = random.Random(str(case))
    blocks = swept(case, grid, block_rows=random_.choice([50, 1000, 65536]))
    rows = table(case, blocks)
    assert len(rows) + sum(block.skipped for block in blocks) == len(grid)
    for index in random_.sample(range(len(grid)), min(12, len(grid))):
        row = grid.row(index)
        assert rows.get(tuple(str(row[name]) for name in case.axes)) == single(case, row), row
    columns = grid.columns(0, len(grid))
    order = np.random.default_rng(7).permutation(len(grid))
    listed = Listed({name: column.take(order) for name, column in columns.items()})
    assert table(case, swept(case, listed)) == rows


@pytest.mark.parametrize("resolution", [45, 95, 224])
def test_half_way_cases_go_up_as_in_the_single_analysis(resolution: int) -> None:
    """0.7·45 is 31.5: as a binary float it is 31.499…, and would round to 31."""
    assert int(0.7 * 45 + 0.5) == 31
    case = Case("mobilenet_v1", {"rho": "0.1:1:0.1"}, {"resolution": resolution})
    rows = table(case, swept(case, dict(case.axes)))
    assert len(rows) == 10
    for (rho,), row in rows.items():
        assert row == single(case, {"rho": rho})
    if resolution == 45:
        sides = compile_totals("mobilenet_v1:resolution=45", {"rho": ["0.7"]}, ["activations"])
        assert (
            sides.evaluate({"rho": ["0.7"]})["activations"][0]
            == flopcalc.analyze("mobilenet_v1", input="3,32,32").totals.activations
        )


def test_every_half_way_width_is_exact() -> None:
    """Multiples of 1/64 of the widths 32, 96 … are half-way between channels, or between multiples of 8."""
    case = Case("mobilenet_v2", {"alpha": "1/64:2:1/64"}, metrics=("params", "madds", "mac"))
    rows = table(case, swept(case, dict(case.axes)))
    assert len(rows) == 128
    for (alpha,), row in rows.items():
        assert row == single(case, {"alpha": alpha}), alpha


@pytest.mark.parametrize("denominator", [7, 1000, 10**6, 10**9, 10**15])
def test_a_list_is_exact_whatever_the_denominator(denominator: int) -> None:
    """Short denominators are looked up in tables of steps; those of long ones are found between breakpoints."""
    generator = np.random.default_rng(denominator % 97)
    size = 5000
    alpha = Column(generator.integers(denominator // 4 + 1, 2 * denominator, size), denominator)
    rho = Column(generator.integers(denominator // 3 + 1, denominator + 1, size), denominator)
    case = Case("mobilenet_v2", {"alpha": "", "rho": ""}, metrics=("params", "madds", "mac"))
    (block,) = swept(case, Listed({"alpha": alpha, "rho": rho}))
    for index in generator.integers(0, size, 12):
        row = block.row(int(index))
        assert {metric: row[metric] for metric in case.metrics} == single(case, row)


def test_steps_begin_exactly_at_the_breakpoints() -> None:
    """Just below and at each value where a width changes, over a denominator that binary floats cannot tell apart."""
    denominator = 10**12
    points = [Fraction(8 * step + 4, 32) for step in range(1, 8)]  # where make_divisible(32·alpha) takes its next step
    values = [point + Fraction(shift, denominator) for point in points for shift in (-1, 0, 1)]
    values += [Fraction(1, 4), Fraction(2)] * 600
    case = Case("mobilenet_v2", {"alpha": ""}, metrics=("params", "madds", "mac"))
    (block,) = swept(case, Listed({"alpha": Column.of(values)}))
    for index in range(len(points) * 3):
        row = block.row(index)
        assert {metric: row[metric] for metric in case.metrics} == single(case, row), row


def test_shortcuts_come_and_go_with_equal_widths() -> None:
    """For narrow networks different rounded widths are equal, and MobileNetV2 gets shortcuts that it has not else."""
    grid = {"alpha": "0.01:0.4:0.01"}
    compiled = compile_totals("mobilenet_v2", {"alpha": grid["alpha"]}, ("mac",))
    macs = compiled.evaluate({"alpha": grid["alpha"]})["mac"].tolist()
    assert compiled.structures > 2
    assert macs == [flopcalc.analyze("mobilenet_v2", alpha=f"{n}/100").totals.mac for n in range(1, 41)]


def test_totals_beyond_64_bits_are_whole_numbers_of_any_size() -> None:
    grid = {"C": [10**9, 3], "O": [10**12, 5], "H": [7, 10**6]}
    (block,) = sweep("conv", grid, ("params", "madds", "mac"), W=10**6, K=3)
    assert block.metrics["madds"].dtype == object
    for row in block.rows():
        assert row["madds"] == 9 * row["C"] * row["O"] * row["H"] * 10**6  # type: ignore[operator]
        assert row["params"] == 9 * row["C"] * row["O"]  # type: ignore[operator]


@pytest.mark.parametrize("channels", [2**26, 2**27 + 1, 2**31 - 1, 2**31 + 1])
def test_no_intermediate_wraps_or_loses_a_bit(channels: int) -> None:
    """About 2^53, where floats end, and 2^63, where 64 bits do."""
    grid = {"C": [channels, channels - 1, 1], "O": [channels, 3]}
    (block,) = sweep("conv", grid, ("params", "madds"), H=1, W=1, K=1)
    for row in block.rows():
        assert row["params"] == row["madds"] == row["C"] * row["O"]  # type: ignore[operator]


def test_a_refused_configuration_is_named() -> None:
    with pytest.raises(FlopcalcError, match=r"scale=0\.25: .*groups") as caught:
        list(sweep("shufflenet_v1", {"scale": "0.25,1"}, groups=4))
    assert caught.value.problems[0].expected


def test_refused_configurations_can_be_skipped_and_are_counted() -> None:
    (block,) = sweep("conv", {"C": [8, 9, 10, 12], "g": [1, 4]}, ("params",), skip_refused=True, H=1, W=1, K=1, O=8)
    assert [(row["C"], row["g"]) for row in block.rows()] == [(8, 1), (8, 4), (9, 1), (10, 1), (12, 1), (12, 4)]
    assert block.skipped == 2


@pytest.mark.parametrize(
    ("spec", "grid", "options"),
    [
        ("mobilenet_v9", {"alpha": [1]}, {}),
        ("mobilenet_v2", {"alfa": [1]}, {}),
        ("mobilenet_v2", {"alpha": [1]}, {"metrics": ["flop"]}),
        ("mobilenet_v2", {"alpha": [1]}, {"metrics": []}),
        ("mobilenet_v2", {"alpha": [1]}, {"alpha": 1}),
        ("mobilenet_v2:alpha=1", {"alpha": [1]}, {}),
        ("mobilenet_v2", {"alpha": ["wide"]}, {}),
        ("mobilenet_v2", {"head": ["nothing"]}, {}),
        ("mobilenet_v2", {"alpha": [-1]}, {}),
        ("mobilenet_v2", {"alpha": [1]}, {"convention": "papers"}),
        ("separable_conv", {"C": [1, 2]}, {}),
        ("mobilenet_v2", {"alpha": [1]}, {"block_rows": 0}),
    ],
)
def test_a_wrong_sweep_is_refused(spec: str, grid: object, options: Mapping[str, object]) -> None:
    with pytest.raises(FlopcalcError) as caught:
        list(sweep(spec, grid, **options))  # type: ignore[arg-type]
    assert str(caught.value)


def test_what_a_compiled_total_was_not_compiled_for_is_refused() -> None:
    compiled = compile_totals("mobilenet_v1", {"alpha": "0.5,1"})
    for values in ([2], ["1/3"], ["wide"]):
        with pytest.raises(FlopcalcError):
            compiled.evaluate({"alpha": values})
    with pytest.raises(FlopcalcError):
        compiled.evaluate({"rho": [1]})


def test_numbers_that_are_no_choice_are_left_out_where_that_is_asked() -> None:
    (block,) = sweep("vgg", {"depth": "11:19"}, ("params",), skip_refused=True)
    assert [row["depth"] for row in block.rows()] == [11, 13, 16, 19]
    assert block.skipped == 5
    for grid, options in (({"depth": "11:19"}, {}), ({"depth": "1:10"}, {"skip_refused": True})):
        with pytest.raises(FlopcalcError, match="depth cannot be"):
            list(sweep("vgg", grid, ("params",), **options))  # type: ignore[arg-type]


def test_a_long_range_of_a_parameter_with_choices_is_refused_at_once() -> None:
    with pytest.raises(FlopcalcError, match="depth has more than 1,000 values"):
        sweep("vgg", {"depth": "1:1000000000"}, ("params",))


def test_columns_are_brought_to_one_denominator_beyond_64_bits() -> None:
    compiled = compile_totals("mobilenet_v1", {"alpha": ["1/7", 2**61]}, ("params",))
    found = compiled.evaluate({"alpha": np.array([2**61, 1])})["params"].tolist()
    assert found == [flopcalc.analyze("mobilenet_v1", alpha=alpha).totals.params for alpha in (2**61, 1)]


def test_a_long_number_is_named_shortly_where_it_is_refused() -> None:
    with pytest.raises(FlopcalcError) as caught:
        list(sweep("mobilenet_v2", {"alpha": "1e400,1"}, ("params",)))
    assert len(caught.value.problems[0].what) < 250


HALVES = """
name: halves
flops: {conv: madds / 2, relu: outputs / 3}
"""

HALVED = """
input: [C, 3, 3]
parameters: {relu: {default: false}}
layers:
  - conv: {out: 1, kernel: 1}
  - relu: {}
    when: relu
"""


@pytest.fixture
def halves(tmp_path: Path) -> tuple[str, str]:
    """Return a spec of 9·C multiply-adds, and a convention that counts half of them."""
    (tmp_path / "halves.yaml").write_text(HALVES)
    (tmp_path / "net.yaml").write_text(HALVED)
    return str(tmp_path / "net.yaml"), str(tmp_path / "halves.yaml")


@pytest.mark.parametrize("grid", [{"C": "1:4"}, {"relu": "true,false", "C": "2:6:2,7"}, [{"C": 2}, {"C": 3}]])
def test_a_total_that_is_not_whole_is_an_error_and_never_its_floor(halves: tuple[str, str], grid: object) -> None:
    spec, convention = halves
    with pytest.raises(FlopcalcError, match=r"C=[137]: flops is (9|27|69)/2, which is not whole"):
        list(sweep(spec, grid, ("madds", "flops"), convention=convention))
    assert list(sweep(spec, grid, ("madds",), convention=convention))


def test_totals_of_a_convention_that_halves_are_exact_where_they_are_whole(halves: tuple[str, str]) -> None:
    spec, convention = halves
    (block,) = sweep(spec, {"C": "2:2000:2"}, ("madds", "flops"), convention=convention)
    assert block.metrics["madds"].tolist() == [9 * channels for channels in range(2, 2001, 2)]
    assert block.metrics["flops"].tolist() == [9 * channels // 2 for channels in range(2, 2001, 2)]
    assert block.metrics["flops"].dtype == np.int64
    (block,) = sweep(spec, {"C": "2:20:2", "relu": "false,true"}, ("flops",), convention=convention)
    assert block.metrics["flops"].tolist() == [
        9 * channels // 2 + 3 * relu for channels in range(2, 21, 2) for relu in range(2)
    ]


def test_a_table_of_all_networks_holds_fractions_that_are_not_asked_for(halves: tuple[str, str]) -> None:
    spec, convention = halves
    compiled = compile_totals(spec, {"C": "1:60"}, ("flops",), convention=convention)
    rows = [2, 4, 60] * 1000
    assert compiled.evaluate({"C": rows})["flops"].tolist() == [9 * channels // 2 for channels in rows]
    with pytest.raises(FlopcalcError, match="C=5: flops is 45/2, which is not whole"):
        compiled.evaluate({"C": [2, 5]})
