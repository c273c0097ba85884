"""A policy learns from its own log: what it may know, when, and at what weight."""

import numpy as np
import pytest

from sevensteps.cases.fraud.experiments import TrainingLog

QUIET = {"window": 50, "label_gap": 0}
MIXED = [0.1, 0.9, 0.2, 0.8]  # risks; those above a half are blocked


@pytest.mark.parametrize(
    ("blocked", "ids", "frauds"),
    [
        ("dropped", [1000, 1002], [1002]),
        ("as_fraud", [1000, 1001, 1002, 1003], [1001, 1002, 1003]),
        ("weighted", [1000, 1002], [1002]),
    ],
)
def test_blocked_payments_are_what_they_are_taken_for(office, blocked, ids, frauds):
    one = office(cadence=1, blocked=blocked, **QUIET)
    assert one.day(10, MIXED) == [0, 3, 0, 3]
    assert one.last.empty  # today's are scored before they are learned
    one.day(11, MIXED, 1002)
    assert one.last.index.tolist() == ids
    assert one.frauds == frauds
    assert (one.last["weight"] == 1).all()


@pytest.mark.parametrize(("blocked", "weight"), [("weighted", 4.0), ("dropped", 1.0)])
def test_explored_payments_stand_for_the_blocked(office, blocked, weight):
    one = office(cadence=1, blocked=blocked, explore=0.25, **QUIET)
    action = one.day(10, [0.1, *[0.9] * 80])
    one.day(11, MIXED)
    let = [1000 + i for i in range(1, 81) if action[i] == 0]
    assert 0 < len(let) < 80
    assert one.last["weight"].to_dict() == {1000: 1.0, **dict.fromkeys(let, weight)}
    assert one.frauds == []


def test_a_share_of_the_blocks_is_let_through(office):
    def run():
        one = office(explore=0.1, **QUIET)
        return [one.day(day, [0.1, 0.9] * 2_000) for day in (10, 11)]

    first, second = run()
    actions = np.array([first, second])
    assert not actions[:, ::2].any()
    assert (actions[:, 1::2] == 0).mean() == pytest.approx(0.1, abs=0.02)
    assert first != second
    assert [first, second] == run()


def test_a_label_is_used_only_once_it_is_reported(office):
    one = office(cadence=1, **QUIET)
    one.day(10, [0.1, 0.2])
    one.day(11, [0.1])
    assert one.frauds == []
    one.day(12, [0.1], 1001)
    assert one.frauds == [1001]
    one.day(13, [0.1], 1100)
    assert one.frauds == [1001, 1100]


def test_the_log_of_the_past_is_learned_from(office):
    before = office(**QUIET)
    before.day(8, MIXED)
    before.day(9, MIXED)
    after = office(log=before.policy.logged(), reported=[802, 900], **QUIET)
    after.day(10, MIXED)
    assert after.last.index.tolist() == [800, 802, 900, 902]
    assert after.frauds == [802, 900]


@pytest.mark.parametrize(
    ("cadence", "days"), [(0, [10]), (1, [*range(10, 18)]), (3, [10, 13, 16])]
)
def test_it_trains_at_its_cadence(office, cadence, days):
    one, trained = office(cadence=cadence, **QUIET), []
    for day in range(10, 18):
        one.day(day, MIXED)
        trained.append(len(one.trained))
    assert [10 + trained.index(n + 1) for n in range(trained[-1])] == days
    assert one.policy.first_day == 10


@pytest.mark.parametrize(("window", "gap"), [(5, 0), (5, 2), (3, 2), (50, 4)])
def test_the_last_days_wait_for_their_labels(office, window, gap):
    one = office(cadence=1, window=window, label_gap=gap)
    for day in range(10, 21):
        one.day(day, [0.1, 0.2])
    days = sorted(set(one.last.index // 100))
    assert days == [*range(max(10, 20 - window), 20 - gap)]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"explore": 1.0}, r"explore must lie in \[0, 1\); got 1"),
        ({"explore": np.nan}, "explore must lie"),
        ({"cadence": -1}, "cadence must be >= 0"),
        ({"label_gap": -1}, "label_gap >= 0"),
        ({"window": 10, "label_gap": 10}, "window > label_gap"),
        ({"blocked": "as-fraud"}, "blocked must be one of .* not 'as-fraud'"),
    ],
)
def test_impossible_settings_are_refused(office, bad, said):
    with pytest.raises(ValueError, match=said):
        office(**bad)


def test_the_past_is_logged_as_its_rule_decided(history, drawn):
    rows, log = drawn, TrainingLog.from_history(drawn, history)
    np.testing.assert_array_equal(log.day, rows.day)
    np.testing.assert_array_equal(log.features, rows.x)
    assert (log.weight == 1).all()
    table = history.payments.take(rows.row).to_pandas()
    assert log.payment_id.tolist() == table["payment_id"].tolist()
    assert log.blocked.tolist() == (table["action"] == "block").tolist()
    assert log.blocked.any()
