"""The HTTP application and its Lambda handler; the only module of ``app`` that imports routers.

Importing it reads no environment and makes no call.
"""

import asyncio
import logging
from functools import cache, partial
from typing import Any

from app.imports import collector_off

with collector_off():
    from routers.deferred_models import models_deferred

    with models_deferred():
        from fastapi import FastAPI, Request, Response
    from fastapi.responses import JSONResponse
    from mangum import Mangum
    from starlette.routing import Route

    from app.domain.errors import InvalidInputError
    from app.error_reports import reporting_errors
    from app.logs import prepare_log_records
    from app.tracing import exporting_spans
    from routers import (
        carts,
        catalog,
        documents,
        orders,
        pages,
        problems,
        product_pages,
        sessions,
        system,
        users,
    )
    from routers.lambda_event import Gateway, build_event, validate_event
    from routers.middleware import HTTPMiddleware
    from routers.origin_check import OriginCheck
    from routers.overload import LoadShedder
    from routers.paths import Paths
    from routers.product_list import KeptProductLists, ProductListLane
    from routers.product_list_events import KeptEventAnswers

log = logging.getLogger("shop.http")


def create_app() -> FastAPI:
    """Return the shop's HTTP application."""
    app = FastAPI(
        title=documents.TITLE,
        docs_url=None,
        openapi_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # The shop records its own (app/tracing.py); FastAPI would ask for providers of
        # OpenTelemetry's SDK with every request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.add_middleware(LoadShedder)
    app.state.kept_product_lists = KeptProductLists()
    app.add_middleware(ProductListLane, kept=app.state.kept_product_lists)
    app.add_middleware(OriginCheck)
    modules = (catalog, carts, orders, sessions, users, system, product_pages)
    document = Route("/openapi.json", _answer_document, include_in_schema=False)
    routes = [route for module in (*modules, pages) for route in module.router.routes]
    app.state.paths = Paths([*routes, document])
    app.add_middleware(
        HTTPMiddleware, paths=app.state.paths
    )  # Outermost: refused requests get its headers too.
    problems.install(app)
    for module in modules:
        # Not included: FastAPI would make each route a second time, with the first request.
        app.router.routes += module.router.routes
    pages.install(app)
    app.openapi = partial(_document, app)  # type: ignore[method-assign]
    app.router.routes.append(document)
    return app


async def _answer_document(request: Request) -> Response:
    # In a thread: the first of a process builds it, and other requests do not wait for that.
    return JSONResponse(await asyncio.to_thread(request.app.openapi))


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = documents.build_document(app)
    return app.openapi_schema


with collector_off():
    app = create_app()
    kept_answers = KeptEventAnswers(app.state.kept_product_lists)


@cache
def _adapter() -> Mangum:
    """Return the Lambda adapter; made on first use, because it looks for an event loop."""
    # Its line of every request has the path, in which some clients put their access token
    # (openapi/CONTRACT.md, 1.2).
    logging.getLogger("mangum").setLevel(logging.WARNING)
    # Without lifespan: Mangum would run start-up and shutdown with every request.
    return Mangum(app, lifespan="off", custom_handlers=[Gateway])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one event of API Gateway's HTTP API; a malformed event is answered with 400."""
    if known := kept_answers.find(event):
        return known
    prepare_log_records()
    with exporting_spans(context), reporting_errors(context):
        try:
            checked = validate_event(event)
        except InvalidInputError as failure:
            log.warning("event.refused cause=%s", failure)
            refusal = HTTPMiddleware(problems.problem_app(400, str(failure)))
            return Mangum(refusal, lifespan="off")(build_event("GET", "/"), context)
        answer = _adapter()(checked, context)
        kept_answers.keep(event, answer)
        return answer
