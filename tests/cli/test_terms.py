"""``flopcalc help``: terms in five lines, and the program's help in groups."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from flopcalc import analyze
from flopcalc.cli.app import COMMANDS
from flopcalc.cli.terms import TERMS
from flopcalc.metrics import METRICS

Ok = Callable[..., str]
Refused = Callable[..., str]


@pytest.mark.parametrize("name", [*TERMS, *METRICS])
def test_a_term_is_told_in_five_lines_that_fit_a_screen(ok: Ok, name: str) -> None:
    lines = ok("help", *name.split()).splitlines()
    assert lines[0].startswith(name)
    assert len(lines) == (5 if lines[2].startswith("formula") else 3)
    assert max(map(len, lines)) <= 80


def test_a_term_is_found_by_its_other_names(ok: Ok) -> None:
    assert ok("help", "memory", "access", "cost") == ok("help", "mac") == ok("help", "MAC")
    assert ok("help", "FLOPs") == ok("help", "flops")
    assert ok("help", "Width-Multiplier") == ok("help", "alpha")


def test_macs_are_told_to_be_two_things(ok: Ok) -> None:
    text = ok("help", "MACs")
    assert "help madds" in text
    assert "help mac" in text


@pytest.mark.parametrize("metric", ["params", "weights", "madds", "flops", "mac", "activations"])
def test_the_formula_of_a_metric_is_what_is_counted(metric: str) -> None:
    """C = 6, O = 10, g = 2, K = L = 3, H = W = 5, and stride 1, so that P = Q = 5."""
    formula = TERMS[metric].formula.partition(" for a conv")[0]
    sizes = {"C": 6, "O": 10, "g": 2, "K": 3, "L": 3, "H": 5, "W": 5, "P": 5, "Q": 5}
    value = Fraction(0)
    for summand in formula.split(" + "):
        product, _, divisor = summand.partition("/")
        part = Fraction(1, sizes.get(divisor, 1))
        for letter in product.split("·"):
            part *= sizes[letter]
        value += part
    assert value == getattr(analyze("group_conv", C=6, O=10, g=2, K=3, H=5, W=5).totals, metric)


def test_help_lists_its_terms_and_prints_a_commands_help(ok: Ok) -> None:
    assert set(TERMS) <= set(ok("help").splitlines())
    assert ok("help", "sweep") == ok("sweep", "--help")
    assert ok("help", "list") == ok("list", "--help")


def test_a_word_that_is_no_term_is_refused(refused: Refused) -> None:
    assert "did you mean `mac`" in refused("help", "mca")
    assert "there is no term `zebra`" in refused("help", "zebra")


def test_the_commands_stand_in_groups(ok: Ok) -> None:
    text = ok("--help")
    titles = ["Count:", "Prove:", "Compare:", "Decide:", "Look:"]
    assert [line for line in text.splitlines() if line in titles] == titles
    for name in COMMANDS:
        assert text.count(f"\n  {name} ") == 1


def test_errors_are_coloured_where_they_may_be_and_nowhere_else() -> None:
    from flopcalc.cli.output import coloured

    said = "a fault\n  expected: this\n  try: that"
    assert coloured(said) == "\x1b[1;31ma fault\x1b[0m\n  \x1b[2mexpected:\x1b[0m this\n  \x1b[2mtry:\x1b[0m that"


def test_no_colours_go_into_a_pipe(refused: Refused) -> None:
    assert "\x1b" not in refused("separable_cnov")


@pytest.mark.parametrize("width", [20, 40, 80])
def test_messages_are_broken_between_words_alone(width: int) -> None:
    from flopcalc.render.text import broken

    path = "/home/somebody/networks/of/the/year/a_network_with_a_name_as_long_as_the_screen_is_wide_and_wider.yaml:3:5:"
    text = broken(f"{path} there is no layer or block `cnov`", width, whole=True)
    assert path in text
    assert all(len(line) <= width for line in text.splitlines() if path not in line)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_explained_from_its_row_if_from_nowhere_else(ok: Callable[..., str], name: str) -> None:
    lines = ok("help", name).splitlines()
    assert lines[0].startswith(f"{name}: ")
    assert lines[1].endswith(".")
    parts = METRICS[name].over or tuple(filter(None, [METRICS[name].elements]))
    if parts:
        assert all(part in lines[2] for part in parts)
    assert lines[-1].startswith("see ")


@pytest.mark.parametrize(
    ("term", "formula", "spec"),
    [
        ("bottleneck", "H·W·(2·C·M + 9·M²)", "resnet_bottleneck"),
        ("inverted residual", "H·W·t·C·(C + K² + O)", "inverted_residual"),
    ],
)
def test_the_formula_of_a_block_is_proved(ok: Ok, term: str, formula: str, spec: str) -> None:
    assert f"{formula} madds" in ok("help", term)
    assert ok("verify", formula, "--of", spec, "--metric", "madds").startswith("proved")


def test_stride_padding_and_kernel_are_told_by_the_side_that_leaves(ok: Ok) -> None:
    assert ok("help", "padding") == ok("help", "Stride") == ok("help", "kernel")
    side = "⌊(H + 2p - d(K - 1) - 1)/s⌋ + 1"
    asked = ("--of", "conv", "--metric", "height", "--stride", "s", "--padding", "p")
    assert side.replace("-", "−").replace("d(K", "d·(K") in ok("help", "stride")
    assert ok("verify", side, *asked).startswith("proved")
