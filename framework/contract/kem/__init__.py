"""Checks of key exchanges."""
