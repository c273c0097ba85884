"""Random numbers depend on their keys alone, and are even."""

import numpy as np

from sevensteps.world import stream, uniforms, unit_streams


def test_uniforms_are_even_and_differ_by_purpose():
    units = np.arange(100_000)
    key = unit_streams(units, seed=7, future=1, day=3)
    drawn = np.array([uniforms(key, 11, purpose) for purpose in range(12)])
    assert np.abs(drawn.mean(axis=1) - 0.5).max() < 0.005
    assert np.abs(np.quantile(drawn, 0.9, axis=1) - 0.9).max() < 0.005
    between = np.corrcoef(drawn) - np.eye(12)
    assert np.abs(between).max() < 0.015
    other = np.array([uniforms(key, thing, 4) for thing in range(1_000, 1_012)])
    assert np.abs(np.corrcoef(other) - np.eye(12)).max() < 0.015
    tomorrow = uniforms(unit_streams(units, seed=7, future=1, day=4), 11, 0)
    assert abs(np.corrcoef(drawn[0], tomorrow)[0, 1]) < 0.015
    assert np.abs(np.corrcoef(drawn[:, :-1], drawn[:, 1:])[:12, 12:]).max() < 0.015


def test_streams_are_functions_of_their_keys():
    once, again, other = stream(7, 1, 2), stream(7, 1, 2), stream(7, 2, 1)
    draw = once.random(5)
    assert np.array_equal(draw, again.random(5))
    assert not np.array_equal(draw, other.random(5))
    ids = np.array([3, 1, 2])
    alone = unit_streams(ids[:1], seed=7, future=0, day=0)
    assert unit_streams(ids, seed=7, future=0, day=0)[0] == alone[0]
