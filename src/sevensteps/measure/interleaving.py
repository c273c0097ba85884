"""Interleaving: two rankers fill one page, and clicks choose between them.

Each shopper sees documents of both, so what makes shoppers differ cancels within every
search. An A/B test has to average it away; interleaving calls the same winner with far
fewer searches. It says which ranker is preferred, not what that is worth.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest

from .bootstrap import Interval, block_bootstrap, ratio
from .experiment import sample_size
from .inputs import Bools, Ints, at_least, between, numbers, same_length

Ids = NDArray[np.integer[Any]]
A, B, NEITHER = 0, 1, -1
EMPTY = -1


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Pages made of two rankings."""

    lists: Ids  # (n, k) ids, -1 where both rankings had run out
    team: NDArray[np.int8]  # (n, k) whose place it is: 0 is A, 1 is B, -1 nobody's


def team_draft(a: ArrayLike, b: ArrayLike, *, seed: int = 0) -> Interleaved:
    """Let two rankings pick in turns, as captains choose their teams.

    In each round a coin says who picks first; each adds its best document that is not
    yet on the page, and gets the credit if it is clicked. Two kinds of places are
    nobody's, and their clicks count for neither: those from the top on which both
    rankings agree, and those below the last round in which, whoever begins, the other
    has a reply. So the teams are equally large, but for one place at most, and no list
    wins or loses by its length. That one ranking finds nothing at all is not seen here:
    count empty pages apart.

    Parameters
    ----------
    a, b : (n, k) int         ids, best first; -1 for an empty place
    seed : int                of the coins, one for each place: below a half, A picks
                              first in the round that begins there

    Raises a ValueError for tables that differ in shape, or an id twice on one list.

    >>> page = team_draft([[1, 2, 3, 4]], [[1, 3, 5, 2]])
    >>> page.lists, page.team
    (array([[1, 2, 3, 4]]), array([[-1,  0,  1,  0]], dtype=int8))

    Source: Radlinski, Kurup and Joachims, "How does clickthrough data reflect retrieval
    quality?", CIKM (2008). Places of agreement without credit are our choice.
    """
    first, second = sides = _lists("a", a), _lists("b", b)
    if first.shape != second.shape:
        raise ValueError(f"`a` has the shape {first.shape}, `b` {second.shape}")
    coin = np.random.default_rng(seed).random(first.shape) < 0.5
    same = np.logical_and.accumulate(first == second, axis=1)
    lists = np.where(same, first, EMPTY)
    team = np.full(first.shape, NEITHER, np.int8)
    left = [(ids != EMPTY) & ~same for ids in (first, second)]
    lead = np.zeros(len(first), np.int8)  # places of A less those of B
    fair = np.ones(len(first), dtype=bool)
    every = np.arange(len(first))
    for place in range(first.shape[1]):
        n_left = [mine.sum(axis=1) for mine in left]
        best = [
            ids[every, mine.argmax(axis=1)]
            for ids, mine in zip(sides, left, strict=True)
        ]
        fair &= same[:, place] | (lead != 0) | _fair(n_left, best)
        by_a = np.where(lead == 0, coin[:, place], lead < 0)
        by_a = np.where(fair, by_a, n_left[A] > 0)
        some = ~same[:, place] & ((n_left[A] > 0) | (n_left[B] > 0))
        lists[some, place] = np.where(by_a, *best)[some]
        for ids, mine in zip(sides, left, strict=True):
            mine &= (ids != lists[:, place, None]) | ~some[:, None]
        counts = some & fair
        team[counts, place] = np.where(by_a, A, B)[counts]
        lead += np.where(counts, np.where(by_a, 1, -1), 0).astype(np.int8)
    return Interleaved(lists, team)


def _fair(n_left: list[Ints], best: list[Ids]) -> Bools:
    """Whether either may begin a round, and the other will have a reply."""
    enough = np.minimum(*n_left)
    return np.asarray((enough > 1) | ((enough == 1) & (best[A] != best[B])))


def _lists(name: str, values: ArrayLike) -> Ids:
    """A table of ids, none of them twice in a row."""
    ids = np.asarray(values)
    if ids.ndim != 2 or not np.issubdtype(ids.dtype, np.integer):
        raise ValueError(
            f"`{name}` must be a table of whole ids, not {ids.dtype} of shape "
            f"{ids.shape}"
        )
    if (ids < EMPTY).any():
        raise ValueError(f"`{name}` holds an id below -1")
    if (twice := repeats(ids)).any():
        row = int(twice.argmax())
        raise ValueError(f"`{name}` holds an id twice on list {row:,}: drop the second")
    return ids


def repeats(ids: Ids) -> Bools:
    """(n,) whether a list holds an id twice."""
    ordered = np.sort(ids, axis=1)
    again = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)
    return np.asarray(again.any(axis=1))


