"""What a page puts in boxes: code, outputs, tables and drawings.

They are finished here and not by a script, because the longest page has two hundred.
A box that may scroll sideways is a stop of the keyboard; the script takes out those
that turn out to fit. Code and drawings say their size, so that the browser can leave
them until the reader comes near.
"""

import re
from html import escape

_CODE = re.compile(
    r'(?P<open><div class="(?P<kinds>[^"]*)highlight-[\w-]+ notranslate"[^>]*>)'
    r'<div class="highlight"><pre>(?P<code>.*?)</pre></div>',
    re.DOTALL,
)
_TABLE = re.compile(r'<table class="docutils.*?</table>', re.DOTALL)
_EMPTY_HEAD = re.compile(r"<th[^>]*>(?:<p></p>)?</th>")
_SCROLLER = re.compile(
    r'<div class="(?:[\w-]+ )*(?:scroll|text_html|table-wrapper)\b[^>]*'
)
_DRAWING = re.compile(
    r'<svg role="img"[^>]*viewBox="[\d.]+ [\d.]+ (?P<wide>[\d.]+) (?P<high>[\d.]+)"'
    r".*?</svg>",
    re.DOTALL,
)
_STOP = 'tabindex="0" role="group" aria-label="Wide content: scroll sideways"'
_COPY = '<button type="button" class="copy">Copy</button>'


def finish(html: str) -> str:
    """Return the text of a page with all its boxes in place."""
    html = _TABLE.sub(r'<div class="scroll">\g<0></div>', html)
    # an empty header cell would head a column with silence
    html = _EMPTY_HEAD.sub("<td></td>", html)
    html = _SCROLLER.sub(rf"\g<0> {_STOP}", html)
    html = _DRAWING.sub(
        r'<div class="drawing" style="aspect-ratio: \g<wide> / \g<high>">\g<0></div>',
        html,
    )
    return _CODE.sub(_finished_code, html)


def _finished_code(box: re.Match[str]) -> str:
    is_output = box["kinds"].startswith("output")
    return box["open"] + code_box(box["code"], copied=not is_output)


def code_box(code: str, *, copied: bool = True) -> str:
    """Return a box of highlighted code, with a button if a reader would copy it.

    The box says how many lines it has; the style sheet makes its height of them.
    """
    lines = code.rstrip("\n").count("\n") + 1
    return (
        f'<div class="highlight" style="--lines:{lines}"><pre {_STOP}>{code}</pre>'
        f"{_COPY if copied else ''}</div>"
    )


def plain_code_box(code: str) -> str:
    """Return a box of code that nothing highlights."""
    return code_box(escape(code))
