"""Checks of bulk ciphers."""
