"""Benchmarks as commands: a figure comes with a peer measured beside it in the same run, and a ratio."""
