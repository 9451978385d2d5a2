"""LaTeX as authors paste it: captions, labels and notes, tables that fit a column, documents that compile."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from flopcalc import analyze
from flopcalc.errors import FlopcalcError
from flopcalc.render.latex import escaped_latex

Ok = Callable[..., str]
Refused = Callable[..., str]

FIVE = ("mobilenet_v1", "mobilenet_v2", "shufflenet_v2", "ghostnet", "efficientnet_b0")
TITLES = ["MobileNetV1", "MobileNetV2", "ShuffleNetV2", "GhostNet", "EfficientNet-B0"]
COLUMN, PAGE = 252, 345
"""A column of two and the text of one, in points: IEEE's \\columnwidth, and article's \\textwidth at ten points."""

FOOTNOTE = 4.25
"""How wide a digit of Computer Modern is at eight points, and a character of a name on average."""


def rows(text: str) -> list[list[str]]:
    """Return the cells of a tabular's rows."""
    body = text.split(r"\toprule")[1].split(r"\bottomrule")[0]
    return [line.removesuffix(r" \\")[2:].split(" & ") for line in body.splitlines() if " & " in line]


# -- what stands around a table --------------------------------------------------------------------------------------


def test_a_caption_is_text_and_no_latex(ok: Ok) -> None:
    caption = r"100% of a_b & #1 $x$ ~ ^ \ {y}"
    said = ok("separable_conv", "--format", "latex", "--caption", caption)
    want = r"100\% of a\_b \& \#1 \$x\$ \textasciitilde{} \textasciicircum{} \textbackslash{} \{y\}"
    assert rf"  \caption{{{want}}}" in said.splitlines()
    assert r"\caption{Depthwise" not in said


def test_a_label_stands_below_the_caption(ok: Ok) -> None:
    lines = ok("compare", *FIVE, "--format", "latex", "--caption", "Costs", "--label", "tab:costs").splitlines()
    assert lines[lines.index(r"  \caption{Costs}") + 1] == r"  \label{tab:costs}"


def test_every_table_has_a_label_of_its_own(ok: Ok) -> None:
    said = ok("audit", "resnet18", "--format", "latex", "--label", "tab:a", "--caption", "Findings")
    assert re.findall(r"\\label\{(.*)\}", said) == ["tab:a", "tab:a-2"]
    assert said.count(r"\caption{Findings}") == 1


@pytest.mark.parametrize("label", ["a b", "ta{b", "x%", "x#1", "\\x", "é"])
def test_a_label_that_latex_could_not_read_is_refused(refused: Refused, label: str) -> None:
    said = refused("resnet18", "--format", "latex", "--label", label)
    assert "is no label" in said
    assert "letters, digits" in said


@pytest.mark.parametrize("name", ["table", "json", "csv", "tsv", "markdown", "html"])
@pytest.mark.parametrize("given", [("--caption", "A"), ("--label", "a"), ("--standalone",)], ids=" ".join)
def test_what_papers_have_is_refused_in_words_elsewhere(refused: Refused, name: str, given: tuple[str, ...]) -> None:
    assert f"{given[0]} does not go with the format {name}" in refused("resnet18", "--format", name, *given)


def test_a_file_may_say_that_it_is_latex(ok: Ok, refused: Refused, tmp_path: Path) -> None:
    file = tmp_path / "t.tex"
    ok("resnet18", "--caption", "Costs", "--output", str(file))
    assert r"\caption{Costs}" in file.read_text(encoding="utf-8")
    assert "--caption does not go" in refused("resnet18", "--caption", "Costs", "--output", str(tmp_path / "t.md"))
    assert "--label does not go with Parquet" in refused(
        "sweep", "mobilenet_v1", "--alpha", "0.5,1", "--label", "a", "--output", str(tmp_path / "t.parquet")
    )


def test_an_empty_caption_is_refused(refused: Refused) -> None:
    assert "--caption is empty" in refused("resnet18", "--format", "latex", "--caption", " ")


