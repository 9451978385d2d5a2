"""The four guidelines: ShuffleNetV1's offences and ShuffleNetV2's answers as arXiv:1807.11164 says, and brute force."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from sympy import simplify, sqrt

import flopcalc
from flopcalc import FlopcalcError, analyze
from flopcalc.number import symbol
from flopcalc.spec import catalog
from flopcalc.theory.guidelines import ELEMENTWISE, Audit, Block, Run, Width, audit, audit_of, leading

NETWORKS = ["alexnet", "shufflenet_v1", "shufflenet_v2", "mobilenet_v2", "mobilenet_v3_small", "googlenet", "espnet"]


@cache
def audited(name: str) -> Audit:
    return audit(name)


# -- what the paper says of its predecessor and of itself (section 3) -------------------------------------------------


def test_shufflenet_v1_has_bottlenecks_against_g1() -> None:
    found = audited("shufflenet_v1")
    units = [width for width in found.widths if "_unit" in width.row.path]
    assert len(units) == 2 * 13
    for width in units:
        wide, narrow = max(width.least.c1, width.least.c2), min(width.least.c1, width.least.c2)
        assert wide == 4 * narrow
        assert width.excess > 0
    assert found.steepest == 4
    assert found.steepest_at_input == 8  # the stem, from 3 to 24 channels


def test_shufflenet_v1_has_pointwise_group_convolutions_against_g2() -> None:
    found = audited("shufflenet_v1")
    assert {item.row.label for item in found.grouped} == {"group conv 1×1"}
    assert {item.groups for item in found.grouped} == {3}
    assert len(found.grouped) == 2 * 16 - 1  # all 1×1 convolutions of the units but the first
    assert found.excess_of_groups > 0


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 8])
def test_too_many_groups_are_too_many_pieces_against_g3(groups: int) -> None:
    units = [block for block in audit("shufflenet_v1", groups=groups).blocks if "_unit" in block.name]
    assert len(units) == 13
    assert {block.operations for block in units} == {3}
    assert {block.pieces for block in units} == {2 * groups + 1}


def test_shufflenet_v1_adds_in_its_shortcuts_against_g4() -> None:
    found = audited("shufflenet_v1")
    assert found.count_of("add") == 13  # of 16 units, those of stride 1
    assert not found.runs


def test_shufflenet_v2_has_equal_widths_in_its_basic_units() -> None:
    units = [width for width in audited("shufflenet_v2").widths if "basic_unit" in width.row.path]
    assert len(units) == 2 * 13
    assert all(width.least.equal and width.excess == 0 for width in units)


def test_shufflenet_v2_has_no_groups_and_no_additions() -> None:
    found = audited("shufflenet_v2")
    assert not found.grouped
    assert found.excess_of_groups == 0
    assert found.count_of("add") == 0
    assert {block.pieces for block in found.blocks if "basic_unit" in block.name} == {3}


def test_shufflenet_v2_can_merge_concat_shuffle_and_split() -> None:
    found = audited("shufflenet_v2")
    assert len(found.runs) == 16
    for run in found.runs:
        assert [row.kind for row in run.rows] == ["concat", "channel_shuffle"]
        assert run.saved == run.rows[1].mac
    # a split follows where the next unit is a basic one: 3 + 7 + 3 of them
    assert [run.split for run in found.runs].count(True) == 13


def test_shufflenet_v2_offends_less_than_those_before_it() -> None:
    first, second, mobile = (audited(name) for name in ("shufflenet_v1", "shufflenet_v2", "mobilenet_v2"))
    for worse in (first, mobile):
        assert worse.share(worse.excess_of_widths) > 5 * second.share(second.excess_of_widths)
        assert worse.share(worse.mac_of_elementwise) > second.share(second.mac_of_elementwise)
        assert worse.count_of("add") > second.count_of("add")
    assert first.pieces > 2 * second.pieces


def test_the_expansion_of_inverted_bottlenecks_is_against_g1() -> None:
    found = audited("mobilenet_v2")
    assert found.steepest == 6
    assert [width.excess for width in found.widths if "expand" in width.row.path].count(0) == 0


# -- G1 ----------------------------------------------------------------------------------------------------------------


def least_by_decimals(width: Width) -> int:
    (c1, height, wide), (c2, *sides) = width.row.inputs[0], width.row.output
    kernel = width.row.attributes["kernel"]
    weights = kernel[0] * kernel[1] * c1 * c2 // width.row.attributes["groups"]
    bias = 1 if width.row.attributes["bias"] else 0
    with localcontext() as context:
        context.prec = 60
        root = (Decimal(4 * height * wide * (sides[0] * sides[1] + bias) * c1 * c2)).sqrt()
        return weights + int(root.to_integral_value(ROUND_CEILING))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_excess_of_widths_is_what_decimals_give(name: str) -> None:
    found = audited(name)
    plain = [width for width in found.widths if width.row.kind == "conv"]
    assert plain
    for width in plain:
        assert width.excess == width.row.mac - least_by_decimals(width)
    assert found.excess_of_widths == sum(width.excess for width in found.widths)


def test_a_depthwise_convolution_with_a_multiplier_counts_as_a_group_convolution() -> None:
    found = audit("ghost_module", C=3, O=32, s=4, d=3, K=1, H=1, W=1)
    (cheap,) = (width for width in found.widths if width.row.path == "cheap")
    assert cheap.excess == 4  # 248 above 244
    (item,) = found.grouped
    assert (item.row.path, item.groups, item.least.c1, item.least.c2) == ("cheap", 8, 8, 24)
    assert item.ungrouped == 216 + 12  # (8 + 24)/sqrt(8) is 11.3
    assert found.depthwise == ()


def test_a_depthwise_convolution_of_one_channel_is_depthwise() -> None:
    found = audit("depthwise_conv", C=1, H=4, W=4, K=3, stride=2)
    assert found.widths == ()
    assert [item.row.path for item in found.depthwise] == [row.path for row in found.report.layers]
    assert [item.kind for item in found.elementwise] == ["depthwise"]


def test_depthwise_convolutions_have_no_widths_to_choose() -> None:
    for name in NETWORKS:
        found = audited(name)
        assert not {w.row.path for w in found.widths} & {item.row.path for item in found.depthwise}


def test_channels_of_the_image_are_given_and_those_of_a_block_are_not() -> None:
    assert [width.row.path for width in audited("shufflenet_v1").widths if width.given] == ["conv1"]
    assert not [width for width in audit("pointwise_conv").widths if width.given]


# -- G2 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("groups", "channels"), [(2, 180), (4, 256), (8, 360)])
def test_the_ungrouped_convolution_is_that_of_the_papers_experiment(groups: int, channels: int) -> None:
    # Table 2 of the paper: channels 128, 180, 256 and 360 for g = 1, 2, 4 and 8 have the same FLOPs
    (item,) = audit("pointwise_conv", C=channels, O=channels, g=groups, H=56, W=56).groupings
    assert item.ungrouped_widths in ((127, 127), (128, 128))
    assert item.ungrouped < item.row.mac
    if channels == 256:
        assert item.ungrouped == analyze("pointwise_conv", C=128, O=128, H=56, W=56).totals.mac
    whole = channels * channels // groups
    with localcontext() as context:
        context.prec = 50
        maps = Decimal(2 * 56 * 56 * channels) / Decimal(groups).sqrt()
        assert item.ungrouped == whole + int(maps.to_integral_value(ROUND_CEILING))
    assert item.excess == item.row.mac - item.ungrouped


def test_with_the_input_held_it_is_the_papers_equation() -> None:
    # equation 2: MAC = hw·c1 + B·g/c1 + B/(hw), with B = hw·c1·c2/g; at g = 1 with the same B
    height, c1, c2, groups = 14, 240, 960, 3
    (item,) = audit("pointwise_conv", C=c1, O=c2, g=groups, H=height, W=height).groupings
    area = height * height
    flops = Fraction(area * c1 * c2, groups)
    assert item.row.mac == area * c1 + flops * groups / c1 + flops / area
    assert item.input_held == area * c1 + flops / c1 + flops / area


def test_depthwise_convolutions_are_a_kind_of_their_own() -> None:
    found = audited("mobilenet_v2")
    assert not found.grouped
    assert len(found.depthwise) == 17
    assert all(item.excess == 0 and item.groups == item.row.inputs[0][0] for item in found.depthwise)
    assert not [finding for finding in found.findings if finding.guideline == "g2"]


# -- G3 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_the_longest_chain_is_what_walking_back_from_every_layer_finds(name: str) -> None:
    found = audited(name)
    graph = found.report.totals.graph
    writers = {node.output: node for node in graph.nodes}

    @cache
    def depth(tensor: int) -> int:
        node = writers.get(tensor)
        return 0 if node is None else max(depth(read) for read in node.inputs) + (0 if node.view else 1)

    assert found.whole.chain == max(depth(tensor) for tensor in writers)
    assert found.whole.layers == sum(not node.view for node in graph.nodes)
    assert found.whole.parallelism == Fraction(found.whole.layers, found.whole.chain)


def test_an_inception_block_is_in_seven_pieces_and_four_branches() -> None:
    blocks = [block for block in audited("googlenet").blocks if block.name.startswith("inception")]
    assert len(blocks) == 9
    assert {(block.operations, block.pieces, block.branches) for block in blocks} == {(7, 7, 4)}
    assert all(block.parallelism > 1 for block in blocks)


def test_a_residual_block_is_in_few_pieces() -> None:
    # "in ResNet, it is 2 or 3", section 2, G3; the first of a stage has its projection too
    for name, pieces in (("resnet18", 2), ("resnet50", 3)):
        assert {block.pieces for block in audit(name).blocks} == {pieces, pieces + 1}


def test_a_network_without_blocks_has_no_pieces_to_report() -> None:
    found = audit("vgg16")
    assert found.blocks == ()
    assert found.pieces is None
    assert found.operations is None
    assert found.whole.parallelism == 1


def test_a_block_alone_is_one_block() -> None:
    (block,) = audit("shufflenet_v1_unit").blocks
    g = symbol("g")
    assert block.name == "shufflenet_v1_unit"
    assert (block.operations, block.branches, block.chain) == (3, 2, 5)
    assert block.pieces == 2 * g + 1


def test_what_a_symbolic_repeat_leaves_open_is_not_said() -> None:
    (block,) = audit("esp_module").blocks
    K = symbol("K")
    assert block.operations == K + 1
    assert block.chain is None
    assert block.branches is None
    assert block.parallelism is None


# -- G4 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_element_wise_layers_and_all_others_make_the_network(name: str) -> None:
    found = audited(name)
    kinds = {
        "conv",
        "transposed_conv",
        "linear",
        "matmul",
        "max_pool",
        "avg_pool",
        "global_pool",
        "adaptive_avg_pool",
        "pad",
        "upsample",
    }
    paths = {item.row.path for item in found.elementwise}
    others = [row for row in found.report.layers if row.path not in paths]
    assert {row.kind for row in others if row.mac != 0} <= kinds
    assert found.mac_of_elementwise + sum(row.mac for row in others) == found.report.totals.mac
    assert sum(found.mac_of(kind) for kind in ELEMENTWISE) == found.mac_of_elementwise
    assert sum(found.count_of(kind) for kind in ELEMENTWISE) == found.layers_of_elementwise


def test_a_depthwise_convolution_costs_more_memory_access_for_each_multiply_add() -> None:
    deep, other = audited("mobilenet_v2").mac_per_madd
    assert deep > 4 * other


SHUFFLED = """
input: [4, 8, 8]
layers:
  - branches:
      paths: [[{conv: {out: 4, kernel: 1}}], []]
      merge: concat
    as: wide
  - channel_shuffle: {groups: 2}
    as: shuffled
