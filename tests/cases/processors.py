"""Prints a hash of each thing that networks and libraries hand on, for one processor.

Run natively and under an emulator by `test_processors.py`.
"""

import hashlib
import json

import numpy as np

from sevensteps.cases.video.recommender import net_training, onnx_net, smaller
from sevensteps.cases.video.recommender import tower_training as video_towers
from sevensteps.cases.video.recommender.examples import Rows
from sevensteps.cases.video.recommender.inputs import CODES, NAMES
from sevensteps.cases.video.recommender.items import Items
from sevensteps.cases.video.recommender.net_training import NetPlan
from sevensteps.cases.video.world import SLATE
from sevensteps.rank import kernels
from sevensteps.rank.feature_table import FeatureTable
from sevensteps.rank.towers import Choices, TowerPlan
from sevensteps.rank.training_pairs import Judged

STEPS, BATCH = 10, 1_024  # a contraction over 1,024 rows is where processors part
RNG = np.random.default_rng(0)


def told(tree):
    """A hash of all arrays of a tree."""
    digest = hashlib.sha256()
    stack = [tree]
    while stack:
        one = stack.pop()
        if isinstance(one, dict | list | tuple):
            stack += one.values() if isinstance(one, dict) else one
        else:
            array = np.ascontiguousarray(one)
            digest.update(str((array.dtype, array.shape)).encode() + array.tobytes())
    return digest.hexdigest()[:16]


def floats(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def single_precision():
    """What the mending is for: a product and its sum as JAX does them by default."""
    import jax

    a, b = floats(40, BATCH), floats(BATCH, 33)
    return jax.jit(lambda a, b: a @ b)(a, b)


def items(n=400):
    return Items(
        language=RNG.integers(5, size=n).astype(np.int16),
        topic=RNG.integers(30, size=n).astype(np.int16),
        creator=RNG.integers(90, size=n).astype(np.int32),
        born=RNG.integers(9, size=n).astype(np.float32),
        length_s=RNG.uniform(30, 900, n).astype(np.float32),
        content=floats(n, 16),
    )


def towers():
    """Weights, and the vectors that NumPy makes of them."""
    n, some = STEPS * BATCH, items()
    last = RNG.integers(-1, len(some), size=(n, 20)).astype(np.int32)
    clicks = Choices(
        user=RNG.integers(3_000, size=n).astype(np.int32),
        item=RNG.integers(len(some), size=n).astype(np.int32),
        day=np.full(n, 9, np.float32),
        weight=RNG.random(n).astype(np.float32),
        codes={"language": RNG.integers(5, size=n).astype(np.int16)},
        last=last,
        strength=RNG.random(last.shape).astype(np.float32),
        passed=RNG.integers(-1, len(some), size=(n, 4)).astype(np.int32),
    )
    plan = TowerPlan(batch=BATCH, epochs=1, buckets=128)
    made, _ = video_towers.train(plan, some, clicks)
    return made.weights, made.items(some, 10)


def impressions(n=STEPS * BATCH):
    x = floats(n, len(NAMES))
    x[:, [NAMES.index(name) for name in CODES]] = RNG.integers(4, size=(n, len(CODES)))
    clicked = RNG.random(n) < 0.3
    zeros = np.zeros(n, np.int32)
    return Rows(
        x=x,
        user=zeros,
        item=zeros,
        position=RNG.integers(SLATE, size=n).astype(np.int8),
        day=zeros,
        clicked=clicked,
        liked=clicked & (RNG.random(n) < 0.3),
        explored=zeros.astype(bool),
        subscribed=zeros.astype(bool),
        share=(RNG.random(n) * clicked).astype(np.float32),
        stars=zeros.astype(np.int8),
    )


def nets():
    """The ranking network, a pruned one, a student, and what all of them score."""
    rows, plan = impressions(), NetPlan(epochs=1)
    net = net_training.fit(rows, plan)
    cut = smaller.pruned(net, rows, plan=plan)
    student = smaller.distilled(net, rows, NetPlan(widths=(16,), epochs=1))
    made = {"net": net, "pruned": cut, "student": student}
    scored = {f"{name} scores": model(rows.x).click for name, model in made.items()}
    onnx = {"onnx": onnx_net.as_onnx(net), "eight bits": onnx_net.eight_bits(net)}
    return (
        {name: model.weights for name, model in made.items()}
        | scored
        | {name: model(rows.x).click for name, model in onnx.items()}
    )


def kernel_ranker():
    """Of 32 lists a batch, ten slots each."""
    n, slots = STEPS * 32, 10
    plan = kernels.KernelPlan(slots=slots, epochs=1, width=32)
    pairs = n * slots
    judged = Judged.of(
        FeatureTable(("a", "b"), floats(pairs, 2)),
        np.repeat(np.arange(n), slots),
        np.tile(np.arange(slots) % 3, n),
    )
    words = [RNG.integers(1, 400, size=(pairs, k)).astype(np.int32) for k in (4, 6)]
    ranker = kernels.fit(judged, *words, plan)
    scores = ranker.scores(judged.features, *words)
    return ranker.layers, ranker.vector[:400], scores


def numpy_products():
    """Whether OpenBLAS and NumPy's functions are the same, as the environment asks."""
    a, b = floats(60, 4_096), floats(4_096, 50)
    return a @ b, a.astype(float) @ b, np.exp(a), np.log1p(np.abs(a)), a.sum(axis=1)


if __name__ == "__main__":
    made = {
        "single precision": single_precision(),
        "numpy": numpy_products(),
        "towers": towers(),
        "kernel ranker": kernel_ranker(),
        **nets(),
    }
    print(json.dumps({name: told(tree) for name, tree in made.items()}))
