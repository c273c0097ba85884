"""Decisions as a service: each payment within its deadline, and remembered."""

from .decisions import PATH, PROGRAM, Decider, DecisionsConfig
from .export import export_model
from .log import read_log
from .model import ModelServer, Pricing
from .requests import PaymentRequest, requests_of
from .rules import Rules
from .store import OnlineStore, StoreError, build_store

running_service = PROGRAM.running
