"""The README's finding is what the executed chapter recorded."""

from pathlib import Path

from sevensteps.teach.marks import recorded
from sevensteps.teach.normalise import read_notebook

ROOT = Path(__file__).parents[2]


def test_the_readme_quotes_the_chapter():
    said = recorded(read_notebook(ROOT / "notebooks" / "10_fraud_detection.ipynb"))
    readme = (ROOT / "README.md").read_text()
    for name in ("ap_trees", "live_prior", "live_linear"):
        assert said[name] in readme, f"{name} is now {said[name]}"
