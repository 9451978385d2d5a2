"""The writers of every result, by the word that it is shown as; each is imported when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flopcalc.shown import Writers

__all__ = ["WRITERS", "writers_of"]


def _json(value: Any, indent: int | None) -> str:
    from flopcalc.render.json import dump

    return dump(value, indent=indent)


def _report() -> Writers:
    from flopcalc.render.html import report_as_html
    from flopcalc.render.json import report_as_dict

    return Writers(report_as_dict, _json, report_as_html)


WRITERS: Mapping[str, Callable[[], Writers]] = {"report": _report}
"""One row a result."""


def writers_of(word: str) -> Writers:
    """Return the writers of a result.

    Examples
    --------
    >>> writers_of("report").as_json({"params": 6}, None)
    '{"params": 6}'
    """
    return WRITERS[word]()
