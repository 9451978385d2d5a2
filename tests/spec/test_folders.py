"""What a document names lies in its folder, and an error repeats nothing of a file that is no document."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc import FlopcalcError, analyze, load
from flopcalc.convention import load_convention
from flopcalc.spec.loader import FOLDERS
from flopcalc.theory.derivations import load_derivation
from flopcalc.theory.experiments import load_experiment
from flopcalc.theory.worksheets import load_worksheet, mark

BLOCK = "parameters: {out: }\nlayers:\n  - conv: {out: out, kernel: 1}\n"
USER = "input: [3, 8, 8]\nlayers:\n  - part: {out: 4}\n"
NET = "input: [3, 8, 8]\nlayers:\n  - conv: {out: 4, kernel: 1}\n"
CONVENTION = "name: twice\nflops: {conv: 2 * madds}\n"
SECRETS = [
    "root:x:0:0:hunter2:/root\nkey: [hunter2\n",
    "-----KEY-----\nhunter2\n",
    "hunter2: 1\n",
    "[hunter2]\n",
    "!hunter2 a",
]


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """Return a folder beside which there lies what it must not read."""
    (tmp_path / "outside.yaml").write_text(NET)
    (tmp_path / "twice.yaml").write_text(CONVENTION)
    (tmp_path / "part.yaml").write_text(BLOCK)
    folder = tmp_path / "inside"
    (folder / "blocks").mkdir(parents=True)
    (folder / "below").mkdir()
    (folder / "below" / "net.yaml").write_text(NET)
    (folder / "net.yaml").write_text(USER)
    return folder


def claim(folder: Path, **keys: str) -> str:
    """Write a worksheet of one claim, and return its path."""
    path = folder / "sheet.yaml"
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    path.write_text(f'claims:\n  - claim: "12"\n    metric: params\n{lines}')
    return str(path)


def test_a_block_behind_a_link_that_leaves_the_folder_is_not_read(
    inside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = inside / "blocks" / "part.yaml"
    link.symlink_to(inside.parent / "part.yaml")
    with pytest.raises(FlopcalcError, match=r"net.yaml:3:5: `blocks/part.yaml` leads out of the folder of net.yaml"):
        load(str(inside / "net.yaml"))
    monkeypatch.setenv(FOLDERS, f"/nowhere:{inside.parent}")
    assert analyze(str(inside / "net.yaml")).totals.params == 12


def test_a_block_behind_a_link_within_the_folder_is_read(inside: Path) -> None:
    (inside / "below" / "part.yaml").write_text(BLOCK)
    (inside / "blocks" / "part.yaml").symlink_to("../below/part.yaml")
    assert analyze(str(inside / "net.yaml")).totals.params == 12


def test_a_folder_behind_a_link_is_the_users_own_word(inside: Path, tmp_path: Path) -> None:
    (inside / "blocks" / "part.yaml").write_text(BLOCK)
    (tmp_path / "link").symlink_to(inside)
    assert analyze(str(tmp_path / "link" / "net.yaml")).totals.params == 12


@pytest.mark.parametrize("where", ["../outside.yaml", "{}/outside.yaml", "below/../../outside.yaml", "below/link.yaml"])
@pytest.mark.parametrize("key", ["of", "over"])
def test_a_worksheet_names_specs_in_its_folder_alone(
    inside: Path, where: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inside / "below" / "link.yaml").symlink_to(inside.parent / "outside.yaml")
    others = {"of": "conv"} if key == "over" else {}
    sheet = claim(inside, **others, **{key: where.format(inside.parent)})
    with pytest.raises(FlopcalcError, match=r"sheet.yaml:\d:\d+: `.*` leads out of the folder of sheet.yaml") as caught:
        load_worksheet(sheet)
    assert FOLDERS in str(caught.value)
    monkeypatch.setenv(FOLDERS, str(inside.parent))
    assert load_worksheet(sheet)
    monkeypatch.delenv(FOLDERS)
    (marked,) = mark(load_worksheet(claim(inside, of="below/net.yaml"))).verdicts
    assert marked.outcome == "proved"


def test_a_worksheet_names_a_convention_beside_it(inside: Path) -> None:
    with pytest.raises(FlopcalcError, match="leads out of the folder"):
        load_worksheet(claim(inside, of="conv", convention="../twice.yaml"))
    (inside / "twice.yaml").write_text(CONVENTION)
    (verdict,) = mark(load_worksheet(claim(inside, of="below/net.yaml", convention="./twice.yaml"))).verdicts
    assert verdict.outcome == "proved"


@pytest.mark.parametrize("content", SECRETS)
@pytest.mark.parametrize(
    "read", [load, load_worksheet, load_convention, load_experiment, load_derivation], ids=lambda read: read.__name__
)
def test_an_error_repeats_nothing_of_a_file_that_is_no_document(inside: Path, content: str, read: object) -> None:
    assert callable(read)
    secret = inside / "secret.env"
    secret.write_text(content)
    with pytest.raises(FlopcalcError) as caught:
        read(str(secret))
    assert "no file of flopcalc's" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", SECRETS)
def test_an_error_repeats_nothing_of_a_file_that_a_document_leads_to(inside: Path, content: str) -> None:
    secret = inside.parent / "secret.yaml"
    secret.write_text(content)
    (inside / "blocks" / "part.yaml").symlink_to(secret)
    for path in (claim(inside, of="../secret.yaml"), claim(inside, of=str(secret)), str(inside / "net.yaml")):
        with pytest.raises(FlopcalcError, match="leads out of the folder") as caught:
            (load_worksheet if "sheet" in path else load)(path)
        assert "hunter2" not in str(caught.value)


def test_a_spec_under_another_name_is_read_and_its_faults_are_told(inside: Path) -> None:
    other = inside / "net.txt"
    other.write_text(NET)
    assert analyze(str(other)).totals.params == 12
    other.write_text(NET.replace("kernel", "kernl"))
    with pytest.raises(FlopcalcError, match="kernl"):
        load(str(other))
