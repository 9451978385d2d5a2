"""How a result leaves the program: on the standard output, or in a file, whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from flopcalc.cli.waiting import hide
from flopcalc.drafts import replacing
from flopcalc.errors import FlopcalcError, Problem, shorten
from flopcalc.render.text import NARROWEST, broken, spelt, visible

if TYPE_CHECKING:  # rich takes time to import, and is for tables alone
    from flopcalc.page.formats import Format
    from flopcalc.page.model import Page
    from flopcalc.render.terminal import Screen
    from flopcalc.report import Report

__all__ = [
    "NOT_WHOLLY_KNOWN",
    "PipeClosed",
    "chosen_format",
    "coloured",
    "complain",
    "exit_code",
    "is_standard_output",
    "say",
    "screen_for",
    "whole_file",
    "width_of",
    "write_json",
    "write_page",
    "write_pieces",
    "write_text",
    "written_page",
]


class PipeClosed(Exception):
    """Whoever reads the output has enough of it; a name of our own, since click answers the system's with code 1."""


_STANDARD_OUTPUT = (None, "-", "/dev/stdout")
_DEVICES = ("/dev/", "/proc/")

_IN_PAPERS = ("caption", "label", "standalone")
"""The options that only formats have in which papers are written."""

Speller = Callable[[str, str], str]
"""Takes a text and an encoding, and writes the text with the characters that the encoding has."""


def screen_for(output: str | None) -> Screen:
    """Return what a table is laid out for: the terminal, a pipe, or a file, which has every character."""
    from flopcalc.render.terminal import Screen

    return Screen.of(_standard_output() if output in _STANDARD_OUTPUT else None)


def chosen_format(options: Mapping[str, Any], beside: Collection[str] = (), *, read: Iterable[str] = ()) -> Format:
    """Return the format that is asked for, or that the file's extension means; before what takes its time.

    A command may know extensions `beside` those of pages, and names the specs that it has still to `read`, none of
    whose files is written over.

    Raises
    ------
    FlopcalcError
        For an extension that no format has, for units or a caption that the format has no use for, or for a file that
        was read.
    """
    from flopcalc.page.formats import FORMATS, check_paper, format_of

    name, output = options["output_format"], options["output"]
    path = "" if is_standard_output(output) else output
    if path:
        from flopcalc.analysis import resolve, spelt_here

        for spec in read:
            resolve(spelt_here(spec))
        _refuse_what_was_read(path)
    found = FORMATS[name] if name else format_of(path, beside)
    if options.get("units") == "human" and found.exact:
        raise FlopcalcError(Problem(f"--units human does not go with --format {found.name}, which is exact"))
    check_paper(found, {f"--{name}": options.get(name) for name in _IN_PAPERS})
    return found


def written_page(page: Page, chosen: Format, options: Mapping[str, Any]) -> str:
    """Return a page as it is written, for the screen or the file that the options name."""
    from flopcalc.page.formats import Layout

    screen = screen_for(options["output"]) if chosen.name == "table" else None
    paper = {name: options[name] for name in _IN_PAPERS if options.get(name)}
    return chosen.write(page, Layout(screen, options.get("units", "auto"), **paper))


def write_page(page: Page | str, chosen: Format, options: Mapping[str, Any]) -> None:
    """Write a page, or what was made of it, to a file or to the standard output.

    Raises
    ------
    FlopcalcError
        Where the file cannot be written.
    """
    from flopcalc.render.json import escaped

    text = page if isinstance(page, str) else written_page(page, chosen, options)
    write_text(text, options["output"], spelt=escaped if chosen.ascii else spelt)


NOT_WHOLLY_KNOWN = 3
"""The exit code of an answer that is open, or known from below alone."""


def exit_code(*reports: Report) -> int:
    """Return the exit code of an answer about networks: another one where the cost of a layer is not known."""
    return NOT_WHOLLY_KNOWN if any(report.unknown for report in reports) else 0


def write_json(value: object, output: str | None = None) -> None:
    """Write a value as JSON."""
    from flopcalc.render.json import dump, escaped

    write_text(dump(value) + "\n", output, spelt=escaped)


def write_text(text: str, output: str | None = None, *, spelt: Speller = spelt) -> None:
    """Write to the standard output, or to a file: whole, or not at all.

    Parameters
    ----------
    text : str
    output : str, optional
        A path; None or ``-`` is the standard output.
    spelt : callable
        How characters are written that the standard output has not.

    Raises
    ------
    FlopcalcError
        Where the file cannot be written.
    """
    write_pieces((text,), output, spelt=spelt)


