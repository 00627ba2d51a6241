"""The record layer (PROTOCOL §6)."""
