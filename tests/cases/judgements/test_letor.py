"""A trial on judged features: the step is found better where it is."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix, hstack

from sevensteps.cases.judgements.letor import (
    BASELINES,
    FEATURE,
    OURS,
    PLACES,
    best_feature,
    plan_of,
    trial,
)
from sevensteps.features.letor import read_letor
from sevensteps.search.lambdarank import EXAMPLE


@pytest.fixture(scope="module")
def letor(judged_features):
    return read_letor(judged_features / "lightgbm")


@pytest.fixture(scope="module")
def found(letor):
    return trial(letor)


def test_lightgbms_evaluation_and_ours_are_one(found):
    assert set(found.same) == set(found.lightgbm) == set(PLACES)
    assert found.apart < 1e-9
    assert found.n_trees == 30


def test_the_step_beats_what_tempts_where_features_work_together(found):
    assert "ahead of" in found.verdict(FEATURE)
    assert all(found.lead(name).estimate > 0 for name in BASELINES if name != FEATURE)
    for metric in ("MAP", "MRR", "ERR"):
        values = {name: row[metric].estimate for name, row in found.table.items()}
        assert max(values, key=values.get) in (OURS, "trees of the grade")


def test_verdicts_follow_the_sign(found):
    table = dict(found.table)
    table[OURS], table[FEATURE] = table[FEATURE], table[OURS]
    assert "behind" in replace(found, table=table).verdict(FEATURE)
    table[OURS] = table[FEATURE]
    assert "not distinguishable" in replace(found, table=table).verdict(FEATURE)


def test_settings_are_the_folders_or_the_examples(letor, judged_features):
    assert plan_of(letor).settings["num_leaves"] == 7
    assert plan_of(read_letor(judged_features / "letor")) == EXAMPLE


@pytest.mark.parametrize("sign", [1, -1])
def test_the_best_feature_is_found_in_either_direction(letor, sign):
    rng = np.random.default_rng(0)
    x = rng.random((len(letor.train.grade), 4))
    x[:, 2] = 10 + sign * (letor.train.grade + rng.normal(0, 0.5, len(x)))
    part = replace(letor.train, x=csr_matrix(x))
    assert best_feature(part) == (2, sign > 0)


def test_a_feature_of_the_query_cannot_win_by_the_order_of_rows(letor):
    """Rows sorted by grade, as some files are, would make any constant perfect."""
    train = letor.train
    query = np.repeat(np.arange(len(train.size)), train.size)
    order = np.lexsort((-train.grade, query))
    part = replace(train, x=train.x[order], grade=train.grade[order])
    assert best_feature(part)[0] in (1, 2, 3)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda p: replace(p, grade=p.grade * 0), "no relevant document"),
        (lambda p: replace(p, size=np.array([p.size.sum()])), "one query only"),
        (lambda p: replace(p, x=csr_matrix(p.x.shape)), "every feature is zero"),
        (lambda p: replace(p, x=csr_matrix((len(p.grade), 0))), "or there is none"),
        (lambda p: replace(p, grade=p.grade * 0 + 1), "no order to learn"),
    ],
)
def test_what_cannot_be_tried_is_told(letor, spoil, why):
    with pytest.raises(ValueError, match=why):
        trial(replace(letor, train=spoil(letor.train)))


def test_a_feature_that_only_the_test_has_changes_nothing(letor, found):
    more = csr_matrix(np.ones((len(letor.test.grade), 3)))
    wider = replace(letor.test, x=hstack([letor.test.x, more], format="csr"))
    assert trial(replace(letor, test=wider)).table == found.table


def test_a_feature_of_which_less_is_better_is_turned(letor):
    def worse(part):
        told = csr_matrix(10.0 - part.grade[:, None])
        return replace(part, x=hstack([part.x, told], format="csr"))

    turned = trial(replace(letor, train=worse(letor.train), test=worse(letor.test)))
    assert turned.feature == (letor.train.x.shape[1], False)
    assert turned.table[FEATURE]["NDCG@10"].estimate == 1


def test_the_test_part_may_lack_features(letor):
    few = letor.test.x[:, :4]
    zeros = csr_matrix((few.shape[0], letor.train.x.shape[1] - 4))
    told = [
        trial(replace(letor, test=replace(letor.test, x=x))).table
        for x in (few, hstack([few, zeros], format="csr"))
    ]
    assert told[0] == told[1]


def test_a_number_that_stands_for_nothing_does_no_harm(letor):
    """Istella writes the largest float where a feature has no value."""

    def gaps(part):
        told = np.where(np.arange(len(part.grade)) % 7, 0.5, np.finfo(float).max)
        return replace(part, x=hstack([part.x, told[:, None]], format="csr"))

    gone = trial(replace(letor, train=gaps(letor.train), test=gaps(letor.test)))
    assert gone.apart < 1e-9
    assert gone.table["linear"]["NDCG@10"].estimate > 0.5
