"""One writer turns cells into text; a format says only how words, digits and formulas look in it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from flopcalc.number import symbol
from flopcalc.render.cells import Bytes, Cell, Named, Setting, Shapes, Share, Writer, shape_text
from flopcalc.render.formula import ASCII, LATEX

C, H = symbol("C"), symbol("H")


class Marked(Writer):
    """Shows which of its three methods wrote what."""

    def words(self, text: str) -> str:
        return f"w<{text}>"

    def digits(self, text: str) -> str:
        return f"d<{text}>"

    def math(self, text: str) -> str:
        return f"m<{text}>"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("conv 3×3", "w<conv 3×3>"),
        (1331592, "d<1,331,592>"),
        (Fraction(3, 2), "d<3/2>"),
        (C * H, "m<C·H>"),
        (Share(Fraction(1, 3)), "d<33.33>"),
        (Share(1), "d<100.00>"),
        (Share(C / H), "m<C/H>"),
        (Bytes(4000), "d<4,000>"),
        (Bytes(4 * C), "m<4·C>"),
        (Setting(Fraction(357, 500)), "d<0.714>"),
        (Setting(Fraction(5, 7)), "d<5/7>"),
        (Setting(1000), "d<1000>"),
        (Setting("torchvision"), "w<torchvision>"),
        (Setting(True), "w<true>"),
        (Setting(4 * C), "m<4·C>"),
        ((3, 224, 224), "m<3×224×224>"),
        (Shapes(((3, 4, 5), (6, 4, 5))), "m<3×4×5>w<, >m<6×4×5>"),
        (Shapes(((3, 4, 5),) * 4), "w<4 tensors>"),
        (Named((7, 7), " (2)"), "m<7×7>w< (2)>"),
    ],
)
def test_a_cell_is_written_by_what_it_is(cell: Cell, text: str) -> None:
    assert Marked().cell(cell) == text


def test_human_numbers_have_units_and_so_have_bytes() -> None:
    writer = Writer(human=True)
    assert writer.cell(568_740_352) == "568.7 M"
    assert writer.cell(Bytes(568_740_352)) == "568.7 MB"
    assert writer.cell(Setting(568_740_352)) == "568740352"


def test_a_phrase_is_words_with_values_between() -> None:
    assert (
        Writer().phrase(("alpha = ", Setting(Fraction(1, 2)), "; input = ", (3, 8, 8))) == "alpha = 0.5; input = 3×8×8"
    )


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((3, 224, 112), "3×224×112"),
        ((C, H, H), "C×H×H"),
        ((4 * C, H / 2, H + 1), "(4·C)×(H/2)×(H + 1)"),
    ],
)
def test_the_sides_of_a_shape_have_brackets_where_they_are_formulas(shape: tuple[object, ...], text: str) -> None:
    assert shape_text(shape) == text  # type: ignore[arg-type]
    assert shape_text((3, 4, 5), ASCII) == "3x4x5"
    assert shape_text((C, H / 2), LATEX) == r"C \times \left(\frac{H}{2}\right)"
