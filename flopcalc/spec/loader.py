"""From a name or a path to a checked Spec, with the shared blocks that it uses."""

from __future__ import annotations

from functools import cache
from os.path import lexists, realpath
from pathlib import Path

from flopcalc.errors import Problem, SpecError, UnknownNameError, listed, shallow, shorten, suggest
from flopcalc.spec import catalog
from flopcalc.spec.model import Spec
from flopcalc.spec.parse import parse_spec
from flopcalc.spec.paths import FOLDERS, beside, is_path
from flopcalc.spec.syntax import compose, read_text
from flopcalc.spec.words import DEEPEST_BLOCKS, SPEC_KEYS

__all__ = ["FOLDERS", "beside", "is_path", "load"]


@shallow
def load(name_or_path: str | Path) -> Spec:
    """Return the spec of a packaged name, a variant, or a file.

    Parameters
    ----------
    name_or_path : str or Path
        ``mobilenet_v1``, ``resnet50``, ``separable_conv``, whatever its case, hyphens and underscores, or the path of
        a YAML file (it holds ``/`` or ends in ``.yaml``); ``net.yaml#small`` is a variant of that file.

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
    if not isinstance(name_or_path, (str, Path)):
        raise UnknownNameError(Problem(f"the spec is {shorten(name_or_path)}", None, "a name or a path"))
    text = str(name_or_path)
    if isinstance(name_or_path, Path):
        return _Session().file(name_or_path, text)
    if is_path(text):
        file, mark, variant = text.rpartition("#")
        if not mark or not file.endswith((".yaml", ".yml")):
            return _Session().file(Path(text), text)
        return _variant(_Session().file(Path(file), file), variant)
    found = catalog.find(text)
    if found is None:
        raise catalog.unknown(text)
    spec = _packaged(found[0])
    return spec.as_variant(found[1]) if found[1] else spec


def _variant(spec: Spec, name: str) -> Spec:
    """Return one of a file's variants."""
    if name in spec.variants:
        return spec.as_variant(name)
    what = f"{spec.name} has no variant `{shorten(name)}`"
    raise UnknownNameError(
        Problem(what, spec.place, "one of " + listed(spec.variants, "none"), suggest(name, spec.variants))
    )


@cache
def _packaged(path: Path) -> Spec:
    return _Session().file(path, path.name)


class _Session:
    """One load: the files being read, innermost last, so that a block that leads to itself is seen."""

    def __init__(self, trail: tuple[Path, ...] = (), done: dict[Path, Spec | SpecError] | None = None) -> None:
        self.trail = trail
        self.done: dict[Path, Spec | SpecError] = {} if done is None else done

    def file(self, path: Path, shown: str) -> Spec:
        text = read_text(path, shown)
        problems: list[Problem] = []
        node = compose(text, shown, problems, known=SPEC_KEYS)
        inner = _Session((*self.trail, Path(realpath(path))), self.done)
        return parse_spec(
            node,
            shown=shown,
            path=path,
            text=text,
            find_block=lambda name: inner.block(name, path),
            problems=problems,
        )

    def once(self, path: Path, resolved: Path) -> Spec:
        """Return the spec of a block's file, which is read once, however many use it."""
        known = self.done.get(resolved)
        if known is None:
            try:
                known = self.file(path, str(path) if catalog.packaged_root() not in resolved.parents else path.name)
            except SpecError as error:
                known = error
            self.done[resolved] = known
        if isinstance(known, SpecError):
            raise known
        return known

    def block(self, name: str, user: Path) -> Spec | None:
        """Find a shared block: in ``blocks/`` beside the file that uses it, then among the packaged ones."""
        variant = ""
        folder = user.parent
        path = folder / "blocks" / f"{name}.yaml"
        plain = len(name) <= 100 and name.isidentifier()
        if not plain or not lexists(path):
            path = folder / f"{name}.yaml"
            if folder.name != "blocks" or not plain or not lexists(path):
                found = catalog.find(name, exactly=True)
                if found is None:
                    return None
                path, variant = found
        if not variant and path.is_relative_to(folder):
            path = beside(user, path.relative_to(folder))
        resolved = Path(realpath(path))
        if resolved in self.trail:
            cycle = " → ".join(item.stem for item in (*self.trail[self.trail.index(resolved) :], resolved))
            raise SpecError(Problem(f"the block `{name}` uses itself: {cycle}", None, "blocks that end in layers"))
        if len(self.trail) >= DEEPEST_BLOCKS:
            raise SpecError(Problem("blocks are nested too deeply", None, f"at most {DEEPEST_BLOCKS} levels"))
        spec = self.once(path, resolved)
        return spec.as_variant(variant) if variant else spec
