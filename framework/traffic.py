"""Both directions of an open channel, and its exporter secret: what a handshake is consumed into (PROTOCOL §4.6)."""

from framework.handshake.steps import Completed
from framework.record.direction import RecordReader, RecordWriter
from framework.suite import Suite


class Records:
    """What one side seals and opens with."""

    def __init__(self, suite: Suite, completed: Completed, *, is_client: bool) -> None:
        to_server, to_client, self.exporter = completed.secrets
        own, peer = (to_server, to_client) if is_client else (to_client, to_server)
        self.writer = RecordWriter(suite, own, completed.own_timestamp)
        self.reader = RecordReader(suite, peer, completed.peer_timestamp)

    def wipe(self) -> None:
        """Overwrite the secrets; the keys are dropped with this object."""
        self.writer.wipe()
        self.reader.wipe()
        self.exporter.wipe()
