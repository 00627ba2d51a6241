"""The registry: which plugins are installed, which of them are loaded, and the primitives that they offer."""

from framework.registry.discovery import ENTRY_POINT_GROUP, discover
from framework.registry.registry import PluginRecord, Registry, load_registry

__all__ = ["ENTRY_POINT_GROUP", "PluginRecord", "Registry", "discover", "load_registry"]
