"""Figures: the same bytes in every run, in the page's colours, with words."""

import itertools
import re
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
    one, other = (subprocess.check_output(command, cwd=HERE) for _ in range(2))
    assert one == other != b""


def test_markup_takes_the_colours_of_the_page_and_carries_nothing_of_its_own():
    figure = sample_book.figure("recall")
    assert "currentColor" in figure.svg
    assert "var(--truth, #009E73)" in figure.svg  # letters
    assert ": var(--fig-truth, #009E73)" in figure.svg  # the line
    html = figure._repr_mimebundle_()["text/html"]
    unwanted = "#010203|#000000|<script|<style|<metadata|<!--|dc:date|onload"
    assert not re.search(unwanted, html)
    assert 'id="fig-recall-' in html
    assert 'id="fig-recall-' not in sample_book.figure("other").svg


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
        ("titled", "a", "b", "into the caption"),
    ],
)
def test_show_says_what_is_wrong(name, alt, caption, message):
    drawing, axes = plt.subplots()
    axes.set_title("recall")
    with pytest.raises(ValueError, match=message):
        figures.show(drawing, name, alt, caption)


def test_labels_do_not_overlap():
    drawing, axes = plt.subplots()
    for label in ("one", "two", "three"):
        axes.plot([0, 1], [0, 1], label=label)
    figures.label_lines(axes)
    drawing.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    bottoms = sorted((box.y0, box.y1) for box in boxes)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(bottoms))
    with pytest.raises(ValueError, match="plot"):
        figures.label_lines(plt.subplots()[1])
