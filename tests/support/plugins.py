"""The plugins of a test: the built-in ones, and quick peers beside them."""

from importlib.metadata import EntryPoint, entry_points

from framework.registry import ENTRY_POINT_GROUP, Registry, load_registry


def registry_with_peers() -> Registry:
    """The built-in plugins, found as users find them, and the quick ones of `tests.support.peers`."""
    peers = EntryPoint("peers", "tests.support.peers", ENTRY_POINT_GROUP)
    return load_registry(allow=["peers"], installed=[*entry_points(group=ENTRY_POINT_GROUP), peers])
