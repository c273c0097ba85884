"""After the last page: the entrance, and files that should not be there."""

import re
from html import escape
from pathlib import Path

from sphinx.application import Sphinx

# Written by Sphinx and its extensions for their own themes; our templates use none.
UNUSED = (
    "_static/basic.css",
    "_static/doctools.js",
    "_static/documentation_options.js",
    "_static/searchtools.js",
    "_static/language_data.js",
    "_static/sphinx_highlight.js",
    "_static/file.png",
    "_static/minus.png",
    "_static/plus.png",
    "_static/pygments.css",
    "_static/mystnb.*.css",
    "_static/design-tabs.js",
    "searchindex.js",
)

EXTRA_PAGES = ("index.html", "search.html")

_ENTRANCE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{description}">
<link rel="canonical" href="{base}{home}">
<meta http-equiv="refresh" content="0; url={home}">
</head>
<body><main><h1>{title}</h1><p><a href="{home}">Open the book</a></p></main></body>
</html>
"""


def write_entrance(app: Sphinx, error: Exception | None) -> None:
    """Write the root `index.html`, which leads to the home page, and `robots.txt`."""
    if error or app.builder.name != "html":
        return
    home = app.builder.get_target_uri(app.config.root_doc)
    page = Path(app.outdir, home).read_text("utf-8")
    described = re.search(r'<meta name="description" content="([^"]*)"', page)
    entrance = _ENTRANCE.format(
        title=escape(app.config.html_title),
        description=described[1] if described else escape(app.config.html_title),
        base=app.config.html_baseurl,
        home=home,
    )
    if home != "index.html":
        Path(app.outdir, "index.html").write_text(entrance, "utf-8")
    robots = f"User-agent: *\nAllow: /\nSitemap: {app.config.html_baseurl}sitemap.xml\n"
    Path(app.outdir, "robots.txt").write_text(robots, "utf-8")


def remove_unused(app: Sphinx, error: Exception | None) -> None:
    """Delete what no page loads, so that the published site is small."""
    if error or app.builder.name != "html":
        return
    for pattern in UNUSED:
        for path in Path(app.outdir).glob(pattern):
            path.unlink()


def remove_stale(app: Sphinx, error: Exception | None) -> None:
    """Delete pages whose source has gone since an earlier build."""
    if error or app.builder.name != "html":
        return
    current = {app.builder.get_target_uri(name) for name in app.env.found_docs}
    for path in Path(app.outdir).rglob("*.html"):
        if path.relative_to(app.outdir).as_posix() not in {*current, *EXTRA_PAGES}:
            path.unlink()


def setup(app: Sphinx) -> None:
    """Register the hooks."""
    app.connect("build-finished", write_entrance)
    app.connect("build-finished", remove_unused, priority=900)
    app.connect("build-finished", remove_stale, priority=900)
