"""Numbers in prose come from cells."""

import json

import nbformat.v4 as nb
import pandas as pd
import pytest

from sevensteps.measure import Interval
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
