"""The program: its commands, and every spec as a command of its own."""

from __future__ import annotations

import codecs
import io
import os
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from flopcalc import __version__
from flopcalc.cli.help import Context
from flopcalc.cli.interrupts import INTERRUPTED, Interrupts
from flopcalc.cli.output import PipeClosed, complain, say
from flopcalc.cli.waiting import waiting
from flopcalc.errors import FlopcalcError, Problem, listed, shorten, suggest

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS", "program", "run"]

COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "conventions": ("flopcalc.cli.conventions", "Count", "every way of counting, and a ledger that explains each gap"),
    "explain": ("flopcalc.cli.explain", "Count", "which convention, variant or slip yields a quoted figure"),
    "verify": ("flopcalc.cli.verify", "Prove", "is a textbook's formula right? proved, refuted or undecided"),
    "derive": ("flopcalc.cli.derive", "Prove", "a derivation, step by step, each step proved"),
    "bound": ("flopcalc.cli.bound", "Prove", "each convolution's MAC beside the least at the same FLOPs"),
    "compare": ("flopcalc.cli.compare", "Compare", "specs side by side: every metric, and its ratio to the first"),
    "diff": ("flopcalc.cli.diff", "Compare", "in what two networks differ, layer by layer"),
    "audit": ("flopcalc.cli.audit", "Compare", "ShuffleNetV2's four guidelines on a network, layer by layer"),
    "experiment": (
        "flopcalc.cli.experiment",
        "Compare",
        "the experiments behind those guidelines, rebuilt from their budgets",
    ),
    "sweep": (
        "flopcalc.cli.sweep",
        "Decide",
        "every metric of every configuration of a grid: filtered, ranked, drawn",
    ),
    "solve": (
        "flopcalc.cli.solve",
        "Decide",
        "the greatest value of a parameter within a budget, exact through every rounding",
    ),
    "import": ("flopcalc.cli.importing", "Look", "an ONNX or PyTorch model as a spec, with blocks and tables"),
    "list": (
        "flopcalc.cli.listing",
        "Look",
        "what there is: architectures, blocks, conventions, worksheets and derivations",
    ),
    "show": ("flopcalc.cli.show", "Look", "the YAML of what there is, or a spec's graph, or its network in PyTorch"),
    "export": ("flopcalc.cli.export", "Look", "a network as an ONNX model that runs"),
    "help": ("flopcalc.cli.terms", "Look", "what a metric or a word of the field is, with its formula"),
    "completion": ("flopcalc.cli.completion", "Look", "what a shell needs to complete names, parameters and values"),
    "schema": ("flopcalc.cli.schema", "Look", "the JSON Schema of spec files, for editors"),
}
"""Every command's module, imported when it is used, the group that its help stands in, and what it says."""

PROGRAM = "flopcalc"

DOING = {"Count": "counting", "Prove": "proving", "Compare": "comparing", "Decide": "searching", "Look": "reading"}
"""What is being done by the commands of a group, for who has to wait."""

FAULT = 70
"""The exit code of an error that is the program's own: never that of a verdict."""

TRACEBACK = "FLOPCALC_TRACEBACK"
"""The variable of the environment with which such an error shows where it was."""

FLAGS = (
    "--", "--all", "--by-layer", "--exact-rounding", "--flat", "--fused", "--graph", "--growth", "--help",
    "--no-ratio", "--no-transpose", "--pass-custom", "--skip-refused", "--standalone", "--torch", "--transpose",
    "--variants", "-h", "--training",
)  # fmt: skip
"""The options that take no value, of all commands: what follows one of them may be SPEC."""

_HELP = """Exact, symbolic complexity of convolutional networks.

flopcalc SPEC [--PARAMETER VALUE …] prints what an architecture or a block costs, layer by layer: parameters,
FLOPs and memory access cost. SPEC is a name (flopcalc list), or the path of a YAML file. A parameter without a
value is a symbol, and the costs are formulas.

\b
flopcalc mobilenet_v1 --alpha 0.5 --rho 0.714
flopcalc resnet50 --by stage
flopcalc separable_conv --K 3
flopcalc mobilenet_v1 --symbolic alpha,rho
flopcalc mobilenet_v1 --help    its parameters, and the options of every table
"""


