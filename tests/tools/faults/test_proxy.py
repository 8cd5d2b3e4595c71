"""The relay cuts what is connected, and goes on for whoever connects afterwards."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures.fast import leave_out
from tools.faults.proxy import Relay, run_relay


class Capitals(socketserver.BaseRequestHandler):
    """Answer everything with the same in capital letters."""

    def handle(self) -> None:
        while data := self.request.recv(100):
            self.request.sendall(data.upper())


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    leave_out("processes")
    path = str(tmp_path / ".s.PGSQL.5432")
    with socketserver.ThreadingUnixStreamServer(path, Capitals) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with run_relay(tmp_path) as found:
            yield found
        server.shutdown()
        thread.join()


def connect(relay: Relay) -> socket.socket:
    return socket.create_connection(("127.0.0.1", relay.port), timeout=10)


def ask(client: socket.socket, text: bytes) -> bytes:
    """Return the answer; nothing when the connection has ended."""
    try:
        client.sendall(text)
        return client.recv(100)
    except OSError:
        return b""


@pytest.mark.parametrize(
    "break_it", [Relay.cut, Relay.cut_client_only, Relay.lose_answer]
)
def test_a_connection_after_the_cut_is_relayed(
    relay: Relay, break_it: Callable[[Relay], None]
) -> None:
    with connect(relay) as before:
        assert ask(before, b"a") == b"A"
        break_it(relay)
        assert ask(before, b"b") == b""
    with connect(relay) as after:
        assert ask(after, b"c") == b"C"
