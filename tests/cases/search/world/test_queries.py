"""What people type: unique texts, errors at the stated rate, wishes without a name."""

from dataclasses import fields, replace

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.cases.search.world import INTENTS
from sevensteps.cases.search.world.catalogue import Traits
from sevensteps.cases.search.world.needs import (
    _VAGUE,
    FORMS,
    MISTYPED,
    SLIPS,
    _drawn,
    _written,
    asked,
)
from sevensteps.cases.search.world.rng import NEEDS
from sevensteps.cases.search.world.speaker import mistyped
from sevensteps.cases.search.world.visits import demand
from sevensteps.world import stream
from sevensteps.world.arrays import take


def written_again(rules, needs):
    """(needs, FORMS) what is meant, and (needs, SLIPS) what fingers make of it."""
    rng = stream(rules.seed, NEEDS, 1)
    meant = [_written(rules.making, needs, rng) for _ in range(FORMS)]
    slips = [mistyped(meant[i % FORMS], rng) for i in range(SLIPS)]
    return [np.array([t.to_pylist() for t in each]).T for each in (meant, slips)]


@pytest.fixture(scope="module")
def typing(known):
    """What is meant, and what fingers make of it."""
    return written_again(known.rules, known.needs)


def test_a_text_that_several_needs_share_goes_to_the_most_popular(known):
    """Ten needs, forty times each: whoever types alike competes."""
    rules = known.rules
    broad = np.flatnonzero(rules.needs.intent == INTENTS.index("broad"))[:10]
    many = take(rules.needs, np.repeat(broad, 40))
    many = replace(many, weight=stream(9).permutation(len(many)) + 1.0)
    typed = asked(rules.making, many, rules.seed)
    texts = np.hstack(written_again(rules, many))
    owner = {}
    for need in np.argsort(many.weight):
        owner |= dict.fromkeys(texts[need].tolist(), int(need))
    assert dict(zip(typed.text.to_pylist(), typed.need.tolist(), strict=True)) == owner
    mute = (typed.form < 0).all(axis=1)
    assert mute.tolist() == [need not in owner.values() for need in range(len(many))]
    assert 20 < mute.sum() < 380
    chance = np.diff(demand(replace(rules, needs=many, asked=typed), 0), prepend=0)
    assert ((chance < 1e-12) == mute).all()


def test_nobody_types_what_means_something_else(known, typing):
    texts = np.hstack(typing)
    typed = known.asked
    told = typed.text.to_pylist()
    assert len(set(told)) == len(told)
    assert all(text == " ".join(text.split()) and text for text in told)
    for need in range(300):
        mine = {told[q] for q in typed.form[need] if q >= 0}
        assert mine <= set(texts[need].tolist())


def test_each_form_of_a_need_is_its_own(known):
    typed = known.asked
    there = typed.form >= 0
    need = np.broadcast_to(np.arange(len(typed.form))[:, None], typed.form.shape)
    assert (typed.need[typed.form[there]] == need[there]).all()
    assert there.all(axis=1).mean() > 0.95


def test_typing_errors_come_at_the_stated_rate(known, typing):
    meant, slips = typing
    right = set(meant.ravel())
    texts = known.history.queries["text"].to_pylist()
    assert known.asked.mistyped.tolist() == [t not in right for t in texts]
    changed = np.mean([text not in right for text in slips.ravel()])
    assert changed > 0.9  # short words and twin letters are safe
    first = known.log.rows[known.log.rows.attempt == 0]
    wrong = known.asked.mistyped[first.query_id]
    assert wrong.mean() == pytest.approx(MISTYPED * changed, abs=0.015)


@pytest.fixture(scope="module")
def slips():
    """What became of one word and of two, twenty thousand times."""
    texts = pa.array(["wardrobe"] * 20_000 + ["wardrobe mirror"] * 20_000)
    out = mistyped(texts, stream(1)).to_pylist()
    return out[:20_000], out[20_000:]


