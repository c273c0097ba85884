"""One request's page must be the policy's page."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.video.recommender.items import Viewers
from sevensteps.cases.video.recommender.online import (
    Asking,
    Recommender,
    ServingSnapshot,
    popular_by_country,
)
from sevensteps.cases.video.recommender.policy import TwoStage
from sevensteps.cases.video.recommender.ranking import Value
from sevensteps.rank.neighbours import build

SHARES = {"near": 60, "popular": 30, "fresh": 10, "followed": 10}
VALUE = Value(-1.0, 3.0, 2.0)


@pytest.fixture(scope="module")
def morning(shop):
    return ServingSnapshot(
        **{k: getattr(shop, k) for k in ("known", "items", "viewers", "towers")},
        ranker=shop.net,
        value=VALUE,
        vector=shop.vector,
        index=build("Flat", shop.vector),
        countries=popular_by_country(shop.events, shop.viewers),
        shares=SHARES,
    )


def ask(recommender, user, **kind):
    return recommender.page(Asking(user, **kind))


def test_a_page_is_the_policy_s_page(shop, morning):
    policy = TwoStage(shop.known, shop.towers, shop.net, VALUE.goal, shares=SHARES)
    user = np.sort(np.random.default_rng(0).choice(len(shop.viewers), 40, False))
    pages = policy.pages(shop.items, shop.viewers, user.astype(np.int32))[:, 0]
    recommender = Recommender(morning)
    same = [
        ask(recommender, int(u)) == page.tolist()
        for u, page in zip(user, pages, strict=True)
    ]
    assert np.mean(same) >= 0.95  # ties and the last bit of a product may differ


def test_what_was_clicked_since_is_not_shown_and_not_kept(shop, morning):
    last, n_watched = shop.known.last.copy(), len(shop.known.watched)
    recommender = Recommender(morning)
    before = ask(recommender, 7)
    after = ask(recommender, 7, recent=tuple(before[:5]))
    assert not set(before[:5]) & set(after)
    np.testing.assert_array_equal(shop.known.last, last)
    assert len(shop.known.watched) == n_watched


def test_vectors_are_remembered_until_something_is_clicked(morning):
    recommender = Recommender(morning, remembers=2)
    for user in (1, 1, 2, 3, 1):
        ask(recommender, user)
    assert (recommender.hits, recommender.misses) == (1, 4)
    ask(recommender, 1, recent=(3,))
    assert recommender.misses == 5


def test_a_stranger_s_vector_is_not_another_stranger_s(shop, morning):
    """They may give the same id; what they see depends on language and country."""
    recommender = Recommender(morning)
    strangers = Asking(10**8, language=0), Asking(10**8, country=2, language=1)
    pages = [recommender.page(asking) for asking in strangers]
    assert pages == [Recommender(morning).page(asking) for asking in strangers]
    assert recommender.hits == 0
    assert np.mean(shop.items.language[pages[1]] == 1) > 0.5


def test_a_country_s_list_counts_its_own_people_and_clicks_of_the_last_days(shop):
    """Counted by hand: one user a country, of eight days the last seven."""
    item = np.array([1, 1, 2, 3, 3, 3, 4, 5], np.int32)
    user = np.array([0, 0, 0, 1, 1, 1, 1, 0], np.int32)
    day = np.array([9, 9, 9, 9, 9, 9, 2, 9], np.int16)
    clicked = np.array([1, 1, 1, 1, 1, 1, 1, 0], bool)
    events = shop.events.take(np.arange(8))
    events = replace(events, item=item, user=user, day=day, clicked=clicked)
    one = np.zeros(2, np.int16)
    viewers = Viewers(one, np.array([0, 1], np.int16), one, np.zeros(2, np.float32))
    lists = popular_by_country(events, viewers)
    assert [row[row >= 0].tolist() for row in lists] == [[1, 2], [3]]


def test_a_country_s_list_is_never_empty(shop, morning):
    recommender = Recommender(morning)
    for code in range(int(shop.viewers.country.max()) + 1):
        page = recommender.by_country(Asking(-1, country=code))
        assert len(page) == 10
    first = recommender.by_country(Asking(-1))
    assert first[0] not in recommender.by_country(Asking(-1, recent=(first[0],)))
