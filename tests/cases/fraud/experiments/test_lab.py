"""The drill: planted faults are timed, and a calm twin's alarms are not counted."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from sevensteps.cases.fraud.experiments import Lab, Sample, odd_merchants
from sevensteps.cases.fraud.experiments import lab as lab_module
from sevensteps.cases.fraud.experiments.lab import INPUTS, injected
from sevensteps.cases.fraud.features import FEATURES
from sevensteps.cases.fraud.world import DAY, Incident, Kind, PaymentsWorld, Size
from sevensteps.monitor import Drilled, Reference, drill_with_twin

RISK, AMOUNT = FEATURES.index("ip_risk"), FEATURES.index("amount")
START = 62
DRILLED: tuple[Kind, ...] = ("unit_change", "breach")


def score(x):
    """A probability by hand."""
    risk = np.nan_to_num(x[:, RISK]) * np.minimum(x[:, AMOUNT] / 1_000, 1)
    return (0.2 * risk).astype(np.float64)


def shop(day: int, merchant: int, amounts: list[float], usual: float) -> pd.DataFrame:
    """One merchant's payments of a day."""
    return pd.DataFrame(
        {"day": day, "merchant": merchant, "amount": amounts, "usual": usual}
    )


def rows_of(table: pd.DataFrame) -> Sample:
    """A sample of payments by hand."""
    n = len(table)
    x = np.zeros((n, len(FEATURES)), np.float32)
    rows = Sample(
        row=np.arange(n),
        day=table["day"].to_numpy(np.int32),
        x=x,
        told_day=np.full(n, np.inf),
        draw=np.zeros(n),
        share=np.ones(n),
        label=np.zeros(n, bool),
    ).replaced("amount", table["amount"])
    return rows.replaced("merchant_mean_30d", table["usual"])


def test_a_planted_merchant_is_found_and_no_other() -> None:
    rng = np.random.default_rng(0)
    calm = [
        shop(day, merchant, rng.lognormal(3, 0.7, 6).tolist(), 25.0)
        for day in (4, 5, 6)
        for merchant in range(20)
    ]
    odd = [
        shop(5, 30, [1_000, 1_100, 900, 20], 10),  # cents as euros
        shop(5, 31, [1_000, 1_100], 10),  # too few to tell
        shop(5, 32, [10, 12, 5_000, 9, 11], 10),  # one large payment
        shop(5, 33, [1_000] * 5, 900),  # always dear
        shop(5, 34, [1_000] * 5, np.nan),  # has no last month
        shop(6, 31, [300, 300, 300], 10),
        shop(6, 30, [300, 300, 300], 10),
    ]
    table = pd.concat([*calm, *odd], ignore_index=True).sample(frac=1, random_state=1)
    found = odd_merchants(rows_of(table), table["merchant"].to_numpy())
    assert found.to_dict() == {4: 0.0, 5: 1.0, 6: 2.0}


def noise(first: int, end: int, seed: int) -> pd.DataFrame:
    """Two monitors that hum below 2, and one that is silent."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        rng.uniform(0, 1.8, (end - first, 2)),
        columns=["sharp", "blind"],
        index=pd.RangeIndex(first, end, name="day"),
    )
    return frame.assign(silent=0.0)


@pytest.fixture
def monitors() -> dict[str, pd.DataFrame]:
    """An incident on day 60 that is seen on days 63 and 67."""
    none = noise(10, 80, seed=0)
    none.loc[20, ["sharp", "blind"]] = 2.0  # the threshold, of fifty calm days
    none.loc[30, ["sharp", "blind"]] = 2.0
    case = none.loc[60:].copy()
    case.loc[63, "sharp"] = case.loc[67, "sharp"] = 5.0
    case.loc[65, "silent"] = 1.0
    return {"none": none, "breach": case}


@pytest.fixture
def lab() -> Lab:
    """A lab whose incidents start on day 60."""
    return Lab(PaymentsWorld(), score, 60)


def test_a_lab_times_what_its_calm_twin_does_not_show(lab, monitors) -> None:
    drilled = drill_with_twin(monitors, 60)
    delay = drilled.result.delay.loc["breach"]
    assert (delay["sharp"], delay["silent"]) == (3, 5)
    assert np.isnan(delay["blind"])
    assert drilled.result.false_alarms["sharp"].estimate == 0


def test_an_alarm_that_the_calm_twin_rings_too_is_no_detection(lab, monitors) -> None:
    monitors["none"].loc[63, "sharp"] = 5.0
    drilled = drill_with_twin(monitors, 60)
    assert drilled.result.delay.loc["breach", "sharp"] == 7
    assert drilled.result.false_alarms["sharp"].estimate == pytest.approx(30 / 20)
    monitors["none"].loc[67, "sharp"] = 2.1
    assert np.isnan(drill_with_twin(monitors, 60).result.delay.loc["breach", "sharp"])


def test_levels_are_shares_of_the_threshold(lab, monitors) -> None:
    drilled = drill_with_twin(monitors, 60)
    limit = drilled.result.thresholds
    assert limit.to_dict() == {"sharp": 2, "blind": 2, "silent": 0}
    for kind, one in monitors.items():
        expected = one[["sharp", "blind"]] / limit[["sharp", "blind"]]
        pd.testing.assert_frame_equal(drilled.levels[kind], expected)


@pytest.fixture(scope="module")
def small() -> Lab:
    """Seventy days of two hundred people."""
    world = PaymentsWorld(Size(200, 100, 68), seed=7, base_rate=0.02)
    return Lab(world, score, START)


@dataclass
class Watched:
    """Two drilled incidents, and the rows that the drill took as usual."""

    drilled: Drilled
    usual: np.ndarray


@pytest.fixture(scope="module")
def watched(small) -> Watched:
    """Drills, and looks over the drill's shoulder."""
    given = []

    class Spy(Reference):
        @classmethod
        def of(cls, features, names):
            given.append(features)
            return Reference.of(features, names)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab_module, "Reference", Spy)
        drilled = small.drill(DRILLED)
    (usual,) = given
    return Watched(drilled, usual)


