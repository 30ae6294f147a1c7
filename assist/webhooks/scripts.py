"""What is decided in Redis: the Lua files beside this one."""

from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis

from assist.webhooks.keys import Keys

_FOLDER: Final = files("assist.webhooks")


class Scripts:
    """One method for each file. They are sent to a server that does not know them yet, and called by their hash."""

    def __init__(self, redis: Redis, keys: Keys, clock: str | None = None) -> None:
        """*clock*: Lua of a function ``millis`` in place of Redis' own time."""
        self._redis = redis
        self._common = (clock or _lua("clock")) + _lua("common")
        self._keys = (keys("endpoints"),)
        self.now = self._script("now")
        self.update = self._script("update")
        self.rotate = self._script("rotate")
        self.secrets = self._script("secrets")
        self.put = self._script("put")
        self.claim = self._script("claim")
        self.settle = self._script("settle")
        self.resend = self._script("resend")

    def _script(self, name: str) -> Any:
        script: Any = self._redis.register_script(self._common + _lua(name))

        async def run(*arguments: object) -> Any:
            return await script(self._keys, arguments)

        return run


def _lua(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")
