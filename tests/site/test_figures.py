"""Figures: the same bytes in every run, in the page's colours, with words."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
import sample_book
from matplotlib import pyplot as plt

from sevensteps.teach import figures

HERE = Path(__file__).parent
PRINT = "import sample_book as s, hashlib as h; f = s.figure('recall');"
DIGEST = "print(h.sha256(f.svg.encode() + f.png).hexdigest())"


@pytest.fixture(autouse=True)
def _house():
    figures.use_house_style()


def test_two_processes_draw_the_same_bytes():
    command = [sys.executable, "-c", PRINT + DIGEST]
    runs = [
        subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout != ""


def test_letters_and_axes_take_the_colour_of_the_page():
    svg = sample_book.figure("recall").svg
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "#000000" not in svg
    assert "var(--truth, #009E73)" in svg  # letters
    assert ": var(--fig-truth, #009E73)" in svg  # the line


def test_markup_carries_no_script_no_style_and_no_date():
    html = sample_book.figure("recall")._repr_mimebundle_()["text/html"]
    for unwanted in ("<script", "<style", "<metadata", "<!--", "dc:date", "onload"):
        assert unwanted not in html


def test_ids_of_two_figures_differ():
    one, two = sample_book.figure("one").svg, sample_book.figure("two").svg
    assert 'id="fig-one-' in one
    assert 'id="fig-one-' not in two


def test_alt_and_caption_are_escaped():
    drawing, axes = plt.subplots()
    axes.plot([1, 2])
    html = figures.show(drawing, "x", 'a "b" <c>', "d < `e`")._repr_mimebundle_()
    assert 'aria-label="a &quot;b&quot; &lt;c&gt;"' in html["text/html"]
    assert "<figcaption>d &lt; <code>e</code></figcaption>" in html["text/html"]


@pytest.mark.parametrize(
    ("name", "alt", "caption", "message"),
    [
        ("Not a slug", "a", "b", "lower-case words"),
        ("ok", " ", "b", "alt text"),
        ("ok", "a", "", "caption"),
    ],
)
def test_show_says_what_is_missing(name, alt, caption, message):
    with pytest.raises(ValueError, match=message):
        figures.show(plt.figure(), name, alt, caption)


def test_show_refuses_a_title_inside_the_image():
    drawing, axes = plt.subplots()
    axes.set_title("recall")
    with pytest.raises(ValueError, match="into the caption"):
        figures.show(drawing, "titled", "a", "b")


def test_labels_do_not_overlap():
    drawing, axes = plt.subplots()
    for label in ("one", "two", "three"):
        axes.plot([0, 1], [0, 1], label=label)
    figures.label_lines(axes)
    drawing.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    bottoms = sorted((box.y0, box.y1) for box in boxes)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(bottoms))


def test_label_lines_wants_a_label():
    _, axes = plt.subplots()
    axes.plot([1, 2])
    with pytest.raises(ValueError, match="plot"):
        figures.label_lines(axes)
