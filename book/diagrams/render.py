"""Render every `.dot` of this folder to the `.svg` beside it: `make diagrams`.

Needs Graphviz's `dot`. The SVG carries the SHA-256 of its source, so that a test sees
a forgotten rendering without Graphviz. Colours become the page's own.
"""

import re
import subprocess
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent


def themed(svg: str, source: str) -> str:
    """Return Graphviz's SVG as an element that follows the theme of its page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<title>.*?</title>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (id|class)="[^"]*"', "", svg)
    svg = re.sub(r' font-family="[^"]*"', "", svg)
    svg = re.sub(r'="(?:#000000|black)"', '="currentColor"', svg)
    svg = svg.replace("<text ", '<text fill="currentColor" ')
    digest = sha256(source.encode()).hexdigest()
    return svg.replace("<svg ", f'<svg data-source="{digest}" ', 1).strip() + "\n"


def render(path: Path) -> None:
    """Write the SVG of one source."""
    source = path.read_text(encoding="utf-8")
    command = ["dot", "-Tsvg", "-Gbgcolor=transparent", "-Nfontname=Helvetica",
               "-Efontname=Helvetica"]  # fmt: skip
    done = subprocess.run(
        command, input=source, capture_output=True, text=True, check=True
    )
    path.with_suffix(".svg").write_text(themed(done.stdout, source), encoding="utf-8")


if __name__ == "__main__":
    for dot in sorted(FOLDER.glob("*.dot")):
        render(dot)
