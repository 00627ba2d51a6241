"""A reset instead of an orderly end, for a channel that has failed (PROTOCOL §8.1)."""

import socket
import struct
from typing import Final

_AT_ONCE: Final = struct.pack("ii", 1, 0)  # struct linger: on, zero seconds


def reset_on_close(sock: socket.socket | None) -> None:
    """See to it that a socket which is closed before the tick, at the end of the process, is reset too."""
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
