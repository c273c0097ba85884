"""Sellers say some of the truth, in their own words, and some of it wrong."""

import numpy as np
import pytest

from sevensteps.cases.search.world.catalogue import LINES


def wordings(known, what, code):
    """All ways to say a thing."""
    words = getattr(known.words, what)
    first = words.start[code]
    return known.words.phrases[first : first + words.count[code]].to_pylist()


def test_the_synonym_file_holds_six_groups_in_ten_and_some_are_wrong(known):
    groups = {
        ", ".join(wordings(known, what, code))
        for what in ("kind", "colour", "material", "style")
        for code in np.flatnonzero(getattr(known.words, what).count > 1)
    }
    lines = known.history.synonyms.splitlines()[1:]
    assert len(lines) / len(groups) == pytest.approx(0.6, abs=0.08)
    wrong = [line for line in lines if line not in groups]
    assert 0.01 < len(wrong) / len(lines) < 0.12
    assert all(line.rpartition(", ")[0] in groups for line in wrong)


def test_every_series_of_every_brand_and_kind_has_its_own_number(known):
    n = len(known.words.demand)
    brand, kind, nth = (
        x.ravel().astype(np.int32) for x in np.mgrid[4_990:5_000, 0:n, 0:LINES]
    )
    line = known.brands.line(brand, kind, nth)
    assert len(np.unique(line)) == len(line)
    assert line.min() > 0
    name = known.brands.named(line).reshape(-1, LINES)
    assert (np.diff(np.sort(name, axis=1), axis=1) > 0).all()
