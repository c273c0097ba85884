"""Numbers in prose come from cells."""

import json

import nbformat
import nbformat.v4 as nb
import pandas as pd

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