def write_pieces(pieces: Iterable[str], output: str | None = None, *, spelt: Speller = spelt) -> None:
    """Write texts one after the other as they come, as :func:`write_text` writes one.

    Raises
    ------
    FlopcalcError
        Where the file cannot be written.
    """
    hide()
    if output in _STANDARD_OUTPUT:
        stream = _standard_output()
        terminal = stream.isatty()  # in a pipe, data are what they are
        for piece in pieces:
            shown = visible(piece, coloured=True) if terminal else piece
            try:
                stream.write(spelt(shown, stream.encoding or "ascii"))
            except BrokenPipeError:
                raise PipeClosed from None
        return
    with whole_file(output or "") as file:
        for piece in pieces:
            file.write(spelt(piece, "utf-8").encode("utf-8"))


def say(text: str, *, style: Callable[[str], str] = str) -> None:
    """Write a message to the standard error: nothing in it steers a terminal, and lines are broken between words."""
    hide()
    if sys.stderr is None:
        return
    width = width_of(sys.stderr)
    shown = broken(visible(text), width, whole=True) if width else visible(text)
    with suppress(OSError, ValueError):  # where there is nowhere left to say it
        print(style(shown), file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """Write an error to the standard error, in colours where that is a terminal that has them."""
    stream = sys.stderr
    plain = stream is None or not stream.isatty() or "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    say(text, style=str if plain else coloured)


def coloured(text: str) -> str:
    r"""Return an error's text with what is wrong in red, and the words before what was expected and what to try dim.

    Examples
    --------
    >>> coloured("a fault\n  try: that")
    '\x1b[1;31ma fault\x1b[0m\n  \x1b[2mtry:\x1b[0m that'
    """
    return "\n".join(
        re.sub(r"^  (expected:|try:)", "  \x1b[2m\\1\x1b[0m", line)
        if line.startswith("  ")
        else f"\x1b[1;31m{line}\x1b[0m"
        for line in text.split("\n")
    )


def width_of(stream: TextIO | None) -> int:
    """Return how wide lines of words are to be on a stream: as COLUMNS says, or the terminal; 0 leaves them whole."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and 0 < len(given) < 6 and int(given):
        return max(int(given), NARROWEST)
    if stream is None or not stream.isatty():
        return 0
    return max(shutil.get_terminal_size((80, 24)).columns, NARROWEST)


@contextmanager
def whole_file(output: str) -> Iterator[BinaryIO]:
    """Open a file for writing that appears whole when the block is left, and not at all where it fails.

    Raises
    ------
    FlopcalcError
        Where the file cannot be written, or is one that the command read.
    """
    if not output or "\0" in output:
        raise FlopcalcError(Problem("--output names no file", None, "", "--output FILE"))
    _refuse_what_was_read(output)
    try:
        with _opened(Path(output), output) as file:
            yield file
    except OSError as error:
        raise FlopcalcError(
            Problem(f"`{output}` cannot be written: {error.strerror or error}", None, "a file in a folder that exists")
        ) from None


def _refuse_what_was_read(output: str) -> None:
    from flopcalc.spec.syntax import was_read  # reads YAML, which nothing else here needs

    if "\0" not in output and was_read(Path(output)):
        raise FlopcalcError(Problem(f"`{shorten(output)}` is a file that was read for this", None, "another file"))


def is_standard_output(output: str | None) -> bool:
    """Tell whether an ``--output`` is the standard output."""
    return output in _STANDARD_OUTPUT


def _standard_output() -> TextIO:
    if sys.stdout is None:
        raise FlopcalcError(Problem("the standard output is closed", None, "", "--output FILE"))
    return sys.stdout


@contextmanager
def _opened(path: Path, output: str) -> Iterator[BinaryIO]:
    """Open a file that replaces another as a whole, or a device or a pipe, which has no half to leave behind."""
    with suppress(FileNotFoundError):
        path.stat()  # of links that go round in a circle the system has an error, and Python several
    if output.startswith(_DEVICES) or (path.exists() and not path.is_file()) or not path.name:
        try:
            with path.open("wb") as device:
                yield device
        except BrokenPipeError:
            raise PipeClosed from None
    else:
        with replacing(Path(os.path.realpath(path))) as file:
            yield file
