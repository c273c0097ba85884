"""What people type: unique texts, errors at the stated rate, wishes without a name."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from sevensteps.worlds.luck import stream
from sevensteps.worlds.search import INTENTS
from sevensteps.worlds.search.needs import (
    _VAGUE,
    FORMS,
    MISTYPED,
    _written,
    asked,
)
from sevensteps.worlds.search.rng import NEEDS
from sevensteps.worlds.search.typing_errors import mistyped
from sevensteps.worlds.search.visits import demand


def written_again(rules, needs):
    """(needs, FORMS) what was meant, and what was typed."""
    rng, n = stream(rules.seed, NEEDS, 1), len(needs)
    meant = [_written(rules.making, needs, rng) for _ in range(FORMS)]
    wrong = [rng.random(n) < MISTYPED for _ in range(FORMS)]
    typed = [mistyped(t, w, rng) for t, w in zip(meant, wrong, strict=True)]
    return [np.array([t.to_pylist() for t in each]).T for each in (meant, typed)]


@pytest.fixture(scope="module")
def typing(known):
    """What was meant, and what was typed."""
    return written_again(known.rules, known.rules.needs)


def test_texts_are_unique_and_not_empty(known):
    texts = known.history.queries["text"].to_pylist()
    assert len(set(texts)) == len(texts)
    assert all(text == " ".join(text.split()) and text for text in texts)


def test_a_text_that_several_needs_share_goes_to_the_most_popular(known):
    """Fifty needs, six times each: whoever types alike competes."""
    rules = known.rules
    broad = np.flatnonzero(rules.needs.intent == INTENTS.index("broad"))[:50]
    many = rules.needs.take(np.repeat(broad, 6))
    many = replace(many, weight=stream(9).permutation(len(many)) + 1.0)
    typed = asked(rules.making, many, rules.seed)
    _, texts = written_again(rules, many)
    owner = {}
    for need in np.argsort(many.weight):
        owner |= dict.fromkeys(texts[need].tolist(), int(need))
    assert dict(zip(typed.text.to_pylist(), typed.need.tolist(), strict=True)) == owner
    mute = (typed.form < 0).all(axis=1)
    assert mute.tolist() == [need not in owner.values() for need in range(len(many))]
    assert 20 < mute.sum() < 250
    chance = np.diff(demand(many, typed, 0, ()), prepend=0)
    assert ((chance < 1e-12) == mute).all()


def test_nobody_types_what_means_something_else(known, typing):
    _, texts = typing
    typed = known.rules.asked
    told = typed.text.to_pylist()
    for need in range(300):
        mine = {told[q] for q in typed.form[need] if q >= 0}
        assert mine <= set(texts[need].tolist())


def test_each_form_of_a_need_is_its_own(known):
    typed = known.rules.asked
    there = typed.form >= 0
    need = np.broadcast_to(np.arange(len(typed.form))[:, None], typed.form.shape)
    assert (typed.need[typed.form[there]] == need[there]).all()
    assert there.all(axis=1).mean() > 0.95


def test_typing_errors_come_at_the_stated_rate(known, typing):
    meant, typed = typing
    assert (meant != typed).mean() == pytest.approx(MISTYPED, abs=0.012)
    texts = known.history.queries["text"].to_pylist()
    right = set(meant.ravel())
    assert known.rules.asked.mistyped.tolist() == [t not in right for t in texts]
    wrong = known.rules.asked.mistyped[known.log.rows.query_id]
    assert wrong.mean() == pytest.approx(MISTYPED, abs=0.04)


@pytest.fixture(scope="module")
def slips():
    """What became of one word and of two, twenty thousand times."""
    texts = pa.array(["wardrobe"] * 20_000 + ["wardrobe mirror"] * 20_000)
    out = mistyped(texts, np.ones(40_000, bool), stream(1)).to_pylist()
    return out[:20_000], out[20_000:]


def test_fingers_err_in_the_stated_ways(slips):
    alone, _ = slips
    length = np.array([len(word) for word in alone])
    assert (length == 7).mean() == pytest.approx(0.30, abs=0.015)
    assert (length == 9).mean() == pytest.approx(0.15, abs=0.015)
    same = [sorted(word) == sorted("wardrobe") for word in alone]
    assert np.mean(same) == pytest.approx(0.25, abs=0.015)
    assert all(word[0] == "w" for word in alone)
    assert "wardrobe" not in set(alone)


def test_one_space_in_ten_is_lost(slips):
    _, both = slips
    lost = np.mean([text == "wardrobemirror" for text in both])
    assert lost == pytest.approx(0.10, abs=0.01)
    hit = np.mean(["wardrobe" not in text for text in both])
    assert hit == pytest.approx(0.45, abs=0.02)


def test_only_those_who_err_err_and_short_words_are_safe():
    texts = pa.array(["red hat", "blue curtain", "green carpet"])
    out = mistyped(texts, np.array([True, False, True]), stream(2)).to_pylist()
    assert out[0] == "red hat"
    assert out[1] == "blue curtain"
    assert out[2] != "green carpet"


def test_who_explores_names_no_product(known, typing):
    meant, _ = typing
    needs, words = known.rules.needs, known.rules.making.words.words
    exploring = np.flatnonzero(needs.intent == INTENTS.index("exploratory"))
    assert (needs.kind[exploring] == -1).all()
    starts = [f"{vague.as_py()} ".lstrip() for vague in _VAGUE]
    for need in exploring:
        use = words.uses[needs.use[need]]
        said = {start + word for start in starts for word in use.words}
        assert set(meant[need]) <= said | set(use.wishes)


def test_an_intent_is_what_is_said(known):
    needs = known.rules.needs
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
    making, words = known.rules.making, known.rules.making.words
    needs = many_needs(200_000, making)
    both = (needs.colour >= 0) & (needs.material >= 0)
    kind = needs.kind[both]
    assert both.sum() > 1_000
    place = [
        (getattr(words, table).table[kind] == thing[both][:, None]).argmax(axis=1)
        / getattr(words, table).count[kind]
        for table, thing in (("colours", needs.colour), ("materials", needs.material))
    ]
    assert abs(np.corrcoef(*place)[0, 1]) < 0.15


def many_needs(n, making):
    """Many needs, each as drawn."""
    from sevensteps.worlds.search.needs import _drawn

    return _drawn(making, n, stream(5))


def test_needs_are_different_and_few_are_asked_for_often(known):
    needs = known.rules.needs
    said = [
        getattr(needs, k)
        for k in (
            "kind",
            "brand",
            "line",
            "colour",
            "material",
            "style",
            "size",
            "feature",
            "use",
        )
    ]
    assert len(np.unique(np.stack(said, axis=1), axis=0)) == len(needs)
    ranked = np.sort(needs.weight)[::-1]
    head = ranked[: len(ranked) // 20].sum() / ranked.sum()
    assert 0.25 < head < 0.8


def test_what_was_asked_follows_the_weights(known):
    needs, rows = known.rules.needs, known.log.rows
    first = rows[rows.attempt == 0]
    asked_for = np.bincount(first.true_need, minlength=len(needs))
    calm = needs.season == 0
    top = np.argsort(-needs.weight * calm)[:50]
    ratio = asked_for[top] / needs.weight[top]
    assert ratio.std() / ratio.mean() < 0.4


def test_asking_again_writes_the_same(known):
    rules = known.rules
    again = asked(rules.making, rules.needs, rules.seed)
    assert again.text.equals(rules.asked.text)
    assert np.array_equal(again.form, rules.asked.form)


def test_brands_and_series_are_no_words_of_the_lexicon(known):
    making = known.rules.making
    lexicon = {w for p in making.words.phrases.to_pylist() for w in p.split()}
    invented = [*making.brands.name.to_pylist(), *making.brands.line_name.to_pylist()]
    assert len(set(invented)) == len(invented)
    assert not lexicon & {word for name in invented for word in name.split()}
