"""Each rule of the chapter linter sees its breach, and only its own."""

import copy
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sevensteps.authoring.lint import RULES, Page, form, lint_file, lint_page
from sevensteps.authoring.notebooks import read_notebook, twin_text, write_notebook

FIGURE = (
    '<figure><svg role="img" aria-label="recall falls from 0.8 to 0.5"></svg>'
    "<figcaption>Recall halves in a month.</figcaption></figure>"
)
PROSE = "word " * 97
STEPS = [f"Step {i}. {name}" for i, name in enumerate(form.STEPS, start=1)]
CODE = [
    'commit("alerts", 5_000)\nreveal("alerts", 812)',
    "show(figure)",
    'claim("Recall is high", 0.81, above=0.8)',
]


def display(**data):
    """A display output by MIME type, its slash written as two underscores."""
    named = {mime.replace("__", "/"): content for mime, content in data.items()}
    return new_output("display_data", data=named)


def good_notebook():
    cells = [new_markdown_cell("(fraud)=\n# Fraud detection\n\nIt is 02:14.")]
    code = []
    for i, name in enumerate([*form.OPENING, *STEPS, *form.CLOSING]):
        code.append(new_code_cell("\n".join(f"a{i} = {i}" for i in range(6))))
        text = new_markdown_cell(f"## {name}\n\n{PROSE}")
        more = [new_code_cell("b = 1\n" * 6)] if 3 <= i < 13 else []
        cells += [text, code[-1], *more, new_markdown_cell(PROSE)]
        if name in STEPS:
            figure = display(text__html=FIGURE, image__png="aGk=", text__plain="f")
            code[-1].outputs = [figure]
    for cell, source in zip(code, CODE, strict=False):
        cell.source = source + "\n" + "\n".join("b = 1" for _ in range(4))
    code[-1].source += "\nclaims()"
    for i, cell in enumerate([c for c in cells if c.cell_type == "code"], start=1):
        cell.execution_count = i
    return new_notebook(cells=cells)


GOOD = good_notebook()


class Draft:
    def __init__(self):
        self.notebook = copy.deepcopy(GOOD)
        self.cells = self.notebook.cells
        self.code = [cell for cell in self.cells if cell.cell_type == "code"]
        self.prose = [cell for cell in self.cells if cell.cell_type == "markdown"]

    def replace(self, old, new):
        for cell in self.cells:
            cell.source = cell.source.replace(old, new)

    def put(self, place, source):
        self.code[place].source = source

    def output(self, *outputs):
        self.code[4].outputs = list(outputs)


def says(text, instead="It is 02:14."):
    return lambda draft: draft.replace(instead, text)


def runs(line):
    """Six lines of code, the first of them given."""
    return lambda draft: draft.put(4, line + "\nc = 1" * 5)


def shows(**data):
    return lambda draft: draft.output(display(**data))


def prints(text, name="stdout"):
    return lambda draft: draft.output(new_output("stream", name=name, text=text))


def draws(html):
    return lambda draft: draft.code[1].outputs[0].data.update({"text/html": html})


def _swap_sections(draft):
    draft.replace("Step 3. Data", "Step X")
    draft.replace("Step 4. Model", "Step 3. Data")
    draft.replace("Step X", "Step 4. Model")


def _many_cells(draft):
    n = len(draft.code)
    draft.cells += [new_code_cell("c = 1", execution_count=n + i) for i in range(1, 10)]


def _ignore(draft):
    for cell in draft.code[5:8]:
        cell.metadata["tags"] = ["nbval-ignore-output"]


def _five_figures(draft):
    for cell in [c for c in draft.prose if re.search("Step [16]", c.source)]:
        draft.cells[draft.cells.index(cell) + 1].outputs = []


