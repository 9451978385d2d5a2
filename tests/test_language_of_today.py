"""The language's pieces for today's networks: other ways, states that turns carry, backbones, taps, any rank."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flopcalc import Report, compare, verify
from flopcalc.errors import FlopcalcError

Analyse = Callable[..., Report]


def refused(analyse: Analyse, text: str, **options: object) -> str:
    with pytest.raises(FlopcalcError) as caught:
        analyse(text, **options)
    return str(caught.value)


def shapes(report: Report) -> list[str]:
    """Every layer's path and output, as text."""
    return [f"{row.path} {'×'.join(str(side) for side in row.output)}" for row in report.layers]


# -- else ------------------------------------------------------------------------------------------------------------

CHOICE = """
    input: [4, 8, 8]
    parameters: {mixes: true}
    layers:
      - conv: {out: 6, kernel: 3}
        when: mixes
        as: mixed
        else:
          - depthwise: {kernel: 3}
          - conv: {out: 6, kernel: 1}
      - relu
      - add: {}
        from: [mixed, mixed]
      - concat: {}
        from: [mixed, input]
"""


@pytest.mark.parametrize(
    ("fused", "expected"),
    [
        ("true", ["conv1 6×8×8"]),
        ("false", ["depthwise 4×8×8", "conv1 6×8×8"]),
    ],
)
def test_an_entry_or_what_stands_behind_else_is_built_and_labelled(
    analyse: Analyse, fused: str, expected: list[str]
) -> None:
    text = CHOICE.replace("      - relu\n", "").replace("      - add: {}\n        from: [mixed, mixed]\n", "")
    report = analyse(text, mixes=fused)
    assert shapes(report)[:-1] == expected
    assert report.layers[-1].inputs == ((6, 8, 8), (4, 8, 8))


def test_else_may_be_one_entry_and_may_have_an_else_of_its_own(analyse: Analyse) -> None:
    text = """
        input: [4, 8, 8]
        parameters: {n: 1}
        layers:
          - relu: {}
            when: n == 1
            else:
              gelu: {}
              when: n == 2
              else: tanh
    """
    kinds = [analyse(text, n=str(n)).layers[0].kind for n in (1, 2, 3)]
    assert kinds == ["relu", "gelu", "tanh"]


def test_else_reads_what_its_entry_would_have_read(analyse: Analyse) -> None:
    text = """
        input: [4, 8, 8]
        layers:
          - conv: {out: 5, kernel: 1}
            as: five
          - conv: {out: 6, kernel: 1}
          - relu: {}
            from: five
            when: channels == 99
            as: used
            else: [tanh]
          - concat: {}
            from: [used, five]
    """
    assert "5×8×8" in shapes(analyse(text.replace("          - conv: {out: 6, kernel: 1}\n", "")))[1]


def test_else_without_when_is_refused(analyse: Analyse) -> None:
    message = refused(analyse, "input: [4, 8, 8]\nlayers:\n  - relu: {}\n    else: [tanh]\n")
    assert "net.yaml:4:11: `else` stands beside `when`" in message


# -- several labels, optional paths ----------------------------------------------------------------------------------


def test_a_split_labels_all_its_parts_and_the_first_runs_on(analyse: Analyse) -> None:
    text = """
        input: [12, 8, 8]
        layers:
          - split: {parts: 3}
            as: [q, k, v]
          - relu
          - concat: {}
            from: [v, k, q]
            when: false
            else:
              - concat: {}
                from: [k, v]
                as: both
    """
    # the running tensor behind the split is its first part, and relu's output is lost
    assert "the output of relu is never used" in refused(analyse, text)
    report = analyse(text.replace("          - relu\n", "").replace("from: [k, v]", "from: [k, v, q]"))
    assert shapes(report) == ["split1 4×8×8", "split2 4×8×8", "split3 4×8×8", "concat1 12×8×8"]
    assert report.totals.mac == 2 * 12 * 64


def test_a_split_by_sizes_has_parts_of_these_lengths(analyse: Analyse) -> None:
    text = """
        input: [12, 5]
        layers:
          - split: {sizes: [2, 4, 6]}
            as: [a, b, c]
          - concat: {}
            from: [c, a, b]
    """
    assert shapes(analyse(text)) == ["split1 2×5", "split2 4×5", "split3 6×5", "concat 12×5"]
    assert "adds up to 11" in refused(analyse, text.replace("6]", "5]"))
    assert "as many labels" in refused(analyse, text.replace("[2, 4, 6]", "[2, 4, 3, 3]"))


