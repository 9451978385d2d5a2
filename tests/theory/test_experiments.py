"""Published experiments: rebuilt networks are held against the paper's widths and against formulas written out here."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from pathlib import Path

import pytest

from flopcalc import analyze
from flopcalc.errors import FlopcalcError, ShapeError, SpecError, UnknownNameError
from flopcalc.spec import catalog
from flopcalc.theory.experiments import Network, Outcome, Pair, load_experiment, run_experiment

AREA = 56 * 56
NAMES = ("g1", "g2", "g3", "g4")

ONE_CONV = {
    # MAC of one 1×1 conv at 56×56, arXiv:1807.11164, Tables 1 and 2 (GPU, ×1), by equations 1 and 2
    "g1": {"1:1": 819200, "1:2": 862920, "1:6": 1157728, "1:12": 1483200},
    "g2": {"1": 819200, "2": 1145160, "4": 1622016, "8": 2274120},
}

SPEEDS = {
    # the same paper's Tables 1 to 4: columns of the GPU, then of the ARM, by rows
    "g1": "1480 1296 876 748, 723 586 489 392, 232 206 189 163, "
    "76.2 72.9 69.1 57.6, 21.7 20.5 17.9 15.1, 5.3 5.1 4.6 4.4",
    "g2": "2451 1725 1026 634, 1289 873 644 445, 437 341 338 230, "
    "40.0 35.0 32.9 27.8, 10.2 9.5 8.7 7.5, 2.3 2.2 2.1 1.8",
    "g3": "2446 1790 752 1537 691, 1274 909 745 803 572, 434 336 349 320 292, "
    "40.2 38.6 38.4 33.4 35.0, 10.1 10.1 10.1 9.1 8.4, 2.3 2.2 2.3 2.2 2.1",
    "g4": "2427 2647 2672 2842, 2066 2256 2121 2376, 1436 1735 1458 1782, "
    "56.7 61.9 57.3 66.3, 16.9 18.8 18.2 20.2, 5.0 5.2 5.1 5.4",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    """Return all the packaged experiments, run."""
    return {name: run_experiment(load_experiment(name)) for name in NAMES}


def first_column(outcome: Outcome, platform: int = 0) -> tuple[Network, ...]:
    """Return the networks of a platform's first column."""
    return outcome.platforms[platform].columns[0].networks


# -- the networks ----------------------------------------------------------------------------------------------------


def test_every_packaged_experiment_can_be_run(outcomes: dict[str, Outcome]) -> None:
    assert [entry.name for entry in catalog.index() if entry.kind == "experiments"] == list(outcomes)


@pytest.mark.parametrize("name", ONE_CONV)
def test_a_convs_mac_is_the_papers_formula(outcomes: dict[str, Outcome], name: str) -> None:
    assert {network.name: network.unit_mac for network in first_column(outcomes[name])} == ONE_CONV[name]