def search_wins(team: ArrayLike, clicked: ArrayLike) -> Ints:
    """Who wins each search: the team with more clicks.

    Parameters
    ----------
    team : (n, k) int         as `team_draft` returns it
    clicked : (n, k) bool     places that were clicked

    Returns (n,) int: 1 if A wins, -1 if B does, 0 for a tie or no click.

    >>> search_wins([[0, 1, 0], [1, 0, -1]], [[1, 0, 1], [1, 0, 1]])
    array([ 1, -1])
    """
    whose, hit = np.asarray(team), np.asarray(clicked).astype(bool)
    if whose.shape != hit.shape or whose.ndim != 2:
        raise ValueError(f"`team` has the shape {whose.shape}, `clicked` {hit.shape}")
    if not np.isin(whose, (A, B, NEITHER)).all():
        raise ValueError("`team` must be 0 (A), 1 (B) or -1 (nobody's)")
    lead = (hit & (whose == A)).sum(axis=1) - (hit & (whose == B)).sum(axis=1)
    return np.sign(lead).astype(np.intp)


@dataclass(frozen=True, slots=True)
class Preference:
    """What clicks on interleaved pages say."""

    wins: int  # wins, losses, ties: searches won by A, by B, by neither
    losses: int
    ties: int
    #: (wins - losses) / (2 searches): A's share of wins above a half, ties split
    delta: Interval
    p_value: float  # sign test over shoppers, two-sided, of no preference


def preference(wins: ArrayLike, shopper: ArrayLike) -> Preference:
    """Which ranker shoppers prefer, and how sure that is.

    Searches of one shopper hang together, so shoppers are what is redrawn, and the sign
    test gives each of them one vote.

    `wins` and `shopper`, (n,): of each search: see `search_wins`, and who it was.

    >>> preference([1, 1, 0, -1, 1, 1, 1, 1, 1], shopper=range(9)).p_value
    0.0703125

    Source: Chapelle, Joachims, Radlinski and Yue, "Large-scale validation and analysis
    of interleaved search evaluation", ACM TOIS 30 (2012).
    """
    won = numbers("wins", wins)
    if not np.isin(won, (-1, 0, 1)).all():
        raise ValueError("`wins` must be 1 (A), -1 (B) or 0 (a tie) for each search")
    drawn = block_bootstrap(shopper)
    same_length(wins=won, shopper=drawn.code)
    n_a, n_b, tied = (int((won == kind).sum()) for kind in (1, -1, 0))
    vote = np.sign(np.bincount(drawn.code, won))
    n_votes = int(np.abs(vote).sum())
    for_a = int((vote > 0).sum())
    p_value = float(binomtest(for_a, n_votes).pvalue) if n_votes else 1.0
    return Preference(n_a, n_b, tied, drawn.mean(won / 2), p_value)


def searches_needed(effect: float, variance: float) -> int:
    """Interleaved searches that call the winner four times in five.

    This is `sample_size` with half the standard deviation: every search is in both
    arms, and nothing is spent on a difference between them.

    `effect` and `variance`: mean of the wins per search, and their variance.

    >>> searches_needed(effect=0.05, variance=0.4)
    1256
    """
    between("variance", variance, 0, np.inf)
    return sample_size(effect, float(np.sqrt(variance)) / 2)


def sensitivity_ratio(
    treatment: ArrayLike, control: ArrayLike, wins: ArrayLike
) -> Interval:
    """How many times as many searches an A/B test needs to call the same winner.

    The ratio of what both need for any level and power: variance over squared effect,
    the A/B test's taken over both arms. Give units of one kind throughout, searches or
    shoppers who search alike. An arm without a clear effect makes the interval wide.

    Parameters
    ----------
    treatment, control : (n,), (m,) float   outcome per unit in each arm of the test
    wins : (l,) float                       A's lead per unit of interleaving

    >>> sensitivity_ratio([1, 2, 1, 2], [0, 1, 0, 1], wins=[1, 0, 1, 0]).estimate
    1.0

    Source: Chapelle, Joachims, Radlinski and Yue, ACM TOIS 30 (2012), who compare
    squared z-scores.
    """
    told = {"treatment": treatment, "control": control, "wins": wins}
    mean, variance = {}, {}
    for seed, (name, values) in enumerate(told.items()):
        value = numbers(name, values)
        at_least(f"number of {name}", len(value), 2)
        drawn = block_bootstrap(np.arange(len(value)), seed=seed)
        total = drawn.total(np.stack([value, value**2], axis=1)) / len(value)
        mean[name] = total[:, 0]
        variance[name] = total[:, 1] - total[:, 0] ** 2
    arms = 2 * (variance["treatment"] + variance["control"])
    apart = ratio((mean["treatment"] - mean["control"]) ** 2, arms)
    times = ratio(ratio(mean["wins"] ** 2, variance["wins"]), apart)
    if np.isnan(times[0]):
        raise ValueError("the arms or the wins are all alike: nothing to compare")
    return Interval.of(times[1:], float(times[0]))
