"""A folder that a service answers from: files, and a manifest with a hash of each.

It is written under another name and renamed when complete. Arrays lie in files of their
own, so that large ones are mapped when they are read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.storage import new_folder

from .errors import ModelError

MANIFEST = "manifest.json"


def write_bundle(
    folder: Path,
    arrays: Any,
    rest: Callable[[Path], None] = lambda folder: None,
    facts: Callable[[Mapping[str, str]], Mapping[str, Any]] = lambda hashes: {},
) -> None:
    """Write a new bundle.

    Parameters
    ----------
    arrays : a tree of dictionaries and lists of arrays
    rest : writes all other files, if there are any, into the folder that it is given
    facts : the hash of each file to what else, if anything, the manifest says

    Raises
    ------
    FileExistsError           if the folder is there
    StorageError              if the disk refuses; nothing is left behind
    """
    if folder.exists():
        raise FileExistsError(f"{folder} exists; choose a new folder for each bundle")
    with new_folder(folder) as made:
        for name, array in flat(arrays):
            np.save(made / f"{name}.npy", array)
        rest(made)
        files = sorted(f for f in made.rglob("*") if f.is_file())
        hashes = {f.relative_to(made).as_posix(): hash_of(f) for f in files}
        manifest = dict(facts(hashes)) | {"files": hashes}
        (made / MANIFEST).write_text(json.dumps(manifest, indent=1))


def read_manifest(folder: Path, keys: tuple[str, ...], remedy: str) -> dict[str, Any]:
    """What a folder says of itself.

    Parameters
    ----------
    keys : that it must have, besides `files`
    remedy : what writes such a folder

    Raises
    ------
    ModelError                if there is none, or it cannot be read
    """
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_bytes())
        return {key: told[key] for key in (*keys, "files")}
    except FileNotFoundError:
        raise ModelError(
            f"nothing to serve in {folder}: {MANIFEST} is missing. Write it with "
            f"{remedy}"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} is no manifest ({error!r}); export again with {remedy}"
        ) from error


def read_arrays(folder: Path, files: Mapping[str, str]) -> Any:
    """The tree of a bundle's arrays, mapped; every file is checked against its hash.

    Raises
    ------
    ModelError                if a file is gone or damaged; names it
    """
    for name, expected in files.items():
        verify(folder / name, expected)
    names = [name.removesuffix(".npy") for name in files if name.endswith(".npy")]
    return nested({name: _mapped(folder / f"{name}.npy") for name in names})


def read_bundle(folder: Path, remedy: str = "write_bundle") -> Any:
    """The tree of arrays of a bundle that says nothing else; `ModelError` as above."""
    return read_arrays(folder, read_manifest(folder, (), remedy)["files"])


def _mapped(path: Path) -> NDArray[Any]:
    """An array that stays on disk until it is read."""
    # Plain: each slice of NumPy's own class of mapped arrays costs ten microseconds.
    return np.asarray(np.load(path, mmap_mode="r"))


def version_of(hashes: Mapping[str, str], begins: str = "") -> str:
    """12 digits that change with any file whose name begins so."""
    told = "".join(h for name, h in hashes.items() if name.startswith(begins))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def flat(tree: Any, name: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Pairs of a name and an array, for a tree of dictionaries and lists.

    >>> dict(flat({"layers": [{"w": 1}, {"w": 2}]}))
    {'layers.0.w': array(1), 'layers.1.w': array(2)}
    """
    if isinstance(tree, dict | list):
        inside = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, branch in inside:
            yield from flat(branch, f"{name}.{key}" if name else str(key))
    else:
        yield name, np.asarray(tree)


def nested(arrays: Mapping[str, Any]) -> Any:
    """The tree that `flat` took apart; keys 0, 1, ... become a list."""
    branches: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        head, _, rest = name.partition(".")
        branches.setdefault(head, {})[rest] = array
    tree = {k: v[""] if "" in v else nested(v) for k, v in branches.items()}
    return [tree[k] for k in sorted(tree, key=int)] if "0" in tree else tree


def verify(path: Path, expected: str) -> None:
    """Refuse a file that is gone or not as it was written.

    Raises
    ------
    ModelError                which names the file
    """
    try:
        found = hash_of(path)
    except OSError as error:
        raise ModelError(
            f"cannot read {path} ({error.strerror}); export again"
        ) from None
    if found != expected:
        raise ModelError(f"{path} is damaged (its hash differs); export again")


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
