"""A process of its own in which FreeSWITCH's client library, libesl, reads captured bytes: it may crash.

`python libesl.py read FILE CHUNK` prints a line of JSON for everything libesl makes of FILE, fed CHUNK bytes at a
time: its headers in order, and its body. The first line is the answer to ``connect``, which libesl asks for itself.
"""

import json
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import ESL  # type: ignore


def feed(data: bytes, chunk: int, end: socket.socket) -> None:
    for start in range(0, len(data), chunk):
        end.send(data[start : start + chunk])
    end.detach()  # open as long as the process: libesl takes a closed socket for an error before it has read all


def show(event: Any) -> None:
    headers = []
    name = event.firstHeader()
    while name:
        headers.append([name, event.getHeader(name)])
        name = event.nextHeader()
    print(json.dumps([headers, event.getBody()]))


def attach(file: str, chunk: str) -> Any:
    # Each packet of this kind of socket is one recv() at the other end, so libesl sees exactly these pieces.
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    threading.Thread(target=feed, args=(Path(file).read_bytes(), int(chunk), far), daemon=True).start()
    return ESL.ESLconnection(near.detach())


def read(connection: Any) -> None:
    show(connection.getInfo())
    while event := connection.recvEvent():
        if not connection.connected():
            return
        show(event)


def answer(connection: Any) -> None:
    name = connection.getInfo().getHeader("Caller-Caller-ID-Name")
    connection.execute("set", f"caller={name}")


if __name__ == "__main__":
    {"read": read, "answer": answer}[sys.argv[1]](attach(*sys.argv[2:]))
