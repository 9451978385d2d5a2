"""The peak memory of the best order of execution, of published networks and of random ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from random_networks import analyse_data, networks

import flopcalc
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Graph, Node
from flopcalc.number import Arithmetic

few = settings(deadline=None, max_examples=40)


def can_run(graph: Graph, nodes: tuple[Node, ...]) -> bool:
    """Tell whether every layer runs once, after those that it reads."""
    there = set(graph.inputs.values())
    for node in nodes:
        if not set(node.inputs) <= there:
            return False
        there.add(node.output)
    return sorted(node.path for node in nodes) == sorted(node.path for node in graph.nodes)


def orders(graph: Graph, most: int) -> Iterator[tuple[Node, ...]]:
    """Yield every order in which the layers can run, `most` of them at most."""
    left = [most]

    def go_on(done: tuple[Node, ...], there: frozenset[int]) -> Iterator[tuple[Node, ...]]:
        if left[0] <= 0:
            return
        if len(done) == len(graph.nodes):
            left[0] -= 1
            yield done
        for node in graph.nodes:
            if node.output not in there and set(node.inputs) <= there:
                yield from go_on((*done, node), there | {node.output})

    return go_on((), frozenset(graph.inputs.values()))


@few
@given(data=networks(overview=False))
def test_no_order_of_a_random_network_needs_less_than_the_best(data: dict[str, Any]) -> None:
    report = analyse_data(data, order="best")
    graph, schedule = report.totals.graph, report.totals.schedule
    assert schedule is not None
    assert schedule.proved
    assert can_run(graph, schedule.nodes)
    assert replace(graph, nodes=schedule.nodes).peak_memory(Arithmetic()) == schedule.peak == report.totals.peak_memory
    assume(len(graph.nodes) <= 12)
    peaks = [replace(graph, nodes=nodes).peak_memory(Arithmetic()) for nodes in orders(graph, 400)]
    assert schedule.peak <= min(peaks)
    if len(peaks) < 400:
        assert schedule.peak == min(peaks)


def run_first(graph: Graph, early: Callable[[Node], bool], before: str) -> Graph:
    """Return the graph with some layers run before the one at a path."""
    chosen = [node for node in graph.nodes if early(node)]
    rest = [node for node in graph.nodes if not early(node)]
    at = next(index for index, node in enumerate(rest) if node.path == before)
    return replace(graph, nodes=(*rest[:at], *chosen, *rest[at:]))


def test_ghostnet_makes_its_first_shortcut_before_the_wide_maps() -> None:
    # Listed: the concat of ghost_bottleneck2 holds its two halves of 24×112×112, its output of 48×112×112, and the
    # block's input of 16×112×112, which the shortcut reads later: (24 + 24 + 48 + 16)·12,544 = 1,404,928.
    # With the whole shortcut run before: 24×56×56 in the place of the input, 1,204,224 + 75,264 = 1,279,488.
    # With the first two layers of it: 16×56×56, 1,204,224 + 50,176 = 1,254,400; one of these has to be there.
    graph = flopcalc.analyze("ghostnet").totals.graph
    shortcut = "ghost_bottleneck2.branch2."
    early, concat = "ghost_bottleneck2.branch1.ghost1.primary", "ghost_bottleneck2.branch1.ghost1.concat"
    assert graph.peak_memory(Arithmetic()) == 1_404_928
    whole = run_first(graph, lambda node: node.path.startswith(shortcut), early)
    assert can_run(graph, whole.nodes)
    assert whole.peak_memory(Arithmetic()) == 1_279_488
    first = (f"{shortcut}depthwise", f"{shortcut}norm1")
    two = run_first(graph, lambda node: node.path in first, early)
    assert can_run(graph, two.nodes)
    assert two.peak_memory(Arithmetic()) == 1_254_400
    schedule = graph.best_order()
    assert (schedule.peak, schedule.proved) == (1_254_400, True)
    assert schedule.at is not None
    assert schedule.at.path == concat


def test_regnetx_needs_two_maps_of_its_first_layer() -> None:
    # 32×112×112 read and written by the norm behind the first convolution: 2·401,408; listed, the first block's input
    # is held beside two maps of 24×112×112
    report = flopcalc.analyze("regnetx_002", order="best")
    assert flopcalc.analyze("regnetx_002").totals.peak_memory == 1_003_520
    assert report.totals.peak_memory == 802_816 == 2 * 32 * 112 * 112
    assert report.totals.schedule is not None
    assert report.totals.schedule.proved


@pytest.mark.parametrize("name", ["mobilenet_v1", "resnet50", "shufflenet_v2", "densenet121", "espnet"])
def test_the_best_order_of_a_published_network_is_proved_and_can_run(name: str) -> None:
    listed = flopcalc.analyze(name)
    graph = listed.totals.graph
    schedule = graph.best_order()
    assert schedule.proved
    assert can_run(graph, schedule.nodes)
    assert replace(graph, nodes=schedule.nodes).peak_memory(Arithmetic()) == schedule.peak
    assert schedule.peak <= listed.totals.peak_memory


def test_rows_keep_the_order_of_the_file() -> None:
    listed, best = flopcalc.analyze("ghostnet"), flopcalc.analyze("ghostnet", order="best")
    assert [row.path for row in best.layers] == [row.path for row in listed.layers]
    assert best.totals.mac == listed.totals.mac


def test_json_has_the_order_and_the_layer_that_holds_the_peak(ok: Callable[..., str]) -> None:
    listed = json.loads(ok("ghostnet", "--format", "json"))
    assert (listed["order"], "schedule" in listed) == ("file", False)
    best = json.loads(ok("ghostnet", "--order", "best", "--format", "json"))
    assert best["order"] == "best"
    assert best["totals"]["peak_memory"] == best["schedule"]["peak_memory"] == 1_254_400
    assert best["schedule"]["proved"] is True
    assert best["schedule"]["peak_layer"] == "ghost_bottleneck2.branch1.ghost1.concat"
    assert sorted(best["schedule"]["layers"]) == sorted(layer["path"] for layer in best["layers"])


def test_a_table_says_of_which_order_the_peak_is(ok: Callable[..., str]) -> None:
    assert "layers run as listed, and another order may need less" in " ".join(ok("ghostnet").split())
    assert "no order of the layers needs less" in " ".join(ok("ghostnet", "--order", "best").split())


def test_comparisons_take_the_best_order(ok: Callable[..., str]) -> None:
    given = ("compare", "ghostnet", "regnetx_002", "--order", "best", "--format", "json")
    assert [side["totals"]["peak_memory"] for side in json.loads(ok(*given))["sides"]] == [1_254_400, 802_816]


def test_an_unproved_order_is_said_to_be_the_best_found(
    ok: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from flopcalc import graph, schedule

    monkeypatch.setattr(graph, "least_peak", lambda *given: schedule.least_peak(*given, most=0))
    assert "at most: the best order found, not proved best" in " ".join(ok("ghostnet", "--order", "best").split())


def test_the_best_order_needs_numbers() -> None:
    with pytest.raises(FlopcalcError, match="the best order needs numbers"):
        flopcalc.analyze("separable_conv", order="best")


@pytest.mark.parametrize("order", ["fastest", 3, None])
def test_an_order_that_there_is_not_is_refused(order: Any) -> None:
    with pytest.raises(FlopcalcError, match="file, best"):
        flopcalc.analyze("mobilenet_v1", order=order)


@pytest.mark.parametrize(
    ("text", "peak"),
    [
        ("input: [3, 6, 6]\nlayers:\n  - identity\n", 108),
        ("input: [3, 6, 6]\nlayers:\n  - max_pool: {kernel: 1}\n", 108),
        ("inputs: {x: [3, 6, 6], y: [2, 6, 6]}\noutputs: [a, b]\nlayers:\n"
         "  - identity\n    from: x\n    as: a\n".replace("- identity\n", "- identity: {}\n")
         + "  - dropout: {}\n    from: y\n    as: b\n  - flatten: {}\n    from: a\n", 180),
    ],
)  # fmt: skip
def test_views_alone_need_their_inputs_in_the_best_order_as_in_the_files(tmp_path: Path, text: str, peak: int) -> None:
    path = tmp_path / "views.yaml"
    path.write_text(f"name: views\n{text}")
    totals = flopcalc.analyze(path, order="best").totals
    assert totals.schedule is not None
    assert (totals.peak_memory, totals.schedule.proved, totals.schedule.at) == (peak, True, None)
    assert can_run(totals.graph, totals.schedule.nodes)
    assert flopcalc.analyze(path).totals.peak_memory == peak


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("parameters: {n: }\ninput: [8, 16, 16]\nlayers:\n  - {relu: {}, repeat: n}\n", "n a number"),
        ("parameters: {n: }\ninput: [C, H, 16]\nlayers:\n  - {relu: {}, repeat: n}\n", "C, H, n numbers"),
        ("parameters: {n: }\ninput: [8, 16, 16]\nlayers:\n"
         "  - {conv: {out: 8, kernel: 3}, repeat: n, shared: true, name: body}\n", "n a number"),
    ],
)  # fmt: skip
def test_the_best_order_of_symbols_asks_for_their_numbers_by_name(tmp_path: Path, text: str, names: str) -> None:
    path = tmp_path / "open.yaml"
    path.write_text(f"name: open\n{text}")
    with pytest.raises(FlopcalcError, match=f"(?s)the best order needs numbers.*give {names}") as caught:
        flopcalc.analyze(path, order="best")
    assert "n - 1" not in str(caught.value)


def test_a_kernel_of_any_size_leaves_the_best_order_known(tmp_path: Path) -> None:
    path = tmp_path / "kernel.yaml"
    path.write_text("name: kernel\nparameters: {K: }\ninput: [1, 4, 4]\nlayers:\n  - conv: {out: 1, kernel: K}\n")
    assert flopcalc.analyze(path, order="best").totals.peak_memory == 32


@pytest.mark.parametrize(
    "text",
    [
        "input: [C, H, W]\nlayers:\n  - channel_shuffle: {groups: 1}\n",  # all totals are 0
        "input: [C, H, W]\nlayers:\n  - identity\n",
        "input: [C, H, W]\nlayers:\n  - conv: {out: C, kernel: 1}\n",
    ],
)
def test_a_table_has_no_peak_and_no_field_where_a_figure_is_a_formula(
    ok: Callable[..., str], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "open.yaml"
    path.write_text(f"name: open\n{text}")
    said = ok(str(path))
    assert "Peak memory" not in said
    assert "Receptive field" not in said
    assert "H" in str(json.loads(ok(str(path), "--format", "json"))["totals"]["peak_memory"])
