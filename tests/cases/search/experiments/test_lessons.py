"""What a ranker learns from: logged clicks, purchases, editors' grades."""

import numpy as np
import pytest

from sevensteps.cases.search.experiments import (
    ClickLesson,
    Drawn,
    Trial,
    device_of,
    editors_lesson,
    needs_apart,
    needs_with_variants,
    other_needs,
    shown_to_editors,
    table_of,
)
from sevensteps.measure import ips_evidence, naive_evidence


@pytest.fixture(scope="module")
def lesson(town):
    return ClickLesson.of(town, town.engine, town.asked.often(4).query_id)


def naive(log, device):
    return naive_evidence(log)


def test_clicks_of_the_lesson_are_the_log_s(town, lesson):
    searches = town.history.searches
    some = np.isin(searches["query_id"].to_numpy(), town.asked.often(4).query_id)
    shown, clicked = (table_of(searches[c])[some] for c in ("shown", "clicked"))
    evidence = lesson.evidence(naive)
    assert evidence.clicks.sum() == clicked.sum()
    assert evidence.exposure.sum() == (shown >= 0).sum()
    assert (device_of(searches)[some] == lesson.device).all()


def test_each_device_has_its_own_correction(lesson):
    curves = np.ones((2, 20))
    curves[1] /= 2
    told = lesson.evidence(lambda log, d: ips_evidence(log, curves[d]))
    plain = lesson.evidence(naive)
    phone = lesson.log.where(lesson.device == 1)
    lost = np.bincount(phone.pair[phone.filled], minlength=len(lesson.row)) / 2
    assert told.exposure == pytest.approx(plain.exposure - lost)


def test_a_share_is_the_same_searches_whoever_corrects(lesson):
    part = lesson.evidence(naive, 0.3)
    again = lesson.evidence(lambda log, d: ips_evidence(log, np.ones(20)), 0.3)
    assert (part.clicks == again.clicks).all()
    assert 0.2 < part.exposure.sum() / lesson.evidence(naive).exposure.sum() < 0.4


def test_purchases_are_fewer_and_worth_what_is_told(town, lesson):
    bought = ClickLesson.of(
        town, town.engine, town.asked.often(4).query_id, purchases=True
    )
    evidence = bought.evidence(naive)
    assert 0 < evidence.clicks.sum() < lesson.evidence(naive).clicks.sum() / 4
    worth = np.arange(len(bought.row), dtype=float)
    judged, plain = bought.judged(evidence, worth), bought.judged(evidence)
    assert judged.grade == pytest.approx(plain.grade * worth[evidence.exposure > 0])


def test_places_are_means_over_the_searches_told(lesson):
    every = lesson.places(np.ones(len(lesson.log), bool))
    pair = int(lesson.log.pair[0, 0])
    where = np.argwhere(lesson.log.pair == pair)[:, 1]
    assert every[pair] == pytest.approx(where.mean())
    only = lesson.places(np.arange(len(lesson.log)) == 0)
    shown = np.isin(np.arange(len(only)), lesson.log.pair[0])
    assert (np.isfinite(only) == shown).all()


def test_editors_grade_what_stands_high_and_some_of_the_rest(town):
    trial = Trial.of(town, town.engine, Drawn.of(town, 60))
    seen = shown_to_editors(trial)
    place = trial.answers.pairs[1]
    assert (place[seen] < 20).sum() == (place < 20).sum()
    judged = editors_lesson(town, trial)
    assert len(judged) == len(seen)
    assert np.corrcoef(judged.grade, trial.grade[seen])[0, 1] > 0.7


def test_queries_of_a_test_share_no_need_with_what_is_learned_from(town):
    apart = Drawn.of(town, 80)
    rest = other_needs(town, town.asked, apart, 500)
    need = town.world.true_queries().true_need
    assert len(rest) == 500
    assert not np.isin(need[rest.query_id], need[apart.query_id]).any()


def test_needs_are_kept_apart_whole(town):
    apart = needs_apart(town, 0.25)
    need = town.world.true_queries().true_need.to_numpy()
    assert not np.isin(need[apart], need[~apart]).any()
    assert 0.2 < len(np.unique(need[apart])) / len(np.unique(need)) < 0.3


def test_variants_are_all_logged_queries_of_their_needs(town):
    several = needs_with_variants(town, 40)
    need = town.world.true_queries().true_need
    chosen = np.unique(need[several.query_id])
    assert len(chosen) == 40
    own = np.isin(need[town.asked.query_id], chosen).sum()
    assert len(several) == own > 40
