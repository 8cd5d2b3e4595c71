"""Relay TCP connections to a server, in a process of its own that can cut them.

Invariant: whatever is cut, the relay takes new connections until its block ends, as a
network does that recovers.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tools.faults.forking import keep_descriptors

LINGER_SECONDS = 1.5
"""Seconds that the server's side of a cut connection stays."""

CUT, CUT_CLIENT, LOSE_ANSWER = b"c", b"p", b"l"
"""What the relay is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The process that relays, and its port on this machine."""

    port: int
    orders: int
    """The pipe that tells the relay what to do.  What it is told before the client or the
    server sends something happens before that is relayed."""

    def cut(self) -> None:
        """End the connections for both sides."""
        os.write(self.orders, CUT)

    def cut_client_only(self) -> None:
        """End the connections for the client; the server notices later."""
        os.write(self.orders, CUT_CLIENT)

    def lose_answer(self) -> None:
        """End the connections instead of relaying the server's next answer."""
        os.write(self.orders, LOSE_ANSWER)


@contextmanager
def run_relay(server: Path) -> Iterator[Relay]:
    """Relay a port of this machine to the server's socket in a folder, until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    its_orders, orders = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            keep_descriptors(listening.fileno(), its_orders)
            _serve(listening, its_orders, str(server / ".s.PGSQL.5432"))
        finally:
            os._exit(1)
    port = listening.getsockname()[1]
    listening.close()
    os.close(its_orders)
    try:
        yield Relay(port=port, orders=orders)
    finally:
        os.close(orders)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@dataclass(kw_only=True)
class _Wires:
    """The connections that are relayed, and what is to become of them."""

    ready: selectors.BaseSelector
    server: str
    """The path of the server's socket."""
    other: dict[socket.socket, socket.socket] = field(default_factory=dict)
    """Either end of a connection → its other end."""
    clients: set[socket.socket] = field(default_factory=set)
    lingering: list[tuple[float, socket.socket]] = field(default_factory=list)
    """When to close the server's side of a connection that the client has lost."""
    loses_answer: bool = False

    def add(self, client: socket.socket) -> None:
        upstream = socket.socket(socket.AF_UNIX)
        try:
            upstream.connect(self.server)
        except OSError:  # the server is starting again
            client.close()
            return
        self.clients.add(client)
        self.other |= {client: upstream, upstream: client}
        for each in (client, upstream):
            self.ready.register(each, selectors.EVENT_READ)

    def relay_from(self, source: socket.socket) -> None:
        """Relay what a side has sent; end the connection when it has ended there."""
        if source not in self.other:  # ended earlier in this round
            return
        data = _receive(source)
        if data and self.loses_answer and source not in self.clients:
            self.loses_answer = False
            self.end_all(reset=False, linger=0.0)
            return
        try:
            if data:
                self.other[source].sendall(data)
                return
        except OSError:
            pass
        client = source if source in self.clients else self.other[source]
        self._end(client, reset=False, linger=0.0)

    def end_all(self, *, reset: bool, linger: float) -> None:
        for client in list(self.clients):
            self._end(client, reset=reset, linger=linger)

    def _end(self, client: socket.socket, *, reset: bool, linger: float) -> None:
        upstream = self.other[client]
        self.clients.remove(client)
        for each in (client, upstream):
            del self.other[each]
            self.ready.unregister(each)
        if reset:
            # As from a firewall that forgot the connection.
            with suppress(OSError):  # the client has closed it already
                client.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
        client.close()
        self.lingering.append((time.monotonic() + linger, upstream))

    def close_lingering(self) -> float | None:
        """Close those whose time has come; return the seconds until the next."""
        now = time.monotonic()
        due = [upstream for end, upstream in self.lingering if end <= now]
        self.lingering = [each for each in self.lingering if each[0] > now]
        for upstream in due:
            upstream.close()
        return min((end - now for end, _ in self.lingering), default=None)


def _serve(listening: socket.socket, orders: int, server: str) -> None:
    """Relay until the orders end."""
    wires = _Wires(ready=selectors.DefaultSelector(), server=server)
    wires.ready.register(listening, selectors.EVENT_READ)
    wires.ready.register(orders, selectors.EVENT_READ)
    while True:
        sources = [
            key.fileobj for key, _ in wires.ready.select(wires.close_lingering())
        ]
        if orders in sources and not _follow_orders(wires, os.read(orders, 16)):
            return
        for source in sources:
            if source is listening:
                wires.add(listening.accept()[0])
            elif isinstance(source, socket.socket):
                wires.relay_from(source)


def _follow_orders(wires: _Wires, orders: bytes) -> bool:
    """Do what the relay is told; return False when nobody is there to tell it."""
    if CUT in orders:
        wires.end_all(reset=False, linger=0.0)
    if CUT_CLIENT in orders:
        wires.end_all(reset=True, linger=LINGER_SECONDS)
    if LOSE_ANSWER in orders:
        wires.loses_answer = True
    return bool(orders)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""
