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


def read(report: Path) -> Stage:
    """Counts of one report.

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
    name = report.stem.split("-", 1)[1]
    return Stage(name, total - skipped - failed, skipped, failed, seconds)


def words(stage: Stage) -> str:
    """A stage in pytest's own words."""
    counts = {"failed": stage.failed, "passed": stage.passed, "skipped": stage.skipped}
    said = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    return f"{said or 'no tests'} in {stage.seconds:.2f}s"


def main(directory: Path) -> int:
    """Print the stages and their sum; 1 if anything failed or nothing ran."""
    stages = [read(path) for path in sorted(directory.glob("*.xml"))]
    for stage in stages:
        print(f"{stage.name:>12}  {words(stage)}")
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
