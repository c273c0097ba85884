"""A chapter runs, is normalised, gets its twin, and is verified strictly."""

import json
from xml.etree import ElementTree

import nbformat
import pytest

from sevensteps.authoring.manifest import unverified
from sevensteps.authoring.notebooks import (
    ChapterFailed,
    is_normal,
    read_notebook,
    run_chapter,
    twin_matches,
)
from sevensteps.authoring.verify import verify
from sevensteps.teach.chapters import find_chapter


def edit(path, change):
    notebook = read_notebook(path)
    change(notebook.cells)
    nbformat.write(notebook, path)


def test_a_run_keeps_results_and_drops_noise(chapter):
    notebook = read_notebook(chapter.notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4, 5]
    assert code[2].outputs[0].text == "the total is 45\n"
    assert code[1].metadata == {"tags": ["remove-input"]}
    assert [cell.id for cell in notebook.cells] == list("012345")
    assert notebook.metadata.language_info == {"name": "python"}
    assert is_normal(chapter.notebook)
    edit(chapter.notebook, lambda cells: cells[1].metadata.update(scrolled=True))
    assert not is_normal(chapter.notebook)


def test_a_second_run_changes_nothing_but_its_cost(chapter):
    before = read_notebook(chapter.notebook), chapter.twin.read_bytes()
    run_chapter(chapter)
    after = read_notebook(chapter.notebook), chapter.twin.read_bytes()
    for notebook, _ in (before, after):
        cost = notebook.metadata.pop("sevensteps")
        assert 0 <= cost["run_seconds"] < 60
        assert 10 < cost["run_mb"] < 4_000
    assert after == before
    assert {p.suffix for p in chapter.twin.parent.iterdir()} == {".ipynb", ".py"}


def test_the_twin_has_no_header_and_follows_the_notebook(chapter):
    assert chapter.twin.read_text().startswith("# %% [markdown]\n# # A small chapter")
    assert twin_matches(chapter.notebook)
    edit(chapter.notebook, lambda cells: cells[2].update(source="total = 46\ntotal"))
    assert not twin_matches(chapter.notebook)
    chapter.twin.unlink()
    assert not twin_matches(chapter.notebook)


def test_sources_can_come_from_the_twin_and_a_failing_run_changes_no_file(chapter):
    text = chapter.twin.read_text().replace("range(10)", "range(11)")
    chapter.twin.write_text(text)
    run_chapter(chapter, from_twin=True)
    notebook = read_notebook(chapter.notebook)
    assert notebook.cells[3].outputs[0].text == "the total is 55\n"
    assert notebook.cells[2].metadata == {"tags": ["remove-input"]}
    assert chapter.twin.read_text() == text
    before, broken = chapter.notebook.read_bytes(), text.replace("(11)", "(ten)")
    chapter.twin.write_text(broken)
    with pytest.raises(ChapterFailed, match="name 'ten' is not defined"):
        run_chapter(chapter, from_twin=True)
    assert chapter.notebook.read_bytes() == before
    assert chapter.twin.read_text() == broken


def test_an_unchanged_chapter_is_verified_and_recorded(chapter, tmp_path):
    manifest, site = tmp_path / "verified.json", tmp_path / "html"
    assert verify([chapter.notebook.parent], manifest=manifest) == 0
    assert list(json.loads(manifest.read_text())) == [chapter.notebook.name]

    published = site / "_sources" / "notebooks"
    published.mkdir(parents=True)
    assert unverified(manifest, site) == [chapter.notebook.name]
    copy = published / chapter.notebook.name
    copy.write_bytes(chapter.notebook.read_bytes())
    assert unverified(manifest, site) == []
    edit(copy, lambda cells: cells[3].outputs[0].update(text="the total is 46\n"))
    assert unverified(manifest, site) == [chapter.notebook.name]


PLANTED = {
    "11_broken_cell": (1, lambda cell: cell.update(source="raise RuntimeError")),
    "12_other_result": (2, lambda cell: cell.update(source="total = 46\ntotal")),
    "13_altered_digit": (2, lambda cell: cell.outputs[0].data.update(PLAIN_46)),
    "14_new_warning": (3, lambda cell: cell.update(source=WARNS + cell.source)),
    "15_lost_figure": (5, lambda cell: cell.outputs.clear()),
    "16_needs_the_clone": (1, lambda cell: cell.update(source=NEEDS + cell.source)),
}
PLAIN_46 = {"text/plain": "46"}
NEEDS = "open('../pyproject.toml').close()\n"
WARNS = "import warnings; warnings.warn('old')\n"


def test_each_planted_fault_fails_verification(chapter, tmp_path):
    for name, (place, change) in PLANTED.items():
        path = chapter.notebook.with_name(f"{name}.ipynb")
        path.write_bytes(chapter.notebook.read_bytes())
        edit(path, lambda cells, i=place, change=change: change(cells[i]))
    report, manifest = tmp_path / "report.xml", tmp_path / "verified.json"
    status = verify([chapter.notebook.parent], report=report, manifest=manifest)
    failing = {
        case.get("classname").split(".")[1]
        for case in ElementTree.parse(report).iter("testcase")
        if case.find("failure") is not None
    }
    assert status != 0
    assert not manifest.exists()
    assert failing == set(PLANTED)


def test_the_installed_package_is_what_runs(chapter, tmp_path):
    def ask(cells):
        cells[3].source = "import sevensteps\nprint(sevensteps.__doc__)"
        cells[3].outputs[0].text = "from the wheel\n"

    edit(chapter.notebook, ask)
    assert verify([chapter.notebook]) != 0
    package = tmp_path / "installed" / "sevensteps"
    with pytest.raises(FileNotFoundError, match="make test-notebooks"):
        verify([chapter.notebook], installed=package.parent)
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""from the wheel"""')
    assert verify([chapter.notebook], installed=package.parent) == 0
    with pytest.raises(FileNotFoundError, match="No notebook"):
        verify([package])


def test_a_chapter_answers_to_its_names_and_an_unknown_one_lists_the_known(chapter):
    root = chapter.notebook.parents[1]
    for name in ("10", "small", "small-thing", "10_small_thing.ipynb"):
        assert find_chapter(name, root) == chapter
    with pytest.raises(LookupError, match="Known chapters: small_thing"):
        find_chapter("large", root)