LONG = "\n".join(f"line {i}" for i in range(21))
BREACHES = {
    "opening": [
        says("", instead="(fraud)=\n"),
        lambda d: d.prose[2].update(source="# Another title\n" + PROSE),
    ],
    "sections": [
        says("## Step 6. Ship", instead="## Step 6. Serve"),
        says("## Roads taken", instead="## Roads not taken"),
        _swap_sections,
    ],
    "size": [
        lambda d: d.prose[2].update(source=PROSE * 20),
        lambda d: [cell.update(source=cell.source[:150]) for cell in d.prose[1:]],
        lambda d: d.cells.extend(new_markdown_cell("a word") for _ in range(30)),
        _many_cells,
        _five_figures,
    ],
    "cell-sizes": [
        lambda d: d.put(4, "c = 1\n" * 26),
        lambda d: [d.put(i, "c = 1\n" * 16) for i in range(5, 8)],
        lambda d: [d.put(i, "c = 1\n" * 7) for i in range(5, 17)],
    ],
    "columns": [runs("c = '" + "x" * 84 + "'")],
    "callouts": [
        says("```{tip}\nIt is late.\n```"),
        says("```{admonition} Fun fact\nIt is.\n```"),
    ],
    "magics": [runs("%timeit 1"), runs("!ls")],
    "downloads": [runs('pd.read_csv("https://example.org/a.csv")')],
    "semicolons": [runs("c;  # quiet")],
    "counts": [
        lambda d: d.code[3].update(execution_count=5),
        lambda d: d.code[-1].update(execution_count=None),
    ],
    "ignored": [_ignore, runs("# NBVAL_SKIP")],
    "claims": [
        says("", instead="\nclaims()"),
        says("print(", instead="claim("),
        lambda d: d.put(-1, d.code[-1].source + '\nclaim("late", 1, above=0)'),
    ],
    "commits": [
        lambda d: d.put(4, 'commit("n", 1); reveal("n", 2)\n' * 6),
        runs('commit("n", 1)'),
    ],
    "printed": [prints(LONG), shows(text__plain=LONG), shows(text__html="x" * 700_000)],
    "errors": [
        prints("UserWarning: old", name="stderr"),
        lambda d: d.output(new_output("error", ename="KeyError")),
    ],
    "scripts": [
        shows(text__html="<p>a</p><script>alert(1)</script>"),
        shows(text__html='<p onclick="alert(1)">a</p>'),
        shows(text__html='<a href=" JavaScript:alert(1)">a</a>'),
        shows(application__javascript="alert(1)"),
        says("<iframe src='x'></iframe>"),
    ],
    "machine-paths": [
        runs('open("/home/ada/data.csv")'),
        says(r"Open C:\Users\ada."),
        prints("in /Users/ada/x"),
        shows(text__plain="<f at 0x7f01d2e8>"),
    ],
    "alt-texts": [
        draws(FIGURE.replace("aria-label", "title")),
        says("![](map.svg)"),
        says("```{figure} map.svg\n:name: map\n```"),
    ],
    "captions": [
        draws(FIGURE.replace("figcaption", "p")),
        draws(FIGURE.replace("Recall halves in a month.", "")),
    ],
    "glue": [says("{glue:text}`recall:.2f`."), says("{glue}`recall`.")],
    "marks": [
        says("<!--=recal-->0.31<!--/-->.", instead="02:14."),
        says("It is <!--=recal-->0.31."),
    ],
    "dollars": [
        says("$5 to $9."),
        says("US$ 5, and $x$ is a formula."),
        says("$ x $."),
        says("| $5 | a |"),
        shows(text__html="<td>$5</td><td>$9</td>"),
    ],
}
CASES = [(rule, change) for rule, changes in BREACHES.items() for change in changes]


def broken_by(change):
    draft = Draft()
    change(draft)
    return {finding.rule for finding in lint_page(Page(draft.notebook))}


def test_the_good_chapter_breaks_no_rule_and_each_has_a_planted_breach():
    assert lint_page(Page(GOOD)) == []
    assert set(BREACHES) == set(RULES)


@pytest.mark.parametrize(("rule", "change"), CASES)
def test_a_breach_is_found_by_its_rule_alone(rule, change):
    assert broken_by(change) == {rule}


@pytest.mark.parametrize(
    ("drawn", "rules"),
    [
        ("```{diagram} a-service\n```", set()),
        ("![a map](map.svg)", set()),
        ("Write `{diagram}`.", {"size"}),
    ],
)
def test_a_diagram_is_a_figure_and_code_that_shows_one_is_none(drawn, rules):
    def instead(draft):
        _five_figures(draft)
        draft.replace("## Step 6. Serve", f"## Step 6. Serve\n\n{drawn}")

    assert broken_by(instead) == rules


def test_an_image_is_described_and_captioned_by_metadata():
    image = shows(image__png="aGk=")
    assert broken_by(image) == {"alt-texts", "captions"}

    def described(draft):
        image(draft)
        draft.code[4].metadata["mystnb"] = {
            "image": {"alt": "recall falls"},
            "figure": {"caption": "Recall falls."},
        }

    assert broken_by(described) == set()


@pytest.mark.parametrize(
    "harmless",
    [
        "See https://example.org/work/a and the note on javascript.",
        "```python\n# not a heading\n```",
        "```{admonition} Say this\nI would.\n```",
        "`<script>` is forbidden in outputs.",
        r"From \$5 to \$9: $p_s$, $2(1 + x)^2$, `$HOME`." + "\n\n$$\na = b\n$$",
    ],
)
def test_harmless_prose_is_left_alone(harmless):
    assert broken_by(says(harmless)) == set()


def test_a_file_must_be_normal_and_have_its_twin(tmp_path):
    path = tmp_path / "10_fraud.ipynb"
    write_notebook(copy.deepcopy(GOOD), path)
    path.with_suffix(".py").write_text(twin_text(read_notebook(path)))
    assert lint_file(path) == []
    path.write_text(path.read_text() + "\n")
    path.with_suffix(".py").write_text("# %%\n")
    assert {finding.rule for finding in lint_file(path)} == {"normalised", "twin"}
