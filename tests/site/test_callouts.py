"""Quotations that open with a callout's name become that callout."""

import sys
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree
from myst_parser.docutils_ import Parser

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))
from booksite.callouts import Callouts


def transformed(text):
    document = publish_doctree(text, parser=Parser())
    Callouts(document).apply()
    return document


def test_a_named_quotation_becomes_a_callout():
    callout = next(transformed("> **Say this.** Wait.").findall(nodes.admonition))
    assert callout["classes"] == ["say"]
    assert callout[0].astext() == "Say this"
    assert callout[1].astext() == "Wait."


def test_another_quotation_stays():
    document = transformed('> "Design the system."\n\n> **Not one.** Wait.')
    assert not list(document.findall(nodes.admonition))
    assert len(list(document.findall(nodes.block_quote))) == 2