def test_the_rule_gives_the_papers_widths_wherever_they_can_be(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        for platform in outcome.platforms:
            different = [item.network.name for item in platform.printed]
            for network in platform.columns[0].networks:
                printed = platform.platform.printed.get(network.name)
                assert printed is None or network.name in different or tuple(network.widths.values()) == printed
    named = {(name, p.platform.name): [item.network.name for item in p.printed] for name in NAMES
             for p in outcomes[name].platforms if p.printed}  # fmt: skip
    assert named == {("g2", "arm"): ["8"]}


def test_180_channels_in_8_groups_are_refused_and_176_built_instead(outcomes: dict[str, Outcome]) -> None:
    (item,) = outcomes["g2"].platforms[1].printed
    assert (item.widths, item.network.widths) == ({"c": 180}, {"c": 176})
    assert "180" in item.fault
    assert "8 groups" in item.fault
    with pytest.raises(ShapeError):
        analyze("pointwise_fragments:C=180,k=1,g=8,H=56,W=56")


def test_flops_are_equal_only_about_since_widths_are_whole(outcomes: dict[str, Outcome]) -> None:
    flops = [network.unit_flops for network in first_column(outcomes["g1"])]
    assert flops == [AREA * c1 * c2 for c1, c2 in ((128, 128), (90, 180), (52, 312), (36, 432))]
    assert [round(Fraction(value, 10**6), 2) for value in flops] == [
        Fraction(s) for s in ("51.38", "50.80", "50.88", "48.77")
    ]
    assert outcomes["g1"].platforms[0].budget == AREA * 128 * 128


def test_every_width_is_the_greatest_below_the_budget(outcomes: dict[str, Outcome]) -> None:
    for platform, base in zip(outcomes["g1"].platforms, (128, 32), strict=True):
        for column, scale in zip(platform.columns, (1, 2, 4), strict=True):
            for network, ratio in zip(column.networks, (1, 2, 6, 12), strict=True):
                c1 = isqrt(base * base // ratio)
                assert network.widths == {"c1": scale * c1, "c2": scale * ratio * c1}


@pytest.mark.parametrize(("platform", "widths"), [(0, (128, 256, 512)), (1, (64, 128, 256))])
def test_fragments_read_the_whole_input_and_are_added(
    outcomes: dict[str, Outcome], platform: int, widths: tuple[int, ...]
) -> None:
    for column, c in zip(outcomes["g3"].platforms[platform].columns, widths, strict=True):
        for network in column.networks:
            k = int(network.name[0])
            width = isqrt(c * c // k)
            convs = k * (2 * AREA * width + width * width)
            added = (k + 1) * AREA * width if "parallel" in network.name else 0
            assert network.widths == {"width": width}
            assert (network.unit_mac, network.unit_flops) == (convs + added, k * AREA * width * width)


def test_relus_and_shortcuts_add_their_own_memory_access(outcomes: dict[str, Outcome]) -> None:
    for platform in outcomes["g4"].platforms:
        for column, c in zip(platform.columns, (32, 64, 128), strict=True):
            m = c // 4
            convs = 2 * (AREA * (c + m) + c * m) + AREA * 2 * m + 9 * m * m
            relus, addition = AREA * 2 * (m + m + c), AREA * 3 * c
            assert [network.unit_mac for network in column.networks] == [
                convs + relus + addition,
                convs + relus,
                convs + addition,
                convs,
            ]
            assert {network.unit_flops for network in column.networks} == {AREA * (2 * c * m + 9 * m * m)}


def test_a_unit_stands_in_a_network_as_often_as_the_file_says(outcomes: dict[str, Outcome]) -> None:
    for outcome in outcomes.values():
        experiment = outcome.experiment
        for network in first_column(outcome):
            report = analyze(experiment.spec.name, **network.parameters)
            assert (report.totals.flops, report.totals.mac) == (network.flops, network.mac)
            convs = sum(row.kind == "conv" for row in report.layers)
            per_block = {"1×1 conv": 1, "block": convs // 10}[experiment.unit]
            assert convs == experiment.count * per_block


def test_a_bottleneck_without_its_shortcut_is_its_body_alone() -> None:
    with_it, without = analyze("resnet_bottleneck"), analyze("resnet_bottleneck", shortcut=False)
    assert [row.kind for row in without.layers] == ["conv", "conv", "conv"]
    assert with_it.totals.weights == without.totals.weights
    assert str(with_it.totals.mac - without.totals.mac) == "3*C*H*W"


# -- the speeds and the verdict --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_the_speeds_are_the_papers(outcomes: dict[str, Outcome], name: str) -> None:
    columns = [column for platform in outcomes[name].platforms for column in platform.columns]
    found = ", ".join(" ".join(network.speed.text for network in column.networks) for column in columns)
    assert found == SPEEDS[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_is_that_of_every_two_networks(outcomes: dict[str, Outcome], name: str) -> None:
    """Kendall's count, written out: MAC up, speed down."""
    outcome = outcomes[name]
    agreed = []
    for platform in outcome.platforms:
        for column in platform.columns:
            macs = [network.mac for network in column.networks]
            speeds = [Fraction(network.speed.text) for network in column.networks]
            agreed += [
                (macs[i] - macs[j]) * (speeds[i] - speeds[j]) < 0
                for i in range(len(macs))
                for j in range(i + 1, len(macs))
            ]
    assert [pair.relation == "ordered" for pair in outcome.pairs] == agreed
    assert outcome.ordered is all(agreed) is (name in ("g1", "g2"))


def test_pairs_that_mac_does_not_order_say_why(outcomes: dict[str, Outcome]) -> None:
    def exceptions(name: str, platform: int, column: int) -> list[tuple[str, str, str]]:
        pairs = outcomes[name].platforms[platform].columns[column].pairs
        return [(p.first.name, p.second.name, p.relation) for p in pairs if p.relation != "ordered"]

    assert exceptions("g3", 0, 0) == [("4-fragment-series", "2-fragment-parallel", "reversed")]
    assert ("1-fragment", "4-fragment-series", "same speed") in exceptions("g3", 1, 2)
    assert exceptions("g4", 0, 0) == [("ReLU alone", "shortcut alone", "same MAC")]


def test_networks_alike_in_mac_and_speed_are_in_order(outcomes: dict[str, Outcome]) -> None:
    network = first_column(outcomes["g1"])[0]
    assert Pair.of(network, network).relation == "ordered"


def test_growth_is_counted_from_the_network_of_least_mac(outcomes: dict[str, Outcome]) -> None:
    column = outcomes["g4"].platforms[0].columns[0]
    assert [network.name for network, _, _ in column.growth] == ["ReLU + shortcut", "ReLU alone", "shortcut alone"]
    assert column.growth[0][1:] == (Fraction(2842, 2427), Fraction(904256, 302144))


def test_platforms_may_be_chosen() -> None:
    outcome = run_experiment(load_experiment("g1"), ["arm"])
    assert [platform.platform.name for platform in outcome.platforms] == ["arm"]
    with pytest.raises(UnknownNameError, match="did you mean `arm`"):
        run_experiment(load_experiment("g1"), ["arn"])


# -- files -----------------------------------------------------------------------------------------------------------

FILE = """
name: own
title: Narrow or wide
source: nobody
define: {wide: n * c}
spec: pointwise_pair
set: {C: c, E: wide, H: 8, W: 8}
per: {unit: conv, count: 2}
show: [c, wide]
networks:
  columns: [n]
  rows: {narrow: [1], wider: [2]}
platforms:
  here:
    columns: {small: {c: 4}}
    speeds: {narrow: [3], wider: [2.5]}
"""


def read(tmp_path: Path, text: str) -> Outcome:
    """Run an experiment's text."""
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    return run_experiment(load_experiment(str(tmp_path / "own.yaml")))


def test_a_users_own_file_is_run(tmp_path: Path) -> None:
    outcome = read(tmp_path, FILE)
    narrow, wider = first_column(outcome)
    assert (narrow.unit_mac, wider.unit_mac) == (64 * 8 + 16, 64 * 12 + 32)
    assert (narrow.speed.text, wider.speed.value) == ("3", Fraction(5, 2))
    assert outcome.ordered


def test_a_users_own_spec_lies_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("parameters: {E: }\ninput: [C, H, W]\nlayers:\n  - conv: {out: E, kernel: 3}\n")
    outcome = read(tmp_path, FILE.replace("spec: pointwise_pair", "spec: ./net.yaml"))
    assert first_column(outcome)[0].mac == 64 * 8 + 9 * 16


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ("spec: pointwise_pair", "spec: pointwise_pear", "6:7", "there is no spec `pointwise_pear`"),
        ("E: wide", "E: wise", "7:16", "there is no `wise`"),
        ("E: wide", "E: foo(c)", "7:16", "there is no function `foo`"),
        ("E: wide", "D: wide", "7:13", "pointwise_pair has no parameter `D`"),
        (", W: 8}", "}", "7:6", "`W` of pointwise_pair is not set"),
        ("n * c", "n *", "5:", "not an expression"),
        ("{wide: n * c}", "{n: c}", "5:10", "`n` is defined, and set"),
        ("count: 2", "count: 0", "8:26", "whole number from 1"),
        ("show: [c, wide]", "show: [c, wild]", "9:11", "there is no `wild`"),
        ("show: [c, wide]", "show: [c, n, c]", "9:14", "`c` is shown twice"),
        ("narrow: [1]", "narrow: [1, 2]", "12:18", "the row narrow has 2 entries"),
        ("narrow: [1]", "narrow: [c + 1]", "12:19", "n is `c + 1`"),
        (", wider: [2]}", "}", "11:3", "there are 1 networks"),
        ("narrow: [3]", "narrow: [0]", "16:23", "speeds of narrow is `0`"),
        ("narrow: [3]", "narow: [3]", "16:14", "there is no network `narow`"),
        ("narrow: [3], ", "", "15:5", "here has no speeds of narrow"),
        ("    speeds: {narrow: [3], wider: [2.5]}\n", "", "15:5", "the platform here has no `speeds`"),
        ("title: Narrow or wide", "titel: Narrow or wide", "3:1", "an experiment has no key `titel`"),
        ("networks:", "network:", "2:1", "an experiment has no `networks`"),
        ("small: {c: 4}", "small: {c: 4}, large: {d: 4}", "2:1", "here, large does not set `c`"),
    ],
)
def test_a_fault_of_a_file_is_placed(tmp_path: Path, old: str, new: str, where: str, what: str) -> None:
    assert old in FILE
    with pytest.raises(SpecError) as error:
        read(tmp_path, FILE.replace(old, new))
    assert f"own.yaml:{where}" in str(error.value)
    assert what in str(error.value)


def test_all_the_faults_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    text = FILE.replace("E: wide", "E: wise").replace("count: 2", "count: no").replace("narrow: [3]", "narrow: [x]")
    with pytest.raises(SpecError) as error:
        read(tmp_path, text)
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("{wide: n * c}", "{wide: wide + 1}", "defined by itself"),
        ("{wide: n * c}", "{wide: n / (c - 4)}", "0"),
        ("E: wide", "E: wide / 3", "narrow on here, small: "),
    ],
)
def test_a_rule_without_a_value_is_refused(tmp_path: Path, old: str, new: str, what: str) -> None:
    with pytest.raises(FlopcalcError, match=what):
        read(tmp_path, FILE.replace(old, new))


def test_an_experiment_has_a_bounded_number_of_networks(tmp_path: Path) -> None:
    columns = ", ".join(f"c{index}: {{c: 4}}" for index in range(600))
    speeds = ", ".join("1" * 1 for _ in range(600))
    text = (
        FILE.replace("{small: {c: 4}}", f"{{{columns}}}").replace("[3]", f"[{speeds}]").replace("[2.5]", f"[{speeds}]")
    )
    with pytest.raises(SpecError, match="1,200 networks"):
        read(tmp_path, text)
