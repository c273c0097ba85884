"""What the site takes out of a page shows nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))
from booksite.page import without_bare_groups


def test_groups_that_say_nothing_go_with_their_own_end():
    told = '<g style="a"><use/></g>'
    html = f'<svg><g>\n<g id="x"><g>{told}</g>{told}</g>\n</g></svg><glyph>'
    assert without_bare_groups(html) == (
        f'<svg>\n<g id="x">{told}{told}</g>\n</svg><glyph>'
    )


def test_a_page_without_figures_stays():
    assert without_bare_groups("<p>a < b</p>") == "<p>a < b</p>"
