"""A query's category is told from clicks, with probabilities that come true."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sevensteps.measure.calibration import expected_calibration_error
from sevensteps.search.analysis import Analyser
from sevensteps.search.intent import Intent

SHARES = {"oak table": (0.7, 0.3), "table lamp": (0.1, 0.9), "lamps": (0.02, 0.98)}


def clicks(rng, n):
    """(query, category) of each click, from shares that are known."""
    query = rng.choice(list(SHARES), n)
    lamp = rng.random(n) < [SHARES[each][1] for each in query]
    return query.tolist(), np.where(lamp, "Lamps", "Tables").tolist()


@pytest.fixture(scope="module")
def intent():
    query, category = clicks(np.random.default_rng(1), 4000)
    return Intent.fit(query, category, np.ones(4000), Analyser())


def test_probabilities_come_true(intent):
    assert intent.categories == ("Lamps", "Tables")
    for query, (table, lamp) in SHARES.items():
        assert intent([query])[0] == pytest.approx([lamp, table], abs=0.03)
    query, category = clicks(np.random.default_rng(2), 4000)
    p = intent(query)[:, 0]
    truth = np.array(category) == "Lamps"
    assert expected_calibration_error(p, truth, np.arange(4000) % 5).estimate < 0.03


def test_plurals_and_unheard_words_are_read(intent):
    assert intent(["lamp"])[0] == pytest.approx(intent(["Lamps!"])[0])
    p = intent(["", "zebra", "the"])
    assert p.shape == (3, 2)
    assert p.sum(axis=1) == pytest.approx(1)


def test_three_categories_are_those_of_the_library():
    queries, names = ["aa x", "bb x", "cc x", "aa y"], ["A", "B", "C", "A"]
    intent = Intent.fit(queries, names, [1, 2, 1, 3], Analyser())
    model = LogisticRegression(C=10.0, max_iter=200)
    model.fit(intent.hasher.transform(queries), names, sample_weight=[1, 2, 1, 3])
    expected = model.predict_proba(intent.hasher.transform(["aa", "bb"]))
    assert intent(["aa", "bb"]) == pytest.approx(expected, abs=1e-5)


def test_bad_rows_are_refused():
    for rows in ((["a"], ["A"], [1, 2]), (["a", "b"], ["A", "B"], [1, -1])):
        with pytest.raises(ValueError, match="a query, a category and a count"):
            Intent.fit(*rows, Analyser())
    with pytest.raises(ValueError, match=r"two categories or more.*\['A'\]"):
        Intent.fit(["a"], ["A"], [1], Analyser())
