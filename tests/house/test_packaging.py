"""What surrounds the code: licences, lock, conda environment, workflows."""

import itertools
import os
import re
import runpy
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec, Version, VersionSpec

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT, PROJECT_BUILD = PYPROJECT["project"], PYPROJECT["build-system"]["requires"]
PYTHONS = ["3.11", "3.12", "3.13"]


def declared():
    extras = PROJECT["optional-dependencies"].values()
    return [*PROJECT["dependencies"], *itertools.chain.from_iterable(extras)]


def locked():
    """Requirement and hashes of each entry of the lock."""
    text = (ROOT / "requirements.lock").read_text()
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        head, *hashes = re.split(r"\s+--hash=", entry.strip())
        yield Requirement(head), hashes


def test_the_lock_is_hashed_names_no_host_and_has_one_version_of_each_package():
    """Two of one that computes would give other numbers on another Python."""
    assert "://" not in (ROOT / "requirements.lock").read_text()
    for requirement, hashes in locked():
        assert hashes, f"{requirement.name} has no hash"
        assert str(requirement.specifier).startswith("=="), requirement
    times = Counter(canonicalize_name(requirement.name) for requirement, _ in locked())
    assert [name for name, n in times.items() if n > 1] == []


@pytest.mark.parametrize("text", [*declared(), *PROJECT_BUILD])
def test_what_is_declared_is_locked_on_every_python(text):
    wanted = Requirement(text)
    name = canonicalize_name(wanted.name)
    found = [each for each, _ in locked() if canonicalize_name(each.name) == name]
    assert found, f"{name} is not locked: run `make lock`"
    assert found[0].marker is None
    version = next(iter(found[0].specifier)).version
    assert wanted.specifier.contains(version, prereleases=True)


def told_to_conda():
    told = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    (pip,) = [item["pip"] for item in told if isinstance(item, dict)]
    return [item for item in told if isinstance(item, str)], pip


def test_the_environment_is_up_to_date_and_gives_the_locks_versions():
    check = [sys.executable, ROOT / "tools" / "environment.py", "--check"]
    assert subprocess.run(check, check=False).returncode == 0, "run `make lock`"
    conda, pip = told_to_conda()
    assert [str(MatchSpec(item).name.normalized) for item in conda] == ["python", "pip"]
    pip.remove("-e .")
    pinned = {(r.name, r.specifier, r.marker) for r in map(Requirement, pip)}
    assert len(pinned) == len(pip)
    assert pinned == {(r.name, r.specifier, r.marker) for r, _ in locked()}


def test_conda_takes_the_pythons_that_the_project_takes():
    versions = VersionSpec(str(MatchSpec(told_to_conda()[0][0]).version))
    for python in ["3.10.9", *(f"{minor}.1" for minor in PYTHONS), "3.14.0"]:
        ours = Requirement(f"python{PROJECT['requires-python']}").specifier
        assert versions.matches(Version(python)) == ours.contains(python), python


def test_what_the_environment_asks_for_itself_has_its_reason():
    asked, _ = (ROOT / "environment.yml").read_text().split("# What these bring:")
    items = re.findall(r"^ +- (?!pip:).*", asked, re.MULTILINE)
    assert len(items) == len(declared()) + 4  # channel, Python, pip, us
    assert [line for line in items if not re.search(r"# \w+", line)] == []


PAPERS = {
    "LICENSE": "Apache License",
    "LICENSE-TEXT": "creativecommons.org/licenses/by/4.0/legalcode",
    "README.md": "make test",
    "CONTRIBUTING.md": "make test",
    "SECURITY.md": "Report a vulnerability",
    "CHANGELOG.md": "Unreleased",
    "CITATION.cff": f"version: {PROJECT['version']}\n",
    "environment.yml": "conda-forge",
}


@pytest.mark.parametrize("name", PAPERS)
def test_the_papers_are_there(name):
    assert PAPERS[name] in (ROOT / name).read_text()


def test_each_folder_has_its_licence():
    """Named in LICENSE-TEXT, unless it holds Markdown or configuration only."""
    listed = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)
    files = [Path(name) for name in listed.split("\n") if "/" in name]
    files = [file for file in files if file.suffix != ".md" and file.parts[0][0] != "."]
    depth = {file: 2 if file.parts[0] == "book" else 1 for file in files}
    folders = {"/".join(file.parts[:n]) for file, n in depth.items()}
    told = (ROOT / "LICENSE-TEXT").read_text()
    assert {name for name in folders if f"`{name}/" not in told} == set()


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
#: What a step may run besides the make targets.
HELPERS = ("gh issue create ",)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_only_make_targets(path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    jobs = yaml.safe_load(path.read_text())["jobs"].values()
    runs = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    commands = [run.split() for run in runs if not run.startswith(HELPERS)]
    assert any("test" in command for command in commands)
    for command in commands:
        assert command[0] == "make"
        assert {word for word in command[1:] if "=" not in word} <= targets


def test_ci_covers_every_supported_python_and_runs_what_a_person_runs():
    assert [path.stem for path in WORKFLOWS] == ["ci", "pages", "weekly"]
    ci = yaml.safe_load(WORKFLOWS[0].read_text())
    assert ci["jobs"]["test"]["strategy"]["matrix"]["python"] == PYTHONS
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "exec make test-pythons" in script.read_text()


def test_what_a_quick_run_leaves_out_is_there():
    """A folder that is renamed would come back into `make test-quick`."""
    conftest = runpy.run_path(str(ROOT / "tests" / "conftest.py"))
    places = [place for each in conftest["PLACES"].values() for place in each]
    assert [p for p in places if not any((ROOT / "tests").glob(p))] == []
    marks = PYPROJECT["tool"]["pytest"]["ini_options"]["markers"]
    marks = {mark.split(":")[0] for mark in marks}
    quick = re.search(r'-m "(.+)"', (ROOT / "Makefile").read_text())[1]
    assert set(re.findall(r"not (\w+)", quick)) == marks == set(conftest["PLACES"])


def test_the_wheel_holds_what_a_notebook_reads(tmp_path):
    """From another folder, where no clone is to be found."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    code = (
        "import sevensteps; from sevensteps.teach import bank, chapters, measured\n"
        "print(sevensteps.__file__, *sorted(f.name for name in chapters.FOLDERS"
        " for f in chapters.shipped(name).iterdir()))\n"
        "print(bank.load_bank('fraud').slug, len(measured('video-scale')) > 0)\n"
    )
    installed = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    how = {"cwd": tmp_path, "env": installed, "text": True}
    said = subprocess.check_output([sys.executable, "-c", code], **how)
    (where, *names), last = (line.split() for line in said.splitlines())
    assert where.startswith(str(tmp_path))
    kept = [ROOT / folder for folder in ("book/bank", "data/measured")]
    assert names == sorted(file.name for folder in kept for file in folder.iterdir())
    assert last == ["fraud", "True"]
    for file in (ROOT / "src").rglob("*.*"):
        inside = tmp_path / "installed" / file.relative_to(ROOT / "src")
        assert inside.exists() or file.suffix == ".pyc", file
