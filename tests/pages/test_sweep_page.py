"""Sweeps for people: narrow and ASCII screens, words that steer nothing, what is counted below."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sweep_rows import block, heading, streamed, with_words

from flopcalc.page.html import page_as_html
from flopcalc.page.latex import page_as_latex
from flopcalc.page.markdown import page_as_markdown
from flopcalc.page.terminal import page_as_text
from flopcalc.pages.sweep import sweep_page
from flopcalc.render.plot import Cloud, plot_as_text
from flopcalc.render.sweep import Heading
from flopcalc.render.terminal import Screen
from flopcalc.sweeps import Block, read_axis
from flopcalc.sweeps.selecting import Key, Selection, Tally, read_objectives


@pytest.fixture
def hostile() -> tuple[Heading, Block]:
    return with_words()


def test_words_cannot_steer_a_terminal_or_a_document(hostile: tuple[Heading, Block]) -> None:
    what, rows = hostile
    page = sweep_page(what, rows, Tally(4, 0, 4))
    said = page_as_markdown(page)
    assert "x\\|y" in said
    for text in (said, page_as_text(page), page_as_latex(page), page_as_html(page)):
        assert "\x1b" not in text


def test_a_narrow_screen_has_units_before_it_has_fewer_columns() -> None:
    axis = read_axis("1:4")
    what, rows = heading(n=axis), block({"n": axis.column()}, 4, 123_456_789)
    assert "493,827,156" in page_as_text(sweep_page(what, rows, Tally()), Screen(60))
    narrow = page_as_text(sweep_page(what, rows, Tally()), Screen(36))
    assert "493.8 M" in narrow
    assert "MAC" in narrow
    assert max(map(len, narrow.splitlines())) <= 36


def test_an_ascii_screen_has_ascii() -> None:
    axis = read_axis("1:9")
    what, rows = heading(n=axis), block({"n": axis.column()}, 9)
    cloud = Cloud("flops", "mac")
    cloud.add(rows)
    screen = Screen(60, "ascii")
    picture = plot_as_text(what, cloud, rows.take(slice(0, 2)), screen)
    for text in (page_as_text(sweep_page(what, rows, Tally()), screen), picture):
        assert text.isascii()
    assert "*" in picture
    assert "." in picture


def test_the_size_of_the_front_is_said() -> None:
    axis = read_axis("1,2")
    front = read_objectives("min:flops", ["flops"])
    what, rows = replace(heading(n=axis), selection=Selection(None, front)), block({"n": axis.column()}, 2)
    tally = Tally(1000, 10, 990, 87)
    assert "The front has 87 of 990 configurations; 10 refused and left out." in page_as_text(
        sweep_page(what, rows, tally)
    )
    assert json.loads(streamed("json", what, rows, tally))["counts"]["front"] == 87


def test_a_column_that_rows_are_sorted_by_is_never_left_out() -> None:
    axis = read_axis("1:4")
    what, rows = heading(n=axis), block({"n": axis.column()}, 4, 123_456_789)
    metrics = {**rows.metrics, "weights": rows.metrics["params"], "activations": rows.metrics["mac"]}
    rows = replace(rows, metrics=metrics)
    what = replace(what, columns=(*what.columns, "weights", "activations"))
    plain = page_as_text(sweep_page(what, rows, Tally()), Screen(36))
    assert "For want of room without activations" in " ".join(plain.split())
    assert "Weights are the Params here." in plain
    asked = replace(what, selection=Selection(order=(Key("activations"), Key("weights"))))
    said = page_as_text(sweep_page(asked, rows, Tally()), Screen(36))
    assert "Activations" in said
    assert "Weights" in said
    assert "without" not in said
