"""Names that are paths of files, and where a file may lead that names another one."""

from __future__ import annotations

import os
from os.path import realpath
from pathlib import Path

from flopcalc.errors import Problem, SpecError, shorten
from flopcalc.spec import catalog

__all__ = ["FOLDERS", "beside", "is_path"]

FOLDERS = "FLOPCALC_FOLDERS"
"""The variable of the environment in which a user names folders that documents may read from, as PATH names them."""


def is_path(name: str) -> bool:
    """Tell whether `name` is a file's path and no packaged name: it holds ``/`` or ends in ``.yaml`` or ``.onnx``."""
    return "/" in name or "\\" in name or name.partition("#")[0].endswith((".yaml", ".yml", ".onnx"))


def beside(document: Path, name: str | Path) -> Path:
    """Return the path of a file that a document names: one in the document's folder or below, where links end too.

    What a user names himself may lie anywhere; what a file names that he was given may not.

    Raises
    ------
    SpecError
        Where it leads elsewhere, and not to one of the folders in :data:`FOLDERS`. Nothing is read of it.
    """
    path = document.parent / name
    if catalog.packaged_root() in document.parents:
        return path
    allowed = [document.parent, *filter(None, os.environ.get(FOLDERS, "").split(os.pathsep))]
    try:
        real = Path(realpath(path))
        inside = any(real.is_relative_to(os.path.realpath(str(folder))) for folder in allowed)
    except (OSError, ValueError):
        inside = True  # a name that cannot be a file's: reading it says so
    if not inside:
        raise SpecError(
            Problem(
                f"`{shorten(str(name))}` leads out of the folder of {shorten(document.name)}",
                None,
                "a file in that folder or below it",
                f"a copy there, or its folder in the environment: {FOLDERS}=…",
            )
        )
    return path
