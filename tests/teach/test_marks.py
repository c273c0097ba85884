"""Numbers in prose come from cells, or were measured once; the environment is fixed."""

import json
import platform
import subprocess
import sys

import nbformat.v4 as nb
import pandas as pd
import pytest

from sevensteps.measure import Interval
from sevensteps.teach import measured
from sevensteps.teach.chapters import find_root
from sevensteps.teach.marks import PREFIX, entries, fill, recorded, wrong_marks

ENTRY = "gains[trees, gain]"


def chapter(text, **numbers):
    data = {f"{PREFIX}text/plain": json.dumps(numbers)}
    about = {"scrapbook": {"name": "record: numbers", "mime_prefix": PREFIX}}
    output = nb.new_output("display_data", data=data, metadata=about)
    code = nb.new_code_cell("record(...)", outputs=[output])
    return nb.new_notebook(cells=[nb.new_markdown_cell(text), code])


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("<!--=ap-->?<!--/-->", "ap"),
        ("<!-- =ap -->0.999<!--/-->", "ap"),
        ("<!--= ap-->0.999<!-- / -->", "ap"),
        ("<!--\t=ap\t-->0.999<!--/ -->", "ap"),
        ("<!--\n=ap\n-->0.999\n<!--/-->", "ap"),
        ("<!--=gains[trees, gain]-->?<!--/-->", ENTRY),
        ("<!--=gains[trees,\ngain]-->?<!--/-->", ENTRY),
        ("<!--=n[> 5]-->?<!--/-->", "n[> 5]"),
    ],
)
def test_fill_puts_what_a_later_cell_recorded(written, name):
    page = chapter(f"It is {written}, not 1.", **{name: "0.311"})
    [(cell, told)] = wrong_marks(page)
    assert cell == 0
    assert told.startswith(f"{name} says '")
    fill(page)
    assert page.cells[0].source == f"It is <!--={name}-->0.311<!--/-->, not 1."
    assert wrong_marks(page) == []


def test_each_entry_of_a_table_has_a_name():
    gains = pd.DataFrame(
        {"gain": [Interval(1, 0, 2), "never"], "n": [2.5, 3.0]},
        index=["trees, pruned", "lines"],
    )
    assert entries({"gains": gains, "n": pd.Series({"a": 1234.5})}) == {
        "gains[trees, pruned, gain]": "1.00 [0, 2.00]",
        "gains[trees, pruned, n]": "2.5",
        "gains[lines, gain]": "never",
        "gains[lines, n]": "3",
        "n[a]": "1,230",
    }


@pytest.mark.parametrize(
    "written",
    [
        "<!--=ap-->0.311, and more",
        "<!--=ap-->0.311\n\nIn the next paragraph<!--/-->",
        "0.311<!--/-->",
        "<!--=ap-->0.311<!--/ap-->",
        "<!--=ap-->a <!--=ap-->0.311<!--/--> b<!--/-->",
        "<!—=ap—>0.311<!—/—>",
        "<! --=ap-->0.311<!--/-->",
        "<--=ap-->0.311<--/-->",
        "&lt;!--=ap--&gt;0.311&lt;!--/--&gt;",
        "<!--\\=ap-->0.311<!--/-->",
        "<!--=ap 0.311",
    ],
)
def test_half_a_mark_is_found_and_takes_nothing_along(written):
    page = chapter(f"First <!--=ap-->0.311<!--/-->, then {written}.", ap="0.311")
    before = page.cells[0].source
    assert any("half a mark" in complaint for _, complaint in wrong_marks(page))
    fill(page)
    assert page.cells[0].source == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It is <!--=ap-->0.4<!--/-->.", "ap says '0.4', recorded is '0.311'"),
        ("It is <!--=auc-->0.4<!--/-->.", "no cell records 'auc'"),
        ("Of all,\n<!--=ap-->0.311<!--/--> are **bold**.", "beginning of a line"),
        ("- <!--=ap-->0.311<!--/--> are **bold**.", "beginning of a line"),
        ("> <!--=ap-->0.311<!--/--> are **bold**.", "beginning of a line"),
        ("So `<!--=ap-->0.311<!--/-->`.", "inside code"),
        ("```\na <!--=ap-->0.311<!--/-->\n```", "inside code"),
        ("It is <!--=nan-->nan<!--/-->.", "nan is nan: nothing was measured"),
        ("It is <!--=none-->n/a<!--/-->.", "none is n/a: nothing was measured"),
    ],
)
def test_a_mark_that_shows_something_else_is_found(text, told):
    page = chapter(text, ap="0.311", nan="nan", none="n/a")
    [(_, complaint)] = wrong_marks(page)
    assert told in complaint


def test_an_unknown_name_is_left_alone_and_a_comment_is_no_mark():
    text = "It is <!--=auc-->0.4<!--/-->. a <!-- a remark --> b, `a <- b`, a <= b, x<!y"
    page = chapter(text, ap="0.311")
    assert wrong_marks(page) == [(0, "no cell records 'auc'")]
    fill(page)
    assert page.cells[0].source == text
    assert recorded(page) == {"ap": "0.311"}


RECORDS = sorted((find_root() / "data" / "measured").glob("*.json"))


def test_a_record_is_a_table_of_floats_by_scale(tmp_path):
    rows = {"few": {"bales": 3, "needles": 5}, "many": {"bales": 30}}
    told = {"about": {"numpy": "2.0"}, "rows": rows}
    (tmp_path / "hay-bales.json").write_text(json.dumps(told), encoding="utf-8")
    table = measured("hay-bales", folder=tmp_path)
    assert table.isna().sum().sum() == 1  # what was not measured everywhere
    assert table.fillna(0).to_dict() == {
        "few": {"bales": 3, "needles": 5},
        "many": {"bales": 30, "needles": 0},
    }
    assert set(table.dtypes.astype(str)) == {"float64"}
    assert table.attrs == {"numpy": "2.0"}
    command = r"python benchmarks/straw_s.py --write data/measured/straw-s\.json"
    with pytest.raises(FileNotFoundError, match=command):
        measured("straw-s", folder=tmp_path)


@pytest.mark.parametrize("path", RECORDS or [None], ids=lambda path: path.stem)
def test_a_stored_record_names_a_benchmark_that_is_there(path):
    table = measured(path.stem)
    benchmark = f"benchmarks/{path.stem.replace('-', '_')}.py"
    assert (find_root() / benchmark).is_file()
    assert table.attrs["command"].startswith(f"python {benchmark} ")
    assert f"--write data/measured/{path.name}" in table.attrs["command"]
    assert table.notna().all(axis=None)


x86 = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors"
)


def told(code):
    fixed = [sys.executable, "-m", "sevensteps.teach.environment", sys.executable]
    run = subprocess.run([*fixed, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert not run.stderr
    return run.stdout


@x86
def test_numpy_and_faiss_use_vectors_that_every_processor_has():
    code = (
        "from numpy._core import _multiarray_umath as u; "
        "used = [n for n in u.__cpu_dispatch__ if u.__cpu_features__[n]]; "
        "print([n for n in used if n == 'X86_V4' or n.startswith('AVX512')])"
    )
    assert told(code).strip() == "[]"
    assert "AVX2" in told("import faiss; print(faiss.SIMDConfig.get_level_name())")
