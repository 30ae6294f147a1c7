"""Who can reach the API: as long as there is no key, only this machine."""

import logging
from ipaddress import ip_address
from typing import Final

from redis.asyncio import Redis

from assist.api.keys import Keys
from assist.embedded_redis import redis_server
from assist.errors import ConfigurationError
from assist.settings import Settings

log = logging.getLogger(__name__)

FIRST: Final = "assist keys create NAME --scope admin"


def is_local(host: str) -> bool:
    """Return whether only this machine reaches *host*."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def check_reach(keys: Keys, address: tuple[str, int]) -> None:
    """Return if it may listen at *address*. Raises `ConfigurationError` if others could ask, and there is no key."""
    if await keys.any():
        return
    if is_local(address[0]):
        log.warning("there is no key yet: whoever is on this machine may do everything; %s makes the first", FIRST)
        return
    where = f"{address[0]}:{address[1]}"
    raise ConfigurationError(
        f"ASSIST_API_LISTEN: {where} can be reached by others, and there is no key yet: make one first: {FIRST};"
        " or listen on 127.0.0.1"
    )


async def check_settings(settings: Settings) -> None:
    """Return if the API may listen where the settings say, if they do. Raises `ConfigurationError`, `StoreError`."""
    if settings.api.listen and not is_local(settings.api.listen[0]):
        async with redis_server(settings) as url, Redis.from_url(url, protocol=2) as redis:
            await check_reach(Keys(redis), settings.api.listen)
