"""What a product promises and what it is worth, part by part."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.world import Incident
from sevensteps.cases.search.world.pages import FAD, ShopDay
from sevensteps.world import unit_streams

N = 4_000


@pytest.fixture(scope="module")
def meeting(known):
    """Searches by lot, each beside five products of the asked kind."""
    rng = np.random.default_rng(1)
    needs, products = known.needs, known.products
    need = rng.choice(np.flatnonzero(needs.kind >= 0), N).astype(np.int32)
    order = np.argsort(products.kind, kind="stable")
    start = np.searchsorted(products.kind[order], needs.kind[need])
    n = np.bincount(products.kind, minlength=needs.kind.max() + 1)[needs.kind[need]]
    product = order[start[:, None] + (rng.random((N, 5)) * n[:, None]).astype(int)]
    who = rng.integers(0, len(known.shoppers), N)
    random_key = unit_streams(np.arange(N), seed=5, future=6, day=7)
    return need, who, random_key, product


def stage_of(known, *incidents, **changed):
    """The shop on the last evening, some products changed."""
    rules = replace(known.rules, incidents=incidents)
    state = replace(known.state, products=replace(known.products, **changed))
    return ShopDay(rules, state, 13)


@pytest.fixture(scope="module")
def plain(known, meeting):
    return stage_of(known).meet(*meeting)


def test_grades_move_both_and_quality_only_what_a_closer_look_finds(
    known, meeting, plain
):
    better = stage_of(known, quality=known.products.quality + 1).meet(*meeting)
    assert np.array_equal(plain.promise, better.promise)
    assert np.allclose(better.worth - plain.worth, 0.7, atol=1e-4)
    pulled = stage_of(known, picture=known.products.picture + 1).meet(*meeting)
    assert np.allclose(pulled.promise - plain.promise, 0.5, atol=1e-4)
    assert np.array_equal(plain.worth, pulled.worth)
    by_grade = [plain.worth[plain.grade == g].mean() for g in (2, 3, 4)]
    assert np.allclose(np.diff(by_grade), 1.2, atol=0.25)


def test_those_used_to_low_prices_are_put_off_by_high_ones(known, meeting, plain):
    _, who, _, product = meeting
    dearer = stage_of(known, tier=known.products.tier + 1).meet(*meeting)
    loss = plain.promise - dearer.promise
    purse, tier = known.shoppers.purse[who][:, None], known.products.tier[product]
    assert np.allclose(loss[purse > tier + 1], 0, atol=1e-5)
    assert np.allclose(loss[purse < tier], 0.7, atol=1e-4)


def test_what_is_sold_out_promises_less(known, meeting, plain):
    stage = stage_of(known)
    shop = stage.state.shop
    none = replace(shop, in_stock=np.zeros_like(shop.in_stock))
    gone = replace(stage, state=replace(stage.state, shop=none)).meet(*meeting)
    assert plain.in_stock.mean() == pytest.approx(0.94, abs=0.02)
    assert np.allclose(plain.promise - gone.promise, 1.5 * plain.in_stock, atol=1e-4)


def test_tastes_and_unspoken_colours_move_what_is_liked(known, meeting, plain):
    need, who, random_key, product = meeting
    look = known.products.look
    turned = stage_of(known, look=-look).meet(*meeting)
    fit = (look[product].astype(float) * known.shoppers.taste[who][:, None]).sum(axis=2)
    assert np.allclose(plain.promise - turned.promise, 1.6 * fit, atol=0.01)
    colour = known.products.colour
    bare = stage_of(known, colour=np.full_like(colour, -1)).meet(*meeting)
    unspoken = stage_of(known)._unspoken(need, random_key)[:, None]
    assert (unspoken[known.needs.colour[need] >= 0] == -1).all()
    hit = (unspoken >= 0) & (colour[product] == unspoken) & (plain.grade == bare.grade)
    assert hit.sum() > 100
    assert np.allclose((plain.promise - bare.promise)[hit], 0.72, atol=1e-3)


def test_a_title_that_pretends_promises_and_does_not_deliver(known, meeting):
    few = need, _, _, product = [each[:1] for each in meeting]
    wanted = known.needs.kind[need]
    kind = known.products.kind.copy()
    kind[product[0]] = next(
        k
        for k in range(len(known.words.demand))
        if known.relevance.grade(need, product[0], kind=np.array([k])).max() == 0
    )
    honest = np.full_like(kind, -1)
    lying = honest.copy()
    lying[product[0]] = wanted[0]
    plain = stage_of(known, kind=kind, pretends=honest).meet(*few)
    fooled = stage_of(known, kind=kind, pretends=lying).meet(*few)
    assert not plain.grade.any()
    assert not fooled.grade.any()
    assert np.array_equal(plain.worth, fooled.worth)
    as_told = known.relevance.grade(need, product[0], kind=wanted)
    gain = 1.1 * (as_told - 0.5)
    assert np.allclose(fooled.promise - plain.promise, gain, atol=1e-4)


def test_a_fad_is_liked_by_all(known, meeting, plain):
    brand = int(np.bincount(known.products.brand).argmax())
    fad = Incident("fad", 12, 3, size=2.0, brand=brand)
    hyped = stage_of(known, fad).meet(*meeting)
    mine = known.products.brand[meeting[3]] == brand
    assert mine.sum() > 50
    for name in ("promise", "worth"):
        gain = getattr(hyped, name) - getattr(plain, name)
        assert np.allclose(gain[mine], 0.8 * 2 * FAD, atol=1e-4)
        assert not gain[~mine].any()
    over = stage_of(known, replace(fad, start_day=2)).meet(*meeting)
    assert np.array_equal(over.promise, plain.promise)
