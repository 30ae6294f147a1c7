"""The API as an ASGI application."""

import json
from importlib.metadata import version
from typing import Any, Final

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from assist.api import health, installation, key_routes, privacy, problem
from assist.api.assistants import routes as assistants
from assist.api.calls import history, live, placed
from assist.api.campaigns import contacts, do_not_call
from assist.api.campaigns import routes as campaigns
from assist.api.door import Door
from assist.api.installation import Surveyor
from assist.api.jobs import routes as jobs
from assist.api.limiter import Limiter
from assist.api.problem import OnlyProblems, Problem
from assist.api.recorded import recorded
from assist.api.rooms import Rooms
from assist.api.webhooks import routes as webhooks

MEGABYTE: Final = 1_000_000
FILE: Final = 200_000
"""Bytes of an assistant, of which a large one has a tenth; more would keep everybody waiting while it is read."""

DESCRIPTION: Final = """
Places telephone calls and has assistants hold them, follows them, runs campaigns.

Every error is `application/problem+json`. Whatever is placed or begun may carry an `Idempotency-Key`, and is then done
once. Lists come in pages, with a cursor. Streams are server-sent events, and go on from `Last-Event-ID`.
"""
TAGS: Final = [
    {"name": "calls", "description": "Placed, followed, looked up, and told what to do."},
    {"name": "assistants", "description": "Who talks."},
    {
        "name": "campaigns",
        "description": "Lists of people, each called at a lawful hour, once for one attempt.",
    },
    {"name": "do-not-call", "description": "Numbers that nobody may call."},
    {"name": "jobs", "description": "What takes longer than a request."},
    {"name": "installation", "description": "What it is made of, and what it uses up."},
    {"name": "keys", "description": "Who may ask."},
    {"name": "webhooks", "description": "Who is told what happens."},
    {"name": "privacy", "description": "People of whom nothing is to stay; who did what."},
]
KEY: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of this installation: `assist keys create`. Asked for at the door, for every operation.",
}
ROUTERS: Final = (
    placed.router,
    history.router,
    live.following,
    live.router,
    campaigns.reading,
    campaigns.router,
    contacts.router,
    jobs.router,
    do_not_call.router,
    installation.router,
    key_routes.router,
    webhooks.router,
    privacy.router,
)


def application(rooms: Rooms, *, local: bool) -> ASGIApp:
    """Return the API over *rooms*. *local*: only this machine reaches it, and needs no key while there are none."""
    api = rooms.settings.api
    app = described(round(api.body_mb * MEGABYTE), round(api.list_mb * MEGABYTE))
    app.state.rooms = rooms
    app.state.shelf = rooms.shelf
    app.state.surveyor = Surveyor(rooms.settings)
    # Half a second, in which nobody is to wait later.
    app.openapi()
    limiter = Limiter(api.rate, max(round(api.rate * 2), 1))
    return OnlyProblems(Door(app, rooms.keys, limiter, local=local))


def described(body: int = MEGABYTE, list_: int = 200 * MEGABYTE) -> FastAPI:
    """Return the application without anything behind it: it can tell what it would do.

    *body* and *list_*: bytes of a request, and of a list that is sent.
    """
    app = FastAPI(
        title="Assist",
        version=version("assist"),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": "/", "description": "This installation."}],
        max_body_size=body,
        separate_input_output_schemas=False,
        # Calls are traced; who asks about them is none of their business.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(recorded)])
    app.include_router(health.router)
    app.include_router(assistants.router, dependencies=[Depends(recorded)], max_body_size=min(body, FILE))
    app.include_router(jobs.sending, dependencies=[Depends(recorded)], max_body_size=list_)
    problem.install(app)
    _complete(app)
    return app


def _complete(app: FastAPI) -> None:
    """Let the document of *app* know the shape of problems, which no route returns, and call shapes by plain names."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            shapes = document["components"]["schemas"]
            own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            shapes |= own.pop("$defs", {}) | {Problem.__name__: own}
            document["components"]["securitySchemes"] = {"key": KEY}
            document["security"] = [{"key": []}]
            app.openapi_schema = _named(document)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _named(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* with names for its shapes that classes can have: of two that are one, the module goes first."""
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        if "__" in name:
            *_, module, own = name.split("__")
            better = f"{module.title().replace('_', '')}{own}"
            text = text.replace(name, better)
    named: dict[str, Any] = json.loads(text)
    for name, shape in named["components"]["schemas"].items():
        shape["title"] = name
    return named
