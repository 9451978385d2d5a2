"""What only the whole graph can tell, against brute force: peak memory by simulation, receptive field by index sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import analyse_data, networks

import flopcalc
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Graph, Node
from flopcalc.layers import ChannelShuffle
from flopcalc.report import Report

few = settings(deadline=None, max_examples=60)

Analyse = Callable[..., Report]


# -- peak memory -----------------------------------------------------------------------------------------------------

VIEWS = ("split", "slice", "flatten", "reshape", "identity", "dropout")


def permutes_nothing(graph: Graph, node: Node) -> bool:
    """Tell whether a shuffle leaves the channels in their order, by permuting them."""
    if not isinstance(node.layer, ChannelShuffle):
        return False
    channels, groups = graph.shapes[node.inputs[0]][0], node.layer.groups
    order = [member * (channels // groups) + number for number in range(channels // groups) for member in range(groups)]
    return order == sorted(order)


def simulated_peak(graph: Graph) -> int:
    """Run the layers in order with counted references, and return the most elements that were allocated at once.

    A store is freed when no tensor that lies in it will be read any more, and none of them is an output.
    """

    def elements(tensor: int) -> int:
        channels, height, width = graph.shapes[tensor]
        return channels * height * width

    readers = Counter(tensor for node in graph.nodes for tensor in node.inputs)
    readers.update(graph.outputs.values())  # somebody reads them after the last layer
    store = {tensor: tensor for tensor in graph.inputs.values()}
    allocated = {tensor: elements(tensor) for tensor in store}
    peak = sum(allocated.values())
    for node in graph.nodes:
        if node.layer.name in VIEWS or permutes_nothing(graph, node):
            store[node.output] = store[node.inputs[0]]
        else:
            store[node.output] = node.output
            allocated[node.output] = elements(node.output)
        peak = max(peak, sum(allocated.values()))
        readers.subtract(node.inputs)
        wanted = {place for tensor, place in store.items() if readers[tensor] > 0}
        allocated = {place: size for place, size in allocated.items() if place in wanted}
    return peak


@few
@given(data=networks(overview=True))
def test_peak_memory_is_what_a_simulation_allocates(data: dict[str, Any]) -> None:
    report = analyse_data(data)
    assert report.totals.peak_memory == simulated_peak(report.totals.graph)


@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2", "resnet50", "shufflenet_v2"])
def test_peak_memory_of_a_published_network_is_what_a_simulation_allocates(name: str) -> None:
    report = flopcalc.analyze(name)
    assert report.totals.peak_memory == simulated_peak(report.totals.graph)


def test_a_chain_needs_the_largest_neighbouring_pair(analyse: Analyse) -> None:
    # in 3·100 → 16·100 → 8·100 → 32·25: 300 + 1600, 1600 + 800, 800 + 800
    report = analyse(
        "input: [3, 10, 10]\n"
        "layers:\n"
        "  - conv: {out: 16, kernel: 3}\n"
        "  - conv: {out: 8, kernel: 3}\n"
        "  - conv: {out: 32, kernel: 3, stride: 2}\n"
    )
    assert report.totals.peak_memory == 1600 + 800


INVERTED_RESIDUAL = """
input: [8, 10, 10]
layers:
  - branches:
      merge: add
      paths:
        - []
        - - conv: {out: 48, kernel: 1}
          - norm
          - relu6
          - depthwise: {kernel: 3}
          - conv: {out: 8, kernel: 1}
"""


def test_an_inverted_residual_holds_its_input_beside_two_wide_maps(analyse: Analyse) -> None:
    # step        alive                                              elements
    # start       x                                                       800
    # conv        x, wide                                          800 + 4800
    # norm        x, wide, normed                           800 + 4800 + 4800   ← the peak
    # relu6       x, normed, active                         800 + 4800 + 4800
    # depthwise   x, active, filtered                       800 + 4800 + 4800
    # conv        x, filtered, narrow                        800 + 4800 + 800
    # add         x, narrow, sum                              800 + 800 + 800
    assert analyse(INVERTED_RESIDUAL).totals.peak_memory == 10_400


def test_without_its_shortcut_the_input_is_gone_when_the_wide_maps_are_there(analyse: Analyse) -> None:
    plain = """
