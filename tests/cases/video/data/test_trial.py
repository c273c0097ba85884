"""Two stages are tried fairly: no row from later, baselines tuned, leads paired."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from sevensteps.cases.video.data import trial
from sevensteps.cases.video.data.asking import POOL, best_of, thinned
from sevensteps.cases.video.data.blend import AIMS, Ranker, best_mix, mixed
from sevensteps.cases.video.data.candidates import Candidates, candidates
from sevensteps.cases.video.data.logs import Log, held, read_log
from sevensteps.cases.video.data.stretches import Stretch, ndcg, recall
from sevensteps.cases.video.data.trial import BASELINES, enough, tuned
from sevensteps.cases.video.data.ways import (
    GRIDS,
    factors,
    following,
    item_to_item,
    linear,
    popularity,
)
from sevensteps.cases.video.world import Size, VideoWorld


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Log:
    """The video world's clicks, brought as a stranger would."""
    folder = tmp_path_factory.mktemp("theirs")
    history = VideoWorld(Size(2_000, 1_000, 80, 14)).history()
    rows = history.impressions.to_pandas()
    rows[["user_id", "video_id", "at", "clicked"]].to_parquet(
        folder / "impressions.parquet"
    )
    videos = history.videos.to_pandas()[["video_id", "topic"]]
    videos.to_csv(folder / "videos.csv", index=False)
    return read_log(folder)


@pytest.fixture(scope="module")
def stretch(log) -> Stretch:
    """The last fifth, from what came before."""
    return Stretch.of(log, float(np.quantile(log.seconds, 0.8)), float(log.seconds[-1]))


def by_hand() -> Log:
    """Three users, four items, five rows a second apart."""
    user, item = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0])
    ids = user.astype(np.int32), item.astype(np.int32)
    return Log(*ids, np.arange(5.0), np.full(4, -1, np.int32), 3, 4)


def test_a_stretch_asks_for_what_is_new_and_later(log, stretch):
    had = set(zip(stretch.past.user, stretch.past.item, strict=True))
    wanted = set(zip(stretch.user[stretch.row], stretch.item, strict=True))
    assert not had & wanted
    assert set(stretch.user) <= set(stretch.past.user)
    after = log.between(float(stretch.past.seconds[-1]), float(log.seconds[-1]))
    assert wanted <= set(zip(after.user, after.item, strict=True))
    strangers = set(after.user) - set(stretch.past.user)
    assert stretch.newcomers == len(strangers)


def test_popularity_forgets(stretch):
    user = stretch.user[:3]
    ever = popularity(1e9)(stretch.past).best(user)
    often = np.bincount(stretch.past.item)
    assert np.allclose(ever.score[ever.item >= 0], often[ever.item[ever.item >= 0]])
    late = popularity(0.01)(stretch.past).best(user)
    last = stretch.past.item[stretch.past.seconds > stretch.past.seconds[-1] - 86_400]
    assert set(late.item[late.score > 1e-6]) <= set(last)


def test_item_to_item_by_hand():
    found = item_to_item(0.0, 0.5)(by_hand()).best(np.array([2], np.int32))
    assert found.item[0, 0] == 1
    assert found.score[0, 0] == pytest.approx(2 / np.sqrt(3 * 2))
    assert (found.item[0, 1:] == -1).all()


def test_what_follows_by_hand():
    found = following(1)(by_hand()).best(np.array([2], np.int32))
    assert found.item[0].tolist() == [1] + [-1] * (POOL - 1)


@pytest.mark.parametrize(
    "make", [popularity(3), item_to_item(5, 0.5), factors(8, 1, 1), linear(50)]
)
def test_lists_leave_out_what_a_user_had_and_name_nothing_twice(stretch, make):
    found = make(stretch.past).best(stretch.user)
    had = held(stretch.past)[stretch.user].toarray() > 0
    assert not (
        np.take_along_axis(had, np.maximum(found.item, 0), 1) & (found.item >= 0)
    ).any()
    for row in found.item[:50]:
        named = row[row >= 0]
        assert len(set(named)) == len(named)
    assert (np.diff(found.score, axis=1) <= 0).all()


def test_users_are_asked_alike_in_any_company(stretch):
    way = item_to_item(5, 0.5)(stretch.past)
    every = way.best(stretch.user).item
    assert (way.best(stretch.user[300:310]).item == every[300:310]).all()


def test_a_perfect_list_finds_all(stretch):
    k = np.bincount(stretch.row).max()
    lists = np.full((len(stretch.user), max(k, 20)), -1, np.int32)
    order = np.argsort(stretch.row, kind="stable")
    row = stretch.row[order]
    lists[row, np.arange(len(row)) - np.searchsorted(row, row)] = stretch.item[order]
    assert ndcg([lists], [stretch]).estimate == pytest.approx(1)
    assert recall([lists], [stretch]).estimate > 0.9


def test_candidates_hold_what_the_ways_propose(stretch):
    ways = {"popular": popularity(3)(stretch.past)}
    told = candidates(stretch, ways)
    found = ways["popular"].best(stretch.user).item
    assert len(told.row) == (found >= 0).sum()
    first = told.item[(told.row == 0) & (told.ranks["popular"] == 0)]
    assert first.tolist() == [found[0, 0]]
    lists = told.lists(len(stretch.user), told.ranks["popular"])
    np.testing.assert_array_equal(lists, found[:, :20])


@pytest.mark.parametrize(
    "make", [popularity(3), item_to_item(5, 0.5), factors(8, 1, 1), linear(50)]
)
def test_pairs_score_as_they_do_on_lists(stretch, make):
    way = make(stretch.past)
    found = way.best(stretch.user)
    row, place = np.nonzero(found.item >= 0)
    told = way.of(stretch.user, row, found.item[row, place])
    np.testing.assert_allclose(told, found.score[row, place], rtol=1e-5)


