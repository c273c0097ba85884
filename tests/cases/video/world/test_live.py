"""A policy in production moves the world; the same random numbers meet every policy."""

import numpy as np
import pytest

from sevensteps.cases.video.world import DAY, SLATE, Oracle, Slates


@pytest.fixture(scope="module")
def best(known):
    return known.world.live(Oracle(), days=7, history=known.history)


@pytest.fixture(scope="module")
def lot(known, by_lot):
    return known.world.live(by_lot, days=7, history=known.history)


def test_the_same_user_and_video_meet_with_the_same_random_numbers(known, best):
    """Where two policies show one user one video in one place, both see one thing."""
    key = ["request_id", "position", "video_id"]
    a = best.impressions.to_pandas()
    b = known.world.live(
        Oracle("clicks"), days=1, history=known.history
    ).impressions.to_pandas()
    first = a[a.position == 0].merge(b[b.position == 0], on=key)
    assert len(first) > 50
    assert (first.clicked_x == first.clicked_y).all()
    assert (first.watched_s_x == first.watched_s_y).all()


def test_satisfaction_brings_people_back(best, lot):
    glad, sorry = best.daily.true_satisfaction, lot.daily.true_satisfaction
    assert (glad > 1_000).all()
    assert (sorry < 0).all()
    assert best.daily.visitors.iloc[-1] > 1.15 * lot.daily.visitors.iloc[-1]
    assert best.daily.true_mood.is_monotonic_increasing


def test_creators_live_on_attention(known, by_lot):
    """Pages by lot keep more creators uploading than ten stars on every page."""

    def stars(requests, view):
        page = np.arange(SLATE, dtype=np.int32) + SLATE * view.day
        return Slates.fixed(np.tile(page, (len(requests), 1)))

    spread = known.world.live(by_lot, days=20, history=known.history).daily.creators
    narrow = known.world.live(stars, days=20, history=known.history).daily.creators
    assert spread.iloc[-1] > 1.05 * narrow.iloc[-1]
    size = known.world.size
    quitting = 1 - (narrow.diff().iloc[-8:] - size.beginners * size.n_creators).mean()
    assert quitting / narrow.iloc[-1] == pytest.approx(0.015, abs=0.004)


def test_outcomes_add_up(lot):
    rows, truth = lot.impressions.to_pandas(), lot.truth.to_pandas()
    pages, daily = lot.requests, lot.daily
    assert daily.requests.sum() == len(pages) == rows.request_id.nunique()
    assert daily.clicks.sum() == pages.clicks.sum() == rows.clicked.sum()
    assert daily.watched_h.sum() == pytest.approx(rows.watched_s.sum() / 3_600)
    assert daily.likes.sum() == rows.liked.sum()
    got = (truth.true_value * rows.clicked).groupby(rows.request_id).sum().clip(-3, 5)
    bored = 0.15 * ~rows.clicked.groupby(rows.request_id).any()
    told = pages.set_index("request_id").true_satisfaction
    assert np.allclose((got - bored)[told.index], told, atol=1e-4)
    assert (rows["at"] // DAY).nunique() == 7


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda v, p, e, _: Slates(v[:, :3], p, e), r"must return \(\d+, 10\)"),
        (lambda v, p, e, w: Slates(v + w.videos.num_rows, p, e), "videos are -1"),
        (lambda v, p, e, _: Slates(v // 2, p, e), "shows a video twice"),
        (lambda v, p, e, _: Slates(v, p * 0, e), r"must lie in \(0, 1\]"),
        (lambda v, p, e, _: Slates(v, p * np.nan, e), r"must lie in \(0, 1\]"),
        (lambda v, p, e, _: Slates(v, p[:1], e), "must have the shape of video_id"),
        (lambda v, p, e, _: Slates.fixed(v[:, :4]), "slates must have the shape"),
    ],
)
def test_pages_that_cannot_be_shown_are_refused(known, change, why):
    def broken(requests, view):
        page = np.arange(SLATE, dtype=np.int32)
        fixed = Slates.fixed(np.tile(page, (len(requests), 1)))
        return change(fixed.video_id, fixed.propensity, fixed.explored, view)

    with pytest.raises(ValueError, match=why):
        known.world.live(broken, days=1, history=known.history)


def test_arms_may_learn_from_all_or_from_their_own(known):
    seen = {}

    def spy(name):
        def policy(requests, view):
            seen[name] = (set(requests.user_id), set(view.log["user_id"].to_pylist()))
            return Slates.fixed(np.full((len(requests), SLATE), -1, np.int32))

        return policy

    for apart in (False, True):
        arms = known.world.arms({"a": spy("a"), "b": spy("b")}, apart=apart)
        known.world.live(arms, days=1, history=known.history)
        for number, name in enumerate("ab"):
            asked, learned = seen[name]
            assert (arms.of(np.array([*asked])) == number).all()
            assert (len({*arms.of(np.array([*learned]))}) == 1) == apart
