"""The way from a spec and values to a report, in one call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from flopcalc.binding import bind
from flopcalc.building import build
from flopcalc.convention import Convention, convention_of
from flopcalc.errors import ParameterError, Problem, UnknownNameError, described, shorten, suggest
from flopcalc.importing.loading import is_model, load, load_later
from flopcalc.reading import reading_of
from flopcalc.report import DTYPES, GROUPINGS, ORDERS, Report, make_report
from flopcalc.shapes import read_input
from flopcalc.spec.catalog import spelling
from flopcalc.spec.model import Spec

__all__ = [
    "analyze",
    "analyze_spec",
    "resolve",
    "spelt_here",
    "split_inline",
    "split_settings",
    "texts_of",
    "want_one_of",
]

_INLINE = re.compile(r"(?P<spec>.*?):(?P<settings>\s*[^\W\d]\w*\s*=.*)", re.DOTALL)


def split_inline(text: str) -> tuple[str, dict[str, str]]:
    """Split ``SPEC:alpha=0.5,rho=1`` into the spec's name and its settings.

    Raises
    ------
    ParameterError
        Where a setting is no ``name=value``, or a name stands twice.

    Examples
    --------
    >>> split_inline("mobilenet_v1:alpha=0.5,rho=max(1/2, 4/7)")
    ('mobilenet_v1', {'alpha': '0.5', 'rho': 'max(1/2, 4/7)'})
    """
    match = _INLINE.fullmatch(text)
    if match is None or text.endswith((".yaml", ".yml")):
        return text, {}  # a file's path, whatever its folders are called
    return match["spec"], split_settings(match["settings"])


def spelt_here(text: str) -> str:
    """Return how a spec is named here that a user may spell as he likes; what stands behind its name stays.

    Examples
    --------
    >>> spelt_here("MobileNetV1:alpha=0.5"), spelt_here("./Net.yaml")
    ('mobilenet_v1:alpha=0.5', './Net.yaml')
    """
    name, _ = split_inline(text)
    return spelling(name) + text[len(name) :]


def split_settings(text: str) -> dict[str, str]:
    """Split ``alpha=0.5,rho=1`` into values by name.

    Raises
    ------
    ParameterError
        Where a setting is no ``name=value``, or a name stands twice.

    Examples
    --------
    >>> split_settings("C=4*c, M=max(c, 8)")
    {'C': '4*c', 'M': 'max(c, 8)'}
    """
    settings: dict[str, str] = {}
    for piece in _outer_commas(text):
        name, equals, value = piece.partition("=")
        name = name.strip()
        if not equals or not name or not value.strip():
            raise ParameterError(Problem(f"`{shorten(piece)}` is no setting", None, "name=value", "alpha=0.5,rho=1"))
        if name in settings:
            raise ParameterError(Problem(f"`{shorten(name)}` is set twice", None, "every parameter once"))
        settings[name] = value.strip()
    return settings


def _outer_commas(text: str) -> list[str]:
    pieces, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            pieces.append(text[start:index])
            start = index + 1
    return [*pieces, text[start:]]


def analyze(
    spec_or_name: Spec | str | Path,
    *,
    convention: str | Convention = "paper",
    symbolic: str | Iterable[str] = (),
    symbols: str | Iterable[str] = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    dtype: str = "fp32",
    order: str = "file",
    fused: bool = False,
    batch: int | str = 1,
    training: bool = False,
    optimizer: str | None = None,
    assume_free: str | Iterable[str] = (),
    by: str | None = None,
    **parameters: object,
) -> Report:
    """Return what an architecture or a block costs, layer by layer and in all.

    Parameters
    ----------
    spec_or_name : Spec, str or Path
        A spec, the name of one, of a variant or of a block, or a path; with ``SPEC:alpha=0.5,rho=1`` values inline.
    convention : str or Convention
        What counts as a FLOP: a packaged convention's name, or a path.
    symbolic : iterable of str
        Parameters that stay free; the costs are then formulas in them.
    symbols : iterable of str
        New symbols that the values of an architecture's parameters may be expressions in, ``symbols="a", alpha="a/2"``.
        A block's values may be so without it, unless the name is near to a word of the block's.
    input : str, tuple or mapping, optional
        The input's shape instead of the spec's own: ``"3,512,1024"``, ``(3, 512, 1024)``, or shapes by label.
        What looks like height, width and channels is refused, unless it says so: ``"C=224,H=224,W=3"``.
    assume : iterable of str
        Inequalities by which comparisons of symbols are decided: ``"alpha <= 1"``.
    exact_rounding : bool
        Keep the rounding of symbols as functions, instead of reading it as the identity as textbooks do.
    dtype : str
        The type of an element, from which bytes follow: fp32, fp16, int8 …
    order : str
        Of which order of execution the peak memory is: ``file``, or ``best`` for the one that needs least.
    fused : bool
        Fold norms into the layers before them, and compute activations where their input is, as for inference.
    batch : int or str
        How many samples are computed at once; a name stands for any number of them.
    training : bool
        Tell in :attr:`Report.training` what a step of training takes.
    optimizer : str, optional
        That of the training: ``sgd`` where not given, ``momentum`` or ``adam``.
    assume_free : str or iterable of str
        What layers of unknown cost are called that are taken to cost nothing; ``all`` is every one.
    by : str, optional
        How rows are put together where the report is shown: ``layer``, ``block``, ``stage`` or ``kind``.
    **parameters
        Values of the spec's parameters: int, Fraction, float (the decimal that it prints), bool, or str (a word, or
        an expression whose names are new symbols).

    Returns
    -------
    Report
        Costs are ``int`` where all is known, sympy expressions where symbols are free.

    Raises
    ------
    UnknownNameError, SpecError, ParameterError, ShapeError
        All of them :class:`~flopcalc.errors.FlopcalcError`.

    Examples
    --------
    >>> report = analyze("mobilenet_v1", alpha="1/2", rho=0.714)
    >>> report.totals.params, report.totals.flops
    (1331592, 76524800)
    >>> analyze("separable_conv").totals.params
    C*K**2 + C*O
    """
    if by is not None:
        want_one_of("by", "grouping", by, GROUPINGS)
    spec, settings = resolve(spec_or_name)
    for key in settings:
        if key in parameters:
            raise ParameterError(Problem(f"`{key}` is set twice", None, "every parameter once"))
    report = analyze_spec(
        spec.read_as(reading_of(fused, batch, training, optimizer, assume_free)),
        {**settings, **parameters},
        convention=convention,
        symbolic=symbolic,
        symbols=symbols,
        input=input,
        assume=assume,
        exact_rounding=exact_rounding,
        dtype=dtype,
        order=order,
    )
    return report if by is None else replace(report, shown_by=by)


def resolve(spec_or_name: Spec | str | Path) -> tuple[Spec, dict[str, str]]:
    """Return the spec that a user names, and the values that stand inline behind its name.

    Raises
    ------
    UnknownNameError, SpecError, ParameterError

    Examples
    --------
    >>> spec, settings = resolve("mobilenet_v1:alpha=0.5")
    >>> spec.title, settings
    ('MobileNetV1', {'alpha': '0.5'})
    """
    if isinstance(spec_or_name, str):
        if is_model(spec_or_name):
            return load_later(spec_or_name), {}
        name, settings = split_inline(spec_or_name)
        return load(name), settings
    if isinstance(spec_or_name, Path):
        return load(spec_or_name), {}
    if isinstance(spec_or_name, Spec):
        return spec_or_name, {}
    raise _wrong("the spec", spec_or_name, "a name, a path or a Spec")


def _wrong(what: str, value: object, expected: str) -> ParameterError:
    return ParameterError(Problem(f"{what} is {shorten(described(value))}", None, expected))


def want_one_of(name: str, what: str, value: object, known: Iterable[str]) -> None:
    """Refuse what is none of some words, with those that there are.

    Raises
    ------
    ParameterError, UnknownNameError
    """
    words = tuple(known)
    if not isinstance(value, str):
        raise _wrong(name, value, "one of " + ", ".join(words))
    if value not in words:
        raise UnknownNameError(
            Problem(f"there is no {what} `{shorten(value)}`", None, "one of " + ", ".join(words), suggest(value, words))
        )


def given_values(parameters: object, others: Mapping[str, object]) -> dict[str, object]:
    """Return values of parameters by name, those in a mapping and those by keyword.

    Raises
    ------
    ParameterError
        Where `parameters` is no mapping of names.
    """
    if parameters is not None and not (isinstance(parameters, Mapping) and all(isinstance(n, str) for n in parameters)):
        raise _wrong("parameters", parameters, "values by the parameters' names")
    return {**(parameters or {}), **others}


def texts_of(what: str, value: str | Iterable[str]) -> list[str]:
    """Return the texts of an argument; those of one text stand between commas, as on the command line.

    Raises
    ------
    ParameterError
        Where `value` is neither a text nor texts.
    """
    if isinstance(value, str):
        return [piece.strip() for piece in _outer_commas(value) if piece.strip()]
    try:
        texts = list(value)
    except TypeError:
        raise _wrong(what, value, "texts") from None
    for text in texts:
        if not isinstance(text, str):
            raise _wrong(what, text, "a text")
    return texts


def analyze_spec(
    spec: Spec,
    parameters: Mapping[str, object],
    *,
    convention: str | Convention = "paper",
    symbolic: str | Iterable[str] = (),
    symbols: str | Iterable[str] | None = (),
    input: str | tuple[object, object, object] | Mapping[str, object] | None = None,
    assume: str | Iterable[str] = (),
    exact_rounding: bool = False,
    dtype: str = "fp32",
    order: str = "file",
    real: Iterable[str] | None = None,
) -> Report:
    """Do what :func:`analyze` does, with the parameters in a mapping: one may be named like an option.

    `real` names symbols of the values that are positive real numbers, and not whole ones.
    Where `symbols` is None any name in a value is a symbol, of an architecture too: as in claims.
    """
    if not isinstance(exact_rounding, bool):
        raise _wrong("exact_rounding", exact_rounding, "True or False")
    want_one_of("dtype", "data type", dtype, DTYPES)
    want_one_of("order", "order of execution", order, ORDERS)
    shapes = read_input(input)
    spec = spec.at(shapes)
    binding = bind(
        spec,
        parameters,
        symbolic=texts_of("symbolic", symbolic),
        symbols=None if symbols is None else texts_of("symbols", symbols),
        shapes=shapes,
        assume=texts_of("assume", assume),
        exact_rounding=exact_rounding,
        real=real,
    )
    rules = convention_of(convention)
    built = build(spec, binding)
    return make_report(spec, built.graph, built.parameters, rules, binding.arithmetic, dtype, order)
