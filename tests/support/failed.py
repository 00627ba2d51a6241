"""What every channel that has failed must be."""

import pytest

from framework import Channel, ChannelError, MisuseError
from tests.support.channels import NOW


def check_failed(channel: Channel) -> None:
    """It says nothing, takes nothing, and stays so."""
    assert str(channel.state) == "FAILED"
    assert not channel.is_open
    assert channel.data_to_send() == b""
    for call in (lambda: channel.receive_data(b"", NOW), lambda: channel.send(b"x", NOW)):
        with pytest.raises(ChannelError, match="the channel has failed"):
            call()
    with pytest.raises(MisuseError):
        channel.export("label", b"", 32)
    assert channel.receive_eof() == []
    channel.close(NOW)
    assert channel.data_to_send() == b""
    assert not channel.is_costly(10**6)
