"""Work in threads that nobody waits for: neither the event loop at its end nor the interpreter at its own."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class DaemonThreads(Executor):
    """An executor with a daemon thread for each call. Where the system has no thread, the caller computes it himself.

    asyncio's own executor is joined at the end of the loop and of the interpreter: a name server that does not answer
    would hold both, past every deadline and signal. Meant for few calls at a time.
    """

    def submit(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
        """Begin a call."""
        future: Future[R] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 - for whoever asks the future
                future.set_exception(error)
            else:
                future.set_result(result)

        try:
            threading.Thread(target=work, name="work", daemon=True).start()
        except RuntimeError:
            work()
        return future
