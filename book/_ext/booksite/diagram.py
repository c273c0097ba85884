"""The `{diagram}` directive: an architecture diagram as inline, themed SVG.

The source is `book/diagrams/NAME.dot`; `make diagrams` renders it beside itself. The
rendered file is committed, so that a reader needs no Graphviz.
"""

from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FOLDER = Path(__file__).parents[2] / "diagrams"


class Diagram(SphinxDirective):
    """```{diagram} name` with `:alt:` (required); the content is the caption.

    `{numref}` finds the figure by the name `diagram-NAME`.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required}  # noqa: RUF012 (docutils' API)

    def run(self) -> list[nodes.Node]:
        """Return the numbered figure."""
        name, alt = self.arguments[0], self.options.get("alt", "")
        path = FOLDER / f"{name}.svg"
        if not alt:
            raise self.error(f"diagram {name}: say in :alt: what a listener must hear")
        if not path.exists():
            raise self.error(f"diagram {name}: no {path.name}; run `make diagrams`")
        self.env.note_dependency(str(path))
        figure = nodes.figure("", _picture(path, alt), classes=["diagram"])
        figure["names"].append(f"diagram-{name}")
        self.state.document.note_explicit_target(figure)
        figure += self._caption()
        return [figure]

    def _caption(self) -> nodes.Node:
        holder = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, holder)
        if len(holder) != 1 or not isinstance(holder[0], nodes.paragraph):
            raise self.error("a diagram's caption is one paragraph")
        return nodes.caption("", "", *holder[0].children)


def _picture(path: Path, alt: str) -> nodes.raw:
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)
    return nodes.raw("", f'<div class="scroll">{svg}</div>', format="html")


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("diagram", Diagram)
