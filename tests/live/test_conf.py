"""The configuration that ships, on a real FreeSWITCH."""

import asyncio
import json
import os
import re
import shutil
import time
import uuid
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from assist.errors import CommandFailed, ConfigurationError
from assist.simulate.freeswitch import Installation, PrivateFreeSwitch, private_freeswitch
from assist.switch.connection import Connection
from assist.switch.control import Control, control
from assist.switch.events import Event
from assist.switch.server import serve
from tests.live.sip import G729, PCMA, PCMU, telephone
from tests.live.switch import DIDS, ROOT

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICKUP_SECONDS = 1
MAX_CALLS = 3
TABLE = "34910000002 hotel en\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty(freeswitch: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[PrivateFreeSwitch]:
    """A FreeSWITCH that gives workers little time and takes few calls."""
    table = tmp_path_factory.mktemp("conf") / "dids"
    table.write_text(TABLE, encoding="utf-8")
    environment = {
        "ASSIST_PICKUP_SECONDS": str(PICKUP_SECONDS),
        "ASSIST_MAX_CALLS": str(MAX_CALLS),
        "ASSIST_DIDS": str(table),
    }
    async with private_freeswitch(freeswitch, DIDS, environment) as started:
        yield started


@asynccontextmanager
async def worker(
    switch: PrivateFreeSwitch, handler: Callable[[Connection, Event], Awaitable[None]]
) -> AsyncIterator[None]:
    networks = [ip_network("127.0.0.0/8")]
    async with serve(handler, "127.0.0.1", switch.ports.worker, limit=10, peers=networks, reuse_port=False):
        yield


@asynccontextmanager
async def mute(port: int, says: bytes = b"") -> AsyncIterator[asyncio.Event]:
    """A server that takes connections and is no worker; set when the first comes."""
    connected = asyncio.Event()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        writer.write(says)
        taken.append(writer)

    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(take, "127.0.0.1", port)
    try:
        yield connected
    finally:
        server.close()
        for writer in taken:
            writer.close()
        await server.wait_closed()


async def no_calls(switch: Control) -> None:
    """Wait until every channel is gone."""
    async with asyncio.timeout(15):
        while await sessions(switch):  # noqa: ASYNC110 - FreeSWITCH tells nobody when the last session is gone
            await asyncio.sleep(0.05)


async def sessions(switch: Control) -> int:
    """Return how many channels there are now; `show channels` tells it later."""
    found = re.search(r"(\d+) session\(s\) - peak", await switch.status())
    assert found is not None
    return int(found[1])


async def call(switch: Control, originate: str) -> None:
    """Place a call and wait until it is over, answered or not."""
    with suppress(CommandFailed):
        await switch.connection.bgapi(originate)
    await no_calls(switch)


async def hears(switch: PrivateFreeSwitch, number: str, seconds: int) -> NDArray[np.float64]:
    """Call *number* from the far end and return what is heard there, as samples of full scale 1."""
    recording = switch.directory / f"{uuid.uuid4()}.wav"
    async with switch.control() as far:
        await call(far, f"originate {switch.caller(number)} '&record({recording} {seconds})'")
    with wave.open(str(recording)) as sound:
        assert sound.getframerate() == 8000
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float64) / 32768


async def hears_the_apology(switch: PrivateFreeSwitch, number: str, language: str = "es") -> bool:
    """Call *number*; return whether the apology begins at once."""
    return likeness(await hears(switch, number, 3), apology(language)[: 2 * 8000]) > 0.95


def apology(language: str) -> NDArray[np.float64]:
    """Return what is said, without the silence around it."""
    with wave.open(str(ROOT / f"freeswitch/conf/sounds/apology.{language}.wav")) as sound:
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float64)[800:-800] / 32768


def likeness(heard: NDArray[np.float64], sought: NDArray[np.float64]) -> float:
    """Return how well *sought* is found in *heard*, 1 is exactly: the median of its half seconds.

    A busy machine drops a frame now and then, and what follows is shifted.
    """
    pieces = [sought[start : start + 4000] for start in range(0, len(sought) - 4000, 4000)]
    return float(np.median([_best_match(heard, piece) for piece in pieces]))


def _best_match(heard: NDArray[np.float64], piece: NDArray[np.float64]) -> float:
    if len(heard) < len(piece):
        return 0.0
    size = len(heard) + len(piece)
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size)), size)
    sums = np.concatenate([[0.0], np.cumsum(heard**2)])
    energy = sums[len(piece) :] - sums[: -len(piece)]
    return float(np.max(product[: len(energy)] / np.sqrt(np.maximum(energy, 1e-6) * np.sum(piece**2))))


