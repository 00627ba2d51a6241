"""Checks of any plugin."""

MODULES = ("metadata", "steady", "arguments", "secrecy", "copies", "remembers", "surroundings", "threads")
"""Where they are, in the order in which they run."""
