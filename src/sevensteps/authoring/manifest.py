"""Prove that the site shows exactly the notebooks that were verified.

`python -m sevensteps.authoring.manifest VERIFIED.json SITE` compares the checksums
taken when nbval passed with the sources that the site's build copied beside its pages.
"""

import hashlib
import json
import sys
from pathlib import Path


def checksums(notebooks: list[Path]) -> dict[str, str]:
    """SHA-256 of each notebook by file name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(notebooks)
    }


def write_manifest(notebooks: list[Path], manifest: Path) -> None:
    """Record what was verified."""
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_text(json.dumps(checksums(notebooks), indent=1) + "\n")


def unverified(manifest: Path, site: Path) -> list[str]:
    """Names of published notebooks that differ from, or are not in, the manifest.

    A verified notebook that was not published counts too: the book would lack it.
    """
    verified = json.loads(manifest.read_text())
    published = checksums(list((site / "_sources" / "notebooks").glob("*.ipynb")))
    names = sorted(verified.keys() | published.keys())
    return [name for name in names if verified.get(name) != published.get(name)]


if __name__ == "__main__":
    manifest, site = map(Path, sys.argv[1:3])
    if not manifest.is_file():
        raise SystemExit(f"{manifest} is missing: run `make test-notebooks` first")
    if wrong := unverified(manifest, site):
        raise SystemExit(
            f"The site was not built from the verified outputs: {', '.join(wrong)}. "
            "Run `make test-notebooks site` again."
        )
    print("The site was built from exactly the outputs that were verified.")
