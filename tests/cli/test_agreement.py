"""The commands agree: parameters are options in all of them, and no parameter is called like an option."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

import click
import pytest

from flopcalc.cli.app import COMMANDS
from flopcalc.cli.options import shared_options
from flopcalc.cli.spec_options import OnSpec
from flopcalc.spec import catalog, load

Run = Callable[..., object]
Refused = Callable[..., str]


@cache
def spellings() -> frozenset[str]:
    """Return the options of every command, and those of tables."""
    found = {spelling for option in shared_options() for spelling in option.opts} | {"--help"}
    for module, *_ in COMMANDS.values():
        command = import_module(module).command
        options = command.own() if isinstance(command, OnSpec) else command.params
        found.update(spelling for option in options if isinstance(option, click.Option) for spelling in option.opts)
    return frozenset(found)


@pytest.mark.parametrize("entry", [e for e in catalog.index() if e.kind in catalog.SPEC_KINDS], ids=lambda e: e.name)
def test_no_packaged_parameter_is_called_like_an_option(entry: catalog.Listed) -> None:
    taken = spellings()
    for name in load(entry.name).known:
        assert not {f"--{name}", f"--{name.replace('_', '-')}"} & taken, name


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (
            ("show", "--graph", "separable_conv", "--K", "3", "--stride", "2"),
            ("show", "--graph", "separable_conv:K=3,stride=2"),
        ),
        (
            ("verify", "17HWC^2", "--of", "resnet_bottleneck", "--C", "4*C", "--M", "C"),
            ("verify", "17HWC^2", "--of", "resnet_bottleneck", "--where", "C=4*C,M=C"),
        ),
        (
            ("verify", "1/O + 1/9", "--of", "separable_conv", "--over", "conv", "--K=3"),
            ("verify", "1/O + 1/9", "--of", "separable_conv", "--over", "conv", "--set", "K=3"),
        ),
        (
            ("derive", "--of", "conv", "--minimize", "mac", "--holding", "flops", "--over", "C,O", "--K", "1"),
            ("derive", "--of", "conv", "--minimize", "mac", "--holding", "flops", "--over", "C,O", "--where", "K=1"),
        ),
    ],
)
def test_a_parameter_is_an_option_of_commands_that_name_the_spec_by_an_option(
    run: Run, options: tuple[str, ...], where: tuple[str, ...]
) -> None:
    assert run(*options) == run(*where)


def test_what_was_called_like_an_option_of_one_command_is_named_where_its_old_name_is_given(refused: Refused) -> None:
    assert "did you mean `--growth_rate`" in refused("densenet", "--growth", "12")
    assert "did you mean `growth_rate`" in refused("sweep", "densenet:growth=12", "--resolution", "32,64")
    assert "did you mean `--growth_rate`" in refused("compare", "densenet", "resnet50", "--growth", "12")
    assert "--growth takes no value" in refused("verify", "params > 0", "--of", "densenet", "--growth", "12")
    assert "try: --growth_rate 12" in refused("verify", "params > 0", "--of", "densenet", "--growth", "12")


def test_a_parameter_is_given_once(refused: Refused) -> None:
    given = ("verify", "17HWC^2", "--of", "resnet_bottleneck", "--where", "C=4*C", "--C", "3")
    assert "C is given twice" in refused(*given)


def test_an_option_that_is_no_parameter_of_the_spec_is_refused(refused: Refused) -> None:
    assert "no SPEC has a parameter for `--Q`" in refused("verify", "17HWC^2", "--of", "conv", "--Q", "3")
    assert "did you mean `--metric`" in refused("verify", "17HWC^2", "--of", "conv", "--metrc", "mac")
    assert "no SPEC has a parameter for `--C`" in refused("verify", "coursework", "--C", "3")
    assert "no SPEC has a parameter for `--C`" in refused("derive", "g1", "--C", "3")


# -- where the cost is -----------------------------------------------------------------------------------------------

NET = """
input: [2, 4, 4]
layers:
  - conv: {out: 3, kernel: 1}
  - relu
  - conv: {out: 8, kernel: 3}
  - conv: {out: 1, kernel: 1}
"""
"""A net whose multiply-adds by hand are 2·3·16 = 96, 9·3·8·16 = 3456 and 8·16 = 128."""


@pytest.fixture
def net(tmp_path: Path) -> str:
    """Return a file's path."""
    path = tmp_path / "net.yaml"
    path.write_text(NET, encoding="utf-8")
    return str(path)


def rows(text: str) -> list[str]:
    """Return the first cells of a CSV, without its header."""
    return [line.split(",")[0] for line in text.splitlines()[1:]]


def test_top_shows_the_rows_that_cost_most(ok: Callable[..., str], net: str) -> None:
    assert rows(ok(net, "--top", "2", "--format", "csv")) == ["conv2", "conv3"]
    text = ok(net, "--top", "2")
    assert text.index("conv2") < text.index("conv3")
    assert "Rows are in the order of flops, the greatest first; the first 2 of 3." in text


def test_sort_puts_the_greatest_of_a_metric_first(ok: Callable[..., str], net: str) -> None:
    # memory access: 32+48+6 = 86, relu 96, 48+128+216 = 392, 128+16+8 = 152
    assert rows(ok(net, "--sort", "mac", "--format", "csv")) == ["conv2", "conv3", "relu", "conv1"]


def test_what_rows_are_sorted_by_is_a_column(ok: Callable[..., str], net: str) -> None:
    for form, head in (("markdown", "MAC bytes"), ("latex", r"MAC\\bytes"), ("table", "MAC bytes")):
        assert head in ok(net, "--sort", "mac_bytes", "--format", form)
    assert "mac_bytes" in ok(net, "--sort", "mac_bytes", "--format", "csv").splitlines()[0]


def test_formulas_have_no_order(refused: Refused, net: str) -> None:
    assert "rows cannot be ranked by flops" in refused("conv", "--top", "2")
    assert "--sort and --top do not go with --format json" in refused(net, "--top", "2", "--format", "json")
    assert "did you mean `mac`" in refused(net, "--sort", "mca")


def test_a_metric_that_a_sweep_reads_is_a_column(ok: Callable[..., str]) -> None:
    options = ("sweep", "conv", "--C", "2,4", "--O", "3", "--K", "1", "--H", "4", "--W", "4", "--format", "csv")
    chosen = (*options, "--metrics", "flops", "--where", "params >= 6", "--sort", "-peak_memory")
    assert ok(*chosen).splitlines() == ["C,flops,params,peak_memory", "4,192,12,112", "2,96,6,80"]
    assert ok(*options, "--columns", "flops", "--where", "params >= 6").splitlines()[0] == "flops"
