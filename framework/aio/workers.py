"""The threads that compute the handshakes of a server (PROTOCOL §8.2)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from framework.errors import ConfigurationError
from framework.limits import HANDSHAKE_WORKERS


def started_workers() -> ThreadPoolExecutor:
    """Give HANDSHAKE_WORKERS threads, all of which run. Raises ConfigurationError where the system has none for them.

    An executor starts a thread when work comes and none is free. It raises when the system has no thread then, and
    keeps the work nevertheless. One whose threads all run starts no other.
    """
    workers = ThreadPoolExecutor(HANDSHAKE_WORKERS, thread_name_prefix="handshake")
    all_run = Barrier(HANDSHAKE_WORKERS)  # so none is free before all run
    try:
        for _ in range(HANDSHAKE_WORKERS):
            workers.submit(all_run.wait)
    except (RuntimeError, MemoryError):
        all_run.abort()
        workers.shutdown(wait=False)
        raise ConfigurationError(
            "the system has no thread to compute handshakes; end other programs, or raise the limit (ulimit -u)"
        ) from None
    return workers
