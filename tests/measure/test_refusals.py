"""What cannot be measured is told, whoever measures."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from sevensteps import measure as m
from sevensteps.measure import judged, per_query, ranked

mean_ndcg = partial(judged.mean, per_query.ndcg)
mean_ap = partial(judged.mean, per_query.average_precision)
ap, log = m.average_precision, m.click_log
THREE = [0.1, 0.2, 0.3]
LOG = log([[1, 2]], np.array([[True, False]]), [0])
FIT = m.fit_simplified_dbn(LOG)
TWO, NONE = np.array([[3, 2], [4, -1]]), np.zeros((2, 2), bool)
MANY = np.ones((5_001, 1), int)
OTHER = m.block_bootstrap([0, 0, 1, 2])


def recall(fpr=0.1, weight=None):
    return m.recall_at_fpr(THREE, [0, 1, 0], [0, 0, 1], fpr=fpr, weight=weight)


def day_zero_is_one(seed=0, resamples=1_000):
    return m.block_bootstrap([0, 0, 1, 1], resamples, seed).mean([1.0, 2, 3, 4])


REFUSED = [
    (lambda: m.rank_correlation([1, 2, 3], [1, 2, 3]), "candidates"),
    (lambda: m.weighted_kappa([0, 1], [0, 1, 1]), "equal lengths"),
    (lambda: m.weighted_kappa([0, 1.5], [0, 1]), "item 1 has 1.5 of editor 0"),
    (lambda: m.weighted_kappa([0, np.nan], [0, 1]), "item 1 has nan"),
    (lambda: m.weighted_kappa([0, -2], [0, 1]), "item 1 has -2"),
    (lambda: m.weighted_kappa([0, -1], [0, 1]), "two items that two editors"),
    (lambda: m.weighted_kappa(["a", "b"], ["a", "b"]), "grades as numbers"),
    (lambda: m.weighted_kappa([2, 2, 2], [2, 2, 2]), "no two grades differ"),
    (lambda: m.krippendorff_alpha([[0], [1]]), "at least two editors"),
    (lambda: m.krippendorff_alpha([[0, 1], [1, -1]]), "two items that two"),
    (lambda: m.per_unit([1.0, 1.0], [0, 7], [0, 1]), "row 1 has a unit not in"),
    (lambda: m.per_unit([1.0], [0], [0, 0]), "once"),
    (lambda: m.cuped([1.0, 2.0], [3.0, 3.0]), "explains nothing"),
    (lambda: m.ab_test([1.0], [1.0, 2.0]), "units in the smaller arm"),
    (lambda: m.sample_size(0, 1), "`effect` of 0"),
    (lambda: m.minimum_detectable_effect(0, 10), "`sd`"),
    (lambda: m.assign([1], "x", 1.1), "`treated`"),
    (lambda: m.assign(["anna"], "x"), "number the texts"),
    (lambda: m.sample_ratio_check(["a", "a"]), "number of arms"),
    (lambda: m.team_draft([[1, 2]], [[1]]), r"`a` has the shape \(1, 2\)"),
    (lambda: m.team_draft([[1, 1]], [[1, 2]]), "an id twice on list 0"),
    (lambda: m.team_draft([[1.5, 1]], [[1, 2]]), "whole ids, not float64"),
    (lambda: m.team_draft([[1, -2]], [[1, 2]]), "below -1"),
    (lambda: m.search_wins([[0, 1]], [[True]]), "`clicked`"),
    (lambda: m.search_wins([[0, 2]], [[True, True]]), "nobody's"),
    (lambda: m.preference([2, 1], [0, 1]), "1 .A., -1 .B."),
    (lambda: m.preference([1, np.nan], [0, 1]), "NaN"),
    (lambda: m.searches_needed(0.1, 0), "`variance`"),
    (lambda: m.searches_needed(0, 1), "`effect` of 0"),
    (lambda: m.sensitivity_ratio([1, 2], [1, 2], [0, 0]), "all alike"),
    (lambda: ranked([np.nan], [1], [0]), "`scores` holds NaN"),
    (lambda: ranked([1], [np.nan], [0]), "`grades` holds NaN"),
    (lambda: ranked([1], [-2], [0]), "-1 where nobody judged; row 0 has -2"),
    (lambda: ranked([1], [1], [0.5]), "whole numbers, not float64"),
    (lambda: ranked([1, 2], [1], [0]), "differ in length"),
    (lambda: mean_ndcg([1, 2], [0, 0], [0, 1], k=1), "no query has a relevant"),
    (lambda: mean_ndcg([1, 2], [1, 1], [0, 0], k=1), "at least two blocks"),
    (lambda: mean_ndcg([1], [51], [0], k=1), "grades up to 50"),
    (lambda: mean_ndcg([1], [1], [0], k=0), "`k` must be at least 1"),
    (lambda: mean_ndcg([1], [1], [0], k=1, ties="best"), "`ties` must be"),
    (lambda: mean_ndcg([1], [1], [0], k=1, empty="no"), "'skip' or 'one' or"),
    (lambda: mean_ap([1], [1], [0], relevant=0), "a grade above 0"),
    (lambda: mean_ap([1], [1], [0], missing="drop"), "or 'condensed'"),
    (lambda: mean_ap([1, 2], [1, 1], [0, 0], block=[1, 2]), "row 1 has another"),
    (lambda: judged.found_in([1, 2], [0], [1]), "must be a table of ids"),
    (lambda: judged.found_in([[1, 2]], [1], [1]), "must name one of the 1 lists"),
    (lambda: judged.found_in([[1, 2]], [0], [-1]), "must not be negative"),
    (lambda: m.recall_at_k([[1], [2]], [0], [1], [0, 1, 2]), "`block` 3"),
    (lambda: m.ndcg_at_k([[1.0, np.nan]], [0, 1], k=1), "finite and not negative"),
    (lambda: m.ndcg_at_k([[2.0]] * 2, [0, 1], k=1, ideal=[[1.0]] * 2), "all gains"),
    (lambda: m.coverage([[1]], 0), "`n_items`"),
    (lambda: ap([0.1, np.nan, 0.2], [0, 1, 0], [0, 0, 1]), "NaN.*row 1"),
    (lambda: ap([0.1, 0.2], [0, 1, 0], [0, 0, 1]), "`scores` 2.*`labels` 3"),
    (lambda: ap(THREE, [0, 0, 0], [0, 0, 1]), "no positive"),
    (lambda: ap(THREE, [1, 1, 1], [0, 0, 1]), "every label"),
    (lambda: ap(THREE, [0, 2, 1], [0, 0, 1]), "0 or 1.*row 1"),
    (lambda: ap(THREE, [0, 1, 0], [0, 1]), "`day` 2"),
    (lambda: ap([[0.1, 0.2]], [0, 1, 0], [0, 0, 1]), "one column"),
    (lambda: ap(["a", "b", "c"], [0, 1, 0], [0, 0, 1]), "must hold numbers"),
    (lambda: ap([], [], []), "empty"),
    (lambda: recall(weight=[1, 1, -1]), "negative"),
    (lambda: recall(weight=[1, 0, 1]), "weight above zero"),
    (lambda: recall(fpr=1.0), "fpr"),
    (lambda: m.precision_at_budget(THREE, [0, 1, 0], [0, 0, 1], per_day=0), "per_day"),
    (lambda: m.recall_at_budget(THREE, [0, 1, 0], [0, 0, 1], per_day=0), "per_day"),
    (lambda: m.reliability([0.1, 1.2], [0, 1]), r"within \[0, 1\].*row 1"),
    (lambda: m.reliability([0.1, 0.2], [0, 1], bins=0), "`bins` must be at least 1"),
    (lambda: m.prior_correction([0.1], 0), "sampling_rate"),
    (lambda: m.calibration_ratio([0.1, np.nan], [0, 1], [0, 1]), "NaN"),
    (lambda: m.ips([1, 1], [0, 0], [0, 1]), "zero everywhere"),
    (lambda: m.ips([1, 1], [1, -1], [0, 1]), "negative"),
    (lambda: m.Interval(1, 2, 0), "above"),
    (lambda: m.Interval.of([np.nan, np.nan]), "missing"),
    (lambda: day_zero_is_one() - OTHER.mean([1.0, 2, 3, 4]), "different resamples"),
    (lambda: day_zero_is_one() - day_zero_is_one(seed=1), "different resamples"),
    (lambda: day_zero_is_one() - day_zero_is_one(0, 999), "different resamples"),
    (lambda: day_zero_is_one() - m.Interval(1, 0, 2), "without samples"),
    (lambda: m.block_bootstrap([1, 1, 1]), "two blocks"),
    (lambda: m.block_bootstrap([1.0, np.nan, 2.0]), "row 1"),
    (lambda: m.mean_per_day(pd.Series([1.0, 2.0], index=[3, 3])), "twice"),
    (lambda: m.mean_per_day(pd.Series([1.0, np.nan])), "NaN"),
    (lambda: m.mean_per_day(pd.Series([1.0])), "two blocks"),
    (lambda: log(TWO, np.ones((2, 3), bool), [1, 2]), "one shape"),
    (lambda: log(TWO, np.array([[0, 1], [0, 0]]), [1, 2]), "must be bool"),
    (lambda: log(TWO, np.array([[0, 0], [0, 1]]) > 0, [1, 2]), "row 1 has a click"),
    (lambda: log([[3, 3], [4, -1]], NONE, [1, 2]), "row 0 shows a product twice"),
    (lambda: log([[3, -2], [4, -1]], NONE, [1, 2]), "-1 for an empty place"),
    (lambda: log([[3.0, 2], [4, -1]], NONE, [1, 2]), "product numbers"),
    (lambda: log(np.full((2, 2), -1), NONE, [1, 2]), "empty in every place"),
    (lambda: log(TWO, NONE, [1]), "differ in length"),
    (lambda: log(TWO, NONE, [-1, 2]), "integers from 0"),
    (lambda: log(TWO, NONE, [1, 2], [1, 2, 3]), "differ in length"),
    (lambda: log(MANY, MANY > 0, MANY[:, 0] - 1, range(5_001)), "over 5,000"),
    (lambda: LOG.where([False]), "no search is left"),
    (lambda: LOG.where([True, False]), "one flag for each"),
    (lambda: FIT.click_probability(log(TWO, NONE, [1, 2])), "fitted on another log"),
    (lambda: m.fit_dbn(LOG, 1.5), "continuation"),
    (lambda: m.fit_dbn(LOG, strength=-1), "strength"),
    (lambda: m.ips_weights([True], [0], [np.nan]), "missing or zero at place 0"),
    (lambda: m.ips_weights([True], [1], [1.0, 0.0]), "missing or zero at place 1"),
    (lambda: m.ips_weights([True], [2], [1.0, 0.5]), "must lie in 0 .. 1"),
    (lambda: m.ips_weights([True], [0], [[1.0]]), "one value a place"),
    (lambda: m.ips_weights([True], [0], [1.0], clip=0.5), "at least 1"),
    (lambda: m.counterfactual_dcg([[1.0]], [[0, 1]], [0]), "tables alike"),
    (lambda: m.counterfactual_dcg([[np.inf]], [[0]], [0]), "clip"),
    (lambda: m.counterfactual_dcg([[1.0]], [[0.5]], [0]), "places from 0"),
    (lambda: m.counterfactual_dcg([[1.0]], [[0]], [0, 1]), "differ in length"),
    (lambda: m.counterfactual_rank([[2.0]] * 2, [[-1]] * 2, [0, 1]), "give its rank"),
    (lambda: m.ips_evidence(LOG, [1.0, 0.0]), "zero at place 1"),
    (lambda: m.reranked([[np.nan, 1]], LOG), "NaN where something was shown"),
    (lambda: m.reranked([1.0], LOG), "log's shape"),
    (lambda: m.clip_tradeoff(LOG, [1.0, 0.5], [[0, 1]], []), "`clips` is empty"),
]


@pytest.mark.parametrize(("make", "why"), REFUSED)
def test_what_cannot_be_measured_is_told(make, why):
    with pytest.raises(ValueError, match=why):
        make()
