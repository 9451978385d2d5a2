"""Several figures of one table are explained by one rule, the same steps for every network."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flopcalc import FlopcalcError, explain

GOLDENS = Path(__file__).parent.parent / "goldens" / "quoted_tables.csv"


def table(name: str) -> tuple[dict[str, str], str]:
    with GOLDENS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == name]
    (rule,) = {row["rule"] for row in rows}
    return {row["spec"]: row["figure"] for row in rows}, rule


@pytest.mark.parametrize("name", ["ptflops", "SENet"])
def test_one_rule_yields_a_whole_published_table_and_comes_first(name: str) -> None:
    figures, rule = table(name)
    found = explain(figures)
    assert found.rules[0].words == rule
    assert found.rules[0].explained == len(figures)
    assert all(one.match == "rounded" for one in found.rules[0].counts)


def test_the_counts_of_the_senet_table_are_those_of_hand_arithmetic() -> None:
    figures, _ = table("SENet")
    counts = [one.value for one in explain(figures).rules[0].counts]
    assert counts == [
        3857973248 + 5519360 + 100352,
        7570194432 + 8931328 + 100352,
        11282415616 + 13146112 + 100352,
        4230479872 + 5519360 + 100352,
        3860488192 + 5519360 + 5619712,
    ]


def test_where_no_one_rule_explains_all_it_is_said_which_explains_most_and_what_it_misses() -> None:
    # the strides of ResNet's bottlenecks are in the 1×1 there, and those of ResNeXt's in the 3×3
    found = explain({"resnet50": "3.86G", "resnet101": "7.58G", "resnext50_32x4d": "4.24G"})
    assert found.rules == ()
    assert found.best is not None
    assert found.best.words == "as senet counts; stride_at = 1x1"
    assert found.missed == ("resnext50_32x4d",)


def test_a_step_that_has_nothing_to_act_on_leaves_a_network_as_it_is() -> None:
    found = explain({"resnet50": "3.86G", "resnet101": "7.57G", "vgg16": "15.47G", "resnet18": "1.81G"})
    assert found.rules[0].words == "as papers count; stride_at = 1x1"
    assert [one.value for one in found.rules[0].counts][:3] == [3857973248, 7570194432, 15470264320]


def test_all_figures_are_printed_in_one_way() -> None:
    # slim's README cuts its multiply-adds off: 153.94 and 220.3 millions, the second of which rounds to the same
    found = explain(
        {"mobilenet_v2:alpha=0.75,resolution=192": "153M", "mobilenet_v2:alpha=0.75,resolution=160": "107M"}
    )
    assert "as papers count; cut off and not rounded" in [rule.words for rule in found.rules]


def test_parameters_and_bytes_have_tables_too() -> None:
    assert explain({"resnet50": "25.6M params", "resnet18": "11.7M"}).rules[0].words == "all learnable parameters"
    sizes = explain({"resnet50": "97.8 MB", "resnet18": "44.7 MB"}).rules
    assert [step.kind for step in sizes[0].steps] == ["file", "binary size"]


def test_a_mapping_of_one_figure_has_the_rules_of_that_figure() -> None:
    assert explain({"resnet50": "4.11G"}).rules[0].words == "as fvcore counts"


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({}, "no figure is given"),
        ({"resnet50": "25.6M params", "resnet18": "1.8 GFLOPs"}, "different metrics"),
        ({"resnet50": "25.6M", "resnet18": "1.8G"}, "different metrics"),
        ({"resnt50": "4G"}, "no spec `resnt50`"),
        ({"resnet50": "abc"}, "`abc` is no figure"),
        ({"resnet50": None}, "`None` is no figure"),
        ({"resnet50": "97.8 MiB", "resnet18": "1.8 GFLOPs"}, "different metrics"),
        ({"separable_conv": "4G"}, "has free symbols"),
        ({3: "4G"}, "the spec is 3"),
    ],
)
def test_what_is_no_table_is_refused(figures: dict[str, str], said: str) -> None:
    with pytest.raises(FlopcalcError, match=said):
        explain(figures)


def test_values_are_for_all_networks_that_have_such_a_parameter_and_a_stranger_is_refused() -> None:
    found = explain({"resnet50": "3.86G", "vgg16": "15.47G"}, stride_at="1x1")
    assert found.rules[0].words == "as papers count"
    with pytest.raises(FlopcalcError, match="no network has a parameter `strid`"):
        explain({"resnet50": "3.86G"}, strid="1x1")
    with pytest.raises(FlopcalcError, match="set twice"):
        explain({"resnet50:stride_at=1x1": "3.86G"}, stride_at="1x1")
