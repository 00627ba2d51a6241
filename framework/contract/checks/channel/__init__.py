"""Checks of the plugin inside a real channel."""