class Program(click.Group):
    """A group whose commands are those of :data:`COMMANDS`, and every spec."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        if cmd_name in COMMANDS:
            command: click.Command = import_module(COMMANDS[cmd_name][0]).command
            return command
        from flopcalc.cli.table import spec_command

        return spec_command(cmd_name, COMMANDS)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete commands and specs, none of which is imported or read for it."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        from flopcalc.cli.completing import spec_names

        return spec_names(incomplete, COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing:
            ctx.with_resource(waiting(DOING[COMMANDS[args[0]][1]] if args[0] in COMMANDS else "analysing"))
        command = self.get_command(ctx, args[0])
        return command.name, command, args[1:]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0].startswith("-") and args[0] not in ("--help", "--version", "-h"):
            args = _spec_first(args, ctx)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for group in dict.fromkeys(group for _, group, _ in COMMANDS.values()):
            with formatter.section(group):
                formatter.write_dl(
                    [(f"{name:<{widest}}", text) for name, (_, of, text) in COMMANDS.items() if of == group]
                )


def _spec_first(args: list[str], ctx: click.Context) -> list[str]:
    """Move SPEC to the front where options stand before it; every one of them but the flags takes a value."""
    position = 0
    while position < len(args) and args[position].startswith("-"):
        position += 1 if "=" in args[position] or args[position] in FLAGS else 2
    if position < len(args):
        return [args[position], *args[:position], *args[position + 1 :]]
    from flopcalc.cli.options import shared_options

    name = args[0].partition("=")[0]
    shared = [spelling for option in shared_options() for spelling in option.opts]
    if name in shared:
        raise click.UsageError("no SPEC is named", ctx)
    raise click.NoSuchOption(name, possibilities=[*shared, "--help", "--version"], ctx=ctx)


@click.group(
    cls=Program,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
    subcommand_metavar="SPEC|COMMAND [OPTIONS]",
    options_metavar="",
)
@click.version_option(__version__, prog_name="flopcalc", message="%(prog)s %(version)s")
@click.pass_context
def program(ctx: click.Context) -> None:
    """Print the help where nothing is asked."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str], met: Interrupts) -> int:
    """Run a command line, say on the standard error what went wrong, and return the exit code."""

    def action() -> Any:
        _speak_plainly()
        from flopcalc.spec.syntax import noting_files

        try:
            with noting_files():
                return program.main(args=list(arguments), prog_name=PROGRAM, standalone_mode=False)
        except (FlopcalcError, click.ClickException):
            if f"_{PROGRAM.upper()}_COMPLETE" in os.environ:
                return 0  # a shell asks amid a line that is wrong, or not whole
            raise
        except Exception:
            if met.number:  # as of a worker that the same signal ended
                raise KeyboardInterrupt from None
            raise

    code = _guarded(action, arguments)
    met.over = True
    if not met.number:
        return code
    if code != INTERRUPTED:
        say("interrupted")  # it was lost, or came at the very end
    return met.exit_code


def _speak_plainly() -> None:
    """Let characters that an output's encoding lacks be spelt with those that it has: an ASCII terminal has no ×."""
    from flopcalc.render.text import spelt

    def handler(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        return spelt(error.object[error.start : error.end], error.encoding), error.end

    codecs.register_error("flopcalc.spelt", handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="flopcalc.spelt")


def _guarded(action: Callable[[], Any], arguments: Sequence[str]) -> int:
    """Run an action with the arguments of a command line; turn what goes wrong into a message and an exit code."""
    try:
        code = action()
        if code == INTERRUPTED:
            _flush_what_can_be()
        elif sys.stdout is not None:
            sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        complain(str(_problem(error)))
        return error.exit_code
    except FlopcalcError as error:
        complain(str(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _flush_what_can_be()
        say("interrupted")
        return INTERRUPTED
    except (BrokenPipeError, PipeClosed):
        _leave_nothing_to_flush()  # whoever read the output has enough of it
        return 0
    except OSError as error:
        _leave_nothing_to_flush()
        complain(str(Problem(f"{error.filename or 'the output'}: {error.strerror or error}")))
        return 2
    except SystemExit:
        raise
    except BaseException as error:  # a time limit that is over is no Exception
        if os.environ.get(TRACEBACK):
            traceback.print_exception(error)
        complain(str(_own_fault(error, arguments)))
        return FAULT


def _own_fault(error: BaseException, arguments: Sequence[str]) -> Problem:
    """Say that the program failed, and not what it was asked about."""
    said = shorten(str(error), 500)
    what = type(error).__name__ + (f": {said}" if said else "")
    command = shorten(shlex.join(("flopcalc", *arguments)), 1000)
    hint = f"please report it with the command line, `{command}`; {TRACEBACK}=1 in the environment shows where it was"
    return Problem(f"this is a fault of flopcalc's own, and no answer: {what}", None, "", hint)


def _flush_what_can_be() -> None:
    """Write what is left of an interrupted run's output: a terminal that is closed takes nothing more."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        _leave_nothing_to_flush()


def _leave_nothing_to_flush() -> None:
    """Point the standard output to nowhere, for what the interpreter still flushes at its end."""
    with suppress(OSError, AttributeError, ValueError):  # it may be closed, or no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _problem(error: click.ClickException) -> Problem:
    """Say in the words of flopcalc's own errors what click found wrong with the command line."""
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "flopcalc"
    hint = f"`{path} --help`"
    if isinstance(error, click.NoSuchOption):
        return _unknown_option(error, path)
    if isinstance(error, click.BadOptionUsage):
        takes = "takes no value" if "does not take" in error.message else "needs a value"
        return Problem(f"{error.option_name} {takes}", None, "", hint)
    if isinstance(error, click.MissingParameter):
        name = (error.param.name or "argument").upper() if error.param is not None else "an argument"
        return Problem(f"{path} needs {name}", None, "", hint)
    message = error.format_message().rstrip(".")
    return Problem(message[:1].lower() + message[1:], None, "", hint)


def _unknown_option(error: click.NoSuchOption, path: str) -> Problem:
    known = {option.lstrip("-"): option for option in error.possibilities or ()}
    parameters: Sequence[str] = ()
    if error.ctx is not None:
        options = error.ctx.command.get_params(error.ctx)
        known |= {spelling.lstrip("-"): spelling for option in options for spelling in option.opts if "-" in spelling}
        parameters = [f"--{name}" for name in getattr(error.ctx.command, "parameters", ())]
    expected = f"an option that `{path} --help` shows"
    if parameters:
        expected = f"a parameter ({listed(parameters)}), or {expected}"
    elif "set" in known:
        expected += "; parameters are set by --set NAME=VALUE"
    near = suggest(error.option_name.lstrip("-"), known)
    return Problem(
        f"{path} has no option `{shorten(error.option_name)}`",
        None,
        expected,
        re.sub(r"`([^`]+)`", lambda match: f"`{known[match[1]]}`", near),
    )
