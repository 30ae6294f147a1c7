"""API commands over the simulated Event Socket: at once, and as jobs in the background."""

from uuid import uuid4

from assist.simulate.api import api
from assist.simulate.switchboard import Switchboard
from assist.switch.wire import Command, frame


async def perform(board: Switchboard, command: str) -> bytes:
    """Return the frame of what *command* prints, once it has: only ``originate`` takes its time."""
    return frame({"Content-Type": "api/response"}, (await _printed(board, command)).encode())


def start_job(board: Switchboard, command: Command, owner: str = "") -> bytes:
    """Begin what ``bgapi`` asks for, and return the answer; the result will be an event. *owner*: the call's id."""
    _, _, text = command.text.partition(" ")
    job = command.headers.get("Job-UUID") or str(uuid4())
    board.begin(_job(board, text, job, owner))
    return frame({"Content-Type": "command/reply", "Reply-Text": f"+OK Job-UUID: {job}", "Job-UUID": job})


async def _job(board: Switchboard, command: str, job: str, owner: str) -> None:
    verb, _, argument = command.partition(" ")
    printed = await _printed(board, command)
    headers = {"Job-UUID": job, "Job-Command": verb, "Job-Command-Arg": argument}
    board.publish("BACKGROUND_JOB", headers | ({"Job-Owner-UUID": owner} if owner else {}) | {"_body": printed})


async def _printed(board: Switchboard, command: str) -> str:
    verb, _, argument = command.partition(" ")
    printed = await board.originate(argument) if verb == "originate" else api(board, command)
    return printed or "-ERR no reply\n"