async def test_starts_without_an_error(hasty: PrivateFreeSwitch) -> None:
    before_it_ran, banner, _ = hasty.log.read_text(encoding="utf-8").partition("FreeSWITCH (http")
    assert banner
    assert not re.findall(r"^.*\[(?:ERR|CRIT)\].*$", before_it_ran, re.MULTILINE)


async def test_an_unknown_number_is_refused(hasty: PrivateFreeSwitch) -> None:
    async with telephone(hasty.ports.trunk) as caller:
        assert await caller.invite("4999999") == 404
    log = hasty.log.read_text(encoding="utf-8")
    assert "Nobody answers the number called" in log
    assert "4999999" not in log


async def test_another_codec_is_refused(hasty: PrivateFreeSwitch) -> None:
    async with telephone(hasty.ports.trunk) as caller:
        assert await caller.invite("1000", G729) == 488
    assert "34600000000" not in hasty.log.read_text(encoding="utf-8")


@pytest.mark.parametrize("codec", [PCMA, PCMU])
async def test_either_law_is_taken(hasty: PrivateFreeSwitch, codec: tuple[str, int]) -> None:
    async with telephone(hasty.ports.trunk) as caller:
        assert await caller.invite("1000", codec) == 200
        assert await caller.ask("BYE", "1000") == 200


async def test_who_is_not_the_carrier_is_refused(hasty: PrivateFreeSwitch) -> None:
    async with telephone(hasty.ports.trunk, host="127.0.0.2") as caller:
        assert await caller.invite("1000") == 403


async def test_nobody_registers(hasty: PrivateFreeSwitch) -> None:
    async with telephone(hasty.ports.trunk) as caller:
        assert await caller.ask("REGISTER", "1000") >= 400


async def test_nobody_is_sent_elsewhere_at_our_cost(hasty: PrivateFreeSwitch) -> None:
    """By a REFER of the caller, nor by a redirect of who is called."""
    async with telephone(hasty.ports.trunk) as caller:
        assert await caller.invite("1000") == 200
        assert await caller.ask("REFER", "1000") >= 400
        assert await caller.ask("BYE", "1000") == 200
    async with redirecting() as (port, redirected), hasty.control() as switch:
        with pytest.raises(CommandFailed):
            await switch.connection.bgapi(f"originate sofia/trunk/sip:34600000001@127.0.0.1:{port} &park()")
        assert redirected.empty()


@asynccontextmanager
async def redirecting() -> AsyncIterator[tuple[int, asyncio.Queue[bytes]]]:
    """A SIP server at the first that sends every call to another place; what comes there."""
    loop = asyncio.get_running_loop()
    elsewhere, other = await loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0))
    contact = f"Contact: <sip:34906000000@127.0.0.1:{elsewhere.get_extra_info('sockname')[1]}>\r\n".encode()
    here, first = await loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0))

    async def answer() -> None:
        while True:
            request = await first.received.get()
            if request.startswith(b"INVITE"):
                kept = re.findall(rb"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", request, re.MULTILINE)
                here.sendto(
                    b"SIP/2.0 302 Moved\r\n" + b"".join(kept) + contact + b"Content-Length: 0\r\n\r\n", first.peer
                )

    answering = asyncio.create_task(answer())
    try:
        yield here.get_extra_info("sockname")[1], other.received
    finally:
        answering.cancel()
        here.close()
        elsewhere.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.peer = ("", 0)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.peer = addr
        self.received.put_nowait(data)


async def test_without_a_worker_the_caller_hears_the_apology(hasty: PrivateFreeSwitch) -> None:
    """All of it, and then the call is over."""
    assert likeness(await hears(hasty, "1000", 30), apology("es")) > 0.95


async def test_a_number_of_the_table_is_routed_and_apologised_to_in_its_language(hasty: PrivateFreeSwitch) -> None:
    await has_python(hasty)
    assert await hears_the_apology(hasty, "34910000002", "en")


