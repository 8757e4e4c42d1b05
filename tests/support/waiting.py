"""Wait on something observable, never on a guess."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    check: Callable[[], Awaitable[T]],
    timeout: float = ...,  # noqa: ASYNC109
    interval: float = ...,
) -> T: ...
@overload
async def eventually(
    check: Callable[[], T],
    timeout: float = ...,  # noqa: ASYNC109
    interval: float = ...,
) -> T: ...
async def eventually(
    check: Callable[[], T | Awaitable[T]],
    timeout: float = 10.0,  # noqa: ASYNC109  (the whole point)
    interval: float = 0.02,
) -> T:
    """Ask until the answer is truthy, and return it; errors count as "not yet".

    Raises:
        AssertionError: when the time is up, with the last answer or error.
    """
    last: object = "never asked"
    deadline = asyncio.get_running_loop().time() + timeout
    while True:
        try:
            answer = check()
            result: T = await answer if inspect.isawaitable(answer) else answer
            if result:
                return result
            last = result
        except Exception as error:  # noqa: BLE001  (not yet, whatever it is)
            last = error
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not within {timeout:g} s; last: {last!r}")
        await asyncio.sleep(interval)
