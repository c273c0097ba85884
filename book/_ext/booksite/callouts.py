"""Callouts written as quotations, so that they read in every viewer.

`> **Decision.** Train on …` is a plain quotation in JupyterLab and in a repository's
view; on the site it becomes the callout of that name.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

CALLOUTS = {
    "Note.": "note",
    "Warning.": "warning",
    "Decision.": "decision",
    "Predict.": "predict",
    "Say this.": "say",
}


class Callouts(SphinxTransform):
    """Turn quotations that open with a callout's name into that callout."""

    default_priority = 400

    def apply(self, **_: Any) -> None:
        """Replace each such quotation by an admonition."""
        for quote in list(self.document.findall(nodes.block_quote)):
            opening = _opening(quote)
            if opening is None:
                continue
            name = opening.astext()
            paragraph = opening.parent
            rest = paragraph.children[paragraph.index(opening) + 1 :]
            if rest and isinstance(rest[0], nodes.Text):
                rest[0] = nodes.Text(rest[0].astext().lstrip())
            paragraph.children = []
            paragraph.extend(rest)
            title = nodes.title("", nodes.Text(name.rstrip(".")))
            callout = nodes.admonition("", title, *quote.children)
            callout["classes"] = [CALLOUTS[name]]
            quote.replace_self(callout)


def _opening(quote: nodes.block_quote) -> nodes.strong | None:
    """The callout's name, if the quotation opens with one."""
    first = quote.next_node(nodes.paragraph)
    if first is None:
        return None
    opening = next((node for node in first.children if node.astext()), None)
    if isinstance(opening, nodes.strong) and opening.astext() in CALLOUTS:
        return opening
    return None


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(Callouts)
