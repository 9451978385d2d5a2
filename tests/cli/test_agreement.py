"""The commands agree: parameters are options in all of them, and no parameter is called like an option."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from importlib import import_module

import click
import pytest

from flopcalc.cli.app import COMMANDS
from flopcalc.cli.options import shared_options
from flopcalc.cli.spec_options import OnSpec
from flopcalc.spec import catalog, load

Run = Callable[..., object]
Refused = Callable[..., str]


def spellings() -> set[str]:
    """Return the options that more than one command has, and those of tables."""
    shared = {spelling for option in shared_options() for spelling in option.opts} | {"--help"}
    found: Counter[str] = Counter()
    for module, _ in COMMANDS.values():
        command = import_module(module).command
        options = command.own() if isinstance(command, OnSpec) else command.params
        found.update(spelling for option in options if isinstance(option, click.Option) for spelling in option.opts)
    return shared | {spelling for spelling, count in found.items() if count > 1}


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


def test_a_parameter_is_given_once(refused: Refused) -> None:
    given = ("verify", "17HWC^2", "--of", "resnet_bottleneck", "--where", "C=4*C", "--C", "3")
    assert "C is given twice" in refused(*given)


def test_an_option_that_is_no_parameter_of_the_spec_is_refused(refused: Refused) -> None:
    assert "no SPEC has a parameter for `--Q`" in refused("verify", "17HWC^2", "--of", "conv", "--Q", "3")
    assert "did you mean `--metric`" in refused("verify", "17HWC^2", "--of", "conv", "--metrc", "mac")
    assert "no SPEC has a parameter for `--C`" in refused("verify", "coursework", "--C", "3")
    assert "no SPEC has a parameter for `--C`" in refused("derive", "g1", "--C", "3")