"""


def test_a_concatenation_that_something_else_reads_cannot_be_merged(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SHUFFLED, encoding="utf-8")
    assert [(run.split, run.saved) for run in audit(path).runs] == [(False, 2 * 8 * 8 * 8)]
    path.write_text(SHUFFLED + "  - add: {}\n    from: [wide, shuffled]\n", encoding="utf-8")
    assert audit(path).runs == ()


# -- findings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_findings_stand_by_cost_and_add_up_to_the_figures(name: str) -> None:
    found = audited(name)
    assert found.ranked
    costs = [finding.cost for finding in found.findings if finding.cost is not None]
    assert costs == sorted(costs, reverse=True)
    assert [finding.guideline for finding in found.findings[len(costs) :]] == ["g3"] * (
        len(found.findings) - len(costs)
    )
    sums = {
        name: sum(finding.cost for finding in found.findings if finding.guideline == name)
        for name in ("g1", "g2", "g4")
    }
    assert sums == {"g1": found.excess_of_widths, "g2": found.excess_of_groups, "g4": found.mac_of_elementwise}


def test_layers_that_are_alike_are_one_finding() -> None:
    found = audited("shufflenet_v1")
    finding = next(f for f in found.findings if "stage3.shufflenet_v1_unit1.conv1" in f.paths and f.guideline == "g1")
    assert finding.count == 7
    assert finding.paths == tuple(f"stage3.shufflenet_v1_unit{n}.conv1" for n in range(1, 8))


def test_the_first_findings_have_one_of_every_guideline() -> None:
    findings = audited("shufflenet_v1").findings
    for most in (4, 5, 10):
        shown = leading(findings, most)
        assert len(shown) == most
        assert {finding.guideline for finding in shown} == {"g1", "g2", "g3", "g4"}
        assert list(shown) == [finding for finding in findings if finding in shown]
    assert len(leading(findings, 1)) == 1
    assert leading(findings, 0) == ()
    assert leading(findings, 1000) == findings


def test_formulas_keep_the_order_of_the_network() -> None:
    found = audit("shufflenet_v1_unit")
    assert not found.ranked
    places = [row.path for row in found.report.layers]
    firsts = [
        places.index(f.first.rows[0].path if isinstance(f.first, (Block, Run)) else f.first.row.path)
        for f in found.findings
    ]
    assert firsts == sorted(firsts)


def test_formulas_and_numbers_agree() -> None:
    symbolic = audit("shufflenet_v1_unit")
    values = {"C": 240, "M": 60, "g": 3, "H": 28, "W": 28}
    numeric = audit("shufflenet_v1_unit", **values)
    given = {symbol(name): value for name, value in values.items()}
    assert symbolic.mac_of_elementwise.subs(given) == numeric.mac_of_elementwise
    for formula, number in (
        (symbolic.excess_of_widths, numeric.excess_of_widths),
        (symbolic.excess_of_groups, numeric.excess_of_groups),
    ):
        assert 0 <= formula.subs(given) - number < 2  # two convolutions, each rounded by less than one element


def test_the_excess_of_a_pointwise_convolution_is_the_square_of_the_difference_of_roots() -> None:
    C, O, H, W, g = (symbol(name) for name in ("C", "O", "H", "W", "g"))  # noqa: E741
    found = audit("pointwise_conv", g="g")
    assert simplify(found.excess_of_widths - H * W * (sqrt(C) - sqrt(O)) ** 2) == 0
    assert simplify(found.excess_of_groups - H * W * (C + O) * (1 - 1 / sqrt(g))) == 0


@pytest.mark.parametrize("name", [entry.name for entry in catalog.index() if entry.kind == "blocks"])
def test_every_packaged_block_can_be_audited(name: str) -> None:
    found = audit(name)
    assert found.whole.layers != 0
    assert all(finding.guideline in ("g1", "g2", "g3", "g4") for finding in found.findings)


def test_the_public_name_takes_parameters_and_options() -> None:
    found = flopcalc.audit("mobilenet_v1", alpha=0.5, input=(3, 128, 128))
    assert found.report.inputs == {"input": (3, 128, 128)}
    assert audit_of(found.report) == found
    with pytest.raises(FlopcalcError):
        flopcalc.audit("mobilenet_v1", beta=1)


FOLDED = """\
name: folds
input: [8, 16, 16]
{outputs}layers:
{layers}
"""
CONV, NORM = "  - conv: {out: 8, kernel: 3}\n", "  - norm: {}\n"


@pytest.mark.parametrize(
    ("layers", "outputs", "folded"),
    [
        (CONV + NORM, "", [True]),
        (CONV + "  - norm: {kind: layer}\n", "", [False]),
        (NORM + "  - relu\n" + CONV, "", [False]),
        (CONV + "  - max_pool: {kernel: 2}\n" + NORM, "", [False]),
        # another layer has the same weights and no norm behind it
        (CONV + "    name: c\n" + NORM + CONV + "    shares: c\n", "", [False]),
        (CONV + "    name: c\n" + CONV + "    shares: c\n" + NORM, "", [False]),
        # another norm behind the same weights
        (CONV + "    name: c\n" + NORM + CONV + "    shares: c\n" + NORM, "", [False, False]),
        # the same norm behind the same weights
        (f"{CONV}    name: c\n{NORM}    name: n\n{CONV}    shares: c\n{NORM}    shares: n\n", "", [True, True]),
        # what the norm has not seen is an output, or read elsewhere
        (CONV + "    as: a\n" + NORM + "    as: b\n", "outputs: [a, b]\n", [False]),
        (CONV + "    name: c\n" + NORM + "    name: n\n  - add\n    from: [c, n]\n", "", [False]),
    ],
)  # fmt: skip
def test_a_norm_is_folded_only_into_a_convolution_that_is_its_own(
    tmp_path: Path, layers: str, outputs: str, folded: list[bool]
) -> None:
    spec = tmp_path / "folds.yaml"
    spec.write_text(FOLDED.format(layers=layers, outputs=outputs).replace("  - add\n    from", "  - add: {}\n    from"))
    norms = [item for item in audit(str(spec)).elementwise if item.kind == "norm"]
    assert [item.folds for item in norms] == folded


def test_norms_that_fold_and_norms_that_do_not_are_two_findings(tmp_path: Path) -> None:
    spec = tmp_path / "folds.yaml"
    spec.write_text(FOLDED.format(layers=CONV + NORM + "  - relu\n" + NORM, outputs=""))
    found = [f for f in audit(str(spec)).findings if getattr(f.first, "kind", "") == "norm"]
    assert [(f.count, f.first.folds) for f in found] == [(1, True), (1, False)]  # type: ignore[union-attr]
