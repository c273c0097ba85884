"""Rankers beat the base rate, forget the position, and value what people value."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss, roc_auc_score

from sevensteps.cases.video.recommender import net_training as training
from sevensteps.cases.video.recommender import ranking
from sevensteps.cases.video.recommender.inputs import CODES, NAMES
from sevensteps.cases.video.recommender.items import Events


@pytest.fixture(
    scope="module",
    params=[ranking.Linear.fit, ranking.Trees.fit, training.fit],
    ids=["linear", "trees", "net"],
)
def ranker(request, train):
    return request.param(train)


def test_a_ranker_tells_clicks_shares_and_likes(ranker, test, shop):
    guess, hit = ranker(test.x), test.clicked
    for name in ("click", "share", "like"):
        told = getattr(guess, name)
        assert told.shape == (len(test.x),)
        assert ((told >= 0) & (told <= 1)).all()
    seen = guess.click * shop.looks[test.position]
    assert roc_auc_score(test.clicked, seen) > 0.66
    base = np.full(len(hit), hit.mean())
    assert log_loss(hit, seen.clip(1e-6, 1)) < log_loss(hit, base) - 0.01
    assert np.corrcoef(guess.share[hit], test.share[hit])[0, 1] > 0.35
    assert roc_auc_score(test.liked[hit], guess.like[hit]) > 0.6
    # Asked of the first place, it expects more than the average place gets.
    first = test.position == 0
    told = guess.click[first].mean()
    assert told == pytest.approx(test.clicked[first].mean(), rel=0.15)
    assert guess.click.mean() > 1.3 * test.clicked.mean()


def test_scaling(train):
    scaled = ranking.Scale.of(train.x)(train.x)
    n_dense = len(NAMES) - len(CODES)
    assert np.abs(scaled[:, :n_dense].mean(axis=0)).max() < 0.2
    assert (scaled[:, n_dense:].sum(axis=1) == len(CODES)).all()
    strange = train.x[:1].copy()
    strange[:, NAMES.index("topic")] = 999  # a topic that training never saw
    assert ranking.Scale.of(train.x)(strange)[:, n_dense:].sum() == len(CODES) - 1


def test_values_come_back_from_stars(train):
    rng = np.random.default_rng(0)
    n = len(train.x)
    known = ranking.Prediction(rng.random(n), rng.random(n), rng.random(n))
    stars = np.rint(3 - 1.5 + 2 * known.share + 1 * known.like + rng.normal(0, 0.1, n))
    rows = replace(train, stars=stars.clip(1, 5).astype(np.int8))
    value = ranking.Value.fit(lambda x: known, rows)
    told = value.base, value.share, value.like
    assert told == pytest.approx((-1.5, 2, 1), abs=0.15)
    after = value.base + value.share * known.share + value.like * known.like
    assert np.allclose(value(known), known.click * after)
    with pytest.raises(ValueError, match="30 answers are needed at least; got 29"):
        ranking.Value.fit(lambda x: known, rows.take(slice(29)))


def test_prices_of_outcomes_recover_what_stars_follow(shop):
    rows = shop.rows
    stars = np.clip(np.rint(3 - 1 + 2 * rows.share + 1.5 * rows.liked), 1, 5)
    told = replace(rows, stars=np.where(rows.clicked, stars, 0).astype(np.int8))
    value = ranking.Value.of_outcomes(told)
    assert value.base == pytest.approx(-1, abs=0.25)
    assert value.share == pytest.approx(2, abs=0.35)
    assert value.like > 0.5


def returns(days, users=800):
    """People who come back for what they watched, not for what they clicked."""
    rng, parts = np.random.default_rng(0), []
    mood = np.zeros(users)
    for day in range(days):
        came = np.flatnonzero(rng.random(users) < expit(2 * mood - 0.5))
        share = rng.random(len(came)).astype(np.float32)
        mood[:] = 0
        mood[came] = share - 0.5
        parts.append((came, np.full(len(came), day), share))
    user, day, share = (np.concatenate(p) for p in zip(*parts, strict=True))
    zero, none = np.zeros(len(user), np.int8), np.zeros(len(user), bool)
    liked = rng.random(len(user)) < 0.1
    return Events(user, zero, day, zero, none, ~none, liked, none, share, zero)


def test_what_brings_people_back_is_found():
    value = ranking.value_of_returns(returns(30), 800)
    assert value.share == pytest.approx(2, abs=0.5)
    assert abs(value.like) < 0.3
    with pytest.raises(ValueError, match="10 days; got 6"):
        ranking.value_of_returns(returns(6), 800)
