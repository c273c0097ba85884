"""Claims hold with their whole interval; guesses are told as ratios."""

from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from sevensteps.teach import ClaimFailed, check, claim, claims, commit, recap, reveal

NAN, INF = float("nan"), float("inf")


def interval(estimate, low, high):
    """As `measure.Interval`, but of any three numbers."""
    return SimpleNamespace(estimate=estimate, low=low, high=high)


@pytest.fixture(autouse=True)
def _empty_table(monkeypatch):
    monkeypatch.setattr(import_module("sevensteps.teach.claims"), "_RECORD", {})


@pytest.mark.parametrize(
    ("value", "bounds", "holds"),
    [
        (0.5, {"above": 0.4}, True),
        (0.5, {"above": 0.5}, False),
        (0.5, {"below": 0.6}, True),
        (0.5, {"below": 0.5}, False),
        (0.5, {"between": (0.5, 0.6)}, True),
        (0.5, {"between": (0.51, 0.6)}, False),
        (0.5, {"above": 0.4, "below": 0.45}, False),
        (interval(0.5, 0.41, 0.6), {"above": 0.4}, True),
        (interval(0.5, 0.39, 0.6), {"above": 0.4}, False),
        (interval(0.5, 0.4, 0.61), {"below": 0.6}, False),
        (interval(0.5, -0.1, 0.9), {"between": (0, 1)}, False),
        (NAN, {"above": 0.0}, False),
        (NAN, {"below": 0.0}, False),
        (interval(NAN, 0.4, 0.5), {"above": 0.3}, False),
        (interval(0.45, 0.4, NAN), {"above": 0.3}, False),
        (INF, {"above": 0.3}, False),
        (interval(0.5, -INF, 0.55), {"below": 0.6}, True),
        (interval(0.5, 0.5, 0.6), {"above": 0.4}, True),
        (True, {}, True),
        (False, {}, False),
    ],
)
def test_a_claim_holds_exactly_when_its_bounds_do(value, bounds, holds):
    if holds:
        assert claim("a sentence", value, **bounds).holds
    else:
        with pytest.raises(ClaimFailed, match="a sentence"):
            claim("a sentence", value, **bounds)
    assert claims()["holds"].tolist() == [holds]


def test_an_interval_is_told_with_its_ends():
    with pytest.raises(ClaimFailed, match=r"0\.5 \[0\.39, 0\.6\], wanted above 0\.4"):
        claim("recall is high", interval(0.5, 0.39, 0.6), above=0.4)


def test_a_cell_run_twice_makes_one_row():
    for text, value in (("first", 1), ("second", 2), ("first", 3)):
        claim(text, value, above=0)
    assert claims()["claim"].tolist() == ["first", "second"]
    assert claims()["measured"].tolist() == ["3", "2"]


@pytest.mark.parametrize(
    ("value", "given", "told"),
    [
        (0.3, {}, "above="),
        (interval(0.1, 0.4, 0.5), {"above": 0.3}, r"\[0\.4, 0\.5\] .*not contain"),
        (interval(0.6, 0.4, 0.5), {"above": 0.3}, "not contain"),
        (interval(0.45, 0.5, 0.4), {"above": 0.3}, "reversed"),
        (True, {"above": 0}, "leave the bound out"),
        (np.bool_(True), {"above": 0}, "leave the bound out"),
        (0.5, {"above": 0.6, "below": 0.4}, "No number is above 0.6 and below 0.4"),
        (0.5, {"above": 0.5, "below": 0.5}, "No number"),
        (0.5, {"between": (0.6, 0.4)}, "No number is between 0.6 and 0.4"),
        (0.5, {"between": (0.4, 0.6), "above": 0.6}, "No number"),
    ],
)
def test_what_cannot_be_one_measurement_is_refused(value, given, told):
    with pytest.raises(ValueError, match=told):
        claim("value and interval of two measurements", value, **given)
    assert claims().empty


@pytest.mark.parametrize(
    ("guess", "actual", "said"),
    [
        (100, 100, "exact"),
        (110, 100, "close (a factor of 1.10)"),
        (50, 100, "2 times too low, the right order"),
        (5_000, 812, "6.2 times too high"),
        (-1, 2, "wrong side of zero"),
        (0, 2, "wrong side of zero"),
        (None, 1234, "It is 1,230."),
    ],
)
def test_reveal_tells_the_ratio(guess, actual, said):
    commit("it", 3)
    commit("it", guess)
    assert said in repr(reveal("it", actual))


def test_a_guess_is_a_finite_number():
    with pytest.raises(ValueError, match="finite"):
        commit("it", float("inf"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [(None, "not answered yet"), (10.4, "right"), (10.6, "not yet"), (-10, "not yet")],
)
def test_check_answers_without_raising(answer, said):
    assert said in repr(check("Exercise 1", answer, expected=10))


def test_recap_sets_objectives_beside_numbers():
    table = recap({"price a leak": 0.35149, "name the metric": "recall"})
    assert table["measured here"].tolist() == ["0.351", "recall"]