input: [8, 10, 10]
layers:
  - conv: {out: 48, kernel: 1}
  - norm
  - depthwise: {kernel: 3}
  - conv: {out: 8, kernel: 1}
"""
    assert analyse(plain).totals.peak_memory == 4800 + 4800


def test_the_halves_of_a_channel_split_are_one_map(analyse: Analyse) -> None:
    # ShuffleNetV2's unit on 8×10×10. The halves are views of x, so x stays whole until the concat has read them.
    # conv        x, a                      800 + 400
    # depthwise   x, a, b             800 + 400 + 400
    # concat      x, b, joined        800 + 400 + 800   ← the peak
    # shuffle     joined, shuffled          800 + 800
    unit = """
input: [8, 10, 10]
layers:
  - branches:
      split: even
      merge: concat
      paths:
        - []
        - - conv: {out: 4, kernel: 1}
          - depthwise: {kernel: 3}
  - channel_shuffle: {groups: 2}
"""
    assert analyse(unit).totals.peak_memory == 2000


def test_views_take_no_memory(analyse: Analyse) -> None:
    report = analyse(
        "input: [8, 10, 10]\n"
        "layers:\n"
        "  - identity\n"
        "  - dropout\n"
        "  - reshape: {shape: [4, 20, 10]}\n"
        "  - split\n"
        "  - slice: {stop: 1}\n"
        "  - flatten\n"
    )
    assert report.totals.peak_memory == 800


def test_an_output_stays_alive_to_the_end(analyse: Analyse) -> None:
    # side 100 · 4, then 100 · 1 twice: 400 + 100 + 100 with the side output, 400 + 100 without
    layers = "input: [1, 10, 10]\n{}layers:\n  - conv: {{out: 4, kernel: 1}}\n    as: side\n" + "  - relu\n" * 2
    assert analyse(layers.format("")).totals.peak_memory == 400 + 400
    assert analyse(layers.format("outputs: [side]\n")).totals.peak_memory == 400 + 400 + 400


def test_an_input_lives_until_it_is_read_and_no_longer(analyse: Analyse) -> None:
    # start      x, image                     100 + 900
    # conv       x, image, a            100 + 900 + 500   ← the peak
    # conv       image, a, b            900 + 500 + 100
    # concat     image, b, joined       900 + 100 + 1000 = 2000
    # conv       joined, out                 1000 + 2000 = 3000: the image is gone
    report = analyse(
        "inputs: {x: [1, 10, 10], image: [9, 10, 10]}\n"
        "layers:\n"
        "  - {conv: {out: 5, kernel: 1}, from: x}\n"
        "  - {conv: {out: 1, kernel: 1}, as: b}\n"
        "  - {concat: {}, from: [b, image]}\n"
        "  - {conv: {out: 20, kernel: 1}}\n"
    )
    assert report.totals.peak_memory == 3000
    assert report.totals.peak_memory == simulated_peak(report.totals.graph)


def test_parameters_are_not_in_the_peak(analyse: Analyse) -> None:
    report = analyse("input: [512, 1, 1]\nlayers:\n  - linear: {out: 1000}\n")
    assert report.totals.peak_memory == 512 + 1000


def test_a_tensor_that_is_read_twice_by_one_layer_is_held_once(analyse: Analyse) -> None:
    report = analyse("input: [2, 10, 10]\nlayers:\n  - {add: {}, from: [input, input]}\n")
    assert report.totals.peak_memory == 400
    assert report.totals.mac == 400  # it is read once


SYMBOLIC_RESIDUAL = """
parameters: {t: , C: , side: }
input: [C, side, side]
layers:
  - branches:
      merge: add
      paths:
        - []
        - - conv: {out: t * C, kernel: 1}
          - depthwise: {kernel: 3}
          - conv: {out: C, kernel: 1}