def test_fingers_err_in_the_stated_ways(slips):
    alone, both = slips
    length = np.array([len(word) for word in alone])
    assert (length == 7).mean() == pytest.approx(0.30, abs=0.015)
    assert (length == 9).mean() == pytest.approx(0.15, abs=0.015)
    same = [sorted(word) == sorted("wardrobe") for word in alone]
    assert np.mean(same) == pytest.approx(0.25, abs=0.015)
    assert all(word[0] == "w" for word in alone)
    assert "wardrobe" not in set(alone)
    assert mistyped(pa.array(["mug"]), stream(2)).to_pylist() == ["mug"]
    lost = np.mean([text == "wardrobemirror" for text in both])
    assert lost == pytest.approx(0.10, abs=0.01)
    hit = np.mean(["wardrobe" not in text for text in both])
    assert hit == pytest.approx(0.45, abs=0.02)


def test_who_explores_names_no_product(known, typing):
    meant, _ = typing
    needs, words = known.needs, known.words
    exploring = np.flatnonzero(needs.intent == INTENTS.index("exploratory"))
    assert (needs.kind[exploring] == -1).all()
    starts = [f"{vague.as_py()} ".lstrip() for vague in _VAGUE]
    for need in exploring:
        use = needs.use[need]
        said, wishes = (
            words.phrases[w.start[use] : w.start[use] + w.count[use]].to_pylist()
            for w in (words.use, words.wish)
        )
        vague = {start + word for start in starts for word in said}
        assert set(meant[need]) <= vague | set(wishes)


def test_an_intent_is_what_is_said(known):
    needs = known.needs
    more = [
        getattr(needs, n) for n in ("colour", "material", "size", "feature", "style")
    ]
    said = (np.stack([*more, needs.brand]) >= 0).sum(axis=0)
    name = np.array(INTENTS)[needs.intent]
    assert (needs.line[name == "navigational"] >= 0).all()
    assert (needs.line[name != "navigational"] == -1).all()
    assert ((said[name == "exact"] >= 1) & (said[name == "exact"] <= 2)).all()
    assert (said[name == "broad"] == 0).all()
    assert (said[name == "exploratory"] == 0).all()
    for one in INTENTS:
        assert needs.weight[name == one].sum() / needs.weight.sum() > 0.05, one


def test_two_things_asked_together_are_independent(known):
    """Whether the first colour is asked tells nothing of the material."""
    words = known.words
    needs = many_needs(200_000, known)
    both = (needs.colour >= 0) & (needs.material >= 0)
    kind = needs.kind[both]
    assert both.sum() > 1_000
    place = [
        (getattr(words, table).table[kind] == thing[both][:, None]).argmax(axis=1)
        / getattr(words, table).count[kind]
        for table, thing in (("colours", needs.colour), ("materials", needs.material))
    ]
    assert abs(np.corrcoef(*place)[0, 1]) < 0.15


def many_needs(n, known):
    """Many needs, each as drawn."""
    return _drawn(known.rules.making, known.products, n, stream(5))


def test_brands_and_series_that_are_asked_for_exist(known):
    """A need for a series is somebody's who has a product of the first day in mind."""
    needs, products = known.needs, known.products
    first = products.listed_at < 0
    for name, least in (("line", 0.15), ("brand", 0.4)):
        asked_for = np.flatnonzero(getattr(needs, name) >= 0)
        pair = getattr(needs, name)[asked_for], needs.kind[asked_for]
        there = getattr(products, name)[first], products.kind[first]
        assert set(zip(*pair, strict=True)) <= set(zip(*there, strict=True)), name
        n = sum(np.isin(there[1], k).any() for k in np.unique(pair[1]))
        assert n / len(np.unique(there[1])) > least
    asked_for = needs.line[needs.line >= 0]
    sold = products.sold_before[np.isin(products.line, asked_for)]
    assert sold.mean() > 1.2 * products.sold_before[products.line >= 0].mean()


def test_needs_are_different_and_few_are_asked_for_often(known):
    needs = known.needs
    said = [getattr(needs, field.name) for field in fields(Traits)]
    assert len(np.unique(np.stack(said, axis=1), axis=0)) == len(needs)
    ranked = np.sort(needs.weight)[::-1]
    head = ranked[: len(ranked) // 20].sum() / ranked.sum()
    assert 0.25 < head < 0.8


def test_brands_and_series_are_no_words_of_the_lexicon(known):
    making = known.rules.making
    lexicon = {w for p in making.words.phrases.to_pylist() for w in p.split()}
    invented = [*making.brands.name.to_pylist(), *making.brands.line_name.to_pylist()]
    assert len(set(invented)) == len(invented)
    assert not lexicon & {word for name in invented for word in name.split()}
