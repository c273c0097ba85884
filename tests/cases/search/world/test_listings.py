"""Sellers say some of the truth, in their own words, and some of it wrong."""

import numpy as np
import pytest

from sevensteps.cases.search.world.catalogue import LINES
from sevensteps.cases.search.world.listings import USUAL
from sevensteps.world import stream

TOLD = {"colour": 0.7, "material": 0.6, "size": 0.75}
SAID_BY = {"colour": 1.0, "material": 0.75, "size": 0.75}  # of the ways to write


def wordings(known, what, code):
    """All ways to say a thing."""
    words = getattr(known.words, what)
    first = words.start[code]
    return known.words.phrases[first : first + words.count[code]]


def holds(text, phrases) -> bool:
    """Whether one of the phrases stands in a text, as whole words."""
    padded = f" {text.lower()} "
    return any(f" {phrase} " in padded for phrase in phrases)


@pytest.fixture(scope="module")
def titles(known):
    """Every title."""
    return known.history.products["title"].to_pylist()


def share_told(known, titles, what) -> float:
    code = getattr(known.products, what)
    rows = np.flatnonzero(code >= 0)[:6_000]
    said = {c: wordings(known, what, c).to_pylist() for c in np.unique(code[rows])}
    return float(np.mean([holds(titles[i], said[code[i]]) for i in rows]))


def test_every_title_names_its_brand_and_its_kind_in_one_of_its_words(known, titles):
    kind, brands = known.products.kind, known.history.products["brand"].to_pylist()
    said = {k: wordings(known, "kind", k).to_pylist() for k in np.unique(kind)}
    assert all(holds(t, said[k]) for t, k in zip(titles, kind, strict=True))
    assert all(holds(t, [b]) for t, b in zip(titles, brands, strict=True))


@pytest.mark.parametrize("what", TOLD)
def test_titles_tell_attributes_at_the_stated_rates(known, titles, what):
    expected = TOLD[what] * SAID_BY[what]
    assert share_told(known, titles, what) == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("field", ["colour", "material", "size"])
def test_four_in_ten_leave_a_field_of_the_form_out(known, field):
    code = getattr(known.products, field)
    told = known.history.products[field].is_valid().to_numpy()
    assert not told[code < 0].any()
    assert told[code >= 0].mean() == pytest.approx(0.6, abs=0.02)
    assert (getattr(known.state.listings, field)[told] == code[told]).all()


def test_sellers_take_the_usual_word_or_a_synonym(known):
    words = known.words.kind
    many = np.flatnonzero(words.count >= 3)[:1]
    u = stream(1).random(100_000)
    nth = words.pick(np.repeat(many, len(u)), u, USUAL) - words.start[many]
    assert (nth == 0).mean() == pytest.approx(USUAL, abs=0.01)
    rest = np.bincount(nth)[1:] / (nth > 0).sum()
    assert len(rest) == words.count[many][0] - 1
    assert np.allclose(rest, 1 / len(rest), atol=0.01)
    assert words.pick(np.array([-1]), np.array([0.5]), USUAL).tolist() == [-1]


def test_one_category_in_twelve_is_wrong_but_of_the_department(known):
    words, filed = known.words, known.state.listings.category
    kind = known.products.kind
    n = np.bincount(words.department)[words.department[kind]]
    assert (filed != kind).mean() == pytest.approx((1 - 1 / n).mean() / 12, abs=0.01)
    assert (words.department[filed] == words.department[kind]).all()
    names = known.history.products["category"].to_pylist()
    assert names[:50] == words.kinds["name"][filed[:50]].tolist()


def test_the_synonym_file_holds_six_groups_in_ten_and_some_are_wrong(known):
    words = known.words
    groups = [
        wordings(known, what, code).to_pylist()
        for what in ("kind", "colour", "material", "style")
        for code in np.flatnonzero(getattr(words, what).count > 1)
    ]
    lines = known.history.synonyms.splitlines()[1:]
    assert len(lines) / len(groups) == pytest.approx(0.6, abs=0.08)
    right = {", ".join(group) for group in groups}
    wrong = [line for line in lines if line not in right]
    assert 0.01 < len(wrong) / len(lines) < 0.12
    assert all(line.rpartition(", ")[0] in right for line in wrong)


def test_prices_follow_the_kind_and_the_makers_name(known):
    products, words = known.products, known.words
    kind = words.kinds.iloc[products.kind].reset_index()
    away = np.log(products.price / kind.price) / kind.spread
    assert np.corrcoef(away, products.tier)[0, 1] > 0.97
    prestige = known.brands.prestige[products.brand]
    assert np.corrcoef(prestige, products.tier)[0, 1] == pytest.approx(0.6, abs=0.08)
    assert products.margin.min() >= 0.03
    assert products.margin.max() <= 0.75


def test_every_series_of_every_brand_and_kind_has_its_own_number(known):
    brands, n = known.brands, len(known.words.demand)
    brand, kind, nth = (
        x.ravel().astype(np.int32) for x in np.mgrid[4_990:5_000, 0:n, 0:LINES]
    )
    line = brands.line(brand, kind, nth)
    assert len(np.unique(line)) == len(line)
    assert line.min() > 0
    name = brands.named(line).reshape(-1, LINES)
    assert (np.diff(np.sort(name, axis=1), axis=1) > 0).all()
