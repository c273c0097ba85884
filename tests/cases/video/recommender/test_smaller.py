"""A cheaper network is smaller where it says so, and guesses almost as before."""

import copy
import logging
import pickle
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import spearmanr

from sevensteps.cases.video.recommender import net_training as training
from sevensteps.cases.video.recommender.inputs import NAMES
from sevensteps.cases.video.recommender.net_training import NetPlan
from sevensteps.cases.video.recommender.onnx_net import as_onnx, eight_bits
from sevensteps.cases.video.recommender.ranking import Net, Prediction
from sevensteps.cases.video.recommender.smaller import (
    distilled,
    n_bytes,
    pruned,
    stored,
    thinned,
)

TASKS = ("click", "share", "like")
AS_IT_IS = NetPlan(epochs=0)


@pytest.fixture(scope="module")
def net(train):
    return training.fit(train)


@pytest.fixture(scope="module")
def student(net, train):
    return distilled(net, train)


def shapes(net):
    return [layer["w"].shape for layer in net.weights["layers"]]


def furthest(one, other, x):
    a, b = one(x), other(x)
    return max(np.abs(getattr(a, task) - getattr(b, task)).max() for task in TASKS)


def agreement(one, other, x):
    a, b = one(x), other(x)
    return min(spearmanr(getattr(a, t), getattr(b, t)).statistic for t in TASKS)


def with_layers(net, *layers):
    return Net(net.scale, net.weights | {"layers": [*layers]})


def test_learning_goes_on_from_the_start(net, train):
    still = training.fit(train, NetPlan(epochs=1, rate=0.0), start=net)
    assert furthest(still, net, train.x) == 0
    further = training.fit(train, NetPlan(epochs=1, rate=1e-4), start=net)
    anew = training.fit(train, NetPlan(epochs=1, rate=1e-4))
    assert 0 < furthest(further, net, train.x) < furthest(anew, net, train.x) / 2


def test_pruning_makes_matrices_smaller_and_leaves_the_network_alone(net, train):
    before, n_in = copy.deepcopy(net), shapes(net)[0][0]
    cut = pruned(net, train, 0.25)
    assert shapes(cut) == [(n_in, 16), (16, 8), (8, 3)]
    assert [len(layer["b"]) for layer in cut.weights["layers"]] == [16, 8, 3]
    assert n_bytes(cut) < n_bytes(net) / 3
    assert shapes(pruned(net, train, 1e-9, AS_IT_IS))[-1] == (1, 3)
    assert furthest(pruned(net, train, 1, AS_IT_IS), net, train.x) == 0
    assert furthest(before, net, train.x) == 0


def test_pruning_takes_the_units_that_pass_nothing_on_or_are_silent(train):
    one = training.fit(train, NetPlan(widths=(32,), epochs=1))
    first, last = one.weights["layers"]
    bias, no_way, way_out = first["b"].copy(), last["w"].copy(), last["w"].copy()
    bias[::2], way_out[::2], no_way[::2] = -1e4, 10, 0
    stuck = with_layers(one, first, last | {"w": no_way})
    silent = with_layers(one, first | {"b": bias}, last | {"w": way_out})
    for net in (stuck, silent):
        cut = pruned(net, train, 0.5, AS_IT_IS)
        assert shapes(cut)[-1] == (16, 3)
        assert furthest(cut, net, train.x) < 1e-6


def test_learning_on_heals(net, train, test):
    hurt, healed = pruned(net, train, 0.25, AS_IT_IS), pruned(net, train, 0.25)
    assert agreement(healed, net, test.x) > agreement(hurt, net, test.x) + 0.05


def test_thinning_zeroes_the_smallest_weights(net, test):
    thin = thinned(net, 0.25)
    assert n_bytes(thin) == n_bytes(net)
    layers, old = thin.weights["layers"], net.weights["layers"]
    for layer, before in zip(layers, old, strict=True):
        stays = layer["w"] != 0
        assert stays.sum() == round(0.25 * stays.size)
        assert np.array_equal(layer["w"][stays], before["w"][stays])
        size = np.abs(before["w"])
        assert size[stays].min() >= size[~stays].max()
        assert np.array_equal(layer["b"], before["b"])
    assert furthest(thinned(net, 1), net, test.x) == 0


def test_onnx_guesses_the_same_and_eight_bits_almost(net, student, test):
    whole, small = as_onnx(net), eight_bits(net)
    for n in (1, 190):
        assert furthest(whole, net, test.x[:n]) < 1e-5
        assert furthest(as_onnx(student), student, test.x[:n]) < 1e-5
    assert n_bytes(small) < n_bytes(whole) / 2.5
    assert 0 < furthest(small, net, test.x) < 0.03
    assert agreement(small, net, test.x) > 0.995


