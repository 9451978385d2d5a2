"""Random small networks with branches, views and shortcuts, for the tests that hold of every network."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

import flopcalc
from flopcalc.report import Report


def analyse_data(data: dict[str, Any], **given: Any) -> Report:
    """Analyse a spec that a strategy drew."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "net.yaml")
        path.write_text(yaml.safe_dump({"name": "net", **data}, sort_keys=False))
        return flopcalc.analyze(flopcalc.load(path), **given)


# -- random networks -------------------------------------------------------------------------------------------------


class Drawn:
    """Draws random lists of entries that fit: the channels are followed, and maps keep their size inside branches.

    With `overview`, there are also layers of which an output sees the whole map.
    """

    def __init__(self, data: st.DataObject, *, overview: bool) -> None:
        self.data = data
        self.overview = overview
        self.labels = 0

    def whole(self, least: int, most: int) -> int:
        return self.data.draw(st.integers(least, most))

    def body(self, channels: int, depth: int, *, most: int = 4) -> tuple[list[Any], int]:
        """Return entries that begin with `channels` channels, and the channels that they end with."""
        entries: list[Any] = []
        for _ in range(self.whole(0 if depth < 2 else 1, most)):
            made, channels = self.entry(channels, depth)
            entries += made
        return entries, channels

    def conv(self, out: int) -> dict[str, Any]:
        return {"conv": {"out": out, "kernel": self.data.draw(st.sampled_from([1, 3, [3, 1], [1, 5]]))}}

    def entry(self, channels: int, depth: int) -> tuple[list[Any], int]:
        kinds = ["conv", "dilated", "relu", "dropout", "identity", "slice", "shuffle"]
        if self.overview:
            kinds += ["reshape", "gate"]
        if depth > 0:
            kinds += ["branches", "branches", "skip"]
        if depth == 2:
            kinds += ["stride", "pool"]
        kind = self.data.draw(st.sampled_from(kinds))
        out = self.whole(1, 6)
        if kind == "conv":
            return [self.conv(out)], out
        if kind == "dilated":
            dilation = self.whole(1, 3)
            return [{"depthwise": {"kernel": 3, "dilation": dilation}}], channels
        if kind == "slice":
            stop = self.whole(1, channels)
            return [{"slice": {"stop": stop}}], stop
        if kind == "shuffle":
            return [{"channel_shuffle": {"groups": channels}}], channels
        if kind == "reshape":
            return [{"reshape": {"shape": ["channels", "height", "width"]}}], channels
        if kind == "gate":
            gate = ["global_pool", {"conv": {"out": "channels", "kernel": 1}}, "sigmoid"]
            return [{"branches": {"paths": [[], gate], "merge": "multiply"}}], channels
        if kind == "branches":
            return self.branches(channels, depth - 1)
        if kind == "skip":
            return self.skip(channels, depth - 1)
        if kind == "stride":
            return [{"conv": {"out": out, "kernel": self.data.draw(st.sampled_from([1, 3])), "stride": 2}}], out
        if kind == "pool":
            return [{"max_pool": {"kernel": 3, "stride": self.whole(1, 2), "padding": 1}}], channels
        return [kind], channels

    def branches(self, channels: int, depth: int) -> tuple[list[Any], int]:
        count = self.whole(2, 3)
        merge = self.data.draw(st.sampled_from(["add", "multiply", "concat"]))
        enters = [channels] * count
        entry: dict[str, Any] = {"merge": merge}
        if channels % count == 0 and self.data.draw(st.booleans()):
            entry["split"] = "even"
            enters = [channels // count] * count
        elif channels > count and self.data.draw(st.booleans()):
            first = self.whole(1, channels - count + 1)
            enters = [first, *[1] * (count - 2), channels - first - (count - 2)]
            entry["split"] = enters
        paths, ends = [], []
        for width in enters:
            path, end = self.body(width, depth, most=2)
            paths.append(path)
            ends.append(end)
        if merge == "concat":
            return [{"branches": {"paths": paths, **entry}}], sum(ends)
        common = self.whole(1, 4)
        for path, end in zip(paths, ends, strict=True):
            if end != common:
                path.append(self.conv(common))
        return [{"branches": {"paths": paths, **entry}}], common

    def skip(self, channels: int, depth: int) -> tuple[list[Any], int]:
        """A shortcut by labels: an early tensor is added to a late one."""
        self.labels += 1
        early, late = f"early{self.labels}", f"late{self.labels}"
        body, _ = self.body(channels, depth, most=3)
        closing = {**self.conv(channels), "as": late}
        return [{"identity": {}, "as": early}, *body, closing, {"add": {}, "from": [early, late]}], channels


@st.composite
def networks(draw: Callable[[Any], Any], *, overview: bool) -> dict[str, Any]:
    """Draw a small network, perhaps with a second output."""
    drawn = Drawn(draw(st.data()), overview=overview)
    first = drawn.conv(drawn.whole(1, 6))
    body, _ = drawn.body(first["conv"]["out"], 2)
    spec: dict[str, Any] = {"input": [drawn.whole(1, 6), drawn.whole(64, 99), drawn.whole(64, 99)]}
    if draw(st.booleans()):
        spec["outputs"] = ["side"]
        first["as"] = "side"
    return {**spec, "layers": [first, *body]}