async def test_each_call_leaves_a_record(hasty: PrivateFreeSwitch) -> None:
    await has_python(hasty)
    async with hasty.control() as switch:
        await no_calls(switch)
    records = hasty.log.with_name("assist_calls.jsonl")
    before = len(records.read_text(encoding="utf-8").splitlines()) if records.exists() else 0

    async def hang_up(connection: Connection, data: Event) -> None:
        await connection.execute("answer")
        await connection.execute("hangup", "NORMAL_CLEARING")
        await connection.closed()

    async with worker(hasty, hang_up), hasty.control() as switch:
        await call(switch, f"originate {hasty.caller('1001')} &park()")
    lines = records.read_text(encoding="utf-8").splitlines()[before:]
    record = json.loads(lines[0])
    assert len(lines) == 1
    assert record["assistant"] == "clinica"
    assert record["direction"] == "inbound"
    assert record["cause"] == "NORMAL_CLEARING"
    assert 0 < record["started"] <= record["answered"] <= record["ended"]
    assert "1001" not in [str(value) for value in record.values()]


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_who_is_no_worker_does_not_hold_the_caller(hasty: PrivateFreeSwitch, says: bytes) -> None:
    """Neither a half-open socket nor a server that speaks something else; and nothing is left behind."""
    started = time.monotonic()
    async with mute(hasty.ports.worker, says) as connected, mute(hasty.ports.spare, says):
        assert await hears_the_apology(hasty, "1000")
        assert connected.is_set()
    assert time.monotonic() - started < PICKUP_SECONDS + 3 + 4


async def test_who_closes_at_once_is_passed_over(hasty: PrivateFreeSwitch) -> None:
    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", hasty.ports.worker)
    async with server:
        assert await hears_the_apology(hasty, "1000")


async def test_a_call_outlives_the_loss_of_its_worker_three_times(hasty: PrivateFreeSwitch) -> None:
    taken: list[str] = []

    async def die_three_times(connection: Connection, data: Event) -> None:
        taken.append(data["Unique-ID"])
        await connection.execute("answer")
        if len(taken) <= 3:
            connection.close()
        else:
            await connection.execute("hangup")
            await connection.closed()

    async with worker(hasty, die_three_times), hasty.control() as switch:
        await call(switch, f"originate {hasty.caller('1000')} &park()")
    assert len(taken) == 4
    assert len(set(taken)) == 1


async def test_an_answered_call_outlives_the_time_to_pick_up(hasty: PrivateFreeSwitch) -> None:
    ended = asyncio.Event()

    async def answer(connection: Connection, data: Event) -> None:
        await connection.execute("answer")
        await connection.closed()
        ended.set()

    async with worker(hasty, answer), hasty.control() as switch:
        answered = await switch.connection.bgapi(f"originate {hasty.caller('1000')} &park()")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ended.wait(), PICKUP_SECONDS + 1.5)
        await switch.hang_up(answered.removeprefix("+OK").strip())
        await no_calls(switch)


async def test_the_worker_learns_who_is_called_and_for_whom(hasty: PrivateFreeSwitch) -> None:
    told: list[Event] = []

    async def note(connection: Connection, data: Event) -> None:
        told.append(data)
        await connection.execute("hangup")
        await connection.closed()

    async with worker(hasty, note), hasty.control() as switch:
        await call(switch, f"originate {hasty.caller('1000')} &park()")
        await call(switch, "originate {assist_assistant=hotel}sofia/gateway/far/34600000001 34600000001 XML assist")
    inbound, outbound = told
    assert inbound["Caller-Destination-Number"] == "1000"
    assert outbound["Caller-Destination-Number"] == "34600000001"
    for data, assistant, direction in ((inbound, "clinica", "inbound"), (outbound, "hotel", "outbound")):
        assert data["variable_assist_assistant"] == assistant
        assert data["variable_assist_direction"] == direction
        assert data["variable_timer_name"] == "soft"
        assert data["variable_socket_resume"] == "true"


async def test_more_calls_than_agreed_are_refused_also_while_they_hear_the_apology(hasty: PrivateFreeSwitch) -> None:
    async with hasty.control() as switch:
        for _ in range(MAX_CALLS):
            await switch.connection.bgapi(f"originate {hasty.caller('1000')} &park()")
        async with telephone(hasty.ports.trunk) as caller:
            assert await caller.invite("1000") == 503
        await switch.connection.api("hupall")
        await no_calls(switch)


