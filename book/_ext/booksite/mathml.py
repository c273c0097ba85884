"""Formulas as MathML, made at build time: no script and no font at read time.

What cannot be made into MathML is told when the book is built, and so is what was
probably meant otherwise: a formula that is prose between two prices, prose with TeX.
"""

import re
from collections.abc import Iterator
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, tostring

from docutils import nodes
from latex2mathml import commands
from latex2mathml.converter import Converter
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

_LOG = logging.getLogger(__name__)
#: The library writes symbols as entities into the text of an element.
_ENTITY = re.compile(r"&amp;(#x[0-9A-Fa-f]+;)")
_ENVIRONMENT = re.compile(r"\\begin\{(.*?)\}")
#: Not `align`: the library would number its lines, each formula from 1.
_ENVIRONMENTS = {name[1:] for name in commands.MATRICES} - {"align"}
_ALPHABET = re.compile(r"\\math[A-Za-z]+")
_ALPHABETS = {
    name for known, name in vars(commands).items() if known.startswith("MATH")
} - {commands.MATH}
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2}
_PARTS |= {"msubsup": 3, "munderover": 3}
#: A price, then words; or words: what stood between two dollars was no formula.
_PROSE = re.compile(
    r"^\d.*\s(?:\(?[A-Za-z]?[a-z]{2}|\([A-Z]+$|[A-Z]{2,}$)|[a-z]{4,}\s[a-z]{2}",
    re.DOTALL,
)
_WORDLESS = re.compile(r"\\[A-Za-z]+(?:\s*\{[^{}]*\})?")
#: A formula that stayed text: TeX without dollars, or a blank inside of the dollars.
_LEFT_OVER = re.compile(
    r"\\[A-Za-z]{2,}|\$[^$\n]*[\\^_][^$\n]*\$|\$\s*[A-Za-z]\s*\$|\$\$"
)


def to_mathml(latex: str, *, display: str) -> str:
    """Return the `<math>` element of a LaTeX formula (`display`: block or inline).

    The source stays as `alttext`, which is what a screen reader without MathML
    support reads.

    Raises
    ------
    ValueError    if a part of it would be shown as TeX, or not at all
    """
    math = Converter(display=display).convert_to_element(latex)
    if faults := [*_faults_of_source(latex), *_faults_of_tree(math)]:
        raise ValueError("; ".join(dict.fromkeys(faults)))
    math.set("alttext", latex)
    return _ENTITY.sub(r"&\1", tostring(math, encoding="unicode"))


def _faults_of_source(latex: str) -> Iterator[str]:
    """What the library passes over in silence, as the source has it."""
    plain = _ESCAPED.sub("", latex)
    if plain.count("{") != plain.count("}"):
        yield "its braces are not in pairs"
    if "%" in plain:
        yield r"% begins a comment: write \%"
    if "<!--" in latex:
        yield "a mark cannot stand in a formula"
    for name in _ENVIRONMENT.findall(latex):
        if name not in _ENVIRONMENTS:
            yield f"no environment {name}; there is {', '.join(sorted(_ENVIRONMENTS))}"
    for name in _ALPHABET.findall(latex):
        if name not in _ALPHABETS:
            yield f"no alphabet {name}"
    if _PROSE.search(_WORDLESS.sub("", latex)):
        yield r"this is prose between two dollars: write \$ for a dollar"


def _faults_of_tree(math: Element) -> Iterator[str]:
    """What a browser would show as TeX, or leave out, as the library wrote it."""
    if not any(element.text for element in math.iter()):
        yield "it shows nothing"
    for element in math.iter():
        text = element.text or ""
        variant = element.get("mathvariant", "normal")
        if "\\" in text or text in {"&", "{", "}"} or "$" in text:
            yield f"{text} would be shown as it is written"
        if element.tag == "menclose" or variant not in {"normal", "italic"}:
            yield f"no browser shows {text} as {variant if text else 'enclosed'}"
        if "linebreak" in element.attrib:
            yield r"no line break (\\) outside of an environment"
        if len(element) != _PARTS.get(element.tag, len(element)):
            yield f"a part of {element.tag} is missing"


def _checked(self: HTML5Translator, node: nodes.Element, display: str) -> str:
    latex = node.astext().strip()
    try:
        return to_mathml(latex, display=display)
    except Exception as error:  # the library raises a dozen unrelated types
        why = error if isinstance(error, ValueError) else repr(error)
        _LOG.warning("formula %r cannot be MathML: %s", latex, why, location=node)
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


class LeftOvers(SphinxPostTransform):
    """Tell of formulas that are no formulas: their TeX stands in the prose."""

    default_priority = 900

    def run(self, **_: Any) -> None:
        """Look at every text that is no code."""
        for text in self.document.findall(nodes.Text):
            found = _LEFT_OVER.search(text)
            if found and not _is_source(text):
                told = r"%r is shown as it is written: $formula$ has no blanks inside"
                _LOG.warning(told, found[0], location=text.parent)


def _is_source(text: nodes.Text) -> bool:
    """Whether a text is code, a formula or HTML."""
    kinds = nodes.literal | nodes.FixedTextElement | nodes.math
    node: nodes.Node | None = text
    while node := node.parent:
        if isinstance(node, kinds):
            return True
    return False


def setup(app: Sphinx) -> None:
    """Register the renderer under the name that `html_math_renderer` asks for."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.add_post_transform(LeftOvers)
