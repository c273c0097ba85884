"""The ranking step: trees that learn the order of each query's documents.

The settings are LightGBM's, and so is the result: trained on the same rows, the trees
are those that LightGBM itself grows from the same files.

Source: Burges, "From RankNet to LambdaRank to LambdaMART: an overview", Microsoft
Research MSR-TR-2010-82; implementation: Ke et al., "LightGBM", NeurIPS (2017).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

#: Those of LightGBM's own example of ranking.
SETTINGS: Mapping[str, int | float | str] = {
    "objective": "lambdarank",
    "learning_rate": 0.1,
    "num_leaves": 31,
    "max_bin": 255,
    "min_data_in_leaf": 50,
    "min_sum_hessian_in_leaf": 5.0,
    "feature_fraction": 1.0,
    "bagging_freq": 1,
    "bagging_fraction": 0.9,
}
N_TREES = 100
#: These make a run repeat to the last digit, whatever the number of threads.
FIXED = {"verbosity": -1, "deterministic": True, "force_col_wise": True}


@dataclass(frozen=True, slots=True)
class Rows:
    """What is learned from, or measured on.

    Attributes
    ----------
    x : (n, features)         dense or csr
    grade : (n,) int          0 and up
    size : (q,) int           rows of each query, which stand together
    """

    x: csr_matrix | NDArray[np.floating[Any]]
    grade: NDArray[np.integer[Any]]
    size: NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to grow trees.

    Attributes
    ----------
    settings : under LightGBM's names
    n_trees : the most of them
    patience : trees without a gain of NDCG after which to stop; 0 for never
    """

    settings: Mapping[str, int | float | str]
    n_trees: int = N_TREES
    patience: int = 0


EXAMPLE = Plan(SETTINGS)


@dataclass(frozen=True)
class Grown:
    """Trees, and what LightGBM says of them.

    Attributes
    ----------
    booster : the trees
    ndcg : by place, on the rows judged by; NaN-free and without an interval
    """

    booster: lightgbm.Booster
    ndcg: dict[int, float]


def grow(
    rows: Rows,
    plan: Plan,
    judge: Rows,
    *,
    eval_at: tuple[int, ...],
    stop: Rows | None = None,
) -> Grown:
    """Train, and let LightGBM measure on other rows.

    Parameters
    ----------
    rows : to learn from
    plan : the settings; its objective may be pointwise, too
    judge : to measure NDCG on
    eval_at : places at which to measure
    stop : where the plan's patience looks; `judge` when absent, which flatters

    Raises
    ------
    ValueError                settings that LightGBM refuses
    """
    settings = {**FIXED, **plan.settings, "metric": "ndcg", "eval_at": list(eval_at)}
    if "force_row_wise" in settings:
        del settings["force_col_wise"]
    try:
        if plan.patience:
            plan = replace(plan, n_trees=_enough(rows, plan, stop or judge, settings))
        told: dict[str, dict[str, list[float]]] = {}
        booster = lightgbm.train(
            settings,
            _dataset(rows, settings),
            plan.n_trees,
            valid_sets=[_dataset(judge, settings)],
            valid_names=["judge"],
            callbacks=[lightgbm.record_evaluation(told)],
        )
    except lightgbm.basic.LightGBMError as error:
        raise ValueError(f"LightGBM refuses: {error}") from None
    ndcg = {k: told["judge"][f"ndcg@{k}"][-1] for k in eval_at}
    return Grown(booster, ndcg)


def _enough(rows: Rows, plan: Plan, stop: Rows, settings: dict[str, Any]) -> int:
    """How many trees there were when the last gain was seen."""
    halt = lightgbm.early_stopping(plan.patience, verbose=False)
    told = lightgbm.train(
        settings,
        _dataset(rows, settings),
        plan.n_trees,
        valid_sets=[_dataset(stop, settings)],
        callbacks=[halt],
    )
    return int(told.best_iteration) or plan.n_trees


def _dataset(rows: Rows, settings: dict[str, Any]) -> lightgbm.Dataset:
    return lightgbm.Dataset(rows.x, rows.grade, group=rows.size, params=settings)
