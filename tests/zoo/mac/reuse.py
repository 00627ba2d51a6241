"""Broken on purpose: plugins whose flaws the checks in `checks/mac/reuse.py` find."""

from typing import Any

from tests.zoo.mac.genuine import Hmac, KeyedHmac


class KeepsItsContext(Hmac):
    """Feeds every message into one context that is never begun anew."""

    found_by = ("MAC-16",)

    def authenticator(self, key: bytes) -> Any:
        return OneContext(self, key)


class OneContext(KeyedHmac):
    __slots__ = ("_running",)

    def __init__(self, owner: Hmac, key: bytes) -> None:
        owner.admit(key)
        super().__init__(owner, bytes(key))
        self._running = b""

    def tag(self, *parts: bytes) -> bytes:
        joined = self._owner.join(parts)
        tag = self._owner.compute(self._key, self._running + joined)
        self._running = joined[-1:] if len(joined) > 100 else b""
        return tag


class BreaksAfterFailure(Hmac):
    """A failed call leaves its first part behind for the next one."""

    found_by = ("MAC-16",)

    def authenticator(self, key: bytes) -> Any:
        return LeavesParts(self, key)


class LeavesParts(KeyedHmac):
    __slots__ = ("_pending",)

    def __init__(self, owner: Hmac, key: bytes) -> None:
        owner.admit(key)
        super().__init__(owner, bytes(key))
        self._pending = b""

    def tag(self, *parts: bytes) -> bytes:
        for part in parts:
            self._pending += bytes(memoryview(part))
        tag = self._owner.compute(self._key, self._pending)
        self._pending = b""
        return tag


class HeaderKnownById(Hmac):
    """Keeps the state behind the first part, and takes the same object for the same octets."""

    found_by = ("MAC-16",)

    def authenticator(self, key: bytes) -> Any:
        self.admit(key)
        return KnowsHeader(self, self.keep(key))


class KnowsHeader(KeyedHmac):
    __slots__ = ("_header", "_octets")

    def __init__(self, owner: Hmac, key: bytes) -> None:
        super().__init__(owner, key)
        self._header: object = self
        self._octets = b""

    def tag(self, *parts: bytes) -> bytes:
        joined = self._owner.join(parts)
        if not parts:
            return super().tag()
        if parts[0] is not self._header:
            self._header, self._octets = parts[0], bytes(parts[0])
        return super().tag(self._octets, joined[memoryview(parts[0]).nbytes :])