def test_an_answer_without_a_table_has_no_caption(ok: Ok, refused: Refused) -> None:
    given = ("verify", "(C+O)^2 >= 4*C*O", "--format", "latex")
    assert "there is no table" in refused(*given, "--caption", "A")
    assert r"\documentclass" in ok(*given, "--standalone")
    assert r"\documentclass" in ok("derive", "g1", "--format", "latex", "--standalone")
    assert "--caption" in refused("derive", "g1", "--format", "latex", "--caption", "A")


def test_what_was_counted_is_a_note_below_the_table(ok: Ok) -> None:
    lines = ok("compare", *FIVE, "--format", "latex").splitlines()
    caption = next(line for line in lines if r"\caption" in line)
    assert caption == rf"  \caption{{{TITLES[0]} beside {', '.join(TITLES[1:])}.}}"
    (note,) = (line for line in lines if "One FLOP is" in line)
    assert lines.index(note) > lines.index(r"  \end{tabular}")
    assert r"\footnotesize" in note
    assert "Ratios are to MobileNetV1." in note


def test_a_standalone_document_loads_what_it_needs(ok: Ok) -> None:
    lines = ok("resnet152", "--format", "latex", "--standalone").splitlines()
    assert lines[0] == r"\documentclass{article}"
    assert r"\usepackage{amsmath,booktabs,longtable}" in lines
    assert lines[-1] == r"\end{document}"
    assert lines.count(r"\begin{document}") == 1


@pytest.mark.parametrize(
    ("caption", "package"),
    [("卷积网络的代价", "ctex"), ("Стоимость", "fontspec"), ("Coût d'un réseau, α = 1", None)],
    ids=["Chinese", "Cyrillic", "French"],
)
def test_a_standalone_document_in_other_letters_says_what_compiles_it(
    ok: Ok, caption: str, package: str | None
) -> None:
    first, *lines = ok("resnet18", "--format", "latex", "--standalone", "--caption", caption).splitlines()
    if package is None:
        assert first == r"\documentclass{article}"
    else:
        assert first.startswith("% for XeLaTeX or LuaLaTeX")
        assert rf"\usepackage{{{package}}}" in lines[: lines.index(r"\begin{document}")]


def test_a_table_over_pages_has_a_caption_and_a_label_too(ok: Ok) -> None:
    said = ok("resnet152", "--format", "latex", "--caption", "Layers", "--label", "tab:layers")
    above, _, below = said.partition(r"\endfirsthead")
    assert "  \\caption{Layers}\n  \\label{tab:layers} \\\\\n  \\toprule" in above
    assert r"\caption" not in below
    assert below.index(r"\end{longtable}") < below.index("One FLOP is")


# -- networks down, metrics across -----------------------------------------------------------------------------------


def test_titles_stand_for_names(ok: Ok) -> None:
    _, *body = rows(ok("compare", *FIVE, "--format", "latex"))
    assert [row[0] for row in body] == TITLES


def test_values_of_one_side_stand_beside_its_title_and_shared_ones_below(ok: Ok) -> None:
    sides = ("mobilenet_v1:alpha=0.5", "mobilenet_v1", "mobilenet_v2", "ghostnet")
    said = ok("compare", *sides, "--format", "latex", "--rho", "4/7", "--metrics", "params")
    assert [row[0] for row in rows(said)[1:]] == [
        r"MobileNetV1, $\rho$ = 4/7, $\alpha$ = 0.5", r"MobileNetV1, $\rho$ = 4/7",
        r"MobileNetV2, $\rho$ = 4/7", "GhostNet",
    ]  # fmt: skip
    shared = ok("compare", *sides[:3], "--format", "latex", "--rho", "4/7", "--metrics", "params")
    assert "For each: rho = 4/7, input = " in shared


