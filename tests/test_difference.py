"""Two networks are aligned by what they compute, whatever their layers are called and in whatever order they stand."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Run

from flopcalc import FlopcalcError, diff
from flopcalc.difference import Difference
from flopcalc.difference.aligning import Placed, aligned
from flopcalc.difference.meaning import Meaning

Write = Callable[[str, Any], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a network as a file of a name, and return its path."""

    def written(name: str, data: Any) -> str:
        path = tmp_path / f"{name}.yaml"
        path.write_text(data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return str(path)

    return written


def told(found: Difference) -> list[tuple[str | None, str | None, tuple[str, ...]]]:
    """Return the own differences: both paths, and the names of what differs and does not follow."""
    following = ("output", "params", "madds")
    return [
        (
            None if record.first is None else record.first.path,
            None if record.second is None else record.second.path,
            tuple(change.name for change in record.changes if change.name not in following),
        )
        for record in found.own
    ]


# -- one network in two spellings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "one", "other"),
    [
        ("[8, 9, 9]", "depthwise: {kernel: 3}", "conv: {out: 8, kernel: 3, groups: 8}"),
        ("[8, 9, 9]", "depthwise: {kernel: 3, multiplier: 2}", "conv: {out: 16, kernel: 3, groups: 8}"),
        ("[1, 9, 9]", "depthwise: {kernel: 3, multiplier: 4}", "conv: {out: 4, kernel: 3}"),
        ("[8, 1, 1]", "linear: {out: 5}", "conv: {out: 5, kernel: 1, bias: true}"),
        ("[8, 1, 1]", "linear: {out: 5, bias: false}", "conv: {out: 5, kernel: 1, stride: 2, padding: 0}"),
        ("[8, 7]", "linear: {out: 5, bias: false}", "conv: {out: 5, kernel: 1}"),
        ("[8, 9, 9]", "linear: {out: 5, axis: 0, bias: false}", "conv: {out: 5, kernel: 1}"),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3, padding: same}", "conv: {out: 4, kernel: 3, padding: [1, 1, 1, 1]}"),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3, padding: valid}", "conv: {out: 4, kernel: 3, padding: 0}"),
        (
            "[8, 8, 8]",
            "conv: {out: 4, kernel: 3, stride: 2, padding: same_upper}",
            "conv: {out: 4, kernel: 3, stride: 2, padding: [0, 1, 0, 1]}",
        ),
        # at 8 rows the row behind them is never read
        (
            "[8, 8, 8]",
            "conv: {out: 4, kernel: 3, stride: 2, padding: 1}",
            "conv: {out: 4, kernel: 3, stride: 2, padding: [1, 0, 1, 0]}",
        ),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 1, dilation: 2}", "conv: {out: 4, kernel: 1}"),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3}", "conv: {out: 4, kernel: [3, 3], stride: [1, 1]}"),
        ("[8, 9, 9]", "global_pool", "reduce: {op: mean, axis: map}"),
        ("[8, 9, 9]", "global_pool", "reduce: {op: mean, axis: [1, 2], keep: false}"),
        ("[8, 9, 9]", "global_pool", "adaptive_avg_pool: {size: 1}"),
        ("[8, 9, 9]", "global_pool", "avg_pool: {kernel: 9}"),
        ("[8, 9, 9]", "global_max_pool", "reduce: {op: max, axis: map}"),
        ("[8, 9, 9]", "avg_pool: {kernel: 3}", "adaptive_avg_pool: {size: 3}"),
        ("[8, 9, 9]", "max_pool: {kernel: 3}", "max_pool: {kernel: 3, stride: 3, padding: 0}"),
        ("[8, 9, 9]", "max_pool: {kernel: 3, stride: 2}", "max_pool: {kernel: 3, stride: 2, ceil_mode: true}"),
        ("[8, 9, 9]", "upsample: {scale: 2}", "upsample: {size: [18, 18]}"),
        ("[8, 9, 9]", "activation: {kind: relu}", "relu"),
        ("[8, 9, 9]", "softmax", "softmax: {axis: 0}"),
        ("[8, 9, 9]", "norm", "norm: {kind: batch, axis: channels, bias: true}"),
        ("[8, 9, 9]", "norm: {kind: rms}", "norm: {kind: rms, bias: false}"),
    ],
)
def test_one_computation_in_two_spellings_is_the_same(write: Write, shape: str, one: str, other: str) -> None:
    paths = [
        write(name, f"input: {shape}\nlayers:\n  - {layer}\n  - dropout\n")
        for name, layer in (("a", one), ("b", other))
    ]
    found = diff(*paths)
    assert found.same, told(found)
    assert diff(*reversed(paths)).same


