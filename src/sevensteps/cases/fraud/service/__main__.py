"""`python -m sevensteps.cases.fraud.service`: the service without the command line."""

from sevensteps.serve.config import main

from .decisions import DecisionsConfig, serve_decisions

if __name__ == "__main__":
    raise SystemExit(main(DecisionsConfig, serve_decisions))
