"""A FreeSWITCH of one's own: the project's configuration and a far end that plays the carrier, both on loopback.

The far end is a second sofia profile of the same process: calls between the two are real SIP and RTP.

* A caller: originate ``sofia/far/sip:NUMBER@127.0.0.1:<trunk_port>`` to any application.
* Somebody called, or transferred to: ``sofia/gateway/far/NUMBER``; `far_end/dialplan.xml` says what
  each last digit does.
"""

import asyncio
import os
import random
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

from assist.errors import ConfigurationError, SwitchError
from assist.simulate.ports import free_ports
from assist.switch.control import Control, control

CUSTOMARY = (Path("/usr/local/freeswitch/bin/freeswitch"), Path("/opt/freeswitch/bin/freeswitch"))
"""Where builds from source go: not on the PATH."""

START_SECONDS = 30.0
RTP_PORTS = 200

FAR_END = Path(__file__).parent / "far_end"
FAR_END_PLACES = {
    "sip_profile.xml": "sip_profiles/far.xml",
    "dialplan.xml": "dialplan/far.xml",
    "gateway.xml": "sip_profiles/trunk/far.xml",
}


@dataclass(frozen=True, slots=True)
class Installation:
    """The program and the files of this project it runs with."""

    program: Path
    conf: Path
    """The directory ``freeswitch/conf`` of this project; it is copied."""
    scripts: Path
    """The directory ``scripts/freeswitch`` of this project."""
    modules: Path | None = None
    """Without it the program's own modules."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All on 127.0.0.1; free a moment ago."""

    esl: int
    trunk: int
    far: int
    worker: int
    """Where the dialplan looks for a worker first."""
    spare: int
    """Where it looks next."""


@dataclass(frozen=True, slots=True)
class PrivateFreeSwitch:
    """A FreeSWITCH that is ready to take calls."""

    ports: Ports
    password: str
    """Of its Event Socket."""
    directory: Path
    """Its configuration, logs and databases; gone afterwards."""
    media_dir: Path
    """In memory; for the ears and voices of calls; gone afterwards."""
    pid: int

    @property
    def log(self) -> Path:
        """The switch's log file."""
        return self.directory / "log" / "freeswitch.log"

    @asynccontextmanager
    async def control(self) -> AsyncIterator[Control]:
        """Yield a connection to its Event Socket."""
        async with control("127.0.0.1", self.ports.esl, self.password) as switch:
            yield switch

    def caller(self, number: str) -> str:
        """Return the endpoint to originate for a call that comes from the carrier and dials *number*."""
        return f"sofia/far/sip:{number}@127.0.0.1:{self.ports.trunk}"


def find_freeswitch(configured: Path | None = None) -> Path | None:
    """Return the program: the *configured* one, that on the PATH, or one in a customary place."""
    if configured is not None:
        return configured
    if found := shutil.which("freeswitch"):
        return Path(found)
    return next((place for place in CUSTOMARY if place.exists()), None)


@asynccontextmanager
async def private_freeswitch(
    installation: Installation,
    dids: Mapping[str, str],
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[PrivateFreeSwitch]:
    """Start a FreeSWITCH, yield it when it takes calls, and end it.

    *dids* are the numbers it answers and the names of their assistants; *environment* is of
    ``freeswitch/conf/README.md`` and comes before what is chosen here. Raises `ConfigurationError` with the end of
    its output if it does not start.
    """
    with _directory(None) as directory, _directory(_memory()) as media_dir:
        ports = Ports(*free_ports(5))
        password = secrets.token_hex(16)
        _lay_out(installation, dids, directory)
        chosen = {**_environment(directory, ports, password), **(environment or {})}
        process = await _start(installation, directory, chosen)
        switch = PrivateFreeSwitch(ports, password, directory, media_dir, process.pid)
        try:
            await _ready(switch, process)
            yield switch
        finally:
            await _stop(process)


@contextmanager
def _directory(parent: str | None) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="assist-", dir=parent))
    try:
        yield path
    finally:
        # Workers may be removing their own files at the same time.
        shutil.rmtree(path, ignore_errors=True)


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _lay_out(installation: Installation, dids: Mapping[str, str], directory: Path) -> None:
    conf = directory / "conf"
    shutil.copytree(installation.conf, conf)
    for name, place in FAR_END_PLACES.items():
        shutil.copy(FAR_END / name, conf / place)
    (conf / "dialplan/public/00_private.xml").write_text(_routes(dids), encoding="utf-8")
    for name in ("log", "run", "db", "tmp", "storage", "recordings", "cache"):
        (directory / name).mkdir()


def _routes(dids: Mapping[str, str]) -> str:
    table = Xml.Element("include")
    for number, assistant in dids.items():
        extension = Xml.SubElement(table, "extension", name=assistant)
        condition = Xml.SubElement(extension, "condition", field="destination_number", expression=f"^{number}$")
        Xml.SubElement(condition, "action", application="set", data=f"assist_assistant={assistant}")
        Xml.SubElement(condition, "action", application="transfer", data="${destination_number} XML assist")
    Xml.indent(table)
    return Xml.tostring(table, encoding="unicode")


def _environment(directory: Path, ports: Ports, password: str) -> dict[str, str]:
    # Below the ports that the system gives to whoever binds port 0.
    rtp = random.randrange(16384, 32768 - RTP_PORTS, RTP_PORTS)
    return {
        "PATH": os.pathsep.join(os.get_exec_path()),
        "HOME": str(directory),
        "ASSIST_ESL_PASSWORD": password,
        "ASSIST_ESL_PORT": str(ports.esl),
        "ASSIST_SIP_IP": "127.0.0.1",
        "ASSIST_SIP_PORT": str(ports.trunk),
        "ASSIST_CARRIER_CIDRS": "127.0.0.1/32",
        "ASSIST_SOCKET": f"127.0.0.1:{ports.worker}|127.0.0.1:{ports.spare}",
        "ASSIST_RTP_FIRST": str(rtp),
        "ASSIST_RTP_LAST": str(rtp + RTP_PORTS - 1),
        "FAR_PORT": str(ports.far),
    }


async def _start(
    installation: Installation, directory: Path, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    places = {name: directory / name for name in ("conf", "log", "run", "db", "storage", "recordings", "cache")}
    places |= {"temp": directory / "tmp", "scripts": installation.scripts}
    if installation.modules is not None:
        places["mod"] = installation.modules
    options = [word for name, place in places.items() for word in (f"-{name}", str(place))]
    with (directory / "output").open("wb") as output:
        # Whoever started it may be killed: it must not go on alone.
        return await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", str(installation.program),
            "-nf", "-nc", "-nonat", "-nort", "-nocal", *options,
            env=dict(environment), cwd=directory, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip


async def _ready(switch: PrivateFreeSwitch, process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _takes_calls(switch):
                if process.returncode is not None:
                    raise _not_started(switch, f"ended with {process.returncode}")
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise _not_started(switch, f"took no calls within {START_SECONDS:.0f} s") from error


async def _takes_calls(switch: PrivateFreeSwitch) -> bool:
    try:
        async with switch.control() as switch_control:
            profiles = await switch_control.connection.api("sofia status")
    except SwitchError:
        return False
    return profiles.count("RUNNING") == 2


def _not_started(switch: PrivateFreeSwitch, why: str) -> ConfigurationError:
    end = (switch.directory / "output").read_text(encoding="utf-8", errors="replace")[-500:]
    return ConfigurationError(f"FreeSWITCH {why}: {end.strip() or 'no output'}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    # Asked politely it takes four seconds to say goodbye to carriers it has not got.
    if process.returncode is None:
        process.kill()
    await process.wait()
