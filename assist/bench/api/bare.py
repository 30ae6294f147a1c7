"""A route with nothing behind it, to measure by: ``python -m assist.bench.api.bare PORT``."""

import sys

import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import BaseModel

PATH = "/bare"


class Thing(BaseModel):
    """As large as a call."""

    id: str = "3f786850-e387-450f-9ab8-36ed7e6dc881"
    state: str = "ended"
    assistant: str = "clinica"
    direction: str = "inbound"
    started: str = "2026-11-23T09:30:00Z"
    ended: str = "2026-11-23T09:31:30Z"
    duration_s: float = 90.0
    cause: str = "NORMAL_CLEARING"
    cost_usd: str = "0.0123"


def main() -> None:
    """Answer on 127.0.0.1 until killed, with the same server as the API's."""
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})

    @app.get(PATH)
    async def bare() -> Thing:
        return Thing()

    config = uvicorn.Config(
        app,
        "127.0.0.1",
        int(sys.argv[1]),
        loop="none",
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
    )
    uvloop.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