def test_several_labels_stand_beside_a_split_alone(analyse: Analyse) -> None:
    message = refused(analyse, "input: [4, 8, 8]\nlayers:\n  - relu: {}\n    as: [a, b]\n")
    assert "net.yaml:4:9: several labels stand beside a `split` alone" in message


@pytest.mark.parametrize(("wide", "last"), [("true", "add 4×8×8"), ("false", "conv1 4×8×8")])
def test_a_path_of_branches_may_be_left_out(analyse: Analyse, wide: str, last: str) -> None:
    text = """
        input: [4, 8, 8]
        parameters: {wide: true}
        layers:
          - branches:
              paths:
                - - conv: {out: 4, kernel: 3}
                - {when: wide, do: [conv: {out: 4, kernel: 1}]}
              merge: add
    """
    report = analyse(text, wide=wide)
    assert report.layers[-1].output == (4, 8, 8)
    assert [row.kind for row in report.layers] == (["conv", "conv", "add"] if wide == "true" else ["conv"])


def test_a_path_that_is_left_out_can_have_no_part_of_a_split(analyse: Analyse) -> None:
    text = """
        input: [4, 8, 8]
        layers:
          - branches:
              split: even
              paths: [[relu], {when: false, do: [tanh]}]
              merge: concat
    """
    assert "a path with `when` sees the whole input" in refused(analyse, text)


# -- carry -----------------------------------------------------------------------------------------------------------


def test_a_repeat_carries_labels_from_turn_to_turn_and_out_of_it(analyse: Analyse) -> None:
    """Turn i doubles the state's channels: 2, 4, 8, by a concatenation with itself."""
    text = """
        input: [2, 4, 4]
        layers:
          - relu: {}
            as: state
          - layers:
              - concat: {}
                from: [state, state]
                as: state
            repeat: 3
            carry: state
          - concat: {}
            from: [state, input]
    """
    assert [row.output[0] for row in analyse(text).layers] == [2, 4, 8, 16, 18]


def test_the_rows_of_a_table_carry_labels_too(analyse: Analyse) -> None:
    text = """
        input: [2, 4, 4]
        layers:
          - relu: {}
            as: seen
          - table:
              columns: [c]
              rows: [3, 5]
              do:
                - conv: {out: c, kernel: 1}
                  as: new
                - concat: {}
                  from: [seen, new]
                  as: seen
            carry: [seen]
          - tanh: {}
            from: seen
    """
    assert [row.output[0] for row in analyse(text).layers] == [2, 3, 5, 5, 10, 10]


@pytest.mark.parametrize(
    ("carry", "said"),
    [
        ("other", "there is no label `other` to carry"),
        ("input", "there is no label `input` to carry"),
    ],
)
def test_what_is_carried_must_be_set_before(analyse: Analyse, carry: str, said: str) -> None:
    text = f"""
        input: [2, 4, 4]
        layers:
          - relu: {{}}
            as: state
          - layers: [tanh]
            repeat: 3
            carry: {carry}
    """
    assert said in refused(analyse, text)


def test_carry_stands_beside_a_repeat(analyse: Analyse) -> None:
    text = "input: [2, 4, 4]\nlayers:\n  - relu: {}\n    as: a\n  - tanh: {}\n    carry: a\n"
    assert "`carry` stands beside `repeat`" in refused(analyse, text)


def test_a_repeat_of_symbolic_count_carries_nothing_but_the_running_tensor(analyse: Analyse) -> None:
    text = """
        input: [2, 4, 4]
        parameters: {n: }
        layers:
          - relu: {}
            as: state
          - layers:
              - add: {}
                from: [state, state]
                as: state
            repeat: n
            carry: state
    """
    assert "carries the running tensor alone" in refused(analyse, text)
    assert len(analyse(text, n="4").layers) == 5


# -- until, and names with expressions -------------------------------------------------------------------------------

