"""Run a command where every hosted engine is a local server: python -m tests.providers assist bench engines

The services hear, think and speak in no time, so what is measured is the way to them. There is an assistant for each.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import yaml

from assist.audio.formats import LINE
from assist.llm import Part
from tests.providers.everyone import ENGINES, Faculties, service

SECOND: bytes = (8000 * np.sin(np.arange(LINE.rate) * 0.35)).astype("<i2").tobytes()


async def hear(audio: bytes) -> str:
    return "buenos días" if np.abs(np.frombuffer(audio[: len(audio) // 2 * 2], "<i2")).max(initial=0) > 1000 else ""


def think(dialog: Sequence[str]) -> Sequence[Part]:
    return ["Abrimos ", "de ", "nueve ", "a ", "seis."]


async def speak(text: str) -> bytes:
    return SECOND


async def run(command: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "ASSIST_ASSISTANTS_DIR": directory}
        async with AsyncExitStack() as stack:
            for kind, engines in ENGINES.items():
                for engine in engines:
                    server = await stack.enter_async_context(service(kind, engine, Faculties(hear, think, speak)))
                    environment |= server.environment
                    assistant = {
                        "languages": "es",
                        "timezone": "Europe/Madrid",
                        "phrases": {"es": {"greeting": "Soy un asistente automático."}},
                        "engines": {kind.value: [{server.engine: dict(server.options)}]},
                    }
                    path = Path(directory) / f"{kind}-{engine}.yaml"
                    path.write_text(yaml.safe_dump(assistant, allow_unicode=True), encoding="utf-8")
            process = await asyncio.create_subprocess_exec(*command, env=environment)
            return await process.wait()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(run(sys.argv[1:])))
