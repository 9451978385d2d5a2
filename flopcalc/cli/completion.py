"""``flopcalc completion SHELL``: what a shell needs to complete names, parameters and values."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from flopcalc.cli.completing import VARIABLE
from flopcalc.cli.help import Command
from flopcalc.cli.options import Word, output_option
from flopcalc.cli.output import write_text

__all__ = ["SHELLS", "command"]

SHELLS = ("bash", "zsh", "fish")


@click.pass_context
def _run(ctx: click.Context, /, shell: str, output: str | None) -> None:
    kind = get_completion_class(shell)
    assert kind is not None
    # click's own source() asks which bash there is; whoever writes a file for another machine need not have one
    write_text(ShellComplete.source(kind(ctx.find_root().command, {}, "flopcalc", VARIABLE)) + "\n", output)


command = Command(
    name="completion",
    help="Print the script by which a shell completes names, parameters and their values.\n\n"
    "\b\n"
    'bash   eval "$(flopcalc completion bash)"      in ~/.bashrc\n'
    'zsh    eval "$(flopcalc completion zsh)"       in ~/.zshrc\n'
    "fish   flopcalc completion fish | source       in ~/.config/fish/config.fish",
    params=[click.Argument(["shell"], type=Word(*SHELLS), metavar="|".join(SHELLS)), output_option()],
    callback=_run,
)
