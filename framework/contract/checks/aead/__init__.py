"""Checks of AEADs."""
