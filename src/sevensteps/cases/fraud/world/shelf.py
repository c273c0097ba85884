"""Reading a payments world from disk: nothing without a valid manifest is read."""

from pathlib import Path

import pyarrow as pa

from sevensteps.world.disk import Form, Manifest

from .records import History
from .schema import NAMES, SCHEMA, TRUTH

FORM = Form("payments", 1, {**SCHEMA, "truth": TRUTH}, NAMES)


def read_manifest(directory: str | Path) -> Manifest:
    """The manifest of a directory, if it is whole.

    Raises
    ------
    BrokenWorld
        if it is absent, damaged or of another format, or files have another size
    """
    return FORM.manifest(directory)


def verify(directory: str | Path) -> Manifest:
    """Compare every file with its checksum.

    Raises
    ------
    BrokenWorld
        naming the first file that differs
    """
    return FORM.verify(directory)


def read_world(directory: str | Path, *, check: bool = False) -> History:
    """A history from disk; with `check`, after verifying all checksums.

    Raises
    ------
    BrokenWorld
        if the directory has no valid manifest or a file differs from it
    """
    manifest = verify(directory) if check else read_manifest(directory)
    tables = {name: FORM.table(directory, manifest, name) for name in SCHEMA}
    return History(**tables, days=manifest.parameters["days"])


def read_truth(directory: str | Path) -> pa.Table:
    """What only the world knows, in the order of the payments."""
    return FORM.table(directory, read_manifest(directory), "truth")
