"""A typo never becomes a formula, whichever command counts the architecture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
Refused = Callable[..., str]


@pytest.mark.parametrize(
    "arguments",
    [
        ("mobilenet_v1", "--alpha", "half"),
        ("mobilenet_v1:alpha=half",),
        ("sweep", "mobilenet_v1", "--alpha", "half", "--rho", "0.5,1"),
        ("solve", "mobilenet_v1", "--alpha", "half", "--for", "rho", "--flops", "150M"),
        ("audit", "mobilenet_v1", "--alpha", "half"),
        ("audit", "mobilenet_v2", "mobilenet_v1:alpha=half"),
        ("bound", "mobilenet_v1", "--alpha", "half"),
        ("conventions", "mobilenet_v1", "--alpha", "half"),
        ("explain", "mobilenet_v1", "150M", "--alpha", "half"),
        ("compare", "mobilenet_v1:alpha=half", "mobilenet_v2"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_word_in_an_architectures_value_is_refused(refused: Refused, arguments: tuple[str, ...]) -> None:
    message = refused(*arguments)
    assert "alpha cannot be half" in message
    assert "--symbolic alpha" in message
    assert "--symbols half" in message


@pytest.mark.parametrize(
    "arguments",
    [
        ("mobilenet_v1", "--alpha", "a/2"),
        ("solve", "mobilenet_v1", "--rho", "a/2", "--for", "alpha", "--flops", "150M"),
        ("audit", "mobilenet_v1", "--alpha", "a/2"),
        ("conventions", "mobilenet_v1", "--alpha", "a/2"),
        ("compare", "mobilenet_v1:alpha=a/2", "mobilenet_v2"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_declared_symbol_is_one(run: Run, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, "--symbols", "a").code == 0


def test_what_is_varied_is_a_symbol(run: Run) -> None:
    varied = ("--equal", "flops", "--vary", "a")
    assert run("compare", "mobilenet_v1", "mobilenet_v1:alpha=a,rho=1/2", *varied).code == 0


def test_a_claim_about_an_architecture_speaks_of_any_symbol(run: Run) -> None:
    assert run("verify", "weights > 0", "--of", "mobilenet_v1:alpha=a").code == 0


def test_a_claim_about_a_block_is_refused_a_word_near_to_one_of_its_own(refused: Refused) -> None:
    message = refused("verify", "weights > 0", "--of", "conv:stride=sam")
    assert "did you mean `same`?" in message
    assert "--symbols" not in message  # which the command does not have