"""


@few
@given(t=st.integers(1, 9), C=st.integers(1, 9), side=st.integers(1, 9))
def test_a_symbolic_peak_is_the_numeric_one_with_the_numbers_put_in(t: int, C: int, side: int) -> None:
    formula = symbolic_peak()
    number = analyse_data(yaml.safe_load(SYMBOLIC_RESIDUAL), t=t, C=C, side=side).totals.peak_memory
    values = {name: {"t": t, "C": C, "side": side}[name.name] for name in formula.free_symbols}
    assert formula.subs(values) == number


@cache
def symbolic_peak() -> Any:
    return analyse_data(yaml.safe_load(SYMBOLIC_RESIDUAL)).totals.peak_memory


def test_a_symbolic_peak_holds_the_sums_that_may_be_greatest_and_no_other() -> None:
    # C·s² is in every sum. (1 + 2t)·C·s² against 3·C·s² at the add: 1 + 2t ≥ 3, so one sum is greatest.
    formula = symbolic_peak()
    assert str(formula) == "2*C*side**2*t + C*side**2"


def test_peak_memory_needs_the_turns_of_a_repeat_laid_out(analyse: Analyse) -> None:
    text = "parameters: {N: }\ninput: [8, 9, 9]\nlayers:\n  - {conv: {out: 8, kernel: 3}, repeat: N}\n"
    with pytest.raises(FlopcalcError, match="repeat") as caught:
        _ = analyse(text).totals.peak_memory
    assert "give N a number" in str(caught.value)
    assert analyse(text, N=3).totals.peak_memory == 2 * 8 * 81


# -- receptive field -------------------------------------------------------------------------------------------------


def rows_read(node: Node, graph: Graph, axis: int, row: int) -> list[set[int]]:
    """Return the rows (or columns) of every input that one row of a layer's output reads, on maps without an end."""
    layer, shapes = node.layer, graph.input_shapes(node)
    given = layer.values()

    def along(name: str, default: Any) -> Any:
        value = given.get(name, default)
        return value[axis] if isinstance(value, tuple) else value

    length, written = shapes[0][1 + axis], graph.shapes[node.output][1 + axis]
    everything = [set(range(shape[1 + axis])) for shape in shapes]
    if layer.name in ("conv", "depthwise", "max_pool", "avg_pool", "transposed_conv"):
        kernel, dilation = along("kernel", None), along("dilation", 1)
        stride = along("stride", kernel)
        padding = along("padding", 0)
        if padding == "same":
            padding = dilation * (kernel - 1) // 2
        taps = range(kernel)
        if layer.name != "transposed_conv":
            return [{row * stride - padding + tap * dilation for tap in taps}]
        # row of the output = row of the input · stride + tap · dilation − padding
        spread = {row + padding - tap * dilation for tap in taps}
        return [{place // stride for place in spread if place % stride == 0}]
    if layer.name == "pad":
        return [{row - given["padding"][2 * axis]}]  # type: ignore[index]
    if layer.name == "upsample":
        if given["mode"] == "nearest":
            return [{row * length // written}]
        centre = Fraction(2 * row + 1, 2) * Fraction(length, written) - Fraction(1, 2)
        return [{centre.__floor__(), centre.__ceil__()}]
    if layer.name == "adaptive_avg_pool":
        return [set(range(row * length // written, -(-(row + 1) * length // written)))]
    if layer.name in ("global_pool", "linear", "flatten", "reshape", "matmul"):
        return everything
    if layer.name == "multiply":
        return [{0} if shape[1 + axis] == 1 else {row} for shape in shapes]
    return [{row} for _ in shapes]


def influence(graph: Graph, axis: int, row: int) -> set[int]:
    """Return the rows of the input that one row of the output depends on, through every path."""
    (start,) = graph.inputs.values()
    needed: dict[int, set[int]] = {graph.outputs["output"]: {row}}
    for node in reversed(graph.nodes):
        for wanted in needed.get(node.output, set()):
            for tensor, rows in zip(node.inputs, rows_read(node, graph, axis, wanted), strict=True):
                needed.setdefault(tensor, set()).update(rows)
    return needed.get(start, set())


def check_receptive_field(report: Report, *, period: int = 1) -> None:
    """Hold the field against the index sets: the widest of a period, the mean step, and the mean centre.

    Rows of a period that read nothing, as between the taps of a transposed convolution, see 0 and have no centre.
    """
    graph, found = report.totals.graph, report.receptive_field
    for axis in (0, 1):
        length = graph.shapes[graph.outputs["output"]][1 + axis]
        reads = {row: influence(graph, axis, row) for row in range(2 * period)}
        centres = {row: Fraction(max(rows) + min(rows), 2) for row, rows in reads.items() if rows}
        first = [row for row in range(period) if reads[row]]
        whole = range(min(period, length))
        seen = [max(reads[row]) - min(reads[row]) + 1 if reads[row] else 0 for row in whole]
        assert (found.smallest[axis], found.side[axis]) == (min(seen), max(seen))
        for row in first:
            assert found.stride[axis] == (centres[row + period] - centres[row]) / period
        # Centres of a period lie about the line `centre + row · stride`.
        line = [found.centre[axis] + row * found.stride[axis] for row in first]
        assert sum(line) == sum(centres[row] for row in first)


@few
@given(data=networks(overview=False))
def test_the_receptive_field_of_a_random_network_is_that_of_the_index_sets(data: dict[str, Any]) -> None:
    check_receptive_field(analyse_data(data))


pairs = st.lists(st.integers(1, 3), min_size=2, max_size=2)
windowed = st.one_of(
    st.fixed_dictionaries(
        {
            "conv": st.fixed_dictionaries(
                {"out": st.just(2), "kernel": st.lists(st.integers(1, 5), min_size=2, max_size=2)},
                optional={"stride": pairs, "dilation": pairs},
            ),
            "padding": st.lists(st.integers(0, 3), min_size=2, max_size=2),
        }
    ).map(lambda drawn: {"conv": {**drawn["conv"], "padding": drawn["padding"]}}),
    st.fixed_dictionaries(
        {"depthwise": st.fixed_dictionaries({"kernel": st.just([3, 5])}, optional={"stride": pairs})}
    ),
    st.fixed_dictionaries(
        {
            "max_pool": st.fixed_dictionaries(
                {"kernel": st.lists(st.integers(2, 4), min_size=2, max_size=2), "padding": st.integers(0, 1)},
                optional={"stride": pairs, "dilation": pairs, "ceil_mode": st.booleans()},
            )
        }
    ),
    st.fixed_dictionaries({"avg_pool": st.fixed_dictionaries({"kernel": st.sampled_from([2, 3, [2, 3]])})}),
    st.fixed_dictionaries(
        {"pad": st.fixed_dictionaries({"padding": st.lists(st.integers(0, 3), min_size=4, max_size=4)})}
    ),
    st.just("relu"),
)


@few
@given(layers=st.lists(windowed, min_size=1, max_size=5))
def test_the_receptive_field_of_a_random_chain_is_that_of_the_index_sets(layers: list[Any]) -> None:
    check_receptive_field(analyse_data({"input": [2, 5000, 5000], "layers": layers}))


@few
@given(
    before=st.lists(windowed, max_size=2),
    kernel=st.integers(1, 6),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 4),
    padding=st.integers(0, 2),
)
def test_a_transposed_convolution_looks_as_far_as_its_widest_phase(
    before: list[Any], kernel: int, stride: int, dilation: int, padding: int
) -> None:
    layer = {"out": 2, "kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    report = analyse_data({"input": [2, 500, 500], "layers": [*before, {"transposed_conv": layer}]})
    check_receptive_field(report, period=stride)


@few
@given(before=st.lists(windowed, max_size=2), scale=st.integers(1, 5), mode=st.sampled_from(["nearest", "bilinear"]))
def test_an_upsampled_row_looks_as_far_as_its_widest_phase(before: list[Any], scale: int, mode: str) -> None:
    layer = {"scale": scale, "mode": mode}
    report = analyse_data({"input": [2, 500, 500], "layers": [*before, {"upsample": layer}]})
    check_receptive_field(report, period=scale)


@few
@given(length=st.integers(1, 24), size=st.integers(1, 24), mode=st.sampled_from(["nearest", "bilinear"]))
def test_a_row_resized_to_any_size_looks_as_far_as_its_widest_phase(length: int, size: int, mode: str) -> None:
    layer = {"size": size, "mode": mode}
    report = analyse_data({"input": [2, length, length], "layers": [{"upsample": layer}]})
    check_receptive_field(report, period=size)


@few
@given(before=st.lists(windowed, max_size=2), size=st.integers(2, 12), data=st.data())
def test_an_adaptive_pool_looks_as_far_as_its_widest_window(before: list[Any], size: int, data: Any) -> None:
    length = data.draw(st.integers(size, 40)) if not before else 500
    layers = [*before, {"adaptive_avg_pool": {"size": size}}]
    check_receptive_field(analyse_data({"input": [2, length, length], "layers": layers}), period=size)


def test_upsampling_changes_how_far_the_layer_after_it_looks(analyse: Analyse) -> None:
    text = (
        "input: [4, 32, 32]\nlayers:\n"
        "  - conv: {{out: 4, kernel: 3, stride: 2}}\n"  # 3 rows, a step of 2
        "  - upsample: {{scale: 2, mode: {}}}\n"  # a step of 1
        "  - conv: {{out: 4, kernel: 3}}\n"
    )
    # Three neighbours of a doubled map lie on two rows of the half map: 3 + 2; between them bilinear reads one more.
    assert analyse(text.format("nearest")).receptive_field.side == (5, 5)
    assert analyse(text.format("bilinear")).receptive_field.side == (7, 7)


VGG16 = """
input: [3, 224, 224]
layers:
  - table:
      columns: [width, convs, pool]
      rows: [[64, 2, true], [128, 2, true], [256, 3, true], [512, 3, true], [512, 3, {last}]]
      do:
        - conv: {{out: width, kernel: 3}}
          repeat: convs
        - max_pool: {{kernel: 2}}
          when: pool
"""

RESNET50 = """
input: [3, 224, 224]
blocks:
  bottleneck:
    parameters: {out: , stride: 1}
    layers:
      - branches:
          merge: add
          paths:
            - - conv: {out: out, kernel: 1, stride: stride}
              - conv: {out: out, kernel: 3}
              - conv: {out: 4 * out, kernel: 1}
            - - conv: {out: 4 * out, kernel: 1, stride: stride}
                when: stride != 1 or channels != 4 * out
layers:
  - conv: {out: 64, kernel: 7, stride: 2}
  - max_pool: {kernel: 3, stride: 2, padding: 1}
  - table:
      columns: [out, stride, units]
      rows: [[64, 1, 3], [128, 2, 4], [256, 2, 6], [512, 2, 3]]
      do:
        - bottleneck: {out: out, stride: "stride if i == 0 else 1"}
          repeat: units
"""

ALEXNET = """
input: [3, 227, 227]
layers:
  - conv: {out: 96, kernel: 11, stride: 4, padding: 0}
  - max_pool: {kernel: 3, stride: 2}
  - conv: {out: 256, kernel: 5}
  - max_pool: {kernel: 3, stride: 2}
  - conv: {out: 384, kernel: 3}
  - conv: {out: 384, kernel: 3}
  - conv: {out: 256, kernel: 3}
  - max_pool: {kernel: 3, stride: 2}
"""


@pytest.mark.parametrize(
    ("text", "side", "stride"),
    [
        pytest.param(VGG16.format(last="false"), 196, 16, id="VGG-16 conv5_3"),
        pytest.param(VGG16.format(last="true"), 212, 32, id="VGG-16 pool5"),
        pytest.param(ALEXNET, 195, 32, id="AlexNet pool5"),
        pytest.param(RESNET50, 483, 32, id="ResNet-50"),
    ],
)
def test_published_receptive_fields_are_met(analyse: Analyse, text: str, side: int, stride: int) -> None:
    # Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill 2019, its table of
    # modern networks: 195, 212, 483. VGG-16's 196 is 212 before a pool of two at a step of 16.
    found = analyse(text).receptive_field
    assert found.side == (side, side)
    assert found.stride == (stride, stride)


def test_mobilenet_v1_sees_315_pixels_before_it_is_pooled() -> None:
    # Distill 2019, as above: 315 at a step of 32.
    found = flopcalc.analyze("mobilenet_v1").receptive_field
    assert found.side == found.smallest == (315, 315)
    assert found.stride == (32, 32)
    assert found.whole


def test_the_centre_moves_by_half_a_pixel_with_every_pool_of_two(analyse: Analyse) -> None:
    # ½ · (1 + 2 + 4 + 8 + 16)
    assert analyse(VGG16.format(last="true")).receptive_field.centre == (Fraction(31, 2), Fraction(31, 2))


@pytest.mark.parametrize(("dilations", "side"), [([1], 3), ([1, 2], 7), ([1, 2, 4], 15), ([1, 2, 4, 8], 31)])
def test_dilation_doubles_the_field(analyse: Analyse, dilations: list[int], side: int) -> None:
    convs = "".join(f"  - conv: {{out: 4, kernel: 3, dilation: {dilation}}}\n" for dilation in dilations)
    report = analyse(f"input: [4, 64, 64]\nlayers:\n{convs}")
    assert report.receptive_field.side == (side, side)
    assert report.receptive_field.stride == (1, 1)
    assert report.receptive_field.centre == (0, 0)


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_stacked_convolutions_of_three_add_two_each(analyse: Analyse, count: int) -> None:
    report = analyse(f"input: [4, 64, 64]\nlayers:\n  - {{conv: {{out: 4, kernel: 3}}, repeat: {count}}}\n")
    assert report.receptive_field.side == (1 + 2 * count, 1 + 2 * count)


def test_a_kernel_that_is_not_square_sees_a_rectangle(analyse: Analyse) -> None:
    report = analyse(
        "input: [4, 64, 64]\nlayers:\n"
        "  - conv: {out: 4, kernel: [1, 7], stride: [1, 2]}\n"
        "  - conv: {out: 4, kernel: [3, 1], padding: 0}\n"
    )
    assert report.receptive_field.side == (3, 7)
    assert report.receptive_field.stride == (1, 2)
    assert report.receptive_field.centre == (1, 0)


def test_the_widest_path_decides_in_each_direction_apart(analyse: Analyse) -> None:
    report = analyse(
        "input: [4, 64, 64]\nlayers:\n"
        "  - branches:\n"
        "      merge: concat\n"
        "      paths:\n"
        "        - []\n"
        "        - [{conv: {out: 4, kernel: [1, 7]}}]\n"
        "        - [{conv: {out: 4, kernel: [5, 1]}}, {conv: {out: 4, kernel: 3}}]\n"
    )
    assert report.receptive_field.side == (7, 7)
    check_receptive_field(report)


@pytest.mark.parametrize("gate_first", [False, True])
def test_squeeze_and_excitation_sees_the_whole_map_and_keeps_the_step(analyse: Analyse, gate_first: bool) -> None:
    paths = ["[]", "[global_pool, {conv: {out: 4, kernel: 1}}, sigmoid]"]
    if gate_first:
        paths.reverse()
    report = analyse(
        "input: [4, 64, 64]\nlayers:\n"
        "  - conv: {out: 4, kernel: 3, stride: 2}\n"
        "  - branches:\n"
        "      merge: multiply\n"
        "      paths:\n" + "".join(f"        - {path}\n" for path in paths)
    )
    # of the path that keeps the map: 3 rows at a step of 2
    assert report.receptive_field.side == report.receptive_field.smallest == (3, 3)
    assert report.receptive_field.stride == (2, 2)
    assert report.receptive_field.whole


def test_a_classifier_sees_everything_and_keeps_the_field_before_it(analyse: Analyse) -> None:
    report = analyse(
        "input: [4, 20, 30]\nlayers:\n  - conv: {out: 4, kernel: 3}\n  - global_pool\n  - linear: {out: 9}\n"
    )
    assert report.receptive_field.side == (3, 3)
    assert report.receptive_field.whole
    flat = analyse("input: [4, 20, 30]\nlayers:\n  - flatten\n  - linear: {out: 9}\n")
    assert flat.receptive_field.side == (1, 1)
    assert flat.receptive_field.whole


def test_a_symbolic_field_is_the_numeric_one_with_the_numbers_put_in(analyse: Analyse) -> None:
    text = (
        "parameters: {K: , s: , d: }\ninput: [4, 64, 64]\nlayers:\n"
        "  - conv: {out: 4, kernel: K, stride: s}\n"
        "  - conv: {out: 4, kernel: 3, dilation: d}\n"
    )
    formula = analyse(text).receptive_field
    assert str(formula.side[0]) == "K + 2*d*s"
    for K, s, d in ((1, 1, 1), (3, 2, 1), (5, 2, 4), (7, 4, 2)):
        number = analyse(text, K=K, s=s, d=d).receptive_field
        values = {"K": K, "s": s, "d": d}
        for one, other in zip(formula.side + formula.stride, number.side + number.stride, strict=True):
            assert one.subs({name: values[name.name] for name in one.free_symbols}) == other  # type: ignore[union-attr]


TWO_KERNELS = (
    "parameters: {K: , M: }\ninput: [4, 64, 64]\nlayers:\n"
    "  - branches:\n"
    "      merge: add\n"
    "      paths:\n"
    "        - [{conv: {out: 4, kernel: K}}]\n"
    "        - [{conv: {out: 4, kernel: M}}]\n"
)


def test_which_symbolic_path_is_widest_is_not_guessed(analyse: Analyse) -> None:
    with pytest.raises(FlopcalcError, match="widest") as caught:
        _ = analyse(TWO_KERNELS).receptive_field
    assert "--assume 'K >= M'" in str(caught.value)
    assert str(analyse(TWO_KERNELS, assume=["M >= K"]).receptive_field.side[0]) == "M"
    assert str(analyse(TWO_KERNELS, assume=["K >= M"]).receptive_field.side[0]) == "K"
    assert str(analyse(TWO_KERNELS, K="M + 2").receptive_field.side[0]) == "M + 2"


def test_the_receptive_field_needs_the_turns_of_a_repeat_laid_out(analyse: Analyse) -> None:
    text = "parameters: {N: }\ninput: [8, 99, 99]\nlayers:\n  - {conv: {out: 8, kernel: 3}, repeat: N}\n"
    with pytest.raises(FlopcalcError, match="repeat") as caught:
        _ = analyse(text).receptive_field
    assert "give N a number" in str(caught.value)
    assert analyse(text, N=4).receptive_field.side == (9, 9)


# -- the graph itself ------------------------------------------------------------------------------------------------


@few
@given(data=networks(overview=True))
def test_every_layer_reads_what_was_written_before_it(data: dict[str, Any]) -> None:
    graph = analyse_data(data).totals.graph
    written = set(graph.inputs.values())
    for node in graph.nodes:
        assert set(node.inputs) <= written
        assert node.output not in written
        written.add(node.output)
    assert written == set(range(len(graph.shapes)))
    assert set(graph.outputs.values()) <= written


def test_a_graph_cannot_be_changed(analyse: Analyse) -> None:
    graph = analyse("input: [4, 8, 8]\nlayers:\n  - relu\n").totals.graph
    with pytest.raises(AttributeError):
        graph.nodes = ()  # type: ignore[misc]
    with pytest.raises(AttributeError):
        graph.nodes[0].output = 7  # type: ignore[misc]
