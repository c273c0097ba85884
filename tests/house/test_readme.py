"""The README's finding and figure are what the executed chapter holds."""

import base64
import re
from pathlib import Path

from sevensteps.teach.marks import filled, recorded
from sevensteps.teach.normalise import read_notebook

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CHAPTER = read_notebook(ROOT / "notebooks" / "10_fraud_detection.ipynb")


def test_the_readme_quotes_the_chapter():
    said = recorded(CHAPTER)
    names = re.findall("<!--=(.+?)-->", README)
    assert len(names) >= 4
    assert set(names) <= set(said)
    assert filled(README, said) == README, "bring it up to date: python tools/readme.py"


def test_the_readme_shows_the_chapters_figure():
    shown = re.search(r"\(book/_static/(readme-figure.png)\)", README)
    picture = (ROOT / "book" / "_static" / shown[1]).read_bytes()
    stored = [
        base64.b64decode(output["data"]["image/png"])
        for cell in CHAPTER.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert picture in stored, "bring it up to date: python tools/readme.py"