def test_numbers_of_a_column_have_one_unit_which_its_header_says(ok: Ok) -> None:
    head, first, second, *_ = rows(ok("compare", *FIVE, "--format", "latex"))
    assert [cell for cell in head if "(M)" in cell] == [
        rf"\begin{{tabular}}[b]{{@{{}}r@{{}}}}{name}\\(M)\end{{tabular}}" for name in ("Params", "FLOPs", "MAC")
    ]
    assert first[1:] == ["4.232", "1", "568.7", "1", "34.64", "1"]
    assert second[1:] == ["3.505", "0.828", "300.8", "0.529", "43.23", "1.248"]
    exact = rows(ok("compare", *FIVE, "--format", "latex", "--units", "exact"))
    assert exact[1][1] == r"4\,231\,976"


@pytest.mark.parametrize("given", [(), ("--no-ratio",)], ids=["ratios", "none"])
def test_five_networks_fit_a_column(ok: Ok, given: tuple[str, ...]) -> None:
    said = ok("compare", *FIVE, "--format", "latex", *given)
    assert r"\begin{table}" in said
    assert r"\footnotesize" in said
    assert r"\setlength{\tabcolsep}{3pt}" in said
    columns = zip(*rows(said), strict=True)
    bare = (
        [re.sub(r"\\(begin|end)\{tabular\}(\[b\]\{@\{\}r@\{\}\})?", "", cell).split(r"\\") for cell in column]
        for column in columns
    )
    widest = [max(len(line) for cell in column for line in cell) for column in bare]
    assert sum(widest) * FOOTNOTE + 6 * (len(widest) - 1) <= COLUMN


def test_a_wide_table_goes_over_both_columns(ok: Ok) -> None:
    assert r"\begin{table*}" in ok("separable_conv", "--format", "latex")


def test_metrics_that_a_column_has_no_room_for_are_named_in_a_comment(ok: Ok) -> None:
    said = ok("compare", *FIVE, "--format", "latex")
    assert "% For want of room without weights, activations, peak_memory, receptive_field: --metrics" in said
    assert "% GhostNet: Han et al. 2020, arXiv:1911.11907, Table 1" in said.splitlines()
    asked = ok("compare", *FIVE, "--format", "latex", "--metrics", "weights,activations")
    assert "For want" not in asked
    assert len(rows(asked)[1]) == 5


def test_there_are_no_ratios_where_none_are_asked_for(ok: Ok) -> None:
    for name in ("table", "markdown", "latex", "html", "csv", "tsv"):
        said = ok("compare", *FIVE[:2], "--format", name, "--no-ratio", "--metrics", "params")
        assert "atio" not in said.replace("operation", "")
        assert "0.828" not in said


@pytest.mark.parametrize("name", ["markdown", "html", "latex"])
def test_documents_have_networks_down_from_four_on(ok: Ok, name: str) -> None:
    metrics = ("--format", name, "--metrics", "params,flops")

    def rows_of(count: int, *given: str) -> int:
        said = ok("compare", *FIVE[:count], *metrics, *given)
        return len(re.findall(r"^\|.*\|$|<tr>(?!<th style=\"text-align:left\")|^  .*& .*\\\\$", said, re.MULTILINE))

    assert rows_of(5) - rows_of(4) == 1
    assert rows_of(3, "--transpose") - rows_of(2, "--transpose") == 1
    assert rows_of(3) == rows_of(2)
    assert rows_of(5, "--no-transpose") == rows_of(3)


def test_a_screen_has_networks_down_where_that_is_asked_for(run: Callable[..., object], ok: Ok) -> None:
    lines = ok("compare", *FIVE, "--transpose", "--metrics", "params,flops").splitlines()
    head = next(number for number, line in enumerate(lines) if "Params" in line)
    assert lines[head].split() == ["Params", "ratio", "FLOPs", "ratio"]
    assert lines[head + 3].split() == ["mobilenet_v2", "3,504,872", "0.828", "300,774,272", "0.529"]


