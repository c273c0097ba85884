"""Towers say in service what they learned in training; who chose an item is no foe."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sevensteps.rank.tower_training import batch, loss, train_towers
from sevensteps.rank.towers import (
    Choices,
    TowerPlan,
    begin_towers,
    item_vectors,
    joined,
    user_side,
    user_vectors,
)

N, KINDS, SHOPS = 300, 5, 40
RNG = np.random.default_rng(0)
KIND = RNG.integers(KINDS, size=N).astype(np.int16)
SHOP = RNG.integers(SHOPS, size=N).astype(np.int32)
CONTENT = (np.eye(KINDS)[KIND] + RNG.normal(0, 0.3, (N, KINDS))).astype(np.float32)
PLAN = TowerPlan(out=8, inner=16, batch=64, epochs=8, even=16)
TABLES = {"kind": (KINDS, 4), "shop": (SHOPS, 4), "country": (3, 2)}


def item_side(rows, day):
    """Names not in the order of the alphabet, as a caller may have them."""
    age = np.broadcast_to(np.asarray(day, np.float32), rows.shape)
    return {
        "content": CONTENT[rows],
        "dense": age[..., None] / 10,
        "codes": {"shop": SHOP[rows], "kind": KIND[rows]},
    }


def drawn(n=2_000, users=200):
    """Users like one kind of item each."""
    user = RNG.integers(users, size=n).astype(np.int32)
    of_kind = [np.flatnonzero(k == KIND) for k in range(KINDS)]
    item = np.array([[*RNG.choice(of_kind[u % KINDS], 4)] for u in user], np.int32)
    last = np.where(RNG.random((n, 3)) < 0.8, item[:, 1:], -1).astype(np.int32)
    return Choices(
        user=user,
        item=item[:, 0],
        day=RNG.integers(10, size=n).astype(np.float32),
        weight=np.ones(n, np.float32),
        codes={"country": (user % 3).astype(np.int16)},
        last=last,
        strength=(last >= 0).astype(np.float32),
        passed=RNG.integers(-1, N, size=(n, 2)).astype(np.int32),
    )


CHOICES = drawn()


def weights(plan=PLAN):
    return begin_towers(plan, KINDS, 1, TABLES, ("kind", "shop"), ("country",))


@pytest.fixture(scope="module")
def trained():
    return train_towers(PLAN, weights(), CHOICES, item_side, N)


def some(choices=CHOICES, plan=PLAN, n=64):
    often = np.full(N, 1 / N)
    rows = np.arange(n)
    return batch(plan, choices.take(rows), item_side, often, np.random.default_rng(1))


def test_the_loss_falls_and_kinds_are_found(trained):
    learned, losses = trained
    assert losses[-1] < losses[0] - 0.5
    vector = item_vectors(learned, item_side(np.arange(N), 5.0))
    side = user_side(CHOICES.codes, CHOICES.last, CHOICES.strength)
    asks = user_vectors(learned, side, vector[np.maximum(CHOICES.last, 0)])[:, 0]
    nearest = KIND[np.argsort(-(asks @ vector.T), axis=1)[:, :10]]
    known = (CHOICES.last >= 0).any(axis=1)
    assert (nearest == (CHOICES.user % KINDS)[:, None])[known].mean() > 0.9


def test_a_compiled_loss_is_the_one_that_numpy_would_serve(trained):
    """A compiler sorts the names of codes; the service must not depend on that."""
    learned, told = trained[0], some()
    plain = float(loss(learned, told, 3.0))
    assert float(jax.jit(loss)(learned, told, 3.0)) == pytest.approx(plain, rel=1e-5)
    vector = jax.jit(lambda w, s: item_vectors(w, s, jnp))(learned, told["item"])
    assert np.allclose(item_vectors(learned, told["item"]), vector, atol=1e-5)


def test_who_has_no_past_is_told_by_codes_alone(trained):
    nothing = np.full((2, 3), -1, np.int32), np.zeros((2, 3), np.float32)
    side = user_side({"country": np.zeros(2, np.int16)}, *nothing)
    rng = np.random.default_rng(0)
    one, other = (rng.random((2, 3, 8)).astype(np.float32) for _ in "12")
    asks = user_vectors(trained[0], side, one)
    assert np.linalg.norm(asks, axis=-1) == pytest.approx(np.ones((2, 1)), abs=1e-4)
    assert np.array_equal(asks, user_vectors(trained[0], side, other))


def test_what_a_user_chose_elsewhere_is_no_negative():
    chosen = replace(
        CHOICES.take(np.arange(64)),
        user=np.array([1, 1, 2, 3, *range(10, 70)], np.int32),
        item=np.array([5, 6, 6, 7, *range(100, 160)], np.int32),
    )
    masked = some(chosen, replace(PLAN, even=0))["chosen"]
    # User 1 chose item 6, too; and there it stands again, chosen by user 2.
    assert np.argwhere(masked).tolist() == [[0, 1], [0, 2], [1, 0], [1, 2], [2, 1]]


def test_items_drawn_evenly_are_no_negatives_of_who_chose_them():
    told = some(replace(CHOICES, item=CHOICES.item % 8))
    ids = np.random.default_rng(1).integers(N, size=PLAN.even)
    own = CHOICES.item[:64] % 8
    mine = own[:, None] == ids[None, :]
    assert (told["chosen"][:, 64:] >= mine).all()


def test_a_masked_item_does_not_move_the_loss(trained):
    told = some()
    shut = told["chosen"].copy()
    shut[0, 1] = True
    moved = {**told, "chosen": shut}
    apart = told["item"] | {"content": told["item"]["content"].copy()}
    apart["content"][1] = -apart["content"][1]
    first = np.eye(64)[0].astype(np.float32)
    losses = [
        float(loss(trained[0], {**b, "weight": first, "item": side}, 3.0))
        for b in (moved, told)
        for side in (told["item"], apart)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert losses[2] != pytest.approx(losses[3], rel=1e-6)


def test_parts_are_joined_in_their_order():
    halves = CHOICES.take(np.arange(1_000)), CHOICES.take(np.arange(1_000, 2_000))
    whole = joined(halves)
    assert np.array_equal(whole.item, CHOICES.item)
    assert np.array_equal(whole.codes["country"], CHOICES.codes["country"])


def test_too_few_choices_are_told():
    with pytest.raises(ValueError, match="a batch needs 64 clicks; got 10"):
        train_towers(PLAN, weights(), CHOICES.take(np.arange(10)), item_side, N)
