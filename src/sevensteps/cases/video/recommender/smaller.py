"""A ranking network made cheaper: cut, thinned, or taught to a smaller one.

Each way gives a network with the same face, so that what it saves and what it loses
can be measured alike. Eight-bit arithmetic is in `onnx_net`.
"""

from itertools import pairwise

import numpy as np

from sevensteps.rank.mlp import Weights

from ..world import SLATE
from .examples import Rows
from .items import Floats
from .net_training import NetPlan, begun, fit, learned
from .onnx_net import OnnxNet
from .ranking import Net, OutcomeModel, Scale

TUNING = NetPlan(epochs=2, rate=1e-3)  # gentle: the network is nearly right already
STUDENT = NetPlan(widths=(16,))
WEIGHED = 16_384  # impressions on which units are weighed, at most
NO_PLACE = -1


def pruned(net: Net, rows: Rows, keep: float = 0.25, plan: NetPlan = TUNING) -> Net:
    """A network of the most important units only: its matrices are smaller.

    A unit counts as much as it passes on: its mean output times the length of its
    outgoing weights. The rest is cut out, and what is left learns on.

    `keep`, in (0, 1], is the share of the units that stay in each hidden layer, one at
    least. `plan` is of the learning afterwards: none with 0 epochs.

    Source: the weights as in He et al. (2014), the outputs as in Hu et al. (2016).
    """
    _check_share(keep)
    layers = [dict(layer) for layer in net.weights["layers"]]
    x = net.scale(rows.x[:: 1 + (len(rows) - 1) // WEIGHED])
    for layer, after in pairwise(layers):
        out = np.maximum(x @ layer["w"] + layer["b"], 0)
        worth = out.mean(axis=0) * np.linalg.norm(after["w"], axis=1)
        n_kept = max(1, round(keep * len(worth)))
        kept = np.sort(np.argsort(-worth, kind="stable")[:n_kept])
        layer |= {"w": layer["w"][:, kept].copy(), "b": layer["b"][kept]}
        after["w"], x = after["w"][kept], out[:, kept]
    cut = Net(net.scale, net.weights | {"layers": layers})
    return fit(rows, plan, start=cut) if plan.epochs else cut


def thinned(net: Net, keep: float = 0.25) -> Net:
    """A network with only the largest weights of each layer; the others are zero.

    The matrices keep their shapes: a product with zeros takes as long as any other.
    `keep` is the share of each matrix that stays, in (0, 1]; biases stay whole.

    Source: Han et al. (2015), without learning on afterwards.
    """
    _check_share(keep)
    layers = []
    for layer in net.weights["layers"]:
        w = np.array(layer["w"])
        least_first = np.argsort(np.abs(w), axis=None, kind="stable")
        w.ravel()[least_first[: w.size - round(keep * w.size)]] = 0
        layers.append(layer | {"w": w})
    return Net(net.scale, net.weights | {"layers": layers})


def distilled(
    teacher: OutcomeModel,
    rows: Rows,
    plan: NetPlan = STUDENT,
    *,
    more: Floats | None = None,
) -> Net:
    """A small network that learns another ranker's guesses in place of what happened.

    A guess holds for the first place, and a service never asks for another one. So the
    student learns without places. It takes those of a teacher that has them, and of
    another teacher none.

    Of `rows` only the inputs are used; `more`, (n, len(NAMES)), are inputs that nobody
    was shown, such as candidates of a page. A batch of inputs is needed at least.

    Source: Hinton et al. (2015); for rankers, Tang & Wang (2018).
    """
    x = np.concatenate([rows.x, rows.x[:0] if more is None else more])
    plan.schedule.steps(len(x), "inputs")
    guess, scale = teacher(x), Scale.of(x)
    goals = np.column_stack([guess.click, guess.share, guess.like]).astype(np.float32)
    scaled, nowhere = scale(x), np.full(len(x), NO_PLACE, np.int8)
    no_pull = np.zeros(SLATE, np.float32)
    weights = begun(scaled.shape[1], plan, _mean_odds(goals), no_pull)
    weights = learned(weights, scaled, nowhere, goals, plan)
    if isinstance(teacher, Net):
        weights = _placed(weights, teacher.weights["place"])
    return Net(scale, weights)


def _mean_odds(goals: Floats) -> Floats:
    """(3,) log-odds of the mean goals, share and like as the loss weighs them."""
    weight = np.column_stack([np.ones(len(goals)), goals[:, :1], goals[:, :1]])
    mean = (weight * goals).sum(axis=0) / np.maximum(weight.sum(axis=0), 1e-6)
    mean = mean.clip(1e-4, 1 - 1e-4)
    return np.asarray(np.log(mean / (1 - mean)), np.float32)


def _placed(weights: Weights, place: Floats) -> Weights:
    """With a teacher's places; what is guessed of the first place stays."""
    *hidden, last = weights["layers"]
    bias = last["b"] - np.array([place[0], 0, 0], np.float32)
    return {"layers": [*hidden, last | {"b": bias}], "place": place}


def n_bytes(net: Net | OnnxNet) -> int:
    """Bytes that a service must hold: weights of 32 bits, or the file of the model.

    A zero takes as much room as any other weight.
    """
    if isinstance(net, OnnxNet):
        return len(net.model)
    n = sum(layer["w"].size + layer["b"].size for layer in net.weights["layers"])
    return 4 * (n + int(net.weights["place"].size))


def stored(vectors: Floats, kind: str) -> tuple[Floats, int]:
    """Vectors as they are read back after being stored in few bits, and their bytes.

    (n, d) float32 -> the same, not scaled to unit length again, and the bytes in store.
    `kind` is "float32", "float16", or "int8" with a scale for each dimension.
    """
    if kind not in ("float32", "float16", "int8"):
        raise ValueError(f"no store for {kind!r}; choose float32, float16 or int8")
    if kind != "int8":
        held = vectors.astype(kind)
        return held.astype(np.float32), held.nbytes
    largest = np.abs(vectors).max(axis=0)
    step = np.where(largest > 0, largest / 127, 1).astype(np.float32)
    held = np.rint(vectors / step).clip(-127, 127).astype(np.int8)
    return held * step, held.nbytes + step.nbytes


def _check_share(keep: float) -> None:
    if not 0 < keep <= 1:
        raise ValueError(
            f"keep is the share that stays, over 0 and at most 1; got {keep}. "
            "For a quarter, give 0.25"
        )
