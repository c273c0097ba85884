"""Policies: from a day's payments to actions, as the world's `live` calls them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from sevensteps.cases.fraud.experiments.models import Features
from sevensteps.cases.fraud.features import LiveFeatures
from sevensteps.cases.fraud.world import View

Score = Callable[[Features], NDArray[np.float64]]
Decide = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.int8]]


@dataclass
class ModelPolicy:
    """Features, then a score, then an action.

    Parameters
    ----------
    live : LiveFeatures       warmed with the history; it moves on with each day
    score : (n, F) -> (n,)    e.g. the calibrated probability of fraud
    decide : (scores, amounts) -> (n,) actions
    """

    live: LiveFeatures
    score: Score
    decide: Decide

    def __call__(self, batch: pa.Table, view: View) -> NDArray[np.int8]:
        features = self.live.step(batch, view.new_chargebacks)
        amount = batch["amount"].to_numpy().astype(np.float64)
        return self.decide(self.score(features), amount)


@dataclass
class SplitByCardholder:
    """Two scores on disjoint cardholders, in one world: an A/B test.

    Parameters
    ----------
    live : LiveFeatures       of all payments, so that both arms have whole features
    control, treatment : (n, F) -> (n,)
    decide : (scores, amounts) -> (n,) actions, the same for both arms
    in_treatment : (n_cardholders,) bool
    """

    live: LiveFeatures
    control: Score
    treatment: Score
    decide: Decide
    in_treatment: NDArray[np.bool_]

    def __call__(self, batch: pa.Table, view: View) -> NDArray[np.int8]:
        features = self.live.step(batch, view.new_chargebacks)
        treated = self.in_treatment[batch["cardholder_id"].to_numpy()]
        score = np.empty(len(features))
        score[treated] = self.treatment(features[treated])
        score[~treated] = self.control(features[~treated])
        return self.decide(score, batch["amount"].to_numpy().astype(np.float64))


def allow_everything(batch: pa.Table, view: View) -> NDArray[np.int8]:
    """No decision at all."""
    return np.zeros(len(batch), np.int8)
