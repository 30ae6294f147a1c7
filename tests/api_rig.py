"""The API over a real Redis, asked without a network."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis
from starlette.types import ASGIApp

from assist.api.application import application
from assist.api.keys import Scope
from assist.api.rooms import Rooms, open_rooms
from assist.settings import read_settings
from tests.campaign_files import write_campaign
from tests.service import write_assistant


@dataclass(frozen=True, slots=True)
class Api:
    """The API, and what is behind it."""

    app: ASGIApp
    rooms: Rooms
    client: httpx.AsyncClient
    """Without any key."""
    folder: Path

    def as_(self, key: str) -> httpx.AsyncClient:
        """Return a client that sends *key*."""
        return client_of(self.app, key)

    async def key(self, *scopes: Scope) -> str:
        """Return a key that may do that."""
        return (await self.rooms.keys.create("test", scopes))[1]


def client_of(app: ASGIApp, key: str | None = None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers, timeout=20)


def environment(folder: Path, redis_url: str, **more: str) -> dict[str, str]:
    """Return the variables of an installation in *folder*, with an assistant and a campaign, ``uno``."""
    for name in ("assistants", "recordings"):
        (folder / name).mkdir(exist_ok=True)
    write_assistant(folder / "assistants", "uno")
    write_campaign(folder)
    campaign = folder / "campaigns/uno.yaml"
    text = campaign.read_text(encoding="utf-8").replace("clinica", "uno").replace(', en: "Hello, {nombre}."', "")
    campaign.write_text(text, encoding="utf-8")
    return {
        "REDIS_URL": redis_url,
        "ASSIST_DURABLE": "memory",
        "ASSIST_STATE_DIR": str(folder / "state"),
        "ASSIST_ASSISTANTS_DIR": str(folder / "assistants"),
        "ASSIST_CAMPAIGNS_DIR": str(folder / "campaigns"),
        "ASSIST_RECORDINGS_DIR": str(folder / "recordings"),
        "ASSIST_POLICIES_DIR": str(folder / "policies"),
        "ASSIST_TRUNKS": str(folder / "trunks.yaml"),
        "ASSIST_API_RATE": "100000",
        **more,
    }


@asynccontextmanager
async def open_api(
    folder: Path,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    local: bool = True,
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[Api]:
    """Lend the API of an installation in *folder*, with nothing in its Redis."""
    for name, value in environment(folder, redis_url, **(more or {})).items():
        monkeypatch.setenv(name, value)
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    async with open_rooms(read_settings()) as rooms:
        app = application(rooms, local=local)
        async with client_of(app) as client:
            yield Api(app, rooms, client, folder)
