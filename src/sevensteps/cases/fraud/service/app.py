"""The HTTP face: four routes, one key, and a reason for every refusal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from sevensteps.serve.http import (
    add_probes,
    authorise,
    http_error,
    json_reply,
    read_body,
    refusal,
    request_id_of,
    server_timing,
)
from sevensteps.serve.ledger import Ledger
from sevensteps.serve.requests import Rejected

from .config import ServiceConfig
from .decide import Answer, Decider
from .requests import PaymentRequest


def create_app(config: ServiceConfig) -> FastAPI:
    """The service as an ASGI application.

    Parameters
    ----------
    config : where model, store and log are, the key, the deadline

    Returns
    -------
    FastAPI                   `POST /v1/decisions` (with `X-API-Key`), `GET /health`,
                              `/ready`, `/metrics`, `/openapi.json`

    Raises
    ------
    ModelError, StoreError, StorageError
        if it must not start: model or store are missing or corrupt; says why
    """
    decider = Decider(config)
    decider.metrics.watch(decider)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        decider.close()

    app = FastAPI(
        title="Seven Steps: fraud decisions",
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
    )
    app.state.decider = decider
    key = config.api_key.encode()
    schema = PaymentRequest.model_json_schema()
    body = {"required": True, "content": {"application/json": {"schema": schema}}}

    @app.post("/v1/decisions", openapi_extra={"requestBody": body})
    async def decide(request: Request) -> Response:
        """What to do with a payment: allow, step_up, review or block."""
        return await _decisions(decider, key, request)

    add_probes(app, lambda: _ready(decider), decider.metrics.text)
    app.add_exception_handler(HTTPException, http_error)
    return app


async def _decisions(decider: Decider, key: bytes, request: Request) -> Response:
    ledger = Ledger()
    request_id = request_id_of(request)
    try:
        authorise(request, key)
        body = await read_body(request)
        answer = await decider.decide(body, request_id, ledger)
    except Rejected as rejected:
        decider.metrics.rejected(rejected.status, rejected.error)
        return refusal(rejected, request_id)
    decider.metrics.answered(answer)
    return _reply(decider, answer, request_id)


def _reply(decider: Decider, answer: Answer, request_id: str) -> Response:
    ledger, elapsed_ms = answer.ledger, answer.ledger.elapsed_ms()
    content = answer.decision.to_dict() | {
        "request_id": request_id,
        "replayed": answer.replayed,
        "elapsed_ms": round(elapsed_ms, 3),
        "deadline_ms": decider.config.deadline_ms,
    }
    timing = server_timing(ledger.stages, elapsed_ms)
    return json_reply(200, content, request_id, timing)


def _ready(decider: Decider) -> dict[str, Any]:
    """Whether it answers, and what answers.

    A degraded service stays in rotation: if the shared store fails, every replica is
    degraded at once, and the rules are better than nobody.
    """
    problems = decider.problems()
    return {
        "status": "degraded" if problems else "ready",
        "problems": problems,
        "model": decider.model.manifest.version,
        "store": decider.store.info.version,
    }
