"""Write environment.yml (conda) from pyproject.toml, reasons included.

`python tools/environment.py --check` only says whether the file is up to date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LINE = re.compile(r'^  "(?P<spec>[^"]+)",?\s*(?:# (?P<why>.+))?$')
_PYTHON = re.compile(r'^requires-python = "(?P<spec>[^"]+)"', re.MULTILINE)
_HEAD = """\
# conda env create -f environment.yml && conda activate seven-steps
# Written by `make lock` from pyproject.toml. Conda brings Python; pip the rest, so that
# both ways give the same packages.
name: seven-steps
channels:
  - conda-forge                           # the community's channel; no other is needed
dependencies:
"""


def environment(pyproject: str) -> str:
    """The text of environment.yml.

    Raises
    ------
    ValueError   if a dependency has no reason
    """
    python = _PYTHON.search(pyproject)
    if python is None:
        raise ValueError("pyproject.toml has no requires-python")
    rows = [_row(f"python {python['spec']}", "what CI tests", 2)]
    rows += [_row("pip", "installs the list below", 2), "  - pip:"]
    project = pyproject.split("[project.scripts]")[0].splitlines()
    for match in filter(None, map(_LINE.match, project)):
        if not match["why"]:
            raise ValueError(f"say why {match['spec']} is needed, in pyproject.toml")
        rows.append(_row(match["spec"], match["why"], 6))
    rows.append(_row("-e .", "the package itself", 6))
    return _HEAD + "\n".join(rows) + "\n"


def _row(spec: str, why: str, indent: int) -> str:
    item = " " * indent + (f"- '{spec}'" if "[" in spec else f"- {spec}")
    return f"{item:<40}# {why}"


def main() -> int:
    """Write or check the file."""
    text = environment((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    path = ROOT / "environment.yml"
    if "--check" in sys.argv[1:]:
        return int(not path.is_file() or path.read_text(encoding="utf-8") != text)
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
