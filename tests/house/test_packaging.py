"""What surrounds the code: licences, lock, conda environment, workflows."""

import itertools
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec, Version, VersionSpec

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = ["3.11", "3.12", "3.13"]


def declared():
    """All direct dependencies, of every extra."""
    extras = PROJECT["optional-dependencies"].values()
    return [*PROJECT["dependencies"], *itertools.chain.from_iterable(extras)]


def locked():
    """Requirement and hashes of each entry of the lock."""
    text = (ROOT / "requirements.lock").read_text()
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", " ")):
        head, *hashes = re.split(r"\s+--hash=", entry.strip())
        yield Requirement(head), hashes


def in_force(requirement, python):
    """Whether a requirement counts on Linux under that Python."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
        "os_name": "posix",
        "extra": "",
    }
    return requirement.marker is None or requirement.marker.evaluate(environment)


def test_the_lock_is_hashed_and_names_no_host():
    assert "://" not in (ROOT / "requirements.lock").read_text()
    for requirement, hashes in locked():
        assert hashes, f"{requirement.name} has no hash"
        assert str(requirement.specifier).startswith("=="), requirement


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_has_one_version_of_all_that_is_declared(python):
    pinned = {}
    for requirement, _ in locked():
        if in_force(requirement, python):
            name = canonicalize_name(requirement.name)
            assert name not in pinned, f"{name} twice on Python {python}"
            pinned[name] = next(iter(requirement.specifier)).version
    for text in declared():
        wanted = Requirement(text)
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not locked: run `make lock`"
        assert wanted.specifier.contains(version, prereleases=True), text


def test_the_environment_is_what_pyproject_says():
    check = [sys.executable, ROOT / "tools" / "environment.py", "--check"]
    assert subprocess.run(check, check=False).returncode == 0, "run `make lock`"
    told = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [item for item in told if isinstance(item, str)]
    (pip,) = [item["pip"] for item in told if isinstance(item, dict)]
    assert pip == [*declared(), "-e ."]
    assert [str(MatchSpec(item).name.normalized) for item in conda] == ["python", "pip"]


def test_conda_takes_the_pythons_that_the_project_takes():
    told = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    versions = VersionSpec(str(MatchSpec(told[0]).version))
    for python in ["3.10.9", *(f"{minor}.1" for minor in PYTHONS), "3.14.0"]:
        ours = Requirement(f"python{PROJECT['requires-python']}").specifier
        assert versions.matches(Version(python)) == ours.contains(python), python


def test_each_line_of_the_environment_has_its_reason():
    lines = (ROOT / "environment.yml").read_text().splitlines()
    items = [line for line in lines if re.match(r"\s+- (?!pip:)", line)]
    assert [line for line in items if not re.search(r"# \w+", line)] == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("LICENSE", "Apache License"),
        ("LICENSE-TEXT", "creativecommons.org/licenses/by/4.0/legalcode"),
        ("README.md", "make test"),
        ("CONTRIBUTING.md", "make test"),
        ("SECURITY.md", "Report a vulnerability"),
        ("CHANGELOG.md", "Unreleased"),
        ("CITATION.cff", "cff-version"),
        ("environment.yml", "conda-forge"),
    ],
)
def test_the_papers_are_there(name, says):
    assert says in (ROOT / name).read_text()


def test_each_folder_has_its_licence():
    """Named in LICENSE-TEXT, unless it holds Markdown or configuration only."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [Path(name) for name in listed.stdout.split("\n") if "/" in name]
    files = [file for file in files if file.suffix != ".md" and file.parts[0][0] != "."]
    depth = {file: 2 if file.parts[0] == "book" else 1 for file in files}
    folders = {"/".join(file.parts[:n]) for file, n in depth.items()}
    told = (ROOT / "LICENSE-TEXT").read_text()
    assert {name for name in folders if f"`{name}/" not in told} == set()


def test_the_citation_has_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
#: What a step may run besides the make targets.
HELPERS = ("sudo apt-get ", "gh issue create ")


def test_the_three_workflows_are_there():
    assert [path.stem for path in WORKFLOWS] == ["ci", "pages", "weekly"]


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


def test_ci_covers_every_supported_python():
    ci = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    assert ci["jobs"]["test"]["strategy"]["matrix"]["python"] == PYTHONS


def test_ci_run_is_make_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().endswith("make test")
