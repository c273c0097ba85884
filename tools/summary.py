"""Add up the reports of the test stages: one line a stage, and one for all."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Stage:
    """Counts of one pytest run, from its JUnit report."""

    name: str
    passed: int
    skipped: int
    failed: int
    seconds: float


def read(report: Path, name: str) -> Stage:
    """Counts of one report, to be called `name`.

    Raises
    ------
    ValueError   if the report holds no test suite
    """
    suite = ElementTree.parse(report).getroot().find("testsuite")
    if suite is None:
        raise ValueError(f"{report} holds no test suite: run its stage again")
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    seconds = float(suite.get("time", 0))
    return Stage(name, total - skipped - failed, skipped, failed, seconds)


def words(stage: Stage) -> str:
    """A stage in pytest's own words."""
    counts = {"failed": stage.failed, "passed": stage.passed, "skipped": stage.skipped}
    said = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    return f"{said or 'no tests'} in {stage.seconds:.2f}s"


def name_of(report: Path) -> str:
    """What the report `…/3.12/2-unit.xml` is of: "unit", on Python 3.12."""
    stage, python = report.stem.split("-", 1)[1], report.parent.name
    return f"{python} {stage}" if python.startswith("3.") else stage


def main(directory: Path) -> int:
    """Print the stages and their sum; 1 if anything failed or nothing ran."""
    reports = sorted(directory.rglob("*.xml"))
    stages = [read(path, name_of(path)) for path in reports]
    for stage in stages:
        print(f"{stage.name:>16}  {words(stage)}")
    total = Stage(
        "all",
        sum(stage.passed for stage in stages),
        sum(stage.skipped for stage in stages),
        sum(stage.failed for stage in stages),
        sum(stage.seconds for stage in stages),
    )
    print(f" {words(total)} ".center(80, "="))
    return int(total.failed > 0 or total.passed == 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