@pytest.mark.parametrize(
    ("shape", "one", "other", "what"),
    [
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3}", "conv: {out: 4, kernel: 3, bias: true}", "bias"),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3}", "conv: {out: 4, kernel: 5}", "kernel"),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3}", "conv: {out: 6, kernel: 3}", "out"),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3}", "conv: {out: 4, kernel: 3, groups: 2}", "groups"),
        ("[8, 9, 9]", "conv: {out: 4, kernel: 3}", "conv: {out: 4, kernel: 3, dilation: 2}", "dilation"),
        ("[8, 8, 8]", "conv: {out: 4, kernel: 3, stride: 2, padding: same_upper}",
         "conv: {out: 4, kernel: 3, stride: 2, padding: 1}", "padding"),
        ("[8, 9, 9]", "depthwise: {kernel: 3}", "conv: {out: 8, kernel: 3, groups: 4}", "groups"),
        ("[8, 8, 8]", "max_pool: {kernel: 3, stride: 2}",
         "max_pool: {kernel: 3, stride: 2, ceil_mode: true}", "padding"),
        ("[8, 9, 9]", "max_pool: {kernel: 3}", "avg_pool: {kernel: 3}", "kind"),
        ("[8, 9, 9]", "relu", "gelu", "kind"),
        ("[8, 9, 9]", "softmax", "softmax: {axis: 1}", "axis"),
        ("[8, 9, 9]", "norm", "norm: {kind: group, groups: 2}", "kind"),
        ("[8, 9, 9]", "norm", "norm: {affine: false}", "affine"),
        ("[8, 9, 9]", "upsample: {scale: 2}", "upsample: {scale: 2, mode: bilinear}", "mode"),
        ("[8, 9, 9]", "concat: {axis: 0}\n    from: [input, input]",
         "concat: {axis: 1}\n    from: [input, input]", "axis"),
    ],
)  # fmt: skip
def test_an_attribute_that_differs_is_named(write: Write, shape: str, one: str, other: str, what: str) -> None:
    found = diff(*(write(name, f"input: {shape}\nlayers:\n  - {x}\n") for name, x in (("a", one), ("b", other))))
    ((_, _, names),) = told(found)
    assert what in names


def test_what_is_written_otherwise_is_told(write: Write) -> None:
    head = "input: [8, 9, 9]\nlayers:\n  - global_pool\n"
    found = diff(write("a", head + "  - linear: {out: 5}\n"),
                 write("b", head + "  - conv: {out: 5, kernel: 1, bias: true}\n"))  # fmt: skip
    assert found.same
    assert [(pair.first.path, pair.second.path) for pair in found.pairs if pair.otherwise] == [("linear", "conv")]
    assert "The same, written otherwise: linear (linear) is conv (conv 1×1)." in str(found)


def test_layers_that_cost_nothing_are_compared_where_that_is_asked_for(write: Write) -> None:
    bare = write("a", "input: [8, 9, 9]\nlayers:\n  - conv: {out: 4, kernel: 3}\n  - flatten\n")
    more = write("b", "input: [8, 9, 9]\nlayers:\n  - conv: {out: 4, kernel: 3}\n  - dropout\n  - flatten\n")
    assert diff(bare, more).same
    assert diff(bare, more).left_out == (1, 2)
    assert told(diff(bare, more, every=True)) == [(None, "dropout", ())]


def test_the_part_of_a_tensor_that_is_read_is_told(write: Write) -> None:
    text = "input: [8, 9, 9]\nlayers:\n  - slice: {start: START, stop: STOP}\n  - conv: {out: 4, kernel: 3}\n"
    one, other = (
        write(name, text.replace("START", str(start)).replace("STOP", str(start + 4)))
        for name, start in (("a", 0), ("b", 4))
    )
    ((_, _, names),) = told(diff(one, other))
    assert names == ("reads",)
    split = text.replace("slice: {start: START, stop: STOP}", "split: {parts: 2, take: 1}")
    assert diff(other, write("c", split)).same, "a split's second half is the slice from 4 on"


