"""Checks of message authentication codes."""
