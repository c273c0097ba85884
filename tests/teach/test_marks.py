"""Numbers in prose come from cells."""

import nbformat
import nbformat.v4 as nb

from sevensteps.teach.marks import PREFIX, fill, recorded, wrong_marks


def chapter(text: str, **numbers: str) -> nbformat.NotebookNode:
    outputs = [
        nb.new_output(
            "display_data",
            data={f"{PREFIX}text/plain": value},
            metadata={"scrapbook": {"name": name, "mime_prefix": PREFIX}},
        )
        for name, value in numbers.items()
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
