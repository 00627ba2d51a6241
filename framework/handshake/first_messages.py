"""The first messages that a server has taken, so that each is worked on once (PROTOCOL §4.8)."""

from framework.limits import MAX_FIRST_MESSAGES, SKEW_MS


class FirstMessages:
    """Remembers the mac1 of each first message for as long as its timestamp could be good: twice the skew.

    All channels of one server share it. It holds two sets. The newer becomes the older when its time is over, or when
    it has `limit` entries of 16 bytes. To push an entry out takes `limit` other first messages, each of which costs the
    server what a repeated one would, so nothing is won by that.
    """

    def __init__(self, skew_ms: int = SKEW_MS, limit: int = MAX_FIRST_MESSAGES) -> None:
        self._lifetime = 2 * skew_ms
        self._limit = limit
        self._newer: set[bytes] = set()
        self._older: set[bytes] = set()
        self._begun = 0

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def is_new(self, mac1: bytes, now: int) -> bool:
        """Whether this one has not come before; it has from now on. `now` in Unix milliseconds."""
        if abs(now - self._begun) >= self._lifetime or len(self._newer) >= self._limit:
            self._older, self._newer, self._begun = self._newer, set(), now
        if mac1 in self._newer or mac1 in self._older:
            return False
        self._newer.add(mac1)
        return True
