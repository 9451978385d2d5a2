"""Pages as LaTeX: a booktabs table for every table, with a caption that says what was counted; steps as a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flopcalc.page.model import Block, Facts, Page, Said, Steps, Table, Totals
from flopcalc.page.model import Line as Row
from flopcalc.render.book import BookLatex
from flopcalc.render.cells import Phrase
from flopcalc.render.formula import LATEX
from flopcalc.render.latex import LONGEST
from flopcalc.render.lines import LineWriter
from flopcalc.theory.lines import Line

__all__ = ["page_as_latex"]


def page_as_latex(page: Page, *, human: bool = False) -> str:
    """Return a page's tables, the first with the words in its caption, and its verdicts; or without tables its text.

    The document needs the packages amsmath and booktabs, and longtable for a table that is longer than a page.
    """
    write, exact = BookLatex(page.order, human=human), BookLatex(page.order)
    tables = [block.in_type for block in page.blocks if isinstance(block, Table)]
    if not tables:
        return "\n".join([r"% \usepackage{amsmath}", "\n\n".join(_text(page, exact))]) + "\n"
    said = [*page.heading, *(one for block in page.blocks for one in _captioned(block))]
    caption = _sentences(said, exact)
    packages = "amsmath,booktabs,longtable" if any(len(one.lines) > LONGEST for one in tables) else "amsmath,booktabs"
    lines = [rf"% \usepackage{{{packages}}}"]
    for number, table in enumerate(tables):
        title = [_sentences([table.title], write)] if table.title else []
        lines += _table(table, " ".join(filter(None, title if number else [*title, caption])), write)
        lines += [f"\n{exact.phrase(note)}" for note in table.notes]
    for block in page.blocks:
        lines += _facts(block, exact) if isinstance(block, Facts) and block.verdict else ()
    return "\n".join(lines) + "\n"


def _captioned(block: Block) -> Iterator[Phrase]:
    """Yield what the caption of a table has of another block."""
    if isinstance(block, Totals):
        yield from ((one.says,) for one in block.totals if one.says)
    elif isinstance(block, Said):
        yield from block.paragraphs


def _sentences(phrases: Iterable[Phrase], write: BookLatex) -> str:
    return " ".join(f"{write.phrase(phrase).rstrip('.')}." for phrase in phrases)


def _text(page: Page, exact: BookLatex) -> Iterator[str]:
    """Yield the paragraphs and lists: the heading, and the blocks in their order."""
    for number, phrase in enumerate(page.heading):
        yield exact.phrase(phrase) if number else rf"\subsection*{{{exact.phrase(phrase)}}}"
    for block in page.blocks:
        if isinstance(block, Facts):
            yield "\n".join(_facts(block, exact))
        elif isinstance(block, Steps):
            yield "\n".join(_steps(block, exact))
        elif isinstance(block, Said):
            yield from map(exact.phrase, block.paragraphs)


def _facts(block: Facts, exact: BookLatex) -> Iterator[str]:
    if block.above:
        yield exact.phrase(block.above) + "\n"
    if block.verdict:
        yield rf"\textbf{{{block.verdict}}}: {exact.phrase(block.claim)}"
    yield r"\begin{itemize}"
    for name, phrase in block.facts:
        yield rf"  \item {exact.words(name)}: {exact.phrase(phrase)}"
    yield r"\end{itemize}"


def _steps(block: Steps, exact: BookLatex) -> Iterator[str]:
    write = LineWriter(LATEX, exact.order)

    def displayed(line: Line) -> str:
        under = "".join(rf" \qquad \text{{{word}}}\ " + ",\\ ".join(items) for word, items in write.conditions(line))
        return rf"    \[ {write.line(line)}{under} \]"

    yield r"\begin{enumerate}"
    for step in block.steps:
        yield rf"  \item {exact.phrase(step.says)}"
        yield from map(displayed, step.lines)
        if step.because:
            yield rf"    \emph{{Because}} {exact.phrase(step.because)}."
        yield rf"    \emph{{Proved}}: {exact.phrase(step.proved)}{':' if step.evidence else '.'}"
        yield from map(displayed, step.evidence)
    yield r"\end{enumerate}"


def _table(table: Table, caption: str, write: BookLatex) -> Iterator[str]:
    alignment = "".join(_alignments(table, write))
    head = "  " + " & ".join(write.words(column.head) for column in table.columns) + r" \\"
    body = [line for number, row in enumerate(table.lines) for line in _row(row, write, first=number == 0)]
    said = rf"  \caption{{{caption}}}" if caption else ""
    if len(table.lines) > LONGEST:
        yield rf"\begin{{longtable}}{{{alignment}}}"
        yield from [rf"{said} \\"] * bool(said)
        yield from (r"  \toprule", head, r"  \midrule", r"  \endfirsthead", r"  \toprule", head, r"  \midrule")
        yield from (r"  \endhead", *body, r"  \bottomrule", r"\end{longtable}")
    else:
        yield from (r"\begin{table}", r"  \centering", *[said] * bool(said))
        yield from (rf"  \begin{{tabular}}{{{alignment}}}", r"  \toprule", head, r"  \midrule")
        yield from (*body, r"  \bottomrule", r"  \end{tabular}", r"\end{table}")


_LONG = 60
"""Characters from which on words are broken over lines."""


def _alignments(table: Table, write: BookLatex) -> Iterator[str]:
    for index, column in enumerate(table.columns):
        long = any(len(write.phrase(line.cells[index])) > _LONG for line in table.lines)
        yield "r" if column.numeric else r"p{0.4\linewidth}" if long else "l"


def _row(line: Row, write: BookLatex, *, first: bool) -> Iterator[str]:
    name, *others = map(write.phrase, line.cells)
    if line.role == "total" or (line.role == "group" and not first):
        yield r"  \midrule"
    name = r"\quad " * line.depth + (name if line.role == "row" or not name else rf"\textbf{{{name}}}")
    yield "  " + " & ".join([name, *others]) + r" \\"
