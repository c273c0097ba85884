"""Formulas as MathML, made at build time: no script and no font at read time."""

from html import escape

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

_LOG = logging.getLogger(__name__)


def to_mathml(latex: str, *, display: str) -> str:
    """Return the `<math>` element of a LaTeX formula (`display`: block or inline).

    The source stays as `alttext`, which is what a screen reader without MathML
    support reads.
    """
    mathml = convert(latex, display=display)
    return mathml.replace("<math ", f'<math alttext="{escape(latex)}" ', 1)


def _checked(self: HTML5Translator, node: nodes.Element, display: str) -> str:
    latex = node.astext().strip()
    try:
        return to_mathml(latex, display=display)
    except Exception as error:  # the library raises a dozen unrelated types
        _LOG.warning("formula %r cannot be MathML: %r", latex, error, location=node)
        return f"<code>{escape(latex)}</code>"


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    self.body.append(_checked(self, node, "inline"))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a display formula in a box that scrolls on a narrow screen."""
    ids = f' id="{node["ids"][0]}"' if node["ids"] else ""
    number = get_node_equation_number(self, node) if node.get("number") else ""
    label = f'<span class="eqno">({number})</span>' if number else ""
    formula = _checked(self, node, "block")
    self.body.append(f'<div class="math scroll"{ids}>{formula}{label}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the renderer under the name that `html_math_renderer` asks for."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
