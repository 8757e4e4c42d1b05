"""Turn signals into a request to stop, and a second one into force."""

import asyncio
import signal
from collections.abc import Callable

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequest:
    """Waits for the first signal; a second one kills."""

    def __init__(self, on_second: Callable[[], None]) -> None:
        self._on_second = on_second
        self._requested = asyncio.Event()
        self._installed: list[signal.Signals] = []
        self._starting: asyncio.Task[object] | None = None

    @property
    def requested(self) -> bool:
        """Whether a signal has come."""
        return self._requested.is_set()

    def install(self) -> None:
        """Begin to listen; a signal that is being ignored (nohup) stays ignored."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            if number not in self._installed and signal.getsignal(number) != signal.SIG_IGN:
                loop.add_signal_handler(number, self._receive)
                self._installed.append(number)

    def remove(self) -> None:
        """Give the signals back."""
        loop = asyncio.get_running_loop()
        while self._installed:
            loop.remove_signal_handler(self._installed.pop())

    def interrupt(self, task: asyncio.Task[object] | None) -> None:
        """Cancel this task, too, when the first signal comes; None: no longer."""
        self._starting = task

    async def wait(self) -> None:
        """Return when a signal has come."""
        await self._requested.wait()

    def _receive(self) -> None:
        if self._requested.is_set():
            self._on_second()
        elif self._starting is not None:
            self._starting.cancel()
        self._requested.set()
