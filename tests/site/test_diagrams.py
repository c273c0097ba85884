"""Committed diagrams match their sources and follow the theme."""

import re
from hashlib import sha256

import pytest
from sample_book import ROOT

SOURCES = sorted((ROOT / "book" / "diagrams").glob("*.dot"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_diagram_is_rendered_from_its_source(source):
    svg = source.with_suffix(".svg").read_text()
    digest = sha256(source.read_bytes()).hexdigest()
    assert f'data-source="{digest}"' in svg, f"{source.name} changed: `make diagrams`"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_diagram_takes_the_colour_of_the_page(source):
    svg = source.with_suffix(".svg").read_text()
    colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
    assert colours <= {"none", "transparent", "currentColor"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_diagram_has_at_most_twelve_boxes(source):
    boxes = set(re.findall(r"^\s*(\w+)\s+\[label=", source.read_text(), re.MULTILINE))
    assert 2 <= len(boxes) <= 12
