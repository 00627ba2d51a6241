"""Noticing a peer that is gone without a word: its cable pulled, its power cut (PROTOCOL §8.2)."""

import socket
from contextlib import suppress

from framework.limits import KEEPALIVE_IDLE_SECONDS, KEEPALIVE_INTERVAL_SECONDS, KEEPALIVE_PROBES

_GONE_AFTER_SECONDS = KEEPALIVE_IDLE_SECONDS + KEEPALIVE_PROBES * KEEPALIVE_INTERVAL_SECONDS

_OPTIONS = (
    ("TCP_KEEPIDLE", KEEPALIVE_IDLE_SECONDS),
    ("TCP_KEEPALIVE", KEEPALIVE_IDLE_SECONDS),  # macOS calls it so
    ("TCP_KEEPINTVL", KEEPALIVE_INTERVAL_SECONDS),
    ("TCP_KEEPCNT", KEEPALIVE_PROBES),
    # While data waits for an acknowledgement there are no probes: this is the same limit for it, in milliseconds.
    ("TCP_USER_TIMEOUT", _GONE_AFTER_SECONDS * 1000),
)


def keep_alive(sock: socket.socket | None) -> None:
    """Let the system probe an idle connection, with as many of the options as it has. Without a socket, do nothing."""
    if sock is None:
        return
    with suppress(OSError):  # no TCP, or a system that wants it otherwise
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        if (option := getattr(socket, name, None)) is not None:
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
