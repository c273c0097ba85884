"""Bring the README's numbers and figure up to date with the executed chapters."""

import base64
from pathlib import Path

from sevensteps.authoring.notebooks import read_notebook
from sevensteps.teach.marks import filled, recorded

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FIGURE = ROOT / "book" / "_static" / "readme-figure.png"


def main() -> None:
    chapters = [read_notebook(path) for path in sorted(ROOT.glob("notebooks/*.ipynb"))]
    for chapter in chapters:
        README.write_text(filled(README.read_text(), recorded(chapter)))
    for cell in chapters[0].cells:  # the figure is of the first
        if "fig" in cell.source and '"league"' in cell.source:
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    FIGURE.write_bytes(base64.b64decode(output.data["image/png"]))


if __name__ == "__main__":
    main()
