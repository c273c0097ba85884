"""Numbers in prose come from cells."""

import json

import nbformat
import nbformat.v4 as nb
import pandas as pd
import pytest

from sevensteps.measure import Interval
from sevensteps.teach.marks import PREFIX, entries, fill, recorded, wrong_marks


def chapter(text: str, **numbers: str) -> nbformat.NotebookNode:
    outputs = [
        nb.new_output(
            "display_data",
            data={f"{PREFIX}text/plain": json.dumps(numbers)},
            metadata={"scrapbook": {"name": "record: numbers", "mime_prefix": PREFIX}},
        )
    ]
    code = nb.new_code_cell("record(...)", outputs=outputs)
    return nb.new_notebook(cells=[nb.new_markdown_cell(text), code])


def test_fill_puts_what_a_later_cell_recorded() -> None:
    page = chapter("It is <!--=ap-->?<!--/-->, not 1.", ap="0.311")
    fill(page)
    assert page.cells[0].source == "It is <!--=ap-->0.311<!--/-->, not 1."
    assert list(wrong_marks(page)) == []


def test_a_typed_number_is_found() -> None:
    page = chapter("It is <!--=ap-->0.4<!--/-->.", ap="0.311")
    assert list(wrong_marks(page)) == [(0, "ap says '0.4', recorded is '0.311'")]


def test_an_unknown_name_is_found_and_left_alone() -> None:
    page = chapter("It is <!--=auc-->0.4<!--/-->.", ap="0.311")
    fill(page)
    assert list(wrong_marks(page)) == [(0, "no cell records 'auc'")]
    assert recorded(page) == {"ap": "0.311"}


def test_each_entry_of_a_table_has_a_name() -> None:
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


def test_a_mark_may_name_an_entry() -> None:
    page = chapter("It is <!--=gains[trees, gain]-->?<!--/-->.")
    page.cells[1].outputs[0]["data"][f"{PREFIX}text/plain"] = json.dumps(
        {"gains[trees, gain]": "0.2"}
    )
    fill(page)
    assert page.cells[0].source == "It is <!--=gains[trees, gain]-->0.2<!--/-->."


@pytest.mark.parametrize(
    "written",
    [
        "<!-- =ap -->0.999<!--/-->",
        "<!--= ap-->0.999<!-- / -->",
        "<!--\t=ap\t-->0.999<!--/ -->",
        "<!--\n=ap\n-->0.999\n<!--/-->",
    ],
)
def test_a_mark_with_blanks_is_seen_and_filled(written: str) -> None:
    page = chapter(f"It is {written}.", ap="0.311")
    [(cell, told)] = wrong_marks(page)
    assert cell == 0
    assert told.startswith("ap says '0.999")
    fill(page)
    assert page.cells[0].source == "It is <!--=ap-->0.311<!--/-->."
    assert list(wrong_marks(page)) == []


def test_a_long_name_may_be_wrapped() -> None:
    page = chapter("It is <!--=gains[trees,\ngain]-->?<!--/-->.")
    page.cells[1].outputs[0]["data"][f"{PREFIX}text/plain"] = json.dumps(
        {"gains[trees, gain]": "0.2"}
    )
    fill(page)
    assert page.cells[0].source == "It is <!--=gains[trees, gain]-->0.2<!--/-->."


def test_a_name_may_hold_an_angle() -> None:
    page = chapter("It is <!--=n[> 5]-->?<!--/-->.", **{"n[> 5]": "3"})
    fill(page)
    assert page.cells[0].source == "It is <!--=n[> 5]-->3<!--/-->."


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
def test_half_a_mark_is_found_and_takes_nothing_along(written: str) -> None:
    page = chapter(f"First <!--=ap-->0.311<!--/-->, then {written}.", ap="0.311")
    before = page.cells[0].source
    assert any("half a mark" in complaint for _, complaint in wrong_marks(page))
    fill(page)
    assert page.cells[0].source == before


@pytest.mark.parametrize(
    "text", ["a <!-- a remark --> b", "`a <- b`, a <= b / c, x<!y"]
)
def test_a_comment_is_no_mark(text: str) -> None:
    assert list(wrong_marks(chapter(text))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Of all,\n<!--=ap-->0.311<!--/--> are **bold**.",
        "- <!--=ap-->0.311<!--/--> are **bold**.",
        "> <!--=ap-->0.311<!--/--> are **bold**.",
    ],
)
def test_a_mark_that_makes_its_line_html_is_found(text: str) -> None:
    [(_, told)] = wrong_marks(chapter(text, ap="0.311"))
    assert "beginning of a line" in told


@pytest.mark.parametrize(
    "text", ["So `<!--=ap-->0.311<!--/-->`.", "```\na <!--=ap-->0.311<!--/-->\n```"]
)
def test_a_mark_that_is_shown_as_code_is_found(text: str) -> None:
    [(_, told)] = wrong_marks(chapter(text, ap="0.311"))
    assert "inside code" in told


@pytest.mark.parametrize("nothing", ["nan", "n/a"])
def test_a_mark_of_nothing_measured_is_found(nothing: str) -> None:
    page = chapter(f"It is <!--=ap-->{nothing}<!--/-->.", ap=nothing)
    assert list(wrong_marks(page)) == [(0, f"ap is {nothing}: nothing was measured")]
