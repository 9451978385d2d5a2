"""From a name or a path to a checked Spec, with the shared blocks that it uses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flopcalc.errors import Problem, SpecError
from flopcalc.spec import catalog
from flopcalc.spec.model import Spec
from flopcalc.spec.parse import DEEPEST_BLOCKS, parse_spec
from flopcalc.spec.syntax import compose, read_text

__all__ = ["is_path", "load"]


def is_path(name: str) -> bool:
    """Tell whether `name` is a file's path and not a packaged name: it holds ``/`` or ends in ``.yaml``."""
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml"))


def load(name_or_path: str | Path) -> Spec:
    """Return the spec of a packaged name, a variant, or a file.

    Parameters
    ----------
    name_or_path : str or Path
        ``mobilenet_v1``, ``resnet50``, ``separable_conv``, or the path of a YAML file (it holds ``/`` or ends in
        ``.yaml``).

    Returns
    -------
    Spec
        Checked: every name in it is known, every block it uses is found.

    Raises
    ------
    UnknownNameError
        Where nothing has that name.
    SpecError
        With all the faults of the file.

    Examples
    --------
    >>> load("resnet50").title
    'ResNet'
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or is_path(text):
        return _Session().file(Path(text), text)
    found = catalog.find(text)
    if found is None:
        raise catalog.unknown(text)
    spec = _packaged(found[0])
    return spec.as_variant(found[1]) if found[1] else spec


@cache
def _packaged(path: Path) -> Spec:
    return _Session().file(path, path.name)


class _Session:
    """One load: the files being read, innermost last, so that a block that leads to itself is seen."""

    def __init__(self, trail: tuple[Path, ...] = ()) -> None:
        self.trail = trail

    def file(self, path: Path, shown: str) -> Spec:
        text = read_text(path, shown)
        node = compose(text, shown)
        folder = path.parent
        inner = _Session((*self.trail, path.resolve()))
        return parse_spec(node, shown=shown, path=path, text=text, find_block=lambda name: inner.block(name, folder))

    def block(self, name: str, folder: Path) -> Spec | None:
        """Find a shared block: in ``blocks/`` beside the user's file, then among the packaged ones."""
        variant = ""
        path = folder / "blocks" / f"{name}.yaml"
        beside = len(name) <= 100 and name.isidentifier()
        if not beside or not path.is_file():
            path = folder / f"{name}.yaml"
            if folder.name != "blocks" or not beside or not path.is_file():
                found = catalog.find(name)
                if found is None:
                    return None
                path, variant = found
        resolved = path.resolve()
        if resolved in self.trail:
            cycle = " → ".join(item.stem for item in (*self.trail[self.trail.index(resolved) :], resolved))
            raise SpecError(Problem(f"the block `{name}` uses itself: {cycle}", None, "blocks that end in layers"))
        if len(self.trail) >= DEEPEST_BLOCKS:
            raise SpecError(Problem(f"blocks are nested too deeply at `{name}`", None, f"at most {DEEPEST_BLOCKS}"))
        spec = self.file(path, str(path) if catalog.packaged_root() not in resolved.parents else path.name)
        return spec.as_variant(variant) if variant else spec
