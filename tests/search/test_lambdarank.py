"""The trees are those that LightGBM grows from the same files, to the last digit."""

import lightgbm
import numpy as np
import pytest

from sevensteps.features.letor import part_of, read_letor
from sevensteps.measure import judged
from sevensteps.search.lambdarank import EXAMPLE, Plan, Rows, grow

PLACES = (1, 3, 5, 10)


def rows(part):
    """A part as the step takes it."""
    return Rows(part.x, part.grade, part.size)


@pytest.fixture(scope="module")
def letor(judged_features):
    return read_letor(judged_features / "lightgbm")


def reference(folder, settings, n_trees, **more):
    """LightGBM alone: it reads both files and the sizes beside them by itself."""
    plan = {**settings, "metric": "ndcg", "eval_at": "1,3,5,10", "verbosity": -1}
    train = lightgbm.Dataset(str(folder / "rank.train"), params=plan)
    test = lightgbm.Dataset(str(folder / "rank.test"), params=plan, reference=train)
    printed = {}
    booster = lightgbm.train(
        plan,
        train,
        n_trees,
        valid_sets=[test],
        valid_names=["test"],
        callbacks=[lightgbm.record_evaluation(printed), *more.values()],
    )
    return booster.predict(str(folder / "rank.test")), printed["test"]


@pytest.mark.parametrize("whose", ["its train.conf", "the example"])
def test_the_step_is_lightgbms_own(judged_features, letor, whose):
    conf = letor.conf
    plan = EXAMPLE if whose == "the example" else Plan(conf.settings, conf.n_trees)
    grown = grow(rows(letor.train), plan, rows(letor.test), eval_at=PLACES)
    want, printed = reference(judged_features / "lightgbm", plan.settings, plan.n_trees)
    got = grown.booster.predict(letor.test.x)
    assert np.array_equal(got, want)
    assert len(np.unique(got)) > 100
    for k in PLACES:
        assert grown.ndcg[k] == pytest.approx(printed[f"ndcg@{k}"][-1], abs=1e-9)
        ours = judged.ndcg(got, letor.test.grade, letor.test.query, k=k, empty="one")
        assert ours.estimate == pytest.approx(grown.ndcg[k], abs=1e-9)


def test_the_objective_that_is_asked_for_is_used(judged_features, letor):
    settings = {**letor.conf.settings, "objective": "rank_xendcg", "seed": 3}
    settings["force_row_wise"] = "true"
    grown = grow(rows(letor.train), Plan(settings, 20), rows(letor.test), eval_at=(5,))
    want, _ = reference(judged_features / "lightgbm", settings, 20)
    assert np.array_equal(grown.booster.predict(letor.test.x), want)


def test_patience_stops_where_lightgbm_would(judged_features, letor):
    train, test = rows(letor.train), rows(letor.test)
    vali = rows(part_of(judged_features / "lightgbm" / "rank.vali"))
    plan = Plan({**letor.conf.settings, "learning_rate": 0.5}, 200, patience=5)
    grown = grow(train, plan, test, eval_at=(5,), stop=vali)
    flattered = grow(train, plan, test, eval_at=(5,))
    n = grown.booster.num_trees()
    assert n < 100
    assert flattered.booster.num_trees() != n
    same = grow(train, Plan(plan.settings, n), test, eval_at=(5,))
    assert same.ndcg == grown.ndcg


def test_settings_that_cannot_be_followed_are_told(letor):
    plan = Plan({"objective": "lambdarank", "num_leaves": 1})
    with pytest.raises(ValueError, match="LightGBM refuses"):
        grow(rows(letor.train), plan, rows(letor.test), eval_at=(5,))
