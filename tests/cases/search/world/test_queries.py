"""What people type: unique texts, errors, wishes without a name."""

from dataclasses import replace

import numpy as np
import pytest

from sevensteps.cases.search.world import INTENTS
from sevensteps.cases.search.world.records import Part
from sevensteps.cases.search.world.texts import FORMS, SLIPS, _query, asked, mistyped
from sevensteps.cases.search.world.visits import MISTYPED, demand
from sevensteps.world import stream
from sevensteps.world.arrays import take


def written_again(rules, needs):
    """(needs, FORMS) what is meant, and (needs, SLIPS) what fingers make of it."""
    rng = stream(rules.seed, Part.NEEDS, 1)
    meant = [_query(rules.making, needs, rng) for _ in range(FORMS)]
    slips = [mistyped(meant[i % FORMS], rng) for i in range(SLIPS)]
    return [np.array([t.to_pylist() for t in each]).T for each in (meant, slips)]


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


def test_each_text_means_one_need_and_typing_errors_are_told(known):
    meant, slips = written_again(known.rules, known.needs)
    texts, typed = np.hstack([meant, slips]), known.asked
    told = typed.text.to_pylist()
    assert told == known.history.queries["text"].to_pylist()
    assert len(set(told)) == len(told)
    assert all(text == " ".join(text.split()) and text for text in told)
    need, form = np.nonzero(typed.form >= 0)
    query = typed.form[need, form]
    assert (typed.need[query] == need).all()
    assert all(told[q] in texts[n] for n, q in zip(need, query, strict=True))
    right = set(meant.ravel())
    assert typed.mistyped.tolist() == [text not in right for text in told]
    changed = np.mean([text not in right for text in slips.ravel()])
    assert changed > 0.9  # short words and twin letters are safe
    first = known.log.rows[known.log.rows.attempt == 0]
    wrong = typed.mistyped[first.query_id]
    assert wrong.mean() == pytest.approx(MISTYPED * changed, abs=0.015)
