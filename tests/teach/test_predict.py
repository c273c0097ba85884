"""Guesses, reveals and exercise checks."""

import pytest

from sevensteps.teach import check, commit, recap, reveal


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
