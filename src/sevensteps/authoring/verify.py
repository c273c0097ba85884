"""Run chapters and compare with their stored outputs, strictly.

`python -m sevensteps.authoring.verify FOLDER_OR_NOTEBOOK...`
exits with pytest's status.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sevensteps.teach.environment import fixed_environment

from .manifest import checksums, write_manifest


def verify(
    paths: list[Path],
    *,
    cores: int = 1,
    report: Path | None = None,
    manifest: Path | None = None,
    installed: Path | None = None,
) -> int:
    """Verify copies of notebooks; on success record their checksums in `manifest`.

    The copies run in a temporary folder: what only a clone has, they do not find.

    So many run side by side as there are cores; `report` is JUnit's. `installed` is the
    folder of a wheel; without it, the package of this environment is used.
    Returns 0 if every cell ran and printed what is stored.
    """
    notebooks = list[Path]()
    for path in paths:
        notebooks += sorted(path.glob("*.ipynb")) if path.is_dir() else [path]
    if not notebooks:
        raise FileNotFoundError(f"No notebook in {', '.join(map(str, paths))}")
    environment = fixed_environment()
    if installed is not None:
        environment["PYTHONPATH"] = str(_with_package(installed))
    with tempfile.TemporaryDirectory() as elsewhere:
        folder = Path(elsewhere, "notebooks")
        folder.mkdir()
        copies = [Path(shutil.copy(path, folder)) for path in notebooks]
        environment["IPYTHONDIR"] = f"{elsewhere}/profile"
        command = _nbval(copies, cores, report)
        status = subprocess.run(command, cwd=elsewhere, env=environment).returncode
        if status == 0 and checksums(notebooks) != checksums(copies):
            print("A notebook changed while it was being verified: run again")
            return 1
    if status == 0 and manifest is not None:
        write_manifest(notebooks, manifest)
    return status


def _nbval(notebooks: list[Path], cores: int, report: Path | None) -> list[str]:
    """The pytest command that verifies the notebooks.

    The project's own pytest options are dropped: doctest would import, and so run,
    the twins. One notebook stays on one worker, so that its cells share a kernel.
    """
    command = [sys.executable, "-m", "pytest", "-o", "addopts=", "-q"]
    command += ["--nbval", "--nbval-current-env", "-p", "no:doctest"]
    command += ["-p", "no:cacheprovider"]
    command += [f"--rootdir={notebooks[0].resolve().parents[1]}"]
    command += [] if sys.stdout.isatty() else ["--color=no"]
    command += ["-n", str(cores), "--dist", "loadfile"] if cores > 1 else []
    command += ["--nbval-sanitize-with", str(Path(__file__).with_name("nbval.cfg"))]
    command += [f"--junitxml={report.resolve()}"] if report else []
    return command + [str(path) for path in notebooks]


def _with_package(installed: Path) -> Path:
    """The folder, if the package is in it."""
    if not (installed / "sevensteps" / "__init__.py").is_file():
        raise FileNotFoundError(
            f"No package in {installed}: run `make test-notebooks`, which installs it"
        )
    return installed.resolve()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--cores", type=int, default=1)
    for option in ("--report", "--manifest", "--installed"):
        parser.add_argument(option, type=Path)
    sys.exit(verify(**vars(parser.parse_args())))
