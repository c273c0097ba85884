"""Write environment.yml (conda, Binder) from pyproject.toml and the lock.

`python tools/environment.py --check` only says whether the file is up to date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LINE = re.compile(
    r'^  "(?P<name>[\w.-]+)(?P<extra>\[\w+\])?[^"]*",? *(?:# (?P<why>.+))?$'
)
_LOCKED = re.compile(r"^(?P<name>[\w.-]+)==(?P<rest>[^\\\n]+?) *\\$", re.MULTILINE)
_PYTHON = re.compile(r'^requires-python = "(?P<spec>[^"]+)"', re.MULTILINE)
_HEAD = """\
# conda env create -f environment.yml && conda activate seven-steps
# Written by `make lock` from pyproject.toml and the lock. Conda brings Python; pip the
# rest, in the lock's versions, so that both ways give the same packages.
name: seven-steps
channels:
  - conda-forge                           # the community's channel; no other is needed
dependencies:
"""


def environment(pyproject: str, lock: str) -> str:
    """The text of environment.yml.

    Raises
    ------
    ValueError   if a dependency has no reason
    KeyError     if a dependency is not locked: run `make lock`
    """
    python = _PYTHON.search(pyproject)
    if python is None:
        raise ValueError("pyproject.toml has no requires-python")
    locked = {each["name"]: each["rest"] for each in _LOCKED.finditer(lock)}
    rows = [_row(f"python {python['spec']}", "what CI tests", 2)]
    rows += [_row("pip", "installs the list below", 2), "  - pip:"]
    project = pyproject.split("[project.scripts]")[0].splitlines()
    for match in filter(None, map(_LINE.match, project)):
        if not match["why"]:
            raise ValueError(f"say why {match['name']} is needed, in pyproject.toml")
        name = match["name"].lower()
        spec = f"{name}{match['extra'] or ''}=={locked.pop(name)}"
        rows.append(_row(spec, match["why"], 6))
    rows.append(_row("-e .", "the package itself", 6))
    rows.append("      # What these bring:")
    rows += [_row(f"{name}=={rest}", "", 6) for name, rest in locked.items()]
    return _HEAD + "\n".join(rows) + "\n"


def _row(spec: str, why: str, indent: int) -> str:
    item = " " * indent + (f'- "{spec}"' if re.search(r"[\[;]", spec) else f"- {spec}")
    return f"{item:<39} # {why}" if why else item


def main() -> int:
    """Write or check the file."""
    pyproject, lock = (ROOT / "pyproject.toml", ROOT / "requirements.lock")
    text = environment(pyproject.read_text("utf-8"), lock.read_text("utf-8"))
    path = ROOT / "environment.yml"
    if "--check" in sys.argv[1:]:
        return int(not path.is_file() or path.read_text(encoding="utf-8") != text)
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
