"""The listening sockets: accepting while there is room, and pausing when there is none (PROTOCOL §8.2)."""

import asyncio
import errno
import logging
import os
import socket
from collections.abc import Callable, Iterable

from framework.limits import ACCEPT_PAUSE_SECONDS, ACCEPTS_AT_ONCE, BACKLOG

logger = logging.getLogger("suitecase.server")

_EXHAUSTED = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


class Listener:
    """Accepts connections from bound sockets that do not block.

    asyncio's own server accepts as many as come, and logs a traceback for each for which the system has no descriptor.
    This one asks `has_room` before each, and takes a pause where the system has none.
    """

    def __init__(
        self,
        sockets: Iterable[socket.socket],
        accepted: Callable[[socket.socket], None],
        has_room: Callable[[], bool],
        at_once: int = ACCEPTS_AT_ONCE,
    ) -> None:
        self._sockets = tuple(sockets)
        self._accepted = accepted
        self._has_room = has_room
        self._at_once = at_once
        self._loop = asyncio.get_running_loop()
        self._is_accepting = False
        self._pause: asyncio.TimerHandle | None = None
        self._has_warned = False

    @property
    def address(self) -> tuple[str, int]:
        """The host and port of the first socket."""
        host, port, *_ = self._sockets[0].getsockname()
        return host, port

    def listen(self) -> None:
        """Begin. Raises OSError; the sockets are closed then."""
        try:
            for sock in self._sockets:
                sock.listen(BACKLOG)
        except OSError:
            self.close()
            raise
        self._watch()

    def room_again(self) -> None:
        """Go on accepting, if that had ended for lack of room."""
        if not self._is_accepting and self._pause is None and self._has_room():
            self._watch()

    def close(self) -> None:
        """Accept no more."""
        self._unwatch()
        if self._pause is not None:
            self._pause.cancel()
        self._has_room = _never
        for sock in self._sockets:
            sock.close()

    def _watch(self) -> None:
        self._is_accepting = True
        for sock in self._sockets:
            self._loop.add_reader(sock, self._accept, sock)

    def _unwatch(self) -> None:
        if self._is_accepting:
            self._is_accepting = False
            for sock in self._sockets:
                self._loop.remove_reader(sock)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(self._at_once):
            if not self._has_room():
                self._unwatch()
                return
            try:
                sock, _ = listening.accept()
            except OSError as error:
                # Of the others, none is waiting, or one has gone again, or a network error was waiting (accept(2)).
                if error.errno in _EXHAUSTED:
                    self._take_a_pause(error)
                return
            self._accepted(sock)

    def _take_a_pause(self, error: OSError) -> None:
        self._unwatch()
        self._pause = self._loop.call_later(ACCEPT_PAUSE_SECONDS, self._end_pause)
        if not self._has_warned:  # once, for who floods would fill the log
            self._has_warned = True
            logger.warning("accepting pauses while the system has no room: %s", os.strerror(error.errno or 0))

    def _end_pause(self) -> None:
        self._pause = None
        self.room_again()


def _never() -> bool:
    return False
