"""Rules on what a chapter shows: outputs, figures, numbers."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from sevensteps.teach.marks import wrong_marks

from .page import Breach, Output, Page

PRINTED_LINES = 20
OUTPUT_BYTES = 600_000  # a longer one is slow to read, by people and by nbval
_MACHINE = re.compile(
    r"(?<![\w./:-])/(?:home|root|work|Users|tmp)/[\w.-]*|\b[A-Z]:\\(?:Users|Program)"
)
_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
_MARKDOWN_IMAGE = re.compile(r"!\[\s*\]\([^)]+\)")
_DIRECTIVE = re.compile(r"\{(?:figure|image)\}[^\n]*\n((?::[\w-]+:.*\n)*)")
_CAPTION = re.compile(r"<figcaption[^>]*>\s*[^\s<]")
_DRAWN = re.compile(r"\{(?:figure|image|diagram)\}|!\[[^\]]*\]\(|<(?:img|svg)\b")
_GLUE = re.compile(r"\{glue(:[\w:]*)?\}`[^`]+`")
_IMAGES = ("image/png", "image/svg+xml", "image/jpeg")
#: Code shown in prose: a fence that is no directive, or a span.
_SHOWN = re.compile(r"^(```+)(?!\s*\{).*?^\1\s*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
#: What is no bare dollar: one told apart, or a formula without blanks inside.
_DOLLARS = re.compile(
    r"\\.|\$\$.+?\$\$|(?<!\d)\$(?![\s$])(?:\\.|[^$\\\n]|\n(?!\s*\n))*?(?<!\s)\$(?!\d)",
    re.DOTALL,
)
_SCRIPTED = {"script", "iframe", "object", "embed"}


def printed(page: Page) -> Iterator[Breach]:
    """A cell prints at most twenty lines, and nothing huge."""
    lines: dict[int, int] = {}
    for output in page.outputs:
        text = str(output.data.get("text/plain", ""))
        lines[output.cell] = lines.get(output.cell, 0) + len(text.splitlines())
        length = sum(len(str(content)) for content in output.data.values())
        if length > OUTPUT_BYTES:
            yield output.cell, f"an output of {length:,} bytes"
    for i, n in lines.items():
        if n > PRINTED_LINES:
            yield i, f"prints {n} lines; at most {PRINTED_LINES}"


def errors(page: Page) -> Iterator[Breach]:
    """No stored error, and nothing on stderr."""
    for output in page.outputs:
        if output.node.output_type == "error":
            yield output.cell, f"a stored {output.node.ename}"
        elif output.node.get("name") == "stderr":
            yield output.cell, "output on stderr: a warning is a bug"


def scripts(page: Page) -> Iterator[Breach]:
    """Nothing that runs in a reader's browser."""
    for output in page.outputs:
        for mime, content in output.data.items():
            if "javascript" in mime or "widget" in mime:
                yield output.cell, f"an output of type {mime}"
            elif mime in ("text/html", "image/svg+xml", "text/markdown"):
                for found in _scripted(str(content)):
                    yield output.cell, f"an output with {found}"
    for i, text in page.prose:
        for found in _scripted(_SHOWN.sub("", text)):
            yield i, f"prose with {found}"


def machine_paths(page: Page) -> Iterator[Breach]:
    """No path and no memory address of the machine that ran the chapter."""
    for i, text in page.texts():
        for match in (_MACHINE.search(text), _ADDRESS.search(text)):
            if match:
                yield i, f"{match[0]!r} is of one machine only"


def alt_texts(page: Page) -> Iterator[Breach]:
    """Each image has a text for listeners."""
    for output in page.outputs:
        if _has_image(output) and not _has_alt(page, output):
            yield output.cell, "an image without alt text"
    for i, text in page.prose:
        bare = _MARKDOWN_IMAGE.search(text)
        silent = any(":alt: " not in match[1] for match in _DIRECTIVE.finditer(text))
        if bare or silent or _silent_tags(text):
            yield i, "an image without alt text"


def captions(page: Page) -> Iterator[Breach]:
    """Each figure has a caption, which states its claim."""
    for output in page.outputs:
        if not _has_image(output):
            continue
        settings = _settings(page, output.cell).get("figure", {})
        inline = _CAPTION.search(output.data.get("text/html", ""))
        if not inline and not str(settings.get("caption", "")).strip():
            yield output.cell, "a figure without a caption"


def n_figures(page: Page) -> int:
    """Figures and diagrams that the chapter shows."""
    drawn = sum(_has_image(output) for output in page.outputs)
    texts = (_SHOWN.sub("", text) for _, text in page.prose)
    return drawn + sum(len(_DRAWN.findall(text)) for text in texts)


def glue(page: Page) -> Iterator[Breach]:
    """Numbers in prose are marked, which every viewer shows, and not glued."""
    for i, text in page.prose:
        if match := _GLUE.search(text):
            yield i, f"{match[0]!r}: write <!--=name-->value<!--/--> instead"


def marks(page: Page) -> Iterator[Breach]:
    """Each marked number in the prose says what a cell recorded."""
    yield from wrong_marks(page.notebook)


def dollars(page: Page) -> Iterator[Breach]:
    """No bare dollar in prose, tables, captions: JupyterLab makes a formula of two."""
    for i, text in page.prose:
        bare = _DOLLARS.sub("", _SHOWN.sub("", text))
        for match in re.finditer(r"\$.{0,20}", bare):
            yield i, rf"{match[0]!r}: write \$ for a dollar, $x$ for a formula"
    for output in page.outputs:
        if str(output.data.get("text/html", "")).count("$") > 1:
            told = "two dollars in a table or caption: name the currency in words"
            yield output.cell, told


class _Elements(HTMLParser):
    """Start tags of a text, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def _scripted(text: str) -> Iterator[str]:
    """What would run in a browser, in words."""
    for tag, attributes in _Elements(text).found:
        if tag in _SCRIPTED:
            yield f"<{tag}>"
        for name, value in attributes.items():
            if name.startswith("on"):
                yield f"the handler {name}"
            elif value.strip().lower().startswith("javascript:"):
                yield f"a javascript: address in {name}"


def _has_image(output: Output) -> bool:
    """Whether an output draws."""
    html = str(output.data.get("text/html", ""))
    tags = {tag for tag, _ in _Elements(html).found}
    return bool(tags & {"svg", "img"} or output.data.keys() & set(_IMAGES))


def _has_alt(page: Page, output: Output) -> bool:
    """By the cell's metadata, or by the markup itself on every image in it."""
    if str(_settings(page, output.cell).get("image", {}).get("alt", "")).strip():
        return True
    data = output.data
    markup = str(data.get("text/html", "")) or str(data.get("image/svg+xml", ""))
    return bool(markup) and not _silent_tags(markup)


def _silent_tags(markup: str) -> bool:
    """Whether an image in the markup has no text."""
    wanted = {"svg": "aria-label", "img": "alt"}
    return any(
        not attributes.get(wanted[tag], "").strip()
        and attributes.get("aria-hidden") != "true"
        for tag, attributes in _Elements(markup).found
        if tag in wanted
    )


def _settings(page: Page, cell: int) -> dict[str, dict[str, str]]:
    """What a cell's metadata say of its figure."""
    return dict(page.notebook.cells[cell].metadata.get("mystnb", {}))


RULES = (
    *(printed, errors, scripts, machine_paths, alt_texts, captions),
    *(glue, marks, dollars),
)
