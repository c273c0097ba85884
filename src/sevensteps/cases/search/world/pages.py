"""Pages are looked over before anybody sees them."""

from __future__ import annotations

import numpy as np

from .records import Pages
from .schema import PLACES


def checked(pages: Pages, n: int, n_products: int) -> Pages:
    """A policy's answer, if it can be shown.

    Raises
    ------
    ValueError
        for a wrong shape or type, an unknown or a repeated product
    """
    ids = pages.product_id
    if ids.shape != (n, PLACES) or ids.dtype.kind != "i":
        raise ValueError(
            f"a policy must return ({n}, {PLACES}) whole numbers, one row of products "
            f"for each request; it returned {ids.dtype} of shape {ids.shape}"
        )
    if pages.ranker.shape != (n,) or pages.randomised.shape != (n,):
        raise ValueError(f"ranker and randomised must have the shape ({n},)")
    if pages.ranker.dtype.kind != "i" or pages.randomised.dtype.kind != "b":
        raise ValueError("ranker must be whole numbers, randomised true or false")
    if n and not (pages.ranker.min() >= 0 and pages.ranker.max() < 128):
        raise ValueError("rankers are numbered from 0 to 127")
    if n and not (ids.min() >= -1 and ids.max() < n_products):
        raise ValueError(f"products are -1 (none) to {n_products - 1:,} today")
    ranked = np.sort(ids, axis=1)
    twice = (ranked[:, 1:] == ranked[:, :-1]) & (ranked[:, 1:] >= 0)
    if twice.any():
        row = int(np.flatnonzero(twice.any(axis=1))[0])
        raise ValueError(f"the page of request {row} shows a product twice: {ids[row]}")
    ranker = pages.ranker.astype(np.int8, copy=False)
    return Pages(ids.astype(np.int32, copy=False), ranker, pages.randomised)
