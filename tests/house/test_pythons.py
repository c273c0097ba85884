"""Environments: which Python is taken, and what all Pythons together say."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = ["3.11", "3.12", "3.13"]
THIS = "{}.{}".format(*sys.version_info[:2])
MAKE = """#!/bin/bash
for word; do case $word in REPORTS=*) reports=${word#REPORTS=};; esac; done
mkdir -p $reports
counts='tests="3" failures="0" errors="0" skipped="1" time="1"'
echo "<testsuites><testsuite $counts/></testsuites>" > $reports/1-house.xml
[[ " $* " != *" $FAILS "* ]]
"""


def run(script, *arguments, env):
    """The finished script of `tools/`, called in the repository."""
    command = [ROOT / "tools" / script, *arguments]
    how = {"capture_output": True, "text": True, "check": False}
    return subprocess.run(command, cwd=ROOT, env=env, **how)


def test_the_book_says_the_pythons_that_are_tried():
    tried = re.compile(r"for version in ([\d. ]+); do|^supported=\"(.+)\"$", re.M)
    for name in ("pythons.sh", "test-pythons.sh", "make-env.sh"):
        for groups in tried.findall((ROOT / "tools" / name).read_text()):
            assert sorted("".join(groups).split()) == PYTHONS, name
    ours = Requirement(f"python{PROJECT['requires-python']}").specifier
    assert [v for v in range(9, 20) if ours.contains(f"3.{v}")] == [
        int(version[2:]) for version in PYTHONS
    ]


@pytest.fixture
def machine(tmp_path):
    """A machine whose only names are given: a shim that does not run, a Python."""
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\necho no such version >&2; exit 127\n")
    shim.chmod(0o755)
    (tmp_path / "python3").symlink_to(sys.executable)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)}


def test_a_shim_that_does_not_run_is_no_python(machine):
    told = run("pythons.sh", env=machine).stdout.splitlines()
    found = dict(line.split(maxsplit=1) for line in told)
    assert THIS in found
    assert machine["HOME"] + "/python3.13" not in found.values()


def test_a_python_that_does_not_fit_is_refused_with_advice(machine, tmp_path):
    asked = {**machine, "SEVENSTEPS_PYTHON": str(tmp_path / "python3.13")}
    asked["PATH"] = f"{Path(sys.executable).parent}:{asked['PATH']}"  # with its uv
    made = tmp_path / "venv"
    refused = run("make-env.sh", made, env=asked)
    assert refused.returncode == 1
    assert "is no Python 3.11, 3.12 or 3.13: name another" in refused.stderr
    assert not made.exists()


@pytest.mark.parametrize(("fails", "status"), [("nothing", 0), ("test", 1)])
def test_all_pythons_are_tried_and_added_up(machine, tmp_path, fails, status):
    """With a `make` that only leaves reports: the newest gets `make test`."""
    (tmp_path / "make").write_text(MAKE)
    (tmp_path / "make").chmod(0o755)
    told = run("test-pythons.sh", tmp_path / "r", env={**machine, "FAILS": fails})
    assert told.returncode == status
    lines = told.stdout.splitlines()
    here = [v for v in PYTHONS if f"{v} house" in told.stdout]
    assert THIS in here
    for version in set(PYTHONS) - set(here):
        assert f"Python {version}: absent here, not tried" in lines
    n = len(here)
    assert f" {2 * n} passed, {n} skipped in {n}.00s " in lines[-1]
    failed = [line for line in lines if line.endswith("failed")]
    newest = f"== make test REPORTS={tmp_path}/r/{here[-1]} failed"
    assert failed == ([newest] if status else [])
