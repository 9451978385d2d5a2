"""The program: its commands, and every spec as a command of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from flopcalc import __version__
from flopcalc.errors import FlopcalcError

__all__ = ["COMMANDS", "main", "program"]

COMMANDS: Mapping[str, tuple[str, str]] = {
    "list": ("flopcalc.cli.listing", "what there is: architectures, blocks and conventions"),
    "show": ("flopcalc.cli.show", "a spec's YAML, or its graph"),
    "schema": ("flopcalc.cli.schema", "the JSON Schema of spec files, for editors"),
}
"""Every command's module, imported when it is used, and what its help says."""

_HELP = """Exact, symbolic complexity of convolutional networks.

    flopcalc SPEC [--PARAMETER VALUE …] prints what an architecture or a block costs, layer by layer: parameters,
    FLOPs and memory access cost. SPEC is a name (flopcalc list), or the path of a YAML file. A parameter without a
    value is a symbol, and the costs are formulas.

    \b
    flopcalc mobilenet_v1 --alpha 0.5 --rho 0.714
    flopcalc resnet50 --by stage
    flopcalc separable_conv --K 3
    flopcalc mobilenet_v1 --help        what its parameters are
"""


class Program(click.Group):
    """A group whose commands are those of :data:`COMMANDS`, and every spec."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        if cmd_name in COMMANDS:
            command: click.Command = import_module(COMMANDS[cmd_name][0]).command
            return command
        from flopcalc.cli.table import spec_command

        return spec_command(cmd_name, COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return args[0], self.get_command(ctx, args[0]), args[1:]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ("--help", "--version", "-h"):
            args = _spec_first(args)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


def _spec_first(args: list[str]) -> list[str]:
    """Move SPEC to the front where options stand before it; every one of them but the flags takes a value."""
    position = 0
    while position < len(args) and args[position].startswith("-"):
        flag = "=" in args[position] or args[position] in ("--exact-rounding", "--help", "-h")
        position += 1 if flag else 2
    if position >= len(args):
        return args
    return [args[position], *args[:position], *args[position + 1 :]]


@click.group(
    cls=Program, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]}, invoke_without_command=True,
    subcommand_metavar="SPEC|COMMAND [OPTIONS]",
)
@click.version_option(__version__, prog_name="flopcalc", message="%(prog)s %(version)s")
@click.pass_context
def program(ctx: click.Context) -> None:
    """Print the help where nothing is asked."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the program and leave with its exit code.

    0 done; 1 refuted, or a budget missed; 2 the input is wrong; 3 undecided; 130 interrupted.
    """
    sys.exit(_guarded(lambda: program.main(args=argv, prog_name="flopcalc", standalone_mode=False)))


def _guarded(action: Callable[[], Any]) -> int:
    try:
        code = action()
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except FlopcalcError as error:
        _complain(str(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # Whoever read the output has enough of it: leave nothing for the interpreter to flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        _complain(f"{error.filename or 'output'}: {error.strerror or error}")
        return 2


def _complain(text: str) -> None:
    from flopcalc.render.units import ascii_only

    stream = sys.stderr
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        text = ascii_only(text)
    click.echo(text, err=True)