def test_formulas_are_compared_by_arithmetic(write: Write) -> None:
    text = "input: [C, H, W]\nlayers:\n  - conv: {out: OUT, kernel: 1}\n"
    one = write("a", text.replace("OUT", "2 * C + 2"))
    assert diff(one, write("b", text.replace("OUT", "2 * (C + 1)"))).same
    assert told(diff(one, write("c", text.replace("OUT", "2 * C + 4")))) == [("conv", "conv", ("out",))]
    assert diff("separable_conv", "separable_conv").same
    assert diff("resnet_bottleneck", "resnet_bottleneck:M=C").records


@pytest.mark.parametrize("name", ["esp_module", "eesp_module", "shufflenet_v1_unit", "lstm_cell"])
def test_a_block_in_symbols_is_itself(name: str) -> None:
    assert diff(name, name).same


def test_other_inputs_and_outputs_are_told(write: Write) -> None:
    one, other = (
        write(name, f"input: [3, {side}, 9]\nlayers:\n  - conv: {{out: 4, kernel: 3}}\n")
        for name, side in (("a", 9), ("b", 8))
    )
    found = diff(one, other)
    assert told(found) == [(None, None, ("input",))]
    assert [record.where for record in found.following] == ["conv"]
    assert diff(one, other, input="3,7,7").same
    head = "input: [4, 9, 9]\noutputs: [side]\nlayers:\n  - conv: {out: 4, kernel: 3}\n    as: first\n"
    tail = "  - relu: {}\n    from: first\n    as: FIRST\n  - tanh: {}\n    from: first\n    as: LAST\n"
    one = write("c", head + tail.replace("FIRST", "side").replace("LAST", "end"))
    flipped = tail.replace("relu", "gelu").replace("tanh", "relu").replace("gelu", "tanh")
    other = write("d", head + flipped.replace("FIRST", "side").replace("LAST", "end"))
    assert [names for _, _, names in told(diff(one, other))] == [("output of",)]


# -- random networks -------------------------------------------------------------------------------------------------


class Drawn:
    """A random network as data, in which every layer has a name of its own."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0
        self.data: dict[str, Any] = {
            "input": [3, 32, 32],
            "layers": self.body(3, 2)[0] + [self.named({"global_pool": {}}), self.named({"linear": {"out": 7}})],
        }

    def named(self, entry: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        return {**entry, "name": f"layer{self.count}"}

    def conv(self, out: int) -> dict[str, Any]:
        kernel = self.random.choice([1, 3, 5])
        return self.named({"conv": {"out": out, "kernel": kernel, "bias": self.random.random() < 0.3}})

    def body(self, channels: int, depth: int) -> tuple[list[dict[str, Any]], int]:
        layers: list[dict[str, Any]] = []
        for _ in range(self.random.randint(2, 5)):
            kind = self.random.choice(["conv", "norm", "act", "pool", "add", "concat", "gate"][: None if depth else 4])
            if kind == "conv":
                channels = self.random.choice([4, 6, 8])
                layers.append(self.conv(channels))
            elif kind == "norm":
                layers.append(self.named({"norm": {}}))
            elif kind == "act":
                layers.append(self.named({self.random.choice(["relu", "gelu", "tanh"]): {}}))
            elif kind == "pool":
                layers.append(self.named({"max_pool": {"kernel": 3, "stride": 1, "padding": 1}}))
            else:
                merge = {"gate": "multiply"}.get(kind, kind)
                paths, ends = [], []
                for _ in range(self.random.randint(2, 3)):
                    path, end = self.body(channels, depth - 1)
                    if merge != "concat":
                        path.append(self.conv(8))
                    paths.append(path)
                    ends.append(end)
                layers.append(self.named({"branches": {"merge": merge, "paths": paths}}))
                channels = sum(ends) if merge == "concat" else 8
        return layers, channels


def entries(layers: list[Any]) -> Iterator[tuple[list[Any], int]]:
    """Yield every entry of a network as its list and its place."""
    for place, entry in enumerate(layers):
        if "branches" in entry:
            for path in entry["branches"]["paths"]:
                yield from entries(path)
        else:
            yield layers, place


def respelt(data: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the network under other names, with the paths of sums and products in another order."""
    found = copy.deepcopy(data)
    drawn = random.Random(seed)

    def turn(layers: list[Any]) -> None:
        for entry in layers:
            entry["name"] = f"other{entry['name'].removeprefix('layer')}"
            if "branches" in entry:
                paths = entry["branches"]["paths"]
                if entry["branches"]["merge"] != "concat":
                    drawn.shuffle(paths)
                for path in paths:
                    turn(path)

    turn(found["layers"])
    return found


