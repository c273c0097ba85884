"""Indexes find most of what exact search finds, and say what they cost."""

import numpy as np
import pytest

from sevensteps.rank.neighbours import build, overlap, read_rate

RNG = np.random.default_rng(0)
CENTRE = RNG.standard_normal((40, 16))
VECTOR = CENTRE[RNG.integers(40, size=20_000)] + 0.5 * RNG.standard_normal((20_000, 16))
VECTOR = (VECTOR / np.linalg.norm(VECTOR, axis=1, keepdims=True)).astype(np.float32)
ASKS = VECTOR[RNG.integers(20_000, size=50)]


@pytest.fixture(scope="module")
def exact():
    """The hundred largest products, by looking at all."""
    return np.argsort(-(ASKS @ VECTOR.T), axis=1)[:, :100].astype(np.int32)


def test_flat_is_exact(exact):
    made = build("Flat", VECTOR)
    assert overlap(made.search(ASKS, 100), exact).mean() > 0.999
    assert made.n_bytes == pytest.approx(VECTOR.nbytes, rel=0.01)
    assert made.cpu_s >= 0


def test_more_probes_find_more(exact):
    made = build("IVF64,Flat", VECTOR)
    found = [overlap(made.search(ASKS, 100, p), exact).mean() for p in (1, 4, 64)]
    assert found[0] < found[1] < found[2]
    assert found[2] > 0.999


def test_a_second_look_mends_coarse_codes(exact):
    made = build("IVF64,PQ8x4fs,Refine(SQ8)", VECTOR)
    found = [overlap(made.search(ASKS, 100, 64, w), exact).mean() for w in (1, 4, 16)]
    assert found[0] < found[1] < found[2]
    assert found[2] > 0.9


def test_the_same_seed_builds_the_same_index():
    one, two = (build("IVF64,SQ8", VECTOR, seed=1).search(ASKS, 20, 4) for _ in "ab")
    assert np.array_equal(one, two)


def test_overlap_by_hand():
    found = np.array([[1, 2, -1], [7, 8, 9]])
    exact = np.array([[2, 3, 4], [9, 8, 7]])
    assert overlap(found, exact).tolist() == pytest.approx([1 / 3, 1])


def test_an_unknown_index_is_told():
    with pytest.raises(ValueError, match="faiss knows no index 'HASH'; try"):
        build("HASH", VECTOR)


def test_memory_is_read_at_a_plausible_rate():
    assert 1e9 < read_rate(1 << 26, 2) < 1e12
