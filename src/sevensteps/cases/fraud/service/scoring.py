"""Fetch, features, score: in a thread, within a budget, or else not at all."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sevensteps.cases.fraud.features.single import Cardholder
from sevensteps.serve.breaker import Breaker
from sevensteps.serve.errors import StoreError
from sevensteps.serve.ledger import Ledger

from .model import ModelServer
from .online import Fetched, UnknownCard, features_of, holder_of, keys_of
from .requests import PaymentRequest
from .store import OnlineStore

THREADS = 4


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model said, and on what."""

    p_fraud: float
    features: NDArray[np.float32]
    holder: Cardholder
    laps: tuple[tuple[str, float], ...]


class Late(Exception):
    """No score in time; `reason` says whose fault it was."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class _Job:
    """One request's way through the thread; `at` tells a deadline where it stands."""

    payment: PaymentRequest
    at: str = "queue"


class Scorer:
    """Store and model behind one deadline and a circuit breaker each.

    Parameters
    ----------
    store, model : what to ask
    """

    def __init__(self, store: OnlineStore, model: ModelServer) -> None:
        self.store, self.model = store, model
        self.breakers = {"store": Breaker(), "model": Breaker()}
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="score")

    async def score(self, payment: PaymentRequest, budget_s: float) -> Scored:
        """Score a payment within a budget.

        Raises
        ------
        Late
            if store or model are down, fail, or take longer
        UnknownCard
            if the store has no such card
        """
        for name, breaker in self.breakers.items():
            if not breaker.allows():
                raise Late(f"{name}_down")
        job = _Job(payment)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(max(0.0, budget_s)):
                scored = await loop.run_in_executor(self._pool, self._run, job)
        except TimeoutError:
            raise self._failed(job.at, "late") from None
        except UnknownCard:
            self.breakers["store"].succeeded()
            raise
        except StoreError:
            raise self._failed("store", "down") from None
        except Exception as error:
            raise self._failed(job.at, "failed") from error
        for breaker in self.breakers.values():
            breaker.succeeded()
        return scored

    def close(self) -> None:
        """Let running requests end."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _failed(self, at: str, how: str) -> Late:
        if at == "queue":  # nobody's fault but the load's
            return Late("overload")
        if at == "model":
            self.breakers["store"].succeeded()
        self.breakers[at].failed()
        return Late(f"{at}_{how}")

    def _run(self, job: _Job) -> Scored:
        clock = Ledger()
        job.at = "store"
        fetched = Fetched(*self.store.fetch(keys_of(job.payment)))
        clock.lap("fetch")
        job.at = "model"
        holder = holder_of(fetched, self.store.info.countries)
        features = features_of(job.payment, fetched, holder)
        clock.lap("features")
        p_fraud = float(self.model.score(features[None])[0])
        clock.lap("score")
        return Scored(p_fraud, features, holder, tuple(clock.stages.items()))
