"""Finds plugins and checks, and runs the one against the other in a process that may die."""
