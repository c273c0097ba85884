"""A folder that a service answers from: arrays, other files, and facts about them.

Arrays lie in files of their own, so that large ones are mapped when they are read.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sevensteps.world.storage import (
    BrokenFolder,
    FolderKind,
    new_folder,
    read_manifest,
    write_manifest,
)


class ServiceError(RuntimeError):
    """Something without which a service must not start."""


class ModelError(ServiceError):
    """A model that must not be served: missing, corrupt or made for other features."""


BUNDLE = FolderKind("bundle", 1, "Export it again.")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What was read."""

    folder: Path
    facts: dict[str, Any]  # whatever its writer wanted to say, as JSON
    arrays: Any  # a tree of dictionaries and lists of arrays
    hashes: Mapping[str, str]  # file to its SHA-256

    def version(self, begins: str = "") -> str:
        """12 digits that change with any file whose name begins so."""
        told = "".join(h for name, h in self.hashes.items() if name.startswith(begins))
        return hashlib.sha256(told.encode()).hexdigest()[:12]


def write_bundle(
    folder: Path,
    arrays: Any,
    facts: Mapping[str, Any] | None = None,
    *,
    rest: Callable[[Path], object] = lambda folder: None,
    kind: FolderKind = BUNDLE,
) -> None:
    """Write a new bundle.

    Parameters
    ----------
    arrays : a tree of dictionaries and lists of arrays
    facts : what else the manifest says
    rest : writes all other files, if there are any, into the folder that it is given

    Raises a FileExistsError if the folder holds something, a StorageError if the disk
    refuses; nothing is left behind.
    """
    with new_folder(folder) as made:
        for name, array in flat(arrays):
            np.save(made / f"{name}.npy", array)
        rest(made)
        write_manifest(made, kind, facts or {})


def read_bundle(folder: str | Path, kind: FolderKind = BUNDLE) -> Bundle:
    """A bundle, after comparing every file with its hash; arrays are mapped.

    Raises a ModelError if a file is gone or damaged; names it.
    """
    folder = Path(folder)
    try:
        told = read_manifest(folder, kind, check=True)
    except (BrokenFolder, OSError) as error:
        raise ModelError(str(error)) from None
    names = [file.removesuffix(".npy") for file in told.files if file.endswith(".npy")]
    arrays = nested({name: _mapped(folder / f"{name}.npy") for name in names})
    hashes = {name: digest for name, (_, digest) in told.files.items()}
    return Bundle(folder, told.content, arrays, hashes)


def _mapped(path: Path) -> NDArray[Any]:
    """An array that stays on disk until it is read."""
    # Plain: each slice of NumPy's own class of mapped arrays costs ten microseconds.
    return np.asarray(np.load(path, mmap_mode="r"))


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
