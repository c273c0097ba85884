"""The search index: one entry for each section, loaded when a reader first searches.

Sphinx's own index knows pages, and fetches them to show an excerpt, which browsers
refuse on a site opened from disk. This one is a classic script and carries the text,
and before it what searches there: `search.js`.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

_SKIPPED = (nodes.section, nodes.raw, nodes.comment, nodes.math_block)
_SEARCH = Path(__file__).with_name("search.js")


def _text(node: nodes.Node) -> str:
    """Return the words of a node, without its subsections, pictures and comments."""
    if isinstance(node, _SKIPPED):
        return ""
    if isinstance(node, nodes.Text):
        return str(node)
    gap = "" if isinstance(node, nodes.paragraph | nodes.TextElement) else " "
    return gap.join(_text(child) for child in node.children)


def entries(doctree: nodes.document, page: str) -> Iterator[dict[str, str]]:
    """Yield each section's address, page title, heading and text."""
    title = next(doctree.findall(nodes.title)).astext()
    for section in doctree.findall(nodes.section):
        heading = section.next_node(nodes.title).astext()
        top = section.parent is doctree
        parts = (c for c in section.children if not isinstance(c, nodes.title))
        words = " ".join(map(_text, parts))
        yield {
            "u": page if top else f"{page}#{section['ids'][0]}",
            "p": title,
            "h": heading,
            "t": re.sub(r"\s+", " ", words).strip(),
        }


def write_index(app: Sphinx, error: Exception | None) -> None:
    """Write `_static/search-index.js` when the last page is done."""
    if error or app.builder.format != "html" or app.builder.name == "epub":
        return
    index = [
        entry
        for name in sorted(app.env.found_docs)
        for entry in entries(
            app.env.get_doctree(name), app.builder.get_target_uri(name)
        )
    ]
    data = json.dumps(index, ensure_ascii=False)
    script = f"{_SEARCH.read_text('utf-8')}window.searchBook = makeSearch({data});\n"
    Path(app.outdir, "_static", "search-index.js").write_text(script, "utf-8")


def setup(app: Sphinx) -> None:
    """Register the hook."""
    app.connect("build-finished", write_index)
