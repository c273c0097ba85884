"""A morning on disk: every array in a file of its own, checked and mapped when read.

The folder is written under another name and renamed when complete. The manifest names
each file with its hash, and the towers that the index was made with: an index searched
with another tower's vectors finds nonsense without any error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import faiss

from sevensteps.cases.video.recommender.items import Items, Viewers
from sevensteps.cases.video.recommender.known import COUNTED, Counts, Known
from sevensteps.cases.video.recommender.online import ServingSnapshot
from sevensteps.cases.video.recommender.pages import Layout
from sevensteps.cases.video.recommender.ranking import Net, Scale, Value
from sevensteps.cases.video.recommender.towers import Towers
from sevensteps.cases.video.world import Pairs
from sevensteps.rank.neighbours import Built
from sevensteps.rank.towers import TowerPlan
from sevensteps.serve import bundle
from sevensteps.serve.bundle import version_of, write_bundle
from sevensteps.serve.errors import ModelError

INDEX = "vectors.index"
PLAIN = ("looks", "trend", "topics", "last", "last_share", "n_last")


def export_morning(
    morning: ServingSnapshot, folder: str | Path, *, index_of: str | None = None
) -> Path:
    """Write what a service answers from.

    Parameters
    ----------
    morning : its ranker must be a `Net`
    folder : must not exist yet
    index_of : version of the towers that made the index, if not the morning's own

    Raises
    ------
    FileExistsError           if the folder is there
    TypeError                 for another ranker
    StorageError              if the disk refuses; nothing is left behind
    """
    path, net = Path(folder), morning.ranker
    if not isinstance(net, Net):
        raise TypeError(
            f"a {type(net).__name__} cannot be exported; fit a network "
            "with sevensteps.cases.video.recommender.net_training.fit"
        )
    write_bundle(
        path,
        _tree(morning, net),
        lambda made: faiss.write_index(morning.index.index, str(made / INDEX)),
        lambda hashes: _facts(morning, net, hashes, index_of),
    )
    return path


def _tree(morning: ServingSnapshot, net: Net) -> dict[str, Any]:
    """Every array under a name of its own."""
    known = morning.known
    tree: dict[str, Any] = {"towers": morning.towers.weights, "net": net.weights}
    tree["scale"] = {"mean": net.scale.mean, "spread": net.scale.spread}
    tree["counts"] = {
        part: {name: getattr(getattr(known, part), name) for name in COUNTED}
        for part in ("item", "creator", "user")
    }
    tree["known"] = {name: getattr(known, name) for name in PLAIN}
    tree["pairs"] = {"watched": known.watched.keys, "follows": known.follows.keys}
    for part in ("items", "viewers"):
        one = getattr(morning, part)
        tree[part] = {field.name: getattr(one, field.name) for field in fields(one)}
    tree["lists"] = {"vector": morning.vector, "countries": morning.countries}
    return tree


def _facts(
    morning: ServingSnapshot, net: Net, hashes: Mapping[str, str], index_of: str | None
) -> dict[str, Any]:
    towers = version_of(hashes, "towers.")
    return {
        "model": version_of(hashes, "net."),
        "towers": towers,
        "index_of": index_of or towers,
        "day": morning.known.day,
        "plan": asdict(morning.towers.plan),
        "widths": list(net.scale.widths),
        "value": asdict(morning.value),
        "layout": asdict(morning.layout),
        "shares": dict(morning.shares),
        "probes": morning.probes,
        "index": morning.index.name,
    }


KEYS = (
    *("model", "towers", "index_of", "day", "plan", "widths"),
    *("value", "layout", "shares", "probes", "index"),
)


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """What a folder says of itself.

    Raises
    ------
    ModelError                if there is none, or it cannot be read
    """
    return bundle.read_manifest(Path(folder), KEYS, f"{__package__}.export_morning")


def read_morning(folder: str | Path, *, allow_skew: bool = False) -> ServingSnapshot:
    """Read and check what `export_morning` wrote; large arrays are mapped, not copied.

    Parameters
    ----------
    allow_skew : serve an index that other towers made, to see what that does

    Raises
    ------
    ModelError
        if a file is missing or damaged, or if the index was made by other towers
    """
    path, told = Path(folder), read_manifest(folder)
    tree = bundle.read_arrays(path, told["files"])
    if told["index_of"] != told["towers"] and not allow_skew:
        raise ModelError(
            f"the index in {path} was made by towers {told['index_of']}, the towers "
            f"there are {told['towers']}: rebuild the index with these towers"
        )
    index = faiss.read_index(str(path / INDEX))
    size = (path / INDEX).stat().st_size
    return _morning(told, tree, Built(told["index"], index, 0.0, size))


def _morning(
    told: dict[str, Any], tree: dict[str, Any], index: Built
) -> ServingSnapshot:
    held: dict[str, Any] = dict(tree["known"])
    held |= {part: Counts(**counts) for part, counts in tree["counts"].items()}
    held |= {name: Pairs(keys) for name, keys in tree["pairs"].items()}
    known = Known(day=told["day"], **held)
    scale = Scale(**tree["scale"], widths=tuple(told["widths"]))
    return ServingSnapshot(
        known=known,
        items=Items(**tree["items"]),
        viewers=Viewers(**tree["viewers"]),
        towers=Towers(TowerPlan(**told["plan"]), tree["towers"]),
        ranker=Net(scale, tree["net"]),
        value=Value(**told["value"]),
        index=index,
        shares=told["shares"],
        probes=told["probes"],
        layout=Layout(**told["layout"]),
        **tree["lists"],
    )
