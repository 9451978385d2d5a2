"""The command line: the only user of click; turns errors into messages and exit codes, and holds no arithmetic."""

from flopcalc.cli.app import main

__all__ = ["main"]
