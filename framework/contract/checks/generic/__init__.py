"""Checks of any plugin."""