def test_eight_bits_never_overflow(net):
    """Two products of a weight and an input of eight bits fit into 16 bits."""
    from onnx import load_from_string, numpy_helper

    held = load_from_string(eight_bits(net).model).graph.initializer
    weights = [w for w in map(numpy_helper.to_array, held) if w.dtype == np.int8]
    matrices = [w for w in weights if w.ndim == 2]
    assert [w.shape for w in matrices] == shapes(net)
    assert 32 < max(np.abs(w.astype(int)).max() for w in matrices) <= 64


def test_quantising_says_nothing(net, capfd, monkeypatch):
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    before = root.level
    eight_bits(net)
    assert (root.handlers, root.level) == ([], before)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("made", [as_onnx, eight_bits])
def test_an_onnx_network_travels(net, test, made):
    ranker = made(net)
    ranker(test.x[:1])  # it has a session now, which cannot travel
    assert ranker.session is ranker.session
    assert ranker.session.get_session_options().intra_op_num_threads == 1
    for again in (pickle.loads(pickle.dumps(ranker)), copy.deepcopy(ranker)):
        assert furthest(again, ranker, test.x[:190]) == 0


def test_a_student_agrees_with_its_teacher(student, net, test, train):
    assert shapes(student)[1:] == [(16, 3)]
    assert agreement(student, net, test.x) > 0.9
    for task in TASKS:
        taught = getattr(net(test.x), task).mean()
        assert getattr(student(test.x), task).mean() == pytest.approx(taught, rel=0.05)
    taught = distilled(net, train, NetPlan(widths=(12, 5), epochs=1))
    assert shapes(taught)[1:] == [(12, 5), (5, 3)]


def test_a_student_learns_guesses_and_not_what_happened(student, net, train, test):
    happened = {"clicked": ~train.clicked, "liked": ~train.liked}
    happened |= {"share": 1 - train.share, "position": train.position[::-1]}
    other = replace(train, **happened)
    assert furthest(distilled(net, other), student, test.x) == 0


def test_a_student_takes_the_places_but_not_twice(net, train, test, student):
    """Two teachers with the same guesses of the first place have students alike."""
    *hidden, last = net.weights["layers"]
    bias = last["b"] - np.array([2, 0, 0], np.float32)
    moved = with_layers(net, *hidden, last | {"b": bias})
    moved.weights["place"] = net.weights["place"] + 2
    assert furthest(moved, net, test.x) < 1e-5
    other = distilled(moved, train)
    assert np.array_equal(other.weights["place"], moved.weights["place"])
    assert furthest(student, other, test.x) < 0.01


def test_any_ranker_teaches_and_is_asked_for_more(train, test):
    asked = []

    def teacher(x):
        asked.append(len(x))
        same = x[:, NAMES.index("same_language")] > 0
        like = np.full(len(x), 0.2)
        return Prediction(np.where(same, 0.3, 0.1), np.where(same, 0.6, 0.5), like)

    taught = distilled(teacher, train, more=test.x)
    assert asked == [len(train) + len(test)]
    assert not taught.weights["place"].any()
    assert furthest(taught, teacher, test.x) < 0.15


@pytest.mark.parametrize(
    ("kind", "share", "off"),
    [("float32", 1, 0), ("float16", 2, 2**-11), ("int8", 4, 0.5 / 127)],
)
def test_vectors_come_back(shop, kind, share, off):
    vectors = shop.vector
    back, held = stored(vectors, kind)
    scales = 4 * vectors.shape[1] if kind == "int8" else 0
    assert held == vectors.nbytes / share + scales
    assert back.dtype == np.float32
    error = np.abs(back - vectors).max(axis=0) / np.abs(vectors).max(axis=0)
    assert error.max() <= off * 1.001
    assert (error.max() > off / 4) == (kind != "float32")
    edge = np.array([[0, 1], [0, -1]], np.float32)  # a dimension that is empty
    assert np.array_equal(stored(edge, kind)[0], edge)


REFUSED = {
    r"at most 1; got nan.*give 0\.25": lambda net, rows: pruned(net, rows, np.nan),
    r"at most 1; got 0.*give 0\.25": lambda net, rows: thinned(net, 0),
    r"at most 1; got 1\.01": lambda net, rows: thinned(net, 1.01),
    "one epoch at least; got 0": lambda net, rows: training.fit(rows, AS_IT_IS),
    r"a batch needs 1024 impressions; got 100": lambda net, rows: pruned(
        net, rows.take(slice(100))
    ),
    r"a batch needs 1024 inputs; got 0": lambda net, rows: distilled(
        net, rows.take(slice(0))
    ),
    "must match exactly": lambda net, rows: distilled(
        net, rows, more=net.scale(rows.x)
    ),
    "choose float32, float16 or int8": lambda net, rows: stored(rows.x, "int4"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_makes_no_sense_is_refused(net, train, why):
    with pytest.raises(ValueError, match=why):
        REFUSED[why](net, train)
