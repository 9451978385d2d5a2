"""Opening the YAML files that are no specs: packaged ones by name, a user's by path."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from flopcalc.errors import Problem, UnknownNameError, one_of, shorten, suggest
from flopcalc.spec import catalog
from flopcalc.spec.document import Document
from flopcalc.spec.loader import load
from flopcalc.spec.paths import is_path
from flopcalc.spec.syntax import compose, read_text

__all__ = ["document_of", "one", "open_document"]


def open_document(name_or_path: str, singular: str, known: Collection[str], needed: Collection[str] = ()) -> Document:
    """Return a packaged file of one kind by its name, or a user's by its path, with its `parts`.

    Parameters
    ----------
    name_or_path : str
    singular : str
        What one of them is called, such as ``worksheet``; the packaged ones lie in the folder ``worksheets``.
    known, needed : collection of str
        The keys that it may have, and those that it must have; what is wrong with them is kept in its `problems`.

    Raises
    ------
    UnknownNameError
        Where there is none of that name.
    SpecError
        Where the file is no YAML mapping.

    Examples
    --------
    >>> document = open_document("paper", "convention", ("name", "title", "source", "notes", "unit", "flops"))
    >>> document.path.stem, [*document.parts], document.problems
    ('paper', ['name', 'title', 'source', 'unit', 'notes', 'flops'], [])
    """
    path, shown = Path(name_or_path), name_or_path
    if not is_path(name_or_path):
        path = document_of(name_or_path, singular)
        shown = path.name
    problems: list[Problem] = []
    text = read_text(path, shown, sort=f"{one(singular)}'s file")
    root = compose(text, shown, problems, holds=f"a mapping, as {one(singular)} is", known=known)
    document = Document(root, problems, path, load=load)
    document.parts = document.keyed(root, one(singular), known, needed)
    return document


def document_of(name: str, singular: str) -> Path:
    """Return the packaged file of a convention, a worksheet, a derivation or an experiment.

    Raises
    ------
    UnknownNameError
        Where there is none of that name.

    Examples
    --------
    >>> document_of("G1", "derivation").name
    'g1.yaml'
    """
    found = catalog.find_document(name, f"{singular}s")
    if found is not None:
        return found
    names = sorted(item.stem for item in (catalog.packaged_root() / f"{singular}s").glob("*.yaml"))
    what = f"there is no {singular} `{shorten(name)}`"
    hint = catalog.beside_you(name) or suggest(name, names)
    raise UnknownNameError(Problem(what, None, one_of(names or ["none"]), hint))


def one(singular: str) -> str:
    """Return a word for one thing with its article.

    Examples
    --------
    >>> one("experiment"), one("convention")
    ('an experiment', 'a convention')
    """
    return f"{'an' if singular[0] in 'aeiou' else 'a'} {singular}"