def last(path: str) -> str:
    return path.rpartition(".")[2].removeprefix("layer").removeprefix("other")


@pytest.mark.parametrize("seed", range(25))
def test_names_and_the_order_of_branches_are_no_difference(write: Write, seed: int) -> None:
    data = Drawn(seed).data
    found = diff(write("a", data), write("b", respelt(data, seed)))
    assert found.same, told(found)
    assert all(part is not None for pair in found.pairs for part in (pair.first, pair.second))


@pytest.mark.parametrize("seed", range(30))
def test_one_attribute_that_is_changed_is_the_one_difference(write: Write, seed: int) -> None:
    data = Drawn(seed).data
    other = respelt(data, seed)
    drawn = random.Random(seed)
    layers, place = drawn.choice([*entries(other["layers"])])
    entry = layers[place]
    (kind,) = (key for key in entry if key != "name")
    what = {"conv": drawn.choice(["kernel", "bias", "dilation"]), "norm": "affine", "max_pool": "kernel",
            "linear": "out", "global_pool": "kind"}.get(kind, "kind")  # fmt: skip
    if what == "kind":
        new = "global_max_pool" if kind == "global_pool" else "sigmoid"
        layers[place] = {new: {}, "name": entry["name"]}
    else:
        entry[kind] |= {
            "kernel": {"kernel": 7, **({"padding": 3} if kind == "max_pool" else {})},
            "bias": {"bias": not entry[kind].get("bias", False)},
            "dilation": {"kernel": 3, "dilation": 2},
            "affine": {"affine": False},
            "out": {"out": 9},
        }[what]
    found = diff(write("a", data), write("b", other))
    ((first, second, names),) = told(found)
    assert first is not None
    assert second is not None
    assert what in names
    assert found.own[0].second is not None
    if last(first) != last(second):  # one of several that are the same but for what is changed
        assert _spelt(data, last(first)) == _spelt(data, last(second))


def _spelt(data: dict[str, Any], number: str) -> dict[str, Any]:
    (found,) = (
        {key: value for key, value in layers[place].items() if key != "name"}
        for layers, place in entries(data["layers"])
        if layers[place]["name"] == f"layer{number}"
    )
    return found


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("removed", [True, False])
def test_a_layer_that_one_network_alone_has_is_the_one_difference(write: Write, seed: int, removed: bool) -> None:
    data = Drawn(seed).data
    other = respelt(data, seed)
    drawn = random.Random(seed)
    layers, place = drawn.choice([*entries(other["layers"])])
    layers.insert(place, {drawn.choice(["sigmoid", "relu", "norm"]): {}, "name": "new"})
    more = next(key for key in layers[place] if key != "name")
    one, two = write("a", data), write("b", other)
    found = diff(two, one) if removed else diff(one, two)
    ((first, second, names),) = told(found)
    assert names == ()
    assert (second if removed else first) is None
    path = first if removed else second
    row = found.own[0].first if removed else found.own[0].second
    assert row is not None
    assert row.kind == more, path


@pytest.mark.parametrize("seed", range(20))
def test_the_branches_of_a_concat_that_are_swapped_are_read_in_another_order(write: Write, seed: int) -> None:
    drawn = Drawn(seed)
    paths = [[drawn.conv(4)], [drawn.conv(6)]]
    merged = drawn.named({"branches": {"merge": "concat", "paths": paths}})
    data = {**drawn.data, "layers": [merged, drawn.conv(3), *drawn.data["layers"]]}
    other = respelt(data, seed)
    other["layers"][0]["branches"]["paths"].reverse()
    ((first, _, names),) = told(diff(write("a", data), write("b", other)))
    assert names == ("reads",)
    assert first is not None
    assert first.endswith("concat")