@pytest.mark.parametrize("name", ["José Peña".encode("latin-1"), b"${system(touch PATH)}", b"$${system(touch PATH)}"])
async def test_a_callers_name_does_no_harm(hasty: PrivateFreeSwitch, tmp_path: Path, name: bytes) -> None:
    """The worker hears of it, nothing runs, and the switch goes on."""
    names: list[str] = []
    trace = tmp_path / "harm"

    async def answer(connection: Connection, data: Event) -> None:
        names.append(data["Caller-Caller-ID-Name"])
        await connection.execute("answer")
        await connection.closed()

    async with worker(hasty, answer), telephone(hasty.ports.trunk, name=name.replace(b"PATH", bytes(trace))) as caller:
        assert await caller.invite("1000") == 200
        assert await caller.ask("BYE", "1000") == 200
        async with hasty.control() as switch:
            await no_calls(switch)
            for command in ("system", "bg_system"):
                with pytest.raises(CommandFailed):
                    await switch.connection.api(f"{command} touch {trace}")
    assert len(names) == 1
    assert not trace.exists()


async def test_another_password_is_refused(hasty: PrivateFreeSwitch) -> None:
    with pytest.raises(ConfigurationError, match="wrong password"):
        async with control("127.0.0.1", hasty.ports.esl, "0123456789abcdef"):
            pass


@pytest.mark.parametrize("password", ["ClueCon", "1234", ""])
async def test_does_not_start_with_a_published_password(freeswitch: Installation, password: str) -> None:
    with pytest.raises(ConfigurationError, match="ASSIST_ESL_PASSWORD"):
        async with private_freeswitch(freeswitch, DIDS, {"ASSIST_ESL_PASSWORD": password}):
            pass


async def test_without_python_or_worker_the_caller_is_passed_on_and_nothing_is_left(
    freeswitch: Installation, hasty: PrivateFreeSwitch, tmp_path: Path
) -> None:
    """The log, as it is by default, knows nobody's number."""
    async with hasty.control() as asked:
        installed = Path(await asked.connection.api("global_getvar mod_dir"))
    bare = replace(freeswitch, modules=modules_without_python(installed, tmp_path))
    async with private_freeswitch(bare, DIDS, {"ASSIST_FALLBACK": "sofia/gateway/far/34600000002"}) as switch:
        recording = switch.directory / "heard.wav"
        async with switch.control() as far:
            await far.connection.bgapi(
                f"originate {{origination_caller_id_number=34611111111}}{switch.caller('1000')} &record({recording})"
            )
            assert await sessions(far) == 4
            await asyncio.sleep(1.5)
            await far.connection.api("hupall")
            await no_calls(far)
        with wave.open(str(recording)) as sound:
            heard = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(np.float64)
        tone = np.fft.rfftfreq(len(heard), 1 / 8000)[np.argmax(np.abs(np.fft.rfft(heard)))]
        log = switch.log.read_text(encoding="utf-8")
    assert tone == pytest.approx(440, abs=3)
    assert "34611111111" not in log
    assert "34600000002" not in log
    assert not switch.directory.exists()
    assert not switch.media_dir.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(switch.pid, 0)


async def test_the_templates_of_trunks_are_gateways(freeswitch: Installation, tmp_path: Path) -> None:
    conf = tmp_path / "conf"
    shutil.copytree(freeswitch.conf, conf)
    for template in (conf / "sip_profiles/trunk").glob("*.example"):
        template.rename(template.with_suffix(""))
    trunk = {"ASSIST_TRUNK_USER": "somebody", "ASSIST_TRUNK_PASSWORD": "secret"}
    async with (
        private_freeswitch(replace(freeswitch, conf=conf), DIDS, trunk) as switch,
        switch.control() as asked,
    ):
        known = await asked.connection.api("sofia status gateway carrier")
        registered = await asked.connection.api("sofia status gateway registered")
    assert re.search(r"^State\s+NOREG", known, re.MULTILINE)
    assert re.search(r"^Username\s+somebody", registered, re.MULTILINE)
    assert not re.search(r"^State\s+NOREG", registered, re.MULTILINE)


def modules_without_python(installed: Path, folder: Path) -> Path:
    """Make *folder* hold FreeSWITCH's modules as on an image that was built without mod_python3."""
    for module in installed.glob("*.so"):
        if module.stem != "mod_python3":
            (folder / module.name).symlink_to(module)
    return folder


async def has_python(switch: PrivateFreeSwitch) -> None:
    async with switch.control() as asked:
        try:
            await asked.connection.api("python assist_route 1")
        except CommandFailed:
            pytest.skip("this FreeSWITCH has no mod_python3, or that finds no freeswitch.py")
