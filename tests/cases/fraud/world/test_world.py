"""Shards, ids, what thieves leave alone, and errors that say what to do."""

from dataclasses import fields

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.fraud.world import (
    DAY,
    METHODS,
    SCHEMA,
    Costs,
    PaymentsWorld,
    Size,
)
from sevensteps.cases.fraud.world.honest import honest_day
from sevensteps.cases.fraud.world.schema import LEDGER
from sevensteps.world.arrays import take

from .conftest import allow_all

TINY = Size(n_cardholders=200, n_merchants=100, days=2)


def test_ids_are_dense_and_nothing_is_missing_that_must_not_be(known, allowed):
    for name, schema in SCHEMA.items():
        table = getattr(known.history, name)
        for field in schema:
            assert field.nullable or table[field.name].null_count == 0, field
    assert allowed.ledger.schema.equals(LEDGER)
    for name in ("cardholder", "card", "merchant"):
        ids = getattr(known.history, name + "s")[f"{name}_id"].to_numpy()
        assert (ids == np.arange(len(ids))).all()
        used = known.history.column(f"{name}_id")
        assert 0 <= used.min() < used.max() < len(ids)


def test_days_alone_equal_the_same_days_of_a_history(known):
    shards = known.world.draws.shards(40, 43)
    alone = pa.concat_tables([shard.tables()[0] for shard in shards])
    day = known.history.column("paid_at") // DAY
    within = known.history.payments.filter((day >= 40) & (day < 43))
    assert alone.combine_chunks().equals(within.combine_chunks())


def test_no_campaign_outlasts_the_days_that_a_shard_looks_back(known):
    draws, slow = known.world.draws, dict.fromkeys(METHODS, 1.0)
    started = [draws.campaigns(draws.today(0, day), slow) for day in range(10)]
    assert 60 < max(rows.paid_at.max() for rows in started) / DAY < 9 + 70


def test_thieves_move_nothing_in_what_honest_people_do(known):
    world = known.world
    first = world.people.card_holder[world.people.card_lookup[0]]
    away = (world.draws.today(0, d).away[first] for d in range(1_000))
    first_card_abroad = next(d for d, there in enumerate(away) if there)
    for day in (first_card_abroad, 12):
        stolen = world.draws.past_attempts(day, day + 1)
        assert len(stolen) > 20
        now, none = world.draws.today(0, day), take(stolen, slice(0))
        crowd, alone = (honest_day(now, rows) for rows in (stolen, none))
        honest = take(crowd, crowd.method == 0)
        for column in fields(alone):
            ours, theirs = getattr(honest, column.name), getattr(alone, column.name)
            np.testing.assert_array_equal(ours, theirs, err_msg=column.name)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: PaymentsWorld(base_rate=0), "base_rate must lie in"),
        (lambda: PaymentsWorld(base_rate=0.06), "base_rate must lie in"),
        (lambda: PaymentsWorld(adaptation_half_life=0), "half_life must be positive"),
        (lambda: PaymentsWorld(caution=2), "caution must lie in"),
        (lambda: PaymentsWorld(review_capacity=-1), "must be a whole number >= 0"),
        (lambda: Size(10, 100, 1), "at least 200 cardholders"),
        (lambda: Size(200, 100, 1, payments_a_day=float("nan")), "more than 0"),
        (lambda: Size(10**7, 100, 1), "at most 2,000,000"),
        (lambda: Costs(review_cost=-1), r"Costs.review_cost must be >= 0; got -1"),
        (lambda: Costs(insult_churn=1.5), "Costs.insult_churn must be >= 0 and <= 1"),
    ],
)
def test_wrong_parameters_are_refused(make, told):
    with pytest.raises(ValueError, match=told):
        make()


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda n: np.zeros(n), "integer actions.* it returned float64"),
        (lambda n: np.zeros(n - 1, np.int8), "of shape"),
        (lambda n: None, "integer actions"),
        (lambda n: np.full(n, 4), r"actions must be .*; on day 2 .* returned \[4\]"),
        (lambda n: np.full(n, 255), r"returned \[255\]"),
    ],
)
def test_a_wrong_policy_is_told(answer, told):
    world = PaymentsWorld(TINY, seed=3, base_rate=0.05)
    with pytest.raises(ValueError, match=told):
        world.live(lambda batch, view: answer(batch.num_rows), 1)


def test_a_day_without_thefts_is_a_day():
    world = PaymentsWorld(TINY, base_rate=1e-9)
    log = world.history()
    assert not world.truth(log)["true_is_fraud"].to_numpy().any()
    assert log.chargebacks.num_rows == 0
    assert (world.live(allow_all, days=2, history=log).daily()["net"] > 0).all()