@pytest.mark.parametrize("seed", range(15))
def test_several_changes_are_each_told(write: Write, seed: int) -> None:
    data = Drawn(seed).data
    other = respelt(data, seed)
    convs = [(layers, place) for layers, place in entries(other["layers"]) if "conv" in layers[place]]
    chosen = random.Random(seed).sample(convs, min(3, len(convs)))
    for layers, place in chosen:
        layers[place]["conv"]["kernel"] = 9
    found = diff(write("a", data), write("b", other))
    assert sorted(names for _, _, names in told(found)) == [("kernel", "padding")] * len(chosen)


def test_thousands_of_layers_do_not_hang(write: Write) -> None:
    drawn = random.Random(1)
    one, other = (
        write(name, {"input": [4, 8, 8], "layers": [
            {"conv": {"out": 4, "kernel": drawn.choice([1, 3, 5, 7])}} for _ in range(5000)
        ]})
        for name in ("a", "b")
    )  # fmt: skip
    start = time.process_time()
    assert not diff(one, other).same
    assert time.process_time() - start < 120


def test_thousands_of_layers_on_one_tensor_do_not_hang() -> None:
    def star(kind: str) -> list[Placed]:
        stem = Placed(Meaning("stem", {}), ("stem",), ((-1, ()),))
        return [stem, *(Placed(Meaning(f"{kind}{each}", {}), (kind,), ((0, ()),)) for each in range(5000))]

    start = time.process_time()
    assert aligned(star("one"), star("other")).count(None) == 5000
    assert time.process_time() - start < 120


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_exit_code_tells_whether_they_are_the_same(run: Run) -> None:
    assert run("diff", "vgg16", "vgg16").code == 0
    ran = run("diff", "resnet50", "resnet50:stride_at=1x1")
    assert ran.code == 1
    assert ran.out.startswith("resnet50 and resnet50:stride_at=1x1 differ in 6 layers; the first is")
    assert run("diff", "resnet50").code == 2
    assert "flopcalc diff is given 3 SPECs" in run("diff", "vgg16", "vgg16", "vgg16").err
    assert run("diff", "vgg16", "vgg17").code == 2


def test_every_format_has_the_differences(run: Run) -> None:
    words = ("diff", "resnet18", "resnet18:classes=10")
    found = json.loads(run(*words, "--format", "json").out)
    assert found["same"] is False
    ((change, *_),) = (each["changes"] for each in found["differences"])
    assert change == {"name": "out", "a": 1000, "b": 10}
    assert run(*words, "--format", "csv").out.splitlines()[1] == "linear,linear,out,1000,10,no"
    for name in ("markdown", "html", "latex"):
        ran = run(*words, "--format", name)
        assert ran.code == 1
        assert "linear" in ran.out


def test_all_shows_what_follows(run: Run) -> None:
    words = ("diff", "resnet50", "resnet50:stride_at=1x1")
    assert "norm1" not in run(*words).out
    assert "6 more layers are the same" in run(*words).out
    assert "norm1" in run(*words, "--all").out


def test_a_cost_that_is_unknown_is_no_difference_and_is_told(write: Write, run: Run) -> None:
    text = "input: [4, 8, 8]\nlayers:\n  - custom: {title: NMS, cost: unknown}\n"
    one, other = write("a", text), write("b", text)
    ran = run("diff", one, other)
    assert ran.code == 3
    assert "The cost of 1 layer is not known: custom (NMS)." in " ".join(ran.out.split())
    assert run("diff", one, other, "--assume-free", "NMS").code == 0


def test_shared_values_go_to_both_sides() -> None:
    found = diff("resnet18", "resnet34", classes=10)
    assert all(report.parameters["classes"] == 10 for report in found.reports)
    with pytest.raises(FlopcalcError, match="no side has a parameter"):
        diff("resnet18", "resnet34", clases=10)
