"""What each page shows around its text: times, "run it" buttons, navigation."""

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from booksite import boxes

WORDS_A_MINUTE = 220  # an adult reading expository English
CODE_LINES_A_MINUTE = 30  # our estimate: a line of code costs about seven words
_FENCE = re.compile(r"^(```|~~~|:::).*?$", re.MULTILINE)
_DESCRIPTION = re.compile(r'(="(?:og:)?description" content=")[^"]*(")')
#: Tokens of code that the style sheet leaves in the text's colour: half of a chapter's
#: elements, which cost a telephone its time and show nothing.
_PLAIN_TOKEN = re.compile(r'<span class="(?:n|o|p|w|nb|nn)">([^<]*)</span>')
_GROUP = re.compile(r"<g(?P<about>\s[^>]*)?>|</g>")
_INNER_TOC = re.compile(r"\s*<ul>\s*<li>.*?</a>(<ul>.*</ul>)\s*</li>\s*</ul>\s*", re.S)


@dataclass(frozen=True)
class Times:
    """What a page costs its reader."""

    read_minutes: int
    run_seconds: float | None = None  # None: never measured, or nothing to run
    run_mb: float | None = None


def times(source: Path) -> Times:
    """Return the reading time of a page, and the running time of a notebook.

    The runner stores `{"sevensteps": {"run_seconds": …, "run_mb": …}}` in the
    notebook's metadata.
    """
    text = source.read_text(encoding="utf-8")
    if source.suffix != ".ipynb":
        return Times(_minutes(text, code_lines=0))
    notebook = json.loads(text)
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    prose = "\n".join(text for kind, text in cells if kind == "markdown")
    code = [line for kind, text in cells if kind == "code" for line in text.split("\n")]
    measured = notebook["metadata"].get("sevensteps", {})
    return Times(
        _minutes(prose, code_lines=sum(bool(line.strip()) for line in code)),
        measured.get("run_seconds"),
        measured.get("run_mb"),
    )


def _minutes(prose: str, *, code_lines: int) -> int:
    words = len(re.findall(r"\w[\w'’-]*", _FENCE.sub("", prose)))
    return max(1, round(words / WORDS_A_MINUTE + code_lines / CODE_LINES_A_MINUTE))


def run_links(repository: str, branch: str, path: str) -> dict[str, str]:
    """Return the addresses that open the notebook `path` on Colab and on Binder."""
    slug = repository.removeprefix("https://github.com/")
    return {
        "Colab": f"https://colab.research.google.com/github/{slug}/blob/{branch}/{path}",
        "Binder": f"https://mybinder.org/v2/gh/{slug}/{branch}?labpath={path}",
    }


def install_line(repository: str, branch: str) -> str:
    """Return the cell that brings the package to a notebook outside a clone."""
    return f"%pip install -q git+{repository}@{branch}"


def _static_version(app: Sphinx, name: str) -> str:
    """Return `name` with a digest, so that a browser never keeps an old file."""
    content = (Path(app.confdir) / "book" / "_static" / name).read_bytes()
    return f"_static/{name}?v={sha256(content).hexdigest()[:8]}"


def _navigation(context: dict[str, Any]) -> str:
    html = context["toctree"](
        collapse=False, includehidden=True, titles_only=True, maxdepth=2
    )
    html = (html or "").replace(' role="heading"', "")
    return html.replace(
        'class="current reference internal"',
        'class="current reference internal" aria-current="page"',
    )


def describe(metatags: str, description: str) -> str:
    """Put the author's description into the meta tags, in place of the first lines."""
    text = escape(description)
    return _DESCRIPTION.sub(lambda tag: f"{tag[1]}{text}{tag[2]}", metatags)


def add_to_context(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the templates what they show (Sphinx's `html-page-context`)."""
    context["asset"] = lambda name: context["pathto"](_static_version(app, name), True)
    context["book_nav"] = _navigation(context)
    context["book_repository"] = app.config.book_repository
    inner = _INNER_TOC.fullmatch(context.get("toc") or "")
    context["page_toc"] = inner[1] if inner else ""
    if doctree is None:
        return
    if said := app.env.metadata[pagename].get("description"):
        context["metatags"] = describe(context["metatags"], said)
    source = Path(app.env.doc2path(pagename))
    context["times"] = times(source)
    context["is_home"] = pagename == app.config.root_doc
    if source.suffix == ".ipynb":
        path = source.relative_to(app.srcdir).as_posix()
        config = app.config
        context["run_links"] = run_links(
            config.book_repository, config.book_branch, path
        )
        context["install_box"] = boxes.plain_code_box(
            install_line(config.book_repository, config.book_branch)
        )
        context["notebook"] = context["pathto"](f"_sources/{path}", True)
    body = without_bare_groups(_PLAIN_TOKEN.sub(r"\1", context["body"]))
    title, end, rest = body.partition("</h1>")
    context["body_title"], context["body_rest"] = title + end, boxes.finish(rest)
    context["uses_cards"] = 'class="sd-' in rest


def without_bare_groups(html: str) -> str:
    """The page without the groups of its figures that say nothing: a thousand.

    >>> without_bare_groups('<svg><g><g style="a"><g><path/></g></g></g></svg>')
    '<svg><g style="a"><path/></g></svg>'
    """
    kept: list[bool] = []  # of the groups that are open

    def group(found: re.Match[str]) -> str:
        if found[0] == "</g>":
            return found[0] if kept.pop() else ""
        kept.append(bool(found["about"]))
        return found[0] if kept[-1] else ""

    return _GROUP.sub(group, html)


def setup(app: Sphinx) -> None:
    """Register the hook, after the extensions that add meta tags."""
    app.connect("html-page-context", add_to_context, priority=900)