BACKBONE = """
    input: [3, 32, 32]
    blocks:
      net:
        parameters: {classes: 10}
        layers:
          - table:
              columns: [c, n]
              rows: [[8, 1], [16, 2], [32, 3]]
              do:
                - conv: {out: c, kernel: 3, stride: 2}
                  name: stage{n}
          - global_pool
          - linear: {out: classes}
    layers:
      - net: {}
        until: stage3
        name: backbone
      - global_pool
      - linear: {out: 7}
"""


def test_a_block_ends_at_a_name_and_its_names_are_taps(analyse: Analyse) -> None:
    report = analyse(BACKBONE)
    assert [row.path for row in report.layers][:4] == [
        "backbone.stage1",
        "backbone.stage2",
        "backbone.stage3",
        "global_pool",
    ]
    assert report.totals.params == 27 * 8 + 72 * 16 + 144 * 32 + 32 * 7 + 7


def test_a_block_ends_at_a_label_as_well(analyse: Analyse) -> None:
    text = BACKBONE.replace(
        "          - global_pool\n          - linear: {out: classes}\n",
        "          - relu: {}\n            as: top\n          - tanh\n",
    ).replace("until: stage3", "until: top")
    assert [row.kind for row in analyse(text).layers][3:] == ["relu", "global_pool", "linear"]


def test_a_tap_of_a_cut_network_is_read_by_its_path(analyse: Analyse) -> None:
    text = BACKBONE.replace(
        "      - global_pool\n      - linear: {out: 7}\n",
        "      - upsample: {like: backbone.stage1}\n        as: up\n"
        "      - concat: {}\n        from: [up, backbone.stage1]\n",
    )
    assert shapes(analyse(text))[-1] == "concat 40×16×16"


def test_a_name_that_is_not_reached_is_an_error_with_those_that_are(analyse: Analyse) -> None:
    message = refused(analyse, BACKBONE.replace("until: stage3", "until: stage4"))
    assert "net has nothing named `stage4`" in message
    assert "stage1, stage2, stage3" in message


def test_until_stands_beside_a_block(analyse: Analyse) -> None:
    message = refused(analyse, "input: [3, 8, 8]\nlayers:\n  - relu: {}\n    until: here\n")
    assert "`until` stands beside a block" in message


def test_a_packaged_network_is_a_backbone(analyse: Analyse) -> None:
    """ResNet-18 to conv4_x: 2,782,784 parameters by hand, 9,408 + 128, 147,968, 525,568 and 2,099,712."""
    text = """
        input: [3, 224, 224]
        layers:
          - resnet18: {}
            until: conv4_x
    """
    report = analyse(text)
    assert report.totals.params == 9536 + 147968 + 525568 + 2099712
    assert report.layers[-1].output == (256, 14, 14)


def test_a_source_may_hold_expressions(analyse: Analyse) -> None:
    """A cell that reads the two before it, as NASNet's."""
    text = """
        input: [4, 8, 8]
        layers:
          - relu: {}
            name: cell0
          - tanh: {}
            name: cell1
          - table:
              columns: [n]
              rows: [2, 3, 4]
              do:
                - concat: {}
                  from: ["cell{n - 1}", "cell{n - 2}"]
                  name: cell{n}
    """
    assert [row.output[0] for row in analyse(text).layers] == [4, 4, 8, 12, 20]
    assert "nothing before this is named `cell1000`" in refused(analyse, text.replace("cell{n - 2}", "cell{n + 998}"))


# -- expressions, ranks, words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "value"),
    [("sum(w)", 12), ("len(w)", 3), ("sum(w[1:])", 10), ("sum(w[:2])", 6), ("len(w[:-1])", 2), ("sum(w[1:2])", 4)],
)
def test_lists_are_summed_counted_and_cut(analyse: Analyse, expression: str, value: int) -> None:
    text = f"input: [3, 4, 4]\ndefine: {{w: [2, 4, 6]}}\nlayers:\n  - conv: {{out: '{expression}', kernel: 1}}\n"
    assert analyse(text).layers[0].output[0] == value


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("sum(3)", "sum is given 3"),
        ("len('a')", "len is given"),
        ("w[::2][0]", "a slice has no step"),
        ("w['a':][0]", "cannot be an index"),
        ("sum(words)", "sum of a list with a"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(analyse: Analyse, expression: str, said: str) -> None:
    text = (
        "input: [3, 4, 4]\ndefine: {w: [2, 4, 6], words: [a, b]}\n"
        f'layers:\n  - conv: {{out: "{expression}", kernel: 1}}\n'
    )
    assert said in refused(analyse, text)


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        ("[4, 6]", {"map.channels": 4, "map.length": 6, "channels": 4}),
        ("[4, 6, 7]", {"map.height": 6, "map.width": 7, "height": 6, "width": 7}),
        ("[4, 5, 6, 7]", {"map.depth": 5, "map.height": 6, "width": 7}),
        ("[4]", {"channels": 4}),
    ],
)
def test_the_sides_of_a_map_have_their_names(analyse: Analyse, shape: str, names: dict[str, int]) -> None:
    for name, value in names.items():
        text = f"input: {shape}\nlayers:\n  - reshape: [-1]\n    when: {name} == {value}\n  - linear: {{out: 2}}\n"
        assert [row.kind for row in analyse(text).layers] == ["reshape", "linear"], name


