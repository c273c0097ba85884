"""The policy that made the past: all words, then what sells; a few pages by lot."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.world import DAY, PLACES, Incumbent, Requests, View
from sevensteps.cases.search.world.tables import company_tables


@pytest.fixture(scope="module")
def view(known):
    """What a policy sees after the history."""
    tables = company_tables(known.rules, known.state)
    return View(known.history.days, *tables, known.history.searches)


def requests_for(query):
    """One search for each query."""
    ids, zero = np.arange(len(query)), np.zeros(len(query), np.int8)
    columns = ids * 4, ids, ids.astype("i4"), zero.astype("i4"), zero
    return Requests(*columns, np.asarray(query, np.int32), zero)


def found_plainly(words, titles, order):
    """Products with all words, best-selling first; then those that lack one."""
    lacking = np.array([len(set(words) - held) for held in titles])[order]
    full, but_one = order[lacking == 0], order[lacking == 1]
    few = len(full) < PLACES and len(set(words)) > 1
    return np.concatenate([full, but_one if few else order[:0]])[: 2 * PLACES]


def page_of(ids):
    """Twenty places, the last ones empty."""
    return np.append(ids, np.full(PLACES, -1))[:PLACES].tolist()


@pytest.fixture(scope="module")
def found(view):
    """Queries by lot, what a slow search finds for each, and the pages of both."""
    titles = [set(t.lower().split()) for t in view.products["title"].to_pylist()]
    order = np.argsort(-view.products["sold"].to_numpy(), kind="stable")
    texts = view.queries["text"].to_pylist()
    query = np.random.default_rng(3).permutation(len(texts))[:250]
    pages = Incumbent(1, shuffled=0.0)(requests_for(np.repeat(query, 12)), view)
    assert not pages.randomised.any()
    shown, by_stars = pages.product_id.reshape(-1, 12, PLACES), pages.ranker == 1
    return [
        (found_plainly(texts[q].split(), titles, order), page[~second], page[second])
        for q, page, second in zip(query, shown, by_stars.reshape(-1, 12), strict=True)
    ]


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


def test_the_index_is_built_weekly_and_anew_for_an_earlier_day(known, view):
    policy = Incumbent(1)
    request = requests_for(np.arange(5))
    policy(request, view)
    for later, built in ((6, 0), (7, 7), (-1, -1)):
        policy(request, replace(view, day=view.day + later))
        assert policy._index.day == view.day + built
