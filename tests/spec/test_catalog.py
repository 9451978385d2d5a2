"""The index: specs have names of their own, documents are found by the commands that read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc.errors import SpecError
from flopcalc.spec import catalog

SPEC = "name: {name}\ntitle: A title\nsource: A source\ninput: [C, H, W]\nlayers:\n  - relu\n"


def write(root: Path, *files: str) -> None:
    """Write files of the index below a root."""
    for file in files:
        path = root / f"{file}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPEC.format(name=path.stem), encoding="utf-8")


def test_every_kind_is_indexed_and_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    write(tmp_path, "blocks/one", "experiments/two", "other/three")
    assert [(entry.kind, entry.name, entry.file) for entry in catalog.build_index(tmp_path)] == [
        ("blocks", "one", "blocks/one.yaml"),
        ("experiments", "two", "experiments/two.yaml"),
    ]


def test_documents_of_unlike_kinds_may_have_one_name(tmp_path: Path) -> None:
    write(tmp_path, *(f"{kind}/same" for kind in ("blocks", *catalog.DOCUMENT_KINDS)))
    assert len(catalog.build_index(tmp_path)) == 1 + len(catalog.DOCUMENT_KINDS)


def test_specs_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "architectures/same", "blocks/same")
    with pytest.raises(SpecError, match=r"the name same stands in architectures/same\.yaml too"):
        catalog.build_index(tmp_path)


def test_a_document_is_no_spec() -> None:
    documents = [entry.name for entry in catalog.index() if entry.kind in catalog.DOCUMENT_KINDS]
    assert documents
    found = [catalog.find(name) for name in documents]
    assert {path.parent.name for path, _ in filter(None, found)} <= {*catalog.SPEC_KINDS}
