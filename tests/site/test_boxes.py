"""Boxes of a page: finished as text, and as high in a browser as they say."""

import pytest
from booksite import boxes
from browsing import PHONE, probe

CHAPTER = "notebooks/10_fraud_detection.html"
STOP = 'tabindex="0"'


def highlighted(code, *, kinds=""):
    return (
        f'<div class="{kinds}highlight-ipython3 notranslate">'
        f'<div class="highlight"><pre>{code}</pre></div>\n</div>'
    )


def test_code_counts_its_lines_and_is_copied_and_an_output_is_not():
    for code, lines in {"a": 1, "a\n": 1, "a\n\nb\n": 3}.items():
        assert f'style="--lines:{lines}"' in boxes.finish(highlighted(code))
    assert boxes.finish(highlighted("a")).count("<button") == 1
    assert "<button" not in boxes.finish(highlighted("a", kinds="output "))
    assert "<pre " + boxes._STOP + ">a &lt; b</pre>" in boxes.plain_code_box("a < b")


@pytest.mark.parametrize(
    "box",
    [
        highlighted("a"),
        highlighted("a", kinds="output "),
        '<table class="docutils align-default"><td>1</td></table>',
        '<div class="output text_html"><table class="dataframe"></table></div>',
        '<div class="math notranslate nohighlight scroll">x</div>',
    ],
)
def test_what_may_scroll_is_one_stop_of_the_keyboard(box):
    assert boxes.finish(box).count(STOP) == 1


def test_an_empty_header_cell_heads_nothing():
    html = '<th></th><th class="head"><p></p></th><th class="head"><p>a</p></th>'
    assert boxes.finish(html) == ('<td></td><td></td><th class="head"><p>a</p></th>')


def test_a_drawing_says_its_shape_and_an_icon_does_not():
    drawing = '<svg role="img" width="4pt" viewBox="0.00 0.00 4.00 2.50"><g/></svg>'
    icon = '<svg viewBox="0 0 16 16"><g/></svg>'
    box = '<div class="drawing" style="aspect-ratio: 4.00 / 2.50">'
    assert boxes.finish(icon + drawing + icon) == f"{icon}{box}{drawing}</div>{icon}"


@pytest.mark.parametrize("width", [390, 1280])
def test_boxes_are_as_high_as_they_say(opened, book, width):
    size = {"width": width, "height": 800}
    page = opened(book.address + CHAPTER, viewport=size).page
    assert page.locator(".highlight[style]").count() > 90
    assert page.locator(".drawing").count() > 5
    assert probe(page, "wrongHeights") == []


def test_a_link_far_down_lands_under_the_bar(opened, book):
    page = opened(book.address + CHAPTER, reduced_motion="reduce", **PHONE).page
    last = page.locator("section[id] > h2").last
    page.goto(page.url + "#" + str(last.evaluate("h => h.parentElement.id")))
    page.wait_for_timeout(300)  # boxes on the way are laid out and may move it
    bar, heading = page.locator(".top").bounding_box(), last.bounding_box()
    assert 0 <= heading["y"] - bar["height"] < 60
