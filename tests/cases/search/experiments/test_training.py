"""Training sets: logged clicks, purchases, editors' grades."""

import numpy as np
import pytest

from sevensteps.cases.search.experiments import (
    ClickTrainingSet,
    OfflineEvaluation,
    QuerySample,
    device_of,
    judged_by_editors,
    needs_apart,
    needs_with_variants,
    other_needs,
    shown_to_editors,
    table_of,
)
from sevensteps.cases.search.experiments.training import clicks_of
from sevensteps.cases.search.world import PLACES
from sevensteps.measure import ips_evidence, naive_evidence


@pytest.fixture(scope="module")
def training_set(shop):
    return ClickTrainingSet.of(shop, shop.engine, shop.asked.often(4).query_id)


def naive(log, device):
    return naive_evidence(log)


def test_clicks_of_the_log_and_of_the_set_are_those_logged(shop, training_set):
    searches = shop.history.searches
    shown, clicked = (table_of(searches[name]) for name in ("shown", "clicked"))
    log = clicks_of(searches)
    assert (log.n_places, len(log)) == (PLACES, searches.num_rows)
    assert np.array_equal(log.filled, shown >= 0)
    assert log.clicked.sum() == clicked.sum()
    often = shop.asked.often(4).query_id
    some = np.isin(searches["query_id"].to_numpy(), often)
    evidence = training_set.evidence(naive)
    assert evidence.clicks.sum() == clicked[some].sum()
    assert evidence.exposure.sum() == (shown[some] >= 0).sum()
    assert (device_of(searches)[some] == training_set.device).all()


def test_each_device_has_its_own_correction(training_set):
    curves = np.ones((2, 20))
    curves[1] /= 2
    corrected = training_set.evidence(lambda log, d: ips_evidence(log, curves[d]))
    plain = training_set.evidence(naive)
    phone = training_set.log.where(training_set.device == 1)
    lost = np.bincount(phone.pair[phone.filled], minlength=len(training_set.row)) / 2
    assert corrected.exposure == pytest.approx(plain.exposure - lost)


def test_a_share_is_the_same_searches_whoever_corrects(training_set):
    part = training_set.evidence(naive, 0.3)
    again = training_set.evidence(lambda log, d: ips_evidence(log, np.ones(20)), 0.3)
    assert (part.clicks == again.clicks).all()
    assert 0.2 < part.exposure.sum() / training_set.evidence(naive).exposure.sum() < 0.4


def test_purchases_are_fewer_and_worth_what_is_told(shop, training_set):
    bought = ClickTrainingSet.of(
        shop, shop.engine, shop.asked.often(4).query_id, purchases=True
    )
    evidence = bought.evidence(naive)
    assert 0 < evidence.clicks.sum() < training_set.evidence(naive).clicks.sum() / 4
    worth = np.arange(len(bought.row), dtype=float)
    judged, plain = bought.judged(evidence, worth), bought.judged(evidence)
    assert judged.grade == pytest.approx(plain.grade * worth[evidence.exposure > 0])


def test_positions_are_means_over_the_searches_told(training_set):
    every = training_set.positions(np.ones(len(training_set.log), bool))
    pair = int(training_set.log.pair[0, 0])
    where = np.argwhere(training_set.log.pair == pair)[:, 1]
    assert every[pair] == pytest.approx(where.mean())
    only = training_set.positions(np.arange(len(training_set.log)) == 0)
    shown = np.isin(np.arange(len(only)), training_set.log.pair[0])
    assert (np.isfinite(only) == shown).all()


def test_editors_grade_what_stands_high_and_some_of_the_rest(shop):
    evaluation = OfflineEvaluation.of(shop, shop.engine, QuerySample.draw(shop, 60))
    seen = shown_to_editors(evaluation.answers.ids)
    position = evaluation.answers.pairs[1]
    assert (position[seen] < 20).sum() == (position < 20).sum()
    judged = judged_by_editors(shop, evaluation)
    assert len(judged) == len(seen)
    assert np.corrcoef(judged.grade, evaluation.grade[seen])[0, 1] > 0.7


def test_queries_of_a_test_share_no_need_with_what_is_learned_from(shop):
    apart = QuerySample.draw(shop, 80)
    rest = other_needs(shop, shop.asked, apart, 500)
    need = shop.world.true_queries().true_need
    assert len(rest) == 500
    assert not np.isin(need[rest.query_id], need[apart.query_id]).any()


def test_needs_are_kept_apart_whole_and_variants_are_all_that_was_logged(shop):
    need = shop.world.true_queries().true_need.to_numpy()
    apart = needs_apart(shop, 0.25)
    assert not np.isin(need[apart], need[~apart]).any()
    assert 0.2 < len(np.unique(need[apart])) / len(np.unique(need)) < 0.3
    several = needs_with_variants(shop, 40)
    chosen = np.unique(need[several.query_id])
    assert len(chosen) == 40
    own = np.isin(need[shop.asked.query_id], chosen).sum()
    assert len(several) == own > 40
