"""Relay TCP connections to a server, in a process of its own that can cut them.

SIGKILL     both ends see that the connection has ended
SIGUSR1     only the client sees it; the server's side stays for a while
SIGUSR2     the server's next answer is lost, and both ends see the connection end
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

from tools.faults.forking import keep_descriptors

LINGER_SECONDS = 1.5
"""Seconds that the server's side of a cut connection stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The process that relays, and its port on this machine."""

    port: int
    pid: int

    def cut(self) -> None:
        """End the connection for both sides."""
        os.kill(self.pid, signal.SIGKILL)

    def cut_client_only(self) -> None:
        """End the connection for the client; the server notices later."""
        os.kill(self.pid, signal.SIGUSR1)

    def lose_answer(self) -> None:
        """End the connection instead of relaying the server's next answer."""
        os.kill(self.pid, signal.SIGUSR2)


@contextmanager
def run_relay(server: Path) -> Iterator[Relay]:
    """Relay a port of this machine to the server's socket in a folder, until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    lifeline, ours = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            keep_descriptors(listening.fileno(), lifeline)
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
    losing: list[int] = []  # not empty: the next answer is to be lost
    other: dict[socket.socket, socket.socket] = {}
    signal.signal(signal.SIGUSR1, lambda number, frame: _cut_clients(clients))
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
            elif data := _receive(source):
                if losing and source not in clients:
                    return
                other[source].sendall(data)
            else:
                for each in (source, other[source]):
                    ready.unregister(each)
                    each.close()


def _cut_clients(clients: Iterable[socket.socket]) -> NoReturn:
    for client in clients:
        with suppress(OSError):  # the client has closed it already
            # A reset, as from a firewall that forgot the connection.
            linger = struct.pack("ii", 1, 0)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            client.close()
    time.sleep(LINGER_SECONDS)
    os._exit(0)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
