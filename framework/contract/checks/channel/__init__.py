"""Checks of the plugin inside a real channel."""

MODULES = ("suites",)
"""Where they are, in the order in which they run."""
