"""A real Redis of the tests' own, to be stopped and killed at will."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assist.embedded_redis import redis_program


@dataclass(frozen=True, slots=True)
class RedisProcess:
    process: subprocess.Popen[bytes]
    url: str


@contextmanager
def redis_process(directory: Path, *options: str) -> Iterator[RedisProcess]:
    """Lend a server that answers on a socket in *directory*."""
    address = directory / "redis.sock"
    command = [redis_program(), "--port", "0", "--unixsocket", str(address), "--dir", str(directory), "--save", ""]
    command += options
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _await_listener(address)
            yield RedisProcess(process, f"unix://{address}")
        finally:
            process.kill()


def _await_listener(address: Path) -> None:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                return probe.connect(str(address))
            except OSError:
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.005)
