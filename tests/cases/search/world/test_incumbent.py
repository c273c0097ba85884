"""The policy that made the past: all words, then what sells; a few pages by lot."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare

from sevensteps.cases.search.world import DAY, PLACES, Incumbent, Requests, View
from sevensteps.cases.search.world.incumbent import TOP
from sevensteps.cases.search.world.live import products_table, shoppers_table


@pytest.fixture(scope="module")
def view(known):
    """What a policy sees after the history."""
    state = known.state
    return View(
        known.history.days,
        products_table(known.rules.making, state),
        known.rules.queries,
        shoppers_table(state.shoppers),
        known.history.searches,
    )


def requests_for(query) -> Requests:
    """One search for each query."""
    n = len(query)
    ids = np.arange(n, dtype=np.int64)
    zero = np.zeros(n, np.int8)
    return Requests(ids * 4, ids, ids.astype(np.int32), zero.astype(np.int32), zero,
                    np.asarray(query, np.int32), zero)  # fmt: skip


def found_plainly(words, titles, order):
    """Products with all words, best-selling first; then those that lack one."""
    asked = set(words)
    lacking = np.array([len(asked - held) for held in titles])[order]
    full, but_one = order[lacking == 0], order[lacking == 1]
    few = len(full) < PLACES and len(asked) > 1
    return np.concatenate([full, but_one if few else order[:0]])[: 2 * PLACES]


def page_of(ids):
    """Twenty places, the last ones empty."""
    return np.append(ids, np.full(PLACES, -1))[:PLACES].tolist()


@pytest.fixture(scope="module")
def found(view):
    """Queries by lot, what a slow search finds for each, and the pages of both."""
    titles = [set(t.lower().split()) for t in view.products["title"].to_pylist()]
    vocabulary = set().union(*titles)
    order = np.argsort(-view.products["sold"].to_numpy(), kind="stable")
    texts = view.queries["text"].to_pylist()
    rows = []
    query = np.random.default_rng(3).permutation(len(texts))[:250]
    pages = Incumbent(1, shuffled=0.0)(requests_for(np.repeat(query, 12)), view)
    for i, q in enumerate(query):
        words, mine = texts[q].split(), slice(i * 12, i * 12 + 12)
        assert len(set(words) - vocabulary) < 2 or (pages.product_id[mine] < 0).all()
        shown = [pages.product_id[mine][pages.ranker[mine] == k] for k in (0, 1)]
        rows.append((found_plainly(words, titles, order), *shown))
    return rows


def test_all_words_in_the_title_come_before_all_but_one(found):
    for ids, by_sales, _ in found:
        assert (by_sales == page_of(ids)).all()
    n = np.array([len(ids) for ids, *_ in found])
    for some in (n == 0, (n > 0) & (n < PLACES), n >= PLACES):
        assert some.sum() > 15


def test_the_second_ranker_trusts_stars_and_novelty(found, view):
    n = view.products["n_ratings"].to_numpy()
    rating = view.products["rating"].fill_null(0).to_numpy()
    new = view.products["listed_at"].to_numpy() > (view.day - 30) * DAY
    appeal = (n * (rating - 3.7) / (n + 4.0) + 0.8 * new).astype(np.float32)
    differ = 0
    for ids, _, by_stars in found:
        score = appeal[ids] - 0.05 * np.arange(len(ids))
        best = ids[np.argsort(-score, kind="stable")]
        assert (by_stars == page_of(best)).all()
        differ += page_of(best) != page_of(ids)
    assert differ > 60


def test_nothing_is_random_but_what_says_so(known, view):
    query = np.arange(400)
    one, two = (Incumbent(1, shuffled=0.0)(requests_for(query), view) for _ in "ab")
    assert np.array_equal(one.product_id, two.product_id)
    other = Incumbent(2, shuffled=0.0)(requests_for(query), view)
    same = one.ranker == other.ranker
    assert 0.4 < same.mean() < 0.6
    assert np.array_equal(one.product_id[same], other.product_id[same])
    assert not one.randomised.any()


@pytest.fixture(scope="module")
def lottery(view):
    """The most asked query of the log, half a million times, a few of them by lot."""
    log = view.log["query_id"].to_numpy()
    full = Incumbent(1, shuffled=0.0)(requests_for(np.unique(log)), view)
    full_page = np.unique(log)[full.product_id[:, -1] >= 0]
    query = full_page[np.bincount(log)[full_page].argmax()]
    return Incumbent(5)(requests_for(np.full(500_000, query)), view)


def test_three_pages_in_a_hundred_have_ten_places_in_random_order(lottery):
    assert lottery.ranker.mean() == pytest.approx(0.5, abs=0.003)
    assert lottery.randomised.mean() == pytest.approx(0.03, abs=0.001)
    mixed = lottery.randomised.astype(float)
    assert abs(np.corrcoef(mixed, lottery.ranker)[0, 1]) < 0.005
    for ranker in (0, 1):
        mine = lottery.ranker == ranker
        fixed = lottery.product_id[mine & ~lottery.randomised]
        assert (fixed == fixed[0]).all()
        mixed = lottery.product_id[mine & lottery.randomised]
        assert (mixed[:, TOP:] == fixed[0, TOP:]).all()
        ranked = np.sort(mixed[:, :TOP], axis=1)
        assert (ranked == np.sort(fixed[0, :TOP])).all()
        count = [(mixed[:, :TOP] == p).sum(axis=0) for p in fixed[0, :TOP]]
        assert chisquare(np.array(count).ravel(), ddof=18).pvalue > 1e-3


def test_the_index_is_built_weekly_and_anew_for_an_earlier_day(known, view):
    policy = Incumbent(1)
    request = requests_for(np.arange(5))
    policy(request, view)
    built = policy._index
    policy(request, replace(view, day=view.day + 6))
    assert policy._index is built
    policy(request, replace(view, day=view.day + 7))
    assert policy._index is not built
    later = policy._index
    policy(request, replace(view, day=view.day - 1))
    assert policy._index is not later
    assert policy._index.day == view.day - 1
