"""Formulas are shown as formulas, prices as prices, and what is neither is told."""

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
import sample_book
from booksite.mathml import to_mathml
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


@pytest.mark.parametrize(
    "latex",
    [
        r"p = \frac{\beta p_s}{\beta p_s - p_s + 1}",
        r"\begin{cases} 1 & x < 0 \\ 0 & \text{or else} \end{cases}",
        r"\begin{align*} a &= b \\ c &= d \end{align*}",
        r"\{x \mid x > 50\,\%\}, \quad \text{if a < b}",
        r"\mathbf{x}^\top \mathbb{E}[\mathrm{AP}] \, \operatorname*{argmax}_x f(x)",
        r"2(1.96 + 0.84)^2 \approx 16",
        r"\$5 \le mA + cv",
        r"x \setminus y",
    ],
)
def test_a_formula_is_mathml_with_its_source(latex):
    math = ElementTree.fromstring(to_mathml(latex, display="block"))
    assert math.get("alttext") == latex
    shown = "".join(math.itertext())
    assert "\\" not in shown
    assert "&" not in shown


@pytest.mark.parametrize(
    ("latex", "told"),
    [
        (r"\notamacro{x}", r"\\notamacro would be shown"),
        (r"\arg\max_x", r"\\arg would be shown"),
        (r"a \label{eq} \nonumber", r"\\label .* \\nonumber"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "no environment aligned"),
        (r"\begin{gather} a \\ b \end{gather}", "no environment gather"),
        (r"\begin{align} a &= b \end{align}", "no environment align;"),
        (r"\begin{bmatrix} a \end{pmatrix}", "Missing"),
        (r"a & b", "& would be shown"),
        (r"a \\ b", "no line break"),
        (r"\mathbbm{1}", "no alphabet"),
        (r"\mathbb{1}", "double-struck"),
        (r"\boxed{x}", "enclosed"),
        (r"\text{50\% of them}", "would be shown"),
        (r"\text{for $x$}", "would be shown"),
        (r"50% of x", "begins a comment"),
        (r"\frac{1}", "a part of mfrac is missing"),
        (r"\frac{1}{2", "braces"),
        (r"x}", "braces"),
        (r"\def\x{1}", "shows nothing"),
        (r"p = <!--=p-->0.3<!--/-->", "mark"),
        ("5 or A", "prose between two dollars"),
        ("5 (US", "prose between two dollars"),
        ("1,200 a month and then", "prose between two dollars"),
    ],
)
def test_what_would_not_be_shown_is_refused(latex, told):
    with pytest.raises(Exception) as refused:  # noqa: PT011 (the library's are many)
        to_mathml(latex, display="inline")
    assert re.search(told, f"{refused.type.__name__}: {refused.value}")


FAULTY = Path(__file__).with_name("faulty")
FORMULA_OUTPUT = new_output("display_data", {"text/latex": r"$\bad{3}$"})
CELLS = [
    new_markdown_cell("# A chapter\n\nIn a cell $\\bad{2}$."),
    new_code_cell("Math(...)", outputs=[FORMULA_OUTPUT]),
]


def test_the_build_fails_and_tells_each_place(tmp_path):
    shutil.copytree(FAULTY, tmp_path, dirs_exist_ok=True)
    nbformat.write(new_notebook(cells=CELLS), tmp_path / "chapter.ipynb")
    with pytest.raises(RuntimeError) as failed:
        sample_book.build_pages(tmp_path)
    place = r"\.(?:md|ipynb):\S* WARNING: ('.*?'|formula '.*?') "
    assert set(re.findall(place, str(failed.value))) == {
        r"formula '\\notamacro{x}'",
        "formula '5 or A'",
        r"'\\frac'",
        "'$ x_1 $'",
        r"formula '\\nosuch{1}'",
        r"formula 'a \\\\ b'",
        r"formula '\\bad{2}'",
        r"formula '\\bad{3}'",
    }


def test_prices_stay_prices_and_are_found_by_the_search(sample):
    page = BeautifulSoup((sample.folder / "prices.html").read_text(), "html.parser")
    assert page.title.string.startswith("3. From $5 to $9, and ")
    text = page.article.get_text()
    for said in (
        "It costs $5 to $9 a month, $1,200 a year, or $5–$9; the share is ",
        "told apart: $3 and $4.",
        "from $5\nto $9",
        "$10 and $20",
        "Would you pay $5 or $9?",
        "It is $0.5 or $0.9.",
        "Raise it from $5 to $9",
    ):
        assert said in text
    formulas = [math["alttext"] for math in page.article.find_all("math")]
    assert formulas == ["p_s", "p_s", "2(1 + x)^2", r"\hat{x}"]
    described = page.find("meta", {"name": "description"})["content"]
    assert "It costs $5 to $9 a month" in described
    links = {link.get_text(strip=True) for link in page.find(id="book-nav")("a")}
    assert any(link.startswith("3. From $5 to $9") for link in links)

    index = (sample.folder / "_static" / "search-index.js").read_text()
    assert '"h": "Raise it from $5 to $9"' in index
    assert '"p": "From $5 to $9, and p_s"' in index
    assert "It costs $5 to $9 a month, $1,200 a year" in index
