"""Training of the neural re-ranker, in JAX.

The loss is listwise: a softmax over the rows of a list, of which each relevant one
should have its share. A click counts by its weight, so that inverse propensities make
the loss unbiased (Ai et al., SIGIR 2018; Bruch et al., ICTIR 2019).
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from sevensteps.rank.mlp import begin_layers, mlp, unit
from sevensteps.rank.standardizer import Standardizer
from sevensteps.rank.training import Schedule, train
from sevensteps.rank.training_pairs import Judged

from .documents import Ids
from .kernels import CENTRE, PAD, KernelRanker, pooled, soft_counts, token_vectors

CUT = 5  # deviations from the mean, beyond which a value tells no more
SAMPLE = 20_000  # pairs by which the soft counts are scaled
Lists = NDArray[np.intp]  # (lists, slots) rows of each list, -1 where it is shorter


@dataclass(frozen=True, slots=True)
class KernelPlan:
    """How the re-ranker is built and trained."""

    width: int = 64  # of the projected token vectors
    hidden: tuple[int, ...] = (32, 16)  # widths of the network's layers
    slots: int = 20  # of a list; of longer ones all relevant rows, others at random
    lists: int = 32  # in a batch
    epochs: int = 5
    rate: float = 3e-3  # of Adam with decoupled decay; falls as half a cosine
    decay: float = 1e-4
    seed: int = 0


def fit(
    judged: Judged, asked: Ids, title: Ids, plan: KernelPlan | None = None
) -> KernelRanker:
    """From judged or clicked pairs.

    Parameters
    ----------
    judged : a grade's gain is two to the grade, minus one: a click's is one
    asked, title : (n, any) int32   tokens of each pair's texts, by `subwords`

    Raises
    ------
    ValueError                if there are fewer lists with something to order than a
                              batch holds, or lengths differ
    """
    plan = plan or KernelPlan()
    if not len(judged) == len(asked) == len(title):
        raise ValueError("asked and title must have one row for each judged pair")
    schedule = Schedule(plan.lists, plan.epochs, plan.rate, plan.decay)
    rows = mixed_lists(judged, plan)
    schedule.steps(len(rows), "lists with rows of two grades")
    table = Standardizer.fit(judged.features.values, cut=CUT)
    columns, used = columns_of(judged, asked, title, table)
    frozen = token_vectors()
    weights = begun(plan, frozen.shape[1], len(judged.features.names))
    some = np.random.default_rng([plan.seed, 41]).permutation(len(judged))[:SAMPLE]
    counts = soft_counts(unit(frozen @ weights["project"]), asked[some], title[some])
    kernel = Standardizer.fit(counts, cut=CUT)
    fixed = {"vector": frozen[used], "mean": kernel.mean, "spread": kernel.spread}
    rng = np.random.default_rng([plan.seed, 44])
    told = len(rows), partial(batch_of, rows, columns), schedule, rng
    learned, _ = train(_loss, weights, *told, fixed=fixed)
    vector = unit(frozen @ learned["project"])
    return KernelRanker(judged.features.names, table, kernel, vector, learned["layers"])


def columns_of(
    judged: Judged, asked: Ids, title: Ids, table: Standardizer
) -> tuple[dict[str, Any], Ids]:
    """What is known of each row, and the tokens in use, of which the first is none."""
    used = np.unique(np.concatenate([asked.ravel(), title.ravel(), [PAD]]))
    gain = (2**judged.grade - 1) * (1 if judged.weight is None else judged.weight)
    return {
        "features": table(judged.features.values),
        "asked": np.searchsorted(used, asked).astype(np.int32),
        "title": np.searchsorted(used, title).astype(np.int32),
        "wanted": (gain / max(gain.mean(), 1e-9)).astype(np.float32),
    }, used


def batch_of(rows: Lists, columns: dict[str, Any], lists: Lists) -> dict[str, Any]:
    """Some lists, as the loss takes them."""
    here, at = rows[lists] >= 0, np.maximum(rows[lists], 0)
    told = {name: column[at] for name, column in columns.items()}
    return told | {"here": here, "wanted": np.where(here, told["wanted"], 0)}


def mixed_lists(judged: Judged, plan: KernelPlan) -> Lists:
    """Rows of each query that has rows of two grades."""
    lot = np.random.default_rng([plan.seed, 42]).random(len(judged))
    order = np.lexsort((lot, judged.grade <= 0, judged.query))
    _, first, size = np.unique(
        judged.query[order], return_index=True, return_counts=True
    )
    grade = judged.grade[order]
    mixed = np.maximum.reduceat(grade, first) > np.minimum.reduceat(grade, first)
    first, size = first[mixed], size[mixed]
    place = np.arange(plan.slots)
    at = first[:, None] + place
    inside = place < size[:, None]
    return np.where(inside, order[np.minimum(at, len(order) - 1)], -1)


def begun(plan: KernelPlan, n_in: int, n_features: int) -> dict[str, Any]:
    """Random weights; the projection keeps an embedding's first numbers at first."""
    rng = np.random.default_rng([plan.seed, 43])
    widths = [len(CENTRE) + n_features, *plan.hidden, 1]
    layers = begin_layers(rng, widths, last=0.1)
    return {"project": np.eye(n_in, plan.width, dtype=np.float32), "layers": layers}


def _loss(weights: Any, batch: Any, fixed: Any) -> jax.Array:
    """Cross-entropy between each list's gains and the softmax of its scores."""
    score = jnp.where(batch["here"], scores_of(weights, batch, fixed), -1e9)
    share = jnp.where(batch["here"], jax.nn.log_softmax(score, axis=1), 0)
    return -(batch["wanted"] * share).sum() / len(score)


def scores_of(weights: Any, batch: Any, fixed: Any) -> jax.Array:
    """(lists, slots), as the trained ranker has them."""
    vector = unit(fixed["vector"] @ weights["project"], jnp)
    b, m, _ = batch["title"].shape
    asked, title, known = (
        batch[name].reshape(b * m, -1) for name in ("asked", "title", "features")
    )
    counts = pooled(vector[asked], vector[title], (asked > 0, title > 0), jnp)
    scaled = jnp.clip((counts - fixed["mean"]) / fixed["spread"], -CUT, CUT)
    x = jnp.concatenate([scaled, known], axis=1)
    return mlp(weights["layers"], x, jnp).reshape(b, m)
