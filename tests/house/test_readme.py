"""The README's finding and figure are what the executed chapter holds."""

import base64
import re
from pathlib import Path

from sevensteps.authoring.notebooks import read_notebook
from sevensteps.teach.marks import complaints, recorded

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CHAPTERS = [read_notebook(path) for path in sorted(ROOT.glob("notebooks/*.ipynb"))]


def test_the_readme_quotes_the_chapters():
    said = [recorded(chapter) for chapter in CHAPTERS]
    names = re.findall("<!--=(.+?)-->", README)
    assert len(names) >= 4 * len(CHAPTERS)
    told_by = {name: [each for each in said if name in each] for name in names}
    assert all(len(by) == 1 for by in told_by.values()), "each by just one chapter"
    found = list(complaints(README, {n: v for each in said for n, v in each.items()}))
    assert found == [], "bring it up to date: python tools/readme.py"


def test_the_readme_shows_the_chapters_figure():
    shown = re.search(r"\(book/_static/(readme-figure.png)\)", README)
    picture = (ROOT / "book" / "_static" / shown[1]).read_bytes()
    stored = [
        base64.b64decode(output["data"]["image/png"])
        for cell in CHAPTERS[0].cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert picture in stored, "bring it up to date: python tools/readme.py"
