"""uvicorn without its signal handling: one place decides when the process stops."""

from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # MLServer switches off what older versions called install_signal_handlers.
        yield


class QuietServer:
    """For MLServer's servers that run uvicorn: our socket, our signals, a bounded shutdown."""

    _get_config: Any

    def bind(self, host: str, port: int) -> None:
        """Take the port now; ``OSError`` if it is in use."""
        family = AF_INET6 if ":" in host else AF_INET
        self._socket = socket(family)
        self._socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise

    async def start(self) -> None:
        self._server = _Server(self._get_config())
        await self._server.serve(sockets=[self._socket])

    def begin_stop(self, seconds: float) -> None:
        """Take no new connections, finish what runs, cut off what still runs after ``seconds``."""
        self._server.config.timeout_graceful_shutdown = seconds
        self._server.should_exit = True
