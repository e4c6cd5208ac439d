"""A program that answers on a port of its own for as long as a `with` block lasts."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from tests.cluster.process import Process, answers
from tests.ports import Ports


class Program(ABC):
    """Started in `folder`; what it is called, how it starts and when it is ready is the heir's."""

    name: str
    ready: str
    seconds: float

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = Ports()
        self._process: Process | None = None
        self.url = ""

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """How it is started; files that it reads are written here."""

    def __enter__(self) -> Self:
        port = self._ports.take()
        self.url = f"http://127.0.0.1:{port}"
        try:
            self._process = Process(self.name, self.command(port), self._folder)
            self._process.wait_until(lambda: answers(self.url + self.ready), self.seconds)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.stop()
        self._ports.release()
