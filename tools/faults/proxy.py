"""A connection that can be cut: a TCP relay to a server, in a process of its own.

SIGKILL     both ends see the connection end
SIGUSR1     only the client does; the server's side hangs on for a while
SIGUSR2     the next answer is lost: the server did what it was asked, and nobody knows
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tools.faults.forking import keep_only

HANGS_ON = 1.5
"""Seconds that the server's side of a parted connection stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    port: int
    pid: int

    def cut(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def part(self) -> None:
        os.kill(self.pid, signal.SIGUSR1)

    def lose_answer(self) -> None:
        os.kill(self.pid, signal.SIGUSR2)


@contextmanager
def relay(server: Path) -> Iterator[Relay]:
    """Relay a port of this machine to the server's socket in a folder."""
    listening = socket.create_server(("127.0.0.1", 0))
    lifeline, ours = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            keep_only(listening.fileno(), lifeline)
            _serve(listening, lifeline, str(server / ".s.PGSQL.5432"))
        finally:
            os._exit(1)
    port = listening.getsockname()[1]
    listening.close()
    os.close(lifeline)
    try:
        yield Relay(port=port, pid=pid)
    finally:
        os.close(ours)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _serve(listening: socket.socket, lifeline: int, server: str) -> None:
    """Relay until the lifeline ends."""
    clients: list[socket.socket] = []
    losing: list[int] = []
    other: dict[socket.socket, socket.socket] = {}
    signal.signal(signal.SIGUSR1, lambda number, frame: _part(clients))
    signal.signal(signal.SIGUSR2, lambda number, frame: losing.append(number))
    ready = selectors.DefaultSelector()
    ready.register(listening, selectors.EVENT_READ)
    ready.register(lifeline, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            source = key.fileobj
            if not isinstance(source, socket.socket):
                return
            if source is listening:
                client, _ = listening.accept()
                upstream = socket.socket(socket.AF_UNIX)
                upstream.connect(server)
                clients.append(client)
                other |= {client: upstream, upstream: client}
                for each in (client, upstream):
                    ready.register(each, selectors.EVENT_READ)
            elif data := _received(source):
                if losing and source not in clients:
                    return
                other[source].sendall(data)
            else:
                for each in (source, other[source]):
                    ready.unregister(each)
                    each.close()


def _part(clients: Iterable[socket.socket]) -> NoReturn:
    for client in clients:
        with suppress(OSError):  # it has gone already
            # A reset, as from a firewall that forgot the connection.
            linger = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            client.close()
    time.sleep(HANGS_ON)
    os._exit(0)


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
