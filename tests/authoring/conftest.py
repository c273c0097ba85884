"""A throwaway chapter in a throwaway clone."""

import shutil

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sevensteps.authoring.notebooks import run_chapter
from sevensteps.teach.chapters import find_chapter

CELLS = [
    "import sys\nfrom IPython.display import SVG",
    "total = sum(range(10))\ntotal",
    "print('the total is', total)",
    "import os\nos.environ['PYTHONHASHSEED'], hash('seven') % 1000",
    'SVG(\'<svg xmlns="http://www.w3.org/2000/svg" aria-label="a dot"/>\')',
]


@pytest.fixture(scope="session")
def _ran(tmp_path_factory):
    root = tmp_path_factory.mktemp("clone")
    (root / "notebooks").mkdir()
    (root / "pyproject.toml").touch()
    sources = [new_markdown_cell("# A small chapter"), *map(new_code_cell, CELLS)]
    sources[2].metadata["tags"] = ["remove-input"]
    path = root / "notebooks" / "10_small_thing.ipynb"
    nbformat.write(new_notebook(cells=sources), path)
    run_chapter(find_chapter("small", root))
    return root


@pytest.fixture
def chapter(_ran, tmp_path):
    """The executed chapter, in a copy of its own."""
    shutil.copytree(_ran, tmp_path, dirs_exist_ok=True)
    return find_chapter("small", tmp_path)
