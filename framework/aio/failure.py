"""What the application is told of a channel that failed."""

from framework.errors import ChannelError
from framework.events import ChannelFailed, FailureReason

_MESSAGES = {
    FailureReason.AUTHENTICATION: "the peer could not be authenticated, or its data was altered on the way",
    FailureReason.TRUNCATED: "the connection ended without a proper close",
    FailureReason.CONNECTION: "the connection was lost",
    FailureReason.TIMEOUT: "the peer did not answer in time",
    FailureReason.CLOCK: "the peer's clock differs too much from ours, or its message was delayed",
    FailureReason.MALFORMED: "the peer does not speak this protocol",
    FailureReason.LIMIT: "the peer passed a limit of the protocol",
    FailureReason.UNREACHABLE: "the server cannot be reached",
    FailureReason.PLUGIN: "a plugin failed",
    FailureReason.INTERNAL: "this side failed",
}


def error_of(failure: ChannelFailed) -> ChannelError:
    """What the application is told of a failure; the details of most stay in the log."""
    message = _MESSAGES[failure.reason]
    if failure.reason is FailureReason.PLUGIN and failure.detail:
        message = f"{message}: {failure.detail}"
    return ChannelError(message, failure.reason)
