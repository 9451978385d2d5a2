"""Sweeps as streams, words that these must escape, pictures of many points."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sweep_rows import block, heading, streamed, with_words

from flopcalc.render.plot import Cloud, drawn_lines, plot_as_text, write_plot
from flopcalc.render.sweep import Heading, write_parquet
from flopcalc.render.terminal import Screen
from flopcalc.sweeps import Block, Column, read_axis

HUGE = 10**30


@pytest.fixture
def hostile() -> tuple[Heading, Block]:
    return with_words()


def test_words_between_tabs_stay_on_their_line(hostile: tuple[Heading, Block]) -> None:
    what, rows = hostile
    lines = [line.split("\t") for line in streamed("tsv", what, rows).splitlines()]
    assert [line[0] for line in lines] == ["word", *(str(word) for word in rows.parameters["word"])]
    assert {len(line) for line in lines} == {4}


def test_words_come_back_as_they_were(hostile: tuple[Heading, Block]) -> None:
    what, rows = hostile
    words = [str(word) for word in rows.parameters["word"]]
    read = list(csv.DictReader(io.StringIO(streamed("csv", what, rows))))
    assert [row["word"] for row in read] == words
    found = json.loads(streamed("json", what, rows))
    assert [row["word"] for row in found["rows"]] == words
    assert found["counts"]["rows"] == 4


def test_numbers_of_any_size_are_written_whole(tmp_path: Path) -> None:
    axis = read_axis("1,2")
    what, rows = heading(n=axis), block({"n": axis.column()}, 2, HUGE)
    assert str(2 * HUGE) in streamed("csv", what, rows)
    assert json.loads(streamed("json", what, rows))["rows"][1]["mac"] == 6 * HUGE
    pytest.importorskip("pyarrow")
    with (tmp_path / "x").open("wb") as file, pytest.raises(Exception, match="64 bits"):
        write_parquet(what, [rows], file)


def test_a_picture_keeps_few_points_of_many() -> None:
    draw = np.random.default_rng(3)
    cloud = Cloud("flops", "mac")
    for _ in range(40):
        metrics = {name: draw.integers(1, 10**9, 50_000) for name in ("flops", "mac")}
        cloud.add(Block(0, {}, metrics))
    x, _ = cloud.points()
    assert cloud.count == 2_000_000
    assert len(x) < 200_000
    what = heading(n=read_axis("1:4"))
    said = plot_as_text(what, cloud, None, Screen(80))
    assert "2,000,000 configurations" in said
    assert "One FLOP is one multiply-add" in said
    assert said.count("█") > 1000  # they fill it


def test_points_on_one_line_or_at_one_place_are_drawn() -> None:
    axis = read_axis("1:3")
    for scale in (1, 0):
        cloud = Cloud("n", "mac")
        cloud.add(block({"n": axis.column()}, 3, scale))
        assert "n" in plot_as_text(heading(n=axis), cloud, None, Screen(50))
    cloud = Cloud("n", "mac")
    cloud.add(block({"n": Column.of([1])}, 1))
    assert "1 configuration." in plot_as_text(heading(n=axis), cloud, None, Screen(50))
    assert plot_as_text(heading(n=axis), Cloud("n", "mac"), None, Screen(50)) == ""


def test_lines_are_drawn_over_a_parameter_where_the_others_are_few() -> None:
    few = heading(alpha=read_axis("1:9"), rho=read_axis("1,2"))
    assert drawn_lines(few, "alpha") == ("rho",)
    assert drawn_lines(few, "flops") is None
    assert drawn_lines(heading(alpha=read_axis("1:9"), rho=read_axis("1:100")), "alpha") is None


def test_an_svg_is_the_same_every_time_and_reads_no_mathematics() -> None:
    pytest.importorskip("matplotlib")
    what = heading(n=read_axis("1:9"))
    what = replace(what, spec=replace(what.spec, title="a $\\frac{$ b"))
    texts = []
    for _ in range(2):
        cloud = Cloud("flops", "mac")
        cloud.add(block({"n": what.axes["n"].column()}, 9))
        file = io.BytesIO()
        write_plot(what, cloud, None, file, "svg")
        texts.append(file.getvalue())
    assert texts[0] == texts[1]
    assert texts[0].startswith(b"<?xml")


def test_parquet_keeps_a_word_beside_a_truth(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    axis = read_axis("false,batch")
    what, rows = heading(norm=axis), block({"norm": axis.column()}, 2)
    with (tmp_path / "x").open("wb") as file:
        write_parquet(what, [rows], file)
    assert pq.read_table(tmp_path / "x")["norm"].to_pylist() == ["false", "batch"]
