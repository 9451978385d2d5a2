"""Receptive fields of graphs with skips, upsampling and several speeds, against plain loops over all positions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import analyse_data

import flopcalc
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Graph, Node
from flopcalc.number import as_text
from flopcalc.report import Report
from flopcalc.theory.recount import Condition, conditions_of, in_the_language, value_at

few = settings(deadline=None, max_examples=80)

Analyse = Callable[..., Report]


@pytest.fixture
def analyse(tmp_path: Path) -> Analyse:
    """Return a function that analyses a spec's YAML text."""

    def analyse_text(text: str, **given: Any) -> Report:
        path = tmp_path / "net.yaml"
        path.write_text(f"name: net\n{text}")
        return flopcalc.analyze(flopcalc.load(path), **given)

    return analyse_text


# -- the oracle ------------------------------------------------------------------------------------------------------


def positions(node: Node, graph: Graph, axis: int, place: int) -> list[int]:
    """Return what one position of a layer's output reads, tap by tap, on maps without an end."""
    layer = node.layer
    given: dict[str, Any] = layer.values()

    def along(name: str, default: int) -> int:
        value = given.get(name, default)
        return int(value[axis] if isinstance(value, tuple) else value)

    length, written = graph.shapes[node.inputs[0]][1 + axis], graph.shapes[node.output][1 + axis]
    if layer.name in ("conv", "depthwise", "max_pool", "avg_pool", "transposed_conv"):
        kernel, dilation, padding = along("kernel", 1), along("dilation", 1), given.get("padding", (0, 0))
        stride = along("stride", kernel if layer.name.endswith("pool") else 1)
        margin = first_margin(padding, axis, len(graph.shapes[node.inputs[0]]) - 1, length, kernel, dilation, stride)
        if layer.name == "transposed_conv":
            return [
                source
                for source in range(min(place - dilation * kernel, 0), max(place + margin, 0) + 1)
                for tap in range(kernel)
                if source * stride + tap * dilation - margin == place
            ]
        return [place * stride - margin + tap * dilation for tap in range(kernel)]
    if layer.name == "pad":
        return [place - given["padding"][2 * axis]]
    if layer.name == "upsample" and given["mode"] == "nearest":
        return [(place * length) // written]
    if layer.name == "crop":
        cut = length - written
        return [place + (given["margin"][2 * axis] if "margin" in given else cut // 2)]
    if layer.name == "slice":
        return [place + (given["start"] if given.get("axis", 0) == axis + 1 else 0)]
    if layer.name == "pixel_shuffle":
        return [place // given["factor"]]
    if layer.name == "pixel_unshuffle":
        return [place * given["factor"] + row for row in range(given["factor"])]
    if layer.name == "upsample" and given["mode"] == "bicubic":
        middle = (Fraction(place) + Fraction(1, 2)) * length / written - Fraction(1, 2)
        # Keys' kernel reaches less than two rows to either side, and is 0 on a row that it does not stand on.
        near = [row for row in range(middle.__floor__() - 2, middle.__ceil__() + 3) if abs(row - middle) < 2]
        return [row for row in near if row == middle or (row - middle).denominator != 1]
    if layer.name == "upsample":
        middle = (Fraction(place) + Fraction(1, 2)) * length / written - Fraction(1, 2)
        return sorted({middle.__floor__(), middle.__ceil__()})
    if layer.name == "adaptive_avg_pool":
        return list(range(place * length // written, -((-(place + 1) * length) // written)))
    assert layer.name in ("add", "concat", "relu", "identity"), layer.name
    return [place]


def first_margin(padding: Any, axis: int, sides: int, length: int, kernel: int, dilation: int, stride: int) -> int:
    """Return how many rows a padding adds before the first."""
    if isinstance(padding, tuple):
        return int(padding[axis] if len(padding) == sides else padding[2 * axis])
    span = dilation * (kernel - 1)
    if padding == "same_upper":
        return max((len(range(0, length, stride)) - 1) * stride + span + 1 - length, 0) // 2
    return span // 2 if padding == "same" else 0


def intervals(graph: Graph, axis: int) -> list[tuple[int, int] | None]:
    """Return the interval that each position of the output sees, by following every position alone."""
    by_output = {node.output: node for node in graph.nodes}
    known: dict[tuple[int, int], tuple[int, int] | None] = {}

    def seen(tensor: int, place: int) -> tuple[int, int] | None:
        if tensor not in by_output:
            return (place, place)
        if (tensor, place) not in known:
            node = by_output[tensor]
            ends = [seen(source, read) for source in node.inputs for read in positions(node, graph, axis, place)]
            some = [end for end in ends if end is not None]
            known[tensor, place] = (min(a for a, _ in some), max(b for _, b in some)) if some else None
        return known[tensor, place]

    output = graph.outputs["output"]
    return [seen(output, place) for place in range(graph.shapes[output][1 + axis])]


def check(report: Report) -> None:
    """Hold the largest and the smallest field, and whether any covers the image, against the oracle."""
    graph, found = report.totals.graph, report.receptive_field
    covered = []
    for axis in range(len(graph.shapes[graph.inputs["input"]]) - 1):
        seen = intervals(graph, axis)
        some = [interval for interval in seen if interval is not None]
        sides = [0 if interval is None else interval[1] - interval[0] + 1 for interval in seen]
        assert (found.smallest[axis], found.side[axis]) == (min(sides), max(sides))
        side = graph.shapes[graph.inputs["input"]][1 + axis]
        covered.append(any(first <= 0 and last >= side - 1 for first, last in some))
    assert found.whole == all(covered)


# -- random graphs ---------------------------------------------------------------------------------------------------

mode = st.sampled_from(["nearest", "bilinear", "bicubic"])


def same(drawn: dict[str, int]) -> dict[str, Any]:
    """Return a convolution of odd kernel that keeps the map."""
    return {"conv": {"out": 1, "kernel": drawn["kernel"], "dilation": drawn["dilation"]}}


keeping = st.fixed_dictionaries({"kernel": st.sampled_from([1, 3, 5]), "dilation": st.integers(1, 3)}).map(same)
shrinking = st.one_of(
    st.integers(2, 3).map(lambda k: {"max_pool": {"kernel": k}}),
    st.fixed_dictionaries({"kernel": st.integers(1, 4), "stride": st.integers(2, 3), "padding": st.integers(0, 2)}).map(
        lambda drawn: {"conv": {"out": 1, **drawn}}
    ),
    st.integers(4, 11).map(lambda n: {"adaptive_avg_pool": {"size": n}}),
    st.fixed_dictionaries(
        {"kernel": st.integers(1, 4), "stride": st.integers(1, 3), "dilation": st.integers(1, 2)}
    ).map(lambda drawn: {"conv": {"out": 1, **drawn, "padding": "same_upper"}}),
    st.tuples(*[st.integers(0, 2)] * 4).map(
        lambda ends: {"conv": {"out": 1, "kernel": 4, "stride": 2, "padding": list(ends)}}
    ),
    st.tuples(*[st.integers(0, 2)] * 4).map(lambda ends: {"crop": {"margin": list(ends)}}),
    st.integers(0, 3).map(lambda start: {"slice": {"start": start, "stop": start + 5, "axis": 1}}),
)
growing = st.one_of(
    st.fixed_dictionaries({"scale": st.integers(1, 4), "mode": mode}).map(lambda drawn: {"upsample": drawn}),
    st.fixed_dictionaries({"size": st.integers(5, 40), "mode": mode}).map(lambda drawn: {"upsample": drawn}),
    st.fixed_dictionaries(
        {"kernel": st.integers(1, 5), "stride": st.integers(1, 3), "dilation": st.integers(1, 3)}
    ).map(lambda drawn: {"transposed_conv": {"out": 1, **drawn, "padding": 0}}),
    st.lists(st.integers(0, 2), min_size=4, max_size=4).map(lambda sides: {"pad": {"padding": sides}}),
)
anything = st.lists(st.one_of(keeping, shrinking, growing), max_size=4)


@st.composite
def graphs(draw: Callable[[Any], Any]) -> dict[str, Any]:
    """Draw a chain with skips around parts of it, each brought back to the size that the part began with."""
    sides = draw(st.tuples(st.integers(24, 33), st.integers(24, 33)))
    layers: list[Any] = [{**draw(keeping), "name": "start"}]
    for number in range(draw(st.integers(0, 2))):
        layers.append({"identity": None, "as": f"skip{number}"})
        layers += draw(anything)
        layers.append({"identity": None, "as": f"deep{number}"})
        fit = {"size": list(sides), "mode": draw(mode)}
        layers.append({"upsample": fit, "from": f"skip{number}", "as": f"a{number}"})
        layers.append({"upsample": {**fit, "mode": draw(mode)}, "from": f"deep{number}", "as": f"b{number}"})
        layers.append({"add": None, "from": [f"a{number}", f"b{number}"]})
    return {"input": [1, *sides], "layers": layers + draw(anything)}


@few
@given(data=graphs())
def test_the_field_of_a_random_graph_is_what_its_positions_see(data: dict[str, Any]) -> None:
    try:
        report = analyse_data(data)
    except FlopcalcError:
        return  # a map that shrinks to nothing
    check(report)


SIDED = [
    {"conv": {"out": 2, "kernel": 3, "stride": 2}},
    {"conv": {"out": 2, "kernel": 2}},
    {"conv": {"out": 2, "kernel": 4, "stride": 3, "padding": "same_upper"}},
    {"max_pool": {"kernel": 3, "stride": 2, "padding": "same_upper"}},
    {"upsample": {"scale": 2, "mode": "bilinear"}},
    {"transposed_conv": {"out": 2, "kernel": 3, "stride": 2, "padding": 0}},
    {"crop": {"margin": 1}},
    {"pad": {"padding": 1}},
]


@few
@given(sides=st.sampled_from([[30], [14, 17], [12, 13, 14]]), layers=st.lists(st.sampled_from(SIDED), max_size=4))
def test_the_field_of_a_map_of_any_number_of_sides_is_what_its_positions_see(sides: list[int], layers: Any) -> None:
    try:
        report = analyse_data({"input": [1, *sides], "layers": [{"conv": {"out": 2, "kernel": 3}}, *layers]})
    except FlopcalcError:
        return  # a map that shrinks to nothing
    assert len(report.receptive_field.side) == len(sides)
    check(report)


def test_each_end_of_a_map_has_its_own_padding(analyse: Analyse) -> None:
    report = analyse("input: [1, 9, 9]\nlayers:\n  - conv: {out: 1, kernel: 3, padding: [2, 0, 0, 2]}\n")
    found = report.receptive_field
    assert found.centre == (-1, 1)  # the first row reads −2 to 0, the first column 0 to 2
    check(report)


def test_pixel_shuffles_are_followed_position_by_position(analyse: Analyse) -> None:
    report = analyse(
        "input: [4, 12, 12]\nlayers:\n  - conv: {out: 8, kernel: 3}\n  - pixel_shuffle: 2\n"
        "  - conv: {out: 3, kernel: 3}\n  - pixel_unshuffle: 3\n"
    )
    check(report)
    assert report.receptive_field.side == (5, 5)


@pytest.mark.parametrize(
    ("layer", "side"),
    [
        ("reduce: {axis: channels}", (3, 3)),
        ("softmax: {axis: 0}", (3, 3)),
        ("scale: {bias: false}", (3, 3)),
        ("concat: {axis: 0}", (3, 3)),
        ("custom: {reach: pointwise}", (3, 3)),
        ("roll: 0", (3, 3)),
        ("permute: [0, 1, 2]", (3, 3)),
    ],
)
def test_what_acts_on_channels_leaves_the_field_alone(analyse: Analyse, layer: str, side: tuple[int, int]) -> None:
    found = analyse(f"input: [3, 8, 8]\nlayers:\n  - conv: {{out: 4, kernel: 3}}\n  - {layer}\n").receptive_field
    assert (found.side, found.whole) == (side, False)


def test_a_layer_along_one_side_sees_all_of_that_side(analyse: Analyse) -> None:
    for layer in ("reduce: {axis: 1}", "softmax: {axis: 1}", "linear: {out: 8, axis: 1}"):
        text = f"input: [3, 8, 99]\nlayers:\n  - conv: {{out: 4, kernel: 3}}\n  - {layer}\n"
        assert not analyse(text).receptive_field.whole
        assert analyse(text + "  - reduce: {axis: 2}\n").receptive_field.whole
    assert analyse("input: [3, 8, 9]\nlayers:\n  - global_max_pool\n").receptive_field.whole


@pytest.mark.parametrize(
    "layer",
    [
        "roll: 2",
        "permute: [0, 2, 1]",
        "permute: [1, 0, 2]",
        "split: {axis: 1}",
        "unfold: {kernel: 3}",
        "reshape: [4, -1]",
        "reduce: {axis: 1, keep: false}",
        "custom:",
        "custom: {output: [3, 7]}",
    ],
)
def test_what_changes_the_rank_or_the_order_of_positions_has_no_field_and_no_wrong_one(
    analyse: Analyse, layer: str
) -> None:
    text = f"input: [4, 8, 8]\nlayers:\n  - conv: {{out: 4, kernel: 3}}\n  - {layer}\n"
    report = analyse(text)
    assert report.totals.params == 144  # the rest of the report stands
    with pytest.raises(FlopcalcError, match="not known"):
        _ = report.receptive_field


def test_the_whole_input_is_seen_again_behind_an_attention(analyse: Analyse) -> None:
    text = (
        "input: [3, 64, 64]\nlayers:\n  - conv: {out: 16, kernel: 16, stride: 16, padding: 0}\n"
        "  - reshape: [16, -1]\n    as: q\n  - parameter: [16, 1]\n    as: token\n"
        "  - concat: {axis: 1}\n    from: [token, q]\n    as: x\n"
        '  - einsum: "cn,cm->nm"\n    from: [x, x]\n  - softmax: {axis: 1}\n    as: weights\n'
        '  - einsum: "nm,cm->cn"\n    from: [weights, x]\n'
    )
    assert analyse(text).receptive_field.whole


@pytest.mark.parametrize(
    "layer", ["crop: {margin: 1}", "crop: {margin: [0, 1, 0, 1]}", "slice: {stop: 3, axis: 1}", "split: {axis: 2}"]
)
def test_what_sees_all_of_a_part_does_not_see_the_whole_input(analyse: Analyse, layer: str) -> None:
    with pytest.raises(FlopcalcError, match="not known"):
        _ = analyse(f"input: [4, 8, 8]\nlayers:\n  - {layer}\n  - relu\n  - global_pool\n").receptive_field


# -- networks whose fields were counted elsewhere --------------------------------------------------------------------


def test_positions_behind_upsampling_see_unlike_parts(analyse: Analyse) -> None:
    report = analyse(
        "input: [1, 64, 64]\nlayers:\n  - max_pool: {kernel: 2}\n  - max_pool: {kernel: 2}\n"
        "  - upsample: {scale: 4}\n  - conv: {out: 1, kernel: 3}\n"
    )
    # Three neighbours lie on one row of four pixels, or on two.
    assert report.receptive_field.side == (8, 8)
    assert report.receptive_field.smallest == (4, 4)
    check(report)


UNET = """
input: [1, 256, 256]
blocks:
  double:
    parameters: {out: }
    layers: [{conv: {out: out, kernel: 3}}, {conv: {out: out, kernel: 3}}]
layers:
  - double: {out: 4}
    as: one
  - max_pool: {kernel: 2}
  - double: {out: 4}
    as: two
  - max_pool: {kernel: 2}
  - double: {out: 4}
    as: three
  - max_pool: {kernel: 2}
  - double: {out: 4}
    as: four
  - max_pool: {kernel: 2}
  - double: {out: 4}
"""


def up(skip: str) -> str:
    """Return a step of a U-Net's decoder: doubled, joined with what was there at this size, convolved twice."""
    return (
        "  - transposed_conv: {out: 4, kernel: 2, stride: 2, padding: 0}\n"
        f"    as: up_{skip}\n  - concat:\n    from: [{skip}, up_{skip}]\n  - double: {{out: 4}}\n"
    )


def test_a_u_net_of_four_levels_sees_188_to_204_pixels(analyse: Analyse) -> None:
    report = analyse(UNET + "".join(up(skip) for skip in ("four", "three", "two", "one")))
    assert report.receptive_field.smallest == (188, 188)
    assert report.receptive_field.side == (204, 204)
    assert not report.receptive_field.whole
    check(report)


def test_espnet_sees_2831_to_2839_pixels() -> None:
    found = flopcalc.analyze("espnet").receptive_field
    assert (found.smallest, found.side) == ((2831, 2831), (2839, 2839))
    assert found.whole


def test_shifted_paths_see_their_union(analyse: Analyse) -> None:
    # A map padded at the top alone sees rows above, one padded at the bottom rows below: 1 + 4 rows of both.
    report = analyse(
        "input: [1, 20, 20]\nlayers:\n  - branches:\n      merge: add\n      paths:\n"
        "        - [{pad: {padding: [4, 0, 0, 0]}}]\n        - [{pad: {padding: [0, 4, 0, 0]}}]\n"
    )
    assert report.receptive_field.side == (5, 1)
    check(report)


def test_a_pixel_shuffle_makes_a_patch_of_every_position(analyse: Analyse) -> None:
    text = (
        "input: [3, 16, 16]\nlayers:\n  - conv: {out: 16, kernel: 3}\n"
        "  - reshape: {shape: [4, 32, 32]}\n  - conv: {out: 3, kernel: 3}\n"
    )
    found = analyse(text).receptive_field
    # Three neighbours of a doubled map lie on two rows of the half map, each of three.
    assert found.side == found.smallest == (4, 4)
    assert not found.whole
    back = analyse(text + "  - reshape: {shape: [12, 16, 16]}\n").receptive_field
    assert back.side == (5, 5)
    assert back.stride == (1, 1)


def test_attention_sees_everything_and_keeps_the_field_of_its_patches(analyse: Analyse) -> None:
    found = analyse(
        "input: [3, 64, 64]\nlayers:\n  - conv: {out: 16, kernel: 16, stride: 16, padding: 0}\n    as: patches\n"
        "  - reshape: {shape: [1, 16, 16]}\n    as: q\n  - matmul: {transpose: true}\n    from: [q, q]\n"
    ).receptive_field
    assert found.side == (16, 16)
    assert found.whole


def test_a_position_between_the_taps_sees_nothing(analyse: Analyse) -> None:
    report = analyse(
        "input: [1, 9, 9]\nlayers:\n  - transposed_conv: {out: 1, kernel: 1, stride: 3, padding: 0}\n"
        "  - conv: {out: 1, kernel: 3}\n"
    )
    assert report.receptive_field.side == report.receptive_field.smallest == (1, 1)
    check(report)
    gaps = analyse("input: [1, 8, 8]\nlayers:\n  - transposed_conv: {out: 1, kernel: 1, stride: 4, padding: 0}\n")
    assert gaps.receptive_field.side == (1, 1)
    assert gaps.receptive_field.smallest == (0, 0)
    check(gaps)


def test_a_field_larger_than_the_image_covers_it(analyse: Analyse) -> None:
    text = "input: [1, 9, {}]\nlayers:\n  - {{conv: {{out: 1, kernel: 5}}, repeat: {}}}\n"
    assert analyse(text.format(9, 2)).receptive_field.whole  # the middle row sees all nine
    assert not analyse(text.format(10, 2)).receptive_field.whole
    assert analyse(text.format(10, 3)).receptive_field.whole


def test_a_million_positions_are_not_walked(analyse: Analyse) -> None:
    found = analyse(
        "input: [1, 1048576, 1048576]\nlayers:\n  - conv: {out: 1, kernel: 1000001}\n  - max_pool: {kernel: 32}\n"
        "  - upsample: {scale: 32, mode: bilinear}\n  - conv: {out: 1, kernel: 100001}\n"
    ).receptive_field
    # 100,001 neighbours lie on 3,126 or 3,127 rows of 32, and the rows beside them.
    assert found.side == (1000000 + 3127 * 32, 1000000 + 3127 * 32)


def test_too_many_unlike_positions_are_said_and_not_guessed(analyse: Analyse) -> None:
    with pytest.raises(FlopcalcError, match="differ in what they see"):
        _ = analyse("input: [1, 20001, 20001]\nlayers:\n  - upsample: {size: 30011}\n").receptive_field


@pytest.mark.parametrize(
    ("layers", "numbers"),
    [
        ("  - transposed_conv: {out: 1, kernel: K, stride: s, padding: 0}\n", {"K": 3, "s": 2}),
        ("  - upsample: {scale: s}\n  - conv: {out: 1, kernel: K}\n", {"K": 3, "s": 2}),
        ("  - upsample: {scale: 2}\n  - conv: {out: 1, kernel: K, stride: s}\n", {"K": 3, "s": 2}),
    ],
)
def test_what_no_closed_form_says_is_not_guessed(analyse: Analyse, layers: str, numbers: dict[str, int]) -> None:
    text = f"parameters: {{K: , s: }}\ninput: [1, 64, 64]\nlayers:\n{layers}"
    with pytest.raises(FlopcalcError, match="not known"):
        _ = analyse(text).receptive_field
    check(analyse(text, **numbers))


def test_patches_by_a_symbol_keep_the_side_of_the_field(analyse: Analyse) -> None:
    text = "parameters: {K: , s: }\ninput: [1, 64, 64]\nlayers:\n  - conv: {out: 1, kernel: K}\n"
    for layer in ("upsample: {scale: s}", "transposed_conv: {out: 1, kernel: s, stride: s, padding: 0}"):
        found = analyse(f"{text}  - {layer}\n").receptive_field
        assert [str(side) for side in found.side + found.smallest] == ["K"] * 4
        assert str(found.stride[0]) == "1/s"


# -- maps of unknown size --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "side", "smallest", "assumed"),
    [
        # Rows 0, 0, 1 under taps of two: row 2 of the output is the first to see two, of 3·H − 1.
        ("  - upsample: {scale: 3}\n  - conv: {out: 1, kernel: 2, padding: 0}\n", 2, 1, ("H ≥ 2", "W ≥ 2")),
        # Output i reads j with 2j + t = i + 2: rows 0 and 1, then row 1 alone, of 2·H − 3 rows.
        ("  - transposed_conv: {out: 1, kernel: 3, stride: 2, padding: 2}\n", 2, 1, ("H ≥ 3", "W ≥ 3")),
        # Every third row sees something: rows 0 and 1 must be there, of 3·H − 2.
        ("  - transposed_conv: {out: 1, kernel: 1, stride: 3, padding: 0}\n", 1, 0, ("H ≥ 2", "W ≥ 2")),
        # All positions see the same: no size is asked for.
        ("  - upsample: {scale: 2, mode: bilinear}\n", 2, 2, ()),
        ("  - upsample: {scale: 3}\n", 1, 1, ()),
        ("  - conv: {out: 1, kernel: 7, stride: 2}\n  - max_pool: {kernel: 3, stride: 2, padding: 1}\n", 11, 11, ()),
    ],
)
def test_a_field_of_a_map_of_unknown_size_says_from_which_size_on_it_holds(
    analyse: Analyse, layers: str, side: int, smallest: int, assumed: tuple[str, ...]
) -> None:
    text = f"input: [1, H, W]\nlayers:\n{layers}"
    found = analyse(text).receptive_field
    assert (found.side, found.smallest, found.assumed) == ((side, side), (smallest, smallest), assumed)
    least = int(assumed[0].removeprefix("H ≥ ")) if assumed else 1
    for size in range(1, 9):
        try:
            there = analyse(text, input=(1, size, size)).receptive_field
        except FlopcalcError:  # too small for the network
            continue
        assert (there.side == found.side and there.smallest == found.smallest) == (size >= least), size


def test_a_size_that_a_field_needs_may_be_assumed_or_ruled_out(analyse: Analyse) -> None:
    text = "input: [1, H, H]\nlayers:\n  - upsample: {scale: 3}\n  - conv: {out: 1, kernel: 2, padding: 0}\n"
    assert analyse(text, assume=["H >= 2"]).receptive_field.assumed == ()
    with pytest.raises(FlopcalcError, match="not known"):
        _ = analyse(text, assume=["H <= 1"]).receptive_field


def test_a_field_behind_a_whole_map_keeps_what_that_maps_field_assumes(analyse: Analyse) -> None:
    text = "input: [1, H, H]\nlayers:\n  - upsample: {scale: 3}\n  - conv: {out: 1, kernel: 2, padding: 0}\n"
    assert analyse(text + "  - global_pool\n").receptive_field.assumed == ("H ≥ 2",)


@few
@given(layers=st.lists(st.one_of(keeping, shrinking, growing), min_size=1, max_size=4), exact=st.booleans())
def test_no_size_that_meets_what_a_field_assumes_has_another_field(layers: list[Any], exact: bool) -> None:
    data = {"input": [1, "H", "H"], "layers": layers}
    try:
        report = analyse_data(data, exact_rounding=exact)
        found = report.receptive_field
    except FlopcalcError:
        return
    conditions = [
        *conditions_of(report, ideal=not exact),
        *(Condition(in_the_language(text)) for text in found.assumed),
    ]
    for size in range(1, 12):
        if not all(condition.holds({"H": size}) for condition in conditions):
            continue
        try:
            there = analyse_data({**data, "input": [1, size, size]}).receptive_field
        except FlopcalcError:
            continue
        told = [value_at(as_text(side), {"H": size}) for side in (*found.side, *found.smallest)]
        assert [*there.side, *there.smallest] == told, size


# -- reshapes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "side"),
    [
        ((4, 8, 8), (4, 8, 8), 3),  # nothing moves
        ((6, 1, 1), (1, 2, 3), 3),  # one position spread over all
        ((6, 1, 5), (2, 3, 5), 3),  # one row repeated: groups of channels
        ((2, 3, 5), (6, 1, 5), 5),  # rows stacked into channels: a column is seen together
    ],
)
def test_reshapes_that_keep_positions_apart_have_a_field(
    analyse: Analyse, before: tuple[int, ...], after: tuple[int, ...], side: int
) -> None:
    text = f"input: {list(before)}\nlayers:\n  - conv: {{out: {before[0]}, kernel: 3}}\n"
    assert analyse(text + f"  - reshape: {{shape: {list(after)}}}\n").receptive_field.side == (side, 3)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((4, 8, 8), (8, 4, 8)),  # rows h and h + 4 come together
        ((4, 8, 8), (2, 16, 8)),
        ((4, 8, 8), (1, 32, 8)),
        ((4, 8, 8), (2, 8, 16)),
        ((1, 4, 4), (1, 1, 16)),  # a position sees one pixel, and not the whole map
        ((6, 5, 7), (7, 6, 5)),
        ((6, 4, 1), (2, 4, 3)),
    ],
)
def test_a_field_behind_a_reshape_that_mixes_positions_is_not_guessed(
    analyse: Analyse, before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    text = f"input: {list(before)}\nlayers:\n  - reshape: {{shape: {list(after)}}}\n"
    with pytest.raises(FlopcalcError, match="not known behind a reshape"):
        _ = analyse(text).receptive_field
