"""Claims hold with their whole interval, and say what was measured."""

from types import SimpleNamespace

import pytest

from sevensteps.teach import ClaimFailed, claim, claims
from sevensteps.teach.claims import forget_claims


@pytest.fixture(autouse=True)
def _empty_table():
    forget_claims()
    yield
    forget_claims()


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
        (0.5, {"above": 0.4, "interval": (0.41, 0.6)}, True),
        (0.5, {"above": 0.4, "interval": (0.39, 0.6)}, False),
        (0.5, {"below": 0.6, "interval": (0.4, 0.61)}, False),
        (0.5, {"between": (0, 1), "interval": (-0.1, 0.9)}, False),
        (float("nan"), {"above": 0.0}, False),
        (float("nan"), {"below": 0.0}, False),
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


def test_an_interval_as_value_brings_its_own_bounds():
    measured = SimpleNamespace(estimate=0.5, low=0.39, high=0.6)
    with pytest.raises(ClaimFailed, match=r"0\.5 \[0\.39, 0\.6\], wanted above 0\.4"):
        claim("recall is high", measured, above=0.4)


def test_a_number_without_a_bound_is_refused():
    with pytest.raises(ValueError, match="above="):
        claim("no bound", 0.3)


def test_a_cell_run_twice_makes_one_row():
    claim("first", 1, above=0)
    claim("second", 2, above=0)
    claim("first", 3, above=0)
    table = claims()
    assert table["claim"].tolist() == ["first", "second"]
    assert table["measured"].tolist() == ["3", "2"]