def test_a_name_that_the_map_does_not_have_is_refused_with_those_that_it_has(analyse: Analyse) -> None:
    message = refused(analyse, "input: [4, 6]\nlayers:\n  - conv: {out: height, kernel: 1}\n")
    assert "the running tensor has no `height`" in message
    assert "map.channels, map.length" in message


def test_a_convolution_runs_over_one_side_two_or_three(analyse: Analyse) -> None:
    for shape, weights in (("[4, 9]", 3 * 4 * 8), ("[4, 9, 9]", 9 * 4 * 8), ("[4, 9, 9, 9]", 27 * 4 * 8)):
        report = analyse(f"input: {shape}\nlayers:\n  - conv: {{out: 8, kernel: 3, stride: 2}}\n")
        sides = report.layers[0].output[1:]
        assert set(sides) == {5}
        assert report.totals.params == weights
        assert report.totals.madds == weights * 5 ** len(sides)


def test_a_kernel_of_two_sides_does_not_run_over_one(analyse: Analyse) -> None:
    message = refused(analyse, "input: [4, 9]\nlayers:\n  - conv: {out: 8, kernel: [3, 3]}\n")
    assert "kernel has 2 entries" in message
    assert "one number, or [length]" in message


def test_a_convolution_of_features_asks_for_a_map(analyse: Analyse) -> None:
    message = refused(analyse, "input: [4]\nlayers:\n  - conv: {out: 8, kernel: 3}\n")
    assert "conv reads no map of 0 sides" in message


def test_a_block_says_how_many_sides_it_takes(analyse: Analyse) -> None:
    text = """
        input: [4, 9]
        blocks:
          mix:
            input: [C, H, W]
            layers: [conv: {out: C, kernel: 3}]
        layers: [mix]
    """
    assert "mix is given 4×9" in refused(analyse, text)


def test_a_block_of_the_file_takes_the_place_of_a_word_that_came_later(analyse: Analyse) -> None:
    text = """
        input: [4, 8, 8]
        blocks:
          scale:
            layers: [conv: {out: 3, kernel: 1}]
        layers: [scale]
    """
    assert shapes(analyse(text)) == ["conv 3×8×8"]
    assert "is a primitive layer" in refused(analyse, text.replace("scale", "relu"))


def test_a_layer_of_the_users_own_is_counted_as_it_says_and_marked(analyse: Analyse) -> None:
    text = """
        input: [4, 8, 8]
        layers:
          - custom: {title: my layer, output: [6, 8, 8], weights: 24, params: 30, madds: 24 * 64, reads: 512}
          - relu
    """
    report = analyse(text)
    row = report.layers[0]
    assert (row.cost.params, row.cost.weights, row.cost.madds) == (30, 24, 1536)
    assert row.cost.mac == 512 + 30 + 6 * 64
    assert report.totals.flops == 1536
    assert row.operation.startswith("my layer (as said)")
    assert report.notes == ("A layer says what it costs and is not counted: custom.",)
    assert "fewer than its 31 weights" in refused(analyse, text.replace("weights: 24", "weights: 31"))


def test_a_learned_tensor_is_of_the_stage_that_reads_it(analyse: Analyse) -> None:
    text = """
        input: [4, 6]
        layers:
          - parameter: [4, 1]
            as: token
          - concat: {axis: 1}
            from: [token, input]
          - relu
    """
    report = analyse(text)
    assert [group.name for group in report.by("stage")] == ["length 7"]


