"""Decisions as a service: each payment within its deadline, and remembered."""

from .decisions import PATH, PROGRAM, Decider, DecisionsConfig
from .log import read_log
from .model import ModelServer, Pricing, export_model
from .online import PaymentRequest, Rules, requests_of
from .store import OnlineStore, StoreError, build_store

running_service = PROGRAM.running