def test_rows_for_programs_are_turned_only_where_that_is_asked_for(ok: Ok, refused: Refused) -> None:
    given = ("--metrics", "params,receptive_field", "--format", "csv")
    assert ok("compare", *FIVE, *given).startswith("metric,mobilenet_v1,mobilenet_v2,")
    turned = ok("compare", *FIVE[:2], *given, "--transpose").splitlines()
    assert turned[0] == "spec,params,params ratio,receptive_field"
    assert turned[1] == "mobilenet_v1,4231976,1,315x315"
    assert turned[2].startswith("mobilenet_v2,3504872,0.828")
    for option in ("--transpose", "--no-transpose", "--no-ratio"):
        assert "does not go with --format json" in refused("compare", *FIVE[:2], "--format", "json", option)


# -- one style of formula --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("resnet_bottleneck", "--C", "4*M"),
        ("compare", "resnet_bottleneck", "resnext_bottleneck", "--C", "4*M"),
        ("verify", "17HWM^2", "--of", "resnet_bottleneck", "--where", "C=4*M"),
    ],
    ids=" ".join,
)
def test_every_command_sets_formulas_as_books_do(ok: Ok, command: tuple[str, ...]) -> None:
    assert "17HWM^{2}" in ok(*command, "--format", "latex")


# -- compiled --------------------------------------------------------------------------------------------------------

compiled = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")


def log_of(text: str, folder: Path) -> str:
    """Return what LaTeX says of a document."""
    (folder / "t.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said[-3000:]
    return said


@compiled
@pytest.mark.parametrize(
    "command",
    [("resnet152",), ("compare", *FIVE), ("bound", "inverted_residual"), ("derive", "g1"), ("verify", "coursework")],
    ids=lambda command: command[0],
)
def test_a_document_compiles(ok: Ok, tmp_path: Path, command: tuple[str, ...]) -> None:
    log_of(ok(*command, "--format", "latex", "--standalone"), tmp_path)


ROOT = Path(__file__).parents[2]


@compiled
@pytest.mark.parametrize("folder", ["specs", "flopcalc/theory"])
def test_every_sign_of_formulas_and_texts_is_set(tmp_path: Path, folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".yaml", ".py")]
    signs = sorted({sign for path in files for sign in path.read_text(encoding="utf-8") if sign > "~"})
    words = [escaped_latex(sign) for sign in signs if unicodedata.category(sign) != "Lo"]  # there is no Chinese type
    above = "\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n"
    log_of(above + "\n".join(words) + "\n\\end{document}\n", tmp_path)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("⌈H/s⌉", r"$\lceil$H/s$\rceil$"),
        ("kᴺ⁻¹", r"k$^{N}$$^{-}$$^{1}$"),
        ("cᵢ₊₁", r"c$_{i}$$_{+}$$_{1}$"),
        ("Ω(ϑ)", r"$\Omega$($\theta$)"),
        ("（１）", "(1)"),
        ("naïve é ½", "naïve é ½"),
    ],
)
def test_a_sign_is_set_by_what_it_stands_for(text: str, want: str) -> None:
    assert escaped_latex(text) == want


@compiled
@pytest.mark.parametrize("width", [COLUMN, PAGE])
@pytest.mark.parametrize("given", [(), ("--no-ratio",)], ids=["ratios", "none"])
def test_five_networks_are_set_in_a_column_without_an_overfull_line(
    ok: Ok, tmp_path: Path, width: int, given: tuple[str, ...]
) -> None:
    said = ok("compare", *FIVE, "--format", "latex", "--standalone", "--caption", "Costs", *given)
    said = said.replace("margin=2cm", f"textwidth={width}pt")
    assert "Overfull" not in log_of(said, tmp_path)


def test_results_are_saved_for_papers(tmp_path: Path) -> None:
    report = analyze("separable_conv")
    report.save(tmp_path / "t.tex", caption="A & B", label="tab:ab", standalone=True)
    text = (tmp_path / "t.tex").read_text(encoding="utf-8")
    assert "  \\caption{A \\& B}\n  \\label{tab:ab}\n" in text
    assert text.startswith(r"\documentclass")
    with pytest.raises(FlopcalcError, match="caption does not go with the format csv"):
        report.save(tmp_path / "t.csv", caption="A")
