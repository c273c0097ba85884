"""`sevensteps new`: what it writes runs, passes, reads and builds at once."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from sevensteps.authoring import new_case
from sevensteps.authoring.lint import lint_file
from sevensteps.authoring.notebooks import run_chapter
from sevensteps.cli import app
from sevensteps.teach.chapters import find_chapter

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "notebooks", "book")
FILES = ("_toc.yml", "_config.yml", "pyproject.toml", "data/README.md")
FIGURES = "chapter: 1 figures; 6-60 are wanted [size]"
TOY = 300  # lines


def copied(folder, *names):
    """Files of this clone, in a folder."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def files(folder):
    """Every file with its content, but what Python leaves beside its sources."""
    found = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def python(clone, *arguments):
    """A process of this Python in the clone, with the clone's package."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=clone,
        env=os.environ | {"PYTHONPATH": str(clone / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """With a new case, and its notebook executed."""
    clone = copied(tmp_path_factory.mktemp("clone"), *FILES)
    for name in FOLDERS:
        skip = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, clone / name, ignore=skip)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(clone)
        told = CliRunner().invoke(app, ["new", "demo", "--title", "Daily newsletter"])
        assert told.exit_code == 0, told.output
        assert "sevensteps run demo" in told.output
        patch.setenv("PYTHONPATH", str(clone / "src"))
        contract = python(clone, "-m", "pytest", "tests/contract", "-k", "demo")
        run_chapter(find_chapter("demo", clone))
        contract.said, _ = contract.communicate()
    return clone, contract


def test_a_new_case_passes_all_contract_tests(clone):
    _, contract = clone
    assert contract.returncode == 0, contract.said
    for name in ("FAILED", "skipped"):
        assert name not in contract.said


def test_its_notebook_breaks_no_rule_but_that_of_six_figures(clone):
    found = lint_file(clone[0] / "notebooks" / "13_demo.ipynb")
    assert [str(finding) for finding in found] == [FIGURES]


def test_its_page_builds_without_a_warning(clone, tmp_path):
    shutil.copytree(clone[0] / "book", tmp_path / "book")
    for name in ("_config.yml", "notebooks/13_demo.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(clone[0] / name, tmp_path / name)
    toc = {"format": "jb-book", "root": "notebooks/13_demo"}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc))
    program = "from jupyter_book.cli.main import main; main()"
    build = python(tmp_path, "-c", program, "build", ".", "-W", "--keep-going", "-n")
    said, _ = build.communicate()
    assert build.returncode == 0, said
    page = (tmp_path / "_build/html/notebooks/13_demo.html").read_text()
    assert 'id="fig-demo-policies"' in page


def test_it_is_small_tidy_and_in_the_table_of_contents(clone):
    case = clone[0] / "src/sevensteps/cases/demo"
    assert sum(len(p.read_text().splitlines()) for p in case.glob("*.py")) <= TOY
    for command in (("check",), ("format", "--check")):
        ruff = python(clone[0], "-m", "ruff", *command, str(case), "tests/cases/demo")
        said, _ = ruff.communicate()
        assert ruff.returncode == 0, said
    toc = yaml.safe_load((clone[0] / "_toc.yml").read_text())
    pages = [
        p["file"] for part in toc["parts"] for p in part["chapters"] if "file" in p
    ]
    chapters = [p for p in pages if p.startswith("notebooks/")]
    assert chapters[-1] == "notebooks/13_demo"
    assert "book/bank/demo" in pages
    cards = (clone[0] / "data/README.md").read_text()
    assert cards.startswith((ROOT / "data/README.md").read_text())
    assert "## Data card: demo" in cards


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("fra", "cannot be told from 'fraud'"),
        ("videos", "cannot be told from 'video'"),
        ("payments", "taken"),
        ("match", "reserved"),
        ("class", "reserved"),
        ("world", "reserved"),
        ("Demo", "lower-case"),
        ("a/../b", "lower-case"),
        ("1st", "lower-case"),
        ("", "lower-case"),
        ("demonstration", "3 to 12"),
    ],
)
def test_a_name_that_cannot_be_had_is_told(slug, why):
    with pytest.raises(ValueError, match=why):
        new_case.check_name(slug, ROOT)


@pytest.fixture
def bare(tmp_path):
    """As much of a clone as a new case is written into."""
    (tmp_path / "notebooks").mkdir()
    return copied(tmp_path, "_toc.yml", "data/README.md")


def test_nothing_is_overwritten_nor_broken_by_a_title(bare):
    before = files(bare)
    for title in ("x", "No: colon", "No\nline", 'No "quote"', "{slug}"):
        with pytest.raises(ValueError, match="title"):
            new_case.new_case("demo", title, bare)
    assert files(bare) == before
    there = bare / "book" / "bank" / "demo.yml"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    before = files(bare)
    with pytest.raises(FileExistsError, match=r"bank/demo\.yml is there already"):
        new_case.new_case("demo", None, bare)
    assert files(bare) == before


@pytest.mark.parametrize("moved", [0, 4, 12])
def test_what_fails_halfway_leaves_nothing(bare, monkeypatch, moved):
    before, move, done = files(bare), shutil.move, []

    def full(source, target):
        done.append(target)
        if len(done) > moved:
            raise OSError("the disk is full")
        move(source, target)

    monkeypatch.setattr(new_case.shutil, "move", full)
    with pytest.raises(OSError, match="full"):
        new_case.new_case("demo", None, bare)
    assert files(bare) == before
