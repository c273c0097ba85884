"""Stored notebook outputs, as a page needs them.

A chapter's figures are HTML that `sevensteps.teach.show` wrote. Here they become
real Sphinx figures, so that they get a number and `{numref}` finds them. Tables of
pandas lose what a page may not have: a style block and empty header cells.
"""

import re
from html import unescape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

_FIGURE = re.compile(
    r'\s*<figure class="teach-figure" id="(?P<id>fig-[a-z0-9-]+)">'
    r"(?P<picture>.*)<figcaption>(?P<caption>.*)</figcaption></figure>\s*",
    re.DOTALL,
)
_CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)
_STYLE = re.compile(r"<style scoped>.*?</style>\s*", re.DOTALL)


def tidy_table(html: str) -> str:
    """Return a pandas table without its style block and empty header cells."""
    html = _STYLE.sub("", html)
    html = html.replace("<th></th>", "<td></td>")
    html = html.replace(' border="1"', "").replace(' style="text-align: right;"', "")
    html = re.sub(r"(<tbody>.*?</tbody>)", _row_headers, html, flags=re.DOTALL)
    head = re.sub(r"<th(?= |>)", '<th scope="col"', html.split("<tbody>")[0])
    return head + html[len(html.split("<tbody>")[0]) :]


def _row_headers(match: re.Match[str]) -> str:
    return re.sub(r"<th(?= |>)", '<th scope="row"', match[0])


class Figures(SphinxTransform):
    """Turn the HTML of a stored figure into a numbered figure node."""

    default_priority = 400  # before the domains collect labels (850)

    def apply(self) -> None:
        """Walk over all raw HTML of the page."""
        for raw in list(self.document.findall(nodes.raw)):
            html = raw.astext()
            if match := _FIGURE.fullmatch(html):
                raw.replace_self(self._figure(match))
            elif 'class="dataframe"' in html:
                raw.children = [nodes.Text(tidy_table(html))]

    def _figure(self, match: re.Match[str]) -> nodes.figure:
        picture = nodes.raw("", match["picture"], format="html")
        figure = nodes.figure("", picture, _caption(match["caption"]))
        figure["names"].append(match["id"])
        self.document.note_explicit_target(figure)
        return figure


def _caption(html: str) -> nodes.caption:
    caption = nodes.caption()
    for place, text in enumerate(_CODE.split(html)):
        kind = nodes.literal if place % 2 else nodes.Text
        if text and kind is nodes.Text:
            caption += nodes.Text(unescape(text))
        elif text:
            caption += nodes.literal("", unescape(text))
    return caption


class Dropdowns(SphinxTransform):
    """Turn an admonition of class `dropdown` into <details>, which needs no script."""

    default_priority = 410

    def apply(self) -> None:
        """Fold every such admonition of the page."""
        for node in list(self.document.findall(nodes.Admonition)):
            if "dropdown" in node["classes"]:
                node.replace_self(self._folded(node))

    def _folded(self, node: nodes.Element) -> nodes.container:
        classes = " ".join(["admonition", node.tagname, *node["classes"]])
        title = node.children[0] if isinstance(node[0], nodes.title) else None
        text = title.astext() if title else node.tagname.capitalize()
        body = node.children[1:] if title else node.children
        folded = nodes.container(classes=["folded"])
        folded += nodes.raw("", f'<details class="{classes}"><summary>', format="html")
        folded += nodes.paragraph("", text, classes=["admonition-title"])
        folded += nodes.raw("", "</summary>", format="html")
        folded += body
        folded += nodes.raw("", "</details>", format="html")
        return folded


def setup(app: Sphinx) -> None:
    """Register both transforms."""
    app.add_transform(Figures)
    app.add_transform(Dropdowns)
