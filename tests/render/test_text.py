"""Text on its way out: harmless and encodable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.render.text import encodable, plain, printable, spelt


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\x07b", "a\u202eb", "a\x9bb", "line\nline", "a\x00"])
def test_no_control_character_is_printed(text: str) -> None:
    assert printable(text).isprintable()


def test_odd_spaces_become_plain_ones() -> None:
    assert printable("a\u00a0b\tc") == "a b c"


def test_what_is_printable_stays_as_it_is() -> None:
    assert printable("[red] K²·C ≠ Université 網路") == "[red] K²·C ≠ Université 網路"


@given(st.text())
def test_plain_text_is_ascii(text: str) -> None:
    assert plain(text).isascii()


@given(st.text())
def test_plain_text_for_an_encoding_can_be_encoded(text: str) -> None:
    assert encodable(plain(text, "latin-1"), "latin-1")


def test_signs_are_spelt_and_accents_dropped_where_the_encoding_lacks_them() -> None:
    assert plain("3×3, K²·C ≠ α, ⌊x⌋, Université, 網") == "3x3, K^2*C != alpha, floor(x), Universite, ?"
    assert plain("3×3, Université", "latin-1") == "3x3, Université"


def test_an_encoding_that_python_does_not_know_has_no_characters() -> None:
    assert not encodable("×", "no-such-encoding")
    assert not encodable("×", None)


def test_a_sign_is_spelt_only_where_the_encoding_lacks_it() -> None:
    assert spelt("3×3, α ≠ β", "latin-1") == "3×3, alpha != beta"
    assert spelt("3×3, α ≠ β", "utf-8") == "3×3, α ≠ β"
