"""A neural re-ranker that reads query and title together: kernel pooling.

Each word of the query is compared with each word of the title. How many pairs are
alike, nearly alike, or far apart is counted softly by eleven kernels; a small network
turns the counts and the table's features into a score. Like a cross-encoder it sees
both texts at once, at a thousandth of the work. The word vectors are projected tokens
of an embedding, so that words which were never clicked have their place, too. The loss
is listwise: a softmax over the rows of a list. A click counts by its weight, so that
inverse propensities make the loss unbiased.

Sources: K-NRM, Xiong et al., SIGIR (2017), where word vectors are learned one by one;
the loss, Ai et al., SIGIR (2018), and Bruch et al., ICTIR (2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from .dense import encoder
from .feature_table import FeatureTable
from .mlp import Floats, Layers, Weights, begin_layers, mlp, unit
from .standardizer import Standardizer
from .text import Ids
from .training import Schedule, train
from .training_pairs import Judged

PAD = -1  # where a text has no more tokens
ASKED, TITLE = 12, 20  # tokens that are read of a query and of a title
CENTRE = np.array([1.0, *np.arange(0.9, -1, -0.2)], np.float32)  # of the kernels
SHARP = np.array([0.5 / 1e-3**2, *[0.5 / 0.1**2] * 10], np.float32)
LEAST = 1e-10  # a count, so that its logarithm exists
CHUNK = 1 << 11  # pairs at a time
CUT = 5  # deviations from the mean, beyond which a value tells no more
SAMPLE = 20_000  # pairs by which the soft counts are scaled
Lists = NDArray[np.intp]  # (lists, slots) rows of each list, -1 where it is shorter


def subwords(texts: Sequence[str], longest: int) -> Ids:
    """(n, longest) int32 codes of the embedding's tokens; `PAD` fills up.

    >>> subwords(["red sofa", ""], 4).tolist()
    [[2654, 577, 5444, -1], [-1, -1, -1, -1]]
    """
    made = np.full((len(texts), longest), PAD, np.int32)
    if len(texts):
        for row, found in enumerate(encoder().tokenize(list(texts))):
            n = min(sum(found.attention_mask), longest)
            made[row, :n] = found.ids[:n]
    return made


def token_vectors() -> Floats:
    """(tokens + 1, width) of unit length; the last is for `PAD` and all zeros."""
    vector = encoder().embedding
    whole = vector / np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-9)
    return np.concatenate([whole, np.zeros((1, whole.shape[1]), np.float32)])


def pooled(asked: Any, title: Any, there: tuple[Any, Any], xp: Any = np) -> Any:
    """(n, kernels) soft counts of how alike the words of two texts are.

    Of (n, q, width) and (n, t, width) unit vectors, and of whether each token is
    `there`, in NumPy or in `jax.numpy`.
    """
    alike = xp.matmul(asked, xp.swapaxes(title, 1, 2))
    near = xp.exp(-SHARP * (alike[..., None] - CENTRE) ** 2)
    near = xp.where(there[1][:, None, :, None], near, 0)
    count = xp.log(xp.maximum(near.sum(axis=2), LEAST))
    return xp.where(there[0][..., None], count, 0).sum(axis=1)


def soft_counts(vector: Floats, asked: Ids, title: Ids) -> Floats:
    """(n, kernels) of pairs of texts, by tokens; a chunk at a time."""
    made = np.empty((len(asked), len(CENTRE)), np.float32)
    for at in range(0, len(asked), CHUNK):
        both = [tokens[at : at + CHUNK] for tokens in (asked, title)]
        longest = [max(int((some >= 0).any(axis=0).sum()), 1) for some in both]
        both = [some[:, :n] for some, n in zip(both, longest, strict=True)]
        there = both[0] >= 0, both[1] >= 0
        made[at : at + CHUNK] = pooled(vector[both[0]], vector[both[1]], there)
    return made


@dataclass(frozen=True, slots=True)
class KernelRanker:
    """A trained re-ranker. It reads the words, too, so it asks for more than others."""

    names: tuple[str, ...]  # of the features
    table: Standardizer  # of the features
    kernel: Standardizer  # of the soft counts
    vector: Floats  # (tokens + 1, width) projected, of unit length; the last is zeros
    layers: Layers  # of the network, each with "w" and "b"

    def scores(self, features: FeatureTable, asked: Ids, title: Ids) -> Floats:
        """(n,) of pairs, by features and the (n, any) `subwords` of both texts."""
        if not len(features) == len(asked) == len(title):
            raise ValueError("features, asked and title must have one row a pair")
        counts = soft_counts(self.vector, asked, title)
        known = self.table(features.only(*self.names).values)
        x = np.concatenate([self.kernel(counts), known], axis=1)
        return np.asarray(mlp(self.layers, x), np.float32)[:, 0]


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
) -> tuple[Weights, Ids]:
    """What is known of each row, and the tokens in use, of which the first is none."""
    used = np.unique(np.concatenate([asked.ravel(), title.ravel(), [PAD]]))
    gain = (2**judged.grade - 1) * (1 if judged.weight is None else judged.weight)
    return {
        "features": table(judged.features.values),
        "asked": np.searchsorted(used, asked).astype(np.int32),
        "title": np.searchsorted(used, title).astype(np.int32),
        "wanted": (gain / max(gain.mean(), 1e-9)).astype(np.float32),
    }, used


def batch_of(rows: Lists, columns: Weights, lists: Lists) -> Weights:
    """Some lists, as the loss takes them."""
    here, at = rows[lists] >= 0, np.maximum(rows[lists], 0)
    told = {name: column[at] for name, column in columns.items()}
    return told | {"here": here, "wanted": np.where(here, told["wanted"], 0)}


def mixed_lists(judged: Judged, plan: KernelPlan) -> Lists:
    """Rows of each query that has rows of two grades."""
    lot = np.random.default_rng([plan.seed, 42]).random(len(judged))
    order = np.lexsort((lot, judged.grade <= 0, judged.query))
    query, grade = judged.query[order], judged.grade[order]
    _, first, size = np.unique(query, return_index=True, return_counts=True)
    mixed = np.maximum.reduceat(grade, first) > np.minimum.reduceat(grade, first)
    first, size, place = first[mixed], size[mixed], np.arange(plan.slots)
    at = np.minimum(first[:, None] + place, len(order) - 1)
    return np.where(place < size[:, None], order[at], -1)


def begun(plan: KernelPlan, n_in: int, n_features: int) -> Weights:
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