# -- what a position sees where layers read along one side, or where the file says it -----------------------------


@pytest.mark.parametrize(
    ("layer", "field"),
    [
        ("reduce: {axis: 1}", (15, 3)),
        ("softmax: {axis: 1}", (15, 3)),
        ("linear: {out: 15, axis: 1}", (15, 3)),
        ("linear: {out: 20, axis: 2}", (3, 20)),
        ("avg_pool: {kernel: [15, 1]}", (45, 3)),
    ],
)
def test_a_layer_along_one_side_reads_all_of_it(analyse: Analyse, layer: str, field: tuple[int, int]) -> None:
    """By hand: behind it every position of a side of 15 sees all 15; a pool's windows go on, 3 of 15 rows."""
    report = analyse(f"input: [4, 15, 20]\nlayers:\n  - {layer}\n  - conv: {{out: 4, kernel: 3}}\n")
    assert report.receptive_field.side == field


@pytest.mark.parametrize(
    "layers",
    [
        '[{parameter: [9, 7], as: w}, {einsum: "chw,wk->chk", from: [input, w]}]',
        "[{reduce: {axis: channels, keep: false}}]",
        "[{parameter: [5, 9, 7], as: w}, {matmul: {}, from: [input, w]}]",
        "[{roll: 3}]",
    ],
)
def test_a_field_that_is_no_interval_is_not_known(analyse: Analyse, layers: str) -> None:
    report = analyse(f"input: [5, 9, 9]\nlayers: {layers}\n")
    with pytest.raises(FlopcalcError, match="how far a position sees is not known"):
        _ = report.receptive_field
    assert "not known" in str(report)


def test_a_product_over_the_channels_alone_keeps_every_position(analyse: Analyse) -> None:
    text = """
        input: [5, 9, 9]
        layers:
          - parameter: [5, 7]
            as: w
          - einsum: "chw,ck->khw"
            from: [input, w]
          - conv: {out: 2, kernel: 3}
    """
    assert analyse(text).receptive_field.side == (3, 3)
    assert not analyse(text).receptive_field.whole


def test_a_pointwise_layer_of_the_users_own_keeps_the_sides(analyse: Analyse) -> None:
    text = "input: [4, 8, 8]\nlayers:\n  - custom: {output: [4, 4, 4], reach: pointwise}\n"
    assert "reach is pointwise, and 4×8×8 becomes 4×4×4" in refused(analyse, text)


def test_a_part_of_a_symbolic_side_supposes_that_there_is_more(analyse: Analyse, tmp_path: Path) -> None:
    """At L = 25 the part is all of it: one tensor twice, 75·C elements moved and not 100·C."""
    text = """
        input: [C, L]
        layers:
          - slice: {axis: 1, start: 0, stop: 25}
            as: part
          - concat: {axis: 1}
            from: [part, input]
    """
    assert analyse(text).assumed == ("L > 25",)
    assert analyse(text, C="2", L="25").totals.mac == 150
    verdict = verify("2*C*(L+25)", str(tmp_path / "net.yaml"), "mac")
    assert verdict.assumed == ("L > 25",)


def test_a_shift_by_less_than_a_symbolic_side_can_be_claimed(analyse: Analyse, tmp_path: Path) -> None:
    analyse("input: [C, L]\nlayers:\n  - roll: 3\n")
    assert verify("2*C*L", str(tmp_path / "net.yaml"), "mac").outcome == "proved"


def test_a_claim_says_what_was_said_and_not_counted(analyse: Analyse, tmp_path: Path) -> None:
    analyse("input: [4, 8, 8]\nlayers:\n  - custom: {madds: 12345}\n")
    verdict = verify("12345", str(tmp_path / "net.yaml"), "madds")
    assert verdict.assumed == ("what is said and not counted of custom",)


def test_networks_of_any_rank_stand_side_by_side(analyse: Analyse, tmp_path: Path) -> None:
    analyse("input: [4, 8]\nlayers:\n  - conv: {out: 3, kernel: 1}\n")
    text = str(compare(str(tmp_path / "net.yaml"), "r3d"))
    assert "input = 4×8" in text
    assert "input = 3×16×112×112" in text
