"""A morning on disk: every array in a file of its own, checked and mapped when read.

The manifest names the towers that the index was made with: an index searched with
another tower's vectors finds nonsense without any error.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import faiss

from sevensteps.rank.neighbours import Built
from sevensteps.rank.towers import TowerPlan
from sevensteps.serve.bundle import Bundle, ModelError, read_bundle, write_bundle
from sevensteps.world.storage import FolderKind

from ..recommender.inputs import Towers
from ..recommender.items import Items, Viewers
from ..recommender.known import COUNTED, Counts, Known
from ..recommender.online import ServingSnapshot
from ..recommender.pages import Layout
from ..recommender.ranking import Net, Scale, Value
from ..world import Pairs

MORNING = FolderKind(
    "morning", 1, f"Export it again with {__package__}.export_morning."
)
INDEX = "vectors.index"
PLAIN = ("looks", "trend", "topics", "last", "last_share", "n_last")


def export_morning(
    morning: ServingSnapshot, folder: str | Path, *, index_of: str | None = None
) -> Path:
    """Write what a service answers from, its ranker a `Net`, into a new folder.

    `index_of`: version of the towers that made the index, if not the morning's own.
    Raises a FileExistsError if the folder holds something, a TypeError for another
    ranker, a StorageError if the disk refuses; nothing is left behind.
    """
    path, net = Path(folder), morning.ranker
    if not isinstance(net, Net):
        raise TypeError(
            f"a {type(net).__name__} cannot be exported; fit a network "
            "with sevensteps.cases.video.recommender.net_training.fit"
        )
    facts = {
        "index_of": index_of,
        "day": morning.known.day,
        "plan": asdict(morning.towers.plan),
        "widths": list(net.scale.widths),
        "value": asdict(morning.value),
        "layout": asdict(morning.layout),
        "shares": dict(morning.shares),
        "probes": morning.probes,
        "index": morning.index.name,
    }

    def rest(made: Path) -> None:
        faiss.write_index(morning.index.index, str(made / INDEX))

    write_bundle(path, _tree(morning, net), facts, rest=rest, kind=MORNING)
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


@dataclass(frozen=True, slots=True)
class Versions:
    """Which parts a morning is made of."""

    model: str
    towers: str
    index_of: str  # the towers that made the index
    day: int

    @property
    def skewed(self) -> bool:
        """Whether the index is searched with another tower's vectors."""
        return self.index_of != self.towers


def read_morning(folder: str | Path, *, allow_skew: bool = False) -> ServingSnapshot:
    """Read and check what `export_morning` wrote; large arrays are mapped, not copied.

    `allow_skew`: serve an index that other towers made, to see what that does.

    Raises a ModelError if a file is missing or damaged, or if the index was made by
    other towers.
    """
    return read_versions(folder, allow_skew=allow_skew)[0]


def read_versions(
    folder: str | Path, *, allow_skew: bool
) -> tuple[ServingSnapshot, Versions]:
    """The same, and what its parts are."""
    told = read_bundle(folder, MORNING)
    towers, index = told.version("towers."), told.facts["index_of"]
    versions = Versions(
        told.version("net."), towers, index or towers, told.facts["day"]
    )
    if versions.skewed and not allow_skew:
        raise ModelError(
            f"the index in {folder} was made by towers {index}, the towers there are "
            f"{towers}: rebuild the index with these towers"
        )
    return _morning(told), versions


def _morning(told: Bundle) -> ServingSnapshot:
    tree, facts, index = told.arrays, told.facts, told.folder / INDEX
    held: dict[str, Any] = dict(tree["known"])
    held |= {part: Counts(**counts) for part, counts in tree["counts"].items()}
    held |= {name: Pairs(keys) for name, keys in tree["pairs"].items()}
    scale = Scale(**tree["scale"], widths=tuple(facts["widths"]))
    found = faiss.read_index(str(index))
    return ServingSnapshot(
        known=Known(day=facts["day"], **held),
        items=Items(**tree["items"]),
        viewers=Viewers(**tree["viewers"]),
        towers=Towers(TowerPlan(**facts["plan"]), tree["towers"]),
        ranker=Net(scale, tree["net"]),
        value=Value(**facts["value"]),
        index=Built(facts["index"], found, 0.0, index.stat().st_size),
        shares=facts["shares"],
        probes=facts["probes"],
        layout=Layout(**facts["layout"]),
        **tree["lists"],
    )