def test_an_item_that_a_way_does_not_know_has_no_score(stretch, monkeypatch):
    monkeypatch.setattr("sevensteps.cases.video.data.ways.DENSE_ITEMS", 5)
    way = linear(51)(stretch.past)
    often = np.bincount(stretch.past.item, minlength=stretch.past.n_items)
    rare = np.array([often.argmin(), often.argmax()], np.int32)
    told = way.of(stretch.user, np.array([0, 0]), rare)
    assert np.isnan(told).tolist() == [True, False]


def test_the_best_of_equals_is_the_smaller_id():
    ids, score = np.array([9, 4, 7, 2]), np.array([1, 1, 2, 1], np.float32)
    assert ids[best_of(ids, score, 2)].tolist() == [7, 2]
    assert ids[best_of(ids, score, 9)].tolist() == [7, 2, 4, 9]


def test_thinning_keeps_the_largest_of_each_row():
    table = csr_matrix(np.array([[0, 3, 1, 2], [0, 0, 0, 5], [0, 0, 0, 0]], np.float32))
    made = thinned(table, 2).toarray()
    assert made.tolist() == [[0, 3, 0, 2], [0, 0, 0, 5], [0, 0, 0, 0]]


def test_what_comes_later_changes_nothing_before(log):
    """Rows after a cut are replaced by noise: the proposals stay as they were."""
    cut = float(np.quantile(log.seconds, 0.8))
    late = log.seconds > cut
    rng = np.random.default_rng(0)
    other = log.item.copy()
    other[late] = rng.integers(log.n_items, size=late.sum())
    end = float(log.seconds[-1])
    ours = Stretch.of(log, cut, end)
    theirs = replace(ours, past=Stretch.of(replace(log, item=other), cut, end).past)
    for make in (popularity(3), item_to_item(5, 0.5), following(2)):
        a, b = (
            candidates(ours, {"x": make(ours.past)}),
            candidates(theirs, {"x": make(theirs.past)}),
        )
        np.testing.assert_array_equal(a.x, b.x)


def test_tuning_takes_the_best_it_tried(stretch):
    best = tuned("popularity", [stretch])
    score = {
        h: ndcg(
            [popularity(h)(stretch.past).best(stretch.user).item], [stretch]
        ).estimate
        for h in GRIDS["popularity"][1][0]
    }
    assert score[best[0]] == max(score.values())


def test_a_ranker_orders_by_what_it_learned(stretch):
    ways = {
        "popular": popularity(3)(stretch.past),
        "near": item_to_item(5, 0.5)(stretch.past),
    }
    told = candidates(stretch, ways)
    experts = Ranker.fit([(stretch, told)]).experts(told)
    assert set(experts) >= {*AIMS, *ways}
    popular = ndcg([ways["popular"].best(stretch.user).item], [stretch])
    for aim in set(experts) - set(ways):
        lists = told.lists(len(stretch.user), experts[aim])
        assert lists.shape == (len(stretch.user), 20)
        assert ndcg([lists], [stretch]).estimate > popular.estimate


def test_experts_are_mixed_by_reciprocal_rank():
    ids, row = np.arange(3, dtype=np.int32), np.zeros(3, np.intp)
    told = Candidates(row, ids, {}, np.empty((3, 0)))
    experts = {"a": np.array([0, 1, 2]), "b": np.array([2, 1, 0])}
    assert mixed(told, experts, ("a",)).tolist() == [0, 1, 2]
    assert mixed(told, experts, ("b",)).tolist() == [2, 1, 0]
    assert mixed(told, experts, ("a", "a", "b")).tolist() == [0, 1, 2]


def test_the_mixture_leaves_out_what_does_not_help(stretch):
    told = candidates(stretch, {"popular": popularity(3)(stretch.past)})
    taken = stretch.taken(told.row, told.item)
    experts = {
        "right": told.rank(taken.astype(float)),
        "wrong": told.rank(-1.0 * taken),
    }
    assert best_mix([((stretch, told), experts)]) == ("right",)


def test_settings_are_chosen_by_enough_users(stretch):
    n = len(stretch.user)
    assert enough([stretch] * 4, n) == [stretch]
    assert len(enough([stretch] * 4, 2 * n + 1)) == 3
    assert len(enough([stretch] * 2, 2 * n + 1)) == 2


@pytest.fixture(scope="module")
def result(log):
    """The whole trial."""
    return trial(log)


def test_two_stages_lead_tuned_baselines(result):
    for other in BASELINES:
        assert result.lead(other).low > 0, other
        assert result.verdict(other).startswith("ahead")
    assert result.recall["two stages"].estimate > 0
    assert 0 < result.coverage["two stages"] <= 1


def test_where_there_is_nothing_to_learn_nothing_is_claimed():
    rng = np.random.default_rng(3)
    n = 6_000
    user = np.sort(rng.integers(150, size=n)).astype(np.int32)
    order = np.argsort(seconds := rng.uniform(0, 30 * 86_400, n))
    noise = Log(
        user[order],
        rng.integers(400, size=n).astype(np.int32),
        seconds[order],
        np.full(400, -1, np.int32),
        150,
        400,
    )
    found = trial(noise)
    assert all(found.lead(other).low < 0.01 for other in BASELINES)


def test_a_log_in_which_nobody_returns_is_refused():
    n = 2_000
    ids = np.arange(n, dtype=np.int32)
    log = Log(ids, ids % 50, ids * 60.0, np.full(50, -1, np.int32), n, 50)
    with pytest.raises(ValueError, match="users who come back"):
        trial(log)
