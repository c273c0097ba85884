"""What the site makes of a page's markup: callouts, groups in figures, diagrams."""

import re
from hashlib import sha256

import pytest
from booksite.callouts import Callouts
from booksite.page import without_bare_groups
from docutils import nodes
from docutils.core import publish_doctree
from myst_parser.docutils_ import Parser
from sample_book import ROOT

DIAGRAMS = sorted((ROOT / "book" / "diagrams").glob("*.dot"))


def test_a_quotation_that_opens_with_a_callouts_name_becomes_one():
    text = '> **Say this.** Wait.\n\n> "Design the system."\n\n> **Not one.** Wait.'
    document = publish_doctree(text, parser=Parser())
    Callouts(document).apply()
    [callout] = document.findall(nodes.admonition)
    assert callout["classes"] == ["say"]
    assert [part.astext() for part in callout] == ["Say this", "Wait."]
    assert len(list(document.findall(nodes.block_quote))) == 2


def test_groups_that_say_nothing_go_with_their_own_end():
    told = '<g style="a"><use/></g>'
    html = f'<svg><g>\n<g id="x"><g>{told}</g>{told}</g>\n</g></svg><glyph>'
    assert without_bare_groups(html) == (
        f'<svg>\n<g id="x">{told}{told}</g>\n</svg><glyph>'
    )
    assert without_bare_groups("<p>a < b</p>") == "<p>a < b</p>"


@pytest.mark.parametrize("source", DIAGRAMS or [None], ids=lambda path: path.stem)
def test_a_diagram_follows_its_source_and_the_page_and_is_small(source):
    svg = source.with_suffix(".svg").read_text()
    digest = sha256(source.read_bytes()).hexdigest()
    assert f'data-source="{digest}"' in svg, f"{source.name} changed: `make diagrams`"
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
    assert colours <= {"none", "transparent", "currentColor"}
    boxes = set(re.findall(r"^\s*(\w+)\s+\[label=", source.read_text(), re.MULTILINE))
    assert 2 <= len(boxes) <= 12
