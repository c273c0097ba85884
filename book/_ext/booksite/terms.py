"""Bold terms of a chapter, linked to the glossary.

A chapter sets a term in bold once, where it is defined. There the site adds the link,
so that the notebook needs no markup that JupyterLab would show raw.
"""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Wrap each bold glossary term of a chapter in a link to its entry."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    for strong in list(doctree.findall(nodes.strong)):
        if entry := _entry(app, docname, strong):
            entry["classes"].append("term")
            strong.replace_self(entry)


def _entry(app: Sphinx, docname: str, strong: nodes.strong) -> nodes.reference | None:
    """A link to the term's entry, in the singular if need be; None without one."""
    domain = app.env.get_domain("std")
    assert isinstance(domain, StandardDomain)
    name = " ".join(strong.astext().split()).lower()
    for target in (name, name.removesuffix("s")):
        asked = addnodes.pending_xref(reftarget=target, std_term=True)
        found = domain.resolve_xref(
            app.env, docname, app.builder, "term", target, asked, strong.deepcopy()
        )
        if isinstance(found, nodes.reference):
            return found
    return None


def setup(app: Sphinx) -> None:
    """Register the links; they need all pages to have been read."""
    app.connect("doctree-resolved", link_terms)
