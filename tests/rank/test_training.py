"""One loop trains every network; inputs are standardised in one way."""

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sevensteps.rank.mlp import begin_layers, mlp, unit
from sevensteps.rank.standardizer import Standardizer
from sevensteps.rank.training import GRID, Schedule, cosine, train

LONG = Schedule(batch=50, epochs=80, rate=0.05)
TRUE = np.array([1.0, -2.0, 0.5])
X = np.random.default_rng(0).standard_normal((600, 3)).astype(np.float32)


def squares(weights, batch, fixed):
    told = mlp(weights["layers"], batch["x"], jnp)[:, 0]
    return ((told - batch["y"] - fixed) ** 2).mean()


def fitted(schedule=LONG, fixed=0.0):
    rng = np.random.default_rng(1)
    weights = {"layers": begin_layers(rng, [3, 1], last=0.1)}
    y = (X @ TRUE).astype(np.float32)

    def batch(rows):
        return {"x": X[rows], "y": y[rows]}

    return train(squares, weights, len(X), batch, schedule, rng, fixed=fixed)


def test_a_line_is_learned_and_handed_on_in_single_precision_on_a_grid():
    weights, losses = fitted(fixed=3.0)
    layer = weights["layers"][0]
    assert layer["w"][:, 0] == pytest.approx(TRUE, abs=1e-3)
    assert layer["b"] == pytest.approx([3.0], abs=1e-3)
    assert layer["w"].dtype == layer["b"].dtype == np.float32
    assert (layer["w"] / GRID == np.rint(layer["w"] / GRID)).all()
    assert losses[-1] < 1e-3 < losses[0]
    assert jnp.ones(1).dtype == jnp.float32, "the precision of others is left alone"


def test_decay_pulls_weights_to_zero():
    strong = fitted(Schedule(50, 80, 0.05, decay=1.0))[0]["layers"][0]["w"]
    assert np.abs(strong).sum() < 0.9 * np.abs(TRUE).sum()


def test_each_epoch_sees_every_full_batch_once_in_a_new_order():
    rng = np.random.default_rng(0)
    schedule = Schedule(4, 1, 1.0)
    first, second = (np.concatenate([*schedule.batches(10, rng)]) for _ in "12")
    assert len(first) == 8
    assert len(set(first)) == len(set(second)) == 8
    assert first.tolist() != second.tolist()


def test_rates_fall_from_the_first_to_nothing():
    rates = cosine(0.2, 100)
    assert rates[0] == 0.2
    assert rates[-1] < 1e-4
    assert (np.diff(rates) < 0).all()


def test_what_cannot_be_trained_is_refused():
    with pytest.raises(ValueError, match="a batch needs 601 examples; got 600"):
        fitted(Schedule(601, 1, 0.1))
    with pytest.raises(ValueError, match="one epoch at least; got 0"):
        fitted(Schedule(10, 0, 0.1))


def test_layers_by_hand():
    layers = [
        {"w": np.array([[1.0, -1.0]]), "b": np.array([0.0, 1.0])},
        {"w": np.array([[2.0], [3.0]]), "b": np.array([0.5])},
    ]
    assert mlp(layers, np.array([[2.0], [-3.0]])).ravel().tolist() == [4.5, 12.5]


def test_layers_begin_with_the_variance_that_is_asked():
    layers = begin_layers(np.random.default_rng(0), [400, 300, 200], gain=2, last=0.5)
    assert [layer["w"].std() for layer in layers] == pytest.approx(
        [np.sqrt(2 / 400), 0.5 * np.sqrt(2 / 300)], rel=0.02
    )


def test_unit_vectors_have_length_one_and_nothing_stays_nothing():
    long = unit(np.array([[3.0, 4.0], [0.0, 0.0]]))
    assert long == pytest.approx(np.array([[0.6, 0.8], [0.0, 0.0]]))


def test_standardised_columns_are_scikit_learns():
    values = X * [1, 30, 0.01] + [5, -2, 100]
    assert Standardizer.fit(values)(values) == pytest.approx(
        StandardScaler().fit_transform(values), abs=1e-5
    )


def test_unknown_values_are_the_mean_and_outliers_are_cut():
    scale = Standardizer.fit(np.array([[1.0, np.nan, 7], [3.0, np.nan, 7]]), cut=5)
    found = scale(np.array([[np.nan, 7.0, 7], [99.0, np.nan, 8]]))
    assert found.tolist() == [[0, 5, 0], [5, 0, 1]]