@pytest.fixture(scope="module")
def drilled(watched) -> Drilled:
    """Two incidents."""
    return watched.drilled


@pytest.mark.parametrize("kind", DRILLED)
def test_an_incident_starts_when_it_should_and_stays(small, kind: Kind) -> None:
    incident = Incident(kind, START, 6)
    expected = small.world.inject(incident).history().payments
    assert injected(small.world, START, kind).history().payments.equals(expected)
    calm = small.world.history().payments
    assert not expected.equals(calm)
    early = (calm["paid_at"].to_numpy() < START * DAY).sum()
    assert expected["amount"][:early].equals(calm["amount"][:early])


def test_what_is_usual_is_learned_before_the_incidents(small, watched) -> None:
    payments = small.world.history().payments
    day = payments["paid_at"].to_numpy() // DAY
    calm = payments["amount"].to_numpy()[(day >= 45) & (day < START)]
    np.testing.assert_array_equal(watched.usual[:, 0], calm[::10])


def test_the_numbers_of_a_day_by_hand(lab) -> None:
    rng = np.random.default_rng(0)
    table = pd.concat([shop(day, 3, [10, 12, 9, 30], 10) for day in (60, 61, 62)])
    rows = rows_of(table).replaced("ip_risk", rng.random(12))
    rows = rows.replaced("amount", [*rows.amount[:8], *[5_000] * 4])
    told = np.array([50, 55, 55, 61, 62, 70])
    reference = Reference.of(rng.normal(size=(50, len(INPUTS))), list(INPUTS))
    days = lab_module._Days(rows, table["merchant"].to_numpy(), told)
    found = lab._numbers(days, reference)
    p = score(rows.x)
    assert found.index.tolist() == [60, 61, 62]
    assert found["merchants"].tolist() == [0, 0, 1]
    assert found["chargebacks"].tolist() == [2, 3, 2]
    for day, numbers in found.iterrows():
        today = rows.day == day
        assert numbers["alerts"] == (p[today] > 0.01).sum()
        assert numbers["frauds"] == pytest.approx(p[today].sum())
        columns = [FEATURES.index(name) for name in INPUTS]
        psi = reference.compare(rows.x[today][:, columns])["psi"]
        assert numbers[list(INPUTS)].tolist() == psi.tolist()


def test_every_incident_is_drilled(drilled) -> None:
    names = ["inputs", "merchants", "scores", "chargebacks"]
    assert drilled.result.delay.index.tolist() == list(DRILLED)
    assert drilled.result.delay.columns.tolist() == names
    assert set(drilled.levels) == {"none", *DRILLED}
    for kind, one in drilled.levels.items():
        first = 45 if kind == "none" else START
        assert one.index.tolist() == list(range(first, 68)), kind
    seen = drilled.result.delay
    assert ((seen >= 0) & (seen < 6) | seen.isna()).all(axis=None)


def test_incidents_are_drilled_alone_and_repeat(small, drilled) -> None:
    again = small.drill(["breach"])
    expected = drilled.result.delay.loc[["breach"]]
    pd.testing.assert_frame_equal(again.result.delay, expected)
    for kind in ("none", "breach"):
        pd.testing.assert_frame_equal(again.levels[kind], drilled.levels[kind])
    assert not drilled.levels["breach"].equals(drilled.levels["none"].loc[START:])
