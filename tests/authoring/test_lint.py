"""Each rule of the chapter linter sees its breach, and only its own."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from sevensteps.authoring.lint import RULES, Page, limits, lint_file, lint_page
from sevensteps.authoring.normalise import write_notebook
from sevensteps.authoring.twin import twin_text

FIGURE = (
    '<figure><svg role="img" aria-label="recall falls from 0.8 to 0.5"></svg>'
    "<figcaption>Recall halves in a month.</figcaption></figure>"
)
PROSE = "word " * 97


def display(**data):
    """A display output by MIME type, its slash written as two underscores."""
    named = {mime.replace("__", "/"): content for mime, content in data.items()}
    return new_output("display_data", data=named)


def good_notebook():
    """A chapter that breaks no rule."""
    names = [
        *limits.OPENING,
        *(f"Step {i}. {name}" for i, name in enumerate(limits.STEPS, start=1)),
        *limits.CLOSING,
    ]
    cells = [new_markdown_cell("(fraud)=\n# Fraud detection\n\nIt is 02:14.")]
    for name in names:
        cells.append(new_markdown_cell(f"## {name}\n\n{PROSE}"))
        cells.append(new_code_cell("\n".join(f"a{i} = {i}" for i in range(6))))
        cells.append(new_markdown_cell(PROSE + " {glue:text}`recall:.2f`"))
    code = [cell for cell in cells if cell.cell_type == "code"]
    for place, source in enumerate(
        [
            'commit("alerts", 5_000)\nreveal("alerts", 812)',
            "show(figure)",
            'glue("recall", 0.81, display=False)',
            'claim("Recall is high", 0.81, above=0.8)',
        ],
    ):
        code[place].source = source + "\n" + "\n".join("b = 1" for _ in range(4))
    code[1].outputs = [display(text__html=FIGURE, image__png="aGk=", text__plain="f")]
    code[2].outputs = [display(text__plain="0.81")]
    code[2].outputs[0].metadata["scrapbook"] = {"name": "recall"}
    code[-1].source += "\nclaims()"
    for cell in code[3:13]:
        extra = new_code_cell("b = 1\n" * 6)
        cells.insert(cells.index(cell) + 1, extra)
    for i, cell in enumerate([c for c in cells if c.cell_type == "code"], start=1):
        cell.execution_count = i
    return new_notebook(cells=cells)


GOOD = good_notebook()
N_CODE = sum(cell.cell_type == "code" for cell in GOOD.cells)


class Draft:
    """A good chapter to break."""

    def __init__(self):
        self.notebook = copy.deepcopy(GOOD)
        self.cells = self.notebook.cells
        self.code = [cell for cell in self.cells if cell.cell_type == "code"]
        self.prose = [cell for cell in self.cells if cell.cell_type == "markdown"]

    def replace(self, old, new):
        for cell in self.cells:
            cell.source = cell.source.replace(old, new)

    def put(self, place, source):
        """Replace code, and keep the words per line as they were."""
        self.code[place].source = source

    def html(self, text):
        self.code[4].outputs = [display(text__html=text)]


def _figure(draft, **change):
    draft.code[1].outputs[0].data.update(
        {mime.replace("__", "/"): content for mime, content in change.items()}
    )


def _swap_sections(draft):
    draft.replace("Step 3. Data", "Step X")
    draft.replace("Step 4. Model", "Step 3. Data")
    draft.replace("Step X", "Step 4. Model")


def _ignore(draft, n):
    for cell in draft.code[5 : 5 + n]:
        cell.metadata["tags"] = ["nbval-ignore-output"]


def _stream(name, text):
    return new_output("stream", name=name, text=text)


LONG = "\n".join(f"line {i}" for i in range(21))
BREACHES = {
    "opening": [
        lambda d: d.replace("(fraud)=\n", ""),
        lambda d: d.prose[2].update(source="# Another title\n" + PROSE),
    ],
    "sections": [
        lambda d: d.replace("## Step 6. Serve", "## Step 6. Ship"),
        lambda d: d.replace("## Roads not taken", "## Roads taken"),
        _swap_sections,
    ],
    "size": [
        lambda d: d.prose[2].update(source=PROSE * 20),
        lambda d: [cell.update(source=cell.source[:150]) for cell in d.prose[1:]],
        lambda d: d.cells.extend(new_markdown_cell("a word") for _ in range(30)),
        lambda d: d.cells.extend(
            new_code_cell("c = 1", execution_count=N_CODE + i) for i in range(1, 10)
        ),
    ],
    "cell-sizes": [
        lambda d: d.put(4, "\n".join("c = 1" for _ in range(26))),
        lambda d: [d.put(i, "c = 1\n" * 16) for i in range(5, 8)],
        lambda d: [d.put(i, "c = 1\n" * 7) for i in range(5, 17)],
    ],
    "columns": [lambda d: d.put(4, "c = '" + "x" * 84 + "'" + "\nc = 1" * 5)],
    "callouts": [
        lambda d: d.replace("It is 02:14.", "```{tip}\nIt is late.\n```"),
        lambda d: d.replace("It is 02:14.", "```{admonition} Fun fact\nIt is.\n```"),
    ],
    "magics": [
        lambda d: d.put(4, "%timeit 1" + "\nc = 1" * 5),
        lambda d: d.put(4, "!ls" + "\nc = 1" * 5),
    ],
    "downloads": [
        lambda d: d.put(4, 'pd.read_csv("https://example.org/a.csv")' + "\nc = 1" * 5)
    ],
    "semicolons": [lambda d: d.put(4, "c = 1\n" * 5 + "c;  # quiet")],
    "counts": [
        lambda d: d.code[3].update(execution_count=5),
        lambda d: d.code[-1].update(execution_count=None),
    ],
    "ignored": [
        lambda d: _ignore(d, 3),
        lambda d: d.put(4, "# NBVAL_SKIP" + "\nc = 1" * 5),
    ],
    "claims": [
        lambda d: d.replace("\nclaims()", ""),
        lambda d: d.replace("claim(", "print("),
        lambda d: d.put(-1, d.code[-1].source + '\nclaim("late", 1, above=0)'),
    ],
    "commits": [
        lambda d: d.put(4, 'commit("n", 1); reveal("n", 2)\n' * 6),
        lambda d: d.put(4, 'commit("n", 1)' + "\nc = 1" * 5),
    ],
    "printed": [
        lambda d: d.code[4].update(outputs=[_stream("stdout", LONG)]),
        lambda d: d.code[4].update(outputs=[display(text__plain=LONG)]),
        lambda d: d.html("x" * 700_000),
    ],
    "errors": [
        lambda d: d.code[4].update(outputs=[_stream("stderr", "UserWarning: old")]),
        lambda d: d.code[4].update(outputs=[new_output("error", ename="KeyError")]),
    ],
    "scripts": [
        lambda d: d.html("<p>a</p><script>alert(1)</script>"),
        lambda d: d.html('<p onclick="alert(1)">a</p>'),
        lambda d: d.html('<a href=" JavaScript:alert(1)">a</a>'),
        lambda d: d.code[4].update(
            outputs=[display(application__javascript="alert(1)")]
        ),
        lambda d: d.replace("It is 02:14.", "<iframe src='x'></iframe>"),
    ],
    "machine-paths": [
        lambda d: d.put(4, 'open("/home/ada/data.csv")' + "\nc = 1" * 5),
        lambda d: d.replace("It is 02:14.", r"Open C:\Users\ada."),
        lambda d: d.code[4].update(outputs=[_stream("stdout", "in /Users/ada/x")]),
        lambda d: d.code[4].update(outputs=[display(text__plain="<f at 0x7f01d2e8>")]),
    ],
    "alt-texts": [
        lambda d: _figure(d, text__html=FIGURE.replace("aria-label", "title")),
        lambda d: d.replace("It is 02:14.", "![](map.svg)"),
        lambda d: d.replace("It is 02:14.", "```{figure} map.svg\n:name: map\n```"),
    ],
    "captions": [
        lambda d: _figure(d, text__html=FIGURE.replace("figcaption", "p")),
        lambda d: _figure(
            d, text__html=FIGURE.replace("Recall halves in a month.", "")
        ),
    ],
    "glue": [lambda d: d.replace("02:14.", "{glue:text}`recal:.2f`.")],
    "marks": [
        lambda d: d.replace("02:14.", "<!--=recal-->0.31<!--/-->."),
        lambda d: d.replace("02:14.", "<!-- =recal -->0.31<!--/-->."),
        lambda d: d.replace("02:14.", "<!--=recal-->0.31."),
    ],
    "dollars": [
        lambda d: d.replace("02:14.", "$5 to $9."),
        lambda d: d.replace("02:14.", "US$ 5, and $x$ is a formula."),
        lambda d: d.replace("02:14.", "$ x $."),
        lambda d: d.replace("02:14.", "| $5 | a |"),
        lambda d: d.html("<td>$5</td><td>$9</td>"),
    ],
}
CASES = [(rule, change) for rule, changes in BREACHES.items() for change in changes]


def test_the_good_chapter_breaks_no_rule():
    assert lint_page(Page(GOOD)) == []


def test_each_rule_has_a_planted_breach():
    assert set(BREACHES) == set(RULES)


@pytest.mark.parametrize(("rule", "change"), CASES)
def test_a_breach_is_found_by_its_rule_alone(rule, change):
    draft = Draft()
    change(draft)
    found = lint_page(Page(draft.notebook))
    assert {finding.rule for finding in found} == {rule}, [str(f) for f in found]


def test_an_image_is_described_and_captioned_by_metadata():
    draft = Draft()
    draft.code[4].outputs = [display(image__png="aGk=")]
    assert {f.rule for f in lint_page(Page(draft.notebook))} == {
        "alt-texts",
        "captions",
    }
    draft.code[4].metadata["mystnb"] = {
        "image": {"alt": "recall falls"},
        "figure": {"caption": "Recall falls."},
    }
    assert lint_page(Page(draft.notebook)) == []


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
    draft = Draft()
    draft.replace("It is 02:14.", harmless)
    assert lint_page(Page(draft.notebook)) == []


def test_a_file_must_be_normal_and_have_its_twin(tmp_path):
    path = tmp_path / "10_fraud.ipynb"
    write_notebook(copy.deepcopy(GOOD), path)
    path.with_suffix(".py").write_text(twin_text(nbformat.read(path, as_version=4)))
    assert lint_file(path) == []
    path.write_text(path.read_text() + "\n")
    path.with_suffix(".py").write_text("# %%\n")
    assert {finding.rule for finding in lint_file(path)} == {"normalised", "twin"}
