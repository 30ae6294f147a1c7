"""The ledger's decisions, as Redis runs them: the Lua files beside this one."""

from importlib.resources import files
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from assist.campaign.ledger.keys import LUA

_FOLDER: Final = files("assist.campaign.ledger")


class Scripts:
    """One attribute for each file. They are sent to a server that does not know them yet, and called by their hash."""

    def __init__(self, redis: Redis, clock: str | None = None) -> None:
        """*clock*: Lua of a function ``micros`` in place of Redis' own time."""
        self._redis = redis
        self._common = LUA + (clock or _lua("clock")) + _lua("common")
        self.create = self._script("create")
        self.set_state = self._script("set_state")
        self.add = self._script("add")
        self.accept = self._script("accept")
        self.take_in = self._script("take_in")
        self.again = self._script("again")
        self.end_waiting = self._script("end_waiting")
        self.claim = self._script("claim")
        self.dial = self._script("dial")
        self.send = self._script("send")
        self.withdraw = self._script("withdraw")
        self.answered = self._script("answered")
        self.renew = self._script("renew")
        self.finish = self._script("finish")
        self.lapsed = self._script("lapsed")
        self.suppress = self._script("suppress")
        self.find = self._script("find")
        self.erase = self._script("erase")
        self.forget = self._script("forget")
        self.forget_done = self._script("forget_done")

    def _script(self, name: str) -> AsyncScript:
        script: Any = self._redis.register_script(self._common + _lua(name))
        assert isinstance(script, AsyncScript)
        return script


def _lua(name: str) -> str:
    return (_FOLDER / f"{name}.lua").read_text(encoding="utf-8")
